package key

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// A coding is one layer around a text, as the standard library writes it.
type coding struct {
	names []string // as Match.Encoding may have it
	write func(text string) string
	// decode takes the layer off again; nil where write says enough.
	dense bool // turns text into letters and digits that can be wrapped anywhere
}

func wide(text string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func wider(text string, big bool) string {
	var b []byte
	for _, r := range text {
		if big {
			b = binary.BigEndian.AppendUint32(b, uint32(r))
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(r))
		}
	}
	return string(b)
}

func eachByte(text, format string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, format, text[i])
	}
	return b.String()
}

func codings() map[string]coding {
	return map[string]coding{
		"base64":     {[]string{"base64"}, func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }, true},
		"base64 raw": {[]string{"base64"}, func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }, true},
		"base64url":  {[]string{"base64", "base64url"}, func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }, true},
		"base32":     {[]string{"base32"}, func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }, true},
		"base32 raw": {[]string{"base32"}, func(s string) string {
			return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(s))
		}, true},
		"hex":      {[]string{"hex"}, func(s string) string { return hex.EncodeToString([]byte(s)) }, true},
		"HEX":      {[]string{"hex"}, func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }, true},
		"utf-16le": {[]string{"utf-16le"}, func(s string) string { return wide(s, false) }, false},
		// Between bytes of other text nothing tells the order.
		"utf-16be": {[]string{"utf-16be", "utf-16le"}, func(s string) string { return wide(s, true) }, false},
		"utf-32le": {[]string{"utf-32le"}, func(s string) string { return wider(s, false) }, false},
		"utf-32be": {[]string{"utf-32be", "utf-32le"}, func(s string) string { return wider(s, true) }, false},
	}
}

// escapes are the layers that stand inside all others: they spell characters.
func escapes() map[string]coding {
	all := map[string]coding{}
	for _, e := range []struct{ name, format string }{
		{"percent", "%%%02x"}, {"percent", "%%%02X"}, {"percent", "%%25%02x"},
		{"json-escape", `\u%04x`}, {"json-escape", `\u%04X`}, {"json-escape", `\\u%04x`}, {"json-escape", `\u{%02x}`}, {"json-escape", `\U%08x`},
		{"hex-escape", `\x%02x`}, {"hex-escape", `\\x%02X`}, {"hex-escape", `\x{%02x}`},
		{"octal-escape", `\%03o`}, {"octal-escape", `\\%03o`}, {"octal-escape", `\0%03o`},
		{"html-entity", "&#x%02x;"}, {"html-entity", "&#%d;"}, {"html-entity", "&amp;#%d;"}, {"quoted-printable", "=%02X"},
	} {
		names := []string{e.name}
		all[e.format] = coding{names, func(s string) string { return eachByte(s, e.format) }, false}
		all["_ as "+e.format] = coding{names, func(s string) string {
			return strings.ReplaceAll(s, "_", fmt.Sprintf(e.format, '_'))
		}, false}
		all["i as "+e.format] = coding{names, func(s string) string {
			return strings.Replace(s, "insp", fmt.Sprintf(e.format, 'i')+"nsp", 1)
		}, false}
		all["body as "+e.format] = coding{names, func(s string) string {
			return s[:len(Prefix)] + eachByte(s[len(Prefix):], e.format)
		}, false}
	}
	return all
}

// isDoubled reports whether such a format escapes twice.
func isDoubled(format string) bool {
	return strings.Contains(format, "%%25") || strings.Contains(format, `\\`) || strings.Contains(format, "&amp;")
}

