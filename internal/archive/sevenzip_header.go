package archive

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"unicode/utf16"
)

// The marks of what stands in the header of a 7z archive (7zFormat.txt of the LZMA
// SDK).
const (
	sevenEnd         = 0x00
	sevenHeader      = 0x01
	sevenProperties  = 0x02
	sevenMainStreams = 0x04
	sevenFiles       = 0x05
	sevenPacks       = 0x06
	sevenCoders      = 0x07
	sevenSubStreams  = 0x08
	sevenSize        = 0x09
	sevenCRC         = 0x0a
	sevenFolders     = 0x0b
	sevenUnpackSizes = 0x0c
	sevenCounts      = 0x0d
	sevenEmpty       = 0x0e
	sevenNames       = 0x11
	sevenEncoded     = 0x17
)

// What 7-Zip itself allows, and what bounds the memory that a listing takes.
const (
	sevenMaxCoders  = 32 // and inputs of all coders together
	sevenMaxFolders = 1 << 17
	sevenMaxPacks   = 4 * sevenMaxFolders
	sevenMaxListing = 16 << 20 // bytes
)

var errListing = errors.New("its list of files is damaged, cut off or too long: it was searched as it stands")

// A sevenStreams is where packed streams lie in the archive, and how they are to
// be unpacked.
type sevenStreams struct {
	packs   []stretch
	folders []sevenFolder
}

// A sevenFolder is a number of files that are packed as one text.
type sevenFolder struct {
	coders []sevenCoder
	binds  []sevenBind
	packed []int    // inputs that are packed streams, in their order
	first  int      // of the packed streams
	main   int      // the coder whose output is the text
	sizes  []uint64 // of the coders' outputs
	files  []uint64 // sizes of the files
	sums   []sevenSum
	sum    sevenSum // of the whole
}

// A sevenSum is a checksum, if it is known.
type sevenSum struct {
	known bool
	sum   uint32
}

// A sevenBind says that an input is the output of another coder.
type sevenBind struct{ input, output int }

// source is the coder whose output an input is.
func (f *sevenFolder) source(input int) (coder int, ok bool) {
	for _, b := range f.binds {
		if b.input == input {
			return b.output, true
		}
	}
	return 0, false
}

// A sevenCoder is one step of unpacking, with one output.
type sevenCoder struct {
	method     uint64
	properties []byte
	first      int // number of its first input in the folder
	inputs     int
}

// A sevenFile is an entry; one that is empty, or a directory, has no content.
type sevenFile struct {
	name  string
	empty bool
}

// A sevenReader reads a header. What is not there, and what cannot be, makes it
// bad; everything it then gives is 0.
type sevenReader struct {
	b       []byte
	entries int // are allowed
	bad     bool
}

func (r *sevenReader) fail() { r.b, r.bad = nil, true }

