package gitrepo

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A judge is a git in an environment of its own: what it says of a repository is
// right. INSPLINT_TEST_GIT names another git than the one on PATH.
type judge struct {
	t      testing.TB
	binary string
	top    string // a fresh directory without symbolic links
}

// newJudge also gives this process the judge's environment, so that both read
// the same configuration.
func newJudge(t testing.TB) *judge {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GIT_") && name != "GIT_EXEC_PATH" {
			t.Setenv(name, "") // restores it afterwards
			os.Unsetenv(name)
		}
	}
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(top, "home")
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": "", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": top,
		"GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com",
		"GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "committer@example.com",
		"GIT_AUTHOR_DATE": "1700000000 +0130", "GIT_COMMITTER_DATE": "1700000001 -0230",
	} {
		t.Setenv(name, value)
	}
	j := &judge{t: t, binary: "git", top: top}
	if other := os.Getenv("INSPLINT_TEST_GIT"); other != "" {
		j.binary = other
	}
	j.write(filepath.Join(home, ".gitconfig"), "[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n[maintenance]\n\tauto = false\n[core]\n\tfsync = none\n")
	return j
}

func (j *judge) try(dir string, args ...string) (string, error) { return j.run(dir, "", args) }

func (j *judge) run(dir, input string, args []string) (string, error) {
	cmd := exec.Command(j.binary, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("git %v: %w\n%s", args, err, stderr.String())
	}
	return string(out), err
}

func (j *judge) git(dir string, args ...string) string {
	j.t.Helper()
	return j.gitInput(dir, "", args...)
}

// gitInput is git with something to read.
func (j *judge) gitInput(dir, input string, args ...string) string {
	j.t.Helper()
	out, err := j.run(dir, input, args)
	if err != nil {
		j.t.Fatal(err)
	}
	return strings.TrimRight(out, "\n")
}

// needs skips the test where git is older.
func (j *judge) needs(major, minor int) {
	j.t.Helper()
	gotMajor, gotMinor := gitVersion(j.git(j.top, "version"))
	if gotMajor < major || gotMajor == major && gotMinor < minor {
		j.t.Skipf("git %d.%d is older than %d.%d", gotMajor, gotMinor, major, minor)
	}
}

// gitVersion reads what `git version` says; 0.0 if that is nothing known.
func gitVersion(said string) (major, minor int) {
	fields := strings.FieldsFunc(strings.TrimPrefix(said, "git version "), func(r rune) bool { return r < '0' || r > '9' })
	if len(fields) < 2 {
		return 0, 0
	}
	major, _ = strconv.Atoi(fields[0])
	minor, _ = strconv.Atoi(fields[1])
	return major, minor
}

func (j *judge) write(path, text string) {
	j.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		j.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		j.t.Fatal(err)
	}
}

// made is the repositories that were made before, by madeName: to copy one takes
// a single git, to make it up to fifty.
var made sync.Map // of copyable

// repo makes a repository with two commits, directories, an executable, a
// branch and tags. args go to `git init`.
func (j *judge) repo(name string, args ...string) string {
	j.t.Helper()
	dir := filepath.Join(j.top, name)
	if slices.Contains(args, "--separate-git-dir") { // which a copy would share
		j.makeRepo(dir, args)
		return dir
	}
	if j.copyMade("repo", args, dir) {
		j.git(dir, "update-index", "-q", "--refresh")
		return dir
	}
	j.makeRepo(dir, args)
	j.keepMade("repo", args, dir)
	return dir
}

// A copyable is a repository, and the time when it was made.
type copyable struct {
	files fs.FS
	when  string
}

func madeName(what string, args []string) string {
	return strings.Join(append([]string{what}, args...), " ")
}

// keepMade keeps what was made in a directory, which must not name its place.
func (j *judge) keepMade(what string, args []string, dir string) {
	j.t.Helper()
	files := fstest.MapFS{}
	j.must(fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		file := &fstest.MapFile{Mode: info.Mode()}
		if files[path] = file; !d.IsDir() {
			file.Data, err = os.ReadFile(filepath.Join(dir, path))
		}
		return err
	}))
	made.Store(madeName(what, args), copyable{files, os.Getenv("GIT_COMMITTER_DATE")})
}

