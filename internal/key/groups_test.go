package key

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// groupsOf writes text in groups of a number of bytes, the first of which may be shorter,
// some to a line.
func groupsOf(text string, size, first, perLine int, lineEnd string) string {
	var b strings.Builder
	for n := 0; len(text) > 0; n++ {
		switch {
		case n > 0 && n%perLine == 0:
			b.WriteString(lineEnd)
		case n > 0:
			b.WriteString(" ")
		}
		length := size
		if n == 0 && first > 0 {
			length = first
		}
		length = min(length, len(text))
		b.WriteString(hex.EncodeToString([]byte(text[:length])))
		text = text[length:]
	}
	return b.String()
}

// TestGroups plants a key in groups of hexadecimal digits, at each place of one.
func TestGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	const oneLine = 1 << 20
	for _, c := range []struct {
		what, before, after string
		size, perLine       int
		lineEnd             string
	}{
		{"NSData", "token = <", ">", 4, oneLine, ""},
		{"NSData of late", "{length = 69, bytes = 0x", "}", 4, oneLine, ""},
		{"a property list", "\tdata = <", ">;\n", 4, oneLine, ""},
		{"Python", "", "\n", 4, oneLine, ""},
		{"pairs", "data: ", "\n", 2, oneLine, ""},
		{"pairs in lines", "data:\n  ", "\n", 2, 40, "\n  "},
		{"pairs in lines of a mail", "> ", "\n", 2, 40, "\n> "},
		{"an added line", "@@ -1 +1,9 @@\n+", "\n", 2, 40, "\n+"},
		{"lines of CRLF", "", "\r\n", 4, 20, " \r\n\t"},
	} {
		for first := range c.size {
			for range cases(4) {
				key := anyKey(r)
				// The prefix stands in one line.
				inside := filler(r, r.IntN(3)*c.size+first)
				if first%2 == 1 && c.perLine == oneLine {
					inside = inside[:first] // as Python counts the groups from the end
				} else {
					first = 0
				}
				text := filler(r, r.IntN(100)) + "; " + c.before + groupsOf(inside+key+"\n"+filler(r, r.IntN(9)), c.size, first, c.perLine, c.lineEnd) + c.after
				wantFound(t, fmt.Sprint(c.what, ", ", len(inside), " before"), text, key, High, [][]string{{"hex"}})
			}
		}
	}
}

// TestGroupsPlace: a match begins and ends with its digits, blanks or not; and where more
// digits follow it is no key for sure, wherever a group ends.
func TestGroupsPlace(t *testing.T) {
	key := Prefix + body64(3)
	for before := range 4 {
		for _, size := range groupDigits {
			text := groupsOf("abc\n"[:before]+key+" = "+strings.Repeat(".", 9), size/2, 0, 99, "")
			all := findAllOf(text)
			from, to := before*2+before*2/size, (before+len(key))*2
			to += (to - 1) / size
			if len(all) != 1 || all[0].Start != from || all[0].End != to || all[0].Confidence != High {
				t.Errorf("%d before, groups of %d: %+v, want one at %d to %d", before, size, all, from, to)
			}
			more := findAllOf(groupsOf("abc\n"[:before]+key+"0a and some text", size/2, 0, 99, ""))
			if len(more) != 1 || more[0].Confidence != Low {
				t.Errorf("%d before, groups of %d, more digits behind: %+v", before, size, more)
			}
		}
	}
}

func findAllOf(text string) (all []Match) {
	for m := range Find([]byte(text)) {
		all = append(all, m)
	}
	return all
}

// TestGroupsNot: digits in groups of other sizes, or in a dump, are none.
func TestGroupsNot(t *testing.T) {
	key := Prefix + body64(3)
	dump := ""
	for at := 0; at < len(key); at += 16 {
		dump += fmt.Sprintf("%08x: %s\n", at, groupsOf(key[at:min(at+16, len(key))], 4, 0, 99, ""))
	}
	for _, c := range []struct{ what, text, layer string }{
		{"three", groupsOf(key, 3, 0, 99, ""), ""},
		{"two blanks", strings.ReplaceAll(groupsOf(key, 4, 0, 99, ""), " ", "  "), ""},
		{"six in front of four", "aabb" + groupsOf(key, 4, 0, 99, ""), ""},
		{"a dump", dump, "hex-dump"},
	} {
		for _, m := range findAllOf(c.text) {
			if m.Encoding[0] != c.layer {
				t.Errorf("%s: found %v", c.what, m.Encoding)
			}
		}
	}
}
