package scanner

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// A library says in its package.json what browsers get of it: by the condition
// "browser" of "exports", by "browser", and by the files that public servers hand
// out ("unpkg", "jsdelivr").

// published is what a package.json says of that. The zero value is that of a
// package that is not meant for browsers in particular.
type published struct {
	browser  []string          // files that browsers get, from the package's directory
	node     []string          // files that only Node gets
	replaced map[string]string // what a bundler for browsers takes in place of a file; empty for nothing
}

// published reads what the package.json in a directory says.
func (n neighbourhood) published(dir string) published {
	var m struct {
		Browser, Exports              any
		Unpkg, JSDelivr, Module, Main string
	}
	if json.Unmarshal(n.text(path.Join(dir, "package.json")), &m) != nil {
		return published{}
	}
	p := published{browser: filesIn(m.Unpkg), replaced: map[string]string{}}
	p.browser = append(p.browser, filesIn(m.JSDelivr)...)
	switch browser := m.Browser.(type) {
	case string:
		p.browser = append(p.browser, browser)
	case map[string]any:
		p.browser = append(p.browser, m.Module, m.Main)
		for file, other := range browser {
			other, _ := other.(string)
			p.replaced[path.Join(dir, file)] = path.Join(dir, other)
		}
	}
	p.addExports(m.Exports, false)
	for _, files := range []*[]string{&p.browser, &p.node} {
		*files = slices.DeleteFunc(*files, func(file string) bool { return file == "" || strings.HasSuffix(file, ".d.ts") })
		for i, file := range *files {
			(*files)[i] = path.Join(dir, file)
		}
	}
	p.node = slices.DeleteFunc(p.node, func(file string) bool { return slices.Contains(p.browser, file) })
	return p
}

// addExports sorts the files of "exports", or of a part of it, by who gets them.
func (p *published) addExports(exports any, forNode bool) {
	table, ok := exports.(map[string]any)
	if !ok {
		if forNode {
			p.node = append(p.node, filesIn(exports)...)
		}
		return
	}
	_, choice := table["browser"]
	for condition, target := range table {
		switch condition {
		case "browser":
			p.browser = append(p.browser, filesIn(target)...)
		case "node":
			p.node = append(p.node, filesIn(target)...)
		case "types":
		default:
			p.addExports(target, forNode || choice)
		}
	}
}

// onlyForNode reports whether the package.json of a script says that Node gets it
// and browsers do not.
func (n neighbourhood) onlyForNode(file string) bool {
	project := n.projectOf(file)
	return project.found && slices.Contains(n.published(project.root).node, file)
}

// replacement is what a bundler for browsers takes in place of a module; empty for
// nothing.
func (g *moduleGraph) replacement(module string) string {
	for _, name := range []string{module, strings.TrimSuffix(module, path.Ext(module))} {
		if other, ok := g.replaced[name]; ok {
			return g.module(other)
		}
	}
	return module
}
