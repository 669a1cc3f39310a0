package archive

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

const usualGzip = gzipMagic + "\x00\x00\x00\x00\x00\x00\x03"

// chunked is a body as Transfer-Encoding: chunked has it.
func chunked(body []byte, size int) []byte {
	var b bytes.Buffer
	for part := range slices.Chunk(body, size) {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
	}
	return append(b.Bytes(), "0\r\n\r\n"...)
}

func pngFile(chunks ...string) []byte {
	b := []byte(pngMagic)
	for i := 0; i < len(chunks); i += 2 {
		b = binary.BigEndian.AppendUint32(b, uint32(len(chunks[i+1])))
		b = append(b, chunks[i]+chunks[i+1]+"crc."...)
	}
	return b
}

func zlibbed(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// TestWithin: gzip files in the middle of another are opened, and what only begins like
// one is silent.
func TestWithin(t *testing.T) {
	long := noise(100_000)
	one, two := gzipped("one"), gzipped("two")
	response := []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	for _, test := range []struct {
		what  string
		data  []byte
		parts []string
		errs  []string
	}{
		{"two in a program", slices.Concat([]byte("\x7fELF"), one, []byte("between"), two, []byte("behind")), []string{"gzip at 4=one", fmt.Sprintf("gzip at %d=two", 11+len(one))}, nil},
		{"two, one behind the other", slices.Concat([]byte("\x7fELF"), one, two), []string{"gzip at 4=onetwo"}, nil},
		{"an archive", slices.Concat([]byte("\x7fELF"), gzipped(string(tarred(file{"a", "one"})))), []string{"gzip at 4!/a=one"}, nil},
		{"in front of a zip file", slices.Concat([]byte("MZ"), one, zipped(zip.Store, file{"a.gz", string(two)})), []string{"a.gz=two", "gzip at 2=one"}, nil},
		{"a member of an archive", tarred(file{"a", "\x00" + string(one)}), []string{"a!/gzip at 1=one"}, nil},
		{"bodies of HTTP", slices.Concat([]byte("HTTP/1.1 200 OK\r\n\r\n"), one, []byte("HTTP/1.1 200 OK\r\n\r\n"), two), []string{"gzip at 19=one", fmt.Sprintf("gzip at %d=two", 38+len(one))}, nil},
		{"a body in chunks", slices.Concat(response, chunked(gzipped(long), 1000), []byte("HTTP/1.1 200 OK\r\n\r\n"), two), []string{fmt.Sprintf("gzip at %d=%s", len(response)+5, long), "gzip at *"}, nil},
		{"a body in one chunk", slices.Concat(response, chunked(one, 1000)), []string{fmt.Sprintf("gzip at %d=one", len(response)+4)}, nil},
		{"what looks like a chunk's size", slices.Concat([]byte("x\r\n2\r\n"), one), []string{"gzip at 6=one"}, nil},
		{"false beginnings", slices.Concat([]byte("\x00"), []byte(strings.Repeat(usualGzip+"\xff\xff", 500)), []byte(long), one), []string{fmt.Sprintf("gzip at %d=one", 1+500*12+len(long))}, nil},
		{"nothing but false beginnings", slices.Concat([]byte("\x00"), bytes.Repeat([]byte(usualGzip+"\xff\xff"), 5000), one), nil, []string{"only looks compressed"}},
		{"one that is cut off early", append([]byte("\x00"), gzipped("hello", long)[:20]...), []string{"gzip at 1=hello*"}, nil},
		{"one that is cut off", append([]byte("\x00"), gzipped(long)[:20_000]...), []string{"gzip at 1=" + long[:100] + "*"}, []string{"member gzip at 1: is cut off"}},
		{"one that is damaged, and another", slices.Concat([]byte("\x00"), wrongGzip(long), []byte("?"), two), []string{"gzip at 1=" + long, "gzip at *"}, []string{"checksum is wrong"}},
		{"texts of a picture", pngFile("IHDR", "0123456789abc", "zTXt", "Comment\x00\x00"+zlibbed("one"), "tEXt", "a\x00b", "iTXt", "XML\x00\x01\x00en\x00xml\x00"+zlibbed("two"), "iTXt", "XML\x00\x00\x00en\x00xml\x00three", "IEND", ""),
			[]string{"text at 33=one", fmt.Sprintf("text at %d=two", 33+12+9+len(zlibbed("one"))+12+3)}, nil},
		{"a text of a picture that is none", pngFile("zTXt", "Comment\x00\x00hello", "iTXt", "", "zTXt", "a"), nil, nil},
	} {
		parts, errs := look(t, DefaultLimits(), "", test.data)
		got := texts(parts)
		if !slices.EqualFunc(got, test.parts, func(got, want string) bool {
			begin, open := strings.CutSuffix(want, "*")
			return got == begin || open && strings.HasPrefix(got, begin)
		}) {
			t.Errorf("%s: %.200q, want %.200q", test.what, got, test.parts)
		}
		if !slices.EqualFunc(errs, test.errs, func(err error, want string) bool { return strings.Contains(err.Error(), want) }) {
			t.Errorf("%s: errors %v, want %q", test.what, errs, test.errs)
		}
	}
}

// TestOpenWithin: what is read in pieces of any size gives the same.
func TestOpenWithin(t *testing.T) {
	data := slices.Concat([]byte("\x00"+noise(bufferSize-20)), chunked(gzipped("one"), 20), []byte(noise(bufferSize)), gzipped("two"))
	o := New(DefaultLimits(), nil)
	at := o.Within(data)
	for before := at - WithinLead; before <= at; before += WithinLead / 2 {
		var got []string
		errs := o.OpenWithin("f", int64(before), bytes.NewReader(data[before:]), func(p Part, r io.Reader) error {
			text, err := io.ReadAll(r)
			got = append(got, string(text))
			return err
		})
		if len(errs) > 0 || before < at && !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("from %d on: %q, %v", before, got, errs)
		}
	}
	if o := New(Limits{}, nil); o.Within(data) >= 0 {
		t.Error("a depth of 0 opens it")
	}
}