// wraps break a run into lines, or into literals of a program.
var wraps = map[string]func(run string, r *rand.Rand) string{
	"none": func(run string, _ *rand.Rand) string { return run },
	"mail": func(run string, _ *rand.Rand) string { return fold(run, 76, "\r\n") },
	"pem":  func(run string, _ *rand.Rand) string { return fold(run, 64, "\n") },
	"yaml": func(run string, r *rand.Rand) string {
		return "|\n" + strings.Repeat(" ", 2+r.IntN(10)) + fold(run, 60+r.IntN(30), "\n      ")
	},
	"quoted":      func(run string, _ *rand.Rand) string { return "> " + fold(run, 70, "\n> ") },
	"comment":     func(run string, _ *rand.Rand) string { return "# " + fold(run, 70, "\n# ") },
	"json string": func(run string, _ *rand.Rand) string { return `"` + fold(run, 64, `\n`) + `"` },
	"url":         func(run string, _ *rand.Rand) string { return fold(run, 64, `%0A`) },
	"narrow": func(run string, r *rand.Rand) string {
		return "|\n    " + fold(run, shortestRun+r.IntN(24), "\n    ")
	},
	"narrow source": func(run string, r *rand.Rand) string {
		return `"` + fold(run, shortestRun+r.IntN(24), "\"\n  \"") + `"`
	},
	"XML":          func(run string, _ *rand.Rand) string { return fold(run, 76, "&#10;") },
	"XML of CRLF":  func(run string, _ *rand.Rand) string { return fold(run, 76, "&#xD;\n") },
	"HTML":         func(run string, _ *rand.Rand) string { return fold(run, 60, "<br/>\n") },
	"JSON escape":  func(run string, _ *rand.Rand) string { return fold(run, 64, `\u000d\u000a`) },
	"doc comment":  func(run string, _ *rand.Rand) string { return "/// " + fold(run, 70, "\n/// ") },
	"source":       func(run string, _ *rand.Rand) string { return `"` + fold(run, 60, "\" +\n\t\"") + `"` },
	"continuation": func(run string, _ *rand.Rand) string { return fold(run, 60, "\\\n") },
	"soft":         func(run string, _ *rand.Rand) string { return fold(run, 75, "=\r\n") },
}

// fold breaks a run into lines of a width, the first of which may be shorter.
func fold(run string, width int, between string) string {
	var lines []string
	for len(run) > width {
		lines, run = append(lines, run[:width]), run[width:]
	}
	return strings.Join(append(lines, run), between)
}

func filler(r *rand.Rand, n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.:=\n\n{}()"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// wantFound fails unless the key is found in the text, with one of the lists of
// layers, and where it is says what a key's place may be.
func wantFound(t *testing.T, what, text, key string, confidence Confidence, layers [][]string) {
	t.Helper()
	var got []string
	for m := range Find([]byte(text)) {
		if m.Secret != NewSecret(key) {
			got = append(got, fmt.Sprint("another key, ", m.Encoding))
			continue
		}
		same := len(m.Encoding) == len(layers)
		for i := range layers {
			same = same && slices.Contains(layers[i], m.Encoding[i])
		}
		if same && m.Confidence == confidence && !m.Placeholder && !m.Run {
			if !Candidate([]byte(text)) {
				t.Fatalf("%s: no candidate", what)
			}
			return
		}
		got = append(got, fmt.Sprint("the key, ", m.Encoding, " ", m.Confidence))
	}
	t.Errorf("%s: want %v, found %q in %q", what, layers, got, text)
}

func anyKey(r *rand.Rand) string {
	prefix := Prefix
	if r.IntN(3) == 0 {
		prefix = SandboxPrefix
	}
	return prefix + body64(r.IntN(1<<30))
}

// cases is how many of n cases a test draws: a sixth under the race detector, which
// makes each ten times as dear and sees nothing in tests of one goroutine; those of
// package scanner run this package's code in many. .ci/run runs all of them without it.
func cases(n int) int {
	if raced {
		return (n + 5) / 6
	}
	return n
}

// TestForms plants a key in every form, wrapped in every way.
func TestForms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, c := range inOrder(codings()) {
		for wrapping, wrap := range inOrder(wraps) {
			if !c.dense && wrapping != "none" {
				continue
			}
			for range cases(60) {
				key := anyKey(r)
				inside := filler(r, r.IntN(90)) + " " + key + ";" + filler(r, r.IntN(90))
				if r.IntN(4) == 0 {
					inside = key
				}
				before, after := filler(r, r.IntN(200))+"=", ";"+filler(r, r.IntN(200))
				text := before + wrap(c.write(inside), r) + after
				if !c.dense {
					text = c.write(before + inside + after)
				}
				wantFound(t, name+", "+wrapping, text, key, High, [][]string{c.names})
			}
		}
	}
	for name, c := range inOrder(escapes()) {
		for range cases(20) {
			key := anyKey(r)
			text := filler(r, r.IntN(200)) + ";" + c.write(key) + ";" + filler(r, r.IntN(200))
			layers := [][]string{c.names}
			if isDoubled(name) {
				layers = append(layers, c.names)
			}
			wantFound(t, name, text, key, High, layers)
		}
	}
}

