package gitpack

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A damageCase is an intact pack with what git says of it.
type damageCase struct {
	*testRepo
	pack, idx string // paths
	packData  []byte
	idxData   []byte
	want      map[ID]content
	base      map[ID]ID // of the deltas
	offset    map[ID]int
	end       map[ID]int
}

func newDamageCase(t *testing.T, config ...string) *damageCase {
	r := newRepo(t)
	h := newHistory(13, 12)
	r.importHistory(h)
	runGit(t, nil, append(config, "--git-dir", r.dir, "repack", "-qadf", "--depth=10")...)
	d := &damageCase{testRepo: r, pack: r.packs()[0], want: r.contents(), base: map[ID]ID{}, offset: map[ID]int{}, end: map[ID]int{}}
	d.idx = strings.TrimSuffix(d.pack, ".pack") + ".idx"
	d.packData, d.idxData = readFile(t, d.pack), readFile(t, d.idx)
	for line := range strings.Lines(r.git("verify-pack", "-v", d.idx)) {
		fields := strings.Fields(line)
		if len(fields) != 5 && len(fields) != 7 || len(fields[0]) != 40 {
			continue
		}
		id := mustID(t, fields[0])
		d.offset[id], _ = strconv.Atoi(fields[4])
		size, _ := strconv.Atoi(fields[3])
		d.end[id] = d.offset[id] + size
		if len(fields) == 7 {
			d.base[id] = mustID(t, fields[6])
		}
	}
	if len(d.offset) != len(d.want) || len(d.base) == 0 {
		t.Fatalf("git verify-pack lists %d objects of %d, %d deltas", len(d.offset), len(d.want), len(d.base))
	}
	return d
}

// hit tells whether an object or anything that it builds on lies in the bytes
// from low to high of the pack.
func (d *damageCase) hit(id ID, low, high int) bool {
	for {
		if d.offset[id] < high && low < d.end[id] {
			return true
		}
		base, ok := d.base[id]
		if !ok {
			return false
		}
		id = base
	}
}

