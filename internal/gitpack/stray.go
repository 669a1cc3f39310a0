package gitpack

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/zlib"
)

// A Stray says how to read a pack that has no index: one that lies about as a
// file, or in a bundle.
type Stray struct {
	Data     []byte // from its first byte on, less than 4 GiB
	HashSize int    // 20 or 32; 0: what the checksum at its end says

	// Larger objects than Limit are not held, so that what is a delta of one
	// cannot be built; and all that are held at a time have at most Held bytes.
	Limit, Held int64

	// Entry is asked before each entry whether to go on, and Spend before bytes
	// are unpacked or built; nil: always.
	Entry func() bool
	Spend func(bytes int64) bool

	// Show gets each object, in no order. Of one that cannot be built it gets the
	// delta, which has what it adds.
	Show func(StrayObject)
}

// A StrayObject is an object of such a pack.
type StrayObject struct {
	ID      ID     // zero: it is a delta
	Offset  uint64 // of its entry
	Content io.Reader
}

// IsStray reports whether a file that begins with head is a pack of a known
// version (gitformat-pack(5)).
func IsStray(head []byte) bool {
	if len(head) < packHeaderSize || string(head[:4]) != "PACK" {
		return false
	}
	version := binary.BigEndian.Uint32(head[4:])
	return version == 2 || version == 3
}

// StrayCount is how many objects the header of a pack says it has.
func StrayCount(data []byte) int { return int(binary.BigEndian.Uint32(data[8:])) }

// A strayEntry is an entry with what builds on it.
type strayEntry struct {
	offset, body, end uint32
	size              uint64
	kind              Kind
	seen              bool
	// Deltas by offset: the first of this one, and the next of this one's base;
	// negative if there is none.
	delta, sibling int32
}

type strayReader struct {
	Stray
	z inflater
	// streamed unpacks what is not held.
	streamed io.ReadCloser
	packed   []byte
	entries  []strayEntry
	waiting  map[ID][]int32 // deltas by their base's id
	buffers  buffers
	scratch  []byte
	held     int64
	stack    []strayFrame
	over     bool // Entry or Spend said so
	why      error
}

// A strayFrame is an object on the way down, some deltas of which are to come.
type strayFrame struct {
	content []byte
	kind    Kind
	delta   int32 // the next by offset
	named   []int32
}

var (
	errStrayHeader = errors.New("has a broken header")
	errStrayLarge  = errors.New("is a git pack of 4 GiB or more, which is not read")
	errHeld        = errors.New("needs more objects in memory than are allowed")
)

// ErrStrayCut is what a pack is that ends before its last object or its checksum.
var ErrStrayCut = errors.New("git pack is cut off")

// A strayCut says how much there is of such a pack.
type strayCut string

func (c strayCut) Error() string        { return string(c) }
func (c strayCut) Is(target error) bool { return target == ErrStrayCut }

// Read shows the objects of the pack. The errors say what of it could not be read; one
// that is ErrStrayCut comes last.
func (s Stray) Read() []error {
	if !IsStray(s.Data) {
		return []error{errStrayHeader}
	}
	if uint64(len(s.Data)) > math.MaxUint32 {
		return []error{errStrayLarge}
	}
	r := &strayReader{Stray: s, waiting: map[ID][]int32{}}
	if r.Entry == nil {
		r.Entry = func() bool { return true }
	}
	if r.Spend == nil {
		r.Spend = func(int64) bool { return true }
	}
	r.packed = s.Data
	if size := trailerSize(s.Data); size > 0 {
		r.packed = s.Data[:len(s.Data)-size]
		if r.HashSize == 0 {
			r.HashSize = size
		}
	}
	if r.HashSize == 0 {
		r.HashSize = sha1.Size
	}
	var errs []error
	scanned := r.scan()
	if scanned != nil {
		errs = append(errs, scanned)
	}
	for e := 0; e < len(r.entries) && !r.over; e++ {
		if r.entries[e].kind <= Tag {
			r.tree(int32(e))
		}
	}
	if err := r.rest(); err != nil {
		errs = append(errs, err)
	}
	if err := r.end(); err != nil && scanned == nil {
		errs = append(errs, err)
	}
	return errs
}

