// Package gitrepo opens a git repository without running git: it finds the
// directories, reads the configuration, the refs, the reflogs and the index,
// and decides what git ignores.
//
// [Discover], [Open] and [FromEnv] give a [Repo], which names the directories
// of one worktree (git's own terms: the git directory is private to a worktree,
// the common directory is shared by all worktrees of a repository). Everything
// else is read on demand, from files only:
//
//   - [Repo.Config] merges the configuration files in git's order, includes and
//     conditions too. What a configuration names is never executed.
//   - [Repo.Refs], [Repo.Head], [Repo.Ref] and [Repo.Reflogs] read either ref
//     storage, loose and packed files or reftables, of every worktree.
//   - [Repo.Index] reads the index, versions 2 to 4, split and sparse ones.
//   - [Repo.OuterRules] says where the ignore rules outside the tree are.
//   - [Repo.Resolve] and [Repo.ParseRange] tell what a revision stands for.
//
// Objects are read by package gitpack, from [Repo.ObjectDirs].
//
// The files of a repository are hostile input. Every reader limits what it
// allocates, refuses FIFOs and devices, and returns an error that names the
// file it could not read; a broken ref or reflog line does not hide the others.
// Errors hold names and line numbers, never what a file says.
//
// Limits: discovery crosses mount points, where git stops at one unless
// GIT_DISCOVERY_ACROSS_FILESYSTEM is set, and it does not refuse a repository
// that another user owns (safe.directory), because nothing in it is executed.
// Paths in an index are returned as they stand there; a hostile one may hold
// "..", so they must be opened beneath a root (os.Root).
package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
)

// ErrNotRepository is what Discover, Open and FromEnv wrap where there is no
// repository at all. A repository that is there and broken, or of a format that
// is not known, gives another error.
var ErrNotRepository = errors.New("not a git repository")

// A Repo is one worktree of a repository, or a bare repository. It is safe for
// concurrent use; what it has read of the configuration and of the packed refs
// it keeps.
type Repo struct {
	// GitDir is the directory with HEAD and the index, CommonDir the one with
	// refs, objects and config; they differ in a linked worktree only. Both
	// are absolute, without symbolic links.
	GitDir, CommonDir string
	// WorkTree is the absolute top of the worktree, without symbolic links;
	// empty in a bare repository, and where a git directory was opened as
	// such and configures no core.worktree.
	WorkTree string
	// Bare is git's own notion: core.bare is set and no worktree is given.
	Bare bool
	// HashSize is the length of an object id in bytes: 20, or 32 in a
	// repository of the SHA-256 object format.
	HashSize int

	format     format
	env        environment
	indexFile  string
	objectDirs []string
	config     func() (*Config, error)
	refs       func() (refStore, []error)
}

// environment is what git takes from the process: variables and the directory
// that relative ones start from.
type environment struct {
	getenv func(string) string
	cwd    string
}

// abs makes a path out of a variable absolute.
func (e environment) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(e.cwd, path)
}

// realPath is the absolute path without symbolic links; where it cannot be
// resolved (no permission on a parent) it is the cleaned path, and the next
// read will say what is wrong.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}

// ambient is the environment of Discover and Open: the user's variables, minus
// those that point git at one particular repository.
func ambient() environment {
	return environment{getenv: func(name string) string {
		if localVariables[name] {
			return ""
		}
		return os.Getenv(name)
	}}
}

// localVariables are the ones a hook inherits that are true of the hook's own
// repository alone: a nested repository must not be opened with them.
// Source: `git rev-parse --local-env-vars`.
var localVariables = map[string]bool{
	"GIT_ALTERNATE_OBJECT_DIRECTORIES": true,
	"GIT_CONFIG_PARAMETERS":            true,
	"GIT_CONFIG_COUNT":                 true,
	"GIT_OBJECT_DIRECTORY":             true,
	"GIT_DIR":                          true,
	"GIT_WORK_TREE":                    true,
	"GIT_IMPLICIT_WORK_TREE":           true,
	"GIT_INDEX_FILE":                   true,
	"GIT_COMMON_DIR":                   true,
}

// newRepo completes a Repo whose GitDir was found. top is the directory that
// held ".git", empty where the git directory was found as such.
func newRepo(gitDir, top string, env environment) (*Repo, error) {
	r := &Repo{GitDir: realPath(gitDir), env: env}
	common, linked, err := commonDir(r.GitDir, env)
	if err != nil {
		return nil, err
	}
	r.CommonDir = common
	if r.format, err = readFormat(r.CommonDir, r.GitDir, linked); err != nil {
		return nil, fmt.Errorf("open repository %q: %w", r.GitDir, err)
	}
	r.HashSize = r.format.hashSize
	r.WorkTree = r.findWorkTree(top)
	r.Bare = r.format.bare == yes && r.WorkTree == ""
	r.setFiles()
	r.config = sync.OnceValues(r.loadConfig)
	r.refs = onceRefs(r)
	return r, nil
}

// findWorkTree follows git's precedence: the variable, core.bare, core.worktree,
// then the directory that held ".git".
func (r *Repo) findWorkTree(top string) string {
	if tree := r.env.getenv("GIT_WORK_TREE"); tree != "" {
		return realPath(r.env.abs(tree))
	}
	if r.format.bare == yes {
		return ""
	}
	if tree := r.format.workTree; tree != "" {
		if !filepath.IsAbs(tree) {
			tree = filepath.Join(r.GitDir, tree)
		}
		return realPath(tree)
	}
	if top == "" {
		return ""
	}
	return realPath(top)
}

