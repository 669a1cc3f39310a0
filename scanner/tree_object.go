package scanner

import (
	"bytes"
	"iter"

	"github.com/inspecto/insplint/internal/gitpack"
)

// entryKind tells what an entry of a tree stands for.
type entryKind uint8

const (
	fileEntry entryKind = iota // a file or a symbolic link: a blob
	dirEntry
	linkEntry // a submodule's commit, which lies in another database
)

// A treeEntry is one entry of a tree object.
type treeEntry struct {
	name  string
	child gitpack.ID
	kind  entryKind
}

// A rawEntry is an entry as it stands in a tree's bytes.
type rawEntry struct {
	mode, name, child []byte
}

func (e rawEntry) kind() entryKind {
	mode, _ := gitpack.EntryMode(e.mode)
	switch mode {
	case gitpack.ModeTree:
		return dirEntry
	case gitpack.ModeSubmodule:
		return linkEntry
	}
	return fileEntry
}

// isSymlink reports whether an entry is a symbolic link.
func (e rawEntry) isSymlink() bool {
	mode, _ := gitpack.EntryMode(e.mode)
	return mode == gitpack.ModeSymlink
}

// dir is the tree of a directory; zero if the entry is none.
func (e treeEntry) dir() gitpack.ID { return e.of(dirEntry) }

// file is the blob of a file; zero if the entry is none.
func (e treeEntry) file() gitpack.ID { return e.of(fileEntry) }

func (e treeEntry) of(kind entryKind) gitpack.ID {
	if e.kind != kind {
		return gitpack.ID{}
	}
	return e.child
}

// size is the bytes that an entry takes in its tree.
func (e rawEntry) size() int { return len(e.mode) + 1 + len(e.name) + 1 + len(e.child) }

func (e rawEntry) entry() treeEntry {
	return treeEntry{string(e.name), gitpack.NewID(e.child), e.kind()}
}

// treeEntries yields the entries of a tree object up to the first broken one.
func treeEntries(data []byte, hashSize int) iter.Seq[rawEntry] {
	return func(yield func(rawEntry) bool) {
		for {
			e, size := firstEntry(data, hashSize)
			if size == 0 || !yield(e) {
				return
			}
			data = data[size:]
		}
	}
}

// wellFormed reports whether a tree is a list of entries to its end, as git has
// them: a mode in octal digits, and a name.
func wellFormed(data []byte, hashSize int) bool {
	for e := range treeEntries(data, hashSize) {
		if _, ok := gitpack.EntryMode(e.mode); !ok || len(e.name) == 0 {
			return false
		}
		data = data[e.size():]
	}
	return len(data) == 0
}

// firstEntry is the entry that some bytes of a tree begin with, and how many of
// them it takes: 0 if there is none, or a broken one.
func firstEntry(data []byte, hashSize int) (e rawEntry, size int) {
	end := bytes.IndexByte(data, 0)
	if end < 0 || len(data) < end+1+hashSize {
		return e, 0
	}
	space := bytes.IndexByte(data[:end], ' ')
	if space < 0 {
		return e, 0
	}
	size = end + 1 + hashSize
	return rawEntry{data[:space], data[space+1 : end], data[end+1 : size]}, size
}
