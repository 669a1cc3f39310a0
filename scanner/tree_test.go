package scanner

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A treeGrower makes a random working tree, with repositories in it. Every
// file holds the same key.
type treeGrower struct {
	*gitRepo
	random           *rand.Rand
	text             string
	files            []string
	repos            []string            // tops of all repositories, "" the outer one
	adds             map[string][]string // files to be tracked, by top, from there
	hidden           int                 // ignore files that only the index has
	recased, adopted int                 // files whose case differs from the index; that an outer repository tracks in an inner one
}

var (
	growDirs    = []string{"src", "build2", "logs", "node_modules", "vendor", "d e", "tmp"}
	growFiles   = []string{"a", "b.log", ".env", "c.txt", "keep.log", "x.o"}
	growIgnores = []string{
		"*.log", "!keep.log", "/build2/", "node_modules", "logs/*", "!logs/src", "c.txt", "/src/a", "*.o", "tmp/",
		"vendor/**/b.log", "!*.txt", "d\\ e/a", ".env", "a", "!a", "# c.txt", "src/**", "?.txt", "[a-c]",
	}
)

func (g *treeGrower) pick(from []string) string { return from[g.random.IntN(len(from))] }

// ignores writes a file of ignore rules.
func (g *treeGrower) ignores(name string) {
	var lines []string
	for range 1 + g.random.IntN(4) {
		lines = append(lines, g.pick(growIgnores))
	}
	g.write(name, strings.Join(lines, "\n")+"\n")
}

// grow makes a directory with what is in it; top is its repository.
func (g *treeGrower) grow(top, dir string, depth int) {
	g.Helper()
	if g.random.IntN(3) == 0 {
		g.ignores(joinPath(dir, ".gitignore"))
		if g.random.IntN(2) == 0 {
			g.adds[top] = append(g.adds[top], strings.TrimPrefix(joinPath(dir, ".gitignore")[len(top):], "/"))
		}
	}
	for _, name := range growFiles {
		path := joinPath(dir, name)
		if g.random.IntN(2) == 0 {
			continue
		}
		g.write(path, g.text)
		g.files = append(g.files, path)
		if g.random.IntN(3) == 0 {
			g.adds[top] = append(g.adds[top], strings.TrimPrefix(path[len(top):], "/"))
		}
	}
	for range min(depth, 3) {
		sub := joinPath(dir, g.pick(growDirs))
		if exists(filepath.Join(g.dir, sub)) {
			continue
		}
		if err := os.MkdirAll(filepath.Join(g.dir, sub), 0o755); err != nil {
			g.Fatal(err)
		}
		below := top
		if g.random.IntN(6) == 0 {
			g.git("init", "-q", "-b", "main", sub)
			below = sub
			g.repos = append(g.repos, sub)
		}
		g.grow(below, sub, depth-1)
	}
}

// add has git track what is to be tracked, ignored or not.
func (g *treeGrower) add() {
	g.Helper()
	for top, paths := range g.adds {
		g.gitInput(strings.Join(paths, "\x00"), "-C", filepath.Join(g.dir, top), "--literal-pathspecs", "add", "-f", "--pathspec-from-file=-", "--pathspec-file-nul")
	}
	clear(g.adds)
}

// standings asks git about every file. A file that an outer repository tracks
// inside an inner one is tracked, and so is one that only HEAD has.
func (g *treeGrower) standings() map[string]rules.Standing {
	g.Helper()
	standings := map[string]rules.Standing{}
	for _, top := range g.repos { // inner ones come after outer ones
		in := func(args ...string) []string {
			out := g.git(append([]string{"-C", filepath.Join(g.dir, top)}, args...)...)
			return strings.FieldsFunc(out, func(r rune) bool { return r == 0 })
		}
		var mine []string
		for _, path := range g.files {
			if rel, ok := relativeTo(path, top); ok {
				if standings[path] != rules.Tracked {
					standings[path] = rules.Untracked
				}
				mine = append(mine, rel)
			}
		}
		staged := in("ls-files", "-z")
		if g.recased > 0 && top == "" {
			staged = append(staged, g.otherwise(staged)...)
		}
		for _, rel := range append(staged, g.committed(top)...) {
			if path := joinPath(top, rel); standings[path] != "" { // no submodule, and none that is not checked out
				standings[path] = rules.Tracked
			}
		}
		ignored := in("ls-files", "-z", "-o", "-i", "--exclude-standard")
		for _, rel := range mine {
			// git names no file of an inner repository.
			if path := joinPath(top, rel); standings[path] != rules.Tracked && slices.Contains(ignored, rel) {
				standings[path] = rules.Ignored
			}
		}
	}
	return standings
}

