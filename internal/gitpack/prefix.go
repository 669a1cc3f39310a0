package gitpack

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// minPrefix is the shortest abbreviation that git takes for an object id.
const minPrefix = 4

// WithPrefix lists the objects, packed or loose, whose id begins with digits,
// each once and in order. Digits are hexadecimal, upper or lower case, at
// least 4 and at most a whole id; of anything else there is none. A directory
// or a pack that cannot be read counts as empty: Walk reports it.
func (s *Store) WithPrefix(digits string) []ID {
	digits = strings.ToLower(digits)
	if len(digits) < minPrefix || len(digits) > 2*s.hashSize || strings.Trim(digits, "0123456789abcdef") != "" {
		return nil
	}
	var ids []ID
	for _, p := range s.open() {
		_ = guard(func() error {
			ids = p.index.appendPrefix(ids, digits)
			return nil
		})
	}
	for _, dir := range s.dirs {
		ids = appendLoosePrefix(ids, dir, digits, s.hashSize)
	}
	slices.SortFunc(ids, ID.compare)
	return slices.Compact(ids)
}

// appendPrefix looks only at the ids that share the first byte: the fan-out
// says where they are.
func (x *index) appendPrefix(ids []ID, digits string) []ID {
	lowest, err := hex.DecodeString(digits + "0"[:len(digits)%2])
	if err != nil {
		return ids
	}
	low, high := x.span(lowest[0])
	low += sort.Search(high-low, func(i int) bool { return bytes.Compare(x.raw(low+i), lowest) >= 0 })
	for n := low; n < high && strings.HasPrefix(hex.EncodeToString(x.raw(n)), digits); n++ {
		ids = append(ids, x.id(n))
	}
	return ids
}

func appendLoosePrefix(ids []ID, dir, digits string, hashSize int) []ID {
	entries, err := os.ReadDir(filepath.Join(dir, digits[:2]))
	if err != nil {
		return ids
	}
	for _, entry := range entries {
		if name := digits[:2] + entry.Name(); strings.HasPrefix(name, digits) {
			if id, err := ParseID(name); err == nil && id.Size() == hashSize {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
