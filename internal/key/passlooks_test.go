package key

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// findsNothing reports whether the look at buf[at:] leads to nothing.
func findsNothing(buf []byte, at int) bool {
	for _, first := range []int{at, at + 8} {
		for leads := leadsIn(buf[first:]); leads != 0; leads &= leads - 1 {
			i := first + bits.TrailingZeros64(leads)/8
			if way := leadWays[buf[i]]; way > 0 && i+1 < len(buf) && behindLead[buf[i+1]]>>(way-1)&1 != 0 {
				return false
			}
		}
	}
	if hasNumbers(buf[at:]) {
		return false
	}
	kind, _ := lineAt(buf, at)
	return kind == plainLine
}

// checkPassLooks fails if a look is passed over that leads to something. It returns how
// many were passed over, and how many there are.
func checkPassLooks(t *testing.T, buf []byte, at, turn int) (passed, looks int) {
	t.Helper()
	for at+lookReach <= len(buf) {
		stop, stopTurn := passLooks(buf, at, turn)
		for ; at < stop; at, turn = at+lookStrides[turn], (turn+1)%lookTurns {
			passed, looks = passed+1, looks+1
			if at+lookReach <= len(buf) && !findsNothing(buf, at) {
				t.Fatalf("passed over the look at %d, turn %d: %q", at, turn, buf[at:min(len(buf), at+2*lineReach)])
			}
		}
		if at != stop || turn != stopTurn {
			t.Fatalf("stopped at %d, turn %d, where looks are at %d, turn %d", stop, stopTurn, at, turn)
		}
		looks++
		at, turn = at+lookStrides[turn], (turn+1)%lookTurns
	}
	return passed, looks
}

// FuzzPassLooks compares what is passed over with each look.
func FuzzPassLooks(f *testing.F) {
	r := rand.New(rand.NewPCG(41, 42))
	for range 300 {
		f.Add(piecesOfLines(r), r.IntN(128), r.IntN(lookTurns))
	}
	f.Fuzz(func(t *testing.T, buf []byte, at, turn int) {
		checkPassLooks(t, buf, int(uint(at)%128), int(uint(turn)%lookTurns))
	})
}

// piecesOfLines is lines of which many are nearly what a look finds.
func piecesOfLines(r *rand.Rand) []byte {
	var b strings.Builder
	for b.Len() < 300+r.IntN(2000) {
		b.WriteString([]string{"", "  ", "\t\t", " * ", "// ", "-- ", "/// ", "# ", "> ", `"`, strings.Repeat(" ", r.IntN(40))}[r.IntN(11)])
		switch r.IntN(9) {
		case 0:
			b.WriteString([]string{"", "0x"}[r.IntN(2)] + fmt.Sprintf("%019x", r.Uint64())[r.IntN(20):] + []string{" ", ":", "\t", "x"}[r.IntN(4)])
		case 1:
			b.WriteString(strings.Repeat("aZ9+/-_"[r.IntN(7):][:1], r.IntN(40)))
		case 2:
			b.WriteString("M" + strings.Repeat("a#b", 20))
		case 3:
			b.WriteString("x" + strings.Repeat(" y", 28+r.IntN(6)) + []string{"=", "=3D", "==", "D", "=\r"}[r.IntN(5)])
		case 4:
			b.WriteString([]string{"0, 12, ", "a b c ", "%20", `\u00`, "&#1", "&amp;", "=3D", `\\`, "x=0"}[r.IntN(9)])
		default:
			for range r.IntN(60) {
				b.WriteByte("etaoin shrdlu(){};=.,\x00\xff&%"[r.IntN(25)])
			}
		}
		b.WriteString([]string{"\n", "\r\n", `\n`, `"`, "'", "`\n", "\": 1\n"}[r.IntN(7)])
	}
	return []byte(b.String())
}

// TestPassLooksInText: most looks at source text are passed over.
func TestPassLooksInText(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	if stop, _ := passLooks(slices.Repeat([]byte("in the way\n"), 1000), firstLook, 0); stop == firstLook {
		t.Skip("this processor makes each look one by one")
	}
	passed, looks := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, l := checkPassLooks(t, text, firstLook, 0)
		passed, looks = passed+p, looks+l
	}
	if t.Logf("%d of %d", passed, looks); passed < looks*3/4 {
		t.Errorf("%d of %d looks are passed over, want three of four", passed, looks)
	}
}
