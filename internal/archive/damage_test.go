package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestBadInput: each is read as far as it goes, and says what was missed.
func TestBadInput(t *testing.T) {
	long := noise(100_000)
	middle := func(data []byte) []byte { // makes a block one of the kind that does not exist
		data = bytes.Clone(data)
		data[bytes.Index(data, []byte("\x00\x00\xff\xff"))+4] |= 6
		return data
	}
	two := []file{{"a", "one"}, {"b", "two"}}
	encrypted := zipped(zip.Deflate, two...)
	encrypted[bytes.Index(encrypted, []byte(zipCentral))+8] |= 1
	method := zipped(zip.Deflate, two...)
	method[bytes.Index(method, []byte(zipCentral))+10] = 99
	damagedZip := rawZip(middle(deflated(long, noise(500))))
	huge := tarred(file{"a", "one"}, file{"b", "two"})
	copy(huge[124:], "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff")
	signTar(huge)
	junk := slices.Concat(tarred(two[0])[:1024], bytes.Repeat([]byte("?"), 1024), tarred(two[1]))
	for _, test := range []struct {
		what, name string
		data       []byte
		parts      []string // what is read; a "*" ends one of which only the beginning counts
		errs       []string
	}{
		{"gzip that is cut off", "a.gz", gzipped(long)[:20_000], []string{Unnamed + "=" + long[:100] + "*"}, []string{"is cut off: it ends after"}},
		{"gzip with a wrong checksum", "", wrongGzip(long), []string{Unnamed + "=" + long}, []string{"is damaged: its checksum is wrong"}},
		{"little gzip with a wrong checksum", "", wrongGzip("hello"), []string{Unnamed + "=hello"}, nil},
		{"little gzip with a wrong checksum and a name", "a.gz", wrongGzip("hello"), []string{Unnamed + "=hello"}, []string{"is damaged: its checksum is wrong"}},
		{"gzip of members the first of which has a wrong checksum", "", append(wrongGzip(long), gzipped("hello")...), []string{Unnamed + "=" + long + "hello"}, []string{"is damaged: its checksum is wrong"}},
		{"gzip of members the first of which is damaged", "", append(middle(gzipped(long, noise(500))), gzipped("hello")...), []string{Unnamed + "=" + long + "hello"}, []string{"is damaged: after 100000 bytes"}},
		{"gzip of members the last of which is cut off", "", append(gzipped(long), gzipped("hello")[:12]...), []string{Unnamed + "=" + long + "*"}, []string{"is cut off"}},
		{"zlib with a wrong checksum", "", wrongZlib(long), []string{Unnamed + "=" + long}, []string{"is damaged: its checksum is wrong"}},
		{"text that begins like zlib", "", []byte("x^2" + strings.Repeat(" + y^2", 200)), []string{Unnamed + "=*"}, nil},
		{"zstd with a wrong checksum", "", wrongZstd(t, long), []string{Unnamed + "=" + long + "hello"}, []string{"is damaged: its checksum is wrong"}},
		{"lz4 with a wrong checksum", "", wrongLZ4(long), []string{Unnamed + "=" + long + "hello"}, []string{"is damaged: its checksum is wrong"}},
		{"a gzipped tar that is cut off", "", gzipped(string(tarred(file{"a", "one"}, file{"b.gz", string(gzipped(long))})))[:20_000], []string{"a=one", "b.gz=" + long[:100] + "*"}, []string{"member b.gz: is cut off: it ends after"}},
		{"a gzipped tar that is damaged", "", middle(gzipped(string(tarred(file{"a", long})[:50_000]), noise(500))), []string{"a=" + long[:100] + "*"}, []string{"member a: is cut off: 49488 of its 100000 bytes are there", "is damaged: after 50000 bytes"}},
		{"a database full of what begins like zlib", "", []byte(sqliteMagic + strings.Repeat("x\x9c", 5000) + string(gzipped("hello"))), nil, []string{"only looks compressed"}},
		{"a database with little of that", "", []byte(sqliteMagic + strings.Repeat("x\x9c", 500) + string(gzipped("hello"))), []string{"blob at 1016=hello"}, nil},
		{"gzip with something behind it", "", append(gzipped("hello"), "more"...), []string{Unnamed + "=hello"}, nil},
		{"gzip that is damaged", "", middle(gzipped(long, noise(500))), []string{Unnamed + "=" + long[:100] + "*"}, []string{"is damaged"}},
		{"what only begins like gzip", "data.bin", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff\xff"), []string{Unnamed + "="}, nil},
		{"what only claims to be gzip", "data.gz", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff\xff"), []string{Unnamed + "="}, []string{"cannot be unpacked"}},
		{"zip without its directory", "", zipped(zip.Deflate, two...)[:bytes.Index(zipped(zip.Deflate, two...), []byte(zipCentral))], []string{"a=one", "b=two"}, []string{"its directory is missing"}},
		{"stored zip without its directory", "", zipped(zip.Store, two...)[:bytes.Index(zipped(zip.Store, two...), []byte(zipCentral))], []string{"a=one", "b=two"}, []string{"its directory is missing"}},
		{"zip that is cut off in an entry", "", zipped(zip.Deflate, file{"a", "one"}, file{"b", long})[:20_000], []string{"a=one", "b=" + long[:100] + "*"}, []string{"member b: is cut off: it ends after"}},
		{"zip with a wrong checksum in its directory", "", wrongZip(two...), []string{"a=one", "b=two"}, []string{"member a: is damaged: its checksum is wrong"}},
		{"zip with a wrong checksum behind an entry, and no directory", "", wrongLocalZip(file{"a", long}, file{"b", long}), []string{"a=" + long, "b=" + long}, []string{"member a: is damaged: its checksum is wrong", "is cut off: its directory is missing"}},
		{"what only begins like zip", "", append(bytes.Clone(zipped(zip.Deflate, file{"a", "one"})[:31]), bytes.Repeat([]byte{0xff}, 500)...), []string{"a="}, nil},
		{"what claims to be zip, and only begins so", "a.zip", append(bytes.Clone(zipped(zip.Deflate, file{"a", "one"})[:31]), bytes.Repeat([]byte{0xff}, 500)...), []string{"a="}, []string{"no entry of it can be read"}},
		{"zip with an encrypted entry", "", encrypted, []string{"b=two"}, []string{"member a: is encrypted"}},
		{"zip with an unknown method", "", method, []string{"b=two"}, []string{"member a: is compressed by a method"}},
		{"zip with an entry that its directory lacks", "", slices.Concat(zipped(zip.Deflate, two[0])[:bytes.Index(zipped(zip.Deflate, two[0]), []byte(zipCentral))], zipped(zip.Deflate, two[1])), []string{"b=two", "a=one"}, nil},
		{"zip with a damaged entry", "", damagedZip, []string{"a=" + long[:100] + "*", "b=two"}, []string{"member a: is damaged"}},
		{"the last part of a zip file in several", "", lastPart(two...), nil, []string{"is the last part of an archive in several"}},
		{"encrypted PDF", "", pdfFile("trailer\n<< /Size 2 /Root 1 0 R /Encrypt 3 0 R >>\nstartxref\n9\n%%EOF\n"), []string{"stream 1=one"}, []string{"is encrypted"}},
		{"encrypted PDF with a stream for a trailer", "", pdfFile("4 0 obj\n<< /Type /XRef /Encrypt<< /V 5 >> /Length 3 >>\nstream\nabc\nendstream\n"), []string{"stream 1=one"}, []string{"is encrypted"}},
		{"PDF that is not encrypted", "", pdfFile("trailer\n<< /Size 2 /EncryptMetadata false /Info (how to /Encrypt files) >>\n"), []string{"stream 1=one"}, nil},
		{"tar with junk between entries", "", junk, []string{"a=one", "b=two"}, []string{"is damaged"}},
		{"tars one behind the other", "", slices.Concat(tarred(two[0]), tarred(two[1])), []string{"a=one", "b=two"}, nil},
		{"tar with an absurd size", "", huge, []string{"a=one*"}, []string{"member a: is cut off: 2560 of its"}},
		{"ar with a header that is none", "", []byte("!<arch>\n" + strings.Repeat("x", 60)), nil, nil},
		{"ar with a second header that is none", "", []byte(fmt.Sprintf("!<arch>\n%-16s%-32s%-10d`\nab", "a/", "", 2) + strings.Repeat("x", 60)), []string{"a=ab"}, []string{"header cannot be read"}},
		{"ar with an absurd size", "", fmt.Appendf(nil, "!<arch>\n%-16s%-32s%-10d`\nabc", "a/", "", 9_999_999_999), []string{"a=abc"}, []string{"member a: is cut off: 3 of its 9999999999"}},
		{"cpio with an absurd size", "", []byte("070701" + strings.Repeat("00000000", 1) + "000081a4" + strings.Repeat("00000000", 4) + "ffffffff" + strings.Repeat("00000000", 4) + "00000002" + "00000000" + "a\x00abc"), []string{"a=abc"}, []string{"member a: is cut off: 3 of its 4294967295"}},
		{"text that begins like cpio", "", []byte("070701 is the number of the beast\n" + strings.Repeat("0", 200)), nil, nil},
		{"asar with an absurd listing", "a.asar", append([]byte{4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff}, `{"files":{}}`...), nil, []string{"listing has"}},
		{"rpm with an absurd header", "", append(append([]byte("\xed\xab\xee\xdb"), make([]byte, 92)...), "\x8e\xad\xe8\x01\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"...), nil, []string{"is cut off"}},
		{"xz with a window of 4 GiB", "", xzBlock(2, 0, 0x21, 1, 40, 0, 0, 0), nil, []string{"takes more memory"}},
		{"xz with a filter for ARM64", "", xzBlock(2, 1, 0x0a, 0, 0x21, 1, 16, 0), nil, []string{"a filter of xz that is not read"}},
		{"lzma with a window of 3 GiB", "", hugeLZMA(), nil, []string{"takes more memory"}},
		{"lzma that is damaged", "", damagedLZMA(long), []string{Unnamed + "=" + long[:100] + "*"}, []string{"is damaged"}},
		{"lzma that is cut off", "", lzmaed(long)[:30_000], []string{Unnamed + "=" + long[:10_000] + "*"}, []string{"is cut off: it ends after"}},
		{"what only begins like lzma", "data.bin", append(lzmaed("")[:14], bytes.Repeat([]byte("\xff\x00"), 500)...), []string{Unnamed + "="}, nil},
		{"bzip2 with something behind it", "", []byte(bzip2Hello + strings.Repeat("\x00", 8)), []string{Unnamed + "=" + strings.Repeat("hello\n", 20)}, nil},
		{"lz4 with something behind it", "", append(lz4ed("hello"), "more"...), []string{Unnamed + "=hello"}, nil},
		{"lz4 that is damaged", "", damagedLZ4(long), []string{Unnamed + "=" + long[:100] + "*"}, []string{"is damaged"}},
		{"zip with LZMA data that are none", "", lzmaZip("\x09\x14\x05\x00\x5d\x00\x00\x80\x00\x00\xff\xff\xff\xff"), []string{"b=two"}, []string{"member a: cannot be unpacked"}},
		{"zip with LZMA properties of another size", "", lzmaZip("\x09\x14\x09\x00\x5d\x00\x00\x80\x00"), []string{"b=two"}, []string{"LZMA properties"}},
		{"zstd with the window of zstd --long", "", windowedZstd(t, 27), []string{Unnamed + "=hello"}, nil},
		{"zstd with a larger window", "", windowedZstd(t, 28), []string{Unnamed + "="}, []string{"takes more memory"}},
		{"zstd with a window of 2 GiB", "", windowedZstd(t, 31), []string{Unnamed + "="}, []string{"takes more memory"}},
		{"a bundle that is cut off", "", []byte("# v2 git bundle\n0123 refs/heads/main\n\nPACK"), nil, nil},
		{"a bundle of a real ref that is cut off", "", []byte("# v2 git bundle\n" + strings.Repeat("0123456789", 4) + " refs/heads/main\n"), nil, []string{"is cut off"}},
		{"a bundle without its pack", "", []byte("# v2 git bundle\n" + strings.Repeat("0123456789", 4) + " refs/heads/main\n\nno pack at all"), nil, []string{"no pack follows"}},
		{"a pack that is damaged", "", []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01" + strings.Repeat("\xff", 100)), nil, []string{"the entry at offset 12"}},
		{"names that lead elsewhere", "", tarred(file{"../../etc/passwd", "up"}, file{"/abs", "top"}, file{"!", "x"}), []string{"../../etc/passwd=up", "/abs=top", "./!=x"}, nil},
	} {
		t.Run(test.what, func(t *testing.T) {
			parts, errs := look(t, DefaultLimits(), test.name, test.data)
			got := texts(parts)
			same := len(got) == len(test.parts)
			for i := 0; same && i < len(got); i++ {
				begin, open := strings.CutSuffix(test.parts[i], "*")
				same = got[i] == begin || open && strings.HasPrefix(got[i], begin)
			}
			if !same {
				t.Errorf("read %.200q, want %.200q", got, test.parts)
			}
			if len(errs) != len(test.errs) {
				t.Fatalf("errors %v, want %q", errs, test.errs)
			}
			for i, want := range test.errs {
				if !strings.Contains(errs[i].Error(), want) {
					t.Errorf("error %q, want %q in it", errs[i], want)
				}
			}
		})
	}
}

// TestBehind: a zip file behind a program is read by its directory, also if the program
// is too large to be held.
func TestBehind(t *testing.T) {
	packed := zipped(zip.Deflate, file{"a", "one"}, file{"b", "two"})
	o := New(DefaultLimits(), nil)
	for _, size := range []int{100, 9 << 20} {
		data := slices.Concat([]byte("MZ"), []byte(noise(size)), packed, make([]byte, 5000)) // signed
		if o.Holds(data[:HeadSize], "") || !o.HoldsWhole(data, "") {
			t.Errorf("%d bytes before it: it is not seen", size)
		}
		head := data[:min(len(data), 8<<20)]
		var rest io.Reader
		if len(head) < len(data) {
			rest = bytes.NewReader(data[len(head):])
		}
		mapped := func() ([]byte, func(), error) { return data, func() {}, nil }
		if rest != nil && !o.HoldsMapped(head, mapped) {
			t.Errorf("%d bytes before it: it is not seen in a mapping", size)
		}
		var got []string
		errs := o.OpenMapped("", head, rest, mapped, func(p Part, r io.Reader) error {
			if text, _ := io.ReadAll(r); !p.Heading {
				got = append(got, p.Member+"="+string(text))
			}
			return nil
		})
		if len(errs) > 0 || strings.Join(got, " ") != "a=one b=two" {
			t.Errorf("%d bytes before it: %.100q, errors %v", size, got, errs)
		}
	}
	for _, data := range []string{"a text" + zipEnd + strings.Repeat("\x00", 18), "MZ" + zipEnd + strings.Repeat("\x01", 18), "#!/bin/sh\n\x00\n" + gzipMagic} {
		if _, errs := look(t, DefaultLimits(), "", []byte(data)); len(errs) > 0 {
			t.Errorf("%q: %v", data, errs)
		}
	}
}

// TestOnlyMarks: what only begins like a container is none, and no damage is seen in
// it.
func TestOnlyMarks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, mark := range []string{
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "\x1f\x8b\x08", "x\x9c", "x^", "x\x01", "\x28\xb5\x2f\xfd", "\x04\x22\x4d\x18", lz4Old,
		"BZh91AY&SY", "\xfd7zXZ\x00\x00\x04", zipLocal, "PK\x03\x04\x14\x00\x00\x00\x08\x00", "PACK\x00\x00\x00\x02", "!<arch>\n", cpioNew, cpioOld,
		"\xed\xab\xee\xdb", "Cr24\x03\x00\x00\x00", sevenMagic, "%PDF-1.4\n", "\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00",
		"# v2 git bundle\n", "\x04\x00\x00\x00", "Rar!\x1a\x07\x00", "hsqs", oleMagic,
	} {
		for _, letters := range []struct{ from, count int }{{0, 256}, {' ', 95}} {
			for range 10 {
				data := []byte(mark)
				for range r.IntN(2000) {
					data = append(data, byte(letters.from+r.IntN(letters.count)))
				}
				if _, errs := look(t, DefaultLimits(), "", data); len(errs) > 0 {
					t.Errorf("%q and %d bytes: %v", mark, len(data)-len(mark), errs)
				}
			}
		}
	}
}

// longNoise is noise over and over, where only its size matters: to draw megabytes takes seconds under the race detector.
func longNoise(size int) string { return strings.Repeat(noise(1<<10), 1+size>>10)[:size] }

// TestFalseMember: a member that only begins like a container is searched as it
// stands, from its beginning on, though it is too large to be held.
func TestFalseMember(t *testing.T) {
	text := "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff" + longNoise(holdMax+1000)
	parts, errs := look(t, DefaultLimits(), "", tarred(file{"m", text}))
	if len(errs) != 0 || len(parts) != 2 || !parts[1].Raw || parts[1].text != text {
		t.Errorf("%d parts, errors %v", len(parts), errs)
	}
	text = zipLocal + strings.Repeat("\xff", 30) + longNoise(holdMax+200_000)
	_, errs = look(t, DefaultLimits(), "", tarred(file{"m", text}))
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "holds no entry") {
		t.Errorf("errors %v, want that it cannot be read", errs)
	}
}

// wrongGzip is a gzip file with a wrong checksum.
func wrongGzip(text string) []byte {
	b := gzipped(text)
	b[len(b)-8] ^= 1
	return b
}

func wrongZlib(text string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	b.Bytes()[b.Len()-1] ^= 1
	return b.Bytes()
}

// wrongZstd has two frames, the first with a wrong checksum.
func wrongZstd(t testing.TB, text string) []byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := z.EncodeAll([]byte(text), nil)
	b[len(b)-1] ^= 1
	return z.EncodeAll([]byte("hello"), b)
}

