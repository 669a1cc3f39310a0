package key

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A prefix of which syntax, escapes or what does not show take a part away, as
// "in" + "sp_…" or in\x73p_…, is shown by no literal, but a long piece of the body
// shows it. The rest is looked for backwards.

// soonPrefix is how far behind the beginning of a run the prefix must end: the last
// digits of an escape may stand before what there is of it.
const soonPrefix = len(`U00000069`) + len(SandboxPrefix)

// soonDigits is how many digits of the body are behind that at least, in the shortest run.
const soonDigits = shortestRun - soonPrefix

// judgeCutPrefix judges a key that has a piece of its body in the run which begins at
// buf[start:], with or without a part of the prefix before it. What is before that may part
// a key.
func judgeCutPrefix(buf []byte, start int) (Match, bool) {
	return judgeCutCode(buf, start, 0, nil)
}

// judgeCutCode is the same below a number of quotations.
func judgeCutCode(buf []byte, start, depth int, loose looseness) (Match, bool) {
	at, rest := start, start // where the underscore begins, and the body
	if e, ok := readEscape(buf[start-1:]); ok && e.c == '_' {
		at, rest = firstBackslash(buf, start-1), start-1+e.length
	} else if ok && isQuote(e.c) && hexRun(buf[start-1+e.length:]) >= soonDigits {
		return judgeCutQuotations(buf, start, depth)
	} else if i := bytes.LastIndexByte(buf[start:min(len(buf), start+soonPrefix)], '_'); i >= 0 {
		at, rest = at+i, at+i+1
	}
	if hexRun(buf[rest:]) < soonDigits {
		return Match{}, false
	}
	lo := max(0, at-maxSpan)
	if rest == at {
		at = cutUnderscore(buf, at, lo)
	}
	for _, prefix := range []string{Prefix, SandboxPrefix} {
		if at := cutStart(buf, at, lo, prefix[:len(prefix)-1]); at >= 0 {
			return judgeJoiner(joiner{buf: buf[:min(len(buf), at+maxSpan)], at: at, cut: true, loose: loose})
		}
	}
	if m, ok := judgeUnderscored(buf, start); ok {
		return m, true
	}
	return judgeCutQuotations(buf, start, depth)
}

// judgeCutQuotations judges such a key in code that may stand in another text.
func judgeCutQuotations(buf []byte, start, depth int) (Match, bool) {
	if depth == maxLayers || !mayBeQuoted(buf, start) || !endsPrefix(buf[max(0, start-maxGap):start]) {
		return Match{}, false
	}
	for _, decode := range quotations {
		if m, ok := judgeCutQuotation(buf, start, depth, decode); ok {
			return m, true
		}
	}
	return Match{}, false
}

// judgeCutQuotation is the same for one way to do so.
func judgeCutQuotation(buf []byte, start, depth int, decode quotation) (Match, bool) {
	v := takeView()
	defer v.release()
	at := start
	if c := buf[start-1]; c == '\\' || c == '%' { // the run begins with the rest of an escape
		at = firstBackslash(buf, start-1)
	}
	in, loose := decode(v, buf, at)
	if in >= 0 && at < start {
		in++
	}
	if in < 1 || in >= len(v.data) {
		return Match{}, false
	}
	m, ok := judgeCutCode(v.data, in, depth+1, loose)
	return v.outside(buf, m), ok
}

// mayBeQuoted reports whether the code before a run may stand in another text: its
// quotation mark is escaped, or the line begins with a mark.
func mayBeQuoted(buf []byte, start int) bool {
	switch c := buf[start-1]; {
	case c == ';' || c == '\\' || c == '%':
		return true
	case !isQuote(c):
		return false
	case start > 1 && (buf[start-2] == '\\' || buf[start-2] == c):
		return true
	}
	line := bytes.TrimLeft(buf[lineStart(buf, start, start-maxGap):start], " \t")
	return strings.IndexByte(lineMarksBegin, line[0]) >= 0
}

// lineMarksBegin begins the marks of a comment's lines and a diff's.
const lineMarksBegin = "/#*-;%'!+>rRd"

// endsPrefix reports whether a beginning of the prefix ends in b as a literal would.
func endsPrefix(b []byte) bool {
	for i := len(b) - 2; i >= 0; i-- {
		if b[i] != Prefix[0] {
			continue
		}
		n := 1
		for n < len(Prefix) && i+n < len(b) && b[i+n] == Prefix[n] {
			n++
		}
		if i+n < len(b) && (isQuote(b[i+n]) || strings.IndexByte(`\&%`, b[i+n]) >= 0) {
			return true
		}
	}
	return false
}

// mayBeCut reports whether what is before a run may part a key, as a cheap look tells.
func mayBeCut(buf []byte, start int) bool {
	return start > 0 && (cutEnds[buf[start-1]] || foldBefore(buf, start) >= 0)
}

// firstBackslash is where the backslashes begin that end with the one at buf[at]; at
// where there is none.
func firstBackslash(buf []byte, at int) int {
	for lo := at - 1<<(maxLayers-1); at > max(0, lo) && buf[at] == '\\' && buf[at-1] == '\\'; {
		at--
	}
	return at
}