// TestNestings plants a key in two and three layers.
func TestNestings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	outer := codings()
	inner := codings()
	for name, c := range inOrder(escapes()) {
		if !isDoubled(name) {
			inner[name] = c
		}
	}
	names := func(m map[string]coding) (list []string) {
		for name := range m {
			list = append(list, name)
		}
		slices.Sort(list)
		return list
	}
	for _, first := range names(outer) {
		for _, last := range names(inner) {
			if strings.HasPrefix(first, "utf") && strings.HasPrefix(last, "utf") {
				continue // nobody does that
			}
			for range cases(5) {
				key := anyKey(r)
				layers := [][]string{outer[first].names, inner[last].names}
				text := filler(r, r.IntN(60)) + ";" + inner[last].write(filler(r, r.IntN(5))+";"+key) + "; "
				if strings.Contains(last, "body") {
					text = ";" + inner[last].write(key) + ";"
				}
				what := last
				if middle := names(outer)[r.IntN(len(outer))]; !strings.HasPrefix(middle, "utf") {
					text = outer[middle].write(text)
					layers = slices.Insert(layers, 1, outer[middle].names)
					what = middle + " of " + what
				}
				wrapped := outer[first].write(text)
				if outer[first].dense {
					wrapped = wraps[[]string{"mail", "narrow", "narrow source"}[r.IntN(3)]](wrapped, r)
				}
				before, after := filler(r, r.IntN(200))+";", "; "+filler(r, 100)
				if strings.HasPrefix(first, "utf-32") { // it fills a file
					before, after = outer[first].write(before), outer[first].write(after)
				}
				wantFound(t, first+" of "+what, before+wrapped+after, key, High, layers)
			}
		}
	}
}

// TestEscapedEncodings plants a key in encodings whose every character is escaped.
func TestEscapedEncodings(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for format, escape := range inOrder(escapes()) {
		if strings.Contains(format, "as ") {
			continue // characters here and there
		}
		for name, c := range inOrder(codings()) {
			if strings.HasPrefix(name, "utf-32") {
				continue // three of four escapes are of NUL bytes: nobody does that
			}
			for range cases(12) {
				key := anyKey(r)
				text := c.write("user:" + filler(r, r.IntN(40)) + key + ";")
				layers := [][]string{escape.names, c.names}
				if isDoubled(format) {
					layers = slices.Insert(layers, 0, escape.names)
				} else if c.dense && r.IntN(2) == 0 {
					text = base64.StdEncoding.EncodeToString([]byte(text))
					layers = slices.Insert(layers, 1, []string{"base64"})
				}
				if c.dense {
					text = wraps[[]string{"none", "mail"}[r.IntN(2)]](text, r)
				}
				text = escape.write(text)
				if n := len(fmt.Sprintf(format, 'z')); r.IntN(2) == 0 && !strings.Contains(format, "#%d;") { // of which some are shorter
					text = fold(text, n*(20+r.IntN(8)), "\" +\n  \"")
				}
				wantFound(t, format+" of "+name, filler(r, r.IntN(300))+`"`+text+`";`+filler(r, 100), key, High, layers)
			}
		}
	}
}

// TestEscapedLines: lines of any length, beginning anywhere, hide no escapes from a
// search that looks here and there.
func TestEscapedLines(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for perLine := 8; perLine < 60; perLine++ {
		for range cases(12) {
			key := anyKey(r)
			text := eachByte(base64.StdEncoding.EncodeToString([]byte("user:"+key+";")), `\x%02x`)
			text = fold(text, 4*perLine, "\" +\n  \"")
			wantFound(t, fmt.Sprint(perLine, " a line"), filler(r, r.IntN(100))+`"`+text+`"`, key, High, [][]string{{"hex-escape"}, {"base64"}})
		}
	}
}

// TestSplits plants keys that source syntax cuts.
func TestSplits(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, between := range []string{
		`" + "`, `" "`, "\"\n\t\t\"", "' . '", `" & "`, "\" & _\n\"", `" .. "`, `" <> "`, `" || "`, "' ||\n'", `", "`, "\",\n\"",
		"\\\n", "\" \\\n    \"", "\n  ", "\n", "\r\n", "\n> ", "\n# ", "\n// ", "\n * ", `""`, `''`, "\"'", `" b"`, "\" f'",
		"\" + // the rest\n\"", "\" /* more */ + \"", "\" # more\n \"", `").append("`, `" + r"`, "\" -- more\n || \"", "\n+", `\" + \"`,
	} {
		for range cases(20) {
			key := anyKey(r)
			text := key
			for n := range 1 + r.IntN(4) {
				prefix := strings.LastIndexByte(text, '_') + 1
				if n > 0 {
					prefix++
				}
				_ = n
				at := len(key) - 1 - r.IntN(bodyLength-1)
				if at >= len(text) || at < prefix || !isHex(text[at]) || !isHex(text[at-1]) {
					continue
				}
				text = text[:at] + between + text[at:]
			}
			if text == key {
				continue
			}
			wantFound(t, between, filler(r, 50)+` = "`+text+`"; `+filler(r, 50), key, Medium, [][]string{{"split"}})
		}
	}
}

