package key

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// numbersOf writes bytes as numbers with something between them.
func numbersOf(b []byte, format, between string) string {
	numbers := make([]string, len(b))
	for i, c := range b {
		numbers[i] = fmt.Sprintf(format, c)
	}
	return strings.Join(numbers, between)
}

// rowsOf is numbersOf in rows of twelve, as xxd -i writes it.
func rowsOf(b []byte, format string) string {
	var rows []string
	for row := range slices.Chunk(b, 12) {
		rows = append(rows, "  "+numbersOf(row, format, ", "))
	}
	return strings.Join(rows, ",\n")
}

func signedOf(b []byte, between string) string {
	numbers := make([]string, len(b))
	for i, c := range b {
		numbers[i] = strconv.Itoa(int(int8(c)))
	}
	return strings.Join(numbers, between)
}

// shortOctal is a literal of C with no escape that is longer than it must be.
func shortOctal(b []byte) string {
	var text strings.Builder
	for i, c := range b {
		switch {
		case c >= ' ' && c <= '~' && !strings.ContainsRune("\"\\?", rune(c)):
			_ = text.WriteByte(c)
		case i+1 < len(b) && isDigit(b[i+1]):
			_, _ = fmt.Fprintf(&text, `\%03o`, c)
		default:
			_, _ = fmt.Fprintf(&text, `\%o`, c)
		}
	}
	return text.String()
}

