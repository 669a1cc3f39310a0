package key

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
	"unicode/utf8"
)

// A view is a stretch of a buffer with one layer of encoding taken off.
type view struct {
	layer  string
	levels int // how often the layer is there; 0 stands for 1
	data   []byte
	// places tells for each byte of data which bytes of the buffer it comes from.
	places []place
	end    int     // where in the buffer the stretch ends
	bare   bool    // places are not wanted
	inDiff bool    // marks of a diff's lines were taken off too
	cut    []piece // memory for pieces
}

type place struct{ start, end int32 }

// views are those that no search is using.
var views = sync.Pool{New: func() any { return new(view) }}

func takeView() *view { return views.Get().(*view) }

func (v *view) release() {
	v.clear()
	views.Put(v)
}

// clear makes the view empty, and one that wants places.
func (v *view) clear() {
	*v = view{data: v.data[:0], places: v.places[:0], cut: v.cut[:0]}
}

// A decoder lets an empty view have the text without the layer that is around buf[at], where a unit of the
// encoding begins, as far as it goes, but at most back bytes before at and
// forward bytes behind it.
type decoder func(v *view, buf []byte, at, back, forward int)

func (v *view) add(c byte, start, end int) {
	v.data = append(v.data, c)
	if v.bare {
		return
	}
	v.places = append(v.places, place{int32(start), int32(end)})
}

// addPlain adds buf[at:end] as it is, and ends the view there.
func (v *view) addPlain(buf []byte, at, end int) {
	v.data, v.end = append(v.data, buf[at:end]...), end
	if v.bare {
		return
	}
	for i := at; i < end; i++ {
		v.places = append(v.places, place{int32(i), int32(i + 1)})
	}
}

// outside is what a match in the view is in the buffer.
func (v *view) outside(buf []byte, m Match) Match {
	if m.Secret == (Secret{}) {
		return m
	}
	if m.Run {
		m = m.Settle(v.wrappedAt(m.End) || isBinary(v.data, m.Start, m.End))
		m.Run = false
	}
	m.Start, m.End = int(v.places[m.Start].start), int(v.places[m.End-1].end)
	layer := v.layer
	if layer == layerBase64 && !v.inDiff {
		layer = base64Name(buf, m.Start, m.End)
	}
	m.Encoding = v.around(layer, m.Encoding)
	return m
}

// isVerbatim reports whether nothing of the layer is in what a match in the view spans.
func (v *view) isVerbatim(m Match) bool {
	return int(v.places[m.End-1].end-v.places[m.Start].start) == m.End-m.Start
}

// depth is how many layers were taken off.
func (v *view) depth() int { return max(1, v.levels) }

// around is the layers of what lies in the view, with the view's own.
func (v *view) around(layer string, inner []string) []string {
	if layer == "" { // a quotation (quotation.go)
		return inner
	}
	return append(slices.Repeat([]string{layer}, v.depth()), inner...)
}

// wrappedAt reports whether a gap is before data[i]: what stands behind it
// need not belong to the same text.
func (v *view) wrappedAt(i int) bool {
	return i < len(v.places) && v.places[i].start > v.places[i-1].end
}

// binaryReach is how many bytes around a key in an encoding tell whether it is
// one of the packed strings of a binary file.
const binaryReach = 64

// isBinary reports whether what is around data[start:end] is no text.
func isBinary(data []byte, start, end int) bool {
	from, to := max(0, start-binaryReach), min(len(data), end+binaryReach)
	for from < start && from > 0 && !utf8.RuneStart(data[from]) {
		from++
	}
	for to > end && to < len(data) && !utf8.RuneStart(data[to]) {
		to--
	}
	around := data[from:to]
	return !utf8.Valid(around) || bytes.ContainsFunc(around, func(r rune) bool { return r < '\t' || r > '\r' && r < ' ' && r != 0x1b })
}

// A piece is buf[start:end], part of a run that line breaks or syntax cut.
type piece struct{ start, end int }

