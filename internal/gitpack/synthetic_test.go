package gitpack

import (
	"encoding/binary"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// versions are n texts, each a little other than the one before.
func versions(n int) []string {
	all := make([]string, n)
	text := strings.Repeat("the same in all versions\n", 20)
	for i := range all {
		at := i * 37 % len(text)
		text = text[:at] + fmt.Sprint(i) + text[at+min(3, len(text)-at):]
		all[i] = fmt.Sprintf("%s version %d\n", text, i)
	}
	return all
}

// TestDeepChain reads a chain of 5,000 deltas, more than git's 4,095.
func TestDeepChain(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	b := newPackBuilder(t)
	texts := versions(5_000)
	last := b.whole(texts[0])
	for _, text := range texts[1:] {
		last = b.ofs(last, text)
	}
	path := b.store(r.objects(), "deep")
	runGit(t, nil, "--git-dir", r.dir, "verify-pack", path) // the builder's pack is what git would read

	s := r.open()
	v := walk(t, s, Walk{})
	checkSame(t, "a walk", v.shown, b.contents)
	if len(v.problems) > 0 {
		t.Error(v.problems)
	}
	needle := texts[4_200][100:150]
	v = walk(t, s, Walk{Candidate: func(b []byte) bool { return strings.Contains(string(b), needle) }})
	holders := maps.Clone(b.contents)
	maps.DeleteFunc(holders, func(_ ID, c content) bool { return !strings.Contains(c.data, needle) })
	checkSame(t, "a walk for a needle", v.shown, holders)
	id := b.entries[last].id
	if _, data, err := s.Read(id); err != nil || string(data) != texts[len(texts)-1] {
		t.Errorf("Read of the deepest object: %d bytes, error %v", len(data), err)
	}
}

// TestWideBases makes a tree in which every entry has several children, and
// lets go of bases that do not fit in memory.
func TestWideBases(t *testing.T) {
	r := newRepo(t)
	b := newPackBuilder(t)
	texts := versions(300)
	b.whole(texts[0])
	for i, text := range texts[1:] {
		b.ofs(i/3, text)
	}
	b.store(r.objects(), "wide")
	for _, held := range []int64{0, 1000, 1 << 20} {
		lim := ordinary()
		lim.held = held
		checkLike(t, r.open(lim), b.contents, texts[200][:60])
	}
}

// TestBaseElsewhere reads deltas whose base is in another pack, loose, or a
// delta of an object of the first pack again.
func TestBaseElsewhere(t *testing.T) {
	r := newRepo(t)
	texts := versions(6)
	storeLoose(t, r.objects(), texts[0])
	a, b := newPackBuilder(t), newPackBuilder(t)
	first := a.ref(texts[0], texts[1])
	a.ofs(first, texts[2])
	second := b.ref(texts[2], texts[3])
	b.ofs(second, texts[4])
	a.ref(texts[4], texts[5])
	a.store(r.objects(), "a")
	b.store(r.objects(), "b")
	want := maps.Clone(a.contents)
	maps.Copy(want, b.contents)
	want[objectID(Blob, texts[0], 20)] = content{Blob, texts[0]}
	checkLike(t, r.open(), want, texts[5][:90], texts[3][30:100])
	if v := walk(t, r.open(), Walk{Kinds: Kinds(Tree)}); len(v.shown)+len(v.problems) > 0 {
		t.Errorf("a walk for trees shows %v, problems %v", v.shown, v.problems)
	}
}

// TestMissingBase names the deltas of an object that is nowhere.
func TestMissingBase(t *testing.T) {
	r := newRepo(t)
	texts := versions(5)
	b := newPackBuilder(t)
	b.whole(texts[1])
	lost := b.ref(texts[0], texts[2])
	below := b.ofs(lost, texts[3])
	b.ofs(below, texts[4])
	b.store(r.objects(), "a")
	v := walk(t, r.open(), Walk{})
	checkSame(t, "a walk", v.shown, map[ID]content{b.entries[0].id: {Blob, texts[1]}})
	checkProblems(t, v.problems, b.entries[lost].id)
	if !strings.Contains(v.problems[0].Message, "2 objects that build on it") {
		t.Errorf("the problem is %q", v.problems[0].Message)
	}
}

// checkProblems checks that the problems are one for each of the objects.
func checkProblems(t testing.TB, problems []Problem, ids ...ID) {
	t.Helper()
	left := map[ID]int{}
	for _, id := range ids {
		left[id]++
	}
	for _, p := range problems {
		if left[p.Object]--; left[p.Object] < 0 {
			t.Errorf("unexpected problem: %s %s: %s", p.Object, p.Path, p.Message)
		}
		if p.Path == "" || p.Message == "" {
			t.Errorf("problem without path or message: %+v", p)
		}
	}
	for id, n := range left {
		if n > 0 {
			t.Errorf("no problem names %s", id)
		}
	}
}

func checkNamed(t testing.TB, problems []Problem, id ID) {
	t.Helper()
	if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Object == id }) {
		t.Errorf("no problem names %s: %v", id, problems)
	}
}

