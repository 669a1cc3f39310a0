package gitpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	stdzlib "compress/zlib"
)

// The readers of this file are written after the documentation of the formats,
// as simply as can be, and know nothing of the package's own.

var errSimple = errors.New("refused")

// simpleDelta applies a delta instruction by instruction; results of more than
// limit bytes are refused.
func simpleDelta(base, delta []byte, limit int) ([]byte, error) {
	r := bytes.NewReader(delta)
	baseSize, err := binary.ReadUvarint(r)
	if err != nil || baseSize != uint64(len(base)) {
		return nil, errSimple
	}
	size, err := binary.ReadUvarint(r)
	if err != nil || size > uint64(limit) {
		return nil, errSimple
	}
	var result []byte
	for r.Len() > 0 {
		op, _ := r.ReadByte()
		part := make([]byte, op&0x7f)
		if op >= 0x80 {
			var operands [7]byte
			for i := range operands {
				if op>>i&1 == 1 {
					if operands[i], err = r.ReadByte(); err != nil {
						return nil, errSimple
					}
				}
			}
			from := int(binary.LittleEndian.Uint32(operands[:]))
			n := int(operands[4]) | int(operands[5])<<8 | int(operands[6])<<16
			if n == 0 {
				n = 1 << 16
			}
			if from+n > len(base) {
				return nil, errSimple
			}
			part = base[from : from+n]
		} else if _, err := io.ReadFull(r, part); err != nil || len(part) == 0 {
			return nil, errSimple
		}
		if result = append(result, part...); len(result) > int(size) {
			return nil, errSimple
		}
	}
	if len(result) != int(size) {
		return nil, errSimple
	}
	return result, nil
}

// ownDelta is what the package makes of a delta.
func ownDelta(base, delta []byte, limit int) ([]byte, []byte, error) {
	ops, size, err := openDelta(delta, base, int64(limit))
	if err != nil {
		return nil, nil, err
	}
	result := make([]byte, size)
	return result, ops, applyDelta(result, base, ops)
}

// checkRoom applies a delta where there is room behind all that takes part in it, which
// must make no difference, and be left alone where it belongs to others.
func checkRoom(t *testing.T, base, ops, want []byte, wantErr error, reach int) {
	t.Helper()
	const room, guard = 100, 64
	mark := bytes.Repeat([]byte{0xa5}, guard)
	roomy := func(b []byte) []byte { return slices.Grow(slices.Clone(b), room) }
	whole := slices.Concat(mark, make([]byte, len(want)+room), mark)
	got := whole[guard : guard+len(want) : guard+len(want)+room]
	err := applyDelta(got, roomy(base), roomy(ops))
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || err == nil && !bytes.Equal(got, want) {
		t.Fatalf("with room behind: %v, same bytes: %t; without: %v", err, bytes.Equal(got, want), wantErr)
	}
	if !bytes.Equal(whole[:guard], mark) || !bytes.Equal(whole[len(whole)-guard:], mark) {
		t.Fatalf("wrote outside of %d bytes", len(want))
	}
	left, leftErr := condense(nil, base, ops, uint64(len(want)), reach)
	again, againErr := condense(make([]byte, 0, 1000), roomy(base), roomy(ops), uint64(len(want)), reach)
	if (leftErr == nil) != (againErr == nil) || leftErr == nil && !bytes.Equal(left, again) {
		t.Fatalf("with room behind condense leaves %d bytes, %v; without %d bytes, %v", len(again), againErr, len(left), leftErr)
	}
}

