package scanner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// A checkout is a repository's working tree with what tells how git sees each
// of its files. It is safe for many goroutines.
type checkout struct {
	repo   *gitrepo.Repo
	top    string // as the walk names it; may lead through symbolic links that the user named
	index  indexRange
	ignore *gitrepo.Ignore // for the top directory, without its .gitignore
	fold   bool            // core.ignoreCase

	// parent is the checkout that this one lies in: its index can hold files
	// below a directory that became a repository of its own later.
	parent     *checkout
	parentHome string

	known sync.Map // path from the top → bool: does it exist
	head  func() *headTree
}

// openCheckout reads the index and the rules of a working tree. What cannot be
// read is a problem, and the files then count as untracked.
func openCheckout(repo *gitrepo.Repo, top string, parent *checkout, parentHome string, c *collector) *checkout {
	k := &checkout{repo: repo, top: top, parent: parent, parentHome: parentHome}
	index, err := repo.Index()
	if err == nil && index.Sparse() {
		err = expand(index, repo)
	}
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
	} else {
		k.index = indexRange{entries: index.Sorted()}
	}
	outer, err := repo.OuterRules()
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
	}
	k.fold = outer.IgnoreCase
	k.ignore = gitrepo.NewIgnore(
		k.outerList(outer.User, c),
		k.outerList(outer.Info, c),
	)
	k.head = sync.OnceValue(func() *headTree { return openHead(repo, c) })
	return k
}

// expand replaces the entries of a sparse index that stand for directories.
func expand(index *gitrepo.Index, repo *gitrepo.Repo) error {
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		return err
	}
	defer store.Close()
	return index.ExpandSparse(func(id gitpack.ID) (string, []byte, error) {
		kind, data, err := store.Read(id)
		return kind.String(), data, err
	})
}

// outerList reads ignore rules that are not in the tree; nil if there are none.
func (k *checkout) outerList(path string, c *collector) *gitrepo.IgnoreList {
	if path == "" {
		return nil
	}
	return k.ignoreList(path, path, c, gitrepo.IgnoreSource{Name: path, Fold: k.fold, Outside: true}, gitrepo.MaxIgnoreSize)
}

// ignoreList reads one file of ignore rules of at most limit bytes; nil if
// there is none, or none that can be read, and then nothing is ignored by it.
func (k *checkout) ignoreList(path, shown string, c *collector, from gitrepo.IgnoreSource, limit int) *gitrepo.IgnoreList {
	data, err := readSmall(path, limit)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) {
		return nil
	}
	var list *gitrepo.IgnoreList
	if err == nil {
		list, err = gitrepo.ParseIgnore(data, from)
	}
	if err != nil {
		c.problem(shown, "", "read ignore rules: "+cause(err))
		return nil
	}
	return list
}

// readSmall reads a regular file of rules.
func readSmall(path string, limit int) ([]byte, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > int64(limit) {
		return nil, fmt.Errorf("the file has %d bytes; at most %d are read", size, limit)
	}
	return io.ReadAll(io.LimitReader(f, int64(limit)))
}

// readRules adds the .gitignore of a directory to its rules, if it has one.
func (d *directory) readRules(c *collector) {
	if d.ignore == nil {
		return
	}
	from := gitrepo.IgnoreSource{Name: joinPath(d.home, ".gitignore"), Fold: d.checkout.fold}
	path, shown := filepath.Join(d.abs, ".gitignore"), joinPath(d.shown, ".gitignore")
	if list := d.checkout.ignoreList(path, shown, c, from, d.ignore.Room()); list != nil {
		d.ignore = d.ignore.With(list)
	}
}

// parentTracks reports whether a checkout around this one has the file in its
// index.
func (k *checkout) parentTracks(home string) bool {
	for k != nil && k.parent != nil {
		home = joinPath(k.parentHome, home)
		k = k.parent
		if k.index.has(home) {
			return true
		}
	}
	return false
}

// exists reports whether there is a file or directory at a path from the top.
func (k *checkout) exists(home string) bool {
	if known, ok := k.known.Load(home); ok {
		return known.(bool)
	}
	_, err := os.Lstat(filepath.Join(k.top, filepath.FromSlash(home)))
	k.known.Store(home, err == nil)
	return err == nil
}

// outsideExists is checkout.exists for a directory in no checkout.
func outsideExists(d *directory) func(string) bool {
	root := strings.TrimSuffix(d.abs, filepath.FromSlash("/"+d.shown))
	return func(shown string) bool {
		_, err := os.Lstat(filepath.Join(root, filepath.FromSlash(shown)))
		return err == nil
	}
}

