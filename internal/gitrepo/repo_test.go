package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fixtures are repositories that git makes; each function returns the
// directories to compare.
var fixtures = map[string]func(*judge) []string{
	"empty": func(j *judge) []string {
		j.git(j.top, "init", "-q", "r")
		return []string{filepath.Join(j.top, "r")}
	},
	"plain": func(j *judge) []string {
		dir := j.repo("r")
		return []string{dir, filepath.Join(dir, "dir", "sub")}
	},
	"packed refs": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "pack-refs", "--all")
		j.git(dir, "update-ref", "refs/heads/side", "HEAD")
		j.git(dir, "symbolic-ref", "refs/heads/alias", "refs/heads/side")
		j.git(dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
		return []string{dir}
	},
	"detached": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "checkout", "-q", "HEAD~1")
		return []string{dir}
	},
	"stash": func(j *judge) []string {
		dir := j.repo("r")
		for i := range 3 {
			j.write(filepath.Join(dir, "a"), fmt.Sprint("stash ", i))
			j.git(dir, "stash", "-q")
		}
		return []string{dir}
	},
	"conflict": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "checkout", "-q", "side")
		j.write(filepath.Join(dir, "a"), "other\n")
		j.git(dir, "rm", "-q", "z")
		j.git(dir, "commit", "-q", "-a", "-m", "third")
		if _, err := j.try(dir, "merge", "main"); err == nil {
			j.t.Fatal("no conflict")
		}
		return []string{dir}
	},
	"flags": func(j *judge) []string {
		dir := j.repo("r")
		j.write(filepath.Join(dir, "new"), "new")
		j.git(dir, "add", "-N", "new")
		j.git(dir, "update-index", "--assume-unchanged", "dir/b")
		j.git(dir, "update-index", "--skip-worktree", "z")
		return []string{dir}
	},
	"odd names": func(j *judge) []string {
		dir := j.repo("r")
		blob := j.git(dir, "rev-parse", "HEAD:a")
		for _, name := range []string{strings.Repeat("long/", 1000) + "name", strings.Repeat("n", 4094), strings.Repeat("n", 4095), "übung", "with space"} {
			j.git(dir, "update-index", "--add", "--cacheinfo", "100644,"+blob+","+name)
		}
		j.git(dir, "update-index", "--add", "--cacheinfo", "120000,"+blob+",link")
		j.git(dir, "update-index", "--add", "--cacheinfo", "160000,"+j.git(dir, "rev-parse", "HEAD")+",module")
		return []string{dir}
	},
	"index v4": func(j *judge) []string {
		dir := j.repo("r")
		blob := j.git(dir, "rev-parse", "HEAD:a")
		j.git(dir, "update-index", "--index-version", "4")
		j.git(dir, "update-index", "--add", "--cacheinfo", "100644,"+blob+","+strings.Repeat("long/", 1000)+"name")
		j.write(filepath.Join(dir, "new"), "new")
		j.git(dir, "add", "-N", "new")
		return []string{dir}
	},
	"index extensions": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "config", "index.threads", "2")
		j.git(dir, "update-index", "--untracked-cache")
		j.git(dir, "status")
		j.git(dir, "write-tree")
		return []string{dir}
	},
	"split index": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "config", "splitIndex.maxPercentChange", "100")
		j.git(dir, "update-index", "--split-index")
		j.write(filepath.Join(dir, "a"), "replaced in the split index\n")
		j.write(filepath.Join(dir, "dir/new"), "added to it\n")
		j.git(dir, "add", "-A")
		j.git(dir, "rm", "-q", "--cached", "dir/b")
		return []string{dir}
	},
	"split index v4 conflict": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "config", "splitIndex.maxPercentChange", "100")
		j.git(dir, "update-index", "--split-index", "--index-version", "4")
		j.git(dir, "checkout", "-q", "side")
		j.write(filepath.Join(dir, "a"), "other\n")
		j.git(dir, "commit", "-q", "-a", "-m", "third")
		if _, err := j.try(dir, "merge", "main"); err == nil {
			j.t.Fatal("no conflict")
		}
		return []string{dir}
	},
	"split index resolved": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "checkout", "-q", "side")
		j.write(filepath.Join(dir, "a"), "other\n")
		j.git(dir, "commit", "-q", "-a", "-m", "third")
		if _, err := j.try(dir, "merge", "main"); err == nil {
			j.t.Fatal("no conflict")
		}
		j.git(dir, "config", "splitIndex.maxPercentChange", "100")
		j.git(dir, "update-index", "--split-index")
		j.git(dir, "add", "a")
		return []string{dir}
	},
	"skip hash": func(j *judge) []string {
		j.needs(2, 40)
		dir := j.repo("r")
		j.git(dir, "config", "index.skipHash", "true")
		j.git(dir, "update-index", "--force-write-index")
		return []string{dir}
	},
	"sparse index": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "sparse-checkout", "init", "--cone", "--sparse-index")
		j.git(dir, "sparse-checkout", "set", "dir-x")
		return []string{dir}
	},
	"sparse checkout": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "sparse-checkout", "set", "--no-cone", "/a")
		return []string{dir}
	},
	"worktree config": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "config", "extensions.worktreeConfig", "true")
		j.git(dir, "worktree", "add", "-q", "../linked")
		linked := filepath.Join(j.top, "linked")
		j.git(linked, "config", "--worktree", "core.ignoreCase", "true")
		return []string{dir, linked}
	},
	"linked worktree": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "worktree", "add", "-q", "../linked", "side")
		linked := filepath.Join(j.top, "linked")
		j.git(linked, "update-ref", "refs/bisect/bad", "HEAD~0")
		j.git(linked, "update-ref", "refs/worktree/mine", "HEAD")
		j.git(dir, "update-ref", "refs/bisect/bad", "HEAD")
		return []string{dir, linked, filepath.Join(linked, "dir")}
	},
	"relative worktrees": func(j *judge) []string {
		j.needs(2, 48)
		dir := j.repo("r")
		j.git(dir, "worktree", "add", "-q", "--relative-paths", "../linked", "side")
		return []string{dir, filepath.Join(j.top, "linked")}
	},
	"worktree of a bare repository": func(j *judge) []string {
		j.repo("r")
		j.git(j.top, "clone", "-q", "--bare", "r", "bare")
		bare := filepath.Join(j.top, "bare")
		j.git(bare, "worktree", "add", "-q", "../linked", "main")
		return []string{bare, filepath.Join(j.top, "linked")}
	},
	"bare": func(j *judge) []string {
		j.repo("r")
		j.git(j.top, "clone", "-q", "--bare", "r", "bare")
		return []string{filepath.Join(j.top, "bare"), filepath.Join(j.top, "bare", "objects")}
	},
	"inside .git": func(j *judge) []string {
		dir := j.repo("r")
		return []string{filepath.Join(dir, ".git"), filepath.Join(dir, ".git", "refs")}
	},
	"submodule": func(j *judge) []string {
		j.repo("inner")
		dir := j.repo("r")
		j.git(dir, "submodule", "--quiet", "add", "../inner", "mod")
		return []string{dir, filepath.Join(dir, "mod"), filepath.Join(dir, "mod", "dir")}
	},
	"separate git dir": func(j *judge) []string {
		return []string{j.repo("r", "--separate-git-dir", filepath.Join(j.top, "elsewhere.git"))}
	},
	"git dir is a link": func(j *judge) []string {
		dir := j.repo("r")
		j.must(os.Rename(filepath.Join(dir, ".git"), filepath.Join(j.top, "moved")))
		j.link("../moved", filepath.Join(dir, ".git"))
		return []string{dir, filepath.Join(dir, "dir")}
	},
	"through a link": func(j *judge) []string {
		dir := j.repo("r")
		j.link(filepath.Join(dir, "dir"), filepath.Join(j.top, "shortcut"))
		return []string{filepath.Join(j.top, "shortcut")}
	},
	"core.worktree": func(j *judge) []string {
		dir := j.repo("r")
		j.must(os.Mkdir(filepath.Join(j.top, "tree"), 0o755))
		j.git(dir, "config", "core.worktree", "../../tree")
		return []string{dir}
	},
	"core.bare with a .git": func(j *judge) []string {
		dir := j.repo("r")
		j.git(dir, "config", "core.bare", "true")
		return []string{dir}
	},
	"sha256": func(j *judge) []string {
		dir := j.repo("r", "--object-format=sha256")
		j.git(dir, "pack-refs", "--all")
		j.git(dir, "config", "splitIndex.maxPercentChange", "100")
		j.git(dir, "update-index", "--split-index")
		j.git(dir, "rm", "-q", "--cached", "dir/b")
		return []string{dir}
	},
	"reftable": func(j *judge) []string {
		j.needs(2, 45)
		dir := j.repo("r", "--ref-format=reftable")
		j.git(dir, "symbolic-ref", "refs/heads/alias", "refs/heads/side")
		j.manyRefs(dir)
		j.git(dir, "branch", "-q", "-D", "many/7")
		j.git(dir, "worktree", "add", "-q", "../linked", "side")
		linked := filepath.Join(j.top, "linked")
		j.git(linked, "update-ref", "refs/bisect/bad", "HEAD")
		j.git(dir, "update-ref", "-d", "refs/heads/many/8")
		return []string{dir, linked}
	},
	"reftable packed": func(j *judge) []string {
		j.needs(2, 45)
		dir := j.repo("r", "--ref-format=reftable", "--object-format=sha256")
		j.manyRefs(dir)
		for i := range 50 {
			logged := strings.Repeat("start\nupdate refs/heads/logged HEAD\ncommit\nstart\nupdate refs/heads/logged HEAD~1\ncommit\n", 3)
			j.gitInput(dir, logged, "update-ref", "-m", fmt.Sprintf("message %d", i), "--create-reflog", "--stdin")
		}
		j.git(dir, "pack-refs", "--all")
		return []string{dir}
	},
}

