//go:build !purego

package key

import "testing"

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

// TestBucketsAreSelective: dealing many literals out to 8 buckets must not make a
// bucket that lets through far more than its literals would alone.
func TestBucketsAreSelective(t *testing.T) {
	var windows []window
	often, alone := newFrequencies(), 0.0
	for _, literal := range prefixLiterals() {
		w := newWindow(literal[often.rarestWindow(literal):])
		windows = append(windows, w)
		alone += often.odds(w)
	}
	together := 0.0
	for _, w := range often.dealOut(windows) {
		together += often.odds(w)
	}
	// One candidate in 20,000 bytes is one block in 300.
	if together > 1.0/20_000 {
		t.Errorf("buckets let one window in %.0f pass, want at most one in 20,000 (alone: one in %.0f)", 1/together, 1/alone)
	}
	t.Logf("one in %.0f passes, alone one in %.0f", 1/together, 1/alone)
}