// wrongLZ4 has two frames, the first with a wrong checksum.
func wrongLZ4(text string) []byte {
	b := lz4ed(text)
	b[len(b)-1] ^= 1
	return append(b, lz4ed("hello")...)
}

// wrongZip has a wrong checksum of its first entry in its directory.
func wrongZip(files ...file) []byte {
	b := zipped(zip.Deflate, files...)
	b[bytes.Index(b, []byte(zipCentral))+16] ^= 1
	return b
}

// wrongLocalZip has no directory, and a wrong checksum behind its first entry.
func wrongLocalZip(files ...file) []byte {
	b := zipped(zip.Deflate, files...)
	b[bytes.Index(b, []byte(zipDescriptor))+4] ^= 1
	return b[:bytes.Index(b, []byte(zipCentral))]
}

// TestCut cuts every kind at every length: nothing panics, each cut is told of once
// or twice, and nothing else is.
func TestCut(t *testing.T) {
	for name, data := range samples(t) {
		for n := 0; n < len(data); n += 1 + len(data)/200 {
			_, errs := look(t, DefaultLimits(), "", data[:n])
			if len(errs) > 2 || len(errs) == 0 && n >= certain.cut && !(name == "tar" && endsWell(data[:n])) {
				t.Errorf("%s, %d of %d bytes: %v", name, n, len(data), errs)
			}
			for _, err := range errs {
				if !isCut(err) {
					t.Errorf("%s, %d of %d bytes: %v", name, n, len(data), err)
				}
			}
		}
	}
}