// ignores reports whether git ignores an untracked file, by going down to it
// from the top.
func (k *checkout) ignores(home string, c *collector) bool {
	d := &directory{abs: k.top}
	d.enter(k)
	dir, name := splitPath(home)
	for part := range strings.SplitSeq(dir, "/") {
		if part != "" {
			d = d.below(part, c)
		}
	}
	if d.ignore == nil {
		return true
	}
	d.readRules(c)
	return d.ignore.Match(name, false).Ignored
}

// inHead reports whether HEAD's tree has a file at the path: one that was taken
// out of the index is committed all the same.
func (k *checkout) inHead(home string) bool {
	head := k.head()
	if head == nil {
		return false
	}
	_, ok := head.find(home)
	return ok
}

// A headTree looks paths up in HEAD's tree.
type headTree struct {
	mu    sync.Mutex
	store *gitpack.Store
	root  gitpack.ID
	trees map[gitpack.ID]map[string]treeEntry
}

// openHead opens HEAD's tree; nil if there is no commit yet or it cannot be
// read, which the scan of the database names.
func openHead(repo *gitrepo.Repo, c *collector) *headTree {
	ref, err := repo.Head()
	if err != nil || ref.ID.IsZero() {
		return nil
	}
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
		return nil
	}
	_, data, err := store.Read(ref.ID)
	if err != nil {
		c.problem(repo.GitDir, ref.ID.String(), err.Error())
		return nil
	}
	root := parseCommit(ref.ID, data).tree
	return &headTree{store: store, root: root, trees: map[gitpack.ID]map[string]treeEntry{}}
}

// find looks up the file at a path.
func (t *headTree) find(home string) (gitpack.ID, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry := treeEntry{child: t.root, dir: true}
	for name := range strings.SplitSeq(home, "/") {
		next, ok := t.tree(entry.child)[name]
		if !ok || !entry.dir {
			return gitpack.ID{}, false
		}
		entry = next
	}
	return entry.child, !entry.dir
}

// flatten lists every file below a tree.
func (t *headTree) flatten(id gitpack.ID, dir string, files map[string]gitpack.ID) {
	t.mu.Lock()
	entries := t.tree(id)
	t.mu.Unlock()
	for name, e := range entries {
		if e.dir {
			t.flatten(e.child, joinPath(dir, name), files)
			continue
		}
		files[joinPath(dir, name)] = e.child
	}
}

// tree reads a tree, once.
func (t *headTree) tree(id gitpack.ID) map[string]treeEntry {
	if entries, ok := t.trees[id]; ok {
		return entries
	}
	entries := map[string]treeEntry{}
	if kind, data, err := t.store.Read(id); err == nil && kind == gitpack.Tree {
		for e := range treeEntries(data, id.Size()) {
			entries[string(e.name)] = e.entry()
		}
	}
	t.trees[id] = entries
	return entries
}

// An indexRange is the index entries below one directory. The index is ordered
// by path, so they stand together.
type indexRange struct {
	entries []gitrepo.Entry
	prefix  string // of their paths, with the "/"
}

func (r indexRange) empty() bool { return len(r.entries) == 0 }

// dir narrows the range to a directory in it.
func (r indexRange) dir(name string) indexRange {
	sub := indexRange{prefix: r.prefix + name + "/"}
	if len(r.entries) == 0 {
		return sub
	}
	low := r.search(name + "/")
	high := low + r.from(low).search(name+"0") // "0" follows "/"
	sub.entries = r.entries[low:high]
	return sub
}

func (r indexRange) from(low int) indexRange { return indexRange{r.entries[low:], r.prefix} }

// search finds the first entry whose path below the prefix is not before name.
func (r indexRange) search(name string) int {
	return sort.Search(len(r.entries), func(i int) bool { return r.entries[i].Path[len(r.prefix):] >= name })
}

// has reports whether the index tracks the file of that name in the directory.
func (r indexRange) has(name string) bool {
	i := r.search(name)
	return i < len(r.entries) && r.entries[i].Path[len(r.prefix):] == name
}

// all lists the entries of a path, one for each stage of a conflict.
func (r indexRange) all(name string) []gitrepo.Entry {
	low := r.search(name)
	high := low
	for high < len(r.entries) && r.entries[high].Path[len(r.prefix):] == name {
		high++
	}
	return r.entries[low:high]
}
