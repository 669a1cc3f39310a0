package cli

import (
	"os"
	"path/filepath"
)

// A hookLink is a symbolic link in the directory of hooks, or in that of those that are
// kept.
type hookLink struct{ dir, kept, place string }

// repointed is where a link to another hook is to lead; to where it does, unless that
// is the wrong one. A path from the root stays one, by the names that it goes by.
func (l hookLink) repointed(target string) string {
	path := target
	if !filepath.IsAbs(target) {
		path = filepath.Join(l.place, target)
	}
	other, ok := hookAt(filepath.Join(l.dir, filepath.Base(path)))
	if !ok {
		return target
	}
	at := filepath.Dir(path)
	switch {
	case other.isKept() && sameDir(at, l.dir):
		return l.to(target, l.kept, other.name)
	case !other.isKept() && sameDir(at, l.kept) && (filepath.IsAbs(target) || l.place == l.dir):
		return l.to(target, l.dir, other.name)
	}
	return target // beside kept hooks, a name leads to what stands there for the others
}

// to is a link to a hook in a directory, made like the one before.
func (l hookLink) to(before, dir, name string) string {
	parent := filepath.Dir(filepath.Dir(before))
	switch {
	case filepath.IsAbs(before) && isSame(parent, filepath.Dir(dir)):
		return filepath.Join(parent, filepath.Base(dir), name)
	case filepath.IsAbs(before):
		return filepath.Join(dir, name)
	case dir == l.place:
		return name
	}
	return siblingLink(dir, name)
}

func replaceLink(path, target string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.Symlink(target, path)
}

// sameDir reports whether two paths are one directory's, which need not exist if it is
// named the same.
func sameDir(a, b string) bool {
	if a == b || isSame(a, b) {
		return true
	}
	return filepath.Base(a) == filepath.Base(b) && isSame(filepath.Dir(a), filepath.Dir(b))
}

// isSame reports whether two paths lead to one file or directory.
func isSame(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
