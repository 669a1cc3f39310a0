package scanner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// Files searches single files as a hook names them: of each tracked path the
// staged content, and the working file too where it holds other keys.
func Files(ctx context.Context, opts Options) (*Result, error) {
	return inStage(ctx, opts, "files", indexOf(opts.Paths), func(s *stage) error {
		r, toAbs := newFileReader(), absolute(s.repo)
		seen := map[string]bool{}
		var all []namedFile
		for _, path := range s.opts.Paths {
			abs, err := toAbs(path)
			if err != nil {
				return fmt.Errorf("scan %q: %w", path, err)
			}
			if ctx.Err() == nil && !seen[abs] {
				seen[abs] = true
				f := s.named(path, abs)
				s.file(f, r)
				all = append(all, f)
			}
		}
		s.fileNames(all)
		return nil
	})
}

// indexOf leaves out the entries in directories in which none of the paths is.
func indexOf(paths []string) indexReader {
	return func(repo *gitrepo.Repo, _ func() *headTree) (*gitrepo.Index, error) {
		wanted, toAbs := map[string]bool{"": true}, absolute(repo)
		for _, path := range paths {
			abs, err := toAbs(path)
			if err != nil {
				return repo.Index()
			}
			home, _ := homeOf(repo, realParent(abs))
			for dir, _ := splitPath(home); dir != ""; dir, _ = splitPath(dir) {
				wanted[dir] = true
			}
		}
		return repo.IndexExcept(func(dir string, _ gitpack.ID) bool { return !wanted[strings.TrimSuffix(dir, "/")] })
	}
}

// absolute gives what makes a path absolute. From outside of the working tree that
// the environment names, git takes it from the top of that.
func absolute(repo *gitrepo.Repo) func(path string) (string, error) {
	cwd, err := currentDir()
	if _, inside := homeOf(repo, cwd); inside || err != nil || repo.WorkTree == "" {
		return filepath.Abs
	}
	return func(path string) (string, error) {
		abs, err := filepath.Abs(path)
		if _, below := homeOf(repo, realParent(abs)); below || err != nil || filepath.IsAbs(path) {
			return abs, err
		}
		return filepath.Join(repo.WorkTree, path), nil
	}
}

// realParent is a path without symbolic links on the way to it.
func realParent(abs string) string {
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		return filepath.Join(dir, filepath.Base(abs))
	}
	return abs
}

// A namedFile is a path that a hook names.
type namedFile struct {
	path    string // as it was given
	abs     string // without symbolic links on the way
	home    string // from the top of the working tree; path, if it is not below
	below   bool
	entries []gitrepo.Entry
}

func (s *stage) named(path, abs string) namedFile {
	f := namedFile{path: path, abs: realParent(abs)}
	f.home, f.below = homeOf(s.repo, f.abs)
	if f.below = f.below && f.home != ""; !f.below {
		f.home = filepath.ToSlash(path)
		return f
	}
	f.entries = distinct(s.checkout.index.all(f.home))
	return f
}

// fileNames searches the names of paths that a hook names, and of the directories
// on the way to them.
func (s *stage) fileNames(files []namedFile) {
	var tracked []gitrepo.Entry
	for _, f := range files {
		switch {
		case len(f.entries) > 0:
			tracked = append(tracked, f.entries[0])
		case len(nameSecrets(filepath.Base(f.abs))) > 0 && exists(f.abs):
			found := nameSightings(f.home, f.home, s.standing(f), s.checkout.files.has)
			s.collector.add(found, owner{s.checkout.name, f.home})
		}
	}
	s.names(tracked, func(string) bool { return false })
}

// file searches one path that a hook names.
func (s *stage) file(f namedFile, r *fileReader) {
	path := f.path
	var staged []sighting
	for _, e := range f.entries {
		staged = append(staged, s.blob(e)...)
	}
	s.collector.add(staged)
	found, size, err := r.searchFile(f.abs, s.opts.search(f.home, s.checkout.files))
	switch {
	case errors.Is(err, errNotRegular) && len(f.entries) == 0 && isDir(f.abs):
		s.collector.problem(path, "", "read file: it is a directory; a hook searches files")
		return
	case errors.Is(err, errNotRegular), errors.Is(err, fs.ErrNotExist) && len(f.entries) > 0:
		return // a symbolic link, a submodule, a deleted file: what is staged was searched
	case err != nil:
		s.collector.unread(path, "", "read file", err)
	}
	if !slices.ContainsFunc(f.entries, hasContent) {
		s.opts.Progress.Files.Add(1)
		s.opts.Progress.Bytes.Add(size)
	}
	if len(found) > 0 {
		standing := s.standing(f)
		found = without(placed(found, f.home, f.home, standing), staged)
		if f.below {
			s.checkout.patterns(f.home, s.collector).note(found, standing == rules.Tracked && len(f.entries) == 0)
			found = s.checkout.files.describe(found, f.home, f.home)
		}
		s.collector.add(found)
	}
}

func isDir(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}

// hasContent reports whether an entry stands for a blob: the content may not be staged
// yet, lie in another database, or be a directory of a sparse index, a problem already.
func hasContent(e gitrepo.Entry) bool {
	return !e.IntentToAdd && e.Mode != gitrepo.ModeSubmodule && e.Mode != gitrepo.ModeTree
}

// standing is how git sees a file that a hook names.
func (s *stage) standing(f namedFile) rules.Standing {
	switch {
	case !f.below:
		return rules.Outside
	case len(f.entries) > 0 || s.checkout.inHead(f.home):
		return rules.Tracked
	case s.checkout.ignores(f.home, s.collector):
		return rules.Ignored
	}
	return rules.Untracked
}

// without leaves out the sightings that stand in others at the same place.
func without(found, others []sighting) []sighting {
	type spot struct {
		secret key.Secret
		member string
		span   rules.Span
	}
	known := map[spot]bool{}
	for _, s := range others {
		known[spot{s.match.Secret, s.place.Member, s.place.Span}] = true
	}
	return slices.DeleteFunc(found, func(s sighting) bool { return known[spot{s.match.Secret, s.place.Member, s.place.Span}] })
}
