package scanner

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
	known, before := h.cache.shapes(h.hits), h.collector.mark()
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
	a.markBranches(c)
	a.placeOld(c)
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
	_ = expandFrom(index, h.store) // and what of a sparse index cannot be read
	for e := range index.Entries() {
		if h.hits[e.ID] != nil {
			entries = append(entries, *e)
		}
	}
	return entries
}

// markBranches notes the pairs that the tips of other branches have and HEAD's
// tree has not.
func (a *attribution) markBranches(c *comparison) {
	var head []int32
	if a.refs.head >= 0 {
		head = []int32{c.atCommit[a.refs.head]}
	}
	names := map[int32][]string{} // by node
	for _, t := range a.refs.branches() {
		n := c.atCommit[t.commit]
		names[n] = append(names[n], key.Mask(t.name))
	}
	for n, at := range names {
		list := newRefList(ownRefs(at))
		c.missing("", n, head, func(path string, _ *hit, secrets secretSet) {
			a.lives.each(secrets, path, func(l *life) { l.branches = l.branches.join(list) })
		})
	}
}

// A telling is a pair whose story is being put together.
type telling struct {
	pair
	*life
	arrival
	formerly []string // its paths before commits renamed the file, the last first
	origins  []int32  // the commits that brought it in, wherever: each once, in order
	past     *rules.Past
}

// tellPairs makes the occurrences of the keys that commits hold at a path.
// holding tells which refs hold a pair without a commit.
func (a *attribution) tellPairs(holding func(pair, *hit) (refs refList, reachable bool)) {
	var all []*telling
	for p, l := range a.lives.pairs {
		if len(l.arrivals) > 0 {
			all = append(all, &telling{pair: p, life: l, arrival: a.first(l.arrivals), origins: commitsOf(l.arrivals)})
		}
	}
	all = a.followRenames(all)
	slices.SortFunc(all, func(x, y *telling) int { return cmp.Compare(x.commit, y.commit) })
	for len(all) > 0 {
		var batch []*telling
		batch, all = a.family(all)
		for _, t := range batch {
			if t.past.Reachable {
				continue
			}
			refs, reachable := holding(t.pair, t.hit)
			if !reachable {
				refs = refs.join(refList{t.past.Refs, t.past.RefCount})
			}
			t.past.Reachable = reachable
			setRefs(t.past, refs)
		}
		a.tellBatch(batch)
	}
}

func commitsOf(arrivals []arrival) []int32 {
	var commits []int32
	for _, arrival := range arrivals {
		commits = append(commits, arrival.commit)
	}
	slices.Sort(commits)
	return slices.Compact(commits)
}

func setRefs(past *rules.Past, refs refList) { past.Refs, past.RefCount = refs.names, refs.count }

// A kin is sets of commits of which the families are wanted, each once.
type kin struct {
	bits map[string]int
	sets [][]int32
}

// bit is the place of a set, which it adds; full if there is no room.
func (k *kin) bit(set []int32) (bit int, full bool) {
	var name []byte
	for _, n := range set {
		name = binary.NativeEndian.AppendUint32(name, uint32(n))
	}
	bit, known := k.bits[string(name)]
	if !known {
		if bit = len(k.sets); bit == maxFamilies {
			return 0, true
		}
		k.bits[string(name)] = bit
		k.sets = append(k.sets, set)
	}
	return bit, false
}

// family cuts off the tellings of the next few commits and tells what became of
// them.
func (a *attribution) family(all []*telling) (batch, rest []*telling) {
	type kinOf struct{ own, every int }
	k := kin{bits: map[string]int{}}
	var bits []kinOf
	for _, t := range all {
		own, full := k.bit([]int32{t.commit})
		every, fuller := k.bit(t.origins)
		if full || fuller {
			break
		}
		batch, bits = append(batch, t), append(bits, kinOf{own, every})
	}
	families := a.graph.descendants(k.sets)
	below := func(bit int) func(int32) bool {
		return func(m int32) bool { return families[m]&(1<<bit) != 0 }
	}
	refs := make([]refList, len(k.sets))
	for i, t := range batch {
		every := bits[i].every
		reachable := slices.ContainsFunc(t.origins, func(n int32) bool { return a.refs.reached[n] })
		if refs[every].names == nil {
			refs[every] = a.refs.leadingTo(reachable, below(every))
		}
		t.past = &rules.Past{
			Object: t.hit.object.String(), Kind: t.hit.kind.String(), Malformed: t.hit.loose,
			Reachable: reachable, Introduced: a.commit(t.commit), Formerly: a.former(t.formerly),
		}
		setRefs(t.past, refs[every])
		if !t.current {
			t.past.Removed = a.removal(t.life, reachable, below(bits[i].own))
			t.past.Branches, t.past.BranchCount = t.branches.names, t.branches.count
		}
	}
	return batch, all[len(batch):]
}