// committed lists the files that HEAD of a repository has.
func (g *treeGrower) committed(top string) []string {
	g.Helper()
	in := []string{"-C", filepath.Join(g.dir, top)}
	if g.gitFails(append(in, "rev-parse", "-q", "--verify", "HEAD")...) {
		return nil
	}
	out := g.git(append(in, "ls-tree", "-r", "-z", "--name-only", "HEAD")...)
	return strings.FieldsFunc(out, func(r rune) bool { return r == 0 })
}

// link makes submodules of some repositories: the one around each tracks its
// commit.
func (g *treeGrower) link() (linked int) {
	g.Helper()
	for i, top := range g.repos[1:] {
		if g.random.IntN(2) == 0 {
			continue
		}
		around := ""
		for _, outer := range g.repos[1 : i+1] {
			if strings.HasPrefix(top, outer+"/") {
				around = outer
			}
		}
		g.git("-C", filepath.Join(g.dir, top), "commit", "-qm", "module", "--allow-empty")
		rel, _ := relativeTo(top, around)
		g.git("-C", filepath.Join(g.dir, around), "add", "-f", rel)
		linked++
	}
	return linked
}

// thin leaves a part of the outer repository's files out of the working tree,
// by directories (and then out of the index, too) or by patterns.
func (g *treeGrower) thin(cone bool) (left int) {
	g.Helper()
	g.git("commit", "-qm", "all", "--allow-empty")
	if cone {
		g.git("sparse-checkout", "set", "--cone", "--sparse-index", "src", "logs")
	} else {
		g.git("sparse-checkout", "set", "--no-cone", "/*", "!a", "!src/", "*.log")
	}
	all := len(g.files)
	gone := func(path string) bool { return !exists(filepath.Join(g.dir, path)) }
	g.files, g.repos = slices.DeleteFunc(g.files, gone), slices.DeleteFunc(g.repos, gone)
	return all - len(g.files)
}

// regrow makes files where a sparse checkout left directories out, which are
// then judged by ignore files that only the index has.
func (g *treeGrower) regrow() {
	g.Helper()
	for line := range strings.SplitSeq(g.git("ls-files", "-z"), "\x00") {
		dir, name := splitPath(line)
		if path := joinPath(dir, g.pick(growFiles)+"2"); name == ".gitignore" && !exists(filepath.Join(g.dir, line)) && !exists(filepath.Join(g.dir, path)) {
			g.hidden++
			for _, path := range []string{path, joinPath(dir, "z.log"), joinPath(dir, "z.txt")} {
				g.write(path, g.text)
				g.files = append(g.files, path)
			}
		}
	}
}

// hide leaves some ignore files to the index.
func (g *treeGrower) hide() {
	g.Helper()
	var hidden strings.Builder
	for line := range strings.SplitSeq(g.git("ls-files", "-s", "-z"), "\x00") {
		meta, path, _ := strings.Cut(line, "\t")
		if strings.HasSuffix(path, ".gitignore") && strings.HasSuffix(meta, " 0") && g.random.IntN(2) == 0 && os.Remove(filepath.Join(g.dir, path)) == nil {
			g.hidden++
			hidden.WriteString(path + "\x00")
		}
	}
	g.gitInput(hidden.String(), "update-index", "-z", "--skip-worktree", "--stdin")
}

