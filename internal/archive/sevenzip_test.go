package archive

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/inspecto/insplint/internal/gitpack"
)

// sevenNumber writes a number as a header has it.
func sevenNumber(n uint64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{0xff}, n)
}

// A sevenPacking is how a test packs a folder.
type sevenPacking struct {
	coder string // flags, method and properties
	pack  func(text string) []byte
}

var (
	sevenCopied  = sevenPacking{"\x01\x00", func(text string) []byte { return []byte(text) }}
	sevenLZMAed  = sevenPacking{"\x23\x03\x01\x01\x05\x5d\x00\x00\x80\x00", func(text string) []byte { return lzmaed(text)[13:] }}
	sevenCrypted = sevenPacking{"\x24\x06\xf1\x07\x01\x01\x00", sevenCopied.pack}
	sevenForeign = sevenPacking{"\x03\x03\x04\x01", sevenCopied.pack}
)

// sevenStreamInfo lists one folder, the files of which are packed as one.
func sevenStreamInfo(p sevenPacking, at int, packed []byte, sizes ...int) []byte {
	total := 0
	for _, n := range sizes {
		total += n
	}
	b := bytes.Join([][]byte{
		{sevenPacks}, sevenNumber(uint64(at)), {1, sevenSize}, sevenNumber(uint64(len(packed))), {sevenEnd},
		{sevenCoders, sevenFolders, 1, 0, 1}, []byte(p.coder), {sevenUnpackSizes}, sevenNumber(uint64(total)), {sevenEnd},
		{sevenSubStreams, sevenCounts}, sevenNumber(uint64(len(sizes))),
	}, nil)
	if len(sizes) > 1 {
		b = append(b, sevenSize)
		for _, n := range sizes[:len(sizes)-1] {
			b = append(b, sevenNumber(uint64(n))...)
		}
	}
	return append(b, sevenEnd, sevenEnd)
}

// sevenZipped packs files, of which those without a text are directories.
func sevenZipped(p sevenPacking, files ...file) []byte {
	var texts, names []byte
	var sizes []int
	empty := make([]byte, (len(files)+7)/8)
	for i, f := range files {
		texts = append(texts, f.text...)
		if f.text == "" {
			empty[i/8] |= 0x80 >> (i % 8)
		} else {
			sizes = append(sizes, len(f.text))
		}
		for _, u := range utf16.Encode([]rune(f.name + "\x00")) {
			names = binary.LittleEndian.AppendUint16(names, u)
		}
	}
	packed := p.pack(string(texts))
	header := bytes.Join([][]byte{
		{sevenHeader, sevenMainStreams}, sevenStreamInfo(p, 0, packed, sizes...),
		{sevenFiles}, sevenNumber(uint64(len(files))),
		{sevenEmpty}, sevenNumber(uint64(len(empty))), empty,
		{sevenNames}, sevenNumber(uint64(len(names) + 1)), {0}, names,
		{sevenEnd, sevenEnd},
	}, nil)
	return sevenAround(packed, header)
}

// sevenAround writes an archive of packed streams and a header.
func sevenAround(packed, header []byte) []byte {
	b := append([]byte(sevenMagic), 0, 4, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(packed)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(header)))
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(header))
	binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[12:]))
	return append(append(b, packed...), header...)
}

// sevenEncodedHeader packs the header too, as 7-Zip does it.
func sevenEncodedHeader(p sevenPacking, plain []byte) []byte {
	at := binary.LittleEndian.Uint64(plain[12:])
	packed, header := plain[sevenStart:][:at], plain[sevenStart+at:]
	text := p.pack(string(header))
	return sevenAround(append(bytes.Clone(packed), text...), append([]byte{sevenEncoded}, sevenStreamInfo(p, len(packed), text, len(header))...))
}

