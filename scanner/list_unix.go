//go:build unix && !linux

package scanner

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// list lists the directory. What was read before an error comes with it.
func (d dirHandle) list([]byte) ([]listed, error) {
	fd, err := retry(func() (int, error) { return unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "list", Path: ".", Err: err}
	}
	dir := os.NewFile(uintptr(fd), ".")
	defer dir.Close()
	return listFile(dir)
}

// readsInPages knows of none: what these systems promise of short reads was not looked at.
func readsInPages(int) bool { return false }

// small reads none: a file's size is asked for before it is read.
func (d dirHandle) small(string, []byte) (n int, ok bool) { return 0, false }
