package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

func TestEscape(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"src/ünïcode/日本.go", "src/ünïcode/日本.go"},
		{`back\slash`, `back\slash`},
		{"a\nb\rc\td", `a\nb\rc\td`},
		{"\x1b[31m\x7f", `\x1b[31m\x7f`},
		{"\u009b\u200b\u202e\u2028\U000e0041", `\u009b\u200b\u202e\u2028\U000e0041`},
		{"\xff\xc3", `\xff\xc3`},
		{"\ufffd", "\ufffd"},
		{"\u00a0\u3000", `\u00a0\u3000`},
		{"##[error]x", `##\x5berror]x`},
		{"###vso[task]", `###vso\x5btask]`},
		{"## [heading] #[x]", "## [heading] #[x]"},
	} {
		if got := escape(tt.in); got != tt.want {
			t.Errorf("escape(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := escape(tt.want); again != tt.want {
			t.Errorf("escape(%q) = %q, not itself", tt.want, again)
		}
	}
}

func TestMask(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct{ in, want string }{
		{"keys/insp_" + body + ".env", "keys/insp_….env"},
		{"insp_" + body + "insp_test_" + body, "insp_…insp_test_…"},
		{"insp_test_" + strings.ToUpper(body), "insp_test_…"},
		{"insp_your_api_key_here", "insp_your_api_key_here"},
		{"insp_…[3f2a91bc]", "insp_…[3f2a91bc]"},
	} {
		if got := mask(tt.in); got != tt.want {
			t.Errorf("mask gives %q, want %q", got, tt.want)
		}
	}
}

func TestCutSnippet(t *testing.T) {
	s := rules.Snippet{Text: "0123456789KEY0123456789", Column: 11, Width: 3}
	for _, tt := range []struct {
		snippet               rules.Snippet
		width                 int
		before, marked, after string
	}{
		{s, 0, "0123456789", "KEY", "0123456789"},
		{s, 23, "0123456789", "KEY", "0123456789"},
		{s, 22, "…2345678" + "9", "KEY", "0123456789"},
		{s, 13, "…6789", "KEY", "0123…"},
		{s, 3, "", "KEY", ""},
		{s, 1, "", "KEY", ""},
		{rules.Snippet{Text: "日本語KEY", Column: 4, Width: 3}, 8, "…本語"[:len("…")] + "本語", "KEY", ""},
		{rules.Snippet{Text: "KEY日本語", Column: 1, Width: 3}, 8, "", "KEY", "日本…"},
		{rules.Snippet{Text: "no place"}, 0, "no place", "", ""},
		{rules.Snippet{Text: "beyond", Column: 5, Width: 9}, 0, "beyond", "", ""},
		{rules.Snippet{Text: "negative", Column: -3, Width: 2}, 0, "negative", "", ""},
	} {
		before, marked, after := cutSnippet(tt.snippet, tt.width)
		if before != tt.before || marked != tt.marked || after != tt.after {
			t.Errorf("%q at %d columns: %q %q %q", tt.snippet.Text, tt.width, before, marked, after)
		}
		if total := cells(before + marked + after); tt.width > 0 && total > max(tt.width, cells(marked)) {
			t.Errorf("%q at %d columns takes %d", tt.snippet.Text, tt.width, total)
		}
	}
}

// TestCaret looks for the caret line below each snippet: it must start and end
// where the masked key does, as a terminal shows it.
func TestCaret(t *testing.T) {
	for _, before := range []string{"", "a ", "日本 = ", "e\u0301\u200b", "##[x]"} {
		o := testOptions()
		r := many(1, o)
		masked := "insp_…[3f2a91bc]"
		r.Findings[0].Snippet = rules.Snippet{Text: before + masked + " rest", Column: len([]rune(before)) + 1, Width: len([]rune(masked))}
		lines := strings.Split(string(render(t, "text", r, o)), "\n")
		for i, line := range lines[1:] {
			at := strings.Index(line, "^")
			if at < 0 {
				continue
			}
			above := lines[i]
			if got, want := cells(line[:at]), cells(above[:strings.Index(above, masked)]); got != want {
				t.Errorf("%q: caret at %d, key at %d", before, got, want)
			}
			if got := strings.Count(line, "^"); got != cells(masked) {
				t.Errorf("%q: %d carets", before, got)
			}
		}
	}
}

