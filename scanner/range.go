package scanner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// Commits names a set of commits, by revisions or by ids.
type Commits struct {
	// Revisions are read as git reads them: "A..B", "A...B", "^A", "B", "--not", "--all",
	// "--remotes=NAME", and options that leave commits out, as "--since=DATE".
	Revisions []string
	// Include and Exclude are ids in hexadecimal digits, as git gives them to
	// hooks; Include may also name revisions. An excluded commit that is not there
	// excludes nothing, and an included tag is searched too.
	Include, Exclude []string
	// Refs are the refs that a push makes: their names are new, and searched too.
	Refs []NewRef
	// Pushed is where the commits are sent to: what is known to be there is
	// excluded.
	Pushed Remote
}

// A Remote is where git pushes to: the name that a remote has in the
// configuration, or a URL in its place, and the URL. The zero value is none.
type Remote struct {
	Name, URL string
}

// A NewRef is the name of a ref, with the id in hexadecimal digits that it is to
// have.
type NewRef struct{ Name, ID string }

// Range searches what a set of commits brings in: of every file that a commit
// changes the keys that none of its parents has at that path, merge commits'
// own content too, and the messages. A key that one commit of the set adds and
// another removes is found.
func Range(ctx context.Context, commits Commits, opts Options) (*Result, error) {
	return inStage(ctx, opts, "commits", wholeIndex, func(s *stage) error {
		r := newRangeScan(s)
		set, err := r.parse(commits)
		if err != nil {
			return err
		}
		if err := r.read(ctx, set); err != nil {
			return err
		}
		r.addRefs(commits.Refs)
		r.tell()
		return ctx.Err()
	})
}

// Push is Range for commits that are about to be pushed, or received: as long as a
// hook refuses them, nobody else has them.
func Push(ctx context.Context, commits Commits, opts Options) (*Result, error) {
	result, err := Range(ctx, commits, opts)
	if err != nil {
		return nil, err
	}
	for _, k := range result.Keys {
		for _, o := range k.Occurrences {
			if o.Past != nil {
				o.Past.Incoming = true
			}
		}
	}
	return result, nil
}

// A rangeScan reads what a set of commits brings in.
type rangeScan struct {
	*stage
	attribution *attribution
	trees       treeCache
	limit       int // entries of one commit that are looked at
	depth       int // how far directories may be nested
	limits      gitrepo.Limits

	mu      sync.Mutex
	objects map[searchedAs]*hit // nil for one without a key
	unread  map[string]string   // the first path, by name, of each object of which something could not be read
	absent  gitpack.Stats       // what a partial clone lacks
	tags    []gitpack.ID
	loose   []looseHit // of what was named in place of a commit
}

// A searchedAs is an object that was searched as it stands, or opened for its name.
type searchedAs struct {
	id     gitpack.ID
	byName bool
}

// A looseHit is a hit at a path, or at none, that belongs to no commit.
type looseHit struct {
	path string
	hit  *hit
}

func newRangeScan(s *stage) *rangeScan {
	return &rangeScan{
		stage:   s,
		limit:   maxChanged,
		depth:   maxTreeDepth,
		trees:   treeCache{store: s.store, known: map[gitpack.ID][]byte{}},
		objects: map[searchedAs]*hit{},
		unread:  map[string]string{},
	}
}

