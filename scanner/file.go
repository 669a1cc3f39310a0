package scanner

import (
	"bytes"
	"errors"
	"io"

	"github.com/inspecto/insplint/internal/gitpack"
)

// errNotRegular is what opening anything but a regular file gives.
var errNotRegular = errors.New("not a regular file")

// A fileReader reads files one after the other into one buffer, which has room
// for the largest that is read whole, and a byte to see that it is. What of it no
// file reaches costs address space only.
type fileReader struct{ buf []byte }

func newFileReader() *fileReader { return &fileReader{buf: make([]byte, wholeMax+1)} }

// An openedFile is what opening a file gives.
type openedFile interface {
	io.Reader
	io.Closer
	Fd() uintptr
}

// searchFile searches the file at path. It returns the bytes read, also with an
// error.
func (r *fileReader) searchFile(path string, s search) ([]sighting, int64, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, 0, err
	}
	return r.search(f, size, s)
}

// searchIn searches a file of an open directory.
func (r *fileReader) searchIn(dir dirHandle, name string, s search) ([]sighting, int64, error) {
	f, size, err := dir.open(name)
	if err != nil {
		return nil, 0, err
	}
	return r.search(f, size, s)
}

// search searches an open file that should have size bytes, and closes it.
func (r *fileReader) search(f openedFile, size int64, s search) ([]sighting, int64, error) {
	defer f.Close()
	if size > wholeMax {
		s.again = true
		s.mapped = func() ([]byte, func(), error) { return gitpack.Map(f.Fd(), size) }
		return s.stream(f, r.buf[:wholeMax], contextBytes)
	}
	data, err := r.whole(f, size)
	if err == nil && len(data) > wholeMax { // it grew while it was read
		return s.stream(io.MultiReader(bytes.NewReader(data), f), make([]byte, wholeMax), contextBytes)
	}
	if err != nil {
		found, _ := s.buffer(data)
		return found, int64(len(data)), err
	}
	found, err := s.whole(data)
	return found, int64(len(data)), err
}

// whole reads a file that should have size bytes into the buffer, until that is
// full. A read that gives less than it could is the last one of a regular file,
// if that has its size by then; asking once more would make every fifth system
// call of a scan one for nothing.
func (r *fileReader) whole(f io.Reader, size int64) ([]byte, error) {
	n := 0
	for n < len(r.buf) {
		m, err := f.Read(r.buf[n:])
		n += m
		switch {
		case errors.Is(err, io.EOF), err == nil && size > 0 && int64(n) >= size && n < len(r.buf):
			return r.buf[:n], nil
		case err != nil:
			return r.buf[:n], err
		}
	}
	return r.buf, nil
}
