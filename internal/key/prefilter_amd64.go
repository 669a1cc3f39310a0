//go:build !purego

package key

import (
	"math"
	"math/bits"
	"strings"

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
// candidate, and one shuffle instruction looks up 32 halves at once.
type vector struct {
	set     *literalSet
	masks   vectorMasks
	offsets []int             // of each literal's window
	reach   int               // the largest of offsets
	slots   [slotCount]uint64 // literals by the hash of their window, as bits
}

// vectorMasks holds, for each byte of a window, the table for the low half and
// the one for the high half; each twice, since the shuffle looks up its two
// halves of 16 bytes apart.
type vectorMasks [windowSize][2][32]byte

const (
	bucketCount = 8 // one bit each in a byte of vectorMasks
	slotBits    = 8
	slotCount   = 1 << slotBits
)

// scanBlocks looks at the windows that start in the n bytes at buf, 64 at a time,
// and stops at the first 64 that hold a candidate: at is where they start, and
// candidates has a bit for each. Once fewer than blockBytes are left it gives up,
// with candidates 0 and at where it stopped. It reads nothing past n.
//
//go:noescape
func scanBlocks(buf *byte, n int, masks *vectorMasks) (at int, candidates uint64)

// A block is blockWindows windows, and takes the bytes that the last of them has.
const (
	blockWindows = 64
	blockBytes   = blockWindows + windowSize - 1
)

func newVector(set *literalSet) *vector {
	v := &vector{set: set}
	var windows []window
	for i, literal := range set.literals {
		offset := rarestWindow(literal)
		v.offsets = append(v.offsets, offset)
		v.reach = max(v.reach, offset)
		v.slots[slotOf(windowAt(literal[offset:]))] |= 1 << i
		windows = append(windows, newWindow(literal[offset:]))
	}
	for bucket, w := range mergeWindows(windows) {
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
				v.masks[i][side][half] |= 1 << bucket
				v.masks[i][side][half+16] |= 1 << bucket
			}
		}
	}
}

func slotOf(window uint32) uint32 { return window * 0x9e3779b1 >> (32 - slotBits) }

func (v *vector) next(buf []byte, from int) (at, literal int) {
	pos := from
	for len(buf)-pos >= blockBytes {
		skipped, candidates := scanBlocks(&buf[pos], len(buf)-pos, &v.masks)
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
	_, candidates := scanBlocks(&tail[0], len(tail), &v.masks)
	return v.judge(buf, from, pos, candidates)
}

// judge returns the first literal at or after from that the candidates of the
// block at pos lead to; -1, -1 if there is none.
func (v *vector) judge(buf []byte, from, pos int, candidates uint64) (at, literal int) {
	for ; candidates != 0; candidates &= candidates - 1 {
		at := pos + bits.TrailingZeros64(candidates)
		if len(buf)-at < windowSize {
			break
		}
		if v.leads(buf, from, at) {
			// Windows lie at different depths: a literal that starts before this
			// one may have its window after it.
			return v.set.firstIn(buf, max(from, at-v.reach), at)
		}
	}
	return -1, -1
}

// leads tells whether the window at pos is that of a literal which stands there
// whole and starts at or after from.
func (v *vector) leads(buf []byte, from, pos int) bool {
	maybe := v.slots[slotOf(windowAt(buf[pos:]))]
	for ; maybe != 0; maybe &= maybe - 1 {
		i := bits.TrailingZeros64(maybe)
		start := pos - v.offsets[i]
		if start >= from && v.set.stands(buf, start, i) {
			return true
		}
	}
	return false
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

// odds estimates how many windows of what is searched pass, as if neighbouring
// bytes did not depend on one another.
func (w window) odds() float64 {
	odds := 1.0
	for _, halves := range w {
		sum := 0.0
		for high := halves[1]; high != 0; high &= high - 1 {
			for low := halves[0]; low != 0; low &= low - 1 {
				sum += frequency(byte(bits.TrailingZeros16(high)<<4 | bits.TrailingZeros16(low)))
			}
		}
		odds *= sum
	}
	return odds
}

// rarestWindow returns the offset in literal of the window least often seen.
func rarestWindow(literal []byte) int {
	best, least := 0, math.Inf(1)
	for i := range len(literal) - windowSize + 1 {
		if odds := newWindow(literal[i:]).odds(); odds < least {
			best, least = i, odds
		}
	}
	return best
}

// mergeWindows unites windows until they fit the buckets, each time the two whose
// union lets the fewest more candidates pass.
func mergeWindows(windows []window) []window {
	for len(windows) > bucketCount {
		var first, second int
		least := math.Inf(1)
		for i, a := range windows {
			for j, b := range windows[:i] {
				if added := a.union(b).odds() - a.odds() - b.odds(); added < least {
					first, second, least = j, i, added
				}
			}
		}
		last := len(windows) - 1
		windows[first] = windows[first].union(windows[second])
		windows[second] = windows[last]
		windows = windows[:last]
	}
	return windows
}

// commonBytes make up seven eighths of source text and programs, the commonest
// first: counted in equal parts over the Go and the git source trees, 100 MB of
// npm packages and 100 MB of Linux programs.
const commonBytes = " \x00etrniaso\n\tcld0upfm,gh\"._x()b1\xff=/:-EHyA2vSI\\\x01}T{4Lk;3Cw8PDNR\x896*O\x0fM"

// frequency estimates how often a byte is met. Those counts follow Zipf's law
// closely: the byte of rank k makes up 0.2/(k+2) of the whole.
func frequency(b byte) float64 {
	rank := strings.IndexByte(commonBytes, b)
	if rank < 0 {
		rank = 256 // what is left, shared out evenly
	}
	return 0.2 / float64(rank+2)
}
