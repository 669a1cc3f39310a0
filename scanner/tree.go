package scanner

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A batch is work for one goroutine: a directory to list, or some files of one
// whose list was long.
type batch struct {
	dir   *directory
	open  *folder
	files []treeFile
}

// A folder is an open directory. Its files are opened in it, which spares the
// system the way down from the top for each, and whoever puts a symbolic link
// in the place of a directory on the way gets nothing for it.
type folder struct {
	file  *os.File
	users atomic.Int32 // batches that are not done
}

func (f *folder) release() {
	if f.users.Add(-1) == 0 {
		_ = f.file.Close()
	}
}

// A treeFile is a file to read.
type treeFile struct {
	name     string
	standing rules.Standing
}

// batchFiles is how many files of one directory a goroutine takes at a time.
const batchFiles = 64

// A treeWalk lists directories and reads files side by side. Batches lie on a
// stack, so that the walk goes deep first and the stack stays short.
type treeWalk struct {
	opts      Options
	collector *collector
	// others are the places that the scan visits by themselves because the
	// user named them; nothing is read twice.
	others map[string]bool

	mu      sync.Mutex
	more    *sync.Cond
	stack   []batch
	running int
}

// run reads the files below root.
func (w *treeWalk) run(ctx context.Context, root *directory) {
	w.stack = []batch{{dir: root}}
	w.more = sync.NewCond(&w.mu)
	stop := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.more.Broadcast()
	})
	defer stop()
	var wg sync.WaitGroup
	for range w.opts.Workers {
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
	if b.open == nil {
		b = w.list(b.dir)
	}
	if b.open == nil {
		return
	}
	defer b.open.release()
	for _, f := range b.files {
		if ctx.Err() != nil {
			return
		}
		w.read(b.dir, b.open.file, f, joinPath(b.dir.shown, f.name), r)
	}
}

// list reads a directory: it pushes the directories below that are to be
// entered, and all of the files that are to be read but the first batch, which
// it returns.
func (w *treeWalk) list(d *directory) batch {
	file, err := openDir(d.abs)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			w.collector.problem(shownDir(d.shown), "", "list directory: "+cause(err))
		}
		return batch{}
	}
	files := w.choose(d, file)
	open := &folder{file: file}
	open.users.Store(1)
	first := batch{d, open, files[:min(len(files), batchFiles)]}
	for rest := range slices.Chunk(files[len(first.files):], batchFiles) {
		open.users.Add(1)
		w.push(batch{d, open, rest})
	}
	return first
}

// choose pushes the directories in an open one that are to be entered, and
// returns the files that are to be read.
func (w *treeWalk) choose(d *directory, open *os.File) []treeFile {
	entries, err := open.ReadDir(-1) // those read before an error come with it
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.collector.problem(shownDir(d.shown), "", "list directory: "+cause(err))
	}
	if holds(entries, ".git") {
		d.enterCheckout(w.collector)
	}
	if holds(entries, ".gitignore") {
		d.readRules(w.collector)
	}
	var files []treeFile
	var below []batch
	for _, e := range entries {
		switch {
		case e.Name() == ".git" || w.visitsItself(d, e.Name()):
		case e.IsDir():
			if sub := d.sub(e.Name()); sub.worthEntering(w.opts) {
				below = append(below, batch{dir: sub})
			}
		case e.Type().IsRegular():
			if standing, read := d.judge(e.Name(), w.opts); read {
				files = append(files, treeFile{e.Name(), standing})
			}
		}
	}
	w.push(below...)
	return files
}

func holds(entries []os.DirEntry, name string) bool {
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name })
}

// visitsItself reports whether the scan reads an entry by itself.
func (w *treeWalk) visitsItself(d *directory, name string) bool {
	return len(w.others) > 0 && w.others[filepath.Join(d.abs, name)]
}

// read searches one file of an open directory.
func (w *treeWalk) read(d *directory, open *os.File, f treeFile, shown string, r *fileReader) {
	base, repo := joinPath(d.home, f.name), ""
	if d.checkout != nil {
		repo = d.checkout.name
	}
	found, size, err := r.searchIn(open, f.name, search{path: base, exists: d.files.has})
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
	if len(found) == 0 {
		return
	}
	standing := f.standing
	if standing != rules.Tracked && d.checkout != nil && d.checkout.inHead(base) {
		standing = rules.Tracked
	}
	w.collector.add(d.files.describe(placed(found, shown, base, standing), shown, base), repo)
}

// placed gives the sightings of one file their paths and standing.
func placed(found []sighting, shown, home string, standing rules.Standing) []sighting {
	shown, home = key.Mask(shown), key.Mask(home)
	for i := range found {
		place := &found[i].place
		place.Path, place.Home, place.Standing = shown, home, standing
	}
	return found
}

// cause is an error without the path that the report shows anyway.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
