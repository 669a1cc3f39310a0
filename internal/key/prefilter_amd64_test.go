//go:build !purego

package key

import (
	"flag"
	"io/fs"
	"math"
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

// formWindows are the windows of the forms' literals.
func formWindows() (windows []string) {
	often := newFrequencies()
	for _, form := range slices.Concat(forms(), plainForm()) {
		offset := often.rarestWindow([]byte(form.literal))
		windows = append(windows, form.literal[offset:offset+windowSize])
	}
	slices.Sort(windows)
	return slices.Compact(windows)
}

// TestDealt: all windows of the forms' literals are dealt out, once and nothing else is.
func TestDealt(t *testing.T) {
	known := slices.Sorted(slices.Values(slices.Concat(dealt[:]...)))
	if want := formWindows(); !slices.Equal(known, want) {
		t.Errorf("dealt has %q, want %q: put it into the bucket whose windows are most like it", known, want)
	}
}

// TestBucketsAreSelective: dealing many windows out to 8 buckets must not make one that lets
// through far more than they would alone.
func TestBucketsAreSelective(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := windowsIn(t, filepath.Join(strings.TrimSpace(string(root)), "src", "net", "http"))
	part := 0.0
	for _, bucket := range dealt {
		part += blockWindows * passing(bucket, seen)
	}
	if t.Logf("%.1f%% of blocks have a candidate", 100*part); part > 1.0/12 {
		t.Errorf("%.1f%% of blocks have a candidate, want one in 12", 100*part)
	}
}

var dealingDirs = flag.String("deal", ".", "directories, with commas between, for whose files TestDealing deals windows out")

// TestDealing prints how windows are dealt out so that few others pass in some directories, each of
// which counts alike, and what part of blocks has a candidate in each. Where it begins, more pass.
func TestDealing(t *testing.T) {
	d := dealing{windows: formWindows(), odds: map[string]float64{}}
	for dir := range strings.SplitSeq(*dealingDirs, ",") {
		d.seen = append(d.seen, windowsIn(t, dir))
	}
	d.begin()
	before := d.all()
	if d.deal(); d.all() >= before {
		t.Errorf("%.1f%% of blocks have a candidate, and %.1f%% before", 100*blockWindows*d.all(), 100*blockWindows*before)
	}
	for _, bucket := range d.buckets {
		t.Logf("%q", bucket)
	}
	for i, dir := range strings.Split(*dealingDirs, ",") {
		part := 0.0
		for _, bucket := range d.buckets {
			part += passing(bucket, d.seen[i])
		}
		t.Logf("%s: %.1f%% of blocks", dir, 100*blockWindows*part)
	}
}

// A dealing deals windows out to buckets.
type dealing struct {
	windows []string
	seen    []map[string]float64 // how often each window is in a directory
	buckets [bucketCount][]string
	odds    map[string]float64 // of buckets, by their windows
}

// begin puts windows that are alike together.
func (d *dealing) begin() {
	for i, w := range d.windows {
		bucket := &d.buckets[i*bucketCount/len(d.windows)]
		*bucket = append(*bucket, w)
	}
}

// all is which part of what was seen some bucket lets through.
func (d *dealing) all() (sum float64) {
	for _, bucket := range d.buckets {
		sum += d.passing(bucket)
	}
	return sum
}

// deal lets each window go where the fewest more pass, until none does better in another bucket.
func (d *dealing) deal() {
	for moved := true; moved; {
		moved = false
		for _, w := range d.windows {
			from := slices.IndexFunc(d.buckets[:], func(b []string) bool { return slices.Contains(b, w) })
			d.buckets[from] = slices.DeleteFunc(slices.Clone(d.buckets[from]), func(other string) bool { return other == w })
			to, least := from, math.Inf(1)
			for i, b := range d.buckets {
				if more := d.passing(append(slices.Clone(b), w)) - d.passing(b); more < least-1e-12 {
					to, least = i, more
				}
			}
			d.buckets[to] = append(d.buckets[to], w)
			moved = moved || to != from
		}
	}
}

// passing is which part of what was seen a bucket lets through.
func (d *dealing) passing(bucket []string) float64 {
	id := strings.Join(slices.Sorted(slices.Values(bucket)), "|")
	if _, known := d.odds[id]; !known {
		sum := 0.0
		for _, seen := range d.seen {
			sum += passing(bucket, seen)
		}
		d.odds[id] = sum / float64(len(d.seen))
	}
	return d.odds[id]
}

func passing(bucket []string, seen map[string]float64) (sum float64) {
	var v vector
	for _, w := range bucket {
		v.enter(0, w)
	}
	m := &v.table.masks
	for w, often := range seen {
		if m[0][0][w[0]&15]&m[0][1][w[0]>>4]&m[1][0][w[1]&15]&m[1][1][w[1]>>4]&m[2][0][w[2]&15]&m[2][1][w[2]>>4] != 0 {
			sum += often
		}
	}
	return sum
}

// windowsIn counts the windows in the files of a directory, as parts of all.
func windowsIn(t *testing.T, dir string) map[string]float64 {
	const most = 64 << 20 // bytes of files
	seen, total := map[string]float64{}, 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || total > most {
			return err
		}
		data, err := os.ReadFile(path)
		for i := range max(0, len(data)-windowSize+1) {
			seen[string(data[i:i+windowSize])]++
		}
		total += len(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for w := range seen {
		seen[w] /= float64(total)
	}
	return seen
}
