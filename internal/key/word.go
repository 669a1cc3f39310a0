package key

import (
	"regexp"
	"strings"
	"sync"
)

// A shell and an env file take the quotation marks off a word, of which they may be around a
// part: K="insp_"… and K=insp_"…".

// beforeWord matches what is before a key in such a word: what it is given to, and the mark
// that is open there.
var beforeWord = sync.OnceValue(newBeforeWord)

func newBeforeWord() *regexp.Regexp {
	return regexp.MustCompile(`(?:(?:^|[ \t\n;&|("'])[A-Za-z_]\w*=|[ \t](?:-H|--header)[ \t=]*)(?:(["'])[^"'\n]*)?$`)
}

// behindWord may stand behind one.
const behindWord = " \t\r\n;&|)`\\#"

// judgeWord judges a prefix at buf[at:start] in a word of which a part is in quotation marks.
func judgeWord(buf []byte, at, start int) (Match, bool) {
	const longest = bodyLength + len(`""`)*4 + 1
	mark := start + hexRun(buf[start:])
	if mark >= len(buf) || !isWordQuote(buf[mark]) {
		return Match{}, false
	}
	for _, open := range []byte{0, buf[mark]} {
		text, end, ok := unquoted(buf[:min(len(buf), start+longest)], start, open)
		if !ok || !isLowerHex(text) || !beginsWord(buf[max(0, at-callReach):at], open) {
			continue
		}
		return splitMatch(string(buf[at:start])+text, at, end), true
	}
	return Match{}, false
}

// beginsWord reports whether b ends with the beginning of such a word, in which a quotation
// mark is open, or none if that is 0.
func beginsWord(b []byte, open byte) bool {
	m := beforeWord().FindSubmatch(b)
	return m != nil && (open == 0 && len(m[1]) == 0 || len(m[1]) > 0 && m[1][0] == open)
}

// unquoted is the rest of a word, buf[at:], without its quotation marks, of which one is open
// there, and where its last digit ends; ok is whether it has nothing but digits.
func unquoted(buf []byte, at int, open byte) (text string, end int, ok bool) {
	var digits []byte
	for ; at < len(buf); at++ {
		switch c := buf[at]; {
		case isHex(c):
			digits, end = append(digits, c), at+1
		case open != 0 && c == open:
			open = 0
		case open == 0 && isWordQuote(c):
			if len(digits) == bodyLength { // it ends what the program stands in
				return string(digits), end, at+1 == len(buf) || !isAlnum(buf[at+1])
			}
			open = c
		default:
			return string(digits), end, open == 0 && strings.IndexByte(behindWord, c) >= 0
		}
	}
	return string(digits), end, open == 0
}

func isWordQuote(c byte) bool { return c == '"' || c == '\'' }
