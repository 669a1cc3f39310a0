package gitrepo

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
)

// revisions are resolved in the repository of revisionRepo; git says to what.
// Those that git cannot resolve there must be errors here too.
var revisions = []string{
	"HEAD", "@", "main", "heads/main", "refs/heads/main", "side", "topic/deep", "v1", "tags/v1", "refs/tags/v1", "light", "nested",
	"both", "heads/both", "tags/both", "refs/heads/both", "origin", "origin/main", "origin/HEAD", "remotes/origin/main", "odd@name", "ünï", "{x}", "x-gbeef",
	"0deadbeef", "stash", "refs/stash", "ORIG_HEAD", "FETCH_HEAD", "a.b", "-dash",
	"HEAD~", "HEAD~0", "HEAD~1", "HEAD~3", "HEAD~~", "HEAD^", "HEAD^0", "HEAD^1", "HEAD^2", "HEAD^3", "HEAD^4", "HEAD^^", "HEAD^2~1", "HEAD~1^2", "@~2", "@^2",
	"v1^0", "v1~1", "v1^", "nested~1", "HEAD~99", "HEAD~1000000000", "HEAD~99999999999", "HEAD^99999999999", "HEAD^9", "side~2^{commit}",
	"v1^{}", "v1^{commit}", "v1^{tree}", "v1^{tag}", "v1^{object}", "nested^{}", "nested^{tag}", "HEAD^{tree}", "HEAD^{tree}^{tree}", "HEAD^{tree}^{commit}", "HEAD^{blob}",
	"HEAD^{tag}", "HEAD^{nonsense}", "blobtag^{}", "blobtag^{blob}", "blobtag^{commit}", "treetag^{}", "treetag^{tree}", "light^{tag}", "v1^{}~1", "HEAD^{tree}~1", "HEAD^{}^{}",
	"HEAD^{/change 3}", "HEAD^{/nowhere}", "HEAD^{/}", "HEAD^{/!-change}", "HEAD^{/!!bang}", "HEAD^{/!x}", "HEAD^{/^change [12]$}~1", "main^{/a: b}", "main^{/a..b}",
	":/change 2", ":/on topic", ":/nowhere", ":/!-change", ":/a..b", ":/", ":/[", "HEAD^{/(}",
	"@{0}", "@{1}", "@{2}", "@{99}", "HEAD@{0}", "HEAD@{1}", "HEAD@{5}", "HEAD@{999}", "main@{0}", "main@{1}", "main@{2}", "@@{1}", "main@{1}~1", "main@{1}^{tree}", "heads/main@{1}",
	"stash@{0}", "stash@{1}", "stash@{2}", "stash@{3}", "stash@{0}^2", "v1@{0}", "odd@name@{0}", "both@{0}", "nolog@{0}", "nolog@{1}", "nosuch@{0}",
	"@{1700000350}", "HEAD@{1700000350}", "main@{1700000350}", "main@{1700000400}", "main@{1700000401}", "side@{1700000750}~1", "topic/deep@{1700000000}", "main@{100000000}", "main@{99999999}", "main@{100000001}", "stash@{1700001550}", "stash@{yesterday}", "both@{yesterday}", "nolog@{yesterday}", "nosuch@{yesterday}", "v1@{yesterday}",
	"@{yesterday}", "@{now}", "HEAD@{2 weeks ago}", "main@{1.month.ago}", "main@{2020-01-01}", "main@{2023-11-14 22:20:00 +0000}", "main@{2023-11-14T22:20:01Z}^", "main@{foo}", "main@{2 parsecs}", "@@{yesterday}", "@{u}@{yesterday}", "@{-1}@{yesterday}", "heads/main@{noon}", "HEAD@{last friday}", "@{now}@{now}",
	"@{u}", "@{U}", "@{upstream}", "main@{u}", "main@{UPSTREAM}", "HEAD@{u}", "@@{u}", "side@{u}", "local@{u}", "moved@{u}", "nosuch@{u}", "heads/main@{u}", "main@{u}~1", "main@{u}@{0}", "@{u}@{u}",
	"@{push}", "main@{push}", "side@{push}", "moved@{push}", "local@{push}",
	"@{-1}", "@{-2}", "@{-3}", "@{-4}", "@{-5}", "@{-99}", "@{-0}", "@{-1}~1", "@{-1}@{0}", "@{-1}@{u}", "main@{-1}", "@{-2}@{1}",
	"nosuch", "refs/heads/nosuch", "", "^", "~", "^{}", "@{}", "main@{x", "main}", "main..side", "a b", "main:", "../config", "refs/heads/", "main^{", "main^}", "HEAD^-", "config",
	"abcd", "zzzz", "0000000000000000000000000000000000000000",
}

