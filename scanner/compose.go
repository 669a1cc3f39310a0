package scanner

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// A composeService is what a compose file says of one service. Paths are from
// the root; one that leaves the root, or that a variable decides, is unknown.
type composeService struct {
	name       string
	envFiles   []string
	context    string // directory that "docker compose build" sends; empty: it builds nothing, or it is unknown
	dockerfile string
	target     string
}

// composePatterns are the names of compose files, overrides among them.
var composePatterns = []string{
	"compose.yaml", "compose.yml", "compose.*.yaml", "compose.*.yml",
	"docker-compose.yaml", "docker-compose.yml", "docker-compose.*.yaml", "docker-compose.*.yml",
}

// deployDirs are where compose files lie that are not at a project's top.
var deployDirs = []string{".", ".devcontainer", ".docker", "deploy", "deployment", "docker", "infra", "ops"}

// composeFiles lists the compose files in the directories above a file and in
// the deployDirs of these.
func (p *manifests) composeFiles(home string) []string {
	var found []string
	for _, dir := range ancestors(home) {
		names := p.names(dir)
		for _, sub := range deployDirs {
			if sub != "." && !contains(names, sub) {
				continue
			}
			at := path.Join(dir, sub)
			for _, name := range p.names(at) {
				if matchesAny(composePatterns, name) {
					found = append(found, path.Join(at, name))
				}
			}
		}
	}
	return slices.Compact(found)
}

// composeDocument is as much of a compose file as is asked for. Members that
// have several forms are taken as they come.
type composeDocument struct {
	Services map[string]struct {
		Build   any `yaml:"build"`
		EnvFile any `yaml:"env_file"`
	} `yaml:"services"`
}

const (
	// maxAliases bounds what a YAML document may grow to by its aliases: one
	// with more is not read.
	maxAliases = 32
	// maxBrackets bounds how deep it may nest, since reading it recurs.
	maxBrackets = 1 << 10
	// maxCompose is how many bytes of one are read.
	maxCompose = 256 << 10
)

// compose reads a compose file, once.
func (p *manifests) compose(file string) []composeService {
	if services, ok := p.composed[file]; ok {
		return services
	}
	p.composed[file] = nil
	content, ok := p.read(file)
	if !ok {
		return nil
	}
	var document composeDocument
	if decodeYAML(content, &document) != nil {
		return nil
	}
	dir := path.Dir(file)
	var services []composeService
	for name, s := range document.Services {
		service := composeService{name: name}
		for _, f := range envFileNames(s.EnvFile) {
			if at, ok := insideRoot(dir, f); ok {
				service.envFiles = append(service.envFiles, at)
			}
		}
		service.readBuild(dir, s.Build)
		services = append(services, service)
	}
	slices.SortFunc(services, func(a, b composeService) int { return strings.Compare(a.name, b.name) })
	p.composed[file] = services
	return services
}

// decodeYAML decodes a small document. The tree is hostile: that the library
// panics on some input must not end the scan.
func decodeYAML(content []byte, into any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decode YAML: %v", r)
		}
	}()
	count := func(what string) int { return strings.Count(string(content), what) }
	if len(content) > maxCompose || count("*") > maxAliases || count("[")+count("{")+count("- -") > maxBrackets {
		return errors.New("decode YAML: more nesting or aliases than people write")
	}
	return yaml.Unmarshal(content, into)
}

// envFileNames reads env_file: a name, a list of names, or of {path: name}.
func envFileNames(member any) []string {
	switch v := member.(type) {
	case string:
		return []string{v}
	case []any:
		var names []string
		for _, entry := range v {
			names = append(names, envFileNames(entry)...)
		}
		return names
	case map[string]any:
		return envFileNames(v["path"])
	}
	return nil
}

// readBuild reads build: a context, or {context, dockerfile, target}.
func (s *composeService) readBuild(dir string, member any) {
	context, dockerfile := "", "Dockerfile"
	switch v := member.(type) {
	case string:
		context = v
	case map[string]any:
		context, _ = v["context"].(string)
		if v["dockerfile_inline"] != nil {
			return
		}
		if name, ok := v["dockerfile"].(string); ok {
			dockerfile = name
		}
		s.target, _ = v["target"].(string)
	}
	if context == "" || strings.Contains(context, "://") || strings.Contains(s.target, "$") {
		return
	}
	var ok bool
	if s.context, ok = insideRoot(dir, context); !ok {
		return
	}
	if s.dockerfile, ok = insideRoot(s.context, dockerfile); !ok {
		s.context = ""
	}
}

// insideRoot joins a path to a directory; ok is false if it leaves the root or
// a variable decides it.
func insideRoot(dir, name string) (at string, ok bool) {
	name = strings.ReplaceAll(name, `\`, "/")
	if name == "" || strings.Contains(name, "$") || path.IsAbs(name) || strings.HasPrefix(name, "~") {
		return "", false
	}
	at = path.Join(dir, name)
	return at, at != ".." && !strings.HasPrefix(at, "../")
}
