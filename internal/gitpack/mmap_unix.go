//go:build unix

package gitpack

import "golang.org/x/sys/unix"

// openNonblock keeps a FIFO that takes a file's place from blocking.
const openNonblock = unix.O_NONBLOCK

// A mapping is a file in memory. If the file shrinks meanwhile, reading it
// faults; guard turns that into an error.
type mapping struct{ bytes []byte }

func mapOpen(fd uintptr, size int) (*mapping, error) {
	data, err := unix.Mmap(int(fd), 0, size, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	return &mapping{data}, nil
}

func (m *mapping) close() error {
	data := m.bytes
	m.bytes = nil
	return unix.Munmap(data)
}
