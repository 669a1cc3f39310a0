package scanner

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A gitRepo is a repository that real git makes, and that real git is asked
// about.
type gitRepo struct {
	*testing.T
	dir  string
	tick int // seconds since the beginning: no two commits have one date
}

func newGitRepo(t *testing.T) *gitRepo {
	t.Helper()
	r := &gitRepo{T: t, dir: t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

func (r *gitRepo) git(args ...string) string {
	r.Helper()
	r.tick++
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	date := fmt.Sprintf("%d +0000", 1_700_000_000+r.tick)
	cmd.Env = append(os.Environ(), "HOME="+r.dir, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=T", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=T", "GIT_COMMITTER_EMAIL=t@example.com", "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func (r *gitRepo) write(name, text string) {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.Fatal(err)
	}
}

// A story is what history tells of one key at one path.
type story struct {
	introduced, removed string // commit ids
	reachable, current  bool
}

// truth is an obviously right, slow way to the stories: every commit's every
// file is read through git, and the definitions are applied word by word.
func (r *gitRepo) truth(keys []string) map[pair]story {
	r.Helper()
	var all []string
	for line := range strings.SplitSeq(r.git("cat-file", "--batch-all-objects", "--batch-check"), "\n") {
		if id, rest, _ := strings.Cut(line, " "); strings.HasPrefix(rest, "commit ") {
			all = append(all, id)
		}
	}
	ordered := strings.Fields(r.git(append([]string{"rev-list", "--topo-order", "--reverse", "--no-walk=unsorted"}, all...)...))
	rank := r.ranks(all)
	reachable := map[string]bool{}
	for id := range strings.FieldsSeq(r.git("rev-list", "--all", "HEAD")) {
		reachable[id] = true
	}
	holds, parents := map[string]map[pair]bool{}, map[string][]string{}
	blobs := map[string][]string{}
	for _, id := range ordered {
		holds[id] = r.pairsAt(id, keys, blobs)
		parents[id] = strings.Fields(r.git("log", "-1", "--format=%P", id))
	}
	stories := map[pair]story{}
	head := r.git("rev-parse", "HEAD")
	for p := range allPairs(holds) {
		var in, out []string
		for _, id := range ordered {
			had := 0
			for _, parent := range parents[id] {
				if holds[parent][p] {
					had++
				}
			}
			switch {
			case holds[id][p] && had == 0:
				in = append(in, id)
			case !holds[id][p] && had > 0 && had == len(parents[id]):
				out = append(out, id)
			}
		}
		first := slices.MinFunc(in, func(a, b string) int {
			if reachable[a] != reachable[b] {
				return map[bool]int{true: -1, false: 1}[reachable[a]]
			}
			return rank[a] - rank[b]
		})
		s := story{introduced: first, reachable: reachable[first], current: holds[head][p]}
		if !s.current {
			s.removed = strings.Join(out, " ") // any of these; see compare
		}
		stories[p] = s
	}
	return stories
}

// ranks orders commits: parents first, and the older first where ancestry does
// not say.
func (r *gitRepo) ranks(all []string) map[string]int {
	r.Helper()
	list := strings.Fields(r.git(append([]string{"rev-list", "--date-order", "--reverse"}, all...)...))
	rank := map[string]int{}
	for i, id := range list {
		rank[id] = i
	}
	return rank
}

func (r *gitRepo) pairsAt(commit string, keys []string, blobs map[string][]string) map[pair]bool {
	r.Helper()
	pairs := map[pair]bool{}
	for line := range strings.SplitSeq(r.git("ls-tree", "-r", commit), "\n") {
		meta, path, ok := strings.Cut(line, "\t")
		if !ok {
			continue
		}
		blob := strings.Fields(meta)[2]
		if _, known := blobs[blob]; !known {
			text := r.git("cat-file", "blob", blob)
			blobs[blob] = []string{}
			for _, k := range keys {
				if strings.Contains(text, k) {
					blobs[blob] = append(blobs[blob], k)
				}
			}
		}
		for _, k := range blobs[blob] {
			pairs[pair{key.NewSecret(k), path}] = true
		}
	}
	return pairs
}

func allPairs(holds map[string]map[pair]bool) map[pair]bool {
	all := map[pair]bool{}
	for _, pairs := range holds {
		maps.Copy(all, pairs)
	}
	return all
}

// grow makes a random history of files that hold keys.
func (r *gitRepo) grow(random *rand.Rand, keys []string, steps int) {
	r.Helper()
	paths := []string{"a.txt", "b.txt", "d/a.txt", "d/e/f.txt"}
	text := func() string {
		var b strings.Builder
		for range random.IntN(4) {
			b.WriteString("line\n")
		}
		for _, k := range keys {
			if random.IntN(4) == 0 {
				fmt.Fprintf(&b, "token = %q\n", k)
			}
		}
		return b.String() + fmt.Sprint(random.IntN(1000))
	}
	branches := []string{"main"}
	r.write("start", "here")
	r.git("add", ".")
	r.git("commit", "-qm", "start")
	for n := range steps {
		path := paths[random.IntN(len(paths))]
		switch random.IntN(9) {
		case 0:
			name := fmt.Sprintf("side%d", n)
			r.git("checkout", "-q", "-b", name)
			branches = append(branches, name)
		case 1:
			r.git("checkout", "-q", branches[random.IntN(len(branches))])
		case 2: // a merge with content of its own
			r.git("merge", "-q", "-s", "ours", "--no-commit", "--no-ff", "--allow-unrelated-histories", branches[random.IntN(len(branches))])
			r.write(path, text())
			r.git("add", ".")
			r.git("commit", "-qm", fmt.Sprint("merge ", n), "--allow-empty")
		case 3:
			r.write(path, text())
			r.git("stash", "-q", "-u")
		case 4:
			r.write(path, text())
			r.git("add", ".")
			r.git("commit", "-q", "--amend", "--allow-empty", "-m", fmt.Sprint("amended ", n))
		case 5:
			if _, err := os.Stat(filepath.Join(r.dir, path)); err == nil {
				r.git("rm", "-q", path)
				r.git("commit", "-qm", fmt.Sprint("remove ", n))
			}
		default:
			r.write(path, text())
			r.git("add", ".")
			r.git("commit", "-qm", fmt.Sprint("edit ", n), "--allow-empty")
		}
	}
}

func testSecrets(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, factsKey(1000+i))
	}
	return keys
}

