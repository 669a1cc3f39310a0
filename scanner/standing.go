package scanner

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/rules"
)

// A checkout is a repository's working tree with what tells how git sees each
// of its files. It is safe for many goroutines.
type checkout struct {
	repo   *gitrepo.Repo
	name   string // repoName(repo)
	top    string // without symbolic links
	index  indexRange
	ignore *gitrepo.Ignore        // for the top directory, without its .gitignore
	older  func() *gitrepo.Ignore // the same as git before 2.52 reads it
	fold   bool                   // core.ignoreCase
	files  *existence
	head   func() *headTree
	// objects opens the database, once; it stays open until the scan is over.
	objects func() (*gitpack.Store, error)

	attributes sync.Once // noteAttributes, where it matters
}

// openCheckout reads the index and the rules of a working tree. What cannot be
// read is a problem, and the files then count as untracked.
func openCheckout(repo *gitrepo.Repo, c *collector) *checkout {
	return openCheckoutIn(repo, nil, wholeIndex, c)
}

// An indexReader reads as much of an index as is needed, which it may find out
// from HEAD.
type indexReader func(repo *gitrepo.Repo, head func() *headTree) (*gitrepo.Index, error)

func wholeIndex(repo *gitrepo.Repo, _ func() *headTree) (*gitrepo.Index, error) { return repo.Index() }

// newsIndex leaves out the entries in directories in which nothing is staged: of
// a hundred thousand, few are left.
func newsIndex(repo *gitrepo.Repo, head func() *headTree) (*gitrepo.Index, error) {
	return repo.IndexExcept(func(dir string, tree gitpack.ID) bool { return head().same(dir, tree) })
}

// openCheckoutIn is openCheckout with a reader of the index, and with the
// database, nil if it is not open yet.
func openCheckoutIn(repo *gitrepo.Repo, store *gitpack.Store, read indexReader, c *collector) *checkout {
	k := &checkout{repo: repo, name: repoName(repo), top: repo.WorkTree, files: &existence{root: repo.WorkTree}}
	k.objects = sync.OnceValues(func() (*gitpack.Store, error) { return openObjects(repo, store, c) })
	k.head = sync.OnceValue(func() *headTree { return openHead(repo, k.objects, c) })
	index, err := read(repo, k.head)
	if err == nil && index.Sparse() {
		err = k.expand(index)
	}
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
	}
	if index != nil {
		k.index = indexRange{entries: index.Sorted(), source: index, repo: k.name}
	}
	outer, err := repo.OuterRules()
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
	}
	k.fold = outer.IgnoreCase
	rulesOf := func(older bool) *gitrepo.Ignore {
		return gitrepo.NewIgnore(k.outerList(outer.User, older, c), k.outerList(outer.Info, older, c))
	}
	k.ignore, k.older = rulesOf(false), sync.OnceValue(func() *gitrepo.Ignore { return rulesOf(true) })
	return k
}

// repoName tells databases apart: worktrees of one repository share theirs.
func repoName(repo *gitrepo.Repo) string { return repo.ObjectDirs()[0] }

// openObjects opens a repository's database for the length of a scan, if it is
// not open yet.
func openObjects(repo *gitrepo.Repo, store *gitpack.Store, c *collector) (*gitpack.Store, error) {
	if store != nil {
		return store, nil
	}
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err == nil {
		c.onClose(store.Close)
	}
	return store, err
}

// expand replaces the entries of a sparse index that stand for directories;
// with an error, those that it could.
func (k *checkout) expand(index *gitrepo.Index) error {
	store, err := k.objects()
	if err != nil {
		return err
	}
	return expandFrom(index, store)
}

func expandFrom(index *gitrepo.Index, store *gitpack.Store) error {
	return index.ExpandSparse(func(id gitpack.ID) (string, []byte, error) {
		kind, data, err := store.Read(id)
		return kind.String(), data, err
	})
}

// outerList reads ignore rules that are not in the tree; nil if there are none.
// Links to them are followed, as git does: whoever can set one can name any file
// in the configuration, too.
func (k *checkout) outerList(path string, older bool, c *collector) *gitrepo.IgnoreList {
	if path == "" {
		return nil
	}
	data, err := readSmall(realFile(path), gitrepo.MaxIgnoreSize)
	if errors.Is(err, syscall.ENOTDIR) {
		return nil // a file in the place of a directory: there is none, to git too
	}
	return parseIgnoreList(data, err, path, c, gitrepo.IgnoreSource{Name: path, Fold: k.fold, Outside: true, Older: older})
}

// realFile is where a path leads to; the path itself if that is nowhere.
func realFile(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// parseIgnoreList is the rules that reading a file of them gave; nil if there
// is none, or none that can be read, and then nothing is ignored by it.
func parseIgnoreList(data []byte, err error, shown string, c *collector, from gitrepo.IgnoreSource) *gitrepo.IgnoreList {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) {
		return nil
	}
	var list *gitrepo.IgnoreList
	if err == nil {
		list, err = gitrepo.ParseIgnore(data, from)
	}
	if err != nil {
		c.problem(shown, "", "read ignore rules: "+cause(err))
		return nil
	}
	if isUTF16(data) {
		c.note(fmt.Sprintf("%q is UTF-16, which git does not read: none of its rules holds until it is saved as UTF-8", shown))
	}
	return list
}

