package key

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func gzipOf(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func zlibOf(text string, level int) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, level)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// wrapped breaks a text into lines.
func wrapped(text, end string, width int) string {
	var lines []string
	for part := range slices.Chunk([]byte(text), width) {
		lines = append(lines, string(part))
	}
	return strings.Join(lines, end)
}

func randomText(size int) string {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte('a' + rand.IntN(26))
	}
	return string(b)
}

// TestPacked: what is packed is found in a text, and decoded whole however far it
// goes.
func TestPacked(t *testing.T) {
	for _, size := range []int{60, 500, 100_000} {
		file := gzipOf(randomText(size))
		once := base64Of(file)
		twice := base64Of([]byte(`{"a":"b","release":"` + once + `"}`))
		wide := func(text string) string {
			var b strings.Builder
			for _, unit := range utf16.Encode([]rune(text)) {
				_, _ = b.Write([]byte{byte(unit), byte(unit >> 8)})
			}
			return b.String()
		}
		for _, test := range []struct {
			what, text string
			file       []byte
			encoding   []string
		}{
			{"base64", "key: " + once + "\n", file, []string{"base64"}},
			{"base64 in quotes", `{"a":"` + once + `", "b": 1}`, file, []string{"base64"}},
			{"base64url", "a=" + base64.RawURLEncoding.EncodeToString(append(file, "\xfb\xff\xfe\xff"...)), append(bytes.Clone(file), "\xfb\xff\xfe\xff"...), nil},
			{"in lines", "\n" + wrapped(once, "\n", 76) + "\n\n--", file, []string{"base64"}},
			{"in indented lines", "a: |\n    " + wrapped(once, "\r\n    ", 64) + "\nb: c", file, []string{"base64"}},
			{"in escaped lines", `"begin\n` + wrapped(once, `\n`, 76) + `\nend"`, file, []string{"base64"}},
			{"with escaped slashes", `{"a":"` + strings.ReplaceAll(once, "/", `\/`) + `"}`, file, []string{"base64"}},
			{"in a URL", "?a=" + strings.NewReplacer("/", "%2F", "+", "%2B", "=", "%3D").Replace(once) + "&b=c", file, []string{"base64"}},
			{"in escaped JSON", `"` + strings.NewReplacer("+", `\u002B`, "=", `\u003d`).Replace(once) + `"`, file, []string{"base64"}},
			{"in short lines", "\n" + wrapped(once, "\n", 40) + "\n\n", file, []string{"base64"}},
			{"quoted-printable", "\n" + wrapped(strings.ReplaceAll(once, "=", "=3D"), "=\r\n", 75) + "\r\n", file, []string{"base64"}},
			{"base64 of base64", "  release: " + base64Of([]byte(once)) + "\n", file, []string{"base64", "base64"}},
			{"base64 of JSON", "  data: " + twice + "\n", file, []string{"base64", "base64"}},
			{"base64 of JSON in lines", "  data: " + wrapped(twice, "\n   ", 76) + "\n", file, []string{"base64", "base64"}},
			{"each character escaped", "a = '" + eachByte(once, `\x%02x`) + "'", file, []string{"hex-escape", "base64"}},
			{"hex", `'\x` + hex.EncodeToString(file) + `'`, file, []string{"hex"}},
			{"upper-case hex", "0x" + strings.ToUpper(hex.EncodeToString(file)) + ",", file, []string{"hex"}},
			{"UTF-16", "\xff\xfe" + wide("data = "+once+"\r\n"), file, []string{"utf-16le", "base64"}},
		} {
			_, packed, _ := FindAll([]byte(test.text))
			// In what is long, a line may begin like a zlib stream by chance.
			if len(packed) == 0 || len(packed) > 1+size/50_000 {
				t.Errorf("%s, %d bytes: %d found", test.what, size, len(packed))
				continue
			}
			data, end := packed[0].Decode()
			if !bytes.HasPrefix(data, test.file) || len(data) > len(test.file)+4 || end > len(test.text) {
				t.Errorf("%s, %d bytes: decoded to %d bytes, want %d", test.what, size, len(data), len(test.file))
			}
			if test.encoding != nil && !slices.Equal(packed[0].Encoding, test.encoding) {
				t.Errorf("%s: encoding %q, want %q", test.what, packed[0].Encoding, test.encoding)
			}
			if !Candidate([]byte(test.text)) {
				t.Errorf("%s: is no candidate", test.what)
			}
		}
	}
}

