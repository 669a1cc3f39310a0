package key

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// Some encodings have neither a literal nor a run: characters that are escaped, all or
// many of them; lists of numbers; dumps of a file's bytes; lines with soft breaks. A key
// takes long in all of these, so that it is enough to look here and there whether they
// are at hand, and to decode from there.

// lookStrides are how far apart it is looked, in bytes, by turns: so different that lines
// of no length have every look meet a line break. The shortest key in an encoding that is
// escaped is long enough for one look, and most are for some.
var lookStrides = [lookTurns]int{193, 173, longestStride}

const (
	lookTurns     = 3
	longestStride = 197
)

// firstLook is where the first look is: what history searches are many short buffers.
const firstLook = 96

// lookReach is how much a look sees, in bytes: more than the longest period in which
// escapes follow each other.
const lookReach = 16

// The ways to decode what a look sees, as places in runSearch.done.
const (
	wayEscape = 0 // as many as there are leads
	wayList   = wayEscape + len(escapeLeads)
	wayDump   = wayList + len(theListings)
	wayUU     = wayDump + len(dumps)
	wayNarrow = wayUU + 1
	wayCount  = wayNarrow + base64Ways + hexWays
)

// A lookSearch is a search by such looks.
type lookSearch struct {
	buf    []byte
	tables *passTables
	layers int
	yield  func(Match) bool
	run    *runSearch // nil until something is at hand: in most buffers nothing is

	lookStep // what is next

	// Up to where packed files were looked for, in literals by the lead of their escapes and
	// in the kinds of lists; see packed_bytes.go.
	literals [len(escapeLeads)]int
	lists    [len(theListings)]int
}

func (s *lookSearch) release() {
	if s.run != nil {
		s.run.release()
	}
}

// to searches what looks find that are wholly before s.buf[end].
func (s *lookSearch) to(end int) bool {
	for {
		s.lookStep = passLooks(s.buf[:end], s.lookStep, s.tables)
		if s.at+lookReach > end {
			return true
		}
		s.look()
		if s.run != nil && s.run.stopped {
			return false
		}
		s.lookStep = s.next()
	}
}

// A lookStep is where a look is, what number it has, and which of its tests is next.
type lookStep struct{ at, turn, test int }

// The tests of a look.
const (
	escapeTest = iota
	numberTest
	lineTest
)

// next is the step behind one.
func (p lookStep) next() lookStep {
	if p.test < lineTest {
		return lookStep{p.at, p.turn, p.test + 1}
	}
	return lookStep{p.at + lookStrides[p.turn], (p.turn + 1) % lookTurns, escapeTest}
}

// look makes the test that is next.
func (s *lookSearch) look() {
	at := s.at
	switch s.test {
	case escapeTest:
		s.escapes(at, leadsIn(s.buf[at:]))
		s.escapes(at+8, leadsIn(s.buf[at+8:]))
	case numberTest:
		if hasNumbers(s.buf[at:]) {
			s.dumpLine(at) // of which each line is a list, too
			s.numbers(at)
		}
	case lineTest:
		if kind, line := lineAt(s.buf, at); kind != plainLine {
			s.lines(kind, line)
		}
	}
}

// leadsIn has the high bit set of each of the first eight bytes of b that may begin an
// escape, and maybe of some behind the first.
func leadsIn(b []byte) uint64 {
	eight := binary.LittleEndian.Uint64(b)
	return hasByte(eight, '%') | hasByte(eight, '\\') | hasByte(eight, '=') | hasByte(eight, '&')
}

// hasByte has the high bit set of each of eight bytes that is c, and maybe of some behind
// the first.
func hasByte(eight uint64, c byte) uint64 {
	const ones = 0x0101010101010101
	x := eight ^ ones*uint64(c)
	return (x - ones) &^ x & (ones << 7)
}

// How many of eight bytes are digits where numbers are apart.
const (
	fewestDigits = 3
	mostDigits   = 7
)

