package key

import "encoding/binary"

// windowMask keeps the low windowSize bytes of a little-endian word.
const windowMask = 1<<(8*windowSize) - 1

// A sampler is the engine in plain Go. It does not look at every byte: a literal
// of n bytes contains n-2 windows of three, so one window in every n-2 positions
// is enough to meet each literal exactly once. Unlike a search that skips by a
// shift table, where it looks next does not depend on what it saw, so the
// processor works on many windows at once.
type sampler struct {
	set    *literalSet
	stride int
	known  [1 << sampleBits]bool // by hash: a window that some literal contains
}

// sampleBits keeps the table in the first-level cache, and two windows seldom
// share a place in it: 32 literals know at most a few hundred.
const sampleBits = 13

// newSampler enters the windows of each literal's first bytes, so that the
// sample that meets a literal lies fewer than stride bytes after its start, and
// samples meet the literals in the order of their positions.
func newSampler(set *literalSet) *sampler {
	s := &sampler{set: set, stride: set.shortest - windowSize + 1}
	for _, literal := range set.literals {
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
	return s.set.firstIn(buf, pos-s.stride+1, len(buf)-s.set.shortest)
}
