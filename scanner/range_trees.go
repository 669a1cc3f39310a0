package scanner

import (
	"context"
	"fmt"
	"slices"
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
	changed func(path string, now gitpack.ID, before []gitpack.ID)
	left    int  // entries that may still be looked at
	cut     bool // the commit is known to hold more than is looked at
}

// compare calls changed for every file below tree that no parent has just so,
// and for every file of all parents that tree lacks. before has an id for each
// parent, zero where it has no such file.
func (r *rangeScan) compare(ctx context.Context, commit, tree gitpack.ID, parents []gitpack.ID, changed func(path string, now gitpack.ID, before []gitpack.ID)) {
	c := &treeComparison{rangeScan: r, ctx: ctx, commit: commit, changed: changed, left: r.limit}
	c.trees("", 0, tree, parents)
}

func (c *treeComparison) trees(dir string, depth int, tree gitpack.ID, parents []gitpack.ID) {
	if slices.Contains(parents, tree) || c.left < 0 || c.ctx.Err() != nil {
		return
	}
	now := c.read(tree)
	before := make([]map[string]treeEntry, len(parents))
	for i, id := range parents {
		before[i] = c.read(id)
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
	if c.left -= len(names); c.left < 0 || depth > c.depth {
		c.stop()
		return
	}
	for name := range names {
		c.entries(joinPath(dir, name), depth, now[name], entriesOf(before, name))
	}
}

// stop names a commit that is not gone through to its end.
func (c *treeComparison) stop() {
	if !c.cut {
		c.collector.problem("", c.commit.String(), fmt.Sprintf("compare trees: the commit changes more than %d entries, or directories nested more than %d deep; the rest was not searched", c.limit, c.depth))
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

func (c *treeComparison) entries(path string, depth int, now treeEntry, before []treeEntry) {
	if slices.Contains(before, now) {
		return
	}
	var file, dir gitpack.ID
	dirs := make([]gitpack.ID, len(before))
	files := make([]gitpack.ID, len(before))
	anyDir, anyFile := now.kind == dirEntry, now.kind != dirEntry && !now.child.IsZero()
	if anyDir {
		dir = now.child
	} else {
		file = now.child
	}
	for i, e := range before {
		if e.kind == dirEntry {
			dirs[i], anyDir = e.child, true
		} else {
			files[i], anyFile = e.child, anyFile || !e.child.IsZero()
		}
	}
	if anyDir {
		c.trees(path, depth+1, dir, dirs)
	}
	if anyFile {
		c.changed(path, file, files)
	}
}

// read reads a tree by name; submodules' commits are left out.
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
		if e.kind() != linkEntry {
			entry := e.entry()
			entry.name = "" // so that entries of one id compare equal
			entries[string(e.name)] = entry
		}
	}
	return entries
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
