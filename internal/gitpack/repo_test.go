package gitpack

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A testRepo is a bare repository made by git, the judge of these tests.
type testRepo struct {
	testing.TB
	dir      string
	hashSize int
}

// newRepo makes an empty repository in t.TempDir.
func newRepo(t testing.TB, initArgs ...string) *testRepo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	r := &testRepo{TB: t, dir: filepath.Join(t.TempDir(), "repo"), hashSize: 20}
	if slices.Contains(initArgs, "--object-format=sha256") {
		r.hashSize = 32
	}
	runGit(t, nil, slices.Concat([]string{"init", "-q", "--bare"}, initArgs, []string{r.dir})...)
	return r
}

// runGit runs git free of the machine's and the user's settings.
func runGit(t testing.TB, stdin []byte, args ...string) []byte {
	t.Helper()
	out, err := tryGit(stdin, args...)
	if err != nil {
		t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func tryGit(stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.Command("git", append([]string{"-c", "gc.auto=0", "-c", "pack.threads=1", "-c", "core.fsync=none"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com")
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	return out, err
}

func (r *testRepo) git(args ...string) string {
	r.Helper()
	return strings.TrimSpace(string(runGit(r, nil, append([]string{"--git-dir", r.dir}, args...)...)))
}

func (r *testRepo) gitIn(stdin []byte, args ...string) string {
	r.Helper()
	return strings.TrimSpace(string(runGit(r, stdin, append([]string{"--git-dir", r.dir}, args...)...)))
}

// importHistory stores h in one pack.
func (r *testRepo) importHistory(h *history, args ...string) {
	r.Helper()
	args = append([]string{"-c", "fastimport.unpackLimit=1", "--git-dir", r.dir, "fast-import", "--quiet"}, args...)
	runGit(r, h.stream.Bytes(), args...)
}

func (r *testRepo) objects() string { return filepath.Join(r.dir, "objects") }

// packs lists the .pack files.
func (r *testRepo) packs() []string {
	paths, err := filepath.Glob(filepath.Join(r.objects(), "pack", "*.pack"))
	if err != nil {
		r.Fatal(err)
	}
	return paths
}

// unpack turns all packs into loose objects.
func (r *testRepo) unpack(config ...string) {
	r.Helper()
	for _, path := range r.packs() {
		data := readFile(r, path)
		for _, suffix := range []string{".pack", ".idx", ".rev", ".bitmap", ".keep", ".mtimes"} {
			_ = os.Remove(strings.TrimSuffix(path, ".pack") + suffix)
		}
		runGit(r, data, append(config, "--git-dir", r.dir, "unpack-objects", "-q")...)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// writeFile replaces a file, read-only ones too.
func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	_ = os.Remove(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// A content is an object's kind and bytes.
type content struct {
	kind Kind
	data string
}

// contents is what git says that the database holds.
func (r *testRepo) contents() map[ID]content {
	r.Helper()
	out := []byte(runGit(r, nil, "--git-dir", r.dir, "cat-file", "--batch-all-objects", "--unordered", "--batch"))
	all := map[ID]content{}
	for len(out) > 0 {
		line, rest, _ := bytes.Cut(out, []byte("\n"))
		fields := strings.Fields(string(line))
		if len(fields) != 3 {
			r.Fatalf("git cat-file says %q", line)
		}
		id, err := ParseID(fields[0])
		size, _ := strconv.Atoi(fields[2])
		if err != nil || len(rest) < size+1 {
			r.Fatalf("git cat-file says %q", line)
		}
		all[id] = content{ParseKind(fields[1]), string(rest[:size])}
		out = rest[size+1:]
	}
	return all
}

// open opens the database, with limits if any are given.
func (r *testRepo) open(limits ...limits) *Store {
	r.Helper()
	s, err := Open([]string{r.objects()}, r.hashSize)
	if err != nil {
		r.Fatal(err)
	}
	for _, l := range limits {
		s.limits = l
	}
	r.Cleanup(func() { _ = s.Close() })
	return s
}

// A sight is all that a walk showed and said.
type sight struct {
	shown    map[ID]content
	stats    Stats
	problems []Problem // of Open and Walk
}

// walk walks s; missing fields of opts have defaults that show everything.
func walk(t testing.TB, s *Store, opts Walk) sight {
	t.Helper()
	v := sight{shown: map[ID]content{}}
	var mu sync.Mutex
	if opts.Kinds == 0 {
		opts.Kinds = allKinds
	}
	if opts.Candidate == nil {
		opts.Always, opts.Candidate = allKinds, func([]byte) bool { return false }
	}
	if opts.Reach == 0 {
		opts.Reach = testReach
	}
	if opts.Workers == 0 {
		opts.Workers = 3
	}
	opts.Progress = new(Progress)
	opts.Visit = func(o Object) {
		data := objectBytes(t, o)
		mu.Lock()
		defer mu.Unlock()
		if _, twice := v.shown[o.ID]; twice {
			t.Errorf("%s is shown twice", o.ID)
		}
		v.shown[o.ID] = content{o.Kind, data}
	}
	var err error
	v.stats, v.problems, err = s.Walk(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	v.problems = append(s.Problems(), v.problems...)
	if done, total := opts.Progress.Done.Load(), opts.Progress.Total.Load(); done != total {
		t.Errorf("progress ends at %d of %d", done, total)
	}
	return v
}

const testReach = 96

func objectBytes(t testing.TB, o Object) string {
	t.Helper()
	data := o.Data
	if (o.Open == nil) == (o.Data == nil) {
		t.Errorf("%s has Data and Open, or neither", o.ID)
	}
	if o.Open != nil {
		r, err := o.Open()
		if err != nil {
			t.Errorf("open %s: %v", o.ID, err)
			return ""
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Errorf("read %s: %v", o.ID, err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("close %s: %v", o.ID, err)
		}
		data = b.Bytes()
	}
	if int64(len(data)) != o.Size {
		t.Errorf("%s has %d bytes and says %d", o.ID, len(data), o.Size)
	}
	return string(data)
}

// checkLike checks that s yields exactly the objects of want, in a walk and
// one by one, and in walks for needles exactly those that hold one.
func checkLike(t testing.TB, s *Store, want map[ID]content, needles ...string) {
	t.Helper()
	v := walk(t, s, Walk{})
	checkSame(t, "a walk", v.shown, want)
	checkStats(t, v.stats, want)
	if len(v.problems) > 0 {
		t.Errorf("problems: %v", v.problems)
	}
	for _, needle := range needles {
		v := walk(t, s, Walk{Candidate: func(b []byte) bool { return bytes.Contains(b, []byte(needle)) }})
		holders := maps.Clone(want)
		maps.DeleteFunc(holders, func(_ ID, c content) bool { return !strings.Contains(c.data, needle) })
		checkSame(t, fmt.Sprintf("a walk for %q", needle), v.shown, holders)
		checkStats(t, v.stats, want)
	}
	for id, c := range want {
		kind, data, err := s.Read(id)
		if err != nil || kind != c.kind || string(data) != c.data {
			t.Errorf("Read(%s): %s of %d bytes, error %v; want %s of %d bytes", id, kind, len(data), err, c.kind, len(c.data))
		}
	}
}

func checkStats(t testing.TB, got Stats, want map[ID]content) {
	t.Helper()
	var sum Stats
	for _, c := range want {
		sum.Add(c.kind, uint64(len(c.data)))
	}
	if got != sum {
		t.Errorf("stats are %+v, want %+v", got, sum)
	}
}

func checkSame(t testing.TB, what string, got, want map[ID]content) {
	t.Helper()
	for id, c := range want {
		if g, ok := got[id]; !ok {
			t.Errorf("%s misses %s %s", what, c.kind, id)
		} else if g != c {
			t.Errorf("%s shows %s as another %s", what, id, g.kind)
		}
	}
	for id, g := range got {
		if _, ok := want[id]; !ok {
			t.Errorf("%s shows %s %s, which it should not", what, g.kind, id)
		}
	}
}

func mustID(t testing.TB, digits string) ID {
	t.Helper()
	id, err := ParseID(digits)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
