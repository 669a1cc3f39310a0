package key

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestApart: of two pieces that anything parts which decoding passes over, neither stands
// alone, whatever is on their other sides.
func TestApart(t *testing.T) {
	fragments := slices.Concat(softBreaks, escapedBreaks, lineMarks, lineMarks, []string{
		"\n", "\n", "\r\n", " ", "    ", "\t", `"`, `"`, "'", "`", `\`, "\\\n", `\n`, `\r\n`, `\\n`, "%0A", "%0d", "+", " + ", ".", "..", "&", "<>", ",", "~", "(", ")",
		"#", "# ", "* ", "> ", "| ", "; ", "!", "% ", "/* c */", "// c\n", "<!-- c -->", `${"`, `#{'`, `{"`, "}", `\"`, `"concat"`, "b",
	})
	r := rand.New(rand.NewPCG(rand.Uint64(), 22))
	seen := map[bool]int{}
	for range 60_000 {
		first, second := runOf(r), runOf(r)
		var between strings.Builder
		for range 1 + r.IntN(5) {
			between.WriteString(fragments[r.IntN(len(fragments))])
		}
		before, behind := "f("+first, between.String()+second+").g"
		buf, end := []byte(before+behind), len(before)
		next := pieceAfter(buf, len("f("), end, base64Alphabet)
		isGap := next > 0 && base64Alphabet[buf[next]] && pieceBefore(buf, next, 0, base64Alphabet) == end
		if seen[isGap]++; !isGap {
			continue
		}
		start, last := next, next
		for base64Alphabet[buf[start-1]] { // a run has the rest of an escape
			start--
		}
		for last < len(buf) && base64Alphabet[buf[last]] {
			last++
		}
		if isApart(buf, len("f("), end) || last-start >= shortestRun && isApart(buf, start, last) {
			t.Fatalf("pieces stand alone that %q parts: %q", buf[end:next], buf)
		}
	}
	if seen[true] < 1_000 || seen[false] < 1_000 {
		t.Errorf("%d of the pieces have a gap between them, %d have none: too few to tell", seen[true], seen[false])
	}
	for _, alone := range []string{"f(x.<>).g", "a = <>;b", "f(<>).", "xyz <> y"} {
		before, behind, _ := strings.Cut(alone, "<>")
		name := strings.Repeat("a0", shortestRun)[:shortestRun]
		if buf := []byte(before + name + behind); !isApart(buf, len(before), len(before)+len(name)) {
			t.Errorf("%q does not stand alone", buf)
		}
	}
}

// runOf is a run that is too short for a key, or as long as a full line.
func runOf(r *rand.Rand) string {
	run := make([]byte, []int{32, 40, 63, 64, 76, 91}[r.IntN(6)])
	for i := range run {
		run[i] = "abcdefgXYZ0189"[r.IntN(14)]
	}
	return string(run)
}

// TestTextsInOneRun: in a run that goes on from one text to another, which is aligned in
// another way, both are found, also in a message of bytes.
func TestTextsInOneRun(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for skew := range 4 {
		for range cases(40) {
			key := anyKey(r)
			noise := make([]byte, r.IntN(200))
			for i := range noise {
				noise[i] = byte(r.IntN(32))
			}
			inside := base64.StdEncoding.EncodeToString([]byte("user:" + key + ";"))
			second := base64.StdEncoding.EncodeToString([]byte(string(noise) + inside + string(noise)))
			first := base64.RawStdEncoding.EncodeToString([]byte(filler(r, r.IntN(600))))
			wantKey(t, "in one run", "data("+first+"AAAA"[:skew]+second+");", key)
		}
	}
}
