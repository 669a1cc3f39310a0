package archive

import (
	"bufio"
	"cmp"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"strings"

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
	gzip   []*gzip.Reader
	zlib   []io.ReadCloser
	flate  []io.ReadCloser
	zstd   []*zstd.Decoder
	lz4    []*lz4.Reader
	xz     []*xz.Reader
	brotli []*brotli.Reader
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

// A gzipReader reads the members of a gzip file as one text, which they are. What
// is damaged in one does not keep it from the next.
type gzipReader struct {
	*gzip.Reader
	from *bufio.Reader
	size int64 // unpacked
	err  error // the first
	// alone says that what is around it is no gzip file: the next member follows at once.
	alone bool
}

func (r *gzipReader) Read(b []byte) (int, error) {
	for {
		n, err := r.Reader.Read(b)
		r.size += int64(n)
		if err == nil {
			return n, nil
		}
		if errors.Is(err, gzip.ErrChecksum) {
			err = errSum
		}
		if !r.next(err) {
			return n, cmp.Or(r.err, io.EOF)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// next goes on to the member behind one that ended so.
func (r *gzipReader) next(ended error) bool {
	if ended != io.EOF && r.err == nil {
		r.err = &damagedAt{r.size, ended}
	}
	for whole := ended == io.EOF || ended == errSum; ; whole = false {
		if !whole && (r.alone || r.size < certain.sum || !seek(r.from, gzipMagic)) {
			return false
		}
		head, _ := r.from.Peek(10)
		if whole && !hasMagic(head, gzipMagic) {
			return false // what follows is none
		}
		if whole || isUsualGzip(head) {
			err := r.Reset(r.from)
			if err == nil {
				r.Multistream(false)
				return true
			}
			r.err = cmp.Or(r.err, error(&damagedAt{r.size, err}))
		} else if _, err := r.from.Discard(1); err != nil {
			return false
		}
	}
}

func (w *walk) gzip(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	enough := certain
	if isUsualGzip(s.data) {
		enough.data = 4 * enough.sum
	}
	return w.gunzipped(br, func(z *gzip.Reader) error {
		w.heading(p, z.Name, z.Comment)
		return w.stream(p, s, &gzipReader{Reader: z, from: br}, enough)
	})
}

// A byteReader gives a decoder no byte more than it needs.
type byteReader interface {
	io.Reader
	io.ByteReader
}

// gunzipped hands the member of a gzip file that br stands at to read.
func (w *walk) gunzipped(br byteReader, read func(*gzip.Reader) error) error {
	z, ok := take(&w.decoders.gzip)
	if !ok {
		z = new(gzip.Reader)
	}
	defer func() { w.decoders.gzip = append(w.decoders.gzip, z) }()
	if err := z.Reset(br); err != nil {
		return notIf(err)
	}
	z.Multistream(false)
	return read(z)
}

// notIf is the error of a decoder that did not begin.
func notIf(err error) error {
	if isRefusal(err) {
		return err
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errEndMissing
	} else {
		err = fmt.Errorf("cannot be unpacked: %w", err)
	}
	return &notOne{err}
}

// A zlibReader says what a wrong checksum means here.
type zlibReader struct{ io.Reader }

func (r zlibReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if errors.Is(err, zlib.ErrChecksum) {
		err = errSum
	}
	return n, err
}

func (w *walk) zlib(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	enough := doubtful
	if !notText(s.data[:min(len(s.data), HeadSize)]) {
		enough = unproven
	}
	return w.inflated(br, func(r io.Reader) error { return w.stream(p, s, r, enough) })
}

// inflated hands the zlib stream that br stands at to read.
func (w *walk) inflated(br byteReader, read func(io.Reader) error) error {
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
	return read(zlibReader{z})
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
	return w.bzip2Stream(br, -1, func(r io.Reader) error {
		// The mark has ten bytes.
		return w.stream(p, s, &tailless{from: r, tail: errBzip2Tail}, proof{cut: certain.cut, data: certain.sum})
	})
}

const errBzip2Tail = bzip2.StructuralError("bad magic value in continuation file")

// bzip2Stream hands what r unpacks to, size bytes, to read; below 0: it is not known how
// many. Files of any size say that they have blocks of 900 kB, for which the decoder takes
// memory at once: it is told of blocks as large as these can be, in which four bytes may
// take five.
func (w *walk) bzip2Stream(r *bufio.Reader, size int64, read func(io.Reader) error) error {
	const level, perByte = 100_000, 4
	head, _ := r.Peek(len(bzip2Magic) + 1)
	if len(head) <= len(bzip2Magic) {
		return read(bzip2.NewReader(r))
	}
	levels := int64(head[len(bzip2Magic)] - '0')
	var from io.Reader = r
	if needed := 1 + size/4*5/level; size >= 0 && needed < levels && hasMagic(head, bzip2Magic) {
		levels = needed
		_, _ = r.Discard(len(head))
		from = io.MultiReader(strings.NewReader(fmt.Sprint(bzip2Magic, levels)), r)
	}
	if err := w.make(levels * level * perByte); err != nil {
		return err
	}
	return read(bzip2.NewReader(from))
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
	err := w.zstdStream(br, func(r io.Reader) error { return w.stream(p, s, r, certain) })
	if isRefusal(err) && !isUsualZstd(behindSkippable(s.data)) {
		return &notOne{err}
	}
	return err
}

func (w *walk) zstdStream(r *bufio.Reader, read func(io.Reader) error) error {
	release, err := w.aside(zstdWindow)
	if err != nil {
		return err
	}
	defer release()
	z, ok := take(&w.decoders.zstd)
	if ok {
		err = z.Reset(r)
	} else {
		z, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
	}
	if err != nil {
		return notIf(err)
	}
	defer func() {
		if z.Reset(nil) == nil {
			w.decoders.zstd = append(w.decoders.zstd, z)
		}
	}()
	return read(&tailless{from: &zstdReader{Decoder: z, from: r}, tail: zstd.ErrMagicMismatch})
}

// A zstdReader says what an error of zstd means here. A wrong checksum does not
// keep it from the next frame.
type zstdReader struct {
	*zstd.Decoder
	from  *bufio.Reader
	err   error // the first of a frame that was read
	ended bool  // the frame at hand has a wrong checksum; what is left of it is still to come
}

func (r *zstdReader) Read(b []byte) (int, error) {
	for {
		n, err := r.Decoder.Read(b)
		switch {
		case n > 0 || err == nil:
			return n, nil // an error comes again
		case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
			return 0, errWindow
		case !errors.Is(err, zstd.ErrCRCMismatch):
			if err == io.EOF || errors.Is(err, zstd.ErrMagicMismatch) {
				err = cmp.Or(r.err, err)
			}
			return 0, err
		case !r.ended:
			r.ended = true
		default:
			r.err, r.ended = errSum, false
			if head, _ := r.from.Peek(HeadSize); !isZstd(head) || r.Reset(r.from) != nil {
				return 0, r.err
			}
		}
	}
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
	return w.stream(p, s, &lz4Reader{Reader: z, from: br, old: hasMagic(behindSkippable(s.data), lz4Old)}, certain)
}

// An lz4Reader says what an error of lz4 means here. A wrong checksum of a whole
// frame does not keep it from the next. Blocks have at most 8 MiB, whatever a file
// says.
type lz4Reader struct {
	*lz4.Reader
	from *bufio.Reader
	some bool  // anything was read
	err  error // the first of a frame that was read
	old  bool  // the format is the older one, in which nothing marks the end
}

func (r *lz4Reader) Read(b []byte) (int, error) {
	for {
		n, err := r.Reader.Read(b)
		r.some = r.some || n > 0
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, lz4.ErrInvalidFrameChecksum) || errors.Is(err, lz4.ErrInvalidContentSize):
			r.err = errSum
			if head, _ := r.from.Peek(HeadSize); !isLZ4(head) {
				return n, r.err
			}
			r.Reset(r.from)
			if n > 0 {
				return n, nil
			}
		case err == io.EOF, r.some && errors.Is(err, lz4.ErrInvalidFrame), r.old && r.some && errors.Is(err, lz4.ErrOptionInvalidBlockSize):
			return n, cmp.Or(r.err, io.EOF)
		default:
			return n, err
		}
	}
}

func (w *walk) xz(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	return w.xzStream(br, func(r io.Reader) error { return w.stream(p, s, r, proven) })
}

func (w *walk) xzStream(r io.Reader, read func(io.Reader) error) error {
	release, err := w.window(windowMax)
	if err != nil {
		return err
	}
	defer release()
	z, ok := take(&w.decoders.xz)
	if ok {
		err = z.Reset(r)
	} else {
		z, err = xz.NewReader(r, windowMax)
	}
	defer func() { w.decoders.xz = append(w.decoders.xz, z) }()
	if err != nil && !errors.Is(err, xz.ErrUnsupportedCheck) {
		return notIf(xzError(err))
	}
	return read(&tailless{from: xzReader{z}, tail: xz.ErrFormat})
}

// An xzReader says of the errors of xz what they mean here. The decoder keeps back
// what it unpacked in the call that meets one, so that calls are small.
type xzReader struct{ *xz.Reader }

func (r xzReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b[:min(len(b), 1<<10)])
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
	z, ok := take(&w.decoders.brotli)
	if !ok {
		z = brotli.NewReader(nil)
	}
	defer func() { w.decoders.brotli = append(w.decoders.brotli, z) }()
	if err := z.Reset(br); err != nil {
		return err
	}
	return w.stream(p, s, z, certain)
}
