package gitpack

import (
	"math/bits"
	"sync"
)

// A table maps the next bits of the input to an entry. The first 1<<xxxBits
// entries are indexed by that many bits; a longer code's entry links to a
// subtable behind them, indexed by the bits that follow.
//
// Small streams pay for their tables as much as for their symbols, so the first
// part is no larger than pays off for them. A size is a power of two, so that a
// mask alone makes an index safe. It is enough for any complete code: a subtable
// whose codes have lengths a to b holds less than 1<<(b-width) - 1<<(a-width)
// entries more than codes, none if a is b. Lengths only grow from one subtable to
// the next, so all these together are less than 1<<(15-width): litBits needs no
// more than 1024+288+32 entries, distBits no more than 256+32+128.
const (
	preBits  = 7 // the longest code length of a code length
	litBits  = 10
	distBits = 8

	litSize  = 2048
	distSize = 512
)

// An entry is a uint32:
//
//	bits 0-5    bits to drop: those of the code and its extra bits
//	bits 8-11   bits of the code alone (of the subtable's index, for a link)
//	bits 12-15  kind, see below
//	bits 16-30  literal; base length; base distance; where the subtable starts
//	bit 31      literal
const (
	entryLiteral = 1 << 31
	entryOther   = 1 << 15 // neither literal nor match; one of the next three
	entryLink    = 1 << 14
	entryEnd     = 1 << 13
	// entryLast is for a code length code: repeat not a zero, but the last length.
	entryLast = 1 << 12
	// entryInvalid is for bits that no code begins with.
	entryInvalid = entryOther | 1<<12

	entryDrop  = 63
	entryValue = 16
	// entryCodeBit, times a code's length, counts it as both kinds of bits.
	entryCodeBit = 1<<8 | 1
)

const (
	maxCodeBits = 15
	endOfBlock  = 256
	maxLit      = 286
	maxDist     = 30
	numLit      = 288 // with two that only the fixed code has, and no stream may use
	numDist     = 32
	numPre      = 19
)

// tables decode one block.
type tables struct {
	lit  [litSize]uint32
	dist [distSize]uint32
}

// A codeSet is a Huffman code by its lengths: the symbols of each length in
// rising order, which is all that defines it.
type codeSet struct {
	count [maxCodeBits + 1]uint16
	sym   [maxCodeBits + 1][numLit]uint16
}

func (s *codeSet) add(sym int, length uint) {
	length &= maxCodeBits
	n := s.count[length]
	s.sym[length][n] = uint16(sym)
	s.count[length] = n + 1
}

// has reports whether sym, one of the last few symbols, has a code.
func (s *codeSet) has(sym uint16) bool {
	for length := 1; length <= maxCodeBits; length++ {
		for i := int(s.count[length]) - 1; i >= 0 && s.sym[length][i] >= sym; i-- {
			if s.sym[length][i] == sym {
				return true
			}
		}
	}
	return false
}

// standardTables is what RFC 1951 fixes: entries without their code, by symbol,
// and the tables of the fixed code.
type standardTables struct {
	pre   [numPre]uint32
	lit   [numLit]uint32
	dist  [numDist]uint32
	fixed tables
}

var standard = sync.OnceValue(newStandardTables)

func newStandardTables() *standardTables {
	s := &standardTables{}
	for sym := range 16 {
		s.pre[sym] = uint32(sym)<<entryValue | entryLiteral
	}
	s.pre[16] = 3<<entryValue | 2 | entryLast
	s.pre[17] = 3<<entryValue | 3
	s.pre[18] = 11<<entryValue | 7

	for sym := range endOfBlock {
		s.lit[sym] = uint32(sym)<<entryValue | entryLiteral
	}
	s.lit[endOfBlock] = entryOther | entryEnd
	fillBases(s.lit[endOfBlock+1:maxLit-1], 3, 4)
	s.lit[maxLit-1] = 258 << entryValue
	fillBases(s.dist[:maxDist], 1, 2)
	for sym := maxLit; sym < numLit; sym++ {
		s.lit[sym] = entryInvalid
	}
	for sym := maxDist; sym < numDist; sym++ {
		s.dist[sym] = entryInvalid
	}
	s.buildFixed()
	return s
}

