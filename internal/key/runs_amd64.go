//go:build !purego

package key

import "golang.org/x/sys/cpu"

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

// runHalves tells by the low half of a byte, and by its high one, of which sets
// it may be: it is of a run if they have a set in common. Each set is the bytes
// of the high halves that the same low halves go with.
type runHalves struct{ low, high [32]byte }

var theRunHalves = func() (t runHalves) {
	sets := map[uint16]byte{}
	for high := range 16 {
		var lows uint16
		for low := range 16 {
			if classes[high<<4|low]&inRun != 0 {
				lows |= 1 << low
			}
		}
		if lows == 0 {
			continue
		}
		if sets[lows] == 0 {
			sets[lows] = 1 << len(sets)
		}
		for low := range 16 {
			if lows>>low&1 != 0 {
				t.low[low] |= sets[lows]
				t.low[low+16] = t.low[low]
			}
		}
		t.high[high], t.high[high+16] = sets[lows], sets[lows]
	}
	return t
}()

// scanRuns looks at whole blocks of the n bytes at buf, and stops at the first that
// a run of shortestRun bytes crosses into, that is nothing but a run, or that has a
// NUL in every other byte; or where less than a block is left. at is where the run
// begins that crosses into the place where it stopped. It reads nothing past n.
//
//go:noescape
func scanRuns(buf *byte, n int, halves *runHalves) (at int)

// passRuns is at, or a place behind it, so that no run that is shortestRun long
// and ends at buf[at] or behind ends before that place, and no UTF-16 that is
// as long as a key does.
func passRuns(buf []byte, at int) int {
	start := at - shortestRun + 1
	if !cpu.X86.HasAVX2 || len(buf)-start < runBlock {
		return at
	}
	return at + scanRuns(&buf[start], len(buf)-start, &theRunHalves)
}