// setFiles decides where index and objects are.
func (r *Repo) setFiles() {
	r.indexFile = filepath.Join(r.GitDir, "index")
	if name := r.env.getenv("GIT_INDEX_FILE"); name != "" {
		r.indexFile = r.fromTop(name)
	}
	objects := filepath.Join(r.CommonDir, "objects")
	if name := r.env.getenv("GIT_OBJECT_DIRECTORY"); name != "" {
		objects = r.fromTop(name)
	}
	r.objectDirs = []string{objects}
	for _, dir := range splitAlternates(r.env.getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES")) {
		r.objectDirs = append(r.objectDirs, r.fromTop(dir))
	}
}

// fromTop makes a variable's path absolute as git does: git has changed to the
// worktree's top before it uses one, where it was started inside the worktree.
func (r *Repo) fromTop(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	if r.WorkTree != "" {
		if _, inside := beneath(r.WorkTree, realPath(r.env.cwd)); inside {
			return filepath.Join(r.WorkTree, path)
		}
	}
	return r.env.abs(path)
}

// splitAlternates splits GIT_ALTERNATE_OBJECT_DIRECTORIES, in which an element
// that begins with a double quote is quoted as in C.
func splitAlternates(list string) []string {
	var dirs []string
	for list != "" {
		var dir string
		if unquoted, rest, ok := unquoteC(list); ok {
			dir, list = unquoted, strings.TrimPrefix(rest, string(os.PathListSeparator))
		} else {
			dir, list, _ = strings.Cut(list, string(os.PathListSeparator))
		}
		if dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// Prefix gives the path of a file relative to the worktree's top, with "/"
// between its parts, and "" for the top itself. A symbolic link in the last
// part is not followed, because the link is what the index holds. The error
// says that the path is outside the worktree, or that there is none.
func (r *Repo) Prefix(path string) (string, error) {
	if r.WorkTree == "" {
		return "", fmt.Errorf("place %q in the worktree of %q: it has none", path, r.GitDir)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("place %q in the worktree %q: %w", path, r.WorkTree, err)
	}
	if rel, ok := beneath(r.WorkTree, abs); ok {
		return rel, nil
	}
	// The caller may have come here through a link (a temporary directory on
	// macOS, $PWD): the first parent that is the top itself settles it, and
	// what follows is kept as written.
	for dir := abs; ; dir = filepath.Dir(dir) {
		if realPath(dir) == r.WorkTree {
			rel, _ := beneath(dir, abs)
			return rel, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if rel, ok := beneath(r.WorkTree, filepath.Join(realPath(filepath.Dir(abs)), filepath.Base(abs))); ok {
		return rel, nil
	}
	return "", fmt.Errorf("place %q in the worktree %q: it is outside", path, r.WorkTree)
}

// beneath gives path relative to dir, "/"-separated, if it is dir or below it.
func beneath(dir, path string) (string, bool) {
	rel, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	if rel == "." {
		rel = ""
	}
	return filepath.ToSlash(rel), true
}

// ObjectDirs lists the object directories: the primary one first, then those
// of GIT_ALTERNATE_OBJECT_DIRECTORIES. The alternates that an object directory
// itself names (info/alternates) are left to the reader of objects.
func (r *Repo) ObjectDirs() []string { return append([]string(nil), r.objectDirs...) }

// Shallow lists the commits at which a shallow clone was cut: their parents are
// not in the repository. It is empty in a complete one.
func (r *Repo) Shallow() ([]gitpack.ID, error) {
	path := filepath.Join(r.CommonDir, "shallow")
	data, err := readFile(path, maxRefsFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read shallow commits: %w", err)
	}
	var ids []gitpack.ID
	for number, line := range lines(data) {
		id, err := r.parseID(strings.TrimSpace(line))
		if err != nil {
			return ids, fmt.Errorf("read shallow commits %q, line %d: %w", path, number, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Promisor reports whether this is a partial clone: objects may be absent
// because a remote promised them. A configuration that cannot be read counts as
// no promise; Config returns its error.
func (r *Repo) Promisor() bool {
	if r.format.partialClone != "" {
		return true
	}
	config, _ := r.Config()
	for key := range config.All() {
		if strings.HasPrefix(key, "remote.") && strings.HasSuffix(key, ".promisor") {
			if promised, _, err := config.Bool(key); err == nil && promised {
				return true
			}
		}
	}
	return false
}

// parseID reads an object id of this repository's length.
func (r *Repo) parseID(digits string) (gitpack.ID, error) {
	return parseID(digits, r.HashSize)
}

// parseID never quotes what it was given: the file may be anything.
func parseID(digits string, hashSize int) (gitpack.ID, error) {
	if len(digits) != 2*hashSize {
		return gitpack.ID{}, fmt.Errorf("no object id of %d hexadecimal digits", 2*hashSize)
	}
	id, err := gitpack.ParseID(digits)
	if err != nil {
		return gitpack.ID{}, fmt.Errorf("no object id of %d hexadecimal digits", 2*hashSize)
	}
	return id, nil
}
