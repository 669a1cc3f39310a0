package scanner

import (
	"bytes"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
)

// TypeScript takes an import out of what it writes if nothing but types uses what
// it gives. What is read here of that knows no grammar: a use counts as a type's
// only where it stands as no value can, and one that leaves a doubt is a value's.

// What is read of a script made to take long is bounded by these.
const (
	longestType = 4096    // bytes before a use that are read for what it stands in
	longestGap  = 256     // blank bytes between two lines of a type
	mostParts   = 64      // of a union before a use
	mostNames   = 256     // of one import
	mostUses    = 1 << 14 // of all names
	mostImports = 1024    // of one script that are asked about
)

// typedEndings lists what TypeScript compiles.
var typedEndings = []string{".ts", ".tsx", ".mts", ".cts"}

// givenNames lists the names that an import clause gives to values, and to what may
// be such: "A, { B as C, type D }" gives A and C.
func givenNames(clause string) (names []string) {
	for _, part := range strings.FieldsFunc(clause, func(r rune) bool { return r == ',' || r == '{' || r == '}' }) {
		words := strings.Fields(part)
		if len(words) == 0 || words[0] == "type" && len(words) > 1 && words[1] != "as" {
			continue
		}
		names = append(names, words[len(words)-1])
	}
	return names
}

// gives reports whether an import that ends at an offset gives nothing but
// types: it says so of each name, or all uses of them are a type's.
func (l *typeReader) gives(file, clause string, end int) bool {
	names := givenNames(clause)
	if len(names) == 0 {
		return strings.Contains(clause, "type ")
	}
	if l.asked++; l.asked > mostImports || len(names) > mostNames {
		return false
	}
	if !slices.ContainsFunc(typedEndings, func(ending string) bool { return strings.HasSuffix(file, ending) }) {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool { return l.usesValue(name, end) })
}

// A typeReader answers what of a script's names are types. Where types are declared
// is read off once, and only if it matters.
type typeReader struct {
	lexed
	asked    int // imports
	uses     int // of names, that were looked at
	read     bool
	declared []region
}

// usesValue reports whether a name is used behind an offset as anything but a type,
// or not at all: then it may be meant for what this does not see.
func (l *typeReader) usesValue(name string, from int) bool {
	used := false
	for at := from; ; at += len(name) {
		n := bytes.Index(l.bare[at:], []byte(name))
		if n < 0 {
			return !used
		}
		at += n
		if !wordAt(l.bare, at, len(name)) {
			continue
		}
		if l.uses++; l.uses > mostUses {
			return true
		}
		used = true
		if !isType(l.bare, at, at+len(name), mostParts) && !l.declares(at) {
			return true
		}
	}
}

// declares reports whether an offset lies in the declaration of a type.
func (l *typeReader) declares(at int) bool {
	if !l.read {
		l.read, l.declared = true, typeRegions(l.bare)
	}
	return anyHolds(l.declared, at)
}

// declaration is how the declaration of a type begins.
var declaration = lazy.Regexp(`\A(?:interface\s+\w[^{;=]*\{|type\s+\w+\s*(?:<[^={;]*>)?\s*=)`)

// longestDeclaration is how much of that is read, in bytes.
const longestDeclaration = 1000

// typeRegions lists the declarations of interfaces and of types.
func typeRegions(bare []byte) (found []region) {
	for _, word := range []string{"interface", "type"} {
		for at := 0; ; at += len(word) {
			n := bytes.Index(bare[at:], []byte(word))
			if n < 0 {
				break
			}
			at += n
			m := declaration.Get().Find(bare[at:min(len(bare), at+longestDeclaration)])
			if m == nil || !beginsStatement(bare, at) {
				continue
			}
			end := at + len(m)
			if bare[end-1] == '{' {
				end = declarationEnd(bare, end-1)
			} else {
				end = aliasEnd(bare, end)
			}
			found = append(found, region{at, end})
			at = end - len(word) // what lies in it is part of it
		}
	}
	return found
}

// beginsStatement reports whether a statement begins at an offset, but for the words
// that may stand before the declaration of a type.
func beginsStatement(bare []byte, at int) bool {
	before := bare[max(0, at-longestGap):at]
	line := string(bytes.TrimSpace(before[bytes.LastIndexByte(before, '\n')+1:]))
	for _, word := range []string{"declare", "export"} {
		line = strings.TrimSpace(strings.TrimSuffix(line, word))
	}
	return line == "" || strings.HasSuffix(line, ";") || strings.HasSuffix(line, "}")
}

// aliasEnd is where the declaration of a type ends that goes on at an offset: at a
// semicolon, or where a line ends that does not go on.
func aliasEnd(bare []byte, from int) int {
	depth, last, arrow := 0, byte('='), false
	for i := from; i < len(bare); i++ {
		switch c := bare[i]; c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ';':
			if depth <= 0 {
				return i
			}
		case '\n':
			open := arrow || strings.IndexByte("=|&,<?:", last) >= 0
			if depth <= 0 && !open && !typeGoesOn(bare[i:min(len(bare), i+longestGap)]) {
				return i
			}
		}
		if !isBlank(bare[i]) {
			arrow = last == '=' && bare[i] == '>'
			last = bare[i]
		}
	}
	return len(bare)
}

