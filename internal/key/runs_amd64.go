//go:build !purego

package key

import (
	"sync"

	"golang.org/x/sys/cpu"
)

// A runBlock of 32 bytes is looked at at once. A run of shortestRun bytes fills one
// or crosses into the next, by runEdge bytes or more on one side. It does so from
// behind byte number last of a block up to before number first of the next if
// first-last is runNeed or more.
const (
	runBlock = 32
	runEdge  = shortestRun / 2
	runNeed  = shortestRun - (runBlock - 1)
)

const _ = uint(shortestRun - runBlock) // else a run could lie within a block

// theRunHalves tells what is of a run.
var theRunHalves = sync.OnceValue(func() *halves {
	h, _ := newHalves(func(c byte) bool { return classes[c]&inRun != 0 })
	return &h
})

// scanRuns looks at whole blocks of the n bytes at buf, and stops at the first that
// a run of shortestRun bytes crosses into, that is nothing but a run, or that has a
// NUL in every other byte; or where less than a block is left. at is where the run
// begins that crosses into the place where it stopped, and run is 1 if it is long
// enough. It reads nothing past n.
//
//go:noescape
func scanRuns(buf *byte, n int, table *halves) (at, run int)

// passRuns is at, or a place behind it, so that no run that is shortestRun long
// and ends at buf[at] or behind ends before that place, and no UTF-16 that is
// as long as a key does. sure says that such a run ends there.
func passRuns(buf []byte, at int) (stop int, sure bool) {
	start := at - shortestRun + 1
	if !cpu.X86.HasAVX2 || len(buf)-start < runBlock {
		return at, false
	}
	passed, run := scanRuns(&buf[start], len(buf)-start, theRunHalves())
	return at + passed, run != 0
}
