package report

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// hostileName tries a line of its own, a workflow command of each kind, colour,
// a change of writing direction, a table's border, a tag and a broken byte.
const hostileName = "evil\n::error file=x::owned\r##[error]\x1b[31m\u202e|<b>`\u2028[x](y)\xff.env"

func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// testRules are rules of our own, so that no golden changes with the words of
// the real ones.
func testRules() map[string]*rules.Rule {
	list := []*rules.Rule{
		{ID: "INSP001", Name: "client-exposure", Summary: "The key is shipped to browsers", Production: rules.Error, Sandbox: rules.Warning,
			Help: "Everyone who opens the site has the key.\n\n## Fix\n\n1. Revoke the key.\n2. Move the call to a server.\n", Next: "move the call to a server"},
		{ID: "INSP002", Name: "committed-key", Summary: "Git tracks a file that holds the key", Production: rules.Error, Sandbox: rules.Warning,
			Help: "Whoever can read the repository\nhas the key.\n\n## Fix\n\n1. Read the key from the environment\n   or from a secret manager.\n2. Commit.\n", Next: "Read the key from the environment"},
		{ID: "INSP004", Name: "key-in-history", Summary: "The object database holds the key", Production: rules.Error, Sandbox: rules.Warning,
			Help: "# INSP004\n\nEvery clone has it.\n\n- Rewrite history with `git filter-repo`.\n", Next: "rewrite history with `git filter-repo`"},
		{ID: "INSP005", Name: "plaintext-key", Summary: "A file holds the key", Production: rules.Warning, Sandbox: rules.Note, Help: "Plain.", Next: "move it"},
		{ID: "INSP103", Name: "stale-key", Summary: "The key is older than 90 days", Production: rules.Warning, Sandbox: rules.Note, Help: "1. Rotate it.\n", Next: "rotate it"},
	}
	byID := map[string]*rules.Rule{}
	for _, rule := range list {
		byID[rule.ID] = rule
	}
	return byID
}

func testOptions() Options {
	byID := testRules()
	return Options{
		Now:   date("2026-11-24T10:00:00Z"),
		Rules: []*rules.Rule{byID["INSP001"], byID["INSP002"], byID["INSP004"], byID["INSP005"], byID["INSP103"]},
	}
}

