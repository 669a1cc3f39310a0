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

// findsNothing reports whether a test of the look at buf[at:] leads to nothing.
func findsNothing(buf []byte, at, test int) bool {
	switch test {
	case escapeTest:
		return !holdsEscape(buf, at)
	case numberTest:
		return !hasNumbers(buf[at:])
	}
	kind, _ := lineAt(buf, at)
	return kind == plainLine
}

func holdsEscape(buf []byte, at int) bool {
	for _, first := range []int{at, at + 8} {
		for leads := leadsIn(buf[first:]); leads != 0; leads &= leads - 1 {
			i := first + bits.TrailingZeros64(leads)/8
			way := leadWays[buf[i]]
			if way == 0 || i+1 >= len(buf) || behindLead[buf[i+1]]>>(way-1)&1 == 0 {
				continue
			}
			_, ok := readEscape(buf[i:])
			if _, length := escapedByte(buf[i:]); ok || length > 0 {
				return true
			}
		}
	}
	return false
}

// checkPassLooks fails if a test is passed over that leads to something. It returns how
// many looks were passed over with all their tests, and how many there are.
func checkPassLooks(t *testing.T, buf []byte, p lookStep) (passed, looks int) {
	t.Helper()
	stopped := map[int]bool{} // looks, by their place
	for p.at+lookReach <= len(buf) {
		stop := passLooks(buf, p, &theFinder().tables)
		for ; p.at < stop.at || p.at == stop.at && p.test < stop.test; p = p.next() {
			if p.at+lookReach <= len(buf) && !findsNothing(buf, p.at, p.test) {
				t.Fatalf("passed over the look %+v: %q", p, buf[p.at:min(len(buf), p.at+2*lineReach)])
			}
			if p.test == lineTest {
				looks++
			}
		}
		if p != stop {
			t.Fatalf("stopped at %+v, where looks are at %+v", stop, p)
		}
		stopped[p.at] = true
		if p.test == lineTest {
			looks++
		}
		p = p.next()
	}
	return looks - len(stopped), looks
}

// FuzzPassLooks compares what is passed over with each look.
func FuzzPassLooks(f *testing.F) {
	r := rand.New(rand.NewPCG(41, 42))
	for range 300 {
		f.Add(piecesOfLines(r), r.IntN(128), r.IntN(lookTurns))
	}
	f.Fuzz(func(t *testing.T, buf []byte, at, turn int) {
		checkPassLooks(t, buf, lookStep{int(uint(at) % 128), int(uint(turn) % lookTurns), escapeTest})
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
			b.WriteString([]string{"0, 12, ", "a b c ", "%20", `\u0069`, "&#105;", "&amp;", "=3D", `\\u0069`, "x=0", `\x69`, `\x{69}`, `\u{69}`, "&#x69;", "&lowbar;", `\151`, `\_`, `\1`, "%2569"}[r.IntN(18)])
		default:
			for range r.IntN(60) {
				b.WriteByte("etaoin shrdlu(){};=.,\x00\xff&%"[r.IntN(25)])
			}
		}
		b.WriteString([]string{"\n", "\r\n", `\n`, `"`, "'", "`\n", "\": 1\n"}[r.IntN(7)])
	}
	return []byte(b.String())
}

// TestPassLooksAtEscapes: no look is passed over in which an escape begins, but for a name of
// HTML's.
func TestPassLooksAtEscapes(t *testing.T) {
	escapes := []string{
		"%69", "%7f", "%2569", "%C3%A9", "=69", "=7F", "&#105;", "&#x69;", "&#X69;", "&amp;#105;", "&amp;amp;#105;",
		`\u0069`, `\u{69}`, `\U00000069`, `\x69`, `\x{69}`, `\xe9`, `\u00e9`, `\_`, `\\_`, `\\u0069`, `\\\\u0069`, "\\1\xff", "\\0.", `\7z`, `\151`, `\351`,
	}
	for _, text := range escapes {
		if !holdsEscape([]byte(text+strings.Repeat(".", lookReach)), 0) {
			t.Errorf("a look at %q finds nothing", text)
		}
		for at := range lookReach {
			buf := []byte(strings.Repeat(".", firstLook+at) + text + strings.Repeat(".", 4*lineReach))
			if stop := passLooks(buf, lookStep{at: firstLook}, &theFinder().tables); stop != (lookStep{at: firstLook}) {
				t.Errorf("%q, %d bytes behind a look, is passed over", text, at)
			}
		}
	}
}

