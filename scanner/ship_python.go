package scanner

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
	"github.com/pelletier/go-toml/v2"
)

// What lies in a Python package (sdist, and the wheel that is built from it) is
// decided by the build backend that pyproject.toml names. Of these,
//
//   - setuptools takes what MANIFEST.in and its package data name; it reads no
//     .gitignore (setuptools-scm and its kin add what git tracks, so nothing that
//     git ignores);
//   - hatchling leaves out what one .gitignore names, the nearest from the
//     project's top upwards, and knows none in the directories below, no
//     .git/info/exclude and no core.excludesFile;
//   - flit_core and pdm-backend take all files of the package and know nothing of
//     git;
//   - poetry-core leaves out what git ignores, unless "include" names it;
//   - uv_build takes all files of the package and knows nothing of git;
//   - maturin leaves out what git ignores, unless "include" in pyproject.toml or
//     in Cargo.toml names it;
//   - scikit-build-core leaves out what each .gitignore names that lies from the
//     project's top downwards, and knows none above.
//
// The tests compare each with the backend itself, where that is installed.

// A pythonProject is a directory that a Python package is built from.
type pythonProject struct {
	dir     string
	file    string         // what says so: pyproject.toml, setup.cfg or setup.py
	config  map[string]any // pyproject.toml
	name    string         // as in "import name", if pyproject.toml tells
	backend string
}

// pythonBackends tell by the module of the backend whether it packs a file.
var pythonBackends = []struct {
	module string
	packs  func(*manifests, *pythonProject, string) (rules.Shipment, bool)
}{
	{"setuptools", (*manifests).setuptoolsPacks},
	{"hatchling", (*manifests).hatchPacks},
	{"flit_core", (*manifests).flitPacks},
	{"flit_scm", (*manifests).flitPacks},
	{"flit", (*manifests).flitPacks},
	{"pdm", (*manifests).pdmPacks},
	{"poetry", (*manifests).poetryPacks},
	{"uv_build", (*manifests).uvPacks},
	{"maturin", (*manifests).maturinPacks},
	{"scikit_build_core", (*manifests).skbuildPacks},
}

// pythonShips tells whether a Python package takes a file, for each project
// that it lies in.
func (p *manifests) pythonShips(home string) (rules.Shipment, bool) {
	for _, dir := range ancestors(home) {
		project := p.pythonProject(dir)
		if project == nil || project.private() {
			continue
		}
		module, _, _ := strings.Cut(project.backend, ".")
		for _, b := range pythonBackends {
			if b.module != module {
				continue
			}
			if s, ok := b.packs(p, project, below(dir, home)); ok {
				s.By, s.Into = "python -m build", "the package"
				return s, true
			}
		}
	}
	return rules.Shipment{}, false
}

// pythonProject reads what is built in a directory; nil if nothing is. A
// pyproject.toml that names no backend only configures tools, and without one it
// is setup.py or setup.cfg that asks for setuptools.
func (p *manifests) pythonProject(dir string) *pythonProject {
	if project, ok := p.pythons[dir]; ok {
		return project
	}
	p.pythons[dir] = nil
	project := &pythonProject{dir: dir, file: path.Join(dir, "pyproject.toml")}
	if content, ok := p.read(project.file); ok {
		var err error
		if project.config, err = decodeTOML(content); err != nil {
			return nil
		}
		project.backend, _ = project.get("build-system.build-backend").(string)
		name, _ := project.get("project.name").(string)
		if name == "" {
			name, _ = project.get("tool.poetry.name").(string)
		}
		project.name = strings.NewReplacer("-", "_").Replace(name)
	}
	if project.backend == "" && p.asksForSetuptools(project) {
		project.backend = "setuptools"
	}
	if project.backend == "" {
		return nil
	}
	p.pythons[dir] = project
	return project
}

func (p *manifests) asksForSetuptools(project *pythonProject) bool {
	if project.get("build-system") != nil {
		return true // the standard's default
	}
	for _, name := range []string{"setup.py", "setup.cfg"} {
		file := path.Join(project.dir, name)
		content, ok := p.read(file)
		if ok && (name == "setup.py" || strings.Contains(string(content), "[metadata]")) {
			project.file = file
			return true
		}
	}
	return false
}

// decodeTOML decodes a small document. The tree is hostile: that the library
// panics on some input must not end the scan.
func decodeTOML(content []byte) (config map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decode TOML: %v", r)
		}
	}()
	if brackets := strings.Count(string(content), "[") + strings.Count(string(content), "{"); brackets > maxTables {
		return nil, fmt.Errorf("decode TOML: %d brackets are more than people write", brackets)
	}
	err = toml.Unmarshal(content, &config)
	return config, err
}

// maxTables bounds how deep a TOML document may nest, since reading it recurs.
const maxTables = 1 << 14

