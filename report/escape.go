package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/lazy"
)

// logCommand matches what a CI runner takes for a command wherever it stands
// in a line: "##[error]" (GitHub's runner looks for the first "##[" of a line,
// src/Runner.Common/ActionCommand.cs) and "##vso[" (Azure Pipelines).
var logCommand = lazy.Regexp(`##(\w*)\[`)

// escape makes hostile text fit to stand in a line that a person or a CI
// runner reads: what is not printable becomes a Go escape (\n, \x1b, \u202e;
// \xff for a byte that is not UTF-8), which covers control characters, line
// separators, bidi controls and zero-width characters, and a log command loses
// its bracket. It does not stop a line from starting with "::", which GitHub
// takes for a command even behind spaces; so no line may start with escaped
// text, the caller's own words come first.
//
// A backslash stays as it is, since snippets are full of them: the result is
// for reading, not for parsing back.
func escape(s string) string {
	if strings.IndexFunc(s, isHidden) >= 0 {
		s = escapeHidden(s)
	}
	return breakCommands(s)
}

// Line makes one line of a text that may quote names out of a repository or
// from the command line: fit for a terminal and a CI log, keys masked. The
// caller's own words must come before it on the line.
func Line(text string) string { return escape(mask(strings.TrimRight(text, "\n"))) }

// breakCommands takes the bracket from every log command.
func breakCommands(line string) string { return logCommand.Get().ReplaceAllString(line, `##$1\x5b`) }

// isHidden reports whether a character has no glyph of its own. U+FFFD counts:
// it is what a broken byte decodes to.
func isHidden(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }

func escapeHidden(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// cells is how many columns of a terminal escaped text takes: two for East
// Asian wide characters and emoji, none for combining marks. Terminals differ
// at the edges of these tables; a caret may then be a column off.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		0x3001 <= r && r <= 0x303e, 0xff01 <= r && r <= 0xff60, 0x1f300 <= r && r <= 0x1faff:
		return 2
	}
	return 1
}

// clip shortens text to at most width runes.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