// revisionRepo makes a repository with every kind of thing that has a name.
func (j *judge) revisionRepo(name string, args ...string) string {
	up := filepath.Join(j.top, name+"-up.git")
	dir := filepath.Join(j.top, name)
	if j.copyMade("upstream of "+name, args, up) && j.copyMade("revisions of "+name, args, dir) {
		j.git(dir, "update-index", "-q", "--refresh")
		return dir
	}
	j.git(j.top, append(append([]string{"init", "-q", "--bare"}, args...), up)...)
	j.git(j.top, append(append([]string{"init", "-q"}, args...), dir)...)
	when := 1700000000
	tick := func() { // ":/text" takes the newest, and of one second any
		when += 100
		j.t.Setenv("GIT_COMMITTER_DATE", fmt.Sprintf("%d +0000", when))
	}
	commit := func(message string, more ...string) {
		tick()
		j.git(dir, append([]string{"commit", "-q", "--allow-empty", "-m", message}, more...)...)
	}
	j.write(filepath.Join(dir, "a"), "a\n")
	j.git(dir, "add", "a")
	for i := range 4 {
		commit(fmt.Sprint("change ", i))
	}
	j.git(dir, "remote", "add", "origin", "../"+filepath.Base(up))
	j.git(dir, "push", "-q", "-u", "origin", "main")
	j.git(dir, "remote", "set-head", "origin", "main")
	j.git(dir, "checkout", "-q", "-b", "side", "HEAD~2")
	commit("a: b")
	commit("!bang")
	j.git(dir, "push", "-q", "-u", "origin", "side:main", "-f")
	j.git(dir, "checkout", "-q", "-b", "topic/deep", "main~1")
	commit("on topic a..b")
	j.git(dir, "checkout", "-q", "main~2")
	j.git(dir, "checkout", "-q", "main")
	tick()
	j.git(dir, "merge", "-q", "--no-ff", "-m", "octopus", "side", "topic/deep")
	commit("last")
	tick()
	loner := j.git(dir, "commit-tree", "-p", "side", "-m", "loner", "HEAD^{tree}")
	tick()
	j.git(dir, "merge", "-q", "--no-ff", "-m", "merge", loner)
	for i := range 3 {
		j.write(filepath.Join(dir, "a"), fmt.Sprint("stash ", i))
		tick()
		j.git(dir, "stash", "-q")
	}
	var refs strings.Builder
	for ref, at := range map[string]string{"tags/light": "HEAD~1", "heads/both": "side", "tags/both": "HEAD~2", "heads/odd@name": "HEAD", "heads/ünï": "HEAD~1",
		"heads/{x}": "HEAD~1", "heads/x-gbeef": "HEAD~1", "heads/0deadbeef": "HEAD~2", "heads/abcd": "side", "heads/a.b": "HEAD"} {
		fmt.Fprintf(&refs, "create refs/%s %s\n", ref, at)
	}
	j.gitInput(dir, refs.String(), "update-ref", "--stdin")
	j.git(dir, "tag", "-a", "-m", "tag", "v1", "HEAD~1")
	j.git(dir, "tag", "-a", "-m", "tag", "nested", "v1")
	j.git(dir, "tag", "-a", "-m", "tag", "blobtag", "HEAD:a")
	j.git(dir, "tag", "-a", "-m", "tag", "treetag", "HEAD^{tree}")
	j.git(dir, "branch", "-q", "--track", "local", "side")
	j.git(dir, "branch", "-q", "--track", "moved", "origin/main")
	j.git(dir, "config", "branch.moved.merge", "refs/heads/gone")
	j.git(dir, "-c", "core.logAllRefUpdates=false", "branch", "nolog")
	j.git(dir, "fetch", "-q", "origin", "main")
	j.keepMade("upstream of "+name, args, up)
	j.keepMade("revisions of "+name, args, dir)
	return dir
}