// hasNumbers reports whether b begins with eight bytes of numbers that are apart.
func hasNumbers(b []byte) bool {
	b = b[:8]
	all := classes[b[0]] & classes[b[1]] & classes[b[2]] & classes[b[3]] & classes[b[4]] & classes[b[5]] & classes[b[6]] & classes[b[7]]
	if all&inList == 0 {
		return false
	}
	var digits, letters uint8 // a bit for each byte
	for i, c := range b {
		if classes[c]&inHex != 0 {
			digits |= 1 << i
			if !isDigit(c) {
				letters |= 1 << i
			}
		}
	}
	// Three digits in a row are a number of base 10, or what a source map is written in.
	words := digits & (digits >> 1) & (digits >> 2) & (letters | letters>>1 | letters>>2)
	n := bits.OnesCount8(digits)
	return fewestDigits <= n && n <= mostDigits && words == 0
}

// done is where the last view in one of the ways ended.
func (s *lookSearch) done(way int) int {
	if s.run == nil {
		return 0
	}
	return s.run.done[way]
}

// begin makes the search of what is at hand, if that is not done.
func (s *lookSearch) begin() {
	if s.run == nil {
		s.run = takeRunSearch(s.buf, s.layers, s.yield)
	}
}

// once searches what a decoder of one of the ways finds around buf[first], unless it was
// done.
func (s *lookSearch) once(way, first int, decode decoder) {
	s.begin()
	if done := s.run.done[way]; first >= done && !s.run.stopped {
		s.run.done[way] = s.run.view(decode, first, min(Reach, first-done+escapesEnd), chunk)
	}
}

// lineReach is how far ahead the end of a line is looked for, in bytes: lines of mails have
// 78 (RFC 2045, 6.7), those of dumps some more.
const lineReach = 128

// fullLine is how long a line is at least that a mailer breaks.
const fullLine = 60

// A lineKind is what a line tells of the lines around it.
type lineKind int

const (
	plainLine  lineKind = iota
	softLine            // ends in a soft break
	uuLines             // is of uuencode
	dumpLines           // may be of a dump
	narrowLine          // is a piece of a run
)

// lineAt is where a line is, near buf[at], that only lines in an encoding look like: its
// end if it ends in a soft break, else where its text begins.
func lineAt(buf []byte, at int) (lineKind, int) {
	end := bytes.IndexByte(buf[at:min(len(buf), at+lineReach)], '\n')
	if end < 0 {
		return plainLine, 0
	}
	end += at
	if end > 1 && (buf[end-1] == '=' || buf[end-1] == '\r' || buf[end-1] == 'D') && endsSoft(buf, end) {
		return softLine, end
	}
	start := skipIndent(buf, end+1)
	switch {
	case start+8 > len(buf) || !base64Alphabet[buf[start]]:
		return plainLine, 0
	case buf[start] == uuFirst && isUULine(buf[end+1:]):
		return uuLines, end + 1
	case classes[buf[start]]&classes[buf[start+3]]&inHex != 0 && beginsDump(buf, start):
		return dumpLines, end + 1
	case farOutside(binary.LittleEndian.Uint64(buf[start:])) == 0 && isNarrow(buf, start):
		return narrowLine, start
	}
	return plainLine, 0
}

// endsSoft reports whether the line that ends at buf[end] does so with a soft break, once
// or twice encoded, and not with a ruler of such characters.
func endsSoft(buf []byte, end int) bool {
	if end > 0 && buf[end-1] == '\r' {
		end--
	}
	if hasSuffix(buf[:end], "=3D") {
		end -= 2
	}
	return end >= fullLine && buf[end-1] == '=' && buf[end-2] != '=' && isQuoted(buf[end-fullLine:end-1])
}

// isQuoted reports whether b is of the characters that quoted-printable text has in a line, with
// nothing but digits behind an equals sign: machine code has none so long, and programs assign.
func isQuoted(b []byte) bool {
	for i, c := range b {
		if (c < ' ' || c > '~') && c != '\t' {
			return false
		}
		if c == '=' && i+2 < len(b) && classes[b[i+1]]&classes[b[i+2]]&inHex == 0 {
			return false
		}
	}
	return true
}