// copyMade makes a directory as one that keepMade kept, if there is one, and lets
// the time go on from there.
func (j *judge) copyMade(what string, args []string, dir string) bool {
	j.t.Helper()
	kept, ok := made.Load(madeName(what, args))
	if !ok {
		return false
	}
	j.must(os.CopyFS(dir, kept.(copyable).files))
	j.t.Setenv("GIT_COMMITTER_DATE", kept.(copyable).when)
	return true
}

func (j *judge) makeRepo(dir string, args []string) {
	j.t.Helper()
	j.git(j.top, append(append([]string{"init", "-q"}, args...), dir)...)
	for _, file := range []string{"a", "dir/b", "dir/sub/c", "dir.txt", "dir-x/d", "z"} {
		j.write(filepath.Join(dir, filepath.FromSlash(file)), "text of "+file+"\n")
	}
	if err := os.Chmod(filepath.Join(dir, "z"), 0o755); err != nil {
		j.t.Fatal(err)
	}
	j.git(dir, "add", "-A")
	j.git(dir, "commit", "-q", "-m", "first")
	tag := "reset refs/tags/light\nfrom HEAD^0\n\nreset refs/heads/side\nfrom HEAD^0\n\n" +
		"tag heavy\nfrom HEAD^0\ntagger C O Mitter <committer@example.com> 1700000001 -0230\ndata 10\nannotated\n\n"
	j.gitInput(dir, tag, "fast-import", "--quiet")
	j.write(filepath.Join(dir, "a"), "changed\n")
	j.git(dir, "commit", "-q", "-a", "-m", "second")
}

// open is Open without an error.
func (j *judge) open(dir string) *Repo {
	j.t.Helper()
	r, err := Open(dir)
	if err != nil {
		j.t.Fatal(err)
	}
	return r
}

// compare holds all that this package says of the repository at dir against git.
func (j *judge) compare(dir string) {
	j.t.Helper()
	r, err := Discover(dir)
	if err != nil {
		j.t.Fatal(err)
	}
	j.compareDirs(r, dir)
	j.compareConfig(r, dir)
	j.compareRefs(r, dir)
	j.compareReflogs(r, dir)
	if !r.Bare {
		j.compareIndex(r, dir)
	}
}

func (j *judge) equal(what, got, want string) {
	j.t.Helper()
	if got != want {
		j.t.Errorf("%s:\n--- got\n%s\n--- git says\n%s", what, got, want)
	}
}

func (j *judge) compareDirs(r *Repo, dir string) {
	j.t.Helper()
	said := strings.Split(j.git(dir, "rev-parse", "--absolute-git-dir", "--git-common-dir", "--is-bare-repository", "--show-object-format"), "\n")
	j.equal("git directory", filepath.ToSlash(r.GitDir), said[0])
	common := filepath.FromSlash(said[1])
	if !filepath.IsAbs(common) {
		common = filepath.Join(realPath(dir), common)
	}
	j.equal("common directory", r.CommonDir, realPath(common))
	top, err := j.try(dir, "rev-parse", "--show-toplevel")
	if err != nil {
		top = "" // git says that there must be a work tree
	}
	j.equal("worktree", filepath.ToSlash(r.WorkTree), strings.TrimSpace(top))
	j.equal("bare", strconv.FormatBool(r.Bare), said[2])
	j.equal("object format", strconv.Itoa(r.HashSize), strconv.Itoa(hashSizes[said[3]]))
}

func (j *judge) compareConfig(r *Repo, dir string) {
	j.t.Helper()
	config, err := r.Config()
	if err != nil {
		j.t.Errorf("config: %v", err)
	}
	var got strings.Builder
	for _, entry := range config.entries {
		got.WriteString(entry.key)
		if !entry.bare {
			got.WriteString("\n" + entry.value)
		}
		got.WriteByte(0)
	}
	j.equal("configuration", got.String(), j.git(dir, "config", "--list", "--includes", "-z"))
}

