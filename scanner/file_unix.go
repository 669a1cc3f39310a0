//go:build unix

package scanner

import (
	"errors"

	"golang.org/x/sys/unix"
)

// openFlags refuse a symbolic link that took a file's place since it was
// listed, and keep a FIFO from blocking.
const openFlags = unix.O_NOFOLLOW | unix.O_NONBLOCK

// openError tells the refusal of a symbolic link or socket from other errors.
func openError(err error) error {
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EMLINK) {
		return errNotRegular
	}
	return err
}
