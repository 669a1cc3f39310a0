package key

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"mime/quotedprintable"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const patchLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

// hunkOf is a hunk as git writes it.
func hunkOf(kind string, content string) string {
	var b strings.Builder
	_, _ = fmt.Fprintln(&b, kind, len(content))
	for line := range slices.Chunk(zlibOf(content, zlib.BestCompression), 52) {
		length := byte('A' + len(line) - 1)
		if len(line) > 26 {
			length = byte('a' + len(line) - 27)
		}
		_ = b.WriteByte(length)
		for group := range slices.Chunk(line, 4) {
			bits := 0
			for _, c := range append(slices.Clone(group), 0, 0, 0)[:4] {
				bits = bits<<8 | int(c)
			}
			for _, unit := range []int{85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1} {
				_ = b.WriteByte(patchLetters[bits/unit%85])
			}
		}
		_, _ = b.WriteString("\n")
	}
	return b.String() + "\n"
}

// patchOf is a patch of two hunks, with what is around it.
func patchOf(forward, reverse string) string {
	return "diff --git a/a.bin b/a.bin\nindex 0123456..789abcd 100644\nGIT binary patch\n" + forward + reverse + "-- \n2.39.5\n\n"
}

// deltaOf is a delta that copies something and inserts the texts between.
func deltaOf(inserts ...string) string {
	delta := []byte{0x80, 0x20, 0x90, 0x01}
	for _, text := range inserts {
		delta = append(delta, 0x80|0x01|0x10, 7, 99)
		for piece := range slices.Chunk([]byte(text), 127) {
			delta = append(append(delta, byte(len(piece))), piece...)
		}
	}
	return string(delta)
}

func unpacked(p Packed) (content string, end int) {
	data, end := p.Decode()
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return err.Error(), end
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return err.Error(), end
	}
	return string(b), end
}

// patchesAround are how a patch may stand in a text.
var patchesAround = []struct {
	what   string
	write  func(patch string) string
	layers []string
}{
	{"plain", func(s string) string { return s }, nil},
	{"CRLF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }, nil},
	{"quoted", inLines("> "), nil},
	{"quoted, no blanks at ends", func(s string) string { return strings.ReplaceAll(inLines(">  > ")(s), "> \n", ">\n") }, nil},
	{"indented", func(s string) string { return strings.ReplaceAll(inLines("    ")(s), "    \n", "\n") }, nil},
	{"in an added file", inLines("+"), nil},
	{"in JSON", func(s string) string {
		return `{"patch":` + strconv.Quote(s) + "}"
	}, nil},
	{"in escaped JSON", func(s string) string {
		b, _ := json.Marshal(s)
		return `{"patch":` + string(b) + "}"
	}, nil},
	{"in a page", func(s string) string { return "<pre>" + html.EscapeString(s) + "</pre>" }, nil},
	{"cut at its end", func(s string) string { return strings.TrimRight(strings.TrimSuffix(s, "-- \n2.39.5\n\n"), "\n") }, nil},
	{"in base64", func(s string) string { return base64Of([]byte(s)) }, []string{"base64"}},
	{"in a mail", func(s string) string {
		var b strings.Builder
		w := quotedprintable.NewWriter(&b)
		_, _ = io.WriteString(w, s)
		_ = w.Close()
		return b.String()
	}, nil},
	{"UTF-16", func(s string) string { return wide(s, false) }, []string{"utf-16le"}},
}

// TestPatch: both hunks of a binary patch are found, and decoded whole.
func TestPatch(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 72))
	for _, around := range patchesAround {
		for size := range 60 {
			first, second := filler(r, 1+size*size/8), filler(r, 1+size*7)
			long := filler(r, 300)
			for _, c := range []struct{ what, patch, first, second string }{
				{"literals", patchOf(hunkOf("literal", first), hunkOf("literal", second)), first, second},
				{"a new file", patchOf(hunkOf("literal", first), hunkOf("literal", "")), first, ""},
				{"a removed file", patchOf(hunkOf("literal", ""), hunkOf("literal", second)), "", second},
				{"deltas", patchOf(hunkOf("delta", deltaOf(long, second)), hunkOf("delta", deltaOf(first))), "\xff" + long + "\xff" + second, "\xff" + first},
				{"a large delta", patchOf(hunkOf("literal", first), hunkOf("delta", deltaOf(strings.Repeat("a", 40_000)))), first, ""},
			} {
				checkPatch(t, around.what+", "+c.what, around.write(c.patch), around.layers, c.first, c.second)
			}
		}
	}
}

