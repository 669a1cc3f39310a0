package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A hookFile is a hook in the directory of hooks, with the files around it:
//
//	hooks/pre-commit                   git runs this one
//	hooks/pre-commit.legacy            the pre-commit framework moves another's hook here, and runs it first
//	hooks/pre-commit.old               lefthook moves another's hook here, and does not run it
//	hooks-before-insplint/pre-commit   what was there before, which ours runs first
type hookFile struct {
	installable
	path string // absolute
}

// legacySuffix and movedSuffix are those of the pre-commit framework and of
// lefthook, oldSuffix that of insplint's first builds.
const (
	legacySuffix = ".legacy"
	movedSuffix  = ".old"
	oldSuffix    = ".before-insplint"
)

// frameworkMark is in every hook of the pre-commit framework.
const frameworkMark = "https://pre-commit.com"

// kept is where the hook is that was there before.
func (f hookFile) kept() string { return filepath.Join(filepath.Dir(f.path)+keptSuffix, f.name) }

// places are where insplint's hook may be found.
func (f hookFile) places() []string {
	return []string{f.path, f.path + legacySuffix, f.path + movedSuffix}
}

// isOurs reports whether a file has insplint's lines. A link to one that has is
// somebody else's: what it leads to is another hook.
func (f hookFile) isOurs(path string) bool {
	if isLink(path) || !isFile(path) {
		return false
	}
	data, err := readUpTo(path, maxHook)
	_, _, ok := splitHook(f.installable, string(data))
	return err == nil && ok
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func isLink(path string) bool {
	_, err := os.Readlink(path)
	return err == nil
}

// isKept reports whether a hook is there that was there before. What stands in its
// place for other hooks to find (see linkSiblings) is none.
func (f hookFile) isKept() bool { return isThere(f.kept()) && !f.isLent() }

func (f hookFile) isLent() bool {
	target, err := os.Readlink(f.kept())
	return err == nil && target == siblingLink(filepath.Dir(f.path), f.name)
}

// install puts insplint's hook where it runs, and returns that place. A hook that
// is there already is kept; the framework's own stays, and runs ours.
func (f hookFile) install(executable string) (path string, err error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return "", err
	}
	if err := f.migrate(); err != nil {
		return "", err
	}
	path = f.path
	if contains(f.path, frameworkMark) {
		path += legacySuffix
	}
	switch {
	case isThere(path) && !f.isOurs(path):
		err = f.keep(path)
	case f.isLent(): // or ours would run itself
		err = os.Remove(f.kept())
	}
	if err != nil {
		return "", err
	}
	if f.isKept() {
		f.linkSiblings()
	}
	if err := f.write(path, executable); err != nil {
		return "", err
	}
	return path, f.repointLinks()
}

// migrate puts right what insplint's first builds left.
func (f hookFile) migrate() error {
	old := f.path + oldSuffix
	if !isThere(old) {
		return nil
	}
	if !contains(old, frameworkMark) {
		if f.isKept() {
			return fmt.Errorf("%q is in the way: it was there before insplint, and so was %q; move one of them away", old, f.kept())
		}
		return f.keep(old)
	}
	// The framework's hook must not be run by one that it runs itself.
	switch {
	case contains(f.path, frameworkMark):
		return os.Remove(old)
	case !f.isOurs(f.path):
		return fmt.Errorf("%q is in the way: it was there before insplint, and %q came since; move one of them away", old, f.path)
	case f.isOurs(f.path + legacySuffix), !isThere(f.path + legacySuffix):
		if err := os.Rename(f.path, f.path+legacySuffix); err != nil {
			return err
		}
		return os.Rename(old, f.path)
	}
	return fmt.Errorf("%q is in the way: move it away", f.path+legacySuffix)
}

// keep moves a hook to where ours runs it.
func (f hookFile) keep(path string) error {
	kept := f.kept()
	if f.isKept() && !sameFile(kept, path) {
		return fmt.Errorf("%q is in the way: it was there before insplint, and %q came since; move one of them away", kept, path)
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return err
	}
	return os.Rename(path, kept)
}

// sameFile reports whether two files hold the same.
func sameFile(a, b string) bool {
	x, err := os.ReadFile(a)
	if err != nil {
		return false
	}
	y, err := os.ReadFile(b)
	return err == nil && bytes.Equal(x, y)
}

// linkSiblings lets a kept hook find what lies beside it: "$(dirname "$0")/lib.sh",
// the file to which it is a link itself, or another hook that insplint leaves alone.
// Where links cannot be made it has to do without.
func (f hookFile) linkSiblings() {
	dir, kept := filepath.Dir(f.path), filepath.Dir(f.kept())
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if name := e.Name(); !strings.HasSuffix(name, ".sample") && !isOurHook(filepath.Join(dir, name)) {
			_ = os.Symlink(siblingLink(dir, name), filepath.Join(kept, name))
		}
	}
}

