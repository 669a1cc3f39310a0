package archive

import "encoding/binary"

// A marshalReader reads lists of names and numbers that Python's marshal wrote
// (Python/marshal.c in its sources). err is why it cannot go on.
type marshalReader struct {
	data   []byte
	refs   []any // what may stand again, by its number
	values int   // how many were read
	err    error
}

// How deep lists may stand in lists, and how many values are read: one takes a byte of a file,
// and many times that in memory.
const (
	marshalDepth  = 8
	marshalValues = 1 << 20
)

// marshalRef marks what may be referred to later.
const marshalRef = 0x80

// value reads one value: an int64, a string, or an []any for a tuple, a list or the pairs of a
// dictionary; nil for what is none of these.
func (r *marshalReader) value(depth int) any {
	kind := r.bytes(1)
	if r.values++; r.err != nil || depth > marshalDepth || r.values > marshalValues {
		r.err = errHeader
		return nil
	}
	number := -1
	if kind[0]&marshalRef != 0 {
		number = len(r.refs)
		r.refs = append(r.refs, nil)
	}
	value := r.plain(kind[0]&^marshalRef, depth)
	if number >= 0 {
		r.refs[number] = value
	}
	return value
}

func (r *marshalReader) plain(kind byte, depth int) any {
	switch kind {
	case 'i':
		return int64(int32(r.number(4)))
	case 's', 't', 'u', 'a', 'A':
		return string(r.bytes(r.number(4)))
	case 'z', 'Z':
		return string(r.bytes(r.number(1)))
	case ')':
		return r.list(r.number(1), depth)
	case '(', '[':
		return r.list(r.number(4), depth)
	case '{':
		return r.pairs(depth)
	case 'r':
		if i := r.number(4); i >= 0 && i < len(r.refs) {
			return r.refs[i]
		}
	case 'N', 'T', 'F', '0':
		return nil
	}
	r.err = errHeader
	return nil
}

func (r *marshalReader) list(count, depth int) []any {
	var values []any
	for range count {
		if r.err != nil {
			break
		}
		values = append(values, r.value(depth+1))
	}
	return values
}

// pairs reads a dictionary, up to the NULL that ends it.
func (r *marshalReader) pairs(depth int) []any {
	var pairs []any
	for r.err == nil && (len(r.data) == 0 || r.data[0] != '0') {
		pairs = append(pairs, r.list(2, depth+1)) // which is a level of its own
	}
	r.bytes(1)
	return pairs
}

// number reads a number that is not negative, the lowest byte first.
func (r *marshalReader) number(size int) int {
	var b [4]byte
	copy(b[:], r.bytes(size))
	return int(binary.LittleEndian.Uint32(b[:]))
}

func (r *marshalReader) bytes(n int) []byte {
	if r.err != nil || n > len(r.data) || n < 0 {
		r.err = errHeader
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}
