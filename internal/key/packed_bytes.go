package key

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A packed file may stand in a program byte by byte: in the escapes of a literal, as
// go-bindata and Python write it, in a list of numbers, as xxd -i does, or in a dump of it.
// Looks that come to escapes or numbers which are no text look for how such files begin, back
// to where an earlier one looked.

// packedReach is how far back that is at most, in bytes: some looks see nothing but text in
// what is packed.
const packedReach = 3 * longestStride

// fileMarks are how packed files begin: gzip, zip, zlib of each level (RFC 1950), zstd, xz and
// bzip2. Some say little, and all are looked for only where a literal or a list begins.
var fileMarks = [...]string{
	gzipMark, "PK\x03\x04", "x\x01", "x\x5e", "x\x9c", "x\xda", "\x28\xb5\x2f\xfd", "\xfd7zXZ\x00", "BZh",
}

// longestMark is the length of the longest of them.
const longestMark = len("\xfd7zXZ\x00")

// marksFirst and marksSecond have the bytes that they begin with.
var marksFirst, marksSecond = marksAt(0), marksAt(1)

func marksAt(i int) *[256]bool {
	return alphabetOf(func(c byte) bool {
		return slices.ContainsFunc(fileMarks[:], func(mark string) bool { return mark[i] == c })
	})
}

func beginsFile(head []byte) bool {
	return slices.ContainsFunc(fileMarks[:], func(mark string) bool { return hasPrefix(head, mark) })
}

// A byteReader reads what is written at buf[at:]: bytes, mostly one, and how long that is; 0 if
// it is none.
type byteReader func(buf []byte, at int) (bytes written, length int)

type written struct {
	bytes [utf8.UTFMax]byte
	count int
}

func writtenByte(c byte) written { return written{[utf8.UTFMax]byte{c}, 1} }

// headAt is the first bytes at buf[at:], if they may be those of a packed file.
func headAt(buf []byte, at int, read byteReader, head *[longestMark]byte) []byte {
	n := 0
	for n < longestMark {
		w, length := read(buf, at)
		if length == 0 || n == 0 && !marksFirst[w.bytes[0]] {
			break
		}
		at, n = at+length, n+copy(head[n:], w.bytes[:w.count])
	}
	return head[:n]
}

// beforeFile is of what stands before a literal or a value in a URL, and firstOfFile of what a
// packed file may begin with there.
const (
	beforeFile = 1 << iota
	firstOfFile
)

var literalSides = func() (sides [256]uint8) {
	for c := range sides {
		if isQuote(byte(c)) || strings.IndexByte("=,:/", byte(c)) >= 0 {
			sides[c] |= beforeFile
		}
		if marksFirst[c] || c == '%' || c == '\\' {
			sides[c] |= firstOfFile
		}
	}
	return sides
}()

// readerOf reads the literal whose escapes begin with lead, a percent sign or a backslash: how
// it is written tells the first one that is of a byte.
func readerOf(literal []byte, lead byte) (read byteReader, layer string) {
	if lead == '%' {
		return percentByte, layerPercent
	}
	for at := 0; at+1 < min(len(literal), firstEscape); at++ {
		if literal[at] != '\\' {
			continue
		}
		switch at++; {
		case literal[at] == 'u':
			return jsonByte, layerJSON
		case literal[at] == 'x':
			return codeByte, layerHexEscape
		case isDigit(literal[at]):
			return codeByte, layerOctal
		}
	}
	return codeByte, layerHexEscape
}

// firstEscape is within how many characters a compressed file has an escape for sure.
const firstEscape = 48

// packedLiteral looks for the beginnings of packed files in the literal that has an escape at
// s.buf[at], with the lead that is number way, up to that.
func (s *lookSearch) packedLiteral(at, way int) {
	lead := escapeLeads[way]
	lo := max(s.literals[way], at-packedReach, 1)
	s.literals[way] = at + 1
	before := lo <= at && literalSides[s.buf[lo-1]]&beforeFile != 0
	for i, c := range s.buf[min(lo, at+1) : at+1] {
		sides := literalSides[c]
		if before && sides&firstOfFile != 0 && mayBeginFile(s.buf[lo+i:], lead) {
			s.packedLiteralAt(lo+i, lead)
		}
		before = sides&beforeFile != 0
	}
}

// mayBeginFile reports whether the first two characters of b, of which the first may, can be
// those of a packed file in a literal whose escapes begin with lead. Most are of a word.
func mayBeginFile(b []byte, lead byte) bool {
	switch {
	case len(b) < 2:
		return false
	case b[0] == lead:
		return !isBeyondByte(b)
	case !marksFirst[b[0]]:
		return false // another lead
	}
	return b[1] == lead || b[1] >= utf8.RuneSelf || marksSecond[b[1]]
}

// packedLiteralAt looks whether a packed file begins where a literal does, at s.buf[at:].
func (s *lookSearch) packedLiteralAt(at int, lead byte) {
	read, layer := readerOf(s.buf[at:], lead)
	var head [longestMark]byte
	if beginsFile(headAt(s.buf, at, read, &head)) {
		s.packedAt(at, layer, literalOf(read))
	}
}