// pieces lists the pieces of the run of an alphabet around buf[at], in order, in memory
// that is the view's.
func (v *view) pieces(buf []byte, at, back, forward int, alphabet *[256]bool) []piece {
	lo, hi := max(0, at-back), min(len(buf), at+forward)
	here := piece{pieceStart(buf, at, lo, alphabet), pieceEnd(buf, at, hi, alphabet)}
	all := v.cut[:0]
	for first := here; first.start > lo; {
		end := pieceBefore(buf, first.start, lo, alphabet)
		if end < 0 {
			break
		}
		first = piece{pieceStart(buf, end-1, lo, alphabet), end}
		all = append(all, first)
	}
	slices.Reverse(all)
	all = append(all, here)
	for end := here.end; end < hi; {
		next := pieceAfter(buf, all[len(all)-1].start, end, alphabet)
		if next < 0 || next >= hi || !alphabet[buf[next]] {
			break
		}
		end = pieceEnd(buf, next, hi, alphabet)
		all = append(all, piece{next, end})
	}
	v.cut = all
	return all
}

// pieceEnd is where the piece ends that buf[at] is of, or hi.
func pieceEnd(buf []byte, at, hi int, alphabet *[256]bool) int {
	if alphabet == base64Alphabet {
		return runEnd(buf[:max(at, hi)], at)
	}
	for at < hi && alphabet[buf[at]] {
		at++
	}
	return at
}

// pieceAfter is where the piece begins that a gap parts from buf[start:end], or a blank: a
// shell makes one of a line break. -1 if there is none.
func pieceAfter(buf []byte, start, end int, alphabet *[256]bool) int {
	if g, ok := gapAfter(buf, end, alphabet); ok {
		return g.end
	}
	if isFull(end-start) && end < len(buf) && buf[end] == ' ' {
		return end + 1
	}
	return -1
}

// pieceBefore is where the piece ends that is so parted from the one at buf[start:]; -1 if
// there is none at or after lo.
func pieceBefore(buf []byte, start, lo int, alphabet *[256]bool) int {
	if end := gapBefore(buf, start, lo, alphabet); end >= 0 {
		return end
	}
	if end := start - 1; end > lo && buf[end] == ' ' && isFull(end-pieceStart(buf, end, max(lo, end-fullLines[1]-1), alphabet)) {
		return end
	}
	return -1
}

// fullLines are how long lines of base64 are in PEM and in mails (RFC 7468, 2; RFC 2045, 6.8).
var fullLines = [...]int{64, 76}

func isFull(length int) bool { return length == fullLines[0] || length == fullLines[1] }

// pieceStart is where the piece begins that holds buf[at]. The letter of an
// escaped line break before it is no part of it.
func pieceStart(buf []byte, at, lo int, alphabet *[256]bool) int {
	start := at
	for start > lo && alphabet[buf[start-1]] {
		start--
	}
	if start > 0 && start < at {
		switch {
		case buf[start-1] == '\\' && (buf[start] == 'n' || buf[start] == 'r' || buf[start] == 't'):
			start++
		case buf[start-1] == '\\' && start+5 < at && escapedBreak(buf[start-1:]) > 0:
			start += 5
		case buf[start-1] == '%' && start+1 < at && buf[start] == '0' && (buf[start+1]|0x20 == 'a' || buf[start+1]|0x20 == 'd'):
			start += 2
		}
	}
	return start
}

// base64Value is the value of each character of both base64 alphabets; 0xff
// for others.
var base64Value = func() [256]byte {
	values := valuesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
	values['+'], values['-'], values['/'], values['_'] = 62, 62, 63, 63
	return values
}()

// valuesOf gives the letters of an alphabet their places in it, and all others 0xff.
func valuesOf(letters string) (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for i := range len(letters) {
		values[letters[i]] = byte(i)
	}
	return values
}

var (
	base64Alphabet = alphabetOf(func(c byte) bool { return base64Value[c] != 0xff })
	hexAlphabet    = alphabetOf(isHex)
)

