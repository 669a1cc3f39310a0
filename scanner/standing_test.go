package scanner

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/rules"
)

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
	out, err := g.command("-C", filepath.Join(g.dir, top), "ls-tree", "-r", "-z", "--name-only", "HEAD").Output()
	if err != nil {
		return nil // no commit yet
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
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
	linked, left, hidden, recased, adopted, alone := 0, 0, 0, 0, 0, 0
	for seed := range uint64(8) {
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
		alone += g.checkUnread(t, want)
		g.checkStarts(t, want)
		g.checkFiles(t, want)
		g.checkHistory(t, seed, want)
	}
	if recased < 20 || adopted < 8 || alone < 8 {
		t.Errorf("only %d files by names in another case, %d tracked from outside, and %d ignored on this machine alone", recased, adopted, alone)
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

// ignoredAlone are the files that git ignores by a rule that is on this machine alone.
func (g *treeGrower) ignoredAlone(standings map[string]rules.Standing) map[string]bool {
	g.Helper()
	alone := map[string]bool{}
	for _, top := range g.repos {
		var ask strings.Builder
		for path, standing := range standings {
			if rel, ok := relativeTo(path, top); ok && standing == rules.Ignored && g.repoOf(path) == top {
				ask.WriteString(rel + "\x00")
			}
		}
		check := g.command("-C", filepath.Join(g.dir, top), "check-ignore", "-v", "-z", "--stdin")
		check.Stdin = strings.NewReader(ask.String())
		out, _ := check.Output() // it fails where nothing is ignored
		fields := strings.Split(string(out), "\x00")
		for ; len(fields) >= 4; fields = fields[4:] { // source, line, pattern, path
			alone[joinPath(top, fields[3])] = filepath.Base(fields[0]) != ".gitignore"
		}
	}
	return alone
}

// repoOf is the innermost repository that a file lies in.
func (g *treeGrower) repoOf(path string) (innermost string) {
	for _, top := range g.repos { // inner ones come after outer ones
		if _, ok := relativeTo(path, top); ok {
			innermost = top
		}
	}
	return innermost
}

// checkUnread reads nothing that git ignores for everybody and no rule fits, and
// everything else.
func (g *treeGrower) checkUnread(t *testing.T, want map[string]rules.Standing) (ignoredAlone int) {
	t.Helper()
	got := map[string]bool{}
	for _, k := range g.scan(Options{History: HistoryNever}) {
		for _, o := range k.Occurrences {
			got[o.Path] = true
		}
	}
	alone := g.ignoredAlone(want)
	for path, standing := range want {
		open := standing != rules.Ignored || alone[path]
		if alone[path] && got[path] {
			ignoredAlone++
		}
		leaves := g.inDependency(path) || alone[path] && slices.ContainsFunc(strings.Split(path, "/"), isDependencyDir)
		if open && !got[path] && !leaves {
			t.Errorf("%s is %s and was not read", path, standing)
		}
		if !open && got[path] && !isEnvFile(path) {
			t.Errorf("%s is ignored and was read", path)
		}
	}
	return ignoredAlone
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
