package scanner

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/inspecto/insplint/internal/lazy"
)

// What a script imports is read off once, and each list of modules asked about it:
// an expression for each that looks for import statements as well would go over
// all of the script.

// An importedModule is a module that a script imports, and where the quote before
// its name is.
type importedModule struct {
	name string
	form importForm
	at   int
}

// An importForm is what stands before the name of a module.
type importForm uint8

const (
	importStatement importForm = iota // import or from
	importCall
	requireForm
)

// longestModule is the longest name of a module that is read, in bytes.
const longestModule = 200

// modulesIn lists what a text imports. Comments count if they are in it.
func modulesIn(text []byte) (found []importedModule) {
	for _, word := range []string{"from", "import", "require"} {
		for from := 0; ; {
			n := bytes.Index(text[from:], []byte(word))
			if n < 0 {
				break
			}
			at := from + n
			from = at + len(word)
			if m, ok := moduleBehind(text, from, word); ok && wordAt(text, at, len(word)) {
				found = append(found, m)
			}
		}
	}
	return found
}

// moduleBehind reads the name of a module behind one of the words.
func moduleBehind(text []byte, at int, word string) (m importedModule, ok bool) {
	at = skipSpace(text, at)
	if word != "from" && at < len(text) && text[at] == '(' {
		at = skipSpace(text, at+1)
		m.form = importCall
	}
	switch {
	case at >= len(text) || text[at] != '"' && text[at] != '\'':
		return m, false
	case word == "require" && m.form != importCall:
		return m, false
	case word == "require":
		m.form = requireForm
	}
	m.at = at
	name := text[at+1 : min(len(text), at+1+longestModule)]
	end := bytes.IndexAny(name, "\"'\n")
	if end < 0 || name[end] == '\n' {
		return m, false
	}
	m.name = string(name[:end])
	return m, true
}

// An importClause is the statement or call that imports a module.
type importClause struct {
	start int    // where it begins
	names string // what it gives names to: "a, { b as c }"
	gives bool   // it is an import statement with names; one that exports again is none
}

// importAt reads what stands before the name of a module; ok is false if that
// imports nothing.
func importAt(text []byte, m importedModule) (c importClause, ok bool) {
	if m.form != importStatement {
		return importClause{start: m.at}, true
	}
	from := max(0, m.at-longestStatement)
	before := bytes.TrimRight(text[from:m.at], " \t\r\n")
	clause, named := bytes.CutSuffix(before, []byte("from"))
	if !named {
		return importClause{start: m.at}, bytes.HasSuffix(before, []byte("import"))
	}
	first := bytes.LastIndexAny(clause, "\"'()=;") + 1
	clause = clause[first:]
	word := "import"
	at := lastWord(clause, word)
	if again := lastWord(clause, "export"); again > at {
		word, at = "export", again
	}
	if at < 0 {
		return importClause{}, false
	}
	names := string(bytes.TrimSpace(clause[at+len(word):]))
	return importClause{from + first + at, names, word == "import"}, true
}

// lastWord is where a word stands last by itself, not as a part of a name; -1 if it
// does nowhere.
func lastWord(text []byte, word string) int {
	for end := len(text); ; {
		at := bytes.LastIndex(text[:end], []byte(word))
		if at < 0 || wordAt(text, at, len(word)) {
			return at
		}
		end = at
	}
}

func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return at
}

// A moduleList is an expression for the names of modules.
type moduleList expression

// newModuleList takes the names with "|" between them.
func newModuleList(names string) moduleList { return moduleList{lazy.From(names, compileModules)} }

func compileModules(names string) *regexp.Regexp {
	return regexp.MustCompile(`\A(?:` + names + `)\z`)
}

// importedIn reports whether one of the list is among what is imported.
func (l moduleList) importedIn(modules []importedModule) bool {
	return slices.ContainsFunc(modules, func(m importedModule) bool { return l.Get().MatchString(m.name) })
}

// A statementBefore is an expression for an import statement up to the name of the
// module.
type statementBefore expression

// longestStatement bounds what is read of it, in bytes.
const longestStatement = 1000

// opensFor reports whether a statement stands before the name of a module.
func (b statementBefore) opensFor(text []byte, m importedModule) bool {
	if m.form != importStatement {
		return false
	}
	start := max(0, m.at-longestStatement)
	if n := bytes.IndexByte(text[start:m.at], '\n'); start > 0 && n >= 0 {
		start += n + 1
	}
	return b.Get().Match(text[start:m.at])
}
