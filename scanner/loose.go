package scanner

import (
	"cmp"
	"slices"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/rules"
)

// A loose is a pair that a blob has, or a name in a tree, without a commit:
// what was staged once, tagged by itself, or left by a history that was
// rewritten.
type loose struct {
	hit       *hit
	standing  rules.Standing
	refs      []string
	reachable bool
}

// compareLoose puts the one to tell of a pair first.
func compareLoose(a, b loose) int {
	return cmp.Or(
		-compareBools(a.standing == rules.Tracked, b.standing == rules.Tracked),
		-compareBools(a.reachable, b.reachable),
		-compareBools(len(a.refs) > 0, len(b.refs) > 0),
		slices.Compare(a.refs, b.refs),
		cmp.Compare(a.hit.object.String(), b.hit.object.String()),
	)
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// A looseSet is what is told of places that belong to no commit.
type looseSet struct {
	*attribution
	inCommits map[*hit]int32
	pairs     map[pair]loose
	reached   map[*hit]int32    // the first commit with it to which a ref leads
	leading   map[int32]refList // to some of these
}

// findLoose goes through the trees that belong to no commit, from the topmost,
// the index, and the hits that are in neither.
func (a *attribution) findLoose(c *comparison) *looseSet {
	x := &looseSet{
		attribution: a, inCommits: c.holders(nil), pairs: map[pair]loose{},
		reached: c.holders(a.refs.reached), leading: map[int32]refList{},
	}
	seen := map[*hit]bool{}
	for _, e := range a.staged() {
		h := a.hits[e.ID]
		seen[h] = true
		x.add(e.Path, loose{hit: h, standing: rules.Tracked})
	}
	for prefix, index := range a.repo.OtherIndexes() {
		for e := range index.Entries() {
			if h := a.hits[e.ID]; h != nil {
				seen[h] = true
				x.add(e.Path, loose{hit: h, standing: rules.History, refs: []string{prefix + "index"}})
			}
		}
	}
	ofCommit := map[idSum]bool{}
	for _, commit := range a.graph.commits {
		ofCommit[c.skeleton.sum(commit.tree.Bytes())] = true
	}
	tree := func(n int32, refs []string, reachable bool) {
		c.missing("", n, nil, func(path string, h *hit, _ secretSet) {
			seen[h] = true
			x.add(path, loose{h, rules.History, refs, reachable})
		})
	}
	for id := range a.refs.byObject {
		if _, isCommit := a.graph.number[id]; !isCommit {
			refs, reachable := a.refs.direct(id)
			tree(c.node(id), refs, reachable)
		}
	}
	for top := range c.hot {
		if !c.inner[top] && !ofCommit[top] {
			tree(c.nodeOf(top, 0), nil, false)
		}
	}
	for _, h := range a.hits {
		if h.kind == gitpack.Blob && !seen[h] && !x.isCommitted(h) {
			x.add("", loose{hit: h, standing: rules.History})
		}
	}
	return x
}

func (x *looseSet) isCommitted(h *hit) bool {
	_, committed := x.inCommits[h]
	return committed
}

// add notes the pairs of a hit at a path; an empty path stands for none.
func (x *looseSet) add(path string, l loose) {
	refs, reachable := x.refs.direct(l.hit.object)
	l.refs, l.reachable = slices.Concat(l.refs, refs), l.reachable || reachable
	for secret := range x.book.all(l.hit.secrets) {
		p := pair{secret, path}
		if path == "" {
			p.path = "\x00" + l.hit.object.String() // one each
		}
		known, ok := x.pairs[p]
		if !ok && len(x.pairs) >= x.lives.limit {
			x.lives.overflow()
			return
		}
		if !ok || compareLoose(l, known) < 0 {
			x.pairs[p] = l
		}
	}
}

// holding tells which refs hold a pair of commits, that no ref leads to, without
// one, or hold its object somewhere else: git drops it no sooner.
func (x *looseSet) holding(p pair, h *hit) (refs refList, reachable bool) {
	l, ok := x.pairs[p]
	if ok && l.reachable {
		return newRefList(l.refs), true
	}
	if n, ok := x.reached[h]; ok {
		return x.leadingTo(n), true
	}
	names, reachable := x.refs.direct(h.object)
	if ok {
		names = slices.Concat(names, l.refs)
	}
	return newRefList(names), reachable
}

// maxLeading bounds the commits for which refs are looked up one by one.
const maxLeading = 1000

func (x *looseSet) leadingTo(n int32) refList {
	list, known := x.leading[n]
	if !known && len(x.leading) < maxLeading {
		family := x.graph.descendants([][]int32{{n}})
		list = x.refs.leadingTo(true, func(m int32) bool { return family[m] != 0 })
		x.leading[n] = list
	}
	return list
}

// isNowhere reports whether a pair is that of an object to which no path leads.
func (p pair) isNowhere() bool { return p.path == "" || p.path[0] == 0 }

// tell makes the occurrences of the pairs that no commit has.
func (x *looseSet) tell() {
	byHit := map[*hit][]pair{}
	for p, l := range x.pairs {
		committed := x.lives.pairs[p]
		if !x.isCommitted(l.hit) && (committed == nil || len(committed.arrivals) == 0) {
			byHit[l.hit] = append(byHit[l.hit], p)
		}
	}
	for h, pairs := range byHit {
		places := x.places(h, x.book.wanted(h.secrets))
		for _, p := range pairs {
			x.tellLoose(p, places, x.pairs[p])
		}
	}
}

func (a *attribution) tellLoose(p pair, places placeOf, l loose) {
	past := &rules.Past{Object: l.hit.object.String(), Kind: l.hit.kind.String(), Malformed: l.hit.loose, Reachable: l.reachable}
	setRefs(past, newRefList(l.refs))
	o := a.occurrence(p, places, l.standing, past)
	a.add(p, o, time.Time{})
}
