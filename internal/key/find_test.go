package key

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// body64 is a body that a generator could have made: the same for a number
// every time, and in no file.
func body64(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "insplint key test %d", n))
	return hex.EncodeToString(sum[:])
}

// mixedCase raises every second letter.
func mixedCase(s string) string {
	b := []byte(s)
	for i := range b {
		if i%2 == 0 {
			b[i] = bytes.ToUpper(b[i : i+1])[0]
		}
	}
	return string(b)
}

func TestFind(t *testing.T) {
	b := body64(1)
	production, sandbox := Prefix+b, SandboxPrefix+b
	loose := "Zk3" + "q9" + "Lm2" + "xV8" + "w1" + "Tr5" + "Yb7"
	tests := []struct {
		name, text string
		want       string // the text of the key; empty for no match
		confidence Confidence
	}{
		{"alone", production, production, High},
		{"sandbox", sandbox, sandbox, High},
		{"quoted", `key: "` + production + `",`, production, High},
		{"letters before", `\n` + production, production, High},
		{"underscore after", production + "_old", production, High},
		{"letter after that is no digit", production + "g", production, High},
		{"packed strings in a binary file", "\x00" + production + "abc", production, High},
		{"packed, NUL behind", production + "abc\x00", production, High},
		{"longer hex run in a text", production + "abc", production, Low},
		{"longer by one upper-case digit", production + "A", production, Low},
		{"upper case", Prefix + strings.ToUpper(b), Prefix + strings.ToUpper(b), Low},
		{"mixed case", Prefix + mixedCase(b), Prefix + mixedCase(b), Low},
		{"upper case sandbox", SandboxPrefix + strings.ToUpper(b), SandboxPrefix + strings.ToUpper(b), Low},
		{"upper case packed in a binary", "\x00" + Prefix + strings.ToUpper(b) + "ab", Prefix + strings.ToUpper(b), Low},
		{"behind its length, with another field behind", "\n\x45" + production + "2\x03", production, High},
		{"a sandbox key so", "\xd9\x4a" + sandbox + "aX", sandbox, High},
		{"behind the length of the other kind", "\xd9\x4a" + production + "aX", production, Low},
		{"63 digits", production[:len(production)-1], "", 0},
		{"63 digits and a letter", production[:len(production)-1] + "g", "", 0},
		{"63 sandbox digits are a doubtful key", sandbox[:len(sandbox)-1], sandbox[:len(sandbox)-1], Low},
		{"no underscore", strings.Replace(production, "_", "-", 1), "", 0},
		{"upper-case prefix", strings.ToUpper(Prefix) + b, "", 0},
		{"identifier", "insp_total_count", "", 0},
		{"prefix alone", Prefix, "", 0},
		{"prefix twice", Prefix + production, production, High},
		{"prefix cut off", production[1:], "", 0},
		{"loose sandbox body", SandboxPrefix + loose, SandboxPrefix + loose, Low},
		{"loose body of 15", SandboxPrefix + loose[:15], "", 0},
		{"loose body of a production key", Prefix + loose, "", 0},
		{"sandbox identifier", SandboxPrefix + "inspection_report", "", 0},
		{"sandbox word with a year", SandboxPrefix + "quarterlyreportfinal2024", "", 0},
		{"sandbox letters", SandboxPrefix + "abcdefghijklmnopqrst", "", 0},
		{"sandbox body beyond any key", SandboxPrefix + strings.Repeat(loose, 5), "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := slices.Collect(Find([]byte(test.text)))
			if test.want == "" {
				if len(got) != 0 {
					t.Fatalf("found %d keys, want none", len(got))
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("found %d keys, want 1", len(got))
			}
			m := got[0]
			if m.Secret != NewSecret(test.want) || m.Confidence != test.confidence || m.Placeholder {
				t.Errorf("found a key of %d bytes, confidence %s, placeholder %t; want %d bytes, %s",
					m.End-m.Start, m.Confidence, m.Placeholder, len(test.want), test.confidence)
			}
			if test.text[m.Start:m.End] != test.want {
				t.Errorf("found it at %d to %d, where the key does not stand", m.Start, m.End)
			}
		})
	}
}

// TestLiteralsStandAlone holds what a finder relies on: it judges one literal at a place.
func TestLiteralsStandAlone(t *testing.T) {
	all := forms()
	for i, form := range all {
		for j, other := range all {
			if i != j && strings.HasPrefix(other.literal, form.literal) {
				t.Errorf("%q begins with %q: where both stand, one of the two is never judged", other.literal, form.literal)
			}
		}
	}
}

