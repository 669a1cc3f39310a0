package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// A Project is where the files lie that tell how a project wants to be scanned.
//
// Where a base commit is known, one that the scanned change builds on, they are
// read from it and not from the working tree: a change must not switch off its
// own scan. A bare repository has them in HEAD's commit.
type Project struct {
	root  string        // absolute: where the paths that a scan shows begin
	dirs  []string      // absolute: where the files may lie; the first that has one decides
	repo  *gitrepo.Repo // nil outside
	base  gitpack.ID    // zero: none is known
	lost  error         // what the change builds on is not here
	away  error         // a file of it is not, in a partial clone
	store *gitpack.Store
}

// A ProjectFile is a file of a Project.
type ProjectFile struct {
	Name string // as a message shows it: "web/.insplint.yaml", "1a2b3c4d5e6f:.insplint.yaml"
	Data []byte
	// Place turns a path as the scan shows it into one from the directory of
	// the file; ok is false for what does not lie there.
	Place func(shown string) (path string, ok bool)
}

// ScanProject is the project of what Scan and Stdin read: its files lie in the
// scanned root, or else at the top of the repository around it. The scanned
// root of several paths, and of standard input, is the current directory.
func ScanProject(opts Options) (*Project, error) {
	opts = opts.withDefaults(context.Background()) // no file is searched
	if len(opts.Paths) > 1 || opts.Paths[0] == "-" {
		return currentProject()
	}
	t, err := newTarget(opts.Paths[0], opts)
	switch {
	case err != nil:
		return nil, err
	case t.bare:
		return bareProject(t.repo)
	case t.file:
		p, err := currentProject()
		if p == nil || t.repo == nil || t.outside {
			return p, err
		}
		p.repo, p.dirs = t.repo, []string{t.repo.WorkTree}
		return p, err
	}
	p := &Project{root: t.abs, dirs: []string{t.abs}}
	if t.repo != nil && !t.outside {
		p.inRepo(t.repo)
	}
	return p, nil
}

// inRepo has the files looked for at a repository's top, too.
func (p *Project) inRepo(repo *gitrepo.Repo) {
	p.repo = repo
	if repo.WorkTree != p.root {
		p.dirs = append(p.dirs, repo.WorkTree)
	}
}

// currentProject is that of the current directory.
func currentProject() (*Project, error) {
	cwd, err := currentDir()
	if err != nil {
		return nil, err
	}
	p := &Project{root: cwd, dirs: []string{cwd}}
	if repo, err := gitrepo.Discover(cwd); err == nil && repo.WorkTree != "" {
		p.inRepo(repo)
	}
	return p, nil
}

// currentDir is the current directory without symbolic links.
func currentDir() (string, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the current directory: %w", err)
	}
	if real, err := filepath.EvalSymlinks(cwd); err == nil {
		cwd = real
	}
	return cwd, nil
}

// StagedProject is the project of what Staged, Files and Message read: its
// files lie at the top of the working tree that the environment and the current
// directory name. Outside a repository it has none.
func StagedProject(opts Options) (*Project, error) {
	opts = opts.withDefaults(context.Background()) // no file is searched
	cwd, err := currentDir()
	if err != nil {
		return nil, err
	}
	repo, err := gitrepo.FromEnv(opts.Getenv, cwd)
	if errors.Is(err, gitrepo.ErrNotRepository) {
		return &Project{root: cwd}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the repository at %q: %w", cwd, err)
	}
	p := &Project{root: cwd, repo: repo}
	if repo.WorkTree != "" {
		p.root, p.dirs = repo.WorkTree, []string{repo.WorkTree}
	}
	return p, nil
}