// areBytes reports whether an escape at buf[at:] is of a byte that ASCII texts have not. Control
// characters are at hand in texts too, and so are code points of letters: of those, another byte
// must be near, and to a control character one that texts have not either.
func areBytes(buf []byte, at int) bool {
	c, n := escapedByte(buf[at:])
	if n == 0 || c >= utf8.RuneSelf && buf[at+1] != 'u' {
		return n > 0
	}
	for next := at + n; next < min(len(buf), at+n+bytesApart); next++ {
		if buf[next] == buf[at] {
			other, n := byteEscape(buf[next:])
			return n > 0 && (c >= utf8.RuneSelf || !isText(other))
		}
	}
	return false
}

// bytesApart is how many characters may be between the two.
const bytesApart = 4

// escapedByte reads such an escape at the beginning of b; its length is 0 if there is none.
func escapedByte(b []byte) (c byte, length int) {
	if c, length = byteEscape(b); isText(c) {
		return 0, 0
	}
	return c, length
}

// byteEscape reads an escape of any byte at the beginning of b; its length is 0 if there is none.
func byteEscape(b []byte) (c byte, length int) {
	if len(b) < 2 {
		return 0, 0
	}
	ok := false
	switch {
	case b[0] == '%':
		c, ok = hexByte(b[1:], 2)
		length = 3
	case b[0] != '\\':
	case b[1] == 'x':
		c, ok = hexByte(b[2:], 2)
		length = 4
	case hasPrefix(b, `\u00`):
		c, ok = hexByte(b[4:], 2)
		length = 6
	default:
		c, length = octalDigits(b[1:])
		ok, length = length > 0, length+1
	}
	if !ok {
		return 0, 0
	}
	return c, length
}

// literalOf decodes the literal that begins at buf[at].
func literalOf(read byteReader) decoder {
	return func(v *view, buf []byte, at, _, _ int) {
		quote := buf[at-1]
		for v.end = at; v.end < len(buf); {
			w, length := read(buf, v.end)
			if length == 0 || buf[v.end] == quote && isQuote(quote) {
				next := nextLiteral(buf, v.end)
				if next == 0 {
					return
				}
				v.end = next
				continue
			}
			for _, c := range w.bytes[:w.count] {
				v.add(c, v.end, v.end+length)
			}
			v.end += length
		}
	}
}

// nextLiteral is where a literal goes on that is cut at buf[end], in the next line or in another
// literal behind it; 0 if it does not.
func nextLiteral(buf []byte, end int) int {
	if n := escapedLineBreak(buf[end:]); n > 0 {
		return end + n
	}
	quote, next := buf[end], end+1
	for next < min(len(buf), end+maxGap) && strings.IndexByte(" \t\r\n+.\\b", buf[next]) >= 0 {
		next++
	}
	if !isQuote(quote) || next >= len(buf) || buf[next] != quote {
		return 0
	}
	return next + 1
}

// escapedLineBreak is the length of a backslash and the line break behind it; 0 if there is
// none.
func escapedLineBreak(b []byte) int {
	for _, lineBreak := range []string{"\\\n", "\\\r\n"} {
		if hasPrefix(b, lineBreak) {
			return len(lineBreak)
		}
	}
	return 0
}

// codeByte is a byteReader of literals in source code, where an escape of a code point stands
// for its bytes in UTF-8, and none of ASCII is written so.
func codeByte(buf []byte, at int) (written, int) {
	w, length := simpleByte(buf, at)
	if length > 0 || at >= len(buf) || buf[at] < ' ' {
		return w, length
	}
	rest := buf[at:]
	if value, digits := octalDigits(rest[1:]); digits > 0 {
		return writtenByte(value), 1 + digits
	}
	if hasPrefix(rest, `\x`) {
		if c, ok := hexByte(rest[2:], 2); ok {
			return writtenByte(c), 4
		}
		return written{}, 0
	}
	for _, form := range []struct {
		lead   string
		digits int
	}{{`\u`, 4}, {`\U`, 8}} {
		if end := len(form.lead) + form.digits; hasPrefix(rest, form.lead) && len(rest) >= end {
			if r, ok := number(rest[len(form.lead):end], 16); ok && r >= utf8.RuneSelf {
				w.count = utf8.EncodeRune(w.bytes[:], r)
				return w, end
			}
		}
	}
	return written{}, 0
}

// jsonByte is a byteReader of literals in which each byte is a character, as in JSON.
func jsonByte(buf []byte, at int) (written, int) {
	if at < len(buf) && buf[at] >= utf8.RuneSelf {
		r, length := utf8.DecodeRune(buf[at:])
		if r > 0xff {
			return written{}, 0
		}
		return writtenByte(byte(r)), length
	}
	if w, length := simpleByte(buf, at); length > 0 {
		return w, length
	}
	if at < len(buf) && hasPrefix(buf[at:], `\u00`) {
		if c, ok := hexByte(buf[at+4:], 2); ok {
			return writtenByte(c), 6
		}
	}
	return written{}, 0
}

