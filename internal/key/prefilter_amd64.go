//go:build !purego

package key

import (
	"math"
	"math/bits"
	"slices"

	"golang.org/x/sys/cpu"
)

// newEngine returns the vector engine where the processor and the operating
// system both know AVX2, else the portable one.
func newEngine(set *literalSet) engine {
	if cpu.X86.HasAVX2 {
		return newVector(set)
	}
	return newSampler(set)
}

// A vector is the engine for AVX2, after the Teddy algorithm of Intel's
// Hyperscan. Of each literal it looks for one window only, the one that text and
// programs contain least. The windows are dealt out to 8 buckets. For each byte
// of a window two tables of 16 entries say, by the byte's low and high half,
// which buckets that byte may serve: what all six tables agree on is a
// candidate if a literal has a window of that hash, and one shuffle instruction looks up 32
// halves at once.
type vector struct {
	set     *literalSet
	table   vectorTable
	offsets []int             // of each literal's window
	reach   int               // the largest of offsets
	slots   [slotCount]uint64 // literals by the hash of their window, as bits
}

// vectorMasks holds, for each byte of a window, the table for the low half and
// the one for the high half; each twice, since the shuffle looks up its two
// halves of 16 bytes apart.
type vectorMasks [windowSize][2][32]byte

// A vectorTable is what scanBlocks knows of windows.
type vectorTable struct {
	masks vectorMasks
	known [slotCount]bool // by the hash of a window: whether a literal has it
}

const (
	bucketCount = 8 // one bit each in a byte of vectorMasks
	slotBits    = 10
	slotCount   = 1 << slotBits
	slotFactor  = 0x9e3779b1
)

// scanBlocks looks at the windows that start in the n bytes at buf, 64 at a time,
// and stops at the first 64 that hold a candidate whose hash is known: at is where they
// start, and candidates has a bit for that and for each behind it. Once fewer than blockBytes
// are left it gives up, with candidates 0 and at where it stopped. It reads nothing past n.
//
//go:noescape
func scanBlocks(buf *byte, n int, table *vectorTable) (at int, candidates uint64)

// A block is blockWindows windows, and takes the bytes that the last of them has.
const (
	blockWindows = 64
	blockBytes   = blockWindows + windowSize - 1
)

func newVector(set *literalSet) *vector {
	v := &vector{set: set}
	often := newFrequencies()
	var windows []window
	for i, literal := range set.literals {
		offset := often.rarestWindow(literal)
		v.offsets = append(v.offsets, offset)
		v.reach = max(v.reach, offset)
		slot := slotOf(windowAt(literal[offset:]))
		v.slots[slot] |= 1 << i
		v.table.known[slot] = true
		if w := newWindow(literal[offset:]); !slices.Contains(windows, w) {
			windows = append(windows, w)
		}
	}
	for bucket, w := range often.dealOut(windows) {
		v.enter(bucket, w)
	}
	return v
}

// enter sets a bucket's bit for every half byte that its windows have.
func (v *vector) enter(bucket int, w window) {
	for i, halves := range w {
		for side, set := range halves {
			for ; set != 0; set &= set - 1 {
				half := bits.TrailingZeros16(set)
				v.table.masks[i][side][half] |= 1 << bucket
				v.table.masks[i][side][half+16] |= 1 << bucket
			}
		}
	}
}

func slotOf(window uint32) uint32 { return window * slotFactor >> (32 - slotBits) }

func (v *vector) next(buf []byte, from int) (at, literal int) {
	pos := from
	for len(buf)-pos >= blockBytes {
		skipped, candidates := scanBlocks(&buf[pos], len(buf)-pos, &v.table)
		pos += skipped
		if candidates == 0 {
			break
		}
		if at, literal := v.judge(buf, from, pos, candidates); at >= 0 {
			return at, literal
		}
		pos += blockWindows
	}
	if len(buf)-pos < windowSize {
		return -1, -1
	}
	var tail [blockBytes]byte // padded, so that the last block reads nothing past buf
	copy(tail[:], buf[pos:])
	_, candidates := scanBlocks(&tail[0], len(tail), &v.table)
	return v.judge(buf, from, pos, candidates)
}

