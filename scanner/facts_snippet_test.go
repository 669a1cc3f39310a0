package scanner

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// snippetsIn are those of all keys in a text.
func snippetsIn(text string) []rules.Snippet {
	var all []rules.Snippet
	for _, o := range occurrences("", []byte(text), matchesIn(text)) {
		all = append(all, o.Snippet)
	}
	return all
}

func TestSnippet(t *testing.T) {
	secret, other := factsKey(1), factsKey(2)
	masked, otherMasked := key.NewSecret(secret).Masked(), key.NewSecret(other).Masked()
	words := strings.Repeat("word ", 100)
	for _, test := range []struct{ name, before, after, wantBefore, wantAfter string }{
		{"alone", "", "", "", ""},
		{"its own line only", "a\nb=", "\nc", "b=", ""},
		{"indentation", "\t  b=", " \t", "b=", ""},
		{"tabs inside", "b\t=\t", "", "b = ", ""},
		{"line break of DOS", "a\r\nb=", "\r\nc", "b=", ""},
		{"carriage return", "a\rb=", "\rc\r\n", `a\rb=`, `\rc`},
		{"terminal", "\x1b[31mb=", "\x1b[0m\a", `\x1b[31mb=`, `\x1b[0m\x07`},
		{"one-byte controls", "\x9b31m\u009bb=", "\x7f", `\x9b31m\u009bb=`, `\x7f`},
		{"direction", "\u202eb=", "\u2066\u200f", `\u202eb=`, `\u2066\u200f`},
		{"invisible", "\ufeffb\u200b=", "\U000e0041\u2028", `\ufeffb\u200b=`, `\U000e0041\u2028`},
		{"spaces", "b\u00a0=\u3000", "", "b = ", ""},
		{"not UTF-8", "\xff\xe2\x82=", "\xc0", `\xff\xe2\x82=`, `\xc0`},
		{"NUL", "some text and b=\x00", "\x00 and more", `some text and b=\x00`, `\x00 and more`},
		{"other letters", "schlüssel=", " € 😀", "schlüssel=", " € 😀"},
		{"another key", "a=" + other + " b=", " c=" + other, "a=" + otherMasked + " b=", " c=" + otherMasked},
		{"keys without a gap", other, other, otherMasked, otherMasked},
		{"the same key", "a=" + secret + " b=", "", "a=" + masked + " b=", ""},
		{"piece of a key", "a=" + other[:40] + " b=", " " + other[20:60], "a=… b=", " …"},
		{"digits behind an escape", "a=\u202e" + other[5:17] + "\x89" + other[5:18] + " b=", "", `a=\u202e…\x89` + other[5:18] + " b=", ""},
		{"digits", "a=123456789012345 b=", " c=1234567890123456", "a=123456789012345 b=", " c=…"},
		{"long word", "a=src/components/dashboard/widgets/inspecto b=", "", "a=src/components/dashboard/widgets/inspecto b=", ""},
		{"another secret", "a=QWxhZGRpbjpvcGVuIHNlc2FtZTpvcGVu== b=", "", "a=…== b=", ""},
		{"long name", "theNameOfAVariable2WithManyCapitalLetters=", "", "theNameOfAVariable2WithManyCapitalLetters=", ""},
		{"long on both sides", words, " " + words, "…d " + strings.Repeat("word ", 10), " " + strings.Repeat("word ", 10) + "w…"},
		{"long on the left", words, "", "…ord " + strings.Repeat("word ", 20), ""},
		{"long on the right", "b=", " " + words, "b=", " " + strings.Repeat("word ", 20) + "w…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			buf := []byte(test.before + secret + test.after)
			matches := matchesIn(string(buf))
			var got rules.Snippet
			for i, o := range occurrences("", buf, matches) {
				if matches[i].Start == len(test.before) {
					got = o.Snippet
				}
			}
			want := test.wantBefore + masked + test.wantAfter
			if got.Text != want {
				t.Errorf("got  %q\nwant %q", got.Text, want)
			}
			if column := utf8.RuneCountInString(test.wantBefore) + 1; got.Column != column || got.Width != 16 {
				t.Errorf("column %d, width %d, want %d, 16", got.Column, got.Width, column)
			}
		})
	}
}

