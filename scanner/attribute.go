package scanner

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// An attribution tells what the passes found: who brought a key in, who took
// it out, and what still leads to it.
type attribution struct {
	*history
	graph *graph
	refs  refTips
	lives *lives
	files *existence // of the working tree
	// keysOf is the keys of a blob.
	keysOf func(gitpack.ID) secretSet

	mu   sync.Mutex
	told map[int32]*rules.Commit // by number
}

func newAttribution(h *history, g *graph) *attribution {
	return &attribution{
		history: h, graph: g, refs: h.readTips(g), lives: newLives(h),
		files:  &existence{root: h.repo.WorkTree},
		keysOf: func(id gitpack.ID) secretSet { return h.hits[id].keys() },
		told:   map[int32]*rules.Commit{},
	}
}

// attribute tells the story of every hit.
func (h *history) attribute(ctx context.Context) error {
	h.opts.Progress.phase("commits of what was found")
	known, before := h.cache.shapes(), h.collector.mark()
	if h.cache.used() {
		h.commits, h.tags = commitList{}, map[gitpack.ID]gitpack.ID{} // of which the first pass saw only the new ones
		if err := h.readCommits(ctx, known); err != nil {
			return err
		}
	}
	var g *graph
	var numbering sync.WaitGroup
	numbering.Go(func() { g = h.graph() }) // no other work can be shared out meanwhile
	l, err := h.locate(ctx, known)
	numbering.Wait()
	if err != nil {
		return err
	}
	if err := newAttribution(h, g).tell(ctx, l); err != nil {
		return err
	}
	if h.cache != nil && h.collector.mark().problems == before.problems {
		h.cache.saveShapes(l, known)
	}
	return nil
}

// tell goes from the hits to the commits, paths and refs that hold them.
func (a *attribution) tell(ctx context.Context, l *locator) error {
	c := l.compare(a.graph, a.lives)
	if a.refs.head >= 0 {
		a.markCurrent(c, c.atCommit[a.refs.head])
	}
	x := a.findLoose(c)
	a.tellPairs(x.holding)
	x.tell()
	a.tellMessages()
	a.tellRefNames()
	return ctx.Err()
}

// markCurrent notes the pairs that HEAD's tree, or the index, has now.
func (a *attribution) markCurrent(c *comparison, head int32) {
	current := func(l *life) { l.current = true }
	c.missing("", head, nil, func(path string, _ *hit, secrets secretSet) { a.lives.each(secrets, path, current) })
	for _, e := range a.staged() {
		a.lives.each(a.hits[e.ID].secrets, e.Path, current)
	}
}

// staged lists the index entries whose blobs are hits.
func (h *history) staged() (entries []gitrepo.Entry) {
	index, err := h.repo.Index()
	if err != nil {
		return nil // the tree's scan names it
	}
	for e := range index.Entries() {
		if h.hits[e.ID] != nil {
			entries = append(entries, *e)
		}
	}
	return entries
}

// A telling is a pair whose story is being put together.
type telling struct {
	pair
	*life
	arrival
	formerly []string // its paths before commits renamed the file, the last first
	past     *rules.Past
}

// tellPairs makes the occurrences of the keys that commits hold at a path.
// holding tells which refs hold a pair without a commit.
func (a *attribution) tellPairs(holding func(pair, *hit) (refs []string, reachable bool)) {
	var all []*telling
	for p, l := range a.lives.pairs {
		if len(l.arrivals) > 0 {
			all = append(all, &telling{pair: p, life: l, arrival: a.first(l.arrivals)})
		}
	}
	all = a.followRenames(all)
	slices.SortFunc(all, func(x, y *telling) int { return cmp.Compare(x.commit, y.commit) })
	for len(all) > 0 {
		var batch []*telling
		batch, all = a.family(all)
		for _, t := range batch {
			if refs, reachable := holding(t.pair, t.hit); !t.past.Reachable && reachable {
				t.past.Reachable, t.past.Refs = true, firstRefs(refs)
			}
		}
		a.tellBatch(batch)
	}
}

