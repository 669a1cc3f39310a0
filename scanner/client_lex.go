package scanner

import "bytes"

// A lexed text is a script in two readings of the same length, so that offsets
// hold in all of them.
type lexed struct {
	code []byte // comments are blanks
	bare []byte // strings, templates and regular expressions are blanks too

	modules []importedModule // by code
}

// lexScript tells comments and strings from code, well enough to count brackets
// and to look for words. It knows no grammar: what it takes for a regular
// expression or a string that is none ends with the line.
func lexScript(text []byte) lexed {
	l := &lexer{text: text, out: lexed{code: bytes.Clone(text), bare: bytes.Clone(text)}}
	for l.at < len(text) {
		l.step()
	}
	l.out.modules = modulesIn(l.out.code)
	return l.out
}

type lexer struct {
	text      []byte
	at        int
	out       lexed
	templates []int // brackets open in each ${ } that the scan is in
}

func (l *lexer) step() {
	c := l.text[l.at]
	switch {
	case c == '/' && l.next() == '/':
		l.blank(l.lineEnd(l.at), true)
	case c == '/' && l.next() == '*':
		l.blank(l.after("*/", l.at+2), true)
	case c == '/' && l.beginsRegexp():
		l.blank(l.regexpEnd(), false)
	case c == '"' || c == '\'':
		l.blank(l.stringEnd(c), false)
	case c == '`':
		l.at++
		l.template()
	case c == '{' && len(l.templates) > 0:
		l.templates[len(l.templates)-1]++
		l.at++
	case c == '}' && len(l.templates) > 0:
		l.at++
		l.closeBrace()
	default:
		l.at++
	}
}

func (l *lexer) next() byte {
	if l.at+1 < len(l.text) {
		return l.text[l.at+1]
	}
	return 0
}

// closeBrace ends a bracket, or the ${ } of a template, whose text goes on.
func (l *lexer) closeBrace() {
	last := len(l.templates) - 1
	if l.templates[last] > 0 {
		l.templates[last]--
		return
	}
	l.templates = l.templates[:last]
	l.template()
}

// template blanks a template's text up to its end or its next ${.
func (l *lexer) template() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\\':
			l.blank(l.at+2, false)
		case c == '`':
			l.at++
			return
		case c == '$' && l.next() == '{':
			l.at += 2
			l.templates = append(l.templates, 0)
			return
		default:
			l.blank(l.at+1, false)
		}
	}
}

// blank takes the text up to end out of bare, and a comment out of code too.
// Line breaks stay.
func (l *lexer) blank(end int, comment bool) {
	for end = min(end, len(l.text)); l.at < end; l.at++ {
		if l.text[l.at] == '\n' {
			continue
		}
		l.out.bare[l.at] = ' '
		if comment {
			l.out.code[l.at] = ' '
		}
	}
}

func (l *lexer) lineEnd(from int) int {
	if n := bytes.IndexByte(l.text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(l.text)
}

func (l *lexer) after(mark string, from int) int {
	from = min(from, len(l.text))
	if n := bytes.Index(l.text[from:], []byte(mark)); n >= 0 {
		return from + n + len(mark)
	}
	return len(l.text)
}

// stringEnd is behind the closing quote, or where the line ends.
func (l *lexer) stringEnd(quote byte) int {
	for i := l.at + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(l.text)
}

// beginsRegexp reports whether a slash begins a regular expression: it follows
// what a value cannot follow.
func (l *lexer) beginsRegexp() bool {
	for i := l.at - 1; i >= 0; i-- {
		switch c := l.text[i]; c {
		case ' ', '\t':
		case '(', ',', '=', ':', '[', '!', '&', '|', '?', '{', ';', '\n':
			return true
		default:
			return false
		}
	}
	return true
}

func (l *lexer) regexpEnd() int {
	class := false
	for i := l.at + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if !class {
				return i + 1
			}
		case '\n':
			return l.at + 1 // it was none
		}
	}
	return l.at + 1
}