// opened gives what ParseRange and Resolve need.
func (j *judge) opened(dir string) (*Repo, *gitpack.Store) {
	j.t.Helper()
	r, err := Discover(dir)
	if err != nil {
		j.t.Fatal(err)
	}
	store, err := gitpack.Open(r.ObjectDirs(), r.HashSize)
	if err != nil {
		j.t.Fatal(err)
	}
	j.t.Cleanup(func() { store.Close() })
	return r, store
}

// revision is what git makes of an expression, peeled as Resolve does.
func (w *witness) revision(expression string) string {
	w.j.t.Helper()
	id := w.resolve(expression)
	if id != "" && (!strings.HasSuffix(expression, "}") || strings.Contains(expression, "@{")) {
		return w.resolve(id + "^{}")
	}
	return id
}

// refusedRevisions are what git resolves and this package does not, on purpose.
var refusedRevisions = map[string]bool{"main:": true, "main@{2 parsecs}": true}

func (j *judge) compareRevisions(dir string, expressions []string) {
	j.t.Helper()
	r, store := j.opened(dir)
	resolved := 0
	w := j.witness(dir)
	for _, expression := range expressions {
		want := w.revision(expression)
		id, err := r.Resolve(store, expression)
		if refusedRevisions[expression] {
			want = ""
		}
		if want != "" {
			resolved++
		}
		if err != nil && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), fmt.Sprintf("%q", expression))) {
			j.t.Errorf("the error of %q does not quote it, or is not one line: %v", expression, err)
		}
		if got := id.String(); got != want {
			j.t.Errorf("Resolve(%q) = %q (%v), git says %q", expression, got, err, want)
		}
	}
	j.t.Logf("%d expressions, %d of them resolve", len(expressions), resolved)
}

// ids abbreviates every object in several lengths.
func (j *judge) abbreviations(dir string) (out []string) {
	for _, id := range strings.Fields(j.git(dir, "rev-list", "--all", "--objects", "--no-object-names")) {
		out = append(out, id, strings.ToUpper(id), id[:4], id[:7], id[:9], "v1-3-g"+id[:7])
	}
	return out
}

// revisionForms are ways to store and open the repository.
var revisionForms = map[string]struct {
	init   []string
	change func(j *judge, dir string) (open string)
}{
	"loose":  {nil, func(_ *judge, dir string) string { return dir }},
	"packed": {nil, func(j *judge, dir string) string { j.git(dir, "gc", "-q"); return dir }},
	"sha256": {[]string{"--object-format=sha256"}, func(_ *judge, dir string) string { return dir }},
	"sha256 packed": {[]string{"--object-format=sha256"}, func(j *judge, dir string) string {
		j.git(dir, "repack", "-q", "-a", "-d") // unlike gc, it keeps the old entries of reflogs
		return dir
	}},
	"worktree": {nil, func(j *judge, dir string) string {
		j.git(dir, "worktree", "add", "-q", "../linked", "topic/deep")
		linked := filepath.Join(j.top, "linked")
		j.git(linked, "checkout", "-q", "local")
		j.git(linked, "checkout", "-q", "HEAD~1")
		return linked
	}},
}

// TestRevisionsAgainstGit resolves expressions and ranges in one repository of
// each form, which takes longer to make than to ask.
func TestRevisionsAgainstGit(t *testing.T) {
	for name, form := range revisionForms {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			dir := form.change(j, j.revisionRepo("r", form.init...))
			j.compareRevisions(dir, revisions)
			j.compareRevisions(dir, j.abbreviations(dir))
			j.compareRanges(dir)
		})
	}
}