// family cuts off the tellings of the next few commits and tells what became of
// them.
func (a *attribution) family(all []*telling) (batch, rest []*telling) {
	var from []int32
	for _, t := range all {
		if len(from) == 0 || from[len(from)-1] != t.commit {
			if len(from) == maxFamilies {
				break
			}
			from = append(from, t.commit)
		}
		batch = append(batch, t)
	}
	families := a.graph.descendants(from)
	refs := make([][]string, len(from))
	for i, n := range from {
		refs[i] = a.refs.leadingTo(n, func(m int32) bool { return families[m]&(1<<i) != 0 })
	}
	i := 0
	for _, t := range batch {
		if from[i] != t.commit {
			i++
		}
		t.past = &rules.Past{
			Object: t.hit.object.String(), Kind: t.hit.kind.String(),
			Reachable: a.refs.reached[t.commit], Refs: refs[i], Introduced: a.commit(t.commit), Formerly: a.former(t.formerly),
		}
		if !t.current {
			t.past.Removed = a.removal(t.life, func(m int32) bool { return families[m]&(1<<i) != 0 })
		}
	}
	return batch, all[len(batch):]
}

// first chooses the commit that brought a key in: one that a ref reaches
// before others, then the first in ancestry. Commits are numbered parents
// first, so no other choice is an ancestor of the smallest number.
func (a *attribution) first(arrivals []arrival) arrival {
	return slices.MinFunc(arrivals, func(x, y arrival) int {
		return cmp.Or(-compareBools(a.refs.reached[x.commit], a.refs.reached[y.commit]), cmp.Compare(x.commit, y.commit))
	})
}

// removal chooses the commit that took a key out: on the way from the one that
// brought it in to HEAD if it leads there, else to any ref. There, a merge that
// only took the side that lacks it is named where no commit did.
func (a *attribution) removal(l *life, below func(int32) bool) *rules.Commit {
	last := func(list []int32) (n int32, rank int) {
		rank = -1
		for _, m := range list {
			// The last one: a key that came back was taken out for good only then.
			if r := a.refs.rank(m); below(m) && (r > rank || r == rank && m > n) {
				n, rank = m, r
			}
		}
		return n, rank
	}
	n, rank := last(l.removed)
	if merge, mergeRank := last(l.dropped); mergeRank > rank {
		n, rank = merge, mergeRank
	}
	if rank < 0 {
		return nil
	}
	return a.commit(n)
}

// tellBatch reads the objects of some tellings side by side, each once.
func (a *attribution) tellBatch(batch []*telling) {
	byHit := map[*hit][]*telling{}
	for _, t := range batch {
		byHit[t.hit] = append(byHit[t.hit], t)
	}
	hits := slices.Collect(maps.Keys(byHit))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(a.opts.Workers, len(hits)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(hits); i = next.Add(1) - 1 {
				a.tellHit(hits[i], byHit[hits[i]])
			}
		})
	}
	wg.Wait()
}

func (a *attribution) tellHit(h *hit, tellings []*telling) {
	wanted := map[key.Secret]bool{}
	for _, t := range tellings {
		wanted[t.secret] = true
	}
	places := a.places(h, wanted)
	for _, t := range tellings {
		standing := rules.History
		if t.current {
			standing = rules.Tracked
		}
		a.add(t.pair, a.occurrence(t.pair, places, standing, t.past), a.commit(t.commit).Date)
	}
}

func (a *attribution) add(p pair, o rules.Occurrence, when time.Time) {
	if o.Past != nil {
		o.Past.Within = a.within
	}
	a.collector.addPast(p.secret, repoName(a.repo), o, when)
}

// placeOf is where each of some keys stands in an object, with the facts.
type placeOf map[key.Secret]rules.Occurrence

