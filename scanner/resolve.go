package scanner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// A target is one PATH of a scan.
type target struct {
	arg      string // as it was given
	abs      string // without symbolic links
	prefix   string // put before the paths that are shown; see resolve
	file     bool
	repo     *gitrepo.Repo // nil outside
	outside  bool          // abs lies in no working tree of repo
	within   string        // where that lies in abs, if it does; else ""
	home     string        // of abs in repo's working tree; "" for the top
	bare     bool          // abs is a repository without a working tree
	database bool          // read the object databases too: its own, and those of the repositories in it
	nested   []nested      // the repositories that the walk found in it
	broken   string        // why its repository, which is there, cannot be read; empty if it can, or there is none
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
	repo, own, err := t.openHere(opts.Getenv)
	var wrong *wrongEnvironment
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("scan %q: %w", t.arg, err)
	case errors.Is(err, gitrepo.ErrNotRepository) && opts.History == HistoryAlways:
		return fmt.Errorf("scan %q with --history: it is in no git repository", t.arg)
	case errors.Is(err, gitrepo.ErrNotRepository):
		if !t.file && looksLikeRepository(t.abs) {
			t.broken = brokenRepo
		}
		t.database = opts.History == HistoryAuto
		return nil
	case err != nil: // the files are there all the same
		t.broken = unopened(err)
		t.database = opts.History != HistoryNever
		return nil
	}
	t.repo = repo
	home, below := homeOf(repo, t.abs)
	t.home, t.outside = home, !below
	if rel, err := filepath.Rel(t.abs, repo.WorkTree); t.outside && !t.file && err == nil && filepath.IsLocal(rel) {
		t.within = filepath.ToSlash(rel)
	}
	t.bare = own && (t.abs == repo.GitDir || t.abs == repo.CommonDir)
	t.database = opts.History == HistoryAlways || opts.History == HistoryAuto && own
	return nil
}