// parse finds the commits of a range; a wrong revision is an error.
func (r *rangeScan) parse(commits Commits) (set gitrepo.Range, err error) {
	if len(commits.Revisions) > 0 {
		if set, err = r.repo.ParseRange(r.store, commits.Revisions...); err != nil {
			return set, err
		}
		if !set.Includes && len(commits.Include) == 0 {
			return set, fmt.Errorf("range %.200q only leaves commits out: name what to search too, such as HEAD", strings.Join(commits.Revisions, " "))
		}
		for _, absent := range set.Absent {
			r.collector.problem("", "", absent.Error()+": nothing was left out for it, all commits that are here were searched")
		}
		for _, short := range set.Short {
			r.collector.problem("", "", short.Error()+", the commit that it begins with was taken")
		}
	}
	for _, name := range commits.Include {
		id, err := gitpack.ParseID(name)
		if err != nil {
			id, err = r.repo.Resolve(r.store, name+"^{object}") // a tag, not what it leads to
		}
		if err != nil {
			return set, err
		}
		set.Include = append(set.Include, id)
	}
	for _, digits := range commits.Exclude {
		id, err := gitpack.ParseID(digits)
		if err != nil {
			return set, err
		}
		set.Exclude = append(set.Exclude, id)
	}
	null := func(id gitpack.ID) bool { return id.IsZero() } // for a ref that is not there, or no more
	set.Include, set.Exclude = slices.DeleteFunc(set.Include, null), slices.DeleteFunc(set.Exclude, null)
	if commits.Pushed.Name != "" {
		known, err := r.repo.Tracking(commits.Pushed.Name, commits.Pushed.URL)
		if err != nil {
			r.collector.problem("", "", fmt.Sprintf("find out what the remote has: %v", err))
		}
		set.Exclude = append(set.Exclude, known...)
	}
	return set, nil
}

// read goes through the commits of the set side by side.
func (r *rangeScan) read(ctx context.Context, set gitrepo.Range) error {
	h := newHistory(r.repo, r.store, r.opts, r.collector)
	h.listRefs()
	h.reportRefs()
	if err := h.readCommits(ctx, nil); err != nil {
		return err
	}
	g := h.graph()
	r.attribution = newAttribution(h, g)
	r.attribution.keysOf = func(id gitpack.ID) secretSet { return r.keysAround(id, "") }
	list := r.commits(ctx, g, set)
	r.opts.Progress.Objects.Total.Store(int64(len(list)))
	work := make(chan int32)
	var wg sync.WaitGroup
	for range r.opts.Workers {
		wg.Go(func() {
			for n := range work {
				r.commit(ctx, n)
				r.opts.Progress.Objects.Done.Add(1)
			}
		})
	}
	for _, n := range list {
		if ctx.Err() != nil {
			break
		}
		work <- n
	}
	close(work)
	wg.Wait()
	return ctx.Err()
}

// commits lists the commits of a set, parents first.
func (r *rangeScan) commits(ctx context.Context, g *graph, set gitrepo.Range) []int32 {
	include := r.numbers(ctx, g, set.Include, "commit")
	exclude := r.numbers(ctx, g, set.Exclude, "")
	r.tags = slices.DeleteFunc(append(r.tags, set.Tags...), func(id gitpack.ID) bool {
		return slices.Contains(set.KnownTags, id) || slices.ContainsFunc(set.Exclude, func(old gitpack.ID) bool { return slices.Contains(g.peel(old), id) })
	})
	for _, id := range set.Others {
		r.other(ctx, id, "object")
	}
	cut, _ := r.repo.Shallow() // the revisions that were read with it say what is wrong with it
	r.limits = set.Limits
	walk := commitWalk{graph: g, limits: set.Limits, cut: cut}
	list := walk.rangeOf(include, exclude)
	for _, n := range list {
		r.gaps(g.commits[n])
	}
	return list
}

// numbers looks the commits up; kind names those whose absence is a problem.
func (r *rangeScan) numbers(ctx context.Context, g *graph, ids []gitpack.ID, kind string) []int32 {
	var numbers []int32
	for _, id := range ids {
		chain := g.peel(id)
		last := chain[len(chain)-1]
		if kind != "" {
			r.tags = append(r.tags, chain[:len(chain)-1]...)
		}
		n, ok := g.number[last]
		switch {
		case ok:
			numbers = append(numbers, n)
		case kind != "":
			r.other(ctx, last, kind)
		}
	}
	return numbers
}

