package key

import (
	"bytes"
	"math/bits"
	"unicode/utf8"
)

// An escape is one character that stands in a text as others.
type escape struct {
	c      byte
	length int // of the escape, in bytes
	layer  string
	levels int // how often it was escaped: %2569 is %69 is i
}

// readEscape reads the escape that begins b, of one ASCII character.
func readEscape(b []byte) (escape, bool) {
	e, ok := readByteEscape(b)
	return e, ok && e.c < utf8.RuneSelf
}

// readByteEscape is readEscape for any byte, as programs write what is no text.
func readByteEscape(b []byte) (escape, bool) {
	if len(b) < 3 {
		return escape{}, false
	}
	switch b[0] {
	case '%':
		return readPercent(b)
	case '\\':
		return readBackslash(b)
	case '=':
		c, ok := hexByte(b[1:], 2)
		return escape{c, 3, layerQuoted, 1}, ok
	case '&':
		return readEntity(b)
	}
	return escape{}, false
}

// readCutEscape reads an escape that a soft line break cuts.
func readCutEscape(b []byte) (escape, bool) {
	if classes[b[0]]&escapeLead == 0 {
		return escape{}, false
	}
	for i := 1; i < min(len(b), longestEscape); i++ {
		n := softBreak(b, i)
		if n == 0 {
			continue
		}
		var whole [2 * longestEscape]byte
		end := copy(whole[:], b[:i])
		end += copy(whole[end:], b[i+n:])
		e, ok := readEscape(whole[:end])
		e.length += n
		return e, ok && e.length > i+n
	}
	return escape{}, false
}

// readPercent reads %69, and %2569, where the percent sign is escaped itself.
func readPercent(b []byte) (escape, bool) {
	at, levels := 1, 1
	for levels < maxLayers && hasPrefix(b[at:], "25") {
		if _, ok := hexByte(b[at+2:], 2); !ok {
			break
		}
		at, levels = at+2, levels+1
	}
	c, ok := hexByte(b[at:], 2)
	return escape{c, at + 2, layerPercent, levels}, ok
}

// readBackslash reads \u0069, \u{69}, \U00000069, \x69, \x{69}, \151 and \_; each
// level of escaping doubles the backslashes.
func readBackslash(b []byte) (escape, bool) {
	n := 0
	for n < min(len(b), 1<<(maxLayers-1)+1) && b[n] == '\\' {
		n++
	}
	levels := bits.Len(uint(n))
	if n != 1<<(levels-1) || levels > maxLayers || n == len(b) {
		return escape{}, false
	}
	rest := b[n+1:]
	switch b[n] {
	case 'u':
		if hasPrefix(rest, "00") {
			c, ok := hexByte(rest[2:], 2)
			return escape{c, n + 5, layerJSON, levels}, ok
		}
		c, length := braced(rest)
		return escape{c, n + 1 + length, layerJSON, levels}, length > 0
	case 'U':
		c, ok := hexByte(rest, 8)
		return escape{c, n + 9, layerJSON, levels}, ok
	case '_':
		return escape{'_', n + 1, layerBackslash, levels}, true
	case 'x':
		if c, length := braced(rest); length > 0 {
			return escape{c, n + 1 + length, layerHexEscape, levels}, true
		}
		c, ok := hexByte(rest, 2)
		return escape{c, n + 3, layerHexEscape, levels}, ok
	}
	c, length := octalByte(b[n:])
	return escape{c, n + length, layerOctal, levels}, length > 0
}

// braced reads a number of hexadecimal digits in braces, and how many bytes it takes;
// 0 if there is none.
func braced(b []byte) (c byte, length int) {
	if !hasPrefix(b, "{") {
		return 0, 0
	}
	end := bytes.IndexByte(b[:min(len(b), 10)], '}')
	if end < 0 {
		return 0, 0
	}
	c, ok := hexByte(b[1:end], end-1)
	if !ok {
		return 0, 0
	}
	return c, end + 1
}

// octalByte reads the number of a byte in two or three octal digits, and how many it
// takes; 0 if there is none. In what printf(1) reads as %b, and echo(1), a zero stands
// before three digits; where only the first three of such four are meant, they are a
// control character, which no key has.
func octalByte(b []byte) (c byte, length int) {
	value := 0
	for length < min(len(b), 3) && '0' <= b[length] && b[length] <= '7' {
		value = value<<3 | int(b[length]-'0')
		length++
	}
	if length == 3 && value < ' ' && len(b) > 3 && '0' <= b[3] && b[3] <= '7' {
		value, length = value<<3|int(b[3]-'0'), 4
	}
	if length < 2 || value > 0xff {
		return 0, 0
	}
	return byte(value), length
}

// namedEntities are those of HTML for a character of a key or of an escape, behind the
// ampersand.
var namedEntities = []struct {
	name string
	c    byte
}{{"lowbar;", '_'}, {"UnderBar;", '_'}, {"percnt;", '%'}, {"bsol;", '\\'}, {"equals;", '='}}

// readEntity reads &#105;, &#x69; and &lowbar;, and &amp;#105;, where the ampersand is
// escaped itself.
func readEntity(b []byte) (escape, bool) {
	at, levels := 1, 1
	for levels < maxLayers && hasPrefix(b[at:], "amp;") {
		at, levels = at+len("amp;"), levels+1
	}
	for _, e := range namedEntities {
		if hasPrefix(b[at:], e.name) {
			return escape{e.c, at + len(e.name), layerEntity, levels}, true
		}
	}
	c, length := numericEntity(b[at:])
	return escape{c, at + length, layerEntity, levels}, length > 0
}

// numericEntity reads #105; or #x69; and how many bytes it takes; 0 if there is none.
func numericEntity(b []byte) (c byte, length int) {
	end := bytes.IndexByte(b[:min(len(b), 8)], ';')
	if end < 2 || b[0] != '#' {
		return 0, 0
	}
	digits := b[1:end]
	if digits[0]|0x20 == 'x' {
		c, ok := hexByte(digits[1:], len(digits)-1)
		if !ok {
			return 0, 0
		}
		return c, end + 1
	}
	value, ok := number(digits, 10)
	if !ok || value > 0xff {
		return 0, 0
	}
	return byte(value), end + 1
}

// hexByte reads the number of a byte in n hexadecimal digits at the beginning of b.
func hexByte(b []byte, n int) (byte, bool) {
	if n < 1 || len(b) < n {
		return 0, false
	}
	value := 0
	for _, c := range b[:n] {
		if !isHex(c) {
			return 0, false
		}
		value = value<<4 | int(hexValue(c))
		if value > 0xff {
			return 0, false
		}
	}
	return byte(value), true
}
