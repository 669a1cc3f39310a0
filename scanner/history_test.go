package scanner

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

func testSecrets(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, factsKey(1000+i))
	}
	return keys
}

// TestHistoryAgainstGit compares what scans of the database and of all commits
// tell of every key at every path, in every message and in every object outside
// of commits with what git says, over random histories, loose and packed.
func TestHistoryAgainstGit(t *testing.T) {
	rounds := uint64(10)
	if testing.Short() {
		rounds = 4
	}
	for i := range rounds {
		seed := firstSeed(t) + i
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newGitRepo(t)
			random := rand.New(rand.NewPCG(seed, 1))
			keys := testSecrets(3)
			r.grow(random, keys, 30)
			r.checkRange(keys)
			r.write("staged.txt", "k = "+keys[0])
			r.write("d/a.txt", "k = "+keys[1])
			r.git("add", ".")
			if seed%2 == 0 {
				r.git("repack", "-qad")
			}
			p := readPast(r, keys)
			p.check(r.scan(Options{Workers: 1 + int(seed%3)}))
		})
	}
}

// TestHistorySkewedClocks has commits that are older than their parents: what
// counts is ancestry.
func TestHistorySkewedClocks(t *testing.T) {
	r := newGitRepo(t)
	secret := factsKey(1)
	r.write("a.txt", "k = "+secret)
	r.git("add", ".")
	r.git("commit", "-qm", "first")
	first := r.git("rev-parse", "HEAD")
	r.git("rm", "-q", "a.txt")
	r.skew = -1_000_000
	r.git("commit", "-qm", "remove")
	removed := r.git("rev-parse", "HEAD")
	r.skew = -2_000_000
	r.write("b.txt", "k")
	r.git("add", ".")
	r.git("commit", "-qm", "after")
	for _, k := range r.scan(Options{}) {
		if got := k.Occurrences[0].Past; got.Introduced.ID != first || got.Removed.ID != removed {
			t.Errorf("from %v to %v, want %s to %s", got.Introduced, got.Removed, first, removed)
		}
	}
}

// TestHistoryNames finds keys in the names of files and of refs; with
// NoMetadata only that of a file that is there.
func TestHistoryNames(t *testing.T) {
	r := newGitRepo(t)
	keys := testSecrets(3)
	r.write("d/"+keys[0]+".txt", "x")
	r.git("add", ".")
	r.git("commit", "-qm", "name")
	r.git("rm", "-rq", "d")
	r.write("z/"+keys[1], "x")
	r.git("add", ".")
	r.git("write-tree")
	r.git("reset", "-q", "--hard")
	r.git("branch", "leak-"+keys[2])
	got := map[string]rules.Occurrence{}
	for _, k := range r.scan(Options{}) {
		for _, o := range k.Occurrences {
			got[k.Secret.Fingerprint()] = o
			if strings.Contains(o.Path+o.Home+o.Snippet.Text+strings.Join(o.Past.Refs, " "), "insp_0") {
				t.Errorf("the key itself is told: %v", o)
			}
		}
	}
	for i, want := range []struct {
		path, kind string
		reachable  bool
	}{{"d/insp_…", "tree", true}, {"z/insp_…", "tree", false}, {"", "commit", true}} {
		o := got[key.NewSecret(keys[i]).Fingerprint()]
		if o.Past == nil || !strings.HasPrefix(o.Path, want.path) || o.Past.Kind != want.kind || o.Past.Reachable != want.reachable {
			t.Errorf("key %d: %+v, want %+v", i, o, want)
		}
	}
	for _, k := range r.scan(Options{NoMetadata: true}) {
		if k.Secret != key.NewSecret(keys[0]) || len(k.Occurrences) != 1 || k.Occurrences[0].Past != nil {
			t.Errorf("%s is told without metadata: %+v", k.Secret.Fingerprint(), k.Occurrences)
		}
	}
}