// other searches an object that was named in place of a commit: a tag may
// stand for a blob or a tree.
func (r *rangeScan) other(ctx context.Context, id gitpack.ID, kind string) {
	o, err := r.store.Object(id)
	switch {
	case err != nil:
		r.collector.problem("", id.String(), fmt.Sprintf("read %s: %v", kind, err))
	case o.Kind == gitpack.Blob:
		r.keep("", r.search(id, gitpack.Blob, ""))
	case o.Kind == gitpack.Tree:
		r.compare(ctx, id, id, nil, func(e change) {
			r.keep(e.path, r.search(e.now.file(), gitpack.Blob, e.path))
			r.keep(e.path, e.hit)
		})
	default: // of commits that are their own ancestors, the graph has none
		r.collector.problem("", id.String(), fmt.Sprintf("find the %s of the range: it is a %s that leads back to itself, or came while the database was read; nothing of it was searched", kind, o.Kind))
	}
}

// keep notes what belongs to no commit, if there is a hit.
func (r *rangeScan) keep(path string, found *hit) {
	if found != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.loose = append(r.loose, looseHit{path, found})
	}
}

// gaps names a commit that git refuses, or whose parents are not there, where they
// should be.
func (r *rangeScan) gaps(c commitNode) {
	if err := r.attribution.bogus[c.id]; err != nil {
		r.collector.problem("", c.id.String(), "read commit: "+err.Error())
	}
	if c.missing > 0 {
		r.collector.problem("", c.id.String(), "a parent of this commit is not here (is the clone shallow?): all that the commit holds was searched, as if it were new")
	}
}

// commit searches what one commit changes.
func (r *rangeScan) commit(ctx context.Context, n int32) {
	g := r.attribution.graph
	c := g.commits[n]
	var parents []gitpack.ID
	for _, p := range r.comparedTo(c) {
		parents = append(parents, g.commits[p].tree)
	}
	r.compare(ctx, c.id, c.tree, parents, func(e change) { r.change(n, e) })
	if r.opts.NoMetadata {
		return
	}
	if found := r.search(c.id, gitpack.Commit, ""); found != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.attribution.hits[c.id] = found
	}
}

// comparedTo lists the parents whose content a commit does not bring in. Where a
// merge is followed to its first parent alone, what the others brought to it counts
// as its own, as in git log's patches.
func (r *rangeScan) comparedTo(c commitNode) []int32 {
	switch {
	case !r.limits.FirstParent || len(c.parents) == 0:
		return c.parents
	case c.missing > 0:
		return nil // the first may be the one that is not here
	}
	return c.parents[:1]
}