// typeGoesOn reports whether a type goes on behind the end of a line.
func typeGoesOn(behind []byte) bool {
	rest := bytes.TrimLeft(behind, " \t\r\n")
	return len(rest) > 0 && strings.IndexByte("|&?:=>", rest[0]) >= 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// typeWords stand before types alone.
var typeWords = []string{"as", "satisfies", "implements", "keyof", "is", "infer"}

// isType reports whether what stands from start to end can only be a type; of a union
// before it, so many parts are read.
func isType(bare []byte, start, end, parts int) bool {
	before := lastIndexNotBlank(bare, start)
	if before < 0 || parts == 0 {
		return false
	}
	switch c := bare[before]; {
	case c == ':' && isAnnotation(bare, before, end):
		return true
	case c == '<' && before > 0 && isHostByte(bare[before-1]):
		return true
	case (c == '|' || c == '&') && before > 0 && bare[before-1] != c:
		return isType(bare, operandStart(bare, before), before, parts-1)
	case slices.Contains(typeWords, wordEndingAt(bare, before)):
		return true
	}
	open := openBracket(bare, start)
	if open < 0 {
		return false
	}
	ofObject := bare[open] == '{' && lastByte(bare, open) == ':' && isAnnotation(bare, lastIndexNotBlank(bare, open), open+1)
	return ofObject || bare[open] == '<'
}

// isAnnotation reports whether a colon stands before a type: behind what is
// declared, behind a parameter, or behind all of them.
func isAnnotation(bare []byte, colon, end int) bool {
	named := lastIndexNotBlank(bare, colon)
	if named > 0 && (bare[named] == '?' || bare[named] == '!') {
		named = lastIndexNotBlank(bare, named)
	}
	if named < 0 {
		return false
	}
	start := named
	switch c := bare[named]; {
	case c == ')':
		rest := bytes.TrimLeft(bare[end:], " \t\r\n")
		return bytes.HasPrefix(rest, []byte("{")) || bytes.HasPrefix(rest, []byte("=>"))
	case c == '}' || c == ']':
		start = openBracket(bare, named)
	default:
		start = named + 1 - len(wordEndingAt(bare, named))
	}
	if start < 0 || start > named {
		return false
	}
	before := lastIndexNotBlank(bare, start)
	if before < 0 {
		return false
	}
	if slices.Contains([]string{"const", "let", "var", "public", "private", "protected", "readonly", "static"}, wordEndingAt(bare, before)) {
		return true
	}
	open := openBracket(bare, start)
	return open >= 0 && bare[open] == '(' && (before == open || bare[before] == ',')
}

// operandStart is where the operand begins that a union's sign follows.
func operandStart(bare []byte, sign int) int {
	at := lastIndexNotBlank(bare, sign)
	for at >= 0 && (bare[at] == ']' || bare[at] == '>') {
		if at = openBracket(bare, at); at < 0 {
			return 0
		}
		at = lastIndexNotBlank(bare, at)
	}
	for at >= 0 && (isHostByte(bare[at]) || bare[at] == '$') {
		at--
	}
	return at + 1
}

// openBracket is the innermost bracket that is open before an offset; that of a
// list of types only directly behind a name ("Map<string, "); -1 if none is near.
func openBracket(bare []byte, at int) int {
	depth := 0
	for i := at - 1; i >= max(0, at-longestType); i-- {
		switch bare[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth == 0 {
				return i
			}
			depth--
		case '<':
			if depth == 0 && i > 0 && isHostByte(bare[i-1]) && onlyTypes(bare[i+1:at]) {
				return i
			}
		}
	}
	return -1
}

// onlyTypes reports whether a text can be the beginning of a list of types, and
// nothing else that stands behind "a<".
func onlyTypes(text []byte) bool {
	return !slices.ContainsFunc(text, func(c byte) bool {
		return !isHostByte(c) && !isBlank(c) && bytes.IndexByte([]byte(",|&[]<>$"), c) < 0
	}) && bytes.Count(text, []byte("<")) >= bytes.Count(text, []byte(">"))
}

// lastIndexNotBlank is where the last byte before an offset is that is no blank.
func lastIndexNotBlank(bare []byte, at int) int {
	for at--; at >= 0 && isBlank(bare[at]); at-- {
	}
	return at
}

func lastByte(bare []byte, at int) byte {
	if at = lastIndexNotBlank(bare, at); at < 0 {
		return 0
	}
	return bare[at]
}

// wordEndingAt is the word whose last byte is at an offset.
func wordEndingAt(bare []byte, at int) string {
	start := at + 1
	for start > 0 && (isHostByte(bare[start-1]) && bare[start-1] != '-' && bare[start-1] != '.' || bare[start-1] == '$') {
		start--
	}
	return string(bare[start : at+1])
}
