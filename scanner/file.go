package scanner

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// errNotRegular is what opening anything but a regular file gives.
var errNotRegular = errors.New("not a regular file")

// A fileReader reads files one after the other into one buffer.
type fileReader struct{ buf []byte }

func newFileReader() *fileReader { return &fileReader{make([]byte, 1<<16)} }

// search searches the file at path. base is the path that decides its facts.
func (r *fileReader) search(path, base string, exists func(string) bool) ([]sighting, int64, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if size > wholeMax {
		return searchStream(base, f, make([]byte, wholeMax), exists)
	}
	data, err := r.whole(f, size)
	if err == nil && len(data) > wholeMax {
		rest := io.MultiReader(bytes.NewReader(bytes.Clone(data)), f) // it grew while it was read
		return searchStream(base, rest, make([]byte, wholeMax), exists)
	}
	return searchBuffer(base, data, exists), int64(len(data)), err
}

// whole reads a file that should have size bytes, into the reader's buffer. It
// stops once it has more than wholeMax.
func (r *fileReader) whole(f io.Reader, size int64) ([]byte, error) {
	if int64(len(r.buf)) <= size {
		r.buf = make([]byte, max(size+1, min(2*size, wholeMax+1)))
	}
	n := 0
	for {
		if n == len(r.buf) {
			if n > wholeMax {
				return r.buf[:n], nil
			}
			r.buf = append(r.buf, make([]byte, n)...)
		}
		m, err := f.Read(r.buf[n:])
		n += m
		switch {
		case errors.Is(err, io.EOF):
			return r.buf[:n], nil
		case err != nil:
			return r.buf[:n], err
		}
	}
}

// openFile opens a regular file, and nothing else: no symbolic link, no FIFO
// that would make it wait, no device.
func openFile(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, 0, openError(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