// circlePack is a pack with a circle of three deltas and two more below it.
func circlePack(t testing.TB, texts []string) *packBuilder {
	b := newPackBuilder(t)
	b.ref(texts[2], texts[0])
	b.ref(texts[0], texts[1])
	second := b.ref(texts[1], texts[2])
	below := b.ofs(second, texts[3])
	b.ofs(below, texts[4])
	b.whole(texts[5])
	return b
}

// TestCircle reads a circle of deltas: nothing of it if that is all there is,
// all of it if one object of it, whichever, is elsewhere too.
func TestCircle(t *testing.T) {
	texts := versions(6)
	t.Run("alone", func(t *testing.T) {
		r := newRepo(t)
		b := circlePack(t, texts)
		b.store(r.objects(), "a")
		s := r.open()
		v := walk(t, s, Walk{})
		checkSame(t, "a walk", v.shown, map[ID]content{b.entries[5].id: {Blob, texts[5]}})
		if len(v.problems) != 1 || !strings.Contains(v.problems[0].Message, "4 objects that build on it") {
			t.Errorf("problems: %v", v.problems)
		}
		if _, _, err := s.Read(b.entries[4].id); err == nil {
			t.Error("Read of a delta below a circle succeeds")
		}
	})
	for i := range 5 {
		t.Run(fmt.Sprint("with copy of ", i), func(t *testing.T) {
			r := newRepo(t)
			b := circlePack(t, texts)
			b.store(r.objects(), "a")
			storeLoose(t, r.objects(), texts[i])
			if i < 3 {
				checkLike(t, r.open(), b.contents)
				return
			}
			v := walk(t, r.open(), Walk{})
			for n := i; n < 6; n++ {
				if _, ok := v.shown[b.entries[n].id]; !ok {
					t.Errorf("object %d is missed", n)
				}
			}
			if len(v.problems) != 1 {
				t.Errorf("problems: %v", v.problems)
			}
		})
	}
}

// TestManyCircles must take time in proportion to the entries.
func TestManyCircles(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	b := newPackBuilder(t)
	for i := range 800 {
		one, two := fmt.Sprint("one ", i), fmt.Sprint("two ", i)
		b.ref(one, two)
		b.ref(two, one)
	}
	b.store(r.objects(), "a")
	v := walk(t, r.open(), Walk{})
	if len(v.shown) != 0 || len(v.problems) != maxNamed+1 {
		t.Errorf("%d objects shown, %d problems", len(v.shown), len(v.problems))
	}
	if last := v.problems[maxNamed].Message; last != "1400 more objects cannot be read" {
		t.Errorf("the last problem is %q", last)
	}
}

// TestLargeOffsets reads an index with 64-bit offsets, and one in which some
// of them lie beyond the pack or beyond the table.
func TestLargeOffsets(t *testing.T) {
	r := newRepo(t)
	b := newPackBuilder(t)
	texts := versions(4)
	for i, text := range texts {
		b.whole(text)
		if i > 0 {
			b.ofs(2*i-2, text+"more")
		}
	}
	path := strings.TrimSuffix(b.store(r.objects(), "a"), ".pack") + ".idx"
	x := b.index(b.pack(), true)
	writeFile(t, path, x)
	runGit(t, nil, "--git-dir", r.dir, "verify-pack", path)
	checkLike(t, r.open(), b.contents, texts[3][:50])

	n := len(b.entries)
	small := 8 + 1024 + n*24
	binary.BigEndian.PutUint32(x[small+4:], 1<<31|uint32(n)) // beyond the table
	binary.BigEndian.PutUint64(x[small+4*n+8:], 1<<62)       // beyond the pack
	writeFile(t, path, append(x[:len(x)-20], hashOf(x[:len(x)-20], 20)...))
	index, err := parseIndex(x, 20)
	if err != nil {
		t.Fatal(err)
	}
	v := walk(t, r.open(), Walk{})
	for _, bad := range []ID{index.id(1), index.id(2)} {
		if _, shown := v.shown[bad]; shown {
			t.Errorf("%s is shown", bad)
		}
		delete(b.contents, bad)
	}
	checkNamed(t, v.problems, index.id(1))
	checkNamed(t, v.problems, index.id(2))
	for id, c := range v.shown {
		if b.contents[id] != c {
			t.Errorf("%s is shown wrong", id)
		}
	}
}