// manyRefs makes 300 refs, one after the other.
func (j *judge) manyRefs(dir string) {
	j.t.Helper()
	var input strings.Builder
	for i := range 300 {
		fmt.Fprintf(&input, "start\nupdate refs/heads/many/%d HEAD\ncommit\n", i)
	}
	j.gitInput(dir, input.String(), "update-ref", "--stdin")
}

func (j *judge) must(err error) {
	j.t.Helper()
	if err != nil {
		j.t.Fatal(err)
	}
}

func (j *judge) link(target, path string) {
	j.t.Helper()
	if err := os.Symlink(target, path); err != nil {
		j.t.Skipf("no symbolic links here: %v", err)
	}
}

func TestAgainstGit(t *testing.T) {
	for name, make := range fixtures {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			for _, dir := range make(j) {
				j.compare(dir)
			}
		})
	}
}

// What these fixtures are about must be in them, or the comparison proves less
// than it seems to.
func TestFixturesHoldWhatTheyName(t *testing.T) {
	files := map[string]string{
		"split index": ".git/sharedindex.*", "packed refs": ".git/packed-refs", "linked worktree": ".git/worktrees/linked/refs/bisect/bad",
		"submodule": "mod/.git", "worktree config": ".git/config.worktree", "sha256": ".git/sharedindex.*",
	}
	for name, pattern := range files {
		t.Run(name, func(t *testing.T) {
			dir := fixtures[name](newJudge(t))[0]
			if name == "worktree config" {
				pattern = ".git/worktrees/linked/config.worktree"
			}
			if found, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern))); len(found) == 0 {
				t.Errorf("no file %q", pattern)
			}
		})
	}
	versions := map[string]uint32{"flags": 3, "index v4": 4, "plain": 2}
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			index, err := j.open(fixtures[name](j)[0]).Index()
			if err != nil || index.Version != version {
				t.Errorf("version %d, %v; want %d", index.Version, err, version)
			}
		})
	}
	t.Run("sparse index", func(t *testing.T) {
		j := newJudge(t)
		index, err := j.open(fixtures["sparse index"](j)[0]).Index()
		if err != nil || !index.Sparse() || !index.HasPrefix("dir/sub") {
			t.Errorf("sparse %v, %v", index.Sparse(), err)
		}
	})
}

