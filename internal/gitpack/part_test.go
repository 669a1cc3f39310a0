package gitpack

import (
	"os"
	"slices"
	"testing"
	"time"
)

// partsOf walks s and lists what the walk tells of its parts.
func partsOf(t *testing.T, s *Store, known func(*Part) *Known) (sight, []*Part) {
	t.Helper()
	var parts []*Part
	v := walk(t, s, Walk{Links: true, Known: known, Over: func(p *Part) { parts = append(parts, p) }})
	return v, parts
}

func nothing(*Part) *Known { return nil }

// TestParts passes over a pack and loose objects, and reads them anew when
// something is gone that they name.
func TestParts(t *testing.T) {
	r := newRepo(t)
	r.importHistory(newHistory(3, 12))
	packed := mustID(t, r.git("rev-parse", "b0^{tree}"))
	loose := mustID(t, r.gitIn([]byte("loose"), "hash-object", "-w", "--stdin"))
	top := mustID(t, r.gitIn([]byte("040000 tree "+packed.String()+"\ta\n100644 blob "+loose.String()+"\tb\n"), "mktree"))
	want := r.contents()
	v, parts := partsOf(t, r.open(), nothing)
	checkSame(t, "a walk that knows nothing", v.shown, want)
	if len(parts) != 2 {
		t.Fatalf("%d parts, want a pack and the loose objects", len(parts))
	}
	pack, files := parts[0], parts[1]
	var sum Stats
	for _, p := range parts {
		sum.merge(p.Stats)
		if !p.Clean || p.Known() {
			t.Errorf("clean %t, known %t", p.Clean, p.Known())
		}
	}
	checkStats(t, sum, want)
	if links := []ID{packed, loose}; len(pack.Links) > 0 || len(files.Links) != 2 || !slices.Contains(files.Links, links[0]) || !slices.Contains(files.Links, links[1]) {
		t.Errorf("links %v and %v, want none and %v", pack.Links, files.Links, links)
	}
	for id := range want {
		if pack.Has(id) == files.Has(id) || files.Has(id) != (id == loose || id == top) {
			t.Errorf("%s is in the pack: %t, loose: %t", id, pack.Has(id), files.Has(id))
		}
	}
	for _, o := range files.Loose {
		if c := want[o.ID]; o.Kind != c.kind || o.Size != int64(len(c.data)) {
			t.Errorf("%s: %s of %d bytes", o.ID, o.Kind, o.Size)
		}
	}
	known := func(p *Part) *Known {
		if p.Loose == nil {
			if p.ID != pack.ID || p.Stamp != pack.Stamp {
				t.Error("the pack is another one now")
			}
			return &Known{Show: []ID{packed}}
		}
		return &Known{Links: files.Links, Loose: func(id ID) bool { return id == top || id == loose }}
	}
	v, parts = partsOf(t, r.open(), known)
	checkSame(t, "a walk that knows all but one object", v.shown, map[ID]content{packed: want[packed]})
	if !parts[0].Known() || !parts[1].Known() {
		t.Error("what is known was not used")
	}
	if err := os.Remove(loosePath(r.objects(), loose)); err != nil {
		t.Fatal(err)
	}
	v, parts = partsOf(t, r.open(), known)
	checkSame(t, "a walk that lacks a link", v.shown, map[ID]content{packed: want[packed], top: want[top]})
	if parts[1].Clean || parts[1].Known() || len(v.problems) != 1 || v.problems[0].Object != loose {
		t.Errorf("clean %t, known %t, problems %v", parts[1].Clean, parts[1].Known(), v.problems)
	}
}

// TestPartIDs has a pack's ID change with what it holds and with what other
// packs show of it, and not with what is smaller.
func TestPartIDs(t *testing.T) {
	r := newRepo(t)
	r.importHistory(newHistory(4, 12))
	_, before := partsOf(t, r.open(), nothing)
	id := r.git("rev-parse", "b0^{tree}")
	r.gitIn([]byte(id+"\n"), "pack-objects", "-q", r.objects()+"/pack/pack")
	_, after := partsOf(t, r.open(), nothing)
	if len(after) != 3 || after[0].ID != before[0].ID || after[1].Stats != (Stats{}) {
		t.Fatalf("%d parts; the small pack showed %+v", len(after), after[1].Stats)
	}
	alone := newRepo(t)
	for _, path := range r.packs() {
		if path != after[0].pack.path {
			writeFile(t, alone.objects()+"/pack/pack-1.pack", readFile(t, path))
			writeFile(t, alone.objects()+"/pack/pack-1.idx", readFile(t, path[:len(path)-len("pack")]+"idx"))
		}
	}
	if _, parts := partsOf(t, alone.open(), nothing); parts[0].ID == after[1].ID || parts[0].Stats == (Stats{}) {
		t.Error("a pack that shows all of its objects has the ID of one that shows none")
	}
}

func TestPartSum(t *testing.T) {
	r := newRepo(t)
	r.importHistory(newHistory(5, 12))
	_, parts := partsOf(t, r.open(), nothing)
	one, err := parts[0].Sum(1)
	if err != nil {
		t.Fatal(err)
	}
	if three, err := parts[0].Sum(3); err != nil || one != three {
		t.Errorf("by three goroutines %x, by one %x, error %v", three, one, err)
	}
	path := r.packs()[0]
	data := readFile(t, path)
	data[len(data)/2] ^= 1
	writeFile(t, path, data)
	if _, err := parts[0].Sum(1); err == nil {
		t.Error("no error for a pack that was replaced")
	}
	_, parts = partsOf(t, r.open(), nothing)
	if other, err := parts[0].Sum(1); err != nil || other == one {
		t.Errorf("other bytes have the same sum, or error %v", err)
	}
}

func TestStampSettled(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for changed, want := range map[int64]bool{
		0:                                     false,
		now.UnixNano():                        false,
		now.Add(-time.Second).UnixNano():      false, // a clock of whole seconds
		now.Add(-3 * time.Second).UnixNano():  true,
		now.Add(-time.Second + 1).UnixNano():  true,
		now.Add(-time.Millisecond).UnixNano(): false,
		now.Add(time.Hour).UnixNano():         false,
	} {
		if got := (Stamp{Changed: changed}).Settled(now); got != want {
			t.Errorf("changed at %d: settled %t, want %t", changed, got, want)
		}
	}
}