// fillBases numbers lengths or distances from base on. The first two groups of
// symbols have no extra bits, each group after that one more.
func fillBases(entries []uint32, base uint32, group int) {
	for i := range entries {
		extra := uint32(max(i/group-1, 0))
		entries[i] = base<<entryValue | extra
		base += 1 << extra
	}
}

func (s *standardTables) buildFixed() {
	lens, dists := new(codeSet), new(codeSet)
	for sym := range numLit {
		switch {
		case sym < 144:
			lens.add(sym, 8)
		case sym < 256:
			lens.add(sym, 9)
		case sym < 280:
			lens.add(sym, 7)
		default:
			lens.add(sym, 8)
		}
	}
	for sym := range numDist {
		dists.add(sym, 5)
	}
	lens.build(s.fixed.lit[:], litBits, s.lit[:])
	dists.build(s.fixed.dist[:], distBits, s.dist[:])
}

// build fills a table whose first part is indexed by width bits. entries has the
// symbols' entries without their code. It is false if the lengths are
// not those of a code.
func (s *codeSet) build(table []uint32, width uint, entries []uint32) bool {
	longest, complete := s.check()
	if !complete {
		return s.buildIncomplete(table[:1<<width], longest, entries)
	}
	// next is the next code, in the top bits of 16, as RFC 1951 numbers them.
	// Streams store a code from its first bit on, so an index is a code reversed.
	next, size := uint16(0), 1
	for length := uint(1); length <= width; length++ {
		// A code that is shorter than the index stands wherever its bits are
		// followed by any others: double what there is, then add the longer ones.
		copy(table[size:2*size], table[:size])
		size *= 2
		part := table[:size]
		step := uint16(1) << (16 - length)
		add := uint32(length * entryCodeBit)
		for _, sym := range s.sym[length][:s.count[length]] {
			part[bits.Reverse16(next)] = entries[sym] + add
			next += step
		}
	}
	if longest > width {
		s.buildSubtables(table, width, next, longest, entries)
	}
	return true
}

// check finds the longest code and whether the codes use up all bit patterns.
func (s *codeSet) check() (longest uint, complete bool) {
	used := uint(0)
	for length := uint(1); length <= maxCodeBits; length++ {
		n := uint(s.count[length])
		used += n << (maxCodeBits - length)
		if n != 0 {
			longest = length
		}
	}
	return longest, used == 1<<maxCodeBits
}

// buildIncomplete handles the two codes that zlib accepts with patterns to
// spare: one code of one bit, and no code at all. Meeting a spare pattern is an error.
func (s *codeSet) buildIncomplete(table []uint32, longest uint, entries []uint32) bool {
	if longest > 1 || s.count[1] > 1 {
		return false
	}
	for i := range table {
		table[i] = entryInvalid + entryCodeBit
	}
	if longest == 1 {
		for i := 0; i < len(table); i += 2 {
			table[i] = entries[s.sym[1][0]] + entryCodeBit
		}
	}
	return true
}

// buildSubtables adds the codes longer than width, of which next is the first.
func (s *codeSet) buildSubtables(table []uint32, width uint, next uint16, longest uint, entries []uint32) {
	end := 1 << width // of the subtables so far
	var part []uint32
	prefix := -1
	for length := width + 1; length <= longest; length++ {
		add := uint32((length - width) * entryCodeBit)
		for i, sym := range s.sym[length][:s.count[length]] {
			code := int(bits.Reverse16(next))
			if p := code & (1<<width - 1); p != prefix {
				prefix = p
				index := s.subtableBits(length-width, length, int(s.count[length])-i, longest)
				table[p] = uint32(end)<<entryValue | entryOther | entryLink | uint32(index)<<8 | uint32(width)
				part = table[end : end+1<<index]
				end += 1 << index
			}
			entry := entries[sym] + add
			for j := code >> width; j < len(part); j += 1 << (length - width) {
				part[j] = entry
			}
			next += 1 << (16 - length)
		}
	}
}

// subtableBits sizes a subtable that begins with a code of the given length,
// with left more of that length to come: just enough for the codes that share
// its prefix, which follow each other and get longer.
func (s *codeSet) subtableBits(index, length uint, left int, longest uint) uint {
	room := 1 << index
	for room > left && length < longest {
		room = (room - left) << 1
		index++
		length++
		left = int(s.count[length])
	}
	return index
}
