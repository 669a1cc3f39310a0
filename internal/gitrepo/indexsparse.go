package gitrepo

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/inspecto/insplint/internal/gitpack"
)

// Limits on the expansion of a sparse index: trees can be nested so that a few
// small ones stand for more files than there is memory.
const (
	maxSparseEntries = 4 << 20
	maxTreeDepth     = 2048
)

// ExpandSparse puts the files of its tree in place of each entry that stands for
// a directory; all have SkipWorktree set. read gives an object's kind ("tree")
// and content. A directory whose trees cannot all be read stays as it is, and
// is named in the error; the others are expanded.
func (x *Index) ExpandSparse(read func(gitpack.ID) (kind string, data []byte, err error)) error {
	return x.expandSparse(read, maxSparseEntries)
}

// expandSparse reads at most limit entries of trees.
func (x *Index) expandSparse(read func(gitpack.ID) (string, []byte, error), limit int) error {
	if !x.sparse {
		return nil
	}
	var errs []error
	expanded := make([]Entry, 0, len(x.entries))
	budget := limit
	for _, entry := range x.entries {
		if !entry.isTree() {
			expanded = append(expanded, entry)
			continue
		}
		w := treeWalk{read: read, entries: expanded, budget: &budget, limit: limit}
		if err := w.tree(entry.ID, entry.Path, 0); err != nil {
			errs = append(errs, fmt.Errorf("expand sparse directory %q: %w", entry.Path, err))
			expanded = append(expanded, entry) // w's additions are in w.entries alone
			continue
		}
		expanded = w.entries
	}
	x.entries = expanded
	x.arrange()
	return errors.Join(errs...)
}

// treeWalk collects the files below a tree.
type treeWalk struct {
	read    func(gitpack.ID) (string, []byte, error)
	entries []Entry
	budget  *int // what is left of limit
	limit   int
}

// tree adds what is in the tree id, whose path ends in "/".
func (w *treeWalk) tree(id gitpack.ID, path string, depth int) error {
	if depth > maxTreeDepth || len(path) > maxIndexPath {
		return errors.New("trees are nested too deep")
	}
	kind, data, err := w.read(id)
	if err != nil {
		return err
	}
	if kind != "tree" {
		return fmt.Errorf("object %s is a %s, not a tree", id, kind)
	}
	for len(data) > 0 {
		var entry Entry
		if entry, data, err = treeEntry(data, id.Size()); err != nil {
			return fmt.Errorf("tree %s: %w", id, err)
		}
		entry.Path = path + entry.Path
		if *w.budget--; *w.budget < 0 {
			return fmt.Errorf("sparse directories expand to more than %d entries", w.limit)
		}
		if entry.isTree() {
			if err := w.tree(entry.ID, entry.Path+"/", depth+1); err != nil {
				return err
			}
			continue
		}
		w.entries = append(w.entries, entry)
	}
	return nil
}

// treeEntry reads "MODE NAME\0ID" off the front of a tree.
func treeEntry(data []byte, hashSize int) (entry Entry, rest []byte, err error) {
	mode, after, ok := bytes.Cut(data, []byte{' '})
	name, after, ok2 := bytes.Cut(after, []byte{0})
	if !ok || !ok2 || len(name) == 0 || len(after) < hashSize {
		return entry, nil, errors.New("it is cut short or corrupt")
	}
	bits, ok := gitpack.EntryMode(mode)
	if !ok {
		return entry, nil, errors.New("an entry's mode is no number")
	}
	entry.Path, entry.Mode = string(name), bits
	entry.ID, entry.SkipWorktree = gitpack.NewID(after[:hashSize]), true
	return entry, after[hashSize:], nil
}
