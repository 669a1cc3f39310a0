package gitpack

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"iter"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxListings bounds how often the packs are listed anew because some of them
// vanished between listing and opening, as they do while git repacks: it puts
// the new pack in place before it removes the old ones.
const maxListings = 5

// refresh opens the packs that are there and not open yet, and reports whether
// there were any. A pack that git has deleted since it was opened stays
// readable.
func (s *Store) refresh() (found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for attempt := 1; ; attempt++ {
		vanished := false
		for _, dir := range s.dirs {
			for _, base := range s.listPacks(dir) {
				switch err := s.addPack(base); {
				case err == nil:
					found = true
				case errors.Is(err, fs.ErrNotExist) && attempt < maxListings:
					vanished = true
				case errors.Is(err, fs.ErrNotExist) && isUnfinished(filepath.Base(base)):
					// git has not put it in place, or gave it up: what it was
					// made of is still there
				default:
					s.known[base] = true
					s.problem(base+".pack", "%v", err)
				}
			}
		}
		if !vanished {
			return found
		}
		if attempt > 1 { // git may be kept waiting between a pack and its index
			time.Sleep(settleTime)
		}
	}
}

// listPacks lists the packs of a directory that have an index and are not
// known, as paths without suffix.
func (s *Store) listPacks(dir string) (bases []string) {
	dir = filepath.Join(dir, "pack")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !s.known[dir] {
		s.known[dir] = true
		s.problem(dir, "list packs: %v", err)
	}
	for _, entry := range entries {
		name, isIndex := strings.CutSuffix(entry.Name(), ".idx")
		if base := filepath.Join(dir, name); isIndex && !s.known[base] {
			bases = append(bases, base)
		}
	}
	return bases
}

func (s *Store) addPack(base string) error {
	p, err := openPack(base, s.hashSize)
	if err != nil {
		return err
	}
	s.known[base] = true
	s.packs = append(s.packs, p)
	clear(s.failures)
	clear(s.crowdOfID)
	for _, doubt := range p.doubts {
		s.problem(p.path, "%s", doubt)
	}
	return nil
}

// settleTime is how long a pack and its index may be apart while git puts
// them in place or takes them away.
const settleTime = 50 * time.Millisecond

// unindexed names the packs that have no index, which no object can be read
// from.
func (s *Store) unindexed() (problems []Problem) {
	paths := s.withoutIndex()
	if len(paths) > 0 {
		time.Sleep(settleTime)
		still := s.withoutIndex()
		paths = slices.DeleteFunc(paths, func(path string) bool { return !slices.Contains(still, path) })
	}
	for _, path := range paths {
		problems = append(problems, Problem{Path: path, Message: "pack has no index: its objects are not read; \"git index-pack\" makes one"})
	}
	return problems
}

// isUnfinished reports whether git gives a name to packs that it is still writing.
// Whole ones are read all the same, as git does.
func isUnfinished(name string) bool {
	return strings.HasPrefix(name, ".tmp-") || strings.HasPrefix(name, "tmp_")
}

// withoutIndex lists the packs without an index. Those whose names git gives
// to a pack that it is still writing are none.
func (s *Store) withoutIndex() (paths []string) {
	for _, dir := range s.dirs {
		entries, _ := os.ReadDir(filepath.Join(dir, "pack")) // listPacks names the error
		indexed := map[string]bool{}
		for _, entry := range entries {
			if name, ok := strings.CutSuffix(entry.Name(), ".idx"); ok {
				indexed[name] = true
			}
		}
		for _, entry := range entries {
			name, ok := strings.CutSuffix(entry.Name(), ".pack")
			if ok && !indexed[name] && !isUnfinished(name) {
				paths = append(paths, filepath.Join(dir, "pack", entry.Name()))
			}
		}
	}
	return paths
}

// A place is where a pack holds an object: its number in the pack's index.
type place struct {
	pack   *pack
	number int
}

// places lists where the packs hold an object; a pack whose index cannot be read
// has it nowhere.
func (s *Store) places(id ID) (places []place) {
	for _, p := range s.open() {
		_ = guard(func() error {
			n, ok := p.index.find(id)
			for ; ok; ok = n < p.index.count && bytes.Equal(p.index.raw(n), id.raw[:id.size]) {
				places = append(places, place{p, n})
				n++
			}
			return nil
		})
	}
	return places
}