// isUTF16 reports whether a text says that it is UTF-16, as what PowerShell's ">"
// writes does.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
}

// readSmall reads a regular file of rules.
func readSmall(path string, limit int) ([]byte, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLimited(f, size, limit)
}

// readLimited reads what should have size bytes.
func readLimited(r io.Reader, size int64, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("the file has %d bytes; at most %d are read", max(size, int64(len(data))), limit)
	}
	return data, err
}

// unlaid reads an ignore file that git leaves out of the working tree (sparse
// checkouts, `update-index --skip-worktree`): its rules hold all the same. The
// error is fs.ErrNotExist where git has none such.
func (k *checkout) unlaid(entries []gitrepo.Entry, limit int) ([]byte, error) {
	if len(entries) != 1 || entries[0].Stage != 0 || !entries[0].SkipWorktree {
		return nil, fs.ErrNotExist
	}
	store, err := k.objects()
	if err != nil {
		return nil, err
	}
	o, err := store.Object(entries[0].ID)
	switch {
	case err != nil:
		return nil, err
	case o.Kind != gitpack.Blob:
		return nil, fs.ErrNotExist
	case o.Open == nil:
		return readLimited(bytes.NewReader(o.Data), o.Size, limit)
	}
	r, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readLimited(r, o.Size, limit)
}

// parent goes down from the top to the directory of a file.
func (k *checkout) parent(home string, c *collector) (d *directory, name string) {
	d = &directory{abs: k.top}
	d.enter(k)
	return d.descend(home, c)
}

// descend goes down from the top to the directory of a file.
func (d *directory) descend(home string, c *collector) (parent *directory, name string) {
	dir, name := splitPath(home)
	for part := range strings.SplitSeq(dir, "/") {
		if part != "" {
			d = d.below(part, c)
		}
	}
	d.readRules(c)
	return d, name
}

// ignores reports whether git ignores an untracked file.
func (k *checkout) ignores(home string, c *collector) bool {
	d, name := k.parent(home, c)
	return d.ignore == nil || d.ignore.Match(name, false).Ignored
}

// patterns is the lines of ignore files that decide about a file.
func (k *checkout) patterns(home string, c *collector) patterns {
	d, name := k.parent(home, c)
	return d.patterns(name)
}

// olderPattern is the line by which git before 2.52 would ignore a file that it
// does not ignore any more.
func (k *checkout) olderPattern(home string, c *collector) rules.Pattern {
	d := &directory{abs: k.top, older: true}
	d.enter(k)
	d, name := d.descend(home, c)
	return d.patterns(name).ignoring
}

// otherwise finds a file in the index whose path differs from that of an entry
// in the case of letters alone: to git it is the same file where the file system
// does not tell them apart.
func (k *checkout) otherwise(home string) (entry string, ok bool) {
	if !k.fold || k.index.source == nil {
		return "", false
	}
	return k.index.source.FindFold(home)
}

// holdsOtherwise is the same for a directory.
func (k *checkout) holdsOtherwise(home string) bool {
	return k.fold && k.index.source != nil && k.index.source.HasPrefixFold(home)
}

// inHead reports whether HEAD's tree has a file at the path: one that was taken
// out of the index is committed all the same.
func (k *checkout) inHead(home string) bool {
	_, ok := k.head().find(home)
	return ok
}

// An existence tells which files there are below a directory, and remembers it:
// every script in a build output asks for the same few names.
type existence struct {
	root  string // empty: paths are the system's own
	known sync.Map

	mu      sync.Mutex
	reached map[string]map[string]bool // by project: see reachable

	pagesRead sync.Mutex
	sites     map[string]*site // by directory

	once   sync.Once
	around *manifests
}

// read gives a regular file of at most limit bytes, by a path with "/"; nil if
// there is none such.
func (e *existence) read(path string, limit int) []byte {
	data, err := readSmall(e.abs(path), limit)
	if err != nil {
		return nil
	}
	return data
}

// open gives a regular file by a path with "/"; nil if there is none such.
func (e *existence) open(path string) io.ReadCloser {
	f, _, err := openFile(e.abs(path))
	if err != nil {
		return nil
	}
	return f
}

// abs is a path with "/" as the system opens it.
func (e *existence) abs(path string) string {
	return cmp.Or(filepath.Join(e.root, filepath.FromSlash(path)), ".")
}

// describe adds what the files around it say to the sightings of one file.
func (e *existence) describe(found []sighting, shown, home string) []sighting {
	if len(found) > 0 && e.root != "" {
		e.once.Do(func() { e.around = newManifests(e.root) })
		e.around.describe(found, shown, home)
	}
	return found
}

// has reports whether there is a file or directory at a path with "/".
func (e *existence) has(path string) bool {
	if known, ok := e.known.Load(path); ok {
		return known.(bool)
	}
	there := exists(e.abs(path))
	e.known.Store(path, there)
	return there
}
