package scanner

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// Commits names a set of commits, by revisions or by ids.
type Commits struct {
	// Revisions are read as git reads them: "A..B", "A...B", "^A", "B", and
	// "--not", "--all", "--remotes=NAME".
	Revisions []string
	// Include and Exclude are ids in hexadecimal digits, as git gives them to
	// hooks. An excluded commit that is not there excludes nothing, and an
	// included tag is searched too.
	Include, Exclude []string
}

// Range searches what a set of commits brings in: of every file that a commit
// changes the keys that none of its parents has at that path, merge commits'
// own content too, and the messages. A key that one commit of the set adds and
// another removes is found.
func Range(ctx context.Context, commits Commits, opts Options) (*Result, error) {
	return inStage(ctx, opts, "commits", func(s *stage) error {
		r := newRangeScan(s)
		set, err := r.parse(commits)
		if err != nil {
			return err
		}
		if err := r.read(ctx, set); err != nil {
			return err
		}
		r.tell()
		return nil
	})
}

// A rangeScan reads what a set of commits brings in.
type rangeScan struct {
	*stage
	attribution *attribution
	trees       treeCache

	mu      sync.Mutex
	blobs   map[gitpack.ID]*hit // of the blobs that were searched
	objects map[pair]map[int32]*hit
	tags    []gitpack.ID
	loose   []pathBlob // of what was named in place of a commit
}

// A pathBlob is a blob at a path.
type pathBlob struct {
	path string
	blob gitpack.ID
}

func newRangeScan(s *stage) *rangeScan {
	return &rangeScan{
		stage:   s,
		trees:   treeCache{store: s.store, known: map[gitpack.ID][]byte{}},
		blobs:   map[gitpack.ID]*hit{},
		objects: map[pair]map[int32]*hit{},
	}
}

// parse finds the commits of a range; a wrong revision is an error.
func (r *rangeScan) parse(commits Commits) (set gitrepo.Range, err error) {
	if len(commits.Revisions) > 0 {
		if set, err = r.repo.ParseRange(r.store, commits.Revisions...); err != nil {
			return set, err
		}
	}
	for list, into := range map[*[]string]*[]gitpack.ID{&commits.Include: &set.Include, &commits.Exclude: &set.Exclude} {
		for _, digits := range *list {
			id, err := gitpack.ParseID(digits)
			if err != nil {
				return set, err
			}
			if !id.IsZero() {
				*into = append(*into, id)
			}
		}
	}
	return set, nil
}

