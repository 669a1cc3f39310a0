package gitrepo

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
)

// An Entry is one path of the index.
type Entry struct {
	// Path is relative to the worktree's top, with "/"; bytes as git keeps
	// them, which need not be UTF-8, and not checked for "..". It ends in "/"
	// where a sparse index stands for a whole directory (see ExpandSparse).
	Path string
	// ID is the blob, the commit of a submodule, or the tree of a sparse
	// directory.
	ID gitpack.ID
	// Mode is git's: ModeFile, ModeExecutable, ModeSymlink, ModeSubmodule or,
	// in a sparse index, ModeTree.
	Mode uint32
	// Size, the times and the rest are lstat's of the file when git last
	// looked, each cut to 32 bits; zero where git does not trust them.
	Size, Dev, Ino, UID, GID uint32
	MTime, CTime             IndexTime
	// Stage is 0, or 1 to 3 for base, ours and theirs of a merge conflict.
	Stage uint8
	// IntentToAdd: `git add -N`, the content is not in the index yet.
	// SkipWorktree: outside a sparse checkout. AssumeValid: git was told not
	// to look at the file.
	IntentToAdd, SkipWorktree, AssumeValid bool
}

// IndexTime is a time as the index keeps it: seconds since 1970, modulo 2^32,
// and nanoseconds.
type IndexTime struct{ Sec, Nsec uint32 }

// Modes of an entry (gitformat-index).
const (
	ModeTree       = gitpack.ModeTree
	ModeFile       = gitpack.ModeFile
	ModeExecutable = gitpack.ModeExecutable
	ModeSymlink    = gitpack.ModeSymlink
	ModeSubmodule  = gitpack.ModeSubmodule
)

// An Index is what git has staged: the tracked files, sorted by path and stage.
type Index struct {
	// File is where it was read; it need not exist.
	File string
	// Version is 2, 3 or 4; 0 where there is no file.
	Version uint32

	entries   []Entry
	sparse    bool // some entry stands for a directory
	leavesOut bool // some entry has SkipWorktree
	foldOnce  sync.Once
	folded    *foldedIndex // once it was asked for
	// written is when the file was, by the file system's clock; zero if parts of
	// the index were at other times (a split index), and where there is no file.
	written IndexTime
}

// Index reads the worktree's index, the file that GIT_INDEX_FILE names where the
// Repo comes from FromEnv. A file that does not exist is an empty index.
func (r *Repo) Index() (*Index, error) {
	return ReadIndex(r.indexFile, r.GitDir, r.HashSize)
}

// HasIndex reports whether the file of Index is there, as it may be in a bare
// repository too.
func (r *Repo) HasIndex() bool { return exists(r.indexFile) }

// OtherIndexes reads the indexes of the other worktrees, by the prefix that tells
// these ("worktrees/ID/", "main-worktree/"). git keeps what they hold; one that
// cannot be read is left out.
func (r *Repo) OtherIndexes() map[string]*Index {
	indexes := map[string]*Index{}
	places, _ := r.places()
	for _, place := range places {
		if place.prefix == "" {
			continue
		}
		if index, err := ReadIndex(filepath.Join(place.dir, "index"), place.dir, r.HashSize); err == nil {
			indexes[place.prefix] = index
		}
	}
	return indexes
}

// IndexExcept is Index for one who looks for what is new: it may leave out the
// entries below any directory of which the index knows the tree (gitformat-index,
// "Cache tree") and same says that it is the one already known. dir ends in "/",
// or is "" for all. Whoever commits the index commits that tree, without a look
// at the entries.
func (r *Repo) IndexExcept(same func(dir string, tree gitpack.ID) bool) (*Index, error) {
	return readIndex(r.indexFile, r.GitDir, r.HashSize, same)
}

// ReadIndex reads the index in file. The shared part of a split index is looked
// for in gitDir; hashSize is the repository's (see Repo.HashSize). An index that
// is cut short, corrupt, or has a required extension that is not known gives an
// error with the file's name, and no Index.
func ReadIndex(file, gitDir string, hashSize int) (*Index, error) {
	return readIndex(file, gitDir, hashSize, nil)
}

