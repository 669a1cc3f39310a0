package scanner

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// setuptoolsPacks: what package data and data files name, then each line of
// MANIFEST.in in its order. A pattern that begins with "." puts names into the
// list that begin so, too; those that take away must fit them as they stand.
func (p *manifests) setuptoolsPacks(project *pythonProject, rel string) (s rules.Shipment, packs bool) {
	s, packs = p.packageData(project, rel)
	taken := map[string]bool{rel: packs}
	manifest := path.Join(project.dir, "MANIFEST.in")
	content, _ := p.read(manifest)
	for _, line := range manifestLines(content) {
		if !line.apply(taken, rel) {
			return s, false
		}
		if now := taken[rel] || taken["./"+rel]; now && !packs {
			s = rules.Shipment{Statement: shownEntry(strings.Join(line.words, " ")), File: manifest, At: line.number,
				Ignore: manifest, Line: "exclude " + strings.ReplaceAll(globLine(rel), " ", "?"), Exists: true}
			if taken["./"+rel] {
				s.Line = "global-exclude " + path.Base(s.Line)
			}
			packs = true
		} else {
			packs = now
		}
	}
	return s, taken["./"+rel] || packs && !within("build", rel)
}

// A manifestLine is a directive of MANIFEST.in.
type manifestLine struct {
	words  []string
	number int
}

