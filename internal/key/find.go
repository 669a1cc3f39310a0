package key

import (
	"bytes"
	"iter"
	"sync"
)

// Reach is the greatest number of bytes that one match and the bytes that its
// judgement depends on can span. Whoever searches a stream in windows lets
// them overlap by this much and loses nothing.
const Reach = 96

// A form is one way in which a key can stand in a file: the literal that each
// of its occurrences holds, and the judgement of one such place.
type form struct {
	literal string
	judge   func(buf []byte, at int) (Match, bool)
}

// forms lists what Find looks for. Adding a form is one entry.
func forms() []form {
	return []form{
		{Prefix, judgePlain},
	}
}

// A finder is the forms with the prefilter over their literals.
type finder struct {
	forms     []form
	prefilter *prefilter
}

// theFinder is built once and never changes.
var theFinder = sync.OnceValue(func() *finder {
	f := &finder{forms: forms()}
	literals := make([][]byte, len(f.forms))
	for i, form := range f.forms {
		literals[i] = []byte(form.literal)
	}
	f.prefilter = newPrefilter(literals)
	return f
})

// Find yields the keys, placeholders and near misses in buf, in the order of
// their start. buf is a whole file, or a window of one; a Match with Run set
// then depends on whether the rest of the file holds a NUL byte (see Settle).
func Find(buf []byte) iter.Seq[Match] {
	return func(yield func(Match) bool) {
		f := theFinder()
		for from := 0; ; {
			at, which := f.prefilter.next(buf, from)
			if at < 0 {
				return
			}
			from = at + 1
			m, ok := f.forms[which].judge(buf, at)
			if !ok {
				continue
			}
			from = max(from, m.End)
			if m.Run {
				m = m.Settle(bytes.IndexByte(buf, 0) >= 0)
			}
			if !yield(m) {
				return
			}
		}
	}
}

// Candidate reports whether buf holds any place that Find would yield. It is
// what history's reader asks of the little that a delta adds.
func Candidate(buf []byte) bool {
	for range Find(buf) {
		return true
	}
	return false
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
