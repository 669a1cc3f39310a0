package archive

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// heads are beginnings of files, at least one of each kind that has a mark.
func heads(t testing.TB) map[string][][]byte {
	pad := func(marks ...string) (padded [][]byte) {
		for _, mark := range marks {
			padded = append(padded, append([]byte(mark), make([]byte, HeadSize-len(mark))...))
		}
		return padded
	}
	asar := pad("\x04\x00\x00\x00\x20\x00\x00\x00\x1c\x00\x00\x00\x18\x00\x00\x00{")
	skippable := "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
	cpio := strings.Repeat("0", 104)
	return map[string][][]byte{
		"gzip":     {gzipped("a")},
		"zip":      append(pad(zipEnd, zipDescriptor+zipLocal), zipped(0, file{"a", "one"}), slices.Concat([]byte("#!/bin/sh\n"), zipped(0, file{"a", "one"}))),
		"crx":      pad("Cr24\x03\x00\x00\x00", "Cr24\x02\x00\x00\x00"),
		"tar":      {tarred(file{"a", "one"})},
		"pdf":      pad("%PDF-1.7"),
		"zstd":     {windowedZstd(t, 31), slices.Concat([]byte(skippable), windowedZstd(t, 31))},
		"bzip2":    pad("BZh91AY&SY", "BZh1\x17rE8P\x90"),
		"xz":       pad(xzMagic),
		"lz4":      append(pad(lz4Old), lz4ed("a"), slices.Concat([]byte(skippable), lz4ed("a"))),
		"lzma":     {lzmaed("a")},
		"lzip":     pad(lzipMagic + "\x0c"),
		"zlib":     pad("x\x01", "x\x9c"),
		"7z":       pad(sevenMagic),
		gitPack:    {binary.BigEndian.AppendUint32(pad("PACK\x00\x00\x00\x02")[0][:8], 1), pad("PACK\x00\x00\x00\x03")[0]},
		gitBundle:  pad("# v2 git bundle\n", "# v3 git bundle\n"),
		"cpio":     pad(cpioNew+cpio, cpioChecked+cpio, cpioOld+cpio),
		"ar":       pad("!<arch>\n"),
		"rpm":      pad("\xed\xab\xee\xdb"),
		"asar":     asar,
		"pg_dump":  pad("PGDMP\x01\x0e\x00\x04\x08\x01"),
		"pyz":      pad("PYZ\x00\xa7\x0d\x0d\x0a\x00\x00\x01\x00"),
		"rar":      pad("Rar!\x1a\x07\x00\xcf\x90\x73\x00\x00\x0d", "Rar!\x1a\x07\x01\x00\x33\x92\xb5\xe5\x0a\x01", "Rar!\x1a\x07\x01\x00\x33\x92\xb5\xe5\xa1\x00\x04"),
		"squashfs": {squashed()},
	}
}

// squashed is the beginning of an image of SquashFS 4.0 with blocks of 128 KiB.
func squashed() []byte {
	h := make([]byte, HeadSize)
	copy(h, "hsqs")
	binary.LittleEndian.PutUint32(h[12:], 128<<10)
	binary.LittleEndian.PutUint16(h[22:], 17)
	h[28] = 4
	return h
}

// TestFirstBytes: no kind takes a file that begins with a byte which the table does not give
// it, and each takes those that it should.
func TestFirstBytes(t *testing.T) {
	o := New(DefaultLimits(), nil)
	heads := heads(t)
	for i, k := range o.kinds {
		if k.is == nil {
			continue
		}
		if len(heads[k.name]) == 0 {
			t.Errorf("%s: no file of this kind is tried", k.name)
		}
		for _, head := range heads[k.name] {
			head = bytes.Clone(head[:min(len(head), HeadSize)])
			if got := o.kindOf(head, ""); got == nil || got.name != k.name {
				t.Errorf("%s: %.16q is taken for %v", k.name, head, got)
			}
			for c := range 256 {
				head[0] = byte(c)
				if k.is(head) && o.byFirst[c]>>i&1 == 0 {
					t.Errorf("%s: may begin with %#x, which is not in its table", k.name, c)
				}
			}
		}
	}
}

// TestClaims: a name's ending tells, in any case, and nothing else in it.
func TestClaims(t *testing.T) {
	for name, want := range map[string]bool{
		"a.gz": true, "a/b.ZIP": true, ".tgz": true, "a.tar.Zst": true,
		"a.gz.txt": false, "gz": false, "a.gz/b": false, "": false, "a.gzz": false,
	} {
		if got := Claimed(name); got != want {
			t.Errorf("Claimed(%q) = %v", name, got)
		}
	}
}
