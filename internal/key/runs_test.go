package key

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzPassRuns compares what is passed over with a look at every byte.
func FuzzPassRuns(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		f.Add(piecesOfRuns(r), r.IntN(80)|r.IntN(2)*r.IntN(128)<<8)
	}
	every := make([]byte, 256)
	for c := range every {
		every[c] = byte(c)
	}
	f.Add(every, 0)
	f.Fuzz(func(t *testing.T, all []byte, from int) {
		at := shortestRun - 1 + int(uint(from)%128)
		buf := all[:len(all)-min(len(all), from>>8&127)] // what is behind it may be read
		got, end := passRuns(buf, at, &theFinder().tables)
		if got < at {
			t.Fatalf("went back from %d to %d", at, got)
		}
		if end != 0 && (end <= got || runEnd(buf, got-shortestRun+1) < end) {
			t.Fatalf("no run is at %d up to %d: %q", got, end, buf[got-shortestRun+1:])
		}
		inside, wide := 0, 0
		for i := at - shortestRun + 1; i < len(buf); i++ {
			if inside++; classes[buf[i]]&inRun == 0 || mayBeSkipped(buf, i, (at-shortestRun+1)&^(wideBlock-1)) {
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

// TestShortRuns: a short run is never passed over in which there may be something.
func TestShortRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	held := 0
	for range cases(400_000) {
		length := shortestRun + r.IntN(longestProbed-shortestRun)
		if r.IntN(32) == 0 {
			length += r.IntN(8 * longestProbed)
		}
		run := []byte(strings.Repeat("z", length))
		plantInRun(r, run)
		lead := strings.Repeat(".", 1+r.IntN(40))
		buf := []byte(lead[1:] + string(` "\%.`[r.IntN(5)]) + string(run) + string(` "\%.`[r.IntN(5)]) + strings.Repeat(".", 100))
		start, end := len(lead), len(lead)+len(run)
		if mayBeSkipped(buf, start, 0) {
			continue
		}
		held++
		p := runPass{buf: buf, tables: &theFinder().tables, at: shortestRun - 1}
		if at, _, nul := p.next(len(buf)); nul >= 0 || at-shortestRun+1 != start {
			t.Fatalf("%q is passed over, to %d", buf[start-1:end+1], at)
		}
	}
	if t.Logf("%d runs hold something", held); held < 1000 {
		t.Errorf("%d runs hold something: too few to tell", held)
	}
}

// longestProbed is the length of most runs that are tried.
const longestProbed = 128

// plantInRun puts a probe of text, digits or the first characters of something packed into a
// run.
func plantInRun(r *rand.Rand, run []byte) {
	switch at := probeStep * r.IntN((len(run)-probeLength)/probeStep+1); r.IntN(6) {
	case 0:
		way := r.IntN(base64Ways)
		three := []string{"\x7f\x5e ", "~^ "}[r.IntN(2)] // ASCII, and a text
		copy(run[at+way:at+probeLength], base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(three), probeLength))[:(probeLength-way)/4*4])
	case 1:
		way := r.IntN(hexWays)
		copy(run[at+way:], strings.Repeat("7f", (probeLength-way)/2))
	case 2:
		copy(run[at:], "KRUGKIDROVUWG2ZAMJZG653O")
	case 3:
		digits := "0aF5b1c9d2e3f"[:soonDigits]
		copy(run[r.IntN(soonPrefix+1):], digits)
	case 4:
		all := slices.Concat(marks, zlibMarks, hexMarks, []string{"0x"})
		copy(run, all[r.IntN(len(all))])
	case 5:
		copy(run, []string{"fV", "nV", "7V", "vZ", "BQ", "FP"}[r.IntN(6)])
	}
}

// mayBeSkipped reports whether buf[i] is of a run behind buf[from] that is short and holds
// nothing that is looked for.
func mayBeSkipped(buf []byte, i, from int) bool {
	start, end := i, i
	for start > from && classes[buf[start-1]]&inRun != 0 {
		start--
	}
	for end < len(buf) && classes[buf[end]]&inRun != 0 {
		end++
	}
	if start == from || end == len(buf) || end-start < shortestRun || holdsPacked(buf, start, end) {
		return false
	}
	for rest := start; rest <= start+soonPrefix; rest++ {
		if hexRun(buf[rest:]) >= soonDigits {
			return false
		}
	}
	for at := start; at+probeLength <= end; at = nextProbe(at, end) {
		if isEncoded(buf[at : at+probeLength]) {
			return false
		}
	}
	return true
}

// holdsPacked is mayBePacked, and looks at more than the first two characters where those
// begin nothing but DEFLATE.
func holdsPacked(buf []byte, start, end int) bool {
	if !mayBePacked(buf, start, end) {
		return false
	}
	return strings.IndexByte(`\%`, buf[start-1]) >= 0 || beginsMark(buf[start], buf[start+1]) || beginsDeflate(buf[start:])
}

// isEncoded reports whether one of the ways takes a probe for text.
func isEncoded(probe []byte) bool {
	s := &runSearch{buf: probe}
	text := s.isBase32(0, probeLength)
	for number := range base64Ways {
		text = text || s.base64Text(number, probeLength)
	}
	for odd := range hexWays {
		text = text || s.hexText(odd, probeLength)
	}
	return text
}

// holdsText reports whether something is searched for a probe.
func holdsText(probe []byte) bool {
	s := &runSearch{buf: probe}
	text := s.isBase32(0, probeLength) || textWays(probe) != 0
	for odd := range hexWays {
		text = text || s.hexText(odd, probeLength)
	}
	return text && !isUniform(probe)
}

// TestMayBeEncoded: a probe that one of the ways takes for text is never left out.
func TestMayBeEncoded(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	alphabets := alphabetsOfRuns()
	taken := 0
	for range cases(200_000) {
		probe := make([]byte, probeLength)
		alphabet := alphabets[r.IntN(len(alphabets))]
		for i := range probe {
			probe[i] = alphabet[r.IntN(len(alphabet))]
		}
		text := isEncoded(probe)
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

// TestPassProbes: no probe that one of the ways takes for text is passed over.
func TestPassProbes(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	passed := 0
	for range cases(40_000) {
		buf := bytes.Repeat([]byte("zyxw"), 12+r.IntN(40))
		end := probeLength + r.IntN(len(buf)-probeLength+1)
		plantInRun(r, buf)
		start := r.IntN(2 * probeStep)
		next := passProbes(buf, start, end)
		at := start
		for ; at < next; at = nextProbe(at, end) {
			if passed++; at+probeLength <= end && holdsText(buf[at:at+probeLength]) {
				t.Fatalf("passed over %q", buf[at:at+probeLength])
			}
		}
		if at != next {
			t.Fatalf("went on from %d at %d", start, next)
		}
	}
	t.Logf("%d were passed over", passed)
}

// TestUniformProbes: a run of one character is passed over, and nothing is searched for it.
func TestUniformProbes(t *testing.T) {
	for _, c := range "A0a" {
		run := []byte(strings.Repeat(string(c), 10*probeStep))
		if holdsText(run[:probeLength]) {
			t.Errorf("a run of %q is searched", c)
		}
		if next := passProbes(run, 0, len(run)); next > 0 && next+probeLength <= len(run)-runsApart {
			t.Errorf("stopped at %d in a run of %q", next, c)
		}
	}
}

// TestTextInLongRuns: text of a key is found in an encoding of bytes that are no text, wherever it
// is there.
func TestTextInLongRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	noText := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(0x80 + r.IntN(0x80))
		}
		return b
	}
	outer := map[string]func([]byte) string{
		"base64": base64.StdEncoding.EncodeToString, "base64url": base64.RawURLEncoding.EncodeToString,
		"base32": base32.StdEncoding.EncodeToString, "hex": hex.EncodeToString,
	}
	for name, encode := range outer {
		for range cases(600) {
			key := anyKey(r)
			inner := []string{base64.StdEncoding.EncodeToString([]byte(key)), `"ins" + "` + key[len("ins"):] + `"`}[r.IntN(2)]
			text := "x: " + encode(slices.Concat(noText(100+r.IntN(300)), []byte(inner), noText(100+r.IntN(300))))
			found := false
			for m := range Find([]byte(text)) {
				found = found || m.Secret == NewSecret(key)
			}
			if !found {
				t.Fatalf("%s of %q: not found in %q", name, inner, text)
			}
		}
	}
}

// runsApart is more than what a vector engine sees at once behind a probe.
const runsApart = 2 * wideBlock

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

// alphabetsOfRuns are those of runs that may be text in one of the encodings, and others.
func alphabetsOfRuns() []string {
	return []string{"ABCDEFabcdef0123/", "01234567abcdefAF", base32Letters, "AQaZ09+/-_", "ghijklmnopqrstuvwxyz", "azAZ09+/-_"}
}

// piecesOfRuns joins runs and UTF-16 of many lengths with bytes that are
// neither.
func piecesOfRuns(r *rand.Rand) (buf []byte) {
	alphabets := alphabetsOfRuns()
	for range 1 + r.IntN(12) {
		length, kind, alphabet := r.IntN(2*shortestRun), r.IntN(4), alphabets[r.IntN(len(alphabets))]
		for i := range length {
			switch {
			case kind == 0:
				buf = append(buf, alphabet[r.IntN(len(alphabet))])
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
