package gitpack

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

func TestIndexNUL(t *testing.T) {
	for n := range 40 {
		for at := range n + 1 {
			b := bytes.Repeat([]byte{0x80}, n)
			if at < n {
				b[at] = 0
				b[n-1] = 0
			}
			if got, want := indexNUL(b), bytes.IndexByte(b, 0); got != want {
				t.Errorf("%x: %d, want %d", b, got, want)
			}
		}
	}
}

func TestFoundMemo(t *testing.T) {
	m := newFoundMemo(sha1.Size)
	for first := range 256 {
		for second := range 256 {
			id := make([]byte, sha1.Size)
			id[0], id[1] = byte(first), byte(second) // the rest is as an empty slot has it
			if bytes.Equal(m.slot(id), id) {
				t.Errorf("%x is in an empty memo", id)
			}
		}
	}
}

// TestTreeMarks has random versions of a tree, each a delta of another: what
// their links look up with the marks of their bases, and the marks themselves,
// are those of trees that are read from the beginning.
func TestTreeMarks(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	entry := func() []byte {
		e := append([]byte("100644 name"), bytes.Repeat([]byte("x"), random.IntN(30))...)
		e = append(e, 0)
		for range sha1.Size {
			e = append(e, byte(random.Uint32()))
		}
		return e
	}
	var tree [][]byte
	for range 200 {
		tree = append(tree, entry())
	}
	store := &Store{hashSize: sha1.Size}
	lookedUp := func(data []byte, s stretches) (map[ID]ID, treeMarks) {
		w := &walker{walking: &walking{store: store}, part: &Part{}}
		marks := w.treeLinks(ID{}, data, s)
		return w.part.book.absent, marks
	}
	base := bytes.Join(tree, nil)
	_, marks := lookedUp(base, stretches{})
	for range 300 {
		at := random.IntN(len(tree))
		prefix := len(bytes.Join(tree[:at], nil)) + random.IntN(12)
		fresh := entry()
		tree = slices.Insert(slices.Clone(tree), at, fresh)
		data := bytes.Join(tree, nil)
		tail := len(data) - prefix - len(fresh)
		ops := copyOps(nil, 0, prefix)
		for rest := data[prefix : prefix+len(fresh)]; len(rest) > 0; rest = rest[min(100, len(rest)):] {
			part := rest[:min(100, len(rest))]
			ops = append(append(ops, byte(len(part))), part...)
		}
		ops = copyOps(ops, len(base)-tail, tail)
		built := make([]byte, len(data))
		if err := applyDelta(built, base, ops); err != nil || !bytes.Equal(built, data) {
			t.Fatalf("the delta does not build the tree: %v", err)
		}
		want, _ := lookedUp(data, stretches{ops: ops, delta: true})
		got, next := lookedUp(data, stretches{ops: ops, delta: true, base: marks})
		if len(want) == 0 || len(got) != len(want) {
			t.Fatalf("looked up %d ids, want %d", len(got), len(want))
		}
		for id := range want {
			if _, ok := got[id]; !ok {
				t.Errorf("did not look up %s", id)
			}
		}
		begins := map[int32]bool{}
		offset := 0
		for _, e := range tree {
			begins[int32(offset)] = true
			offset += len(e)
		}
		for _, m := range next.at[:next.n] {
			if !begins[m] {
				t.Fatalf("a mark at %d, where no entry begins", m)
			}
		}
		base, marks = data, next
	}
	if marks.n == 0 {
		t.Error("no marks")
	}
}

// copyOps appends instructions that copy a run of the base.
func copyOps(ops []byte, offset, size int) []byte {
	for size > 0 {
		n := min(size, 0xffff)
		ops = append(ops, 0x80|0x0f|0x30, byte(offset), byte(offset>>8), byte(offset>>16), byte(offset>>24), byte(n), byte(n>>8))
		offset, size = offset+n, size-n
	}
	return ops
}

// TestFind compares the guesses of find with a plain search, over ids that are
// spread evenly, all alike in their beginnings, and doubled.
func TestFind(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, alike := range []int{0, 1, 4, 8, 19} {
		for _, count := range []int{0, 1, 2, 3, 300} {
			x := &index{hashSize: sha1.Size, count: count, fanout: make([]byte, 256*4)}
			var ids [][]byte
			for i := range count {
				id := make([]byte, sha1.Size)
				for j := alike; j < len(id); j++ {
					id[j] = byte(random.Uint32())
				}
				if i%7 == 6 {
					id = ids[i-1]
				}
				ids = append(ids, id)
			}
			slices.SortFunc(ids, bytes.Compare)
			for _, id := range ids {
				x.names = append(x.names, id...)
				for first := int(id[0]); first < 256; first++ {
					binary.BigEndian.PutUint32(x.fanout[4*first:], uint32(x.fan(first)+1))
				}
			}
			for _, id := range ids {
				for _, last := range []byte{0, 1, 255} {
					want := append(bytes.Clone(id[:19]), id[19]+last)
					n := sort.Search(count, func(i int) bool { return bytes.Compare(ids[i], want) >= 0 })
					there := n < count && bytes.Equal(ids[n], want)
					if got, ok := x.find(NewID(want)); ok != there || ok && got != n {
						t.Errorf("%d ids alike in %d bytes: %x at %d %t, want %d %t", count, alike, want, got, ok, n, there)
					}
				}
			}
		}
	}
}
