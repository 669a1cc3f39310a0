package scanner

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// maxRefs bounds how many of the refs that reach a key are listed: a key in an
// old release is reached by every tag since.
const maxRefs = 10

// A pair is one key at one path, of which history makes at most one finding.
type pair struct {
	secret key.Secret
	path   string
}

// A life is what the commits tell of a pair.
type life struct {
	introduced []int32 // commits that have it and none of whose parents has it
	removed    []int32 // commits that lack it and all of whose parents have it
	current    bool    // HEAD's tree has it
	kind       gitpack.Kind
}

// An attribution joins what the passes found: commits, refs, and the places at
// which trees hold hits.
type attribution struct {
	*history
	graph   *graph
	locator *locator // nil for a range, which sees the paths itself
	refs    refTips
	holds   []int32 // by commit: the number of its holding
	lives   map[pair]*life
	pairsOf map[int32]map[pair]*hit // by holding
	held    map[gitpack.ID]bool     // hits that some commit's tree holds
	facts   map[gitpack.ID]map[key.Secret]rules.Occurrence
	commits map[gitpack.ID]*rules.Commit

	lastCommit int32 // of which lastBelow marks the descendants
	lastBelow  []bool
}

// attribute tells the story of every hit.
func (h *history) attribute(ctx context.Context) error {
	h.opts.Progress.phase("commits of what was found")
	g := newGraph(h.commits, h.tags)
	l, err := h.locate(ctx)
	if err != nil {
		return err
	}
	a := newAttribution(h, g)
	a.locator = l
	a.follow()
	a.tellPaths()
	a.tellAlone()
	a.tellMessages()
	return ctx.Err()
}

func newAttribution(h *history, g *graph) *attribution {
	return &attribution{
		history: h, graph: g, refs: h.readRefs(g),
		lives:   map[pair]*life{},
		pairsOf: map[int32]map[pair]*hit{0: {}},
		held:    map[gitpack.ID]bool{},
		facts:   map[gitpack.ID]map[key.Secret]rules.Occurrence{},
		commits: map[gitpack.ID]*rules.Commit{},
	}
}

// follow goes through the commits, parents first, and notes where pairs appear
// and disappear.
func (a *attribution) follow() {
	a.holds = make([]int32, len(a.graph.commits))
	for n, c := range a.graph.commits {
		a.holds[n] = a.locator.holds(c.tree)
		if a.unchanged(n) {
			continue
		}
		a.compare(int32(n))
	}
	if head := a.refs.head; head >= 0 {
		for p := range a.pairs(a.holds[head]) {
			a.life(p).current = true
		}
	}
}

// unchanged reports whether a commit holds what its parents hold.
func (a *attribution) unchanged(n int) bool {
	parents := a.graph.commits[n].parents
	for _, p := range parents {
		if a.holds[p] != a.holds[n] {
			return false
		}
	}
	return len(parents) > 0 || a.holds[n] == 0
}

// compare notes the pairs that commit n brings in or takes out.
func (a *attribution) compare(n int32) {
	parents := a.graph.commits[n].parents
	has := func(p pair, commit int32) bool {
		_, ok := a.pairs(a.holds[commit])[p]
		return ok
	}
	for p, hit := range a.pairs(a.holds[n]) {
		if !slices.ContainsFunc(parents, func(parent int32) bool { return has(p, parent) }) {
			life := a.life(p)
			life.introduced = append(life.introduced, n)
			life.kind = hit.kind
		}
	}
	if len(parents) == 0 {
		return
	}
	for p := range a.pairs(a.holds[parents[0]]) {
		lacking := func(parent int32) bool { return !has(p, parent) }
		if !has(p, n) && !slices.ContainsFunc(parents[1:], lacking) {
			a.life(p).removed = append(a.life(p).removed, n)
		}
	}
}

func (a *attribution) life(p pair) *life {
	l := a.lives[p]
	if l == nil {
		l = &life{}
		a.lives[p] = l
	}
	return l
}

// pairs lists the pairs of a holding, each with the object that has it.
func (a *attribution) pairs(holding int32) map[pair]*hit {
	if pairs, ok := a.pairsOf[holding]; ok {
		return pairs
	}
	pairs := map[pair]*hit{}
	for _, place := range a.locator.holdings[holding] {
		a.held[place.hit.object] = true
		for _, secret := range place.hit.secrets {
			pairs[pair{secret, place.path}] = place.hit
		}
	}
	a.pairsOf[holding] = pairs
	return pairs
}

// tellPaths makes the occurrences of the keys that commits hold at a path.
func (a *attribution) tellPaths() {
	for p, life := range a.lives {
		if len(life.introduced) == 0 {
			continue
		}
		first := a.first(life.introduced)
		object := a.pairs(a.holds[first])[p]
		past := a.past(object, first)
		if !life.current {
			past.Removed = a.removal(life, first)
		}
		o := a.occurrence(p, object, past)
		if life.current {
			o.Standing = rules.Tracked
		}
		a.collector.addPast(p.secret, o, a.commitTime(first))
	}
}

// first chooses the commit that brought a key in: one that a ref reaches
// before others, then the first in ancestry. Commits are numbered parents
// first, so no other choice is an ancestor of the smallest number.
func (a *attribution) first(introduced []int32) int32 {
	return slices.MinFunc(introduced, func(x, y int32) int {
		return cmp.Or(-compareBools(a.refs.reached[x], a.refs.reached[y]), cmp.Compare(x, y))
	})
}

