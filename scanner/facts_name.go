package scanner

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
)

// longestVariable is the longest name, in bytes, that is taken for one.
const longestVariable = 80

// trimWord takes a name off text's end.
func trimWord(text string) string { return strings.TrimRightFunc(text, isNameRune) }

// isNameRune reports whether a name may hold r: variables, headers, flags and
// dotted properties.
func isNameRune(r rune) bool {
	return r == '_' || r == '-' || r == '.' || r == '$' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// cutName cuts the name off text's end: a word, a word in quotes, or a
// subscript. It is empty if there is none that can be one.
func cutName(text string) (name, before string) {
	text = strings.TrimRight(text, blanks)
	text = strings.TrimRight(strings.TrimSuffix(text, "[]"), "?!")
	if inner, ok := strings.CutSuffix(text, "]"); ok {
		return cutSubscript(inner, "[")
	}
	if inner, ok := strings.CutSuffix(text, "}"); ok {
		return cutSubscript(inner, "{")
	}
	if text != "" && strings.Contains(quotes, text[len(text)-1:]) {
		return cutQuoted(text)
	}
	before = trimWord(text)
	return cleanName(text[len(before):]), before
}

// cutQuoted cuts a name in quotes, which may be escaped themselves.
func cutQuoted(text string) (name, before string) {
	quote := text[len(text)-1:]
	inner := strings.TrimRight(text[:len(text)-1], `\`)
	at := strings.LastIndex(inner, quote)
	if at < 0 {
		return "", ""
	}
	return cleanName(inner[at+1:]), strings.TrimRight(inner[:at], `\`)
}

// cutSubscript cuts x["NAME"] or x[0], whose name is x.
func cutSubscript(inner, open string) (name, before string) {
	at := strings.LastIndex(inner, open)
	if at < 0 {
		return "", ""
	}
	subscript := strings.Trim(inner[at+len(open):], quotes+`\ `)
	container := trimWord(inner[:at])
	if name := cleanName(subscript); name != "" {
		return name, container
	}
	return cleanName(inner[len(container):at]), container
}

// heads lists the objects that programs read their environment from, and
// those that say nothing about their field.
var heads = []string{
	"process.env.", "import.meta.env.", "Deno.env.", "Bun.env.", "os.environ.", "ENV.",
	"globalThis.", "window.", "self.", "this.", "module.exports.", "exports.",
}

// notNames are words of languages that stand where a name could.
var notNames = []string{"return", "if", "else", "case", "let", "const", "var", "new", "await", "yield", "http", "https"}

// cleanName takes off what a name is dressed in, and refuses what is none. It
// refuses what could be a key as well: that a key names a key happens in maps,
// and a name is printed.
func cleanName(name string) string {
	if flag, ok := strings.CutPrefix(name, "-D"); ok {
		name = flag
	}
	name = strings.TrimLeft(name, "-:@$.")
	name = strings.TrimRight(name, "-.")
	for _, head := range heads {
		name = strings.TrimPrefix(name, head)
	}
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case name == "", len(name) > longestVariable,
		first != '_' && !unicode.IsLetter(first),
		strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }),
		slices.Contains(notNames, name),
		mayHoldKey(name):
		return ""
	}
	return name
}

// mayHoldKey reports whether a name is a key, or has in it what a snippet would
// hide.
func mayHoldKey(name string) bool {
	return key.Candidate([]byte(name)) || slices.Contains(hideRuns(appendText(nil, []byte(name), false)), glyph{text: ellipsis})
}