// TestHistoryMissing names what refs, tags and commits lead to and is not here.
func TestHistoryMissing(t *testing.T) {
	r := newGitRepo(t)
	r.git("commit", "-q", "--allow-empty", "-m", "first")
	r.git("commit", "-q", "--allow-empty", "-m", "second")
	r.git("tag", "-a", "-m", "tag", "v1", "HEAD^")
	first, second := r.git("rev-parse", "HEAD^"), r.git("rev-parse", "HEAD")
	for _, test := range []struct{ gone, says string }{
		{first, "has a parent"}, {first, "stands for"}, {second, "HEAD names"},
	} {
		path := filepath.Join(r.dir, ".git", "objects", test.gone[:2], test.gone[2:])
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		result, err := Scan(t.Context(), Options{Paths: []string{r.dir}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(result.Problems, func(p rules.Problem) bool {
			return p.Object == test.gone && strings.Contains(p.Message, test.says)
		}) {
			t.Errorf("%q is not said: %v", test.says, result.Problems)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHistoryManyKeys scans a generated file with very many keys, of which
// every version changes a few: what is kept grows with what changes.
func TestHistoryManyKeys(t *testing.T) {
	r := newGitRepo(t)
	random := rand.New(rand.NewPCG(3, 3))
	keys := testSecrets(2000)
	r.write("start", "x")
	r.git("add", ".")
	r.git("commit", "-qm", "start")
	var introduced = map[string]string{}
	in := slices.Clone(keys[:1000])
	for n := range 25 {
		for range 8 {
			in[random.IntN(len(in))] = keys[1000+random.IntN(1000)]
		}
		r.write("keys.txt", strings.Join(in, "\n"))
		r.git("add", ".")
		r.git("commit", "-qm", fmt.Sprint("version ", n))
		head := r.git("rev-parse", "HEAD")
		for _, k := range in {
			if introduced[k] == "" {
				introduced[k] = head
			}
		}
	}
	found := 0
	for _, k := range r.scan(Options{}) {
		for _, o := range k.Occurrences {
			want := introduced[k.Secret.Reveal()]
			if found++; o.Past == nil || o.Past.Introduced.ID != want {
				t.Errorf("%s: brought in by %v, want %s", k.Secret.Fingerprint(), o.Past, want)
			}
		}
	}
	current := map[string]int{}
	for _, k := range in {
		current[k]++
	}
	want := len(introduced) // one each, and one more for every repetition in the file that is there now
	for _, n := range current {
		want += n - 1
	}
	if found != want {
		t.Errorf("%d occurrences, want %d", found, want)
	}
}

// TestHistoryForgedTree reads a tree that holds one blob at 10^10 paths, which
// any clone can bring, with a commit and without: the scan ends, and says that
// it is not complete.
func TestHistoryForgedTree(t *testing.T) {
	r := newGitRepo(t)
	r.write("k", "k = "+factsKey(1))
	child, kind := r.git("hash-object", "-w", "k"), "100644 blob"
	for range 10 {
		var list strings.Builder
		for i := range 10 {
			fmt.Fprintf(&list, "%s %s\tn%d\n", kind, child, i)
		}
		child, kind = r.gitInput(list.String(), "mktree"), "040000 tree"
	}
	for _, commit := range []bool{false, true} {
		if commit {
			r.git("tag", "bomb", r.git("commit-tree", "-m", "bomb", child))
		}
		result := r.tellLimited(1000)
		if result.Scanned.Complete || len(result.Keys) != 1 || len(result.Keys[0].Occurrences) > 1000 {
			t.Errorf("complete: %t, with %d keys", result.Scanned.Complete, len(result.Keys))
		}
	}
}

// tellLimited scans the database for at most limit pairs.
func (r *gitRepo) tellLimited(limit int) *Result {
	r.Helper()
	h := r.history(Options{Workers: 2})
	if err := h.search(r.Context()); err != nil {
		r.Fatal(err)
	}
	l, err := h.locate(r.Context(), nil)
	if err != nil {
		r.Fatal(err)
	}
	a := newAttribution(h, h.graph())
	a.lives.limit = limit
	if err := a.tell(r.Context(), l); err != nil {
		r.Fatal(err)
	}
	return h.collector.result(time.Now())
}

// TestWorkersDoNotMatter compares a scan by one goroutine with some by eight.
func TestWorkersDoNotMatter(t *testing.T) {
	r := newGitRepo(t)
	r.grow(rand.New(rand.NewPCG(5, 5)), testSecrets(3), 40)
	var before string
	for _, workers := range []int{1, 8, 8} {
		now := printKeys(r.scan(Options{Workers: workers}))
		if before != "" && now != before {
			t.Errorf("with %d workers:\n%s\nbefore:\n%s", workers, now, before)
		}
		before = now
	}
}

// printKeys writes down all that a scan tells of keys.
func printKeys(keys []*rules.Key) string {
	var text strings.Builder
	for _, k := range keys {
		fmt.Fprintln(&text, k.Secret, k.FirstSeen)
		for _, o := range k.Occurrences {
			past := o.Past
			o.Past = nil
			fmt.Fprintf(&text, "%+v\n", o)
			if past != nil {
				fmt.Fprintln(&text, past.Object, past.Kind, past.Reachable, past.Refs)
				for _, c := range []*rules.Commit{past.Introduced, past.Removed} {
					if c != nil {
						fmt.Fprintf(&text, "%+v\n", *c)
					}
				}
			}
		}
	}
	return text.String()
}

// checkRange holds a range over everything to what git says of reachable
// commits.
func (r *gitRepo) checkRange(keys []string) {
	r.Helper()
	env := map[string]string{"GIT_DIR": filepath.Join(r.dir, ".git"), "GIT_WORK_TREE": r.dir}
	result, err := Range(r.Context(), Commits{Revisions: []string{"--all", "HEAD"}}, Options{Workers: 2, Getenv: func(name string) string { return env[name] }})
	if err != nil {
		r.Fatal(err)
	}
	found := map[pair][2]string{}
	for _, k := range result.Keys {
		for _, o := range k.Occurrences {
			if o.Path != "" && o.Past.Introduced != nil {
				times := [2]string{o.Past.Introduced.ID}
				if o.Past.Removed != nil {
					times[1] = o.Past.Removed.ID
				}
				found[pair{k.Secret, o.Path}] = times
			}
		}
	}
	told := 0
	for p, s := range readPast(r, keys).stories() {
		want := [2]string{s.introduced, s.removedAlone} // a range does not go down where one side was taken
		if s.reachable && found[p] != want {
			r.Errorf("a key in %s, from and to %.7s, and told: %.7s", p.path, want, found[p])
		}
		if _, ok := found[p]; ok {
			told++
		}
		delete(found, p)
	}
	if len(found) > 0 || told == 0 {
		r.Errorf("%d findings that git knows nothing of, %d that it knows", len(found), told)
	}
}