// removal chooses the commit that took a key out: on the way from the one that
// brought it in to HEAD if it leads there, else to any ref.
func (a *attribution) removal(l *life, first int32) *rules.Commit {
	below := a.descendants(first)
	after := slices.DeleteFunc(slices.Clone(l.removed), func(n int32) bool { return !below[n] })
	if len(after) == 0 {
		return nil
	}
	rank := func(n int32) int {
		switch {
		case a.refs.reachedByHead[n]:
			return 2
		case a.refs.reached[n]:
			return 1
		}
		return 0
	}
	// The last one: a key that came back was taken out for good only then.
	last := slices.MaxFunc(after, func(x, y int32) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x, y))
	})
	return a.commit(last)
}

// past is the story of an object that a commit brought in.
func (a *attribution) past(object *hit, commit int32) *rules.Past {
	return &rules.Past{
		Object:     object.object.String(),
		Kind:       object.kind.String(),
		Reachable:  a.refs.reached[commit],
		Refs:       a.refsTo(commit),
		Introduced: a.commit(commit),
	}
}

// occurrence is a pair's place in the version that brought it in.
func (a *attribution) occurrence(p pair, object *hit, past *rules.Past) rules.Occurrence {
	var o rules.Occurrence
	if object.kind == gitpack.Tree {
		o = rules.Occurrence{Confidence: key.High, Snippet: nameSnippet(p)} // a name has no lines
	} else {
		o = a.placeIn(object.object, p.secret)
	}
	o.Path, o.Home = key.Mask(a.shown(p.path)), key.Mask(p.path)
	o.EnvFile = isEnvFile(p.path)
	o.Standing = rules.History
	o.Past = past
	return o
}

// placeIn is where a key stands in an object, with its facts.
func (a *attribution) placeIn(object gitpack.ID, secret key.Secret) rules.Occurrence {
	facts, ok := a.facts[object]
	if !ok {
		facts = a.places(object)
		a.facts[object] = facts
	}
	return facts[secret]
}

// tellAlone makes the occurrences of the blobs that no commit's tree holds:
// staged once, stashed without a commit, tagged by themselves, or left by a
// history that was rewritten.
func (a *attribution) tellAlone() {
	staged := a.stagedPaths()
	for id, hit := range a.hits {
		switch {
		case hit.kind != gitpack.Blob || a.held[id]:
		case len(staged[id]) > 0:
			a.tellLoose(hit, staged[id], rules.Tracked)
		default:
			a.tellLoose(hit, a.treePaths(id), rules.History)
		}
	}
}

// tellLoose makes the occurrences of a blob that no commit holds at some paths;
// an empty path stands for none.
func (a *attribution) tellLoose(found *hit, homes []string, standing rules.Standing) {
	for _, home := range homes {
		for _, secret := range found.secrets {
			past := &rules.Past{Object: found.object.String(), Kind: found.kind.String()}
			past.Refs, past.Reachable = a.refs.direct(found.object)
			o := a.occurrence(pair{secret, home}, found, past)
			if o.Standing = standing; home == "" {
				o.Path, o.Home = "", "blob "+found.object.String()
			}
			a.collector.addPast(secret, o, time.Time{})
		}
	}
}

// stagedPaths lists, by object, the paths at which the index holds hits.
func (a *attribution) stagedPaths() map[gitpack.ID][]string {
	paths := map[gitpack.ID][]string{}
	index, err := a.repo.Index()
	if err != nil {
		return paths // the tree's scan names it
	}
	for e := range index.Entries() {
		if a.hits[e.ID] != nil {
			paths[e.ID] = append(paths[e.ID], e.Path)
		}
	}
	return paths
}

// treePaths lists the paths of an object in trees that belong to no commit,
// from the topmost tree; one empty path if there is no such tree.
func (a *attribution) treePaths(id gitpack.ID) []string {
	inner := map[gitpack.ID]bool{}
	for _, entries := range a.locator.entries {
		for _, e := range entries {
			if e.dir {
				inner[e.child] = true
			}
		}
	}
	var paths []string
	for tree := range a.locator.entries {
		if inner[tree] {
			continue
		}
		for _, p := range a.locator.holdings[a.locator.holds(tree)] {
			if p.hit.object == id && !slices.Contains(paths, p.path) {
				paths = append(paths, p.path)
			}
		}
	}
	if len(paths) == 0 {
		return []string{""}
	}
	return paths
}

// tellMessages makes the occurrences of keys in commits and tags themselves.
func (a *attribution) tellMessages() {
	for id, hit := range a.hits {
		if hit.kind == gitpack.Blob {
			continue
		}
		commit, known := a.graph.number[a.graph.peel(id)]
		for _, secret := range hit.secrets {
			past := &rules.Past{Object: id.String(), Kind: hit.kind.String()}
			past.Refs, past.Reachable = a.refs.direct(id)
			var when time.Time
			if known && hit.kind == gitpack.Commit {
				past = a.past(hit, commit)
				when = a.commitTime(commit)
			}
			o := a.placeIn(id, secret)
			o.Home = hit.kind.String() + " " + id.String()
			o.Standing, o.Past = rules.History, past
			a.collector.addPast(secret, o, when)
		}
	}
}

// nameSnippet shows a path that holds a key, masked.
func nameSnippet(p pair) rules.Snippet {
	for _, s := range searchBuffer("", []byte(p.path), nil) {
		if s.match.Secret == p.secret {
			return s.place.Snippet
		}
	}
	return rules.Snippet{}
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