// FuzzDelta: a delta builds what the simple reader builds, or both refuse it;
// and each run of bytes that does not lie in one copied run, and is no longer
// than the reach, is among what condense leaves to be searched, and inNews asks about.
func FuzzDelta(f *testing.F) {
	texts := versions(6)
	for i, text := range texts[1:] {
		f.Add([]byte(texts[i]), []byte(makeDelta(texts[i], text)), uint8(8*i))
	}
	f.Add([]byte("abc"), []byte("\x03\x07\x90\x03\x01x\x91\x00\x03"), uint8(1))
	f.Add([]byte(strings.Repeat("a", 70_000)), binary.AppendUvarint(binary.AppendUvarint(nil, 70_000), 1<<40), uint8(3))
	f.Fuzz(func(t *testing.T, base, delta []byte, reach8 uint8) {
		const limit = 1 << 18
		want, wantErr := simpleDelta(base, delta, limit)
		got, ops, err := ownDelta(base, delta, limit)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, error %v; simply read %d bytes, error %v", len(got), err, len(want), wantErr)
		}
		if ops == nil {
			return
		}
		reach := 1 + int(reach8%96)
		checkRoom(t, base, ops, got, err, reach)
		left, condenseErr := condense(nil, base, ops, uint64(len(got)), reach)
		if (condenseErr == nil) != (err == nil) || len(left) > len(got) {
			t.Fatalf("condense leaves %d of %d bytes, error %v; applied: %v", len(left), len(got), condenseErr, err)
		}
		if err != nil {
			return
		}
		var parts [][]byte
		inNews(got, ops, reach, func(part []byte) bool { parts = append(parts, part); return false })
		if !bytes.Equal(bytes.Join(parts, []byte{0}), left) {
			t.Fatal("what is asked about is not what condense leaves")
		}
		if len(got) <= 1<<12 {
			checkCondensed(t, got, left, ops, reach)
		}
	})
}

// checkCondensed looks for every run of reach bytes that touches an insertion
// or a seam.
func checkCondensed(t *testing.T, result, left, ops []byte, reach int) {
	t.Helper()
	copied := make([]int, len(result)) // by byte: the copied run that it lies in
	delta := stretches{ops: ops, delta: true}
	run := 1
	for {
		start, stop, more := delta.next()
		if !more {
			break
		}
		run++
		for i := range result[start:] {
			copied[start+i] = run
			if start+i < stop {
				copied[start+i] = -start - i // no two alike
			}
		}
	}
	for i := 0; i+reach <= len(result); i++ {
		if copied[i] != copied[i+reach-1] && !bytes.Contains(left, result[i:i+reach]) {
			t.Fatalf("the %d bytes at %d are not among what is to be searched", reach, i)
		}
	}
}

// FuzzPackIndex: what is accepted gives back every byte of the file but the
// order in which ids may stand, and what it says of an object is what stands
// there; nothing else is read.
func FuzzPackIndex(f *testing.F) {
	for _, hashSize := range []int{20, 32} {
		b := newPackBuilder(f)
		b.hashSize = hashSize
		for _, text := range versions(5) {
			b.whole(text)
		}
		pack := b.pack()
		f.Add(b.index(pack, false), hashSize == 32)
		f.Add(b.index(pack, true), hashSize == 32)
	}
	f.Add(indexV1(f), false)
	f.Fuzz(func(t *testing.T, data []byte, long bool) {
		hashSize := 20
		if long {
			hashSize = 32
		}
		x, err := parseIndex(data, hashSize)
		if err != nil {
			return
		}
		if again := encodeIndex(x, data[len(data)-hashSize:]); !bytes.Equal(again, data) {
			t.Fatal("the index does not give back its bytes")
		}
		if !x.isDamaged() != endsWithSum(data, hashSize) {
			t.Fatal("the index does not know whether it is damaged")
		}
		checkFinds(t, x)
	})
}

// indexV1 is an index of version 1 with three objects.
func indexV1(t testing.TB) []byte {
	var x []byte
	for first := range 256 {
		x = binary.BigEndian.AppendUint32(x, uint32(min(first, 3)))
	}
	for i := range byte(3) {
		x = binary.BigEndian.AppendUint32(x, 12+uint32(i))
		x = append(x, bytes.Repeat([]byte{i + 1}, 20)...)
	}
	x = append(x, make([]byte, 20)...)
	if _, err := parseIndex(append(x, hashOf(x, 20)...), 20); err != nil {
		t.Fatal(err)
	}
	return append(x, hashOf(x, 20)...)
}

// encodeIndex writes an index down again.
func encodeIndex(x *index, sum []byte) []byte {
	var out []byte
	if !x.v1 {
		out = append(out, "\xfftOc\x00\x00\x00\x02"...)
	}
	for i := range 256 {
		out = binary.BigEndian.AppendUint32(out, uint32(x.fan(i)))
	}
	var crcs, offsets []byte
	for n := range x.count {
		if x.v1 {
			out = binary.BigEndian.AppendUint32(out, uint32(x.offset(n)))
		}
		out = append(out, x.id(n).Bytes()...)
		if crc, ok := x.crc(n); ok {
			crcs = binary.BigEndian.AppendUint32(crcs, crc)
			offsets = append(offsets, x.offsets[4*n:4*n+4]...)
		}
	}
	return slices.Concat(out, crcs, offsets, x.large, x.packSum, sum)
}

