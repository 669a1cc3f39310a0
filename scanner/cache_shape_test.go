package scanner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// shapes is what the cache knows of a repository's packs, and how many commits
// and trees a scan reads all the same.
func (r *gitRepo) shapes(cacheDir string) (known shapes, commits, strands int) {
	r.Helper()
	h := r.pass(cacheDir)
	known = h.cache.shapes(h.hits)
	h.commits = commitList{}
	if err := h.readCommits(r.Context(), known); err != nil {
		r.Fatal(err)
	}
	for _, s := range known {
		commits -= s.commits.count
	}
	l, err := h.locate(r.Context(), known)
	if err != nil {
		r.Fatal(err)
	}
	return known, commits + h.commits.count, len(l.skeleton.strands)
}

// TestShapes grows random histories in packs that the cache knows: old keys at
// new paths, in old trees of new commits, behind merges.
func TestShapes(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r, dir := newGitRepo(t), t.TempDir()
			random := rand.New(rand.NewPCG(seed, 21))
			keys := testSecrets(3)
			r.write("old/deep/down/key.env", "k = "+keys[0])
			r.grow(random, keys, 12)
			r.git("repack", "-qad")
			r.git("prune", "--expire=now")
			r.sameWith(dir, "packed")
			if known, commits, strands := r.shapes(dir); len(known) != 1 || commits+strands > 0 {
				t.Errorf("%d shapes of 1 pack are known, and %d commits and %d strands of trees read", len(known), commits, strands)
			}
			r.git("mv", "old", "new")
			r.write("another/key.env", "k = "+keys[0])
			r.write("fresh.env", "k = "+keys[1])
			r.git("add", "-A", ".")
			r.git("commit", "-qm", "moved")
			r.git("read-tree", "--prefix=once-more/", "HEAD~1")
			r.git("commit", "-qm", "an old tree in a new place")
			r.sameWith(dir, "loose objects over a pack")
			if known, commits, strands := r.shapes(dir); len(known) != 1 || commits != 2 || strands == 0 {
				t.Errorf("%d shapes are known, and %d commits and %d strands of trees read", len(known), commits, strands)
			}
			r.git("repack", "-qd")
			r.sameWith(dir, "two packs")
			if known, commits, strands := r.shapes(dir); len(known) != 2 || commits+strands > 0 {
				t.Errorf("%d shapes of 2 packs are known, and %d commits and %d strands of trees read", len(known), commits, strands)
			}
			r.git("rm", "-rq", "--cached", "once-more")
			r.git("commit", "-qm", "gone")
			r.sameWith(dir, "removed")
		})
	}
}

// TestNoShapeWithKeysInNames has a directory on the way to a key named after
// another: its name would have to be kept.
func TestNoShapeWithKeysInNames(t *testing.T) {
	r, dir := newGitRepo(t), t.TempDir()
	keys := testSecrets(2)
	r.write(filepath.Join("at "+keys[0], "k.env"), "k = "+keys[1])
	r.git("add", ".")
	r.git("commit", "-qm", "one")
	r.git("repack", "-qad")
	r.sameWith(dir, "packed")
	if known, commits, _ := r.shapes(dir); len(known) != 0 || commits != 1 {
		t.Errorf("%d shapes are known, %d commits read", len(known), commits)
	}
	for _, path := range r.cacheFiles(dir) {
		if bytes.Contains(readRecord(t, path), []byte(keys[0][10:26])) {
			t.Errorf("%s holds a key", path)
		}
	}
}

// TestBrokenShape cuts and changes a record's lists: what is left is refused, or
// says nothing that is not in it.
func TestBrokenShape(t *testing.T) {
	r, dir := newGitRepo(t), t.TempDir()
	r.write("d/k.env", "k = "+testSecrets(1)[0])
	r.git("add", ".")
	r.git("commit", "-qm", "one")
	r.git("tag", "-am", "a tag", "a")
	r.git("repack", "-qad")
	time.Sleep(150 * time.Millisecond)
	r.sameWith(dir, "packed")
	known, _, _ := r.shapes(dir)
	for _, s := range known {
		if s.commits.count != 1 || len(s.tags) != 1 || len(s.holds) != 2 {
			t.Fatalf("shape has %d commits, %d tags, %d holds", s.commits.count, len(s.tags), len(s.holds))
		}
	}
	h := r.pass(dir)
	c := h.cache
	data, ok := c.dir.Get(c.shapeKey(c.parts[0], c.asked[c.parts[0]]))
	if !ok {
		t.Fatal("no record of the shape")
	}
	for _, list := range []func(*shapeRecord) *[]byte{
		func(r *shapeRecord) *[]byte { return &r.Commits },
		func(r *shapeRecord) *[]byte { return &r.Tags },
		func(r *shapeRecord) *[]byte { return &r.Holds },
	} {
		for cut := 0; ; cut++ {
			record := new(shapeRecord)
			if err := json.Unmarshal(data, record); err != nil {
				t.Fatal(err)
			}
			l := list(record)
			if cut == len(*l) {
				break
			}
			*l = (*l)[:cut]
			if s := record.shape(); s != nil && s.commits.count+len(s.tags)+len(s.holds) >= 4 {
				t.Errorf("%d commits, %d tags, %d holds in a record that was cut", s.commits.count, len(s.tags), len(s.holds))
			}
		}
	}
	if got := (&shapeRecord{Holds: []byte{1, 2}, Names: [][]byte{[]byte("a")}}).shape(); got != nil {
		t.Errorf("a shape of nothing: %v", got)
	}
	if got := (*historyCache)(nil).shapes(nil); got.known() != nil {
		t.Errorf("shapes of no cache: %v", got)
	}
}

// TestShapeOfBlobWithNewName has a blob of a known pack opened for the first time
// because a commit of today names it so.
func TestShapeOfBlobWithNewName(t *testing.T) {
	r, dir := newGitRepo(t), t.TempDir()
	keys := testSecrets(2)
	r.write("d/data.bin", brotliOf("k = "+keys[0]))
	r.write("k.env", "k = "+keys[1])
	r.git("add", ".")
	r.git("commit", "-qm", "one")
	r.git("repack", "-qad")
	r.sameWith(dir, "packed")
	if known, _, _ := r.shapes(dir); len(known) != 1 {
		t.Errorf("%d shapes of 1 pack are known", len(known))
	}
	r.git("mv", "d/data.bin", "data.br")
	r.git("commit", "-qm", "two")
	r.sameWith(dir, "named")
}
