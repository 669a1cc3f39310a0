package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

var errEncrypted = errors.New("is encrypted")

// zip reads a zip file by its directory, and then what the directory leaves out:
// an entry that was deleted, or hidden, still lies there. Where the directory is
// missing or damaged, or the file too large to be held, the headers before the
// entries serve.
func (w *walk) zip(p place, s *source) error {
	if s.rest == nil {
		r, err := zip.NewReader(bytes.NewReader(s.data), int64(len(s.data)))
		if err == nil || errors.Is(err, zip.ErrInsecurePath) {
			w.zipGaps(p, s.data, w.zipDirectory(p, s.data, r))
			return nil
		}
	}
	br := w.reader(s)
	defer w.giveBack(br)
	l := &zipLocals{walk: w, place: p, from: br}
	l.read()
	switch {
	case l.ended:
		return nil
	case !l.any:
		return &notOne{errors.New("holds no entry that can be read")}
	case !l.good:
		return &notOne{cutOff("no entry of it can be read")}
	}
	return cutOff("its directory is missing, which would list its entries")
}

// A stretch is data[start:end].
type stretch struct{ start, end int }

// zipDirectory reads the entries that the directory lists and returns where they
// lie.
func (w *walk) zipDirectory(p place, data []byte, r *zip.Reader) []stretch {
	w.heading(p, r.Comment)
	var covered []stretch
	headers := zipHeaders(data, r.File)
	left := int64(len(data))
	for _, f := range r.File {
		if !w.entry() {
			break
		}
		in := p.at(f.Name)
		w.heading(in, f.Name, f.Comment)
		offset, err := f.DataOffset()
		if err != nil || offset > int64(len(data)) {
			w.fail(in, errors.New("is damaged: its header is not where the directory says"))
			continue
		}
		end := offset + int64(min(f.CompressedSize64, uint64(int64(len(data))-offset)))
		covered = append(covered, stretch{headers[offset], int(end)})
		if left -= end - offset; left < 0 && w.spend(int(end-offset), int(end-offset)) != nil {
			break // entries overlap, and may unpack to nothing
		}
		br := w.buffer(bytes.NewReader(data[offset:end]))
		read, err := w.zipContent(in, newZipEntry(f.Method, f.Flags, f.UncompressedSize64), br)
		if err == nil && w.meter.over == nil {
			err = read.check(f.CRC32, int64(min(f.UncompressedSize64, math.MaxInt64)))
		}
		w.ended(in, err, false)
		w.giveBack(br)
	}
	return covered
}

// zipHeaders finds where the headers of entries begin, by where their contents do: the
// headers tell how long they are.
func zipHeaders(data []byte, files []*zip.File) map[int64]int {
	headers := make(map[int64]int, len(files))
	for _, f := range files {
		if offset, err := f.DataOffset(); err == nil {
			headers[offset] = int(offset)
		}
	}
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], []byte(zipLocal))
		if next < 0 || len(data)-at-next < zipHeaderSize {
			return headers
		}
		at += next
		h := data[at:]
		end := int64(at + zipHeaderSize + int(binary.LittleEndian.Uint16(h[26:])) + int(binary.LittleEndian.Uint16(h[28:])))
		if _, wanted := headers[end]; wanted {
			headers[end] = at
		}
	}
}

// zipGaps reads the entries that lie between those of the directory. What is
// damaged there is no part of the archive, and no error.
func (w *walk) zipGaps(p place, data []byte, covered []stretch) {
	slices.SortFunc(covered, func(a, b stretch) int { return cmp.Compare(a.start, b.start) })
	at := 0
	for _, c := range append(covered, stretch{len(data), len(data)}) {
		if gap := data[at:max(at, c.start)]; bytes.Contains(gap, []byte(zipLocal)) && w.meter.over == nil {
			br := w.buffer(bytes.NewReader(gap))
			quiet := w.quiet
			w.quiet = true
			(&zipLocals{walk: w, place: p, from: br}).read()
			w.quiet = quiet
			w.giveBack(br)
		}
		at = max(at, c.end)
	}
}

// A zipEntry is how an entry is stored.
type zipEntry struct {
	method    uint16
	encrypted bool
	marked    bool  // LZMA data end with a mark
	unpacked  int64 // -1: unknown
}

func newZipEntry(method, flags uint16, unpacked uint64) zipEntry {
	return zipEntry{method, flags&1 != 0, flags&2 != 0, int64(min(unpacked, math.MaxInt64))}
}

// The methods of APPNOTE.TXT 4.4.5 that are read.
const (
	zipStored    = 0
	zipDeflated  = 8
	zipDeflate64 = 9
	zipBzip2     = 12
	zipLZMA      = 14
	zipOldZstd   = 20
	zipZstd      = 93
	zipXZ        = 95
)

// A zipRead is what was read of an entry.
type zipRead struct {
	size int64
	sum  uint32
}

// check compares it with what the archive says of it; a size below 0 is unknown.
// Writers that do not know a checksum leave 0 in its place.
func (r zipRead) check(sum uint32, size int64) error {
	switch {
	case size >= 0 && r.size != size:
		return fmt.Errorf("is damaged: it unpacks to %d bytes instead of %d", r.size, size)
	case sum != 0 && r.sum != sum:
		return fmt.Errorf("is damaged: %w", errSum)
	}
	return nil
}

// zipContent searches one entry, whose bytes as they are stored r gives.
func (w *walk) zipContent(p place, e zipEntry, r *bufio.Reader) (got zipRead, err error) {
	sum := crc32.NewIEEE()
	err = w.zipUnpacked(e, r, func(r io.Reader) error {
		body := &counted{from: io.TeeReader(r, sum)}
		err := w.decoded(p, body, 0, proven)
		got.size = body.size
		return err
	})
	got.sum = sum.Sum32()
	return got, err
}

// zipUnpacked hands what an entry unpacks to to read.
func (w *walk) zipUnpacked(e zipEntry, r *bufio.Reader, read func(io.Reader) error) error {
	if e.encrypted {
		return errEncrypted
	}
	switch e.method {
	case zipStored:
		return read(r)
	case zipDeflated:
		return w.deflated(r, read)
	case zipDeflate64:
		return read(&deflate64{from: r})
	case zipBzip2:
		return w.bzip2Stream(r, e.unpacked, read)
	case zipLZMA:
		return w.zipLZMA(e, r, read)
	case zipZstd, zipOldZstd:
		return w.zstdStream(r, read)
	case zipXZ:
		return w.xzStream(r, read)
	}
	return fmt.Errorf("is compressed by a method that is not read (%d)", e.method)
}

// crx reads a browser extension: a header with a signature, then a zip file.
func (w *walk) crx(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	h := make([]byte, 16)
	if _, err := io.ReadFull(br, h[:12]); err != nil {
		return &notOne{errEndMissing}
	}
	skip := int64(binary.LittleEndian.Uint32(h[8:])) // version 3: one header
	if h[4] == 2 {
		if _, err := io.ReadFull(br, h[12:]); err != nil {
			return &notOne{errEndMissing}
		}
		skip += int64(binary.LittleEndian.Uint32(h[12:]))
	}
	if _, err := io.CopyN(io.Discard, br, skip); err != nil {
		return &notOne{errEndMissing}
	}
	if head, _ := br.Peek(len(zipLocal)); !isZip(head) {
		return &notOne{errors.New("is damaged: no zip file follows its header")}
	}
	w.content(p, br)
	return nil
}