// first chooses the commit that brought a key in: one that HEAD leads back to
// before one that another ref does, and that before others; then the first in
// ancestry. Commits are numbered parents first, so no other choice is an
// ancestor of the smallest number.
func (a *attribution) first(arrivals []arrival) arrival {
	return slices.MinFunc(arrivals, func(x, y arrival) int {
		return cmp.Or(cmp.Compare(a.refs.rank(y.commit), a.refs.rank(x.commit)), cmp.Compare(x.commit, y.commit))
	})
}

// removal chooses the commit that took a key out: on the way from the one that
// brought it in to HEAD if it leads there, else to any ref; what no ref reaches
// takes nothing out of what some do. There, a merge that only took the side that
// lacks it is named where no commit did.
func (a *attribution) removal(l *life, reachable bool, below func(int32) bool) *rules.Commit {
	last := func(list []int32) (n int32, rank int) {
		rank = -1
		for _, m := range list {
			r := a.refs.rank(m)
			// The last one: a key that came back was taken out for good only then.
			later := r > rank || r == rank && m > n
			if later && (r > 0 || !reachable) && below(m) && !a.stashed(m) {
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

// stashed reports whether a commit is one that git stash made: a merge of what
// was checked out, of the index on top of that, and perhaps of untracked files.
// It takes nothing out of the commits before it. No ref may know it any more.
func (a *attribution) stashed(n int32) bool {
	if a.refs.stashes[n] {
		return true
	}
	parents := a.graph.commits[n].parents
	if a.refs.reached[n] || len(parents) < 2 || len(parents) > 3 {
		return false
	}
	index := a.graph.commits[parents[1]].parents
	return len(index) == 1 && index[0] == parents[0] && (len(parents) == 2 || len(a.graph.commits[parents[2]].parents) == 0)
}

// tellBatch reads the objects of some tellings side by side, each once.
func (a *attribution) tellBatch(batch []*telling) {
	byHit := map[*hit][]*telling{}
	for _, t := range batch {
		byHit[t.hit] = append(byHit[t.hit], t)
	}
	sideBySide(a.opts.Workers, slices.Collect(maps.Keys(byHit)), func(h *hit) { a.tellHit(h, byHit[h]) })
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
		a.keeping(o.Past)
	}
	a.collector.addPast(p.secret, repoName(a.repo), o, when)
}

// keeping notes what keeps an object besides refs and reflogs.
func (a *attribution) keeping(past *rules.Past) {
	past.StashLost = !a.refs.stashLog
	id, err := gitpack.ParseID(past.Object)
	if err != nil || past.Reachable || past.Of != "" {
		return
	}
	own := a.store.Dirs()[0] + string(filepath.Separator)
	for _, holder := range a.store.Holders(id) {
		if !strings.HasPrefix(holder, own) {
			dir := filepath.Dir(filepath.Dir(holder))
			past.Borrowed = key.Mask(filepath.ToSlash(dir))
		} else if pack, ok := strings.CutSuffix(holder, ".pack"); ok && exists(pack+".keep") {
			past.Keep = key.Mask(a.collector.shown(pack + ".keep"))
		}
	}
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
		sightings, err = searchObject(o, search{archives: h.opts.archives, name: found.name, want: func(m key.Match) bool {
			first := wanted[m.Secret]
			delete(wanted, m.Secret)
			return first
		}})
		for _, s := range sightings {
			places[s.match.Secret] = s.place
		}
	}
	if err != nil {
		h.collector.unread(h.placed[found.object.String()], found.object.String(), "read "+found.kind.String(), err)
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
