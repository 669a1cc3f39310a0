package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/ulikunitz/xz/lzma"
)

// lzmaMargin is how much of a .lzma file is read to tell it: the header and the
// byte that the range coder begins with, which is 0.
const lzmaMargin = lzma.HeaderLen + 1

// isLZMA tells the format that lzma(1) wrote, which has no mark, by what xz(1)
// wants of it (XZ Utils, alone_decoder.c, "picky"): a dictionary of a size that
// writers choose, a size that is unknown or below 256 GiB, and the 0; and the
// properties that all writers choose by default.
func isLZMA(h []byte) bool { return len(h) > 0 && h[0] == 0x5d && isAnyLZMA(h) }

// isAnyLZMA is isLZMA for a file whose name says so: with any properties.
func isAnyLZMA(h []byte) bool {
	if len(h) < lzmaMargin || h[0] >= 9*5*5 || h[lzma.HeaderLen] != 0 {
		return false
	}
	window, size := binary.LittleEndian.Uint32(h[1:]), binary.LittleEndian.Uint64(h[5:])
	top := window >> bits.TrailingZeros32(window) // of 2^n, and of 2^n + 2^(n-1)
	return window >= 1<<12 && (top == 1 || top == 3 || window == 1<<32-1) && (size == 1<<64-1 || 0 < size && size < 1<<38)
}

func (w *walk) lzma(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	return w.lzmaStream(br, func(r io.Reader) error { return w.stream(p, s, r, doubtful) })
}

// lzmaStream hands what r unpacks to, a header like that of a .lzma file first,
// to read. The decoder needs no larger a dictionary than the text that is to be.
func (w *walk) lzmaStream(r *bufio.Reader, read func(io.Reader) error) error {
	h, err := r.Peek(lzma.HeaderLen)
	if err != nil {
		return errEndMissing
	}
	window := min(uint64(binary.LittleEndian.Uint32(h[1:])), binary.LittleEndian.Uint64(h[5:]))
	release, err := w.makeWindow(int64(window))
	if err != nil {
		return err
	}
	defer release()
	gate := &gate{from: r}
	z, err := lzma.NewReader(gate)
	if err != nil {
		return notIf(err)
	}
	return read(&lzmaReader{z, gate, nil})
}

// An lzmaReader hands over what was unpacked before an error too, which the
// decoder keeps back: it fills its dictionary before it gives anything.
type lzmaReader struct {
	*lzma.Reader
	gate *gate
	err  error
}

func (r *lzmaReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if r.err == nil && err != nil && err != io.EOF {
		r.err, r.gate.shut = err, true
		if n == 0 {
			n, err = r.Reader.Read(b)
		}
	}
	if r.err != nil && n == 0 {
		return 0, r.err
	}
	if r.err != nil {
		err = nil
	}
	return n, err
}

// A gate ends when it is shut.
type gate struct {
	from io.ByteReader
	shut bool
}

func (g *gate) ReadByte() (byte, error) {
	if g.shut {
		return 0, io.EOF
	}
	return g.from.ReadByte()
}

func (g *gate) Read(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if b[n], err = g.ReadByte(); err == nil {
			n++
		}
	}
	return n, err
}

// zipLZMA hands an entry of method 14 to read. It begins with the version of
// whatever wrote it and the size of the properties (APPNOTE.TXT 5.8.8); the size
// that it unpacks to is the directory's to say, or a mark at its end.
func (w *walk) zipLZMA(e zipEntry, r *bufio.Reader, read func(io.Reader) error) error {
	h := make([]byte, 4+5)
	if _, err := io.ReadFull(r, h); err != nil {
		return errEndMissing
	}
	if binary.LittleEndian.Uint16(h[2:]) != 5 {
		return fmt.Errorf("cannot be unpacked: %w", errProperties)
	}
	size := uint64(e.unpacked)
	if e.marked || e.unpacked < 0 {
		size = 1<<64 - 1
	}
	return w.rawLZMA(h[4:], size, r, read)
}

var errProperties = errors.New("its LZMA properties cannot be read")

// rawLZMA hands an LZMA stream without a header to read. It has these properties
// (5 bytes) and unpacks to size bytes; all bits set: to as many as there are up to
// a mark.
func (w *walk) rawLZMA(properties []byte, size uint64, r io.Reader, read func(io.Reader) error) error {
	header := binary.LittleEndian.AppendUint64(bytes.Clone(properties), size)
	br := w.buffer(io.MultiReader(bytes.NewReader(header), r))
	defer w.giveBack(br)
	return w.lzmaStream(br, read)
}
