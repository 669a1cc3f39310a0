package key

import (
	"bytes"
	"encoding/binary"
)

// Some encodings have neither a literal nor a run: characters that are escaped, all or
// many of them; lists of numbers; dumps of a file's bytes; lines with soft breaks. A key
// takes long in all of these, so that it is enough to look here and there whether they
// are at hand, and to decode from there.

// lookStrides are how far apart it is looked, in bytes, by turns: so different that lines
// of no length have every look meet a line break. The shortest key of which many
// characters are escaped is long enough for one look, and in any other way for more.
var lookStrides = [...]int{97, 53, 71}

// lookReach is how much a look sees, in bytes: more than the longest period in which
// escapes follow each other.
const lookReach = 16

// The ways to decode what a look sees, as places in runSearch.done.
const (
	wayEscape = 0 // as many as there are leads
	wayList   = wayEscape + len(escapeLeads)
	wayDump   = wayList + 3
	wayUU     = wayDump + len(dumps)
	wayCount  = wayUU + 1
)

// searchLooks searches what such looks find in buf, below a number of layers.
func searchLooks(buf []byte, layers int, yield func(Match) bool) bool {
	var s *runSearch // most buffers have nothing for it, and there are many
	for at, turn := 0, 0; at+lookReach <= len(buf); at += lookStrides[turn] {
		if turn++; turn == len(lookStrides) {
			turn = 0
		}
		escapes, numbers, line := hasLead(buf[at:]), hasNumbers(buf[at:]), lineAt(buf, at)
		if !escapes && !numbers && line < 0 {
			continue
		}
		if s == nil {
			s = takeRunSearch(buf, layers, yield)
			defer s.release()
		}
		if escapes {
			s.escapes(at)
		}
		if numbers {
			s.numbers(at)
		}
		if line >= 0 {
			s.lines(line)
		}
		if s.stopped {
			return false
		}
	}
	return true
}

// hasLead reports whether one of the first bytes of b may begin an escape.
func hasLead(b []byte) bool {
	low, high := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	return hasByte(low, '%')|hasByte(low, '\\')|hasByte(low, '=')|hasByte(low, '&')|
		hasByte(high, '%')|hasByte(high, '\\')|hasByte(high, '=')|hasByte(high, '&') != 0
}

// hasByte is not 0 if one of eight bytes is c.
func hasByte(eight uint64, c byte) uint64 {
	const ones = 0x0101010101010101
	x := eight ^ ones*uint64(c)
	return (x - ones) &^ x & (ones << 7)
}

// hasNumbers reports whether b begins with four bytes of numbers that are apart.
func hasNumbers(b []byte) bool {
	c0, c1, c2, c3 := classes[b[0]], classes[b[1]], classes[b[2]], classes[b[3]]
	if c0&c1&c2&c3&inList == 0 {
		return false
	}
	digits := (c0&inHex + c1&inHex + c2&inHex + c3&inHex) / inHex
	return digits > 0 && digits < 4
}

// once searches what a decoder of one of the ways finds around buf[first], unless it was
// done.
func (s *runSearch) once(way, first int, decode decoder) {
	if done := s.done[way]; first >= done && !s.stopped {
		s.done[way] = s.view(decode, first, min(Reach, first-done+escapesEnd), chunk)
	}
}

// longestLine is the longest line of quoted-printable text (RFC 2045, 6.7), with its end.
const longestLine = 78

// fullLine is how long a line is at least that a mailer breaks because it has to.
const fullLine = 70

// lineAt is where a line ends, near buf[at], in a way or before a line that only an
// encoding has; -1 if none does.
func lineAt(buf []byte, at int) int {
	end := bytes.IndexByte(buf[at:min(len(buf), at+longestLine)], '\n')
	if end < 0 {
		return -1
	}
	if end += at; endsSoft(buf, end) || isUULine(buf[end+1:]) {
		return end
	}
	return -1
}

// endsSoft reports whether the line that ends at buf[end] does so with a soft break, once
// or twice encoded. Behind a blank, only a full line does: a line of a program may end in
// an operator.
func endsSoft(buf []byte, end int) bool {
	if end > 0 && buf[end-1] == '\r' {
		end--
	}
	if hasSuffix(buf[:end], "=3D") {
		end -= 2
	}
	if end < 2 || buf[end-1] != '=' {
		return false
	}
	return buf[end-2] > ' ' || end >= fullLine && bytes.IndexByte(buf[end-fullLine:end], '\n') < 0
}

// lines searches the lines around the one that ends at s.buf[end].
func (s *runSearch) lines(end int) {
	if isUULine(s.buf[end+1:]) {
		s.once(wayUU, end+1, uuencodeAt)
		return
	}
	s.once(wayEscape+leadQuoted, end, leadDecoders[leadQuoted])
}
