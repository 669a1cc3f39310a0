package scanner

import (
	"bytes"
	"os"
	"path"
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

// reachable lists the modules that client code of the project at root imports,
// by path, and with them those of its workspace, if it is part of one; it
// remembers the answer.
func (e *existence) reachable(root string) map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.reached[root]; ok {
		return known
	}
	if e.reached == nil {
		e.reached = map[string]map[string]bool{}
	}
	top, ok := neighbourhood{e.has, e.read}.workspaceOf(root)
	reached, followed := e.reached[top]
	if !followed && ok {
		reached = e.follow(top, true)
		e.reached[top] = reached
	}
	if reached == nil && root != top || !ok { // the workspace is too large, or there is none
		reached = e.follow(root, false)
	}
	e.reached[root] = reached
	return reached
}

// follow makes a graph of what is below a directory; nil if it is too large, or
// has no client code. Without a library for interfaces only what pages load is
// such.
func (e *existence) follow(top string, workspace bool) map[string]bool {
	g := &moduleGraph{
		files: e, near: neighbourhood{e.has, e.read}, workspace: workspace,
		modules: map[string][]string{}, packages: map[string]string{}, aliases: map[string]*aliases{}, replaced: map[string]string{},
	}
	if !g.list(top) {
		return nil
	}
	g.loaded = e.site(top).loaded
	if !g.interfaces && len(g.loaded)+len(g.browser) == 0 {
		return nil
	}
	return g.follow()
}

// A moduleGraph is the modules of one project, or of all in a workspace, with
// what they import.
type moduleGraph struct {
	files      *existence
	near       neighbourhood
	workspace  bool
	interfaces bool                // a project uses a library for interfaces
	loaded     map[string]bool     // what its pages load
	modules    map[string][]string // by path; nil until a module is read, and for data
	names      []string            // of those to read
	packages   map[string]string   // the directory of each package by its name
	browser    []string            // what packages publish for browsers
	replaced   map[string]string   // see published
	aliases    map[string]*aliases // by directory
	bytes      int
}

var moduleEndings = append([]string{".vue", ".svelte", ".astro", ".mdx"}, scriptEndings...)

// dataEnding is that of data that modules import.
const dataEnding = ".json"

// list finds the modules below a directory; false if there are too many.
func (g *moduleGraph) list(dir string) bool {
	entries, err := os.ReadDir(g.files.abs(dir))
	if err != nil {
		return true
	}
	if g.near.has(dir, projectFiles...) {
		g.addPackage(dir)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !g.skips(name, e.Name()) && !g.list(name) {
				return false
			}
		case !e.Type().IsRegular():
		case slices.Contains(moduleEndings, path.Ext(name)):
			g.names = append(g.names, name)
			g.modules[name] = nil
		case path.Ext(name) == dataEnding:
			g.modules[name] = nil
		}
	}
	return len(g.modules) <= maxModules
}

// skips reports whether a directory has no source of the graph. What outputs are
// called, source can be called too: below "src" a "build" is no output.
func (g *moduleGraph) skips(dir, name string) bool {
	if strings.HasPrefix(name, ".") || isDependencyDir(name) || !g.workspace && g.near.has(dir, projectFiles...) {
		return true
	}
	names := strings.Split(dir, "/")
	output := slices.ContainsFunc(sharedDirs, func(s sharedDir) bool { return s.name == name })
	return output && !slices.ContainsFunc(names[:len(names)-1], func(name string) bool { return slices.Contains(sourceDirs, name) })
}

// sourceDirs lists what directories with source are called.
var sourceDirs = []string{"src", "app", "lib", "source"}