// checkFinds looks objects up, by their ids and by what these begin with.
func checkFinds(t *testing.T, x *index) {
	t.Helper()
	sorted := true
	for n := range x.count {
		low, high := x.span(x.raw(n)[0])
		sorted = sorted && low <= n && n < high && (n == 0 || bytes.Compare(x.raw(n-1), x.raw(n)) < 0)
	}
	for n := range x.count {
		at, ok := x.find(x.id(n))
		if sorted && (!ok || at != n) {
			t.Fatalf("object %d of an index in order is found at %d: %t", n, at, ok)
		}
		prefix := x.id(n).String()[:5]
		if ids := x.appendPrefix(nil, prefix); sorted && !slices.Contains(ids, x.id(n)) {
			t.Fatalf("object %d is not among those that begin with %s", n, prefix)
		}
	}
}

// simplePack builds the objects of a pack one by one.
type simplePack struct {
	*pack
	limit int
}

// object builds the object of entry e; depth counts the deltas on the way.
func (p simplePack) object(e, depth int) (Kind, []byte, error) {
	raw := p.raw(e)
	if len(raw) == 0 || depth > p.count() {
		return 0, nil, errSimple
	}
	kind, size := Kind(raw[0]>>4&7), uint64(raw[0]&15)
	at := 1
	for shift := 4; raw[at-1] >= 0x80; shift += 7 {
		if at == len(raw) || shift > 53 {
			return 0, nil, errSimple
		}
		size |= uint64(raw[at]&0x7f) << shift
		at++
	}
	base := -1
	switch kind {
	case Commit, Tree, Blob, Tag:
	case ofsDelta:
		back := uint64(0)
		for first := true; first || raw[at-1] >= 0x80; first = false {
			if at == len(raw) || back > 1<<56 {
				return 0, nil, errSimple
			}
			if !first {
				back++
			}
			back = back<<7 | uint64(raw[at]&0x7f)
			at++
		}
		base = slices.IndexFunc(p.entries[:p.count()], func(b packEntry) bool { return b.offset == p.entries[e].offset-back })
	case refDelta:
		if len(raw) < at+p.index.hashSize {
			return 0, nil, errSimple
		}
		id := NewID(raw[at : at+p.index.hashSize])
		at += p.index.hashSize
		base = slices.IndexFunc(p.entries[:p.count()], func(b packEntry) bool { return p.index.id(int(b.number)) == id })
	default:
		return 0, nil, errSimple
	}
	plain, err := p.inflate(raw[at:], size)
	if err != nil || kind <= Tag {
		return kind, plain, err
	}
	if base < 0 {
		return 0, nil, errSimple
	}
	kind, data, err := p.object(base, depth+1)
	if err != nil {
		return 0, nil, err
	}
	data, err = simpleDelta(data, plain, p.limit)
	return kind, data, err
}

// inflate reads a stream; its checksum is the index's affair.
func (p simplePack) inflate(stream []byte, size uint64) ([]byte, error) {
	if size > uint64(p.limit) {
		return nil, errSimple
	}
	std := readStd(stream)
	if std.err != nil || uint64(len(std.plain)) != size || len(stream) < std.end+4 {
		return nil, errSimple
	}
	return std.plain, nil
}

// fuzzPack is a pack in memory, whose index knows the checksums of its entries
// as they are: damage in one is for the reader of the entry to find.
func fuzzPack(data, idx []byte) *pack {
	x, err := parseIndex(idx, 20)
	if err != nil || x.v1 {
		return nil
	}
	p := &pack{path: "fuzz.pack", data: &mapping{bytes: data}, index: x}
	if p.check() != nil {
		return nil
	}
	if p.sortEntries(2) != nil {
		return nil
	}
	x.crcs = bytes.Clone(x.crcs)
	for e, entry := range p.entries[:p.count()] {
		p.entries[e].crc = crc32.ChecksumIEEE(p.raw(e))
		binary.BigEndian.PutUint32(x.crcs[4*entry.number:], p.entries[e].crc)
	}
	return p
}

