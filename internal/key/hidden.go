package key

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Some of what stands in a text does not show, and is no part of what the text says:
// characters of no width that a page or a word processor has put into a long word so
// that it may break there, and a terminal's colours.

// isHidden reports whether a character has no width: the soft hyphen, those that
// join, part and direct characters, and the mark of the byte order.
func isHidden(r rune) bool {
	return r == 0xad || 0x200b <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x2060 <= r && r <= 0x2064 || r == 0xfeff
}

// hiddenMarks are tags and entities of HTML that stand for such a character.
var hiddenMarks = []string{
	"<wbr>", "<wbr/>", "<wbr />", "<WBR>", `\u003cwbr\u003e`, `\u003cwbr/\u003e`,
	"&shy;", "&ZeroWidthSpace;", "&NoBreak;", "&zwnj;", "&zwj;", "&lrm;", "&rlm;",
}

// longestHidden is the longest hidden thing that is looked for backwards.
const longestHidden = len("&ZeroWidthSpace;")

// colours are how a terminal's colour begins, and how texts escape that.
var colours = []string{"\x1b[", `\u001b[`, `\u001B[`, `\x1b[`, `\x1B[`, `\033[`, `\e[`}

// hiddenAt is the length of what does not show at the beginning of b, 0 if all does.
func hiddenAt(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch c := b[0]; {
	case c >= utf8.RuneSelf:
		if r, size := utf8.DecodeRune(b); isHidden(r) {
			return size
		}
	case c == '&':
		return max(markAt(b), hiddenEntity(b))
	case c == '<':
		return markAt(b)
	case c == '\\':
		return max(markAt(b), hiddenBackslash(b), colourAt(b))
	case c == '%' || c == '=':
		return hiddenBytes(b)
	case c == '\x1b':
		return colourAt(b)
	}
	return 0
}

func markAt(b []byte) int {
	i := slices.IndexFunc(hiddenMarks, func(mark string) bool { return hasPrefix(b, mark) })
	if i < 0 {
		return 0
	}
	return len(hiddenMarks[i])
}

// hiddenEntity is the length of &#8203; or &#x200b;.
func hiddenEntity(b []byte) int {
	end := bytes.IndexByte(b[:min(len(b), 10)], ';')
	if end < 4 || b[1] != '#' {
		return 0
	}
	digits, base := b[2:end], rune(10)
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	if r, ok := number(digits, base); !ok || !isHidden(r) {
		return 0
	}
	return end + 1
}

// hiddenBackslash is the length of \u200b, whatever the number of backslashes.
func hiddenBackslash(b []byte) int {
	n := 0
	for n < min(len(b), 1<<(maxLayers-1)) && b[n] == '\\' {
		n++
	}
	if len(b) < n+5 || b[n] != 'u' {
		return 0
	}
	if r, ok := number(b[n+1:n+5], 16); !ok || !isHidden(r) {
		return 0
	}
	return n + 5
}

// hiddenBytes is the length of such a character whose bytes are escaped as %E2%80%8B or
// =E2=80=8B.
func hiddenBytes(b []byte) int {
	var encoded [utf8.UTFMax]byte
	for i := range 3 {
		if len(b) < 3*i+3 || b[3*i] != b[0] {
			return 0
		}
		value, ok := number(b[3*i+1:3*i+3], 16)
		if !ok {
			return 0
		}
		encoded[i] = byte(value)
		if r, size := utf8.DecodeRune(encoded[:i+1]); size == i+1 && isHidden(r) {
			return 3 * size
		}
	}
	return 0
}

func number(digits []byte, base rune) (value rune, ok bool) {
	for _, c := range digits {
		if !isHex(c) || base == 10 && !isDigit(c) {
			return 0, false
		}
		value = value*base + rune(hexValue(c))
	}
	return value, len(digits) > 0
}

// colourAt is the length of what switches a terminal's colour (ECMA-48, 8.3.117), or
// clears the rest of the line, as grep(1) has it behind that.
func colourAt(b []byte) int {
	for _, begin := range colours {
		if !hasPrefix(b, begin) {
			continue
		}
		end := len(begin)
		for end < min(len(b), len(begin)+16) && (isDigit(b[end]) || b[end] == ';') {
			end++
		}
		if end < len(b) && (b[end] == 'm' || b[end] == 'K') {
			return end + 1
		}
	}
	return 0
}

// hiddenBefore is where something begins that does not show and ends before buf[at];
// -1 if nothing does.
func hiddenBefore(buf []byte, at int) int {
	for from := at - 2; from >= max(0, at-longestHidden); from-- {
		if n := hiddenAt(buf[from:at]); n > 0 && from+n == at {
			return firstBackslash(buf, from)
		}
	}
	return -1
}
