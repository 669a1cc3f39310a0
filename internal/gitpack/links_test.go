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
			find := func(how string) {
				for _, id := range ids {
					for _, last := range []byte{0, 1, 255} {
						want := append(bytes.Clone(id[:19]), id[19]+last)
						n := sort.Search(count, func(i int) bool { return bytes.Compare(ids[i], want) >= 0 })
						there := n < count && bytes.Equal(ids[n], want)
						if got, ok := x.find(NewID(want)); ok != there || ok && got != n {
							t.Errorf("%s: %d ids alike in %d bytes: %x at %d %t, want %d %t", how, count, alike, want, got, ok, n, there)
						}
					}
				}
			}
			find("by the file")
			x.divide()
			find("by the table")
			seen := 0
			for _, id := range ids {
				other := bytes.Clone(id)
				other[6] ^= 0x55
				_, there := x.find(NewID(other))
				if x.seems(NewID(other)) && !there {
					t.Errorf("%d ids alike in %d bytes: %x seems to be there", count, alike, other)
				}
				if x.seems(NewID(id)) {
					seen++
				}
			}
			if alike == 0 && seen < count*9/10 {
				t.Errorf("only %d of %d ids seem to be there", seen, count)
			}
		}
	}
}