// RangeProject is the project of what Range reads. Its base is the first commit
// that is there of those that commits excludes by name; what "--remotes" and the
// like exclude is no base. Without one its files lie in the working tree, and
// those of a bare repository in HEAD's commit. A base that a shallow clone lacks
// leaves the project without files: the change could have written all that are
// here.
func RangeProject(commits Commits, opts Options) (*Project, error) {
	p, err := StagedProject(opts)
	if err != nil || p.repo == nil {
		return p, err
	}
	if p.store, err = gitpack.Open(p.repo.ObjectDirs(), p.repo.HashSize); err != nil {
		return nil, err
	}
	excluded := slices.Clone(commits.Exclude)
	set, err := p.repo.ParseRange(p.store, slices.DeleteFunc(slices.Clone(commits.Revisions), ManyRefs)...)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	for _, id := range set.Exclude {
		excluded = append(excluded, id.String())
	}
	for _, revision := range commits.Revisions {
		// Histories that have no commit in common have no merge base.
		if left, _, ok := strings.Cut(revision, "..."); ok && left != "" {
			excluded = append(excluded, left)
		}
	}
	for _, digits := range excluded {
		if id, err := p.repo.Resolve(p.store, digits+"^{commit}"); err == nil {
			p.base, p.root = id, p.repo.WorkTree
			return p, nil
		}
	}
	switch {
	case len(set.Absent) > 0:
		p.lose(set.Absent[0])
	case p.repo.WorkTree == "":
		p.setHead()
	}
	return p, nil
}

// LostProject is the project of a change whose base is not here, for a reason:
// no file that git tracks speaks for it.
func LostProject(why error, opts Options) (*Project, error) {
	p, err := StagedProject(opts)
	if err == nil {
		p.lose(why)
	}
	return p, err
}

func (p *Project) lose(why error) { p.lost, p.dirs = why, nil }

// LostBase says why the commit that a change builds on is not here; nil where it
// is, or where none is named.
func (p *Project) LostBase() error { return p.lost }

// Away says which file of the base could not be read, as a partial clone lacks it; nil
// if none. It counts as one that is not there.
func (p *Project) Away() error { return p.away }

// ManyRefs reports whether a revision stands for refs that nobody named.
func ManyRefs(revision string) bool {
	name, _, _ := strings.Cut(revision, "=")
	return slices.Contains([]string{"--all", "--branches", "--tags", "--remotes", "--glob", "--exclude", "--reflog"}, name)
}

// ReceiveProject is the project of a push that a server receives: HEAD's, which
// no push to another branch can change.
func ReceiveProject(opts Options) (*Project, error) {
	p, err := StagedProject(opts)
	if err != nil || p.repo == nil {
		return p, err
	}
	return bareProject(p.repo)
}

func bareProject(repo *gitrepo.Repo) (*Project, error) {
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		return nil, err
	}
	p := &Project{repo: repo, store: store}
	p.setHead()
	return p, nil
}

// setHead makes HEAD's commit the base, if there is one. What is wrong with
// HEAD is for the scan to say.
func (p *Project) setHead() {
	if head, err := p.repo.Head(); err == nil && !head.ID.IsZero() {
		p.base = head.ID
	}
}

// Close ends the use of the project's repository.
func (p *Project) Close() error {
	if p.store == nil {
		return nil
	}
	return p.store.Close()
}

// Base is the commit that the project's files are read from; empty if they are
// read from the working tree.
func (p *Project) Base() string {
	if p.base.IsZero() {
		return ""
	}
	return p.base.String()[:baseDigits]
}

// baseDigits is as many digits of a commit's id as messages show.
const baseDigits = 12

// File reads the project's file of that name, of at most limit bytes; nil if
// there is none.
func (p *Project) File(name string, limit int) (*ProjectFile, error) {
	if !p.base.IsZero() {
		return p.fromBase(name, limit)
	}
	for _, dir := range p.dirs {
		full := filepath.Join(dir, name)
		data, err := readSmall(full, limit)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %s", displayed(full), cause(err))
		}
		return &ProjectFile{displayed(full), data, p.placeFrom(dir)}, nil
	}
	return nil, nil
}

// Named reads a file that the user named. Its patterns are relative to the top
// of the repository, or to the scanned root outside. Where a base is known, a
// file that git tracks is read from it; nil if the base does not have it, or is
// lost.
func (p *Project) Named(file string, limit int) (*ProjectFile, error) {
	place := p.placeFrom(p.top())
	if home, tracked := p.tracked(file); tracked {
		if p.lost != nil {
			return nil, nil
		}
		found, err := p.fromBase(home, limit)
		if found != nil {
			found.Place = place
		}
		return found, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	return &ProjectFile{filepath.ToSlash(file), data, place}, nil
}

// top is the directory that patterns of a named file are relative to.
func (p *Project) top() string {
	if p.repo != nil && p.repo.WorkTree != "" {
		return p.repo.WorkTree
	}
	return p.root
}

// tracked finds a file's path in a repository whose base is named; ok is false
// if it lies elsewhere, or if neither git nor the base knows it, so that no
// change can have brought it in.
func (p *Project) tracked(file string) (home string, ok bool) {
	if p.base.IsZero() && p.lost == nil || p.repo == nil || p.repo.WorkTree == "" {
		return "", false
	}
	home, err := p.repo.Prefix(file)
	if err != nil || home == "" {
		return "", false
	}
	commits := []gitpack.ID{p.base}
	if head, err := p.repo.Head(); err == nil {
		commits = append(commits, head.ID)
	}
	for _, id := range commits {
		if id.IsZero() || p.store == nil {
			continue
		}
		if _, err := p.entryAt(id, home); err == nil {
			return home, true
		}
	}
	index, err := p.repo.Index()
	if err != nil {
		return home, true // it may be tracked: the safe side is the base
	}
	return home, len(indexRange{entries: index.Sorted()}.all(home)) > 0
}

// fromBase reads a file as the base commit has it; nil if it has none.
func (p *Project) fromBase(home string, limit int) (*ProjectFile, error) {
	name := p.Base() + ":" + home
	entry, err := p.entryAt(p.base, home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && (entry.kind() != fileEntry || entry.isSymlink()) {
		err = errNotRegular
	}
	var data []byte
	if err == nil {
		_, data, err = p.store.Read(gitpack.NewID(entry.child))
	}
	if err == nil && len(data) > limit {
		err = fmt.Errorf("it has %d bytes; at most %d are read", len(data), limit)
	}
	if errors.Is(err, gitpack.ErrNotFound) && p.repo.Promisor() {
		if p.away == nil {
			p.away = fmt.Errorf("%s is not in this partial clone", name)
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return &ProjectFile{name, data, inside}, nil
}

// entryAt finds the entry of a path in a commit's tree; the error is
// fs.ErrNotExist where it has none.
func (p *Project) entryAt(commit gitpack.ID, home string) (rawEntry, error) {
	kind, data, err := p.store.Read(commit)
	if err == nil && kind != gitpack.Commit {
		err = fmt.Errorf("%s is a %s, not a commit", commit, kind)
	}
	var base rawCommit
	if err == nil {
		base, err = parseCommit(commit, data)
	}
	if err != nil {
		return rawEntry{}, err
	}
	var found rawEntry
	id := base.tree
	for name := range strings.SplitSeq(home, "/") {
		if found.mode != nil && found.kind() != dirEntry {
			return rawEntry{}, fs.ErrNotExist
		}
		if found.mode != nil {
			id = gitpack.NewID(found.child)
		}
		if found, err = p.entryIn(id, name); err != nil {
			return rawEntry{}, err
		}
	}
	return found, nil
}

func (p *Project) entryIn(tree gitpack.ID, name string) (rawEntry, error) {
	kind, data, err := p.store.Read(tree)
	if err == nil && kind != gitpack.Tree {
		err = fmt.Errorf("%s is a %s, not a tree", tree, kind)
	}
	if err != nil {
		return rawEntry{}, err
	}
	for e := range treeEntries(data, tree.Size()) {
		if string(e.name) == name {
			return e, nil
		}
	}
	return rawEntry{}, fs.ErrNotExist
}

// placeFrom makes the function that gives the paths of a scan as they are from
// a directory.
func (p *Project) placeFrom(dir string) func(string) (string, bool) {
	return func(shown string) (string, bool) {
		full := filepath.FromSlash(shown)
		if !filepath.IsAbs(full) {
			full = filepath.Join(p.root, full)
		}
		rel, err := filepath.Rel(dir, full)
		if err != nil {
			return "", false
		}
		return inside(filepath.ToSlash(rel))
	}
}

// inside cleans a path, and reports whether it names something below where it
// begins.
func inside(name string) (string, bool) {
	name = path.Clean(name)
	return name, name != "." && name != ".." && !strings.HasPrefix(name, "../") && !path.IsAbs(name)
}

// displayed is a path as it is typed in the current directory, if it lies there.
func displayed(full string) string {
	if cwd, err := currentDir(); err == nil {
		if rel, err := filepath.Rel(cwd, full); err == nil && filepath.IsLocal(rel) {
			full = rel
		}
	}
	return filepath.ToSlash(full)
}
