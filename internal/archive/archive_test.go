package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

// A seen part is one that was handed over, with what was read of it.
type seenPart struct {
	Part
	text string
}

// look opens a file and lists its parts, headings apart, and what could not be read for
// sure.
func look(t testing.TB, limits Limits, name string, data []byte) (parts []seenPart, errs []error) {
	t.Helper()
	errs = New(limits, nil).Open(name, data, nil, func(p Part, r io.Reader) error {
		text, _ := io.ReadAll(r)
		if !p.Heading {
			parts = append(parts, seenPart{p, string(text)})
		}
		return nil
	})
	errs = slices.DeleteFunc(errs, func(err error) bool { return errors.As(err, new(*Doubt)) })
	for _, err := range errs {
		if errors.Is(err, errPanic) {
			t.Errorf("%v", err)
		}
	}
	return parts, errs
}

func texts(parts []seenPart) []string {
	var all []string
	for _, p := range parts {
		if !p.Raw {
			all = append(all, p.Member+"="+p.text)
		}
	}
	return all
}

type file struct{ name, text string }

func zipped(method uint16, files ...file) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		if err == nil {
			_, err = io.WriteString(w, f.text)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func tarred(files ...file) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.text))}); err != nil {
			panic(err)
		}
		_, _ = io.WriteString(w, f.text)
	}
	_ = w.Close()
	return b.Bytes()
}

// gzipped packs texts, each into blocks of its own.
func gzipped(texts ...string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for i, text := range texts {
		if i > 0 {
			_ = w.Flush()
		}
		_, _ = io.WriteString(w, text)
	}
	_ = w.Close()
	return b.Bytes()
}

// deflated is gzipped without its header and trailer.
func deflated(texts ...string) []byte {
	b := gzipped(texts...)
	return b[10 : len(b)-8]
}

// rawZip has the entry a, which is stored as stream, and the entry b.
func rawZip(stream []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	a, err := z.CreateRaw(&zip.FileHeader{Name: "a", Method: zip.Deflate, CompressedSize64: uint64(len(stream)), UncompressedSize64: 1})
	if err == nil {
		_, err = a.Write(stream)
	}
	if err != nil {
		panic(err)
	}
	w, err := z.Create("b")
	if err == nil {
		_, err = io.WriteString(w, "two")
	}
	if err != nil || z.Close() != nil {
		panic(err)
	}
	return b.Bytes()
}

// noise is text that does not compress well, so that a damaged stream fails late.
func noise(size int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

// signTar corrects the checksum of the first header.
func signTar(b []byte) {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:tarBlock] {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
}

// xzBlock is an xz file whose only block has a header.
func xzBlock(header ...byte) []byte {
	b := []byte("\xfd7zXZ\x00\x00\x00")
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[6:8]))
	b = append(b, header...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(header))
	return append(b, make([]byte, 64)...)
}

// hugeLZMA wants a dictionary of 3 GiB for a text of unknown size.
func hugeLZMA() []byte {
	return append([]byte("\x5d\x00\x00\x00\xc0\xff\xff\xff\xff\xff\xff\xff\xff"), make([]byte, 64)...)
}

