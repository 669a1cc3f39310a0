package scanner

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// helmRelease is what Helm keeps in a Secret: a release in gzip and base64, which
// Kubernetes puts into base64 once more.
func helmRelease(t testing.TB, text string) string {
	release := fmt.Sprintf(`{"name":"app","manifest":%q}`, text)
	once := base64.StdEncoding.EncodeToString(packGzip(t, "", []byte(release)))
	return base64.StdEncoding.EncodeToString([]byte(once))
}

// TestPacked finds keys in what is compressed and stands in a text.
func TestPacked(t *testing.T) {
	t.Parallel()
	secret := factsKey(1)
	text := []byte("line\nKEY=" + secret + "\n")
	in64 := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	release := helmRelease(t, strings.Repeat("a: b\n", 30_000)+string(noise(40_000))+string(text))
	env := in64(packZip(zip.Deflate, "")(t, "conf/.env", text))
	each := func(format, between string, b []byte) string {
		bytes := make([]string, len(b))
		for i, c := range b {
			bytes[i] = fmt.Sprintf(format, c)
		}
		return strings.Join(bytes, between)
	}
	asset := packGzip(t, "", slices.Concat([]byte(hex.EncodeToString(noise(250))+"\n"), text))
	for _, test := range []struct {
		what, name   string
		data         []byte
		member       string
		line, column int
		encoding     string
	}{
		{"a Helm release", "secret.yaml", []byte("kind: Secret\ndata:\n  release: " + release + "\n"), "", 3, 12, "base64 base64 gzip"},
		{"the same in UTF-16", "secret.yaml", wideText("data:\n  release: " + release + "\n"), "", 2, 12, "utf-16le base64 base64 gzip"},
		{"the same in a tar", "all.tar", packTar(0)(t, "x/secret.yaml", []byte("\n  release: "+release+"\n")), "x/secret.yaml", 2, 12, "tar base64 base64 gzip"},
		{"user data", "main.tf", []byte(`user_data = "` + in64(packGzip(t, "", text)) + `"`), "", 1, 14, "base64 gzip"},
		{"a session", "log.txt", []byte("cookie=" + base64.RawURLEncoding.EncodeToString(packZlib(t, "", text)) + "; path=/"), "", 1, 8, "base64 zlib"},
		{"bytes of a database", "dump.sql", []byte(`('\x` + hex.EncodeToString(packGzip(t, "", text)) + `')`), "", 1, 5, "hex gzip"},
		{"a file in JSON", "fn.json", []byte(`{"zip":"` + env + `","a":1}`), "conf/.env", 2, 5, "base64 zip"},
		{"an attachment", "mail.eml", []byte("--b\nContent-Transfer-Encoding: base64\n\n" + lines76(env) + "\n--b--\n"), "conf/.env", 2, 5, "base64 zip"},
		{"the same in an archive", "in.tar.gz", packGzip(t, "", packTar(0)(t, "m.eml", []byte("\n\n"+lines76(env)))), "m.eml!/conf/.env", 2, 5, "gzip tar base64 zip"},
		{"an asset of a program", "bindata.go", []byte("package a\n\nvar index = []byte(\"" + each(`\x%02x`, "", asset) + "\")\n"), "", 3, 21, "hex-escape gzip"},
		{"an asset of a device", "index.h", []byte("const uint8_t index_gz[] = {\n  " + each("0x%02x", ", ", asset) + "\n};\n"), "", 2, 3, "byte-list gzip"},
		{"a buffer in JSON", "a.json", []byte(`{"type":"Buffer","data":[` + each("%d", ",", packZip(zip.Deflate, "")(t, "conf/.env", text)) + `]}`), "conf/.env", 2, 5, "byte-list zip"},
		{"a dump", "notes.md", []byte("    $ xxd a.gz\n" + dumpOf(asset)), "", 2, 15, "hex-dump gzip"},
		{"one in another", "x.json", []byte(`"` + in64(packGzip(t, "", []byte(`{"b":"`+in64(packGzip(t, "", text))+`"}`))) + `"`), "", 1, 2, "base64 gzip base64 gzip"},
	} {
		found, err := search{path: test.name, archives: testArchives(t)}.whole(test.data)
		if err != nil || len(found) != 1 {
			t.Errorf("%s: %d found, %v", test.what, len(found), err)
			continue
		}
		o := found[0].place
		encoding := strings.ReplaceAll(strings.Join(o.Encoding, " "), "base64url", "base64")
		if found[0].match.Secret != key.NewSecret(secret) || o.Member != test.member || o.Span.Line != test.line || o.Span.Column != test.column || encoding != test.encoding {
			t.Errorf("%s: in %q, line %d column %d, %v; want %q, %d, %d, %s", test.what, o.Member, o.Span.Line, o.Span.Column, o.Encoding, test.member, test.line, test.column, test.encoding)
		}
		if snippet := fmt.Sprint(o.Snippet); strings.Contains(snippet, secret[5:20]) || len(snippet) > 1000 {
			t.Errorf("%s: snippet %q", test.what, snippet)
		}
	}
}