// TestLastOutside holds the search by eight bytes to one by single bytes.
func TestLastOutside(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 20_000 {
		buf := []byte(strings.Repeat("aZ09+/-z", shortestRun/8))
		for range r.IntN(3) {
			buf[r.IntN(len(buf))] = byte(r.IntN(256))
		}
		all := !slices.ContainsFunc(buf, func(c byte) bool { return !base64Alphabet[c] })
		got := lastOutside(buf, len(buf)-1)
		if all != (got < 0) || got >= 0 && base64Alphabet[buf[got]] {
			t.Fatalf("%q: %d", buf, got)
		}
	}
}

// undo takes the layers of a match off the bytes where it stands, by the
// standard library, as far as it can do so without the text around them.
func undo(text string, layers []string) (string, bool) {
	for _, layer := range layers {
		switch layer {
		case "base64", "base64url":
			text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
			found := false
			for skip := range 4 { // the match need not begin at a group
				plain, err := base64.RawStdEncoding.DecodeString(strings.Repeat("A", skip) + text + strings.Repeat("A", (8-skip-len(text)%4)%4))
				if err == nil && strings.Contains(string(plain), Prefix) {
					text, found = string(plain), true
					break
				}
			}
			if !found {
				return "", false
			}
		case "hex":
			plain, err := hex.DecodeString(text)
			if err != nil {
				return "", false
			}
			text = string(plain)
		case "base32":
			found := false
			for skip := range 8 {
				plain, err := base32.StdEncoding.DecodeString(strings.Repeat("A", skip) + text + strings.Repeat("A", (16-skip-len(text)%8)%8))
				if err == nil && strings.Contains(string(plain), Prefix) {
					text, found = string(plain), true
					break
				}
			}
			if !found {
				return "", false
			}
		case "utf-16le", "utf-16be", "utf-32le", "utf-32be":
			text = strings.ReplaceAll(text, "\x00", "")
		default:
			return "", false
		}
	}
	return text, true
}

// FuzzEncodings plants a key in any encoding into any surroundings: it is
// found there, and what is found anywhere is there for the standard library
// too, where that can read it.
func FuzzEncodings(f *testing.F) {
	all := codings()
	for format, e := range inOrder(escapes()) {
		if !strings.Contains(format, "as ") {
			all[format] = e
		}
	}
	for _, hidden := range []string{"\u200b", "\u00ad", "\u2060"} {
		all["hidden "+hidden] = coding{[]string{"split"}, func(s string) string { return strings.Join(strings.Split(s, ""), hidden) }, false}
	}
	for name, c := range inOrder(spreads()) { // of some length: it is looked for them here and there
		all["spread "+name] = coding{c.names, func(s string) string { return c.write(strings.Repeat("user: ", 60) + s + strings.Repeat("more: ", 60)) }, false}
	}
	names := slices.Sorted(maps.Keys(all))
	for i := range names {
		f.Add([]byte("a=\""), []byte("\"\n"), "user:", uint8(i), 1)
		f.Add([]byte{}, []byte{}, "", uint8(i), 2)
		f.Add([]byte("insp_"), []byte("insp%\x00\x00"), "\xff\x00 ", uint8(i), 3)
		// What begins with these looks like an escaped line break.
		f.Add([]byte(`\`), []byte{}, "\xb5", uint8(i), 4)
		f.Add([]byte(`%`), []byte{}, "\xd1\xd0", uint8(i), 5)
	}
	f.Fuzz(func(t *testing.T, before, after []byte, inside string, which uint8, n int) {
		name := names[int(which)%len(names)]
		c, key := all[name], Prefix+body64(n)
		if !c.dense {
			inside = ""
		}
		planted := c.write(inside + key + "\n")
		buf := slices.Concat(before, []byte(planted), after)
		found := false
		for m := range Find(buf) {
			if m.Start < 0 || m.End > len(buf) || m.Start >= m.End {
				t.Fatalf("match from %d to %d in %d bytes", m.Start, m.End, len(buf))
			}
			found = found || m.Secret == NewSecret(key)
			if text, ok := undo(string(buf[m.Start:m.End]), m.Encoding); ok && len(m.Encoding) == 1 {
				if !strings.Contains(text, m.Secret.Reveal()) {
					t.Fatalf("%v at %d: %q does not hold the key", m.Encoding, m.Start, text)
				}
			}
		}
		if !found {
			t.Fatalf("%s: the key was not found in %q", name, buf)
		}
		if !Candidate(buf) {
			t.Fatal("Find finds what is no candidate")
		}
	})
}

// inOrder is a map by its keys, so that what is random is so in the same way each time.
func inOrder[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}
