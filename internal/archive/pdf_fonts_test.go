package archive

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

const fontLetters = "_0123456789abcdefghijklmnopqrstuvwxyzINSP= "

// fontCode is the number that the fonts of the tests give a letter.
func fontCode(c byte) byte { return byte(len(fontLetters) + 40 - strings.IndexByte(fontLetters, c)) }

// glyphs are the codes of a text.
func glyphs(text string, width int) string {
	var b []byte
	for i := range len(text) {
		b = append(append(b, make([]byte, width-1)...), fontCode(text[i]))
	}
	return string(b)
}

// literal is a string of a page, with escapes.
func literal(s string) string {
	return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\n", `\n`, "\r", `\015`).Replace(s) + ")"
}

func hexString(s string) string { return "<" + hex.EncodeToString([]byte(s)) + ">" }

// charMap is a CMap that tells of each letter; arrayMap of all in one range, which is in
// the other order.
func charMap(width int) string {
	var b strings.Builder
	for i := range len(fontLetters) {
		fmt.Fprintf(&b, "<%0*x> <%04X>\n", 2*width, fontCode(fontLetters[i]), fontLetters[i])
	}
	return fmt.Sprintf("begincmap\n%d beginbfchar\n%sendbfchar\nendcmap", len(fontLetters), &b)
}

func arrayMap(width int) string {
	letters := []byte(fontLetters)
	slices.Reverse(letters)
	var b strings.Builder
	for _, c := range letters {
		fmt.Fprintf(&b, "<%04x>", c)
	}
	return fmt.Sprintf("begincmap 1 beginbfrange\n<%0*x> <%0*x> [%s]\nendbfrange endcmap", 2*width, fontCode(letters[0]), 2*width, fontCode(fontLetters[0]), &b)
}

// pdfOf is a PDF file of streams, packed or as they are.
func pdfOf(packed bool, streams ...string) []byte {
	b := []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, s := range streams {
		filter := ""
		if packed {
			var z bytes.Buffer
			w := zlib.NewWriter(&z)
			_, _ = w.Write([]byte(s))
			_ = w.Close()
			filter, s = "/Filter /FlateDecode ", z.String()
		}
		b = fmt.Appendf(b, "%d 0 obj\n<< %s/Length %d >>\nstream\n%s\nendstream\nendobj\n", i+1, filter, len(s), s)
	}
	return append(b, "trailer\n<< /Size 2 >>\nstartxref\n9\n%%EOF\n"...)
}

// TestFontText: what a page shows in a font with its own numbers is text, whatever way it is
// written, wherever the font's map stands.
func TestFontText(t *testing.T) {
	text := "insp_" + strings.Repeat("0f1e2d3c4b5a6978", 4)
	one, two := glyphs(text, 1), glyphs(text, 2)
	var kerned, placed strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&kerned, "%s -%d ", hexString(glyphs(text[i:i+1], 2)), i)
		fmt.Fprintf(&placed, "%s Tj 6.7 0 Td ", hexString(glyphs(text[i:i+1], 2)))
	}
	head := "/P <</MCID 0>> BDC BT /F1 10 Tf 30 700 Td "
	for _, test := range []struct {
		what, page string
		maps       []string
		want       string
	}{
		{"hex, two bytes", head + hexString(two) + " Tj ET", []string{charMap(2)}, text},
		{"hex, one byte", head + hexString(one) + " Tj ET", []string{charMap(1)}, text},
		{"strings with zeros", head + literal(two) + " Tj ET", []string{charMap(2)}, text},
		{"strings, one byte", head + literal(one) + "' ET", []string{charMap(1)}, text},
		{"a range with an array", head + hexString(two) + " Tj ET", []string{arrayMap(2)}, text},
		{"kerning", head + "[" + kerned.String() + "] TJ ET", []string{charMap(2)}, text},
		{"letter by letter", head + placed.String() + "ET", []string{charMap(2)}, strings.Join(strings.Split(text, ""), "\n")},
		{"two lines", head + hexString(two[:60]) + " Tj 0 -12 Td " + hexString(two[60:]) + " Tj ET", []string{charMap(2)}, text[:30] + "\n" + text[30:]},
		{"what a dictionary holds", head + hexString(two[:60]) + " Tj /Span <</Lang (en)>> BDC " + hexString(two[60:]) + " Tj ET", []string{charMap(2)}, text[:30] + "\n" + text[30:]},
		{"maps that contradict each other", head + hexString(two) + " Tj ET",
			[]string{strings.ReplaceAll(charMap(2), " <00", " <01"), charMap(1), charMap(2)}, text},
		{"maps that do not", head + hexString(two) + " Tj ET", strings.SplitAfterN(charMap(2), "<0066>\n", 2), text},
		{"a map that says nothing new", head + hexString(two) + " Tj ET", []string{"1 beginbfrange <20> <7e> <0020> endbfrange"}, ""},
		{"ligatures", head + hexString("\x00\x01\x00\x02"+two) + " Tj ET",
			[]string{charMap(2) + "\n2 beginbfchar <0001> <FB00> <0002> <006600660069> endbfchar"}, "ffffi" + text},
		{"a picture", "\x00\x01" + head + hexString(two) + " Tj ET", []string{charMap(2)}, ""},
	} {
		if test.what == "maps that do not" {
			test.maps[1] = "1 beginbfchar\n" + test.maps[1]
		}
		for _, packed := range []bool{true, false} {
			for _, streams := range [][]string{append(slices.Clone(test.maps), test.page), append([]string{test.page}, test.maps...)} {
				parts, errs := look(t, DefaultLimits(), "", pdfOf(packed, streams...))
				found := slices.ContainsFunc(parts, func(p seenPart) bool {
					return p.Raw && slices.Contains(p.Layers, "text") && test.want != "" && strings.TrimSuffix(p.text, "\n") == test.want
				})
				shown := slices.ContainsFunc(parts, func(p seenPart) bool { return strings.Contains(p.text, text) })
				if len(errs) > 0 || found != (test.want != "") || test.want == "" && shown {
					t.Errorf("%s, packed %t: %v, %d parts", test.what, packed, errs, len(parts))
				}
			}
		}
	}
}

