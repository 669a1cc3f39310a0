package key

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// list writes bytes as numbers, of which some begin a line.
func list(text, format, between, lineEnd string, perLine int) string {
	var b strings.Builder
	for i := range len(text) {
		if i > 0 && i%perLine == 0 {
			b.WriteString(lineEnd)
		} else if i > 0 {
			b.WriteString(between)
		}
		fmt.Fprintf(&b, format, text[i])
	}
	return b.String()
}

// TestLists plants a key in lists of numbers as programs write them, with line breaks
// at any place of them.
func TestLists(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, c := range []struct {
		what, format, between, lineEnd string
		perLine                        int
		wide                           bool
	}{
		{"xxd -i", "0x%02x", ", ", ",\n  ", 12, false},
		{"xxd -i -u", "0x%02X", ", ", ",\n  ", 12, false},
		{"C of a build tool", "0x%02x", ",", ",\r\n\t\t", 16, false},
		{"C in one line", "0x%02x", ", ", "", 1 << 20, false},
		{"C with a number a line", "0x%02x", "", ",\n  ", 1, false},
		{"C, UTF-16", "0x%02x", ", ", ",\n  ", 12, true},
		{"registry, hex", "%02x", ",", ",\\\r\n  ", 25, false},
		{"registry, hex(2)", "%02x", ",", ",\\\r\n  ", 25, true},
		{"Node, JSON", "%d", ",", "", 1 << 20, false},
		{"Node, indented JSON", "%d", "", ",\n      ", 1, false},
		{"Node, deep in JSON", "%d", "", ",\n" + strings.Repeat(" ", 30), 1, false},
		{"Node, JSON of CRLF", "%d", "", ",\r\n      ", 1, false},
		{"Node, deep in JSON of CRLF", "%d", "", ",\r\n" + strings.Repeat("\t", 44), 1, false},
		{"C with a number a line, CRLF", "0x%02x", "", ",\r\n" + strings.Repeat(" ", 20), 1, false},
		{"C with a number and a blank a line", "0x%02x", "", ", \n\t\t", 1, false},
		{"C, UTF-16, a number a line", "0x%02x", "", ",\r\n    ", 1, true},
		{"Go, UTF-16", "%d", ", ", ",\n\t", 20, true},
		{"Go", "%d", ", ", ",\n\t", 20, false},
		{"digits with blanks", "%02x", " ", "", 1 << 20, false},
		{"DIGITS WITH BLANKS", "%02X", " ", "", 1 << 20, false},
		{"digits with colons", "%02x", ":", "", 1 << 20, false},
	} {
		for range cases(40) {
			key := anyKey(r)
			inside := filler(r, r.IntN(40)) + key + "\n" + filler(r, r.IntN(40))
			layers := [][]string{{"byte-list"}}
			if c.wide {
				inside, layers = wide(inside, false), append(layers, []string{"utf-16le"})
			}
			text := filler(r, r.IntN(100)) + "= {" + list(inside, c.format, c.between, c.lineEnd, c.perLine) + "};"
			wantFound(t, c.what, text, key, High, layers)
			if !strings.Contains(c.format, "X") && !c.wide {
				wantFound(t, c.what, "; "+wide(text, false)+"; ", key, High, append([][]string{{"utf-16le"}}, layers...))
			}
		}
	}
}

// TestLongEscapes: Python and C write \U0001f600 where others write pairs.
func TestLongEscapes(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	for range 20 {
		key := anyKey(r)
		wantFound(t, "all", filler(r, 60)+`"`+eachByte(key, `\U%08x`)+`"`, key, High, [][]string{{"json-escape"}})
		wantFound(t, "the underscore", filler(r, 60)+`"`+strings.ReplaceAll(key, "_", `\U0000005f`)+`"`, key, High, [][]string{{"json-escape"}})
	}
}

// TestDecimalAt: a number is what its first three digits are, wherever the buffer ends.
func TestDecimalAt(t *testing.T) {
	for value := range 1200 {
		for _, behind := range []string{"", ",", ", 7", "\x00", "/////", ":::::", "\xb0\xb9\xff\x7f", "abcd"} {
			number := fmt.Sprint(value)
			digits := number[:min(3, len(number))]
			got, end := decimalAt([]byte("-"+number+behind), 1)
			if fmt.Sprint(got) != digits || end != 1+len(digits) {
				t.Errorf("%q before %q is %d, of %d digits", number, behind, got, end-1)
			}
		}
	}
	for _, none := range []string{"", ",", "x1", "\xb11", "/1:2"} {
		if value, end := decimalAt([]byte(none), 0); value != 0 || end != 0 {
			t.Errorf("%q is %d, of %d digits", none, value, end)
		}
	}
}

// TestListAround: of the numbers around one, those of its text are decoded, in any list.
func TestListAround(t *testing.T) {
	for _, c := range []struct {
		kind       int
		list, want string
	}{
		{2, "200,65,66,@67,68,0,69,255,70", "ABCD\x00E"},
		{2, "[-1, 65, 66, @67]", "ABC"},
		{0, "0xc8, 0x41,\n\t@0x42, 0xff", "AB"},
		{1, "c8 41 42 @43 80 44", "ABC"},
		{1, "@41:42", "AB"},
	} {
		at := strings.Index(c.list, "@")
		buf := []byte(strings.Replace(c.list, "@", "", 1))
		v := takeView()
		theListings[c.kind].around(v, buf, at, Reach, chunk)
		if string(v.data) != c.want {
			t.Errorf("%q: decoded to %q, want %q", c.list, v.data, c.want)
		}
		v.release()
	}
}
