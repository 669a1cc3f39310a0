package gitpack

import (
	"errors"
	"fmt"
)

// deflateRatio is the most that DEFLATE can expand its input; a size beyond it
// is a lie.
const deflateRatio = 1032

// A header is what stands before an entry's compressed bytes.
type header struct {
	kind       Kind
	size       uint64 // inflated: of the object, or of the delta
	length     int    // bytes of the header itself
	baseOffset uint64 // ofsDelta
	base       []byte // refDelta: the base's raw id
}

func (h *header) isDelta() bool { return h.kind == ofsDelta || h.kind == refDelta }

var (
	errNoBytes = errors.New("has no bytes: the pack is cut off, or its index is damaged")
	errHeader  = errors.New("has a broken entry header")
)

// header reads an entry's header.
func (p *pack) header(entry int) (header, error) {
	raw := p.raw(entry)
	h, err := parseHeader(raw, p.entries[entry].offset, p.index.hashSize)
	if err != nil {
		return h, err
	}
	if h.size > uint64(len(raw)-h.length)*deflateRatio {
		return h, fmt.Errorf("claims %d bytes, more than %d compressed ones can hold", h.size, len(raw)-h.length)
	}
	return h, nil
}

// parseHeader reads the header of the entry that starts at offset and whose
// bytes are raw.
func parseHeader(raw []byte, offset uint64, hashSize int) (header, error) {
	if len(raw) == 0 {
		return header{}, errNoBytes
	}
	h := header{kind: Kind(raw[0] >> 4 & 7), size: uint64(raw[0] & 15), length: 1}
	for shift := 4; raw[h.length-1]&0x80 != 0; shift += 7 {
		if h.length >= len(raw) || shift > 53 {
			return h, errHeader
		}
		h.size |= uint64(raw[h.length]&0x7f) << shift
		h.length++
	}
	switch h.kind {
	case Commit, Tree, Blob, Tag:
		return h, nil
	case ofsDelta:
		return h, h.readOffset(raw, offset)
	case refDelta:
		if len(raw)-h.length < hashSize {
			return h, errHeader
		}
		h.base = raw[h.length : h.length+hashSize]
		h.length += hashSize
		return h, nil
	}
	return h, fmt.Errorf("has the unknown entry type %d", h.kind)
}

// readOffset reads how far before the entry its base starts.
func (h *header) readOffset(raw []byte, offset uint64) error {
	var back uint64
	for first := true; ; first = false {
		if h.length >= len(raw) || back > 1<<56 {
			return errHeader
		}
		c := raw[h.length]
		h.length++
		if !first {
			back++
		}
		back = back<<7 | uint64(c&0x7f)
		if c&0x80 == 0 {
			break
		}
	}
	if back == 0 || back > offset {
		return fmt.Errorf("is a delta of a base %d bytes before it, outside the pack", back)
	}
	h.baseOffset = offset - back
	return nil
}

// A base is what an entry's header says of where it builds on: an entry of
// the same pack, or noEntry, with the id of an object elsewhere if it is a
// delta at all.
type base struct {
	entry int32
	id    ID
}

const noEntry = int32(-1)

// base finds what an entry with header h builds on.
func (p *pack) base(h header) (base, error) {
	switch h.kind {
	case ofsDelta:
		e, ok := p.entryAt(h.baseOffset)
		if !ok {
			return base{}, fmt.Errorf("is a delta of offset %d, where no object starts", h.baseOffset)
		}
		return base{entry: int32(e)}, nil
	case refDelta:
		id := NewID(h.base)
		if n, ok := p.index.find(id); ok {
			if e, ok := p.entryOf(n); ok {
				return base{entry: int32(e)}, nil
			}
		}
		return base{entry: noEntry, id: id}, nil
	}
	return base{entry: noEntry}, nil
}
