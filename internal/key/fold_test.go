package key

import (
	"slices"
	"strings"
	"testing"
)

// foldedBody is a body that no test of this file commits as a key.
var foldedBody = strings.Repeat("0123456789abcdef", 3) + "fedcba98fedcba01"

// TestFolds: wherever a full line is folded, the key is found. A short line that ends in a
// prefix, or in a part of one, says nothing of the next.
func TestFolds(t *testing.T) {
	key := Prefix + foldedBody
	full := strings.Repeat("x", fullLine-1) + "="
	for _, fold := range []string{"\n", "\r\n", "\n ", "\r\n\t", "\r\n "} {
		for cut := 1; cut < len(key); cut++ {
			text := []byte("a\n" + full + key[:cut] + fold + key[cut:] + "\nmore\n")
			found := slices.Collect(Find(text))
			if len(found) != 1 || found[0].Secret != NewSecret(key) || found[0].Confidence != Medium || !Candidate(text) {
				t.Errorf("cut at %d by %q: found %d in %q", cut, fold, len(found), text)
			}
		}
		for _, cut := range []int{1, 4, 5} {
			for what, text := range map[string]string{
				"short":  strings.Repeat("x", fullLine-10) + "\ny=" + key[:cut] + fold + key[cut:],
				"longer": full + key[:cut] + fold + key[cut:] + "0",
			} {
				if found := slices.Collect(Find([]byte(text))); len(found) > 0 {
					t.Errorf("%s line, cut at %d: found in %q", what, cut, text)
				}
			}
		}
	}
}

// TestTailsOfOthers: what is some digits short of a key is none because the next line, or
// the next name, begins with as many.
func TestTailsOfOthers(t *testing.T) {
	for _, test := range []struct {
		text  string
		found bool
	}{
		{"A=insp_<63>\nb=1\n", false},
		{"a: insp_<63>\nb: c\n", false},
		{`{"k":"insp_<63>","a":1}`, false},
		{`{"k": "insp_<62>", "ab" : 1}`, false},
		{"insp_<63>\n1. foo\n", false},
		{"key=insp_<60>\n2024-01-01 12:00:00 foo\n", false},
		{"insp_<56>\n01234567-0123-4567-89ab-0123456789ab\n", false},
		{"A=insp_<63>\n1\n", true},
		{"A=\"insp_<63>\n1\"\n", true},
		{"k := \"insp_<63>\" +\n\t\"1\"\n", true},
		{`k = ["insp_<60>", "ba01"].join("")`, true},
		{"url: https://example.com/?key=insp_<62>\n  01&x=y\n", true},
	} {
		text := test.text
		for _, n := range []int{56, 60, 62, 63} {
			text = strings.ReplaceAll(text, "<"+string(rune('0'+n/10))+string(rune('0'+n%10))+">", foldedBody[:n])
		}
		if found := slices.Collect(Find([]byte(text))); (len(found) > 0) != test.found {
			t.Errorf("%q: found %d, want %v", text, len(found), test.found)
		}
	}
}
