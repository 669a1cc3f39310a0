package scanner

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/rules"
)

// A gitRepo is a repository that real git makes, and that real git is asked
// about.
type gitRepo struct {
	*testing.T
	dir  string
	tick int // seconds since the beginning: no two commits have one date
	skew int // added to the date of what comes next
}

func newGitRepo(t *testing.T, initArgs ...string) *gitRepo {
	t.Helper()
	r := &gitRepo{T: t, dir: t.TempDir()}
	if len(initArgs) == 0 {
		r.init("")
		return r
	}
	r.git(append([]string{"init", "-q", "-b", "main"}, initArgs...)...)
	return r
}

// emptyRepo is what git makes of a new repository. To copy it takes no process.
var emptyRepo = sync.OnceValues(func() (fs.FS, error) {
	dir, err := os.MkdirTemp("", "insplint-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if out, err := exec.Command("git", "init", "-q", "-b", "main", "--template=", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("git init: %w: %s", err, out)
	}
	files := fstest.MapFS{"info": {Mode: fs.ModeDir | 0o755}}
	top := os.DirFS(filepath.Join(dir, ".git"))
	return files, fs.WalkDir(top, ".", func(path string, d fs.DirEntry, err error) error {
		file := &fstest.MapFile{Mode: d.Type() | 0o755}
		if files[path] = file; err == nil && !d.IsDir() {
			file.Mode = 0o644
			file.Data, err = fs.ReadFile(top, path)
		}
		return err
	})
})

// init makes a repository, as "git init" does.
func (r *gitRepo) init(sub string) {
	r.Helper()
	files, err := emptyRepo()
	if err == nil {
		err = os.CopyFS(filepath.Join(r.dir, sub, ".git"), files)
	}
	if err != nil {
		r.Fatal(err)
	}
}

func (r *gitRepo) git(args ...string) string {
	r.Helper()
	return r.gitInput("", args...)
}

// gitInput is git with something to read.
func (r *gitRepo) gitInput(input string, args ...string) string {
	r.Helper()
	cmd := r.command(args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// gitFails runs git where it may fail, as a merge with a conflict does.
func (r *gitRepo) gitFails(args ...string) bool { return r.command(args...).Run() != nil }

func (r *gitRepo) command(args ...string) *exec.Cmd {
	r.tick++
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	date := fmt.Sprintf("%d +0000", 1_700_000_000+r.tick+r.skew)
	cmd.Env = append(os.Environ(), "HOME="+r.dir, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false", "GIT_CONFIG_KEY_1=core.fsync", "GIT_CONFIG_VALUE_1=none",
		"GIT_AUTHOR_NAME=T", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=T", "GIT_COMMITTER_EMAIL=t@example.com", "GIT_COMMITTER_DATE="+date)
	return cmd
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

// lines is the output of git in lines, none if it is empty.
func (r *gitRepo) lines(args ...string) []string {
	r.Helper()
	out := r.git(args...)
	if out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}

// scan scans the repository, and wants all of it read.
func (r *gitRepo) scan(opts Options) []*rules.Key {
	r.Helper()
	if len(opts.Paths) == 0 {
		opts.Paths = []string{r.dir}
	}
	if opts.Workers == 0 {
		opts.Workers = 2
	}
	result, err := Scan(r.Context(), opts)
	if err != nil {
		r.Fatal(err)
	}
	if !result.Scanned.Complete {
		r.Errorf("incomplete: %v", result.Problems)
	}
	return result.Keys
}

// history is the database, before anything of it is read.
func (r *gitRepo) history(opts Options) *history {
	r.Helper()
	repo, err := gitrepo.Open(r.dir)
	if err != nil {
		r.Fatal(err)
	}
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = store.Close() })
	opts = opts.withDefaults(r.Context())
	return newHistory(repo, store, opts, newCollector(opts))
}
