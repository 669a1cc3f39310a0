//go:build !unix

package scanner

import (
	"os"
	"path/filepath"

	"github.com/inspecto/insplint/internal/gitrepo"
)

// openFile opens a regular file for reading, and nothing else. It returns the
// file's size in bytes.
func openFile(path string) (*os.File, int64, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// A dirHandle is an open directory.
type dirHandle struct{ dir *os.File }

// openDir opens a directory.
func openDir(path string) (dirHandle, error) {
	dir, err := os.Open(path)
	return dirHandle{dir}, err
}

// openDir opens a directory in d.
func (d dirHandle) openDir(name string) (dirHandle, error) {
	return openDir(filepath.Join(d.dir.Name(), name))
}

// open opens a file of the directory as openFile does.
func (d dirHandle) open(name string) (*os.File, int64, error) {
	return openFile(filepath.Join(d.dir.Name(), name))
}

// small reads none: a file's size is asked for before it is read.
func (d dirHandle) small(string, []byte) (n int, ok bool) { return 0, false }

// list lists the directory. What was read before an error comes with it.
func (d dirHandle) list([]byte) ([]listed, error) { return listFile(d.dir) }

// stat has nothing to compare with what git for this system writes.
func (d dirHandle) stat(string) (gitrepo.FileStat, bool) { return gitrepo.FileStat{}, false }

// Close closes the directory.
func (d dirHandle) Close() error { return d.dir.Close() }
