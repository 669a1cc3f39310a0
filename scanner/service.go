package scanner

import (
	"path"
	"slices"
	"strings"
)

// serviceMarkers are files that make the directory that they lie in a service:
// what is built, run or deployed as one thing.
var serviceMarkers = []string{
	"Cargo.toml", "Containerfile", "Dockerfile", "Gemfile", "Package.swift", "Pipfile", "Procfile", "build.gradle", "build.gradle.kts",
	"build.sbt", "composer.json", "deno.json", "deno.jsonc", "fly.toml", "go.mod", "mix.exs", "package.json", "pom.xml",
	"project.clj", "pubspec.yaml", "pyproject.toml", "requirements.txt", "serverless.yml", "setup.cfg", "setup.py", "wrangler.toml",
}

// workspaceMarkers are files that say that the directory holds several
// packages: it is no service of its own, though its package.json looks like it.
var workspaceMarkers = []string{"go.work", "lerna.json", "nx.json", "pnpm-workspace.yaml", "rush.json", "turbo.json"}

// service names the service that an env file configures, by a directory from
// the root and, where a compose file tells, the service's name there:
//
//   - the one service of a compose file that names the file under env_file:
//     by its build context if no other service has that, else by its name;
//   - else the nearest directory above it with a marker, which several env
//     files (".env", "config/.env.production") may have in common;
//   - else its own directory.
func (p *manifests) service(home string) string {
	if service := p.composeService(home); service != "" {
		return service
	}
	for i, dir := range ancestors(home) {
		names := p.names(dir)
		if slices.ContainsFunc(serviceMarkers, func(m string) bool { return contains(names, m) }) && (i == 0 || !p.isWorkspace(dir, names)) {
			return dir
		}
	}
	return path.Dir(home)
}

func contains(sorted []string, name string) bool {
	_, ok := slices.BinarySearch(sorted, name)
	return ok
}

func (p *manifests) isWorkspace(dir string, names []string) bool {
	if slices.ContainsFunc(workspaceMarkers, func(m string) bool { return contains(names, m) }) {
		return true
	}
	pkg := p.npmPackage(dir)
	return pkg != nil && len(pkg.Workspaces) > 0
}

// composeService asks the compose files above a file. A file that several
// services read tells of none.
func (p *manifests) composeService(home string) string {
	for _, file := range p.composeFiles(home) {
		all := p.compose(file)
		users := slices.DeleteFunc(slices.Clone(all), func(s composeService) bool { return !slices.Contains(s.envFiles, home) })
		if len(users) != 1 {
			continue
		}
		user := users[0]
		alone := !slices.ContainsFunc(all, func(s composeService) bool { return s.name != user.name && s.context == user.context })
		if user.context != "" && user.context != "." && alone {
			return user.context
		}
		return joinPath(strings.TrimPrefix(path.Dir(file), "."), user.name)
	}
	return ""
}

// shownService turns a service's place into the paths of the report.
func shownService(service, shown, home string) string {
	if home == shown {
		return service
	}
	if above, ok := strings.CutSuffix(home, shown); ok { // the scan began below the top
		if rest, ok := strings.CutPrefix(service+"/", above); ok {
			return path.Clean(rest)
		}
		return service
	}
	if above, ok := strings.CutSuffix(shown, home); ok { // a repository inside the scanned root
		return path.Clean(above + service)
	}
	return service
}
