package key

import (
	"bytes"
	"math/bits"
	"strings"
)

// Text may be escaped character by character, or where an encoding must: what an
// obfuscator makes of the strings in a program, or a mailer of a text. A key that stands
// so is found by literals (encoding.go) if it is the first letter that is escaped; here
// is found what holds one in a further encoding, and where it is escaped in part.

// escapeLeads are what an escape may begin with, and leadQuoted the place of that of
// quoted-printable.
const (
	escapeLeads = `%\&=`
	leadQuoted  = 3
)

// behindLeads is what may follow each of them. A name of HTML's, as &lowbar;, does not stand
// alone where many characters are escaped.
var behindLeads = [len(escapeLeads)]string{"0123456789ABCDEF", `uUx01234567_\`, "#a", "0234567"}

const (
	// sureEscapes is how many must be near each other, and escapesApart how far apart two
	// of them may be at most, in bytes.
	sureEscapes  = 4
	escapesApart = 12

	// escapesEnd is how far apart two escapes may be, or two soft breaks, where some follow
	// each other: more than a key is long, or a line.
	escapesEnd = 100
)

// leadWays has for each lead its place, from 1 on, and behindLead bits of the places of
// those that a byte may follow.
var leadWays, behindLead = func() (ways, behind [256]uint8) {
	for i := range behindLeads {
		ways[escapeLeads[i]] = uint8(i + 1)
		for _, c := range []byte(behindLeads[i]) {
			behind[c] |= 1 << i
		}
	}
	return ways, behind
}()

var leadDecoders = func() (decoders [len(escapeLeads)]decoder) {
	for i := range decoders {
		decoders[i] = escapesOf(escapeLeads[i])
	}
	return decoders
}()

// escapes searches what is under escapes that begin at some of the eight bytes from
// s.buf[at] on, as leads tells.
func (s *lookSearch) escapes(at int, leads uint64) {
	for ; leads != 0; leads &= leads - 1 {
		first := at + bits.TrailingZeros64(leads)/8
		if first+1 >= len(s.buf) {
			return
		}
		way := int(leadWays[s.buf[first]]) - 1
		if way < 0 || behindLead[s.buf[first+1]]>>way&1 == 0 || isBeyondByte(s.buf[first:]) {
			continue
		}
		if first >= s.done(wayEscape+way) && areEscapes(s.buf, first) {
			s.once(wayEscape+way, first, leadDecoders[way])
		}
		if areBytes(s.buf, first) {
			s.packedLiteral(first, way)
		}
	}
}

// isBeyondByte reports whether what begins b is an escape of a character that is no byte, as
// most are in texts of some languages.
func isBeyondByte(b []byte) bool {
	return b[0] == '\\' && b[1]|0x20 == 'u' && len(b) > 3 && b[2] != '{' && (b[2] != '0' || b[3] != '0')
}

// areEscapes reports whether some escapes follow each other from buf[at] on, with text
// between or without, and what they stand for is text; of UTF-16 each second is a NUL
// byte.
func areEscapes(buf []byte, at int) bool {
	lead, last, wasNUL := buf[at], at, false
	for n := 0; n < sureEscapes; {
		if at >= len(buf) || at-last > escapesApart {
			return false
		}
		e, ok := readEscapeOf(buf, at, lead)
		switch {
		case ok && !isText(e.c) && (e.c != 0 || wasNUL), !ok && n == 0:
			return false
		case ok:
			n, wasNUL = n+1, e.c == 0
			at += e.length
			last = at
		default:
			if end := escapeBehind(buf, at, last, lead); end > 0 {
				at, last = end, end
				continue
			}
			wasNUL = false
			at++
		}
	}
	return true
}

func readEscapeOf(buf []byte, at int, lead byte) (escape, bool) {
	if buf[at] != lead {
		return escape{}, false
	}
	return readEscape(buf[at:])
}

// escapeBehind is where an escape begins that a gap at buf[at:] parts from the one that
// ended at buf[last]; 0 if none does.
func escapeBehind(buf []byte, at, last int, lead byte) int {
	if at != last {
		return 0
	}
	if g, ok := gapAfter(buf, at, hexAlphabet); ok && g.end < len(buf) && buf[g.end] == lead {
		if g.bare && lead == '=' { // a line ends, or a soft break is escaped before it
			return 0
		}
		return g.end
	}
	return 0
}

// escapesOf decodes the escapes that begin with lead and are not far from each other,
// around buf[at], and has what is between them as it is.
func escapesOf(lead byte) decoder {
	return func(v *view, buf []byte, at, back, forward int) {
		v.layer = layerQuoted // if all there is are soft breaks
		last, stop := -1, min(len(buf), at+forward)
		for v.end = escapesStart(buf, at, max(0, at-back), lead); v.end < stop && v.end-max(at, last) <= escapesEnd; {
			if c := buf[v.end]; c != lead && c != '%' && v.end != last { // none of these begins with another
				end := min(stop, max(at, last)+escapesEnd+1)
				v.addPlain(buf, v.end, v.end+plainBefore(buf[v.end:end], lead))
				continue
			}
			if e, ok := readByteEscape(buf[v.end:]); ok && buf[v.end] == lead {
				v.add(e.c, v.end, v.end+e.length)
				v.layer, v.levels = e.layer, e.levels
				v.end += e.length
			} else if n := softBreak(buf, v.end); n > 0 && lead == '=' {
				v.end += n
			} else if c, ok := readSimple(buf[v.end:]); ok && lead == '\\' {
				v.add(c, v.end, v.end+2)
				v.end += 2
				continue
			} else if end := escapeBehind(buf, v.end, last, lead); end > 0 {
				v.end = end
			} else {
				v.add(buf[v.end], v.end, v.end+1)
				v.end++
				continue
			}
			last = v.end
		}
	}
}

// plainBefore is how much of b is before the first escape with the lead, or soft break.
func plainBefore(b []byte, lead byte) int {
	for _, c := range []byte{lead, '%'} {
		if i := bytes.IndexByte(b, c); i >= 0 {
			b = b[:i]
		}
	}
	return len(b)
}

// readSimple reads \\, \", \/, \n, \r or \t, which say little by themselves.
func readSimple(b []byte) (c byte, ok bool) {
	if len(b) < 2 || b[0] != '\\' {
		return 0, false
	}
	i := strings.IndexByte(`\"/nrt`, b[1])
	if i < 0 {
		return 0, false
	}
	return "\\\"/\n\r\t"[i], true
}

// escapesStart is where such escapes begin that go on at buf[at].
func escapesStart(buf []byte, at, lo int, lead byte) int {
	start := at
	for i := at - 1; i >= lo && start-i <= escapesEnd; i-- {
		if buf[i] == lead {
			start = i
		}
	}
	return max(lo, start-escapesEnd)
}
