package gitrepo

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
)

// indexBody writes an index without its checksum. Entries are as git writes
// them, except that it does not sort; tail is what follows them.
func indexBody(version uint32, entries []Entry, tail string) []byte {
	be := binary.BigEndian
	b := be.AppendUint32([]byte("DIRC"), version)
	b = be.AppendUint32(b, uint32(len(entries)))
	last := ""
	for _, e := range entries {
		start := len(b)
		for _, n := range []uint32{e.CTime.Sec, e.CTime.Nsec, e.MTime.Sec, e.MTime.Nsec, e.Dev, e.Ino, e.Mode, e.UID, e.GID, e.Size} {
			b = be.AppendUint32(b, n)
		}
		id := make([]byte, 20)
		copy(id, e.ID.Bytes())
		b = append(b, id...)
		b = be.AppendUint16(b, uint16(e.Stage)<<flagStageShift|uint16(min(len(e.Path), nameLengthMask)))
		if version == 4 {
			shared := 0
			for shared < min(len(last), len(e.Path)) && last[shared] == e.Path[shared] {
				shared++
			}
			b = append(appendOffsetVarint(b, uint64(len(last)-shared)), e.Path[shared:]...)
			b = append(b, 0)
			last = e.Path
			continue
		}
		b = append(b, e.Path...)
		b = append(b, make([]byte, entryAlignment-(len(b)-start)%entryAlignment)...)
	}
	return append(b, tail...)
}

// appendOffsetVarint is the inverse of offsetVarint.
func appendOffsetVarint(b []byte, n uint64) []byte {
	digits := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		digits = append(digits, byte(n&0x7f)|0x80)
	}
	slices.Reverse(digits)
	return append(b, digits...)
}

func seal(body []byte) []byte {
	sum := sha1.Sum(body)
	return append(slices.Clone(body), sum[:]...)
}

func extensionOf(name, content string) string {
	return name + string(binary.BigEndian.AppendUint32(nil, uint32(len(content)))) + content
}

func entriesOf(paths ...string) (entries []Entry) {
	for i, path := range paths {
		entries = append(entries, Entry{Path: path, Mode: ModeFile, Size: uint32(i)})
	}
	return entries
}

func TestOffsetVarint(t *testing.T) {
	for _, n := range []uint64{0, 1, 127, 128, 129, 16511, 16512, 1 << 32, 1<<64 - 1} {
		b := appendOffsetVarint(nil, n)
		if got, size := offsetVarint(append(b, 0xff)); got != n || size != len(b) {
			t.Errorf("%d comes back as %d, %d bytes of %x", n, got, size, b)
		}
		if _, size := offsetVarint(b[:len(b)-1]); size != 0 {
			t.Errorf("%d cut short is accepted", n)
		}
	}
	if _, size := offsetVarint(bytes.Repeat([]byte{0xff}, 20)); size != 0 {
		t.Error("a number beyond 64 bits is accepted")
	}
}

