//go:build unix

package scanner

import (
	"errors"
	"io"
	"io/fs"

	"github.com/inspecto/insplint/internal/gitrepo"
	"golang.org/x/sys/unix"
)

// A regularFile is a file descriptor. A tree scan opens tens of thousands of
// files for one read each, and os.File costs as much again as that.
type regularFile int

// openFile opens a regular file for reading, and nothing else: no symbolic
// link that took a file's place since it was listed, no FIFO that would make
// it wait, no device. It returns the file's size in bytes.
func openFile(path string) (regularFile, int64, error) { return openAt(unix.AT_FDCWD, path) }

// openFlags open no symbolic link, and wait for nobody who would write to a FIFO.
const openFlags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC

func openAt(dir int, name string) (regularFile, int64, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(dir, name, openFlags, 0)
	})
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENXIO), errors.Is(err, unix.EMLINK):
		return 0, 0, errNotRegular // a link or a socket, by the names of several systems
	case err != nil:
		return 0, 0, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f := regularFile(fd)
	var info unix.Stat_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstat(fd, &info) }); err != nil {
		_ = f.Close()
		return 0, 0, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	if uint32(info.Mode)&unix.S_IFMT != unix.S_IFREG {
		_ = f.Close()
		return 0, 0, errNotRegular
	}
	return f, info.Size, nil
}

// A dirHandle is the descriptor of an open directory. Its files are opened in
// it, which spares the system the way down from the top for each, and whoever
// puts a symbolic link in the place of a directory on the way gets nothing for
// it.
type dirHandle struct {
	fd      int
	inPages bool // its files are: see readsInPages
}

// openDir opens a directory, and no symbolic link that took its place.
func openDir(path string) (dirHandle, error) { return openDirAt(unix.AT_FDCWD, path) }

// openDir does so with a directory in d.
func (d dirHandle) openDir(name string) (dirHandle, error) { return openDirAt(d.fd, name) }

func openDirAt(fd int, path string) (dirHandle, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(fd, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return dirHandle{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return dirHandle{fd, readsInPages(fd)}, nil
}

// open opens a file of the directory as openFile does.
func (d dirHandle) open(name string) (regularFile, int64, error) { return openAt(d.fd, name) }

// stat is what the index may say of a file of the directory; ok is false where
// that is no regular file.
func (d dirHandle) stat(name string) (stat gitrepo.FileStat, ok bool) {
	var info unix.Stat_t
	_, err := retry(func() (int, error) {
		return 0, unix.Fstatat(d.fd, name, &info, unix.AT_SYMLINK_NOFOLLOW)
	})
	return gitrepo.FileStat{
		Size: uint32(info.Size), Ino: uint32(info.Ino), UID: info.Uid, GID: info.Gid,
		MTime: gitrepo.IndexTime{Sec: uint32(info.Mtim.Sec), Nsec: uint32(info.Mtim.Nsec)},
		CTime: gitrepo.IndexTime{Sec: uint32(info.Ctim.Sec), Nsec: uint32(info.Ctim.Nsec)},
	}, err == nil && uint32(info.Mode)&unix.S_IFMT == unix.S_IFREG
}

// Close closes the descriptor.
func (d dirHandle) Close() error { return unix.Close(d.fd) }

// Read is as io.Reader has it.
func (f regularFile) Read(p []byte) (int, error) {
	n, err := retry(func() (int, error) { return unix.Read(int(f), p) })
	switch {
	case err != nil:
		return 0, err
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// Fd is the descriptor.
func (f regularFile) Fd() uintptr { return uintptr(f) }

// Close closes the descriptor.
func (f regularFile) Close() error { return unix.Close(int(f)) }

// retry calls again what a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