// canonical is a report with one of everything. Its rules are those of o.
func canonical(o Options) *Report {
	rule := map[string]*rules.Rule{}
	for _, r := range o.Rules {
		rule[r.ID] = r
	}
	added := &rules.Commit{ID: strings.Repeat("1a2b", 10), Author: "Jane Doe", Email: "jane@example.com", Subject: "add the production config", Date: date("2026-03-01T12:30:00+02:00")}
	hostile := &rules.Commit{ID: strings.Repeat("5e6f", 10), Author: "::warning::\x1b[1m", Email: "x@example.com", Subject: "##[group]\u2066oops\n::error::x", Date: date("2026-04-02T00:00:00Z")}
	refs := []string{"refs/heads/main", "refs/heads/release", "refs/tags/v1.0", "refs/tags/v1.1", "refs/stash"}
	return &Report{
		Version: "1.2.3",
		Scanned: rules.Scanned{Complete: false, Files: 12, Blobs: 345, Commits: 1, Bytes: 1_234_567, Placeholders: 2, Seconds: 0.44},
		Keys: []rules.KeySummary{
			{Fingerprint: "0a1b2c3d", Environment: key.Sandbox},
			{Fingerprint: "3f2a91bc", Environment: key.Production, FirstSeen: date("2026-03-01T12:30:00+02:00"),
				Verification: &rules.Verification{Status: rules.Active, Scopes: []string{"vehicles:read", "vehicles:write"}, HTTPStatus: 403}},
			{Fingerprint: "77777777", Environment: key.Production, Verification: &rules.Verification{Status: rules.Inactive, HTTPStatus: 401, Detail: "invalid or missing API key"}},
			{Fingerprint: "deadbeef", Environment: key.Production},
		},
		Findings: []rules.Finding{
			{ID: "00000000000000a1", Rule: rule["INSP002"], Level: rules.Error, Confidence: key.High, Fingerprint: "3f2a91bc", Environment: key.Production,
				Path: "config/prod.env", Span: rules.Span{Line: 3, Column: 19, EndLine: 3, EndColumn: 88}, Standing: rules.Tracked,
				Snippet: rules.Snippet{Text: "INSPECTO_日本_KEY=insp_…[3f2a91bc] # live", Column: 17, Width: 16},
				Message: "git tracks config/prod.env", Fix: "`git rm --cached config/prod.env`, then ignore it",
				Past: &rules.Past{Object: strings.Repeat("c0ffee00", 5), Kind: "blob", Reachable: true, Refs: refs, Introduced: added}},
			{ID: "00000000000000a2", Rule: rule["INSP103"], Level: rules.Warning, Confidence: key.High, Fingerprint: "3f2a91bc", Environment: key.Production,
				Path: "config/prod.env", Span: rules.Span{Line: 3, Column: 19, EndLine: 3, EndColumn: 88}, Standing: rules.Tracked,
				Snippet: rules.Snippet{Text: "INSPECTO_日本_KEY=insp_…[3f2a91bc] # live", Column: 17, Width: 16},
				Message: "this key is 268 days old",
				Past:    &rules.Past{Object: strings.Repeat("c0ffee00", 5), Kind: "blob", Reachable: true, Refs: refs, Introduced: added}},
			{ID: "00000000000000a3", Rule: rule["INSP001"], Level: rules.Error, Confidence: key.Medium, Fingerprint: "3f2a91bc", Environment: key.Production,
				Path: "dist/app 1.zip", Member: "static/main.js", Span: rules.Span{Line: 1, Column: 9, EndLine: 1, EndColumn: 101}, Standing: rules.Untracked,
				Encoding: []string{"zip", "base64"}, Snippet: rules.Snippet{Text: `let k="insp_…[3f2a91bc]"`, Column: 8, Width: 16},
				Message: "a browser bundle holds the key", Fix: "call the API from a server"},
			{ID: "00000000000000a4", Rule: rule["INSP002"], Level: rules.Warning, Confidence: key.High, Fingerprint: "0a1b2c3d", Environment: key.Sandbox,
				Path: hostileName, Span: rules.Span{Line: 12, Column: 1, EndLine: 13, EndColumn: 5}, Standing: rules.Tracked,
				Snippet: rules.Snippet{Text: `##[add-path]insp_test_…[0a1b2c3d]`, Column: 13, Width: 21},
				Message: `git tracks "evil"`, Fix: "take the key out"},
			{ID: "00000000000000a5", Rule: rule["INSP002"], Level: rules.Error, Confidence: key.High, Fingerprint: "deadbeef", Environment: key.Production,
				Path: "test/fixture.txt", Span: rules.Span{Line: 1, Column: 1, EndLine: 1, EndColumn: 70}, Standing: rules.Tracked,
				Snippet: rules.Snippet{Text: "insp_…[deadbeef]", Column: 1, Width: 16},
				Message: "git tracks test/fixture.txt", Suppressed: &rules.Suppression{Kind: "inline", Reason: "revoked in 2025"}},
			{ID: "00000000000000a6", Rule: rule["INSP005"], Level: rules.Note, Confidence: key.Low, Fingerprint: "77777777", Environment: key.Production,
				Span: rules.Span{Line: 2, Column: 5, EndLine: 2, EndColumn: 74}, Standing: rules.Stdin,
				Snippet: rules.Snippet{Text: "key insp_…[77777777]", Column: 5, Width: 16}, Message: "standard input holds the key"},
			{ID: "00000000000000a7", Rule: rule["INSP004"], Level: rules.Error, Confidence: key.High, Fingerprint: "3f2a91bc", Environment: key.Production,
				Standing: rules.History, Span: rules.Span{Line: 4, Column: 1, EndLine: 4, EndColumn: 70},
				Snippet: rules.Snippet{Text: "insp_…[3f2a91bc]", Column: 1, Width: 16}, Message: "the message of a commit holds the key",
				Past: &rules.Past{Object: strings.Repeat("1a2b", 10), Kind: "commit", Reachable: true, Refs: refs[:1], Introduced: added}},
			{ID: "00000000000000a8", Rule: rule["INSP004"], Level: rules.Error, Confidence: key.High, Fingerprint: "3f2a91bc", Environment: key.Production,
				Path: "old/app.yml", Standing: rules.History, Span: rules.Span{Line: 7, Column: 10, EndLine: 7, EndColumn: 79},
				Snippet: rules.Snippet{Text: `token: "insp_…[3f2a91bc]"`, Column: 9, Width: 16}, Message: "old/app.yml held the key",
				Past: &rules.Past{Object: strings.Repeat("beef", 10), Kind: "blob", Introduced: added, Removed: hostile,
					Formerly: []rules.Former{{Path: hostileName, ID: "00000000000000b1"}, {Path: "older/app.yml", ID: "00000000000000b2"}}}},
		},
		Problems: []rules.Problem{
			{Path: hostileName, Message: "permission denied"},
			{Object: strings.Repeat("ab", 20), Message: "inflate object: unexpected EOF"},
		},
	}
}