func lzmaed(text string) []byte {
	var b bytes.Buffer
	w, err := lzma.NewWriter(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err != nil || w.Close() != nil {
		panic(err)
	}
	return b.Bytes()
}

// damagedLZMA goes wrong behind more than is needed to believe that it is LZMA.
func damagedLZMA(text string) []byte {
	b := lzmaed(text + text)
	copy(b[len(b)*3/4:], bytes.Repeat([]byte{0xff}, 1000))
	return b
}

func lz4ed(text string) []byte {
	var b bytes.Buffer
	w := lz4.NewWriter(&b)
	err := w.Apply(lz4.BlockSizeOption(lz4.Block64Kb), lz4.BlockChecksumOption(true))
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err != nil || w.Close() != nil {
		panic(err)
	}
	return b.Bytes()
}

// damagedLZ4 has a second block whose checksum is wrong.
func damagedLZ4(text string) []byte {
	b := lz4ed(text)
	b[len(b)-30] ^= 1
	return b
}

// lzmaZip is rawZip with an entry of method 14.
func lzmaZip(stream string) []byte {
	b := rawZip([]byte(stream))
	b[bytes.Index(b, []byte(zipCentral))+10] = zipLZMA
	return b
}

// windowedZstd says "hello" in a frame that wants a window of so many powers of two.
func windowedZstd(t testing.TB, log byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := w.EncodeAll([]byte("hello"), nil)
	// A frame header without a single segment, and the largest window: 4.1 in
	// RFC 8878.
	return slices.Concat(b[:4], []byte{0, (log - 10) << 3}, b[6:])
}

// TestLimits: what is over one is named, once, and the rest is still read.
func TestLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", 1<<20)
	bomb := gzipped(zeros)
	deep := []byte("the bottom")
	for range 12 {
		deep = zipped(zip.Store, file{"in.zip", string(deep)}, file{"beside", "text"})
	}
	for _, test := range []struct {
		what   string
		data   []byte
		change func(*Limits)
		want   string
	}{
		{"size", bomb, func(l *Limits) { l.Size = 1 << 16 }, "--max-archive-size"},
		{"size of entries", zipped(zip.Deflate, file{"a", zeros}), func(l *Limits) { l.Size = 1 << 16 }, "--max-archive-size"},
		{"size of nested", tarred(file{"a.gz", string(gzipped(string(bomb)))}), func(l *Limits) { l.Size = 1 << 19 }, "--max-archive-size"},
		{"entries", zipped(zip.Store, make([]file, 100)...), func(l *Limits) { l.Entries = 10 }, "too many entries"},
		{"depth", deep, func(*Limits) {}, "--max-archive-depth"},
	} {
		limits := DefaultLimits()
		test.change(&limits)
		parts, errs := look(t, limits, "", test.data)
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), test.want) {
			t.Errorf("%s: errors %v, want one with %q", test.what, errs, test.want)
		}
		total := int64(0)
		for _, p := range parts {
			if !p.Raw {
				total += int64(len(p.text))
			}
		}
		if total > max(limits.Size, 1<<17)+bufferSize {
			t.Errorf("%s: %d bytes were handed over", test.what, total)
		}
	}
	parts, _ := look(t, DefaultLimits(), "", deep)
	if n := strings.Count(strings.Join(texts(parts), "\n"), "beside=text"); n != DefaultLimits().Depth {
		t.Errorf("of nested archives %d were opened, want %d", n, DefaultLimits().Depth)
	}
	if !New(DefaultLimits(), nil).Holds(bomb, "") || New(Limits{}, nil).Holds(bomb, "") {
		t.Error("a depth of 0 does not keep containers closed")
	}
}

// TestRatio: many megabytes of little in some kilobytes are more than anybody packs, above what
// every file may unpack to. Zeros are not, but for what is packed twice.
func TestRatio(t *testing.T) {
	zeros := strings.Repeat("\x00", 12<<20)
	for _, test := range []struct {
		what  string
		data  []byte
		wants bool
	}{
		{"a pattern", gzipped(strings.Repeat("01234567", 12<<17)), true},
		{"zeros", gzipped(zeros), false},
		{"zeros that are packed twice", gzipped(string(gzipped(strings.Repeat(zeros, 4)))), true},
	} {
		checkRatio(t, test.what, test.data, test.wants)
	}
}

// checkRatio opens a tar with the data as its only member.
func checkRatio(t *testing.T, what string, data []byte, stops bool) {
	t.Helper()
	var read int64
	o := New(DefaultLimits(), nil)
	if o.free != freeUnpacked {
		t.Errorf("any file may unpack to %d bytes", o.free)
	}
	o.free = 8 << 20
	errs := o.Open("", tarred(file{"a", string(data)}), nil, func(p Part, r io.Reader) error {
		if n, _ := io.Copy(io.Discard, r); !p.Raw && !p.Heading {
			read += n
		}
		return nil
	})
	stopped := len(errs) == 1 && strings.Contains(errs[0].Error(), "member a: ") && strings.Contains(errs[0].Error(), "--max-archive-ratio")
	if stopped != stops || !stops && (len(errs) > 0 || read < 12<<20) || stops && read > o.free+1<<20 {
		t.Errorf("%s: %d bytes were read, errors %v", what, read, errs)
	}
}

// TestQuine: what repeats a container around it is not opened again.
func TestQuine(t *testing.T) {
	o := New(DefaultLimits(), nil)
	tools := newTools()
	w := &walk{Opener: o, tools: tools, meter: &meter{}, visitor: func(Part, io.Reader) error {
		t.Error("it was opened")
		return nil
	}}
	data := zipped(zip.Store, file{"a", "b"})
	var sum []uint64
	probe := &walk{Opener: o, tools: tools, meter: &meter{}, visitor: func(Part, io.Reader) error { return nil }}
	probe.open = nil
	k := o.kindOf(data, "")
	probe.visitor = func(Part, io.Reader) error { sum = slices.Clone(probe.open); return nil }
	probe.container(k, place{}, &source{data: data})
	w.open = sum
	if len(sum) != 1 {
		t.Fatalf("%d containers are open, want 1", len(sum))
	}
	w.container(k, place{}, &source{data: data})
}