func (r *sevenReader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *sevenReader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// number reads a number of up to 8 bytes: as many as the first has leading ones
// follow it, the lowest first, and the rest of the first is above them.
func (r *sevenReader) number() (n uint64) {
	first := r.byte()
	for i, mask := 0, byte(0x80); i < 8; i, mask = i+1, mask>>1 {
		if first&mask == 0 {
			return n | uint64(first&(mask-1))<<(8*i)
		}
		n |= uint64(r.byte()) << (8 * i)
	}
	return n
}

// count reads how many things follow, of which each takes a byte at least.
func (r *sevenReader) count(most int) int {
	n := r.number()
	if n > uint64(min(len(r.b), most)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *sevenReader) expect(mark byte) {
	if r.byte() != mark {
		r.fail()
	}
}

// bits reads n flags.
func (r *sevenReader) bits(n int) []bool {
	b := r.bytes(uint64(n+7) / 8)
	if r.bad {
		return nil
	}
	flags := make([]bool, n)
	for i := range flags {
		flags[i] = b[i/8]&(0x80>>(i%8)) != 0
	}
	return flags
}

// crcs reads the checksums of n things.
func (r *sevenReader) crcs(n int) []sevenSum {
	var has []bool
	if r.byte() == 0 {
		has = r.bits(n)
	} else if n <= len(r.b) {
		has = slices.Repeat([]bool{true}, n)
	}
	if len(has) != n {
		r.fail()
		return nil
	}
	sums := make([]sevenSum, n)
	for i, told := range has {
		if !told {
			continue
		}
		if b := r.bytes(4); len(b) == 4 {
			sums[i] = sevenSum{true, binary.LittleEndian.Uint32(b)}
		}
	}
	return sums
}

func (r *sevenReader) streams() (s sevenStreams) {
	mark := r.byte()
	if mark == sevenPacks {
		s.packs = r.packs()
		mark = r.byte()
	}
	if mark == sevenCoders {
		s.folders = r.folders()
		mark = r.byte()
	}
	if mark == sevenSubStreams {
		r.subStreams(s.folders)
		mark = r.byte()
	}
	if mark != sevenEnd {
		r.fail()
	}
	return s
}

// packs reads where the packed streams lie, from the end of the archive's first
// 32 bytes on.
func (r *sevenReader) packs() []stretch {
	at := r.number()
	n := r.count(sevenMaxPacks)
	packs := make([]stretch, 0, n)
	mark := r.byte()
	if mark == sevenSize {
		for range n {
			size := r.number()
			if at > math.MaxInt/4 || size > math.MaxInt/4 {
				r.fail()
				return nil
			}
			packs = append(packs, stretch{sevenStart + int(at), sevenStart + int(at+size)})
			at += size
		}
		mark = r.byte()
	}
	if mark == sevenCRC {
		r.crcs(n)
		mark = r.byte()
	}
	if mark != sevenEnd {
		r.fail()
	}
	return packs
}

func (r *sevenReader) folders() []sevenFolder {
	r.expect(sevenFolders)
	n := r.count(sevenMaxFolders)
	r.expect(0) // the rest follows here
	folders := make([]sevenFolder, 0, n)
	for first := 0; len(folders) < n && !r.bad; {
		f := r.folder()
		f.first = first
		first += len(f.packed)
		folders = append(folders, f)
	}
	r.expect(sevenUnpackSizes)
	for i := range folders {
		f := &folders[i]
		f.sizes = make([]uint64, len(f.coders))
		for c := range f.sizes {
			f.sizes[c] = r.number()
		}
	}
	mark := r.byte()
	if mark == sevenCRC {
		for i, sum := range r.crcs(len(folders)) {
			folders[i].sum = sum
		}
		mark = r.byte()
	}
	if mark != sevenEnd || r.bad {
		r.fail()
		return nil
	}
	for i := range folders { // unless more is said
		folders[i].files = []uint64{folders[i].sizes[folders[i].main]}
		folders[i].sums = []sevenSum{folders[i].sum}
	}
	return folders
}

func (r *sevenReader) folder() (f sevenFolder) {
	n := r.count(sevenMaxCoders)
	inputs := 0
	for range n {
		c := r.coder()
		c.first = inputs
		if inputs += c.inputs; inputs > sevenMaxCoders {
			r.fail()
		}
		f.coders = append(f.coders, c)
	}
	if n == 0 || r.bad {
		r.fail()
		return f
	}
	outputs := make([]bool, n)
	for range n - 1 {
		in, out := r.number(), r.number()
		if in >= uint64(inputs) || out >= uint64(n) || outputs[out] {
			r.fail()
			return f
		}
		outputs[out] = true
		f.binds = append(f.binds, sevenBind{int(in), int(out)})
	}
	for outputs[f.main] {
		f.main++
	}
	return r.packedInputs(f, inputs)
}

// packedInputs lists the inputs that are packed streams: they are told if there
// are several.
func (r *sevenReader) packedInputs(f sevenFolder, inputs int) sevenFolder {
	n := inputs - len(f.binds)
	if n == 1 {
		for in := range inputs {
			if _, bound := f.source(in); !bound {
				f.packed = []int{in}
			}
		}
		return f
	}
	for range n {
		f.packed = append(f.packed, int(min(r.number(), sevenMaxCoders)))
	}
	return f
}

func (r *sevenReader) coder() (c sevenCoder) {
	flags := r.byte()
	for _, b := range r.bytes(uint64(flags & 0xf)) {
		c.method = c.method<<8 | uint64(b)
	}
	c.inputs = 1
	if flags&0x10 != 0 {
		c.inputs = int(min(r.number(), sevenMaxCoders+1))
		if r.number() != 1 || c.inputs == 0 {
			r.fail()
		}
	}
	if flags&0x20 != 0 {
		c.properties = r.bytes(r.number())
	}
	if flags&0xc0 != 0 {
		r.fail()
	}
	return c
}

// subStreams reads how a folder's text is cut into files.
func (r *sevenReader) subStreams(folders []sevenFolder) {
	mark := r.byte()
	if mark == sevenCounts {
		total := 0
		for i := range folders {
			n := r.number()
			if n > uint64(r.entries-total) {
				r.fail()
				return
			}
			total += int(n)
			if n != 1 {
				folders[i].files, folders[i].sums = make([]uint64, n), make([]sevenSum, n)
			}
		}
		mark = r.byte()
	}
	for i := range folders {
		if f := &folders[i]; len(f.files) > 1 {
			r.sizes(f, mark == sevenSize)
		}
	}
	if mark == sevenSize {
		mark = r.byte()
	}
	if mark == sevenCRC {
		r.fileSums(folders)
		mark = r.byte()
	}
	if mark != sevenEnd {
		r.fail()
	}
}

// fileSums reads the checksums of files; that of the only one in a folder may be told
// already.
func (r *sevenReader) fileSums(folders []sevenFolder) {
	var untold []*sevenSum
	for i := range folders {
		for j := range folders[i].sums {
			if len(folders[i].sums) != 1 || !folders[i].sum.known {
				untold = append(untold, &folders[i].sums[j])
			}
		}
	}
	for i, sum := range r.crcs(len(untold)) {
		*untold[i] = sum
	}
}

// sizes reads those of a folder's files, of which the last has what is left.
func (r *sevenReader) sizes(f *sevenFolder, told bool) {
	if !told {
		r.fail()
		return
	}
	rest := f.sizes[f.main]
	last := len(f.files) - 1
	for i := range last {
		size := r.number()
		if size > rest {
			r.fail()
			return
		}
		f.files[i] = size
		rest -= size
	}
	f.files[last] = rest
}

// filesInfo reads the names.
func (r *sevenReader) filesInfo() []sevenFile {
	files := make([]sevenFile, r.count(r.entries))
	for !r.bad {
		mark := r.byte()
		if mark == sevenEnd {
			return files
		}
		in := &sevenReader{b: r.bytes(r.number())}
		switch mark {
		case sevenEmpty:
			for i, empty := range in.bits(len(files)) {
				files[i].empty = empty
			}
		case sevenNames:
			in.expect(0) // they follow here
			for i := range files {
				files[i].name = in.name()
			}
		}
		r.bad = r.bad || in.bad
	}
	return nil
}

// name reads UTF-16 up to a NUL.
func (r *sevenReader) name() string {
	var units []uint16
	for !r.bad {
		b := r.bytes(2)
		if len(b) < 2 {
			break
		}
		u := binary.LittleEndian.Uint16(b)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}