// end says whether the pack has all that its header tells.
func (r *strayReader) end() error {
	count := StrayCount(r.packed)
	last := uint32(packHeaderSize)
	if n := len(r.entries); n > 0 {
		last = r.entries[n-1].end
	}
	behind := len(r.packed) - int(last)
	switch {
	case r.over:
	case len(r.entries) < count:
		return strayCut(fmt.Sprintf("%d of its %d objects are there", len(r.entries), count))
	case len(r.packed) < len(r.Data): // its checksum is right
	case behind < r.HashSize:
		return strayCut("its checksum is missing")
	default:
		return errors.New("is damaged: its checksum is wrong")
	}
	return nil
}

// trailerSize tells by the checksum at a pack's end how long ids are; 0 if it is
// none.
func trailerSize(data []byte) int {
	for _, size := range []int{sha1.Size, sha256.Size} {
		if len(data) >= packHeaderSize+size && endsWithSum(data, size) {
			return size
		}
	}
	return 0
}

// scan finds the entries, one behind the other, by unpacking each. It goes on
// behind the last that the header counts if there is more than a wrong checksum. That
// there are less is for end to say.
func (r *strayReader) scan() error {
	count := binary.BigEndian.Uint32(r.packed[8:])
	for at := packHeaderSize; at < len(r.packed); {
		if uint32(len(r.entries)) >= count && len(r.packed)-at <= sha256.Size {
			return nil
		}
		if r.over = r.over || !r.Entry(); r.over {
			return nil
		}
		raw := r.packed[at:]
		h, err := parseHeader(raw, uint64(at), r.HashSize)
		if err != nil {
			if errors.Is(err, errHeader) && len(raw) < 64 {
				return nil // it is cut off
			}
			return fmt.Errorf("the entry at offset %d %w: what follows was not read", at, err)
		}
		e := strayEntry{offset: uint32(at), body: uint32(at + h.length), size: h.size, kind: h.kind, delta: -1, sibling: -1}
		n, err := r.measure(raw[h.length:], h.size)
		switch {
		case r.over:
			return nil
		case errors.Is(err, errTruncated):
			r.showCut(raw[h.length:], StrayObject{Offset: uint64(at)})
			return nil
		case err != nil:
			return fmt.Errorf("the entry at offset %d is corrupt: %w: what follows was not read", at, err)
		}
		at += h.length + n
		e.end = uint32(at)
		r.add(e, h)
	}
	return nil
}

// add enters an entry with its base, which an offset puts before it.
func (r *strayReader) add(e strayEntry, h header) {
	number := int32(len(r.entries))
	switch h.kind {
	case ofsDelta:
		base, ok := slices.BinarySearchFunc(r.entries, h.baseOffset, func(e strayEntry, offset uint64) int {
			return int(int64(e.offset) - int64(offset))
		})
		if ok {
			e.sibling, r.entries[base].delta = r.entries[base].delta, number
		}
	case refDelta:
		id := NewID(h.base)
		r.waiting[id] = append(r.waiting[id], number)
	}
	r.entries = append(r.entries, e)
}

// measure tells how many bytes of src a stream takes that unpacks to size bytes.
func (r *strayReader) measure(src []byte, size uint64) (int, error) {
	if size > uint64(len(src))*deflateRatio {
		return 0, errTruncated
	}
	if r.over = !r.Spend(int64(size)); r.over {
		return 0, nil
	}
	if size <= uint64(r.Limit) {
		r.scratch = scratch(r.scratch, int(size))
		return r.z.inflate(r.scratch, src)
	}
	from := bytes.NewReader(src)
	z, err := r.stream(from)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z, int64(size)+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errTruncated
	case err == nil && uint64(n) != size:
		err = errShort
	}
	return len(src) - from.Len(), err
}

// tree shows an object that is no delta, and all that build on it.
func (r *strayReader) tree(root int32) {
	e := &r.entries[root]
	e.seen = true
	if e.size > uint64(r.Limit) {
		r.large(e)
		return
	}
	content := r.buffers.get(int(e.size))
	if _, err := r.z.inflate(content, r.packed[e.body:e.end]); err != nil {
		return // scan did the same
	}
	r.show(e, e.kind, content)
	for len(r.stack) > 0 && !r.over {
		r.next()
	}
	r.stack, r.held = r.stack[:0], 0
}

// next builds one delta of the object at hand. The last of an object's deltas takes
// its place, so that a chain of them holds one.
func (r *strayReader) next() {
	top := &r.stack[len(r.stack)-1]
	number := top.delta
	if number >= 0 {
		top.delta = r.entries[number].sibling
	} else {
		number, top.named = top.named[0], top.named[1:]
	}
	base, kind := top.content, top.kind
	last := top.delta < 0 && len(top.named) == 0
	if last {
		r.stack = r.stack[:len(r.stack)-1]
		r.held -= int64(len(base))
	}
	if e := &r.entries[number]; !e.seen {
		if content, err := r.build(e, base); err == nil {
			e.seen = true
			r.show(e, kind, content)
		} else if r.why == nil {
			r.why = fmt.Errorf("the one at offset %d %w", e.offset, err)
		}
	}
	if last {
		r.buffers.put(base)
	}
}

