package key

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// units are those of UTF-16 or UTF-32.
type units struct {
	unit        int    // the size of one, in bytes
	little, big string // the layer, by its byte order
	bigMark     string // the mark of the byte order at the beginning of a big-endian text
}

var (
	utf16Units = units{2, layerUTF16LE, layerUTF16BE, "\xfe\xff"}
	utf32Units = units{4, layerUTF32LE, layerUTF32BE, "\x00\x00\xfe\xff"}
)

// utf16At and utf32At decode text of either byte order that holds ASCII, around a
// character whose low byte is buf[at].
func utf16At(v *view, buf []byte, at, back, forward int) { utf16Units.at(v, buf, at, back, forward) }
func utf32At(v *view, buf []byte, at, back, forward int) { utf32Units.at(v, buf, at, back, forward) }

func (w units) at(v *view, buf []byte, at, back, forward int) {
	first, last := at, at
	for first > at-back && w.before(buf, first) {
		first -= w.unit
	}
	for last < at+forward && w.after(buf, last) {
		last += w.unit
	}
	v.end = last + 1
	if (last-first)/w.unit+1 < shortestKey {
		return
	}
	low := 0
	v.layer = w.little
	if w.isBigEndian(buf, first, last) {
		v.layer, low = w.big, w.unit-1
	}
	for i := first; i <= last; i += w.unit {
		v.add(buf[i], max(0, i-low), min(len(buf), i-low+w.unit))
	}
}

// before reports whether a character stands before the one at buf[i], and nothing but
// NUL bytes between; after, whether one stands behind it.
func (w units) before(buf []byte, i int) bool {
	return i >= w.unit && isNUL(buf[i-w.unit+1:i]) && isText(buf[i-w.unit])
}

func (w units) after(buf []byte, i int) bool {
	return i+w.unit < len(buf) && isNUL(buf[i+1:i+w.unit]) && isText(buf[i+w.unit])
}

func isNUL(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// isBigEndian tells the byte order of text whose characters are at each unit from
// first to last. Within a text both orders look alike, so that the NUL bytes at its ends
// decide, further away if need be, or the mark at the buffer's start. If nothing does,
// it is little endian, the commoner order.
func (w units) isBigEndian(buf []byte, first, last int) bool {
	for lo := first - Reach; first > lo && w.before(buf, first); {
		first -= w.unit
	}
	for hi := last + Reach; last < hi && w.after(buf, last); {
		last += w.unit
	}
	before := first > 0 && buf[first-1] == 0
	after := last+1 < len(buf) && buf[last+1] == 0
	if before == after {
		return bytes.HasPrefix(buf, []byte(w.bigMark))
	}
	return before
}

// looksUTF16 reports whether the NUL byte at buf[at] is one of several that
// have a character between them.
func looksUTF16(buf []byte, at int) bool {
	if at < 4 || at+4 >= len(buf) {
		return false
	}
	return buf[at] == 0 && buf[at-4] == 0 && buf[at-2] == 0 && buf[at+2] == 0 && buf[at+4] == 0 &&
		isText(buf[at-3]) && isText(buf[at-1]) && isText(buf[at+1]) && isText(buf[at+3])
}

// utf32Sure is how many characters tell that text in UTF-32 begins, behind the mark
// of the byte order.
const utf32Sure = 8

// searchUTF32 searches text in UTF-32 that fills buf, below a number of layers. What
// stands among other bytes is found by its literal.
func searchUTF32(buf []byte, layers int, yield func(Match) bool) bool {
	if len(buf) >= 8 && hasByte(binary.LittleEndian.Uint64(buf), 0) == 0 {
		return true // as almost all
	}
	first := 0
	for first < min(len(buf), 8) && (buf[first] == 0 || buf[first] >= utf8.RuneSelf) {
		first++
	}
	for at := first; at < first+4*utf32Sure; at += 4 {
		if !utf32Units.after(buf, at) {
			return true
		}
	}
	s := runSearch{buf: buf, layers: layers, yield: yield}
	for at := first; at < len(buf) && !s.stopped; at += utf32Units.unit {
		if isText(buf[at]) && utf32Units.after(buf, at) {
			at += max(0, s.view(utf32At, at, Reach, chunk)-at) &^ 3
		}
	}
	return !s.stopped
}