// sevenSummed has checksums of its files, the first of which is wrong.
func sevenSummed(files ...file) []byte {
	b := sevenZipped(sevenCopied, files...)
	at := binary.LittleEndian.Uint64(b[12:])
	packed, header := b[sevenStart:][:at], b[sevenStart+at:]
	sums := []byte{sevenCRC, 1}
	for _, f := range files {
		if f.text != "" {
			sums = binary.LittleEndian.AppendUint32(sums, crc32.ChecksumIEEE([]byte(f.text)))
		}
	}
	sums[2] ^= 1
	end := append([]byte{sevenEnd, sevenEnd, sevenFiles}, sevenNumber(uint64(len(files)))...)
	return sevenAround(packed, bytes.Replace(header, end, append(sums, end...), 1))
}

func TestSevenZip(t *testing.T) {
	files := []file{{"a", "one"}, {"dir", ""}, {"dir/ü.txt", "two"}}
	want := []string{"a=one", "dir/ü.txt=two"}
	copied, lzmas := sevenZipped(sevenCopied, files...), sevenZipped(sevenLZMAed, files...)
	longer := bytes.Clone(copied)
	at := bytes.Index(longer, append([]byte{sevenUnpackSizes}, sevenNumber(6)...))
	longer[at+2] = 60
	binary.LittleEndian.PutUint32(longer[28:], crc32.ChecksumIEEE(longer[sevenStart+6:]))
	absurd := func(change func(header []byte) []byte) []byte {
		return sevenAround([]byte("onetwo"), change(bytes.Clone(copied[sevenStart+6:])))
	}
	for _, test := range []struct {
		what  string
		data  []byte
		parts []string
		errs  []string
	}{
		{"copied", copied, want, nil},
		{"LZMA", lzmas, want, nil},
		{"with a packed header", sevenEncodedHeader(sevenLZMAed, lzmas), want, nil},
		{"with a header packed twice", sevenEncodedHeader(sevenLZMAed, sevenEncodedHeader(sevenCopied, lzmas)), want, nil},
		{"with a header packed too often", sevenEncodedHeader(sevenCopied, sevenEncodedHeader(sevenCopied, sevenEncodedHeader(sevenCopied, sevenEncodedHeader(sevenCopied, copied)))), nil, []string{"list of files"}},
		{"encrypted", sevenZipped(sevenCrypted, files...), nil, []string{"member a: is encrypted", "member dir/ü.txt: is encrypted"}},
		{"with an encrypted header", sevenEncodedHeader(sevenCrypted, copied), nil, []string{"its list of files is encrypted"}},
		{"of an unknown method", sevenZipped(sevenForeign, files...), nil, []string{"a method that is not read (30401)", "a method that is not read"}},
		{"cut off", lzmas[:len(lzmas)-5], nil, []string{"is cut off: its list of files is missing"}},
		{"with a header that is damaged", func() []byte { b := bytes.Clone(lzmas); b[12] = 0xff; return b }(), nil, nil},
		{"with a wrong checksum of its list of files", func() []byte { b := bytes.Clone(lzmas); b[28] ^= 1; return b }(), want, []string{"its list of files is damaged"}},
		{"with a wrong checksum of a file", sevenSummed(files...), want, []string{"member a: is damaged: its checksum is wrong"}},
		{"cut off in its beginning", lzmas[:20], nil, nil},
		{"that says more than there is", longer, []string{"a=one", "dir/ü.txt=two"}, []string{"member dir/ü.txt: is damaged: it unpacks to less"}},
		{"with a dictionary of 4 GiB", sevenZipped(sevenPacking{"\x21\x21\x01\x28", func(string) []byte { return make([]byte, 100) }}, file{"a", strings.Repeat("x", windowMax+1)}), nil, []string{"takes more memory"}},
		{"with 2^40 files", absurd(func(h []byte) []byte {
			return bytes.Replace(h, append([]byte{sevenFiles}, sevenNumber(3)...), append([]byte{sevenFiles}, sevenNumber(1<<40)...), 1)
		}), nil, []string{"list of files"}},
		{"with 2^40 files in a folder", absurd(func(h []byte) []byte {
			return bytes.Replace(h, append([]byte{sevenCounts}, sevenNumber(2)...), append([]byte{sevenCounts}, sevenNumber(1<<40)...), 1)
		}), nil, []string{"list of files"}},
		{"with 2^40 packed streams", absurd(func(h []byte) []byte {
			return bytes.Replace(h, []byte{1, sevenSize}, append(sevenNumber(1<<40), sevenSize), 1)
		}), nil, []string{"list of files"}},
		{"with streams outside of it", absurd(func(h []byte) []byte {
			return bytes.Replace(h, append([]byte{sevenPacks}, sevenNumber(0)...), append([]byte{sevenPacks}, sevenNumber(1<<20)...), 1)
		}), nil, []string{"how it is packed makes no sense", "makes no sense"}},
		{"with 30 coders and no streams", absurd(func(h []byte) []byte {
			return bytes.Replace(h, []byte{sevenFolders, 1, 0, 1, 1, 0}, append([]byte{sevenFolders, 1, 0, 30}, bytes.Repeat([]byte{1, 0}, 30)...), 1)
		}), nil, []string{"list of files"}},
		{"that is empty", sevenAround(nil, nil), nil, nil},
	} {
		parts, errs := look(t, DefaultLimits(), "", test.data)
		if got := texts(parts); strings.Join(got, "\n") != strings.Join(test.parts, "\n") {
			t.Errorf("%s: read %.200q, want %.200q", test.what, got, test.parts)
		}
		if len(errs) != len(test.errs) {
			t.Errorf("%s: errors %v, want %q", test.what, errs, test.errs)
			continue
		}
		for i, want := range test.errs {
			if !strings.Contains(errs[i].Error(), want) {
				t.Errorf("%s: error %q, want %q in it", test.what, errs[i], want)
			}
		}
	}
}