// judge returns the first literal at or after from that the candidates of the
// block at pos lead to; -1, -1 if there is none.
func (v *vector) judge(buf []byte, from, pos int, candidates uint64) (at, literal int) {
	at, literal = -1, -1
	for ; candidates != 0; candidates &= candidates - 1 {
		window := pos + bits.TrailingZeros64(candidates)
		if len(buf)-window < windowSize || at >= 0 && window > at+v.reach {
			break
		}
		if start, i := v.leads(buf, from, window); i >= 0 && (at < 0 || start < at || start == at && i < literal) {
			at, literal = start, i
		}
	}
	// Windows lie at different depths: a literal that starts before this one may have
	// its window after it, and in the next block.
	if next := pos + blockWindows; at >= 0 && at+v.reach >= next {
		return v.set.firstIn(buf, max(from, next-v.reach), at)
	}
	return at, literal
}

// leads returns the first of the literals that the window at pos is of, which stand there
// whole and start at or after from: where it starts, and its index; -1, -1 if there is none.
func (v *vector) leads(buf []byte, from, pos int) (at, literal int) {
	at, literal = -1, -1
	maybe := v.slots[slotOf(windowAt(buf[pos:]))]
	for ; maybe != 0; maybe &= maybe - 1 {
		i := bits.TrailingZeros64(maybe)
		if start := pos - v.offsets[i]; start >= from && (at < 0 || start < at) && v.set.stands(buf, start, i) {
			at, literal = start, i
		}
	}
	return at, literal
}

// A window is, for each of its bytes, the set of low halves and the set of high
// halves that pass, as bits. A bucket is the union of the windows in it.
type window [windowSize][2]uint16

func newWindow(b []byte) (w window) {
	for i := range w {
		w[i] = [2]uint16{1 << (b[i] & 15), 1 << (b[i] >> 4)}
	}
	return w
}

func (w window) union(other window) window {
	for i := range w {
		w[i][0] |= other[i][0]
		w[i][1] |= other[i][1]
	}
	return w
}

// odds estimates how many windows of what is searched pass.
func (f *frequencies) odds(w window) float64 {
	odds := f.byKind(w[0])
	for _, halves := range w[1:] {
		next := f.byKind(halves)
		for kind := range next {
			before := 0.0
			for last := range odds {
				before += odds[last] * followers[last][kind]
			}
			next[kind] *= before
		}
		odds = next
	}
	return sumOf(odds)
}

// oddsApart is odds as if neighbouring bytes did not depend on one another.
func (f *frequencies) oddsApart(w window) float64 {
	odds := 1.0
	for _, halves := range w {
		odds *= sumOf(f.byKind(halves))
	}
	return odds
}

func sumOf(kinds [byteKinds]float64) (sum float64) {
	for _, often := range kinds {
		sum += often
	}
	return sum
}

// byKind is how often bytes with some low and some high halves are met, by their kind.
func (f *frequencies) byKind(halves [2]uint16) (sums [byteKinds]float64) {
	for high := halves[1]; high != 0; high &= high - 1 {
		row := bits.TrailingZeros16(high) << 4
		often, kinds := (*[16]float64)(f[row:]), (*[16]uint8)(kindOfByte[row:])
		for low := halves[0]; low != 0; low &= low - 1 {
			i := bits.TrailingZeros16(low) & 15
			sums[kinds[i]&(byteKinds-1)] += often[i]
		}
	}
	return sums
}

// rarestWindow returns the offset in literal of the window least often seen, by its bytes alone:
// a list has digits and what is between them more often than their kinds tell.
func (f *frequencies) rarestWindow(literal []byte) int {
	best, least := 0, math.Inf(1)
	for i := range len(literal) - windowSize + 1 {
		if odds := f.oddsApart(newWindow(literal[i:])); odds < least {
			best, least = i, odds
		}
	}
	return best
}

