package gitrepo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/inspecto/insplint/internal/gitpack"
)

// splitLink is the extension "link": the shared index that most entries are in,
// and which of those are deleted or replaced.
type splitLink struct {
	base             gitpack.ID
	deleted, changed bitmap
}

var (
	errLink        = errors.New("corrupt link to the shared index")
	errOtherShared = errors.New("it is not the one that the index names")
)

func parseLink(content []byte, hashSize int) (*splitLink, error) {
	if len(content) < hashSize {
		return nil, errLink
	}
	link := &splitLink{base: gitpack.NewID(content[:hashSize])}
	rest := content[hashSize:]
	if len(rest) == 0 {
		return link, nil
	}
	var ok bool
	if link.deleted, rest, ok = parseBitmap(rest); !ok {
		return nil, errLink
	}
	if link.changed, rest, ok = parseBitmap(rest); !ok || len(rest) > 0 {
		return nil, errLink
	}
	return link, nil
}

// mergeShared gives the entries of a split index: those of the shared one, less
// the deleted, with the replaced ones as raw's first entries say, which have no
// path of their own; then raw's other entries over them.
func mergeShared(raw *rawIndex, file string, hashSize int) ([]Entry, error) {
	data, err := readFile(file, maxIndexFile)
	if err != nil {
		return nil, err
	}
	base, err := parseIndex(data, hashSize, nil)
	switch {
	case err != nil:
		return nil, fmt.Errorf("shared index %q: %w", file, err)
	case base.link != nil || base.nameless:
		return nil, fmt.Errorf("shared index %q: it is split itself", file)
	case base.checksum != raw.link.base:
		return nil, fmt.Errorf("shared index %q: %w", file, errOtherShared)
	}
	added, err := replaceEntries(base.entries, raw)
	if err != nil {
		return nil, err
	}
	kept, err := dropEntries(base.entries, raw.link.deleted)
	if err != nil {
		return nil, err
	}
	return overlay(kept, added), nil
}

// replaceEntries changes the entries of the shared index in place and returns
// the entries of raw that are new.
func replaceEntries(base []Entry, raw *rawIndex) ([]Entry, error) {
	added := raw.entries
	for at := range raw.link.changed.bits(len(base)) {
		if at >= len(base) || len(added) == 0 || added[0].Path != "" {
			return nil, errLink
		}
		path := base[at].Path
		base[at] = added[0]
		base[at].Path = path
		added = added[1:]
	}
	for i := range added {
		if added[i].Path == "" {
			return nil, errNameless
		}
	}
	return added, nil
}

func dropEntries(base []Entry, deleted bitmap) ([]Entry, error) {
	drop := make([]bool, len(base))
	for at := range deleted.bits(len(base)) {
		if at >= len(base) {
			return nil, errLink
		}
		drop[at] = true
	}
	kept := base[:0]
	for i, entry := range base {
		if !drop[i] {
			kept = append(kept, entry)
		}
	}
	return kept, nil
}

// overlay adds entries: one takes the place of the same path and stage, and a
// merged one (stage 0) that of all stages of a conflict.
func overlay(entries, added []Entry) []Entry {
	type key struct {
		path  string
		stage uint8
	}
	replaced := make(map[key]bool, len(added))
	for _, e := range added {
		replaced[key{e.Path, e.Stage}] = true
	}
	merged := make([]Entry, 0, len(entries)+len(added))
	for _, e := range entries {
		if !replaced[key{e.Path, e.Stage}] && !replaced[key{e.Path, 0}] {
			merged = append(merged, e)
		}
	}
	return append(merged, added...)
}

// A bitmap is a compressed set of positions, in the form called EWAH
// (gitformat-pack, bitmap appendix): marker words, each for a run of equal words
// and a number of literal words after it.
type bitmap []byte

// Parts of a marker word: one bit that the run repeats, its length in words,
// the number of literal words.
const (
	ewahRunBits  = 32
	ewahWordSize = 8
	wordBits     = 64
)

// parseBitmap splits a bitmap off the front of data: number of bits, number of
// words, the words, position of the last marker.
func parseBitmap(data []byte) (words bitmap, rest []byte, ok bool) {
	if len(data) < 12 {
		return nil, nil, false
	}
	size := uint64(binary.BigEndian.Uint32(data[4:])) * ewahWordSize
	if size > uint64(len(data)-12) {
		return nil, nil, false
	}
	return bitmap(data[8 : 8+size]), data[12+size:], true
}

func (b bitmap) word(i int) uint64 { return binary.BigEndian.Uint64(b[i*ewahWordSize:]) }

// bits yields the positions of the set bits in order. It ends after the first
// one that is not below limit, so that a run of 2^38 bits costs nothing.
func (b bitmap) bits(limit int) iter.Seq[int] {
	return func(yield func(int) bool) {
		end, at := len(b)/ewahWordSize, 0
		for i := 0; i < end; {
			marker := b.word(i)
			i++
			run := int(marker>>1&(1<<ewahRunBits-1)) * wordBits
			if marker&1 != 0 {
				for bit := range run {
					if !yield(at+bit) || at+bit >= limit {
						return
					}
				}
			}
			at += run
			for literals := marker >> (1 + ewahRunBits); literals > 0 && i < end; literals-- {
				if !literalBits(b.word(i), at, limit, yield) {
					return
				}
				i++
				at += wordBits
			}
		}
	}
}

func literalBits(word uint64, at, limit int, yield func(int) bool) bool {
	for bit := range wordBits {
		if word>>bit&1 != 0 && (!yield(at+bit) || at+bit >= limit) {
			return false
		}
	}
	return true
}
