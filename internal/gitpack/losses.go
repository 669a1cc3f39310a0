package gitpack

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// maxNamed bounds how many broken objects of one pack are named one by one.
const maxNamed = 100

// A loss is an entry that could be read from nowhere, with what could not be
// read because of it.
type loss struct {
	entry int32
	cause error
	named bool // the entry itself is missed; false if it is shown elsewhere
	below int  // entries that build on it and are missed
}

// losses are those of one pack.
type losses struct {
	mu    sync.Mutex
	first []loss // the first in the pack, at most twice maxNamed
	more  int    // how many were dropped from first
}

func (l *losses) add(lost loss) {
	if !lost.named && lost.below == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first = append(l.first, lost)
	if len(l.first) == 2*maxNamed {
		l.cut()
	}
}

// cut drops all but the first maxNamed, by their places in the pack: which are
// named must not depend on which worker came first.
func (l *losses) cut() {
	slices.SortFunc(l.first, func(a, b loss) int { return cmp.Compare(a.entry, b.entry) })
	if n := len(l.first); n > maxNamed {
		for _, dropped := range l.first[maxNamed:] {
			l.more += 1 + dropped.below
		}
		l.first = l.first[:maxNamed]
	}
}

func (l *losses) problems(p *pack) (problems []Problem) {
	l.cut()
	for _, lost := range l.first {
		message := fmt.Sprintf("object at offset %d %v", p.entries[lost.entry].offset, lost.cause)
		if lost.below > 0 {
			message += fmt.Sprintf("; %d objects that build on it are not read either", lost.below)
		}
		problems = append(problems, Problem{Object: p.id(int(lost.entry)), Path: p.path, Message: message})
	}
	if l.more > 0 {
		problems = append(problems, Problem{Path: p.path, Message: fmt.Sprintf("%d more objects cannot be read", l.more)})
	}
	return problems
}

// fail deals with entry e, which this pack did not yield: another pack or a
// loose object may have it. If none does, it is a loss, or part of the loss of
// the entry that it builds on; what builds on it is then tried likewise, since
// it too may be elsewhere.
func (w *walker) fail(e int32, cause error, of *loss) {
	w.part.spoil()
	o, err := w.store.otherCopy(w.ctx, w.pack.pack, int(e))
	if err == nil {
		err = w.substitute(e, o)
	}
	if err == nil {
		return
	}
	named := !w.pack.isRepeat(e)
	if of == nil {
		of = &loss{entry: e, cause: cause, named: named}
		w.lost = append(w.lost, of)
	} else if named {
		of.below++
	}
	if w.pack.first[e] != noEntry {
		w.stack = append(w.stack, w.frame(e, frame{lost: of}))
	}
}

// substitute goes on with o in the place of entry e.
func (w *walker) substitute(e int32, o Object) error {
	switch {
	case !w.Kinds.Has(o.Kind):
		w.skip(e)
		return nil
	case o.Open == nil:
		w.named = false
		w.links(o.ID, o.Kind, o.Data, stretches{})
		hot, opened := w.show(e, o.Kind, o.Data, w.Candidate(o.Data))
		w.push(e, o.Data, o.Kind, hot, opened)
		return nil
	}
	return w.large(e, o)
}

// settle notes the losses of the tree at hand, when all is known that builds
// on them.
func (w *walker) settle() {
	for _, lost := range w.lost {
		w.pack.losses.add(*lost)
	}
	w.lost = w.lost[:0]
}