// endsWell reports whether a tar archive that is cut off does not show it.
func endsWell(data []byte) bool {
	if len(data) < tarBlock {
		return true
	}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		_, err := r.Next()
		if err != nil {
			return err == io.EOF
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return false
		}
	}
}

// TestDoubt: of a file without a name it is told why it was taken for no archive, and which
// names would claim that it is one.
func TestDoubt(t *testing.T) {
	data := []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff\xff\xff")
	visit := func(Part, io.Reader) error { return nil }
	var doubt *Doubt
	if errs := New(DefaultLimits(), nil).Open("", data, nil, visit); len(errs) != 1 || !errors.As(errs[0], &doubt) {
		t.Fatalf("without a name: %v", errs)
	}
	if !doubt.ClaimedBy("b/a.gz") || doubt.ClaimedBy("a.zip") || doubt.ClaimedBy("a") {
		t.Errorf("%v is claimed by other names than those of gzip", doubt)
	}
	for name, want := range map[string]int{"a": 0, "a.gz": 1} {
		if errs := New(DefaultLimits(), nil).Open(name, data, nil, visit); len(errs) != want || errors.As(errors.Join(errs...), &doubt) {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// lastPart is the end of a zip file of which other parts have the beginning.
func lastPart(files ...file) []byte {
	whole := zipped(zip.Deflate, files...)
	part := append([]byte("the end of an entry"), whole[len(whole)/4:]...)
	part[bytes.LastIndex(part, []byte(zipEnd))+4] = 2
	return part
}

// pdfFile is a PDF file with one packed stream, and what follows that.
func pdfFile(behind string) []byte {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write([]byte("one"))
	_ = z.Close()
	return fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n%s", packed.Len(), packed.Bytes(), behind)
}