// dumpOf is what xxd writes, indented.
func dumpOf(b []byte) string {
	var dump strings.Builder
	for at := 0; at < len(b); at += 16 {
		_, _ = fmt.Fprintf(&dump, "    %08x:", at)
		for pair := range slices.Chunk(b[at:min(len(b), at+16)], 2) {
			_, _ = fmt.Fprintf(&dump, " %x", pair)
		}
		_, _ = fmt.Fprintln(&dump, "  ................")
	}
	return dump.String()
}

func wideText(text string) []byte {
	b := []byte{0xff, 0xfe}
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}

func lines76(text string) string {
	var b strings.Builder
	for part := range slices.Chunk([]byte(text), 76) {
		b.Write(append(part, '\n'))
	}
	return b.String()
}

// TestPackedBad: what stands in a text is bounded like a file, and told if it
// cannot be read; what only begins like it is not.
func TestPackedBad(t *testing.T) {
	t.Parallel()
	in64 := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	encrypted := packZip(zip.Deflate, "")(t, "a", []byte("text"))
	encrypted[bytes.Index(encrypted, []byte("PK\x01\x02"))+8] |= 1
	damaged := packGzip(t, "", bytes.Repeat(noise(1000), 100))
	copy(damaged[len(damaged)/2:], bytes.Repeat([]byte{0xff}, 200))
	bomb := in64(packGzip(t, "", make([]byte, 2<<20)))
	deep := []byte("KEY=" + factsKey(1))
	for range 6 {
		deep = []byte("x: " + in64(packGzip(t, "", append(deep, bytes.Repeat([]byte(" and more"), 20)...))) + "\n")
	}
	for _, test := range []struct {
		what string
		text string
		want string // an error; empty: none
	}{
		{"encrypted", "a: " + in64(encrypted) + "\n", "encoded as text: member first: is encrypted"},
		{"damaged", "a: " + in64(damaged) + "\n", "encoded as text: is damaged"},
		{"cut off", "a: " + in64(packGzip(t, "", noise(5000)))[:2000] + "\n", "encoded as text: is cut off"},
		{"a sample that is cut off", "a: " + in64(packGzip(t, "", noise(5000)))[:300] + "...\n", ""},
		{"no gzip", "a: H4sI" + strings.Repeat("abcd", 30) + "\n", ""},
		{"no zlib", "a: eJwa" + strings.Repeat("abcd", 30) + "\n", ""},
		{"too deep", string(deep), ""},
		{"a bomb", strings.Repeat("a: "+bomb+"\n", 30), "--max-archive-size"},
		{"one on each line", strings.Repeat("H4sIAAAAAAAA"+strings.Repeat("A", 60)+"\n", 3000), "than are opened"},
	} {
		limits := DefaultArchiveLimits()
		limits.Size = 10 << 20
		a := newArchives(t.Context(), Options{Progress: new(Progress), Archives: &limits})
		_, err := search{archives: a}.whole([]byte(test.text))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %.200v, want %q", test.what, err, test.want)
		}
	}
}

