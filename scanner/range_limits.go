package scanner

import (
	"slices"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// A commitWalk goes through commits as git does, the newest first by the
// committer's clock: which ones a number of commits leaves out, and where a date
// ends the walk, depends on the order.
type commitWalk struct {
	graph  *graph
	limits gitrepo.Limits
	// cut is where a shallow clone ends: such commits have no parents to git.
	cut []gitpack.ID

	queue gitrepo.NewestFirst[int32]
	seen  []bool
}

// rangeOf lists the commits of a set, parents first.
func (w *commitWalk) rangeOf(include, exclude []int32) []int32 {
	g, known := w.graph, w.graph.ancestors(exclude)
	if w.limits == (gitrepo.Limits{}) {
		wanted := g.ancestors(include)
		var list []int32
		for n := range g.commits {
			if wanted[n] && !known[n] {
				list = append(list, int32(n))
			}
		}
		return list
	}
	w.seen = make([]bool, len(g.commits))
	w.push(include)
	var list, old []int32
	for w.queue.Len() > 0 {
		n := w.queue.Take()
		if known[n] {
			continue // what it leads to is known, too
		}
		if w.isOld(n) {
			old = append(old, n)
			if len(exclude) == 0 {
				continue
			}
		}
		list = append(list, n)
		w.push(w.parents(n))
	}
	if len(exclude) > 0 { // then git counts among what is left out all that an old commit leads to
		known = g.ancestors(append(old, exclude...))
	}
	list = slices.DeleteFunc(list, func(n int32) bool { return known[n] || !w.fits(n) })
	list = list[min(w.limits.Skip, len(list)):]
	if w.limits.Counted {
		list = list[:min(w.limits.Count, len(list))]
	}
	slices.Sort(list)
	return list
}

func (w *commitWalk) push(numbers []int32) {
	for _, n := range numbers {
		if !w.seen[n] {
			w.seen[n] = true
			w.queue.Put(n, w.graph.commits[n].when)
		}
	}
}

// parents lists the parents by which the walk goes on.
func (w *commitWalk) parents(n int32) []int32 {
	all := w.graph.commits[n].parents
	if w.limits.FirstParent {
		return all[:min(1, len(all))]
	}
	return all
}

func (w *commitWalk) isOld(n int32) bool {
	return !w.limits.Since.IsZero() && w.graph.commits[n].when < w.limits.Since.Unix()
}

// fits reports whether the limits that leave out single commits let one be.
func (w *commitWalk) fits(n int32) bool {
	c, l := w.graph.commits[n], w.limits
	parents := len(c.parents) + c.missing
	if c.missing > 0 && slices.Contains(w.cut, c.id) {
		parents = 0
	}
	return (l.Until.IsZero() || c.when <= l.Until.Unix()) && (!l.Merges || parents > 1) && (!l.NoMerges || parents < 2)
}
