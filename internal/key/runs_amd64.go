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

// A runTable is what scanRuns knows of bytes.
type runTable struct {
	in    halves    // of a run
	kinds [256]byte // what a byte beside a run tells, or its first
}

// The kinds tell that a run stands alone; see isApart. Behind is a byte further on, where one
// beside the run is a blank.
const (
	marksPacked = 1 << iota // the run may begin with the mark of a packed file
	blankBeside
	endsBefore
	endsBehind
	beginsAfter
	beginsBehind
)

// longestSkipped is the longest run that scanRuns passes over if it stands alone.
const longestSkipped = shortestDeflated - 1

const _ = uint(shortestAlone - longestSkipped) // else a key could be passed over

var theRunTable = sync.OnceValue(func() *runTable {
	var t runTable
	t.in, _ = newHalves(func(c byte) bool { return classes[c]&inRun != 0 })
	for i := range t.kinds {
		c := byte(i)
		for second := range 256 {
			t.enter(c, marksPacked, beginsMark(c, byte(second)))
		}
		t.enter(c, blankBeside, isBlank(c))
		t.enter(c, endsBefore, gapEnds[c] && !isBlank(c))
		t.enter(c, endsBehind, endsIndent(c) || base64Alphabet[c])
		t.enter(c, beginsAfter, gapBegins[c] && !isBlank(c))
		t.enter(c, beginsBehind, gapBegins[c])
	}
	return &t
})

func (t *runTable) enter(c, kind byte, is bool) {
	if is {
		t.kinds[c] |= kind
	}
}

// scanRuns looks at whole blocks of the n bytes at buf, and stops at the first that a run
// of shortestRun bytes crosses into or that is nothing but a run; where less than a block is
// left; or, of at least every other block, at the first that has a NUL in every other byte. It
// passes over runs of up to longestSkipped bytes that stand alone and begin no packed file. at
// is where the run begins that crosses into the place where it stopped. If that is long
// enough, end is where it ends, or where less than a block is left; else end is 0. It reads
// nothing past n.
//
//go:noescape
func scanRuns(buf *byte, n int, table *runTable) (at, end int)

// passRuns is at, or a place behind it, so that no run that is shortestRun long and ends at
// buf[at] or behind ends before that place, unless it is short and stands alone, and no
// UTF-16 that is as long as a key does. If end is not 0, such a run ends there, and goes on
// to buf[end] at least.
func passRuns(buf []byte, at int) (stop, end int) {
	start := at - shortestRun + 1
	if !cpu.X86.HasAVX2 || !cpu.X86.HasBMI1 || len(buf)-start < runBlock {
		return at, 0
	}
	passed, ended := scanRuns(&buf[start], len(buf)-start, theRunTable())
	if ended == 0 {
		return at + passed, 0
	}
	return at + passed, start + ended
}