// read goes through the commits of the set side by side.
func (r *rangeScan) read(ctx context.Context, set gitrepo.Range) error {
	h := newHistory(r.repo, r.store, r.opts, r.collector)
	g, err := readGraph(ctx, h)
	if err != nil {
		return err
	}
	r.attribution = newAttribution(h, g)
	list := r.commits(g, set)
	r.opts.Progress.Objects.Total.Store(int64(len(list)))
	work := make(chan int32)
	var wg sync.WaitGroup
	for range r.opts.Workers {
		wg.Go(func() {
			for n := range work {
				r.commit(n)
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
func (r *rangeScan) commits(g *graph, set gitrepo.Range) []int32 {
	include := r.numbers(g, set.Include, "commit")
	exclude := r.numbers(g, set.Exclude, "")
	wanted, known := g.ancestors(include), g.ancestors(exclude)
	var list []int32
	for n := range g.commits {
		if wanted[n] && !known[n] {
			list = append(list, int32(n))
			r.gaps(g, int32(n))
		}
	}
	return list
}

// numbers looks the commits up; kind names those whose absence is a problem.
func (r *rangeScan) numbers(g *graph, ids []gitpack.ID, kind string) []int32 {
	var numbers []int32
	for _, id := range ids {
		if _, isTag := g.tags[id]; isTag && kind != "" {
			r.tags = append(r.tags, id)
		}
		n, ok := g.number[g.peel(id)]
		switch {
		case ok:
			numbers = append(numbers, n)
		case kind != "":
			r.other(g.peel(id), kind)
		}
	}
	return numbers
}

// other searches an object that was named in place of a commit: a tag may
// stand for a blob or a tree.
func (r *rangeScan) other(id gitpack.ID, kind string) {
	o, err := r.store.Object(id)
	switch {
	case err != nil:
		r.collector.problem("", id.String(), fmt.Sprintf("read %s: %v", kind, err))
	case o.Kind == gitpack.Blob:
		r.loose = append(r.loose, pathBlob{"", id})
	case o.Kind == gitpack.Tree:
		r.compareTrees(id, id, nil, "", func(path string, blob gitpack.ID, _ []gitpack.ID) {
			r.loose = append(r.loose, pathBlob{path, blob})
		})
	}
}

// gaps names a commit whose parents are not there, where they should be.
func (r *rangeScan) gaps(g *graph, n int32) {
	c := g.commits[n]
	if c.missing > 0 {
		r.collector.problem("", c.id.String(), "a parent of this commit is not here (is the clone shallow?): all that the commit holds was searched, as if it were new")
	}
}

// commit searches what one commit changes.
func (r *rangeScan) commit(n int32) {
	g := r.attribution.graph
	c := g.commits[n]
	var parents []gitpack.ID
	for _, p := range c.parents {
		parents = append(parents, g.commits[p].tree)
	}
	r.compareTrees(c.id, c.tree, parents, "", func(path string, now gitpack.ID, before []gitpack.ID) {
		r.change(n, path, now, before)
	})
	if r.opts.NoMetadata {
		return
	}
	if found := r.search(c.id, gitpack.Commit); found != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.attribution.hits[c.id] = found
	}
}

// change notes the keys that a commit brings to a path or takes from it.
func (r *rangeScan) change(n int32, path string, now gitpack.ID, before []gitpack.ID) {
	has := r.search(now, gitpack.Blob)
	var had []*hit
	for _, id := range before {
		had = append(had, r.search(id, gitpack.Blob))
	}
	holds := func(h *hit, s key.Secret) bool { return h != nil && slices.Contains(h.secrets, s) }
	r.mu.Lock()
	defer r.mu.Unlock()
	if has != nil {
		for _, s := range has.secrets {
			if !slices.ContainsFunc(had, func(h *hit) bool { return holds(h, s) }) {
				r.introduced(pair{s, path}, n, has)
			}
		}
	}
	if len(had) == 0 || had[0] == nil {
		return
	}
	for _, s := range had[0].secrets {
		if !holds(has, s) && !slices.ContainsFunc(had, func(h *hit) bool { return !holds(h, s) }) {
			l := r.attribution.life(pair{s, path})
			l.removed = append(l.removed, n)
		}
	}
}

func (r *rangeScan) introduced(p pair, n int32, object *hit) {
	l := r.attribution.life(p)
	l.introduced = append(l.introduced, n)
	if r.objects[p] == nil {
		r.objects[p] = map[int32]*hit{}
	}
	r.objects[p][n] = object
}

// search lists the keys of an object, once; nil if there are none.
func (r *rangeScan) search(id gitpack.ID, kind gitpack.Kind) *hit {
	if id.IsZero() {
		return nil
	}
	r.mu.Lock()
	known, ok := r.blobs[id]
	r.mu.Unlock()
	if ok {
		return known
	}
	o, err := r.store.Object(id)
	var secrets []key.Secret
	var placeholders int
	if err == nil {
		secrets, placeholders, err = objectSecrets(o)
	}
	if err != nil {
		r.collector.problem("", id.String(), err.Error())
	}
	var found *hit
	if len(secrets) > 0 {
		found = &hit{id, kind, secrets}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.blobs[id]; !ok {
		r.blobs[id] = found
		r.collector.addPlaceholders(placeholders)
		r.collector.count(kind, o.Size)
	}
	return found
}

// compareTrees calls changed for every file below tree that no parent has just
// so, and for every file of all parents that tree lacks. before has an id for
// each parent, zero where it has no such file.
func (r *rangeScan) compareTrees(commit, tree gitpack.ID, parents []gitpack.ID, dir string, changed func(string, gitpack.ID, []gitpack.ID)) {
	if slices.Contains(parents, tree) {
		return
	}
	now := r.entries(commit, tree)
	before := make([]map[string]treeEntry, len(parents))
	for i, id := range parents {
		before[i] = r.entries(commit, id)
	}
	names := map[string]bool{}
	for name := range now {
		names[name] = true
	}
	if len(before) > 0 {
		for name := range before[0] {
			names[name] = true
		}
	}
	for name := range names {
		r.compareEntries(commit, joinPath(dir, name), now[name], entriesOf(before, name), changed)
	}
}

// entriesOf picks one name out of several trees.
func entriesOf(trees []map[string]treeEntry, name string) []treeEntry {
	picked := make([]treeEntry, len(trees))
	for i, entries := range trees {
		picked[i] = entries[name]
	}
	return picked
}

func (r *rangeScan) compareEntries(commit gitpack.ID, path string, now treeEntry, before []treeEntry, changed func(string, gitpack.ID, []gitpack.ID)) {
	if slices.Contains(before, now) {
		return
	}
	var file gitpack.ID
	dirs := make([]gitpack.ID, len(before))
	files := make([]gitpack.ID, len(before))
	anyDir, anyFile := now.dir, !now.dir && !now.child.IsZero()
	for i, e := range before {
		if e.dir {
			dirs[i], anyDir = e.child, true
		} else {
			files[i], anyFile = e.child, anyFile || !e.child.IsZero()
		}
	}
	if anyDir {
		var dir gitpack.ID
		if now.dir {
			dir = now.child
		}
		r.compareTrees(commit, dir, dirs, path, changed)
	}
	if anyFile {
		if !now.dir {
			file = now.child
		}
		changed(path, file, files)
	}
}

// entries reads a tree by name; submodules' commits are left out.
func (r *rangeScan) entries(commit, tree gitpack.ID) map[string]treeEntry {
	entries := map[string]treeEntry{}
	if tree.IsZero() {
		return entries
	}
	data, err := r.trees.read(tree)
	if err != nil {
		r.collector.problem("", tree.String(), fmt.Sprintf("read a tree of commit %s: %v", commit, err))
		return entries
	}
	for e := range treeEntries(data, tree.Size()) {
		if !e.isGitlink() {
			entry := e.entry()
			entry.name = "" // so that entries of one id compare equal
			entries[string(e.name)] = entry
		}
	}
	return entries
}

// tell makes the occurrences of what was found.
func (r *rangeScan) tell() {
	a := r.attribution
	head := r.checkout.head()
	for p, l := range a.lives {
		if len(l.introduced) == 0 {
			continue
		}
		first := a.first(l.introduced)
		object := r.objects[p][first]
		past := a.past(object, first)
		o := a.occurrence(p, object, past)
		if r.isCurrent(head, p) {
			o.Standing = rules.Tracked
		} else {
			past.Removed = a.removal(l, first)
		}
		r.collector.addPast(p.secret, o, a.commitTime(first))
	}
	for _, l := range r.loose {
		if found := r.search(l.blob, gitpack.Blob); found != nil {
			a.tellLoose(found, []string{l.path}, rules.History)
		}
	}
	for _, id := range r.tags {
		if found := r.search(id, gitpack.Tag); found != nil && !r.opts.NoMetadata {
			a.hits[id] = found
		}
	}
	a.tellMessages()
}

// isCurrent reports whether HEAD or the index still has a key at its path.
func (r *rangeScan) isCurrent(head *headTree, p pair) bool {
	var ids []gitpack.ID
	for _, e := range r.checkout.index.all(p.path) {
		ids = append(ids, e.ID)
	}
	if head != nil {
		if id, ok := head.find(p.path); ok {
			ids = append(ids, id)
		}
	}
	return slices.ContainsFunc(ids, func(id gitpack.ID) bool {
		found := r.search(id, gitpack.Blob)
		return found != nil && slices.Contains(found.secrets, p.secret)
	})
}

// maxTreeCache bounds the bytes of trees that a range keeps: the next commit's
// parent is often the one just read.
const maxTreeCache = 64 << 20

// A treeCache reads trees, and keeps some.
type treeCache struct {
	store *gitpack.Store

	mu    sync.Mutex
	known map[gitpack.ID][]byte
	size  int
}

func (c *treeCache) read(id gitpack.ID) ([]byte, error) {
	c.mu.Lock()
	data, ok := c.known[id]
	c.mu.Unlock()
	if ok {
		return data, nil
	}
	kind, data, err := c.store.Read(id)
	if err == nil && kind != gitpack.Tree {
		err = fmt.Errorf("object %s is a %s, not a tree", id, kind)
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size += len(data); c.size > maxTreeCache {
		clear(c.known)
		c.size = len(data)
	}
	c.known[id] = data
	return data, nil
}