// TestColor holds the coloured report to the plain one.
func TestColor(t *testing.T) {
	o := testOptions()
	plain := string(render(t, "text", canonical(o), o))
	o.Color = true
	colored := string(render(t, "text", canonical(o), o))
	if strings.Contains(plain, "\x1b") {
		t.Error("colours without being asked for")
	}
	if stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colored, ""); stripped != plain || colored == plain {
		t.Error("the coloured report says something else, or has no colour")
	}
}

func TestGroupByKey(t *testing.T) {
	o := testOptions()
	var got []string
	for _, g := range groupByKey(canonical(o), true) {
		got = append(got, fmt.Sprintf("%s %s %d", g.level(), g.Fingerprint, len(g.places)))
	}
	want := "error 3f2a91bc 4, warning 0a1b2c3d 1, note 77777777 1, suppressed deadbeef 1"
	if strings.Join(got, ", ") != want {
		t.Errorf("groups: %v, want %s", got, want)
	}
}

// TestAdviceOnce counts: a rule's advice stands once in a key's block, however
// many places break the rule.
func TestAdviceOnce(t *testing.T) {
	o := testOptions()
	r := many(50, o)
	for i := range r.Findings {
		r.Findings[i].Fix = "take the key out"
	}
	text := string(render(t, "text", r, o))
	for _, once := range []string{"take the key out", "INSP002: Read the key", "revoke the key now"} {
		if n := strings.Count(text, once); n != 1 {
			t.Errorf("%q stands %d times", once, n)
		}
	}
}

func TestNoKeyToRevoke(t *testing.T) {
	f := &rules.Finding{Rule: &rules.Rule{ID: "INSP101", Next: "rename it"}, Level: rules.Note}
	g := newGroup(f, rules.KeySummary{})
	g.add(f)
	if got := nextSteps(g); len(got) != 1 || got[0] != "INSP101: rename it" {
		t.Errorf("next: %q", got)
	}
	r := &Report{Findings: []rules.Finding{*f}}
	if got := countFindings(r); got != "1 finding (1 note)" {
		t.Error(got)
	}
	r.Findings = append(r.Findings, rules.Finding{Rule: &rules.Rule{}, Level: rules.Error, Fingerprint: "3f2a91bc"})
	if got := countFindings(r); got != "2 findings (1 error, 1 note) in 1 key" {
		t.Error(got)
	}
}

func TestKeyStep(t *testing.T) {
	finding := func(c key.Confidence, e key.Environment) *rules.Finding {
		return &rules.Finding{Rule: &rules.Rule{}, Fingerprint: "3f2a91bc", Confidence: c, Environment: e}
	}
	for _, tt := range []struct {
		finding *rules.Finding
		answer  *rules.Verification
		want    string
	}{
		{finding(key.High, key.Production), nil, revokeProduction},
		{finding(key.High, key.Production), &rules.Verification{Status: rules.Active}, revokeProduction},
		{finding(key.High, key.Production), &rules.Verification{Status: rules.Unknown}, revokeProduction},
		{finding(key.High, key.Production), &rules.Verification{Status: rules.Inactive}, nothingToRevoke},
		{finding(key.Low, key.Production), nil, revokeDoubtful},
		{finding(key.Low, key.Production), &rules.Verification{Status: rules.Active}, revokeProduction},
		{finding(key.Medium, key.Sandbox), nil, rotateSandbox},
	} {
		g := newGroup(tt.finding, rules.KeySummary{Verification: tt.answer})
		g.add(tt.finding)
		if got := nextSteps(g); len(got) != 2 || got[0] != tt.want {
			t.Errorf("%v %v %v: %q, want %q", tt.finding.Confidence, tt.finding.Environment, tt.answer, got, tt.want)
		}
	}
}

func TestHumanBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 5_000_000_000: "5.0 GB", 1<<63 - 1: "9.2 EB"} {
		if got := humanBytes(n); got != want {
			t.Errorf("humanBytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestIncomplete(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, listedProblems: listedProblems, listedProblems + 1: listedProblems + 1, 1000: listedProblems + 1} {
		r := &Report{Problems: make([]rules.Problem, n)}
		headline, listed := incomplete(r)
		if headline == "" || len(listed) != want {
			t.Errorf("%d problems: %q and %d lines", n, headline, len(listed))
		}
		if text := string(render(t, "text", r, testOptions())); !strings.Contains(text, "\nINCOMPLETE: ") {
			t.Errorf("%d problems: the text does not say so: %s", n, text)
		}
	}
	if headline, _ := incomplete(&Report{Scanned: rules.Scanned{Complete: true}}); headline != "" {
		t.Errorf("a complete scan is called %q", headline)
	}
}
