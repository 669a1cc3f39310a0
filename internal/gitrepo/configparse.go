package gitrepo

import (
	"fmt"
	"iter"
	"strings"
)

// A configEntry is one assignment. Its key is canonical: section and name in
// lower case, the subsection between them as written.
type configEntry struct {
	key, value string
	bare       bool   // the key stands alone, without "=": it means true
	file       string // absolute path of its file; empty if it came from the environment
}

func (e configEntry) bool() (bool, error) {
	if e.bare {
		return true, nil
	}
	return parseBool(e.value)
}

// configParser reads git-config syntax byte by byte. Its one peculiarity is
// git's own: the end of the text reads as a last newline.
type configParser struct {
	text string
	pos  int
	line int    // of the byte that was read last
	eol  bool   // that byte ended its line
	stem string // "section." or "section.subsection."
}

// parseConfig yields the assignments of a configuration file in order. The
// first line that is not git-config syntax ends it with an error that gives the
// line's number and nothing of what it says.
func parseConfig(data []byte) iter.Seq2[configEntry, error] {
	return func(yield func(configEntry, error) bool) {
		p := &configParser{text: strings.TrimPrefix(string(data), "\ufeff"), line: 1}
		for p.skipBlank() {
			entry, assigned, ok := p.statement()
			if !ok {
				yield(configEntry{}, fmt.Errorf("bad config line %d", p.line))
				return
			}
			if assigned && !yield(entry, nil) {
				return
			}
		}
	}
}

// next reads one byte; CR LF counts as LF.
func (p *configParser) next() byte {
	if p.pos >= len(p.text) {
		p.pos = len(p.text) + 1 // past the end, so that back() and atEnd() work
		return '\n'
	}
	if p.eol {
		p.line++
	}
	c := p.text[p.pos]
	p.pos++
	if c == '\r' && p.pos < len(p.text) && p.text[p.pos] == '\n' {
		p.pos++
		c = '\n'
	}
	p.eol = c == '\n'
	return c
}

func (p *configParser) atEnd() bool { return p.pos > len(p.text) }

// skipBlank goes to the next statement; false at the end.
func (p *configParser) skipBlank() bool {
	for comment := false; p.pos < len(p.text); {
		c := p.text[p.pos]
		switch {
		case c == '\n':
			comment = false
		case comment || isSpace(c):
		case c == '#' || c == ';':
			comment = true
		default:
			return true
		}
		p.next()
	}
	return false
}

// statement reads a section header or an assignment.
func (p *configParser) statement() (entry configEntry, assigned, ok bool) {
	c := p.next()
	if c == '[' {
		return entry, false, p.header()
	}
	if !isLetter(c) {
		return entry, false, false
	}
	entry, ok = p.assignment(c)
	return entry, p.stem != "", ok // a key before any section is no key: git complains and goes on
}

// header reads what follows "[": SECTION], SECTION "SUBSECTION"], and the old
// SECTION.SUBSECTION].
func (p *configParser) header() bool {
	var name strings.Builder
	for {
		c := p.next()
		switch {
		case p.atEnd():
			return false
		case c == ']':
			p.stem = name.String() + "."
			return name.Len() > 0
		case isSpace(c):
			return p.subsection(&name, c)
		case !isKeyByte(c) && c != '.':
			return false
		}
		name.WriteByte(lowerByte(c))
	}
}

func (p *configParser) subsection(name *strings.Builder, c byte) bool {
	for isSpace(c) {
		if c == '\n' {
			return false
		}
		c = p.next()
	}
	if c != '"' {
		return false
	}
	name.WriteByte('.')
	for {
		c := p.next()
		if c == '"' {
			break
		}
		if c == '\\' {
			c = p.next()
		}
		if c == '\n' {
			return false
		}
		name.WriteByte(c)
	}
	p.stem = name.String() + "."
	return p.next() == ']'
}

func (p *configParser) assignment(c byte) (configEntry, bool) {
	var name strings.Builder
	for ; isKeyByte(c) && !p.atEnd(); c = p.next() {
		name.WriteByte(lowerByte(c))
	}
	for c == ' ' || c == '\t' {
		c = p.next()
	}
	entry := configEntry{key: p.stem + name.String(), bare: c == '\n'}
	if entry.bare {
		return entry, true
	}
	if c != '=' {
		return entry, false
	}
	var ok bool
	entry.value, ok = p.value()
	return entry, ok
}

// value reads up to the end of the line: blanks around it and comments fall
// away outside quotes, a backslash at the line's end continues it.
func (p *configParser) value() (string, bool) {
	var value strings.Builder
	quoted, comment := false, false
	kept := 0 // length without blanks that trail outside quotes
	for {
		c := p.next()
		switch {
		case c == '\n':
			return value.String()[:kept], !quoted
		case comment:
			continue
		case isSpace(c) && !quoted:
			if value.Len() > 0 {
				value.WriteByte(c)
			}
			continue
		case !quoted && (c == ';' || c == '#'):
			comment = true
			continue
		case c == '"':
			quoted = !quoted
		case c == '\\':
			escaped, ok := p.escape()
			if !ok {
				return "", false
			}
			value.WriteString(escaped)
		default:
			value.WriteByte(c)
		}
		kept = value.Len()
	}
}

// valueEscapes are what may follow a backslash in a value.
var valueEscapes = map[byte]string{'\n': "", 't': "\t", 'b': "\b", 'n': "\n", '\\': `\`, '"': `"`}

func (p *configParser) escape() (string, bool) {
	escaped, ok := valueEscapes[p.next()]
	return escaped, ok
}

func isSpace(c byte) bool   { return strings.IndexByte(asciiSpace, c) >= 0 }
func isLetter(c byte) bool  { return 'a' <= lowerByte(c) && lowerByte(c) <= 'z' }
func isKeyByte(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' || c == '-' }
