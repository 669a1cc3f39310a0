package scanner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
)

// maxChanged bounds the entries that the comparison of one commit looks at. A
// few trees that hold each other ten times over name more paths than could ever
// be gone through; the largest real repositories have some three million files.
const maxChanged = 1 << 22

// A treeComparison finds what one commit changes.
type treeComparison struct {
	*rangeScan
	ctx     context.Context
	commit  gitpack.ID
	changed func(change)
	left    int  // entries that may still be looked at
	cut     bool // the commit is known to hold more than is looked at
}

// A change is what one commit does to an entry: a file, or anything whose name
// holds a key.
type change struct {
	path   string
	now    treeEntry   // without a child if the commit takes it away
	before []treeEntry // of each parent
	hit    *hit        // in the name; nil without a key
}

// compare calls changed for every file below tree that no parent has just so,
// and for every file of all parents that tree lacks; so it does for what is
// named after a key.
func (r *rangeScan) compare(ctx context.Context, commit, tree gitpack.ID, parents []gitpack.ID, changed func(change)) {
	c := &treeComparison{rangeScan: r, ctx: ctx, commit: commit, changed: changed, left: r.limit}
	c.trees("", 0, tree, parents)
}

func (c *treeComparison) trees(dir string, depth int, tree gitpack.ID, parents []gitpack.ID) {
	if slices.Contains(parents, tree) || c.left < 0 || c.ctx.Err() != nil {
		return
	}
	now := c.read(tree)
	c.malformed(dir, tree)
	parents = distinctTrees(parents)
	before := make([]map[string]treeEntry, len(parents))
	for i, id := range parents {
		before[i] = c.read(id)
		if i > 0 { // the names of the first are counted below
			c.left -= len(before[i])
		}
		if c.left < 0 {
			c.stop()
			return
		}
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
	if c.left -= len(names) * max(1, len(before)); c.left < 0 || depth > c.depth {
		c.stop()
		return
	}
	for key := range names {
		name, _, _ := strings.Cut(key, "\x00")
		c.entries(depth, name, change{path: joinPath(dir, name), now: now[key], before: entriesOf(before, key)}, tree)
	}
}

// distinctTrees drops the trees that came before: a commit of some kilobytes can name one
// parent a thousand times, and each time is the same.
func distinctTrees(trees []gitpack.ID) []gitpack.ID {
	if len(trees) < 2 {
		return trees
	}
	seen := make(map[gitpack.ID]bool, len(trees))
	return slices.DeleteFunc(trees, func(id gitpack.ID) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// stop names a commit that is not gone through to its end.
func (c *treeComparison) stop() {
	if !c.cut {
		c.collector.problem("", c.commit.String(), fmt.Sprintf("compare trees: the commit changes more than %d entries, or its parents have more, or directories are nested more than %d deep; the rest was not searched", c.limit, c.depth))
	}
	c.cut = true
}

// entriesOf picks one name out of several trees.
func entriesOf(trees []map[string]treeEntry, name string) []treeEntry {
	picked := make([]treeEntry, len(trees))
	for i, entries := range trees {
		picked[i] = entries[name]
	}
	return picked
}

// entries compares what the versions of a tree have under one name.
func (c *treeComparison) entries(depth int, name string, e change, tree gitpack.ID) {
	if slices.Contains(e.before, e.now) {
		return
	}
	e.hit = c.nameHit(tree, name)
	dirs := make([]gitpack.ID, len(e.before))
	anyDir, anyFile := !e.now.dir().IsZero(), !e.now.file().IsZero()
	for i, old := range e.before {
		dirs[i] = old.dir()
		anyDir, anyFile = anyDir || !dirs[i].IsZero(), anyFile || !old.file().IsZero()
	}
	if anyDir {
		c.trees(e.path, depth+1, e.now.dir(), dirs)
	}
	if anyFile || e.hit != nil {
		c.changed(e)
	}
}

// read reads a tree by name. Where a name stands twice, which git never writes, git
// lists both: the second goes by all that it is, behind a NUL, which no name has.
func (c *treeComparison) read(tree gitpack.ID) map[string]treeEntry {
	entries := map[string]treeEntry{}
	if tree.IsZero() {
		return entries
	}
	data, err := c.rangeScan.trees.read(tree)
	if c.promised(err) {
		c.lack(tree)
		return entries
	}
	if err != nil {
		c.collector.problem("", tree.String(), fmt.Sprintf("read a tree of commit %s: %v", c.commit, err))
		return entries
	}
	for e := range treeEntries(data, tree.Size()) {
		entry := e.entry()
		name := entry.name
		if _, again := entries[name]; again {
			name += fmt.Sprintf("\x00%d %s", entry.kind, entry.child)
		}
		entry.name = "" // so that entries of one id compare equal
		entries[name] = entry
	}
	return entries
}

// malformed names a tree that a commit brings in and that is no list of entries
// to its end, and searches its bytes.
func (c *treeComparison) malformed(dir string, tree gitpack.ID) {
	if tree.IsZero() {
		return
	}
	data, err := c.rangeScan.trees.read(tree)
	if err != nil || wellFormed(data, tree.Size()) {
		return
	}
	c.collector.problem("", tree.String(), gitpack.MalformedTree)
	if secrets := looseNames(data, tree.Size()); len(secrets) > 0 && !c.opts.NoMetadata {
		found := &hit{object: tree, kind: gitpack.Tree, secrets: c.attribution.book.set(secrets), loose: true}
		c.changed(change{path: dir, now: treeEntry{child: tree, kind: dirEntry}, hit: found})
	}
}

// lack counts a tree that a partial clone lacks, once.
func (r *rangeScan) lack(tree gitpack.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, counted := r.objects[searchedAs{id: tree}]; !counted {
		r.objects[searchedAs{id: tree}] = nil
		r.absent.AbsentTrees++
	}
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

// find gives the entry at a path below a tree; it has no child if there is none, or
// if the way to it cannot be read, which whoever goes over all trees has to tell.
func (c *treeCache) find(tree gitpack.ID, path string) (found treeEntry) {
	for more := true; more; {
		var name string
		name, path, more = strings.Cut(path, "/")
		data, err := c.read(tree)
		if err != nil {
			return treeEntry{}
		}
		found = treeEntry{}
		for e := range treeEntries(data, tree.Size()) {
			if string(e.name) == name && (!more || e.kind() == dirEntry) {
				found = e.entry()
				break
			}
		}
		if tree = found.dir(); more && tree.IsZero() {
			return treeEntry{}
		}
	}
	return found
}
