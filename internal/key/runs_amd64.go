//go:build !purego

package key

import (
	"sync"

	"golang.org/x/sys/cpu"
)

// runBlock bytes are looked at at once. A run of shortestRun bytes fills one, or ends one
// block and begins the next with as many together.
const runBlock = 32

var _ [shortestRun]byte = [runBlock]byte{} // else it could lie within a block, or fill two

// A runTable is what scanRuns knows of bytes. Arrays of 32 bytes have one for each low or high
// half of a byte, twice, or the same for all.
type runTable struct {
	least [32]byte // of a run
	in    halves   // of a run
	hex   halves

	// Where a packed file or a block of DEFLATE may begin, the two have a bit together.
	firsts, seconds [256]byte

	slash, nine [32]byte             // the greatest before the digits, and of them
	shifts      [32]byte             // what makes its value in base64 of a letter or a digit
	ways        [base64Ways][32]byte // the bits that are clear in the values of a probe of text
	octal, zero [32]byte             // with octal, '0' to '7' are zero
	base32      [2][32]byte          // its least character, and the greatest
}

// Which bits of firsts and seconds tell of what.
const (
	pairsOfMarks = 1<<6 - 1
	pairsOfCodes = 0xff &^ pairsOfMarks
)

// longestSkipped is the longest run that scanRuns passes over if nothing in it may be text. In
// a longer one something may be mostly, and what is before that would be looked at twice.
const longestSkipped = 1<<16 - 1

// What is asked of DEFLATE is in two blocks, which may end in what is behind a run.
const (
	_ = uint(longestSkipped - shortestDeflated)
	_ = uint(2*runBlock - shortestDeflated)
	_ = uint(shortestDeflated - runBlock)
)

var theRunTable = sync.OnceValue(func() *runTable {
	t := runTable{slash: each('/'), nine: each('9'), octal: each(0xf8), zero: each('0'), base32: [2][32]byte{each('2'), each('Z')}}
	isRun := func(c byte) bool { return classes[c]&inRun != 0 }
	t.in, _ = newHalves(isRun)
	t.hex, _ = newHalves(isHex)
	for c := byte(greatestOfRun); c > 0; c-- {
		if isRun(c) {
			t.least[c&15], t.least[c&15|16] = c, c
		}
	}
	t.shifts = base64Shifts("09AZaz")
	for way := range t.ways {
		for i := way; i < way+(probeLength-way)/base64Ways*base64Ways; i++ {
			t.ways[way][i] = asciiBits[(i-way)%base64Ways]
		}
	}
	t.enterPairs(pairsOfMarks, beginsMark)
	t.enterPairs(pairsOfCodes, hasCodes)
	return &t
})

// enterPairs enters pairs of characters of a run, with some bits: first characters that go with
// the same second ones have one together.
func (t *runTable) enterPairs(bits byte, are func(first, second byte) bool) {
	known := map[string]byte{}
	next := bits & -bits
	for first := byte(leastOfRun); first <= greatestOfRun; first++ {
		var with []byte
		for second := byte(leastOfRun); second <= greatestOfRun; second++ {
			if are(first, second) {
				with = append(with, second)
			}
		}
		if len(with) > 0 && known[string(with)] == 0 {
			known[string(with)] = next
			if next <<= 1; next&bits == 0 {
				next = bits & -bits
			}
		}
		t.firsts[first] |= known[string(with)]
		for _, second := range with {
			t.seconds[second] |= known[string(with)]
		}
	}
}

// scanRuns looks at whole blocks of the n bytes at buf, and stops at the first that a run
// of shortestRun bytes crosses into or that is nothing but a run; where less than a block is
// left; or, of at least every other block, at the first that has a NUL in every other byte. It
// passes over runs of up to longestSkipped bytes that begin no packed file, and in which neither
// a probe may be of text nor digits are that the body of a key may begin with. at
// is where the run begins that crosses into the place where it stopped, or a place before. If
// that is long enough, end is where it ends, or where less than a block is left; else end is 0.
// It reads nothing past n.
//
//go:noescape
func scanRuns(buf *byte, n int, table *runTable) (at, end int)

// passRuns is at, or a place behind it, so that no run that is shortestRun long and ends at
// buf[at] or behind ends before that place, unless there is nothing in it, and no
// UTF-16 that is as long as a key does. If end is not 0, such a run ends there, and goes on
// to buf[end] at least. What is behind the end of buf may be read where buf has room for it, so
// that the last bytes are of a whole block too; it may make a run longer, which is cut off here.
func passRuns(buf []byte, at int, t *passTables) (stop, end int) {
	start := (at - shortestRun + 1) &^ (runBlock - 1) // what is aligned is read faster
	readable := min(cap(buf), len(buf)+runBlock-1) - start
	if !cpu.X86.HasAVX2 || !cpu.X86.HasBMI2 || readable < runBlock {
		return at, 0
	}
	passed, ended := scanRuns(&buf[start], readable, t.runs)
	if stop = start + passed + shortestRun - 1; stop < at {
		return at, 0 // it begins in what was passed before
	}
	if ended > 0 && stop < len(buf) {
		end = min(start+ended, len(buf))
	}
	return stop, end
}

// scanEnd is where the run ends that the n bytes at buf begin with, or a place before where less
// than a block is left.
//
//go:noescape
func scanEnd(buf *byte, n int, table *runTable) (end int)

// passRun is where the run ends that goes on, or ends, at buf[at], or a place before.
func passRun(buf []byte, at int) int {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasBMI1 || len(buf)-at < runBlock {
		return at
	}
	return at + scanEnd(&buf[at], len(buf)-at, theRunTable())
}

// scanProbes is at, or the place of a probe behind it: the first where one may be of text, or where
// less than a block of the n bytes at buf is left. wide is the last place that is reached by a
// wide step. Of probes in base64 behind room it does not ask whether what they make is readable,
// as there is too little to read.
//
//go:noescape
func scanProbes(buf *byte, n, at, wide, room int, table *runTable, values *base64Table) (next int)

// passProbes passes over probes that are of no text, from the one at buf[at:] on in a run that
// ends at buf[end].
func passProbes(buf []byte, at, end int) int {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasPOPCNT || at >= end {
		return at
	}
	n := min(len(buf), end+runBlock-probeLength)
	return scanProbes(&buf[0], n, at, end-shortestText, len(buf)-probeRoom, theRunTable(), theBase64Table())
}
