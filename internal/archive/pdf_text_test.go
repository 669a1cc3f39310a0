package archive

import (
	"slices"
	"strings"
	"testing"
)

// TestPageText: what a page shows in pieces is one text for each array or string.
func TestPageText(t *testing.T) {
	for page, want := range map[string]string{
		`BT /F1 10 Tf 30 700 Td (one) Tj ET`:                   "one",
		`[(o) 30 (n)-20(e)] TJ`:                                "one",
		`[<6f> 30 <6E65> 0] TJ`:                                "one",
		`[<6f 6e` + "\n" + `65>]TJ (two)'`:                     "one\ntwo",
		`(one) Tj 0 -14 Td (two) Tj T* (three) Tj`:             "one\ntwo\nthree",
		`(a \(b\) \\ (c(d)) \157\06\1e) Tj`:                    "a (b) \\ (c(d)) o\x06\x01e",
		"(on\\\ne\\n) Tj":                                      "one\n",
		`<< /Type /Page /Kids [ 3 0 R ] /T <6f> >> (x) Tj`:     "o\nx",
		"% (no) [text\n(one) Tj":                               "one",
		"(one) Tj (a\x00b) Tj":                                 "one\na\x00b",
		"(one) Tj \x00":                                        "one",
		`<zz> (one) Tj`:                                        "one",
		`(` + strings.Repeat("x", maxPageText+10) + `) (y) Tj`: strings.Repeat("x", maxPageText),
	} {
		var whole, parts pageText
		_, _ = whole.Write([]byte(page))
		if string(whole.text) != want {
			t.Errorf("%.80q: got %.80q, want %.80q", page, whole.text, want)
		}
		for piece := range slices.Chunk([]byte(page), 1) {
			_, _ = parts.Write(piece)
		}
		if string(parts.text) != want {
			t.Errorf("%.80q, by bytes: got %.80q, want %.80q", page, parts.text, want)
		}
	}
}

// TestPageTextIsShown: the text comes behind the stream that it is of, packed or not, where
// it is more than one string.
func TestPageTextIsShown(t *testing.T) {
	plain := "2 0 obj\n<< /Length 20 >>\nstream\n[(t) 1 (wo)] TJ (three) Tj\nendstream\nendobj\n"
	got := map[string]string{}
	parts, errs := look(t, DefaultLimits(), "", pdfFile(plain+"% nothing more\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, part := range parts {
		got[strings.Join(part.Layers, " ")] += part.text
	}
	if text, ok := got["pdf text"]; !ok || !strings.Contains(text, "two\nthree") {
		t.Errorf("no text of the page in %q", got)
	}
}
