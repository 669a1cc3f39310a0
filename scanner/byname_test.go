package scanner

import (
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/inspecto/insplint/rules"
)

func brotliOf(text string) string {
	return string(written([]byte(text), func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }))
}

// wantBrotli wants one key, in a history file of that path that brotli packs.
func wantBrotli(t *testing.T, what string, keys []*rules.Key, path string) {
	t.Helper()
	if len(keys) != 1 || len(keys[0].Occurrences) != 1 {
		t.Fatalf("%s: %d keys", what, len(keys))
	}
	if o := keys[0].Occurrences[0]; o.Path != path || o.Member != "app.js" || !slices.Equal(o.Encoding, []string{"brotli"}) || o.Past == nil {
		t.Errorf("%s: %q, member %q, encoding %q", what, o.Path, o.Member, o.Encoding)
	}
}

// TestBrotliInHistory: a blob that is opened for the name that a tree gives it is
// found wherever the tree lies, with the cache and without, and in a range.
func TestBrotliInHistory(t *testing.T) {
	r := newGitRepo(t)
	for i := range 40 {
		r.write(fmt.Sprintf("dist/file%02d.js", i), fmt.Sprint("// ", i))
	}
	r.write("translations/pt.br", "não é comprimido\n")
	r.git("add", ".")
	r.git("commit", "-qm", "without")
	r.write("dist/app.js.br", brotliOf("const key = \""+factsKey(1)+"\"\n"))
	r.git("add", ".")
	r.git("commit", "-qm", "with")
	t.Chdir(r.dir)
	result, err := Range(t.Context(), Commits{Revisions: []string{"HEAD~1..HEAD"}}, Options{Workers: 2, Getenv: os.Getenv})
	if err != nil || !result.Scanned.Complete {
		t.Fatal(err, result.Problems)
	}
	wantBrotli(t, "range", result.Keys, "dist/app.js.br")
	r.git("rm", "-q", "dist/app.js.br")
	for i := range 3 {
		r.write("dist/file07.js", fmt.Sprint("// changed ", i))
		r.git("add", ".")
		r.git("commit", "-qm", "another")
	}
	cache := t.TempDir()
	for _, step := range []string{"loose", "packed", "packed again"} {
		if step != "loose" {
			r.git("repack", "-qadf")
		}
		for _, opts := range []Options{{}, {NoMetadata: true}, {CacheDir: cache}, {CacheDir: cache}} {
			wantBrotli(t, step, r.scan(opts), "dist/app.js.br")
		}
	}
	if keys := r.scan(Options{Archives: &ArchiveLimits{}}); len(keys) > 0 {
		t.Errorf("without archives: %d keys", len(keys))
	}
}

// TestByNameEndings: the endings that trees are looked through for are those of the
// names that archive goes by where a file has no mark.
func TestByNameEndings(t *testing.T) {
	h := &history{opts: Options{archives: testArchives(t)}}
	for name, want := range map[string]bool{"a.br": true, "a.lzma": true, "a.tlz": true, "a.gz": false, "a.js": false, "br": false, "a.brr": false, "": false} {
		if got := h.wantsName([]byte("100644 " + name)); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
