package gitpack

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
)

// Whoever wants a few objects of a pack of millions, as a hook does before every
// commit, must not wait for the tables of all its entries. Without them nothing
// tells where an entry ends or what its checksum is, so an object that is read
// without them is compared with its id; what differs, or is in any way unusual,
// is for the tables.

// maxQuick bounds the deltas in a chain that is read without the tables.
const maxQuick = 512

// hasTables reports whether the tables by entry are there, or being made.
func (p *pack) hasTables() bool { return p.index.stretches.Load() != nil }

// quick builds the object with a number in p's index; ok is false if it takes
// the tables to read it, or to say what is wrong.
func (r *reader) quick(p *pack, number int) (kind Kind, data []byte, ok bool) {
	raw, kind, ok := r.quickChain(p, p.index.offset(number))
	for i := len(raw) - 1; ok && i >= 0; i-- {
		if i == len(raw)-1 {
			data, ok = r.quickInflate(make([]byte, raw[i].size), raw[i])
			continue
		}
		r.delta = scratch(r.delta, int(raw[i].size))
		var delta []byte
		if delta, ok = r.quickInflate(r.delta, raw[i]); ok {
			data, ok = r.quickDelta(data, delta)
		}
	}
	return kind, data, ok && bytes.Equal(sumOf(kind, data, p.index.hashSize), p.index.raw(number))
}

// A rawEntry is an entry's compressed bytes, with all that comes behind them.
type rawEntry struct {
	stream []byte
	size   uint64
}

// quickChain lists the entry at an offset and those that it builds on.
func (r *reader) quickChain(p *pack, offset uint64) (chain []rawEntry, kind Kind, ok bool) {
	end := uint64(len(p.data.bytes) - p.index.hashSize)
	for offset >= packHeaderSize && offset < end && len(chain) < maxQuick {
		raw := p.data.bytes[offset:end]
		h, err := parseHeader(raw, offset, p.index.hashSize)
		if err != nil || h.size > uint64(r.store.limits.stream) {
			return nil, 0, false
		}
		chain = append(chain, rawEntry{raw[h.length:], h.size})
		switch h.kind {
		case ofsDelta:
			offset = h.baseOffset
		case refDelta:
			n, ok := p.index.find(NewID(h.base))
			if !ok {
				return nil, 0, false
			}
			offset = p.index.offset(n)
		default:
			return chain, h.kind, true
		}
	}
	return nil, 0, false
}

func (r *reader) quickInflate(dst []byte, e rawEntry) ([]byte, bool) {
	_, err := r.loose.inflater.inflate(dst, e.stream)
	return dst, err == nil
}

func (r *reader) quickDelta(base, delta []byte) ([]byte, bool) {
	ops, result, err := openDelta(delta, base, r.store.limits.stream)
	if err != nil {
		return nil, false
	}
	data := make([]byte, result)
	return data, applyDelta(data, base, ops) == nil
}

// sumOf is the hash that is an object's id.
func sumOf(kind Kind, data []byte, hashSize int) []byte {
	var h hash.Hash = sha1.New()
	if hashSize == sha256.Size {
		h = sha256.New()
	}
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	return h.Sum(nil)
}
