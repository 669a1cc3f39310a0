package gitrepo

import (
	"errors"
	"slices"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A paint says from which side a walk came to a commit.
type paint uint8

const (
	fromA paint = 1 << iota
	fromB
	stale // an ancestor of a commit that both sides reach
)

// A painter finds what two sides of history have in common. It reads every
// commit once, and reads no further back than where both sides met, unless
// dates go backwards.
type painter struct {
	*resolver
	commits map[gitpack.ID]historyCommit
}

// mergeBases lists the best common ancestors of two commits: those that are no
// ancestor of another common one. After a criss-cross merge there are several.
func (s *resolver) mergeBases(a, b gitpack.ID) ([]gitpack.ID, error) {
	if a == b {
		return []gitpack.ID{a}, nil
	}
	p := &painter{s, map[gitpack.ID]historyCommit{}}
	painted, err := p.paint([]gitpack.ID{a}, []gitpack.ID{b})
	if err != nil {
		return nil, err
	}
	var bases []gitpack.ID
	for id, color := range painted {
		if color == fromA|fromB {
			bases = append(bases, id)
		}
	}
	slices.SortFunc(bases, func(a, b gitpack.ID) int { return slices.Compare(a.Bytes(), b.Bytes()) })
	return p.best(bases)
}

// best drops those that are ancestors of others. Where dates go backwards a
// commit may have been painted from both sides before the one that makes it
// stale was.
func (p *painter) best(ids []gitpack.ID) ([]gitpack.ID, error) {
	best := slices.Clone(ids)
	for _, id := range ids {
		others := slices.DeleteFunc(slices.Clone(best), func(other gitpack.ID) bool { return other == id })
		if len(others) == 0 || len(others) == len(best) {
			continue
		}
		painted, err := p.paint([]gitpack.ID{id}, others)
		if err != nil {
			return nil, err
		}
		if painted[id]&fromB != 0 {
			best = others
		}
	}
	return best, nil
}

// paint walks back from both sides until only stale commits are left. A
// commit between a side and a best common ancestor is never stale, so each of
// these is reached whatever the dates say.
func (p *painter) paint(a, b []gitpack.ID) (map[gitpack.ID]paint, error) {
	f := &frontier{painter: p, painted: map[gitpack.ID]paint{}, queued: map[gitpack.ID]bool{}}
	if err := errors.Join(f.push(a, fromA), f.push(b, fromB)); err != nil {
		return nil, err
	}
	for f.waiting > 0 {
		id := f.queue.Take()
		f.queued[id] = false
		color := f.painted[id]
		if color&stale == 0 {
			f.waiting--
		}
		if color&(fromA|fromB) == fromA|fromB {
			color |= stale
		}
		if err := f.push(p.commits[id].parents, color); err != nil {
			return nil, err
		}
	}
	return f.painted, nil
}

// A frontier is how far one painting has come.
type frontier struct {
	*painter
	painted map[gitpack.ID]paint
	queue   NewestFirst[gitpack.ID]
	queued  map[gitpack.ID]bool
	waiting int // commits in the queue that are not stale
}

// push adds a color to commits, and queues those to which it is new. Colors
// only grow, so a commit is queued three times at most.
func (f *frontier) push(ids []gitpack.ID, color paint) error {
	for _, id := range ids {
		before := f.painted[id]
		after := before | color
		if after == before {
			continue
		}
		f.painted[id] = after
		if f.queued[id] {
			if before&stale == 0 && after&stale != 0 {
				f.waiting--
			}
			continue
		}
		c, err := f.load(id)
		if err != nil {
			return err
		}
		f.queued[id] = true
		if after&stale == 0 {
			f.waiting++
		}
		f.queue.Put(id, c.date)
	}
	return nil
}

// load reads a commit once.
func (p *painter) load(id gitpack.ID) (historyCommit, error) {
	if c, ok := p.commits[id]; ok {
		return c, nil
	}
	c, err := p.commitAt(id)
	if err != nil {
		return c, err
	}
	c.message = nil // it would keep the whole object in memory
	p.commits[id] = c
	return c, nil
}