// TestLargeSevenZip: one that is not held is held, up to the limit.
func TestLargeSevenZip(t *testing.T) {
	text := longNoise(20 << 20)
	data := sevenZipped(sevenCopied, file{"a", text}, file{"b", "two"})
	for _, size := range []int{len(data), windowMax + 1} {
		all := append(data, make([]byte, size-len(data))...)
		read := 0
		errs := New(DefaultLimits(), nil).Open("", all[:1<<20], bytes.NewReader(all[1<<20:]), func(p Part, r io.Reader) error {
			n, _ := io.Copy(io.Discard, r)
			read += int(n)
			return nil
		})
		if want := size > windowMax; want != (len(errs) == 1) || want != (read < len(text)) {
			t.Errorf("%d bytes: %d were read, errors %v", size, read, errs)
		}
	}
}

// TestMappedSevenZip: one that is not held is mapped, if it can be.
func TestMappedSevenZip(t *testing.T) {
	data := sevenZipped(sevenCopied, file{"a", strings.Repeat("text", 1<<20)}, file{"b", "two"})
	path := filepath.Join(t.TempDir(), "a.7z")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, cut := range []bool{false, true} {
		if cut && runtime.GOOS == "windows" {
			continue // it does not let a mapped file be cut off
		}
		read, released := 0, 0
		mapped := func() ([]byte, func(), error) {
			data, release, err := gitpack.Map(f.Fd(), int64(len(data)))
			return data, func() { released++; release() }, err
		}
		errs := New(DefaultLimits(), nil).OpenMapped("a.7z", data[:1<<20], bytes.NewReader(data[1<<20:]), mapped, func(p Part, r io.Reader) error {
			if cut && !p.Heading {
				if err := os.Truncate(path, 1<<20); err != nil {
					t.Error(err)
				}
			}
			n, _ := io.Copy(io.Discard, r)
			read += int(n)
			return nil
		})
		if released != 1 {
			t.Errorf("released %d times", released)
		}
		if !cut && (len(errs) > 0 || read < 4<<20) {
			t.Errorf("%d bytes were read, errors %v", read, errs)
		}
		if cut && len(errs) == 0 {
			t.Errorf("it was cut off, and that is no error")
		}
	}
}

