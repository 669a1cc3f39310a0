package gitpack

import (
	"fmt"
	"os"
)

// openRegular opens a file of the database. What stands in its place and is
// none, as a FIFO or a device, is never opened.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%q is not a regular file", path) // it was replaced since
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Map maps the first size bytes of an open file, until release is called. Reading them
// faults where the file was cut off meanwhile.
func Map(fd uintptr, size int64) (data []byte, release func(), err error) {
	if size <= 0 || int64(int(size)) != size {
		return nil, nil, fmt.Errorf("%d bytes cannot be mapped", size)
	}
	m, err := mapOpen(fd, int(size))
	if err != nil {
		return nil, nil, fmt.Errorf("map %d bytes: %w", size, err)
	}
	return m.bytes, func() { _ = m.close() }, nil
}

// mapFile maps a file that is not empty, and tells its stamp.
func mapFile(path string) (*mapping, Stamp, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, Stamp{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, Stamp{}, err
	}
	size := info.Size()
	if size == 0 {
		return nil, Stamp{}, fmt.Errorf("%q is empty", path)
	}
	if int64(int(size)) != size {
		return nil, Stamp{}, fmt.Errorf("%q has %d bytes, more than fit in the address space", path, size)
	}
	m, err := mapOpen(f.Fd(), int(size))
	if err != nil {
		return nil, Stamp{}, fmt.Errorf("map %q: %w", path, err)
	}
	return m, stampOf(info), nil
}