// unsettle brings the index of the outer repository into the states that it can
// have: staged and taken out again, in conflict, intended, not to be checked out.
func (g *treeGrower) unsettle() {
	g.Helper()
	var info, skip, trust strings.Builder
	intend := []string{"add", "-f", "-N", "--"}
	for line := range strings.SplitSeq(g.git("ls-files", "-s", "-z"), "\x00") {
		meta, path, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(meta, "160000") || !exists(filepath.Join(g.dir, path)) {
			continue // a submodule, or not checked out
		}
		id := strings.Fields(meta)[1]
		out := "0 " + strings.Repeat("0", 40) + "\t" + path + "\n"
		switch g.random.IntN(8) {
		case 0:
			info.WriteString(out)
		case 1:
			info.WriteString(out)
			intend = append(intend, path)
		case 2:
			info.WriteString(out + "100644 " + id + " 1\t" + path + "\n100644 " + id + " 3\t" + path + "\n")
		case 3:
			skip.WriteString(path + "\x00")
		case 4:
			trust.WriteString(path + "\x00")
		}
	}
	g.gitInput(skip.String(), "update-index", "-z", "--skip-worktree", "--stdin")
	g.gitInput(trust.String(), "update-index", "-z", "--assume-unchanged", "--stdin")
	g.gitInput(info.String(), "update-index", "--index-info")
	if len(intend) > 4 {
		g.git(intend...)
	}
}

// recase makes the outer repository one for a file system that does not tell
// upper case from lower, and renames files and directories in that alone.
func (g *treeGrower) recase() {
	g.Helper()
	g.git("config", "core.ignoreCase", "true")
	rename := func(from, to string) {
		if exists(filepath.Join(g.dir, to)) {
			return
		}
		if err := os.Rename(filepath.Join(g.dir, from), filepath.Join(g.dir, to)); err != nil {
			g.Fatal(err)
		}
		for i, path := range g.files {
			if rest, ok := strings.CutPrefix(path, from); ok && (rest == "" || rest[0] == '/') {
				g.files[i] = to + rest
			}
		}
		g.recased++
	}
	for _, path := range slices.Clone(g.files) {
		if dir, name := splitPath(path); g.random.IntN(3) == 0 && exists(filepath.Join(g.dir, path)) {
			rename(path, joinPath(dir, strings.ToUpper(name)))
		}
	}
	for _, dir := range growDirs {
		inner := func(top string) bool { return top == dir || strings.HasPrefix(top, dir+"/") }
		if g.random.IntN(2) == 0 && exists(filepath.Join(g.dir, dir)) && !slices.ContainsFunc(g.repos, inner) {
			rename(dir, strings.ToUpper(dir))
		}
	}
}

// otherwise lists the files that the outer repository's index has by names that
// differ in case, as git sees it.
func (g *treeGrower) otherwise(staged []string) (paths []string) {
	known := map[string]bool{}
	for _, path := range staged {
		known[strings.ToLower(path)] = true
	}
	for _, path := range g.files {
		if known[strings.ToLower(path)] {
			paths = append(paths, path)
		}
	}
	return paths
}

// inner reports whether a file lies in a repository inside the outer one.
func (g *treeGrower) inner(path string) bool {
	return slices.ContainsFunc(g.repos, func(top string) bool { return top != "" && strings.HasPrefix(path, top+"/") })
}

// adopt has the outer repository track files in the inner ones, as it may have
// before these were made.
func (g *treeGrower) adopt() {
	g.Helper()
	var info strings.Builder
	id := g.gitInput(g.text, "hash-object", "-w", "--stdin")
	for _, path := range g.files {
		if g.inner(path) && g.random.IntN(3) == 0 {
			info.WriteString("100644 " + id + "\t" + path + "\n")
			g.adopted++
		}
	}
	g.gitInput(info.String(), "update-index", "--add", "--replace", "--index-info") // a submodule is none then
}

