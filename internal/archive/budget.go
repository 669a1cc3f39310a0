package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// All that bounds memory is here, in bytes for one goroutine. Beside it there are
// buffers of 64 KiB for each level.
const (
	// A container inside another is held up to holdMax, and all that are held at
	// a time up to holdTotal; above that it is only read from front to back.
	holdMax   = 8 << 20
	holdTotal = 32 << 20

	// A decoder that wants a larger window than windowMax is refused: xz -9 wants that
	// much. zstd --long wants zstdWindow, which zstd -d gives it. Decoders of zstd, xz,
	// LZMA and brotli under way at a time may together want windowTotal. Brotli has a
	// window of 16 MiB at most and a buffer of twice that. A 7z archive that is held
	// whole counts as a window.
	windowMax    = 64 << 20
	zstdWindow   = 128 << 20
	windowTotal  = 320 << 20
	brotliWindow = 32 << 20

	// Some decoders cannot be used for another file, and take all the memory at once that
	// a few bytes tell them to take. In sum they are given freeMade, and madeEach for each
	// byte of the file.
	freeMade = 8 << 30
	madeEach = 4 << 10

	// freeUnpacked is how much any file may unpack to, whatever its own size.
	freeUnpacked = 256 << 20

	// maxHeading bounds what is read of one entry's name, maxListing what is of the list
	// of files in an Electron archive, and maxPaths the paths that this has in sum.
	maxHeading = 1 << 20
	maxListing = 4 << 20
	maxPaths   = 32 << 20

	// maxPath bounds what is kept of a name that any number of entries of an archive, or
	// of keys, may share. No system has longer ones.
	maxPath = 4 << 10
)

var (
	errDepth   = errors.New("archives are nested deeper than --max-archive-depth allows: it was searched as it stands")
	errWindow  = errors.New("decoding it takes more memory than is allowed")
	errFilter  = errors.New("is compressed with a filter of xz that is not read")
	errMade    = errors.New("what is in the file takes more memory to unpack than is allowed: the rest was not read")
	errEntries = errors.New("it holds too many entries: the rest was not read")
)

// A meter counts what a file unpacks to.
type meter struct {
	input    int64 // bytes of the file itself that were read
	unpacked int64
	weighed  int64 // the same with less weight for stretches of one byte: see weigh
	entries  int
	windows  int64
	made     int64 // by decoders that are used once
	held     int64
	tried    int64  // with maps of fonts
	over     error  // what ended the walk
	where    string // the member in which it did
}

// spend counts unpacked bytes, which weigh so much.
func (w *walk) spend(n, weight int) error {
	w.meter.unpacked += int64(n)
	w.meter.weighed += int64(weight)
	switch {
	case w.meter.over != nil:
	case w.meter.unpacked > w.limits.Size:
		w.meter.over = fmt.Errorf("it unpacks to more than --max-archive-size allows (%d bytes): the rest was not read", w.limits.Size)
	case w.meter.unpacked > w.free && w.meter.weighed/max(1, w.limits.Ratio) > w.meter.input:
		w.meter.over = fmt.Errorf("it unpacks to more than %d times its size (--max-archive-ratio): the rest was not read", w.limits.Ratio)
	case w.stop():
		w.meter.over = ErrStopped
	}
	return w.meter.over
}

// repeatsWeigh is by how much less one byte again and again weighs for the ratio. Images of
// disks, segments of logs and databases with room set aside are zeros for gigabytes, and no
// bombs; DEFLATE makes 1 byte of 1032 of them, and bombs are made of more layers.
const repeatsWeigh = 16

// weigh is what the bytes weigh that a decoder gave at once.
func weigh(b []byte) int {
	if len(b) > 1 && bytes.Equal(b[1:], b[:len(b)-1]) {
		return len(b) / repeatsWeigh
	}
	return len(b)
}