// simpleByte reads what stands for itself in a literal, which a control character does not
// unless some escapes are taken off already, or behind a backslash for one character.
func simpleByte(buf []byte, at int) (w written, length int) {
	switch {
	case at >= len(buf) || buf[at] < ' ':
	case buf[at] != '\\':
		return writtenByte(buf[at]), 1
	case at+1 < len(buf):
		if i := strings.IndexByte(`abtnvfr\"'?/`+"`", buf[at+1]); i >= 0 {
			return writtenByte("\a\b\t\n\v\f\r\\\"'?/`"[i]), 2
		}
	}
	return written{}, 0
}

// octalDigits reads a number of one to three octal digits, as C has it.
func octalDigits(b []byte) (c byte, digits int) {
	for digits < min(len(b), 3) && '0' <= b[digits] && b[digits] <= '7' && c < 1<<5 {
		c = c<<3 | (b[digits] - '0')
		digits++
	}
	return c, digits
}

// percentByte is a byteReader of URLs.
func percentByte(buf []byte, at int) (written, int) {
	if at >= len(buf) || buf[at] <= ' ' || strings.IndexByte("&<>", buf[at]) >= 0 {
		return written{}, 0
	}
	switch buf[at] {
	case '%':
		c, ok := hexByte(buf[at+1:], 2)
		if !ok {
			return written{}, 0
		}
		return writtenByte(c), 3
	case '+':
		return writtenByte(' '), 1
	}
	return writtenByte(buf[at]), 1
}

// packedList looks whether the list of numbers at s.buf[at:], of a kind, begins like a packed
// file.
func (s *lookSearch) packedList(at, kind int) {
	l := &theListings[kind]
	lo, start := max(s.lists[kind], at-packedReach), at
	for start > lo && classes[s.buf[start-1]]&inList != 0 {
		start--
	}
	s.lists[kind] = at + 1
	if start == lo && lo > 0 {
		return // it began further back
	}
	for ; start <= at; start++ {
		if !isHex(s.buf[start]) || !beginsList(s.buf, start) {
			continue
		}
		var head [longestMark]byte
		if beginsFile(headAt(s.buf, start, l.byteAt, &head)) {
			s.packedAt(start, layerList, func(v *view, buf []byte, at, _, _ int) { l.decode(v, buf, at, len(buf), false) })
		}
	}
}

// byteAt is a byteReader: what is between two numbers belongs to the first.
func (l *listing) byteAt(buf []byte, at int) (written, int) {
	c, end, ok := l.number(buf, at)
	if !ok {
		return written{}, 0
	}
	return writtenByte(c), listGap(buf, end) - at
}

// beginsList reports whether the number at buf[at:] is the first of a list.
func beginsList(buf []byte, at int) bool {
	if at > 0 && (buf[at-1] == ',' || isAlnum(buf[at-1])) {
		return false // as most
	}
	if at > 0 && buf[at-1] == '-' {
		at--
	}
	before := at
	for before > max(0, at-listBreak) && strings.IndexByte(" \t\r\n", buf[before-1]) >= 0 {
		before--
	}
	switch {
	case before == 0:
		return true
	case !isAlnum(buf[before-1]):
		return classes[buf[before-1]]&inList == 0 || buf[before-1] == ':' && before < at
	}
	return before < at && !endsNumber(buf[:before])
}

// endsNumber reports whether b ends in what may be a number of a list.
func endsNumber(b []byte) bool {
	n := 0
	for n <= longestNumber && n < len(b) && isAlnum(b[len(b)-1-n]) {
		if n++; classes[b[len(b)-n]]&inList == 0 {
			return false
		}
	}
	return n <= longestNumber
}

// packedDump looks whether the dump that has a line at s.buf[at:] begins like a packed file.
func (s *lookSearch) packedDump(at int) {
	var line dumpLine
	start := dumpStart(s.buf, at, max(0, at-packedReach))
	if !line.read(s.buf, start) {
		return
	}
	ways := dumps[:]
	if line.group != 2 {
		ways = dumps[:1]
	}
	for _, decode := range ways {
		v := view{bare: true}
		decode(&v, s.buf, start, 0, line.end+1-start)
		if beginsFile(v.data) {
			s.packedAt(int(line.bytes[0]), layerDump, func(v *view, buf []byte, _, back, forward int) { decode(v, buf, start, back, forward) })
		}
	}
}

// packedAt hands over the packed file that begins at s.buf[at:], in a layer.
func (s *lookSearch) packedAt(at int, layer string, decode decoder) {
	s.begin()
	s.run.stopped = s.run.stopped || !s.yield(Match{Start: at, Encoding: []string{layer}, packed: expand(decode, at, 0, nil), guessed: true})
}

// dumped is the mark of a gzip file in what a dump tells as the file that goes on from there.
func (m Match) dumped() Match {
	start := m.Start
	m.gzip, m.guessed, m.packed = false, true, func(data []byte) ([]byte, int) { return data[min(start, len(data)):], len(data) }
	return m
}
