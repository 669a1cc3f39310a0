package key

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// wantKey fails unless the key is found in the text, and sure.
func wantKey(t *testing.T, what, text, key string) {
	t.Helper()
	for m := range Find([]byte(text)) {
		if m.Secret == NewSecret(key) && m.Confidence == High {
			if !Candidate([]byte(text)) {
				t.Fatalf("%s: no candidate", what)
			}
			return
		}
	}
	t.Errorf("%s: not found in %q", what, text)
}

func jsonOf(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func quotedPrintable(text string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// transports are encodings that leave most of what they encode as it is.
var transports = map[string]func(string) string{
	"URL":              url.QueryEscape,
	"path":             url.PathEscape,
	"JSON":             jsonOf,
	"JSON twice":       func(text string) string { return jsonOf(jsonOf(text)) },
	"quoted-printable": quotedPrintable,
}

// uuencode writes lines of uuencode(1), with one of the two characters for zero.
func uuencode(text string, zero byte) string {
	var b strings.Builder
	char := func(value byte) {
		if value == 0 {
			b.WriteByte(zero)
		} else {
			b.WriteByte(' ' + value)
		}
	}
	for line := range slices.Chunk([]byte(text), 45) {
		char(byte(len(line)))
		for line = slices.Concat(line, []byte{0, 0}); len(line) > 2; line = line[3:] {
			char(line[0] >> 2)
			char(line[0]&3<<4 | line[1]>>4)
			char(line[1]&15<<2 | line[2]>>6)
			char(line[2] & 63)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// dump writes lines of an address, groups of bytes, and what text they are. swapped
// writes each group as a number whose first byte is the lowest.
func dump(text, address string, width, group int, swapped bool, columns string) string {
	var b strings.Builder
	for at := 0; at < len(text); at += width {
		fmt.Fprintf(&b, address, at)
		line := []byte(text[at:min(len(text), at+width)])
		for i := 0; i < len(line); i += group {
			part := bytes.Clone(line[i:min(len(line), i+group)])
			if swapped && len(part) == 2 {
				part[0], part[1] = part[1], part[0]
			}
			b.WriteString(" " + hex.EncodeToString(part))
		}
		if columns != "" {
			fmt.Fprintf(&b, columns, bytes.Map(func(r rune) rune {
				if r < ' ' || r > '~' {
					return '.'
				}
				return r
			}, line))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// spreads are the codings that take a key far apart and that no literal need show.
func spreads() map[string]coding {
	list := func(format string) func(string) string {
		return func(text string) string { return strings.TrimRight(eachByte(text, format), ", :-\n") }
	}
	return map[string]coding{
		"0x69, 0x6e": {[]string{"byte-list"}, list("0x%02x, "), false},
		"0x69,0x6E":  {[]string{"byte-list"}, list("0x%02X,"), false},
		"69 6e":      {[]string{"byte-list"}, list("%02x "), false},
		"69:6e":      {[]string{"byte-list"}, list("%02x:"), false},
		"69-6E":      {[]string{"byte-list"}, list("%02X-"), false},
		"105, 110":   {[]string{"byte-list"}, list("%d, "), false},
		"lines of 0x69": {[]string{"byte-list"}, func(s string) string {
			return strings.ReplaceAll(fold(list("0x%02x,")(s), 5*11, "\n    "), ",0x", ", 0x")
		}, false},
		"hexdump -C":     {[]string{"hex-dump"}, func(s string) string { return "\n" + hex.Dump([]byte(s)) }, false},
		"xxd":            {[]string{"hex-dump"}, func(s string) string { return "\n" + dump(s, "%08x:", 16, 2, false, "  %s") }, false},
		"xxd -g 4 -c 32": {[]string{"hex-dump"}, func(s string) string { return "\n" + dump(s, "%08x:", 32, 4, false, "  %s") }, false},
		"hexdump":        {[]string{"hex-dump"}, func(s string) string { return "\n" + dump(s, "%07x", 16, 2, true, "") }, false},
		"od -t x1":       {[]string{"hex-dump"}, func(s string) string { return "\n" + dump(s, "%07o", 16, 1, false, "") }, false},
		"od -x":          {[]string{"hex-dump"}, func(s string) string { return "\n" + dump(s, "%07o", 16, 2, true, "") }, false},
		"dump in a comment": {[]string{"hex-dump"}, func(s string) string {
			return strings.ReplaceAll("\n"+dump(s, "%04x ", 16, 1, false, "   %s"), "\n", "\n# ")
		}, false},
		"uuencode": {[]string{"uuencode"}, func(s string) string { return "\nbegin 644 a\n" + uuencode(s, '`') + "`\nend\n" }, false},
		"uuencode, ␠": {[]string{"uuencode"}, func(s string) string {
			return "\nbegin 644 a\r\n" + strings.ReplaceAll(uuencode(s, ' '), "\n", "\r\n") + " \r\nend\r\n"
		}, false},
	}
}

// TestSpreads plants a key, or an encoding of one, in what looks find.
func TestSpreads(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for name, outer := range inOrder(spreads()) {
		for range cases(30) {
			key := anyKey(r)
			text := filler(r, r.IntN(300)) + " " + outer.write("user:"+filler(r, 500+r.IntN(300))+key+";\n") + "\n" + filler(r, 50)
			wantFound(t, name, text, key, High, [][]string{outer.names})
		}
		for inside, inner := range inOrder(codings()) {
			if strings.HasPrefix(inside, "utf-32") {
				continue // nobody does that
			}
			for range cases(6) {
				key := anyKey(r)
				text := filler(r, r.IntN(300)) + " " + outer.write(inner.write("user:"+filler(r, 250+r.IntN(90))+key+";")) + "\n" + filler(r, 50)
				wantFound(t, name+" of "+inside, text, key, High, [][]string{outer.names, inner.names})
			}
		}
		for inside, inner := range inOrder(codings()) {
			if !inner.dense {
				continue
			}
			key := anyKey(r)
			text := wraps["mail"](inner.write(outer.write("user:"+filler(r, 300)+key+";\n")), r)
			wantFound(t, inside+" of "+name, "a: "+text+"\n", key, High, [][]string{inner.names, outer.names})
		}
	}
}

// TestIndexedBytes: an array of bytes may be an object with an index before each.
func TestIndexedBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 46))
	object := func(text, format, between string) string {
		var fields []string
		for i := range len(text) {
			fields = append(fields, fmt.Sprintf(format, i, text[i]))
		}
		return "{" + strings.Join(fields, between) + "}"
	}
	for name, write := range inOrder(map[string]func(text string) string{
		"JSON":           func(text string) string { return object(text, `"%d":%d`, ",") },
		"JSON, indented": func(text string) string { return object(text, `"%d": %d`, ",\n        ") },
		"JSON in JSON":   func(text string) string { return object(text, `\"%d\":%d`, ",") },
		"twice":          func(text string) string { return object(text, `\\\"%d\\\":%d`, ",") },
		"inspected":      func(text string) string { return object(text, `'%d': %d`, ", ") },
	}) {
		for range cases(30) {
			key := anyKey(r)
			text := "key = " + write(filler(r, r.IntN(40))+" "+key+" ") + ";\n" + filler(r, r.IntN(90))
			wantFound(t, name, text, key, High, [][]string{{"byte-list"}})
		}
	}
}

func TestIndexLength(t *testing.T) {
	for text, want := range map[string]int{
		`"0":105`: 4, `'12':105`: 5, `"1234567":1`: 10, `"0\":1`: 5, `"0\\\":1`: 7,
		`"":1`: 0, `"0" :1`: 0, `"0':1`: 0, `"x":1`: 0, `"0",1`: 0, `"0"`: 0, `"0`: 0, `"`: 0, `"12345678":1`: 0, `"0` + strings.Repeat(`\`, 20) + `":1`: 0,
	} {
		if got := indexLength([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// TestShortSpreads: what holds nothing but a key is long enough, wherever it lies.
func TestShortSpreads(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	for name, outer := range inOrder(spreads()) {
		if outer.names[0] == "uuencode" {
			continue // README.md says how long that must be
		}
		for range cases(60) {
			key := anyKey(r)
			wantKey(t, name, filler(r, r.IntN(900))+"\n"+outer.write(key+"\n")+"\n"+filler(r, r.IntN(900)), key)
		}
	}
}

// TestTransports: what carries a text changes some of its characters, and may break lines
// anywhere.
func TestTransports(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	for name, carry := range inOrder(transports) {
		for format, inner := range inOrder(escapes()) {
			if strings.Contains(format, "as ") || name == "JSON twice" && isDoubled(format) {
				continue
			}
			for range cases(6) {
				key := anyKey(r)
				wantKey(t, name+" of "+format, filler(r, r.IntN(300))+carry(inner.write("user:"+filler(r, 60)+key)+"&")+filler(r, 50), key)
			}
		}
		for what, inner := range inOrder(spreads()) {
			if strings.Contains(what, "dump") || strings.Contains(what, "od") || strings.Contains(what, "xxd") || strings.Contains(what, "uu") {
				continue // they are lines, of which a transport leaves none
			}
			for range cases(6) {
				key := anyKey(r)
				wantKey(t, name+" of "+what, filler(r, r.IntN(300))+carry(inner.write("user:"+filler(r, 60)+key+";"))+filler(r, 50), key)
			}
		}
		for what, inner := range inOrder(codings()) {
			if strings.HasPrefix(what, "utf-32") {
				continue
			}
			for range cases(6) {
				key := anyKey(r)
				wantKey(t, name+" of "+what, filler(r, r.IntN(300))+carry(inner.write("user?"+key+"?"))+filler(r, 50), key)
			}
		}
	}
}

// TestPartlyEscaped: a half of the characters is escaped, any half.
func TestPartlyEscaped(t *testing.T) {
	r := rand.New(rand.NewPCG(35, 36))
	for _, format := range []string{"%%%02x", `\u%04x`, `\x%02x`, `\u{%02x}`, "&#%d;", "&#x%02x;", "=%02X", `\%03o`} {
		for range cases(40) {
			key := anyKey(r)
			var text strings.Builder
			for _, c := range []byte("user:" + filler(r, 100) + key + filler(r, 60)) {
				if r.IntN(2) == 0 {
					fmt.Fprintf(&text, format, c)
				} else {
					text.WriteByte(c)
				}
			}
			if key[len(key)-1] == text.String()[0] {
				continue
			}
			found := false
			for m := range Find([]byte(text.String())) {
				found = found || m.Secret == NewSecret(key)
			}
			if !found {
				t.Errorf("%s: not found in %q", format, text.String())
			}
		}
	}
}

// TestNarrow: lines too short to be seen as runs, of what holds a key in two encodings.
func TestNarrow(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 38))
	for _, mark := range []string{"", "  ", "\t", "> ", "# ", "// ", " * ", "-- ", ";; ", "/// ", "% "} {
		for width := narrowest; width < shortestRun; width++ {
			for _, first := range []string{"base64", "base64url", "hex"} {
				key := anyKey(r)
				inner := codings()[[]string{"base64", "hex", "utf-16le"}[r.IntN(3)]]
				outer := codings()[first]
				names := outer.names
				if first == "base64" { // a mark has what only the other has
					names = append(names, "base64url")
				}
				text := mark + fold(outer.write(inner.write("user:"+filler(r, 250)+key+";")), width, "\n"+mark)
				wantFound(t, fmt.Sprintf("%s, %q, %d", first, mark, width), filler(r, r.IntN(200))+":\n"+text+"\n", key, High, [][]string{names, inner.names})
			}
		}
	}
}

// TestLooksNot: what is no dump, no list, no soft break.
func TestLooksNot(t *testing.T) {
	key := Prefix + body64(41)
	lines := strings.Split(strings.TrimSpace(dump(strings.Repeat("a ", 50)+key, "%08x:", 16, 2, false, "")), "\n")
	for i := range lines { // the addresses do not count the bytes
		lines[i] = fmt.Sprintf("%08x:", i*1000) + lines[i][9:]
	}
	hash := body64(42)
	for _, text := range []string{
		strings.Join(lines, "\n"), eachByte("insp_"+hash[:63]+"x", "0x%02x, "), hex.Dump([]byte(strings.Repeat("insp_"+hash[:60]+" ", 9))),
		quotedPrintable("insp_ " + hash), url.QueryEscape("insp_ " + hash), jsonOf("insp_\"" + hash), "====================================================================\n" + hash,
	} {
		for m := range Find([]byte(text)) {
			t.Errorf("%.80q: reported as %v", text, m.Encoding)
		}
	}
}

// TestEndsSoft tells soft breaks of quoted-printable text from lines of programs that end alike.
func TestEndsSoft(t *testing.T) {
	long := strings.Repeat("some text ", 7)
	for line, want := range map[string]bool{
		long + "=": true, long + "=3D=": true, "a=3Db" + long + "=C3=A9=": true, long + "=3D=\r": true, long + "=3D": true,
		long[:40] + "=": false, long + "==": false, "x=" + long[:58] + "=": false, "x=1;" + long[:56] + "=": false, long[:30] + "\x01" + long[:40] + "=": false,
	} {
		if got := endsSoft([]byte(line), len(line)); got != want {
			t.Errorf("%q ends in a soft break: %v", line, got)
		}
	}
}

// TestIsNarrow: lines are pieces of one run if the next is as long, whatever marks they have.
func TestIsNarrow(t *testing.T) {
	for text, want := range map[string]bool{
		"\n  QUJDREVGR0g\n  SUpLTE1OT1A\n": true, "\n\"QUJDREVGR0g\"\n\"SUpLTE1OT1A\"\n": true, "\n'QUJDREVGR0g' +\n 'SUpLTE1OT1A'\n": true,
		"\n\"QUJDREVGR0g\"\n+ \"SUpLTE1OT1A\"\n": true, "\n\"QUJDREVGR0g\"\nb\"SUpLTE1OT1A\"\n": true,
		"\n  QUJDREVGR0g\n  SUpLTE1OT1\n": false, "\n\"firstOfNames\",\n\"secondOfNames\",\n": false, "\nname\nmore\n": false,
	} {
		at := strings.IndexAny(text, "QfFn")
		if got := isNarrow([]byte(text), at); got != want {
			t.Errorf("%q is narrow: %v", text, got)
		}
	}
}