// cutEnds are the characters that may end, before a run, what cuts a prefix: a quotation
// mark or a brace, an entity, a tag or a character that does not show; or begin an escape.
var cutEnds = alphabetOf(func(c byte) bool {
	return isQuote(c) || c >= utf8.RuneSelf || strings.IndexByte(`};>\%=`, c) >= 0
})

// cutUnderscore is where the underscore of a cut prefix begins, behind buf[lo], before which
// digits of the body may stand before buf[at:]; -1 if there is none.
func cutUnderscore(buf []byte, at, lo int) int {
	for digits := 0; at > lo; {
		switch c := buf[at-1]; {
		case c == '_':
			return at - 1
		case isHex(c) && digits < bodyLength:
			at, digits = at-1, digits+1
		default:
			begin, char := cutBefore(buf, at, '_', false)
			if begin < 0 || char {
				return begin
			}
			at = begin
		}
	}
	return -1
}

// cutStart is where a key begins, behind buf[lo], whose prefix is cut, as much of which ends
// before buf[at:]; -1 if there is none.
func cutStart(buf []byte, at, lo int, prefix string) int {
	for prefix != "" {
		if at <= lo {
			return -1
		}
		last := prefix[len(prefix)-1]
		if buf[at-1] == last {
			at, prefix = at-1, prefix[:len(prefix)-1]
			continue
		}
		begin, char := cutBefore(buf, at, last, true)
		if begin < 0 {
			return -1
		}
		if at = begin; char {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return at
}

// cutBefore is where something begins that parts a key before buf[at:], and whether it
// stands for the character that is to come; -1 if there is none. Within the prefix it may
// be a joint.
func cutBefore(buf []byte, at int, want byte, joints bool) (begin int, char bool) {
	if begin = foldBefore(buf, at); begin >= 0 && joints {
		return begin, false
	}
	if c := buf[at-1]; isQuote(c) || c == '}' {
		if begin = literalBefore(buf, at, want, joints); begin >= 0 {
			return begin, false
		}
	}
	if buf[at-1] == '>' && joints {
		if begin = markupBefore(buf, at, want); begin >= 0 {
			return begin, false
		}
	}
	if begin = escapeBefore(buf, at, want); begin >= 0 {
		return begin, true
	}
	return hiddenBefore(buf, at), false
}

// markupBefore is where markup begins that formats a text and ends before buf[at], behind the
// character that is wanted; -1 if there is none.
func markupBefore(buf []byte, at int, want byte) int {
	for begin := at - 1; begin > max(0, at-maxJoint); begin-- {
		if buf[begin] != '<' || buf[begin-1] != want {
			continue
		}
		if g, ok := jointAfter(buf, begin); ok && g.end == at && !g.comma {
			return begin
		}
	}
	return -1
}

// foldBefore is where a line ends that is folded before buf[at:], wherever its last
// character came to be, as in LDIF, iCalendar, jar manifests, the headers of mails and what
// is copied from a terminal: behind many characters stands a line break, and one blank at
// most. It is -1 if none does.
func foldBefore(buf []byte, at int) int {
	if at > 0 && (buf[at-1] == ' ' || buf[at-1] == '\t') {
		at--
	}
	if at == 0 || buf[at-1] != '\n' {
		return -1
	}
	if at--; at > 0 && buf[at-1] == '\r' {
		at--
	}
	if at < fullLine || bytes.IndexByte(buf[at-fullLine:at], '\n') >= 0 {
		return -1
	}
	return at
}

// longestEscape is the longest escape that is looked for backwards.
const longestEscape = len(`\U00000069`)

// escapeBefore is where an escape of a character begins that ends before buf[at]; -1 if
// there is none.
func escapeBefore(buf []byte, at int, want byte) int {
	if c := buf[at-1]; !isHex(c) && c != ';' && c != '}' && c != '_' {
		return -1
	}
	lo := max(0, at-longestEscape)
	for from := at - 2; from >= lo; from-- {
		if classes[buf[from]]&escapeLead == 0 {
			continue
		}
		if e, ok := readEscape(buf[from:]); ok && e.c == want && from+e.length == at {
			return firstBackslash(buf, from)
		}
	}
	return -1
}

// literalBefore is where the literal ends that syntax joins to the one at
// buf[start:]; -1 if there is none that ends in the character that is wanted, in a digit
// of the body, or in one of an escape.
func literalBefore(buf []byte, start int, want byte, joints bool) int {
	for end := start - 1; end > max(0, start-maxGap); end-- {
		if c := buf[end]; !isQuote(c) && c != '\\' && !opensHole(c) || buf[end-1] != want && !isHex(buf[end-1]) {
			continue
		}
		if g, ok := gapAfter(buf, end, hexAlphabet); ok && g.end == start {
			return end
		}
		if !joints {
			continue
		}
		if g, ok := jointAfter(buf, end); ok && g.end == start {
			return end
		}
	}
	return -1
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }
