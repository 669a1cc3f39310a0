package scanner

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
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
func openStage(opts Options, c *collector, index indexReader) (*stage, error) {
	repo, err := currentRepo(opts.Getenv)
	if err != nil {
		return nil, err
	}
	top := &target{abs: cmp.Or(repo.WorkTree, repo.GitDir)} // from where findings' paths are
	c.showAbs = top.showAbs
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		return nil, err
	}
	c.onClose(store.Close)
	for _, p := range store.Problems() {
		c.problem(p.Path, idText(p.Object), p.Message)
	}
	return &stage{repo, openCheckoutIn(repo, store, index, c), store, c, opts}, nil
}

// inStage opens the stage and lets read search what of it is asked for.
func inStage(ctx context.Context, opts Options, phase string, index indexReader, read func(*stage) error) (*Result, error) {
	opts = opts.withDefaults(ctx)
	opts.Progress.phase(phase)
	start := time.Now()
	c := newCollector(opts)
	defer c.close()
	s, err := openStage(opts, c, index)
	if err != nil {
		return nil, err
	}
	if err := read(s); err != nil {
		return nil, err
	}
	return c.result(start), ctx.Err()
}

// Staged searches what the index holds against HEAD: whole blobs, not
// differences, so that no attribute and no filter hides anything.
func Staged(ctx context.Context, opts Options) (*Result, error) {
	return inStage(ctx, opts, "the index", newsIndex, func(s *stage) error {
		if s.repo.Bare && !s.repo.HasIndex() {
			return fmt.Errorf("the repository at %q is bare: it has no index to scan", s.repo.GitDir)
		}
		changed := s.changed()
		s.search(ctx, changed)
		s.names(changed, s.checkout.head().has)
		return nil
	})
}

// changed lists the entries of the index that HEAD does not have, the stages of
// a conflict among them; of one path, each content once.
func (s *stage) changed() []gitrepo.Entry {
	var changed []gitrepo.Entry
	for _, e := range s.checkout.index.entries {
		if s.isNews(e) {
			changed = append(changed, e)
		}
	}
	return distinct(changed)
}

// distinct leaves out the entries that repeat an earlier one's path and
// content: two sides of a conflict can agree.
func distinct(entries []gitrepo.Entry) []gitrepo.Entry {
	type content struct {
		path string
		id   gitpack.ID
	}
	seen := map[content]bool{}
	var rest []gitrepo.Entry
	for _, e := range entries {
		if c := (content{e.Path, e.ID}); !seen[c] {
			seen[c] = true
			rest = append(rest, e)
		}
	}
	return rest
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
	if !hasContent(e) {
		return nil
	}
	o, err := s.store.Object(e.ID)
	var found []sighting
	if err == nil {
		found, err = searchObject(o, s.opts.search(e.Path, s.checkout.files))
	}
	if err != nil {
		s.collector.unread(e.Path, e.ID.String(), "read staged content", err)
	}
	s.opts.Progress.Files.Add(1)
	s.opts.Progress.Bytes.Add(o.Size)
	if len(found) > 0 {
		s.checkout.patterns(e.Path, s.collector).note(found, false)
	}
	found = placed(found, e.Path, e.Path, rules.Tracked)
	for i := range found {
		// To unstage a conflict would take one side: that is for whoever resolves it.
		found[i].place.Staged = e.Stage == 0 && s.isNews(e)
	}
	return found
}

// isNews reports whether HEAD has something else at an entry's path.
func (s *stage) isNews(e gitrepo.Entry) bool {
	old, ok := s.checkout.head().find(e.Path)
	return e.Stage != 0 || !ok || old.child != e.ID
}