// openHere is open with what the environment says of the current directory, as
// git sets it for a hook: of what is pushed, the objects lie in a quarantine
// directory until the hook agrees. A path elsewhere has its own repository.
func (t *target) openHere(getenv func(string) string) (repo *gitrepo.Repo, own bool, err error) {
	repo, own, err = t.open()
	cwd, cwdErr := os.Getwd()
	set := func(names ...string) []string {
		return slices.DeleteFunc(names, func(name string) bool { return getenv(name) == "" })
	}
	names := set("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
	if len(names) == 0 && err == nil && len(set("GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS")) > 0 {
		return configured(repo, getenv, cwd), own, nil
	}
	if len(names) == 0 || cwdErr != nil || err != nil && !errors.Is(err, gitrepo.ErrNotRepository) {
		return repo, own, err
	}
	here := t.isDir(cwd)
	meant, meantErr := gitrepo.FromEnv(getenv, cwd)
	switch {
	case meantErr != nil && here:
		return nil, false, &wrongEnvironment{fmt.Sprintf("%s in the environment: %v", strings.Join(names, ", "), meantErr)}
	case meantErr != nil:
		return repo, own, err
	case here && (err != nil || getenv("GIT_WORK_TREE") != ""):
		return meant, meant.WorkTree == "" || t.isDir(meant.WorkTree), nil
	case getenv("GIT_WORK_TREE") != "" && t.belongs(meant, repo):
		return meant, t.isDir(meant.WorkTree), nil
	case err != nil:
		return repo, own, err
	case here && meant.GitDir != repo.GitDir:
		return nil, false, &wrongEnvironment{fmt.Sprintf("GIT_DIR names another repository, %q, than the one that it lies in, %q: unset GIT_DIR, or set GIT_WORK_TREE too", meant.GitDir, repo.GitDir)}
	case meant.GitDir == repo.GitDir && meant.WorkTree == repo.WorkTree:
		return meant, own, nil
	}
	return repo, own, nil
}

// belongs reports whether the target lies in the working tree that the environment
// names, and in no repository within that.
func (t *target) belongs(meant, found *gitrepo.Repo) bool {
	if _, below := homeOf(meant, t.abs); !below {
		return false
	}
	if found == nil {
		return true
	}
	home, below := homeOf(meant, found.WorkTree)
	return !below || home == ""
}

// configured is a repository with the configuration that `git -c` and the environment give
// the one of the current directory, if it is that.
func configured(repo *gitrepo.Repo, getenv func(string) string, cwd string) *gitrepo.Repo {
	meant, err := gitrepo.FromEnv(getenv, cwd)
	if err != nil || meant.GitDir != repo.GitDir || meant.WorkTree != repo.WorkTree {
		return repo
	}
	return meant
}

// isDir reports whether the target is a directory.
func (t *target) isDir(dir string) bool {
	real, err := filepath.EvalSymlinks(dir)
	return err == nil && !t.file && real == t.abs
}

// A wrongEnvironment is variables that lead to no repository. That is not the
// absence of one: somebody named it.
type wrongEnvironment struct{ message string }

func (e *wrongEnvironment) Error() string { return e.message }

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

// open opens the repository of the target; own tells that it is the target's
// own and not one around it. A bare repository is one only where the target
// names it: the files of a directory that happens to lie in one are just files.
func (t *target) open() (repo *gitrepo.Repo, own bool, err error) {
	if !t.file {
		if repo, err := gitrepo.Open(t.abs); !errors.Is(err, gitrepo.ErrNotRepository) {
			return repo, err == nil, err
		}
	}
	repo, err = gitrepo.Discover(t.abs)
	return repo, false, err
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

// scanTargets reads the files of all targets, then the databases, which want to
// know what the files hold.
func scanTargets(ctx context.Context, targets []*target, opts Options, c *collector) error {
	opts.Progress.phase("files")
	others := map[string]bool{}
	databases := slices.ContainsFunc(targets, func(t *target) bool { return t.database })
	for _, t := range targets {
		if len(targets) > 1 && !t.bare {
			others[t.abs] = true
		}
	}
	for _, t := range targets {
		if t.broken != "" {
			c.problem(t.gitDir(), "", t.broken)
		}
		w := &treeWalk{opts: opts, collector: c, others: others, databases: databases}
		if t.within != "" {
			w.named = t.repo
		}
		switch {
		case t.bare:
		case t.file:
			t.readFile(ctx, w)
		default:
			w.run(ctx, t.root(c))
		}
		t.nested = w.nested
	}
	if err := scanDatabases(ctx, targets, opts, c); err != nil {
		return err
	}
	c.readRest(ctx, opts)
	return ctx.Err()
}

// shown turns a path from the repository's top into one from the scanned root.
func (t *target) shown(home string) string {
	fromHome := t.home
	if t.file {
		fromHome, _ = splitPath(fromHome)
	}
	rel, err := filepath.Rel(filepath.FromSlash("/"+fromHome), filepath.FromSlash("/"+home))
	if err != nil {
		return home
	}
	return path.Join(t.shownDir(), t.within, filepath.ToSlash(rel))
}

// shownDir is what is put before the paths of what lies beside a file, or in a
// directory, that is the target.
func (t *target) shownDir() string {
	if t.file {
		dir, _ := splitPath(t.prefix)
		return dir
	}
	return t.prefix
}

// showAbs turns an absolute path at or below the target into the one to show.
func (t *target) showAbs(abs string) (shown string, below bool) {
	top := t.abs
	if t.file {
		top = filepath.Dir(top)
	}
	rel, err := filepath.Rel(top, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return shownDir(path.Join(t.shownDir(), filepath.ToSlash(rel))), true
}

// root is where the walk begins. In a repository the rules of the directories
// above the target hold for it too, and so does the index of a repository
// around it.
func (t *target) root(c *collector) *directory {
	d := &directory{abs: t.abs, shown: t.prefix, home: t.prefix, files: new(existence)}
	if t.repo == nil || t.outside {
		if t.prefix == "" {
			d.files.root, d.above = filepath.Dir(t.abs), filepath.Base(t.abs)
		}
		return d
	}
	d = &directory{abs: t.repo.WorkTree, tracked: outerTracked(t.repo)}
	d.enter(openCheckout(t.repo, c))
	for name := range strings.SplitSeq(t.home, "/") {
		if name != "" {
			d = d.below(name, c)
		}
	}
	d.shown, d.all = t.prefix, d.ignored
	return d
}

// outerTracked is what the repositories around another track in its place. What
// cannot be read of them is no matter of this scan, which does not cover them.
func outerTracked(repo *gitrepo.Repo) trackedSet {
	outer, err := gitrepo.Discover(filepath.Dir(repo.WorkTree))
	if err != nil {
		return nil
	}
	home, below := homeOf(outer, repo.WorkTree)
	if !below || home == "" {
		return nil
	}
	tracked := outerTracked(outer)
	if index, err := outer.Index(); err == nil {
		expandAround(index, outer)
		tracked = tracked.with(indexRange{entries: index.Sorted(), repo: repoName(outer)})
	}
	for name := range strings.SplitSeq(home, "/") {
		tracked = tracked.dir(name)
	}
	return tracked
}

// expandAround is expand for the index of a repository around the scanned one.
func expandAround(index *gitrepo.Index, outer *gitrepo.Repo) {
	if !index.Sparse() {
		return
	}
	if store, err := gitpack.Open(outer.ObjectDirs(), outer.HashSize); err == nil {
		defer store.Close()
		_ = expandFrom(index, store)
	}
}

// readFile reads the one file that the target is, whatever git says of it.
func (t *target) readFile(ctx context.Context, w *treeWalk) {
	dir := *t
	dir.abs, dir.file = filepath.Dir(t.abs), false
	dir.prefix, _ = splitPath(t.prefix)
	dir.home, _ = splitPath(t.home)
	d := dir.root(w.collector)
	d.readRules(w.collector)
	d.all, d.alias = true, t.prefix
	name := filepath.Base(t.abs)
	w.name(d, listed{name, listedFile})
	standing, _ := d.judge(name, w.opts)
	open, err := openDir(d.abs)
	if err != nil {
		w.collector.problem(t.prefix, "", "read file: "+cause(err))
		return
	}
	defer open.Close()
	w.readAll(ctx, d, open, []treeFile{{name, standing}}, newFileReader())
}

// splitPath cuts a "/"-separated path behind its directory.
func splitPath(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}
