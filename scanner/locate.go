package scanner

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A locator finds the paths at which trees hold the hit objects.
//
// It goes up from the blobs: one pass over all trees finds those that have a
// hit as an entry, the next those that have one of these trees, until nothing
// new turns up. No pass builds a tree that holds nothing (see gitpack.Walk).
// What a tree holds is then told by a number: trees that hold the same objects
// at the same paths share it, so that the tens of thousands of versions of a
// tree that a long-lived key lies in cost one comparison each.
type locator struct {
	history *history
	mu      sync.Mutex
	entries map[gitpack.ID][]treeEntry // of the trees found: only entries that lead to a hit
	names   map[string]string          // interned

	memo     map[gitpack.ID]int32 // what a tree holds
	holdings []holding            // by number; number 0 holds nothing
	bySum    map[string]int32
}

// A holding is the places at which a tree holds hits, sorted.
type holding []heldAt

// heldAt is a hit at a path below some tree.
type heldAt struct {
	path string
	hit  *hit
}

func compareHeld(a, b heldAt) int {
	return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.hit.object.String(), b.hit.object.String()))
}

// locate runs the passes.
func (h *history) locate(ctx context.Context) (*locator, error) {
	l := &locator{
		history:  h,
		entries:  map[gitpack.ID][]treeEntry{},
		names:    map[string]string{},
		memo:     map[gitpack.ID]int32{},
		holdings: []holding{nil},
		bySum:    map[string]int32{"": 0},
	}
	var wanted []gitpack.ID
	for id, hit := range h.hits {
		if hit.kind == gitpack.Blob {
			wanted = append(wanted, id)
		}
	}
	for id := range h.named {
		l.entries[id] = nil
		wanted = append(wanted, id)
	}
	for len(wanted) > 0 {
		found, err := l.pass(ctx, newIDSet(wanted, h.repo.HashSize))
		if err != nil {
			return nil, err
		}
		wanted = found
	}
	return l, nil
}

// pass finds the trees with an entry in wanted; it returns those that no
// earlier pass found.
func (l *locator) pass(ctx context.Context, wanted *idSet) (found []gitpack.ID, err error) {
	_, problems, err := l.history.store.Walk(ctx, gitpack.Walk{
		Kinds:     gitpack.Kinds(gitpack.Tree),
		Reach:     l.history.repo.HashSize,
		Candidate: wanted.in,
		Workers:   l.history.opts.Workers,
		Visit: func(o gitpack.Object) {
			entries := wanted.entries(o.Data)
			if len(entries) == 0 {
				return
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			if _, known := l.entries[o.ID]; !known {
				found = append(found, o.ID)
			}
			for i := range entries {
				entries[i].name = l.intern(entries[i].name)
			}
			l.entries[o.ID] = append(l.entries[o.ID], entries...)
		},
	})
	l.history.report(problems)
	return found, err
}

func (l *locator) intern(name string) string {
	if known, ok := l.names[name]; ok {
		return known
	}
	name = strings.Clone(name)
	l.names[name] = name
	return name
}

// holds is the number of what a tree holds.
func (l *locator) holds(tree gitpack.ID) int32 {
	if n, ok := l.memo[tree]; ok {
		return n
	}
	entries, ok := l.entries[tree]
	if !ok {
		return 0
	}
	l.memo[tree] = 0 // a tree cannot hold itself; a forged one ends here
	var sum []byte
	for _, e := range entries {
		sum = append(append(sum, e.name...), 0)
		if e.dir {
			sum = binary.BigEndian.AppendUint32(append(sum, 'd'), uint32(l.holds(e.child)))
		} else {
			sum = append(append(sum, 'f'), e.child.Bytes()...)
		}
	}
	for _, named := range l.history.named[tree] {
		sum = append(append(sum, named.name...), 0, 'n')
	}
	n, ok := l.bySum[string(sum)]
	if !ok {
		n = int32(len(l.holdings))
		l.bySum[string(sum)] = n
		l.holdings = append(l.holdings, l.expand(tree, entries))
	}
	l.memo[tree] = n
	return n
}

// expand lists the places of a tree whose subtrees are known.
func (l *locator) expand(tree gitpack.ID, entries []treeEntry) holding {
	var places holding
	for _, e := range entries {
		if !e.dir {
			places = append(places, heldAt{e.name, l.history.hits[e.child]})
			continue
		}
		for _, below := range l.holdings[l.memo[e.child]] {
			places = append(places, heldAt{e.name + "/" + below.path, below.hit})
		}
	}
	for _, named := range l.history.named[tree] {
		places = append(places, heldAt{named.name, &hit{tree, gitpack.Tree, named.secrets}})
	}
	slices.SortFunc(places, compareHeld)
	return places
}

// An idSet finds object ids in bytes, few or tens of thousands of them.
type idSet struct {
	size  int
	first [1 << 16 / 64]uint64 // bit set: some id begins with these two bytes
	ids   map[gitpack.ID]bool
}

func newIDSet(ids []gitpack.ID, size int) *idSet {
	s := &idSet{size: size, ids: make(map[gitpack.ID]bool, len(ids))}
	for _, id := range ids {
		s.ids[id] = true
		lead := binary.LittleEndian.Uint16(id.Bytes())
		s.first[lead/64] |= 1 << (lead % 64)
	}
	return s
}

func (s *idSet) has(raw []byte) bool {
	lead := binary.LittleEndian.Uint16(raw)
	return s.first[lead/64]&(1<<(lead%64)) != 0 && s.ids[gitpack.NewID(raw)]
}

// in reports whether b, a tree or parts of trees, has one of the ids at any
// offset.
func (s *idSet) in(b []byte) bool {
	for i := 0; i+s.size <= len(b); i++ {
		lead := binary.LittleEndian.Uint16(b[i:])
		if s.first[lead/64]&(1<<(lead%64)) != 0 && s.ids[gitpack.NewID(b[i:i+s.size])] {
			return true
		}
	}
	return false
}

// entries lists the entries of a tree that are in the set.
func (s *idSet) entries(tree []byte) []treeEntry {
	var found []treeEntry
	for e := range treeEntries(tree, s.size) {
		if s.has(e.child) && !e.isGitlink() {
			found = append(found, e.entry())
		}
	}
	return found
}
