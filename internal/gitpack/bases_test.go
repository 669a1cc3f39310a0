package gitpack

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// TestLongChain reads the objects of one long chain in any order: each comes out
// whole, and none builds all that it is a delta of once more.
func TestLongChain(t *testing.T) {
	const links = 3000
	b, text := newPackBuilder(t), strings.Repeat("the same in all of them ", 20)
	last := b.whole(text)
	for i := range links {
		last = b.ofs(last, fmt.Sprintf("%s%d\n", text, i))
	}
	objects := filepath.Join(t.TempDir(), "objects")
	b.store(objects, strings.Repeat("a", 40))
	s, err := Open([]string{objects}, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	random, steps := rand.New(rand.NewPCG(1, 1)), 0
	for _, n := range random.Perm(links + 1) {
		e := b.entries[n]
		at := s.places(e.id)[0]
		if number, ok := at.pack.entryOf(at.number); ok {
			chain, _, _, err := s.reader().descend(at.pack, number, 0)
			if err != nil {
				t.Fatal(err)
			}
			steps += len(chain)
		}
		if kind, data, err := s.Read(e.id); err != nil || kind != Blob || string(data) != e.data {
			t.Fatalf("object %d is %s %q, %v", n, kind, data, err)
		}
	}
	if most := 4 * basesApart * links; steps > most {
		t.Errorf("%d steps, more than %d", steps, most)
	}
	if s.bases.size == 0 || s.bases.size > maxBases {
		t.Errorf("%d bytes are kept", s.bases.size)
	}
}

func TestBaseCache(t *testing.T) {
	var c baseCache
	large := make([]byte, maxBases/4)
	for e := range 9 {
		c.keep(nil, e, Tree, large)
		c.keep(nil, e, Tree, large)
		if c.size > maxBases || c.size != len(c.known)*len(large) {
			t.Fatalf("%d bytes are kept as %d", len(c.known)*len(large), c.size)
		}
	}
	c.keep(nil, 9, Tree, make([]byte, len(large)+1))
	if _, _, ok := c.find(nil, 9); ok {
		t.Error("a base over the limit is kept")
	}
	_, data, _ := c.find(nil, 8)
	data[0] = 1 // whoever gets it may build in it
	if kind, again, ok := c.find(nil, 8); !ok || kind != Tree || again[0] != 0 {
		t.Errorf("found %t, %s, %v", ok, kind, again[0])
	}
}