// TestPassLooksInText: most looks at source text are passed over.
func TestPassLooksInText(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	if !looksArePassed() {
		t.Skip("this processor makes each look one by one")
	}
	passed, looks := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, l := checkPassLooks(t, text, lookStep{at: firstLook})
		passed, looks = passed+p, looks+l
	}
	if t.Logf("%d of %d", passed, looks); passed < looks*3/4 {
		t.Errorf("%d of %d looks are passed over, want three of four", passed, looks)
	}
}

// TestPassLooksFarIn: a line that begins far in is passed over, but for one of a dump.
func TestPassLooksFarIn(t *testing.T) {
	before := strings.Repeat(".", firstLook) + " of a line\n"
	behind := strings.Repeat("\n"+strings.Repeat("of nothing ", 12), 4)
	for _, indent := range []int{0, 31, 32, 40, 63} {
		code := []byte(before + strings.Repeat(" ", indent) + "return nothing;" + behind)
		if stop := passLooks(code, lookStep{at: firstLook}, &theFinder().tables); stop.at == firstLook && looksArePassed() {
			t.Errorf("stopped at code %d columns in", indent)
		}
		dump := []byte(before + strings.Repeat(" ", indent) + "00000010: 696e 7370" + behind)
		if stop := passLooks(dump, lookStep{at: firstLook}, &theFinder().tables); stop.at != firstLook {
			t.Errorf("passed over a dump %d columns in", indent)
		}
	}
}

// TestPassLooksAtNames: names on lines of their own are passed over, but for those that are as long
// as each other.
func TestPassLooksAtNames(t *testing.T) {
	before := strings.Repeat(".", firstLook) + " of a line\n"
	behind := strings.Repeat("\n"+strings.Repeat("of nothing ", 12), 4)
	for _, format := range []string{"  %s\n  %s\n", "  %s,\n  %s,\n", "  \"%s\"\n  \"%s\"\n", "\t'%s',\n\t'%s',\n", "  | \"%s\"\n  | \"%s\"\n"} {
		names := []byte(before + fmt.Sprintf(format, "someNameOfIt", "anotherName") + behind)
		if stop := passLooks(names, lookStep{at: firstLook}, &theFinder().tables); stop.at == firstLook && looksArePassed() {
			t.Errorf("stopped at names in %q", format)
		}
		pieces := []byte(before + fmt.Sprintf(format, "c29tZSBwaWVj", "ZXMgb2YgYSBy") + behind)
		if stop := passLooks(pieces, lookStep{at: firstLook}, &theFinder().tables); strings.Contains(format, "\"") && stop.at != firstLook {
			t.Errorf("passed over pieces in %q", format)
		}
	}
}

// TestPassLooksAtLines: lines that only begin or end like those in an encoding are passed over.
func TestPassLooksAtLines(t *testing.T) {
	long := strings.Repeat(".", firstLook)
	short := strings.Repeat(".", firstLook-20) + "\n" + strings.Repeat(".", 19)
	behind := strings.Repeat("\n"+strings.Repeat("of nothing ", 12), 4)
	for lines, pass := range map[string]bool{
		long + " of it\n  \"someNameOfIt\"\n],":    true,
		long + " of it\n  someNameOfIt\n} of":      true,
		long + " of it\n  'someNameOfIt'\n)":       true,
		long + " of it\n\"someNameOfIt\" = it":     true,
		long + " of it\n\"someNameOfIt\" != it":    true,
		long + " of it\n\"someNameOfIt\" : it":     true,
		long + " of it\n\"c29tZSBw\" \"aWVjZXMg\"": false,
		long + " of it\n--------------- of":        true,
		long + " of it\n-- 00000010: 696e 7370":    false,
		long + " of it\n--- 00000010: 696e 7370":   false,
		long + " of THE D\nof":                     true,
		long + " of it=3D\nof":                     false,
		long + " of it =\nof":                      false,
		long + " of it =\r\nof":                    false,
		short + " of it =\nof":                     true,
		short + " of it =\r\nof":                   true,
	} {
		stop := passLooks([]byte(lines+behind), lookStep{at: firstLook}, &theFinder().tables)
		if passed := stop.at != firstLook; passed != pass && (passed || looksArePassed()) {
			t.Errorf("%q: passed over: %v", lines[firstLook:], passed)
		}
	}
}

// looksArePassed reports whether looks are passed over on this processor.
func looksArePassed() bool {
	stop := passLooks(slices.Repeat([]byte("in the way\n"), 1000), lookStep{at: firstLook}, &theFinder().tables)
	return stop.at != firstLook
}
