package scanner

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A module that says nothing by itself is client code if client code imports
// it. That is followed only for a key that was found in such a module: then the
// scripts of its project are read once, from those that are client code to all
// that they import.

// What is read of one project at most; one that has more is not followed.
const (
	maxModules     = 5000
	maxModuleBytes = 64 << 20
)

// reachable lists the modules of the project at root that its client code
// imports, by path; it remembers the answer.
func (e *existence) reachable(root string) map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.reached[root]; ok {
		return known
	}
	if e.reached == nil {
		e.reached = map[string]map[string]bool{}
	}
	g := &moduleGraph{files: e, near: neighbourhood{e.has, e.read}, modules: map[string][]string{}}
	g.project = g.near.projectOf(path.Join(root, "package.json"))
	if g.project.uses(interfaceLibraries...) && g.list(root) {
		e.reached[root] = g.follow()
	} else {
		e.reached[root] = nil
	}
	return e.reached[root]
}

// A moduleGraph is the modules of one project with what they import.
type moduleGraph struct {
	files   *existence
	near    neighbourhood
	project project
	modules map[string][]string // by path; nil until a module is read
	names   []string
	bytes   int
}

var moduleEndings = append([]string{".vue", ".svelte", ".astro"}, scriptEndings...)

// list finds the modules below a directory; false if there are too many.
func (g *moduleGraph) list(dir string) bool {
	entries, err := os.ReadDir(filepath.Join(g.files.root, filepath.FromSlash(dir)))
	if err != nil {
		return true
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			skip := strings.HasPrefix(e.Name(), ".") || isDependencyDir(e.Name()) || isBuildOutputDir(e.Name()) || g.near.has(name, "package.json")
			if !skip && !g.list(name) {
				return false
			}
		case e.Type().IsRegular() && slices.Contains(moduleEndings, path.Ext(name)):
			if g.names = append(g.names, name); len(g.names) > maxModules {
				return false
			}
			g.modules[name] = nil
		}
	}
	return true
}

// follow goes from the modules that are client code by themselves to all that
// they import, but not into what stays on the server.
func (g *moduleGraph) follow() map[string]bool {
	reached := map[string]bool{}
	var todo []string
	for _, name := range g.names {
		text := g.near.read(name, maxManifest)
		if g.bytes += len(text); g.bytes > maxModuleBytes {
			return nil
		}
		e := judgeSource(name, text, g.near)
		g.modules[name] = g.imports(name, text, e)
		if e.what != "" {
			todo = append(todo, name)
		}
	}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, imported := range g.modules[name] {
			if !reached[imported] {
				reached[imported] = true
				todo = append(todo, imported)
			}
		}
	}
	return reached
}

// imported finds what a module imports, with the names that it gives to it.
var imported = newExpression(`\b(?:import|export)\s+([^"'()=;]*?)\bfrom\s*["']([^"'\n]+)["']|\bimport\s*\(?\s*["']([^"'\n]+)["']|\brequire\(\s*["']([^"'\n]+)["']`)

// imports lists the modules that the client's copy of a module imports: what
// only types or server functions use is taken out of it.
func (g *moduleGraph) imports(name string, text []byte, e exposure) []string {
	if e.what == "" && staysOnServer(name, text) {
		return nil
	}
	code := text
	if slices.Contains(scriptEndings, path.Ext(name)) {
		code = lexScript(text).code
	}
	var found []string
	for _, m := range imported().FindAllSubmatchIndex(code, -1) {
		names, spec := group(code, m, 1), group(code, m, 2)+group(code, m, 3)+group(code, m, 4)
		if strings.HasPrefix(names, "type ") || anyHolds(e.server, m[0]) || len(e.server) > 0 && serverUses(names, m[1], e) {
			continue
		}
		if module := g.resolve(name, spec); module != "" {
			found = append(found, module)
		}
	}
	return found
}

func group(text []byte, m []int, n int) string {
	if m[2*n] < 0 {
		return ""
	}
	return string(text[m[2*n]:m[2*n+1]])
}

var importedName = newExpression(`[A-Za-z_$][\w$]*`)

// serverUses reports whether all names that an import gives are used by server
// functions alone.
func serverUses(names string, at int, e exposure) bool {
	all := importedName().FindAllString(names, -1)
	all = slices.DeleteFunc(all, func(word string) bool { return word == "type" || word == "as" })
	return len(all) > 0 && !slices.ContainsFunc(all, func(name string) bool { return !usedOnlyIn(e.text.bare, name, at, e.server) })
}

// staysOnServer reports whether a module that is no client code must not become
// such by an import: frameworks refuse that, or replace it by a call.
func staysOnServer(name string, text []byte) bool {
	s := &source{file: name, base: strings.ToLower(path.Base(name)), content: text}
	code := lexScript(text).code
	return s.staysOnServer() || isTest(name) || useServer.match(code) || serverOnly.match(code) || serverSource.match(code)
}

// resolve finds the module that an import names: by a path, by one from the
// project's top behind a sign, or from there without one.
func (g *moduleGraph) resolve(from, spec string) string {
	var bases []string
	sign, rest, alias := strings.Cut(spec, "/")
	switch {
	case strings.HasPrefix(spec, "."):
		bases = []string{path.Join(path.Dir(from), spec)}
	case alias && slices.Contains([]string{"@", "~", "$lib", "#", "#app"}, sign):
		bases = g.below(rest, "", "src", "app", "src/lib")
	case strings.HasPrefix(spec, "@") || strings.HasPrefix(spec, "~") || strings.HasPrefix(spec, "#"):
		bases = g.below(spec[1:], "", "src", "app")
	default:
		bases = g.below(spec, "", "src")
	}
	for _, base := range bases {
		if module := g.module(base); module != "" {
			return module
		}
	}
	return ""
}

func (g *moduleGraph) below(rest string, dirs ...string) []string {
	var bases []string
	for _, dir := range dirs {
		bases = append(bases, path.Join(g.project.root, dir, rest))
	}
	return bases
}

// module completes the name of a module: its ending may be left out, or be the
// one that it is built to.
func (g *moduleGraph) module(base string) string {
	built := strings.TrimSuffix(strings.TrimSuffix(base, ".js"), ".jsx")
	for _, stem := range []string{base, built, path.Join(base, "index")} {
		for _, ending := range append([]string{""}, moduleEndings...) {
			if _, ok := g.modules[stem+ending]; ok {
				return stem + ending
			}
		}
	}
	return ""
}
