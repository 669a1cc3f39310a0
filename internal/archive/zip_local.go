package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// The signatures of APPNOTE.TXT 4.3.
const (
	zipLocal      = "PK\x03\x04"
	zipDescriptor = "PK\x07\x08"
	zipCentral    = "PK\x01\x02"
	zipEnd        = "PK\x05\x06"
	zipHeaderSize = 30
)

// zipLocal reads the entries that r leads to by the headers before them, and
// reports whether there were any, the beginning of one included. quiet passes over
// what is damaged.
func (w *walk) zipLocal(p place, r *bufio.Reader, quiet bool) (any bool) {
	for w.meter.over == nil && seek(r, zipLocal) {
		h, ok := readLocalHeader(r)
		if !ok {
			_, err := r.Peek(zipHeaderSize)
			any = any || err != nil
			_, _ = r.Discard(1)
			continue
		}
		if any = true; !w.entry() {
			break
		}
		in := p.at(h.name)
		w.heading(in, h.name)
		if err := w.zipLocalEntry(in, h, r); err != nil && !quiet {
			w.fail(in, err)
		}
	}
	return any
}

// zipLocalEntry searches the entry behind a header, and passes all of it where
// its size is known.
func (w *walk) zipLocalEntry(p place, h localHeader, r *bufio.Reader) error {
	if h.open {
		if h.method == zipStored {
			br := w.buffer(untilSignature{r})
			defer w.giveBack(br)
			return w.zipContent(p, h.zipEntry, br)
		}
		return w.zipContent(p, h.zipEntry, r)
	}
	rest := &io.LimitedReader{R: r, N: h.size}
	br := w.buffer(rest)
	defer w.giveBack(br)
	err := w.zipContent(p, h.zipEntry, br)
	if w.meter.over == nil {
		_, _ = io.Copy(io.Discard, rest)
	}
	return err
}

// A localHeader is what stands before an entry.
type localHeader struct {
	zipEntry
	name string
	size int64 // as stored
	open bool  // the size follows the entry
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
	if n == 0 && len(b) > 0 {
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
