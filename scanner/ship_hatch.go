package scanner

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/rules"
)

// hatchSdist holds what is said of the sdist, hatchBuild what is said of every
// target.
const (
	hatchSdist = "tool.hatch.build.targets.sdist."
	hatchAll   = "tool.hatch.build."
)

// hatchMember is the path of what applies to the sdist, from which the wheel is
// built.
func (project *pythonProject) hatchMember(name string) string {
	if project.get(hatchSdist+name) != nil {
		return hatchSdist + name
	}
	return hatchAll + name
}

func (project *pythonProject) hatchList(name string) []string {
	return project.list(project.hatchMember(name))
}

// hatchSkips are directories that hatchling never enters.
var hatchSkips = []string{"__pycache__", "__pypackages__", ".git", ".hatch", ".hg", ".nox", ".tox"}

func (p *manifests) hatchPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	s = rules.Shipment{File: project.file, Ignore: project.file, Exists: true}
	if slices.ContainsFunc(strings.Split(path.Dir(rel), "/"), func(dir string) bool { return slices.Contains(hatchSkips, dir) }) {
		return s, false
	}
	only := project.hatchList("only-include")
	if len(only) == 0 {
		only = project.hatchList("packages")
	}
	if entry, member := project.hatchNames(only, rel); entry != "" {
		s.Reason, s.List = member+" in %s names it", project.hatchMember(member)
		nameEntry(&s, entry, rel)
		return s, true
	}
	inside := func(source string) bool { at := path.Clean(source); return at == "." || within(at, rel) }
	if len(only) > 0 && !slices.ContainsFunc(only, inside) || project.get(project.hatchMember("only-packages")) == true {
		return s, false
	}
	artifacts := project.hatchList("artifacts")
	for _, pattern := range artifacts {
		if gitFits([]string{pattern}, rel) && gitFits(artifacts, rel) {
			s.Reason, s.List = "artifacts in %s names it, which overrules git's list", project.hatchMember("artifacts")
			nameEntry(&s, pattern, rel)
			return s, true
		}
	}
	return p.hatchLists(s, project, rel, len(only) > 0)
}

// hatchNames is the entry that takes a file in by its own path, whatever the
// lists say, and the member that holds it.
func (project *pythonProject) hatchNames(only []string, rel string) (entry, member string) {
	for _, source := range only {
		if path.Clean(source) == rel {
			return source, "only-include"
		}
	}
	for _, source := range slices.Sorted(maps.Keys(project.table(project.hatchMember("force-include")))) {
		if at := path.Clean(source); at == rel || within(at, rel) {
			return source, "force-include"
		}
	}
	return "", ""
}

// hatchLists asks the lists of what is included and of what is not.
func (p *manifests) hatchLists(s rules.Shipment, project *pythonProject, rel string, explicit bool) (rules.Shipment, bool) {
	include := project.hatchList("include")
	for _, dir := range project.hatchList("packages") {
		include = append(include, "/"+path.Clean(dir)+"/")
	}
	exclude := append([]string{"*.py[cdo]", "/dist"}, project.hatchList("exclude")...)
	addEntry(&s, project, project.hatchMember("exclude"), "/"+rel)
	if project.get(project.hatchMember("ignore-vcs")) == true {
		s.Reason = "ignore-vcs in %s has hatchling ask for no .gitignore"
	} else {
		list, lines := p.nearestIgnore(project.dir)
		exclude = append(exclude, lines...)
		s.Reason = "hatchling reads no .gitignore but the one beside %s, and there is none"
		if list != "" {
			s.Reason, s.File = "hatchling reads no .gitignore but %s, which does not name it", list
		}
	}
	return s, !gitFits(exclude, rel) && (explicit || len(include) == 0 || gitFits(include, rel))
}

// nearestIgnore is the first .gitignore from a directory upwards, with its
// lines, which hatchling reads as if it lay in that directory.
func (p *manifests) nearestIgnore(dir string) (file string, lines []string) {
	for _, at := range ancestors(path.Join(dir, "x")) {
		list := path.Join(at, ".gitignore")
		if content, ok := p.read(list); ok {
			return list, strings.Split(string(content), "\n")
		}
	}
	return "", nil
}

// gitFits matches a path against lines of git's grammar as the matcher of
// hatchling and scikit-build-core does: a line that fits the file itself goes
// before all that fit only a directory on the way.
func gitFits(lines []string, rel string) (fits bool) {
	byFile := false
	for _, line := range lines[:min(len(lines), maxPatterns)] {
		pattern, negated := strings.CutPrefix(strings.TrimRight(line, " \t\r"), "!")
		file, directory := gitLineFits(pattern, rel)
		if file || directory && !byFile {
			fits, byFile = !negated, byFile || file
		}
	}
	return fits
}

// maxPatterns is how many lines of an ignore list are tried.
const maxPatterns = 4096

// gitLineFits tells whether a pattern fits a file, and whether it fits a
// directory on the way to it.
func gitLineFits(pattern, rel string) (file, directory bool) {
	list, err := gitrepo.ParseIgnore([]byte(pattern), gitrepo.IgnoreSource{})
	if err != nil {
		return false, false
	}
	level, parts := gitrepo.NewIgnore(list), strings.Split(rel, "/")
	for _, dir := range parts[:len(parts)-1] {
		directory = directory || level.Match(dir, true).Ignored
		level = level.Dir(dir, nil)
	}
	return level.Match(parts[len(parts)-1], false).Ignored, directory
}