// get is a member by its path in pyproject.toml; nil if there is none.
func (project *pythonProject) get(name string) any {
	var member any = project.config
	for part := range strings.SplitSeq(name, ".") {
		table, _ := member.(map[string]any)
		member = table[part]
	}
	return member
}

// table is a member that is a table, by its path.
func (project *pythonProject) table(name string) map[string]any {
	table, _ := project.get(name).(map[string]any)
	return table
}

// list is a member that is a list of texts, by its path; of more than people
// write, the first.
func (project *pythonProject) list(name string) []string {
	texts := stringList(project.get(name))
	return texts[:min(len(texts), maxPatterns)]
}

// private reports whether the package index would refuse the package, or none is
// made at all.
func (project *pythonProject) private() bool {
	classifiers := append(project.list("project.classifiers"), project.list("tool.poetry.classifiers")...)
	return project.get("tool.poetry.package-mode") == false ||
		slices.ContainsFunc(classifiers, func(c string) bool { return strings.HasPrefix(c, "Private ::") })
}

// flitPacks: all of the package, and what the sdist includes beside it, less
// what the sdist excludes.
func (p *manifests) flitPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	const table = "tool.flit.sdist."
	s = rules.Shipment{Reason: "flit takes every file of the package that %s describes", File: project.file}
	if excluded, known := hitsAny(project.list(table+"exclude"), rel, pythonGlobs); excluded != "" || !known {
		return s, false
	}
	name, _ := project.get("tool.flit.module.name").(string)
	if name == "" {
		name = project.name
	}
	module := strings.ReplaceAll(name, ".", "/")
	data, _ := project.get("tool.flit.external-data.directory").(string)
	for _, dir := range []string{module, path.Join("src", module), data} {
		if dir != "" && dir != "src" && within(path.Clean(dir), rel) && p.kind(path.Join(project.dir, dir)) == aDirectory {
			addEntry(&s, project, table+"exclude", rel)
			return s, true
		}
	}
	included, _ := hitsAny(project.list(table+"include"), rel, pythonGlobs)
	if included != "" {
		s.Reason = `what "include" names in %s holds it`
		addEntry(&s, project, table+"exclude", rel)
	}
	return s, included != ""
}

// poetryPacks: of what git ignores, only files that an entry of "include" names
// by themselves, of which "exclude" takes none away.
func (p *manifests) poetryPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	for _, pattern := range project.namedPaths("tool.poetry.include") {
		if rule, ok := pathlibGlobs.parse(path.Clean(pattern)); ok && rule.matchPath(rel) {
			s.Reason, s.File = `"include" in %s names it, which overrules git's list`, project.file
			s.Ignore, s.List, s.Exists = project.file, "tool.poetry.include", true
			nameEntry(&s, pattern, rel)
			return s, true
		}
	}
	return s, false
}

// addEntry says that an entry of a list in pyproject.toml keeps a file out.
func addEntry(s *rules.Shipment, project *pythonProject, list, entry string) {
	s.Ignore, s.List, s.Line, s.Exists = project.file, list, `"`+globLine(entry)+`"`, true
}

// nameEntry says that an entry of a list takes a file in: it is to go if it
// names nothing else.
func nameEntry(s *rules.Shipment, entry, rel string) {
	s.Line = `"` + shownEntry(entry) + `"`
	s.Drop = path.Clean("/"+entry) == "/"+rel
	s.Narrow = !s.Drop
}

// shownEntry is an entry of a list as a message can show it.
func shownEntry(entry string) string {
	const most = 80
	shown := []rune(strings.ToValidUTF8(entry, "?"))
	for i, r := range shown {
		if r < ' ' || r > '~' || r == '`' {
			shown[i] = '?'
		}
	}
	if len(shown) > most {
		return string(shown[:most]) + "..."
	}
	return string(shown)
}

// hitsAny is the first of some patterns that fits a file or a directory on the
// way to it; empty if none does. known is false if one is not understood.
func hitsAny(patterns []string, rel string, grammar globGrammar) (hit string, known bool) {
	known = true
	for _, pattern := range patterns {
		at, ok := hits(pattern, rel, grammar)
		if at != "" {
			return pattern, true
		}
		known = known && ok
	}
	return "", known
}

// hits is the shortest of a file and the directories on the way to it that a
// pattern fits; empty if it fits none.
func hits(pattern, rel string, grammar globGrammar) (at string, known bool) {
	rule, ok := grammar.parse(path.Clean(pattern))
	if !ok {
		return "", path.Clean(pattern) == "." || strings.HasPrefix(path.Clean(pattern), "../")
	}
	for i, c := range rel {
		if c == '/' && (rule.matchPath(rel[:i]) || rule.matchPath(rel[:i+1])) {
			return rel[:i], true
		}
	}
	if rule.matchPath(rel) && !strings.HasSuffix(pattern, "/") {
		return rel, true
	}
	return "", true
}