// TestPushAgainstGit holds "@{push}" and "@{upstream}" against git under the
// settings that decide them.
func TestPushAgainstGit(t *testing.T) {
	settings := [][]string{
		{"push.default", "current"}, {"push.default", "upstream"}, {"push.default", "nothing"}, {"push.default", "matching"},
		{"branch.side.pushRemote", "nowhere"}, {"remote.pushDefault", "origin"},
		{"remote.origin.push", "refs/heads/side:refs/heads/main"},
		{"remote.origin.fetch", "refs/heads/gone:refs/heads/local"}, {"remote.origin.mirror", "true"}, {"branch.main.merge", "refs/heads/second"},
	}
	j := newJudge(t)
	dir := j.revisionRepo("r")
	config := filepath.Join(dir, ".git", "config")
	before, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range settings {
		j.write(config, string(before))
		j.git(dir, "config", "--add", setting[0], setting[1])
		t.Log(setting)
		j.compareRevisions(dir, []string{"@{push}", "side@{push}", "local@{push}", "moved@{push}", "nolog@{push}", "@{u}", "side@{u}", "moved@{u}", "local@{u}"})
	}
}

// randomHistory makes a repository whose history has merges of every shape,
// dates in no order, and a ref for each commit, so that all are to be found.
func (j *judge) randomHistory(random *rand.Rand, name string, commits int, packed bool) string {
	dir := filepath.Join(j.top, name)
	j.git(j.top, "init", "-q", dir)
	var stream strings.Builder
	for i := range commits {
		when := 1700000000 + i*100
		if random.IntN(4) == 0 {
			when = 1700000000 + random.IntN(commits*100)
		}
		fmt.Fprintf(&stream, "commit refs/heads/c%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata <<E\nc%d\nE\n", i, i+1, when, i)
		parents := map[int]bool{}
		for range min(i, 1+random.IntN(3)) {
			if parent := i - 1 - random.IntN(min(i, 6)); !parents[parent] {
				fmt.Fprintf(&stream, "%s :%d\n", map[bool]string{true: "from", false: "merge"}[len(parents) == 0], parent+1)
				parents[parent] = true
			}
		}
		stream.WriteByte('\n')
	}
	limit := map[bool]string{true: "1", false: "100000"}[packed]
	j.gitInput(dir, stream.String(), "-c", "fastimport.unpackLimit="+limit, "fast-import", "--quiet")
	j.git(dir, "symbolic-ref", "HEAD", fmt.Sprintf("refs/heads/c%d", commits-1))
	return dir
}

func TestMergeBasesAgainstGit(t *testing.T) {
	j := newJudge(t)
	random := rand.New(rand.NewPCG(3, 5))
	several := 0
	for n := range 6 {
		const commits = 40
		dir := j.randomHistory(random, fmt.Sprint("r", n), commits, n%2 == 0)
		r, store := j.opened(dir)
		var pairs []string
		for range 40 {
			pairs = append(pairs, fmt.Sprintf("c%d...c%d", random.IntN(commits), random.IntN(commits)))
		}
		// git shows of each pair its two ends and, excluded, their merge bases.
		said := strings.Fields(j.git(dir, append([]string{"rev-parse"}, pairs...)...))
		for _, pair := range pairs {
			var want []string
			for said = said[2:]; len(said) > 0 && said[0][0] == '^'; said = said[1:] {
				want = append(want, said[0][1:])
			}
			got, err := r.ParseRange(store, pair)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(want)
			if gotIDs := idStrings(got.Exclude); !slices.Equal(gotIDs, want) {
				t.Errorf("%s excludes %v, git says %v", pair, gotIDs, want)
			}
			if len(want) > 1 {
				several++
			}
		}
		if len(said) > 0 {
			t.Fatalf("git says more than was asked: %v", said)
		}
	}
	if several < 10 {
		t.Errorf("only %d pairs had more than one merge base: the test shows too little", several)
	}
}

func idStrings(ids []gitpack.ID) (out []string) {
	for _, id := range ids {
		out = append(out, id.String())
	}
	slices.Sort(out)
	return out
}

