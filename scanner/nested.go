package scanner

import (
	"cmp"
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitrepo"
)

// A nested repository is one in the scanned tree, a submodule for example, or
// one that another keeps among its modules.
type nested struct {
	repo  *gitrepo.Repo
	shown string // where its top is, from the scanned root
}

// show turns a path from the repository's top into the one to show.
func (n nested) show(home string) string { return joinPath(n.shown, home) }

// findNested enters the repository whose top a directory is, and notes it for
// its database. A repository without a working tree is noted too; its files are
// read like any others, but for its objects, which are the database. It returns
// the entries that are left.
func (w *treeWalk) findNested(d *directory, entries []listed) []listed {
	var repo *gitrepo.Repo
	switch {
	case w.named != nil && d.abs == w.named.WorkTree:
		repo = w.named
		d.enter(openCheckout(repo, w.collector))
	case holds(entries, ".git"):
		repo = d.enterCheckout(w.collector, w.databases)
	case holds(entries, "HEAD") && holds(entries, "objects") && holds(entries, "refs"):
		var err error
		if repo, err = gitrepo.Open(d.abs); err != nil {
			problem := unopened(err)
			if errors.Is(err, gitrepo.ErrNotRepository) {
				problem = brokenRepo
			}
			w.collector.problem(d.abs, "", problem)
		} else {
			entries = slices.DeleteFunc(entries, func(e listed) bool { return e.name == "objects" && e.kind == listedDir })
		}
	}
	if repo == nil {
		return entries
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nested = append(w.nested, nested{repo, d.shown})
	return entries
}

// A databaseScan reads object databases, each once: worktrees share one.
type databaseScan struct {
	opts      Options
	collector *collector
	read      map[string]bool // by repoName
}

// scanDatabases reads the databases of the targets, then those of the
// repositories in them, then those that a repository keeps for its submodules:
// whoever names or sees a place first has its paths told by it.
func scanDatabases(ctx context.Context, targets []*target, opts Options, c *collector) error {
	s := &databaseScan{opts, c, map[string]bool{}}
	targets = slices.DeleteFunc(slices.Clone(targets), func(t *target) bool { return !t.database })
	for _, t := range targets {
		if t.repo != nil {
			if err := s.scan(ctx, t.repo, "", t.shown); err != nil {
				return err
			}
		}
	}
	for _, t := range targets {
		slices.SortFunc(t.nested, func(a, b nested) int { return cmp.Compare(a.shown, b.shown) })
		if err := s.scanNested(ctx, t.nested); err != nil {
			return err
		}
	}
	for _, t := range targets {
		keepers := slices.Clone(t.nested)
		if t.repo != nil {
			keepers = append(keepers, nested{repo: t.repo})
		}
		if err := s.scanModules(ctx, t, keepers); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *databaseScan) scanNested(ctx context.Context, all []nested) error {
	for _, n := range all {
		if err := s.scan(ctx, n.repo, n.shown, n.show); err != nil {
			return err
		}
	}
	return nil
}

// scan reads a database that was not read yet.
func (s *databaseScan) scan(ctx context.Context, repo *gitrepo.Repo, within string, shown func(string) string) error {
	if name := repoName(repo); ctx.Err() == nil && !s.read[name] {
		s.read[name] = true
		return scanHistory(ctx, repo, s.opts, s.collector, within, shown)
	}
	return ctx.Err()
}

// scanModules reads the databases that repositories keep for their submodules,
// and those for the submodules of these: of ones that are not checked out any
// more, that lie outside the scanned root, or of another branch.
func (s *databaseScan) scanModules(ctx context.Context, t *target, keepers []nested) error {
	seen := map[string]bool{} // a worktree keeps the same modules as its repository
	for len(keepers) > 0 {
		dirs, errs := keepers[0].repo.Modules()
		keepers = keepers[1:]
		for _, err := range errs {
			s.collector.problem("", "", err.Error())
		}
		for _, dir := range dirs {
			if seen[dir] {
				continue
			}
			seen[dir] = true
			repo, err := gitrepo.Open(dir)
			if err != nil {
				s.collector.problem(dir, "", err.Error())
				continue
			}
			module := nested{repo, t.shownModule(repo)}
			keepers = append(keepers, module)
			if err := s.scanNested(ctx, []nested{module}); err != nil {
				return err
			}
		}
	}
	return nil
}

// shownModule is where a submodule's top is, if it is checked out in the
// target's own working tree, or would be if that is a linked one; else its git
// directory.
func (t *target) shownModule(module *gitrepo.Repo) string {
	if t.repo != nil && !t.outside {
		home, below := homeOf(t.repo, module.WorkTree)
		if checkedOut, err := gitrepo.Open(module.WorkTree); below && err == nil && checkedOut.GitDir == module.GitDir {
			return t.shown(home)
		}
		if place, ok := placeInWorktree(t.repo, module); ok {
			return t.shown(place)
		}
	}
	base := t.abs
	if t.file {
		base = filepath.Dir(base)
	}
	rel, err := filepath.Rel(base, module.GitDir)
	if err != nil {
		return filepath.ToSlash(module.GitDir)
	}
	return path.Join(t.shownDir(), filepath.ToSlash(rel))
}

// placeInWorktree is where a linked worktree would have a submodule that is not
// checked out there. Its git directory lies with the main worktree, and of no use
// to whoever looks for the file in this one.
func placeInWorktree(repo, module *gitrepo.Repo) (home string, ok bool) {
	if repo.GitDir == repo.CommonDir {
		return "", false
	}
	rel, err := filepath.Rel(filepath.Join(repo.CommonDir, "modules"), module.GitDir)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	// Submodules of it are among its own modules.
	name, below, _ := strings.Cut(filepath.ToSlash(rel), "/modules/")
	home = path.Join(repo.SubmodulePath(name), strings.ReplaceAll(below, "/modules/", "/"))
	return home, !exists(filepath.Join(repo.WorkTree, filepath.FromSlash(home), ".git"))
}
