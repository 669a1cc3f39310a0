package archive

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/therootcompany/xz"
)

// decoders are kept for the next file; a list of each, since one can lie in
// another.
type decoders struct {
	gzip  []*gzip.Reader
	zlib  []io.ReadCloser
	flate []io.ReadCloser
	zstd  []*zstd.Decoder
	lz4   []*lz4.Reader
}

// take removes the last of a list; the zero value if it is empty.
func take[T any](list *[]T) (last T, ok bool) {
	n := len(*list)
	if n == 0 {
		return last, false
	}
	last = (*list)[n-1]
	*list = (*list)[:n-1]
	return last, true
}

// A gzipReader reads the members of a gzip file as one text, which they are. A
// wrong checksum does not keep it from the next member.
type gzipReader struct {
	*gzip.Reader
	from *bufio.Reader
}

func (r gzipReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != io.EOF && !errors.Is(err, gzip.ErrChecksum) {
		return n, err
	}
	if head, _ := r.from.Peek(10); !isGzip(head) || r.Reader.Reset(r.from) != nil {
		return n, io.EOF
	}
	r.Reader.Multistream(false)
	return n, nil
}

func (w *walk) gzip(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	z, ok := take(&w.decoders.gzip)
	if !ok {
		z = new(gzip.Reader)
	}
	defer func() { w.decoders.gzip = append(w.decoders.gzip, z) }()
	if err := z.Reset(br); err != nil {
		return notIf(err)
	}
	z.Multistream(false)
	w.heading(p, z.Name, z.Comment)
	return w.stream(p, gzipReader{z, br}, certain)
}

// notIf is the error of a decoder that did not begin.
func notIf(err error) error {
	if err == io.EOF || isCut(err) {
		return nil
	}
	if isRefusal(err) {
		return err
	}
	return &notOne{fmt.Errorf("cannot be unpacked: %w", err)}
}

// lenient passes over a wrong checksum: what it is of was read.
type lenient struct{ io.Reader }

func (r lenient) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if errors.Is(err, zlib.ErrChecksum) {
		err = io.EOF
	}
	return n, err
}

func (w *walk) zlib(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	return w.inflated(br, func(r io.Reader) error { return w.stream(p, r, doubtful) })
}

// inflated hands the zlib stream that br stands at to read.
func (w *walk) inflated(br *bufio.Reader, read func(io.Reader) error) error {
	z, ok := take(&w.decoders.zlib)
	var err error
	if ok {
		err = z.(zlib.Resetter).Reset(br, nil)
	} else {
		z, err = zlib.NewReader(br)
	}
	if err != nil {
		return notIf(err)
	}
	defer func() { w.decoders.zlib = append(w.decoders.zlib, z) }()
	return read(lenient{z})
}

// deflated hands the DEFLATE stream that r stands at to read.
func (w *walk) deflated(r *bufio.Reader, read func(io.Reader) error) error {
	z, ok := take(&w.decoders.flate)
	if !ok {
		z = flate.NewReader(r)
	} else if err := z.(flate.Resetter).Reset(r, nil); err != nil {
		return err
	}
	defer func() { w.decoders.flate = append(w.decoders.flate, z) }()
	return read(z)
}

func (w *walk) bzip2(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	return w.stream(p, &tailless{from: bzip2.NewReader(br), tail: bzip2.StructuralError("bad magic value in continuation file")}, certain)
}

// A tailless reader passes over what follows a compressed file and is none: all
// that was compressed was read.
type tailless struct {
	from io.Reader
	tail error // what from calls it
	some bool  // anything was read
}

func (r *tailless) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.some = r.some || n > 0
	if r.some && errors.Is(err, r.tail) {
		err = io.EOF
	}
	return n, err
}

func (w *walk) zstd(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	return w.zstdStream(br, func(r io.Reader) error { return w.stream(p, r, certain) })
}

func (w *walk) zstdStream(r io.Reader, read func(io.Reader) error) error {
	release, err := w.window(windowMax)
	if err != nil {
		return err
	}
	defer release()
	z, ok := take(&w.decoders.zstd)
	if ok {
		err = z.Reset(r)
	} else {
		z, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(windowMax), zstd.IgnoreChecksum(true))
	}
	if err != nil {
		return notIf(err)
	}
	defer func() {
		if z.Reset(nil) == nil {
			w.decoders.zstd = append(w.decoders.zstd, z)
		}
	}()
	return read(&tailless{from: zstdReader{z}, tail: zstd.ErrMagicMismatch})
}

// A zstdReader says what an error of zstd means here.
type zstdReader struct{ *zstd.Decoder }

func (r zstdReader) Read(b []byte) (int, error) {
	n, err := r.Decoder.Read(b)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = errWindow
	}
	return n, err
}

func (w *walk) lz4(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	z, ok := take(&w.decoders.lz4)
	if !ok {
		z = lz4.NewReader(nil)
		if err := z.Apply(lz4.ConcurrencyOption(1)); err != nil {
			return err
		}
	}
	z.Reset(br)
	defer func() {
		z.Reset(nil)
		w.decoders.lz4 = append(w.decoders.lz4, z)
	}()
	return w.stream(p, &tailless{from: lz4Reader{z, br}, tail: lz4.ErrInvalidFrame}, certain)
}

// An lz4Reader passes over a wrong checksum of a whole frame. Blocks have at most 8
// MiB, whatever a file says.
type lz4Reader struct {
	*lz4.Reader
	from *bufio.Reader
}

func (r lz4Reader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if !errors.Is(err, lz4.ErrInvalidFrameChecksum) {
		return n, err
	}
	if head, _ := r.from.Peek(HeadSize); !isLZ4(head) {
		return n, io.EOF
	}
	r.Reader.Reset(r.from)
	return n, nil
}

func (w *walk) xz(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	return w.xzStream(br, func(r io.Reader) error { return w.stream(p, r, certain) })
}

func (w *walk) xzStream(r io.Reader, read func(io.Reader) error) error {
	release, err := w.window(windowMax)
	if err != nil {
		return err
	}
	defer release()
	z, err := xz.NewReader(r, windowMax)
	if err != nil && !errors.Is(err, xz.ErrUnsupportedCheck) {
		return notIf(xzError(err))
	}
	return read(&tailless{from: xzReader{z}, tail: xz.ErrFormat})
}

// An xzReader says of the errors of xz what they mean here.
type xzReader struct{ *xz.Reader }

func (r xzReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	return n, xzError(err)
}

func xzError(err error) error {
	switch {
	case errors.Is(err, xz.ErrBuf):
		return io.ErrUnexpectedEOF
	case errors.Is(err, xz.ErrMemlimit):
		return errWindow
	case errors.Is(err, xz.ErrOptions):
		return errFilter
	}
	return err
}

func (w *walk) brotli(p place, s *source) error {
	release, err := w.window(brotliWindow)
	if err != nil {
		return err
	}
	defer release()
	br := w.reader(s)
	defer w.giveBack(br)
	return w.stream(p, brotli.NewReader(br), certain)
}
