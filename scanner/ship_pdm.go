package scanner

import (
	"path"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// pdmPacks: what "includes" and "source-includes" hit, whole directories among
// it, less what "excludes" hits. Where both hit the same place, the pattern that
// says more about it counts.
func (p *manifests) pdmPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	const table = "tool.pdm.build."
	includes, excludes := project.list(table+"includes"), append([]string{".pdm-build"}, project.list(table+"excludes")...)
	s = rules.Shipment{Reason: "pdm-backend takes every file of the package that %s describes", File: project.file}
	if len(includes) > 0 {
		s.Reason = `what "includes" names in %s holds it`
	} else {
		includes = p.pdmPackages(project)
	}
	sources := project.list(table + "source-includes")
	if len(sources) == 0 {
		sources = []string{"tests"}
	}
	included, excluded := pdmHits{}, pdmHits{}
	known := included.add(append(includes, sources...), rel) && excluded.add(excludes, rel)
	addEntry(&s, project, table+"excludes", rel)
	return s, known && included.less(excluded, rel)
}

// pdmPackages are the packages that are taken where nothing else is said.
func (p *manifests) pdmPackages(project *pythonProject) (packages []string) {
	root, given := project.get("tool.pdm.build.package-dir").(string)
	if !given && p.kind(path.Join(project.dir, "src")) == aDirectory {
		root = "src"
	}
	for _, name := range p.names(path.Join(project.dir, root)) {
		if p.isFile(path.Join(project.dir, root, name, "__init__.py")) {
			packages = append(packages, path.Join(root, name))
		}
	}
	return packages
}

// pdmHits are a file and the directories on the way to it, as far as patterns
// hit them, with the pattern that says most.
type pdmHits map[string]pdmWeight

// A pdmWeight is how much a pattern says: by its names, and of as many, by its
// wildcards.
type pdmWeight struct{ names, wildcards int }

func (w pdmWeight) over(other pdmWeight) bool {
	return w.names > other.names || w.names == other.names && w.wildcards < other.wildcards
}

func (h pdmHits) add(patterns []string, rel string) (known bool) {
	known = true
	for _, pattern := range patterns {
		clean := path.Clean(pattern)
		rule, ok := pythonGlobs.parse(clean)
		known = known && ok
		w := pdmWeight{names: strings.Count(clean, "/") + 1}
		for name := range strings.SplitSeq(clean, "/") {
			if strings.ContainsAny(name, "*?[") {
				w.wildcards++
			}
			if name == "**" {
				w.wildcards++
			}
		}
		for i := range len(rel) + 1 {
			dir := i < len(rel) && rel[i] == '/'
			if ok && (dir && rule.matchPath(rel[:i+1]) || (dir || i == len(rel)) && rule.matchPath(rel[:i])) {
				if had, there := h[rel[:i]]; !there || w.over(had) {
					h[rel[:i]] = w
				}
			}
		}
	}
	return known
}

// less takes away what is excluded. A file that is hit itself stays whatever
// happens to its directory.
func (h pdmHits) less(excluded pdmHits, rel string) (taken bool) {
	for at, w := range h {
		if without, ok := excluded[at]; ok && !w.over(without) {
			continue
		}
		delete(excluded, at)
		if at == rel {
			return true
		}
		taken = true
	}
	return taken && len(excluded) == 0
}
