package archive

import (
	"strings"
	"unicode/utf8"
)

// A page of a PDF file shows text in pieces: where two letters are moved together, where a
// line ends, or letter by letter, as the program that wrote it likes (ISO 32000-1, 9.4.3).
// What it shows are codes, which are letters in many fonts; for others see pdf_fonts.go.

const (
	// maxPageText bounds what is kept of the text of one stream, in bytes.
	maxPageText = 1 << 20
	// pageHead is how much of a stream, but for its strings and comments, must be text.
	pageHead = 512
)

// A pageText collects the strings of the operators that are written to it, in their order:
// those of one array are one text, and each array or string begins a line. It leaves out
// what begins like no text, as pictures do, and what else no page is gives no key. Strings
// of a CMap are read as what they are.
type pageText struct {
	text    []byte
	lines   []pageLine
	head    int // bytes outside of strings and comments, up to pageHead
	binary  bool
	state   pageState
	depth   int  // of parentheses in a string
	digits  int  // of an escape or a byte that were read
	value   byte // of them
	from    int  // where the string begins in text
	inArray bool
	angles  int // of dictionaries that are open
	pieces  int
	word    [len("beginbfrange")]byte
	letters int  // of the word that is read; may be more than are kept
	shows   bool // there is an operator that shows text
	noMaps  bool // CMaps are not read
	cmap    cmapReader
}

// A pageLine is where a line begins in the text.
type pageLine struct {
	at    int32
	aside bool // its strings stand in a dictionary, and are not shown
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
	for rest := b; len(rest) > 0 && !t.binary && len(t.text) < maxPageText; rest = rest[1:] {
		if t.state == pageOutside && t.letters == 0 && t.head == pageHead {
			if rest = t.words(rest); len(rest) == 0 {
				break
			}
		}
		t.step(rest[0])
	}
	return len(b), nil
}

// words passes over words that end in b, and what is between them. What it returns begins
// with a delimiter, or is the beginning of a word.
func (t *pageText) words(b []byte) []byte {
	start := 0
	for i, c := range b {
		if isRegular(c) {
			continue
		}
		if i > start {
			t.operator(b[start:i])
		}
		if c > ' ' {
			return b[i:]
		}
		start = i + 1
	}
	return b[start:]
}

// isRegular reports whether a character may stand in a word: it is neither white space nor
// a delimiter (7.2.2).
func isRegular(c byte) bool {
	const (
		low  = 1<<(' '+1) - 1 | 1<<'(' | 1<<')' | 1<<'<' | 1<<'>' | 1<<'/' | 1<<'%'
		high = 1<<('['-64) | 1<<(']'-64) | 1<<('{'-64) | 1<<('}'-64)
	)
	switch c >> 6 {
	case 0:
		return uint64(low)>>c&1 == 0
	case 1:
		return uint64(high)>>(c-64)&1 == 0
	}
	return true
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
		if t.head < pageHead {
			t.head++
			t.binary = c == 0 || c >= utf8.RuneSelf
		}
		t.outside(c)
	}
}

func (t *pageText) outside(c byte) {
	if isRegular(c) {
		if t.letters < len(t.word) {
			t.word[t.letters] = c
		}
		t.letters++
		return
	}
	t.endWord()
	switch c {
	case '(':
		t.begin(pageString)
	case '<':
		t.begin(pageAngle)
	case '>':
		t.angles = max(0, t.angles-1)
	case '[':
		t.inArray = true
		t.line()
	case ']':
		t.inArray = false
		t.cmap.arrayEnds()
	case '%':
		t.state = pageComment
	}
}

func (t *pageText) endWord() {
	if 0 < t.letters && t.letters <= len(t.word) {
		t.operator(t.word[:t.letters])
	}
	t.letters = 0
}

// operator reads a word that has ended, which may be a number too.
func (t *pageText) operator(word []byte) {
	switch last := word[len(word)-1]; last {
	case 'j', 'J', '\'', '"':
		t.shows = t.shows || len(word) == 1 && last < 'J' || len(word) == 2 && word[0] == 'T'
	case 'r', 'e': // as the operators of a CMap end
		if !t.noMaps {
			t.cmap.operator(word)
		}
	}
}

// begin begins a string.
func (t *pageText) begin(state pageState) {
	if !t.inArray {
		t.line()
	}
	t.state, t.depth, t.digits, t.value, t.from = state, 0, 0, 0, len(t.text)
	t.pieces++
}

func (t *pageText) line() {
	line := pageLine{aside: t.angles > 0}
	if n := len(t.lines); n > 0 && int(t.lines[n-1].at) == len(t.text) {
		t.lines = t.lines[:n-1] // it is empty
	} else if len(t.text) > 0 {
		t.text = append(t.text, '\n')
	}
	line.at = int32(len(t.text))
	t.lines = append(t.lines, line)
}

// end ends a string.
func (t *pageText) end() {
	t.state = pageOutside
	if t.cmap.part != cmapNone {
		t.cmap.text(t.text[t.from:], t.inArray)
		t.text = t.text[:t.from]
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
		t.end()
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
	default:
		if i := strings.IndexByte("nrtbf", c); i >= 0 {
			c = "\n\r\t\b\f"[i]
		}
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
	case t.state == pageAngle && c == '<':
		t.state = pageOutside
		t.angles += len("<<")
	case c == '>':
		t.end()
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
