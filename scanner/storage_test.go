package scanner

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
)

// A storageForm is a way in which real git keeps objects. make turns a
// repository with loose objects into it and returns what to scan.
type storageForm struct {
	name string
	make func(r *gitRepo) (path string)
	says string // a regular expression for the scan's problems; empty: it is complete
}

// here is a form that leaves the repository where it is.
func here(change func(r *gitRepo)) func(r *gitRepo) string {
	return func(r *gitRepo) string {
		change(r)
		return r.dir
	}
}

func gitHere(commands ...string) func(r *gitRepo) string {
	return here(func(r *gitRepo) {
		for _, command := range commands {
			r.git(strings.Fields(command)...)
		}
	})
}

// cloneHere is a form that is a clone, of a path or of a URL.
func cloneHere(url bool, args ...string) func(r *gitRepo) string {
	return func(r *gitRepo) string {
		from := r.dir
		if url {
			from = "file://" + filepath.ToSlash(r.dir)
		}
		to := r.beside("clone")
		r.git(slices.Concat([]string{"clone", "-q"}, args, []string{from, to})...)
		return to
	}
}

// storageForms is the table of storage forms; a new one is a line here. What
// packs look like inside is the matter of package gitpack's own table.
func storageForms() []storageForm {
	return []storageForm{
		{"loose, every level", here((*gitRepo).unpack), ""},
		{"one pack", gitHere("repack -qad"), ""},
		{"deep deltas", gitHere("repack -qadf --depth=250 --window=250"), ""},
		{"reference deltas", gitHere("-c repack.useDeltaBaseOffset=false repack -qadf"), ""},
		{"index version 1", gitHere("-c pack.indexVersion=1 repack -qadf"), ""},
		{"many packs", here((*gitRepo).splitPacks), ""},
		{"multi-pack-index", here(func(r *gitRepo) { r.splitPacks(); r.git("multi-pack-index", "write") }), ""},
		{"multi-pack-index and bitmap", gitHere("repack -qad", "multi-pack-index write --bitmap"), ""},
		{"multi-pack-index instead of an index", here(func(r *gitRepo) {
			r.git("repack", "-qad")
			r.git("multi-pack-index", "write") // without its index git reads nothing of the pack either
			idx, _ := filepath.Glob(filepath.Join(r.dir, ".git", "objects", "pack", "*.idx"))
			_ = os.Remove(idx[0])
		}), "pack has no index"},
		{"bitmap and .rev", gitHere("-c pack.writeReverseIndex=true -c repack.writeBitmaps=true repack -qad"), ""},
		{"cruft pack", gitHere("branch -D -q aside", "repack -q --cruft -d"), ""},
		{"kept pack", here(func(r *gitRepo) {
			r.git("repack", "-qad")
			idx, _ := filepath.Glob(filepath.Join(r.dir, ".git", "objects", "pack", "*.idx"))
			r.write(".git/objects/pack/"+strings.TrimSuffix(filepath.Base(idx[0]), ".idx")+".keep", "")
			r.git("gc", "-q")
		}), ""},
		{"packed refs", gitHere("pack-refs --all", "gc -q"), ""},
		{"relative alternate", here(func(r *gitRepo) { r.alternates("../../store", false) }), ""},
		{"chained alternates", here(func(r *gitRepo) { r.splitPacks(); r.alternates("../../store", false) }), ""},
		{"circle of alternates", here(func(r *gitRepo) { r.splitPacks(); r.alternates("../../store", true) }), ""},
		{"clone of a path", cloneHere(false), ""},
		{"clone --shared", cloneHere(false, "--shared"), ""},
		{"clone --reference", func(r *gitRepo) string { return cloneHere(true, "--reference", r.dir)(r) }, ""},
		{"clone --bare", cloneHere(true, "--bare"), ""},
		{"clone --mirror", cloneHere(true, "--mirror"), ""},
		{"shallow clone", cloneHere(true, "--depth=2", "--no-single-branch"), "shallow.*--unshallow"},
		{"partial clone", cloneHere(true, "--filter=blob:none", "--no-checkout"), "partial: [1-9][0-9]* blobs"},
		{"treeless clone", cloneHere(true, "--filter=tree:0", "--no-checkout"), "[1-9][0-9]* trees"},
		{"linked worktree", func(r *gitRepo) string {
			r.git("worktree", "add", "-q", "--detach", r.beside("linked"))
			return r.beside("linked")
		}, ""},
		{"separate git directory", gitHere("init -q --separate-git-dir=../sep.git"), ""},
		{"git directory itself", func(r *gitRepo) string { return filepath.Join(r.dir, ".git") }, ""},
		{"replaced objects", gitHere("replace HEAD~1 HEAD", "repack -qad"), ""},
		{"grafts", here(func(r *gitRepo) { r.write(".git/info/grafts", r.git("rev-parse", "HEAD")+"\n") }), ""},
	}
}