// compareRefs compares the refs that git lists, and HEAD. Ours may also list
// what git does not: other worktrees' and FETCH_HEAD.
func (j *judge) compareRefs(r *Repo, dir string) {
	j.t.Helper()
	refs, errs := r.Refs()
	for _, err := range errs {
		j.t.Errorf("refs: %v", err)
	}
	var got strings.Builder
	head := ""
	w := j.witness(dir)
	for _, ref := range refs {
		if ref.Name == "HEAD" {
			head = ref.ID.String()
		}
		if strings.HasPrefix(ref.Name, "refs/") {
			fmt.Fprintf(&got, "%s %s %s\n", ref.ID, ref.Name, ref.Target)
		}
		if ref.Peeled.IsZero() {
			continue
		}
		if peeled := w.resolve(ref.ID.String() + "^{}"); peeled != ref.Peeled.String() {
			j.t.Errorf("ref %q peels to %s, git says %s", ref.Name, ref.Peeled, peeled)
		}
	}
	j.equal("refs", strings.TrimRight(got.String(), "\n"), j.git(dir, "for-each-ref", "--format=%(objectname) %(refname) %(symref)"))
	want, err := j.try(dir, "rev-parse", "-q", "--verify", "HEAD")
	if err != nil {
		want = ""
	}
	j.equal("HEAD", head, strings.TrimSpace(want))
	single, err := r.Head()
	if err != nil {
		j.t.Errorf("HEAD: %v", err)
	}
	symbolic, _ := j.try(dir, "symbolic-ref", "-q", "HEAD")
	j.equal("symbolic HEAD", single.Target, strings.TrimSpace(symbolic))
	j.equal("HEAD alone", strings.TrimLeft(single.ID.String(), "0"), head)
}

// compareReflogs compares every log of a ref that git can name from here.
func (j *judge) compareReflogs(r *Repo, dir string) {
	j.t.Helper()
	logs := map[string]string{}
	for entry, err := range r.Reflogs() {
		if err != nil {
			j.t.Errorf("reflog: %v", err)
			continue
		}
		line := fmt.Sprintf("%s@{%d} %s %s %s %s\n", entry.Ref, entry.Index, entry.New, entry.Who, entry.When.Format("2006-01-02 15:04:05 -0700"), entry.Message)
		logs[entry.Ref] = line + logs[entry.Ref] // git begins with the newest
	}
	if j.witness(dir).resolve("HEAD") != "" && logs["HEAD"] == "" && !r.Bare {
		j.t.Error("no reflog of HEAD")
	}
	if len(logs) == 0 {
		return
	}
	// With a date format, git shows the date instead of the index.
	names := slices.Sorted(maps.Keys(logs))
	byIndex := j.git(dir, append([]string{"log", "-g", "--format=%gD %H %gn <%ge>\t%gs"}, names...)...)
	byDate := strings.Split(j.git(dir, append([]string{"log", "-g", "--date=iso", "--format=%gD"}, names...)...), "\n")
	want := map[string]string{}
	for i, line := range strings.Split(byIndex, "\n") {
		head, message, _ := strings.Cut(line, "\t")
		name, date, _ := strings.Cut(byDate[i], "@{")
		want[name] += fmt.Sprintf("%s %s %s\n", head, strings.TrimSuffix(date, "}"), message)
	}
	for _, name := range names {
		j.equal("reflog of "+name, logs[name], want[name])
	}
}

