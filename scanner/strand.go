package scanner

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A strand is some trees in the order in which they were read. Of each only
// what differs from the one before is looked at.
type strand struct {
	skeleton *skeleton
	number   int32
	trees    []idSum
	last     []byte     // the last tree
	starts   []int32    // where its entries begin, and where the last one ends
	open     []openEdge // those of its entries that are directories or hits
	closed   []edge

	fresh []openEdge // of what is new in a tree; reused
	where []int32    // the same for starts
}

// An openEdge is an entry that the trees of a strand hold from some on.
type openEdge struct {
	sum   uint64 // of its name and id
	child idSum
	name  int32
	from  int32
	at    int32 // where it begins in the last tree
}

// add makes a tree the strand's last. What is broken in a tree ends it.
func (t *strand) add(tree idSum, data []byte) {
	at := int32(len(t.trees))
	t.trees = append(t.trees, tree)
	if len(t.starts) == 0 || !t.splice(data, at) {
		t.close(t.open, at)
		t.open, t.starts, t.last = t.open[:0], append(t.starts[:0], 0), t.last[:0]
		t.splice(data, at)
	}
	t.last = append(t.last[:0], data[:t.starts[len(t.starts)-1]]...)
}

// splice takes apart what of a tree is not as in the last one. It returns false
// if their entries cannot be lined up, which an empty last tree rules out.
func (t *strand) splice(data []byte, at int32) bool {
	first, _ := slices.BinarySearch(t.starts, int32(commonPrefix(t.last, data))+1)
	first-- // the entry in which they begin to differ, as they may in its middle
	from := t.starts[first]
	tail := commonSuffix(t.last[from:], data[from:])
	next, _ := slices.BinarySearch(t.starts, int32(len(t.last)-tail))
	end := t.starts[next] + int32(len(data)-len(t.last))
	parsed := t.parse(data, first, from, end, at)
	if parsed != end && (parsed > end || int(end) < len(data)) {
		return false
	}
	shift := parsed - t.starts[next]
	t.replace(data, from, t.starts[next], shift, at)
	for i := next; i < len(t.starts); i++ {
		t.starts[i] += shift
	}
	t.starts = slices.Replace(t.starts, first, next, t.where...)
	return true
}

// parse reads the entries that begin in data[from:end] into t.fresh and
// t.where; it returns where the last of them ends. The last tree's entry of
// that number begins at from too.
func (t *strand) parse(data []byte, number int, from, end, at int32) int32 {
	t.fresh, t.where = t.fresh[:0], t.where[:0]
	pos, abreast := from, true
	for pos < end {
		e, size := firstEntry(data[pos:], t.skeleton.hashSize)
		if size == 0 {
			break
		}
		t.where = append(t.where, pos)
		if kind := e.kind(); kind == dirEntry || kind == fileEntry && t.skeleton.hits.has(e.child) {
			both := data[int(pos)+len(e.mode)+1 : int(pos)+size]
			t.fresh = append(t.fresh, openEdge{sum: maphash.Bytes(t.skeleton.seed, both), from: at, at: pos})
		}
		pos += int32(size)
		if number++; abreast && pos < end && number < len(t.starts) && t.starts[number] == pos {
			number, pos = t.skip(data[pos:end], number, pos)
		} else {
			abreast = false
		}
	}
	return pos
}

// skip goes over the entries that are as in the last tree, at the same place:
// most commits change an id here and one there.
func (t *strand) skip(rest []byte, number int, pos int32) (int, int32) {
	alike := pos + int32(commonPrefix(t.last[pos:], rest))
	to, _ := slices.BinarySearch(t.starts, alike+1)
	to--
	end := t.starts[to]
	t.where = append(t.where, t.starts[number:to]...)
	low, _ := slices.BinarySearchFunc(t.open, pos, byPlace)
	high, _ := slices.BinarySearchFunc(t.open, end, byPlace)
	t.fresh = append(t.fresh, t.open[low:high]...)
	return to, end
}

func byPlace(e openEdge, at int32) int { return int(e.at) - int(at) }

// maxSought bounds how far an entry is looked for among the old ones of its
// place; one that is not found is only kept once more.
const maxSought = 64

// replace closes the edges of the last tree's bytes [from, end) that are not
// among the fresh, and opens those that are new; what lies behind them moves by
// shift.
func (t *strand) replace(data []byte, from, end, shift, at int32) {
	low, _ := slices.BinarySearchFunc(t.open, from, byPlace)
	high, _ := slices.BinarySearchFunc(t.open, end, byPlace)
	old := t.open[low:high]
	for i := range t.fresh {
		e := &t.fresh[i]
		same := slices.IndexFunc(old[:min(len(old), maxSought)], func(o openEdge) bool { return o.sum == e.sum })
		if same < 0 {
			t.describe(e, data)
			continue
		}
		t.close(old[:same], at)
		e.child, e.name, e.from = old[same].child, old[same].name, old[same].from
		old = old[same+1:]
	}
	t.close(old, at)
	for i := high; i < len(t.open); i++ {
		t.open[i].at += shift
	}
	t.open = slices.Replace(t.open, low, high, t.fresh...)
}

// describe tells what a new edge leads to.
func (t *strand) describe(e *openEdge, data []byte) {
	raw, _ := firstEntry(data[e.at:], t.skeleton.hashSize)
	e.child, e.name = t.skeleton.sum(raw.child), t.skeleton.intern(raw.name)
}

func (t *strand) close(gone []openEdge, at int32) {
	for _, e := range gone {
		t.closed = append(t.closed, edge{e.child, e.name, t.number, e.from, at})
	}
}

// commonPrefix is how many bytes a and b have alike at their beginnings.
func commonPrefix(a, b []byte) int {
	const step = 512 // bytes.Equal takes many at a time
	n, most := 0, min(len(a), len(b))
	for n+step <= most && bytes.Equal(a[n:n+step], b[n:n+step]) {
		n += step
	}
	for n+8 <= most {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
		n += 8
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// commonSuffix is how many bytes a and b have alike at their ends.
func commonSuffix(a, b []byte) int {
	const step = 512
	n, most := 0, min(len(a), len(b))
	for n+step <= most && bytes.Equal(a[len(a)-n-step:len(a)-n], b[len(b)-n-step:len(b)-n]) {
		n += step
	}
	for n+8 <= most {
		x := binary.LittleEndian.Uint64(a[len(a)-n-8:]) ^ binary.LittleEndian.Uint64(b[len(b)-n-8:])
		if x != 0 {
			return n + bits.LeadingZeros64(x)/8
		}
		n += 8
	}
	for n < most && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// An idSet finds object ids among many that are not in it.
type idSet struct {
	first [1 << 16 / 64]uint64 // bit set: some id begins with these two bytes
	ids   map[gitpack.ID]bool
}

func newIDSet(ids []gitpack.ID) *idSet {
	s := &idSet{ids: make(map[gitpack.ID]bool, len(ids))}
	for _, id := range ids {
		s.ids[id] = true
		lead := binary.LittleEndian.Uint16(id.Bytes())
		s.first[lead/64] |= 1 << (lead % 64)
	}
	return s
}

func (s *idSet) has(raw []byte) bool {
	lead := binary.LittleEndian.Uint16(raw)
	return s.first[lead/64]&(1<<(lead%64)) != 0 && s.ids[gitpack.NewID(raw)]
}
