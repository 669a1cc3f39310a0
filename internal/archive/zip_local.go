package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The signatures of APPNOTE.TXT 4.3.
const (
	zipLocal      = "PK\x03\x04"
	zipDescriptor = "PK\x07\x08"
	zipCentral    = "PK\x01\x02"
	zipEnd        = "PK\x05\x06"
	zipLocator    = "PK\x06\x07"
	zipMark       = "PK"
	zipHeaderSize = 30
	zipEndSize    = 22

	zipLocatorSize = 20
)

// zipLocals reads the entries that a reader leads to by the headers before them.
type zipLocals struct {
	*walk
	place place
	from  *bufio.Reader

	any   bool // there were entries, the beginning of one included,
	good  bool // something of one was read,
	ended bool // and so was the directory's end
	early []zipEnded
}

// A zipEnded is how an entry ended; early tells that nothing of it was read, so that
// it counts if others turn out to be entries.
type zipEnded struct {
	place  place
	err    error
	broken bool // the archive ends there
	early  bool
}

func (l *zipLocals) read() {
	for l.meter.over == nil && l.next() {
		h, ok := readLocalHeader(l.from)
		if !ok {
			_, err := l.from.Peek(zipHeaderSize)
			l.any = l.any || err != nil
			_, _ = l.from.Discard(1)
			continue
		}
		if l.any = true; !l.entry() {
			break
		}
		in := l.place.at(h.name)
		l.heading(in, h.name)
		l.entryEnded(l.one(in, h))
	}
	if l.good || l.ended {
		for _, e := range l.early {
			l.walk.ended(e.place, e.err, e.broken)
		}
	}
}

// next goes on to the next header. On its way it looks for the directory's end.
func (l *zipLocals) next() bool {
	for seek(l.from, zipMark) {
		sig, _ := l.from.Peek(zipEndSize)
		if hasMagic(sig, zipLocal) {
			return true
		}
		l.ended = l.ended || len(sig) == zipEndSize && hasMagic(sig, zipEnd)
		_, _ = l.from.Discard(1)
	}
	return false
}

func (l *zipLocals) entryEnded(e zipEnded) {
	if e.err != nil && e.early && !l.good && len(l.early) < maxErrors {
		l.early = append(l.early, e)
		return
	}
	l.good = l.good || !e.early
	l.walk.ended(e.place, e.err, e.broken)
}

// one searches the entry behind a header, and passes all of it where its size is
// known.
func (l *zipLocals) one(p place, h localHeader) zipEnded {
	e := zipEnded{place: p}
	var got zipRead
	if h.open {
		got, e.err = l.open(p, h)
		e.broken = isCut(e.err)
	} else {
		body := &exact{l.from, h.size}
		br := l.buffer(body)
		defer l.giveBack(br)
		got, e.err = l.zipContent(p, h.zipEntry, br)
		l.drain(body)
		e.broken = body.left > 0
	}
	if e.err == nil && l.meter.over == nil {
		e.err = got.check(h.sum, h.unpacked)
	}
	e.early = got.size == 0 && e.err != nil && !errors.Is(e.err, errEncrypted)
	return e
}

// open searches an entry of unknown size, behind which its checksum may stand
// (4.3.9).
func (l *zipLocals) open(p place, h localHeader) (zipRead, error) {
	from := l.from
	if h.method == zipStored {
		from = l.buffer(untilSignature{l.from})
		defer l.giveBack(from)
	}
	got, err := l.zipContent(p, h.zipEntry, from)
	if sig, _ := l.from.Peek(8); err == nil && len(sig) == 8 && hasMagic(sig, zipDescriptor) {
		err = got.check(binary.LittleEndian.Uint32(sig[4:]), -1)
	}
	return got, err
}

// A localHeader is what stands before an entry.
type localHeader struct {
	zipEntry
	name string
	size int64 // as stored
	sum  uint32
	open bool // the size follows the entry
}

