package key

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"sync"
)

// Reach is the greatest number of bytes that one match and the bytes that its
// judgement depends on can span. Whoever searches a stream in windows lets
// them overlap by this much and loses nothing. It is what a key needs whose
// every character is an escape of six bytes, and that in base64, with room for
// line breaks; a key that more layers, wraps or cuts make longer than that is
// found where it lies whole in what is searched.
const Reach = 1024

// shortestHidden is the shortest buffer that may hold a key which no literal leads to, in
// bytes. Most buffers of history's are shorter.
const shortestHidden = min(shortestDeflated, shortestKey)

// A finder is the forms with the prefilter over their literals, and what the other passes know of
// bytes.
type finder struct {
	forms     []form
	prefilter *prefilter
	longest   int // length of the longest literal
	tables    passTables
}

func newFinder(forms []form) *finder {
	f := &finder{forms: forms, tables: newPassTables()}
	literals := make([][]byte, len(f.forms))
	for i, form := range f.forms {
		literals[i] = []byte(form.literal)
		f.longest = max(f.longest, len(form.literal))
	}
	f.prefilter = newPrefilter(literals)
	return f
}

// The finders are built once and never change.
var (
	theFinder  = sync.OnceValue(func() *finder { return newFinder(forms()) })
	lastFinder = sync.OnceValue(func() *finder { return newFinder(plainForm()) })
)

// Find yields the keys, placeholders and near misses in buf, in the order of
// their start. buf is a whole file, or a window of one; a Match with Run set
// then depends on whether the rest of the file holds a NUL byte (see Settle).
func Find(buf []byte) iter.Seq[Match] {
	return func(yield func(Match) bool) {
		found, _, _ := FindAll(buf)
		for _, m := range found {
			if !yield(m) {
				return
			}
		}
	}
}

// arrange sorts matches, and drops those that were found in two ways.
func arrange(found []Match) []Match {
	slices.SortStableFunc(found, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(len(a.Encoding), len(b.Encoding)))
	})
	return slices.CompactFunc(found, func(a, b Match) bool {
		return a.Secret == b.Secret && a.Start == b.Start && a.End == b.End
	})
}

// judgeOther judges what the same literal leads to beside a match.
func judgeOther(buf []byte, m Match) (other Match, ok bool) {
	if m.packed != nil && m.Encoding[0] == layerGitBase85 {
		return secondHunk(buf, m)
	}
	return judgeRepeat(buf, m)
}

// Candidate reports whether buf holds any place that FindAll would list. It is
// what history's reader asks of the little that a delta adds.
func Candidate(buf []byte) bool {
	return !search(buf, 0, func(Match) bool { return false })
}

// settled is a match in buf that depends on nothing else.
func settled(buf []byte, m Match) Match {
	if m.Run {
		m = m.Settle(bytes.IndexByte(buf, 0) >= 0)
	}
	return m
}

// Settle gives a match with more digits behind its body the confidence that
// its file decides: in a file that holds a NUL byte those digits are the next
// packed string; in a text they make it a longer number that is no key.
func (m Match) Settle(binary bool) Match {
	if m.Run && binary {
		m.Confidence = m.formConfidence()
	}
	return m
}

func (m Match) formConfidence() Confidence {
	if isLowerHex(body(m.Secret.Reveal())) {
		return High
	}
	return Low
}
