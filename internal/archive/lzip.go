package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// The members of a lzip file are LZMA streams of the usual properties that end with a
// mark, between six bytes and a trailer of twenty (lzip's manual, "File format").
const (
	lzipMagic   = "LZIP\x01"
	lzipHeader  = 6
	lzipTrailer = 20
)

func isLzip(h []byte) bool {
	return len(h) >= lzipHeader && hasMagic(h, lzipMagic) && lzipWindow(h[5]) >= lzma.MinDictCap
}

// lzipWindow is the size of a dictionary: a power of two, less some sixteenths.
func lzipWindow(coded byte) int64 {
	size := int64(1) << (coded & 0x1f)
	return size - size/16*int64(coded>>5)
}

// A lzipReader reads the members of a file as one text. A wrong checksum does not keep
// it from the next.
type lzipReader struct {
	walk    *walk
	from    *bufio.Reader
	member  io.Reader // nil: none is begun
	release func()
	sum     hash.Hash32
	size    uint64
	err     error // the first of a member that was read
}

func (r *lzipReader) Read(b []byte) (int, error) {
	for {
		if r.member == nil {
			if err := r.begin(); err != nil {
				return 0, err
			}
		}
		n, err := r.member.Read(b)
		r.size += uint64(n)
		_, _ = r.sum.Write(b[:n])
		if err == io.EOF {
			err = r.end()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (r *lzipReader) begin() error {
	head, _ := r.from.Peek(lzipHeader)
	if !isLzip(head) {
		return cmp.Or(r.err, io.EOF) // what follows is none
	}
	_, _ = r.from.Discard(lzipHeader)
	window := lzipWindow(head[5])
	release, err := r.walk.makeWindow(window)
	if err != nil {
		return err
	}
	r.release = release
	header := binary.LittleEndian.AppendUint32([]byte{0x5d}, uint32(window))
	header = binary.LittleEndian.AppendUint64(header, 1<<64-1)
	gate := &gate{from: &headed{bytes.NewReader(header), r.from}}
	z, err := lzma.NewReader(gate)
	if err != nil {
		return err
	}
	r.member = &lzmaReader{z, gate, nil}
	r.sum, r.size = crc32.NewIEEE(), 0
	return nil
}

// end reads the trailer of a member.
func (r *lzipReader) end() error {
	r.close()
	var t [lzipTrailer]byte
	if _, err := io.ReadFull(r.from, t[:]); err != nil {
		return io.ErrUnexpectedEOF
	}
	if binary.LittleEndian.Uint32(t[:]) != r.sum.Sum32() || binary.LittleEndian.Uint64(t[4:]) != r.size {
		r.err = errSum
	}
	return nil
}

func (r *lzipReader) close() {
	if r.release != nil {
		r.release()
	}
	r.release, r.member = nil, nil
}

// headed reads bytes in front of others.
type headed struct {
	head *bytes.Reader
	from io.ByteReader
}

func (h *headed) ReadByte() (byte, error) {
	if c, err := h.head.ReadByte(); err == nil {
		return c, nil
	}
	return h.from.ReadByte()
}

func (w *walk) lzip(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	r := &lzipReader{walk: w, from: br}
	defer r.close()
	return w.stream(p, s, r, certain)
}
