package scanner

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// tell is everything that a scan tells, but how long it took.
func (r *gitRepo) tell(opts Options) string {
	r.Helper()
	opts.Paths, opts.Workers, opts.Progress = []string{r.dir}, 2, new(Progress)
	result, err := Scan(r.Context(), opts)
	if err != nil {
		r.Fatal(err)
	}
	result.Scanned.Seconds = 0
	return fmt.Sprintf("%+v\n%+v\n%s%d parts unread", result.Scanned, result.Problems, printKeys(result.Keys), opts.Progress.Unread.Load())
}

// sameWith compares a scan without a cache with two that use one.
func (r *gitRepo) sameWith(cacheDir, when string) {
	r.Helper()
	time.Sleep(150 * time.Millisecond) // until the stamps of new files are settled
	for _, opts := range []Options{{}, {NoMetadata: true, SkipUnreadable: true}} {
		want := r.tell(opts)
		opts.CacheDir = cacheDir
		for i := range 2 {
			if got := r.tell(opts); got != want {
				r.Fatalf("%s, scan %d with a cache, %+v:\n%s\nwithout a cache:\n%s", when, i+1, opts, got, want)
			}
		}
	}
}

// files lists the files below a directory of the repository.
func (r *gitRepo) files(dir string) (paths []string) {
	r.Helper()
	err := filepath.WalkDir(filepath.Join(r.dir, dir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return paths
}

// loosen lists the loose objects.
func (r *gitRepo) loosen() (paths []string) {
	for _, path := range r.files(".git/objects") {
		if len(filepath.Base(filepath.Dir(path))) == 2 {
			paths = append(paths, path)
		}
	}
	return paths
}

// packs lists the .pack files.
func (r *gitRepo) packs() []string {
	paths, _ := filepath.Glob(filepath.Join(r.dir, ".git/objects/pack/*.pack"))
	return paths
}

// rewrite changes a file in place.
func (r *gitRepo) rewrite(path string, change func([]byte) []byte) {
	r.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.Chmod(path, 0o644)
	}
	if err == nil {
		err = os.WriteFile(path, change(data), 0o644)
	}
	if err != nil {
		r.Fatal(err)
	}
}

func flip(data []byte) []byte {
	data[len(data)*2/3] ^= 0x55
	return data
}

// TestCacheChangesNothing has a repository live through what git and accidents
// do to it, with one cache all the way.
func TestCacheChangesNothing(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r, dir := newGitRepo(t), t.TempDir()
			random := rand.New(rand.NewPCG(seed, 9))
			keys := testSecrets(3)
			r.write("placeholder.txt", "k = insp_"+strings.Repeat("0", 64))
			r.grow(random, keys, 12)
			r.sameWith(dir, "loose")
			r.write("more.txt", "k = "+keys[0]+" insp_"+strings.Repeat("1", 64))
			r.git("add", "-A", ".")
			r.git("commit", "-qm", "more "+keys[1])
			r.sameWith(dir, "after a commit")
			r.git("repack", "-qad")
			r.sameWith(dir, "packed")
			r.write("d/again.txt", "k = "+keys[2])
			r.git("add", "-A", ".")
			r.git("commit", "-qm", "again")
			r.git("repack", "-qd")
			r.write("d/last.txt", "last")
			r.git("add", "-A", ".")
			r.git("commit", "-qm", "last")
			r.git("tag", "-a", "-m", "a tag", "last", "HEAD~1")
			r.sameWith(dir, "two packs and loose objects")
			damages := []func(){
				func() { // an object of which packs know
					loose := r.loosen()
					if err := os.Remove(loose[random.IntN(len(loose))]); err != nil {
						t.Fatal(err)
					}
				},
				func() { r.rewrite(r.packs()[0], flip) },
				func() {
					if err := os.Remove(strings.TrimSuffix(r.packs()[1], ".pack") + ".idx"); err != nil {
						t.Fatal(err)
					}
				},
			}
			damages[seed]()
			r.sameWith(dir, "damaged")
		})
	}
}

