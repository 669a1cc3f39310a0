package scanner

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// What npm puts into a package is decided directory by directory, by lists
// that replace and overrule each other. The judgement here follows what npm 11
// does, which the tests compare with; two of its habits surprise people:
//
//   - An .npmignore, even an empty one, makes npm leave the .gitignore beside
//     it unread.
//   - "files" in package.json does the same for the lists at the package's top,
//     and what it names is taken whole, the env files in it too.

// An npmPackage is as much of a package.json as decides what is packed.
type npmPackage struct {
	Name, Version string
	Private       bool
	Files         []string
	Workspaces    []string
	required      []string // what "main", "browser" and "bin" name
	needs         []string // the names of its dependencies
	published     bool     // something in it is there for those who install it
	extension     bool     // of VS Code
}

func (pkg *npmPackage) depends(name string) bool { return slices.Contains(pkg.needs, name) }

// npmPackage reads the package.json of a directory; nil if there is none that
// npm would take.
func (p *manifests) npmPackage(dir string) *npmPackage {
	if pkg, ok := p.packages[dir]; ok {
		return pkg
	}
	p.packages[dir] = nil
	content, ok := p.read(path.Join(dir, "package.json"))
	if !ok {
		return nil
	}
	var raw struct {
		Name, Version, Private, Files, Workspaces, Main, Browser, Bin, Dependencies, DevDependencies, Exports, PublishConfig, Scripts, Engines any
	}
	if json.Unmarshal([]byte(strings.TrimPrefix(string(content), "\ufeff")), &raw) != nil {
		return nil
	}
	pkg := &npmPackage{Private: raw.Private == true, Files: stringList(raw.Files)}
	pkg.Name, _ = raw.Name.(string)
	pkg.Version, _ = raw.Version.(string)
	if nested, ok := raw.Workspaces.(map[string]any); ok {
		raw.Workspaces = nested["packages"]
	}
	pkg.Workspaces = stringList(raw.Workspaces)
	for _, member := range []any{raw.Browser, raw.Main, raw.Bin} {
		if name, ok := member.(string); ok && name != "" {
			pkg.required = append(pkg.required, strings.TrimPrefix(path.Clean("/"+name), "/"))
		}
	}
	for _, member := range []any{raw.Dependencies, raw.DevDependencies} {
		needs, _ := member.(map[string]any)
		pkg.needs = slices.AppendSeq(pkg.needs, maps.Keys(needs))
	}
	scripts, _ := raw.Scripts.(map[string]any)
	pkg.published = pkg.Files != nil || raw.Bin != nil || raw.Exports != nil || raw.PublishConfig != nil ||
		slices.ContainsFunc(publishScripts, func(name string) bool { return scripts[name] != nil })
	engines, _ := raw.Engines.(map[string]any)
	pkg.extension = engines["vscode"] != nil
	p.packages[dir] = pkg
	return pkg
}

// publishScripts are run by npm when it packs or publishes, and by nothing else.
var publishScripts = []string{"prepublishOnly", "prepack", "postpack", "publish", "postpublish"}