// TestSameOffset has an index that puts two objects in one place, and one that
// puts an object inside another.
func TestSameOffset(t *testing.T) {
	for _, shift := range []uint64{0, 5} {
		r := newRepo(t)
		b := newPackBuilder(t)
		texts := versions(3)
		for _, text := range texts {
			b.whole(text)
		}
		b.entries = append(b.entries, builtEntry{mustID(t, strings.Repeat("ab", 20)), b.entries[1].offset + shift, 1, ""})
		b.store(r.objects(), "a")
		v := walk(t, r.open(), Walk{})
		if v.shown[b.entries[0].id].data != texts[0] || v.shown[b.entries[2].id].data != texts[2] {
			t.Error("an object is missed that has its place for itself")
		}
		if _, wrong := v.shown[b.entries[3].id]; wrong {
			t.Error("an object is shown that is not there")
		}
		_, shown := v.shown[b.entries[1].id]
		if want := 2; shown {
			checkProblems(t, v.problems, b.entries[3].id)
		} else if len(v.problems) != want {
			t.Errorf("problems: %v", v.problems)
		}
	}
}

// TestRepeatedID has one pack with the same object twice.
func TestRepeatedID(t *testing.T) {
	r := newRepo(t)
	b := newPackBuilder(t)
	texts := versions(3)
	b.whole(texts[0])
	b.whole(texts[1])
	b.whole(texts[0])
	b.ofs(2, texts[2])
	b.store(r.objects(), "a")
	checkLike(t, r.open(), b.contents)

	b.data[b.entries[0].offset+4] ^= 1 // the first of the two is broken
	b.store(r.objects(), "a")
	checkLike(t, r.open(), b.contents)
}

// TestEmptyPack reads a pack of no objects.
func TestEmptyPack(t *testing.T) {
	r := newRepo(t)
	newPackBuilder(t).store(r.objects(), "a")
	checkLike(t, r.open(), map[ID]content{})
}

// TestHugeClaims has entries that claim more than they hold, or hold more than
// may be in memory: none may be allocated for, and all are named.
func TestHugeClaims(t *testing.T) {
	base := strings.Repeat("x", 70_000)
	bomb := func(result uint64, ops int) string {
		delta := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), result)
		return string(delta) + strings.Repeat("\x80", ops) // each copies 64 KiB of the base
	}
	for name, raw := range map[string]func(b *packBuilder) []byte{
		"size of the object": func(*packBuilder) []byte {
			return append(entryHeader(Blob, 1<<59), deflated("x")...)
		},
		"size within what the bytes could hold": func(*packBuilder) []byte {
			return append(entryHeader(Blob, 9*1032), deflated("x")...)
		},
		"result of a delta": func(b *packBuilder) []byte {
			delta := bomb(1<<62, 1)
			head := append(entryHeader(ofsDelta, uint64(len(delta))), backOffset(uint64(len(b.data))-b.entries[0].offset)...)
			return append(head, deflated(delta)...)
		},
		"delta longer than its result": func(b *packBuilder) []byte {
			delta := bomb(100, 1_000_000)
			head := append(entryHeader(ofsDelta, uint64(len(delta))), backOffset(uint64(len(b.data))-b.entries[0].offset)...)
			return append(head, deflated(delta)...)
		},
		"delta that builds too much": func(b *packBuilder) []byte {
			delta := bomb(20_000<<16, 20_000)
			head := append(entryHeader(ofsDelta, uint64(len(delta))), backOffset(uint64(len(b.data))-b.entries[0].offset)...)
			return append(head, deflated(delta)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newPackBuilder(t)
			b.whole(base)
			bad := b.add("bad", raw(b))
			objects := filepath.Join(t.TempDir(), "objects")
			b.store(objects, "a")
			s, err := Open([]string{objects}, 20)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v := walk(t, s, Walk{Workers: 1})
			checkProblems(t, v.problems, b.entries[bad].id)
			if v.shown[b.entries[0].id].data != base {
				t.Error("the base is missed")
			}
			if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 8<<20 {
				t.Errorf("the walk allocates %d bytes", after.TotalAlloc-before.TotalAlloc)
			}
			if _, _, err := s.Read(b.entries[bad].id); err == nil {
				t.Error("Read succeeds")
			}
		})
	}
}
