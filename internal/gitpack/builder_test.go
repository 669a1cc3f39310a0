package gitpack

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"
	"testing"
)

// A packBuilder makes packs and indexes that git itself would not.
type packBuilder struct {
	testing.TB
	hashSize int
	data     []byte
	entries  []builtEntry
	contents map[ID]content
	zlib     *zlib.Writer // one for all: a new one costs more than most streams, and to clear the tables of most levels does
}

type builtEntry struct {
	id     ID
	offset uint64
	crc    uint32
	data   string
}

func newPackBuilder(t testing.TB) *packBuilder {
	z, err := zlib.NewWriterLevel(nil, zlib.HuffmanOnly)
	if err != nil {
		t.Fatal(err)
	}
	return &packBuilder{TB: t, hashSize: 20, data: []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00"), contents: map[ID]content{}, zlib: z}
}

func hashOf(b []byte, hashSize int) []byte {
	if hashSize == 32 {
		sum := sha256.Sum256(b)
		return sum[:]
	}
	sum := sha1.Sum(b)
	return sum[:]
}

func objectID(kind Kind, data string, hashSize int) ID {
	return NewID(hashOf(fmt.Appendf(nil, "%s %d\x00%s", kind, len(data), data), hashSize))
}

// add adds an entry of any bytes for an object, and returns its number.
func (b *packBuilder) add(data string, raw []byte) int {
	e := builtEntry{objectID(Blob, data, b.hashSize), uint64(len(b.data)), crc32.ChecksumIEEE(raw), data}
	b.data = append(b.data, raw...)
	b.entries = append(b.entries, e)
	b.contents[e.id] = content{Blob, data}
	return len(b.entries) - 1
}

// whole adds a blob that is no delta.
func (b *packBuilder) whole(data string) int {
	return b.add(data, append(entryHeader(Blob, uint64(len(data))), b.deflated(data)...))
}

// ofs adds a blob as a delta of an entry.
func (b *packBuilder) ofs(base int, data string) int {
	delta := makeDelta(b.entries[base].data, data)
	raw := entryHeader(ofsDelta, uint64(len(delta)))
	raw = append(raw, backOffset(uint64(len(b.data))-b.entries[base].offset)...)
	return b.add(data, append(raw, b.deflated(delta)...))
}

// ref adds a blob as a delta of any blob.
func (b *packBuilder) ref(base, data string) int {
	delta := makeDelta(base, data)
	raw := append(entryHeader(refDelta, uint64(len(delta))), objectID(Blob, base, b.hashSize).Bytes()...)
	return b.add(data, append(raw, b.deflated(delta)...))
}

func entryHeader(kind Kind, size uint64) []byte {
	raw := []byte{byte(kind)<<4 | byte(size&15)}
	for size >>= 4; size > 0; size >>= 7 {
		raw[len(raw)-1] |= 0x80
		raw = append(raw, byte(size&0x7f))
	}
	return raw
}

// backOffset writes how far before an entry its base is.
func backOffset(back uint64) []byte {
	raw := []byte{byte(back & 0x7f)}
	for back >>= 7; back > 0; back >>= 7 {
		back--
		raw = append(raw, byte(back&0x7f)|0x80)
	}
	slices.Reverse(raw)
	return raw
}

func (b *packBuilder) deflated(data string) []byte {
	var out bytes.Buffer
	b.zlib.Reset(&out)
	_, _ = b.zlib.Write([]byte(data))
	_ = b.zlib.Close()
	return out.Bytes()
}

func deflated(data string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(data))
	_ = z.Close()
	return b.Bytes()
}

// makeDelta writes a delta: what both ends have in common is copied.
func makeDelta(base, result string) string {
	delta := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), uint64(len(result)))
	n := min(len(base), len(result))
	head := 0
	for head < n && base[head] == result[head] {
		head++
	}
	tail := 0
	for tail < n-head && base[len(base)-1-tail] == result[len(result)-1-tail] {
		tail++
	}
	delta = appendCopy(delta, 0, head)
	for part := range slices.Chunk([]byte(result[head:len(result)-tail]), 127) {
		delta = append(append(delta, byte(len(part))), part...)
	}
	return string(appendCopy(delta, len(base)-tail, tail))
}

// appendCopy appends instructions that copy a run of the base.
func appendCopy(delta []byte, offset, size int) []byte {
	for size > 0 {
		n := min(size, 0xffffff)
		op, operands := byte(0x80), []byte(nil)
		for i := range 4 {
			if c := byte(offset >> (8 * i)); c != 0 {
				op, operands = op|1<<i, append(operands, c)
			}
		}
		for i := range 3 {
			if c := byte(n >> (8 * i)); c != 0 {
				op, operands = op|0x10<<i, append(operands, c)
			}
		}
		delta = append(append(delta, op), operands...)
		offset, size = offset+n, size-n
	}
	return delta
}

// pack finishes the pack's bytes.
func (b *packBuilder) pack() []byte {
	data := bytes.Clone(b.data)
	binary.BigEndian.PutUint32(data[8:], uint32(len(b.entries)))
	return append(data, hashOf(data, b.hashSize)...)
}

// index writes an index of version 2; with large, every offset but the first
// is a 64-bit one. Git expects at least one that is not.
func (b *packBuilder) index(pack []byte, large bool) []byte {
	entries := slices.Clone(b.entries)
	slices.SortFunc(entries, func(a, b builtEntry) int {
		return cmp.Or(bytes.Compare(a.id.Bytes(), b.id.Bytes()), cmp.Compare(a.offset, b.offset))
	})
	x := []byte("\xfftOc\x00\x00\x00\x02")
	for first := range 256 {
		n := 0
		for _, e := range entries {
			if int(e.id.raw[0]) <= first {
				n++
			}
		}
		x = binary.BigEndian.AppendUint32(x, uint32(n))
	}
	for _, e := range entries {
		x = append(x, e.id.Bytes()...)
	}
	for _, e := range entries {
		x = binary.BigEndian.AppendUint32(x, e.crc)
	}
	var offsets []byte
	for i, e := range entries {
		if large && i > 0 || e.offset >= 1<<31 {
			x = binary.BigEndian.AppendUint32(x, 1<<31|uint32(len(offsets)/8))
			offsets = binary.BigEndian.AppendUint64(offsets, e.offset)
		} else {
			x = binary.BigEndian.AppendUint32(x, uint32(e.offset))
		}
	}
	x = append(append(x, offsets...), pack[len(pack)-b.hashSize:]...)
	return append(x, hashOf(x, b.hashSize)...)
}

// store writes the pack and its index into a repository, or anything with an
// object directory, under a name of its own.
func (b *packBuilder) store(objects, name string) (packPath string) {
	b.Helper()
	data := b.pack()
	packPath = filepath.Join(objects, "pack", "pack-"+name+".pack")
	writeFile(b, packPath, data)
	writeFile(b, filepath.Join(objects, "pack", "pack-"+name+".idx"), b.index(data, false))
	return packPath
}

// storeLoose writes a blob as a loose object.
func storeLoose(t testing.TB, objects, data string) ID {
	t.Helper()
	id := objectID(Blob, data, 20)
	writeFile(t, loosePath(objects, id), deflated(fmt.Sprintf("blob %d\x00%s", len(data), data)))
	return id
}
