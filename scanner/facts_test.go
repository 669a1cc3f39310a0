package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// factsKey is a production key, another for each number.
func factsKey(number int) string {
	sum := sha256.Sum256(fmt.Append(nil, number))
	return "insp_" + hex.EncodeToString(sum[:])
}

// keyPiece is a run of 16 characters of the key's body that text holds; empty
// if there is none.
func keyPiece(key, text string) string {
	for body := key[strings.LastIndexByte(key, '_')+1:]; len(body) >= 16; body = body[1:] {
		if strings.Contains(text, body[:16]) {
			return body[:16]
		}
	}
	return ""
}

// matchesIn is what key.Find finds in a text.
func matchesIn(text string) []key.Match { return slices.Collect(key.Find([]byte(text))) }

func TestOccurrences(t *testing.T) {
	first, second := factsKey(1), "insp_test_"+factsKey(2)[5:]
	text := "HOST=SANDBOX.inspecto.com\n" +
		"NEXT_PUBLIC_KEY=" + first + " # insplint:ignore INSP101 -- on purpose\n" +
		"\tOTHER=\"" + second + "\"\r\n"
	got := occurrences("web/.env", []byte(text), matchesIn(text))
	hosts := rules.EnvironmentSet(0).With(key.Sandbox)
	want := []rules.Occurrence{
		{
			Span:       rules.Span{Line: 2, Column: 17, EndLine: 2, EndColumn: 86},
			Confidence: key.High,
			Snippet: rules.Snippet{
				Text:   "NEXT_PUBLIC_KEY=" + key.NewSecret(first).Masked() + " # insplint:ignore INSP101 -- on purpose",
				Column: 17, Width: 16,
			},
			EnvFile: true, Variable: "NEXT_PUBLIC_KEY", Hosts: hosts,
			Prefix: rules.PublicPrefix{Prefix: "NEXT_PUBLIC_", Framework: "Next.js"},
			Marks:  []rules.Mark{{Rules: []string{"INSP101"}, Reason: "on purpose", Alone: true}},
		},
		{
			Span:       rules.Span{Line: 3, Column: 9, EndLine: 3, EndColumn: 83},
			Confidence: key.High,
			Snippet:    rules.Snippet{Text: "OTHER=\"" + key.NewSecret(second).Masked() + "\"", Column: 8, Width: 21},
			EnvFile:    true, Variable: "OTHER", Hosts: hosts,
		},
	}
	if len(got) != len(want) {
		t.Fatalf("%d occurrences, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("occurrence %d:\ngot  %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

func TestSightingsOfClientCode(t *testing.T) {
	text := `import "node:fs"; const k = "` + factsKey(1) + `"`
	for file, want := range map[string]string{"dist/a.js": "", ".next/static/a.js": "Next.js client bundle"} {
		got, _ := search{path: file, exists: existsAmong("package.json vite.config.js")}.buffer([]byte(text))
		if len(got) != 1 || got[0].place.Client != want || got[0].place.EnvFile || got[0].place.Variable != "k" {
			t.Errorf("%s: got %+v", file, got)
		}
	}
}

func TestOccurrencesWithoutPathOrMatches(t *testing.T) {
	if got := occurrences("a", []byte("b"), nil); got != nil {
		t.Errorf("got %+v", got)
	}
	text := factsKey(1)
	if got := occurrences("", []byte(text), matchesIn(text)); len(got) != 1 || got[0].Client != "" || got[0].EnvFile {
		t.Errorf("got %+v", got)
	}
}

func TestOccurrencesAreParallelToTheMatches(t *testing.T) {
	text := "A=" + factsKey(1) + "\nB=" + factsKey(2) + "\nC=" + factsKey(3)
	matches := matchesIn(text)
	slices.Reverse(matches)
	for i, o := range occurrences("", []byte(text), matches) {
		if want := string("CBA"[i]); o.Variable != want || o.Span.Line != 3-i {
			t.Errorf("occurrence %d is %s in line %d", i, o.Variable, o.Span.Line)
		}
	}
}

func TestMarks(t *testing.T) {
	first, second, placeholder := factsKey(1), factsKey(2), "insp_"+strings.Repeat("a1b2c3d4e5f6", 6)[:64]
	const mark = " # insplint:ignore"
	for _, test := range []struct {
		name, text string
		marks      int // on the first key
		alone      bool
	}{
		{"none", first, 0, false},
		{"alone", first + mark, 1, true},
		{"before", "/* insplint:ignore */ " + first, 1, true},
		{"with another key", first + " " + second + mark, 1, false},
		{"with the same key", first + " " + first + mark, 1, true},
		{"with a placeholder", first + " " + placeholder + mark, 1, true},
		{"on the line before", "#" + mark + "\n" + first, 0, false},
		{"on the line after", first + "\n#" + mark, 0, false},
		{"with a carriage return", first + mark + "\r\n", 1, true},
		{"another key on the next line", first + mark + "\n" + second, 1, true},
		{"on a long line", strings.Repeat("x", longestMarked-100) + " " + first + mark, 1, true},
		{"on a line too long", strings.Repeat("x", longestMarked+1) + " " + first + mark, 0, false},
		{"on a line too long behind", first + mark + strings.Repeat(" x", longestMarked), 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := occurrences("", []byte(test.text), matchesIn(test.text))[0].Marks
			if len(got) != test.marks || len(got) > 0 && got[0].Alone != test.alone {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestMarksOfEveryKeyOnALine(t *testing.T) {
	text := "A=" + factsKey(1) + " # insplint:ignore\nB=" + factsKey(2) + " C=" + factsKey(3) + " # insplint:ignore\nD=" + factsKey(4)
	var got []string
	for _, o := range occurrences("", []byte(text), matchesIn(text)) {
		state := "none"
		if len(o.Marks) > 0 {
			state = fmt.Sprint(o.Marks[0].Alone)
		}
		got = append(got, state)
	}
	if want := []string{"true", "false", "false", "none"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A key over several lines has the marks of all of them, and no others.
func TestMarksOfAKeyOverLines(t *testing.T) {
	text := "a # insplint:ignore INSP001\nKE\nY # insplint:ignore INSP002\nz # insplint:ignore INSP003"
	start := strings.Index(text, "KE")
	m := key.Match{Start: start, End: start + 4, Secret: key.NewSecret(factsKey(1))}
	got := occurrences("", []byte(text), []key.Match{m})[0].Marks
	if len(got) != 1 || !slices.Equal(got[0].Rules, []string{"INSP002"}) {
		t.Errorf("got %+v", got)
	}
}

func TestNoReasonHoldsAKey(t *testing.T) {
	secret := factsKey(1)
	text := secret + " # insplint:ignore -- was " + secret
	got := occurrences("", []byte(text), matchesIn(text))[0].Marks
	if len(got) != 1 || !got[0].Alone || keyPiece(secret, got[0].Reason) != "" {
		t.Errorf("got %+v", got)
	}
}

func TestHostsIn(t *testing.T) {
	production := rules.EnvironmentSet(0).With(key.Production)
	sandbox := rules.EnvironmentSet(0).With(key.Sandbox)
	for text, want := range map[string]rules.EnvironmentSet{
		"":                     0,
		"inspecto.com":         0,
		"api.inspecto.com":     production,
		"sandbox.inspecto.com": sandbox,
		"https://api.inspecto.com/api https://sandbox.inspecto.com": production | sandbox,
		"HTTPS://API.Inspecto.COM:443/":                             production,
		"user@api.inspecto.com":                                     production,
		"api.inspecto.com.":                                         production,
		"see api.inspecto.com. Then":                                production,
		`"https:\/\/api.inspecto.com\/v1"`:                          production,
		`"https:\u002F\u002Fapi.inspecto.com"`:                      production,
		"https%3A%2F%2Fsandbox.inspecto.com%2Fapi":                  sandbox,
		`"a\napi.inspecto.com\nb"`:                                  production,
		`"\x2fapi.inspecto.com"`:                                    production,
		"notapi.inspecto.com":                                       0,
		"my-api.inspecto.com":                                       0,
		"x.api.inspecto.com":                                        0,
		"x_api.inspecto.com":                                        0,
		"2fapi.inspecto.com":                                        0,
		"napi.inspecto.com":                                         0,
		"api.inspecto.com.evil.org":                                 0,
		"api.inspecto.community":                                    0,
		"api.inspecto.com-x":                                        0,
		"api.inspecto.co":                                           0,
		"apixinspecto.com":                                          0,
		"api..inspecto.com":                                         0,
		"docs.inspecto.com":                                         0,
		".inspecto.com":                                             0,
	} {
		if got := hostsIn([]byte(text)); got != want {
			t.Errorf("%q: got %b, want %b", text, got, want)
		}
	}
}

// BenchmarkOccurrences is about a file that is nothing but keys, and about one
// line that is.
func BenchmarkOccurrences(b *testing.B) {
	for name, separator := range map[string]string{"lines": "\nA=", "line": ",A="} {
		var text strings.Builder
		for i := range 10_000 {
			text.WriteString(separator + factsKey(i))
		}
		buf, matches := []byte(text.String()), matchesIn(text.String())
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				occurrences("a.js", buf, matches)
			}
		})
	}
}