// TestPackedZlib: each level has another mark.
func TestPackedZlib(t *testing.T) {
	for _, level := range []int{zlib.NoCompression, zlib.BestSpeed, 5, 6, zlib.BestCompression} {
		for range 20 {
			file := zlibOf(randomText(100+rand.IntN(50)), level)
			if _, packed, _ := FindAll([]byte("x=" + base64Of(file))); len(packed) != 1 {
				t.Errorf("level %d: %d found in %.20q", level, len(packed), base64Of(file))
			}
			for _, digits := range []string{hex.EncodeToString(file), strings.ToUpper(hex.EncodeToString(file))} {
				_, packed, _ := FindAll([]byte("x=" + digits))
				if len(packed) != 1 || packed[0].Start != 2 || !slices.Equal(packed[0].Encoding, []string{"hex"}) {
					t.Errorf("level %d: %d found in %.20q", level, len(packed), digits)
				}
			}
		}
	}
}

func deflateOf(text string, level int) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, level)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// TestPackedDeflate: a stream without a mark is told by the text in it, and decoded to a
// zlib stream, in whatever a text makes of base64.
func TestPackedDeflate(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	for n := range 200 {
		content := "{\"key\": \"" + anyKey(r) + "\", \"name\": \"" + filler(r, 900) + "\"}"
		if n%2 == 0 {
			content = "<samlp:AuthnRequest ID=\"" + filler(r, 20) + "\" Name=\"" + content + "\"/>" + filler(r, r.IntN(300))
		}
		encoded := base64Of(deflateOf(content, []int{flate.BestSpeed, 6, flate.BestCompression}[n%3]))
		text := []string{
			"<diagram>" + encoded + "</diagram>", "SAMLRequest=" + url.QueryEscape(encoded) + "&RelayState=a", "a: |\n  " + wrapped(encoded, "\n  ", 76) + "\n",
			`{"a":"` + strings.ReplaceAll(encoded, "/", `\/`) + `"}`,
		}[r.IntN(4)]
		found := false
		_, all, _ := FindAll([]byte(text))
		for _, p := range all {
			data, _ := p.Decode()
			z, err := zlib.NewReader(bytes.NewReader(data))
			if err != nil {
				continue
			}
			plain, _ := io.ReadAll(z)
			found = found || string(plain) == content && slices.Equal(runsOf(p.Encoding), []string{"base64"})
		}
		if !found {
			t.Errorf("not found in %q", text)
		}
	}
}

// TestPackedEscaped: characters of base64 that a text escapes part a zlib stream's mark
// from its runs.
func TestPackedEscaped(t *testing.T) {
	for range 200 {
		file := zlibOf(randomText(900), zlib.DefaultCompression)
		for _, text := range []string{
			"a=" + url.QueryEscape(base64Of(file)), `{"a":"` + strings.ReplaceAll(base64Of(file), "/", `\/`) + `"}`,
			`"` + strings.NewReplacer("+", `\u002B`, "/", `\u002F`).Replace(base64Of(file)) + `"`,
		} {
			_, packed, _ := FindAll([]byte(text))
			if len(packed) == 0 {
				t.Errorf("not found in %q", text)
				continue
			}
			if data, _ := packed[0].Decode(); !bytes.HasPrefix(data, file) {
				t.Errorf("decoded to %d bytes, want %d", len(data), len(file))
			}
		}
	}
}

// TestPackedNot: what begins otherwise is none.
func TestPackedNot(t *testing.T) {
	once := base64Of(gzipOf(randomText(200)))
	for _, text := range []string{"key: A" + once, "H4sI is how it begins", hex.EncodeToString([]byte(randomText(100))), base64Of([]byte(randomText(100))), "lib/components/Button3/AbstractFactoryOfTheBeans/WhichIsLong42",
		strings.Repeat("sha512-"+base64.StdEncoding.EncodeToString([]byte(body64(5)))+"\n", 20)} {
		if _, packed, _ := FindAll([]byte(text)); len(packed) > 0 {
			t.Errorf("found %d in %.60q", len(packed), text)
		}
	}
}

// FuzzPacked: a packed file is found between any texts that do not lengthen its
// run, and what is decoded begins with it.
func FuzzPacked(f *testing.F) {
	f.Add("a: ", "what is in it, which is long enough", "\n", uint8(76), true)
	f.Add("", strings.Repeat("ab", 400), " H4sI", uint8(0), false)
	f.Add(`"H4sIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "`, "x", `"`, uint8(60), true)
	f.Fuzz(func(t *testing.T, before, content, after string, width uint8, again bool) {
		file := gzipOf(content + randomText(60))
		text := base64Of(file)
		if again {
			text = base64Of([]byte(text))
		}
		if width >= shortestRun {
			text = wrapped(text, "\n", int(width))
		}
		buf := []byte(before + "\n: " + text + "\n: " + after)
		start := len(before) + 3
		_, packed, _ := FindAll(buf)
		for _, p := range packed {
			if data, _ := p.Decode(); p.Start == start && bytes.HasPrefix(data, file) {
				return
			}
		}
		t.Errorf("of %d none begins at %d", len(packed), start)
	})
}
