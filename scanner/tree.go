package scanner

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A directory is one that the walk has still to list.
type directory struct {
	abs      string // as the system opens it
	shown    string // from the scanned root, with "/"; "" for the root itself
	home     string // from the top of its checkout; shown where there is none
	checkout *checkout
	tracked  indexRange      // what the index has below it
	ignore   *gitrepo.Ignore // nil in an ignored directory and outside
	ignored  bool
	all      bool // named on the command line: its files are read though git ignores them
}

// A batch is work for one goroutine: a directory to list, or some files of one
// whose list was long.
type batch struct {
	dir   *directory
	files []treeFile
}

// A treeFile is a file to read.
type treeFile struct {
	name     string
	standing rules.Standing
	shown    string // instead of name, for a symbolic link that the user named; else empty
}

// batchFiles is how many files of one directory a goroutine takes at a time.
const batchFiles = 64

// A treeWalk lists directories and reads files side by side. Batches lie on a
// stack, so that the walk goes deep first and the stack stays short.
type treeWalk struct {
	opts      Options
	collector *collector

	mu      sync.Mutex
	more    *sync.Cond
	stack   []batch
	running int
}

// scanTree reads the files below root.
func scanTree(ctx context.Context, root *directory, opts Options, c *collector) {
	w := &treeWalk{opts: opts, collector: c, stack: []batch{{dir: root}}}
	w.more = sync.NewCond(&w.mu)
	stop := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.more.Broadcast()
	})
	defer stop()
	var wg sync.WaitGroup
	for range opts.Workers {
		wg.Go(func() {
			r := newFileReader()
			for {
				b, ok := w.take(ctx)
				if !ok {
					return
				}
				w.do(ctx, b, r)
				w.finish()
			}
		})
	}
	wg.Wait()
}

// take waits for a batch; ok is false when the walk is over.
func (w *treeWalk) take(ctx context.Context) (b batch, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.stack) == 0 && w.running > 0 && ctx.Err() == nil {
		w.more.Wait()
	}
	if len(w.stack) == 0 || ctx.Err() != nil {
		return batch{}, false
	}
	b = w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	w.running++
	return b, true
}

func (w *treeWalk) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	if w.running == 0 {
		w.more.Broadcast()
	}
}

func (w *treeWalk) push(batches ...batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stack = append(w.stack, batches...)
	w.more.Broadcast()
}

func (w *treeWalk) do(ctx context.Context, b batch, r *fileReader) {
	files := b.files
	if files == nil {
		files = w.list(b.dir)
		for len(files) > batchFiles {
			w.push(batch{b.dir, files[batchFiles:min(len(files), 2*batchFiles)]})
			files = append(files[:batchFiles:batchFiles], files[min(len(files), 2*batchFiles):]...)
		}
	}
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		w.read(b.dir, f, r)
	}
}

// list reads a directory: it pushes the directories below that are to be
// entered, and returns the files that are to be read.
func (w *treeWalk) list(d *directory) []treeFile {
	entries, err := readDir(d.abs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.collector.problem(d.shown, "", "list directory: "+cause(err))
	}
	w.enterCheckout(d, entries)
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == ".gitignore" }) {
		d.readRules(w.collector)
	}
	var files []treeFile
	var below []batch
	for _, e := range entries {
		switch {
		case e.Name() == ".git":
		case e.IsDir():
			if sub := w.directory(d, e.Name()); sub != nil {
				below = append(below, batch{dir: sub})
			}
		case e.Type().IsRegular():
			if standing, read := w.judge(d, e.Name()); read {
				files = append(files, treeFile{name: e.Name(), standing: standing})
			}
		}
	}
	w.push(below...)
	return files
}

