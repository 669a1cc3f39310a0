package key

import (
	"strings"
	"unicode/utf8"
)

// Most runs are long names: no piece of anything, and too short to hold a key by
// themselves. They are told by what is beside them.

// gapBegins and gapEnds have the first characters of the gaps behind a piece, and the last
// ones of those before; or what may have been cut off there.
var (
	gapBegins = alphabetOf(func(c byte) bool {
		return c >= utf8.RuneSelf || strings.IndexByte("=%\n\r \t\"'`&<\\$#{\x00\x1b", c) >= 0
	})
	gapEnds = alphabetOf(func(c byte) bool { return cutEnds[c] || strings.IndexByte("\n\r \t&|#*![\x00\x1b", c) >= 0 })
)

// isApart reports whether neither a gap nor a blank parts the run buf[start:end] from other
// pieces, nor a cut a key, as a cheap look at what is beside it tells.
func isApart(buf []byte, start, end int) bool {
	return start > 1 && end+1 < len(buf) && !mayFollow(buf, start) && !mayGoOn(buf, start, end)
}

// mayGoOn reports whether another piece may follow the run.
func mayGoOn(buf []byte, start, end int) bool {
	if c := buf[end]; !isBlank(c) {
		return gapBegins[c]
	}
	return gapBegins[buf[end+1]] || isFull(end-start)
}

// mayFollow reports whether a run may follow another piece, or what cuts a prefix.
func mayFollow(buf []byte, start int) bool {
	if c := buf[start-1]; !isBlank(c) {
		return gapEnds[c]
	}
	switch before := buf[start-2]; {
	case endsIndent(before) || start < 3:
		return true
	case !base64Alphabet[before]:
		return false
	case before == '/' || before == '-' || before == '+': // a mark of a comment, or a diff
		return true
	case buf[start-3] == '\\' || buf[start-3] == '0': // the break of a line, escaped
		return true
	}
	return isFull(start - 1 - pieceStart(buf, start-1, max(0, start-2-fullLines[1]), base64Alphabet))
}

// endsIndent reports whether c, before a blank, is of a gap that ends with that, and no
// operator.
func endsIndent(c byte) bool { return gapEnds[c] && c != '=' }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
