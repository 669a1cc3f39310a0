package scanner

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// errNotRegular is what opening anything but a regular file gives.
var errNotRegular = errors.New("not a regular file")

// A fileReader reads files one after the other into buffers that it keeps.
type fileReader struct {
	buf    []byte
	window []byte // for files that are too large for buf
}

func newFileReader() *fileReader { return &fileReader{buf: make([]byte, 1<<16)} }

// An openedFile is what openFile and openIn give.
type openedFile interface {
	io.Reader
	io.Closer
}

// searchFile searches the file at path. It returns the bytes read, also with
// an error.
func (r *fileReader) searchFile(path string, s search) ([]sighting, int64, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, 0, err
	}
	return r.search(f, size, s)
}

// searchIn searches a file of an open directory.
func (r *fileReader) searchIn(dir *os.File, name string, s search) ([]sighting, int64, error) {
	f, size, err := openIn(dir, name)
	if err != nil {
		return nil, 0, err
	}
	return r.search(f, size, s)
}

// search searches an open file that should have size bytes, and closes it.
func (r *fileReader) search(f openedFile, size int64, s search) ([]sighting, int64, error) {
	defer f.Close()
	if size > wholeMax {
		return r.stream(s, f)
	}
	data, err := r.whole(f, size)
	if err == nil && len(data) > wholeMax {
		return r.stream(s, io.MultiReader(bytes.NewReader(data), f)) // it grew while it was read
	}
	return s.buffer(data), int64(len(data)), err
}

func (r *fileReader) stream(s search, f io.Reader) ([]sighting, int64, error) {
	if r.window == nil {
		r.window = make([]byte, wholeMax)
	}
	return s.stream(f, r.window, contextBytes)
}

// whole reads a file that should have size bytes into the reader's buffer. It
// stops once it has more than wholeMax. A read that gives less than it could
// is the last one of a regular file, if that has its size by then; asking once
// more would make every fifth system call of a scan one for nothing.
func (r *fileReader) whole(f io.Reader, size int64) ([]byte, error) {
	if int64(len(r.buf)) <= size {
		r.buf = make([]byte, max(size+1, min(2*size, wholeMax+1)))
	}
	n := 0
	for {
		if n == len(r.buf) {
			if n > wholeMax {
				return r.buf, nil
			}
			r.buf = append(r.buf, make([]byte, n)...)
		}
		m, err := f.Read(r.buf[n:])
		n += m
		switch {
		case errors.Is(err, io.EOF), err == nil && size > 0 && int64(n) >= size && n < len(r.buf):
			return r.buf[:n], nil
		case err != nil:
			return r.buf[:n], err
		}
	}
}