// Has reports whether a pack or a loose file of that name is there for an
// object, without reading it. A file of which one may not even know whether it is
// there counts as one that cannot be read.
func (s *Store) Has(id ID) bool {
	return inPacks(s.open(), id) || slices.ContainsFunc(s.dirs, func(dir string) bool { return !isGone(loosePath(dir, id)) })
}

// Holders lists the files that hold an object, packs (".pack") and loose ones.
func (s *Store) Holders(id ID) (paths []string) {
	for _, p := range s.open() {
		if p.has(id) {
			paths = append(paths, p.path)
		}
	}
	for _, dir := range s.dirs {
		path := loosePath(dir, id)
		if _, err := os.Lstat(path); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

func inPacks(packs []*pack, id ID) bool {
	return slices.ContainsFunc(packs, func(p *pack) bool { return p.has(id) })
}

// has reports whether the index can be read and has an object.
func (p *pack) has(id ID) (ok bool) {
	_ = guard(func() error {
		_, ok = p.index.find(id)
		return nil
	})
	return ok
}

// markRepeats finds, for every pack, the objects that an earlier pack or an
// earlier place in its index has too, by their numbers in the index; nil means
// that there are none. The indexes are sorted, so they are compared like hands
// of cards, one first byte at a time.
func markRepeats(packs []*pack, workers int) ([]bitmap, error) {
	var repeats [256][]holder
	err := sideBySide(workers, len(repeats), func(first int) {
		repeats[first] = repeatsAt(packs, byte(first))
	})
	marks := make([]bitmap, len(packs))
	for _, h := range slices.Concat(repeats[:]...) {
		if marks[h.pack] == nil {
			marks[h.pack] = newBitmap(packs[h.pack].index.count)
		}
		marks[h.pack].set(int(h.number))
	}
	return marks, err
}

// repeatsAt lists the places of objects whose ids begin with first and that stand
// elsewhere before.
func repeatsAt(packs []*pack, first byte) (repeats []holder) {
	if len(packs) == 1 {
		return repeatsIn(packs[0].index, first)
	}
	all := holdersAt(packs, first)
	id := func(h holder) []byte { return packs[h.pack].index.raw(int(h.number)) }
	slices.SortFunc(all, func(a, b holder) int {
		return cmp.Or(bytes.Compare(id(a), id(b)), cmp.Compare(a.pack, b.pack), cmp.Compare(a.number, b.number))
	})
	for i := 1; i < len(all); i++ {
		if bytes.Equal(id(all[i]), id(all[i-1])) {
			repeats = append(repeats, all[i])
		}
	}
	return repeats
}

// repeatsIn is repeatsAt for the only pack, whose index has them in order.
func repeatsIn(x *index, first byte) (repeats []holder) {
	low, high := x.span(first)
	for n := low + 1; n < high; n++ {
		if bytes.Equal(x.raw(n), x.raw(n-1)) {
			repeats = append(repeats, holder{number: int32(n)})
		}
	}
	return repeats
}

// holdersAt lists the places of all objects whose ids begin with first.
func holdersAt(packs []*pack, first byte) (all []holder) {
	for i, p := range packs {
		low, high := p.index.span(first)
		all = slices.Grow(all, high-low)
		for n := low; n < high; n++ {
			all = append(all, holder{int32(i), int32(n)})
		}
	}
	return all
}

// A holder is one of several packs and an object's number in its index.
type holder struct{ pack, number int32 }

// A bitmap is a set of small numbers; nil is empty.
type bitmap []uint64

func newBitmap(n int) bitmap    { return make(bitmap, (n+63)/64) }
func (b bitmap) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) clear(i int)    { b[i/64] &^= 1 << (i % 64) }
func (b bitmap) has(i int) bool { return b != nil && b[i/64]&(1<<(i%64)) != 0 }

// fill makes b the set of all numbers.
func (b bitmap) fill() {
	for i := range b {
		b[i] = ^uint64(0)
	}
}

// all yields the numbers in order.
func (b bitmap) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range b {
			for ; word != 0; word &= word - 1 {
				if !yield(i*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}
