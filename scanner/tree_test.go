package scanner

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
)

// scanned is what a scan tells of a key by path: where it stands, and whether
// history knows it.
func (r *gitRepo) scanned(opts Options) map[string]string {
	r.Helper()
	told := map[string]string{}
	for _, k := range r.scan(opts) {
		for _, o := range k.Occurrences {
			if _, twice := told[o.Path]; twice {
				r.Errorf("%s: twice", o.Path)
			}
			told[o.Path] = string(o.Standing)
			if o.Past != nil {
				told[o.Path] += " past"
			}
		}
	}
	return told
}

func (r *gitRepo) wantScanned(what string, opts Options, want map[string]string) {
	r.Helper()
	if got := r.scanned(opts); !maps.Equal(got, want) {
		r.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// TestPaths names several paths: inside each other, twice, by links, and in one
// repository whose history is to be read once.
func TestPaths(t *testing.T) {
	r := newGitRepo(t)
	secret := "k = " + factsKey(1)
	r.write("src/a.txt", secret)
	r.write("src/in/b.txt", secret)
	r.write("gone.txt", secret)
	r.write(".gitignore", "skipped\n")
	r.write("skipped/c.txt", secret)
	r.git("add", ".")
	r.git("commit", "-qm", "all")
	r.git("rm", "-q", "gone.txt")
	r.git("commit", "-qm", "gone")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(r.dir, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	t.Chdir(r.dir)
	const here, past = "tracked past", "history past"
	paths := func(paths ...string) Options { return Options{Paths: paths} }
	r.wantScanned("the top", paths("."), map[string]string{"src/a.txt": here, "src/in/b.txt": here, "gone.txt": past})
	r.wantScanned("a link to the top", paths(link), map[string]string{"src/a.txt": here, "src/in/b.txt": here, "gone.txt": past})
	r.wantScanned("inside each other", paths("src/in", ".", "src", "./src/a.txt"), map[string]string{"src/a.txt": here, "src/in/b.txt": here, "gone.txt": past})
	r.wantScanned("one twice", paths("src/a.txt", "src/../src/a.txt"), map[string]string{"src/a.txt": "tracked"})
	r.wantScanned("below the top", paths("src"), map[string]string{"a.txt": "tracked", "in/b.txt": "tracked"})
	r.wantScanned("a file", paths("src/in/b.txt"), map[string]string{"src/in/b.txt": "tracked"})
	r.wantScanned("an ignored directory and the top", paths(".", "skipped"),
		map[string]string{"src/a.txt": here, "src/in/b.txt": here, "gone.txt": past, "skipped/c.txt": "ignored"})
	always := paths("src", "src/in")
	always.History = HistoryAlways
	r.wantScanned("with history", always, map[string]string{"src/a.txt": here, "src/in/b.txt": here, "gone.txt": past})
	one := paths("src/in")
	one.History = HistoryAlways
	r.wantScanned("one with history", one, map[string]string{"b.txt": here, "../a.txt": here, "../../gone.txt": past})
	r.wantScanned("the git directory", paths(".git"), map[string]string{"src/a.txt": here, "src/in/b.txt": here, "gone.txt": past})
	r.write(".git/hooks/local", secret)
	r.wantScanned("inside the git directory", paths(".git/hooks"), map[string]string{"local": "outside"})
}

// TestWorktrees scans a linked worktree, whose HEAD and index are its own, and
// both together, whose database is one.
func TestWorktrees(t *testing.T) {
	r := newGitRepo(t)
	secret := "k = " + factsKey(1)
	r.write("a.txt", "x")
	r.git("add", ".")
	r.git("commit", "-qm", "first")
	r.git("worktree", "add", "-q", "--detach", "linked")
	linked := filepath.Join(r.dir, "linked")
	r.write("linked/b.txt", secret)
	r.git("-C", linked, "add", ".")
	r.git("-C", linked, "commit", "-qm", "second")
	r.wantScanned("the linked one", Options{Paths: []string{linked}}, map[string]string{"b.txt": "tracked past"})
	for _, k := range r.scan(Options{}) {
		for _, o := range k.Occurrences {
			if o.Past == nil || !o.Past.Reachable {
				t.Errorf("%s: what only another worktree's HEAD leads to counts as unreachable", o.Path)
			}
		}
	}
}

// TestOutsideTree scans files in no repository, with a broken one among them.
func TestOutsideTree(t *testing.T) {
	dir := t.TempDir()
	r := &gitRepo{T: t, dir: dir}
	secret := "k = " + factsKey(1)
	r.write("a.txt", secret)
	r.write("d/b.txt", secret)
	r.write("broken/.git", "gitdir: ../nowhere\n")
	r.write("broken/c.txt", secret)
	r.write("empty/.git/x", secret)
	r.write("empty/d.txt", secret)
	result, err := Scan(t.Context(), Options{Paths: []string{dir}, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, o := range result.Keys[0].Occurrences {
		paths = append(paths, fmt.Sprint(o.Path, " ", o.Standing, " ", o.Home == o.Path))
	}
	want := []string{"a.txt outside true", "broken/c.txt outside true", "d/b.txt outside true", "empty/d.txt outside true"}
	if !slices.Equal(paths, want) {
		t.Errorf("got %v, want %v", paths, want)
	}
	if len(result.Problems) != 1 || result.Problems[0].Path != "broken/.git" || result.Scanned.Complete {
		t.Errorf("problems: %v", result.Problems)
	}
}

// TestExistenceRemembers asks for a file once.
func TestExistenceRemembers(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := &existence{root: dir}
	if !e.has("a") || e.has("b") {
		t.Error("wrong about what is there")
	}
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if !e.has("a") {
		t.Error("asked again")
	}
}

// TestPlaceholdersOnly counts placeholders and reports no key.
func TestPlaceholdersOnly(t *testing.T) {
	r := newGitRepo(t)
	r.write("a.md", key.Prefix+strings.Repeat("a1b2c3d4e5f6", 5)+"a1b2")
	result, err := Scan(t.Context(), Options{Paths: []string{r.dir}})
	if err != nil || len(result.Keys) != 0 || result.Scanned.Placeholders != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestDeepTree: of a tree that is deeper than directories are kept open, all files are read, and
// nothing stays open.
func TestDeepTree(t *testing.T) {
	root := t.TempDir()
	const levels = 2*mostKept + 10
	dir := root
	for range levels {
		dir = filepath.Join(dir, "d")
		side := filepath.Join(filepath.Dir(dir), "side")
		for _, path := range []string{dir, side} {
			if err := os.Mkdir(path, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(side, "f"), []byte(factsKey(1)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return 0
		}
		return len(entries)
	}
	before := open()
	report, err := Scan(t.Context(), Options{Paths: []string{root}, Workers: 2})
	if err != nil || len(report.Problems) > 0 {
		t.Fatal(err, report.Problems)
	}
	found := 0
	for _, k := range report.Keys {
		found += len(k.Occurrences)
	}
	if after := open(); found != levels || after > before {
		t.Errorf("%d of %d files have keys; %d files are open, %d were", found, levels, after, before)
	}
}