// entry counts an entry of an archive; false if there are too many.
func (w *walk) entry() bool {
	switch w.meter.entries++; {
	case w.meter.over != nil:
	case w.meter.entries > w.limits.Entries:
		w.meter.over = errEntries
	case w.stop():
		w.meter.over = ErrStopped
	}
	return w.meter.over == nil
}

// window sets memory for a decoder aside, as much of it as the decoder may ask
// for; the caller gives it back.
func (w *walk) window(size int64) (release func(), err error) {
	if size > windowMax {
		return nil, errWindow
	}
	return w.aside(size)
}

// aside is window for what may be larger than the others.
func (w *walk) aside(size int64) (release func(), err error) {
	if w.meter.windows+size > windowTotal {
		return nil, errWindow
	}
	w.meter.windows += size
	return func() { w.meter.windows -= size }, nil
}

// make counts the memory that a decoder takes which is used once.
func (w *walk) make(size int64) error {
	switch w.meter.made += size; {
	case w.meter.over != nil:
	case w.meter.made > w.free*(freeMade/freeUnpacked)+madeEach*w.meter.input:
		w.meter.over = errMade
	case w.stop():
		w.meter.over = ErrStopped
	}
	return w.meter.over
}

// makeWindow is window for such a decoder.
func (w *walk) makeWindow(size int64) (release func(), err error) {
	if err := w.make(size); err != nil {
		return nil, err
	}
	return w.window(size)
}

// A spending reader counts what is read of a decoder's output, and remembers how
// that ended.
type spending struct {
	walk *walk
	from io.Reader
	size int64
	err  error // nil: it has not ended, or as it should
	done bool  // it has ended: not all decoders say so twice
}

func (r *spending) Read(b []byte) (int, error) {
	switch {
	case r.err != nil:
		return 0, r.err
	case r.done:
		return 0, io.EOF
	}
	n, err := r.from.Read(b)
	r.size += int64(n)
	if over := r.walk.spend(n, weigh(b[:n])); over != nil && (err == nil || err == io.EOF) {
		err = over
	}
	if err != nil && err != io.EOF {
		r.err = err
	}
	r.done = err != nil
	return n, err
}

// An input reads the file itself.
type input struct {
	meter *meter
	from  io.Reader
	err   error
}

func (r *input) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.meter.input += int64(n)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// hold reads a container into memory, as far as there is room; whole tells
// whether that was all of it.
func (w *walk) hold(r io.Reader) (data []byte, whole bool) {
	limit := min(holdMax, holdTotal-w.meter.held)
	buf := w.takeBuffer()
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, max(64<<10, len(buf)))
		}
		room := min(int64(cap(buf)), limit)
		if int64(len(buf)) >= room && room == limit {
			break
		}
		n, err := r.Read(buf[len(buf):room])
		buf = buf[:len(buf)+n]
		if err != nil {
			whole = true // an error is the reader's own to report
			break
		}
	}
	w.meter.held += int64(cap(buf))
	return buf, whole
}

// holdAll gets what is not held of a container that must be at hand whole: it is
// mapped, or read, which counts as a window.
func (w *walk) holdAll(s *source, what string) (release func(), err error) {
	if s.rest == nil {
		return func() {}, nil
	}
	if s.mapped != nil {
		if data, release, err := s.mapped(); err == nil {
			w.meter.input += int64(len(data) - len(s.data))
			s.data = data
			return release, nil
		}
	}
	if release, err = w.window(windowMax); err != nil {
		return nil, err
	}
	// An error is the reader's own to report.
	more, _ := io.ReadAll(io.LimitReader(s.rest, windowMax-int64(len(s.data))))
	s.data = append(slices.Clip(s.data), more...)
	if len(s.data) == windowMax {
		release()
		return nil, fmt.Errorf("is a %s of %d MiB or more, which is not read", what, windowMax>>20)
	}
	return release, nil
}

func (w *walk) release(buf []byte) {
	w.meter.held -= int64(cap(buf))
	w.giveBuffer(buf)
}