func alphabetOf(has func(byte) bool) *[256]bool {
	var alphabet [256]bool
	for c := range alphabet {
		alphabet[c] = has(byte(c))
	}
	return &alphabet
}

// base64Groups decodes base64 around the first character of a group.
var base64Groups = base64At(0)

// base64At decodes base64 around a character that is the one of that number,
// 0 to 3, in its group of four.
func base64At(number int) decoder {
	return func(v *view, buf []byte, at, back, forward int) {
		all := v.pieces(buf, at, back, forward, base64Alphabet)
		before := number
		for _, p := range all {
			before -= max(0, min(p.end, at)-p.start)
		}
		v.layer, v.end = layerBase64, all[len(all)-1].end
		number := before & 3 // of the first character at hand
		var bits uint32
		have, start := 0, 0 // bits that wait for more, and where they began
		for _, p := range all {
			for i := p.start; i < p.end; i++ {
				if number == 0 {
					i = v.addGroups(buf, i, p.end)
					if i == p.end {
						break
					}
				}
				value := uint32(base64Value[buf[i]])
				switch {
				case number == 0:
					bits, have, start = value, 6, i
				case have == 0 && number < 3: // the text begins here, its second or third byte is whole
					bits, have, start = value, 6-2*number, i
				case have > 0:
					bits, have = bits<<6|value, have+6
					if have >= 8 {
						have -= 8
						v.add(byte(bits>>have), start, i+1)
						start = i
					}
				}
				number = (number + 1) & 3
			}
		}
	}
}

// addGroups decodes the whole groups of buf[at:end], which begins with one, and returns
// where the next would begin.
func (v *view) addGroups(buf []byte, at, end int) int {
	length := len(v.data)
	v.data = slices.Grow(v.data, (end-at)/4*3+1+beyondBlocks)
	if v.bare {
		n := decodeGroups(v.data[length:cap(v.data)], buf[at:end])
		at, length = at+n, length+n/4*3
	}
	for out := v.data[length:cap(v.data)]; at+4 <= end; at, out, length = at+4, out[3:], length+3 {
		binary.BigEndian.PutUint32(out, threeOf(buf[at:])<<8) // and a byte that the next three go over
		if !v.bare {
			i := int32(at)
			v.places = append(v.places, place{i, i + 2}, place{i + 1, i + 3}, place{i + 2, i + 4})
		}
	}
	v.data = v.data[:length]
	return at
}

// threeOf is the three bytes of the group of base64 that begins b, the first in the highest
// bits.
func threeOf(b []byte) uint32 {
	return uint32(base64Value[b[0]])<<18 | uint32(base64Value[b[1]])<<12 | uint32(base64Value[b[2]])<<6 | uint32(base64Value[b[3]])
}

// base64Name tells the two alphabets apart by the characters around
// buf[start:end] that only one of them has.
func base64Name(buf []byte, start, end int) string {
	for i := start - 1; i >= max(0, start-binaryReach) && base64Alphabet[buf[i]]; i-- {
		start = i
	}
	for stop := min(len(buf), end+binaryReach); end < stop && base64Alphabet[buf[end]]; {
		end++
	}
	if run := buf[start:end]; bytes.ContainsAny(run, "-_") && !bytes.ContainsAny(run, "+/") {
		return layerBase64URL
	}
	return layerBase64
}

// hexAt decodes pairs of hexadecimal digits.
func hexAt(v *view, buf []byte, at, back, forward int) {
	all := v.pieces(buf, at, back, forward, hexAlphabet)
	before := 0
	for _, p := range all {
		before += max(0, min(p.end, at)-p.start)
	}
	v.layer, v.end = layerHex, all[len(all)-1].end
	odd, high, start := before&1 == 1, byte(0), -1
	for _, p := range all {
		for i := p.start; i < p.end; i++ {
			if odd = !odd; odd {
				high, start = hexValue(buf[i]), i
			} else if start >= 0 {
				v.add(high<<4|hexValue(buf[i]), start, i+1)
			}
		}
	}
}

func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
