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

// theRunHalves tells what is of a run.
var theRunHalves = sync.OnceValue(func() *halves {
	h, _ := newHalves(func(c byte) bool { return classes[c]&inRun != 0 })
	return &h
})

// scanRuns looks at whole blocks of the n bytes at buf, and stops at the first that a run
// of shortestRun bytes crosses into or that is nothing but a run; where less than a block is
// left; or, of at least every other block, at the first that has a NUL in every other byte. at is where the run begins that crosses
// into the place where it stopped. If that is long enough, end is where it ends, or where
// less than a block is left; else end is 0. It reads nothing past n.
//
//go:noescape
func scanRuns(buf *byte, n int, table *halves) (at, end int)

// passRuns is at, or a place behind it, so that no run that is shortestRun long
// and ends at buf[at] or behind ends before that place, and no UTF-16 that is
// as long as a key does. If end is not 0, such a run ends there, and goes on to buf[end]
// at least.
func passRuns(buf []byte, at int) (stop, end int) {
	start := at - shortestRun + 1
	if !cpu.X86.HasAVX2 || !cpu.X86.HasBMI1 || len(buf)-start < runBlock {
		return at, 0
	}
	passed, ended := scanRuns(&buf[start], len(buf)-start, theRunHalves())
	if ended == 0 {
		return at + passed, 0
	}
	return at + passed, start + ended
}
