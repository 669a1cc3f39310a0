package gitpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// An index is a pack's .idx file, version 1 or 2. Objects are numbered in the
// order of their ids.
type index struct {
	hashSize int
	count    int
	fanout   []byte // 256 big-endian counts
	v1       bool
	names    []byte // version 1: entries of 4-byte offset and id; version 2: ids
	crcs     []byte // version 2 only
	offsets  []byte // version 2: 4 bytes each
	large    []byte // version 2: 8-byte offsets
	packSum  []byte // the checksum that the pack ends with
	sum      []byte // the file's own
	file     []byte // all of it

	checking sync.Once
	damaged  bool // the file's own checksum is wrong; see isDamaged

	ids atomic.Pointer[idTable] // nil until divide made it
}

// An idTable is a finer fan-out table than the file's own, for stretches of about
// four ids, and what tells these from one another, in little memory: to find an id
// by the file alone takes three times as long, because that looks at more places
// than the processor has at hand.
type idTable struct {
	bits   int               // so many of an id's first ones tell its stretch
	starts []uint32          // by stretch, its first id's number, and the end of the last
	marks  [][manyIDs]uint32 // by stretch, of its first ids; 0 where there are no more
}

// manyIDs is more ids than most stretches have, and their marks fill half a line of
// the processor's cache.
const manyIDs = 8

// markOf is the second word of an id: the first one tells the stretch.
func markOf(raw []byte) uint32 { return binary.BigEndian.Uint32(raw[4:]) }

// stretch gives the range of numbers that an id is in if it is there.
func (t *idTable) stretch(raw []byte) (low, high int) {
	at := t.at(raw)
	return int(t.starts[at]), int(t.starts[at+1])
}

// at is the number of an id's stretch.
func (t *idTable) at(raw []byte) int { return int(binary.BigEndian.Uint32(raw) >> (32 - t.bits)) }

var indexMagic = []byte{0xff, 't', 'O', 'c'}

// parseIndex checks an .idx file's shape, so that no later read is out of
// bounds.
func parseIndex(data []byte, hashSize int) (*index, error) {
	x := &index{hashSize: hashSize, file: data}
	rest := data
	if x.v1 = !bytes.HasPrefix(data, indexMagic); !x.v1 {
		if len(data) < 8 {
			return nil, errors.New("pack index is cut off in its header")
		}
		if version := binary.BigEndian.Uint32(data[4:]); version != 2 {
			return nil, fmt.Errorf("pack index has version %d; versions 1 and 2 are known", version)
		}
		rest = data[8:]
	}
	if len(rest) < 256*4+2*hashSize {
		return nil, errors.New("pack index is cut off in its fan-out table")
	}
	x.fanout, rest = rest[:256*4], rest[256*4:]
	if err := x.checkFanout(); err != nil {
		return nil, err
	}
	x.sum = rest[len(rest)-hashSize:]
	x.packSum = rest[len(rest)-2*hashSize : len(rest)-hashSize]
	return x, x.slice(rest[:len(rest)-2*hashSize])
}

// isDamaged reports whether the file's own checksum is wrong. That takes as long
// as reading the file: too long for whoever wants one object, which tells by
// itself whether it is the right one.
func (x *index) isDamaged() bool {
	x.checking.Do(func() {
		x.damaged = true // if it cannot be read
		_ = guard(func() error {
			x.damaged = !endsWithSum(x.file, x.hashSize)
			return nil
		})
	})
	return x.damaged
}

// endsWithSum reports whether data ends with the hash of all before.
func endsWithSum(data []byte, hashSize int) bool {
	body := data[:len(data)-hashSize]
	h := newHash(hashSize)
	_, _ = h.Write(body)
	return bytes.Equal(h.Sum(nil), data[len(body):])
}

func (x *index) checkFanout() error {
	last := 0
	for i := range 256 {
		n := x.fan(i)
		if n < last {
			return fmt.Errorf("pack index has a fan-out table that decreases at %d", i)
		}
		last = n
	}
	if last > math.MaxInt32 {
		return fmt.Errorf("pack index claims %d objects; up to %d are read", last, math.MaxInt32)
	}
	x.count = last
	return nil
}

func (x *index) fan(i int) int { return int(binary.BigEndian.Uint32(x.fanout[4*i:])) }

// span is the range of the objects whose ids begin with first.
func (x *index) span(first byte) (low, high int) {
	if first > 0 {
		low = x.fan(int(first) - 1)
	}
	return low, x.fan(int(first))
}