// check walks the damaged repository: all that is not hit must be shown, and
// what is missed must be named or be below something that is.
func (d *damageCase) check(t *testing.T, low, high int) {
	t.Helper()
	s, err := Open([]string{d.objects()}, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v := walk(t, s, Walk{})
	named := map[ID]int{}
	for _, p := range v.problems {
		named[p.Object]++
	}
	for id, c := range d.want {
		got, shown := v.shown[id]
		switch {
		case shown && got != c:
			t.Errorf("damage at %d: %s is shown wrong", low, id)
		case !shown && !d.hit(id, low, high):
			t.Errorf("damage at %d: %s is missed, which does not depend on it", low, id)
		case !shown && !d.namedAbove(id, named):
			t.Errorf("damage at %d: %s is missed and not named: %v", low, id, v.problems)
		}
	}
	for id, n := range named {
		if n > 1 && !id.IsZero() {
			t.Errorf("damage at %d: %s is named %d times", low, id, n)
		}
	}
	if len(v.problems) == 0 {
		t.Errorf("damage at %d: no problem", low)
	}
}

func (d *damageCase) namedAbove(id ID, named map[ID]int) bool {
	for {
		if named[id] > 0 {
			return true
		}
		base, ok := d.base[id]
		if !ok {
			return false
		}
		id = base
	}
}

// flipped is data with one bit of the byte at i turned.
func flipped(data []byte, i, bit int) []byte {
	data = bytes.Clone(data)
	data[i] ^= 1 << bit
	return data
}

// someBytes draws places in a file, always the same ones: all of its first and
// last bytes, and of the rest one in so many.
func someBytes(size, rest int) (places []int) {
	random := rand.New(rand.NewPCG(uint64(size), 8))
	for i := range size {
		if i < packHeaderSize || i >= size-4 || random.IntN(rest) == 0 {
			places = append(places, i)
		}
	}
	return places
}

// TestFlippedPack turns a bit of many bytes of a pack.
func TestFlippedPack(t *testing.T) {
	t.Parallel()
	d := newDamageCase(t)
	for _, i := range someBytes(len(d.packData), 12) {
		writeFile(t, d.pack, flipped(d.packData, i, i%8))
		if i < 8 { // magic and version: nothing can be said of the rest
			s := d.open()
			if v := walk(t, s, Walk{}); len(v.problems) == 0 && len(v.shown) < len(d.want) {
				t.Errorf("damage at %d: no problem", i)
			}
			continue
		}
		d.check(t, i, i+1)
	}
}

// TestFlippedIndex turns a bit of many bytes of an index. Whether ids,
// checksums or offsets are hit, there is a problem, and with version 2 objects of
// the right id have the right content. Version 1 has no checksum for each entry,
// so an object whose id was damaged is shown under the wrong one: a key in it is
// worth more than its name.
func TestFlippedIndex(t *testing.T) {
	for name, config := range map[string][]string{"version 2": nil, "version 1": {"-c", "pack.indexVersion=1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDamageCase(t, config...)
			for _, i := range someBytes(len(d.idxData), 8) {
				writeFile(t, d.idx, flipped(d.idxData, i, i%8))
				s, err := Open([]string{d.objects()}, 20)
				if err != nil {
					t.Fatal(err)
				}
				v := walk(t, s, Walk{})
				if len(v.problems) == 0 {
					t.Errorf("damage at %d: no problem", i)
				}
				for id, c := range d.want {
					if got, shown := v.shown[id]; shown && got != c && name == "version 2" {
						t.Errorf("damage at %d: %s is shown wrong", i, id)
					}
					if i%10 == 0 {
						_, _, _ = s.Read(id) // must not panic or hang
					}
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestFlippedPackV1 does without checksums for each entry.
func TestFlippedPackV1(t *testing.T) {
	t.Parallel()
	d := newDamageCase(t, "-c", "pack.indexVersion=1")
	for _, i := range someBytes(len(d.packData), 20) {
		writeFile(t, d.pack, flipped(d.packData, i, i%8))
		s, err := Open([]string{d.objects()}, 20)
		if err != nil {
			t.Fatal(err)
		}
		if v := walk(t, s, Walk{}); len(v.problems) == 0 {
			t.Errorf("damage at %d: no problem", i)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTruncatedPack cuts a pack off, before it is opened and while it is open.
func TestTruncatedPack(t *testing.T) {
	d := newDamageCase(t)
	for size := packHeaderSize + 20; size < len(d.packData); size += 1 + len(d.packData)/60 {
		writeFile(t, d.pack, d.packData[:size])
		// the last hashSize bytes are taken for the checksum
		d.check(t, size-20, len(d.packData))
	}
	for _, size := range []int{0, 1, packHeaderSize, packHeaderSize + 19} {
		writeFile(t, d.pack, d.packData[:size])
		if v := walk(t, d.open(), Walk{}); len(v.problems) == 0 {
			t.Errorf("cut off at %d: no problem", size)
		}
	}
}

// TestFaults cuts a mapped pack off, so that reading it faults.
func TestFaults(t *testing.T) {
	r := newRepo(t)
	b := newPackBuilder(t)
	random := rand.NewChaCha8([32]byte{})
	var last int
	whole := map[ID]bool{}
	for i := range 40 {
		text := make([]byte, 10_000)
		_, _ = random.Read(text)
		last = b.whole(string(text))
		whole[b.entries[last].id] = true
		if i%2 == 0 {
			last = b.ofs(last, string(text)+"more")
		}
	}
	path := b.store(r.objects(), "a")
	s, cut := r.open(), int64(100_000)
	late := r.open(limits{stream: 5000, whole: 1 << 20, held: 1 << 20})
	walk(t, late, Walk{}) // lays out the forest while the pack is whole
	o, ok := late.open()[0].wholeAt(lastNumber(late.open()[0]))
	if !ok {
		t.Fatal("no object can be streamed")
	}
	if err := os.Truncate(path, cut); err != nil {
		t.Skipf("a mapped file cannot be cut off here: %v", err)
	}
	for _, s := range []*Store{s, late} {
		v := walk(t, s, Walk{})
		page := int64(os.Getpagesize())
		for _, e := range b.entries {
			if _, shown := v.shown[e.id]; !shown && int64(e.offset)+2*10_100 < cut {
				t.Errorf("the object at %d is missed", e.offset)
			} else if shown && int64(e.offset) > cut+page {
				t.Errorf("the object at %d is shown", e.offset)
			} else if !shown && whole[e.id] { // of the others the problem of the base says so
				checkNamed(t, v.problems, e.id)
			}
		}
		if _, _, err := s.Read(b.entries[last].id); err == nil {
			t.Error("Read of the last object succeeds")
		}
	}
	if r, err := o.Open(); err == nil {
		if _, err := bytes.NewBuffer(nil).ReadFrom(r); err == nil {
			t.Error("a stream beyond the cut ends without an error")
		}
	}
}

// lastNumber is the number of the last object that is no delta.
func lastNumber(p *pack) int {
	for e := p.count() - 1; ; e-- {
		if p.raw(e)[0]>>4&7 == byte(Blob) {
			return p.number(e)
		}
	}
}

// TestCopies breaks entries of one pack at random, all of whose objects are in
// another pack, with other deltas, or loose: nothing is missed, and there is
// nothing to report.
func TestCopies(t *testing.T) {
	for _, form := range []string{"pack before", "pack behind", "loose"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			h := newHistory(77, 40)
			r.importHistory(h)
			r.git("repack", "-qadf", "--depth=20")
			want, data := r.contents(), readFile(t, r.packs()[0])
			base := strings.TrimSuffix(r.packs()[0], ".pack")
			broken := base
			switch form {
			case "loose":
				copyTo := newRepo(t)
				runGit(t, data, "--git-dir", copyTo.dir, "unpack-objects", "-q")
				if err := os.CopyFS(r.dir, os.DirFS(copyTo.dir)); err != nil && !strings.Contains(err.Error(), "exist") {
					t.Fatal(err)
				}
				copyLoose(t, copyTo.objects(), r.objects())
			default:
				name := map[string]string{"pack before": "pack-0", "pack behind": "pack-z"}[form]
				other := newRepo(t)
				runGit(t, data, "--git-dir", other.dir, "-c", "fetch.unpackLimit=1", "unpack-objects", "-q")
				ids := ""
				for id := range want {
					ids += id.String() + "\n"
				}
				sum := other.gitIn([]byte(ids), "pack-objects", "-q", "--depth=3", filepath.Join(other.objects(), "pack", "pack"))
				for _, suffix := range []string{".pack", ".idx"} {
					writeFile(t, filepath.Join(r.objects(), "pack", name+suffix), readFile(t, filepath.Join(other.objects(), "pack", "pack-"+sum+suffix)))
				}
			}
			for seed := range 40 {
				rng := rand.New(rand.NewPCG(uint64(seed), 2))
				damaged := bytes.Clone(data)
				for range 1 + rng.IntN(20) {
					damaged[packHeaderSize+rng.IntN(len(data)-packHeaderSize-20)] ^= byte(1 + rng.IntN(255))
				}
				writeFile(t, broken+".pack", damaged)
				lim := ordinary()
				if seed%2 == 0 {
					lim.held, lim.stream = 500, 500
				}
				s := r.open(lim)
				if seed%10 == 0 {
					checkLike(t, s, want, h.some(1)...)
				} else {
					v := walk(t, s, Walk{})
					checkSame(t, "a walk", v.shown, want)
					checkStats(t, v.stats, want)
					if len(v.problems) > 0 {
						t.Error(v.problems)
					}
				}
				_ = s.Close()
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

func copyLoose(t testing.TB, from, to string) {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(from, "??", "*"))
	for _, path := range paths {
		name, err := filepath.Rel(from, path)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(to, name), readFile(t, path))
	}
}

// TestBothBroken breaks two packs of the same objects at random. Whatever is
// missed is named, what is shown is right, and an object is missed only if it
// cannot be read by itself either.
func TestBothBroken(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	h := newHistory(78, 30)
	r.importHistory(h)
	r.git("repack", "-qadf", "--depth=20")
	want := r.contents()
	first := r.packs()[0]
	ids := ""
	for id := range want {
		ids += id.String() + "\n"
	}
	r.gitIn([]byte(ids), "pack-objects", "-q", "--no-reuse-delta", "--depth=3", "--window=3", filepath.Join(r.objects(), "pack", "pack"))
	whole := map[string][]byte{}
	for _, path := range r.packs() {
		whole[path] = readFile(t, path)
	}
	if whole[first] == nil || len(whole) != 2 {
		t.Fatalf("%d packs", len(whole))
	}
	for seed := range 60 {
		rng := rand.New(rand.NewPCG(uint64(seed), 3))
		for path, data := range whole {
			data = bytes.Clone(data)
			for range 1 + rng.IntN(6) {
				data[packHeaderSize+rng.IntN(len(data)-packHeaderSize-20)] ^= byte(1 + rng.IntN(255))
			}
			writeFile(t, path, data)
		}
		s := r.open()
		v := walk(t, s, Walk{})
		left := maps.Clone(want)
		for id, c := range v.shown {
			if left[id] != c {
				t.Errorf("%s is shown wrong", id)
			}
			delete(left, id)
		}
		if len(left) > 0 && len(v.problems) == 0 {
			t.Errorf("%d objects are missed without a problem", len(left))
		}
		for id := range left {
			if _, data, err := s.Read(id); err == nil {
				t.Errorf("%s of %d bytes is missed, though it can be read", id, len(data))
			}
		}
		_ = s.Close()
		if t.Failed() {
			t.Fatalf("seed %d: %v", seed, v.problems)
		}
	}
}

// TestIndexFaults cuts an index off while it is open, before and after its
// tables are made: nothing is found any more, and that is said.
func TestIndexFaults(t *testing.T) {
	r := newRepo(t)
	b := newPackBuilder(t)
	for i := range 2000 {
		b.whole(fmt.Sprint("text ", i))
	}
	path := b.store(r.objects(), "a")
	fresh, late := r.open(), r.open()
	var part *Part
	walk(t, late, Walk{Over: func(p *Part) {
		if p.Loose == nil {
			part = p
		}
	}})
	if err := os.Truncate(strings.TrimSuffix(path, ".pack")+".idx", 0); err != nil {
		t.Skipf("a mapped file cannot be cut off here: %v", err)
	}
	id := b.entries[1000].id
	if part == nil || part.Has(id) {
		t.Error("the part of the first walk has an object without its index")
	}
	for _, s := range []*Store{fresh, late} {
		if _, _, err := s.Read(id); err == nil || s.Has(id) || len(s.WithPrefix(id.String())) > 0 {
			t.Errorf("an object is found: %v", err)
		}
		_, problems, err := s.Walk(t.Context(), Walk{Kinds: allKinds, Candidate: func([]byte) bool { return false }, Visit: func(Object) {}, Links: true})
		if len(problems) == 0 && err == nil {
			t.Error("the walk tells of nothing")
		}
	}
}
