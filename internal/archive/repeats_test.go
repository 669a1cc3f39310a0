package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// asarOf is an Electron archive with a listing and nothing else.
func asarOf(listing string) []byte {
	n := uint32(len(listing))
	padded := (n + 3) &^ 3
	var b []byte
	for _, field := range []uint32{4, padded + 8, padded + 4, n} {
		b = binary.LittleEndian.AppendUint32(b, field)
	}
	return append(append(b, listing...), make([]byte, padded-n)...)
}

// manyIn is a listing of one directory with files in it.
func manyIn(dir string, files int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"files":{%q:{"files":{"0":{"offset":"0","size":0}`, dir)
	for i := 1; i < files; i++ {
		fmt.Fprintf(&b, `,"%d":{"offset":"0","size":0}`, i)
	}
	return b.String() + "}}}}"
}

// arWithTable is an ar archive with a table of one long name, and entries that have it.
func arWithTable(name string, entries int) []byte {
	entry := func(named string, size int) string { return fmt.Sprintf("%-16s%-32s%-10d`\n", named, "", size) }
	return []byte("!<arch>\n" + entry("//", len(name)) + name + strings.Repeat(entry("/0", 0), entries))
}

// TestSharedNames: what many entries have for a name is not searched as often as it likes.
func TestSharedNames(t *testing.T) {
	long := strings.Repeat("directory/", 10_000)
	limits := DefaultLimits()
	limits.Size = 1 << 20
	for _, test := range []struct {
		what   string
		data   []byte
		limits Limits
		most   int // bytes of names
		want   string
	}{
		{"paths of an asar", asarOf(manyIn(strings.Repeat("d", 200_000), 1000)), DefaultLimits(), maxPaths, "paths of more than"},
		{"deep paths of an asar", asarOf(strings.Repeat(`{"files":{"`+strings.Repeat("d", 1000)+`":`, 2000) + `{"offset":"0","size":0}` + strings.Repeat("}}", 2000)), DefaultLimits(), maxPaths, "paths of more than"},
		{"names of an ar", arWithTable(long, 1000), DefaultLimits(), 1000*maxPath + len(long), ""},
		{"names of a zip", zipped(zip.Store, slices.Repeat([]file{{long[:50_000], ""}}, 100)...), limits, 1<<20 + 50_000, "--max-archive-size"},
	} {
		names := 0
		errs := New(test.limits, nil).Open("", test.data, nil, func(p Part, r io.Reader) error {
			if n, _ := io.Copy(io.Discard, r); p.Heading {
				names += int(n)
			}
			return nil
		})
		if got := fmt.Sprint(errs); test.want == "" && len(errs) > 0 || !strings.Contains(got, test.want) {
			t.Errorf("%s: errors %v, want %q", test.what, errs, test.want)
		}
		if names > test.most {
			t.Errorf("%s: %d bytes of names were searched, want %d at most", test.what, names, test.most)
		}
	}
}

// TestRepeatedLists: a list of files that is told again is damage.
func TestRepeatedLists(t *testing.T) {
	none := []byte{sevenFiles, 0, sevenEnd}
	r := &sevenReader{b: append(append([]byte{}, none...), sevenEnd), entries: 10}
	if _, _, err := r.listing(); err != nil {
		t.Fatalf("one list: %v", err)
	}
	again := append([]byte{}, none...)
	for range 1000 {
		again = append(again, none...)
	}
	r = &sevenReader{b: append(again, sevenEnd), entries: 10}
	if _, _, err := r.listing(); err == nil {
		t.Error("a thousand lists: no error")
	}
}

// TestRepeatedCells: cells that lead to pages which were read do not have their values listed.
func TestRepeatedCells(t *testing.T) {
	const pageSize = 16 << 10
	data := sqliteFile(pageSize, []byte(noise(2*pageSize)))
	page := data[pageSize:]
	at := page[8:10]
	const cells = 500
	binary.BigEndian.PutUint16(page[3:], cells)
	for i := range cells {
		copy(page[8+2*i:], at)
	}
	allocs := testing.AllocsPerRun(1, func() { look(t, DefaultLimits(), "", data) })
	if allocs > cells/2 {
		t.Errorf("%.0f allocations for one record that %d cells name", allocs, cells)
	}
}

// TestLongPaths: a path that many members or keys have in common is told in short.
func TestLongPaths(t *testing.T) {
	long := strings.Repeat("directory/", 6000)
	inner := string(zipped(zip.Store, file{long + "1", string(zipped(zip.Store, file{long + "2", noise(100)}))}))
	seen := 0
	errs := New(DefaultLimits(), nil).Open("", zipped(zip.Store, file{"outer.zip", inner}), nil, func(p Part, r io.Reader) error {
		if len(p.Member) > 2*maxPath+len(Separator) {
			t.Errorf("a path of %d bytes", len(p.Member))
		}
		if strings.HasSuffix(p.Member, "directory/…") && len(p.Name) > len(long) {
			seen++
		}
		return nil
	})
	if len(errs) > 0 || seen == 0 {
		t.Errorf("%d parts have a long name, errors %v", seen, errs)
	}
}

// overlappingZip has entries that all are one DEFLATE stream, which unpacks to nothing.
func overlappingZip(packed []byte, entries int) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "a", Method: zip.Deflate, CompressedSize64: uint64(len(packed))})
	if err == nil {
		_, err = w.Write(packed)
	}
	if err != nil || z.Close() != nil {
		panic(err)
	}
	data := b.Bytes()
	at, end := bytes.Index(data, []byte(zipCentral)), bytes.Index(data, []byte(zipEnd))
	listed := bytes.Repeat(data[at:end], entries)
	tail := bytes.Clone(data[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(entries))
	binary.LittleEndian.PutUint16(tail[10:], uint16(entries))
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(listed)))
	return slices.Concat(data[:at], listed, tail)
}