// sqliteFile is a database with one record on its second page, of which each page behind
// that names the one before it.
func sqliteFile(pageSize int, value []byte) []byte {
	varint := func(n int) []byte {
		return []byte{byte(n>>14) | 0x80, byte(n>>7) | 0x80, byte(n & 0x7f)}
	}
	record := slices.Concat([]byte{4}, varint(12+2*len(value)), value)
	most, least := pageSize-35, (pageSize-12)*32/255-23
	local := least + (len(record)-least)%(pageSize-4)
	if local > most {
		local = least
	}
	over := slices.Collect(slices.Chunk(record[local:], pageSize-4))
	data := make([]byte, pageSize*(2+len(over)))
	copy(data, sqliteMagic)
	binary.BigEndian.PutUint16(data[16:], uint16(pageSize))
	cell := slices.Concat(varint(len(record)), []byte{1}, record[:local], binary.BigEndian.AppendUint32(nil, uint32(2+len(over))))
	at := pageSize - len(cell)
	copy(data[100:], []byte{tableLeaf, 0, 0, 0, 0, byte(pageSize >> 8), byte(pageSize)})
	copy(data[pageSize+at:], cell)
	copy(data[pageSize:], []byte{tableLeaf, 0, 0, 0, 1, byte(at >> 8), byte(at), 0, byte(at >> 8), byte(at)})
	for i, piece := range over {
		n := 1 + len(over) - i // pages from the last to the third
		page := data[n*pageSize:]
		if i < len(over)-1 {
			binary.BigEndian.PutUint32(page, uint32(n))
		}
		copy(page[4:], piece)
	}
	return data
}

// TestRecords: a record on several pages is put together, and what is compressed in it opened.
func TestRecords(t *testing.T) {
	for _, pageSize := range []int{512, 4096} {
		for _, size := range []int{2 * pageSize, 3*pageSize + 5, 10 * pageSize} {
			text := noise(size)
			parts, errs := look(t, DefaultLimits(), "", sqliteFile(pageSize, []byte(text)))
			if len(errs) > 0 || len(parts) != 1 || !parts[0].Joined || !strings.HasSuffix(parts[0].text, text) || parts[0].Layers[0] != "sqlite" {
				t.Errorf("pages of %d bytes, %d bytes: %d parts, %v", pageSize, size, len(parts), errs)
			}
			parts, errs = look(t, DefaultLimits(), "", sqliteFile(pageSize, gzipped(text)))
			if len(errs) > 0 || !slices.ContainsFunc(parts, func(p seenPart) bool { return p.text == text && slices.Equal(p.Layers, []string{"sqlite", "gzip"}) }) {
				t.Errorf("pages of %d bytes, %d bytes compressed: %d parts, %v", pageSize, size, len(parts), errs)
			}
		}
	}
	// What a page names in a ring, and itself.
	ring := sqliteFile(512, []byte(noise(3000)))
	ring[512] = 0
	for page := 1024; page < len(ring); page += 512 {
		binary.BigEndian.PutUint32(ring[page:], uint32(3+page/512%6))
	}
	parts, errs := look(t, DefaultLimits(), "", ring)
	if len(parts) > 6 || len(errs) > 0 {
		t.Errorf("a ring: %d parts, %v", len(parts), errs)
	}
}

// FuzzRecords: whatever a database says, reading it takes no longer than its size allows,
// and what it hands over is of its pages.
func FuzzRecords(f *testing.F) {
	f.Add(sqliteFile(512, []byte(noise(3000))))
	f.Add(sqliteFile(1024, gzipped(noise(3000))))
	wal := append([]byte("\x37\x7f\x06\x82\x00\x2d\xe2\x18\x00\x00\x02\x00"), make([]byte, walHeader-12)...)
	for n, page := range slices.Collect(slices.Chunk(sqliteFile(512, []byte(noise(1500))), 512)) {
		frame := make([]byte, walFrame)
		frame[3] = byte(n + 1)
		wal = append(append(wal, frame...), page...)
	}
	f.Add(wal)
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		errs := New(DefaultLimits(), nil).Open("", data, nil, func(p Part, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			if p.Joined {
				total += int(n)
			}
			return err
		})
		for _, err := range errs {
			if errors.Is(err, errPanic) {
				t.Error(err)
			}
		}
		if isSQLite(data) && total > 8*len(data) {
			t.Errorf("%d bytes of %d", total, len(data))
		}
	})
}

// TestDatabaseSize: the largest size of a page is written as 1.
func TestDatabaseSize(t *testing.T) {
	head := append([]byte(sqliteMagic), make([]byte, 100)...)
	head[31] = 200 // pages
	for field, size := range map[uint16]int64{1: maxPageSize, 4096: 4096, 512: 512} {
		binary.BigEndian.PutUint16(head[16:], field)
		if got := databaseSize(head); got != 200*size {
			t.Errorf("200 pages of %d are %d bytes, want %d", field, got, 200*size)
		}
	}
}