// manifestLines joins lines that end in a backslash and leaves out comments.
func manifestLines(content []byte) (lines []manifestLine) {
	number, from, joined := 0, 1, ""
	for text := range strings.Lines(string(content)) {
		number++
		text = strings.TrimRight(text, "\r\n")
		if at := strings.IndexByte(text, '#'); at >= 0 && (at == 0 || text[at-1] != '\\') {
			text = text[:at]
		}
		if rest, ok := strings.CutSuffix(strings.TrimRight(text, " \t"), `\`); ok {
			joined += rest + " "
			continue
		}
		if words := strings.Fields(joined + text); len(words) > 0 && len(lines) < maxPatterns {
			lines = append(lines, manifestLine{words, from})
		}
		joined, from = "", number+1
	}
	return lines
}

// manifestCommands say for each directive whether it takes files, and where its
// patterns apply: "%" stands for one, "/" for the directory that comes first.
var manifestCommands = map[string]struct {
	takes   bool
	inDir   bool
	pattern string
}{
	"include":           {true, false, "%"},
	"exclude":           {false, false, "%"},
	"recursive-include": {true, true, "/**/%"},
	"recursive-exclude": {false, true, "/**/%"},
	"global-include":    {true, false, "**/%"},
	"global-exclude":    {false, false, "**/%"},
	"graft":             {true, false, "%/**"},
	"prune":             {false, false, "%/**"},
}

// apply changes by which names a file is taken. known is false if a pattern that
// takes files away is not understood.
func (l manifestLine) apply(taken map[string]bool, rel string) (known bool) {
	command, ok := manifestCommands[l.words[0]]
	patterns, dir := l.words[1:], ""
	if command.inDir && len(patterns) > 0 {
		dir, patterns = strings.TrimRight(patterns[0], "/"), patterns[1:]
	}
	for _, pattern := range patterns {
		pattern = strings.TrimSuffix(dir+strings.ReplaceAll(command.pattern, "%", strings.TrimRight(pattern, "/")), "/")
		clean, dotted := strings.CutPrefix(pattern, "./")
		rule, understood := pathlibGlobs.parse(clean)
		switch {
		case !ok:
		case !understood && !command.takes:
			return false
		case !understood:
		case command.takes && rule.matchPath(rel):
			taken[at(dotted && l.words[0] != "graft", rel)] = true
		case !command.takes && dotted:
			taken["./"+rel] = taken["./"+rel] && !rule.matchPath(rel)
		case !command.takes:
			taken[rel] = taken[rel] && !rule.matchPath(rel)
			taken["./"+rel] = taken["./"+rel] && !rule.matchPath("./"+rel)
		}
	}
	return true
}

// at is the name by which a pattern takes a file.
func at(dotted bool, rel string) string {
	if dotted {
		return "./" + rel
	}
	return rel
}

// A dataList is a member of setuptools' configuration that names files: of a
// package, whose name is the key, or from the project's top.
type dataList struct {
	file, member string
	lists        map[string][]string
}

// packageData tells whether a member of pyproject.toml, setup.cfg or setup.py
// names a file. Python's own glob reads the patterns: no wildcard fits a name
// that begins with a dot.
func (p *manifests) packageData(project *pythonProject, rel string) (s rules.Shipment, named bool) {
	name := func(l dataList, which, pattern string) rules.Shipment {
		s := rules.Shipment{Reason: "what " + which + " names in %s holds it", File: l.file, Ignore: l.file, List: l.member, Exists: true}
		nameEntry(&s, pattern, rel)
		s.Drop = s.Drop || !strings.ContainsAny(pattern, "*?[")
		s.Narrow = !s.Drop
		return s
	}
	for _, l := range p.dataLists(project, "data-files") {
		for _, target := range slices.Sorted(maps.Keys(l.lists)) {
			if pattern := fitting(l.lists[target], rel, globFits); pattern != "" {
				return name(l, "data-files", pattern), true
			}
		}
	}
	excluded := p.dataLists(project, "exclude-package-data")
	for _, dir := range ancestors(rel) {
		pkg, ok := p.packageName(project, dir)
		if !ok || slices.ContainsFunc(excluded, func(l dataList) bool { return fitting(l.of(pkg), below(dir, rel), nameFits) != "" }) {
			continue
		}
		for _, l := range p.dataLists(project, "package-data") {
			if pattern := fitting(l.of(pkg), below(dir, rel), globFits); pattern != "" {
				return name(l, "package-data", pattern), true
			}
		}
	}
	return s, false
}

// of lists what applies to a package.
func (l dataList) of(pkg string) []string {
	return slices.Concat(l.lists[""], l.lists["*"], l.lists[pkg])
}

// fitting is the first pattern that fits a path.
func fitting(patterns []string, rel string, fits func(pattern, rel string) bool) string {
	at := slices.IndexFunc(patterns, func(pattern string) bool { return fits(pattern, rel) })
	if at < 0 {
		return ""
	}
	return patterns[at]
}

func globFits(pattern, rel string) bool {
	rule, ok := pythonGlobs.parse(path.Clean(pattern))
	return ok && rule.matchPath(rel)
}

// nameFits matches as Python's fnmatch does, to which a slash is a character
// like others.
func nameFits(pattern, rel string) bool {
	const slash = "\x00"
	rule, ok := pathlibGlobs.parse(strings.ReplaceAll(pattern, "/", slash))
	return !ok || rule.matchPath(strings.ReplaceAll(rel, "/", slash))
}

// reservedPackages are names of directories that setuptools' own search takes
// for no package.
var reservedPackages = []string{"benchmark", "benchmarks", "build", "doc", "docs", "examples", "scripts", "test", "tests", "tools"}

// packageName is the name by which a directory is imported, if it is a package
// at the project's top or below its "src".
func (p *manifests) packageName(project *pythonProject, dir string) (name string, ok bool) {
	dir = strings.TrimPrefix(dir, "src/")
	first, _, _ := strings.Cut(dir, "/")
	if dir == "." || dir == "src" || slices.Contains(reservedPackages, first) {
		return "", false
	}
	for _, root := range []string{"src", "."} {
		at := dir
		for at != "." && p.isFile(path.Join(project.dir, root, at, "__init__.py")) {
			at = path.Dir(at)
		}
		if at == "." {
			return strings.ReplaceAll(dir, "/", "."), true
		}
	}
	return "", false
}

// dataLists finds a member in each of the three files.
func (p *manifests) dataLists(project *pythonProject, which string) (all []dataList) {
	add := func(file, member string, lists map[string][]string) {
		if len(lists) > 0 {
			all = append(all, dataList{path.Join(project.dir, file), member, lists})
		}
	}
	member := "tool.setuptools." + which
	tables := map[string][]string{}
	for key, list := range project.table(member) {
		tables[key] = stringList(list)
	}
	add("pyproject.toml", member, tables)
	underscored := strings.ReplaceAll(which, "-", "_")
	if content, ok := p.read(path.Join(project.dir, "setup.cfg")); ok {
		add("setup.cfg", "options."+underscored, sectionOf(content, "options."+underscored))
	}
	if content, ok := p.read(path.Join(project.dir, "setup.py")); ok {
		add("setup.py", underscored, literalOf(content, underscored))
	}
	return all
}

// sectionOf reads a section of an INI file whose values are lists, by commas or
// by indented lines.
func sectionOf(content []byte, section string) map[string][]string {
	lists := map[string][]string{}
	inside, key := false, ""
	for line := range strings.Lines(string(content)) {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || text[0] == '#' || text[0] == ';':
			continue
		case line[0] == '[':
			inside, key = text == "["+section+"]", ""
			continue
		case line[0] != ' ' && line[0] != '\t':
			key, text, _ = strings.Cut(text, "=")
			key = strings.TrimSpace(key)
		}
		for entry := range strings.SplitSeq(text, ",") {
			if entry = strings.TrimSpace(entry); inside && entry != "" {
				lists[key] = append(lists[key], entry)
			}
		}
	}
	return lists
}

// literalOf reads the literal that setup.py gives to an argument: a dictionary
// of lists, or a list of pairs of a directory and a list. Whatever is computed
// is not read.
func literalOf(content []byte, argument string) map[string][]string {
	at := regexp.MustCompile(`\b` + argument + `\s*=\s*[{\[]`).FindIndex(content)
	if at == nil || at[0] > 0 && content[at[0]-1] == '_' {
		return nil
	}
	lists, key, depth := map[string][]string{}, "", 1
	for _, token := range pythonToken.Get().FindAllSubmatch(content[at[1]:], maxUses*maxUses) {
		switch text := string(token[0]); {
		case strings.ContainsAny(text[:1], "{[("):
			depth++
		case strings.ContainsAny(text[:1], "}])"):
			if depth--; depth == 0 {
				return lists
			}
		case text[0] == '#':
		default:
			value := string(token[1]) + string(token[2])
			if content[at[1]-1] == '{' && depth == 1 || content[at[1]-1] == '[' && depth == 2 {
				key = value
			} else {
				lists[key] = append(lists[key], value)
			}
		}
	}
	return lists
}

var pythonToken = newExpression(`[{}\[\]()]|#[^\n]*|"([^"\\\n]*)"|'([^'\\\n]*)'`)