// follow goes from the modules that are client code by themselves, or that a page
// loads, to all that they import, but not into what stays on the server.
func (g *moduleGraph) follow() map[string]bool {
	reached := map[string]bool{}
	var todo []string
	for _, file := range g.browser {
		if module := g.module(file); module != "" {
			reached[module] = true
			todo = append(todo, module)
		}
	}
	for _, name := range g.names {
		text := g.near.read(name, maxManifest)
		if g.bytes += len(text); g.bytes > maxModuleBytes {
			return nil
		}
		module := newSource(name, text, g.near)
		e := module.judge()
		g.modules[name] = g.imports(module, e)
		if e.what != "" && g.interfaces || g.loaded[name] {
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

// imports lists the modules that the client's copy of a module imports: what
// only types or server functions use is taken out of it.
func (g *moduleGraph) imports(s *source, e exposure) []string {
	if e.what == "" && s.refusesClients() {
		return nil
	}
	name, l := s.file, lexed{code: s.content}
	if slices.Contains(scriptEndings, path.Ext(name)) {
		l = s.script()
	} else {
		l.modules = modulesIn(l.code)
	}
	code, types := l.code, typeReader{lexed: l}
	var found []string
	for _, m := range l.modules {
		i, ok := importAt(code, m)
		if !ok || strings.HasPrefix(i.names, "type ") || anyHolds(e.server, i.start) {
			continue
		}
		if len(e.server) > 0 && serverUses(i.names, m.at, e) {
			continue
		}
		module := g.replacement(g.resolve(name, m.name))
		if module == "" || i.gives && types.gives(name, i.names, m.at) {
			continue
		}
		found = append(found, module)
	}
	if !bytes.Contains(code, []byte("${")) {
		return found
	}
	for _, m := range importedSome.Get().FindAllSubmatchIndex(code, -1) {
		if !anyHolds(e.server, m[0]) {
			found = append(found, g.some(name, group(code, m, 1), group(code, m, 2))...)
		}
	}
	return found
}

// importedSome finds an import of what a variable chooses, by what stands before
// it and behind.
var importedSome = newExpression("\\bimport\\(\\s*`([^`$]+)\\$\\{[^}`]*\\}([^`$]*)`")

// some lists the modules that such an import can name.
func (g *moduleGraph) some(from, before, behind string) (found []string) {
	slash := strings.LastIndexByte(before, '/') + 1
	for _, base := range g.bases(from, before[:slash]+".") {
		stem := path.Join(base, before[slash:])
		if before[slash:] == "" {
			stem += "/"
		}
		for module := range g.modules {
			rest, below := strings.CutPrefix(module, stem)
			if below && strings.HasSuffix(rest, behind) && !strings.Contains(strings.TrimSuffix(rest, behind), "/") {
				found = append(found, module)
			}
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
	all := importedName.Get().FindAllString(names, -1)
	all = slices.DeleteFunc(all, func(word string) bool { return word == "type" || word == "as" })
	return len(all) > 0 && !slices.ContainsFunc(all, func(name string) bool { return !usedOnlyIn(e.text.bare, name, at, e.server) })
}

// refusesClients reports whether a module that is no client code must not become
// such by an import: frameworks refuse that, or replace it by a call.
func (s *source) refusesClients() bool {
	if s.staysOnServer() {
		return true
	}
	l := s.script()
	says := useServer.match(l.code) || serverOnly.importedIn(l.modules)
	return says || databaseClient.match(l.code) || l.needsServer() && !reactHook.match(l.code)
}

// resolve finds the module that an import names.
func (g *moduleGraph) resolve(from, spec string) string {
	for _, base := range g.bases(from, spec) {
		if module := g.module(base); module != "" {
			return module
		}
	}
	return ""
}

// bases are where what an import names can lie: at a path, where tsconfig.json
// or jsconfig.json says, in a package of the workspace, or, by the habits of
// frameworks, below the project's top behind a sign or without one.
func (g *moduleGraph) bases(from, spec string) []string {
	if strings.HasPrefix(spec, ".") {
		return []string{path.Join(path.Dir(from), spec)}
	}
	bases := append(g.aliasesAt(path.Dir(from)).of(spec), g.packageBases(spec)...)
	root := g.near.projectOf(from).root
	below := func(rest string, dirs ...string) {
		for _, dir := range dirs {
			bases = append(bases, path.Join(root, dir, rest))
		}
	}
	sign, rest, alias := strings.Cut(spec, "/")
	switch {
	case alias && slices.Contains([]string{"@", "~", "@@", "~~", "$lib", "#", "#app"}, sign):
		below(rest, "", "src", "app", "src/lib")
	case strings.ContainsRune("@~#", rune(spec[0])):
		below(spec[1:], "", "src", "app")
	default:
		below(spec, "", "src")
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
