package scanner

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
)

func testID(n int) gitpack.ID { return gitpack.NewID(bytes.Repeat([]byte{byte(n >> 8), byte(n)}, 10)) }

// TestGraphOrder numbers random commits: parents before children whatever the
// clocks said, the older first where ancestry does not say; commits that are
// their own ancestors, or descend from one, are left out.
func TestGraphOrder(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		var raw []*rawCommit
		for n := range 30 {
			c := &rawCommit{id: testID(n + 1), when: int64(n)}
			if seed%2 == 0 {
				c.when = int64(random.IntN(40))
			}
			for range random.IntN(3) {
				c.parents = append(c.parents, testID(random.IntN(n+1)))
			}
			raw = append(raw, c)
		}
		raw = append(raw, raw[3]) // seen twice
		raw = append(raw, &rawCommit{id: testID(100), parents: []gitpack.ID{testID(101)}},
			&rawCommit{id: testID(101), parents: []gitpack.ID{testID(100)}},
			&rawCommit{id: testID(102), parents: []gitpack.ID{testID(101), testID(1)}})
		random.Shuffle(len(raw), func(i, j int) { raw[i], raw[j] = raw[j], raw[i] })
		g := newGraph(raw, nil)
		if len(g.commits) != 30 || len(g.number) != 30 {
			t.Fatalf("seed %d: %d commits, %d numbers", seed, len(g.commits), len(g.number))
		}
		for n, c := range g.commits {
			if g.number[c.id] != int32(n) {
				t.Errorf("seed %d: commit %d has number %d", seed, n, g.number[c.id])
			}
			for _, p := range c.parents {
				if int(p) >= n {
					t.Errorf("seed %d: commit %d has parent %d", seed, n, p)
				}
			}
		}
		checkFamilies(t, g)
	}
}

// checkFamilies holds ancestors and descendants to each other.
func checkFamilies(t *testing.T, g *graph) {
	t.Helper()
	from := [][]int32{{0}, {5}, {11, 3}, {29}, {2, 17, 4}}
	families := g.descendants(from)
	for n := range g.commits {
		back := g.ancestors([]int32{int32(n)})
		for i, f := range from {
			leads := slices.ContainsFunc(f, func(m int32) bool { return back[m] })
			if (families[n]&(1<<i) != 0) != leads {
				t.Errorf("commit %d leads to some of %d: %t", n, f, leads)
			}
		}
	}
}
