package gitrepo

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A cachedTree is a directory in the extension "TREE" of an index: the tree that
// git would write for it without looking at its entries.
type cachedTree struct {
	path    string // with a "/" behind; "" for the top
	entries int    // of the index, below it
	id      gitpack.ID
}

// maxCachedTrees bounds the directories that are looked at; with more of them,
// more entries are read than need be.
const maxCachedTrees = 1 << 20

// cachedTrees reads the extension. Directories of which git knows no tree are
// left out. Where it is malformed git takes nothing from it.
func cachedTrees(content []byte, hashSize int) (trees []cachedTree) {
	type open struct {
		path string
		left int // directories in it that are still to come
	}
	stack := []open{{left: 1}}
	budget := maxPathGrowth * len(content) // of paths: one long directory can have any number in it
	for len(stack) > 0 && len(trees) < maxCachedTrees {
		top := &stack[len(stack)-1]
		if top.left == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		top.left--
		name, entries, subtrees, rest, ok := cutCachedTree(content)
		if !ok || len(top.path)+len(name) > maxIndexPath {
			return nil
		}
		path := top.path
		if len(name) > 0 {
			if budget -= len(path) + len(name) + 1; budget < 0 {
				return nil
			}
			path += string(name) + "/"
		}
		if entries >= 0 {
			if len(rest) < hashSize {
				return nil
			}
			trees = append(trees, cachedTree{path, entries, gitpack.NewID(rest[:hashSize])})
			rest = rest[hashSize:]
		}
		content = rest
		stack = append(stack, open{path, subtrees})
	}
	return trees
}

// cutCachedTree reads the name of a directory, how many entries of the index lie below it,
// or -1 where git knows no tree, and how many directories that are listed next.
func cutCachedTree(content []byte) (name []byte, entries, subtrees int, rest []byte, whole bool) {
	name, rest, _ = bytes.Cut(content, []byte{0})
	count, rest, _ := bytes.Cut(rest, []byte{' '})
	below, rest, ok := bytes.Cut(rest, []byte{'\n'})
	entries, err := strconv.Atoi(string(count)) // which nothing is not
	subtrees, err2 := strconv.Atoi(string(below))
	return name, entries, subtrees, rest, ok && err == nil && err2 == nil && subtrees >= 0
}

// A span is some of an index's entries, by position.
type span struct{ from, to int }

// An entryMap is where the entries of an index of version 2 or 3 begin. Their
// paths can be looked at without reading anything else of them.
type entryMap struct {
	body     []byte
	hashSize int
	starts   []uint32
	end      int // of the last entry
}

// mapEntries finds the entries; ok is false if they cannot be told apart in this
// way, and have to be read one after the other.
func mapEntries(body []byte, hashSize int, count uint32) (m entryMap, ok bool) {
	m = entryMap{body: body, hashSize: hashSize, starts: make([]uint32, 0, count)}
	fixed := entryStat + hashSize + 2
	pos := indexHeader
	for range count {
		if len(body)-pos < fixed {
			return m, false
		}
		m.starts = append(m.starts, uint32(pos))
		flags := binary.BigEndian.Uint16(body[pos+fixed-2:])
		length := int(flags & nameLengthMask)
		used := fixed
		if flags&flagExtended != 0 {
			used += 2
		}
		if length == nameLengthMask {
			if length = bytes.IndexByte(body[min(pos+used, len(body)):], 0); length < 0 {
				return m, false
			}
		}
		pos += (used + length + entryAlignment) &^ (entryAlignment - 1)
	}
	m.end = pos
	return m, pos <= len(body)
}

// path is that of an entry, with the bytes that follow it.
func (m *entryMap) path(i int) []byte {
	at := int(m.starts[i]) + entryStat + m.hashSize
	if binary.BigEndian.Uint16(m.body[at:])&flagExtended != 0 {
		at += 2
	}
	return m.body[min(at+2, len(m.body)):]
}

// below is the entries of a directory; ok is false if they are not as many as it
// is said to have, or do not stand together.
func (m *entryMap) below(t cachedTree) (s span, ok bool) {
	prefix := []byte(t.path)
	low := sort.Search(len(m.starts), func(i int) bool { return bytes.Compare(m.path(i), prefix) >= 0 })
	s = span{low, low + t.entries}
	if t.entries == 0 || t.entries > len(m.starts)-low {
		return s, false
	}
	for i := s.from; i < s.to; i++ {
		if !bytes.HasPrefix(m.path(i), prefix) {
			return s, false
		}
	}
	return s, s.to == len(m.starts) || !bytes.HasPrefix(m.path(s.to), prefix)
}

// spared lists, in order, the entries in directories of which git knows the
// tree, and same says that it is no news.
func (m *entryMap) spared(trees []cachedTree, same func(dir string, tree gitpack.ID) bool) (spans []span) {
	last := ""
	for _, t := range trees {
		if len(spans) > 0 && strings.HasPrefix(t.path, last) {
			continue // it lies in one that is spared already
		}
		if !same(t.path, t.id) {
			continue
		}
		if s, ok := m.below(t); ok {
			spans, last = append(spans, s), t.path
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return spans
}

// readRest reads the entries that are not spared. ok is false if it cannot tell
// which those are.
func (raw *rawIndex) readRest(r *entryReader, count uint32, same func(dir string, tree gitpack.ID) bool) (ok bool, err error) {
	m, ok := mapEntries(r.body, r.hashSize, count)
	if !ok || r.version > 3 || extensionNamed(r.body[m.end:], "link") != nil {
		return false, nil
	}
	trees := cachedTrees(extensionNamed(r.body[m.end:], "TREE"), r.hashSize)
	next := 0
	for _, s := range append(m.spared(trees, same), span{len(m.starts), len(m.starts)}) {
		for ; next < s.from; next++ {
			r.pos = int(m.starts[next])
			if err := raw.readOne(r); err != nil {
				return true, err
			}
		}
		next = max(next, s.to)
	}
	r.pos = m.end
	return true, nil
}

// extensionNamed finds an extension.
func extensionNamed(rest []byte, name string) []byte {
	for len(rest) >= extensionHead {
		size := binary.BigEndian.Uint32(rest[4:])
		if uint64(size) > uint64(len(rest)-extensionHead) {
			return nil
		}
		if string(rest[:4]) == name {
			return rest[extensionHead : extensionHead+size]
		}
		rest = rest[extensionHead+size:]
	}
	return nil
}