func TestIndexErrors(t *testing.T) {
	two := indexBody(2, entriesOf("a", "b"), "")
	tests := map[string]struct {
		data  []byte
		names string
	}{
		"empty":               {nil, "not an index"},
		"signature":           {seal(append([]byte("DIRX"), two[4:]...)), "not an index"},
		"version 1":           {seal(indexBody(1, nil, "")), "version 1"},
		"version 5":           {seal(indexBody(5, nil, "")), "version 5"},
		"number of entries":   {seal(append(append(slices.Clone(two[:8]), 0xff, 0xff, 0xff, 0xff), two[12:]...)), "cut short"},
		"cut in an entry":     {seal(two[:len(two)-9]), "cut short"},
		"unknown required":    {seal(indexBody(2, entriesOf("a"), extensionOf("zork", "x"))), `"zork"`},
		"required and cut":    {seal(indexBody(2, nil, "zork\xff\xff\xff\xff")), `"zork"`},
		"link too long":       {seal(indexBody(2, nil, "link\xff\xff\xff\xff")), "cut short"},
		"no path":             {seal(indexBody(2, entriesOf(""), "")), "without a path"},
		"NUL in a path":       {seal(indexBody(2, entriesOf("a\x00b"), "")), "cut short"},
		"path too long":       {seal(indexBody(2, entriesOf(strings.Repeat("x", maxIndexPath+1)), "")), "cut short"},
		"unknown flags":       {seal(extendedFlags(0x1000)), "unknown flags"},
		"link cut short":      {seal(indexBody(2, nil, extensionOf("link", "short"))), "link"},
		"link without bitmap": {seal(indexBody(2, nil, extensionOf("link", strings.Repeat("x", 20)+"junk"))), "link"},
		"another shared one":  {seal(indexBody(2, nil, extensionOf("link", strings.Repeat("y", 20)))), "not the one"},
		"shared index absent": {seal(indexBody(2, nil, extensionOf("link", strings.Repeat("x", 20)))), "sharedindex.7878"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "index")
			other := filepath.Join(filepath.Dir(path), "sharedindex."+strings.Repeat("79", 20))
			if err := errors.Join(os.WriteFile(path, test.data, 0o644), os.WriteFile(other, seal(two), 0o644)); err != nil {
				t.Fatal(err)
			}
			index, err := ReadIndex(path, filepath.Dir(path), 20)
			if err == nil || index != nil || !strings.Contains(err.Error(), test.names) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, error %v does not name %q and the file", index, err, test.names)
			}
		})
	}
}

// extendedFlags is an index of one entry with a second word of flags.
func extendedFlags(flags uint16) []byte {
	b := indexBody(3, entriesOf("a"), "")
	at := indexHeader + entryStat + 20
	b[at] |= flagExtended >> 8
	b = slices.Insert(b, at+2, byte(flags>>8), byte(flags))
	return b[:len(b)-2] // padding
}

func TestIndexAccepts(t *testing.T) {
	want := []string{"a", "a/b", "b"}
	zero := append(indexBody(2, entriesOf(want...), ""), make([]byte, 20)...)
	for name, data := range map[string][]byte{
		"checksum left out":  zero,
		"wrong checksum":     append(zero[:len(zero)-1:len(zero)-1], 1),
		"half an extension":  seal(indexBody(2, entriesOf(want...), "link")),
		"optional and cut":   seal(indexBody(2, entriesOf(want...), "TREE\xff\xff\xff\xff")),
		"optional extension": seal(indexBody(2, entriesOf(want...), extensionOf("ZORK", "xyz")+extensionOf("TREE", ""))),
		"out of order":       seal(indexBody(2, entriesOf("b", "a/b", "a"), "")),
		"version 4":          seal(indexBody(4, entriesOf(want...), "")),
		"link to nothing":    seal(indexBody(2, entriesOf(want...), extensionOf("link", strings.Repeat("\x00", 20)))),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "index")
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			index, err := ReadIndex(path, filepath.Dir(path), 20)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for e := range index.Entries() {
				got = append(got, e.Path)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			if !index.HasPrefix("a") || index.HasPrefix("b") || len(index.Find("a/b")) != 1 {
				t.Error("look-ups fail")
			}
		})
	}
	index, err := ReadIndex(filepath.Join(t.TempDir(), "absent"), "", 20)
	if err != nil || index.Len() != 0 || index.HasPrefix("") {
		t.Errorf("absent: %v, %v", index, err)
	}
}

// A few kilobytes of version 4 can stand for gigabytes of paths.
func TestIndexPathBomb(t *testing.T) {
	var entries []Entry
	long := strings.Repeat("x", maxIndexPath-8)
	for i := range 2000 {
		entries = append(entries, Entry{Path: fmt.Sprintf("%s%08d", long, i)})
	}
	data := seal(indexBody(4, entries, ""))
	if _, err := parseIndex(data, 20, nil); !errors.Is(err, errIndexCut) {
		t.Errorf("an index of %d bytes with %d bytes of paths: %v", len(data), len(entries)*maxIndexPath, err)
	}
}