// TestEscapedUnderscore: Markdown and LaTeX escape what else would mean something.
func TestEscapedUnderscore(t *testing.T) {
	for _, want := range []string{Prefix + body64(1), SandboxPrefix + body64(2)} {
		for _, escaped := range []string{strings.ReplaceAll(want, "_", `\_`), strings.Replace(want, "_", `\_`, 1)} {
			got := slices.Collect(Find([]byte("The key is " + escaped + ".")))
			if len(got) != 1 || got[0].Secret != NewSecret(want) || got[0].Confidence != High || !slices.Equal(got[0].Encoding, []string{layerBackslash}) {
				t.Errorf("%s: %v", escaped[:12], got)
			}
		}
	}
	for _, none := range []string{`insp\_total\_count`, `insp\_` + body64(1)[:63], `insp\-` + body64(1)} {
		if got := slices.Collect(Find([]byte(none))); len(got) > 0 {
			t.Errorf("%s: %v", none, got)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	doc := "a1b2c3d4e5f6"
	for name, text := range map[string]string{
		"documentation's example":  Prefix + strings.Repeat(doc, 6)[:64],
		"sandbox example":          SandboxPrefix + strings.Repeat(doc, 6)[:64],
		"curl example":             Prefix + "your_api_key_here",
		"one digit":                Prefix + strings.Repeat("0", 64),
		"seven distinct digits":    Prefix + strings.Repeat("0123456", 8) + "65432100",
		"period 32":                Prefix + body64(3)[:32] + body64(3)[:32],
		"counting up":              SandboxPrefix + strings.Repeat("0123456789abcdef", 4),
		"one digit in upper case":  Prefix + strings.Repeat("F", 64),
		"followed by more of that": Prefix + strings.Repeat("0", 80),
		"letters and digits count": Prefix + strings.Repeat(doc+"a7b8c9d0e1f2", 3)[:63] + "0",
		"in ten steps":             Prefix + "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b",
		"letters, then digits":     Prefix + "abc123def456789012345678901234567890abcdef123456789012345678901a",
		"bytes count":              Prefix + hex.EncodeToString(counting(32, 1)),
		"bytes count down":         Prefix + hex.EncodeToString(counting(32, -1)),
		"words count":              Prefix + "0000000100000002000000030000000400000005000000060000000700000008",
		"each digit some times":    Prefix + "111111112222222233333333444444445555555566666666777777778888888f",
		"a pattern but for two":    Prefix + strings.Repeat("0f1e2d3c4b5a6978", 3) + "0f1e2d3c4b5a6900",
	} {
		got := slices.Collect(Find([]byte("x " + text + " y")))
		if len(got) != 1 || !got[0].Placeholder {
			t.Errorf("%s: not recognised as one placeholder (%d matches)", name, len(got))
		}
	}
	if got := slices.Collect(Find([]byte(Prefix + body64(3)[:33] + body64(3)[:31]))); len(got) != 1 || got[0].Placeholder {
		t.Error("a body with a period of 33 is a key")
	}
}

// counting is as many bytes, each a step from the last.
func counting(n, step int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * step)
	}
	return b
}

// TestRandomIsNoPlaceholder: of many bodies from a random generator none is one.
func TestRandomIsNoPlaceholder(t *testing.T) {
	r := rand.New(rand.NewPCG(rand.Uint64(), 12))
	body, most := make([]byte, bodyLength), 0
	for range cases(200_000) {
		for i := range body {
			body[i] = "0123456789abcdef"[r.IntN(16)]
		}
		if isPlaceholder(body) {
			t.Fatalf("%s is taken for a placeholder", body)
		}
		for stride := 1; stride <= farthestStep; stride++ {
			most = max(most, countSteps(body, stride))
		}
	}
	if most < bodyLength/4 {
		t.Errorf("at most %d digits of a body follow on others: nothing was counted", most)
	}
}

// TestFindMany holds Find to every key of a long line, at every distance.
func TestFindMany(t *testing.T) {
	var line strings.Builder
	var want []Secret
	for n := range 5000 {
		key := Prefix + body64(n)
		if n%3 == 0 {
			key = SandboxPrefix + body64(n)
		}
		want = append(want, NewSecret(key))
		line.WriteString(strings.Repeat("insp_", n%4) + strings.Repeat(",", n%131+1) + key + `"`)
	}
	var got []Secret
	last := -1
	for m := range Find([]byte(line.String())) {
		if m.Start <= last {
			t.Fatalf("match at %d comes after one at %d", m.Start, last)
		}
		last = m.Start
		got = append(got, m.Secret)
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %d keys of %d", len(got), len(want))
	}
}

// TestReach holds the constant to what it promises: the longest forms, with
// the byte that decides about them, fit into it.
func TestReach(t *testing.T) {
	sandbox := SandboxPrefix + body64(1)
	escaped := eachByte(sandbox, `\u%04x`)
	c := codings()
	for name, text := range map[string]string{
		"doubtful body":             SandboxPrefix + strings.Repeat("x", looseMax) + "0",
		"escapes, wrapped":          fold(escaped, 60, "=\r\n"),
		"escapes in base64, as PEM": fold(c["base64"].write(escaped), 64, "\r\n        "),
		"base64, three times":       fold(c["base64"].write(c["base64"].write(c["base64"].write(sandbox))), 40, "\r\n"),
		"hex, three times":          c["hex"].write(c["hex"].write(c["hex"].write(sandbox))),
		"UTF-16 in hex in base64":   fold(c["base64"].write(c["hex"].write(c["utf-16le"].write(sandbox))), 76, "\r\n"),
	} {
		if len(text) > Reach {
			t.Errorf("%s: it spans %d bytes, Reach is %d", name, len(text), Reach)
		}
	}
}

