package scanner

import (
	"path"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// uvTable holds what is said to uv's backend.
const uvTable = "tool.uv.build-backend."

// uvSkips are left out unless default-excludes is false.
var uvSkips = []string{"__pycache__", "*.pyc", "*.pyo"}

// uvPacks: all of the modules and data directories, whatever git says, and what
// "source-include" names, less what "source-exclude" hits: a file, or a directory
// on the way to it, at any depth unless the pattern begins with a slash.
func (p *manifests) uvPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	s = rules.Shipment{Reason: "uv_build takes every file of the package that %s describes, and reads no .gitignore", File: project.file}
	var excludes []string
	if project.get(uvTable+"default-excludes") != false {
		excludes = append(excludes, uvSkips...)
	}
	for _, pattern := range append(excludes, project.list(uvTable+"source-exclude")...) {
		anchored, ok := strings.CutPrefix(pattern, "/")
		if !ok {
			anchored = "**/" + pattern
		}
		if at, known := hits(anchored, rel, pathlibGlobs); at != "" || !known {
			return s, false
		}
	}
	addEntry(&s, project, uvTable+"source-exclude", "/"+rel)
	for _, dir := range p.uvDirs(project) {
		if within(dir, rel) && p.kind(path.Join(project.dir, dir)) == aDirectory {
			return s, true
		}
	}
	for _, pattern := range project.list(uvTable + "source-include") {
		if rule, ok := pathlibGlobs.parse(pattern); ok && rule.matchPath(rel) {
			s.Reason, s.List = `"source-include" in %s names it`, uvTable+"source-include"
			nameEntry(&s, pattern, rel)
			return s, true
		}
	}
	return s, false
}

// uvDirs are the directories that are taken whole.
func (p *manifests) uvDirs(project *pythonProject) (dirs []string) {
	root, given := project.get(uvTable + "module-root").(string)
	if !given {
		root = "src"
	}
	names := project.list(uvTable + "module-name")
	if name, ok := project.get(uvTable + "module-name").(string); ok {
		names = []string{name}
	}
	if len(names) == 0 {
		names = []string{distName(project.name)}
	}
	for _, name := range names {
		dirs = append(dirs, path.Join(root, strings.ReplaceAll(name, ".", "/")))
	}
	for _, data := range project.table(uvTable + "data") {
		if dir, ok := data.(string); ok {
			dirs = append(dirs, path.Clean(dir))
		}
	}
	return dirs
}

// distName is a project's name as file names have it.
func distName(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-_.", r) })
	return strings.Join(words, "_")
}

// maturinPacks: the crate's files are those that cargo packages, which leaves out
// what git ignores unless "include" in Cargo.toml names it, and "include" of
// maturin's own names others.
func (p *manifests) maturinPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	const table = "tool.maturin."
	if gitFits(project.namedPaths(table+"exclude"), rel) {
		return s, false
	}
	for _, pattern := range project.namedPaths(table + "include") {
		rule, ok := pathlibGlobs.parse(path.Clean(pattern))
		source, _ := project.get(table + "python-source").(string)
		if ok && (rule.matchPath(rel) || source != "" && within(path.Clean(source), rel) && rule.matchPath(below(path.Clean(source), rel))) {
			s.Reason, s.File = `"include" in %s names it, which overrules git's list`, project.file
			s.Ignore, s.List, s.Exists = project.file, table+"include", true
			nameEntry(&s, pattern, rel)
			return s, true
		}
	}
	if project.get(table+"sdist-generator") == "git" { // what git tracks
		return s, false
	}
	return p.cargoPacks(project, rel)
}

// cargoPacks tells whether the crate beside pyproject.toml, or the one that
// "manifest-path" names, includes a file by its own list, in git's grammar.
func (p *manifests) cargoPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	manifest, ok := project.get("tool.maturin.manifest-path").(string)
	if !ok {
		manifest = "Cargo.toml"
	}
	dir := path.Dir(path.Clean(manifest))
	content, ok := p.read(path.Join(project.dir, manifest))
	if !ok || !within(dir, rel) {
		return s, false
	}
	config, err := decodeTOML(content)
	if err != nil {
		return s, false
	}
	crate := &pythonProject{file: path.Join(project.dir, manifest), config: config}
	rel = below(dir, rel)
	for _, pattern := range crate.list("package.include") {
		if gitFits([]string{pattern}, rel) && gitFits(crate.list("package.include"), rel) {
			s.Reason, s.File = `"include" in %s names it, which overrules git's list`, crate.file
			s.Ignore, s.List, s.Exists = crate.file, "package.include", true
			nameEntry(&s, pattern, rel)
			return s, true
		}
	}
	return s, false
}

// namedPaths lists the patterns of a list whose entries may be tables with a path.
// Such a table may say that it is for the wheel alone: that is published, too.
func (project *pythonProject) namedPaths(name string) (patterns []string) {
	list, _ := project.get(name).([]any)
	for _, entry := range list[:min(len(list), maxPatterns)] {
		pattern, _ := entry.(string)
		if table, ok := entry.(map[string]any); ok {
			pattern, _ = table["path"].(string)
		}
		if pattern != "" {
			patterns = append(patterns, pattern)
		}
	}
	return patterns
}
