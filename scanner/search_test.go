package scanner

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// testContext is enough context for what the lines of these tests hold.
const testContext = 2 << 10

// searchBoth searches data whole and in windows, and wants one answer.
func searchBoth(t *testing.T, data []byte, window int) []sighting {
	t.Helper()
	s := search{path: "config.txt"}
	whole, _ := s.buffer(data)
	if len(data)%2 == 0 { // else it cannot be read again
		s.again = true
		s.open = func(string) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }
	}
	found, size, err := s.stream(iotest.HalfReader(bytes.NewReader(data)), make([]byte, window), testContext)
	if err != nil || size != int64(len(data)) {
		t.Fatalf("read %d bytes of %d: %v", size, len(data), err)
	}
	binary := bytes.IndexByte(data, 0) >= 0
	for i := range whole {
		whole[i].match = whole[i].match.Settle(binary)
		whole[i].place.Confidence = whole[i].match.Confidence
	}
	if len(found) != len(whole) {
		t.Fatalf("%d keys in windows of %d bytes, %d in the whole of %d", len(found), window, len(whole), len(data))
	}
	for i := range found {
		got, want := found[i], whole[i]
		got.match.Start, got.match.End = want.match.Start, want.match.End // which count from a window's start
		if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); a != b {
			t.Fatalf("key %d in windows of %d bytes:\n%s\nin the whole:\n%s", i, window, a, b)
		}
	}
	return found
}

// TestStreamBorders has a key at every offset around the borders of windows.
func TestStreamBorders(t *testing.T) {
	const window = 5 * testContext
	secret := factsKey(1)
	line := []byte("lorem ipsum, é, dolor ‖ 𝛼\n")
	plain := bytes.Repeat(line, 3*window/len(line))
	for _, border := range []int{testContext, window - testContext, window, 2*window - 2*testContext} {
		for offset := -90; offset <= 10; offset++ {
			data := bytes.Clone(plain)
			copy(data[border+offset:], ` TOKEN="`+secret+`" `)
			if found := searchBoth(t, data, window); len(found) != 1 || found[0].match.Secret != key.NewSecret(secret) {
				t.Fatalf("%d keys at %d", len(found), border+offset)
			}
		}
	}
}

// FuzzStream holds the search in windows to that of the whole, over texts that
// the input's bytes choose pieces for.
func FuzzStream(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		seed := make([]byte, random.IntN(900))
		for i := range seed {
			seed[i] = byte(random.IntN(256))
		}
		f.Add(seed, uint16(random.IntN(9000)))
	}
	pieces := []string{
		factsKey(1), factsKey(2) + "a", strings.ToUpper(factsKey(3)), key.SandboxPrefix + factsKey(4)[len(key.Prefix):],
		key.Prefix + strings.Repeat("a1b2c3d4e5f6", 5) + "a1b2", "\n", "\r\n", "\x00", "é", "\xff\xfe", " # insplint:ignore -- fine\n",
		"NEXT_PUBLIC_KEY=", "https://api.inspecto.com/", `"`, strings.Repeat("word ", 40), strings.Repeat("line\n", 60),
	}
	f.Fuzz(func(t *testing.T, chosen []byte, extra uint16) {
		var data []byte
		for _, c := range chosen {
			if int(c) < 3*len(pieces) {
				data = append(data, pieces[int(c)%len(pieces)]...)
			} else {
				data = append(data, c, '\n')
			}
		}
		searchBoth(t, data, 4*testContext+1+int(extra)%(8*testContext))
	})
}

// TestStreamLongLine has very many keys on one line.
func TestStreamLongLine(t *testing.T) {
	var data []byte
	for i := range 1000 {
		data = append(append(data, factsKey(i)...), ' ', '\xc3', '\xa9', ',')
	}
	if found := searchBoth(t, data, 30<<10); len(found) != 1000 || found[999].place.Span.Column != 1+999*72 {
		t.Errorf("%d keys, the last at %v", len(found), found[len(found)-1].place.Span)
	}
}

