package key

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"sync"
)

// What a literal cannot find is text that is encoded more than once, and a
// literal that a line break cuts. Both lie in runs of one alphabet, or in
// UTF-16, that decode to ASCII text, which random and compressed bytes never
// do for long. So searchRuns looks for such runs, decodes what looks like
// text, and searches that.

const (
	// shortestRun is the shortest unbroken run that is looked at, a multiple of
	// 8. A wrapped key has one of this length if lines are at least as long.
	shortestRun = 32

	// A run is probed with windows of probeLength characters, probeStep apart at its end: of any
	// shortestText characters that decode to ASCII one is inside.
	probeLength  = 24
	shortestText = 40
	probeStep    = shortestText - probeLength + 1

	// Further from its end they are wideStep apart: a key there is no piece that is cut at the
	// end, and in base64, the densest, one is inside of its body.
	wideStep = (bodyLength-2)/3*4 - probeLength + 1

	// chunk is how much of a run is decoded at once, in bytes of the run; two
	// chunks overlap by Reach.
	chunk = 16 << 10

	// textStep is how much of a run is looked at at once for whether it is text, a
	// multiple of each unit.
	textStep = 256
)

// What is of a run lies between these.
const (
	leastOfRun    = '+'
	greatestOfRun = 'z'
)

// Classes of bytes.
const (
	inRun    = 1 << iota // of the alphabet of base64 or base64url
	inHex                // a hexadecimal digit
	lowDigit             // the first digit of an ASCII character
	ascii1               // by its place in a group of base64: the bit that makes
	ascii2               // a byte of the group more than ASCII is clear
	ascii3
	inList     // of a list of numbers (list.go)
	escapeLead // what an escape may begin with (escape.go)
	alnum      // a letter or a digit
)

// asciiBits are the bits that are clear in the values of base64, by their place in a group, if
// all bytes of the group are ASCII: each is the first bit of a byte.
var asciiBits = [base64Ways]byte{1 << 5, 1 << 3, 1 << 1, 0}

var classes = func() (classes [256]uint16) {
	for c := range classes {
		if value := base64Value[c]; value != 0xff {
			classes[c] |= inRun
			for i, bit := range asciiBits[:3] {
				if value&bit == 0 {
					classes[c] |= ascii1 << i
				}
			}
		}
		if isDigit(byte(c)) || isLetter(byte(c)) {
			classes[c] |= alnum
		}
		if isDigit(byte(c)) || 'a' <= c|0x20 && c|0x20 <= 'f' {
			classes[c] |= inHex
		}
		if '0' <= c && c <= '7' {
			classes[c] |= lowDigit
		}
		if classes[c]&inHex != 0 || strings.IndexByte("x"+betweenNumbers, byte(c)) >= 0 {
			classes[c] |= inList
		}
		if strings.IndexByte(escapeLeads, byte(c)) >= 0 {
			classes[c] |= escapeLead
		}
	}
	return classes
}()

// A runPass is the pass for what decodes to text in a buffer, below a number of layers.
type runPass struct {
	buf    []byte
	tables *passTables
	layers int
	yield  func(Match) bool
	at     int        // where a run is shortestRun long next, at the earliest
	run    *runSearch // nil until there is something for it: in most buffers there is nothing, and there are many
}

func (p *runPass) release() {
	if p.run != nil {
		p.run.release()
	}
}

// to searches what is shortestRun long before buf[end].
func (p *runPass) to(end int) bool {
	for {
		at, last, nul := p.next(end)
		if p.at = at; at >= end {
			return true
		}
		if p.run == nil {
			p.run = takeRunSearch(p.buf, p.layers, p.yield)
		}
		if nul >= 0 {
			p.at = max(at, p.run.view(utf16At, nul-1, Reach, chunk)) + 1
		} else {
			last = runEnd(p.buf, last)
			p.run.run(at-shortestRun+1, last)
			p.at = last + shortestRun
		}
		if p.run.stopped {
			return false
		}
	}
}

