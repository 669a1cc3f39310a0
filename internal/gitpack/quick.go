package gitpack

// Whoever wants a few objects of a pack of millions, as a hook does before every
// commit, must not wait for the tables of all its entries. Without them nothing
// tells where an entry ends or what its checksum is, so an object that is read
// without them is compared with its id; what differs, or is in any way unusual,
// is for the tables.

// maxQuick bounds the deltas in a chain that is read without the tables.
const maxQuick = 512

// hasTables reports whether the tables by entry are there, or being made.
func (p *pack) hasTables() bool { return p.index.ids.Load() != nil }

// quick builds the object with a number in p's index; ok is false if it takes
// the tables to read it, or to say what is wrong.
func (r *reader) quick(p *pack, number int) (kind Kind, data []byte, ok bool) {
	chain, kind, ok := r.quickChain(p, p.index.offset(number))
	if !ok {
		return 0, nil, false
	}
	last := len(chain) - 1
	data, ok = r.quickInflate(make([]byte, chain[last].size), chain[last])
	for i := last - 1; ok && i >= 0; i-- {
		data, ok = r.quickDelta(data, chain[i])
	}
	return kind, data, ok && hashObject(kind, data, p.index.hashSize) == p.index.id(number)
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

// quickDelta builds what a delta makes of its base.
func (r *reader) quickDelta(base []byte, e rawEntry) ([]byte, bool) {
	r.delta = scratch(r.delta, int(e.size))
	delta, ok := r.quickInflate(r.delta, e)
	if !ok {
		return nil, false
	}
	ops, result, err := openDelta(delta, base, r.store.limits.stream)
	if err != nil {
		return nil, false
	}
	data := make([]byte, result)
	return data, applyDelta(data, base, ops) == nil
}
