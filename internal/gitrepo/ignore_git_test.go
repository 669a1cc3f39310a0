package gitrepo

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

var (
	ignoreRounds = flag.Int("ignore.rounds", 0, "random repositories for each way of comparing ignore rules with git; 0 is a default for about 50,000 paths")
	ignoreSeed   = flag.Uint64("ignore.seed", 1, "seed of the first random repository")
)

// ignoreJudge is a repository in which git is asked the same.
type ignoreJudge struct {
	dir   string
	env   []string
	loose looseness // as this git reads patterns
	torn  int       // paths that git's versions are not of one mind about
}

func newIgnoreJudge(t testing.TB) *ignoreJudge {
	t.Helper()
	dir := t.TempDir()
	j := &ignoreJudge{dir: dir, env: append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"HOME="+dir, "XDG_CONFIG_HOME="+dir, "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "LC_ALL=C")}
	major, minor := gitVersion(string(j.git(t, nil, "version")))
	j.loose = always(major < 2 || major == 2 && minor < 52)
	j.git(t, nil, "init", "-q", "--template=")
	j.git(t, nil, "config", "core.excludesFile", usersPath)
	if err := os.Mkdir(filepath.Join(dir, ".git", "info"), 0o777); err != nil {
		t.Fatal(err)
	}
	return j
}

func always(loose bool) looseness { return func(bool) bool { return loose } }

func (j *ignoreJudge) git(t testing.TB, input []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = j.dir, j.env, bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	// check-ignore exits with 1 if it ignores none of the paths.
	if code := cmd.ProcessState.ExitCode(); err != nil && (!slices.Contains(args, "check-ignore") || code != 1) {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

// lay makes the repository's working tree that of tree, and nothing else.
func (j *ignoreJudge) lay(t testing.TB, tree *ignoreTree) {
	t.Helper()
	entries, err := os.ReadDir(j.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != ".git" {
			if err := os.RemoveAll(filepath.Join(j.dir, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, dir := range tree.dirs {
		if err := os.MkdirAll(filepath.Join(j.dir, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{excludePath, usersPath} {
		os.Remove(filepath.Join(j.dir, name))
	}
	for name, text := range tree.files {
		if err := os.WriteFile(filepath.Join(j.dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// answer returns git's verdicts on tree's paths.
func (j *ignoreJudge) answer(t testing.TB, tree *ignoreTree) []Verdict {
	t.Helper()
	var input bytes.Buffer
	for _, path := range tree.paths {
		input.WriteString("./" + path + "\x00") // without the "./", a path that begins with ":" would be a pathspec's magic
	}
	fields := strings.Split(string(j.git(t, input.Bytes(), "-c", "core.ignoreCase="+strconv.FormatBool(tree.fold), "check-ignore", "--no-index", "-z", "-v", "-n", "--stdin")), "\x00")
	if len(fields) != 4*len(tree.paths)+1 {
		t.Fatalf("git answered with %d fields for %d paths", len(fields), len(tree.paths))
	}
	verdicts := make([]Verdict, len(tree.paths))
	for i := range verdicts {
		source, pattern := fields[4*i], fields[4*i+2]
		line, _ := strconv.Atoi(fields[4*i+1])
		if source == "" {
			continue
		}
		outside := source == excludePath || source == usersPath
		verdicts[i] = Verdict{!strings.HasPrefix(pattern, "!"), source, line, pattern, outside}
	}
	return verdicts
}

// compare asks git and our own rules, and reports where they differ. ours is what our
// rules say where they leave no version of git out.
func (j *ignoreJudge) compare(t testing.TB, tree *ignoreTree) (differences int, ours []Verdict) {
	t.Helper()
	j.lay(t, tree)
	want := j.answer(t, tree)
	got, ours := j.checkSafe(t, tree)
	for i, path := range tree.paths {
		if got[i] == want[i] {
			continue
		}
		if differences++; differences == 1 {
			t.Errorf("%q (directory: %v, fold: %v)\n got %+v\nwant %+v\nfiles:\n%s", path, tree.isDir(path), tree.fold, got[i], want[i], tree.show())
		}
	}
	return differences, ours
}

// checkSafe holds that a file counts as ignored only if every version of git
// ignores it. It returns what is so for the judge's version, and for all.
func (j *ignoreJudge) checkSafe(t testing.TB, tree *ignoreTree) (judges, got []Verdict) {
	t.Helper()
	got = tree.answer(t)
	tree.loose = always(true)
	old := tree.answer(t)
	tree.loose = always(false)
	now := tree.answer(t)
	tree.loose = nil
	torn := sync.OnceValue(func() bool { return tree.torn(t) })
	for i, path := range tree.paths {
		if old[i] != now[i] {
			j.torn++
			if !torn() {
				t.Errorf("%q: old %+v, new %+v, and no list tells that they may differ\nfiles:\n%s", path, old[i], now[i], tree.show())
			}
		}
		if got[i].Ignored && !(old[i].Ignored && now[i].Ignored) {
			t.Errorf("%q: got %+v, old %+v, new %+v\nfiles:\n%s", path, got[i], old[i], now[i], tree.show())
		}
	}
	if j.loose(false) {
		return old, got
	}
	return now, got
}

// needByteNames skips a test that needs a file system on which a name is any bytes, and "A" is not "a".
func needByteNames(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the file system of " + runtime.GOOS + " does not take every name that this test makes")
	}
}

// TestIgnoreTablesAgainstGit keeps the tables above, and those of the matcher, true.
func TestIgnoreTablesAgainstGit(t *testing.T) {
	needByteNames(t)
	j := newIgnoreJudge(t)
	for _, cases := range ignoreCases {
		for _, c := range cases {
			j.compare(t, c.tree())
		}
	}
	for _, tree := range []*ignoreTree{wildcaseTree(pathCases, "/", false), wildcaseTree(nameCases, "", false), wildcaseTree(foldCases, "", true)} {
		j.compare(t, tree)
	}
}

// wildcaseTree gives each pattern a directory of its own, with it as the only line of the ignore file.
func wildcaseTree(groups map[string][]wildcase, anchor string, fold bool) *ignoreTree {
	tree := &ignoreTree{files: make(map[string]string), fold: fold}
	for _, cases := range groups {
		for _, c := range cases {
			dir := fmt.Sprintf("d%d", len(tree.dirs))
			tree.dirs = append(tree.dirs, dir)
			tree.files[dir+"/.gitignore"] = anchor + c.pattern + "\n"
			for _, text := range append(slices.Clone(c.yes), c.no...) {
				if text = strings.Trim(text, "/"); text != "" && !strings.HasPrefix(text, ".") {
					tree.paths = append(tree.paths, dir+"/"+text)
				}
			}
		}
	}
	return tree
}

// randomIgnore makes trees whose names and patterns come out of the same few pieces, so that they meet.
type randomIgnore struct {
	*rand.Rand
	names []string
}

var (
	plainNames = []string{"a", "b", "ab", "abc", "foo", "bar", "foo.txt", "x.log", "y.log", ".env", "node_modules", "A", "Foo", "X.LOG", "aB"}
	oddNames   = []string{" ", "a ", " a", "a b", "#a", "!a", `\`, `a\b`, "*", "a*", "?", "[a]", "[", "]", "a]", "-", "^", "é", "É", "\xff", "\xc3", "\x01", "\x7f",
		"a\tb", "a\nb", "a\r", "\r", ":a", ":(top)", "...", "a.", "~", "a~", "\"", "$", "\ufeffa", "0", "_", "a-b", "longer-name.tar.gz", "{a,b}", "(a)", "a+", "|"}
	patternPieces = []string{"*", "*", "*", "**", "**", "***", "?", "?", "[a-c]", "[!a]", "[^b]", "[]a]", "[a-]", `[\]]`, `[\\]`, "[[:alpha:]]", "[![:space:]]", "[[:punct:][:upper:]]",
		"[[:nope:]]", "[z-a]", "[A-F]", "[B-y]", "[", "[a", "\\", `\a`, `\*`, `\F`, `\ `, "[A]", "[é]", "[\x80-\xff]", "[/]", "a", "b", "o", ".", ".log", ".txt", "x", "A", " ", "\t", "é", "\xff", "\xc3"}
)

func pick[T any](r *randomIgnore, from []T) T { return from[r.IntN(len(from))] }

func (r *randomIgnore) name() string {
	switch r.IntN(8) {
	case 0:
		return pick(r, oddNames)
	case 1:
		if name := pick(r, r.names) + pick(r, oddNames); name != ".git" {
			return name
		}
	}
	return pick(r, r.names)
}

// component returns one component of a pattern.
func (r *randomIgnore) component() string {
	switch r.IntN(8) {
	case 0:
		return "*" + pick(r, r.names)
	case 1:
		return pick(r, r.names) + pick(r, patternPieces)
	case 2, 3:
		var b strings.Builder
		for range 1 + r.IntN(5) {
			b.WriteString(pick(r, patternPieces))
		}
		return b.String()
	case 4: // a name with one byte made a wildcard or escaped
		name := r.name()
		i := r.IntN(len(name))
		return name[:i] + pick(r, []string{"?", "*", "**", `\` + name[i:i+1], "[" + name[i:i+1] + "]", "[!" + name[i:i+1] + "]"}) + name[i+1:]
	case 5:
		return r.name()
	}
	return pick(r, r.names)
}

func (r *randomIgnore) pattern() string {
	var b strings.Builder
	if r.IntN(3) == 0 {
		b.WriteByte('!')
	}
	if r.IntN(3) == 0 {
		b.WriteByte('/')
	}
	parts := []string{r.component()}
	for r.IntN(2) == 0 {
		parts = append(parts, r.component())
	}
	// A lone star ignores everything, and a tree in which everything is ignored tells nothing.
	if len(parts) > 1 || r.IntN(40) == 0 {
		if i := r.IntN(2 * len(parts)); i < len(parts) {
			parts[i] = pick(r, []string{"*", "**", "**", "***"})
		}
	}
	for i, part := range parts {
		if i > 0 {
			b.WriteString(pick(r, []string{"/", "/", "/", "/", "/", "/", "/", "/", `\/`, "//"}))
		}
		b.WriteString(part)
	}
	if r.IntN(5) == 0 {
		b.WriteByte('/')
	}
	return b.String()
}

func (r *randomIgnore) file() string {
	var b strings.Builder
	if r.IntN(12) == 0 {
		b.WriteString("\ufeff")
	}
	end := "\n"
	if r.IntN(6) == 0 {
		end = "\r\n"
	}
	lines := 1 + r.IntN(6)
	if r.IntN(8) == 0 {
		lines += 40
	}
	for range lines {
		switch r.IntN(16) {
		case 0:
			b.WriteString(pick(r, []string{"", "#", "# a", " ", "!", "/", "!/", "//", "\r", "\t", "\\", "\\ "}))
		case 1:
			b.WriteString(r.pattern() + pick(r, []string{" ", "  ", `\ `, `\  `, " \r", "\t", "\r", "\x00x", "\x00", `\\ `}))
		case 2:
			b.WriteString(pick(r, []string{" ", "\\", "#", "!!", "//"}) + r.pattern())
		default:
			b.WriteString(r.pattern())
		}
		b.WriteString(end)
	}
	text := b.String()
	if r.IntN(6) == 0 {
		text = text[:len(text)-1]
	}
	return text
}

// tree makes a working tree with ignore files at several levels and about 400 paths to ask about.
func (r *randomIgnore) tree(sources, fold bool) *ignoreTree {
	r.names = make([]string, 6)
	for i := range r.names {
		r.names[i] = pick(r, plainNames)
	}
	tree := &ignoreTree{files: topIgnore(r.file()), fold: fold}
	seen := map[string]bool{".gitignore": true}
	parents := []string{""}
	for range 60 {
		path := pick(r, parents) + r.name()
		if seen[path] || strings.Count(path, "/") > 5 {
			continue
		}
		seen[path] = true
		tree.dirs = append(tree.dirs, path)
		parents = append(parents, path+"/")
		if r.IntN(4) == 0 {
			tree.files[path+"/.gitignore"] = r.file()
		}
	}
	tree.paths = slices.Clone(tree.dirs)
	for range 350 {
		if path := pick(r, parents) + r.name(); !seen[path] {
			seen[path] = true
			tree.paths = append(tree.paths, path)
		}
	}
	if sources {
		tree.files[usersPath], tree.files[excludePath] = r.file(), r.file()
	}
	return tree
}

// TestIgnoreDifferential compares with git on random trees. With -ignore.rounds=1000 it asks about some 800,000 paths.
func TestIgnoreDifferential(t *testing.T) {
	needByteNames(t)
	for _, c := range []struct {
		name          string
		rounds        int
		sources, fold bool
	}{
		{"gitignore", 90, false, false},
		{"excludes", 60, true, false},
		{"ignoreCase", 40, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			rounds := c.rounds
			if *ignoreRounds > 0 {
				rounds = *ignoreRounds
			} else if testing.Short() {
				rounds /= 10
			}
			j := newIgnoreJudge(t)
			paths, decided, ignored, nested, differences := 0, 0, 0, 0, 0
			for round := range rounds {
				seed := *ignoreSeed + uint64(round)
				r := &randomIgnore{Rand: rand.New(rand.NewPCG(seed, 0))}
				tree := r.tree(c.sources, c.fold)
				n, ours := j.compare(t, tree)
				if n > 0 {
					t.Logf("seed %d: %d differences", seed, n)
					differences += n
				}
				for _, v := range ours {
					paths++
					if v.Line > 0 {
						decided++
					}
					if v.Ignored {
						ignored++
					}
					if strings.Contains(v.Source, "/.gitignore") {
						nested++
					}
				}
			}
			if j.torn == 0 && !testing.Short() {
				t.Error("no path shows where git's versions differ")
			}
			t.Logf("%d paths, a line decided %d (%d in a subdirectory's file), %d ignored, %d differences", paths, decided, nested, ignored, differences)
			// A generator whose patterns never meet its names, or always do, would compare nothing.
			if decided < paths/5 || nested < paths/50 || ignored < paths/8 || paths-ignored < paths/8 {
				t.Error("the random trees are too one-sided to tell")
			}
		})
	}
}

// TestIgnoreClassesAgainstGit asks git about every byte that a name can have, alone and under core.ignoreCase.
func TestIgnoreClassesAgainstGit(t *testing.T) {
	needByteNames(t)
	j := newIgnoreJudge(t)
	for _, fold := range []bool{false, true} {
		tree := &ignoreTree{files: make(map[string]string), fold: fold}
		patterns := []string{"[A-Z]", "[Z-a]", "[!a-f]", "[^B]", "?", "[\x7f-\x90]", `[\a-\f]`}
		for name := range posixClasses {
			patterns = append(patterns, "[[:"+name+":]]", "[![:"+name+":]]")
		}
		for _, pattern := range patterns {
			dir := fmt.Sprintf("d%d", len(tree.dirs))
			tree.dirs = append(tree.dirs, dir)
			tree.files[dir+"/.gitignore"] = "x" + pattern + "\n"
			for ch := 1; ch < 256; ch++ {
				if ch != '/' {
					tree.paths = append(tree.paths, dir+"/x"+string([]byte{byte(ch)}))
				}
			}
		}
		j.compare(t, tree)
	}
}

// TestIgnoreWalk walks a real tree with Dir and Match, as a scan does, and compares with the files that git lists.
func TestIgnoreWalk(t *testing.T) {
	needByteNames(t)
	j := newIgnoreJudge(t)
	for seed := range uint64(12) {
		r := &randomIgnore{Rand: rand.New(rand.NewPCG(seed, 1))}
		tree := r.tree(true, false)
		j.lay(t, tree)
		for _, path := range tree.paths {
			if !tree.isDir(path) {
				if err := os.WriteFile(filepath.Join(j.dir, path), nil, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		listed := string(j.git(t, nil, "ls-files", "-z", "--others", "--exclude-standard"))
		want := strings.FieldsFunc(listed, func(r rune) bool { return r == 0 })
		tree.loose = j.loose
		lists := tree.parse(t)
		top := NewIgnore(lists[usersPath], lists[excludePath], lists[".gitignore"])
		got := walkIgnore(t, j.dir, "", top, lists)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %q, want %q\n%s", seed, got, want, tree.show())
		}
	}
}

func walkIgnore(t *testing.T, root, dir string, ig *Ignore, lists map[string]*IgnoreList) []string {
	entries, err := os.ReadDir(filepath.Join(root, dir))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		path := dir + e.Name()
		if path == ".git" || ig.Match(e.Name(), e.IsDir()).Ignored {
			continue
		}
		if e.IsDir() {
			files = append(files, walkIgnore(t, root, path+"/", ig.Dir(e.Name(), nil).With(lists[path+"/.gitignore"]), lists)...)
		} else {
			files = append(files, path)
		}
	}
	return files
}

// matchPath answers for a path as a walk does on its way there; load returns the
// .gitignore of a directory.
func matchPath(ig *Ignore, path string, isDir bool, load func(dir string) *IgnoreList) Verdict {
	for done := 0; ; {
		name, _, more := strings.Cut(path[done:], "/")
		if !more {
			return ig.Match(name, isDir)
		}
		if v := ig.Match(name, true); v.Ignored {
			return v
		}
		done += len(name) + 1
		ig = ig.Dir(name, load(path[:done-1]))
	}
}