// next is where the next run before p.buf[to] is shortestRun long, and how far it is known to go
// on; or a place from which the next UTF-16 was seen: p.buf[nul] is a byte of it then, and nul
// negative in a run. If there is none, it is at p.buf[to] at the earliest.
func (p *runPass) next(to int) (at, end, nul int) {
	buf := p.buf
	for at = p.at; ; {
		at, end = passRuns(buf[:to], at, p.tables)
		if end > 0 || at >= to {
			return at, end, -1
		}
		// Bytes are read from the end of where a run could be, so that most
		// are never looked at.
		i := lastOutside(buf, at)
		if i < 0 {
			return at, at + 1, -1
		}
		nul = i
		if i > 0 && buf[i] != 0 {
			nul = i - 1
		}
		if looksUTF16(buf, nul) {
			return at, at, nul
		}
		at = i + shortestRun
	}
}

// runEnd is where a run ends that goes on, or ends, at buf[end].
func runEnd(buf []byte, end int) int {
	for end = passRun(buf, end); end < len(buf) && classes[buf[end]]&inRun != 0; {
		end++
	}
	return end
}

// lastOutside is one of the shortestRun bytes up to buf[at] that no run holds,
// and one of the last of these; -1 if there is none.
func lastOutside(buf []byte, at int) int {
	for end := at; end > at-shortestRun; end -= 8 {
		if outside := farOutside(binary.LittleEndian.Uint64(buf[end-7:])); outside != 0 {
			return end - bits.LeadingZeros64(outside)/8
		}
		for i := end; i > end-8; i-- {
			if classes[buf[i]]&inRun == 0 {
				return i
			}
		}
	}
	return -1
}

// farOutside has the high bit set of each byte of eight that is less than the least
// character of a run, or more than the greatest.
func farOutside(eight uint64) uint64 {
	const ones = 0x0101010101010101
	const high = ones << 7
	low := eight &^ high
	return (eight | (low + ones*(0x80-greatestOfRun-1)) | ^(low + ones*(0x80-leastOfRun))) & high
}

// base64Ways, hexWays and base32Ways are at how many places of a run its groups may begin:
// as many as a group has characters.
const (
	base64Ways = 4
	hexWays    = 2
	base32Ways = 8
)

// The ways to decode a run, as places in runSearch.done.
const (
	runBase64 = 0
	runHex    = runBase64 + base64Ways
	runBase32 = runHex + hexWays
	runWays   = runBase32 + base32Ways
)

type runSearch struct {
	buf     []byte
	layers  int
	yield   func(Match) bool
	stopped bool
	chained int                         // where the last run ended that may begin a packed file
	textEnd int                         // where the last text ends that was searched
	done    [max(runWays, wayCount)]int // by the way to decode: where the last view ended
}

// runSearches are those that are not under way.
var runSearches = sync.Pool{New: func() any { return new(runSearch) }}

func takeRunSearch(buf []byte, layers int, yield func(Match) bool) *runSearch {
	s := runSearches.Get().(*runSearch)
	*s = runSearch{buf: buf, layers: layers, yield: yield}
	return s
}

func (s *runSearch) release() {
	*s = runSearch{} // it must not hold a buffer that nobody else holds
	runSearches.Put(s)
}

// shortestAlone is the shortest run that holds a key by itself: in base64, the densest.
const shortestAlone = shortestKey * 4 / 3

// run probes buf[start:end] and searches what looks like text in it.
func (s *runSearch) run(start, end int) {
	s.packed(start, end)
	if end-start < shortestAlone && isApart(s.buf, start, end) {
		return // as most are: long names
	}
	if mayBeCut(s.buf, start) {
		if m, ok := judgeCutPrefix(s.buf, start); ok && !s.stopped {
			s.stopped = !s.yield(m)
		}
	}
	at := passProbes(s.buf, start, end)
	for ; at+probeLength <= end && !s.stopped; at = passProbes(s.buf, nextProbe(max(at, s.textEnd-shortestAlone), end), end) {
		if mayBeEncoded(s.buf[at : at+probeLength]) {
			s.probe(at, start, end)
		}
	}
}

// nextProbe is where the next probe of a run is that ends at end, behind one.
func nextProbe(at, end int) int {
	if wide := at + wideStep; wide <= end-shortestText {
		return wide
	}
	return at + probeStep
}

