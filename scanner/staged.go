package scanner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A stage is an index with the database that its blobs lie in.
type stage struct {
	repo      *gitrepo.Repo
	checkout  *checkout
	store     *gitpack.Store
	collector *collector
	opts      Options
}

// openStage opens the repository that the environment and the current
// directory name, as a hook has to.
func openStage(opts Options, c *collector) (*stage, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the current directory: %w", err)
	}
	repo, err := gitrepo.FromEnv(opts.Getenv, cwd)
	if err != nil {
		return nil, fmt.Errorf("open the repository at %q: %w", cwd, err)
	}
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		return nil, err
	}
	for _, p := range store.Problems() {
		c.problem(p.Path, idText(p.Object), p.Message)
	}
	return &stage{repo, openCheckout(repo, repo.WorkTree, nil, "", c), store, c, opts}, nil
}

// inStage opens the stage and lets read search what of it is asked for.
func inStage(ctx context.Context, opts Options, phase string, read func(*stage) error) (*Result, error) {
	opts = opts.withDefaults()
	opts.Progress.phase(phase)
	start := time.Now()
	c := newCollector(opts.Progress)
	s, err := openStage(opts, c)
	if err != nil {
		return nil, err
	}
	defer s.store.Close()
	if err := read(s); err != nil {
		return nil, err
	}
	return c.result(start), ctx.Err()
}

// Staged searches what the index holds against HEAD: whole blobs, not
// differences, so that no attribute and no filter hides anything.
func Staged(ctx context.Context, opts Options) (*Result, error) {
	return inStage(ctx, opts, "the index", func(s *stage) error {
		if s.repo.WorkTree == "" {
			return fmt.Errorf("the repository at %q is bare: it has no index to scan", s.repo.GitDir)
		}
		head := map[string]gitpack.ID{}
		if t := s.checkout.head(); t != nil {
			t.flatten(t.root, "", head)
		}
		var changed []gitrepo.Entry
		for _, e := range s.checkout.index.entries {
			if e.Stage != 0 || head[e.Path] != e.ID {
				changed = append(changed, e)
			}
		}
		s.search(ctx, changed)
		return nil
	})
}

// search searches the blobs of index entries side by side.
func (s *stage) search(ctx context.Context, entries []gitrepo.Entry) {
	work := make(chan gitrepo.Entry)
	var wg sync.WaitGroup
	for range min(s.opts.Workers, len(entries)) {
		wg.Go(func() {
			for e := range work {
				s.collector.add(s.blob(e))
			}
		})
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			break
		}
		work <- e
	}
	close(work)
	wg.Wait()
}

// blob searches the staged content of one path.
func (s *stage) blob(e gitrepo.Entry) []sighting {
	if e.IntentToAdd || e.Mode&modeMask == modeGitlink {
		return nil // there is no content here: not yet, or in another database
	}
	o, err := s.store.Object(e.ID)
	if err != nil {
		s.collector.problem(e.Path, e.ID.String(), "read staged content: "+err.Error())
		return nil
	}
	found, err := objectSightings(o, e.Path, s.checkout.exists)
	if err != nil {
		s.collector.problem(e.Path, e.ID.String(), "read staged content: "+err.Error())
	}
	s.opts.Progress.Files.Add(1)
	s.opts.Progress.Bytes.Add(o.Size)
	return placed(found, e.Path, rules.Tracked)
}

// Modes of index entries.
const (
	modeMask    = 0o170000
	modeGitlink = 0o160000
)

// placed gives the sightings of one file their path and standing.
func placed(found []sighting, home string, standing rules.Standing) []sighting {
	for i := range found {
		found[i].place.Path, found[i].place.Home = key.Mask(home), key.Mask(home)
		found[i].place.Standing = standing
	}
	return found
}

// Files searches single files as a hook names them: of each tracked path the
// staged content, and the working file too where it holds other keys.
func Files(ctx context.Context, opts Options) (*Result, error) {
	return inStage(ctx, opts, "files", func(s *stage) error {
		r := newFileReader()
		seen := map[string]bool{}
		for _, path := range s.opts.Paths {
			abs, err := filepath.Abs(path)
			if err != nil {
				return fmt.Errorf("scan %q: %w", path, err)
			}
			if ctx.Err() == nil && !seen[abs] {
				seen[abs] = true
				s.file(path, abs, r)
			}
		}
		return nil
	})
}

// file searches one path that a hook names.
func (s *stage) file(path, abs string, r *fileReader) {
	real := abs
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		real = filepath.Join(dir, filepath.Base(abs))
	}
	home, below := homeOf(s.repo, real)
	if !below || home == "" {
		home = filepath.ToSlash(path)
	}
	var staged []sighting
	entries := s.checkout.index.all(home)
	for _, e := range entries {
		staged = append(staged, s.blob(e)...)
	}
	s.collector.add(staged)
	found, size, err := r.search(real, home, s.checkout.exists)
	switch {
	case errors.Is(err, errNotRegular) && len(entries) == 0 && isDir(real):
		s.collector.problem(path, "", "read file: it is a directory; a hook searches files")
		return
	case errors.Is(err, errNotRegular), len(entries) > 0 && errors.Is(err, fs.ErrNotExist):
		return // a symbolic link, a submodule, a file that is gone: what is staged was searched
	case err != nil:
		s.collector.problem(path, "", "read file: "+cause(err))
		return
	}
	if len(entries) == 0 {
		s.opts.Progress.Files.Add(1)
		s.opts.Progress.Bytes.Add(size)
	}
	s.collector.add(without(placed(found, home, s.standing(home, below, len(entries) > 0)), staged))
}

func isDir(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}

// standing is how git sees a file that a hook names.
func (s *stage) standing(home string, below, tracked bool) rules.Standing {
	switch {
	case !below:
		return rules.Outside
	case tracked || s.checkout.inHead(home):
		return rules.Tracked
	case s.checkout.ignores(home, s.collector):
		return rules.Ignored
	}
	return rules.Untracked
}

// without leaves out the sightings that stand in others at the same place.
func without(found, others []sighting) []sighting {
	type spot struct {
		secret key.Secret
		span   rules.Span
	}
	known := map[spot]bool{}
	for _, s := range others {
		known[spot{s.match.Secret, s.place.Span}] = true
	}
	var rest []sighting
	for _, s := range found {
		if !known[spot{s.match.Secret, s.place.Span}] {
			rest = append(rest, s)
		}
	}
	return rest
}