// places reads an object again for the facts of the place where each of some
// keys stands first.
func (h *history) places(found *hit, wanted map[key.Secret]bool) placeOf {
	places := placeOf{}
	if found.kind == gitpack.Tree {
		return places // a name has no lines
	}
	o, err := h.store.Object(found.object)
	if err == nil {
		var sightings []sighting
		sightings, err = searchObject(o, search{archives: h.opts.archives, want: func(m key.Match) bool {
			first := wanted[m.Secret]
			delete(wanted, m.Secret)
			return first
		}})
		for _, s := range sightings {
			places[s.match.Secret] = s.place
		}
	}
	if err != nil {
		h.collector.unread("", found.object.String(), "read "+found.kind.String(), err)
	}
	return places
}

// occurrence is a pair's place in the version that brought it in.
func (a *attribution) occurrence(p pair, places placeOf, standing rules.Standing, past *rules.Past) rules.Occurrence {
	o, ok := places[p.secret]
	if !ok {
		o = inName(p.secret, p.path)
	}
	switch o.Member {
	case "":
		o.EnvFile = isEnvFile(p.path)
	case archive.Unnamed:
		o.EnvFile = isEnvFile(archive.Unpacked(p.path))
	}
	if p.isNowhere() {
		setPath(&o, "", "")
		o.Home = past.Kind + " " + past.Object
	} else {
		setPath(&o, a.shown(p.path), p.path)
	}
	o.Standing, o.Past = standing, past
	if standing == rules.Tracked {
		o.Client = cmp.Or(o.Client, clientOutput(p.path, a.files.has))
	}
	return o
}

// inName is how a path, or another name, holds a key: what is shown of it, how
// sure it is, and how it is encoded. Names have no lines.
func inName(secret key.Secret, name string) rules.Occurrence {
	first := func(m key.Match) bool { return m.Secret == secret }
	found, _ := search{want: first}.buffer([]byte(name))
	for _, s := range found {
		return rules.Occurrence{Confidence: s.place.Confidence, Encoding: s.place.Encoding, Snippet: s.place.Snippet}
	}
	return rules.Occurrence{Confidence: key.High} // it is in an object that can no longer be read
}

// tellMessages makes the occurrences of keys in commits and tags themselves.
func (a *attribution) tellMessages() {
	var all []*telling
	for id, h := range a.hits {
		if h.kind == gitpack.Blob {
			continue
		}
		if commit, known := a.graph.number[id]; known {
			all = append(all, &telling{arrival: arrival{commit, h}, life: &life{current: true}})
			continue
		}
		past := &rules.Past{Object: id.String(), Kind: h.kind.String()}
		refs, reachable := a.refs.direct(id)
		past.Refs, past.Reachable = firstRefs(refs), reachable
		a.tellMessage(h, past, time.Time{})
	}
	slices.SortFunc(all, func(x, y *telling) int { return cmp.Compare(x.commit, y.commit) })
	for len(all) > 0 {
		var batch []*telling
		batch, all = a.family(all)
		for _, t := range batch {
			a.tellMessage(t.hit, t.past, a.commit(t.commit).Date)
		}
	}
}

func (a *attribution) tellMessage(h *hit, past *rules.Past, when time.Time) {
	for secret, o := range a.places(h, a.book.wanted(h.secrets)) {
		o.Home = h.kind.String() + " " + h.object.String()
		o.Standing, o.Past = rules.History, past
		a.add(pair{secret, ""}, o, when)
	}
}

// commit reads what a finding tells of a commit, once.
func (a *attribution) commit(n int32) *rules.Commit {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.told[n]
	if !ok {
		c = a.readCommit(a.graph.commits[n].id)
		a.told[n] = c
	}
	return c
}

func (h *history) readCommit(id gitpack.ID) *rules.Commit {
	_, data, err := h.store.Read(id)
	var c gitrepo.Commit
	if err == nil {
		c, err = gitrepo.DecodeCommit(id, data)
	}
	if err != nil {
		h.collector.problem("", id.String(), err.Error())
	}
	return &rules.Commit{
		ID:      id.String(),
		Author:  key.Mask(c.Author),
		Email:   key.Mask(c.Email),
		Subject: key.Mask(c.Subject),
		Date:    c.Date,
	}
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
