// Package gitpack reads a git object database: every object of it once, as
// fast as the machine can, or one object by its id.
//
// A Store is a list of object directories (a repository's own and its
// alternates), each with packs and loose objects. Packs are read through a
// memory map. Walk shows a caller what it has not seen: it lays out each
// pack's deltas as a forest (forest.go), inflates every entry once on the way
// down from the roots (walk.go), and of a delta hands over only the bytes that
// it adds, with as much of their surroundings as a match can span (delta.go).
// Only an object in which the caller's Candidate sees something is built
// whole, unless others are deltas of it.
//
// Nothing here knows what is searched for, and nothing is trusted: sizes are
// checked against the bytes that claim them before anything is allocated, each
// pack entry is checked against the CRC-32 of its index, and what cannot be
// read becomes a Problem that names the object while the rest is still read.
// A base that is never reached (a missing base, or a cycle of deltas that name
// each other) leaves its deltas unread, and they are named too.
//
// The formats are those of git's documentation: gitformat-pack(5) and
// gitrepository-layout(5).
package gitpack

import (
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

// Kind is the kind of an object; its values are those of a pack entry.
type Kind uint8

// The kinds of objects.
const (
	Commit Kind = iota + 1
	Tree
	Blob
	Tag

	ofsDelta Kind = 6
	refDelta Kind = 7
)

// String returns git's name of the kind.
func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// ParseKind reads what String writes, or returns 0.
func ParseKind(name string) Kind {
	for _, k := range []Kind{Commit, Tree, Blob, Tag} {
		if k.String() == name {
			return k
		}
	}
	return 0
}

// KindSet is a set of kinds.
type KindSet uint8

// Kinds makes a set.
func Kinds(kinds ...Kind) KindSet {
	var s KindSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has reports whether k is in the set.
func (s KindSet) Has(k Kind) bool { return s&(1<<k) != 0 }

// A Problem is something of the database that could not be read.
type Problem struct {
	Object  ID     // zero if it is no single object
	Path    string // the file, as an absolute path; may be empty
	Message string
}

// limits bound what is held in memory, in bytes.
type limits struct {
	stream int64 // larger objects that nothing builds on are read as streams
	whole  int64 // larger objects are never held, and their deltas are refused
	held   int64 // of the objects that one walker keeps to build others on
}

// ordinary are the limits that a Store has outside of tests. Git makes no
// deltas of files of more than whole bytes either: it is the default of its
// core.bigFileThreshold. Few repositories come near held; without it a pack of
// a few bytes could ask for a tree of objects of whole bytes each.
func ordinary() limits { return limits{stream: 16 << 20, whole: 512 << 20, held: 128 << 20} }

// A Store is an open object database. It may be read by many goroutines; Close
// ends all of them.
type Store struct {
	dirs     []string
	dirInfo  []os.FileInfo // of dirs
	hashSize int
	limits   limits
	readers  sync.Pool    // of *reader, for Read
	bases    baseCache    // for Read
	steps    atomic.Int64 // that all readers took

	mu       sync.RWMutex    // guards the rest
	packs    []*pack         // grows when a refresh finds new ones, never shrinks
	known    map[string]bool // paths of packs, without suffix, that are open or failed to
	problems []Problem
	failures map[place]failure // where nothing can be read, as long as no new pack is found

	crowds    []crowd
	crowdOfID map[ID]int // numbers in crowds, as long as no new pack is found
}

// Open opens the object directories dirs, the repository's own first, and the
// alternates that they name. hashSize is 20 (SHA-1) or 32 (SHA-256). What of
// it cannot be opened is among Problems; an error means that dirs[0] itself
// cannot be read.
func Open(dirs []string, hashSize int) (*Store, error) {
	if len(dirs) == 0 {
		return nil, errors.New("open object database: no object directory")
	}
	if hashSize != sha1.Size && hashSize != sha256.Size {
		return nil, fmt.Errorf("open object database %q: object ids of %d bytes are unknown", dirs[0], hashSize)
	}
	if info, err := os.Stat(dirs[0]); err != nil {
		return nil, fmt.Errorf("open object database: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("open object database: %q is not a directory", dirs[0])
	}
	s := &Store{hashSize: hashSize, limits: ordinary(), known: map[string]bool{}}
	for _, dir := range dirs {
		s.addDir(dir)
	}
	s.refresh()
	return s, nil
}

// Close unmaps the packs. No Walk, Read or Stream may be under way, and no
// Stream may be read afterwards.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, p := range s.packs {
		errs = append(errs, p.close())
	}
	s.packs = nil
	return errors.Join(errs...)
}

// Problems lists what of the directories and packs could not be opened.
func (s *Store) Problems() []Problem {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.problems)
}

// Dirs lists the object directories, alternates included.
func (s *Store) Dirs() []string { return slices.Clone(s.dirs) }

// problem notes something that could not be opened. The caller holds s.mu, or
// is Open.
func (s *Store) problem(path, format string, args ...any) {
	s.problems = append(s.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// open lists the packs that are open now.
func (s *Store) open() []*pack {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.packs
}