// TestManyFonts: what is kept and tried is bounded, and what was not is told.
func TestManyFonts(t *testing.T) {
	page := "(" + strings.Repeat("a", maxPageText/2) + ") Tj"
	other := strings.ReplaceAll(charMap(1), "> <00", "> <01")
	for _, test := range []struct {
		what    string
		streams []string
	}{
		{"text", append(slices.Repeat([]string{page}, 2+maxShown/len(page)), charMap(2))},
		{"ranges", append(slices.Repeat([]string{"beginbfrange" + strings.Repeat("<0000><ffff><0000>", 40)}, 2+maxMapped>>16/40), "("+charMap(1)+") Tj", charMap(2))},
		{"maps", append(distinctMaps(1+maxMapPages/3), "("+charMap(1)+") Tj", charMap(2))},
	} {
		if _, errs := look(t, DefaultLimits(), "", pdfOf(false, append(test.streams, other)...)); len(errs) != 1 || errs[0].Error() != errFonts.Error() {
			t.Errorf("%s: %v", test.what, errs)
		}
	}
}

// TestFontsOfMany: what is tried is bounded for all PDF files in an archive together.
func TestFontsOfMany(t *testing.T) {
	text := strings.Repeat(fontLetters, 2_000)
	one := pdfOf(true, append(distinctMaps(20), "("+text+") Tj", strings.ReplaceAll(charMap(1), "> <00", "> <01"))...)
	const files = 10
	for _, test := range []struct {
		free int64
		want bool // all is tried
	}{{freeUnpacked, true}, {64 << 10, false}} {
		o := New(DefaultLimits(), nil)
		o.free = test.free
		errs := o.Open("", tarred(slices.Repeat([]file{{"a.pdf", string(one)}}, files)...), nil, func(_ Part, r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		})
		refused := 0
		for _, err := range errs {
			if strings.Contains(err.Error(), errFonts.Error()) {
				refused++
			}
		}
		if refused > 0 == test.want || refused == files {
			t.Errorf("%d bytes are free: %d of %d files were not searched, %v", test.free, refused, files, errs)
		}
	}
}

// distinctMaps are so many that all contradict each other.
func distinctMaps(n int) (maps []string) {
	for i := range n {
		maps = append(maps, fmt.Sprintf("beginbfrange <0030> <0050> <%04x> endbfrange", i*2+1))
	}
	return maps
}

// TestDamagedPDF: what stands before damage is read, and the damage told, but for streams
// that were flushed and not closed.
func TestDamagedPDF(t *testing.T) {
	text := strings.Repeat(noise(40)+"\n", 3)
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write([]byte(text))
	_ = w.Flush()
	flushed := z.String()
	const object = "%%PDF-1.7\n1 0 obj\n<< %s>>\nstream\n%s\nendstream\nendobj\n2 0 obj\n(hello)\nendobj\n%s"
	for _, test := range []struct{ what, filter, data, trailer, err string }{
		{"damaged", "/Filter /FlateDecode ", flushed + "\xff\xff\xff", "", "member stream 1: is damaged: after 123 bytes"},
		{"flushed", "/Filter /FlateDecode ", flushed, "", ""},
		{"no stream", "", flushed + "\xff\xff\xff", "", ""},
		{"encrypted", "/Filter /FlateDecode ", flushed + "\xff\xff\xff", "trailer << /Encrypt 3 0 R >>\n", "is encrypted"},
	} {
		parts, errs := look(t, DefaultLimits(), "", fmt.Appendf(nil, object, test.filter, test.data, test.trailer))
		if !slices.ContainsFunc(parts, func(p seenPart) bool { return strings.HasPrefix(p.text, text) }) {
			t.Errorf("%s: not read", test.what)
		}
		if len(errs) > 1 || (len(errs) == 1) != (test.err != "") || len(errs) == 1 && !strings.Contains(errs[0].Error(), test.err) {
			t.Errorf("%s: %v", test.what, errs)
		}
	}
}
