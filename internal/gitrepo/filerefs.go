package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
)

// fileRefs is the storage of one file a ref, and packed-refs for those that
// were packed; a loose ref overrides a packed one.
type fileRefs struct {
	repo *Repo

	mu     sync.Mutex
	packed map[string]Ref
	file   fs.FileInfo // of packed-refs as it was read; nil if there was none
	told   bool        // that something is wrong with packed-refs
}

func newFileRefs(r *Repo) (refStore, []error) {
	s := &fileRefs{repo: r, packed: map[string]Ref{}}
	return s, s.readPacked()
}

// readPacked reads packed-refs, unless it is the file that was read last. Of a
// file that is broken, what was known before stands beside what it says.
func (s *fileRefs) readPacked() []error {
	file, err := os.Stat(s.repo.packedRefsPath())
	if err == nil && s.file != nil && os.SameFile(file, s.file) && file.Size() == s.file.Size() && file.ModTime().Equal(s.file.ModTime()) {
		return nil
	}
	packed, errs := s.repo.readPackedRefs()
	if len(errs) > 0 {
		known := maps.Clone(s.packed)
		maps.Copy(known, packed)
		packed = known
	}
	s.packed, s.file = packed, file
	if s.told {
		return nil
	}
	s.told = len(errs) > 0
	return errs
}

// A place is the private directory of one worktree, with the prefix that its
// refs have as seen from the worktree that was opened.
type place struct{ prefix, dir string }

