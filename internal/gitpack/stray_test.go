package gitpack

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A straySight is what reading a pack without its index showed and said.
type straySight struct {
	shown  map[ID]string
	deltas []string // those that could not be built
	spent  int64
	errs   []error
}

func readStray(s Stray) straySight {
	v := straySight{shown: map[ID]string{}}
	if s.Limit == 0 {
		s.Limit, s.Held = 1<<20, 1<<20
	}
	s.Spend = func(n int64) bool { v.spent += n; return v.spent < 1<<26 }
	s.Show = func(o StrayObject) {
		text, _ := io.ReadAll(io.LimitReader(o.Content, 1<<26))
		if o.ID == (ID{}) {
			v.deltas = append(v.deltas, string(text))
		} else {
			v.shown[o.ID] = string(text)
		}
	}
	v.errs = s.Read()
	return v
}

// TestStrayForms reads packs of every storage form that git writes, and finds in
// them what git says that they hold.
func TestStrayForms(t *testing.T) {
	for i, f := range forms() {
		format := []string{"sha1", "sha256"}[i%2]
		t.Run(format+", "+f.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, "--object-format="+format)
			r.importHistory(newHistory(uint64(i), 20))
			f.make(r)
			want := r.contents()
			for _, path := range r.packs() {
				data := readFile(t, path)
				for _, s := range []Stray{{Data: data}, {Data: data, Limit: 1000, Held: 1 << 20}} {
					v := readStray(s)
					if s.Limit == 0 && (len(v.errs) > 0 || len(v.deltas) > 0 || len(v.shown) != int(binary.BigEndian.Uint32(data[8:]))) {
						t.Errorf("%d objects, %d deltas, %v", len(v.shown), len(v.deltas), v.errs)
					}
					if len(v.errs) == 0 && len(v.deltas) > 0 {
						t.Errorf("%d deltas were not built, and no error", len(v.deltas))
					}
					for id, text := range v.shown {
						if want[id].data != text {
							t.Errorf("%s: %d bytes, want %d", id, len(text), len(want[id].data))
						}
					}
				}
			}
		})
	}
}

// strayCase has deltas by offset and by name, before and behind their bases, and
// one whose base is nowhere.
func strayCase(t testing.TB) (*packBuilder, []string) {
	texts := versions(9)
	b := newPackBuilder(t)
	b.whole(texts[0])
	b.ofs(0, texts[1])
	b.ofs(1, texts[2])
	b.ref(texts[1], texts[3])
	b.ref(texts[5], texts[4])
	b.ofs(0, texts[5])
	b.ref(texts[8], texts[6])
	b.ofs(6, texts[7])
	return b, texts
}

func TestStray(t *testing.T) {
	b, texts := strayCase(t)
	whole := b.pack()
	uncounted := bytes.Clone(whole)
	uncounted[11] = 2
	broken := bytes.Clone(whole)
	broken[b.entries[1].offset+5] ^= 0x40
	circle := circlePack(t, texts).pack()
	for _, test := range []struct {
		what   string
		stray  Stray
		shown  int
		deltas int
		errs   []string
	}{
		{"whole", Stray{Data: whole}, 6, 2, []string{"2 of its objects cannot be built, because what they build on is not in it (" + objectID(Blob, texts[8], 20).String()}},
		{"without its checksum", Stray{Data: whole[:len(whole)-20]}, 6, 2, []string{"2 of its objects", "its checksum is missing"}},
		{"that counts too few", Stray{Data: uncounted}, 6, 2, []string{"2 of its objects", "its checksum is wrong"}},
		{"damaged", Stray{Data: broken}, 1, 0, []string{"the entry at offset"}},
		{"of large objects", Stray{Data: whole, Limit: 100, Held: 1000}, 1, 7, []string{"7 of its objects cannot be built, because one that builds on"}},
		{"of too many objects", Stray{Data: whole, Limit: 1000, Held: 10}, 1, 7, []string{"more objects in memory"}},
		{"of a circle", Stray{Data: circle}, -1, -1, []string{"cannot be built"}},
		{"of no known version", Stray{Data: []byte("PACK\x00\x00\x00\x09\x00\x00\x00\x00")}, 0, 0, []string{"broken header"}},
		{"of nothing", Stray{Data: []byte("PACK\x00\x00\x00\x02\xff\xff\xff\xff")}, 0, 0, []string{"0 of its 4294967295 objects are there"}},
	} {
		v := readStray(test.stray)
		if test.shown >= 0 && (len(v.shown) != test.shown || len(v.deltas) != test.deltas) {
			t.Errorf("%s: %d objects and %d deltas, want %d and %d", test.what, len(v.shown), len(v.deltas), test.shown, test.deltas)
		}
		for id, text := range v.shown {
			if objectID(Blob, text, 20) != id {
				t.Errorf("%s: %s is not what its name says", test.what, id)
			}
		}
		if len(v.errs) != len(test.errs) {
			t.Errorf("%s: errors %v, want %q", test.what, v.errs, test.errs)
			continue
		}
		for i, want := range test.errs {
			if !strings.Contains(v.errs[i].Error(), want) {
				t.Errorf("%s: error %q, want %q in it", test.what, v.errs[i], want)
			}
		}
	}
}