// TestStreamTooMany names the number of keys that a file has too many, and
// keeps what was found when a stream breaks off.
func TestStreamTooMany(t *testing.T) {
	line := []byte(factsKey(1) + "\n")
	if got := (search{}).limit(); got != maxSightings {
		t.Errorf("without a limit of its own: %d", got)
	}
	// Enough lines for several windows, one of which has the last place.
	const most, more = 700, 345
	var data []byte
	for i := range most + more {
		data = append(data, factsKey(i)+"\n"...)
	}
	found, _, err := search{most: most}.stream(bytes.NewReader(data), make([]byte, 1<<14), 1<<11)
	if len(found) != most || err == nil || !strings.Contains(err.Error(), fmt.Sprintf("more than %d keys: %d", most, more)) {
		t.Errorf("%d found, and %v", len(found), err)
	}
	broken := errors.New("broken")
	found, size, err := search{}.stream(io.MultiReader(bytes.NewReader(line), iotest.ErrReader(broken)), make([]byte, wholeMax), contextBytes)
	if len(found) != 1 || size != int64(len(line)) || !errors.Is(err, broken) {
		t.Errorf("%d found in %d bytes, and %v", len(found), size, err)
	}
}

// A changingFile tells one size and holds another.
type changingFile struct {
	io.Reader
	reads int
}

func (f *changingFile) Read(p []byte) (int, error) {
	f.reads++
	return f.Reader.Read(p)
}

// TestFileChanges reads files that grow or shrink while they are read, and
// those whose size says nothing, as in /proc.
func TestFileChanges(t *testing.T) {
	for _, test := range []struct{ size, holds, reads int }{
		{100, 100, 1}, {100, 50, 2}, {100, 200, 1}, {0, 300, 2}, {0, 0, 1},
		{1 << 16, 1 << 16, 1}, {1<<16 - 1, 1 << 16, 2}, {70_000, 200_000, 3},
		{wholeMax, wholeMax + 5000, 3},
	} {
		want := bytes.Repeat([]byte("x"), test.holds)
		f := &changingFile{Reader: bytes.NewReader(want)}
		r := newFileReader()
		got, err := r.whole(f, int64(test.size))
		if err != nil || !bytes.Equal(got, want[:min(len(want), len(got))]) || len(got) < min(test.holds, test.size, wholeMax) {
			t.Errorf("%+v: %d bytes, %v", test, len(got), err)
		}
		if f.reads > test.reads {
			t.Errorf("%+v: %d reads", test, f.reads)
		}
	}
}