var ranges = []string{
	"main..side", "side..main", "main...side", "..side", "side..", "...side", "...", "main", "^main", "v1..main", "nested..main", "main^@", "main^!", "main^-", "main^-2", "main^-9", "^main^@", "^main^!", "side^{/a: b}..", ":/a..b",
	"--not main", "--not main --not side", "main --not side", "--not ^side main", "--not side..main", "--not main...side", "--not main^!",
	"--all", "--branches", "--tags", "--remotes", "--remotes=origin", "--remotes=orig*", "--remotes=nosuch", "--branches=topic", "--branches=[mt]*", "--branches=s?de", "--branches=t*p", "--tags=v*", "main --not --remotes=origin", "--all --not --tags",
	"--remotes=refs/remotes/origin", "topic/deep ^side --not light", "main..nested", "side...nested", "nested --not main", "nested ^v1", "v1 ^nested", "v1^!", "v1^@", "nested~1", "nested^0", "nested^{}", "nested^{tag}", "nested^{commit}", "--all ^nested", "v1..nested", "main --not --tags", "--tags --not HEAD", "--all --not --branches", "--reflog", "--reflog --not --all", "--glob=heads", "--glob=refs/tags/*", "--glob=heads/t*p --not main", "--exclude=main --branches", "--exclude=refs/heads/m* --all", "--exclude=origin/* --remotes --tags", "--exclude=main --exclude=s* --branches", "--exclude=HEAD --all", "--glob", "--exclude", "--exclude=refs/heads/* --glob=heads", "main@{1700000350}..main", "@{yesterday}..side", "main..nosuch", "nosuch..", "--nosuch", "--all=x", "HEAD^{tree}", "main..HEAD^{tree}", "blobtag",
}

// compareRanges compares the commits of a range, as they are reached from what
// ParseRange gives, with those that git lists for the arguments themselves.
func (j *judge) compareRanges(dir string) {
	j.t.Helper()
	r, store := j.opened(dir)
	parents, held := j.parents(dir), j.inCommits(dir)
	for _, line := range ranges {
		args := strings.Split(line, " ")
		if strings.HasPrefix(line, ":/") || strings.Contains(line, "{/") {
			args = []string{line}
		}
		all, wantErr := j.try(dir, append([]string{"rev-list", "--objects", "--no-object-names"}, append(args, "--")...)...)
		var commits []string
		for id := range strings.FieldsSeq(all) {
			if _, ok := parents[id]; ok {
				commits = append(commits, id)
			}
		}
		// git shows no commits of a tree or blob; here they are errors.
		wantErr = errors.Join(wantErr, map[string]error{"HEAD^{tree}": errNotCommit, "main..HEAD^{tree}": errNotCommit, "blobtag": errNotCommit}[line])
		got, err := r.ParseRange(store, args...)
		if (err != nil) != (wantErr != nil) {
			j.t.Errorf("ParseRange(%q): %v, git: %v", args, err, wantErr)
		}
		if err == nil && wantErr == nil {
			j.equal("commits of "+line, j.reached(parents, got), strings.Join(slices.Sorted(slices.Values(commits)), "\n"))
			j.equal("tags and others of "+line, besides(idStrings(slices.Concat(got.Tags, got.Others)), held), besides(strings.Fields(all), held))
		}
	}
}

// inCommits is the objects that any commit leads to.
func (j *judge) inCommits(dir string) map[string]bool {
	commits := strings.Fields(j.git(dir, "rev-list", "--all", "--reflog"))
	held := map[string]bool{}
	for id := range strings.FieldsSeq(j.git(dir, append([]string{"rev-list", "--objects", "--no-object-names"}, commits...)...)) {
		held[id] = true
	}
	return held
}

// besides lists the ones of some objects that no commit leads to.
func besides(ids []string, held map[string]bool) string {
	return strings.Join(slices.Sorted(slices.Values(slices.DeleteFunc(ids, func(id string) bool { return held[id] }))), "\n")
}

// parents lists every commit that has a name, with its parents.
func (j *judge) parents(dir string) map[string][]string {
	parents := map[string][]string{}
	for line := range strings.SplitSeq(j.git(dir, "rev-list", "--parents", "--all", "--reflog"), "\n") {
		ids := strings.Fields(line)
		parents[ids[0]] = ids[1:]
	}
	return parents
}

func (j *judge) reached(parents map[string][]string, got Range) string {
	j.t.Helper()
	reach := func(ids []string) map[string]bool {
		seen := map[string]bool{}
		for len(ids) > 0 {
			id := ids[len(ids)-1]
			above, ok := parents[id]
			if ids = ids[:len(ids)-1]; !ok {
				j.t.Errorf("git lists no commit %s", id)
			}
			if !seen[id] {
				seen[id] = true
				ids = append(ids, above...)
			}
		}
		return seen
	}
	included, excluded := reach(idStrings(got.Include)), reach(idStrings(got.Exclude))
	maps.DeleteFunc(included, func(id string, _ bool) bool { return excluded[id] })
	return strings.Join(slices.Sorted(maps.Keys(included)), "\n")
}

