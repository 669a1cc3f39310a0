package scanner

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// staged lists what git says is staged: every path and key, of the entries that
// differ from HEAD and of all stages of conflicts.
func (r *gitRepo) staged(keys []string) map[pair]bool {
	r.Helper()
	head := map[string]string{}
	if !r.gitFails("rev-parse", "-q", "--verify", "HEAD") {
		for _, line := range r.lines("ls-tree", "-r", "HEAD") {
			meta, path, _ := strings.Cut(line, "\t")
			head[path] = strings.Fields(meta)[2]
		}
	}
	pairs := map[pair]bool{}
	for _, line := range r.lines("ls-files", "-s") {
		meta, path, _ := strings.Cut(line, "\t")
		fields := strings.Fields(meta)
		if fields[0] == "160000" || fields[2] == "0" && head[path] == fields[1] {
			continue
		}
		text := r.git("cat-file", "blob", fields[1])
		for _, k := range keys {
			if holdsKey(text, k) {
				pairs[pair{key.NewSecret(k), path}] = true
			}
		}
	}
	return pairs
}

// pairsOf lists where a result has keys, and wants none of them twice.
func pairsOf(t *testing.T, result *Result, err error) map[pair]bool {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !result.Scanned.Complete {
		t.Errorf("incomplete: %v", result.Problems)
	}
	pairs := map[pair]bool{}
	for _, k := range result.Keys {
		for _, o := range k.Occurrences {
			pairs[pair{k.Secret, o.Path}] = true
			if o.Standing != rules.Tracked {
				t.Errorf("%s is %s", o.Path, o.Standing)
			}
		}
	}
	return pairs
}

// TestStagedAgainstGit holds the staged scan of random indexes to git's own
// list, conflicts, submodules and the first commit included.
func TestStagedAgainstGit(t *testing.T) {
	total, conflicts := 0, 0
	for seed := range uint64(12) {
		r := newGitRepo(t)
		keys := testSecrets(3)
		g := &grower{gitRepo: r, random: rand.New(rand.NewPCG(seed, 7)), keys: keys}
		r.git("config", "core.quotePath", "false")
		if seed > 0 {
			for _, path := range growPaths {
				r.write(path, g.text())
			}
			g.commit("base")
			clash := g.path()
			r.git("checkout", "-q", "-b", "side")
			r.write(clash, g.text())
			g.commit("theirs")
			r.git("checkout", "-q", "main")
			r.write(clash, g.text())
			g.commit("ours")
			if r.gitFails("merge", "-q", "side") {
				conflicts++
			}
		}
		for i := range 6 {
			path := []string{g.path(), fmt.Sprintf("n%d/new", i)}[g.random.IntN(2)]
			r.write(path, g.text())
			switch g.random.IntN(4) {
			case 0: // not staged
			case 1:
				r.git("add", path)
				r.write(path, g.text()) // staged and then changed
			case 2:
				r.gitFails("add", "-N", path)
			default:
				r.git("add", path)
			}
		}
		if seed > 0 {
			r.git("update-index", "--add", "--cacheinfo", "160000,"+r.git("rev-parse", "HEAD")+",module")
		}
		want := r.staged(keys)
		total += len(want)
		t.Chdir(r.dir)
		result, err := Staged(t.Context(), Options{Workers: 2, Getenv: os.Getenv})
		if got := pairsOf(t, result, err); !maps.Equal(got, want) {
			t.Errorf("seed %d: got %d keys, git has %d staged: %v, %v", seed, len(got), len(want), got, want)
		}
	}
	if total < 30 || conflicts < 3 {
		t.Errorf("only %d keys and %d conflicts in all rounds", total, conflicts)
	}
}

// TestFiles searches files as a hook names them: staged content, and the
// working file where it differs.
func TestFiles(t *testing.T) {
	r := newGitRepo(t)
	keys := testSecrets(4)
	r.write("both", "k = "+keys[0])
	r.write("partial", "k = "+keys[1])
	r.write("deleted", "k = "+keys[2])
	r.git("add", ".")
	r.write("partial", "clean, or so, and\nk = "+keys[3])
	if err := os.Remove(filepath.Join(r.dir, "deleted")); err != nil {
		t.Fatal(err)
	}
	r.write("--help", "k = "+keys[0])
	r.write(".gitignore", "skipped")
	r.write("skipped", "k = "+keys[0])
	t.Chdir(r.dir)
	result, err := Files(t.Context(), Options{Paths: []string{"both", "./both", "partial", "deleted", "--help", "skipped", "missing"}, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, k := range result.Keys {
		for _, o := range k.Occurrences {
			got[o.Path] += fmt.Sprint(o.Standing, " ", k.Secret.Fingerprint(), " ")
		}
	}
	print := func(i int) string { return " " + key.NewSecret(keys[i]).Fingerprint() + " " }
	want := map[string]string{
		"both": "tracked" + print(0), "deleted": "tracked" + print(2),
		"--help": "untracked" + print(0), "skipped": "ignored" + print(0),
	}
	partial := got["partial"]
	delete(got, "partial")
	if !maps.Equal(got, want) || !strings.Contains(partial, print(1)) || !strings.Contains(partial, print(3)) {
		t.Errorf("got %v and %q, want %v", got, partial, want)
	}
	if len(result.Problems) != 1 || result.Problems[0].Path != "missing" {
		t.Errorf("problems: %v", result.Problems)
	}
}