// TestHistoryAgainstGit compares what a scan tells of every key at every path
// with what git says, over random histories with branches, merges that bring
// content of their own, stashes, amended and so dangling commits, and files
// that come and go; loose and packed.
func TestHistoryAgainstGit(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newGitRepo(t)
			keys := testSecrets(3)
			r.grow(rand.New(rand.NewPCG(seed, 1)), keys, 25)
			if seed%2 == 0 {
				r.git("repack", "-qad")
			}
			result, err := Scan(t.Context(), Options{Paths: []string{r.dir}, Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if !result.Scanned.Complete {
				t.Errorf("incomplete: %v", result.Problems)
			}
			r.compare(result, r.truth(keys))
		})
	}
}

// compare holds the occurrences of a scan against the truth.
func (r *gitRepo) compare(result *Result, want map[pair]story) {
	r.Helper()
	got := map[pair]rules.Occurrence{}
	for _, k := range result.Keys {
		for _, o := range k.Occurrences {
			p := pair{k.Secret, o.Path}
			if o.Past == nil || o.Path == "" {
				continue // an untracked or index state that no commit has
			}
			if _, twice := got[p]; twice && o.Standing == rules.History {
				r.Errorf("%s: two findings of history for one key", o.Path)
			}
			got[p] = o
		}
	}
	for p, s := range want {
		o, ok := got[p]
		if !ok {
			r.Errorf("%s: missed a key that commit %.7s brought in", p.path, s.introduced)
			continue
		}
		past := o.Past
		if past.Introduced == nil || past.Introduced.ID != s.introduced {
			r.Errorf("%s: introduced by %v, git says %.7s", p.path, past.Introduced, s.introduced)
		}
		if past.Reachable != s.reachable {
			r.Errorf("%s: reachable %t, git says %t", p.path, past.Reachable, s.reachable)
		}
		if s.current != (o.Standing == rules.Tracked) {
			r.Errorf("%s: standing %s, in HEAD: %t", p.path, o.Standing, s.current)
		}
		if past.Removed != nil && !strings.Contains(s.removed, past.Removed.ID) {
			r.Errorf("%s: removed by %.7s, git allows %q", p.path, past.Removed.ID, s.removed)
		}
	}
	for p, o := range got {
		if _, ok := want[p]; !ok && o.Past.Introduced != nil {
			r.Errorf("%s: a finding that git knows nothing of", p.path)
		}
	}
}

// TestRangeAgainstGit holds a range over everything to what the scan of the
// whole database finds of reachable commits.
func TestRangeAgainstGit(t *testing.T) {
	for seed := range uint64(4) {
		r := newGitRepo(t)
		keys := testSecrets(3)
		r.grow(rand.New(rand.NewPCG(seed, 2)), keys, 20)
		t.Chdir(r.dir)
		result, err := Range(t.Context(), Commits{Revisions: []string{"--all", "HEAD"}}, Options{Workers: 2, Getenv: os.Getenv})
		if err != nil {
			t.Fatal(err)
		}
		found := map[pair]bool{}
		for _, k := range result.Keys {
			for _, o := range k.Occurrences {
				found[pair{k.Secret, o.Path}] = true
			}
		}
		for p, s := range r.truth(keys) {
			if s.reachable && !found[p] {
				t.Errorf("seed %d: the range misses a key in %s, brought in by %.7s", seed, p.path, s.introduced)
			}
			delete(found, p)
		}
		if len(found) > 0 {
			t.Errorf("seed %d: %d findings that git knows nothing of", seed, len(found))
		}
	}
}

