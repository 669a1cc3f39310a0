package gitrepo

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
)

// TestIndexExcept leaves out what HEAD has, and holds what is left to git's own
// list of what is staged.
func TestIndexExcept(t *testing.T) {
	j := newJudge(t)
	for name, change := range map[string]func(dir string){
		"nothing staged": func(string) {},
		"one file": func(dir string) {
			j.write(filepath.Join(dir, "dir", "b"), "new\n")
			j.git(dir, "add", "dir/b")
		},
		"a file below": func(dir string) {
			j.write(filepath.Join(dir, "dir", "sub", "e"), "new\n")
			j.git(dir, "add", "dir/sub/e")
		},
		"one gone": func(dir string) { j.git(dir, "rm", "-q", "--cached", "dir/sub/c") },
		"a mode":   func(dir string) { j.git(dir, "update-index", "--chmod=+x", "dir-x/d") },
		"a path too long for its flags": func(dir string) {
			j.git(dir, "update-index", "--add", "--cacheinfo", "100644,"+strings.TrimSpace(j.git(dir, "rev-parse", "HEAD:a"))+","+strings.Repeat("long/", 1000)+"x")
		},
		"intent to add": func(dir string) {
			j.write(filepath.Join(dir, "dir", "sub", "f"), "new\n")
			j.git(dir, "add", "-N", "dir/sub/f")
		},
		"another HEAD": func(dir string) { j.git(dir, "reset", "-q", "--soft", "HEAD~1") },
		"whole trees":  func(dir string) { j.git(dir, "write-tree") },
		"split":        func(dir string) { j.git(dir, "update-index", "--split-index") },
		"version 4":    func(dir string) { j.git(dir, "update-index", "--index-version", "4") },
	} {
		dir := j.repo(strings.ReplaceAll(name, " ", "-"))
		change(dir)
		repo := j.open(dir)
		asked := 0
		same := func(at string, tree gitpack.ID) bool {
			asked++
			id, err := j.try(dir, "rev-parse", "-q", "--verify", "HEAD:"+strings.TrimSuffix(at, "/"))
			return err == nil && strings.TrimSpace(id) == tree.String()
		}
		rest, err := repo.IndexExcept(same)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all, err := repo.Index()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		staged := strings.Fields(j.git(dir, "diff", "--cached", "--name-only", "--no-renames", "--ita-visible-in-index"))
		for e := range all.Entries() {
			kept := rest.Find(e.Path)
			if len(kept) == 1 && kept[0] == *e {
				continue
			}
			if len(kept) > 0 || slices.Contains(staged, e.Path) {
				t.Errorf("%s: %s is staged, and is %v of %v", name, e.Path, kept, e)
			}
		}
		if spares := name != "split" && name != "version 4"; spares != (rest.Len() < all.Len()) || spares && asked == 0 {
			t.Errorf("%s: %d of %d entries are left", name, rest.Len(), all.Len())
		}
	}
}

// TestCachedTreesDamaged cuts the extension off everywhere: then nothing is taken from
// it, as git does.
func TestCachedTreesDamaged(t *testing.T) {
	id := strings.Repeat("i", 20)
	whole := "\x003 2\n" + id + "b\x001 0\n" + id + "a\x00-1 1\nc\x001 0\n" + id
	want := cachedTrees([]byte(whole), 20)
	paths := []string{}
	for _, tree := range want {
		paths = append(paths, tree.path)
	}
	if !slices.Equal(paths, []string{"", "b/", "a/c/"}) {
		t.Errorf("directories %q", paths)
	}
	for n := range whole {
		if got := cachedTrees([]byte(whole[:n]), 20); len(got) > 0 {
			t.Errorf("of %d bytes: %v", n, got)
		}
	}
}

// TestCachedTreesGrowth: a few bytes for each of many directories below a long one do
// not become paths without end.
func TestCachedTreesGrowth(t *testing.T) {
	id := strings.Repeat("i", 20)
	below := func(length, n int) []cachedTree {
		text := fmt.Sprintf("\x00-1 1\n%s\x00-1 %d\n%s", strings.Repeat("x", length), n, strings.Repeat("y\x000 0\n"+id, n))
		return cachedTrees([]byte(text), 20)
	}
	if got := below(1000, 1000); len(got) != 1000 {
		t.Errorf("%d directories, want 1000", len(got))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := below(16000, 10_000)
	runtime.ReadMemStats(&after)
	if taken := (after.TotalAlloc - before.TotalAlloc) >> 20; len(got) > 0 || taken > 64 {
		t.Errorf("%d directories took %d MiB", len(got), taken)
	}
}