// probe looks whether what is at buf[at:] in the run buf[start:end] is text in one of the
// alphabets, and searches what is. Where text goes on no other can stand that is aligned in
// another way, for as long as a key.
func (s *runSearch) probe(at, start, end int) {
	to := at + probeLength
	if isUniform(s.buf[at:to]) {
		return
	}
	for ways := waysAt(s.buf, at); ways != 0; ways &= ways - 1 {
		first := at + bits.TrailingZeros(uint(ways))
		if way := runBase64 + (first-start)%base64Ways; first >= s.done[way] {
			s.done[way] = s.text(base64Groups, first, start, end, base64Ways, (*runSearch).base64Text)
		}
	}
	for first := at; first < at+hexWays; first++ {
		if way := runHex + (first-start)%hexWays; first >= s.done[way] && s.hexText(first, to) {
			s.done[way] = s.text(hexAt, first, start, end, hexWays, (*runSearch).hexText)
		}
	}
	if !s.isBase32(at, to) {
		return
	}
	for first := at; first < at+base32Ways && !s.stopped; first++ {
		if way := runBase32 + (first-start)%base32Ways; first >= s.done[way] && s.base32Text(first, to) {
			s.done[way] = s.text(base32Groups, first, start, end, base32Ways, (*runSearch).base32Text)
		}
	}
}

// isUniform reports whether a probe is one character again and again, as for NUL bytes: no text of a
// key is.
func isUniform(probe []byte) bool { return string(probe[1:]) == string(probe[:len(probe)-1]) }

// mayBeEncoded reports whether a probe may be ASCII in one of the alphabets, however that
// is aligned: of base64 by the first character of each whole group, of the others by some
// characters. Most runs are long names.
func mayBeEncoded(probe []byte) bool {
	p := (*[probeLength]byte)(probe)
	const cut = 0xffffff << 40 // the last groups, but for the one that begins with the probe
	if first := belowHalf(p[:8]) & belowHalf(p[8:16]) & (belowHalf(p[16:]) | cut); first&(first>>32) != 0 {
		return true
	}
	hex := classes[p[3]] & classes[p[8]] & classes[p[13]] & classes[p[18]] & classes[p[22]]
	none := base32Value[p[1]] | base32Value[p[6]] | base32Value[p[11]] | base32Value[p[16]] | base32Value[p[21]]
	return hex&inHex != 0 || none < 32
}

// belowHalf has the low bit set of each of eight characters of a run that stands for less
// than 32 in base64, and of some others: of 0x40 to 0x5f and 0x60 to 0x67, which capitals
// and the letters up to "f" are among.
func belowHalf(b []byte) uint64 {
	const ones = 0x0101010101010101
	eight := binary.LittleEndian.Uint64(b)
	return eight >> 6 &^ (eight >> 5 & (eight>>4 | eight>>3)) & ones
}

// base64Text reports whether the groups of base64 that begin at buf[from] and
// are whole before to are ASCII.
func (s *runSearch) base64Text(from, to int) bool {
	b := s.buf[from:max(from, to)]
	return areText(b[textGroups(b):])
}

// areText is that for groups, one by one.
func areText(groups []byte) bool {
	for b := groups; len(b) >= 4; b = b[4:] {
		if classes[b[0]]&ascii1 == 0 || classes[b[1]]&ascii2 == 0 || classes[b[2]]&ascii3 == 0 {
			return false
		}
	}
	return true
}

// fewestReadable are the characters that a probe has at least in UTF-32, of 15 bytes.
const fewestReadable = 3

// textWays has a bit for each way to align a probe in base64 in which its whole groups are of a
// readable text.
func textWays(probe []byte) (ways int) {
	for way := range base64Ways {
		if groups := probe[way:]; areText(groups) && isReadable(groups) {
			ways |= 1 << way
		}
	}
	return ways
}

// isReadable reports whether a probe of base64 that is ASCII is of a text, maybe in UTF-16 or
// UTF-32: not of a font or a program, in which much is ASCII too. It is not asked of what is
// around a probe, since a key may stand in a message of bytes.
func isReadable(b []byte) bool {
	text := 0
	for ; len(b) >= 4; b = b[4:] {
		three := threeOf(b)
		for shift := 0; shift <= 16; shift += 8 {
			switch c := byte(three >> shift); {
			case isText(c):
				text++
			case !isBetweenText(c):
				return false
			}
		}
	}
	return text >= fewestReadable
}

