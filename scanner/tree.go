package scanner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A batch is work for one goroutine: a directory to list, or some files of one
// whose list was long.
type batch struct {
	dir   *directory
	above *folder // which dir is opened in; nil: by its path
	open  *folder
	files []treeFile
}

// A folder is an open directory that several batches share.
type folder struct {
	dirHandle
	users atomic.Int32  // batches that are not done
	kept  *atomic.Int32 // counts it, if it is kept open for those below
}

func (f *folder) release() {
	if f.users.Add(-1) > 0 {
		return
	}
	_ = f.Close()
	if f.kept != nil {
		f.kept.Add(-1)
	}
}

// mostKept is how many directories are kept open at most so that those below are opened in
// them: the system need not go down from the top for each, and follows no symbolic link that
// took the place of one on the way. A process may have few descriptors; below that many
// levels, directories are opened by their paths.
const mostKept = 32

// keep keeps a folder open for some batches, unless many are.
func (w *treeWalk) keep(f *folder, below []batch) {
	if w.kept.Add(1) > mostKept {
		w.kept.Add(-1)
		return
	}
	f.kept = &w.kept
	f.users.Add(int32(len(below)))
	for i := range below {
		below[i].above = f
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
	// databases says that the scan reads databases too, so that blobs may tell
	// of files; see unread.go.
	databases bool
	// named is the repository that the environment or a configuration gives a working
	// tree somewhere below; nil if there is none.
	named *gitrepo.Repo

	kept    atomic.Int32 // folders that are open for those below
	mu      sync.Mutex
	nested  []nested // repositories that were found, without the one that the walk began in
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
	defer spareProcessor(w.opts.Workers)()
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

// spareProcessor lets the runtime have one processor more than there are
// workers, until the function that it returns is called. All of them wait for
// system calls most of the time. As long as the runtime has a processor to
// spare, it leaves them theirs meanwhile; else it takes one away every 20 µs to
// hand it on, and nobody wants it, which costs thousands of switches.
func spareProcessor(workers int) (giveBack func()) {
	had := runtime.GOMAXPROCS(0)
	if had > workers {
		return func() {}
	}
	runtime.GOMAXPROCS(workers + 1)
	return func() { runtime.GOMAXPROCS(had) }
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
		b = w.list(b.dir, b.above, r)
	}
	if b.open == nil {
		return
	}
	defer b.open.release()
	w.readAll(ctx, b.dir, b.open.dirHandle, b.files, r)
}

// readAll searches files of an open directory.
func (w *treeWalk) readAll(ctx context.Context, d *directory, open dirHandle, files []treeFile, r *fileReader) {
	place := d.place("")
	var read, bytes int64 // counted once: goroutines would wait for each other at each file
	for _, f := range files {
		if ctx.Err() != nil {
			break
		}
		if size, ok := w.read(d, open, place, f, r); ok {
			read, bytes = read+1, bytes+size
		}
	}
	w.opts.Progress.Files.Add(read)
	w.opts.Progress.Bytes.Add(bytes)
}

// list reads a directory: it pushes the directories below that are to be
// entered, and all of the files that are to be read but the first batch, which
// it returns.
func (w *treeWalk) list(d *directory, above *folder, r *fileReader) batch {
	handle, ok := w.openFolder(d, above)
	if !ok {
		return batch{}
	}
	open := &folder{dirHandle: handle}
	open.users.Store(1)
	files := w.setApart(d, handle, w.choose(d, open, r))
	first := batch{dir: d, open: open, files: files[:min(len(files), batchFiles)]}
	for rest := range slices.Chunk(files[len(first.files):], batchFiles) {
		open.users.Add(1)
		w.push(batch{dir: d, open: open, files: rest})
	}
	return first
}

// openFolder opens a directory, in the one above if that was kept open, which it releases; ok
// is false if that cannot be.
func (w *treeWalk) openFolder(d *directory, above *folder) (handle dirHandle, ok bool) {
	var err error
	if above == nil {
		handle, err = openDir(d.abs)
	} else {
		handle, err = above.openDir(filepath.Base(d.abs))
		above.release()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.collector.problem(shownDir(d.shown), "", "list directory: "+cause(err))
	}
	return handle, err == nil
}

// choose pushes the directories in an open one that are to be entered, and
// returns the files that are to be read.
func (w *treeWalk) choose(d *directory, open *folder, r *fileReader) []treeFile {
	entries, err := open.list(r.room(0, 0))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.collector.problem(shownDir(d.shown), "", "list directory: "+cause(err))
	}
	entries = w.findNested(d, entries)
	if holds(entries, ".gitignore") || d.checkout != nil && d.checkout.index.leavesOut() {
		d.readRules(w.collector)
	}
	if w.databases && d.checkout != nil && holds(entries, ".gitattributes") {
		w.collector.noteAttributes(filepath.Join(d.abs, ".gitattributes"), d.checkout.name)
	}
	files := make([]treeFile, 0, len(entries))
	var below []batch
	for _, e := range entries {
		if e.name == ".git" || w.visitsItself(d, e.name) {
			continue
		}
		w.name(d, e)
		switch e.kind {
		case listedOther:
			w.link(d, e.name, r)
			w.opts.skip(d.shownFile(e.name), skippedOther)
		case listedDir:
			if sub := d.sub(e.name); sub.worthEntering(w.opts) {
				below = append(below, batch{dir: sub})
			} else {
				w.opts.skip(sub.shown, skippedDir)
			}
		default:
			if standing, read := d.judge(e.name, w.opts); read {
				files = append(files, treeFile{e.name, standing})
			} else {
				w.opts.skip(d.shownFile(e.name), skippedFile)
			}
		}
	}
	if len(below) > 0 {
		w.keep(open, below)
		w.push(below...)
	}
	return files
}

