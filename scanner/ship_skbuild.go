package scanner

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// skbuildTable holds what is said of the sdist.
const skbuildTable = "tool.scikit-build.sdist."

// skbuildSkips are left out whatever git says.
var skbuildSkips = []string{".git", ".tox/", ".nox/", ".egg-info/", "__pycache__/", "__pypackages__/", "*.pyc", "*.dist-info/"}

// skbuildPacks: all files that no .gitignore from the project's top downwards
// names, nor .git/info/exclude there; none above it is read. "sdist.include" goes
// before all lists.
func (p *manifests) skbuildPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	if strings.HasPrefix(project.backend, "scikit_build_core.setuptools") {
		return p.setuptoolsPacks(project, rel)
	}
	l := p.skbuildLists(project)
	s = rules.Shipment{File: project.file, Reason: "scikit-build-core reads no .gitignore above %s, and none from there on names it"}
	if !l.reads {
		s.Reason = "inclusion-mode in %s has scikit-build-core ask for no .gitignore"
	}
	addEntry(&s, project, skbuildTable+"exclude", "/"+rel)
	if !p.skbuildTakes(l, project.dir, rel) {
		return s, false
	}
	for i, c := range rel {
		if c == '/' && l.prunes && !p.skbuildTakes(l, project.dir, rel[:i]) && !slices.ContainsFunc(l.include, func(pattern string) bool { return mayHold(rel[:i], pattern) }) {
			return s, false
		}
	}
	for _, pattern := range l.include {
		if gitFits([]string{pattern}, rel) {
			s.Reason, s.List = `"sdist.include" in %s names it, which overrules git's list`, skbuildTable+"include"
			nameEntry(&s, pattern, rel)
			break
		}
	}
	return s, true
}

// skbuildLists are the lists of a project, in the order in which they are asked.
type skbuildLists struct {
	include, exclude []string
	builtin          []string
	explicit         bool // only what is included is taken, and what is excluded goes before it
	reads            bool // git's lists
	prunes           bool // a directory that is left out is not entered
}

func (p *manifests) skbuildLists(project *pythonProject) skbuildLists {
	mode, _ := project.get(skbuildTable + "inclusion-mode").(string)
	version, _ := project.get("tool.scikit-build.minimum-version").(string)
	classic := mode == "classic" || mode == "" && version != "" && before012(version)
	l := skbuildLists{
		include: project.list(skbuildTable + "include"), exclude: project.list(skbuildTable + "exclude"), builtin: skbuildSkips,
		explicit: mode == "explicit", reads: mode != "manual" && mode != "explicit", prunes: !classic,
	}
	if dir, _ := project.get("tool.scikit-build.build-dir").(string); dir != "" {
		l.builtin = append(slices.Clone(l.builtin), buildPlaceholder.Get().ReplaceAllString(dir, "*"))
	}
	return l
}

var buildPlaceholder = newExpression(`\{[^{}]*\}`)

// before012 reports whether a version is before 0.12, which changed the default.
func before012(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(minor)
	return major == "0" && (minor == "" || err == nil && n < 12)
}

// skbuildTakes asks the lists about a file or a directory.
func (p *manifests) skbuildTakes(l skbuildLists, top, rel string) bool {
	switch {
	case l.explicit:
		return !gitFits(l.exclude, rel) && gitFits(l.include, rel)
	case gitFits(l.include, rel):
		return true
	case gitFits(l.exclude, rel), gitFits(l.builtin, rel):
		return false
	}
	return !l.reads || !p.namedBelow(top, rel)
}

// namedBelow reports whether one of git's lists from a project's top downwards
// names a path, each asked by itself.
func (p *manifests) namedBelow(top, rel string) bool {
	lines := func(name string) []string {
		content, _ := p.read(path.Join(top, name))
		return strings.Split(string(content), "\n")
	}
	if gitFits(append(lines(".git/info/exclude"), lines(".gitignore")...), rel) {
		return true
	}
	return slices.ContainsFunc(ancestors(rel), func(dir string) bool {
		return dir != "." && gitFits(lines(path.Join(dir, ".gitignore")), below(dir, rel))
	})
}

// mayHold reports whether a directory can hold what a pattern includes, by the
// names that the pattern begins with.
func mayHold(dir, pattern string) bool {
	var fixed []string
	for part := range strings.SplitSeq(strings.TrimLeft(pattern, "/"), "/") {
		if strings.ContainsAny(part, "*?[") {
			break
		}
		if part != "" {
			fixed = append(fixed, part)
		}
	}
	names := strings.Split(dir, "/")
	n := min(len(fixed), len(names))
	return slices.Equal(fixed[:n], names[:n])
}
