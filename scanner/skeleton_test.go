package scanner

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A testTree is the entries of a tree by name: the kind and the child's number.
type testTree map[string]rawEntry

func (t testTree) bytes() []byte {
	var data []byte
	for _, name := range slices.Sorted(maps.Keys(t)) {
		e := t[name]
		data = append(append(append(append(data, e.mode...), ' '), name...), 0)
		data = append(data, e.child...)
	}
	return data
}

// change makes a few random changes.
func (t testTree) change(random *rand.Rand, hits []gitpack.ID) testTree {
	t = maps.Clone(t)
	for range random.IntN(4) {
		name := fmt.Sprintf("%c%c%s", 'a'+random.IntN(5), 'a'+random.IntN(5), "xxxx"[:random.IntN(3)])
		child := testID(random.IntN(40)).Bytes()
		if random.IntN(6) == 0 {
			child = hits[random.IntN(len(hits))].Bytes()
		}
		switch random.IntN(8) {
		case 0:
			delete(t, name)
		case 1, 2, 3:
			t[name] = rawEntry{mode: []byte([]string{"40000", "040000"}[random.IntN(2)]), child: child}
		case 4:
			t[name] = rawEntry{mode: []byte("160000"), child: child}
		default:
			t[name] = rawEntry{mode: []byte("100644"), child: child}
		}
	}
	return t
}

// TestSkeleton reads random trees, most of them much like the one before, some
// broken, and holds what it says of who holds whom to a plain reading of each.
func TestSkeleton(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 4))
		hits := []gitpack.ID{testID(500), testID(501)}
		s := newSkeleton(hits, 20)
		want := map[string]int{}
		tree := testTree{}
		other := testTree{}
		for n := range 40 {
			switch random.IntN(10) {
			case 0:
				tree, other = other, tree
			case 1:
				tree = testTree{}
			}
			tree = tree.change(random, hits)
			data := tree.bytes()
			if random.IntN(8) == 0 {
				data = append(data, "40000 broken"...)
			}
			if len(data) > 0 && random.IntN(12) == 0 {
				data = data[:random.IntN(len(data))]
			}
			id := s.sum(testID(1000 + n).Bytes())
			line := s.take(data)
			line.add(id, data)
			if s.free = append(s.free, line); random.IntN(20) == 0 {
				s.free = nil // as if another goroutine had them all
			}
			for e := range treeEntries(data, 20) {
				if child := gitpack.NewID(e.child); e.kind() == dirEntry || e.kind() == fileEntry && slices.Contains(hits, child) {
					want[fmt.Sprint(s.sum(e.child), string(e.name), id)]++
				}
			}
		}
		s.gather()
		got := map[string]int{}
		for n := range 502 {
			child := s.sum(testID(n).Bytes())
			for name, holder := range s.holders(child) {
				got[fmt.Sprint(child, s.name[name], holder)]++
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("seed %d: %d entries, want %d", seed, len(got), len(want))
		}
	}
}

// FuzzStrand reads two trees of any bytes one after the other: the second must
// say what it says alone.
func FuzzStrand(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 4))
	tree := testTree{}
	for range 30 {
		before := tree.bytes()
		tree = tree.change(random, []gitpack.ID{testID(500)})
		f.Add(before, tree.bytes())
	}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		s := newSkeleton([]gitpack.ID{testID(500)}, 20)
		both, alone := &strand{skeleton: s}, &strand{skeleton: s}
		both.add(1, before)
		both.add(2, after)
		alone.add(2, after)
		strip := func(open []openEdge) (edges []openEdge) {
			for _, e := range open {
				e.from = 0
				edges = append(edges, e)
			}
			return edges
		}
		if !slices.Equal(strip(both.open), strip(alone.open)) || !slices.Equal(both.starts, alone.starts) || !bytes.Equal(both.last, alone.last) {
			t.Errorf("after %q, %q has %v at %v, alone %v at %v", before, after, both.open, both.starts, alone.open, alone.starts)
		}
	})
}

// TestCommonEnds holds the comparisons of many bytes to those of one by one.
func TestCommonEnds(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 4))
	for range 3000 {
		a := bytes.Repeat([]byte{'x'}, random.IntN(1600))
		b := bytes.Repeat([]byte{'x'}, random.IntN(1600))
		for range random.IntN(3) {
			if len(a) > 0 {
				a[random.IntN(len(a))] = 'y'
			}
		}
		head, tail := 0, 0
		for head < min(len(a), len(b)) && a[head] == b[head] {
			head++
		}
		for tail < min(len(a), len(b)) && a[len(a)-1-tail] == b[len(b)-1-tail] {
			tail++
		}
		if got := commonPrefix(a, b); got != head {
			t.Fatalf("prefix %d, want %d", got, head)
		}
		if got := commonSuffix(a, b); got != tail {
			t.Fatalf("suffix %d, want %d", got, tail)
		}
	}
}
