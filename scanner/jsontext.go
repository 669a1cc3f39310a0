package scanner

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonText is read once, from its beginning to its end, by somebody who says
// what to do with each value. Strings of any length go by in pieces, which no
// decoder of encoding/json does. It accepts all of JSON, and some that is none:
// what matters is that nothing is read twice or kept. After an error, which ends
// the text, all that is asked for is empty.
type jsonText struct {
	in    *bufio.Reader
	err   error
	depth int
	char  [utf8.UTFMax]byte // what escape gave last
}

// maxJSONDepth bounds how deep values may lie in one another.
const maxJSONDepth = 64

var errJSON = errors.New("not JSON")

func (j *jsonText) fail() {
	if j.err == nil {
		j.err = errJSON
	}
}

// skipLine passes over the rest of a line.
func (j *jsonText) skipLine() {
	for j.err == nil {
		_, err := j.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		j.err = err
		return
	}
}

// peek is the next byte that is no space, which stays; 0 at the end.
func (j *jsonText) peek() byte {
	for j.err == nil {
		c, err := j.in.ReadByte()
		if err != nil {
			j.err = err
			return 0
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			j.err = j.in.UnreadByte()
			return c
		}
	}
	return 0
}

// take passes over a byte if it comes next.
func (j *jsonText) take(c byte) bool {
	if j.peek() != c || j.err != nil {
		return false
	}
	_, j.err = j.in.Discard(1)
	return true
}

// list reads what stands between two brackets; item reads one, all of it.
func (j *jsonText) list(begin, end byte, item func()) {
	if !j.take(begin) {
		j.skip() // something else, which is none of it
		return
	}
	if j.depth++; j.depth > maxJSONDepth {
		j.fail()
	}
	for first := true; j.err == nil && !j.take(end); first = false {
		if !first && !j.take(',') {
			j.fail()
			return
		}
		item()
	}
	j.depth--
}

// object reads an object; member reads the value of each name.
func (j *jsonText) object(member func(name string)) {
	j.list('{', '}', func() {
		name := ""
		if j.peek() == '"' {
			name = j.string(maxJSONName)
		}
		if j.err != nil || !j.take(':') {
			j.fail()
			return
		}
		member(name)
	})
}

// maxJSONName is the longest name of a member that is told.
const maxJSONName = 64

// array reads an array; element reads each.
func (j *jsonText) array(element func(number int)) {
	number := 0
	j.list('[', ']', func() {
		element(number)
		number++
	})
}

// skip passes over a value.
func (j *jsonText) skip() {
	switch c := j.peek(); c {
	case '{':
		j.object(func(string) { j.skip() })
	case '[':
		j.array(func(int) { j.skip() })
	case '"':
		j.text(func([]byte) bool { return false })
	default:
		if len(j.word()) == 0 {
			j.fail()
		}
	}
}

// word reads a number, or one of the words that are values.
func (j *jsonText) word() []byte {
	var word []byte
	j.peek()
	for j.err == nil {
		c, err := j.in.ReadByte()
		switch {
		case err != nil:
			j.err = err
		case c == '-' || c == '+' || c == '.' || isHostByte(c):
			if len(word) < maxJSONName {
				word = append(word, c)
			}
		default:
			j.err = j.in.UnreadByte()
			return word
		}
	}
	return word
}

// number reads a whole number that is small and not negative; else 0.
func (j *jsonText) number() int {
	if c := j.peek(); c < '0' || c > '9' {
		j.skip()
		return 0
	}
	n := 0
	for _, c := range j.word() {
		if n = 10*n + int(c) - '0'; c < '0' || c > '9' || n > 1<<30 {
			return 0
		}
	}
	return n
}

// string reads a string; empty if it has more than limit bytes, or if the value is
// none.
func (j *jsonText) string(limit int) string {
	var text []byte
	j.text(func(piece []byte) bool {
		text = append(text, piece[:min(len(piece), limit+1-len(text))]...)
		return len(text) <= limit
	})
	if len(text) > limit {
		return ""
	}
	return string(text)
}

// text reads a string in pieces, each valid until the next; where more returns
// false it passes over the rest. Any other value has no pieces.
func (j *jsonText) text(more func(piece []byte) bool) {
	if !j.take('"') {
		j.skip()
		return
	}
	wanted := true
	give := func(piece []byte) {
		if wanted && len(piece) > 0 {
			wanted = more(piece)
		}
	}
	for j.err == nil {
		held, err := j.held()
		if err != nil {
			j.err = err
			return
		}
		at := 0
		for at < len(held) && held[at] != '"' && held[at] != '\\' {
			at++
		}
		give(held[:at])
		if at == len(held) {
			_, _ = j.in.Discard(at)
			continue
		}
		ended := held[at] == '"'
		_, _ = j.in.Discard(at + 1)
		if ended {
			return
		}
		give(j.escape())
	}
}

// held is what the reader holds, at least a byte.
func (j *jsonText) held() ([]byte, error) {
	if j.in.Buffered() == 0 {
		if _, err := j.in.Peek(1); err != nil {
			return nil, err
		}
	}
	return j.in.Peek(j.in.Buffered())
}

// unescaped is what the letter behind a backslash stands for.
func unescaped(c byte) byte {
	if at := strings.IndexByte("bfnrt", c); at >= 0 {
		return "\b\f\n\r\t"[at]
	}
	return c
}

// escape reads what follows a backslash.
func (j *jsonText) escape() []byte {
	c, err := j.in.ReadByte()
	if err != nil {
		j.err = err
		return nil
	}
	if c != 'u' {
		j.char[0] = unescaped(c)
		return j.char[:1]
	}
	r := j.unit()
	if next, _ := j.in.Peek(2); utf16.IsSurrogate(r) && bytes.Equal(next, []byte(`\u`)) {
		_, _ = j.in.Discard(2)
		r = utf16.DecodeRune(r, j.unit())
	}
	return utf8.AppendRune(j.char[:0], r)
}

// unit reads four hexadecimal digits.
func (j *jsonText) unit() rune {
	var digits [4]byte
	if _, err := io.ReadFull(j.in, digits[:]); err != nil {
		j.err = err
		return utf8.RuneError
	}
	if !hexDigits(digits[:]) {
		j.fail()
		return utf8.RuneError
	}
	unit := rune(0)
	for _, c := range digits {
		unit = unit<<4 | rune(hexValue(c))
	}
	return unit
}
