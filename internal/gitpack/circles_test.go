package gitpack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
)

// storeCircle stores two packs with the same circle of deltas, one in the order
// of the texts, one backwards.
func storeCircle(r *testRepo, texts []string) (first, second *packBuilder) {
	first, second = newPackBuilder(r), newPackBuilder(r)
	for i := range texts {
		first.ref(texts[(i+1)%len(texts)], texts[i])
	}
	for i := range slices.Backward(texts) {
		second.ref(texts[(i+1)%len(texts)], texts[i])
	}
	first.store(r.objects(), "a")
	second.store(r.objects(), "b")
	return first, second
}

// TestSameCircleTwice must take steps in proportion to the entries: each pack's
// copy of an object leads into the circle again.
func TestSameCircleTwice(t *testing.T) {
	const n, perEntry = 200, 16
	for _, readFirst := range []bool{false, true} {
		r := newRepo(t)
		b, _ := storeCircle(r, versions(n))
		s := r.open()
		for _, e := range b.entries {
			if _, _, err := s.Read(e.id); readFirst && err == nil {
				t.Fatalf("Read of %s succeeds", e.id)
			}
		}
		v := walk(t, s, Walk{})
		if len(v.shown) > 0 || len(v.problems) != 1 || v.problems[0].Message != fmt.Sprintf("object at offset 12 %v; %d objects that build on it are not read either", errCycle, n-1) {
			t.Errorf("%d objects shown, problems %v", len(v.shown), v.problems)
		}
		if steps := s.steps.Load(); steps > perEntry*2*n {
			t.Errorf("%d entries took %d steps", 2*n, steps)
		}
	}
}

// TestSameCircleHops has one way out of the same circle of two packs: a chain of
// deltas whose bases are in the other one of two packs each time. All is read.
func TestSameCircleHops(t *testing.T) {
	const hops, perEntry = 20, 40
	texts := versions(60)
	circle, chain := texts[:30], texts[30:30+hops]
	for at := range 3 {
		r := newRepo(t)
		storeCircle(r, circle)
		packs := []*packBuilder{newPackBuilder(t), newPackBuilder(t)}
		packs[0].ref(chain[0], circle[at*13])
		for i := range chain[1:] {
			packs[(i+1)%2].ref(chain[i+1], chain[i])
		}
		packs[hops%2].whole(chain[hops-1])
		packs[0].store(r.objects(), "c")
		packs[1].store(r.objects(), "d")
		want := map[ID]content{}
		for _, text := range texts[:30+hops] {
			want[objectID(Blob, text, 20)] = content{Blob, text}
		}
		s := r.open()
		checkLike(t, s, want)
		if steps := s.steps.Load(); steps > perEntry*int64(len(want))*int64(len(want)) {
			t.Errorf("%d entries took %d steps", len(want), steps)
		}
	}
}

// TestLateCopy finds what a new pack brings, though it could not be read before.
func TestLateCopy(t *testing.T) {
	r := newRepo(t)
	texts := versions(5)
	b, _ := storeCircle(r, texts)
	s := r.open()
	for _, e := range b.entries {
		if _, _, err := s.Read(e.id); err == nil {
			t.Fatalf("Read of %s succeeds", e.id)
		}
	}
	late := newPackBuilder(t)
	late.whole(texts[3])
	late.store(r.objects(), "c")
	checkLike(t, s, b.contents)
}

// An endingContext is over after it was asked a few times.
type endingContext struct {
	context.Context
	left atomic.Int64
}