// change notes the keys that a commit brings to a path or takes from it.
func (r *rangeScan) change(n int32, e change) {
	content := r.search(e.now.file(), gitpack.Blob, e.path)
	has := r.keysAt(e, e.now)
	fresh, gone := has, secretSet(nil)
	for i, old := range e.before {
		had := r.keysBefore(e, old)
		fresh = fresh.minus(had)
		if i == 0 {
			gone = had.minus(has)
		} else {
			gone = gone.minus(gone.minus(had))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if rest := fresh.minus(content.keys()); len(rest) > 0 {
		r.attribution.lives.arrive(rest, e.path, n, e.hit)
		fresh = fresh.minus(rest)
	}
	if len(fresh) > 0 {
		r.attribution.lives.arrive(fresh, e.path, n, content)
	}
	r.attribution.lives.leave(gone, nil, e.path, n)
}

// keysAt is the keys that an entry of some version has, in its name and in what
// it holds.
func (r *rangeScan) keysAt(e change, version treeEntry) secretSet {
	if version.child.IsZero() {
		return nil
	}
	return r.search(version.file(), gitpack.Blob, e.path).keys().plus(e.hit.keys())
}

// keysBefore is keysAt for a version that the range does not bring in. If that is not
// here, a key in the new version is taken for a new one.
func (r *rangeScan) keysBefore(e change, version treeEntry) secretSet {
	if version.child.IsZero() {
		return nil
	}
	return r.keysAround(version.file(), e.path).plus(e.hit.keys())
}

// keysAround is the keys of a blob that the range does not bring in. If a partial clone
// lacks it, that is nothing that was missed.
func (r *rangeScan) keysAround(blob gitpack.ID, path string) secretSet {
	if r.repo.Promisor() && !blob.IsZero() && !r.store.Has(blob) {
		return nil
	}
	return r.search(blob, gitpack.Blob, path).keys()
}

// search lists the keys of an object, once; nil if there are none. path is that of a
// blob, where it has one.
func (r *rangeScan) search(id gitpack.ID, kind gitpack.Kind, path string) *hit {
	if id.IsZero() {
		return nil
	}
	name := ""
	if archive.Claimed(path) {
		name = path
	}
	object := searchedAs{id, name != ""}
	r.mu.Lock()
	known, ok := r.objects[object]
	if ok {
		r.placeUnread(id, path)
	}
	r.mu.Unlock()
	if ok {
		return known
	}
	o, err := r.store.Object(id)
	if err == nil && o.Kind != kind { // no silence, if we should misread what names it
		err = fmt.Errorf("object %s is a %s, not a %s", id, o.Kind, kind)
	}
	var secrets []key.Secret
	var placeholders int
	if err == nil {
		secrets, placeholders, err = objectSecrets(o, name, r.opts)
		err, _ = withoutDoubt(err) // by its path it is none
	}
	promised := kind == gitpack.Blob && r.promised(err)
	if err != nil && !promised {
		r.collector.unread("", id.String(), "read "+kind.String(), err)
	}
	var found *hit
	if len(secrets) > 0 {
		found = &hit{object: id, kind: kind, secrets: r.attribution.book.set(secrets), name: name}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && !promised {
		r.unread[id.String()] = cmp.Or(r.unread[id.String()], path)
	}
	if known, ok := r.objects[object]; ok {
		found = known // another goroutine was faster
	} else {
		r.objects[object] = found
		if promised {
			r.absent.AbsentBlobs++
			return nil
		}
		r.collector.addPlaceholders(placeholders)
		r.collector.count(kind, o.Size)
	}
	return found
}

// placeUnread notes a path of an object, if something of it could not be read; the
// caller holds the lock.
func (r *rangeScan) placeUnread(id gitpack.ID, path string) {
	if known, bad := r.unread[id.String()]; bad && path != "" && (known == "" || path < known) {
		r.unread[id.String()] = path
	}
}

// promised reports whether an object could not be read because a partial clone
// lacks it by design: those are counted, not named.
func (r *rangeScan) promised(err error) bool {
	return errors.Is(err, gitpack.ErrNotFound) && r.repo.Promisor()
}

// tell makes the occurrences of what was found.
func (r *rangeScan) tell() {
	a := r.attribution
	r.leaveMoved()
	for p, l := range a.lives.pairs {
		l.current = len(l.arrivals) > 0 && r.isCurrent(p)
	}
	r.markBranches()
	a.tellPairs(func(_ pair, h *hit) (refList, bool) {
		refs, reachable := a.refs.direct(h.object)
		return newRefList(refs), reachable
	})
	for _, l := range r.loose {
		refs, reachable := a.refs.direct(l.hit.object)
		places := a.places(l.hit, a.book.wanted(l.hit.secrets))
		for secret := range a.book.all(l.hit.secrets) {
			a.tellLoose(pair{secret, l.path}, places, loose{l.hit, rules.History, refs, reachable})
		}
	}
	for _, id := range r.tags {
		if found := r.search(id, gitpack.Tag, ""); found != nil && !r.opts.NoMetadata {
			a.hits[id] = found
		}
	}
	a.tellMessages()
	a.tellRefNames()
	a.reportAbsent(r.absent)
	for object, path := range r.unread {
		r.unread[object] = key.Mask(path)
	}
	r.collector.place(r.unread)
}

// addRefs searches the names of new refs.
func (r *rangeScan) addRefs(refs []NewRef) {
	for _, ref := range refs {
		id, err := gitpack.ParseID(ref.ID)
		if secrets := nameSecrets(ref.Name); len(secrets) > 0 && err == nil && !r.opts.NoMetadata {
			n := refName{of: "ref", ref: ref.Name, text: ref.Name, id: id, secrets: secrets}
			r.attribution.refNames = append(r.attribution.refNames, n)
		}
	}
}
