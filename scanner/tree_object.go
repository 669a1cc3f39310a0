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

// kind reads the mode as git does, by its number: old tools wrote "040000".
func (e rawEntry) kind() entryKind {
	switch string(bytes.TrimLeft(e.mode, "0")) {
	case "40000":
		return dirEntry
	case "160000":
		return linkEntry
	}
	return fileEntry
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
		if len(e.name) == 0 || len(e.mode) == 0 || len(bytes.Trim(e.mode, "01234567")) > 0 {
			return false
		}
		data = data[e.size():]
	}
	return len(data) == 0
}

// firstEntry is the entry that some bytes of a tree begin with, and how many of
// them it takes: 0 if there is none, or a broken one.
func firstEntry(data []byte, hashSize int) (e rawEntry, size int) {
	space := bytes.IndexByte(data[:min(len(data), 8)], ' ')
	if space < 0 {
		return e, 0
	}
	end := bytes.IndexByte(data[space+1:], 0) + space + 1
	if end == space || len(data) < end+1+hashSize {
		return e, 0
	}
	size = end + 1 + hashSize
	return rawEntry{data[:space], data[space+1 : end], data[end+1 : size]}, size
}