// FuzzPack: of a pack whose objects all have ids and places of their own, a walk
// shows, and Read reads, exactly what the simple reader can build; of any other
// nothing that it cannot.
func FuzzPack(f *testing.F) {
	texts := versions(8)
	b := newPackBuilder(f)
	b.whole(texts[0])
	b.ofs(0, texts[1])
	b.ofs(1, texts[2])
	b.ref(texts[1], texts[3])
	b.ref(texts[5], texts[4]) // its base comes behind it
	b.ofs(0, texts[5])
	b.ref(texts[6], texts[7]) // its base is nowhere
	f.Add(b.pack(), b.index(b.pack(), false))
	f.Add(b.pack(), b.index(b.pack(), true))
	c := circlePack(f, texts)
	f.Add(c.pack(), c.index(c.pack(), false))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data, idx []byte) {
		p := fuzzPack(data, idx)
		if p == nil {
			return
		}
		const limit = 1 << 16
		s := &Store{hashSize: 20, limits: limits{stream: limit, whole: limit, held: limit}, dirs: []string{dir}, packs: []*pack{p}, known: map[string]bool{}}
		v := walk(t, s, Walk{Workers: 1, Links: true})
		seen := map[ID]bool{}
		distinct := true
		for e := range p.count() {
			distinct = distinct && !seen[p.id(e)] && p.entries[e].offset < p.entries[e+1].offset
			at, ok := p.index.find(p.id(e))
			distinct = distinct && ok && at == p.number(e)
			seen[p.id(e)] = true
		}
		for e := range p.count() {
			kind, want, err := simplePack{p, limit}.object(e, 0)
			got, shown := v.shown[p.id(e)]
			if shown && distinct && (err != nil || got != content{kind, string(want)}) {
				t.Fatalf("entry %d: %s of %d bytes is shown, simply read %s of %d, error %v", e, got.kind, len(got.data), kind, len(want), err)
			}
			if !shown && distinct && err == nil {
				t.Fatalf("entry %d, %s of %d bytes, is not shown: %v", e, kind, len(want), v.problems)
			}
			readKind, data, readErr := s.Read(p.id(e))
			if distinct && ((readErr == nil) != (err == nil) || err == nil && (readKind != kind || !bytes.Equal(data, want))) {
				t.Fatalf("entry %d: Read gives %s of %d bytes, error %v", e, readKind, len(data), readErr)
			}
		}
	})
}

// simpleLoose reads a loose object with the standard library.
func simpleLoose(data []byte) (Kind, []byte, error) {
	r := bytes.NewReader(data)
	z, err := stdzlib.NewReader(r)
	if err != nil {
		return 0, nil, err
	}
	whole, err := io.ReadAll(io.LimitReader(z, fuzzLimit+maxLooseHeader))
	if err != nil || r.Len() > 0 {
		return 0, nil, errSimple
	}
	head, body, ok := strings.Cut(string(whole), "\x00")
	name, digits, _ := strings.Cut(head, " ")
	size, err := strconv.Atoi(digits)
	kind := ParseKind(name)
	if !ok || err != nil || kind == 0 || head != fmt.Sprintf("%s %d", kind, size) || size != len(body) {
		return 0, nil, errSimple
	}
	return kind, []byte(body), nil
}

// FuzzLoose: a loose object reads as the standard library reads it, or both
// refuse it.
func FuzzLoose(f *testing.F) {
	for _, level := range []int{0, 1, 6, 9} {
		for _, text := range []string{"", "x", sourceText(3000)} {
			f.Add(deflate(f, fmt.Sprintf("blob %d\x00%s", len(text), text), level))
			f.Add(deflate(f, fmt.Sprintf("tree 0%d\x00%s", len(text), text), level))
			f.Add(deflate(f, fmt.Sprintf("commit %d\x00%s", len(text)+1, text), level))
		}
	}
	var r looseReader
	f.Fuzz(func(t *testing.T, data []byte) {
		wantKind, want, wantErr := simpleLoose(data)
		if len(want) >= fuzzLimit {
			t.Skip("too long to compare")
		}
		r.packed = data
		kind, size, length, err := looseHeader(&r.inflater, data)
		var got []byte
		if err == nil {
			got, err = r.body(length, size)
		}
		if (err == nil) != (wantErr == nil) || err == nil && (kind != wantKind || !bytes.Equal(got, want)) {
			t.Fatalf("%s of %d bytes, error %v; simply read %s of %d, error %v", kind, len(got), err, wantKind, len(want), wantErr)
		}
	})
}
