package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// isOurs reports whether a file has insplint's lines.
func (f hookFile) isOurs(path string) bool {
	if !isFile(path) {
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
	if isThere(path) && !f.isOurs(path) {
		if err := f.keep(path); err != nil {
			return "", err
		}
	}
	if isThere(f.kept()) {
		f.linkSiblings()
	}
	return path, f.write(path, executable)
}

// migrate puts right what insplint's first builds left.
func (f hookFile) migrate() error {
	old := f.path + oldSuffix
	if !isThere(old) {
		return nil
	}
	if !contains(old, frameworkMark) {
		if isThere(f.kept()) {
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
	if isThere(kept) && !sameFile(kept, path) {
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
// or the file to which it is a link itself. Where links cannot be made it has to do
// without.
func (f hookFile) linkSiblings() {
	dir, kept := filepath.Dir(f.path), filepath.Dir(f.kept())
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if name := e.Name(); !isHookName(name) && !strings.HasSuffix(name, ".sample") {
			_ = os.Symlink(siblingLink(dir, name), filepath.Join(kept, name))
		}
	}
}

func siblingLink(dir, name string) string { return filepath.Join("..", filepath.Base(dir), name) }

// isHookName reports whether a file is a hook that insplint can stand in for.
func isHookName(name string) bool {
	return slices.ContainsFunc(installables(), func(h installable) bool { return h.name == name })
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
	if kept := f.kept(); len(paths) == 0 && isThere(kept) && !isThere(f.path) { // somebody removed ours
		err = os.Rename(kept, f.path)
		f.unlinkSiblings()
	}
	return paths, err
}

// takeOut takes insplint's lines out of a hook, if it is not done yet.
func (f hookFile) takeOut(path string) (changed bool, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	before, after, _ := splitHook(f.installable, string(data))
	previous := f.kept()
	if old := f.path + oldSuffix; isThere(old) {
		previous = old
	}
	rest := before + after
	switch {
	case !isThere(previous) && isEmptyHook(rest):
		return true, os.Remove(path)
	case !isThere(previous):
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
	entries, _ := os.ReadDir(kept)
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return isHookName(e.Name()) }) {
		return
	}
	for _, e := range entries {
		path := filepath.Join(kept, e.Name())
		if target, err := os.Readlink(path); err == nil && target == siblingLink(dir, e.Name()) {
			_ = os.Remove(path)
		}
	}
	_ = os.Remove(kept) // unless something else lies there
}
