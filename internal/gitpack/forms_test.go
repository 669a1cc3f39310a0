package gitpack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A form is a way in which git stores objects. It is given a repository with
// one pack, as fast-import left it.
type form struct {
	name string
	make func(r *testRepo)
}

func repack(config string, args ...string) func(r *testRepo) {
	return func(r *testRepo) {
		var all []string
		for _, c := range strings.Fields(config) {
			all = append(all, "-c", c)
		}
		r.git(append(append(all, "repack", "-q"), args...)...)
	}
}

// forms is the table of storage forms; a new one is a line here.
func forms() []form {
	return []form{
		{"as imported", func(*testRepo) {}},
		{"loose", func(r *testRepo) { r.unpack() }},
		{"loose, stored", func(r *testRepo) { r.unpack("-c", "core.looseCompression=0") }},
		{"loose, best", func(r *testRepo) { r.unpack("-c", "core.looseCompression=9") }},
		{"no deltas", repack("", "-adf", "--depth=0", "--window=0")},
		{"shallow deltas", repack("", "-adf", "--depth=2", "--window=50")},
		{"deep deltas", repack("", "-adf", "--depth=250", "--window=250")},
		{"reference deltas", repack("repack.useDeltaBaseOffset=false", "-adf", "--depth=50", "--window=50")},
		{"packed, stored", repack("pack.compression=0 core.compression=0", "-adf")},
		{"index version 1", repack("pack.indexVersion=1", "-adf")},
		{"bitmap and .rev", repack("repack.writeBitmaps=true pack.writeReverseIndex=true", "-adf")},
		{"two packs and loose", twoPacks},
		{"two packs, a multi-pack-index", func(r *testRepo) { twoPacks(r); r.git("multi-pack-index", "write") }},
		{"overlapping packs", overlappingPacks},
		{"kept pack", func(r *testRepo) {
			writeFile(r, strings.TrimSuffix(r.packs()[0], ".pack")+".keep", nil)
			r.git("repack", "-q", "-adfF", "--pack-kept-objects")
		}},
		{"cruft pack", func(r *testRepo) {
			r.git("update-ref", "-d", "refs/heads/b1")
			r.git("repack", "-q", "--cruft", "-d")
		}},
		{"packed and loose", func(r *testRepo) {
			data := readFile(r, r.packs()[0])
			r.unpack()
			r.gitIn(data, "index-pack", "--stdin")
		}},
	}
}

// twoPacks leaves half of the history in one pack, half in another, and some
// loose.
func twoPacks(r *testRepo) {
	r.unpack()
	ids := strings.Split(r.git("rev-list", "--objects", "--all", "--no-object-names"), "\n")
	third := len(ids) / 3
	for _, part := range [][]string{ids[:third], ids[third : 2*third]} {
		r.gitIn([]byte(strings.Join(part, "\n")+"\n"), "pack-objects", "-q", "--depth=50", filepath.Join(r.objects(), "pack", "pack"))
	}
	r.git("prune-packed", "-q")
}

// overlappingPacks adds packs that hold parts of the first pack, deltified in
// another way.
func overlappingPacks(r *testRepo) {
	ids := strings.Split(r.git("rev-list", "--objects", "--all", "--no-object-names"), "\n")
	for i := range 3 {
		part := ids[i*len(ids)/5 : (i+3)*len(ids)/5]
		r.gitIn([]byte(strings.Join(part, "\n")+"\n"), "pack-objects", "-q", "--no-reuse-delta", fmt.Sprintf("--depth=%d", 3*i), filepath.Join(r.objects(), "pack", "pack"))
	}
}

// TestForms compares walks and reads of every storage form with git.
func TestForms(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		for i, f := range forms() {
			if format == "sha256" && i%4 != 0 {
				continue // a random history has either format
			}
			t.Run(format+", "+f.name, func(t *testing.T) {
				t.Parallel()
				r := newRepo(t, "--object-format="+format)
				h := newHistory(uint64(i), 30)
				r.importHistory(h)
				r.gitIn(nil, "hash-object", "-w", "--stdin") // the empty blob
				f.make(r)
				checkLike(t, r.open(), r.contents(), h.some(8)...)
			})
		}
	}
}

// TestRandomHistories does what TestForms does with random histories, object
// formats, forms and limits. INSPLINT_TEST_SEED chooses others than the usual
// ones.
func TestRandomHistories(t *testing.T) {
	seed := uint64(1000)
	if text := os.Getenv("INSPLINT_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint64(16) {
		t.Run(fmt.Sprint("seed ", seed+i), func(t *testing.T) {
			t.Parallel()
			checkRandomHistory(t, seed+i)
		})
	}
}

func checkRandomHistory(t *testing.T, seed uint64) {
	h := newHistory(seed, 10+int(seed%50))
	r := newRepo(t, "--object-format="+[]string{"sha1", "sha1", "sha256"}[h.IntN(3)])
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
		_ = os.RemoveAll(r.dir)
	}()
	depth := fmt.Sprintf("--depth=%d", h.IntN(60))
	r.importHistory(h, depth)
	f := forms()[h.IntN(len(forms()))]
	f.make(r)
	lim := ordinary()
	if h.IntN(2) == 0 {
		lim.stream = int64(h.IntN(2000))
	}
	if h.IntN(2) == 0 {
		lim.held = int64(h.IntN(2000))
	}
	checkLike(t, r.open(lim), r.contents(), h.some(8)...)
	if t.Failed() {
		t.Logf("form %q, limits %+v", f.name, lim)
	}
}
