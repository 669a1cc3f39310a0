package key

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// Source code may stand in another text: escaped in JSON, a page, a URL or CSV, behind the
// marks of a comment, or behind those of a diff. A key in pieces is read there as it is in
// the code. Only places behind the prefix pay for it.

// A quotation is one way in which code stands in a text. It lets an empty view have the
// code around buf[at], and returns where buf[at] is in it; -1 if the code does not stand so.
type quotation func(v *view, buf []byte, at int) (in int, loose looseness)

// looseness tells whether literals on two lines may be two texts, if nothing joins them;
// nil stands for no. It is asked only where that matters, since it may have to look far.
type looseness func() bool

func isLoose() bool { return true }

var quotations = []quotation{escapedCode, diffCode(0), diffCode(1), commentCode}

// quotedReach is how far before the prefix code is read, and quotedSpan how much behind it.
const (
	quotedReach = formatReach + callReach
	quotedSpan  = maxSpan
)

// behindQuoted begins what may follow the prefix, or digits, where a key is cut.
const behindQuoted = "\"'`\\&%{~$#=\r\n"

// mostNearby is how many prefixes may be nearby before one: fewer keys than that have room
// there, and what has more is made to take long.
const mostNearby = nearby / shortestKey

// judgeCut judges a key that begins at buf[at:] and is not whole there: one that code puts
// together, below a number of quotations.
func judgeCut(buf []byte, at, depth int, loose looseness) (Match, bool) {
	m, ok := judgeJoiner(joiner{buf: buf[:min(len(buf), at+maxSpan)], at: at, loose: loose})
	if ok {
		return m, true
	}
	start := at + len(Prefix)
	if hasPrefix(buf[start:], SandboxPrefix[len(Prefix):]) {
		start = at + len(SandboxPrefix)
	}
	end := start + hexRun(buf[start:])
	given := end == start && end < len(buf) && strings.IndexByte(behindGiven, buf[end]) >= 0
	quoted := end < len(buf) && strings.IndexByte(behindQuoted, buf[end]) >= 0
	if !given && !quoted || bytes.Count(buf[max(0, at-nearby):at], []byte(Prefix)) > mostNearby {
		return Match{}, false
	}
	if given {
		if m, ok := judgeVariable(buf, at, start); ok || !quoted {
			return m, ok
		}
	}
	if m, ok := judgeWord(buf, at, start); ok {
		return m, true
	}
	if m, ok := judgeFormatted(buf, at, start); ok {
		return m, true
	}
	if m, ok := judgeHeld(buf, at, start); ok || depth == maxLayers {
		return m, ok
	}
	for _, decode := range quotations {
		if m, ok := judgeQuotation(buf, at, depth, decode); ok {
			return m, true
		}
	}
	return Match{}, false
}

func judgeQuotation(buf []byte, at, depth int, decode quotation) (Match, bool) {
	v := takeView()
	defer v.release()
	in, loose := decode(v, buf, at)
	if in < 0 || !hasPrefix(v.data[in:], Prefix) {
		return Match{}, false
	}
	m, ok := judgeCut(v.data, in, depth+1, loose)
	return v.outside(buf, m), ok
}

// An unescaper reads one escape at the beginning of b: the character, and how many bytes
// it takes; 0 if there is none, and negative where the code ends.
type unescaper func(b []byte) (c byte, length int)

// escapedCode is code in a text that escapes its quotation marks.
func escapedCode(v *view, buf []byte, at int) (in int, loose looseness) {
	read := unescaperOf(buf, at)
	if read == nil {
		return -1, nil
	}
	in = -1
	for i := max(0, at-quotedReach); i < len(buf) && len(v.data) < quotedReach+quotedSpan; {
		if i == at {
			in = len(v.data)
		}
		c, n := read(buf[i:])
		if n < 0 && i >= at {
			break
		}
		if n <= 0 || i < at && i+n > at {
			c, n = buf[i], 1
		}
		v.add(c, i, i+n)
		i += n
	}
	return in, nil
}

// unescaperOf is how the first quotation mark behind the prefix at buf[at:] is escaped, or
// the first line break or tag; nil if none is.
func unescaperOf(buf []byte, at int) unescaper {
	quoted := false
	for i := at + len(Prefix); i < min(len(buf), at+formatReach) && buf[i] != '\n'; i++ {
		c := buf[i]
		switch {
		case isQuote(c) && !quoted:
			if i+1 < len(buf) && buf[i+1] == c {
				return func(b []byte) (byte, int) { return readDoubled(b, c) }
			}
			quoted = true
		case c == '\\' || c == '&' || c == '%':
			for _, read := range []unescaper{readCodeBackslash, readCodeEntity, readCodePercent} {
				if q, n := read(buf[i:]); n > 0 && (isQuote(q) && !quoted || q == '\n' || q == '<') {
					return read
				}
			}
			if c == '\\' {
				i++ // what it escapes ends nothing
			}
		}
	}
	return nil
}

