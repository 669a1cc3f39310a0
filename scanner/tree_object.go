package scanner

import (
	"bytes"
	"iter"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A treeEntry is one entry of a tree object.
type treeEntry struct {
	name  string
	child gitpack.ID
	dir   bool
}

// A rawEntry is an entry as it stands in a tree's bytes.
type rawEntry struct {
	mode, name, child []byte
}

func (e rawEntry) isDir() bool { return string(e.mode) == "40000" }

// isGitlink reports whether the entry is a submodule's commit, which lies in
// another database.
func (e rawEntry) isGitlink() bool { return string(e.mode) == "160000" }

func (e rawEntry) entry() treeEntry {
	return treeEntry{string(e.name), gitpack.NewID(e.child), e.isDir()}
}

// treeEntries yields the entries of a tree object up to the first broken one.
func treeEntries(data []byte, hashSize int) iter.Seq[rawEntry] {
	return func(yield func(rawEntry) bool) {
		for len(data) > 0 {
			end := bytes.IndexByte(data, 0)
			if end < 0 || len(data) < end+1+hashSize {
				return
			}
			space := bytes.IndexByte(data[:end], ' ')
			if space < 0 {
				return
			}
			e := rawEntry{data[:space], data[space+1 : end], data[end+1 : end+1+hashSize]}
			data = data[end+1+hashSize:]
			if !yield(e) {
				return
			}
		}
	}
}