// beside is a path beside the repository.
func (r *gitRepo) beside(name string) string { return filepath.Join(filepath.Dir(r.dir), name) }

// copyOf is a repository like another, in a directory of its own.
func copyOf(t *testing.T, from *gitRepo) *gitRepo {
	t.Helper()
	r := &gitRepo{T: t, dir: filepath.Join(t.TempDir(), "repo"), tick: from.tick}
	if err := os.CopyFS(r.dir, os.DirFS(from.dir)); err != nil {
		t.Fatal(err)
	}
	return r
}

// all lists the objects of the database.
func (r *gitRepo) all() []string {
	r.Helper()
	return r.lines("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
}

// splitPacks leaves the objects in three packs, some of them in two, and some
// loose.
func (r *gitRepo) splitPacks() {
	r.Helper()
	ids := r.all()
	n := len(ids) / 4
	for i := range 3 {
		part := ids[i*n : (i+1)*n+n/3]
		r.gitInput(strings.Join(part, "\n")+"\n", "pack-objects", "-q", ".git/objects/pack/pack")
	}
	r.git("prune-packed", "-q")
}

// unpack makes every object loose, at all levels of compression by turns.
func (r *gitRepo) unpack() {
	r.Helper()
	all := r.all()
	var packs []string
	for level := range 10 {
		part := ""
		for i := level; i < len(all); i += 10 {
			part += all[i] + "\n"
		}
		packs = append(packs, r.beside("level-"+r.gitInput(part, "pack-objects", "-q", "../level")+".pack"))
	}
	for _, id := range all {
		_ = os.Remove(filepath.Join(r.dir, ".git", "objects", id[:2], id[2:]))
	}
	for level, pack := range packs {
		data, err := os.ReadFile(pack)
		if err != nil {
			r.Fatal(err)
		}
		r.gitInput(string(data), "-c", fmt.Sprint("core.looseCompression=", level), "unpack-objects", "-q")
	}
}

// alternates moves what is packed, or else all that is loose, to a store beside
// the repository, and a part of it to a store behind that; with circle that
// leads back to the repository.
func (r *gitRepo) alternates(relative string, circle bool) {
	r.Helper()
	objects := filepath.Join(r.dir, ".git", "objects")
	r.git("init", "-q", "--bare", "../store")
	r.git("init", "-q", "--bare", "../behind")
	files, _ := filepath.Glob(filepath.Join(objects, "pack", "*"))
	if len(files) == 0 {
		files, _ = filepath.Glob(filepath.Join(objects, "??", "*"))
	}
	slices.Sort(files)
	stem := func(file string) string { return strings.TrimSuffix(file, filepath.Ext(file)) }
	for _, file := range files {
		store := "store"
		if stem(file) <= stem(files[len(files)/2]) {
			store = "behind"
		}
		name, _ := filepath.Rel(objects, file)
		r.rename(file, filepath.Join(r.beside(store), "objects", name))
	}
	write := func(objects, text string) {
		if err := os.WriteFile(filepath.Join(objects, "info", "alternates"), []byte(text), 0o644); err != nil {
			r.Fatal(err)
		}
	}
	_ = os.MkdirAll(filepath.Join(objects, "info"), 0o755)
	write(objects, "# shared\n../"+relative+"/objects\n")
	write(filepath.Join(r.beside("store"), "objects"), "../../behind/objects\n")
	if circle {
		write(filepath.Join(r.beside("behind"), "objects"), objects+"\n")
	}
}

func (r *gitRepo) rename(from, to string) {
	r.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.Rename(from, to); err != nil {
		r.Fatal(err)
	}
}

// holders is what a search for bytes over all that git says is there finds: the
// keys that each object holds.
func (r *gitRepo) holders(path string, keys []string) map[string][]string {
	r.Helper()
	cmd := r.command("-C", path, "cat-file", "--batch", "--batch-all-objects")
	cmd.Env = append(cmd.Env, "GIT_NO_REPLACE_OBJECTS=1")
	output, err := cmd.Output()
	if err != nil {
		r.Fatal(err)
	}
	held := map[string][]string{}
	for out := string(output); out != ""; {
		header, rest, _ := strings.Cut(out, "\n")
		fields := strings.Fields(header)
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			r.Fatalf("git cat-file: %q", header)
		}
		for _, k := range keys {
			if holdsKey(rest[:size], k) {
				held[fields[0]] = append(held[fields[0]], k)
			}
		}
		out = rest[size+1:]
	}
	return held
}