// checkStatus holds what standings says to another word of git's.
func (g *treeGrower) checkStatus(t *testing.T, standings map[string]rules.Standing) {
	t.Helper()
	codes := map[string]rules.Standing{"??": rules.Untracked, "!!": rules.Ignored}
	committed := g.committed("")
	for line := range strings.SplitSeq(g.git("status", "--porcelain", "-z", "--no-renames", "--ignored=matching", "--untracked-files=all"), "\x00") {
		if len(line) < 4 || strings.HasSuffix(line, "/") || g.inner(line[3:]) {
			continue // a directory that is ignored, or another repository, which has its own say
		}
		want, known := codes[line[:2]]
		if !known || slices.Contains(committed, line[3:]) {
			want = rules.Tracked
		}
		if got, ours := standings[line[3:]]; ours && got != want && !(line[0] == 'D' && want == rules.Tracked) {
			t.Errorf("%s is %s, git status says %q", line[3:], got, line[:2])
		}
	}
}

// relativeTo is a path from a directory above it.
func relativeTo(path, dir string) (string, bool) {
	if dir == "" {
		return path, true
	}
	return strings.CutPrefix(path, dir+"/")
}

// TestStandingAgainstGit holds the standing of every file of random trees to
// git's word: ignore files at several levels, files that are tracked though
// ignored, repositories in repositories and submodules, sparse checkouts.
func TestStandingAgainstGit(t *testing.T) {
	secret := factsKey(2000)
	counts := map[rules.Standing]int{}
	linked, left, hidden, recased, adopted := 0, 0, 0, 0, 0
	for seed := range uint64(12) {
		g := &treeGrower{gitRepo: newGitRepo(t), random: rand.New(rand.NewPCG(seed, 9)), text: "k = " + secret + "\n", repos: []string{""}, adds: map[string][]string{}}
		g.ignores(".git/info/exclude")
		g.grow("", "", 4)
		g.add()
		linked += g.link()
		if seed%4 == 1 || seed%4 == 2 {
			left += g.thin(seed%4 == 1)
			g.regrow()
		}
		if seed%4 != 1 { // which would write the whole index again
			g.unsettle()
			g.hide()
		}
		if seed%4 == 3 {
			g.recase()
		}
		if seed%4 == 0 || seed%4 == 3 {
			g.adopt()
		}
		hidden, recased, adopted = hidden+g.hidden, recased+g.recased, adopted+g.adopted
		want := g.standings()
		g.checkStatus(t, want)
		got := map[string]rules.Standing{}
		for _, k := range g.scan(Options{Ignored: true, History: HistoryNever}) {
			for _, o := range k.Occurrences {
				if _, twice := got[o.Path]; twice {
					t.Errorf("seed %d: %s: twice", seed, o.Path)
				}
				got[o.Path] = o.Standing
			}
		}
		for path, standing := range want {
			counts[standing]++
			if got[path] != standing {
				t.Errorf("seed %d: %s: %q, git says %s", seed, path, got[path], standing)
			}
		}
		if len(got) != len(want) {
			t.Errorf("seed %d: %d files read, there are %d", seed, len(got), len(want))
		}
		g.checkUnread(t, want)
		g.checkStarts(t, want)
		g.checkFiles(t, want)
		g.checkHistory(t, seed, want)
	}
	if recased < 20 || adopted < 8 {
		t.Errorf("only %d files by names in another case, and %d tracked from outside", recased, adopted)
	}
	if linked < 8 || left < 40 || hidden < 8 {
		t.Errorf("only %d submodules, %d files left out of sparse checkouts, and %d ignore files in an index alone", linked, left, hidden)
	}
	for _, standing := range []rules.Standing{rules.Tracked, rules.Untracked, rules.Ignored} {
		if counts[standing] < 50 {
			t.Errorf("only %d files are %s", counts[standing], standing)
		}
	}
}

// checkUnread reads nothing that git ignores and no rule fits, and everything
// else.
func (g *treeGrower) checkUnread(t *testing.T, want map[string]rules.Standing) {
	t.Helper()
	got := map[string]bool{}
	for _, k := range g.scan(Options{History: HistoryNever}) {
		for _, o := range k.Occurrences {
			got[o.Path] = true
		}
	}
	for path, standing := range want {
		if standing != rules.Ignored && !got[path] && !g.inDependency(path) {
			t.Errorf("%s is %s and was not read", path, standing)
		}
		if standing == rules.Ignored && got[path] && !isEnvFile(path) {
			t.Errorf("%s is ignored and was read", path)
		}
	}
}