// TestCacheOfAnotherPack has a pack that claims the checksum of one that was
// scanned: a hostile clone that was made to look like an old friend.
func TestCacheOfAnotherPack(t *testing.T) {
	r, dir := newGitRepo(t), t.TempDir()
	secret := testSecrets(1)[0]
	r.write("a.txt", "k = "+strings.Repeat("x", len(secret)))
	r.git("add", ".")
	r.git("commit", "-qm", "clean")
	r.git("-c", "core.compression=0", "repack", "-qadF")
	r.sameWith(dir, "clean")
	info, err := os.Stat(r.packs()[0])
	if err != nil {
		t.Fatal(err)
	}
	r.rewrite(r.packs()[0], func(data []byte) []byte {
		return bytes.Replace(data, []byte(strings.Repeat("x", len(secret))), []byte(secret), 1)
	})
	if err := os.Chtimes(r.packs()[0], info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	r.sameWith(dir, "forged")
}

// pass makes the first pass over a repository's history.
func (r *gitRepo) pass(cacheDir string) *history {
	r.Helper()
	h := r.history(Options{CacheDir: cacheDir})
	if err := h.firstPass(r.Context()); err != nil {
		r.Fatal(err)
	}
	return h
}

// TestCacheIsUsed looks at what a second scan reads.
func TestCacheIsUsed(t *testing.T) {
	r, dir := newGitRepo(t), t.TempDir()
	commit := func(name string) {
		r.write(name, name)
		r.git("add", ".")
		r.git("commit", "-qm", name)
		time.Sleep(150 * time.Millisecond)
	}
	commit("one")
	commit("two")
	reads := func(when string, want int) {
		t.Helper()
		h := r.pass(dir)
		if h.commits.count != want {
			t.Errorf("%s: %d commits read, want %d", when, h.commits.count, want)
		}
		if h.collector.scanned.Commits != len(r.lines("rev-list", "--all")) {
			t.Errorf("%s: %d commits counted", when, h.collector.scanned.Commits)
		}
	}
	reads("nothing cached", 2)
	reads("loose", 0)
	commit("three")
	reads("one is new", 1)
	reads("nothing is new", 0)
	r.git("repack", "-qad")
	reads("packed", 3)
	reads("a pack", 0)
	commit("four")
	reads("a pack and a new object", 1)
	r.git("repack", "-qd")
	reads("a second pack", 1)
	reads("two packs", 0)

	// A copy of the pack has another stamp, and the same bytes.
	for _, path := range r.packs() {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	reads("copied packs", 0)

	for _, entry := range r.cacheFiles(dir) { // damage is no different from an empty cache
		r.rewrite(entry, flip)
	}
	reads("a damaged cache", 4)
	reads("a repaired cache", 0)
}

func (r *gitRepo) cacheFiles(dir string) []string {
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		r.Fatalf("no files in the cache: %v", err)
	}
	return paths
}

// TestCacheWithUnreadArchive has a blob of which not all can be read: that is
// said each time. It is read again only where there is a key in it, or in what
// is to be said of it.
func TestCacheWithUnreadArchive(t *testing.T) {
	keys := testSecrets(2)
	for name, again := range map[string]int{"secret.txt": 0, "secret.txt\nkey " + keys[0]: 1, keys[1] + ".txt": 1} {
		for _, pack := range []bool{false, true} {
			t.Run(fmt.Sprintf("%.10q packed %t", name, pack), func(t *testing.T) {
				t.Parallel()
				testUnreadArchive(t, encryptedZip(t, name), pack, again)
			})
		}
	}
}

func testUnreadArchive(t *testing.T, content string, pack bool, again int) {
	r, dir := newGitRepo(t), t.TempDir()
	r.write("a.zip", content)
	r.write("b.txt", "text")
	r.git("add", ".")
	r.git("commit", "-qm", "one")
	if pack {
		r.git("repack", "-qad")
	}
	r.sameWith(dir, "first")
	h := r.pass(dir)
	if h.commits.count > 0 || h.collector.complete() || !h.cache.used() || len(h.notes) != again {
		t.Errorf("packed %t: %d commits and objects of %d parts, not of %d, read again, complete: %t",
			pack, h.commits.count, len(h.notes), again, h.collector.complete())
	}
	r.sameWith(dir, "second")
	if got, want := r.tell(Options{SkipUnreadable: true, CacheDir: dir}), r.tell(Options{SkipUnreadable: true}); got != want {
		t.Errorf("lenient, with the cache of a scan that was not:\n%s\nwithout a cache:\n%s", got, want)
	}
}

// encryptedZip is a zip archive with an entry that says that it is encrypted.
func encryptedZip(t *testing.T, name string) string {
	var b strings.Builder
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: name, Flags: 1, CompressedSize64: 20, UncompressedSize64: 8})
	if err == nil {
		_, err = w.Write(make([]byte, 20))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// readRecord reads a file of the cache, with the bytes that JSON holds in base64
// decoded behind it.
func readRecord(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, quoted := range regexp.MustCompile(`"[0-9A-Za-z+/]+=*"`).FindAll(data, -1) {
		if raw, err := base64.StdEncoding.AppendDecode(nil, quoted[1:len(quoted)-1]); err == nil {
			data = append(append(data, '\n'), raw...)
		}
	}
	return data
}

// TestCacheHoldsNoKey looks for keys, and for the names that may hold some, in
// all that a scan keeps.
func TestCacheHoldsNoKey(t *testing.T) {
	r, dir := newGitRepo(t), t.TempDir()
	keys := testSecrets(3)
	r.write("name-"+keys[0], "k = "+keys[1])
	r.git("add", ".")
	r.git("commit", "-qm", "the message "+keys[2])
	r.git("branch", "b-"+keys[0])
	r.sameWith(dir, "loose")
	r.git("repack", "-qad")
	r.sameWith(dir, "packed")
	for _, path := range r.cacheFiles(dir) {
		data := readRecord(t, path)
		for _, no := range []string{keys[0][10:26], keys[1][10:26], keys[2][10:26], "name-", "message", filepath.Base(filepath.Dir(r.dir))} {
			if bytes.Contains(data, []byte(no)) {
				t.Errorf("%s holds %q", path, no)
			}
		}
	}
}

// TestCacheCannotBeWritten scans with a file in the place of the cache.
func TestCacheCannotBeWritten(t *testing.T) {
	r := newGitRepo(t)
	r.write("a.txt", "k = "+testSecrets(1)[0])
	r.git("add", ".")
	r.git("commit", "-qm", "one")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.sameWith(file, "a file")
	r.sameWith(filepath.Join(file, "below"), "below a file")
}