// readDoubled reads a quotation mark that is doubled, as in CSV and SQL.
func readDoubled(b []byte, quote byte) (c byte, length int) {
	switch {
	case b[0] != quote:
		return 0, 0
	case len(b) > 1 && b[1] == quote:
		return quote, 2
	}
	return 0, -1
}

// readCodeBackslash reads \", \n, \\ and \u0022.
func readCodeBackslash(b []byte) (c byte, length int) {
	if c, ok := readSimple(b); ok {
		return c, 2
	}
	if len(b) > 1 && b[0] == '\\' && isQuote(b[1]) {
		return b[1], 2
	}
	if e, ok := readEscape(b); ok && b[0] == '\\' && e.layer != layerBackslash {
		return e.c, e.length
	}
	return 0, 0
}

// codeEntities are the named ones of what code has.
var codeEntities = []struct {
	name string
	c    byte
}{{"&quot;", '"'}, {"&apos;", '\''}, {"&grave;", '`'}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&nbsp;", ' '}, {"&plus;", '+'}, {"&QUOT;", '"'}}

// readCodeEntity reads &quot; and &#34;.
func readCodeEntity(b []byte) (c byte, length int) {
	if b[0] != '&' {
		return 0, 0
	}
	for _, e := range codeEntities {
		if hasPrefix(b, e.name) {
			return e.c, len(e.name)
		}
	}
	e, ok := readEscape(b)
	if !ok {
		return 0, 0
	}
	return e.c, e.length
}

// readCodePercent reads %22.
func readCodePercent(b []byte) (c byte, length int) {
	if e, ok := readEscape(b); ok && b[0] == '%' && e.levels == 1 {
		return e.c, e.length
	}
	return 0, 0
}

// A lineStripper takes the mark off a line: how many bytes it takes, whether the line is of
// the code, and whether it goes on after it.
type lineStripper func(line []byte) (mark int, of, on bool)

// strip lets v have the lines of code around buf[at], without their marks, and returns where
// buf[at] is in it.
func (v *view) strip(buf []byte, at, back, forward int, take lineStripper) int {
	start := at - back
	if start > 0 {
		start += bytes.IndexByte(buf[start:at], '\n') + 1
	}
	start = max(0, start)
	in, stop := -1, min(len(buf), at+forward)
	for start < stop {
		end := stop
		if n := bytes.IndexByte(buf[start:stop], '\n'); n >= 0 {
			end = start + n + 1
		}
		mark, of, on := 0, true, start <= at
		if start == 0 || buf[start-1] == '\n' {
			mark, of, on = take(buf[start:end])
		}
		if !on && start > at {
			break
		}
		if !on && !of { // what is before it is other text
			v.data, v.places = v.data[:0], v.places[:0]
		}
		if of && start <= at && at <= start+mark {
			in = len(v.data)
		}
		for i := start + mark; of && i < end; i++ {
			if i == at {
				in = len(v.data)
			}
			v.add(buf[i], i, i+1)
		}
		start, v.end = end, end
	}
	return in
}

// lineStart is where the line begins that holds buf[at], or lo.
func lineStart(buf []byte, at, lo int) int {
	lo = max(0, lo)
	return lo + bytes.LastIndexByte(buf[lo:max(lo, at)], '\n') + 1
}

// longestMarked bounds what stands before a place in a line that is wrapped and marked.
const longestMarked = 256

// diffMarks are the marks of the line that holds buf[at], of a diff or a quotation; where it
// is one that both sides have, those of the sides that are beside it.
func diffMarks(buf []byte, at, back int) string {
	start := lineStart(buf, at, at-min(back, longestMarked))
	if start > 0 && buf[start-1] != '\n' || start >= len(buf) {
		return ""
	}
	switch buf[start] {
	case '+':
		return "+"
	case '-':
		return "-"
	case '>':
		return ">"
	case ' ':
		return sidesBeside(buf, start, back)
	}
	return ""
}

// sidesBeside are the marks of the sides of a diff whose lines stand among those before and
// behind the one of context at buf[at:].
func sidesBeside(buf []byte, at, reach int) string {
	lo, hi := max(0, at-reach), min(len(buf), at+reach)
	var added, removed bool
	see := func(c byte) bool {
		added, removed = added || c == '+', removed || c == '-'
		return !added && (c == ' ' || c == '-')
	}
	for end := at; end < hi && see(buf[end]); {
		n := bytes.IndexByte(buf[end:hi], '\n')
		if n < 0 {
			break
		}
		end += n + 1
	}
	for start := at; start > lo && see(buf[start]); {
		if start = lineStart(buf, start-1, lo); start > 0 && buf[start-1] != '\n' {
			break
		}
	}
	switch {
	case added && removed:
		return "+-"
	case added:
		return "+"
	case removed:
		return "-"
	}
	return ""
}

// sideOf takes the marks off one side of a diff: lines that it alone has, and those that
// both have. Behind the mark of a quotation stands a blank.
func sideOf(mark byte) lineStripper {
	if mark == '>' {
		return func(line []byte) (int, bool, bool) {
			return len(line) - len(bytes.TrimPrefix(bytes.TrimPrefix(line, []byte(">")), []byte(" "))), true, line[0] == '>'
		}
	}
	return func(line []byte) (int, bool, bool) {
		switch line[0] {
		case mark, ' ':
			return 1, true, true
		case '+', '-', '\\': // of the other side; "\ No newline at end of file"
			return 0, false, true
		}
		return 0, false, false
	}
}

// hunkReach is how far before a line the header of its hunk is looked for, in bytes.
const hunkReach = 64 << 10

// ofDiff decodes what stands in lines of a diff, without their marks.
func ofDiff(decode decoder, mark byte) decoder {
	return func(v *view, buf []byte, at, back, forward int) {
		lines := takeView()
		defer lines.release()
		in := lines.strip(buf, at, back, forward, sideOf(mark))
		if in < 0 {
			v.end = at
			return
		}
		decode(v, lines.data, in, back, forward)
		if v.inDiff = true; v.layer == layerBase64 {
			v.layer = base64Name(lines.data, in, in)
		}
		for i, p := range v.places {
			v.places[i] = place{lines.places[p.start].start, lines.places[p.end-1].end}
		}
		if v.end > 0 && v.end <= len(lines.places) {
			v.end = int(lines.places[v.end-1].end)
		}
	}
}

// diffCode is code in lines of a diff: of the first or the second side that it may be of.
func diffCode(which int) quotation {
	return func(v *view, buf []byte, at int) (in int, loose looseness) {
		marks := diffMarks(buf, at, quotedReach)
		if which >= len(marks) {
			return -1, nil
		}
		in = v.strip(buf, at, quotedReach, quotedSpan, sideOf(marks[which]))
		return in, func() bool { return !bytes.Contains(buf[max(0, at-hunkReach):at], []byte("\n@@ -")) }
	}
}

// judgeStripped judges a key that begins at buf[at:] in lines of a diff.
func judgeStripped(buf []byte, at int) (Match, bool) {
	v := takeView()
	defer v.release()
	for which := range len(diffMarks(buf, at, quotedReach)) {
		v.clear()
		in, loose := diffCode(which)(v, buf, at)
		if in < 0 {
			continue
		}
		if m, ok := judgeJoiner(joiner{buf: v.data, at: in, loose: loose}); ok {
			return v.outside(buf, m), ok
		}
	}
	return Match{}, false
}

// commentLine matches what the lines of a comment begin with.
var commentLine = sync.OnceValue(newCommentLine)

func newCommentLine() *regexp.Regexp {
	return regexp.MustCompile(`^[ \t]*(//[/!]?|#+|\*|--+|;+|%+|'|!|(?i:rem)\b|dnl\b)`)
}

// markOf is the mark that a line begins with; nil if it has none.
func markOf(line []byte) []byte {
	m := commentLine().FindSubmatch(line[:min(len(line), lineReach)])
	if m == nil {
		return nil
	}
	return m[1]
}

// commentCode is code in lines of a comment, the first of which may begin behind other
// code.
func commentCode(v *view, buf []byte, at int) (in int, loose looseness) {
	start := lineStart(buf, at, at-quotedReach)
	mark := []byte(nil)
	if end := bytes.IndexByte(buf[at:min(len(buf), at+formatReach)], '\n'); end >= 0 {
		mark = markOf(buf[at+end+1:])
	}
	if mark == nil || !bytes.Contains(buf[start:at], mark) {
		mark = markOf(buf[start:at]) // of the last line of a comment
	}
	if mark == nil {
		return -1, nil
	}
	return v.strip(buf, at, quotedReach, quotedSpan, func(line []byte) (int, bool, bool) {
		indent := len(line) - len(bytes.TrimLeft(line, " \t"))
		if !hasPrefix(line[indent:], string(mark)) {
			return 0, bytes.Contains(line, mark), false // a comment behind other code begins there
		}
		return indent + len(mark), true, true
	}), isLoose
}
