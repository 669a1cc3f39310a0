package key

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// What a prefilter takes. Sets of literals are held as bits of a uint64; a
// literal shorter than shortestLiteral has no window of windowSize bytes.
const (
	maxLiterals     = 64
	shortestLiteral = windowSize
)

// windowSize is how many neighbouring bytes of a literal both engines look at
// before they compare the whole of it. With 21 encodings of the prefix, over
// source text and programs, two bytes make the vector engine stop in one of 9 to
// 47 blocks of 64 bytes; three in one of 129 to 859, so that a fourth could save
// little and would make every block a third dearer.
const windowSize = 3

// A prefilter finds every place where one of a few short literals stands, case
// and all, in one pass over a buffer. It never changes once it is built, so
// goroutines may share it.
//
// Two engines do the walking, and find the same: a vector engine for amd64
// processors with AVX2 (prefilter_amd64.go), and a portable one
// (prefilter_sampler.go). Either stops where some literal may stand, and has the
// literalSet judge.
type prefilter struct {
	set    *literalSet
	engine engine
}

// An engine finds the first place at or after from where a literal of its set
// stands whole in buf, and the smallest index of those that stand there; -1, -1
// if there is none. from is not negative.
type engine interface {
	next(buf []byte, from int) (at, literal int)
}

// newPrefilter builds a prefilter over 1 to 64 literals of at least 3 bytes
// each, and panics over any other list, which would be a mistake in this
// package's own tables. Literals may overlap, start alike or be equal. Each that
// is shorter than 5 bytes costs the portable engine a search of its own.
func newPrefilter(literals [][]byte) *prefilter {
	set := newLiteralSet(literals)
	return &prefilter{set: set, engine: newEngine(set)}
}

// next returns the first position at or after from where a literal stands whole
// in buf, and the index of that literal; of several at one position the one with
// the smallest index. It returns -1, -1 if there is none; a negative from counts
// as 0.
//
// A loop that goes on from at+1 sees every position that holds a literal, but one
// of those that stand there.
func (p *prefilter) next(buf []byte, from int) (at, literal int) {
	return p.engine.next(buf, min(max(from, 0), len(buf)))
}

// A literalSet holds the literals, and judges whether one stands at a position.
type literalSet struct {
	literals [][]byte
	heads    []head
	byFirst  [256]uint64 // the literals that start with a byte, as bits
}

// A head is the first 8 bytes of a literal, or all of a shorter one, as a
// little-endian number, and the mask that keeps as much of a buffer. Near misses
// fail on it at the price of one comparison.
type head struct{ bytes, mask uint64 }

func newHead(literal []byte) head {
	var padded [8]byte
	n := copy(padded[:], literal)
	return head{binary.LittleEndian.Uint64(padded[:]), 1<<(8*n) - 1}
}

// newLiteralSet copies the literals, so that no caller can change them later.
func newLiteralSet(literals [][]byte) *literalSet {
	if len(literals) == 0 || len(literals) > maxLiterals {
		panic(fmt.Sprintf("prefilter: %d literals, want 1 to %d", len(literals), maxLiterals))
	}
	set := &literalSet{}
	for i, literal := range literals {
		if len(literal) < shortestLiteral {
			panic(fmt.Sprintf("prefilter: literal %q is shorter than %d bytes", literal, shortestLiteral))
		}
		set.literals = append(set.literals, bytes.Clone(literal))
		set.heads = append(set.heads, newHead(literal))
		set.byFirst[literal[0]] |= 1 << i
	}
	return set
}

// at returns the literals that stand whole at pos, as bits; pos may lie outside
// buf, where none does.
func (s *literalSet) at(buf []byte, pos int) uint64 {
	if uint(pos) >= uint(len(buf)) {
		return 0
	}
	return s.confirm(buf, pos, s.byFirst[buf[pos]])
}

// confirm returns those of the maybe literals that do stand at pos in buf.
func (s *literalSet) confirm(buf []byte, pos int, maybe uint64) uint64 {
	var here uint64
	for rest := maybe; rest != 0; rest &= rest - 1 {
		if i := bits.TrailingZeros64(rest); s.stands(buf, pos, i) {
			here |= 1 << i
		}
	}
	return here
}

// stands tells whether literal i stands whole at pos in buf.
func (s *literalSet) stands(buf []byte, pos, i int) bool {
	if len(buf)-pos >= 8 && binary.LittleEndian.Uint64(buf[pos:])&s.heads[i].mask != s.heads[i].bytes {
		return false
	}
	return bytes.HasPrefix(buf[pos:], s.literals[i])
}

// firstIn returns the first position in [lo, hi] that holds a literal, and the
// smallest index there; -1, -1 if none does.
func (s *literalSet) firstIn(buf []byte, lo, hi int) (at, literal int) {
	for pos := lo; pos <= hi; pos++ {
		if here := s.at(buf, pos); here != 0 {
			return pos, bits.TrailingZeros64(here)
		}
	}
	return -1, -1
}
