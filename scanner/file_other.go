//go:build !unix

package scanner

import (
	"os"
	"path/filepath"
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

// openIn opens a file of an open directory as openFile does.
func openIn(dir *os.File, name string) (*os.File, int64, error) {
	return openFile(filepath.Join(dir.Name(), name))
}

// openDir opens a directory.
func openDir(path string) (*os.File, error) { return os.Open(path) }
