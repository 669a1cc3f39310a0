package scanner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/inspecto/insplint/internal/gitrepo"
)

// Hooks is where git looks for the hooks of a repository.
type Hooks struct {
	Dir  string // absolute; it need not exist
	Top  string // of the working tree; empty where there is none
	Bare bool   // no commit is made here: neither a working tree nor a linked one
	// InTree says that the directory is a part of the working tree, which people
	// share by committing it; Shared that it lies outside of the repository, so
	// that others may use it too.
	InTree, Shared bool
}

// FindHooks finds the hooks of the repository that the environment and the
// current directory name.
func FindHooks(getenv func(string) string) (*Hooks, error) {
	repo, err := currentRepo(getenv)
	if err != nil {
		return nil, err
	}
	dir, err := hooksDir(repo)
	if err != nil {
		return nil, err
	}
	if blocked(dir) {
		return nil, fmt.Errorf("%q, where git looks for hooks, is no directory, so that it runs none: put one there, or unset core.hooksPath (git config --unset core.hooksPath)", dir)
	}
	if isBelowFile(dir) {
		return nil, fmt.Errorf("%q, where git looks for hooks, lies below a file, so that it runs none here: have core.hooksPath name a directory from the root, or unset it (git config --unset core.hooksPath)", dir)
	}
	h := &Hooks{Dir: dir, Top: repo.WorkTree}
	if isLink(dir) { // what is kept beside it is there for all who have a link to it
		h.Dir = realDir(dir)
	}
	h.Bare = repo.Bare && !exists(filepath.Join(repo.CommonDir, "worktrees"))
	switch real := realDir(dir); {
	case isBelow(repo.CommonDir, real), isBelow(repo.GitDir, real):
	case repo.WorkTree != "" && isBelow(repo.WorkTree, real):
		h.InTree = true
	default:
		h.Shared = true
	}
	return h, nil
}

// A Cleanup is what the configuration says of how git makes a message of what
// somebody wrote.
type Cleanup struct {
	Mode string // commit.cleanup; empty if it is not set
	// Signs are what a comment may begin with: one for this git, and another for
	// one from before 2.45, which does not know core.commentString. "auto" stands
	// for a sign that git chooses.
	Signs []string
	// Silent: commit.status is off, and git writes no comments of its own.
	Silent bool
	// Verbose: commit.verbose is on, and git cuts off a diff behind scissors.
	Verbose bool
}

// FindCleanup reads the configuration of the repository that the environment and
// the current directory name.
func FindCleanup(getenv func(string) string) (Cleanup, error) {
	config, err := currentConfig(getenv)
	if err != nil {
		return Cleanup{}, err
	}
	var c Cleanup
	sign, char := "#", "#"
	for name, value := range config.All() {
		switch name {
		case "commit.cleanup":
			c.Mode = value
		case "core.commentchar":
			sign, char = value, value
		case "core.commentstring":
			sign = value
		}
	}
	c.Signs = slices.Compact([]string{sign, char})
	status, ok, err := config.Bool("commit.status")
	c.Silent = ok && !status
	if err != nil {
		return c, err
	}
	c.Verbose, _, err = config.Bool("commit.verbose")
	return c, err
}

func currentConfig(getenv func(string) string) (*gitrepo.Config, error) {
	repo, err := currentRepo(getenv)
	if err != nil {
		return nil, err
	}
	return repo.Config()
}

// Merging reports whether a commit would be a merge: one that waits to be committed,
// or that git is about to commit, before it notes that. Then git names what it is doing,
// for the reflog.
func Merging(getenv func(string) string) bool {
	action, _, _ := strings.Cut(getenv("GIT_REFLOG_ACTION"), " ")
	if action == "merge" || action == "pull" {
		return true
	}
	repo, err := currentRepo(getenv)
	return err == nil && exists(filepath.Join(repo.GitDir, "MERGE_HEAD"))
}

// Unborn reports whether HEAD is on a branch that has no commit yet, as in a new
// repository and behind "git checkout --orphan".
func Unborn(getenv func(string) string) bool {
	repo, err := currentRepo(getenv)
	if err != nil {
		return false
	}
	head, err := repo.Head()
	return err == nil && head.Unborn()
}

// currentRepo opens the repository that the environment and the current directory
// name.
func currentRepo(getenv func(string) string) (*gitrepo.Repo, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the current directory: %w", err)
	}
	repo, err := gitrepo.FromEnv(getenv, cwd)
	if err != nil {
		return nil, fmt.Errorf("open the repository at %q: %w", cwd, err)
	}
	return repo, nil
}

// hooksDir is where core.hooksPath says, from the directory in which git runs
// hooks.
func hooksDir(repo *gitrepo.Repo) (string, error) {
	config, err := repo.Config()
	if err != nil {
		return "", err
	}
	dir, ok, err := config.Path("core.hooksPath")
	switch {
	case err != nil:
		return "", err
	case !ok:
		return filepath.Join(repo.CommonDir, "hooks"), nil
	case dir == "":
		return "", errors.New("core.hooksPath is set to nothing, so that git runs no hook of this repository: unset it (git config --unset core.hooksPath)")
	case filepath.IsAbs(dir):
		return filepath.Clean(dir), nil
	case repo.WorkTree != "":
		return filepath.Join(repo.WorkTree, dir), nil
	}
	return filepath.Join(repo.GitDir, dir), nil
}

func isLink(path string) bool {
	_, err := os.Readlink(path)
	return err == nil
}

// blocked reports whether something that is no directory has a directory's name.
func blocked(dir string) bool {
	if info, err := os.Stat(dir); err == nil {
		return !info.IsDir()
	}
	return exists(dir) // a link to nowhere
}

// isBelowFile reports whether a path leads through a file, as ".git/hooks" does in a
// linked worktree.
func isBelowFile(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, syscall.ENOTDIR)
}

// realDir is a directory without symbolic links, as far as it exists.
func realDir(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	if parent := filepath.Dir(dir); parent != dir {
		return filepath.Join(realDir(parent), filepath.Base(dir))
	}
	return dir
}

func isBelow(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