// TestPackedWindows: in a file that is not held, one that begins near a window's
// end is found, or said to be cut off.
func TestPackedWindows(t *testing.T) {
	t.Parallel()
	short := "\nA=" + base64.StdEncoding.EncodeToString(packGzip(t, "", []byte("KEY="+factsKey(1)))) + "\n"
	long := "\nA=" + base64.StdEncoding.EncodeToString(packGzip(t, "", append([]byte("KEY="+factsKey(1)+"\n"), noise(200_000)...))) + "\n"
	for _, at := range []int{wholeMax - 2*contextBytes, wholeMax - contextBytes - 10, wholeMax - contextBytes + 10, wholeMax + 100} {
		for _, packed := range []string{short, long} {
			data := append(bytes.Repeat([]byte("line\n"), at/5), packed...)
			data = append(data, bytes.Repeat([]byte("line\n"), 1<<19)...)
			found, _, err := search{archives: testArchives(t)}.stream(bytes.NewReader(data), make([]byte, wholeMax), contextBytes)
			if len(found) != 1 || found[0].place.Span.Line != at/5+2 {
				t.Errorf("%d bytes at %d: %d found", len(packed), at, len(found))
			}
			if cut := packed == long && at < wholeMax-contextBytes && at+len(packed) > wholeMax; cut != (err != nil) {
				t.Errorf("%d bytes at %d: %v", len(packed), at, err)
			}
		}
	}
}

// TestPackedHistory finds one in a version that differs from others only in it.
func TestPackedHistory(t *testing.T) {
	t.Parallel()
	r := newGitRepo(t)
	before := strings.Repeat("key: value in all versions\n", 2000)
	want := map[key.Secret]bool{}
	for n := range 4 {
		r.write("release.yaml", before+"  release: "+helmRelease(t, "KEY="+factsKey(n))+"\n"+before)
		want[key.NewSecret(factsKey(n))] = true
		r.git("add", ".")
		r.git("commit", "-qm", fmt.Sprint(n))
	}
	r.git("repack", "-adfq")
	for _, k := range r.scan(Options{History: HistoryAlways}) {
		if !want[k.Secret] || len(k.Occurrences) != 1 || k.Occurrences[0].Span.Line != 2001 {
			t.Errorf("found %v in %+v", k.Secret, k.Occurrences)
		}
		delete(want, k.Secret)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// TestPackedByTools reads what other programs pack.
func TestPackedByTools(t *testing.T) {
	t.Parallel()
	for _, tool := range []struct {
		program string
		args    []string
		layers  []string
	}{
		{"python3", []string{"-c", "import sys,gzip,base64; print('x: '+base64.b64encode(base64.b64encode(gzip.compress(sys.argv[1].encode()))).decode())"}, []string{"base64", "base64", "gzip"}},
		{"python3", []string{"-c", "import sys,email.mime.multipart as m,email.mime.application as a,gzip; p=m.MIMEMultipart(); p.attach(a.MIMEApplication(gzip.compress((sys.argv[1]+' and so on'*20).encode()),'gzip')); print(p.as_string())"}, []string{"base64", "gzip"}},
		{"node", []string{"-e", "console.log('a='+require('zlib').deflateSync(process.argv[1]).toString('base64url'))"}, []string{"base64", "zlib"}},
		{"sh", []string{"-c", `printf %s "$0" | gzip -9 | base64`}, []string{"base64", "gzip"}},
	} {
		if _, err := exec.LookPath(tool.program); err != nil {
			t.Logf("%s is not on this machine", tool.program)
			continue
		}
		secret := factsKey(len(tool.args[1]))
		out, err := exec.Command(tool.program, append(slices.Clone(tool.args), secret)...).Output()
		if err != nil {
			t.Errorf("%s %q: %v", tool.program, tool.args, err)
			continue
		}
		found, err := search{archives: testArchives(t)}.whole(out)
		if err != nil || len(found) != 1 || found[0].match.Secret != key.NewSecret(secret) {
			t.Errorf("%s %q: %d found, %v", tool.program, tool.args, len(found), err)
			continue
		}
		layers := slices.Clone(found[0].place.Encoding)
		layers[0] = strings.TrimSuffix(layers[0], "url")
		if !slices.Equal(layers, tool.layers) || found[0].place.Span == (rules.Span{}) {
			t.Errorf("%s %q: %v at %+v", tool.program, tool.args, layers, found[0].place.Span)
		}
	}
}
