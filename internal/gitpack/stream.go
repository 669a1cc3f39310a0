package gitpack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zlib"
)

// A Stream reads the bytes of a large object.
type Stream interface {
	io.Reader
	io.Closer
}

const streamWindow = 1 << 20

// A packStream reads from a memory map.
type packStream struct{ io.ReadCloser }

func (s packStream) Read(b []byte) (n int, err error) {
	fault := guard(func() error {
		n, err = s.ReadCloser.Read(b)
		return nil
	})
	if fault != nil {
		return 0, fault
	}
	return n, err
}

// stream makes an object of an entry that is no delta.
func (p *pack) stream(e int, h header) Object {
	open := func() (stream Stream, err error) {
		err = guard(func() error {
			r, err := zlib.NewReader(bytes.NewReader(p.raw(e)[h.length:]))
			stream = packStream{r}
			return err
		})
		return stream, err
	}
	return Object{ID: p.id(e), Kind: h.kind, Size: int64(h.size), Open: open}
}

// stream opens an object as a stream, which it must be whole for. It is not
// read from the place except; cause is what to say if there is no such place.
func (s *Store) stream(id ID, except place, cause error) (Object, error) {
	for _, at := range s.places(id) {
		if at == except {
			continue
		}
		if o, ok := at.pack.wholeAt(at.number); ok {
			return o, nil
		}
	}
	var r looseReader
	for _, dir := range s.dirs {
		file := looseFile{id, loosePath(dir, id)}
		if o, err := r.read(file.path, 0, streamWindow); err == nil {
			return s.looseStream(file, o), nil
		}
	}
	return Object{}, cause
}

// wholeAt opens an object that stands whole in the pack.
func (p *pack) wholeAt(number int) (o Object, ok bool) {
	err := guard(func() error {
		e, found := p.entryOf(number)
		if !found {
			return errNoBytes
		}
		h, err := p.header(e)
		o, ok = p.stream(e, h), !h.isDelta()
		return err
	})
	return o, ok && err == nil
}

// looseStream makes an object of a loose one whose header was read. If its
// file is gone when it is opened, it is looked for where it went.
func (s *Store) looseStream(file looseFile, o looseObject) Object {
	open := func() (Stream, error) {
		stream, err := openLooseStream(file.path)
		if !errors.Is(err, fs.ErrNotExist) {
			return stream, err
		}
		moved, err := s.Object(file.id)
		if err != nil {
			return nil, err
		}
		if moved.Open != nil {
			return moved.Open()
		}
		return io.NopCloser(bytes.NewReader(moved.Data)), nil
	}
	return Object{ID: file.id, Kind: o.kind, Size: o.size, Open: open}
}

// A looseStream is a loose object's bytes behind its header.
type looseStream struct {
	io.ReadCloser
	packed *bufio.Reader
	file   *os.File
}

// Read refuses, as git does, a file that goes on behind the object.
func (s looseStream) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b)
	if err == io.EOF {
		if _, more := s.packed.ReadByte(); more != io.EOF {
			return n, errors.New("is corrupt: bytes follow it")
		}
	}
	return n, err
}

func (s looseStream) Close() error { return errors.Join(s.ReadCloser.Close(), s.file.Close()) }

func openLooseStream(path string) (Stream, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	packed := bufio.NewReaderSize(f, 64<<10)
	z, err := zlib.NewReader(packed)
	if err == nil {
		err = skipHeader(z)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return looseStream{z, packed, f}, nil
}

// skipHeader reads up to the NUL that ends a loose object's header.
func skipHeader(r io.Reader) error {
	one := make([]byte, 1)
	for range maxLooseHeader {
		if _, err := io.ReadFull(r, one); err != nil {
			return err
		}
		if one[0] == 0 {
			return nil
		}
	}
	return errors.New("has no valid header")
}

// showStream searches an object window by window, and shows it if there is
// something in it.
func (w *walker) showStream(o Object, repeat bool) error {
	if repeat || !w.Kinds.Has(o.Kind) {
		return nil
	}
	o.Part = w.part
	r, err := o.Open()
	if err != nil {
		return err
	}
	hot, err := w.searchStream(r, o)
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	w.stats.Add(o.Kind, uint64(o.Size))
	if hot || w.Always.Has(o.Kind) {
		w.Visit(o)
	}
	return nil
}

// searchStream reads r to its end and reports whether Candidate saw anything, or
// Head, or Build in what one window has.
// The windows overlap by Reach, so that a match across a border is in one.
func (w *walker) searchStream(r io.Reader, o Object) (hot bool, err error) {
	size := o.Size
	window := w.buffers.get(streamWindow + w.Reach)
	defer w.buffers.put(window)
	var total int64
	var head []byte
	for kept := 0; w.ctx.Err() == nil; {
		n, err := fill(r, window[kept:])
		if total == 0 {
			head = bytes.Clone(window[:min(n, headSize)])
		}
		total += int64(n)
		known := hot || total == int64(n) && w.heads(o.Kind, window[:n])
		hot = known || w.Candidate(window[:kept+n]) || o.Kind == Blob && w.Build != nil && w.Build(head, window[:kept+n])
		switch {
		case total > size || err == io.EOF && total < size:
			return hot, fmt.Errorf("is corrupt: it has %d bytes or more where %d were claimed", total, size)
		case err == io.EOF:
			return hot, nil
		case err != nil:
			return hot, err
		}
		kept = copy(window, window[len(window)-w.Reach:])
	}
	return hot, w.ctx.Err()
}

// fill reads until b is full. Unlike io.ReadFull it returns the reader's own
// error: io.EOF at a stream's end is none, io.ErrUnexpectedEOF before is one.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var more int
		more, err = r.Read(b[n:])
		n += more
	}
	return n, err
}