// searched is what the first pass over the database of path finds.
func searched(t *testing.T, path string, getenv func(string) string) (map[string][]string, *Result) {
	t.Helper()
	opts := Options{Paths: []string{path}, Workers: 2, Getenv: getenv}.withDefaults(t.Context())
	target, err := newTarget(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	store, err := gitpack.Open(target.repo.ObjectDirs(), target.repo.HashSize)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	h := newHistory(target.repo, store, opts, newCollector(opts))
	if err := h.search(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	add := func(id gitpack.ID, set secretSet) {
		for secret := range h.book.all(set) {
			found[id.String()] = append(found[id.String()], secret.Reveal())
		}
	}
	for id, hit := range h.hits {
		add(id, hit.secrets)
	}
	for id, entries := range h.named {
		for _, e := range entries {
			add(id, e.hit.secrets)
		}
	}
	result, err := Scan(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return found, result
}

// checkStorage compares what insplint finds with what a search for bytes does.
func (r *gitRepo) checkStorage(f storageForm, path string, keys []string, getenv func(string) string) {
	r.Helper()
	want := r.holders(path, keys)
	found, result := searched(r.T, path, getenv)
	for _, list := range found {
		slices.Sort(list)
	}
	for _, list := range want {
		slices.Sort(list)
	}
	if !maps.EqualFunc(found, want, slices.Equal) {
		r.Errorf("%d objects with keys, a search for bytes finds %d", len(found), len(want))
	}
	told := map[string]bool{}
	for _, k := range result.Keys {
		told[k.Secret.Reveal()] = true
	}
	for id, held := range want {
		for _, k := range held {
			if !told[k] {
				r.Errorf("%s of object %s is not told", key.NewSecret(k), id)
			}
		}
	}
	var said strings.Builder
	for _, p := range result.Problems {
		fmt.Fprintln(&said, p)
	}
	if complete := f.says == ""; result.Scanned.Complete != complete || !complete && !regexp.MustCompile(f.says).MatchString(said.String()) {
		r.Errorf("complete: %t, want problems like %q\n%s", result.Scanned.Complete, f.says, said.String())
	}
}

// grown is a random history with keys in files, messages and names.
func grown(t *testing.T, seed uint64, steps int, initArgs ...string) (*gitRepo, []string) {
	t.Helper()
	r := newGitRepo(t, initArgs...)
	keys := testSecrets(4)
	r.git("config", "gc.auto", "0")
	r.git("config", "uploadpack.allowFilter", "true")
	r.git("checkout", "-q", "--orphan", "aside")
	r.write("side/"+keys[3]+".txt", "k = "+keys[0])
	r.git("add", ".")
	r.git("commit", "-qm", "side")
	r.git("checkout", "-q", "-B", "main")
	r.grow(rand.New(rand.NewPCG(seed, 7)), keys[:3], steps)
	r.git("checkout", "-q", "-f", "main")
	return r, keys
}

// TestStorage has every form of storage, made by git, searched as completely
// as git itself lists it.
func TestStorage(t *testing.T) {
	from, keys := grown(t, 1, 12)
	for _, f := range storageForms() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := copyOf(t, from)
			r.checkStorage(f, f.make(r), keys, nil)
		})
	}
}