// TestStagedAgainstGit holds the staged scan to git's own list of what is
// staged.
func TestStagedAgainstGit(t *testing.T) {
	r := newGitRepo(t)
	keys := testSecrets(3)
	random := rand.New(rand.NewPCG(7, 7))
	r.grow(random, keys, 10)
	r.git("checkout", "-qf", "main")
	for i := range 12 {
		name := fmt.Sprintf("s%d/f.txt", i)
		r.write(name, "k = "+keys[i%3]+"\n")
		if i%3 != 0 {
			r.git("add", name)
		}
		if i%4 == 1 {
			r.write(name, "clean\n")
		}
	}
	want := map[string]bool{}
	for name := range strings.FieldsSeq(r.git("diff", "--cached", "--name-only")) {
		text := r.git("show", ":"+name)
		if slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(text, k) }) {
			want[name] = true
		}
	}
	t.Chdir(r.dir)
	result, err := Staged(t.Context(), Options{Workers: 2, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, k := range result.Keys {
		for _, o := range k.Occurrences {
			got[o.Path] = true
		}
	}
	if !maps.Equal(got, want) || len(want) < 5 {
		t.Errorf("found keys in %v, git has them staged in %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// TestStandingAgainstGit holds the standing of every file of a tree to git's
// word, and reads all but what git ignores.
func TestStandingAgainstGit(t *testing.T) {
	r := newGitRepo(t)
	secret := factsKey(2000)
	random := rand.New(rand.NewPCG(9, 9))
	names := []string{"a", "b.log", ".env", "c.txt", "keep.log"}
	dirs := []string{"", "d/", "d/e/", "build2/", "node_modules/x/", "logs/", "logs/in/"}
	r.write(".gitignore", "*.log\n!keep.log\n/build2/\nnode_modules\nlogs/*\n!logs/in\n")
	r.write("d/.gitignore", "c.txt\n/e/a\n")
	for _, dir := range dirs {
		for _, name := range names {
			r.write(dir+name, "k = "+secret+"\n")
			if random.IntN(3) == 0 {
				r.git("add", "-f", dir+name)
			}
		}
	}
	result, err := Scan(t.Context(), Options{Paths: []string{r.dir}, Workers: 2, Ignored: true, History: HistoryNever})
	if err != nil {
		t.Fatal(err)
	}
	tracked := strings.Fields(r.git("ls-files"))
	untracked := strings.Fields(r.git("ls-files", "-o", "--exclude-standard"))
	seen := 0
	for _, o := range result.Keys[0].Occurrences {
		want := rules.Ignored
		switch {
		case slices.Contains(tracked, o.Path):
			want = rules.Tracked
		case slices.Contains(untracked, o.Path):
			want = rules.Untracked
		}
		if seen++; o.Standing != want {
			t.Errorf("%s is %s, git says %s", o.Path, o.Standing, want)
		}
	}
	if want := len(dirs) * len(names); seen != want {
		t.Errorf("read %d files of %d", seen, want)
	}
}

// TestStreamWindows holds the search of a stream to that of the whole buffer,
// with a key at every offset around a window's borders.
func TestStreamWindows(t *testing.T) {
	secret := factsKey(3000)
	const window = 2*contextBytes + 4096
	for _, border := range []int{contextBytes, window - contextBytes, window, 2*window - 2*contextBytes} {
		for offset := -90; offset <= 20; offset += 7 {
			data := bytes.Repeat([]byte("lorem ipsum, é, dolor\n"), 3*window/22)
			copy(data[border+offset:], ` "`+secret+`" `)
			whole := searchBuffer("x.js", data, nil)
			found, size, err := searchStream("x.js", bytes.NewReader(data), make([]byte, window), nil)
			if err != nil || size != int64(len(data)) {
				t.Fatalf("read %d bytes: %v", size, err)
			}
			if len(found) != 1 || len(whole) != 1 || found[0].match.Secret != whole[0].match.Secret || found[0].place.Span != whole[0].place.Span {
				t.Fatalf("at %d: the stream finds %d keys, the buffer %d, or they stand elsewhere", border+offset, len(found), len(whole))
			}
		}
	}
}

// TestWorkersDoNotMatter compares a scan by one goroutine with one by eight.
func TestWorkersDoNotMatter(t *testing.T) {
	r := newGitRepo(t)
	r.grow(rand.New(rand.NewPCG(5, 5)), testSecrets(3), 25)
	var before string
	for _, workers := range []int{1, 8, 8} {
		result, err := Scan(context.Background(), Options{Paths: []string{r.dir}, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, k := range result.Keys {
			for _, o := range k.Occurrences {
				fmt.Fprintln(&text, k.Secret, o.Path, o.Span, o.Standing)
				if o.Past != nil {
					fmt.Fprintln(&text, o.Past.Object, o.Past.Refs, o.Past.Introduced, o.Past.Removed)
				}
			}
		}
		now := text.String()
		if before != "" && now != before {
			t.Errorf("with %d workers:\n%s\nbefore:\n%s", workers, now, before)
		}
		before = now
	}
}
