package key

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPieces: how long the pieces are makes no difference to what is found, wherever in an
// encoding one ends.
func TestPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	all := codings()
	maps.Copy(all, escapes())
	maps.Copy(all, spreads())
	found := 0
	for name, c := range inOrder(all) {
		for range cases(40) {
			inside := "user:" + filler(r, r.IntN(600)) + anyKey(r) + ";\n"
			if !c.dense {
				inside = anyKey(r)
			}
			planted := c.write(inside)
			if c.dense {
				planted = wraps[slices.Sorted(maps.Keys(wraps))[r.IntN(len(wraps))]](planted, r)
			}
			buf := []byte(filler(r, 1000+r.IntN(1000)) + ";" + planted + ";" + filler(r, 1000))
			want := matchesByPieces(buf, len(buf))
			for _, size := range []int{shortestPiece, shortestPiece + r.IntN(shortestPiece), len(buf) - shortestPiece} {
				if got := matchesByPieces(buf, size); !slices.EqualFunc(got, want, isSameMatch) {
					t.Fatalf("%s: by pieces of %d bytes of %d: %d matches, want %d", name, size, len(buf), len(got), len(want))
				}
			}
			found += len(want)
		}
	}
	if found < cases(1000) {
		t.Errorf("%d found: too few to tell", found)
	}
}

// shortestPiece is how much the passes see at once, at most.
const shortestPiece = 512

// matchesByPieces lists what is found by pieces of a size.
func matchesByPieces(buf []byte, size int) (found []Match) {
	searchPieces(buf, 0, size, func(m Match) bool {
		found = append(found, m)
		return true
	})
	return arrange(found)
}

func isSameMatch(a, b Match) bool {
	return a.Start == b.Start && a.End == b.End && a.Secret == b.Secret && slices.Equal(a.Encoding, b.Encoding) && (a.packed == nil) == (b.packed == nil)
}
