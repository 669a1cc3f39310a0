package key

import (
	"slices"
	"strings"
)

// A Packed is a compressed file or an archive that stands in a text, encoded: a
// release of Helm's, an attachment of a mail, a file in a source. What is packed
// shows no literal, so that it is told by how such files begin.
type Packed struct {
	Start    int      // of the encoded text
	Encoding []string // from the outside in
	// Guessed says that it is not known how its bytes are written, as each language has rules
	// of its own for literals: what cannot be unpacked may have been read in the wrong way.
	Guessed bool
	decode  expansion
	buf     []byte
}

// An expansion decodes all of a packed file from the text that it stands in; end is
// where it ends there.
type expansion func(buf []byte) (data []byte, end int)

// Decode gives the file, as far as the text goes, and where that ends.
func (p Packed) Decode() (data []byte, end int) { return p.decode(p.buf) }

// FindAll is Find, and finds what is packed too. marked says that a gzip file may begin
// somewhere in buf, as it is.
func FindAll(buf []byte) (found []Match, packed []Packed, marked bool) {
	if Candidate(buf) {
		return findAll(buf)
	}
	return nil, nil, false // as in most files, and asking takes no memory
}

func findAll(buf []byte) (found []Match, packed []Packed, marked bool) {
	search(buf, 0, func(m Match) bool {
		switch {
		case m.gzip:
			marked = true
		case m.packed != nil:
			packed = addPacked(packed, Packed{m.Start, m.Encoding, m.guessed, m.packed, buf})
		default:
			found = append(found, m)
		}
		return true
	})
	found = arrange(found)
	for i := range found {
		found[i] = settled(buf, found[i])
	}
	return found, packed, marked
}

// addPacked adds a packed file, unless it was found already: text in an encoding is
// decoded more than once where it is not sure how it is aligned, and in escapes that its
// decoder reads too.
func addPacked(list []Packed, p Packed) []Packed {
	for i := len(list) - 1; i >= max(0, len(list)-16); i-- {
		if list[i].Start == p.Start && slices.Equal(runsOf(list[i].Encoding), runsOf(p.Encoding)) {
			return list
		}
	}
	return append(list, p)
}

// runsOf is those of the layers that write text as runs.
func runsOf(layers []string) []string {
	return slices.DeleteFunc(slices.Clone(layers), func(layer string) bool { return !IsRun(layer) })
}

// gzipMark is how a gzip file begins (RFC 1952). It is a literal of the prefilter, since a
// search for it alone takes as long as half of what all literals take.
const gzipMark = "\x1f\x8b\x08"

func judgeGzipMark(_ []byte, at int) (Match, bool) {
	return Match{Start: at, End: at + len(gzipMark), gzip: true}, true
}

// gzipMarks are the beginnings of gzip files in base64: with no name in them, and
// with one. They are literals of the prefilter, because a text that escapes a "/"
// has no long run.
var gzipMarks = []string{"H4sIA", "H4sIC"}

// judgeGzip judges such a literal, which begins a run.
func judgeGzip(buf []byte, at int) (Match, bool) {
	if at > 0 && base64Alphabet[buf[at-1]] && !isEscapedBreak(buf, at-1) {
		return Match{}, false
	}
	return Match{Start: at, Encoding: []string{base64Name(buf, at, at)}, packed: expand(packedBase64, at, 0, nil)}, true
}

// isEscapedBreak reports whether buf[at] is the letter of an escaped line break.
func isEscapedBreak(buf []byte, at int) bool {
	return at > 0 && buf[at-1] == '\\' && (buf[at] == 'n' || buf[at] == 'r' || buf[at] == 't')
}

// marks are the beginnings of other packed files in base64, as far as they are the
// same in all: of zip, xz, bzip2, zstd, lz4, 7z and PDF.
var marks = []string{"UEsDB", "/Td6WFo", "_Td6WFo", "Qlpo", "KLUv/", "KLUv_", "BCJNG", "N3q8ryc", "JVBERi0"}

// zlibMarks are those of zlib streams of each level, of 32 KiB windows (RFC
// 1950). Three characters say little, but only one run in thousands begins so.
var zlibMarks = []string{"eAE", "eAF", "eAG", "eAH", "eF4", "eF5", "eF6", "eF7", "eJw", "eJx", "eJy", "eJz", "eNo", "eNp", "eNq", "eNr"}

// hexMarks are the beginnings of gzip, zip and zlib files in hexadecimal digits.
var hexMarks = []string{"1f8b08", "1F8B08", "504b0304", "504B0304", "7801", "785e", "785E", "789c", "789C", "78da", "78DA"}

// beginsMark reports whether one of the marks, or what may stand before hexadecimal digits,
// begins with two characters. Most runs begin with others, and these would compare with each.
func beginsMark(first, second byte) bool {
	switch first {
	case '0':
		return second == 'x'
	case '1':
		return second|0x20 == 'f'
	case '5':
		return second == '0'
	case '7':
		return second == '8'
	case 'e':
		return second == 'A' || second == 'F' || second == 'J' || second == 'N'
	case '/', '_':
		return second == 'T'
	case 'U':
		return second == 'E'
	case 'Q':
		return second == 'l'
	case 'K':
		return second == 'L'
	case 'B':
		return second == 'C'
	case 'N':
		return second == '3'
	case 'J':
		return second == 'V'
	}
	return false
}