// compareIndex compares every field of every entry.
func (j *judge) compareIndex(r *Repo, dir string) {
	j.t.Helper()
	index, err := r.Index()
	if err != nil {
		j.t.Error(err)
		return
	}
	args := []string{"-c", "core.quotePath=false", "ls-files", "-s", "--debug"}
	if r.WorkTree != "" {
		// Below the top git lists what is below there only.
		dir = r.WorkTree
		args = append([]string{"--git-dir=" + r.GitDir, "--work-tree=" + r.WorkTree}, args...)
	}
	if index.Sparse() {
		j.equal("sparse index", debugIndex(index), maskFlags(j.git(dir, append(args, "--sparse")...)))
		if err := index.ExpandSparse(j.reader(r.GitDir)); err != nil {
			j.t.Error(err)
		}
	}
	j.equal("index", debugIndex(index), maskFlags(j.git(dir, args...)))
	j.compareLookups(index)
}

// reader reads objects with git.
func (j *judge) reader(dir string) func(gitpack.ID) (string, []byte, error) {
	w := j.witness(dir)
	return func(id gitpack.ID) (string, []byte, error) {
		_, kind, data := w.ask(id.String())
		if kind == "" {
			return "", nil, fmt.Errorf("git has no object %s", id)
		}
		return kind, data, nil
	}
}

// Flags of an entry in memory, as `git ls-files --debug` shows them: those that
// the file has as well.
const (
	debugAssumeValid  = 0x8000
	debugIntentToAdd  = 1 << 29
	debugSkipWorktree = 1 << 30
	debugFlags        = debugAssumeValid | debugIntentToAdd | debugSkipWorktree
)

// debugIndex writes an index as `git ls-files -s --debug` does.
func debugIndex(index *Index) string {
	var out strings.Builder
	for e := range index.Entries() {
		var flags uint32
		if e.AssumeValid {
			flags |= debugAssumeValid
		}
		if e.IntentToAdd {
			flags |= debugIntentToAdd
		}
		if e.SkipWorktree {
			flags |= debugSkipWorktree
		}
		fmt.Fprintf(&out, "%06o %s %d\t%s\n", e.Mode, e.ID, e.Stage, e.Path)
		fmt.Fprintf(&out, "  ctime: %d:%d\n  mtime: %d:%d\n", e.CTime.Sec, e.CTime.Nsec, e.MTime.Sec, e.MTime.Nsec)
		fmt.Fprintf(&out, "  dev: %d\tino: %d\n  uid: %d\tgid: %d\n", e.Dev, e.Ino, e.UID, e.GID)
		fmt.Fprintf(&out, "  size: %d\tflags: %x\n", e.Size, flags)
	}
	return strings.TrimRight(out.String(), "\n")
}

// maskFlags keeps the flags that debugIndex knows.
func maskFlags(text string) string {
	all := strings.Split(text, "\n")
	for i, line := range all {
		if before, hex, ok := strings.Cut(line, "\tflags: "); ok {
			flags, _ := strconv.ParseUint(hex, 16, 32)
			all[i] = fmt.Sprintf("%s\tflags: %x", before, flags&debugFlags)
		}
	}
	return strings.Join(all, "\n")
}

// compareLookups checks Find and HasPrefix against a walk over all entries.
func (j *judge) compareLookups(index *Index) {
	j.t.Helper()
	stages, dirs := map[string]int{}, map[string]bool{}
	for e := range index.Entries() {
		stages[e.Path]++
		for i := range len(e.Path) {
			if e.Path[i] == '/' {
				dirs[e.Path[:i]] = true
			}
		}
	}
	probes := map[string]bool{"": true, "zz": true, "dir.": true, "dir/su": true}
	for path := range stages {
		probes[path], probes[path+"x"], probes[strings.TrimSuffix(path, path[len(path)-1:])] = true, true, true
	}
	for dir := range dirs {
		probes[dir] = true
	}
	for probe := range probes {
		if got := len(index.Find(probe)); got != stages[probe] {
			j.t.Errorf("Find(%q) has %d entries, want %d", probe, got, stages[probe])
		}
		if got, want := index.HasPrefix(probe), dirs[probe] || probe == "" && index.Len() > 0; got != want {
			j.t.Errorf("HasPrefix(%q) = %v, want %v", probe, got, want)
		}
	}
}