func TestSnippetOfUTF16(t *testing.T) {
	for _, bigEndian := range []bool{false, true} {
		buf := utf16Text("a=1\r\nb=\"KEY\"\r\nc", bigEndian)
		start := bytes.IndexByte(buf, 'K')
		m := key.Match{Start: start, End: start + 6, Secret: key.NewSecret(factsKey(1)), Encoding: []string{map[bool]string{false: "utf-16le", true: "utf-16be"}[bigEndian]}}
		got := occurrences("", buf, []key.Match{m})[0]
		if want := `b="` + m.Secret.Masked() + `"`; got.Snippet.Text != want || got.Variable != "b" {
			t.Errorf("big endian %v: got %q of %q, want %q", bigEndian, got.Snippet.Text, got.Variable, want)
		}
	}
}

// Two keys in one encoded run have one place, and each its own snippet.
func TestSnippetOfOverlappingMatches(t *testing.T) {
	buf := []byte("data: QUJDREVGR0hJSktMTU5PUFFSU1RVVg== # x")
	first := key.Match{Start: 10, End: 30, Secret: key.NewSecret(factsKey(1)), Encoding: []string{"base64"}}
	second := key.Match{Start: 20, End: 38, Secret: key.NewSecret(factsKey(2)), Encoding: []string{"base64"}}
	for i, o := range occurrences("", buf, []key.Match{first, second}) {
		masked := []key.Match{first, second}[i].Secret.Masked()
		if want := "data: QUJD" + masked + " # x"; o.Snippet.Text != want || o.Variable != "data" {
			t.Errorf("got %q of %q, want %q", o.Snippet.Text, o.Variable, want)
		}
	}
}

func TestSnippetOfAKeyOverLines(t *testing.T) {
	buf := []byte("x\nk = \"KE\" +\n  \"Y\" // z\nx")
	m := key.Match{Start: 7, End: 17, Secret: key.NewSecret(factsKey(1))}
	got := occurrences("", buf, []key.Match{m})[0].Snippet.Text
	if want := `k = "` + m.Secret.Masked() + `" // z`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzSnippet: whatever is around a key, a snippet shows the masked key where
// it says, stays short, holds no 16 characters of any key's body and nothing
// that a terminal obeys.
func FuzzSnippet(f *testing.F) {
	secret, other := factsKey(1), factsKey(2)
	f.Add([]byte("a\n\x1b[0m\tb="), []byte("\x00\xff\u202e\r\n"), byte(0), byte(64))
	f.Add(bytes.Repeat([]byte("x"), 600), bytes.Repeat([]byte("é"), 400), byte(20), byte(40))
	f.Add([]byte(`{"a":"`), []byte(`"}`), byte(5), byte(69))
	f.Fuzz(func(t *testing.T, before, after []byte, from, to byte) {
		piece := other[min(int(from), int(to), len(other)):min(max(int(from), int(to)), len(other))]
		text := piece + string(before) + secret + string(after) + piece + other + "\n"
		text = string(before) + text
		for i, s := range snippetsIn(text) {
			masked := matchesIn(text)[i].Secret.Masked()
			runes := []rune(s.Text)
			if s.Column < 1 || s.Column-1+s.Width > len(runes) || string(runes[s.Column-1:s.Column-1+s.Width]) != masked {
				t.Fatalf("%q: %q does not have %s at %d+%d", text, s.Text, masked, s.Column, s.Width)
			}
			if len(runes) > snippetWidth+2 || strings.ContainsFunc(s.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%q: bad snippet %q", text, s.Text)
			}
			for _, k := range []string{secret, other} {
				if shown := keyPiece(k, s.Text); shown != "" {
					t.Fatalf("%q: %q shows %q", text, s.Text, shown)
				}
			}
		}
	})
}