// TestDecoys holds texts that look a little like keys; none may be reported.
func TestDecoys(t *testing.T) {
	hash := body64(9)
	for _, text := range []string{
		"commit " + hash[:40],
		"sha256:" + hash,
		"sha512-" + strings.Repeat(hash, 2),
		"123e4567-e89b-12d3-a456-426614174000",
		"insp_total_count: 14", "insp_date insp_by insp_test_mode=1 insp_test_results_2024_03_11",
		"minsp_" + hash[:20],
		"insp__" + hash,
		"insp_ " + hash,
		"insp_test_" + hash[:12],
		"insp_" + hash[:32] + "-" + hash[32:],
		"insp_\n" + hash, "the prefix is insp_\n  " + hash + "\n", `["insp_", "` + hash + `"]`, "insp_ " + hash[:30] + " " + hash[30:],
		"insp_" + hash[:30] + " and " + hash[30:], `"insp_` + hash[:30] + `" and "` + hash[30:] + `"`, `"insp_` + hash[:32] + "\" +\n \"" + hash[32:] + `ab"`,
		`"insp_" + total + "` + hash + `"`, "insp%5F" + hash[:63], `insp\u005f` + hash[:63] + "g", "insp=\n_" + hash[:63],
		base64.StdEncoding.EncodeToString([]byte("insp_" + hash[:63] + ".")), hex.EncodeToString([]byte("insp_" + hash[:63])),
		wide("insp_"+hash[:63], false), base64.StdEncoding.EncodeToString([]byte("insp_total_count and more of such text " + hash)),
		"insp_<64 hex digits>", "insp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"insp_test_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "insp_…[3f2a91bc]",
	} {
		for m := range Find([]byte(text)) {
			if !m.Placeholder {
				t.Errorf("%.30q…: reported with confidence %s", text, m.Confidence)
			}
		}
	}
}

// FuzzFind plants a key into any surroundings. It must be found where it was
// put unless the bytes before it complete another match that covers it, and
// whatever is found must stand where the match says.
func FuzzFind(f *testing.F) {
	f.Add([]byte("a"), []byte("b"), 1, false)
	f.Add([]byte("insp_"), []byte("0"), 2, true)
	f.Add([]byte("insp_test_"), []byte("\x00"), 3, true)
	f.Add([]byte(SandboxPrefix+"q7b2x5e9f1z6g3h8k4"), []byte("f"), 4, false)
	f.Add([]byte("\x00"), []byte("0000"), 51, false) // which stands twice, by chance
	for i, before := range []string{                 // code, and code in another text
		`fmt.Sprintf("%s: insp_%[2]s", a, "`, "// \"insp_\" +\n//   \"", "@@ -1 +1 @@\n \"in\" +\n-x\n+\"sp_\" +\n+\"", `{"a": "\"insp_test_\" +\n  \"`, "&quot;insp&quot; + &quot;_&quot; + &quot;",
		`a,"""insp_"" + ""`, "\\u0022insp_\\u0022 + \\u0022", "printf 'insp_%s' ", "!Join\n  - ''\n  - - insp_\n    - ", "> insp=\n> _", "%22insp%22%20+%20%22_", "+105,\r\n+110,\r\n+",
	} {
		f.Add([]byte(before), []byte(before), 60+i, i%2 == 0)
		f.Add([]byte(before+body64(i)), []byte(`" + `+before), 80+i, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, before, after []byte, n int, sandbox bool) {
		text := Prefix + body64(n)
		if sandbox {
			text = SandboxPrefix + body64(n)
		}
		buf := slices.Concat(before, []byte(text), after)
		found := false
		for m := range Find(buf) {
			if m.Start < 0 || m.End > len(buf) || m.Start >= m.End {
				t.Fatalf("match from %d to %d in %d bytes", m.Start, m.End, len(buf))
			}
			if len(m.Encoding) > 0 {
				continue // see FuzzEncodings
			}
			if NewSecret(string(buf[m.Start:m.End])) != m.Secret {
				t.Fatalf("what is found at %d does not stand there", m.Start)
			}
			if m.Start == len(before) {
				found = true
				if m.Secret != NewSecret(text) {
					t.Fatal("another key was found in its place")
				}
				if high := m.Confidence == High; !high && !m.Run {
					t.Fatal("a key with nothing behind it is sure")
				}
			}
		}
		if !found {
			t.Fatal("the planted key was not found")
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text := bytes.Repeat([]byte("static int insp_count(struct insp_state *s) { return s->total_; } // see inspect_\n"), 1<<14)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for range Find(text) {
			b.Fatal("found a key in none")
		}
	}
}
