//go:build !purego

package gitpack

import "golang.org/x/sys/cpu"

// runRoom is how much a step of copyRuns copies, whatever is wanted of it.
const runRoom = 32

// longestRun is the longest run that copyRuns copies; runtime.memmove is faster beyond.
const longestRun = 4 << 10

// A runLimits is where copyRuns ends: the last places that what it reads and writes may
// reach with its last step, and so that no run ends outside of what it is a part of.
type runLimits struct {
	dst, base, ops int // the end of a run, or of an instruction
	word           int // where an instruction begins
	longest        int // run
}

// fast carries out instructions for as long as runs are short and there is room to copy
// some bytes too many. It stops in front of any other, good or bad. What it may write
// behind what a run takes up is within the capacity of dst.
func (r *runs) fast() {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasBMI2 {
		return
	}
	limits := runLimits{
		dst:     min(len(r.dst), cap(r.dst)-runRoom),
		base:    min(len(r.base), cap(r.base)-runRoom),
		ops:     min(len(r.ops), cap(r.ops)-runRoom),
		word:    min(len(r.ops)-1, cap(r.ops)-1-8),
		longest: min(r.longest, longestRun),
	}
	copyRuns(r, &limits)
}

// copyRuns is fast within limits.
//
//go:noescape
func copyRuns(r *runs, limits *runLimits)
