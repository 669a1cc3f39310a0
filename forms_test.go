package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/cli"
)

// TestFormExamples finds a key in each example of docs/forms.md, with digits where "…" stands, or
// with an equal part of them at each of several.
func TestFormExamples(t *testing.T) {
	for _, f := range fences(t, "key", "keys") {
		examples := []string{strings.Join(f.code, "\n")}
		if f.language == "keys" {
			examples = f.code
		}
		for i, example := range examples {
			var body [32]byte
			_, _ = rand.Read(body[:])
			digits := hex.EncodeToString(body[:])
			parts := strings.Count(example, "…")
			if parts == 0 {
				t.Fatalf("%s:%d: no digits in %q", f.page, f.line+i, example)
			}
			text := example
			for part := range slices.Chunk([]byte(digits), len(digits)/parts) {
				text = strings.Replace(text, "…", string(part), 1)
			}
			if got := confidences(t, text); !slices.Equal(got, []string{"medium"}) {
				t.Errorf("%s:%d: %q: found %q", f.page, f.line+i, example, got)
			}
		}
	}
}

// confidences scans a text and lists how sure the keys in it are.
func confidences(t *testing.T, text string) (all []string) {
	t.Helper()
	var out bytes.Buffer
	c := cli.Command{Stdin: strings.NewReader(text), Stdout: &out, Stderr: io.Discard, Getenv: func(string) string { return "" }}
	c.Main(t.Context(), []string{"scan", "--format", "json", "-"})
	var report struct {
		Findings []struct{ Confidence string }
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		all = append(all, f.Confidence)
	}
	return all
}
