package key

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzPassRuns compares what is passed over with a look at every byte.
func FuzzPassRuns(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		f.Add(piecesOfRuns(r), r.IntN(80))
	}
	every := make([]byte, 256)
	for c := range every {
		every[c] = byte(c)
	}
	f.Add(every, 0)
	f.Fuzz(func(t *testing.T, buf []byte, from int) {
		at := shortestRun - 1 + int(uint(from)%128)
		got, end := passRuns(buf, at)
		if got < at {
			t.Fatalf("went back from %d to %d", at, got)
		}
		if end != 0 && (end <= got || runEnd(buf, got-shortestRun+1) < end) {
			t.Fatalf("no run is at %d up to %d: %q", got, end, buf[got-shortestRun+1:])
		}
		inside, wide := 0, 0
		for i := at - shortestRun + 1; i < len(buf); i++ {
			if inside++; classes[buf[i]]&inRun == 0 || mayBeSkipped(buf, i, at-shortestRun+1) {
				inside = 0
			}
			if wide++; i < at-shortestRun+2 || (buf[i] == 0) == (buf[i-1] == 0) {
				wide = 1
			}
			if inside == shortestRun || wide == 3*wideBlock {
				if got > i {
					t.Fatalf("from %d passed over what ends at %d, and on to %d", at, i, got)
				}
				return
			}
		}
	})
}

// mayBeSkipped reports whether buf[i] is of a run behind buf[from] that is short and stands
// alone.
func mayBeSkipped(buf []byte, i, from int) bool {
	start, end := i, i
	for start > from && classes[buf[start-1]]&inRun != 0 {
		start--
	}
	for end < len(buf) && classes[buf[end]]&inRun != 0 {
		end++
	}
	return end-start < shortestAlone && end > start && isApart(buf[from:], start-from, end-from) && !mayBePacked(buf, start, end)
}

// TestMayBeEncoded: a probe that one of the ways takes for text is never left out.
func TestMayBeEncoded(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	alphabets := []string{"ABCDEFabcdef0123/", "01234567abcdefAF", base32Letters, "AQaZ09+/-_"}
	taken := 0
	for range cases(200_000) {
		probe := make([]byte, probeLength)
		alphabet := alphabets[r.IntN(len(alphabets))]
		for i := range probe {
			probe[i] = alphabet[r.IntN(len(alphabet))]
		}
		s := &runSearch{buf: probe}
		text := s.isBase32(0, probeLength)
		for number := range 4 {
			text = text || s.base64Text(number, probeLength)
		}
		for odd := range 2 {
			text = text || s.hexText(odd, probeLength)
		}
		if text {
			taken++
		}
		if text && !mayBeEncoded(probe) {
			t.Fatalf("%q is left out", probe)
		}
	}
	if t.Logf("%d are text", taken); taken < 1000 {
		t.Errorf("%d probes are text: too few to tell", taken)
	}
}

// TestBeginsMark: each mark of a packed file begins with characters that are looked at.
func TestBeginsMark(t *testing.T) {
	for _, mark := range slices.Concat(marks, zlibMarks, hexMarks, []string{"0x"}) {
		if !beginsMark(mark[0], mark[1]) {
			t.Errorf("%q is not looked for", mark)
		}
	}
}

// wideBlock is what a vector engine may look at in one step.
const wideBlock = 32

// piecesOfRuns joins runs and UTF-16 of many lengths with bytes that are
// neither.
func piecesOfRuns(r *rand.Rand) (buf []byte) {
	for range 1 + r.IntN(12) {
		length, kind := r.IntN(2*shortestRun), r.IntN(4)
		for i := range length {
			switch {
			case kind == 0:
				buf = append(buf, "azAZ09+/-_"[r.IntN(10)])
			case kind == 1 && i%2 == 1:
				buf = append(buf, 0)
			case kind == 3:
				buf = append(buf, byte(r.IntN(256)))
			default:
				buf = append(buf, "az09 \n"[r.IntN(6)])
			}
		}
		buf = append(buf, ".,:@`{(= \x00\x80"[r.IntN(11)])
	}
	return buf
}