func readIndex(file, gitDir string, hashSize int, same func(dir string, tree gitpack.ID) bool) (*Index, error) {
	index := &Index{File: file}
	data, written, err := readDated(file, maxIndexFile)
	if errors.Is(err, os.ErrNotExist) {
		return index, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	raw, err := parseIndex(data, hashSize, same)
	if err != nil {
		return nil, fmt.Errorf("read index %q: %w", file, err)
	}
	index.Version, index.entries = raw.version, raw.entries
	if raw.link != nil && !raw.link.base.IsZero() {
		shared := filepath.Join(gitDir, "sharedindex."+raw.link.base.String())
		if index.entries, err = mergeShared(raw, shared, hashSize); err != nil {
			return nil, fmt.Errorf("read split index %q: %w", file, err)
		}
	} else if raw.nameless {
		return nil, fmt.Errorf("read index %q: %w", file, errNameless)
	} else {
		index.written = indexTime(written)
	}
	index.arrange()
	return index, nil
}

var errNameless = errors.New("entry without a path")

// arrange makes sure of the order that look-ups need: git writes it, and a
// hostile file must not be able to hide an entry by another.
func (x *Index) arrange() {
	if !slices.IsSortedFunc(x.entries, compareEntries) {
		slices.SortStableFunc(x.entries, compareEntries)
	}
	x.sparse, x.leavesOut = false, false
	for i := range x.entries {
		x.sparse = x.sparse || x.entries[i].isTree()
		x.leavesOut = x.leavesOut || x.entries[i].SkipWorktree
	}
}

func compareEntries(a, b Entry) int {
	if order := strings.Compare(a.Path, b.Path); order != 0 {
		return order
	}
	return int(a.Stage) - int(b.Stage)
}

func (e *Entry) isTree() bool { return e.Mode&gitpack.ModeType == ModeTree }

// Len is the number of entries; a path in conflict has up to three.
func (x *Index) Len() int { return len(x.entries) }

// Entries yields all entries by path and stage. The pointers are into the Index:
// what they point at must not be changed.
func (x *Index) Entries() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for i := range x.entries {
			if !yield(&x.entries[i]) {
				return
			}
		}
	}
}

// at is the position of the first entry whose path is not before path.
func (x *Index) at(path string) int {
	return sort.Search(len(x.entries), func(i int) bool { return x.entries[i].Path >= path })
}

// Find returns the entries of a path: none if git does not track it, one, or
// the stages of a conflict. They must not be changed.
func (x *Index) Find(path string) []Entry {
	from := x.at(path)
	to := from
	for to < len(x.entries) && x.entries[to].Path == path {
		to++
	}
	return x.entries[from:to:to]
}

// HasPrefix reports whether the index holds anything below the directory dir
// (without a "/" at its end; "" is the top).
func (x *Index) HasPrefix(dir string) bool {
	if dir == "" {
		return len(x.entries) > 0
	}
	below := dir + "/"
	if at := x.at(below); at < len(x.entries) && strings.HasPrefix(x.entries[at].Path, below) {
		return true
	}
	return x.sparse && x.inSparse(dir)
}

// inSparse reports whether a parent of dir is one entry of a sparse index: only
// its tree could tell whether dir is in it, so it may be.
func (x *Index) inSparse(dir string) bool {
	for i := range len(dir) {
		if dir[i] == '/' && len(x.Find(dir[:i+1])) > 0 {
			return true
		}
	}
	return false
}

// Sparse reports whether some entries stand for whole directories.
func (x *Index) Sparse() bool { return x.sparse }

// LeavesOut reports whether some entries are not to be in the working tree
// (SkipWorktree).
func (x *Index) LeavesOut() bool { return x.leavesOut }

// Sorted is what Entries yields, as a slice that must not be changed.
func (x *Index) Sorted() []Entry { return x.entries }