func stringList(member any) []string {
	list, ok := member.([]any)
	if !ok {
		return nil
	}
	texts := []string{}
	for _, entry := range list {
		if text, ok := entry.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// npmShips tells whether npm would publish a file, for each package that it
// lies in. A private package is never published; and most that are not marked
// as such are applications and tests that nobody publishes either, so that
// something must show that the package is meant to be: what its package.json
// says, or an .npmignore.
func (p *manifests) npmShips(home string) (rules.Shipment, bool) {
	for _, dir := range ancestors(home) {
		pkg := p.npmPackage(dir)
		if pkg == nil || pkg.Private || pkg.Name == "" || pkg.Version == "" || strings.Contains("/"+dir+"/", "/"+installed+"/") {
			continue
		}
		rel := below(dir, home)
		if packs, known := p.npmPacks(dir, pkg, rel); !packs || !known {
			continue
		}
		if s := p.npmShipment(dir, pkg, rel); pkg.published || path.Base(s.Ignore) == ".npmignore" {
			return s, true
		}
	}
	return rules.Shipment{}, false
}

// npmShipment says why npm packs a file and what keeps it out.
func (p *manifests) npmShipment(dir string, pkg *npmPackage, rel string) rules.Shipment {
	s := rules.Shipment{By: "npm publish", Into: "the package"}
	manifest := path.Join(dir, "package.json")
	if pkg.Files != nil {
		s.Reason, s.File = `what "files" names in %s holds it`, manifest
		s.Ignore, s.List, s.Line, s.Exists = manifest, "files", `"!`+globLine(rel)+`"`, true
		for _, entry := range pkg.Files {
			if path.Clean("/"+entry) == "/"+rel { // what is named by itself overrules all else
				s.Line, s.Drop = `"`+globLine(entry)+`"`, true
			}
		}
		return s
	}
	for _, at := range ancestors(rel) {
		if list := path.Join(dir, at, ".npmignore"); p.isFile(list) {
			s.Reason, s.File = "%s does not name it, and beside that npm reads no .gitignore", list
			s.Ignore, s.Line, s.Exists = list, "/"+globLine(below(at, rel)), true
			return s
		}
	}
	// Not an .npmignore: a new one would make npm leave the .gitignore unread.
	s.Reason, s.File = "no list that npm reads for %s names it", manifest
	s.Ignore, s.Line = path.Join(dir, ".gitignore"), "/"+globLine(rel)
	s.Exists = p.isFile(s.Ignore)
	return s
}

// The lists of a directory, in npm's order. A rule of a later one overrules.
const (
	npmDefault = iota
	npmManifest
	npmOwn
	npmGit
	npmStrict
	npmLists
)

// An npmLevel is a directory on the way from the package's top to a file.
type npmLevel struct {
	name  string // of the directory in its parent
	exact bool   // it passed as a whole, so a parent's verdict can be overruled
	lists [npmLists][]globRule
}

// npmDefaults are kept out of every directory unless a list says otherwise.
var npmDefaults = []string{
	".npmignore", ".gitignore", "**/.git", "**/.svn", "**/.hg", "**/CVS", "**/.git/**", "**/.svn/**", "**/.hg/**", "**/CVS/**",
	"/.lock-wscript", "/.wafpickle-*", "/build/config.gypi", "npm-debug.log", "**/.npmrc", ".*.swp", ".DS_Store", "**/.DS_Store/**",
	"._*", "**/._*/**", "*.orig", "/archived-packages/**",
}

// npmTop is what no list changes at a package's top.
var npmTop = []string{
	"/.git", "!/package.json", "!/readme{,.*[^~$]}", "!/copying{,.*[^~$]}", "!/license{,.*[^~$]}", "!/licence{,.*[^~$]}",
	"/.git", "/node_modules", ".npmrc", "/package-lock.json", "/yarn.lock", "/pnpm-lock.yaml", "/bun.lockb",
}

// npmPacks reports whether "npm pack" in dir takes the file rel; known is false
// where a list has a pattern that is not understood here.
func (p *manifests) npmPacks(dir string, pkg *npmPackage, rel string) (packs, known bool) {
	w := npmWalk{p: p, top: dir, pkg: pkg, known: true}
	w.levels = []npmLevel{w.topLevel()}
	parts := strings.Split(rel, "/")
	for i, name := range parts[:len(parts)-1] {
		last := len(w.levels) - 1
		if strings.Contains(name, "*") || !w.passes(last, name, true, "") {
			return false, w.known
		}
		exact := w.passes(last, name, false, "") || w.passes(last, name+"/", false, "")
		w.levels = append(w.levels, w.subLevel(path.Join(parts[:i+1]...), name, exact))
	}
	name := parts[len(parts)-1]
	return !strings.Contains(name, "*") && w.passes(len(w.levels)-1, name, false, ""), w.known
}

// An npmWalk goes down from a package's top.
type npmWalk struct {
	p        *manifests
	top      string
	pkg      *npmPackage
	levels   []npmLevel
	required []string // files that "files" names one by one, from the last level
	known    bool
}

func (w *npmWalk) rules(lines []string) []globRule {
	var list []globRule
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rule, ok := npmGlobs.parse(line)
		w.known = w.known && ok
		list = append(list, rule)
	}
	return list
}

// file reads a list in a directory; nil if there is none.
func (w *npmWalk) file(name string) []globRule {
	content, ok := w.p.read(name)
	if !ok {
		if exists(w.p.abs(name)) {
			w.known = false
		}
		return nil
	}
	list := w.rules(strings.Split(string(content), "\n"))
	if list == nil {
		list = []globRule{} // an empty list is one all the same
	}
	return list
}

func (w *npmWalk) topLevel() npmLevel {
	var l npmLevel
	l.lists[npmDefault] = w.rules(append(append([]string{}, npmDefaults...), w.outerLists()...))
	strict := append([]string{}, npmTop...)
	if w.pkg.Files != nil {
		manifest := []string{"*"}
		for _, entry := range w.pkg.Files {
			strict, manifest = w.addEntry(entry, strict, manifest)
		}
		l.lists[npmManifest] = w.rules(manifest)
	} else if l.lists[npmOwn] = w.file(path.Join(w.top, ".npmignore")); l.lists[npmOwn] == nil {
		l.lists[npmGit] = w.file(path.Join(w.top, ".gitignore"))
	}
	for _, name := range w.pkg.required {
		strict = append(strict, "!/"+name)
	}
	l.lists[npmStrict] = w.rules(strict)
	return l
}

// addEntry adds an entry of "files". One that is a file is in whatever the
// lists say, a directory is in with all below it, and anything else is a
// pattern.
func (w *npmWalk) addEntry(entry string, strict, manifest []string) (newStrict, newManifest []string) {
	if strings.HasPrefix(entry, "./") {
		entry = entry[1:]
	}
	if strings.HasSuffix(entry, "/*") {
		entry += "*"
	}
	name := path.Join(w.top, strings.TrimLeft(entry, "!"))
	switch w.p.kind(name) {
	case aFile:
		w.required = append(w.required, strings.TrimPrefix(entry, "/"))
		return append([]string{"!" + entry}, strict...), manifest
	case aDirectory:
		return strict, append(manifest, "!"+entry, "!"+entry+"/**")
	case nothing:
		return strict, append(manifest, "!"+entry)
	}
	return strict, manifest
}

// subLevel reads the lists of a directory below the top. In a package with
// workspaces npm takes the package.json of a directory for a list of patterns,
// which hides the real lists there.
func (w *npmWalk) subLevel(dir, name string, exact bool) npmLevel {
	l := npmLevel{name: name, exact: exact}
	l.lists[npmDefault] = w.rules(npmDefaults)
	at := path.Join(w.top, dir)
	if len(w.pkg.Workspaces) > 0 {
		l.lists[npmManifest] = w.file(path.Join(at, "package.json"))
	}
	if l.lists[npmManifest] == nil {
		if l.lists[npmOwn] = w.file(path.Join(at, ".npmignore")); l.lists[npmOwn] == nil {
			l.lists[npmGit] = w.file(path.Join(at, ".gitignore"))
		}
	}
	strict := []string{"/.git"}
	var inner []string
	for _, file := range w.required {
		if path.Dir(file) == name {
			inner = append(inner, path.Base(file))
			strict = append(strict, "!"+path.Base(file))
		}
	}
	w.required = inner
	l.lists[npmStrict] = w.rules(strict)
	return l
}

// outerLists are the lines of the lists between a workspace's package and the
// root of the workspaces, which npm reads for it too.
func (w *npmWalk) outerLists() (lines []string) {
	for _, root := range ancestors(path.Join(w.top, "x"))[1:] {
		outer := w.p.npmPackage(root)
		if outer == nil || len(outer.Workspaces) == 0 || !w.isWorkspaceOf(root, outer) {
			continue
		}
		at := root
		for _, part := range append([]string{""}, strings.Split(path.Dir(below(root, w.top)), "/")...) {
			at = path.Join(at, part)
			content, ok := w.p.read(path.Join(at, ".npmignore"))
			if !ok {
				content, _ = w.p.read(path.Join(at, ".gitignore"))
			}
			if part != "." {
				lines = append(lines, strings.Split(string(content), "\n")...)
			}
		}
		return lines
	}
	return nil
}

func (w *npmWalk) isWorkspaceOf(root string, outer *npmPackage) bool {
	for _, pattern := range outer.Workspaces {
		rule, ok := npmGlobs.parse(strings.Trim(strings.TrimPrefix(pattern, "./"), "/"))
		if ok && !rule.base && rule.match(below(root, w.top), false) || pattern == below(root, w.top) {
			return true
		}
	}
	return false
}

// passes is npm's verdict on an entry of a directory: its own lists go on from
// the verdict of the lists above. partial asks whether what lies below it could
// still pass.
func (w *npmWalk) passes(level int, entry string, partial bool, base string) bool {
	l, included := w.levels[level], true
	if level > 0 {
		parentBase := base
		if parentBase == "" {
			parentBase = entry
		}
		included = w.passes(level-1, l.name+"/"+entry, partial, parentBase)
		if !included && !l.exact {
			return false
		}
	}
	for _, list := range l.lists {
		for _, rule := range list {
			if rule.negated != included && rule.fits(entry, partial, base) {
				included = rule.negated
			}
		}
	}
	return included
}

// fits tries an entry in the ways in which npm does.
func (r globRule) fits(entry string, partial bool, base string) bool {
	if r.match("/"+entry, false) || r.match(entry, false) {
		return true
	}
	if !partial {
		return false
	}
	if r.match("/"+entry+"/", false) || r.match(entry+"/", false) ||
		r.negated && (r.match("/"+entry, true) || r.match(entry, true)) {
		return true
	}
	return base != "" && r.relative() &&
		(r.match("/"+base+"/", false) || r.match(base+"/", false) || r.negated && (r.match("/"+base, true) || r.match(base, true)))
}
