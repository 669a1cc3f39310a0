package gitpack

import "testing"

// breakLast spoils the entry that was added last.
func (b *packBuilder) breakLast() { b.data[len(b.data)-5] ^= 1 }

// brokenChain adds texts, each a delta of the one before, of which the first cannot be read,
// and returns the last.
func (b *packBuilder) brokenChain(texts []string) int {
	end := b.whole(texts[0])
	b.breakLast()
	for _, text := range texts[1:] {
		end = b.ofs(end, text)
	}
	return end
}

// forgeries are packs of at most 3n entries, of which many cannot be read where they
// stand: to find each of them elsewhere must not take a way through all others.
var forgeries = map[string]func(r *testRepo, n int){
	"roots whose good copies are one chain": func(r *testRepo, n int) {
		texts := versions(n)
		roots, chain := newPackBuilder(r), newPackBuilder(r)
		last := chain.whole(texts[0])
		for _, text := range texts[1:] {
			last = chain.ofs(last, text)
		}
		for _, text := range texts {
			roots.whole(text)
			roots.breakLast()
		}
		roots.store(r.objects(), "a")
		chain.store(r.objects(), "b")
	},
	"a broken chain whose end is loose": func(r *testRepo, n int) {
		texts := versions(2 * n)
		roots, chain := newPackBuilder(r), newPackBuilder(r)
		end := chain.brokenChain(texts[:n])
		for _, text := range texts[n:] {
			chain.ofs(end, text)
			roots.whole(text)
			roots.breakLast()
		}
		storeLoose(r, r.objects(), texts[n-1])
		roots.store(r.objects(), "a")
		chain.store(r.objects(), "b")
	},
	"a broken chain, and deltas that do not fit it": func(r *testRepo, n int) {
		texts := versions(2 * n)
		chain, again := newPackBuilder(r), newPackBuilder(r)
		end := chain.brokenChain(texts[:n])
		for _, text := range texts[n:] {
			chain.ofs(end, text)
			chain.breakLast()
			again.ref(texts[n-1], text)
			again.breakLast()
		}
		storeLoose(r, r.objects(), texts[n-1])
		chain.store(r.objects(), "a")
		again.store(r.objects(), "b")
	},
	"one object again and again": func(r *testRepo, n int) {
		texts := versions(n + 1)
		b := newPackBuilder(r)
		for _, text := range texts[1:] {
			b.whole(texts[0])
			b.breakLast()
			b.ref(texts[0], text)
		}
		b.store(r.objects(), "a")
	},
	"one object again and again, once good": func(r *testRepo, n int) {
		texts := versions(n + 1)
		b, deltas := newPackBuilder(r), newPackBuilder(r)
		for _, text := range texts[1:] {
			b.whole(texts[0])
			b.breakLast()
			deltas.ref(texts[0], text)
		}
		b.whole(texts[0])
		b.store(r.objects(), "a")
		deltas.store(r.objects(), "b")
	},
}

// TestForgeries reads them in a walk and one by one.
func TestForgeries(t *testing.T) {
	const n, perEntry = 300, 50
	for name, forge := range forgeries {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			forge(r, n)
			s := r.open()
			walk(t, s, Walk{})
			checkSteps(t, s, "a walk", 3*n*perEntry)
			s = r.open()
			for _, p := range s.open() {
				p.sorted(1) // without its tables much is read in another way
				for i := range p.index.count {
					_, _, _ = s.Read(p.index.id(i))
				}
			}
			checkSteps(t, s, "reads", 3*n*perEntry)
		})
	}
}

func checkSteps(t *testing.T, s *Store, what string, most int64) {
	t.Helper()
	if steps := s.steps.Load(); steps > most {
		t.Errorf("%s took %d steps; want at most %d", what, steps, most)
	}
}