func (c *endingContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestCircleEnded ends a walk while a circle is searched for a way out: it stops,
// and the next walk is none the worse for it.
func TestCircleEnded(t *testing.T) {
	const n = 60
	texts := versions(n)
	r := newRepo(t)
	b, _ := storeCircle(r, texts)
	out := newPackBuilder(t)
	out.whole(texts[n/2])
	out.store(r.objects(), "c")
	for _, asked := range []int64{0, 1, 5, 20} {
		s := r.open()
		ctx := &endingContext{Context: t.Context()}
		ctx.left.Store(asked)
		_, _, err := s.Walk(ctx, Walk{Kinds: allKinds, Candidate: func([]byte) bool { return false }, Visit: func(Object) {}})
		if steps := s.steps.Load(); err == nil || steps > 2*(2*n+asked)+2*n {
			t.Errorf("asked %d times: error %v after %d steps", asked, err, steps)
		}
		checkLike(t, s, b.contents)
	}
}

// TestMissingFar names every object on the way to a base that is missing, and
// not at a length that grows with the way.
func TestMissingFar(t *testing.T) {
	r := newRepo(t)
	texts := versions(4 * maxHops)
	packs := []*packBuilder{newPackBuilder(t), newPackBuilder(t)}
	for i := range texts[1:] {
		packs[i%2].ref(texts[i], texts[i+1])
	}
	packs[0].store(r.objects(), "a")
	packs[1].store(r.objects(), "b")
	s := r.open()
	for _, text := range texts[1:] { // each finds what was found of the one before
		if _, _, err := s.Read(objectID(Blob, text, 20)); err == nil || len(err.Error()) > 100*maxHops {
			t.Errorf("Read: %v", err)
		}
	}
	if got, most := s.steps.Load(), int64(8*len(texts)); got > most {
		t.Errorf("%d steps, want at most %d", got, most)
	}
	for _, p := range walk(t, r.open(), Walk{}).problems {
		if len(p.Message) > 100*maxHops {
			t.Errorf("a problem of %d bytes", len(p.Message))
		}
	}
}

// A tangle is packs that build on each other at random, with what can be read of
// them.
type tangle struct {
	*rand.Rand
	texts []string
	packs []*packBuilder
	bases [][2]int // of the places that are intact: an object, and what it builds on, or itself
}

// newTangle makes packs in which each object stands in some, whole or as a
// delta of any other. Some entries are broken, some deltas do not fit their base.
func newTangle(t *testing.T, seed uint64) *tangle {
	g := &tangle{Rand: rand.New(rand.NewPCG(seed, 5))}
	g.texts = versions(4 + g.IntN(16))
	wholes, broken := 1+g.IntN(20), 2+g.IntN(8)
	times := 1 + seed%3*5 // the index may name each so often
	for range 1 + g.IntN(4) {
		b := newPackBuilder(t)
		g.packs = append(g.packs, b)
		for _, object := range g.Perm(len(g.texts)) {
			for n := uint64(0); n < times && g.IntN(3) > 0; n++ {
				g.place(b, object, g.IntN(wholes) == 0, g.IntN(broken) == 0)
			}
		}
	}
	return g
}

func (g *tangle) place(b *packBuilder, object int, isWhole, isBroken bool) {
	base, at := g.IntN(len(g.texts)), len(b.data)
	switch text := g.texts[object]; {
	case isWhole:
		base = object
		b.whole(text)
	case base == object:
		return
	case isBroken && g.IntN(2) == 0: // with the right checksum
		delta := "\x01" + makeDelta(g.texts[base], text)
		raw := append(entryHeader(refDelta, uint64(len(delta))), objectID(Blob, g.texts[base], 20).Bytes()...)
		b.add(text, append(raw, b.deflated(delta)...))
		return
	default:
		b.ref(g.texts[base], text)
	}
	if isBroken {
		b.data[at+(len(b.data)-at)*9/10] ^= 1
		return
	}
	g.bases = append(g.bases, [2]int{object, base})
}

// readable tells the objects that some way leads to.
func (g *tangle) readable() map[ID]content {
	good := map[int]bool{}
	for n := -1; n < len(good); {
		n = len(good)
		for _, b := range g.bases {
			if b[0] == b[1] || good[b[1]] {
				good[b[0]] = true
			}
		}
	}
	want := map[ID]content{}
	for object := range good {
		want[objectID(Blob, g.texts[object], 20)] = content{Blob, g.texts[object]}
	}
	return want
}

// TestTangles reads all that can be read of packs that build on each other at
// random, in walks and one by one, whatever was read before.
func TestTangles(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		g := newTangle(t, seed)
		r := &testRepo{TB: t, dir: t.TempDir(), hashSize: 20}
		for i, b := range g.packs {
			b.store(r.objects(), fmt.Sprint(i))
		}
		want := g.readable()
		s, fresh := r.open(), r.open()
		if seed%2 == 0 {
			g.readAll(t, s, want)
		}
		v := walk(t, s, Walk{})
		checkSame(t, "a walk", v.shown, want)
		g.readAll(t, s, want)
		g.readAll(t, fresh, want)
		_, _ = s.Close(), fresh.Close()
		if t.Failed() {
			t.Fatalf("seed %d: %v", seed, v.problems)
		}
	}
}

func (g *tangle) readAll(t *testing.T, s *Store, want map[ID]content) {
	for _, i := range g.Perm(len(g.texts)) {
		id := objectID(Blob, g.texts[i], 20)
		_, data, err := s.Read(id)
		if c, ok := want[id]; ok != (err == nil) || string(data) != c.data {
			t.Errorf("Read(%s): %d bytes, error %v; want %d bytes", id, len(data), err, len(c.data))
		}
	}
}