// TestRandomStorage draws histories, object formats and forms of storage at
// random.
func TestRandomStorage(t *testing.T) {
	seed := firstSeed(t)
	for i := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, i))
		format := []string{"sha1", "sha256"}[random.IntN(2)]
		forms := storageForms()
		first, then := forms[random.IntN(len(forms))], forms[random.IntN(len(forms))]
		t.Run(fmt.Sprintf("seed %d, %d: %s, %s, %s", seed, i, format, first.name, then.name), func(t *testing.T) {
			t.Parallel()
			from, keys := grown(t, random.Uint64(), 6+random.IntN(12), "--object-format="+format)
			r := copyOf(t, from)
			path := first.make(r)
			if path == r.dir && first.says == "" && strings.Contains(then.name, "clone") {
				first = then
				path = then.make(r)
			}
			r.checkStorage(first, path, keys, nil)
		})
	}
}

// TestStorageWhileItMoves scans again and again while git packs, unpacks and
// collects garbage: nothing that a ref leads to is missed, and nothing is said
// to be.
func TestStorageWhileItMoves(t *testing.T) {
	from, keys := grown(t, 2, 10)
	r := copyOf(t, from)
	r.git("reflog", "expire", "--expire=now", "--all")
	r.git("repack", "-qad")
	r.git("prune", "--expire=now")
	want := r.holders(r.dir, keys)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, command := range []string{"repack -qadf", "repack -qAdf", "gc -q --prune=now", "multi-pack-index write"} {
			if ctx.Err() == nil && r.gitFails(strings.Fields(command)...) {
				t.Errorf("git %s fails", command)
			}
			if ctx.Err() == nil && strings.Contains(command, "f") {
				r.unpackBeside()
			}
		}
	}()
	for round := 0; ; round++ {
		found, result := searched(t, r.dir, nil)
		if len(found) != len(want) || !result.Scanned.Complete {
			t.Errorf("round %d: %d objects, want %d; problems %v", round, len(found), len(want), result.Problems)
		}
		select {
		case <-done:
			stop()
			return
		default:
		}
	}
}

// unpackBeside writes all objects loose beside their pack, then takes the pack
// away.
func (r *gitRepo) unpackBeside() {
	packs, _ := filepath.Glob(filepath.Join(r.dir, ".git", "objects", "pack", "pack-*.pack"))
	for _, pack := range packs {
		data, err := os.ReadFile(pack)
		if err != nil {
			continue
		}
		cmd := r.command("unpack-objects", "-q")
		cmd.Env = append(cmd.Env, "GIT_OBJECT_DIRECTORY="+r.beside("unpacked"))
		_ = os.MkdirAll(r.beside("unpacked"), 0o755)
		cmd.Stdin = strings.NewReader(string(data))
		if out, err := cmd.CombinedOutput(); err != nil {
			r.Errorf("git unpack-objects: %v\n%s", err, out)
		}
		loose, _ := filepath.Glob(filepath.Join(r.beside("unpacked"), "??", "*"))
		for _, file := range loose {
			name, _ := filepath.Rel(r.beside("unpacked"), file)
			to := filepath.Join(r.dir, ".git", "objects", name)
			_ = os.MkdirAll(filepath.Dir(to), 0o755)
			if err := os.Rename(file, to); err != nil {
				r.Error(err)
			}
		}
		_ = os.Remove(strings.TrimSuffix(pack, ".pack") + ".idx")
		_ = os.Remove(pack)
	}
}

// TestQuarantine scans with the objects of a push in a directory of their own,
// as a hook finds them.
func TestQuarantine(t *testing.T) {
	from, keys := grown(t, 3, 10)
	r := copyOf(t, from)
	objects := filepath.Join(r.dir, ".git", "objects")
	r.rename(objects, r.beside("quarantine"))
	r.git("init", "-q")
	if err := os.MkdirAll(filepath.Join(objects, "pack"), 0o755); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GIT_OBJECT_DIRECTORY": r.beside("quarantine"), "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects}
	t.Chdir(r.dir)
	for name, value := range env {
		t.Setenv(name, value) // for git
	}
	r.checkStorage(storageForm{}, r.dir, keys, os.Getenv)
	if _, err := gitrepo.Open(r.dir); err != nil {
		t.Error(err)
	}
}

// firstSeed is where the random cases of a test begin: INSPLINT_TEST_SEED chooses
// others than the usual ones.
func firstSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("INSPLINT_TEST_SEED")
	if text == "" {
		return 0
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}