// escapedText writes bytes as a literal: some with a letter behind a backslash, others that do
// not print by a format.
func escapedText(b []byte, simple, letters, format string) string {
	var text strings.Builder
	for _, c := range b {
		switch i := strings.IndexByte(simple, c); {
		case i >= 0:
			_, _ = text.WriteString(`\` + letters[i:i+1])
		case c >= ' ' && c <= '~':
			_ = text.WriteByte(c)
		default:
			_, _ = fmt.Fprintf(&text, format, c)
		}
	}
	return text.String()
}

// reprOf is what repr of Python's writes of bytes, in single quotation marks.
func reprOf(b []byte) string { return escapedText(b, "\t\n\r\\'", `tnr\'`, `\x%02x`) }

// latinJSON is a text of JSON's in which each byte is a character.
func latinJSON(b []byte) string { return escapedText(b, "\b\t\n\f\r\\\"", `btnfr\"`, `\u%04x`) }

func dumpOf(b []byte) string {
	var dump strings.Builder
	for at := 0; at < len(b); at += 16 {
		row := b[at:min(len(b), at+16)]
		_, _ = fmt.Fprintf(&dump, "%08x  % x  |%s|\n", at, row, strings.Repeat(".", len(row)))
	}
	return dump.String()
}

// byteWriters write a file as programs and tools do.
var byteWriters = []struct {
	what, encoding string
	write          func(b []byte) string
}{
	{"escapes", "hex-escape", func(b []byte) string { return `d = "` + eachByte(string(b), `\x%02x`) + `"` }},
	{"upper-case escapes", "hex-escape", func(b []byte) string { return `d = "` + eachByte(string(b), `\x%02X`) + `"` }},
	{"escapes on lines", "hex-escape", func(b []byte) string {
		var rows []string
		for row := range slices.Chunk(b, 16) {
			rows = append(rows, `"`+eachByte(string(row), `\x%02x`)+`"`)
		}
		return strings.Join(rows, " +\n\t")
	}},
	{"escapes with line breaks", "hex-escape", func(b []byte) string {
		return "`" + strings.Join(slices.Collect(func(yield func(string) bool) {
			for row := range slices.Chunk(b, 16) {
				if !yield(eachByte(string(row), `\x%02x`)) {
					return
				}
			}
		}), "\\\n") + "`"
	}},
	{"Go", "hex-escape", func(b []byte) string { return `var d = []byte(` + strconv.Quote(string(b)) + `)` }},
	{"Python", "hex-escape", func(b []byte) string { return `d = b'` + reprOf(b) + `'` }},
	{"JSON", "json-escape", func(b []byte) string { return `{"d": "` + latinJSON(b) + `"}` }},
	{"octal", "octal-escape", func(b []byte) string { return `char *d = "` + eachByte(string(b), `\%03o`) + `";` }},
	{"C", "octal-escape", func(b []byte) string { return `char *d = "` + shortOctal(b) + `";` }},
	{"a value", "hex-escape", func(b []byte) string { return `a.b=` + eachByte(string(b), `\x%02x`) }},
	{"percent", "percent", func(b []byte) string { return `d=` + eachByte(string(b), `%%%02X`) + ` ` }},
	{"URL", "percent", func(b []byte) string { return `https://a.example/?d=` + url.QueryEscape(string(b)) + `&e=f` }},
	{"xxd -i", "byte-list", func(b []byte) string { return "unsigned char d[] = {\n" + rowsOf(b, "0x%02x") + "\n};" }},
	{"Rust", "byte-list", func(b []byte) string { return "[" + numbersOf(b, "0x%02X", ",") + "]" }},
	{"numbers", "byte-list", func(b []byte) string { return "new Uint8Array([" + numbersOf(b, "%d", ",") + "])" }},
	{"numbers apart", "byte-list", func(b []byte) string { return `{"data": [` + numbersOf(b, "%d", ", ") + "]}" }},
	{"Java", "byte-list", func(b []byte) string { return "byte[] d = {" + signedOf(b, ", ") + "};" }},
	{"Java, close", "byte-list", func(b []byte) string { return "{" + signedOf(b, ",") + "}" }},
	{"with colons", "byte-list", func(b []byte) string { return numbersOf(b, "%02x", ":") }},
	{"with blanks", "byte-list", func(b []byte) string { return "data: " + numbersOf(b, "%02X", " ") }},
	{"dump", "hex-dump", dumpOf},
}

// TestPackedBytes: a packed file that stands in a program byte by byte is found, and decoded to
// its end. Of files as short as that, a look or two may see nothing but text.
func TestPackedBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	for range cases(6000) {
		mark := fileMarks[r.IntN(len(fileMarks))]
		file := make([]byte, 150+r.IntN(1000))
		for i := range file {
			file[i] = byte(r.Uint32())
		}
		copy(file, mark)
		if mark == "BZh" {
			copy(file, "BZh91AY&SY")
		}
		w := byteWriters[r.IntN(len(byteWriters))]
		before := strings.Repeat("// a line\n", r.IntN(40)) + "\n"[r.IntN(2):]
		text := before + w.write(file) + "\n"
		_, packed, _ := FindAll([]byte(text))
		at := slices.IndexFunc(packed, func(p Packed) bool { return slices.Equal(p.Encoding, []string{w.encoding}) })
		if at < 0 {
			t.Errorf("%s: %q with %d bytes is not among %d packed files of\n%.300s", w.what, mark, len(file), len(packed), text)
			continue
		}
		if data, end := packed[at].Decode(); !bytes.Equal(data, file) || end > len(text) {
			i := 0
			for i < min(len(data), len(file)) && data[i] == file[i] {
				i++
			}
			t.Errorf("%s: %q is decoded to %d bytes of %d, the first wrong is number %d: %.20q", w.what, mark, len(data), len(file), i, file[i:])
		}
	}
}

// TestMayBeginFile: no beginning of a packed file is left out, whichever of its first two
// characters are escaped; words and letters of other languages are.
func TestMayBeginFile(t *testing.T) {
	for _, mark := range fileMarks {
		for _, escape := range []string{`\x%02x`, `\u%04x`, `\%03o`, "%%%02x"} {
			first, second := fmt.Sprintf(escape, mark[0]), fmt.Sprintf(escape, mark[1])
			for _, text := range []string{first + second, first + mark[1:2], mark[:1] + second, mark[:2], mark[:1] + string(rune(mark[1]))} {
				if !mayBeginFile([]byte(text), escape[0]) {
					t.Errorf("%q begins no packed file", text)
				}
			}
		}
	}
	for _, text := range []string{"Por", "Be", "x = 1", "(a)", `\u0414`, `\u01590`, "P"} {
		if mayBeginFile([]byte(text), '\\') {
			t.Errorf("%q may begin a packed file", text)
		}
	}
}

// TestAreBytes: letters of other languages are no bytes of a file, where a text escapes them.
func TestAreBytes(t *testing.T) {
	for text, want := range map[string]bool{
		`\u00e1no s`: false, `\u00edho ohrani\u010d`: false, `\u00e1\u009f`: true, `\u00e1k\u0041`: true, `\xe9 `: true, `\351 `: true, "%E9 ": true,
		`\u0001 in`: false, `\u0001\u0002`: true, `\x01A\x02`: true, `\x01\x41`: false, `\n\t`: false, "": false,
	} {
		if got := areBytes([]byte(text), 0); got != want {
			t.Errorf("areBytes(%q) = %t, want %t", text, got, want)
		}
	}
}
