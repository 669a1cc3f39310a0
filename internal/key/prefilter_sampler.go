package key

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// windowMask keeps the low windowSize bytes of a little-endian word.
const windowMask = 1<<(8*windowSize) - 1

// A sampler is the engine in plain Go. It does not look at every byte: a literal
// of n bytes contains n-2 windows of three, so one window in every n-2 positions
// is enough to meet each literal exactly once. Unlike a search that skips by a
// shift table, where it looks next does not depend on what it saw, so the
// processor works on many windows at once. A literal that is shorter than the others would
// have it look everywhere: each such one is searched by itself.
type sampler struct {
	set    *literalSet
	least  int // length of the shortest literal that is met so
	stride int
	known  [1 << sampleBits]bool // by hash: a window that some literal contains
	short  []int                 // the literals that are not met so
}

// shortestSampled is how long the literals are at least that are met by samples.
const shortestSampled = 5

// sampleBits keeps the table in the first-level cache, and two windows seldom
// share a place in it: 32 literals know at most a few hundred.
const sampleBits = 13

// newSampler enters the windows of each literal's first bytes, so that the
// sample that meets a literal lies fewer than stride bytes after its start, and
// samples meet the literals in the order of their positions.
func newSampler(set *literalSet) *sampler {
	s := &sampler{set: set, least: math.MaxInt32}
	for i, literal := range set.literals {
		if len(literal) < shortestSampled {
			s.short = append(s.short, i)
		} else {
			s.least = min(s.least, len(literal))
		}
	}
	s.stride = s.least - windowSize + 1
	for _, literal := range set.literals {
		if len(literal) < shortestSampled {
			continue
		}
		for i := range s.stride {
			s.known[sampleHash(windowAt(literal[i:]))] = true
		}
	}
	return s
}

// windowAt is the window that starts b, as a little-endian number.
func windowAt(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
}

// sampleHash spreads windows over the table: the top bits of a product with an
// odd constant (2^32 over the golden ratio) depend on all bits of the window.
func sampleHash(window uint32) uint32 {
	return window * 0x9e3779b1 >> (32 - sampleBits)
}

func (s *sampler) next(buf []byte, from int) (at, literal int) {
	at, literal = s.sampled(buf, from)
	for _, i := range s.short {
		to := len(buf)
		if at >= 0 {
			to = min(to, at+len(s.set.literals[i]))
		}
		if first := bytes.Index(buf[from:to], s.set.literals[i]); first >= 0 {
			at = from + first
			literal = bits.TrailingZeros64(s.set.at(buf, at))
		}
	}
	return at, literal
}

// sampled finds the first place where a literal stands, as far as samples meet it.
func (s *sampler) sampled(buf []byte, from int) (at, literal int) {
	pos := from + s.stride - 1
	for ; pos+4 <= len(buf); pos += s.stride {
		if !s.known[sampleHash(binary.LittleEndian.Uint32(buf[pos:])&windowMask)] {
			continue
		}
		if at, literal := s.set.firstIn(buf, pos-s.stride+1, pos); at >= 0 {
			return at, literal
		}
	}
	// What starts later than the last sample can reach is a literal's length
	// from the end at most.
	return s.set.firstIn(buf, pos-s.stride+1, len(buf)-s.least)
}