// TestStop: a scan that is broken off does not go on unpacking.
func TestStop(t *testing.T) {
	calls := 0
	o := New(DefaultLimits(), func() bool { calls++; return calls > 2 })
	data := zipped(zip.Deflate, make([]file, 1000)...)
	if errs := o.Open("", data, nil, func(Part, io.Reader) error { return nil }); len(errs) != 0 || calls > 10 {
		t.Errorf("errors %v after %d questions", errs, calls)
	}
}

// TestInputError: what reading the file itself gives comes as it is.
func TestInputError(t *testing.T) {
	broken := errors.New("broken")
	data := gzipped(noise(100_000))
	rest := io.MultiReader(bytes.NewReader(data[1000:5000]), &errReader{broken})
	errs := New(DefaultLimits(), nil).Open("", data[:1000], rest, func(_ Part, r io.Reader) error {
		_, _ = io.Copy(io.Discard, r)
		return nil
	})
	if len(errs) == 0 || errs[0] != broken {
		t.Errorf("errors %v, want %v first", errs, broken)
	}
}

type errReader struct{ err error }

func (r *errReader) Read([]byte) (int, error) { return 0, r.err }

// samples are small files of the kinds that Go can write.
func samples(t testing.TB) map[string][]byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	two := []file{{"a", noise(300)}, {"b/c.txt", "two"}}
	return map[string][]byte{
		"gzip": gzipped(noise(500)), "zip": zipped(zip.Deflate, two...), "stored zip": zipped(zip.Store, two...),
		"lz4": lz4ed(noise(500)), "lzma": lzmaed(noise(500)),
		"tar": tarred(two...), "zstd": z.EncodeAll([]byte(noise(500)), nil),
		"nested": gzipped(string(tarred(file{"in.zip", string(zipped(zip.Deflate, two...))}))),
	}
}

// FuzzOpen: nothing panics, what is handed over is bounded, and what Go's own
// readers read without an error is among it.
func FuzzOpen(f *testing.F) {
	for _, data := range samples(f) {
		f.Add("f", data)
	}
	for _, begin := range []string{"%PDF-1.4 stream\nx\x9c", "BZh91AY&SY", "\xfd7zXZ\x00\x00\x04", "!<arch>\n", "070701", "070707", "\xed\xab\xee\xdb", "\x04\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00{\"files\":{}}", "Cr24\x03\x00\x00\x00\x00\x00\x00\x00"} {
		f.Add("f.br", append([]byte(begin), make([]byte, 600)...))
	}
	f.Add("f", pyProgramOf("onetwo", pyEntryOf("a", 0, 3, 0), pyEntryOf("b", 3, 3, 1)))
	f.Add("f", pyModulesOf("x\x9c", marshalled(2, 1, "a")))
	f.Add("f", []byte("# v2 git bundle\n0123 refs/heads/main\n\nPACK\x00\x00\x00\x02\x00\x00\x00\x01\x3dx\x9c"))
	f.Add("f", pdfOf(false, charMap(2), arrayMap(1), "["+hexString(glyphs(fontLetters, 2))+"] TJ "+literal(glyphs(fontLetters, 1))+" Tj"))
	limits := Limits{Depth: 4, Size: 1 << 20, Ratio: 10, Entries: 1000}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		parts, errs := look(t, limits, name, data)
		var total int64
		for _, p := range parts {
			if !p.Raw {
				total += int64(len(p.text))
			}
			if len(p.Layers) == 0 || len(p.Layers) > limits.Depth+1 {
				t.Errorf("layers %q", p.Layers)
			}
		}
		if total > int64(limits.Depth)*(limits.Size+int64(len(data)))+bufferSize {
			t.Errorf("%d bytes were handed over", total)
		}
		if len(errs) > 0 {
			return
		}
		for _, want := range plainEntries(data) {
			if !slices.ContainsFunc(parts, func(p seenPart) bool { return !p.Raw && p.Name == want.name && p.text == want.text }) {
				t.Errorf("entry %q, %d bytes, was not handed over", want.name, len(want.text))
			}
		}
	})
}

// plainEntries lists the entries of a zip file that Go's reader reads without an
// error and that are no containers.
func plainEntries(data []byte) []file {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || !isZip(data) || len(r.File) > 100 {
		return nil
	}
	var all []file
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(rc, 1<<16))
		if err == nil && len(text) < 1<<16 && New(DefaultLimits(), nil).kindOf(text[:min(len(text), HeadSize)], f.Name) == nil {
			all = append(all, file{f.Name, string(text)})
		}
	}
	return all
}
