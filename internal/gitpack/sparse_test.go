package gitpack

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// A sparsePack is a pack with holes, which take no room on a disk. Where a hole
// begins stands an entry of a kind that there is not, so that its length is
// nobody's.
type sparsePack struct {
	*packBuilder
	file *os.File
	end  int64
}

func (s *sparsePack) put(data string, raw []byte) builtEntry {
	s.Helper()
	e := builtEntry{objectID(Blob, data, 20), uint64(s.end), crc32.ChecksumIEEE(raw), data}
	s.entries = append(s.entries, e)
	s.write(raw)
	return e
}

func (s *sparsePack) write(raw []byte) {
	s.Helper()
	if _, err := s.file.WriteAt(raw, s.end); err != nil {
		s.Fatal(err)
	}
	s.end += int64(len(raw))
}

func (s *sparsePack) blob(data string) builtEntry {
	s.Helper()
	return s.put(data, append(entryHeader(Blob, uint64(len(data))), s.deflated(data)...))
}

func (s *sparsePack) delta(base builtEntry, data string) builtEntry {
	s.Helper()
	delta := makeDelta(base.data, data)
	raw := append(entryHeader(ofsDelta, uint64(len(delta))), backOffset(uint64(s.end)-base.offset)...)
	return s.put(data, append(raw, s.deflated(delta)...))
}

// hole leaves everything out up to an offset.
func (s *sparsePack) hole(to int64) builtEntry {
	s.Helper()
	e := s.put("hole at "+strconv.FormatInt(s.end, 10), []byte{0})
	s.end = to
	return e
}

// TestHugePack reads a pack of more than 4 GiB: its index has offsets of 64 bits,
// and deltas have bases that far before them.
func TestHugePack(t *testing.T) {
	if runtime.GOOS != "linux" || strconv.IntSize < 64 {
		t.Skip("it takes sparse files, and room for 4 GiB to map")
	}
	r := newRepo(t)
	path := filepath.Join(r.objects(), "pack", "pack-huge.pack")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &sparsePack{packBuilder: newPackBuilder(t), file: f}
	texts := versions(5)
	s.write([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x07"))
	first := s.blob(texts[0])
	holes := []builtEntry{s.hole(1<<31 - 1)}
	near := s.delta(first, texts[1]) // begins before the border, and ends behind it
	far := s.blob(texts[2])
	holes = append(holes, s.hole(1<<32+12_345))
	objects := []builtEntry{first, near, far, s.delta(first, texts[3]), s.delta(far, texts[4])}
	s.write(bytes.Repeat([]byte{7}, 20)) // the checksum, of which only the index knows
	writeFile(t, strings.TrimSuffix(path, ".pack")+".idx", s.index(bytes.Repeat([]byte{7}, 20), false))

	want := map[ID]content{}
	var ids bytes.Buffer
	for _, e := range objects {
		want[e.id] = content{Blob, e.data}
		ids.WriteString(e.id.String() + "\n")
	}
	said := string(runGit(t, ids.Bytes(), "--git-dir", r.dir, "cat-file", "--batch"))
	for _, e := range objects {
		if !strings.Contains(said, e.id.String()+" blob "+strconv.Itoa(len(e.data))+"\n"+e.data) {
			t.Fatalf("git does not read %s", e.id)
		}
	}
	store := r.open()
	v := walk(t, store, Walk{})
	checkSame(t, "a walk", v.shown, want)
	for _, hole := range holes {
		checkNamed(t, v.problems, hole.id)
	}
	for _, e := range objects {
		if _, data, err := store.Read(e.id); err != nil || string(data) != e.data {
			t.Errorf("Read of %s at %d: %d bytes, %v", e.id, e.offset, len(data), err)
		}
	}
}

// TestUnknownVersions has packs and indexes of versions to come, and of the two
// kinds of packs that git reads.
func TestUnknownVersions(t *testing.T) {
	for name, test := range map[string]struct {
		pack, index uint32
		problem     string
	}{
		"pack 3":  {3, 2, ""},
		"pack 4":  {4, 2, "pack has version 4"},
		"pack 5":  {5, 2, "pack has version 5"},
		"index 3": {2, 3, "index has version 3"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			b := newPackBuilder(t)
			b.whole("one")
			binary.BigEndian.PutUint32(b.data[4:], test.pack)
			base := strings.TrimSuffix(b.store(r.objects(), "a"), ".pack")
			x := b.index(b.pack(), false)
			binary.BigEndian.PutUint32(x[4:], test.index)
			writeFile(t, base+".idx", append(x[:len(x)-20], hashOf(x[:len(x)-20], 20)...))
			if _, err := tryGit(nil, "--git-dir", r.dir, "verify-pack", base+".idx"); (err == nil) != (test.problem == "") {
				t.Errorf("git says of it: %v", err)
			}
			store := r.open()
			v := walk(t, store, Walk{})
			problems := append(store.Problems(), v.problems...) // a walk looks again, for what is new by then
			if test.problem == "" {
				checkSame(t, "a walk", v.shown, b.contents)
				checkProblems(t, problems)
			} else if len(problems) == 0 || !strings.Contains(problems[0].Message, test.problem) || !strings.HasPrefix(problems[0].Path, base) {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}