// TestX86Cut: however the filter's input comes, its output is the same.
func TestX86Cut(t *testing.T) {
	text := strings.Repeat("\xe8\x00\x01\xe8\xff\xe9\x00\xff\x00\x00 text \xe8", 2000)
	whole, err := io.ReadAll(&x86{from: strings.NewReader(text)})
	if err != nil || len(whole) != len(text) || string(whole) == text {
		t.Fatalf("%d bytes of %d, %v", len(whole), len(text), err)
	}
	for _, step := range []int{1, 2, 3, 5, 4095} {
		got, err := io.ReadAll(&x86{from: &stepReader{strings.NewReader(text), step}})
		if err != nil || !bytes.Equal(got, whole) {
			t.Errorf("in steps of %d: another text, %v", step, err)
		}
	}
}

type stepReader struct {
	from io.Reader
	step int
}

func (r *stepReader) Read(b []byte) (int, error) { return r.from.Read(b[:min(len(b), r.step)]) }

func FuzzSevenZip(f *testing.F) {
	files := []file{{"a", "one"}, {"dir", ""}, {"b", noise(300)}}
	for _, p := range []sevenPacking{sevenCopied, sevenLZMAed, sevenCrypted, sevenForeign} {
		data := sevenZipped(p, files...)
		f.Add(data[sevenStart:], uint16(len(data)-sevenStart-int(binary.LittleEndian.Uint64(data[20:]))))
	}
	limits := Limits{Depth: 4, Size: 1 << 20, Ratio: 10, Entries: 1000}
	f.Fuzz(func(t *testing.T, data []byte, header uint16) {
		at := min(int(header), len(data))
		parts, _ := look(t, limits, "f.7z", sevenAround(data[:at], data[at:]))
		total := 0
		for _, p := range parts {
			total += len(p.text)
		}
		if total > limits.Depth*(int(limits.Size)+len(data))+bufferSize {
			t.Errorf("%d bytes were handed over", total)
		}
	})
}

// TestFilters undoes what liblzma's filters, which Python has, do.
func TestFilters(t *testing.T) {
	const script = `import lzma,sys
d=sys.stdin.buffer.read()
for f in [{"id":lzma.FILTER_X86},{"id":lzma.FILTER_DELTA,"dist":4}]:
    c=lzma.compress(d,lzma.FORMAT_RAW,filters=[f,{"id":lzma.FILTER_LZMA2,"dict_size":1<<20}])
    sys.stdout.buffer.write(len(c).to_bytes(4,"little")+c)`
	text := make([]byte, 200_000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range text {
		text[i] = "\xe8\xe9\x00\xff\x01\x0f\x80a"[random.IntN(8)]
	}
	cmd := exec.Command("python3", "-c", script)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("python3 with liblzma is not on this machine: %v", err)
	}
	for _, coder := range []sevenCoder{{method: sevenBCJ}, {method: sevenDelta, properties: []byte{3}}} {
		n := binary.LittleEndian.Uint32(out)
		packed := out[4:][:n]
		out = out[4+n:]
		o := New(DefaultLimits(), nil)
		u := &sevenUnpack{walk: &walk{Opener: o, tools: newTools(), meter: &meter{}}}
		err := u.decode(&sevenCoder{method: sevenLZMA2, properties: []byte{16}}, uint64(len(text)), bytes.NewReader(packed), func(r io.Reader) error {
			return u.decode(&coder, uint64(len(text)), r, func(r io.Reader) error {
				got, err := io.ReadAll(r)
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("%x: %d bytes of %d, or others, %v", coder.method, len(got), len(text), err)
				}
				return nil
			})
		})
		if err != nil {
			t.Errorf("%x: %v", coder.method, err)
		}
	}
}
