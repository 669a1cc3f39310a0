package scanner

import (
	"fmt"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// A headTree looks paths up in HEAD's tree. It reads the trees on the way, each
// once; those that hold nothing that is asked for are never read.
type headTree struct {
	collector *collector
	repo      *gitrepo.Repo
	store     *gitpack.Store

	mu    sync.Mutex
	trees map[gitpack.ID]map[string]treeEntry
	root  map[string]treeEntry
	top   gitpack.ID // of root

	lastDir string // the directory asked for last: an index asks in order
	last    map[string]treeEntry
}

// openHead opens HEAD's tree; nil if there is no commit yet, or if it cannot be
// read.
func openHead(repo *gitrepo.Repo, objects func() (*gitpack.Store, error), c *collector) *headTree {
	ref, err := repo.Head()
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
		return nil
	}
	if ref.ID.IsZero() {
		return nil
	}
	store, err := objects()
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
		return nil
	}
	kind, data, err := store.Read(ref.ID)
	if err == nil && kind != gitpack.Commit {
		err = fmt.Errorf("HEAD is a %s, not a commit", kind)
	}
	var head rawCommit
	if err == nil {
		head, err = parseCommit(ref.ID, data)
	}
	if err != nil {
		c.problem(repo.GitDir, ref.ID.String(), err.Error())
		return nil
	}
	t := &headTree{collector: c, repo: repo, store: store, trees: map[gitpack.ID]map[string]treeEntry{}}
	t.top = head.tree
	t.root = t.tree(t.top)
	t.last = t.root
	return t
}

// find returns the entry of a file; ok is false if HEAD has none at that path.
func (t *headTree) find(home string) (entry treeEntry, ok bool) {
	if t == nil {
		return treeEntry{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	dir, name := splitPath(home)
	if dir != t.lastDir {
		t.lastDir, t.last = dir, t.directory(dir)
	}
	entry, ok = t.last[name]
	return entry, ok && entry.kind != dirEntry
}

// has reports whether HEAD has anything at a path: a file, a directory, a
// submodule.
func (t *headTree) has(home string) bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	dir, name := splitPath(home)
	_, ok := t.directory(dir)[name]
	return ok
}

// same reports whether HEAD has this very tree at a directory, which ends in "/";
// "" is the top.
func (t *headTree) same(dir string, tree gitpack.ID) bool {
	if t == nil {
		return false
	}
	if dir == "" {
		return tree == t.top
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	parent, name := splitPath(strings.TrimSuffix(dir, "/"))
	if parent != t.lastDir {
		t.lastDir, t.last = parent, t.directory(parent)
	}
	entry, ok := t.last[name]
	return ok && entry.kind == dirEntry && entry.child == tree
}

// directory goes down to a directory from the top.
func (t *headTree) directory(dir string) map[string]treeEntry {
	entries := t.root
	for name := range strings.SplitSeq(dir, "/") {
		if name == "" {
			continue
		}
		entry, ok := entries[name]
		if !ok || entry.kind != dirEntry {
			return nil
		}
		entries = t.tree(entry.child)
	}
	return entries
}

// tree reads a tree, once.
func (t *headTree) tree(id gitpack.ID) map[string]treeEntry {
	if entries, ok := t.trees[id]; ok {
		return entries
	}
	entries := map[string]treeEntry{}
	kind, data, err := t.store.Read(id)
	if err == nil && kind != gitpack.Tree {
		err = fmt.Errorf("a tree is wanted, this is a %s", kind)
	}
	if err != nil {
		t.collector.problem(t.repo.GitDir, id.String(), "read HEAD's tree: "+err.Error())
	}
	repeated := ""
	for e := range treeEntries(data, id.Size()) {
		entry := e.entry()
		if other, again := entries[entry.name]; again && other != entry {
			repeated = entry.name
		}
		entries[entry.name] = entry
	}
	if repeated != "" { // git lists both
		t.collector.problem(t.repo.GitDir, id.String(), fmt.Sprintf("read HEAD's tree: it has several entries named %q; the last was taken", repeated))
	}
	t.trees[id] = entries
	return entries
}
