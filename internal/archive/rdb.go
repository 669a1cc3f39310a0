package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Redis packs what it keeps by LZF, value by value, in its files (dump.rdb) and in the heads of
// its append-only ones: a mark, the packed and the unpacked length, and the bytes. LZF writes
// what it does not find again in pieces of at most 32 bytes, which cuts a key. Values are not
// told by the format, which has a new kind for each version, but looked for: what is packed
// must unpack to just its length (rdb.h and lzf_d.c in the sources of Redis).

const (
	rdbMagic  = "REDIS0"
	rdbPacked = 0xc3

	// Packed bytes unpack to at most so many each: three stand for 264.
	lzfRatio = 88
	// What would unpack to more is not: Redis itself takes values of 512 MiB.
	lzfMost = 16 << 20
)

var errLZF = fmt.Errorf("has a value of more than %d MiB, packed by LZF, which was not read", lzfMost>>20)

func isRDB(head []byte) bool { return hasMagic(head, rdbMagic) && len(head) > len(rdbMagic)+3 }

// packedValues searches the packed values of a Redis database.
func (w *walk) packedValues(p place, data []byte) error {
	var text []byte
	work := freeWork + blobWork*int64(len(data))
	for at := len(rdbMagic); work > 0 && w.meter.over == nil && !w.stop(); {
		next := bytes.IndexByte(data[at:], rdbPacked)
		if next < 0 {
			return nil
		}
		at += next + 1
		packed, size, length := lzfValue(data[at:])
		if length == 0 {
			continue
		}
		if size > lzfMost {
			w.fail(p.at(fmt.Sprintf("value at %d", at-1)), errLZF)
			continue
		}
		var ok bool
		text, ok = unpackLZF(text[:0], packed, size)
		if work -= int64(len(text)) + minBlobWork/16; !ok {
			continue
		}
		if w.spend(len(text), weigh(text)) != nil || !w.entry() {
			return nil
		}
		w.content(p.at(fmt.Sprintf("value at %d", at-1)), bytes.NewReader(text))
		at += length
	}
	if work <= 0 {
		return errBlobs
	}
	return nil
}

// lzfValue is a packed value at the beginning of b, what it says it unpacks to, and how much
// of b it takes; 0 if there can be none.
func lzfValue(b []byte) (packed []byte, size, length int) {
	n, used := rdbLength(b)
	size, more := rdbLength(b[used:])
	if begin := used + more; used > 0 && more > 0 && 0 < n && n < size && size <= lzfRatio*n && n <= len(b)-begin {
		return b[begin : begin+n], size, begin + n
	}
	return nil, 0, 0
}

// rdbLength reads a length of one, two or five bytes, and how many it has; 0 if it is none.
func rdbLength(b []byte) (n, used int) {
	switch {
	case len(b) > 0 && b[0]>>6 == 0:
		return int(b[0]), 1
	case len(b) > 1 && b[0]>>6 == 1:
		return int(binary.BigEndian.Uint16(b) & 0x3fff), 2
	case len(b) > 4 && b[0] == 0x80:
		return int(binary.BigEndian.Uint32(b[1:]) & (1<<31 - 1)), 5
	}
	return 0, 0
}

// unpackLZF unpacks to size bytes behind those of out; ok is false if that is not what is there.
func unpackLZF(out, packed []byte, size int) (text []byte, ok bool) {
	for len(packed) > 0 {
		lead := int(packed[0])
		packed = packed[1:]
		if lead < 1<<5 { // so many, and one
			if lead >= len(packed) || len(out)+lead >= size {
				return out, false
			}
			out, packed = append(out, packed[:lead+1]...), packed[lead+1:]
			continue
		}
		count, back := lead>>5+2, lead&0x1f<<8+1
		if lead>>5 == 7 && len(packed) > 0 {
			count, packed = count+int(packed[0]), packed[1:]
		}
		if len(packed) == 0 {
			return out, false
		}
		back, packed = back+int(packed[0]), packed[1:]
		if back > len(out) || len(out)+count > size {
			return out, false
		}
		for range count {
			out = append(out, out[len(out)-back])
		}
	}
	return out, len(out) == size
}