// visitsItself reports whether the scan reads an entry by itself.
func (w *treeWalk) visitsItself(d *directory, name string) bool {
	return len(w.others) > 0 && w.others[filepath.Join(d.abs, name)]
}

// read searches one file of an open directory, which is d.place, and returns how many bytes
// it has; ok is false if there is none.
func (w *treeWalk) read(d *directory, open dirHandle, place string, f treeFile, r *fileReader) (size int64, ok bool) {
	found, size, err := r.searchIn(open, f.name, r.beside(d.files, place, f.name, w.opts))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, false // it went away between the listing and now: there is nothing to miss
	case errors.Is(err, errNotRegular):
		return 0, false // nor in what took its place
	case err != nil:
		w.collector.unread(d.shownFile(f.name), "", "read file", err)
	}
	w.tell(d, f, found)
	return size, true
}

// link searches what a symbolic link leads to, as git keeps it: the text of the link.
func (w *treeWalk) link(d *directory, name string, r *fileReader) {
	target, err := os.Readlink(filepath.Join(d.abs, name))
	if err != nil || len(target) < shortestName || !key.Candidate([]byte(target)) {
		return // or no link
	}
	if standing, read := d.judge(name, w.opts); read {
		found, _ := r.beside(d.files, d.place(""), name, w.opts).buffer([]byte(target))
		w.tell(d, treeFile{name, standing}, found)
	}
}

// tell collects what was found in a file.
func (w *treeWalk) tell(d *directory, f treeFile, found []sighting) {
	if len(found) == 0 {
		return
	}
	standing, base := f.standing, joinPath(d.home, f.name)
	home := base
	owners, unstaged := d.owners(f.name)
	if len(owners) > 0 {
		standing, home = rules.Tracked, owners[len(owners)-1].home
	}
	found = placed(found, d.shownFile(f.name), home, standing)
	decided := d.patterns(f.name)
	d.noteOlder(&decided, f.name, w.collector)
	decided.note(found, unstaged)
	w.noteOutside(d, f.name, found, standing, decided.ignoring)
	w.collector.add(d.files.describe(found, d.shownFile(f.name), base), owners...)
}

// noteOutside says of a file with a key that it is ignored on this machine
// alone.
func (w *treeWalk) noteOutside(d *directory, name string, found []sighting, standing rules.Standing, pattern rules.Pattern) {
	if standing == rules.Ignored && pattern.Outside && slices.ContainsFunc(found, func(s sighting) bool { return !s.match.Placeholder && !s.isName() }) {
		w.collector.note(fmt.Sprintf("%q holds a key, and only a rule outside the repository ignores it (%q, line %d): "+
			"git does not ignore it for anybody else until .gitignore does", d.shownFile(name), pattern.Source, pattern.Line))
	}
}

// placed gives the sightings of one file their paths and standing.
func placed(found []sighting, shown, home string, standing rules.Standing) []sighting {
	for i := range found {
		place := &found[i].place
		setPath(place, shown, home)
		place.Standing = standing
	}
	return found
}

// note gives the sightings of one file the lines that decide about it, and
// whether it is tracked by the last commit alone.
func (p patterns) note(found []sighting, unstaged bool) {
	for i := range found {
		place := &found[i].place
		place.Pattern, place.Included, place.Older, place.Unstaged = p.ignoring, p.including, p.older, unstaged
	}
}

// cause is an error without the path that the report shows anyway.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