// dealOut deals windows out to the buckets so that few others pass. Literals that are alike
// stand together, so their windows begin in one bucket; then each goes where it lets the
// fewest more pass, until none does better in another.
func (f *frequencies) dealOut(windows []window) [bucketCount]window {
	d := deal{often: f, windows: windows, bucket: make([]int, len(windows))}
	for i, w := range windows {
		d.bucket[i] = i * bucketCount / len(windows)
		d.set(d.bucket[i], d.buckets[d.bucket[i]].union(w))
	}
	for moved := true; moved; {
		moved = false
		for i := range windows {
			moved = d.move(i) || moved
		}
	}
	return d.buckets
}

// A deal is the bucket of each window, and what each bucket lets pass.
type deal struct {
	often   *frequencies
	windows []window
	bucket  []int
	buckets [bucketCount]window
	odds    [bucketCount]float64
}

func (d *deal) set(bucket int, w window) { d.buckets[bucket], d.odds[bucket] = w, d.often.odds(w) }

// move lets a window have the bucket that is best for it, and reports whether that is
// another one.
func (d *deal) move(i int) bool {
	const gain = 1e-12 // less is an error of rounding, which could go on for ever
	from, w := d.bucket[i], d.windows[i]
	rest := d.without(i)
	to, least := from, d.odds[from]-d.often.odds(rest)-gain
	for bucket, others := range d.buckets {
		if bucket == from {
			continue
		}
		if added := d.often.odds(others.union(w)) - d.odds[bucket]; added < least {
			to, least = bucket, added
		}
	}
	if to == from {
		return false
	}
	d.bucket[i] = to
	d.set(from, rest)
	d.set(to, d.buckets[to].union(w))
	return true
}

// without is what passes the bucket of a window without that.
func (d *deal) without(i int) (rest window) {
	for j, w := range d.windows {
		if d.bucket[j] == d.bucket[i] && j != i {
			rest = rest.union(w)
		}
	}
	return rest
}

// Kinds of bytes, of which it is counted how they follow each other.
const (
	digitByte = iota
	smallByte
	capitalByte
	otherByte
	byteKinds // how many there are, a power of two
)

var kindOfByte = func() (kinds [256]uint8) {
	for c := range kinds {
		switch {
		case isDigit(byte(c)):
			kinds[c] = digitByte
		case 'a' <= c && c <= 'z':
			kinds[c] = smallByte
		case 'A' <= c && c <= 'Z':
			kinds[c] = capitalByte
		default:
			kinds[c] = otherByte
		}
	}
	return kinds
}()

// followers is how many times as often a kind of byte stands behind another as it would by
// chance: the mean of what was counted in 30 MB each of Go's source, of two trees of npm packages
// and of Linux libraries.
var followers = [byteKinds][byteKinds]float64{
	{12, 0.3, 1, 1},
	{0.4, 1.7, 0.5, 0.5},
	{1.2, 0.7, 4.2, 0.6},
	{0.9, 0.4, 0.8, 1.7},
}

// commonBytes make up seven eighths of source text and programs, the commonest
// first: counted in equal parts over the Go and the git source trees, 100 MB of
// npm packages and 100 MB of Linux programs.
const commonBytes = " \x00etrniaso\n\tcld0upfm,gh\"._x()b1\xff=/:-EHyA2vSI\\\x01}T{4Lk;3Cw8PDNR\x896*O\x0fM"

// frequencies estimates how often each byte is met. Those counts follow Zipf's law
// closely: the byte of rank k makes up 0.2/(k+2) of the whole.
type frequencies [256]float64

func newFrequencies() *frequencies {
	var f frequencies
	for b := range f {
		f[b] = 0.2 / (256 + 2) // what is left, shared out evenly
	}
	for rank := range len(commonBytes) {
		f[commonBytes[rank]] = 0.2 / float64(rank+2)
	}
	return &f
}