// repointLinks has links to a hook that is kept lead there, and back once it is not: a
// hook that is one with another is still that one, and not insplint's.
func (f hookFile) repointLinks() error {
	dir, kept := filepath.Dir(f.path), filepath.Dir(f.kept())
	for _, place := range []string{dir, kept} {
		entries, _ := os.ReadDir(place)
		for _, e := range entries {
			link := hookLink{dir: dir, kept: kept, place: place}
			path := filepath.Join(place, e.Name())
			target, err := os.Readlink(path)
			if err != nil {
				continue
			}
			if to := link.repointed(target); to != target {
				if err := replaceLink(path, to); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func siblingLink(dir, name string) string { return filepath.Join("..", filepath.Base(dir), name) }

// hookAt is the hook that a path is by its name, if insplint can stand in for it.
func hookAt(path string) (f hookFile, ok bool) {
	for _, h := range installables() {
		if h.name == filepath.Base(path) {
			return hookFile{h, path}, true
		}
	}
	return hookFile{}, false
}

// isOurHook reports whether a file is a hook with insplint's lines.
func isOurHook(path string) bool {
	f, ok := hookAt(path)
	return ok && f.isOurs(path)
}

// write puts insplint's lines into a hook, or into a new one.
func (f hookFile) write(path, executable string) error {
	block, text := hookBlock(f.installable, executable), ""
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = shebang + block
	case err != nil:
		return err
	default:
		before, after, _ := splitHook(f.installable, string(data))
		text = before + block + after
	}
	if text != string(data) {
		if err := writeFile(path, []byte(text)); err != nil {
			return err
		}
	}
	return os.Chmod(path, 0o755)
}

// uninstall takes insplint's lines out wherever they are, and puts back what was
// there before; it returns the places.
func (f hookFile) uninstall() (paths []string, err error) {
	for _, path := range f.places() {
		if !f.isOurs(path) {
			continue
		}
		changed, err := f.takeOut(path)
		if err != nil {
			return nil, err
		}
		if changed {
			paths = append(paths, path)
		}
	}
	if old := f.path + oldSuffix; contains(f.path, frameworkMark) && contains(old, frameworkMark) {
		err = os.Remove(old)
		paths = append(paths, old)
	}
	if kept := f.kept(); len(paths) == 0 && f.isKept() && !isThere(f.path) { // somebody removed ours
		err = os.Rename(kept, f.path)
		f.unlinkSiblings()
	}
	return paths, errors.Join(err, f.repointLinks())
}

// takeOut takes insplint's lines out of a hook, if it is not done yet.
func (f hookFile) takeOut(path string) (changed bool, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	before, after, _ := splitHook(f.installable, string(data))
	previous, has := f.kept(), f.isKept()
	if old := f.path + oldSuffix; isThere(old) {
		previous, has = old, true
	}
	rest := before + after
	switch {
	case !has && isEmptyHook(rest):
		return true, os.Remove(path)
	case !has:
		return true, writeFile(path, []byte(rest))
	case !isEmptyHook(rest):
		return f.leave(path, before, after, string(data))
	}
	if err := os.Rename(previous, path); err != nil {
		return false, err
	}
	f.unlinkSiblings()
	return true, nil
}

// leave keeps the lines of others in a hook, and what it runs before them.
func (f hookFile) leave(path, before, after, text string) (changed bool, err error) {
	if old := f.path + oldSuffix; isThere(old) {
		if err := f.keep(old); err != nil {
			return false, err
		}
	}
	left := before + leftBlock(f.installable) + after
	if left == text {
		return false, nil
	}
	return true, writeFile(path, []byte(left))
}

// unlinkSiblings takes the links out again, once no hook needs them.
func (f hookFile) unlinkSiblings() {
	dir, kept := filepath.Dir(f.path), filepath.Dir(f.kept())
	for _, h := range installables() {
		if (hookFile{h, filepath.Join(dir, h.name)}).isKept() {
			f.linkSiblings() // what was put back lies beside it now
			return
		}
	}
	entries, _ := os.ReadDir(kept)
	for _, e := range entries {
		path := filepath.Join(kept, e.Name())
		if target, err := os.Readlink(path); err == nil && target == siblingLink(dir, e.Name()) {
			_ = os.Remove(path)
		}
	}
	_ = os.Remove(kept) // unless something else lies there
}