func TestNotARepository(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	empty := filepath.Join(j.top, "empty")
	j.must(os.MkdirAll(filepath.Join(empty, ".git"), 0o755))
	broken := filepath.Join(j.top, "broken")
	j.write(filepath.Join(broken, ".git"), "gitdir: ../nowhere\n")
	garbage := filepath.Join(j.top, "garbage")
	j.write(filepath.Join(garbage, ".git"), "no git file\n")
	tests := map[string]struct {
		dir   string
		isNot bool // ErrNotRepository, so that a walk goes on
	}{
		"below the top":          {filepath.Join(dir, "dir"), true},
		"empty .git":             {empty, true},
		"absent":                 {filepath.Join(j.top, "absent"), true},
		"git file to nowhere":    {broken, false},
		"git file with no line":  {garbage, false},
		"file instead of a tree": {filepath.Join(dir, "a"), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Open(test.dir)
			if err == nil || errors.Is(err, ErrNotRepository) != test.isNot {
				t.Errorf("Open: %v", err)
			}
		})
	}
	if _, err := Discover(empty); !errors.Is(err, ErrNotRepository) {
		t.Errorf("Discover, stopped by a ceiling: %v", err)
	}
}

func TestDiscoverOfFiles(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	other := j.repo("other")
	j.link(filepath.Join(other, "a"), filepath.Join(dir, "dir", "linked-file"))
	j.link(other, filepath.Join(dir, "linked-dir"))
	for path, want := range map[string]string{
		"dir/b": dir, "dir/gone/deeper": dir, "dir/linked-file": dir, "linked-dir": other, "linked-dir/a": other,
	} {
		r, err := Discover(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil || r.WorkTree != want {
			t.Errorf("%s: %v, %v; want %s", path, r, err, want)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	tests := map[string]struct{ config, names string }{
		"version":         {"[core]\nrepositoryformatversion = 2\n", "repositoryformatversion 2"},
		"extension":       {"[core]\nrepositoryformatversion = 1\n[extensions]\nfooBar = 1\n", `"foobar"`},
		"object format":   {"[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = md5\n", `"md5"`},
		"ref storage":     {"[core]\nrepositoryformatversion = 1\n[extensions]\nrefStorage = sql\n", `"sql"`},
		"v1 in version 0": {"[core]\nrepositoryformatversion = 0\n[extensions]\nobjectFormat = sha256\n", `"objectformat"`},
		"bad syntax":      {"[core\n", "config line"},
		"bad version":     {"[core]\nrepositoryformatversion = x\n", "number"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			dir := j.repo("r")
			j.write(filepath.Join(dir, ".git", "config"), test.config)
			if _, err := j.try(dir, "rev-parse", "--git-dir"); err == nil && name != "ref storage" {
				t.Error("git accepts it")
			}
			_, err := Open(dir)
			if err == nil || !strings.Contains(err.Error(), test.names) || errors.Is(err, ErrNotRepository) {
				t.Errorf("error %v does not name %s", err, test.names)
			}
		})
	}
}

// Extensions that git knows, in a version that allows them.
func TestKnownFormat(t *testing.T) {
	for _, config := range []string{
		"", "[core]\nbare = true\n", // no version: git believes nothing else
		"[core]\nrepositoryformatversion = 0\n[extensions]\nfooBar = 1\npreciousObjects = true\nnoop = 1\n",
		"[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha1\nworktreeConfig\n",
	} {
		j := newJudge(t)
		dir := j.repo("r")
		j.write(filepath.Join(dir, ".git", "config"), config)
		j.compareDirs(j.open(dir), dir)
	}
	j := newJudge(t)
	dir := j.repo("r")
	j.write(filepath.Join(dir, ".git", "config"), "[core]\nrepositoryformatversion = 1\n[extensions]\nrelativeWorktrees = true\nrefStorage = files\ncompatObjectFormat = sha256\nsubmodulePathConfig = true\n")
	if r := j.open(dir); r.WorkTree != dir {
		t.Errorf("worktree %q", r.WorkTree)
	}
}

func TestPrefix(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	r := j.open(dir)
	j.link(dir, filepath.Join(j.top, "alias"))
	j.link("dir", filepath.Join(dir, "inner"))
	t.Chdir(filepath.Join(dir, "dir"))
	for path, want := range map[string]string{
		"b": "dir/b", "../a": "a", dir: "", filepath.Join(dir, "dir", "sub") + "/": "dir/sub", "gone/x": "dir/gone/x",
		filepath.Join(j.top, "alias", "dir", "b"): "dir/b", filepath.Join(dir, "inner"): "inner",
	} {
		if got, err := r.Prefix(path); err != nil || got != want {
			t.Errorf("Prefix(%q) = %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{j.top, filepath.Join(j.top, "r2"), "../../x"} {
		if got, err := r.Prefix(path); err == nil {
			t.Errorf("Prefix(%q) = %q outside the worktree", path, got)
		}
	}
}

func TestShallowAndPartial(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	j.git(dir, "config", "uploadpack.allowFilter", "true")
	j.git(j.top, "clone", "-q", "--depth=1", "file://"+filepath.ToSlash(dir), "shallow")
	j.git(j.top, "clone", "-q", "--filter=blob:none", "file://"+filepath.ToSlash(dir), "partial")
	shallow := j.open(filepath.Join(j.top, "shallow"))
	ids, err := shallow.Shallow()
	if want := j.git(dir, "rev-parse", "HEAD"); err != nil || len(ids) != 1 || ids[0].String() != want {
		t.Errorf("shallow: %v, %v; want %s", ids, err, want)
	}
	if shallow.Promisor() || !j.open(filepath.Join(j.top, "partial")).Promisor() {
		t.Error("a partial clone is the one with a promisor")
	}
	if ids, err := j.open(dir).Shallow(); len(ids) > 0 || err != nil {
		t.Errorf("complete repository: %v, %v", ids, err)
	}
	j.write(filepath.Join(shallow.GitDir, "shallow"), "garbage\n")
	if _, err := shallow.Shallow(); err == nil || strings.Contains(err.Error(), "garbage") {
		t.Errorf("garbage: %v", err)
	}
}
