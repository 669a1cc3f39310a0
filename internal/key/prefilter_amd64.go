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
// Hyperscan. Of each literal it looks for one window only, one that text and
// programs contain seldom (see dealt). The windows are dealt out to 8 buckets. For each byte
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
	masks  vectorMasks
	behind [slotCount]byte // by the hash of a window: what literals have behind it
}

// What literals have behind a window, if that is not one character.
const (
	noLiteral = 0    // there are none
	anyBehind = 0xff // several, or it is their end
)

const (
	bucketCount = 8 // one bit each in a byte of vectorMasks
	slotBits    = 10
	slotCount   = 1 << slotBits
	slotFactor  = 0x9e3779b1
)

// scanBlocks looks at the windows that start in the n bytes at buf, 64 at a time,
// and stops at the first 64 that hold a candidate behind which is what literals with a window
// of that hash have there: at is where they start, and candidates has a bit for that and for
// each behind it. Once fewer than blockBytes are left it gives up, with candidates 0 and at
// where it stopped. It reads nothing past n.
//
//go:noescape
func scanBlocks(buf *byte, n int, table *vectorTable) (at int, candidates uint64)

// A block is blockWindows windows, and takes the bytes that the last of them has, and one behind it.
const (
	blockWindows = 64
	blockBytes   = blockWindows + windowSize
)

func newVector(set *literalSet) *vector {
	v := &vector{set: set}
	often := newFrequencies()
	for i, literal := range set.literals {
		offset, bucket := often.windowOf(literal, i*bucketCount/len(set.literals))
		v.offsets = append(v.offsets, offset)
		v.reach = max(v.reach, offset)
		slot := slotOf(windowAt(literal[offset:]))
		v.slots[slot] |= 1 << i
		v.table.addBehind(slot, literal[offset+windowSize:])
		v.enter(bucket, string(literal[offset:offset+windowSize]))
	}
	return v
}

// addBehind enters what one more literal has behind a window.
func (t *vectorTable) addBehind(slot uint32, rest []byte) {
	next := byte(anyBehind)
	if len(rest) > 0 && rest[0] != noLiteral {
		next = rest[0]
	}
	if known := t.behind[slot]; known != noLiteral && known != next {
		next = anyBehind
	}
	t.behind[slot] = next
}

// enter sets a bucket's bit for the half bytes of a window.
func (v *vector) enter(bucket int, window string) {
	for i, c := range []byte(window) {
		for side, half := range [2]byte{c & 15, c >> 4} {
			v.table.masks[i][side][half] |= 1 << bucket
			v.table.masks[i][side][half+16] |= 1 << bucket
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

// dealt has a window of each of the forms' literals by its bucket, so that few others pass: a bucket
// lets through what has, at each place, the low half of some window's byte and the high half of
// some. Windows and buckets were chosen so that the fewest pass in 48 MB of npm packages, 38 MB of
// Go's source, 60 MB of Linux libraries and 6 MB of C, which count alike (TestDealing does it anew).
// One of 80 to 800 blocks has a candidate there.
var dealt = [bucketCount][]string{
	{"sp_", "NwX", "sp%", `sp\`, "sp&", "sp=", "sp\xe2", "sp\xef", "sp\xc2", "\np_"},
	{"\x00s\x00", "4sI"},
	{`\15`, "105", "115"},
	{"T b", `\01`},
	{"%69", "569", "069", "x69", "=69"},
	{"696", "69 ", "69}", "69;", "69,", "69:"},
	{"W5z", "c3B", "i\xe2\x80", "i\xe2\x81", "i\u00ad"},
	{"\x1f\x8b\b", "\ufeff", "73,"},
}

// windowOf is where the window of a literal begins that is looked for, and its bucket: the first
// that was dealt out, or if none was, the rarest, in another bucket.
func (f *frequencies) windowOf(literal []byte, other int) (offset, bucket int) {
	for offset := range len(literal) - windowSize + 1 {
		window := string(literal[offset : offset+windowSize])
		if bucket := slices.IndexFunc(dealt[:], func(b []string) bool { return slices.Contains(b, window) }); bucket >= 0 {
			return offset, bucket
		}
	}
	return f.rarestWindow(literal), other
}

// rarestWindow returns the offset in literal of the window least often seen, by its bytes.
func (f *frequencies) rarestWindow(literal []byte) int {
	best, least := 0, math.Inf(1)
	for i := range len(literal) - windowSize + 1 {
		if odds := f[literal[i]] * f[literal[i+1]] * f[literal[i+2]]; odds < least {
			best, least = i, odds
		}
	}
	return best
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