// emptyBlocks is a DEFLATE stream of so many blocks without content.
func emptyBlocks(n int) string {
	return strings.Repeat("\x00\x00\x00\xff\xff", n) + "\x01\x00\x00\xff\xff"
}

// TestOverlappingEntries: what entries of a zip file share is counted, if it unpacks to
// nothing too.
func TestOverlappingEntries(t *testing.T) {
	limits := DefaultLimits()
	limits.Size = 1 << 20
	for entries, want := range map[int]string{1: "[]", 50: "--max-archive-size"} {
		errs := New(limits, nil).Open("", overlappingZip([]byte(emptyBlocks(20_000)), entries), nil, func(Part, io.Reader) error { return nil })
		if got := fmt.Sprint(errs); !strings.Contains(got, want) {
			t.Errorf("%d entries: errors %v, want %s", entries, got, want)
		}
	}
}

// TestZipHeaders: where the header of an entry begins is told though another begins in it.
func TestZipHeaders(t *testing.T) {
	data := zipped(zip.Store, file{"one", zipLocal + strings.Repeat("\x00", zipHeaderSize)}, file{zipLocal + strings.Repeat("\xff", 40), "two"})
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	second := bytes.Index(data, []byte(zipDescriptor)) + 16
	want := map[int64]int{zipHeaderSize + 3: 0, int64(second + zipHeaderSize + 44): second}
	if got := zipHeaders(data, r.File); !maps.Equal(got, want) {
		t.Errorf("headers %v, want %v", got, want)
	}
}

// deflatedTwice is a 7z archive of a file without content, the stream of which is packed
// once more.
func deflatedTwice(stream string) []byte {
	const deflate = "\x03\x04\x01\x08"
	b := sevenZipped(sevenPacking{deflate, func(string) []byte { return deflated(stream) }}, file{"a", "1"})
	at := binary.LittleEndian.Uint64(b[12:])
	one := append([]byte("\x01"+deflate), sevenUnpackSizes)
	two := append([]byte("\x02"+deflate+deflate+"\x00\x01"), sevenUnpackSizes)
	header := bytes.Replace(b[sevenStart+at:], append(one, sevenNumber(1)...), slices.Concat(two, sevenNumber(1), sevenNumber(uint64(len(stream)))), 1)
	return sevenAround(b[sevenStart:][:at], header)
}

// TestChainedCoders: what one decoder of a 7z archive gives to another is counted.
func TestChainedCoders(t *testing.T) {
	limits := DefaultLimits()
	limits.Size = 1 << 20
	for blocks, want := range map[int]string{100_000: errSevenShort.Error(), 1_000_000: "--max-archive-size"} {
		errs := New(limits, nil).Open("", deflatedTwice(emptyBlocks(blocks)), nil, func(Part, io.Reader) error { return nil })
		if got := fmt.Sprint(errs); !strings.Contains(got, want) {
			t.Errorf("%d blocks: errors %v, want %s", blocks, got, want)
		}
	}
}

// TestEmptyBlobs: what is read of streams is counted, if they unpack to nothing too.
func TestEmptyBlobs(t *testing.T) {
	blocks := emptyBlocks(100)
	unit := blocks[:len(blocks)-5] + "\x00\x02\x00\xfd\xff\x78\x9c" // in which another stream begins
	_, errs := look(t, DefaultLimits(), "", []byte(bplistMagic+strings.Repeat(unit, 300)))
	if len(errs) != 1 || !errors.Is(errs[0], errBlobs) {
		t.Errorf("errors %v, want %v", errs, errBlobs)
	}
}

// TestManyRecords: what is written about an entry of a tar is searched at once.
func TestManyRecords(t *testing.T) {
	records := map[string]string{}
	for i := range 1000 {
		records[fmt.Sprintf("x.%d", i)] = fmt.Sprint("record ", i)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "a", PAXRecords: records, Format: tar.FormatPAX}), w.Close()); err != nil {
		t.Fatal(err)
	}
	var headings []string
	errs := New(DefaultLimits(), nil).Open("", b.Bytes(), nil, func(p Part, r io.Reader) error {
		text, err := io.ReadAll(r)
		headings = append(headings, string(text))
		return err
	})
	all := strings.Join(headings, "\n")
	if len(errs) > 0 || len(headings) > 10 || !strings.Contains(all, "record 0\n") || !strings.Contains(all, "record 999") {
		t.Errorf("%d headings, errors %v", len(headings), errs)
	}
}