// TestStrayChain: a chain holds one object at a time, however long it is.
func TestStrayChain(t *testing.T) {
	texts := versions(3000)
	b := newPackBuilder(t)
	b.whole(texts[0])
	for i, text := range texts[1:] {
		b.ofs(i, text)
	}
	if v := readStray(Stray{Data: b.pack(), Limit: 1 << 20, Held: 1 << 14}); len(v.shown) != len(texts) || len(v.errs) > 0 {
		t.Errorf("%d objects, %v", len(v.shown), v.errs)
	}
}

// TestStrayStops: nothing is read on when the caller has had enough.
func TestStrayStops(t *testing.T) {
	b, _ := strayCase(t)
	shown := 0
	s := Stray{Data: b.pack(), Limit: 1 << 20, Held: 1 << 20, Show: func(StrayObject) { shown++ }}
	s.Entry = func() bool { return false }
	if errs := s.Read(); len(errs) > 0 || shown > 0 {
		t.Errorf("%d shown, %v", shown, errs)
	}
	calls := 0
	s.Entry, s.Spend = nil, func(int64) bool { calls++; return calls < 10 }
	if errs := s.Read(); len(errs) > 0 || calls > 10 {
		t.Errorf("%d calls, %v", calls, errs)
	}
}

// FuzzStray: whatever the bytes, what is shown as an object is what its name says.
func FuzzStray(f *testing.F) {
	b, texts := strayCase(f)
	f.Add(b.pack(), uint16(0))
	f.Add(b.pack(), uint16(300))
	f.Add(circlePack(f, texts).pack(), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		if cut > 0 {
			data = data[:min(len(data), int(cut))]
		}
		v := readStray(Stray{Data: data, HashSize: 20, Limit: 1 << 16, Held: 1 << 16})
		for id, text := range v.shown {
			kinds := []Kind{Commit, Tree, Blob, Tag}
			if !slices.ContainsFunc(kinds, func(k Kind) bool { return objectID(k, text, 20) == id }) && len(text) <= 1<<16 {
				t.Errorf("%s is not what its name says", id)
			}
		}
	})
}

// TestStrayCut: what is shown of an entry that says that it has more than it can have is
// asked for like all else.
func TestStrayCut(t *testing.T) {
	b := newPackBuilder(t)
	b.add("", append(entryHeader(Blob, 1<<40), deflated(strings.Repeat("\x00", 1<<20))...))
	v := readStray(Stray{Data: b.pack()})
	if len(v.deltas) != 1 || len(v.deltas[0]) != 1<<20 || v.spent < 1<<20 {
		t.Errorf("%d deltas, %d bytes were asked for", len(v.deltas), v.spent)
	}
}

// TestStrayDeltas: deltas of what is not there are all unpacked by one decoder.
func TestStrayDeltas(t *testing.T) {
	b := newPackBuilder(t)
	for range 200 {
		b.ref("nowhere", "delta")
	}
	s := Stray{Data: b.pack(), Limit: 1 << 20, Held: 1 << 20, Show: func(o StrayObject) { _, _ = io.Copy(io.Discard, o.Content) }}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.Read()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated", got)
	}
}
