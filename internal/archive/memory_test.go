package archive

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// bzip2Hello says "hello" twenty times, in blocks of 900 kB.
const bzip2Hello = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x04\x16\xd5\x8b\x00\x00\x1d\xc1\x00\x00\x10\x02\x44\xa0\x00\x30\xcd\x00\x52\xa3\x1a\x4c\x27\xc9\x84\xd1\x38\x5d\xc9\x14\xe1\x42\x40\x10\x5b\x56\x2c"

// allocated is how many bytes something allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// bzip2Zip has entries that are packed by bzip2.
func bzip2Zip(entries int) []byte {
	b := zipped(zip.Store, slices.Repeat([]file{{"a", bzip2Hello}}, entries)...)
	for _, header := range []struct {
		signature              string
		method, size, unpacked int
	}{{zipLocal, 8, 18, 22}, {zipCentral, 10, 20, 24}} {
		for at := range b {
			if h := b[at:]; hasMagic(h, header.signature) {
				h[header.method] = zipBzip2
				copy(h[header.size:], []byte{byte(len(bzip2Hello)), 0, 0, 0, 120, 0, 0, 0})
				copy(h[header.size-4:], make([]byte, 4)) // the checksum is unknown
			}
		}
	}
	return b
}

// TestDecodersMemory: what small members say of the memory that they need is bounded in sum,
// and so is what they are given.
func TestDecodersMemory(t *testing.T) {
	const members = 100
	lzipped := []byte(lzipMagic + "\x1a") // a window of 64 MiB
	lzipped = append(append(lzipped, "\x00\x83\xff\xfb\xff\xff\xc0\x00\x00\x00"...), make([]byte, lzipTrailer)...)
	manyOf := func(f file) []byte { return gzipped(string(tarred(slices.Repeat([]file{f}, members)...))) }
	many := func(text string) []byte { return manyOf(file{"a", text}) }
	for _, test := range []struct {
		what string
		data []byte
		most uint64 // MiB
		over bool
	}{
		{"lzip", bytes.Repeat(lzipped, members), 200, true},
		{"LZMA", many(string(lzmaed("hello"))), 100, true},
		{"bzip2", many(bzip2Hello), 100, true},
		{"bzip2 in zip", bzip2Zip(50), 50, false},
		{"xz", many(string(xzBlock(2, 0, 0x21, 1, 28, 0, 0, 0))), 200, false},
		// What is stored of 16 MiB.
		{"brotli", manyOf(file{"a.br", "\xcf\xff\xff\xff" + strings.Repeat("\x00abc", HeadSize)}), 100, false},
		// Rows of a MiB, of which a byte is there.
		{"rows of PDF", pdfFile(strings.Repeat("/Predictor 12/Columns 1000000>>\nstream\n"+zlibbed("1")+"\nendstream ", members)), 20, false},
		{"words of PDF", pdfFile(strings.Repeat("stream", 300_000)), 5, false},
	} {
		o := New(DefaultLimits(), nil)
		o.free = 1 << 20
		var errs []error
		got := allocated(func() { errs = o.Open("", test.data, nil, func(Part, io.Reader) error { return nil }) })
		if over := strings.Contains(fmt.Sprint(errs), errMade.Error()); over != test.over || test.what == "bzip2 in zip" && len(errs) > 0 {
			t.Errorf("%s: errors %v", test.what, errs)
		}
		if got>>20 > test.most {
			t.Errorf("%s: %d MiB were allocated, want %d at most", test.what, got>>20, test.most)
		}
	}
}
