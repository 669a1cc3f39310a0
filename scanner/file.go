package scanner

import (
	"bytes"
	"errors"
	"io"

	"github.com/inspecto/insplint/internal/gitpack"
)

// errNotRegular is what opening anything but a regular file gives.
var errNotRegular = errors.New("not a regular file")

// A fileReader reads files one after the other into one buffer, which has room for
// the largest that is read whole, and a byte to see that it is. Few scans meet a
// large one, and memory costs more than what is read into it, when it is first
// written to: so a small buffer comes first, and of a large one no more is used
// than a file takes.
type fileReader struct {
	buf    []byte
	used   int        // bytes of buf that something was asked to be read into
	files  *existence // of the last search
	search search     // without a path
}

func newFileReader() *fileReader { return &fileReader{} }

// beside is opts.search of a file in a directory. What it is made of is the same for all
// files of a checkout.
func (r *fileReader) beside(files *existence, dir, name string, opts Options) search {
	if r.files != files || r.search.exists == nil {
		r.files, r.search = files, opts.search("", files)
	}
	s := r.search
	s.dir, s.path = dir, name
	return s
}

// firstRoom is the room that most files and directories leave unfilled.
const firstRoom = 1 << 18

// room is a buffer for size bytes and one more, within the bounds; the first kept
// bytes are what it held.
func (r *fileReader) room(size int64, kept int) []byte {
	need := int(min(size, wholeMax) + 1)
	if len(r.buf) < need {
		grown := firstRoom
		if need > firstRoom {
			grown = wholeMax + 1
		}
		held := r.buf[:kept]
		r.buf, r.used = make([]byte, grown), 0
		copy(r.buf, held)
	}
	if need > r.used+manyPages {
		prefault(r.buf[r.used:need])
	}
	r.used = max(r.used, need)
	return r.buf
}

// manyPages is from how many bytes of new memory on it is had all at once. Else each page
// of it interrupts the read that first comes to it, which costs a virtual machine more
// than reading the page.
const manyPages = 16 << 10

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
	return r.searchOpen(f, size, s)
}

// searchIn searches a file of an open directory.
func (r *fileReader) searchIn(dir dirHandle, name string, s search) ([]sighting, int64, error) {
	if n, ok := dir.small(name, r.room(0, 0)[:firstRoom]); ok {
		found, err := s.whole(r.buf[:n])
		return found, int64(n), err
	}
	f, size, err := dir.open(name)
	if err != nil {
		return nil, 0, err
	}
	return r.searchOpen(f, size, s)
}

// searchOpen searches an open file that should have size bytes, and closes it.
func (r *fileReader) searchOpen(f openedFile, size int64, s search) ([]sighting, int64, error) {
	defer f.Close()
	if size > wholeMax {
		s.again = true
		s.mapped = func() ([]byte, func(), error) { return gitpack.Map(f.Fd(), size) }
		return s.stream(f, r.room(wholeMax, 0)[:wholeMax], contextBytes)
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
	buf, n := r.room(size, 0), 0
	for n <= wholeMax {
		m, err := f.Read(buf[n:])
		n += m
		switch {
		case errors.Is(err, io.EOF), err == nil && size > 0 && int64(n) >= size && n < len(buf):
			return buf[:n], nil
		case err != nil:
			return buf[:n], err
		case n == len(buf):
			buf = r.room(2*int64(n), n)
		}
	}
	return buf[:n], nil
}