func TestMissing(t *testing.T) {
	j := newJudge(t)
	dir := j.revisionRepo("r")
	gone := strings.Repeat("12", 20)
	r, store := j.opened(dir)
	for _, args := range [][]string{{gone}, {gone + "..main"}, {"main..." + gone}, {gone + "~1"}} {
		if _, err := r.ParseRange(store, args...); !errors.Is(err, ErrMissing) {
			t.Errorf("ParseRange(%q): %v, want ErrMissing", args, err)
		}
	}
	if _, err := r.Resolve(store, "nosuch"); errors.Is(err, ErrMissing) || !errors.Is(err, errUnknown) {
		t.Errorf("a name that is unknown: %v", err)
	}
	shallow := filepath.Join(j.top, "shallow")
	j.git(j.top, "clone", "-q", "--depth=2", "file://"+filepath.ToSlash(dir), "shallow")
	base := j.git(dir, "rev-parse", "HEAD~4")
	r, store = j.opened(shallow)
	for _, args := range [][]string{{"HEAD~4"}, {"HEAD~2"}, {"HEAD~1^@"}} {
		if _, err := r.ParseRange(store, args...); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "shallow") {
			t.Errorf("shallow ParseRange(%q): %v, want ErrMissing that says so", args, err)
		}
	}
	for _, args := range [][]string{{base + ".."}, {base + "...HEAD"}, {"HEAD", "^HEAD~4"}, {"nosuch.."}, {"HEAD", "--not", "HEAD~2"}} {
		got, err := r.ParseRange(store, args...)
		if err != nil || len(got.Absent) != 1 || len(got.Include) != 1 || len(got.Exclude) != 0 {
			t.Errorf("shallow ParseRange(%q): %v, error %v, want HEAD alone", args, got, err)
		}
	}
	j.compareRevisions(shallow, []string{"HEAD", "HEAD~1", "HEAD~2", "HEAD^2", "nosuch", ":/last"})
}

func TestUnbornHead(t *testing.T) {
	j := newJudge(t)
	j.git(j.top, "init", "-q", "r")
	r, store := j.opened(filepath.Join(j.top, "r"))
	for _, expression := range []string{"HEAD", "@", "HEAD~1"} {
		if _, err := r.Resolve(store, expression); !errors.Is(err, errUnborn) {
			t.Errorf("%q: %v", expression, err)
		}
	}
	if got, err := r.ParseRange(store, "--all"); err != nil || len(got.Include) != 0 {
		t.Errorf("--all: %v, %v", got, err)
	}
}

// FuzzRevision states that no expression panics, that every error is one line,
// and that what resolves is in the repository.
func FuzzRevision(f *testing.F) {
	for _, expression := range append(slices.Clone(revisions), ranges...) {
		f.Add(expression)
	}
	dir := filepath.Join(f.TempDir(), "r")
	var r *Repo
	var store *gitpack.Store
	f.Fuzz(func(t *testing.T, expression string) {
		if r == nil {
			j := newJudge(t)
			j.top = filepath.Dir(dir)
			j.revisionRepo("r")
			var err error
			if r, err = Discover(dir); err != nil {
				t.Fatal(err)
			}
			if store, err = gitpack.Open(r.ObjectDirs(), r.HashSize); err != nil {
				t.Fatal(err)
			}
		}
		id, err := r.Resolve(store, expression)
		if err == nil {
			_, _, err := store.Read(id)
			if err != nil {
				t.Errorf("%q resolves to %s, which cannot be read: %v", expression, id, err)
			}
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: an error of several lines: %v", expression, err)
		}
		got, err := r.ParseRange(store, strings.Fields(expression)...)
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: an error of several lines: %v", expression, err)
		}
		for _, id := range append(got.Include, got.Exclude...) {
			if kind, _, err := store.Read(id); err != nil || kind != gitpack.Commit {
				t.Errorf("%q has %s in its range: %v, %v", expression, id, kind, err)
			}
		}
	})
}