// mayBePacked reports whether packed finds anything, as a cheap look tells: at the first two
// characters of a run, and at those around it.
func mayBePacked(buf []byte, start, end int) bool {
	first, second := buf[start], buf[start+1]
	return start > 0 && (buf[start-1] == '\\' || buf[start-1] == '%') || beginsMark(first, second) ||
		hasCodes(first, second) && mayBeLong(buf, start, end)
}

// packed looks whether a packed file begins where the run buf[start:end] does, or where
// the base64 does that goes on in it behind characters that a text has escaped.
func (s *runSearch) packed(start, end int) {
	if mayBePacked(s.buf, start, end) {
		s.packedFrom(s.escapedStart(start), end)
	}
	s.chained = end
}

// packedFrom looks whether one begins at buf[at:], in a run that ends at buf[end].
func (s *runSearch) packedFrom(at, end int) {
	first, layer, decode := packedAt(s.buf, at)
	if decode == nil && isDeflate(s.buf, at, end) {
		first, layer, decode = at, base64Name(s.buf, at, at), deflatedBase64
	}
	if decode != nil {
		s.stopped = !s.yield(Match{Start: first, Encoding: []string{layer}, packed: expand(decode, first, 0, nil)})
	}
}

// escapedStart is where the base64 begins that goes on at s.buf[start:]: of a "/" that is
// escaped, as of a percent sign, what is left may begin a run. What an earlier run belongs
// to begins at that.
func (s *runSearch) escapedStart(start int) int {
	at := start
	for lo := max(s.chained, start-Reach); at > lo; at-- {
		if at == start || !base64Alphabet[s.buf[at-1]] {
			rest := s.buf[at:]
			switch {
			case s.buf[at-1] == '\\' && (rest[0] == '/' || hasPrefix(rest, "u002")):
			case s.buf[at-1] == '%' && len(rest) > 1 && rest[0] == '2' && strings.IndexByte("BbFf", rest[1]) >= 0:
			default:
				return at
			}
		}
	}
	if at > 0 && at == s.chained {
		return start
	}
	return at
}

// packedAt is how the packed file is decoded that the run at buf[start:] begins like, and
// where that begins; nil if it begins like none.
func packedAt(buf []byte, start int) (first int, layer string, decode decoder) {
	if isEscapedBreak(buf, start) || start > 0 && buf[start-1] == '\\' && buf[start] == 'x' {
		start++
	} else if hasPrefix(buf[start:], "0x") {
		start += 2
	}
	run := buf[start:]
	begins := func(mark string) bool { return hasPrefix(run, mark) }
	switch {
	case len(run) < 2:
	case !beginsMark(run[0], run[1]):
	case slices.ContainsFunc(marks, begins) || slices.ContainsFunc(zlibMarks, begins):
		return start, base64Name(buf, start, start), packedBase64
	case slices.ContainsFunc(hexMarks, begins):
		return start, layerHex, hexAt
	}
	return start, "", nil
}

// packedBase64 decodes base64 from its first character on. Unlike a key's, it has
// characters that texts escape: "/" in JSON, both that are no letters in URLs.
func packedBase64(v *view, buf []byte, at, _, _ int) {
	v.layer = layerBase64
	bits, have := uint32(0), 0
	for v.end = at; at < len(buf); v.end = at {
		c := buf[at]
		switch {
		case base64Alphabet[c]:
			at++
		case c == '\\' && at+1 < len(buf) && buf[at+1] == '/':
			c, at = '/', at+2
		default:
			if e, ok := readEscape(buf[at:]); ok && base64Alphabet[e.c] && e.layer != layerQuoted {
				c, at = e.c, at+e.length
				break
			}
			g, ok := gapAfter(buf, at, base64Alphabet)
			if !ok || g.end >= len(buf) {
				return
			}
			at = g.end
			continue
		}
		bits, have = bits<<6|uint32(base64Value[c]), have+6
		if have >= 8 {
			have -= 8
			v.data = append(v.data, byte(bits>>have))
		}
	}
}

// expand makes the expansion of what lies under a layer, which inner then goes on
// with: it is decoded around buf[at] from back bytes before on.
func expand(decode decoder, at, back int, inner expansion) expansion {
	return func(buf []byte) ([]byte, int) {
		v := view{bare: true}
		decode(&v, buf, at, back, len(buf))
		data := v.data
		if inner != nil {
			data, _ = inner(data)
		}
		return data, v.end
	}
}

// packedOutside is what a packed file in a view is in the buffer.
func (v *view) packedOutside(buf []byte, m Match, decode decoder, at, back int) Match {
	m.Start = int(v.places[m.Start].start)
	layer := v.layer
	if layer == layerBase64 {
		layer = base64Name(buf, m.Start, m.Start)
	}
	m.Encoding = v.around(layer, m.Encoding)
	m.packed = expand(decode, at, back, m.packed)
	return m
}