// No prefix of a real index, and none with a byte of it changed, breaks the reader,
// and an entry that is cut off is missed.
func TestIndexDamage(t *testing.T) {
	j := newJudge(t)
	dir := fixtures["split index"](j)[0]
	data := []byte(j.read(filepath.Join(dir, ".git", "index")))
	shared, err := filepath.Glob(filepath.Join(dir, ".git", "sharedindex.*"))
	j.must(err)
	raw, err := parseIndex(data, 20, nil)
	j.must(err)
	entries := bytes.Index(data, []byte("link")) // where they end
	for n := range data {
		if _, err := parseIndex(data[:n], 20, nil); err == nil && n < entries+20 {
			t.Errorf("cut to %d of %d bytes it is accepted", n, len(data))
		}
	}
	for i := range data {
		for _, flip := range []byte{1, 0x80, 0xff} {
			damaged := slices.Clone(data)
			damaged[i] ^= flip
			raw, err := parseIndex(damaged, 20, nil)
			if i < 4 && err == nil {
				t.Errorf("byte %d of the signature changed: it is accepted", i)
			}
			if err == nil && raw.link != nil {
				_, _ = mergeShared(raw, shared[0], 20)
			}
		}
	}
	if _, err := mergeShared(raw, filepath.Join(dir, ".git", "index"), 20); err == nil {
		t.Error("another file is accepted as the shared index")
	}
}

func TestBitmap(t *testing.T) {
	// Two markers: a run of one word of ones and one literal; 2^32-1 words of
	// zeros and a literal.
	words := []uint64{1 | 1<<1 | 1<<33, 1 << 5, (1<<32-1)<<1 | 1<<33, 1}
	var content []byte
	for _, word := range words {
		content = binary.BigEndian.AppendUint64(content, word)
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 128), uint32(len(words)))
	b, rest, ok := parseBitmap(append(append(head, content...), 0, 0, 0, 0, 'x'))
	if !ok || string(rest) != "x" {
		t.Fatalf("parse: %v, rest %q", ok, rest)
	}
	var want []int
	for i := range 64 {
		want = append(want, i)
	}
	want = append(want, 64+5, (2+1<<32-1)*64)
	if got := slices.Collect(b.bits(1 << 50)); !slices.Equal(got, want) {
		t.Errorf("bits %v, want %v", got, want)
	}
	if got := slices.Collect(b.bits(3)); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("bits up to the first that is not below 3: %v", got)
	}
	if got := slices.Collect(bitmap(binary.BigEndian.AppendUint64(nil, 1<<33-1)).bits(1)); len(got) != 2 {
		t.Errorf("endless run: %v", got)
	}
}

func TestExpandSparseErrors(t *testing.T) {
	id := func(n byte) gitpack.ID { return gitpack.NewID(append(make([]byte, 19), n)) }
	entry := func(mode, name string, n byte) string { return mode + " " + name + "\x00" + string(id(n).Bytes()) }
	objects := map[gitpack.ID]string{
		id(1): entry("100644", "good", 9),
		id(2): entry("40000", "self", 2),
		id(3): "100644 cut",
		id(4): strings.Repeat(entry("40000", "x", 5), 80),
		id(5): strings.Repeat(entry("100644", "y", 9), 80),
		id(6): entry("99", "mode", 9),
		id(7): entry("100664", "old", 9) + entry("100755", "run", 9) + entry("120000", "sym", 9) + entry("160000", "sub", 9),
	}
	read := func(id gitpack.ID) (string, []byte, error) {
		if data, ok := objects[id]; ok {
			return "tree", []byte(data), nil
		}
		if id.Bytes()[19] == 9 {
			return "blob", nil, nil
		}
		return "", nil, errors.New("no such object")
	}
	for n, names := range map[byte]string{2: "too deep", 3: "cut short", 4: "more than", 6: "mode", 8: "no such object", 9: "not a tree"} {
		index := &Index{entries: []Entry{
			{Path: "aa/", Mode: ModeTree, ID: id(1)}, {Path: "bad/", Mode: ModeTree, ID: id(n)}, {Path: "cc/", Mode: ModeTree, ID: id(7)}, {Path: "z", Mode: ModeFile},
		}}
		index.arrange()
		err := index.expandSparse(read, 5000)
		if err == nil || !strings.Contains(err.Error(), names) || !strings.Contains(err.Error(), `"bad/"`) {
			t.Errorf("tree %d: error %v does not say %q", n, err, names)
		}
		var got []string
		for e := range index.Entries() {
			got = append(got, fmt.Sprintf("%o %s %v", e.Mode, e.Path, e.SkipWorktree))
		}
		want := []string{"100644 aa/good true", "40000 bad/ false", "100644 cc/old true", "100755 cc/run true", "160000 cc/sub true", "120000 cc/sym true", "100644 z false"}
		if n == 4 {
			want = []string{"100644 aa/good true", "40000 bad/ false", "40000 cc/ false", "100644 z false"} // the limit is the index's
		}
		if !slices.Equal(got, want) {
			t.Errorf("tree %d: %q, want %q", n, got, want)
		}
	}
}