func (r *strayReader) build(e *strayEntry, base []byte) ([]byte, error) {
	if e.size > uint64(r.Limit) {
		return nil, errTooLarge
	}
	r.scratch = scratch(r.scratch, int(e.size))
	if _, err := r.z.inflate(r.scratch, r.packed[e.body:e.end]); err != nil {
		return nil, err
	}
	ops, size, err := openDelta(r.scratch, base, r.Limit)
	if err != nil {
		return nil, err
	}
	if r.over = !r.Spend(int64(size)); r.over {
		return nil, errHeld
	}
	content := r.buffers.get(int(size))
	return content, applyDelta(content, base, ops)
}

// show shows an object that is built, and holds it if others build on it.
func (r *strayReader) show(e *strayEntry, kind Kind, content []byte) {
	id := hashObject(kind, content, r.HashSize)
	r.Show(StrayObject{id, uint64(e.offset), bytes.NewReader(content)})
	named := r.waiting[id]
	delete(r.waiting, id)
	switch {
	case e.delta < 0 && len(named) == 0:
		r.buffers.put(content)
	case r.held+int64(len(content)) > r.Held:
		r.why = cmp.Or(r.why, fmt.Errorf("one that builds on %s %w", id, errHeld))
	default:
		r.held += int64(len(content))
		r.stack = append(r.stack, strayFrame{content, kind, e.delta, named})
	}
}

// large shows an object that is not held.
func (r *strayReader) large(e *strayEntry) {
	h := newObjectHash(e.kind, e.size, r.HashSize)
	src := r.packed[e.body:e.end]
	if z, err := r.stream(bytes.NewReader(src)); err == nil {
		_, _ = io.Copy(h, z)
	}
	id := NewID(h.Sum(nil))
	r.showStream(src, StrayObject{ID: id, Offset: uint64(e.offset)})
	if e.delta >= 0 || len(r.waiting[id]) > 0 {
		r.why = cmp.Or(r.why, fmt.Errorf("one that builds on %s needs an object that is %w", id, errTooLarge))
	}
}

// showStream shows what a stream unpacks to, as far as it does.
func (r *strayReader) showStream(src []byte, o StrayObject) {
	z, err := r.stream(bytes.NewReader(src))
	if err != nil {
		return
	}
	o.Content = z
	r.Show(o)
}

// showCut is showStream for an entry that does not end: nobody knows of how much of it was
// asked before whether to go on.
func (r *strayReader) showCut(src []byte, o StrayObject) {
	if z, err := r.stream(bytes.NewReader(src)); err == nil {
		o.Content = spendingReader{r, z}
		r.Show(o)
	}
}

// stream unpacks what is not held, in the one decoder for such.
func (r *strayReader) stream(from *bytes.Reader) (z io.Reader, err error) {
	if r.streamed != nil {
		return r.streamed, r.streamed.(zlib.Resetter).Reset(from, nil)
	}
	r.streamed, err = zlib.NewReader(from)
	return r.streamed, err
}

// A spendingReader asks before it gives what was unpacked whether to go on.
type spendingReader struct {
	*strayReader
	from io.Reader
}

func (r spendingReader) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if r.over = r.over || !r.Spend(int64(n)); r.over {
		return 0, io.EOF
	}
	return n, err
}

// rest shows the deltas that could not be built, and says why.
func (r *strayReader) rest() error {
	lost := 0
	for i := range r.entries {
		e := &r.entries[i]
		if e.seen || r.over {
			continue
		}
		lost++
		r.showStream(r.packed[e.body:e.end], StrayObject{Offset: uint64(e.offset)})
	}
	if lost == 0 || r.over {
		return nil
	}
	return fmt.Errorf("%d of its objects cannot be built, because %w: only what they add to others was searched", lost, cmp.Or(r.why, r.missing()))
}

// missing names a base that is not there.
func (r *strayReader) missing() error {
	var first ID
	for id := range r.waiting {
		if first.IsZero() || id.compare(first) < 0 {
			first = id
		}
	}
	if first.IsZero() {
		return errors.New("what they build on is not in it")
	}
	return fmt.Errorf("what they build on is not in it (%s)", first)
}
