package scanner

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
)

// What an import without a path means is said by tsconfig.json or
// jsconfig.json, by the packages of a workspace, or by habit (see bases).

// aliases are what the nearest tsconfig.json or jsconfig.json says of imports.
// A nil one says nothing.
type aliases struct {
	base  string // baseUrl, as a directory of the graph
	based bool
	paths []pathAlias
}

// A pathAlias is an entry of "paths": what stands before the "*" of its pattern
// and behind, and the targets, each with one "*" at most.
type pathAlias struct {
	before, behind string
	any            bool
	targets        []string
}

const (
	maxExtends     = 8   // files that extend each other
	maxPathAliases = 512 // entries of "paths"
)

// aliasesAt finds the nearest file that says something, at most as high as the
// top of the file's workspace, and remembers it.
func (g *moduleGraph) aliasesAt(dir string) *aliases {
	if dir == "." || dir == "/" {
		dir = ""
	}
	if known, ok := g.aliases[dir]; ok {
		return known
	}
	var found *aliases
	for _, name := range []string{"tsconfig.json", "jsconfig.json", "tsconfig.app.json"} {
		if found == nil && g.near.has(dir, name) {
			found = g.near.readAliases(path.Join(dir, name), maxExtends)
		}
	}
	if found == nil && dir != "" {
		found = g.aliasesAt(path.Dir(dir))
	}
	g.aliases[dir] = found
	return found
}

// readAliases reads a file, and where it says nothing, the one that it extends.
func (n neighbourhood) readAliases(file string, deep int) *aliases {
	var config struct {
		Extends         any
		CompilerOptions struct {
			BaseURL *string `json:"baseUrl"`
			Paths   map[string][]string
		}
	}
	if deep == 0 || json.Unmarshal(withoutComments(n.text(file)), &config) != nil {
		return nil
	}
	options := config.CompilerOptions
	if options.Paths == nil && options.BaseURL == nil {
		extends, _ := config.Extends.(string)
		if !strings.HasPrefix(extends, ".") {
			return nil
		}
		if path.Ext(extends) != ".json" {
			extends += ".json"
		}
		return n.readAliases(path.Join(path.Dir(file), extends), deep-1)
	}
	a := &aliases{base: path.Dir(file)}
	if options.BaseURL != nil {
		a.base, a.based = path.Join(a.base, *options.BaseURL), true
	}
	for pattern, targets := range options.Paths {
		before, behind, any := strings.Cut(pattern, "*")
		if len(a.paths) < maxPathAliases {
			a.paths = append(a.paths, pathAlias{before, behind, any, targets})
		}
	}
	return a
}

// of lists where an import leads by the entry that says most about it, and by
// baseUrl.
func (a *aliases) of(spec string) (bases []string) {
	if a == nil {
		return nil
	}
	best, most := pathAlias{}, -1
	for _, entry := range a.paths {
		says := 2 * len(entry.before)
		if !entry.any {
			says++
		}
		if says > most && entry.fits(spec) {
			best, most = entry, says
		}
	}
	for _, target := range best.targets {
		chosen := strings.TrimSuffix(strings.TrimPrefix(spec, best.before), best.behind)
		bases = append(bases, path.Join(a.base, strings.Replace(target, "*", chosen, 1)))
	}
	if a.based {
		bases = append(bases, path.Join(a.base, spec))
	}
	return bases
}

func (p pathAlias) fits(spec string) bool {
	if !p.any {
		return spec == p.before
	}
	return len(spec) >= len(p.before)+len(p.behind) && strings.HasPrefix(spec, p.before) && strings.HasSuffix(spec, p.behind)
}

var lastComma = lazy.Regexp(`,\s*[}\]]`)

// withoutComments makes JSON of what people write into configuration: comments,
// and commas behind the last entry.
func withoutComments(text []byte) []byte {
	l := lexScript(text)
	for _, at := range lastComma.Get().FindAllIndex(l.bare, -1) {
		if between := l.code[at[0]+1 : at[1]-1]; len(bytes.TrimSpace(between)) == 0 { // no string lies there
			l.code[at[0]] = ' '
		}
	}
	return l.code
}