// readLocalHeader reads the header that r stands at. It leaves r where it is if
// that is none.
func readLocalHeader(r *bufio.Reader) (e localHeader, ok bool) {
	h, err := r.Peek(zipHeaderSize)
	if err != nil || !plausibleHeader(h) {
		return e, false
	}
	flags := binary.LittleEndian.Uint16(h[6:])
	size, unpacked := binary.LittleEndian.Uint32(h[18:]), binary.LittleEndian.Uint32(h[22:])
	e.zipEntry = newZipEntry(binary.LittleEndian.Uint16(h[8:]), flags, uint64(unpacked))
	if flags&8 != 0 || unpacked == 1<<32-1 {
		e.unpacked = -1
	}
	if flags&8 == 0 {
		e.sum = binary.LittleEndian.Uint32(h[14:])
	}
	e.size = int64(size)
	e.open = flags&8 != 0 && size == 0
	names, extras := int(binary.LittleEndian.Uint16(h[26:])), int(binary.LittleEndian.Uint16(h[28:]))
	_, _ = r.Discard(zipHeaderSize)
	text := make([]byte, names+extras)
	n, _ := io.ReadFull(r, text)
	e.name = string(text[:min(n, names)])
	if n > names && size == 1<<32-1 {
		e.size = zip64Size(text[names:n], unpacked == 1<<32-1)
	}
	return e, true
}

// plausibleHeader tells a header from other bytes behind its signature: no version
// above 6.3 exists, and no method between those of APPNOTE.TXT 4.4.5.
func plausibleHeader(h []byte) bool {
	method := binary.LittleEndian.Uint16(h[8:])
	return h[4] <= 63 && (method <= 20 || 92 < method && method < 100) && binary.LittleEndian.Uint16(h[26:]) > 0
}

// zip64Size reads an entry's stored size from the extra field that holds large
// ones (4.5.3).
func zip64Size(extra []byte, afterUnpacked bool) int64 {
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		field := extra[4:min(len(extra), 4+size)]
		if id == 1 {
			if afterUnpacked && len(field) >= 8 {
				field = field[8:]
			}
			if len(field) >= 8 {
				return int64(binary.LittleEndian.Uint64(field) & (1<<63 - 1))
			}
		}
		extra = extra[4+len(field):]
	}
	return 1<<32 - 1
}

// untilSignature reads an entry of unknown size that is stored as it is.
type untilSignature struct{ from *bufio.Reader }

func (r untilSignature) Read(b []byte) (int, error) {
	have, err := r.from.Peek(max(len(zipLocal), r.from.Buffered()))
	n := copy(b, have[:beforeSignature(have, err != nil)])
	switch {
	case n > 0 || len(b) == 0:
	case len(have) == 0 && err == io.EOF:
		return 0, io.ErrUnexpectedEOF
	default:
		return 0, io.EOF
	}
	_, _ = r.from.Discard(n)
	return n, nil
}

// beforeSignature is how many bytes of b stand before a signature, or before
// what may be the beginning of one unless b is the last there is.
func beforeSignature(b []byte, last bool) int {
	for at := 0; ; at++ {
		next := bytes.IndexByte(b[at:], zipLocal[0])
		if next < 0 {
			return len(b)
		}
		at += next
		if whole := len(b)-at >= len(zipLocal); !whole && !last || whole && isSignature(b[at:at+len(zipLocal)]) {
			return at
		}
	}
}

func isSignature(b []byte) bool {
	switch string(b) {
	case zipLocal, zipDescriptor, zipCentral, zipEnd:
		return true
	}
	return false
}

// seek goes on to where r reads sig; false if it nowhere does.
func seek(r *bufio.Reader, sig string) bool {
	for {
		b, err := r.Peek(max(len(sig), r.Buffered()))
		if at := bytes.Index(b, []byte(sig)); at >= 0 {
			_, _ = r.Discard(at)
			return true
		}
		if err != nil {
			return false
		}
		_, _ = r.Discard(len(b) - len(sig) + 1)
	}
}
