package archive

import (
	"bytes"
	"strings"
)

// A page of a PDF file shows text in pieces: where two letters are moved together, where a
// line ends, or letter by letter, as the program that wrote it likes (ISO 32000-1, 9.4.3).
// Fonts that number their glyphs in their own way are not read.

// maxPageText bounds what is kept of the text of one stream, in bytes.
const maxPageText = 1 << 20

// A pageText collects the strings of the operators that are written to it, in their order:
// those of one array are one text, and each array or string begins a line. It leaves out
// what begins like no text, as pictures do, and what else no page is gives no key.
type pageText struct {
	text    []byte
	begun   bool
	binary  bool
	state   pageState
	depth   int  // of parentheses in a string
	digits  int  // of an escape or a byte that were read
	value   byte // of them
	inArray bool
	pieces  int
}

type pageState uint8

const (
	pageOutside pageState = iota
	pageString            // behind "("
	pageEscape            // behind "\" in one
	pageOctal             // behind a digit of that
	pageAngle             // behind "<"
	pageHex               // in a string of digits
	pageComment           // behind "%"
)

// Write reads a piece of a stream, all of it.
func (t *pageText) Write(b []byte) (int, error) {
	if !t.begun && len(b) > 0 {
		t.begun, t.binary = true, bytes.IndexByte(b, 0) >= 0
	}
	for _, c := range b {
		if t.binary || len(t.text) >= maxPageText {
			break
		}
		t.step(c)
	}
	return len(b), nil
}

func (t *pageText) step(c byte) {
	switch t.state {
	case pageString:
		t.inString(c)
	case pageEscape:
		t.escape(c)
	case pageOctal:
		t.octal(c)
	case pageAngle, pageHex:
		t.inHex(c)
	case pageComment:
		if c == '\n' || c == '\r' {
			t.state = pageOutside
		}
	default:
		t.outside(c)
	}
}

func (t *pageText) outside(c byte) {
	switch c {
	case '(':
		t.begin(pageString)
	case '<':
		t.begin(pageAngle)
	case '[':
		t.inArray = true
		t.line()
	case ']':
		t.inArray = false
	case '%':
		t.state = pageComment
	}
}

// begin begins a string.
func (t *pageText) begin(state pageState) {
	if !t.inArray {
		t.line()
	}
	t.state, t.depth, t.digits, t.value = state, 0, 0, 0
	t.pieces++
}

func (t *pageText) line() {
	if n := len(t.text); n > 0 && t.text[n-1] != '\n' {
		t.text = append(t.text, '\n')
	}
}

func (t *pageText) inString(c byte) {
	switch {
	case c == '\\':
		t.state = pageEscape
		return
	case c == '(':
		t.depth++
	case c == ')' && t.depth == 0:
		t.state = pageOutside
		return
	case c == ')':
		t.depth--
	}
	t.text = append(t.text, c)
}

// escape reads what is behind a backslash (7.3.4.2).
func (t *pageText) escape(c byte) {
	t.state = pageString
	switch {
	case '0' <= c && c <= '7':
		t.state, t.digits, t.value = pageOctal, 1, c-'0'
	case c == '\n' || c == '\r': // the string goes on in the next line
	case strings.IndexByte("nrtbf", c) >= 0:
		t.text = append(t.text, ' ')
	default:
		t.text = append(t.text, c)
	}
}

func (t *pageText) octal(c byte) {
	if t.digits < 3 && '0' <= c && c <= '7' {
		t.digits, t.value = t.digits+1, t.value<<3|(c-'0')
		return
	}
	t.text = append(t.text, t.value)
	t.state = pageString
	t.inString(c)
}

// inHex reads a string of digits, or finds that a dictionary begins.
func (t *pageText) inHex(c byte) {
	digit, isDigit := hexDigit(c)
	switch {
	case t.state == pageAngle && c == '<', c == '>':
		t.state = pageOutside
	case isDigit && t.digits == 1:
		t.text, t.digits = append(t.text, t.value<<4|digit), 0
	case isDigit:
		t.state, t.digits, t.value = pageHex, 1, digit
	case c > ' ':
		t.state = pageOutside // no string
	}
}

func hexDigit(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
