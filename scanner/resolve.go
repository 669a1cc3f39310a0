package scanner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/inspecto/insplint/internal/gitrepo"
)

// A target is one PATH of a scan.
type target struct {
	arg      string // as it was given
	abs      string
	prefix   string // put before the paths that are shown; see resolve
	file     bool
	repo     *gitrepo.Repo // nil outside
	home     string        // of abs in repo's working tree; "" for the top
	bare     bool          // abs is a repository without a working tree
	database bool          // read the object database too
	broken   bool          // it looks like a repository, and git would not take it for one
}

// resolve looks at the paths before anything is read: a wrong one ends the
// scan. The paths that a scan shows are relative to the scanned root: to the
// directory if it is the only PATH, else to the current directory, so that
// files of several PATHs can be told apart.
func resolve(opts Options) ([]*target, error) {
	var targets []*target
	seen := map[string]bool{}
	for _, arg := range opts.Paths {
		t, err := newTarget(arg, opts)
		if err != nil {
			return nil, err
		}
		if seen[t.abs] {
			continue
		}
		seen[t.abs] = true
		if t.file || len(opts.Paths) > 1 {
			t.prefix = strings.TrimSuffix(filepath.ToSlash(filepath.Clean(arg)), "/")
		}
		if t.prefix == "." {
			t.prefix = ""
		}
		targets = append(targets, t)
	}
	return targets, nil
}

func newTarget(arg string, opts Options) (*target, error) {
	if arg == "" {
		return nil, errors.New("scan \"\": an empty path; \".\" is the current directory")
	}
	if arg == "-" {
		return nil, errors.New("scan \"-\": standard input cannot be scanned together with other paths; \"./-\" is a file of that name")
	}
	abs, err := filepath.Abs(arg)
	if err != nil {
		return nil, fmt.Errorf("scan %q: %w", arg, err)
	}
	info, err := os.Stat(abs) // a symbolic link that the user names is followed
	if err != nil {
		return nil, fmt.Errorf("scan %q: %s", arg, cause(err))
	}
	t := &target{arg: arg, abs: abs, file: !info.IsDir()}
	if t.file && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("scan %q: neither a regular file nor a directory", arg)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		t.abs = real
	}
	return t, t.findRepo(opts)
}

// findRepo finds the repository that the target lies in, and where in it.
func (t *target) findRepo(opts Options) error {
	repo, err := t.open(opts)
	if errors.Is(err, gitrepo.ErrNotRepository) {
		if opts.History == HistoryAlways {
			return fmt.Errorf("scan %q with --history: it is in no git repository", t.arg)
		}
		t.broken = !t.file && looksLikeRepository(t.abs)
		return nil
	}
	if err != nil {
		return fmt.Errorf("scan %q: %w", t.arg, err)
	}
	t.repo = repo
	home, below := homeOf(repo, t.abs)
	if !below {
		// The target is a bare repository, or something inside a git directory.
		t.bare = t.abs == repo.GitDir || t.abs == repo.CommonDir
		if !t.bare {
			t.repo = nil
			return nil
		}
	}
	t.home = home
	top := t.bare || home == "" && !t.file
	t.database = opts.History == HistoryAlways || opts.History == HistoryAuto && top
	return nil
}

// gitDir is where the target's git directory should be.
func (t *target) gitDir() string {
	if dir := filepath.Join(t.abs, ".git"); exists(dir) {
		return dir
	}
	return t.abs
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// looksLikeRepository reports whether somebody would expect history here.
func looksLikeRepository(dir string) bool {
	has := func(name string) bool { return exists(filepath.Join(dir, name)) }
	return has(".git") || has("HEAD") && has("objects") && has("refs")
}

// open opens the repository of the target. A bare repository is one only where
// the target names it: the files of a directory that happens to lie in one are
// just files.
func (t *target) open(opts Options) (*gitrepo.Repo, error) {
	if !t.file {
		if repo, err := gitrepo.Open(t.abs); !errors.Is(err, gitrepo.ErrNotRepository) {
			return repo, err
		}
	}
	return gitrepo.Discover(t.abs)
}

// homeOf is the path of a file from the top of a working tree; below is false
// if it does not lie in it.
func homeOf(repo *gitrepo.Repo, abs string) (home string, below bool) {
	if repo.WorkTree == "" {
		return "", false
	}
	rel, err := filepath.Rel(repo.WorkTree, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	if rel == "." {
		return "", true
	}
	rel = filepath.ToSlash(rel)
	if rel == ".git" || strings.HasPrefix(rel, ".git/") {
		return "", false
	}
	return rel, true
}

// scan reads the target: its files, then the database, which wants to know
// what the files hold.
func (t *target) scan(ctx context.Context, opts Options, c *collector) error {
	opts.Progress.phase("files")
	if t.broken {
		c.problem(t.gitDir(), "", "this git directory is broken (git needs a valid HEAD, objects and refs in it): its history was not read")
	}
	switch {
	case t.bare:
	case t.file:
		t.scanFile(c, opts)
	default:
		scanTree(ctx, t.root(c), opts, c)
	}
	if !t.database || ctx.Err() != nil {
		return ctx.Err()
	}
	return scanHistory(ctx, t.repo, opts, c, t.shown)
}

// shown turns a path from the repository's top into one from the scanned root.
func (t *target) shown(home string) string {
	rel, err := filepath.Rel(filepath.FromSlash("/"+t.home), filepath.FromSlash("/"+home))
	if err != nil || t.file {
		return home
	}
	return joinPath(t.prefix, filepath.ToSlash(rel))
}

// root is where the walk begins. In a repository the rules of the directories
// above the target hold for it too.
func (t *target) root(c *collector) *directory {
	d := &directory{abs: t.abs, shown: t.prefix, home: t.prefix}
	if t.repo == nil {
		return d
	}
	top := t.repo.WorkTree
	d = &directory{abs: top}
	d.enter(openCheckout(t.repo, top, nil, "", c))
	for name := range strings.SplitSeq(t.home, "/") {
		if name != "" {
			d = d.below(name, c)
		}
	}
	d.abs, d.shown, d.all = t.abs, t.prefix, d.ignored
	return d
}

// below goes down one directory on the way to the target.
func (d *directory) below(name string, c *collector) *directory {
	d.readRules(c)
	sub := d.step(name)
	if d.ignore != nil && d.ignore.Match(name, true).Ignored {
		sub.ignored = true
	} else if d.ignore != nil {
		sub.ignore = d.ignore.Dir(name, nil)
	}
	return sub
}

// scanFile reads the one file that the target is, whatever git says of it.
func (t *target) scanFile(c *collector, opts Options) {
	dir := *t
	dir.abs, dir.file = filepath.Dir(t.abs), false
	dir.prefix, _ = splitPath(t.prefix)
	if t.repo != nil {
		dir.home, _ = splitPath(t.home)
	}
	d := dir.root(c)
	_, name := splitPath(filepath.ToSlash(t.abs))
	w := &treeWalk{opts: opts, collector: c}
	d.all = true
	d.readRules(c)
	standing, _ := w.judge(d, name)
	_, shown := splitPath(t.prefix)
	w.read(d, treeFile{name, standing, shown}, newFileReader())
}

// splitPath cuts a "/"-separated path behind its directory.
func splitPath(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}
