package scanner

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// Where a scan reads a repository's database too, most tracked files need no
// reading: the index proves that a file is what git checked out, and its blob is
// searched with all others. The walk only notes such files. When the database
// has been read, those whose blob holds something are searched where they lie,
// as they would have been at first; and all of them are, where anything makes
// their blob a bad witness (see witness).

// An unreadFile is a file that was not read because of what its blob is.
type unreadFile struct {
	dir  *directory
	file treeFile
	blob gitpack.ID
}

// unreadFiles is the files that a scan has yet to decide about, by repository.
type unreadFiles struct {
	mu       sync.Mutex
	byRepo   map[string][]unreadFile // as repoName has it
	filtered map[string]bool         // repositories in which files may differ from their blobs
}

// add notes files of one checkout.
func (u *unreadFiles) add(repo string, files []unreadFile) {
	if len(files) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byRepo == nil {
		u.byRepo = map[string][]unreadFile{}
	}
	u.byRepo[repo] = append(u.byRepo[repo], files...)
}

// filter notes that files of a repository may differ from their blobs.
func (u *unreadFiles) filter(repo string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.filtered == nil {
		u.filtered = map[string]bool{}
	}
	u.filtered[repo] = true
}

// take hands over the files of a repository, and whether they may differ from
// their blobs.
func (u *unreadFiles) take(repo string) (files []unreadFile, filtered bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	files = u.byRepo[repo]
	delete(u.byRepo, repo)
	return files, u.filtered[repo]
}

// repos lists the repositories of the files that are left.
func (u *unreadFiles) repos() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Collect(maps.Keys(u.byRepo))
}

// setApart leaves out of the files to read those that the index proves
// unchanged, and notes them. A file whose name claims that it holds others is
// read: its blob has no name, and so is not opened just like it; and so is one
// in which names of variables count, and one that several repositories track,
// of which the first that is searched wants to know what it holds.
func (w *treeWalk) setApart(d *directory, open dirHandle, files []treeFile) []treeFile {
	if !w.databases || d.checkout == nil || d.checkout.index.source == nil {
		return files
	}
	index := d.checkout.index.source
	own := d.own()
	if len(own.entries) == 0 {
		return files
	}
	d.checkout.attributes.Do(func() { d.checkout.noteAttributes(w.collector) })
	dir, rest := d.place(""), files[:0]
	var unread []unreadFile
	for _, f := range files {
		entry := own.all(f.name)
		if len(entry) == 1 && !d.shared(f.name) && !archive.Claimed(f.name) && !givesVariables(dir, f.name) {
			if now, ok := open.stat(f.name); ok && index.Unchanged(&entry[0], now) {
				unread = append(unread, unreadFile{d, f, entry[0].ID})
				continue
			}
		}
		rest = append(rest, f)
	}
	w.collector.apart.add(d.checkout.name, unread)
	return rest
}

// mayFilter are the attributes by which git makes a file out of a blob that
// need not hold what the file does: a filter decrypts or fetches it, an encoding
// writes it in other bytes. What the others do (text, eol, ident) makes no key
// and hides none.
var mayFilter = [...][]byte{[]byte("filter"), []byte("working-tree-encoding")}

// noteAttributes looks into a file of attributes.
func (c *collector) noteAttributes(path, repo string) {
	data, err := readSmall(path, gitrepo.MaxIgnoreSize)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	for _, word := range mayFilter {
		if err != nil || bytes.Contains(data, word) {
			c.apart.filter(repo)
		}
	}
}

// noteAttributes looks into all that decides about filters and is no file of the
// working tree.
func (k *checkout) noteAttributes(c *collector) {
	outer, err := k.repo.OuterAttributes()
	if err != nil || outer.Drivers {
		c.apart.filter(k.name)
	}
	for _, path := range outer.Files {
		c.noteAttributes(path, k.name)
	}
	for i := range k.index.entries {
		path := k.index.entries[i].Path
		if strings.HasSuffix(path, ".gitattributes") && !exists(filepath.Join(k.top, filepath.FromSlash(path))) {
			c.apart.filter(k.name) // git reads it in the index then
		}
	}
}

// readUnread searches those of the files that were set apart whose blob holds
// something, or does not prove that they hold nothing.
func (h *history) readUnread(ctx context.Context) {
	files, filtered := h.collector.apart.take(repoName(h.repo))
	if len(files) == 0 {
		return
	}
	if h.witness(filtered) {
		readFiles(ctx, files, h.opts, h.collector, func(f unreadFile) bool { return h.hits[f.blob] != nil || h.told[f.blob] || !h.store.Has(f.blob) })
	} else {
		readFiles(ctx, files, h.opts, h.collector, func(unreadFile) bool { return true })
	}
}

// witness reports whether blobs tell of the files that were made of them. They
// do not if a filter made those, if another blob took a blob's place
// (git-replace), or if something could not be read.
func (h *history) witness(filtered bool) bool {
	for _, ref := range h.refs {
		if strings.HasPrefix(ref.Name, "refs/replace/") {
			return false
		}
	}
	return !filtered && h.collector.complete()
}

// readFiles reads the wanted ones of files that were set apart; the others count
// as read.
func readFiles(ctx context.Context, files []unreadFile, opts Options, c *collector, wanted func(unreadFile) bool) {
	w := &treeWalk{opts: opts, collector: c}
	work := make(chan []unreadFile)
	var wg sync.WaitGroup
	for range opts.Workers {
		wg.Go(func() {
			r := newFileReader()
			for files := range work {
				for _, f := range files {
					if !wanted(f) {
						opts.Progress.Files.Add(1)
						continue
					}
					w.readAgain(ctx, f, r)
				}
			}
		})
	}
	for len(files) > 0 && ctx.Err() == nil {
		n := min(len(files), batchFiles)
		work <- files[:n]
		files = files[n:]
	}
	close(work)
	wg.Wait()
}

func (w *treeWalk) readAgain(ctx context.Context, f unreadFile, r *fileReader) {
	open, ok := w.openFolder(f.dir, nil)
	if !ok {
		return
	}
	defer open.Close()
	w.readAll(ctx, f.dir, open, []treeFile{f.file}, r)
}

// readRest reads what was set apart for a database that was not read.
func (c *collector) readRest(ctx context.Context, opts Options) {
	for _, repo := range c.apart.repos() {
		files, _ := c.apart.take(repo)
		readFiles(ctx, files, opts, c, func(unreadFile) bool { return true })
	}
}