// hexText reports whether the pairs of digits that begin at buf[from] and are
// whole before to are ASCII.
func (s *runSearch) hexText(from, to int) bool { return isHexText(s.buf[from:max(from, to)]) }

func isHexText(digits []byte) bool {
	for b := digits; len(b) >= 2; b = b[2:] {
		if classes[b[0]]&lowDigit == 0 || classes[b[1]]&inHex == 0 {
			return false
		}
	}
	return true
}

// text searches the text around buf[at] in the run buf[start:end], in which
// units of a length hold it, and returns where the next begins. isText tells
// whether units are text. Text that ends inside of the run must be long enough for
// a key; at the ends of the run, it may go on beyond a gap.
func (s *runSearch) text(decode decoder, at, start, end, unit int, isText func(s *runSearch, from, to int) bool) int {
	first, last := at, at+probeLength/2/unit*unit
	for lo := max(start, at-Reach); first-unit >= lo && isText(s, first-unit, first); {
		first -= unit
	}
	hi := min(end, at+chunk)
	for _, step := range [...]int{16 * textStep, textStep, unit} {
		for last+step <= hi && isText(s, last, last+step) {
			last += step
		}
	}
	s.textEnd = last
	back, forward := at-first+unit, last+unit-at
	inside := true
	if first < start+unit {
		inside = pieceBefore(s.buf, start, 0, base64Alphabet) < 0
		back = Reach
	}
	if last+unit > end {
		inside = inside && pieceAfter(s.buf, start, end, base64Alphabet) < 0
		forward = chunk
	}
	if inside && (last-first+2*unit)/unit*(unit*3/4) < shortestKey {
		return last
	}
	return s.view(decode, at, back, forward)
}

// view searches what is around buf[at] under a layer, and returns where the
// next view begins.
func (s *runSearch) view(decode decoder, at, back, forward int) int {
	next := s.viewBy(decode, at, back, forward)
	for _, mark := range []byte(diffMarks(s.buf, at, Reach)) {
		if !s.stopped {
			s.viewBy(ofDiff(decode, mark), at, back, forward)
		}
	}
	return next
}

func (s *runSearch) viewBy(decode decoder, at, back, forward int) int {
	v := takeView()
	defer v.release()
	v.bare = true
	decode(v, s.buf, at, back, forward)
	if layers := s.layers + v.depth(); len(v.data) >= shortestKey && layers <= maxLayers {
		if found := allIn(v.data, layers); len(found) > 0 {
			v.clear() // most views hold nothing: only those that do need their places
			decode(v, s.buf, at, back, forward)
			s.hand(v, found, decode, at, back)
		}
	}
	if forward == chunk && v.end >= at+chunk-1 {
		return v.end - Reach
	}
	return max(at+1, v.end)
}

// allIn lists the matches in what is left of a buffer below a number of layers.
func allIn(data []byte, layers int) (found []Match) {
	search(data, layers, func(m Match) bool {
		found = append(found, m)
		return true
	})
	return found
}

// hand hands over the matches in a view, as what they are in the buffer.
func (s *runSearch) hand(v *view, found []Match, decode decoder, at, back int) {
	for _, m := range found {
		switch {
		case m.gzip && v.layer == layerDump && !v.inDiff:
			m = v.packedOutside(s.buf, m.dumped(), decode, at, back)
		case m.gzip:
			continue // encodings of text have none
		case m.packed != nil && v.inDiff:
			continue // it may go on as far as the diff does
		case m.packed != nil:
			m = v.packedOutside(s.buf, m, decode, at, back)
		case v.isVerbatim(m):
			continue // it is found as it stands
		default:
			m = v.outside(s.buf, m)
		}
		if s.stopped = !s.yield(m); s.stopped {
			return
		}
	}
}

// isBetweenText reports whether c is a byte of a text that is no character: of UTF-16 or UTF-32,
// or what begins a command to a terminal.
func isBetweenText(c byte) bool { return c == 0 || c == '\x1b' }

// isText reports whether c is an ASCII character that texts have.
func isText(c byte) bool { return ' ' <= c && c < 0x7f || '\t' <= c && c <= '\r' }