// slice cuts the tables behind the fan-out.
func (x *index) slice(tables []byte) error {
	per := x.hashSize + 4
	if !x.v1 {
		per += 4
	}
	if len(tables)/per < x.count {
		return fmt.Errorf("pack index is too short for the %d objects it claims", x.count)
	}
	if x.v1 {
		x.names = tables[:x.count*per]
		if len(tables) != x.count*per {
			return errors.New("pack index has bytes behind its table")
		}
		return nil
	}
	n := x.count
	x.names, tables = tables[:n*x.hashSize], tables[n*x.hashSize:]
	x.crcs, tables = tables[:n*4], tables[n*4:]
	x.offsets, x.large = tables[:n*4], tables[n*4:]
	if len(x.large)%8 != 0 {
		return errors.New("pack index has a broken table of 64-bit offsets")
	}
	return nil
}

// raw is the n-th object's id as bytes.
func (x *index) raw(n int) []byte {
	if x.v1 {
		start := n*(x.hashSize+4) + 4
		return x.names[start : start+x.hashSize]
	}
	return x.names[n*x.hashSize : (n+1)*x.hashSize]
}

func (x *index) id(n int) ID { return NewID(x.raw(n)) }

// offset is where the n-th object starts in the pack. It may lie anywhere, and
// does if a 64-bit offset is named that is not in the table.
func (x *index) offset(n int) uint64 {
	if x.v1 {
		return uint64(binary.BigEndian.Uint32(x.names[n*(x.hashSize+4):]))
	}
	small := binary.BigEndian.Uint32(x.offsets[4*n:])
	if small&(1<<31) == 0 {
		return uint64(small)
	}
	i := int(small &^ (1 << 31))
	if i >= len(x.large)/8 {
		return math.MaxUint64
	}
	return binary.BigEndian.Uint64(x.large[8*i:])
}

// crc is the CRC-32 of the n-th object's bytes in the pack; version 1 has none.
func (x *index) crc(n int) (sum uint32, ok bool) {
	if x.v1 {
		return 0, false
	}
	return binary.BigEndian.Uint32(x.crcs[4*n:]), true
}

// find looks an id up; n is the first place of an object that several places
// have.
func (x *index) find(id ID) (n int, ok bool) {
	if id.Size() != x.hashSize {
		return 0, false
	}
	want := id.raw[:x.hashSize]
	low, high := x.near(want)
	for low < high {
		if mid := int(uint(low+high) >> 1); x.before(mid, want) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < x.count && bytes.Equal(x.raw(low), want)
}

// near gives the range that want is in if it is there.
func (x *index) near(want []byte) (low, high int) {
	if t := x.ids.Load(); t != nil {
		return t.stretch(want)
	}
	return x.span(want[0])
}

// seems reports whether an id is there, by about fifty of its bits: one in some
// hundred millions that are not there seems to be. It looks at one place in
// memory, and waiting for memory is most of what find takes. Of an id that is
// there it may still not know.
func (x *index) seems(id ID) bool {
	t := x.ids.Load()
	if t == nil || id.Size() != x.hashSize {
		return false
	}
	raw := id.raw[:x.hashSize]
	return slices.Contains(t.marks[t.at(raw)][:], markOf(raw))
}

// divide makes the table of ids.
func (x *index) divide() {
	t := &idTable{bits: max(8, bits.Len(uint(x.count)/4))}
	t.starts, t.marks = make([]uint32, 1<<t.bits+1), make([][manyIDs]uint32, 1<<t.bits)
	for n := range x.count {
		t.starts[t.at(x.raw(n))+1]++
	}
	for i := 1; i < len(t.starts); i++ {
		t.starts[i] += t.starts[i-1]
	}
	for n := range x.count {
		raw := x.raw(n)
		at := t.at(raw)
		if i := n - int(t.starts[at]); i >= 0 && i < manyIDs { // but for an index that is out of order
			t.marks[at][i] = markOf(raw)
		}
	}
	x.ids.Store(t)
}

// before reports whether the n-th id is before want.
func (x *index) before(n int, want []byte) bool {
	id := x.raw(n)
	if a, b := binary.BigEndian.Uint64(id), binary.BigEndian.Uint64(want); a != b {
		return a < b
	}
	return bytes.Compare(id, want) < 0
}
