package scanner

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
)

// A workspace holds several packages that import each other by their names. A
// module of one is client code if the client code of another imports it.

// workspaceOf finds the nearest directory from a project upwards that says that
// it is the top of a workspace.
func (n neighbourhood) workspaceOf(root string) (top string, ok bool) {
	for dir := root; ; dir = path.Dir(dir) {
		if dir == "." || dir == "/" {
			dir = ""
		}
		if n.has(dir, "pnpm-workspace.yaml") || n.has(dir, "package.json") && holdsWorkspaces(n.text(path.Join(dir, "package.json"))) {
			return dir, true
		}
		if dir == "" {
			return "", false
		}
	}
}

func holdsWorkspaces(manifest []byte) bool {
	var m struct{ Workspaces json.RawMessage }
	return json.Unmarshal(manifest, &m) == nil && len(m.Workspaces) > len("null")
}

// addPackage notes the name of a package, whether it has an interface, and what it
// publishes.
func (g *moduleGraph) addPackage(dir string) {
	var m struct{ Name string }
	_ = json.Unmarshal(g.near.text(path.Join(dir, "package.json")), &m) // without a name nobody imports it
	if m.Name != "" && g.workspace {
		g.packages[m.Name] = dir
	}
	p := g.near.published(dir)
	g.browser = append(g.browser, p.browser...)
	maps.Copy(g.replaced, p.replaced)
	g.interfaces = g.interfaces || g.near.projectOf(path.Join(dir, "package.json")).uses(interfaceLibraries...)
}

// packageBases lists where what an import names can lie in a package of the
// workspace: where its package.json says, and by habit.
func (g *moduleGraph) packageBases(spec string) (bases []string) {
	parts := 1
	if strings.HasPrefix(spec, "@") {
		parts = 2
	}
	names := strings.SplitN(spec, "/", parts+1)
	rest := ""
	if len(names) > parts {
		rest = names[parts]
	}
	dir, ok := g.packages[strings.Join(names[:min(parts, len(names))], "/")]
	if !ok {
		return nil
	}
	for _, target := range append(exportTargets(g.near.text(path.Join(dir, "package.json")), rest), rest) {
		target = strings.TrimPrefix(path.Clean("/"+target), "/")
		bases = append(bases, path.Join(dir, target))
		if first, below, ok := strings.Cut(target, "/"); ok && slices.Contains(builtDirs, first) {
			target = strings.TrimSuffix(below, ".d.ts")
		}
		bases = append(bases, path.Join(dir, "src", target))
	}
	return bases
}

// builtDirs are where a package's source is built to, as its package.json names
// it.
var builtDirs = []string{"build", "dist", "lib"}

// exportTargets lists the files that a package.json gives for a name below the
// package: in whatever order, since any may be chosen.
func exportTargets(manifest []byte, rest string) (targets []string) {
	var m struct {
		Exports                     any
		Source, Module, Main, Types string
	}
	if json.Unmarshal(manifest, &m) != nil {
		return nil
	}
	key := path.Join(".", rest)
	if rest != "" {
		key = "./" + rest
	}
	if table, ok := m.Exports.(map[string]any); ok && holdsPaths(table) {
		for pattern, target := range table {
			before, behind, any := strings.Cut(pattern, "*")
			alias := pathAlias{before, behind, any, nil}
			if alias.fits(key) {
				chosen := strings.TrimSuffix(strings.TrimPrefix(key, before), behind)
				for _, file := range filesIn(target) {
					targets = append(targets, strings.ReplaceAll(file, "*", chosen))
				}
			}
		}
		slices.Sort(targets)
	} else if rest == "" {
		targets = filesIn(m.Exports)
	}
	if rest == "" {
		for _, file := range []string{m.Source, m.Module, m.Main, m.Types} {
			if file != "" {
				targets = append(targets, file)
			}
		}
	}
	return targets
}

// holdsPaths tells a table of names from one of conditions.
func holdsPaths(table map[string]any) bool {
	for name := range table {
		if strings.HasPrefix(name, ".") {
			return true
		}
	}
	return false
}

// filesIn lists the texts in a member of any form.
func filesIn(member any) (files []string) {
	switch v := member.(type) {
	case string:
		return []string{v}
	case []any:
		for _, entry := range v {
			files = append(files, filesIn(entry)...)
		}
	case map[string]any:
		for _, condition := range slices.Sorted(maps.Keys(v)) {
			files = append(files, filesIn(v[condition])...)
		}
	}
	return files
}