// reports are what every format is replayed over.
func reports() map[string]func(Options) *Report {
	return map[string]func(Options) *Report{
		"canonical": canonical,
		"empty": func(Options) *Report {
			return &Report{Version: "1.2.3", Scanned: rules.Scanned{Complete: true, Files: 1}}
		},
	}
}

func render(t *testing.T, format string, r *Report, o Options) []byte {
	t.Helper()
	f, ok := Lookup(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	var b bytes.Buffer
	if err := f.Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for name, build := range reports() {
		for _, f := range Formats() {
			t.Run(name+"/"+f.Name, func(t *testing.T) {
				o := testOptions()
				checkGolden(t, name+"."+f.Name+".golden", render(t, f.Name, build(o), o))
			})
		}
	}
	for name, change := range map[string]func(*Options){
		"canonical.color":      func(o *Options) { o.Color = true },
		"canonical.suppressed": func(o *Options) { o.ShowSuppressed = true },
		"canonical.narrow":     func(o *Options) { o.Width = 30 },
	} {
		t.Run(name, func(t *testing.T) {
			o := testOptions()
			change(&o)
			checkGolden(t, name+".text.golden", render(t, "text", canonical(o), o))
		})
	}
}

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update rewrites it); got:\n%s", path, got)
	}
}

// TestSameBytes renders the report twice: no map's order may show.
func TestSameBytes(t *testing.T) {
	for _, f := range Formats() {
		o := testOptions()
		first := render(t, f.Name, canonical(o), o)
		for range 5 {
			if o := testOptions(); !bytes.Equal(first, render(t, f.Name, canonical(o), o)) {
				t.Errorf("%s: two renderings differ", f.Name)
			}
		}
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct {
	left int
	err  error
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

func TestWriteError(t *testing.T) {
	for _, f := range Formats() {
		o := testOptions()
		full := len(render(t, f.Name, canonical(o), o))
		for _, left := range []int{0, 1, full / 2, full - 1} {
			broken := errors.New("disk full")
			err := f.Write(&brokenWriter{left, broken}, canonical(o), o)
			if !errors.Is(err, broken) || !strings.Contains(err.Error(), f.Name) {
				t.Errorf("%s after %d bytes: error %v", f.Name, left, err)
			}
		}
		if err := f.Write(&brokenWriter{full - 1, nil}, canonical(o), o); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: a short write without an error gives %v", f.Name, err)
		}
	}
}

func TestLookup(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats() {
		if seen[f.Name] || f.Help == "" || strings.Contains(f.Help, "\n") {
			t.Errorf("format %q: twice, or its help is not one line", f.Name)
		}
		seen[f.Name] = true
		if got, ok := Lookup(f.Name); !ok || got.Help != f.Help {
			t.Errorf("Lookup(%q) = %v, %v", f.Name, got.Help, ok)
		}
	}
	if _, ok := Lookup("txt"); ok {
		t.Error("Lookup finds a format that is not there")
	}
}

// TestUnchanged holds every writer to reading the report only.
func TestUnchanged(t *testing.T) {
	o := testOptions()
	r, want := canonical(o), canonical(o)
	r.Findings[0].Path = "insp_" + strings.Repeat("0123456789abcdef", 4)
	want.Findings[0].Path = r.Findings[0].Path
	for _, f := range Formats() {
		render(t, f.Name, r, o)
	}
	before, after := render(t, "json", want, o), render(t, "json", r, o)
	if !bytes.Equal(before, after) || r.Findings[0].Path != want.Findings[0].Path {
		t.Error("a writer changed the report")
	}
}

// spread puts a text everywhere a repository can put one.
func spread(text string, o Options) *Report {
	r := canonical(o)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Path, f.Member, f.Message, f.Fix, f.Snippet.Text = text, text, text, text, text
		f.Encoding = []string{text}
		if f.Past != nil {
			c := &rules.Commit{ID: f.Past.Introduced.ID, Author: text, Email: text, Subject: text}
			f.Past = &rules.Past{Object: f.Past.Object, Kind: f.Past.Kind, Refs: []string{text, text}, Introduced: c, Removed: c,
				Branches: []string{text}, Keep: text, Borrowed: text,
				Formerly: []rules.Former{{Path: text, Home: text, ID: "00000000000000ff"}}}
		}
		if i%2 == 0 {
			f.Member, f.Suppressed = "", nil
		}
	}
	for i := range r.Keys {
		r.Keys[i].Verification = &rules.Verification{Status: rules.Active, Scopes: []string{text}, Detail: text}
	}
	r.Problems = append(r.Problems, rules.Problem{Path: text, Message: text})
	return r
}

var (
	fullKey       = regexp.MustCompile(`insp_(?:test_)?[0-9a-f]{64}`)
	githubCommand = regexp.MustCompile(`^::(error|warning|notice) title=[^,:]*(,[a-zA-Z]+=[^,:]*)*::`)
)

// checkHarmless is what every format promises of hostile text.
func checkHarmless(t *testing.T, format string, out []byte) {
	t.Helper()
	if !utf8.Valid(out) {
		t.Errorf("%s: not UTF-8", format)
	}
	if found := fullKey.Find(out); found != nil {
		t.Errorf("%s: holds a key", format)
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.IndexFunc(line, func(r rune) bool { return r != utf8.RuneError && isHidden(r) }) >= 0 {
			t.Errorf("%s: hidden character in %q", format, line)
		}
		if strings.Contains(line, "##[") {
			t.Errorf("%s: log command in %q", format, line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") && !(format == "github" && githubCommand.MatchString(line)) {
			t.Errorf("%s: workflow command %q", format, line)
		}
	}
}

func TestHarmless(t *testing.T) {
	for _, text := range hostileTexts() {
		for _, f := range Formats() {
			o := testOptions()
			o.ShowSuppressed = true
			checkHarmless(t, f.Name, render(t, f.Name, spread(text, o), o))
		}
	}
}

func hostileTexts() []string {
	production := "insp_" + strings.Repeat("0123456789abcdef", 4)
	return []string{
		hostileName,
		"::error::x",
		" \t::stop-commands::x",
		"\u00a0::error::x",
		"###[error]##vso[task.setvariable variable=x]y",
		"\x00\x07\x1b]8;;http://x\x1b\\\x7f\u0085\u009b31m\u200b\u2067\U000e0041",
		"a|b\n| c | d |\n</code><script>`x`",
		production,
		"a/" + production + production + ".env",
		"insp_test_" + strings.Repeat("0123456789abcdef", 4),
		strings.Repeat("é", 3000),
		"%0A%0D::error::x",
	}
}

// FuzzHarmless states that no text of a repository makes any format write a
// hidden character, a log command or a line that a runner obeys, or fail.
func FuzzHarmless(f *testing.F) {
	for _, text := range hostileTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := testOptions()
		o.ShowSuppressed, o.Width = true, 40
		r := spread(text, o)
		for _, format := range Formats() {
			checkHarmless(t, format.Name, render(t, format.Name, r, o))
		}
	})
}
