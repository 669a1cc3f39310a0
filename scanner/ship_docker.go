package scanner

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// A dockerBuild is a Dockerfile with the directory that is sent as its
// context.
type dockerBuild struct {
	by         string // "docker build"
	dockerfile string
	context    string
	target     string // the stage that is built; empty: the last
}

// dockerShips tells whether a build of an image takes a file with it: the
// Dockerfile copies it into a stage that the image is made of, and the list of
// ignored files of the context lets it through.
func (p *manifests) dockerShips(home string) (rules.Shipment, bool) {
	for _, b := range p.dockerBuilds(home) {
		content, ok := p.read(b.dockerfile)
		if !ok || !within(b.context, home) {
			continue
		}
		rel := below(b.context, home)
		copied, ok := parseDockerfile(content).ships(rel, b.target)
		if !ok {
			continue
		}
		ignore, exists := p.dockerIgnore(b)
		if exists {
			list, _ := p.read(ignore)
			if excluded, known := dockerExcludes(list, rel); excluded || !known {
				continue
			}
		}
		return rules.Shipment{
			By: b.by, Into: "the image", Statement: copied.text, File: b.dockerfile, At: copied.line,
			Ignore: ignore, Line: globLine(rel), Exists: exists,
		}, true
	}
	return rules.Shipment{}, false
}

// dockerBuilds lists the builds whose context a file lies in: those of compose
// files, and of each Dockerfile in a directory above the file or right below one
// of these, which people build with its own directory as the context unless a
// compose file says otherwise, or what it copies lies elsewhere.
func (p *manifests) dockerBuilds(home string) []dockerBuild {
	var builds []dockerBuild
	named := map[string]bool{}
	for _, file := range p.composeFiles(home) {
		for _, s := range p.compose(file) {
			if s.context != "" {
				named[s.dockerfile] = true
				builds = append(builds, dockerBuild{"docker compose build", s.dockerfile, s.context, s.target})
			}
		}
	}
	for _, dir := range ancestors(home) {
		for _, at := range append([]string{dir}, p.directoriesIn(dir)...) {
			for _, name := range p.names(at) {
				file := path.Join(at, name)
				if isDockerfile(name) && !named[file] && p.isFile(file) {
					named[file] = true
					if context, ok := p.guessContext(file, at); ok {
						builds = append(builds, dockerBuild{"docker build", file, context, ""})
					}
				}
			}
		}
	}
	return builds[:min(len(builds), maxBuildsAsked)]
}

// directoriesIn lists directories that a project's Dockerfiles may lie in, by
// themselves or with what belongs to them.
func (p *manifests) directoriesIn(dir string) (found []string) {
	for _, name := range p.names(dir) {
		at := path.Join(dir, name)
		hidden := strings.HasPrefix(name, ".") && !slices.Contains(deployDirs, name)
		if !hidden && !isDependencyDir(name) && len(found) < maxDirectories && p.kind(at) == aDirectory {
			found = append(found, at)
		}
	}
	return found
}

// maxDirectories is how many directories beside each other are looked into.
const maxDirectories = 256

var dockerfilePatterns = []string{"dockerfile", "dockerfile.*", "*.dockerfile", "containerfile", "containerfile.*"}

func isDockerfile(name string) bool {
	name = strings.ToLower(name)
	return matchesAny(dockerfilePatterns, name) && !strings.HasSuffix(name, "ignore")
}

// guessContext chooses the directory in which most of what a Dockerfile names
// is there: the one that it lies in, or else one above. Where nothing of it is,
// the context is unknown.
func (p *manifests) guessContext(file, dir string) (context string, ok bool) {
	content, ok := p.read(file)
	if !ok {
		return "", false
	}
	sources := parseDockerfile(content).namedSources()
	if len(sources) == 0 {
		return dir, true
	}
	most := 0
	for _, candidate := range ancestors(path.Join(dir, "x")) {
		there := 0
		for _, s := range sources[:min(len(sources), maxSources)] {
			if exists(p.abs(path.Join(candidate, s))) {
				there++
			}
		}
		if there > most {
			context, most = candidate, there
		}
	}
	return context, most > 0
}

// maxSources is how many files that a Dockerfile names are looked for.
const maxSources = 32

// dockerIgnore is the list that applies to a build: one of the Dockerfile's own
// goes before that of the context.
func (p *manifests) dockerIgnore(b dockerBuild) (file string, exists bool) {
	candidates := []string{b.dockerfile + ".dockerignore"}
	if strings.Contains(strings.ToLower(path.Base(b.dockerfile)), "containerfile") {
		candidates = append(candidates, path.Join(b.context, ".containerignore"))
	}
	last := path.Join(b.context, ".dockerignore")
	for _, file := range append(candidates, last) {
		if p.isFile(file) {
			return file, true
		}
	}
	return last, false
}

// dockerExcludes matches a path against the lines of a .dockerignore. known is
// false where docker would refuse the list.
func dockerExcludes(list []byte, rel string) (excluded, known bool) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(list))
	if err != nil {
		return false, false
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return false, false
	}
	excluded, err = matcher.MatchesOrParentMatches(rel)
	return excluded, err == nil
}

// excludedBy matches COPY's --exclude.
func excludedBy(patterns []string, rel string) bool {
	excluded, err := patternmatcher.MatchesOrParentMatches(rel, patterns)
	return excluded || err != nil
}
