//go:build !purego

package key

import (
	"flag"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRarestWindow pins what the vector engine looks for: a window that text is
// full of still finds every literal, at a fraction of the speed.
func TestRarestWindow(t *testing.T) {
	for literal, want := range map[string]string{
		Prefix:                         "sp_",
		"i\x00n\x00s\x00p\x00_\x00":    "p\x00_",
		"pbnNwX":                       "NwX",
		"696E73705F":                   "737",
		"aaa":                          "aaa",
		"return nil, err\x7f\x7f\x7fe": "\x7f\x7f\x7f",
	} {
		offset := newFrequencies().rarestWindow([]byte(literal))
		if got := literal[offset : offset+windowSize]; got != want {
			t.Errorf("rarestWindow(%q) is at %d, %q, want %q", literal, offset, got, want)
		}
	}
}

// formLiterals are the forms' literals.
func formLiterals() (literals []string) {
	for _, form := range slices.Concat(forms(), plainForm()) {
		literals = append(literals, form.literal)
	}
	return literals
}

// TestDealt: each of the forms' literals has a window that is dealt out, and no other window is.
func TestDealt(t *testing.T) {
	used := map[string]bool{}
	for _, literal := range formLiterals() {
		offset, bucket := newFrequencies().windowOf([]byte(literal), -1)
		if used[literal[offset:offset+windowSize]] = true; bucket < 0 {
			t.Errorf("dealt has no window of %q: put one into the bucket whose windows are most like it", literal)
		}
	}
	known := slices.Sorted(slices.Values(slices.Concat(dealt[:]...)))
	if want := slices.Sorted(maps.Keys(used)); !slices.Equal(known, want) {
		t.Errorf("dealt has %q, and used are %q", known, want)
	}
}

// TestBucketsAreSelective: dealing many windows out to 8 buckets must not make one that lets
// through far more than they would alone.
func TestBucketsAreSelective(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(windowOdds, 1<<24)
	seen.add(t, filepath.Join(strings.TrimSpace(string(root)), "src", "net", "http"), 1)
	part := 0.0
	for _, bucket := range dealt {
		part += seen.passing(bucket)
	}
	if t.Logf("%.1f%% of blocks have a candidate", 100*part); part > 1.0/40 {
		t.Errorf("%.1f%% of blocks have a candidate, want one in 40", 100*part)
	}
}

var (
	dealingDirs  = flag.String("deal", ".", "directories, with commas between, for whose files TestDealing deals windows out")
	dealingSteps = flag.Int("steps", 2000, "how often TestDealing moves a window")
)

// TestDealing prints which window of each literal is looked for, and how these are dealt out, so
// that few others pass in some directories, each of which counts alike. It begins with what is
// rarest by its bytes, in any bucket, where more pass.
func TestDealing(t *testing.T) {
	d := dealing{literals: formLiterals(), seen: make(windowOdds, 1<<24), random: rand.New(rand.NewPCG(1, 2))}
	dirs := strings.Split(*dealingDirs, ",")
	for _, dir := range dirs {
		d.seen.add(t, dir, 1/float32(len(dirs)))
	}
	before := d.begin()
	if after := d.deal(*dealingSteps); after >= before {
		t.Errorf("%.1f%% of blocks have a candidate, and %.1f%% before", 100*after, 100*before)
	} else {
		t.Logf("%.2f%% of blocks have a candidate", 100*after)
	}
	for _, bucket := range d.buckets() {
		t.Logf("%q", bucket)
	}
}

// A dealing chooses windows of literals and deals them out to buckets.
type dealing struct {
	literals []string
	seen     windowOdds
	random   *rand.Rand
	hands    []hand // by literal
}

// A hand is where the window of a literal begins, and its bucket.
type hand struct{ offset, bucket int }

func (d *dealing) begin() (odds float64) {
	for i, literal := range d.literals {
		d.hands = append(d.hands, hand{newFrequencies().rarestWindow([]byte(literal)), i % bucketCount})
	}
	return d.odds()
}

func (d *dealing) window(i int) string {
	return d.literals[i][d.hands[i].offset : d.hands[i].offset+windowSize]
}

func (d *dealing) buckets() (buckets [bucketCount][]string) {
	for i := range d.literals {
		if bucket := &buckets[d.hands[i].bucket]; !slices.Contains(*bucket, d.window(i)) {
			*bucket = append(*bucket, d.window(i))
		}
	}
	return buckets
}

// odds is which part of blocks has a candidate.
func (d *dealing) odds() (sum float64) {
	for _, bucket := range d.buckets() {
		sum += d.seen.passing(bucket)
	}
	return sum
}

// deal moves windows, by simulated annealing: at first to where more pass too, and less and less
// so. It leaves the best that was met.
func (d *dealing) deal(steps int) (least float64) {
	now := d.odds()
	least = now
	best := slices.Clone(d.hands)
	for step := range steps {
		cold := 1 - float64(step)/float64(steps)
		before := slices.Clone(d.hands)
		d.move()
		after := d.odds()
		if after > now && d.random.Float64() >= math.Exp((now-after)/(warmest*cold*cold)) {
			d.hands = before
			continue
		}
		if now = after; now < least {
			least, best = now, slices.Clone(d.hands)
		}
	}
	d.hands = best
	return least
}

// warmest is how much more may pass behind the first moves.
const warmest = 0.003

// move puts a literal's window into another bucket, or that of another of its windows, and with it
// those of the literals that have the same.
func (d *dealing) move() {
	i := d.random.IntN(len(d.literals))
	was, to := d.window(i), d.random.IntN(bucketCount)
	window := was
	if at := d.random.IntN(len(d.literals[i]) - windowSize + 1); d.random.IntN(2) == 0 {
		window = d.literals[i][at : at+windowSize]
	}
	for j, literal := range d.literals {
		if at := strings.Index(literal, window); at >= 0 && (j == i || d.window(j) == was) {
			d.hands[j] = hand{at, to}
		}
	}
}

// windowOdds is how often each window begins in a block, by the number that its bytes are.
type windowOdds []float32

// add counts the windows in the files of a directory, which weighs so much.
func (o windowOdds) add(t *testing.T, dir string, weight float32) {
	const most = 64 << 20 // bytes of files
	seen, total := make([]uint32, len(o)), 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || total > most {
			return err
		}
		data, err := os.ReadFile(path)
		for i := range max(0, len(data)-windowSize+1) {
			seen[windowAt(data[i:])]++
		}
		total += len(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for window, n := range seen {
		o[window] += weight * blockWindows * float32(n) / float32(total)
	}
}

// passing is which part of blocks has what a bucket lets through.
func (o windowOdds) passing(bucket []string) (sum float64) {
	var v vector
	for _, w := range bucket {
		v.enter(0, w)
	}
	var let [windowSize][]uint32 // the bytes that pass at each place of a window
	for i, mask := range v.table.masks {
		for c := range uint32(256) {
			if mask[0][c&15]&mask[1][c>>4] != 0 {
				let[i] = append(let[i], c<<(8*i))
			}
		}
	}
	for _, third := range let[2] {
		for _, second := range let[1] {
			for _, first := range let[0] {
				sum += float64(o[third|second|first])
			}
		}
	}
	return sum
}