// inDependency reports whether the repository of a file lies in other people's
// code, which is left alone where it is ignored.
func (g *treeGrower) inDependency(path string) bool {
	top := ""
	for _, repo := range g.repos {
		if strings.HasPrefix(path, repo+"/") {
			top = repo
		}
	}
	return slices.ContainsFunc(strings.Split(top, "/"), isDependencyDir)
}

// checkStarts scans every directory by itself: standings and what finding ids
// are made of must not depend on where a scan starts.
func (g *treeGrower) checkStarts(t *testing.T, want map[string]rules.Standing) {
	t.Helper()
	homes := map[string]string{}
	for _, k := range g.scan(Options{Ignored: true, History: HistoryNever}) {
		for _, o := range k.Occurrences {
			homes[o.Path] = o.Home
		}
	}
	dirs := map[string]bool{}
	for path := range want {
		dir, _ := splitPath(path)
		dirs[dir] = dir != ""
	}
	for dir, below := range dirs {
		if !below {
			continue
		}
		n := 0
		for _, k := range g.scan(Options{Paths: []string{filepath.Join(g.dir, dir)}, Ignored: true, History: HistoryNever}) {
			for _, o := range k.Occurrences {
				n++
				path := dir + "/" + o.Path
				if o.Standing != want[path] || o.Home != homes[path] {
					t.Errorf("from %s: %s is %s at home %s, from the top %s at %s", dir, o.Path, o.Standing, o.Home, want[path], homes[path])
				}
			}
		}
		for path := range want {
			if strings.HasPrefix(path, dir+"/") {
				n--
			}
		}
		if n != 0 {
			t.Errorf("from %s: %d files more than there are", dir, n)
		}
	}
}

// checkFiles scans some files by themselves, and some together.
func (g *treeGrower) checkFiles(t *testing.T, want map[string]rules.Standing) {
	t.Helper()
	var together []string
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if g.random.IntN(6) > 0 {
			continue
		}
		abs := filepath.Join(g.dir, path)
		together = append(together, abs)
		for _, k := range g.scan(Options{Paths: []string{abs}}) {
			for _, o := range k.Occurrences {
				if o.Standing != want[path] {
					t.Errorf("%s by itself is %s, from the top %s", path, o.Standing, want[path])
				}
			}
		}
	}
	n := 0
	for _, k := range g.scan(Options{Paths: together}) {
		for _, o := range k.Occurrences {
			n++
			rel, err := filepath.Rel(g.dir, filepath.FromSlash(o.Path))
			if path := filepath.ToSlash(rel); err != nil || o.Standing != want[path] {
				t.Errorf("%s with others is %s, from the top %s", path, o.Standing, want[path])
			}
		}
	}
	if n != len(together) {
		t.Errorf("%d files of %d were read", n, len(together))
	}
}

// checkHistory scans the databases too, which must say nothing else of a file,
// and nothing of it a second time.
func (g *treeGrower) checkHistory(t *testing.T, seed uint64, want map[string]rules.Standing) {
	t.Helper()
	seen := map[string]bool{}
	for _, k := range g.scan(Options{Ignored: true}) {
		for _, o := range k.Occurrences {
			if seen[o.Path] {
				t.Errorf("seed %d, with history: %s: twice, %s %q %+v", seed, o.Path, o.Home, o.Standing, o.Past)
			}
			seen[o.Path] = true
			if standing, there := want[o.Path]; there && o.Standing != standing {
				t.Errorf("seed %d, with history: %s: %q, git says %s", seed, o.Path, o.Standing, standing)
			}
		}
	}
	for path := range want {
		if !seen[path] {
			t.Errorf("seed %d, with history: %s is missing", seed, path)
		}
	}
}

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
	if len(result.Problems) != 1 || result.Problems[0].Path != "broken" || result.Scanned.Complete {
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