func FuzzParseIndex(f *testing.F) {
	j := newJudge(f)
	for _, name := range []string{"flags", "index v4", "split index", "sparse index", "index extensions"} {
		sub := &judge{t: f, binary: j.binary, top: filepath.Join(j.top, name)}
		j.must(os.Mkdir(sub.top, 0o755))
		data := []byte(j.read(filepath.Join(fixtures[name](sub)[0], ".git", "index")))
		f.Add(data[:len(data)-20])
	}
	// What is accepted takes no more entries and text than its size allows.
	f.Fuzz(func(t *testing.T, body []byte) {
		raw, err := parseIndex(seal(body), 20, nil)
		news := func(string, gitpack.ID) bool { return false }
		if all, allErr := parseIndex(seal(body), 20, news); (allErr == nil) != (err == nil) ||
			err == nil && !slices.Equal(all.entries, raw.entries) {
			t.Fatalf("with nothing known: %v, else %v", allErr, err)
		}
		known := func(string, gitpack.ID) bool { return true }
		if rest, _ := parseIndex(seal(body), 20, known); rest != nil && err == nil && len(rest.entries) > len(raw.entries) {
			t.Fatal("more entries with all known")
		}
		if err != nil {
			return
		}
		if len(raw.entries) > len(body)/62 {
			t.Fatalf("%d entries in %d bytes", len(raw.entries), len(body))
		}
		text := 0
		for _, e := range raw.entries {
			text += len(e.Path)
			if e.Stage > 3 || len(e.Path) > maxIndexPath || strings.IndexByte(e.Path, 0) >= 0 {
				t.Fatalf("entry %+v", e)
			}
		}
		if text > maxPathGrowth*len(body) {
			t.Fatalf("%d bytes of paths in %d", text, len(body))
		}
		if raw.link != nil {
			for at := range raw.link.deleted.bits(1000) {
				if at < 0 {
					t.Fatal("negative position")
				}
			}
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	var paths []string
	for i := range 100_000 {
		paths = append(paths, fmt.Sprintf("services/module-%03d/internal/package-%02d/some_file_name_%05d.go", i/1000, i/50%20, i))
	}
	slices.Sort(paths)
	for _, version := range []uint32{2, 4} {
		file := filepath.Join(b.TempDir(), "index")
		data := seal(indexBody(version, entriesOf(paths...), ""))
		if err := os.WriteFile(file, data, 0o644); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("v%d", version), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if index, err := ReadIndex(file, "", 20); err != nil || index.Len() != len(paths) {
					b.Fatal(err)
				}
			}
		})
	}
	index := &Index{entries: entriesOf(paths...)}
	b.Run("find", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if len(index.Find(paths[i%len(paths)])) != 1 {
				b.Fatal("not found")
			}
		}
	})
}
