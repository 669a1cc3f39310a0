package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/inspecto/insplint/internal/key"
)

const header = `{"format":"insplint baseline","version":1}` + "\n"

func encoded(t *testing.T, b *Baseline) string {
	t.Helper()
	var out bytes.Buffer
	if err := b.Encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBaselineRoundTrip(t *testing.T) {
	k := everyRule(key.Production)
	k.Occurrences = append(k.Occurrences, at("a <b> & c\n\xff.zip", Tracked, member("é")), k.Occurrences[0])
	findings := Check([]*Key{k, everyRule(key.Sandbox)}, now)
	written := encoded(t, NewBaseline(findings))
	read, err := DecodeBaseline(strings.NewReader(written))
	if err != nil {
		t.Fatal(err)
	}
	if again := encoded(t, read); again != written {
		t.Errorf("written again:\n%s\nfirst:\n%s", again, written)
	}
	for _, f := range Suppress(findings, read) {
		if f.Suppressed == nil || f.Suppressed.Kind != "baseline" {
			t.Errorf("%s of %s is not accepted by its own baseline", f.Rule.ID, f.Path)
		}
	}
	ids := map[string]bool{}
	for _, f := range findings {
		ids[f.ID] = true
	}
	if lines := strings.Count(written, "\n"); lines != 1+len(ids) {
		t.Errorf("%d lines for %d findings", lines, len(ids))
	}
}

func TestBaselineBytes(t *testing.T) {
	b := &Baseline{Entries: []BaselineEntry{
		{ID: "bbbbbbbbbbbbbbbb", Rule: "INSP002", Path: "a<b>.env", Key: "3f2a91bc"},
		{ID: "aaaaaaaaaaaaaaaa", Rule: "INSP004", Path: "x.zip", Member: "m", Key: "3f2a91bc", Reason: "revoked"},
		{ID: "bbbbbbbbbbbbbbbb", Rule: "INSP002", Path: "a<b>.env", Key: "3f2a91bc", Reason: "kept"},
	}}
	want := header +
		`{"id":"aaaaaaaaaaaaaaaa","rule":"INSP004","path":"x.zip","member":"m","key":"3f2a91bc","reason":"revoked"}` + "\n" +
		`{"id":"bbbbbbbbbbbbbbbb","rule":"INSP002","path":"a<b>.env","key":"3f2a91bc","reason":"kept"}` + "\n"
	if got := encoded(t, b); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := encoded(t, &Baseline{}); got != header {
		t.Errorf("an empty baseline is %q", got)
	}
}

func TestBaselineHoldsNoKey(t *testing.T) {
	text := testText(key.Sandbox, "x")
	b := &Baseline{Entries: []BaselineEntry{{ID: "aaaaaaaaaaaaaaaa", Rule: text, Path: "d/" + text, Member: text, Key: text, Reason: "was " + text}}}
	if got := encoded(t, b); strings.Contains(got, text) {
		t.Error(got)
	}
	line := `{"id":"aaaaaaaaaaaaaaaa","reason":"was ` + text + `"}`
	read, err := DecodeBaseline(strings.NewReader(header + line))
	if err != nil || strings.Contains(read.Entries[0].Reason, text) {
		t.Errorf("%+v, %v", read, err)
	}
	for _, bad := range []string{`{"` + text + `":1}`, `{"id":"` + text + `"}`} {
		if _, err := DecodeBaseline(strings.NewReader(header + bad)); err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("error %v", err)
		}
	}
}

func TestNewBaseline(t *testing.T) {
	findings := Check([]*Key{testKey(key.Production, at("a", Tracked), at("b", Tracked), at("c", Tracked), at("d", Tracked))}, now)
	for i, kind := range []string{"inline", "config", "baseline"} {
		findings[i].Suppressed = &Suppression{Kind: kind, Reason: "said before"}
	}
	got := NewBaseline(findings)
	reasons := map[string]string{}
	for _, e := range got.Entries {
		reasons[e.Path] = e.Reason
	}
	if want := map[string]string{"c": "said before", "d": ""}; !reflect.DeepEqual(reasons, want) {
		t.Errorf("got %v, want %v", reasons, want)
	}
}