// lines searches the lines around one.
func (s *lookSearch) lines(kind lineKind, at int) {
	switch kind {
	case softLine:
		s.once(wayEscape+leadQuoted, at, leadDecoders[leadQuoted])
	case uuLines:
		s.once(wayUU, at, uuencodeAt)
	case dumpLines:
		s.dumps(at)
	case narrowLine:
		s.narrow(at)
	}
}

// narrowest is the shortest line of a run that is looked at, and narrowEnds what may be
// behind its text.
const (
	narrowest  = 8
	narrowEnds = "\n\r\\\"'`"
)

// isNarrow reports whether the text of a line, buf[at:], and that of the next are pieces of
// one run, as long as each other and too short to be seen as a run themselves.
func isNarrow(buf []byte, at int) bool {
	width := pieceLength(buf, at)
	if width < narrowest || width >= shortestRun || at+width >= len(buf) || strings.IndexByte(narrowEnds, buf[at+width]) < 0 {
		return false
	}
	if next := nextLine(buf, at+width); next > 0 && isUnlike(buf, at, next, width) {
		return false // most are names, and asking costs less than reading a gap
	}
	g, ok := gapAfter(buf, at+width, base64Alphabet)
	return ok && pieceLength(buf, g.end) == width
}

// isUnlike reports whether the text of the next line, buf[next:], is no piece as long as that at
// buf[at:]: it ends what that is in, or begins like it, with a letter or a digit, and is not as
// long.
func isUnlike(buf []byte, at, next, width int) bool {
	switch c := buf[next]; {
	case c == ')' || c == ']' || c == '}':
		return true
	case !isAlnum(c) || buf[next-1] != buf[at-1]:
		return false
	}
	return pieceLength(buf, next) != width
}

// nextLine is where the text of the next line begins if that of this one ends it, before buf[end],
// but for a quotation mark and a comma; 0 if not.
func nextLine(buf []byte, end int) int {
	for hi := min(len(buf), end+longestQuoteEnd); end < hi && (isQuote(buf[end]) || buf[end] == ','); {
		end++
	}
	if end >= len(buf) || buf[end] != '\n' {
		return 0
	}
	if next := skipIndent(buf, end+1); next < len(buf) {
		return next
	}
	return 0
}

// longestQuoteEnd is the length of the longest that is so behind a piece.
const longestQuoteEnd = len(`",`)

// pieceLength is how much of a run begins at buf[at:], up to what makes one by itself.
func pieceLength(buf []byte, at int) int {
	n := 0
	for at+n < len(buf) && n < shortestRun && base64Alphabet[buf[at+n]] {
		n++
	}
	return n
}

var beforeText = alphabetOf(func(c byte) bool { return strings.IndexByte(" \t>|#*;!%\"'`", c) >= 0 })

// skipIndent is where what is before the text of a line ends: blanks, a mark of a comment
// or a quotation.
func skipIndent(buf []byte, at int) int {
	for at < len(buf) && beforeText[buf[at]] {
		at++
	}
	if at < len(buf) && (buf[at] == '/' || buf[at] == '-') {
		at += lineMark(buf[at:])
	}
	return at
}

// narrow searches the run of which the piece at s.buf[at:] is a narrow line: if that and the
// next, which is as long, are text in one of the alphabets.
func (s *lookSearch) narrow(at int) {
	var both [2 * shortestRun]byte
	length := pieceLength(s.buf, at)
	copy(both[:], s.buf[at:at+length])
	g, _ := gapAfter(s.buf, at+length, base64Alphabet) // there is one: see isNarrow
	run := both[:length+copy(both[length:], s.buf[g.end:g.end+length])]
	for number := range base64Ways {
		if areText(run[number:]) {
			s.once(wayNarrow+number, at+number, base64Groups)
		}
	}
	for odd := range hexWays {
		if isHexText(run[odd:]) {
			s.once(wayNarrow+base64Ways+odd, at+odd, hexAt)
		}
	}
}