func checkPatch(t *testing.T, what, text string, layers []string, first, second string) {
	t.Helper()
	if strings.Contains(text, "=\r\n") {
		return // a mail in which a line is broken, since many of its characters are escaped
	}
	_, packed, _ := FindAll([]byte(text))
	packed = slices.DeleteFunc(packed, func(p Packed) bool { return p.Encoding[len(p.Encoding)-1] != "git-base85" })
	if len(packed) != 2 || !Candidate([]byte(text)) {
		t.Errorf("%s: %d hunks found in %q", what, len(packed), text)
		return
	}
	for i, want := range []string{first, second} {
		got, end := unpacked(packed[i])
		if want != "" && got != want || end <= packed[i].Start || end > len(text) {
			t.Errorf("%s: hunk %d from %d to %d is %q, want %q", what, i, packed[i].Start, end, got, want)
		}
		if !slices.Equal(packed[i].Encoding[:len(packed[i].Encoding)-1], layers) {
			t.Errorf("%s: %q", what, packed[i].Encoding)
		}
	}
}

// TestPatchPlace: a hunk begins and ends with its base85.
func TestPatchPlace(t *testing.T) {
	forward, reverse := hunkOf("literal", "some content"), hunkOf("delta", deltaOf("other content"))
	text := patchOf(forward, reverse)
	_, packed, _ := FindAll([]byte(text))
	for i, hunk := range []string{forward, reverse} {
		_, lines, _ := strings.Cut(hunk, "\n")
		_, end := packed[i].Decode()
		if got := text[packed[i].Start:end]; got != strings.TrimSuffix(lines, "\n\n") || packed[i].Guessed != (i == 1) {
			t.Errorf("hunk %d is %q, guessed %v; want %q", i, got, packed[i].Guessed, lines)
		}
	}
}

// TestPatchBad: what is no patch of git's, or one that somebody changed, is read as far as it
// makes sense.
func TestPatchBad(t *testing.T) {
	good := hunkOf("literal", strings.Repeat("content ", 40)+filler(rand.New(rand.NewPCG(73, 74)), 300))
	_, lines, _ := strings.Cut(good, "\n")
	for _, c := range []struct {
		what, text string
		hunks      int
	}{
		{"prose", "A GIT binary patch is what git writes.\n", 0},
		{"a mark alone", "GIT binary patch", 0},
		{"a mark and a line break", "GIT binary patch\n", 0},
		{"no size", "GIT binary patch\nliteral\n" + lines, 0},
		{"a bad size", "GIT binary patch\nliteral 1x\n" + lines, 0},
		{"another kind", "GIT binary patch\nlateral 10\n" + lines, 0},
		{"no lines", "GIT binary patch\nliteral 10\n\nliteral 10\n" + lines, 0},
		{"a line of a wrong length", "GIT binary patch\nliteral 10\nzabc\n", 0},
		{"a line of other characters", "GIT binary patch\nliteral 10\nDabc,d\n", 0},
		{"one hunk", "GIT binary patch\n" + good, 1},
		{"a hunk that ends in a line too long", "GIT binary patch\nliteral 10\n" + lines[:67] + strings.Repeat("a", 200) + "\n", 1},
		{"two hunks and no empty line", "GIT binary patch\n" + strings.TrimSuffix(good, "\n") + good, 1},
		{"lines that are quoted otherwise", "> GIT binary patch\n" + good, 0},
		{"two patches", patchOf(good, good) + patchOf(good, good), 4},
	} {
		_, packed, _ := FindAll([]byte(c.text))
		if len(packed) != c.hunks {
			t.Errorf("%s: %d hunks, want %d", c.what, len(packed), c.hunks)
		}
		for _, p := range packed {
			if _, end := p.Decode(); end <= p.Start || end > len(c.text) {
				t.Errorf("%s: ends at %d", c.what, end)
			}
		}
	}
}

// TestInsertedBy: a delta of any bytes is read as far as it goes.
func TestInsertedBy(t *testing.T) {
	for _, c := range []struct{ delta, want string }{
		{"", ""},
		{"\x80", ""},
		{"\x01\x02", ""},
		{"\x01\x02\x03ab", "ab"},
		{"\x01\x02\x02ab\x02cd\xff1234567\x01e", "abcd\xffe"},
		{"\x01\x02\x02ab\xff123", "ab\xff"},
		{"\x01\x02\x00\x01a", "a"},
	} {
		if got := insertedBy([]byte(c.delta)); string(got) != c.want {
			t.Errorf("of %q inserted is %q, want %q", c.delta, got, c.want)
		}
	}
}