func TestDecodeBaseline(t *testing.T) {
	entry := `{"id":"aaaaaaaaaaaaaaaa","rule":"INSP002"}`
	tests := []struct{ name, text, err string }{
		{"entries", header + entry + "\n", ""},
		{"no entries", header, ""},
		{"no last line feed", header + entry, ""},
		{"CR LF and a byte order mark", "\ufeff" + strings.ReplaceAll(header+entry+"\n\n", "\n", "\r\n"), ""},
		{"empty", "", "it is empty; write it anew with --write-baseline"},
		{"a report", "{\n\"version\": 1}", "line 1: this is not a baseline of insplint"},
		{"newer", `{"format":"insplint baseline","version":2}`, "version 2 and this insplint reads version 1: use the insplint that wrote it"},
		{"conflict", header + "<<<<<<< HEAD\n" + entry, "line 2: a merge conflict is left"},
		{"conflict's middle", header + entry + "\n=======\n", "line 3: a merge conflict is left"},
		{"not JSON", header + "aaaaaaaaaaaaaaaa\n", "line 2: not an entry"},
		{"cut", header + entry[:20], "line 2: not an entry"},
		{"two on a line", header + entry + entry, "line 2: something follows the entry"},
		{"misspelt", header + `{"ID_":"aaaaaaaaaaaaaaaa"}`, "unknown field"},
		{"no id", header + `{"rule":"INSP002"}`, `id "" is not 16`},
		{"a number", header + `{"id":1}`, "line 2: not an entry"},
		{"a long line", header + `{"id":"` + strings.Repeat("a", maxBaselineLine), "line 2 is longer than 1048576 bytes"},
	}
	for _, test := range tests {
		_, err := DecodeBaseline(strings.NewReader(test.text))
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.err)
		}
	}
}

func TestBaselineReaderAndWriterFail(t *testing.T) {
	broken := errors.New("broken pipe")
	if _, err := DecodeBaseline(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("reading: %v", err)
	}
	if err := (&Baseline{}).Encode(failing{broken}); !errors.Is(err, broken) {
		t.Errorf("writing: %v", err)
	}
	endless := io.MultiReader(strings.NewReader(header), endlessLines{})
	if _, err := DecodeBaseline(endless); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("endless: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

type endlessLines struct{}

func (endlessLines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	p[len(p)-1] = '\n'
	return len(p), nil
}

// TestBaselinesMerge lets git merge two branches that each accepted a finding.
func TestBaselinesMerge(t *testing.T) {
	dir, git := gitIn(t)
	entries := make([]BaselineEntry, 0, 10)
	for i := range 10 {
		entries = append(entries, BaselineEntry{ID: fmt.Sprintf("%x000000000000000", i), Path: "same/dir"})
	}
	save := func(extra ...BaselineEntry) {
		text := encoded(t, &Baseline{Entries: slices.Concat(entries, extra)})
		if err := os.WriteFile(filepath.Join(dir, "baseline"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", "baseline")
		git("-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "--quiet", "-m", "x")
	}
	one, two := BaselineEntry{ID: "2aaaaaaaaaaaaaaa"}, BaselineEntry{ID: "7aaaaaaaaaaaaaaa"}
	save()
	git("branch", "side")
	save(one)
	git("checkout", "--quiet", "side")
	save(two)
	git("-c", "user.name=t", "-c", "user.email=t@example.invalid", "merge", "--quiet", "-m", "merge", "-")
	merged, err := os.ReadFile(filepath.Join(dir, "baseline"))
	if err != nil {
		t.Fatal(err)
	}
	if want := encoded(t, &Baseline{Entries: slices.Concat(entries, []BaselineEntry{one, two})}); string(merged) != want {
		t.Errorf("merged:\n%s", merged)
	}
}

// FuzzDecodeBaseline holds that what can be read can be written, and reads the
// same then.
func FuzzDecodeBaseline(f *testing.F) {
	f.Add([]byte(header))
	f.Add([]byte(header + `{"id":"bbbbbbbbbbbbbbbb","path":"\ud800\u0000"}` + "\n" + `{"id":"aaaaaaaaaaaaaaaa","rule":"INSP004","reason":"r */"}`))
	f.Add([]byte("\xef\xbb\xbf" + header + "\r\n" + `{"id":"aaaaaaaaaaaaaaaa"}` + "\n" + `{"ID":"aaaaaaaaaaaaaaaa","reason":"` + "\xff" + `"}`))
	f.Add([]byte(header + "<<<<<<< HEAD\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := DecodeBaseline(bytes.NewReader(data))
		if err != nil {
			return
		}
		written := encoded(t, b)
		again, err := DecodeBaseline(strings.NewReader(written))
		if err != nil {
			t.Fatalf("cannot read what it wrote: %v\n%s", err, written)
		}
		if !reflect.DeepEqual(b, again) {
			t.Errorf("read %+v, then %+v", b, again)
		}
	})
}