// enterCheckout makes d the top of a checkout of its own if it holds one: a
// nested repository or a submodule is judged by its own index and rules.
func (w *treeWalk) enterCheckout(d *directory, entries []os.DirEntry) {
	for _, e := range entries {
		if e.Name() != ".git" || d.checkout != nil && d.checkout.top == d.abs {
			continue
		}
		repo, err := gitrepo.Open(d.abs)
		if errors.Is(err, gitrepo.ErrNotRepository) {
			return
		}
		if err != nil {
			w.collector.problem(d.shown, "", err.Error())
			return
		}
		d.enter(openCheckout(repo, d.abs, d.checkout, d.home, w.collector))
		return
	}
}

// enter makes d the top of a checkout.
func (d *directory) enter(c *checkout) {
	d.checkout, d.home = c, ""
	d.ignore, d.ignored = c.ignore, false
	d.tracked = c.index
}

// directory decides whether to enter a directory below d, and returns it.
func (w *treeWalk) directory(d *directory, name string) *directory {
	sub := d.step(name)
	if d.ignore == nil {
		if sub.enterIgnored(w.opts) {
			return sub
		}
		return nil
	}
	if d.ignore.Match(name, true).Ignored {
		sub.ignored = true
		if sub.enterIgnored(w.opts) {
			return sub
		}
		return nil
	}
	sub.ignore = d.ignore.Dir(name, nil)
	return sub
}

// step is the directory of that name below d, before any rule was asked.
func (d *directory) step(name string) *directory {
	return &directory{
		abs:      filepath.Join(d.abs, name),
		shown:    joinPath(d.shown, name),
		home:     joinPath(d.home, name),
		checkout: d.checkout,
		tracked:  d.tracked.dir(name),
		ignored:  d.ignored,
		all:      d.all,
	}
}

// enterIgnored decides whether a rule can fit anything below a directory that
// git ignores (or that lies outside of any repository, where all is read).
func (d *directory) enterIgnored(opts Options) bool {
	switch {
	case !d.ignored, d.all, opts.Ignored, !d.tracked.empty(), isBuildOutputDir(d.home):
		return true
	}
	return !isDependencyDir(filepath.Base(d.abs))
}

// judge tells how git sees a file, and whether a rule can fit it.
func (w *treeWalk) judge(d *directory, name string) (standing rules.Standing, read bool) {
	switch {
	case d.checkout == nil:
		return rules.Outside, true
	case d.tracked.has(name) || d.checkout.parentTracks(joinPath(d.home, name)):
		return rules.Tracked, true
	case d.ignore != nil && !d.ignore.Match(name, false).Ignored:
		return rules.Untracked, true
	case d.all, w.opts.Ignored, isEnvFile(name):
		return rules.Ignored, true
	}
	what, _ := judgeOutput(joinPath(d.home, name), d.checkout.exists) // the content may still decide
	return rules.Ignored, what != ""
}

// read searches one file.
func (w *treeWalk) read(d *directory, f treeFile, r *fileReader) {
	path := filepath.Join(d.abs, f.name)
	base, shown := joinPath(d.home, f.name), joinPath(d.shown, cmp.Or(f.shown, f.name))
	exists := outsideExists(d)
	if d.checkout != nil {
		exists = d.checkout.exists
	}
	found, size, err := r.search(path, base, exists)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return // it went away between the listing and now: there is nothing to miss
	case errors.Is(err, errNotRegular):
		return // nor in what took its place
	case err != nil:
		w.collector.problem(shown, "", "read file: "+cause(err))
	}
	w.opts.Progress.Files.Add(1)
	w.opts.Progress.Bytes.Add(size)
	for i := range found {
		o := &found[i].place
		o.Path, o.Home = key.Mask(shown), key.Mask(base)
		o.Standing = f.standing
		if f.standing != rules.Tracked && d.checkout != nil && d.checkout.inHead(base) {
			o.Standing = rules.Tracked
		}
	}
	w.collector.add(found)
}

// joinPath joins "/"-separated paths, the first of which may be empty.
func joinPath(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// cause is an error without the path that the report shows anyway.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

// readDir lists a directory; the entries read before an error are returned
// with it.
func readDir(path string) ([]os.DirEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}