// places lists the worktrees: the one that was opened first, then the main one,
// then the linked ones.
func (r *Repo) places() ([]place, error) {
	all := []place{{"", r.GitDir}}
	if r.GitDir != r.CommonDir {
		all = append(all, place{mainWorktree, r.CommonDir})
	}
	linked, err := os.ReadDir(filepath.Join(r.CommonDir, "worktrees"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, entry := range linked {
		dir := filepath.Join(r.CommonDir, "worktrees", entry.Name())
		if entry.IsDir() && dir != r.GitDir {
			all = append(all, place{"worktrees/" + entry.Name() + "/", dir})
		}
	}
	return all, err
}

// path is the file that a ref would be in.
func (s *fileRefs) path(name string) string {
	prefix, rest := splitWorktree(name)
	dir := s.repo.GitDir
	switch {
	case isShared(rest) || prefix == mainWorktree:
		dir = s.repo.CommonDir
	case prefix != "":
		dir = filepath.Join(s.repo.CommonDir, filepath.FromSlash(prefix))
	}
	return filepath.Join(dir, filepath.FromSlash(rest))
}

func (s *fileRefs) lookup(name string) (Ref, bool, error) {
	if !validRefName(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return Ref{}, false, nil
	}
	ref, err := s.repo.readLoose(name, s.path(name))
	if err == nil {
		return ref, true, nil
	}
	if packed, ok, packedErr := s.lookupPacked(name); ok || packedErr != nil {
		return packed, ok, packedErr
	}
	if info, statErr := os.Lstat(s.path(name)); statErr != nil || info.IsDir() {
		return Ref{}, false, nil
	}
	return Ref{}, false, err
}

// lookupPacked looks into packed-refs as they are by now: git writes them before
// it takes the loose refs away.
func (s *fileRefs) lookupPacked(name string) (Ref, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errs := s.readPacked(); len(errs) > 0 {
		return Ref{}, false, errors.Join(errs...)
	}
	ref, ok := s.packed[name]
	return ref, ok, nil
}

func (s *fileRefs) all() (map[string]Ref, []error) {
	w := &refWalk{repo: s.repo, refs: map[string]Ref{}}
	w.tree(filepath.Join(s.repo.CommonDir, "refs"), "refs", func(name string) bool {
		return isShared(name)
	})
	places, err := s.repo.places()
	if err != nil {
		w.fail(err)
	}
	for _, place := range places {
		w.roots(place)
		for _, dir := range privateRefs {
			w.tree(filepath.Join(place.dir, filepath.FromSlash(dir)), place.prefix+dir, nil)
		}
	}
	s.addPacked(w)
	return w.refs, w.errs
}

// addPacked adds the packed refs that no loose one overrides, as they are now
// that the loose ones are read.
func (s *fileRefs) addPacked(w *refWalk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.errs = append(w.errs, s.readPacked()...)
	for name, ref := range s.packed {
		if _, ok := w.refs[name]; !ok {
			w.refs[name] = ref
		}
	}
}

// maxRefDepth bounds the directories below refs; it exceeds what a path may be
// long on any system that git runs on.
const maxRefDepth = 2048

// refWalk collects loose refs.
type refWalk struct {
	repo *Repo
	refs map[string]Ref
	errs []error
}

func (w *refWalk) fail(err error) { w.errs = append(w.errs, err) }

// tree reads the refs below one directory, which need not exist. keep, if not
// nil, selects by name.
func (w *refWalk) tree(dir, name string, keep func(string) bool) {
	err := walkFiles(dir, name, func(path, name string) {
		if keep == nil || keep(name) {
			w.read(path, name)
		}
	}, w.fail)
	if err != nil {
		w.fail(fmt.Errorf("list refs: %w", err))
	}
}

// read takes one ref. A broken one is reported; what packed-refs says of it, if
// anything, stands: it is better to know too many ids than too few. One that is
// gone by now was deleted or packed.
func (w *refWalk) read(path, name string) {
	ref, err := w.repo.readLoose(name, path)
	if _, gone := os.Lstat(path); err != nil && errors.Is(gone, fs.ErrNotExist) {
		return
	}
	if err != nil {
		w.fail(err)
		return
	}
	w.refs[name] = ref
}

// roots reads the refs that lie in a worktree's git directory itself.
func (w *refWalk) roots(p place) {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		w.fail(fmt.Errorf("list refs: %w", err))
	}
	for _, entry := range entries {
		if !entry.IsDir() && isRootRef(entry.Name()) {
			w.read(filepath.Join(p.dir, entry.Name()), p.prefix+entry.Name())
		}
	}
}

// walkFiles calls file for what lies below dir, which need not exist, with its
// path and its name below the given one. Hidden files and locks are none of
// git's refs. A link to a directory is refused, since it may lead anywhere, and
// reported; dir itself may be one, as `git new-workdir` makes it.
func walkFiles(dir, name string, file func(path, name string), fail func(error)) error {
	if strings.Count(name, "/") > maxRefDepth {
		return fmt.Errorf("%q: directories are nested too deep", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !isNotDir(err) {
		return err
	}
	for _, entry := range entries {
		path, name := filepath.Join(dir, entry.Name()), name+"/"+entry.Name()
		switch {
		case strings.HasPrefix(entry.Name(), ".") || strings.HasSuffix(entry.Name(), ".lock"):
		case entry.IsDir():
			if err := walkFiles(path, name, file, fail); err != nil {
				fail(err)
			}
		case entry.Type()&fs.ModeSymlink != 0 && isDir(path):
			fail(fmt.Errorf("%q: symbolic link to a directory is not followed", path))
		default:
			file(path, name)
		}
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// readLoose reads the file of one ref.
func (r *Repo) readLoose(name, path string) (Ref, error) {
	if link, err := os.Readlink(path); err == nil && strings.HasPrefix(link, "refs/") && validRefName(link) {
		return Ref{Name: name, Target: link}, nil // the symbolic ref of git before 2005
	}
	data, err := readFile(path, maxLinkFile)
	if err != nil {
		return Ref{}, fmt.Errorf("read ref %q: %w", name, err)
	}
	ref, err := r.parseLoose(name, string(data))
	if err != nil {
		return Ref{}, fmt.Errorf("read ref %q, file %q: %w", name, path, err)
	}
	return ref, nil
}

var errBrokenRef = errors.New("neither an object id nor a symbolic ref")

func (r *Repo) parseLoose(name, text string) (Ref, error) {
	text = strings.TrimRight(text, asciiSpace)
	if text == "" {
		return Ref{}, errors.New("the file is empty")
	}
	if target, ok := strings.CutPrefix(text, "ref:"); ok {
		target = strings.TrimLeft(target, asciiSpace)
		if !validRefName(target) {
			return Ref{}, errors.New("symbolic ref to a name that is not allowed")
		}
		return Ref{Name: name, Target: target}, nil
	}
	id, ok := r.leadingID(text)
	if !ok || id.IsZero() {
		return Ref{}, errBrokenRef
	}
	return Ref{Name: name, ID: id}, nil
}

// leadingID reads the object id that a line begins with, alone or before a
// blank.
func (r *Repo) leadingID(line string) (gitpack.ID, bool) {
	digits := 2 * r.HashSize
	if len(line) < digits || len(line) > digits && !isSpace(line[digits]) {
		return gitpack.ID{}, false
	}
	id, err := r.parseID(line[:digits])
	return id, err == nil
}

func (r *Repo) packedRefsPath() string { return filepath.Join(r.CommonDir, "packed-refs") }

// readPackedRefs reads the file packed-refs: "ID NAME" a line, and "^ID" after
// the line of a tag for what it leads to.
func (r *Repo) readPackedRefs() (map[string]Ref, []error) {
	path := r.packedRefsPath()
	data, err := readFile(path, maxRefsFile)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]Ref{}, nil
	}
	if err != nil {
		return map[string]Ref{}, []error{fmt.Errorf("read packed refs: %w", err)}
	}
	return r.parsePackedRefs(path, data)
}

func (r *Repo) parsePackedRefs(path string, data []byte) (map[string]Ref, []error) {
	shortest := 2*r.HashSize + len(" refs/a\n")
	refs := make(map[string]Ref, min(bytes.Count(data, []byte("\n")), len(data)/shortest))
	var errs []error
	last := ""
	for number, line := range lines(data) {
		if line == "" || line[0] == '#' {
			continue
		}
		ref, ok := r.packedLine(line, refs[last])
		if !ok {
			if len(errs) < maxLineErrors {
				errs = append(errs, fmt.Errorf("read packed refs %q: line %d is broken", path, number))
			}
			last = ""
			continue
		}
		last = ref.Name
		refs[last] = ref
	}
	return refs, errs
}

// maxLineErrors bounds the errors of one file: a large file of garbage is one
// broken file, not a million errors.
const maxLineErrors = 20

// packedLine reads one line; for a peeled one the result is the ref before it,
// completed.
func (r *Repo) packedLine(line string, before Ref) (Ref, bool) {
	if digits, ok := strings.CutPrefix(line, "^"); ok {
		id, ok := r.leadingID(digits)
		before.Peeled = id
		return before, ok && before.Name != ""
	}
	id, ok := r.leadingID(line)
	if !ok || len(line) == 2*r.HashSize {
		return Ref{}, false
	}
	name := line[2*r.HashSize+1:]
	return Ref{Name: name, ID: id}, validRefName(name) && !id.IsZero()
}