// TestFileSizes finds a key at the end of files of many sizes, whole and in
// windows, by their paths and in an open directory, with one reader for all.
func TestFileSizes(t *testing.T) {
	secret := factsKey(1)
	path := filepath.Join(t.TempDir(), "f")
	dir, err := openDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r := newFileReader()
	for _, size := range []int{
		70, 511, 512, 513, 1024, 4096, 4097, 1<<16 - 1, 1 << 16, 1<<16 + 1, firstRoom - 1, firstRoom, firstRoom + 1, 1 << 20,
		wholeMax - 1, wholeMax, wholeMax + 1, 2*wholeMax + 12345, 71,
	} {
		data := append(bytes.Repeat([]byte("."), size-len(secret)), secret...)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		check := func(found []sighting, read int64, err error) {
			t.Helper()
			if err != nil || read != int64(size) || len(found) != 1 || found[0].place.Span.EndColumn != size+1 {
				t.Errorf("%d bytes: %d keys in %d, %v", size, len(found), read, err)
			}
		}
		check(r.searchFile(path, search{path: "f"}))
		check(r.searchIn(dir, "f", search{path: "f"}))
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, read, err := r.searchIn(dir, "f", search{path: "f"}); len(found) != 0 || read != 0 || err != nil {
		t.Errorf("an empty file: %d keys in %d bytes, %v", len(found), read, err)
	}
}

// TestMadeUpFiles: of files that the system makes up when they are read, no short read is
// taken for the last.
func TestMadeUpFiles(t *testing.T) {
	dir, err := openDir("/proc/self")
	if err != nil {
		t.Skip("no /proc here")
	}
	defer dir.Close()
	r := newFileReader()
	if n, ok := dir.small("maps", r.room(0, 0)); ok {
		t.Errorf("%d bytes were taken for the whole file", n)
	}
	want, err := os.ReadFile("/proc/self/maps")
	if _, read, failed := r.searchIn(dir, "maps", search{}); err != nil || failed != nil || read < int64(len(want))/2 {
		t.Errorf("%d bytes of %d: %v, %v", read, len(want), err, failed)
	}
}

// TestHostsOfLargeFile: of a file that is searched in windows, all of it tells the hosts.
func TestHostsOfLargeFile(t *testing.T) {
	r := newGitRepo(t)
	filler := strings.Repeat("text and no key\n", wholeMax/16+contextBytes)
	for name, text := range map[string]string{
		"before": "https://sandbox.inspecto.com/api/\n" + filler + factsKey(1) + "\n",
		"behind": factsKey(2) + "\n" + filler + "https://sandbox.inspecto.com/api/\n",
		"none":   factsKey(3) + "\n" + filler,
	} {
		r.write(name, text)
	}
	hosts := map[string]rules.EnvironmentSet{}
	for _, k := range r.scan(Options{History: HistoryNever}) {
		for _, o := range k.Occurrences {
			hosts[o.Path] = o.Hosts
		}
	}
	sandbox := rules.EnvironmentSet(0).With(key.Sandbox)
	if want := map[string]rules.EnvironmentSet{"before": sandbox, "behind": sandbox, "none": 0}; !maps.Equal(hosts, want) {
		t.Errorf("got %v, want %v", hosts, want)
	}
}

// TestStreamAgain: a large file that cannot be read again for the lines of its keys, as it could
// be, is named, and its keys are found all the same.
func TestStreamAgain(t *testing.T) {
	data := []byte(strings.Repeat("text\n", 10*testContext) + factsKey(1) + "\n")
	for name, test := range map[string]struct {
		again []byte
		line  int
		wrong bool
	}{
		"there":   {data, 10*testContext + 1, false},
		"shorter": {data[:100], 0, true},
		"gone":    {nil, 0, true},
	} {
		s := search{path: "config.txt", again: true, open: func(string) io.ReadCloser {
			if test.again == nil {
				return nil
			}
			return io.NopCloser(bytes.NewReader(test.again))
		}}
		found, _, err := s.stream(bytes.NewReader(data), make([]byte, 5*testContext), testContext)
		if (err != nil) != test.wrong || len(found) != 1 || found[0].match.Secret != key.NewSecret(factsKey(1)) {
			t.Fatalf("%s: %v, %v", name, found, err)
		}
		if line := found[0].place.Span.Line; test.line != 0 && line != test.line {
			t.Errorf("%s: the key is in line %d, want %d", name, line, test.line)
		}
	}
}

// TestSecretSets holds the sets of runs to sets of numbers.
func TestSecretSets(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	draw := func() (secretSet, map[int32]bool) {
		numbers := map[int32]bool{}
		for range random.IntN(30) {
			numbers[int32(random.IntN(40))] = true
		}
		var set secretSet
		for n := range int32(40) {
			if numbers[n] {
				set = set.append(n, n+1)
			}
		}
		return set, numbers
	}
	same := func(set secretSet, has func(int32) bool) bool {
		var want secretSet
		for n := range int32(40) {
			if has(n) {
				want = want.append(n, n+1)
			}
		}
		return slices.Equal(set, want)
	}
	for range 2000 {
		s, inS := draw()
		u, inU := draw()
		if got := s.minus(u); !same(got, func(n int32) bool { return inS[n] && !inU[n] }) {
			t.Fatalf("%v minus %v is %v", s, u, got)
		}
		if got := s.plus(u); !same(got, func(n int32) bool { return inS[n] || inU[n] }) {
			t.Fatalf("%v plus %v is %v", s, u, got)
		}
	}
}
