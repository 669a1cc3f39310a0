package scanner

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
)

// noise is what no compressor makes smaller.
func noise(size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{7})
	_, _ = r.Read(b)
	return b
}

// TestLargeContainer reads one that is too large to be held: from front to back
// and once only, its own bytes too.
func TestLargeContainer(t *testing.T) {
	t.Parallel()
	keys := []string{factsKey(1), factsKey(2), factsKey(3), factsKey(4)}
	var b bytes.Buffer
	b.WriteString("#!/bin/sh\n# " + keys[0] + "\n")
	z := zip.NewWriter(&b)
	z.SetOffset(int64(b.Len()))
	for _, f := range []struct {
		name   string
		method uint16
		text   []byte
	}{
		{"big", zip.Store, noise(wholeMax + 1<<20)},
		{"a.env", zip.Deflate, []byte("A=" + keys[1] + "\n")},
		{"b.gz", zip.Deflate, packGzip(t, "", append(bytes.Repeat([]byte("line\n"), 3<<20), keys[2]...))},
		{"twice", zip.Deflate, []byte(keys[0])},
	} {
		must(must(z.CreateHeader(&zip.FileHeader{Name: f.name, Method: f.method})).Write(f.text))
	}
	if err := z.SetComment(keys[3]); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := search{path: "app.jar", archives: testArchives(t)}
	found, size, err := s.stream(bytes.NewReader(b.Bytes()), make([]byte, wholeMax), contextBytes)
	if err != nil || size != int64(b.Len()) {
		t.Errorf("%d bytes of %d, %v", size, b.Len(), err)
	}
	want := []struct {
		key, member string
		line        int
	}{{keys[1], "a.env", 1}, {keys[2], "b.gz", 3<<20 + 1}, {keys[0], "twice", 1}, {keys[3], "", 0}}
	if len(found) != len(want) {
		t.Fatalf("%d found, want %d", len(found), len(want))
	}
	for i, w := range want {
		f := found[i]
		if f.match.Secret != key.NewSecret(w.key) || f.place.Member != w.member || w.line > 0 && f.place.Span.Line != w.line {
			t.Errorf("%d: %v in %q, line %d; want %q, line %d", i, f.match.Secret, f.place.Member, f.place.Span.Line, w.member, w.line)
		}
	}
}

// TestArchiveDeltas finds keys in archives that a pack stores as deltas of one
// another, which no literal betrays.
func TestArchiveDeltas(t *testing.T) {
	t.Parallel()
	r := newGitRepo(t)
	large := packGzip(t, "", noise(100_000))
	want := map[key.Secret]bool{}
	for n := range 4 {
		secret := factsKey(n)
		want[key.NewSecret(secret)] = true
		r.write("log.gz", string(slices.Concat(large, packGzip(t, "", []byte(secret)))))
		r.git("add", ".")
		r.git("commit", "-qm", "log")
	}
	r.git("repack", "-adfq", "--depth=50")
	deltas := 0
	packs, _ := filepath.Glob(filepath.Join(r.dir, ".git/objects/pack/*.idx"))
	for _, line := range r.lines("verify-pack", "-v", packs[0]) {
		if fields := strings.Fields(line); len(fields) == 7 && fields[1] == "blob" {
			deltas++
		}
	}
	if deltas < 3 {
		t.Fatalf("git stored %d blobs as deltas, want 3", deltas)
	}
	for _, k := range r.scan(Options{History: HistoryAlways}) {
		if !want[k.Secret] || k.Occurrences[0].Member != "log" || !slices.Equal(k.Occurrences[0].Encoding, []string{"gzip"}) {
			t.Errorf("found %v in %+v", k.Secret, k.Occurrences[0])
		}
		delete(want, k.Secret)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// TestStrayPacks finds keys in the files that "git bundle" and "git pack-objects"
// write, in whichever version of a file, each once.
func TestStrayPacks(t *testing.T) {
	t.Parallel()
	a := testArchives(t)
	for _, format := range []string{"sha1", "sha256"} {
		r := newGitRepo(t, "--object-format="+format)
		file := strings.Repeat("a line that all versions have\n", 300)
		secrets := map[key.Secret]bool{}
		for n := range 8 {
			r.write("app.conf", file+fmt.Sprintf("n=%d\nold=%s\nnew=%s\n", n, factsKey(n), factsKey(n+1)))
			r.git("add", ".")
			r.git("commit", "-qm", "version "+fmt.Sprint(n))
			secrets[key.NewSecret(factsKey(n))], secrets[key.NewSecret(factsKey(n+1))] = true, true
		}
		blobs := r.lines("log", "--format=", "--raw", "--no-abbrev")
		r.git("repack", "-adfq")
		r.git("bundle", "create", "all.bundle", "--all")
		r.git("bundle", "create", "part.bundle", "HEAD~2..HEAD")
		packs, _ := filepath.Glob(filepath.Join(r.dir, ".git/objects/pack/*.pack"))
		for _, test := range []struct {
			path, layer string
			keys        int
			err         string
		}{
			{filepath.Join(r.dir, "all.bundle"), "git-bundle", len(secrets), ""},
			{packs[0], "git-pack", len(secrets), ""},
			// Its bases are in the clone that it is for; what it adds is here.
			{filepath.Join(r.dir, "part.bundle"), "git-bundle", -1, "what they build on is not in it"},
		} {
			data := must(os.ReadFile(test.path))
			found, err := search{archives: a}.whole(data)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("%s, %s: %v, want %q", format, test.path, err, test.err)
			}
			got := map[key.Secret]bool{}
			for _, f := range found {
				if got[f.match.Secret] || !secrets[f.match.Secret] {
					t.Errorf("%s, %s: %v a second time, or not one of ours", format, test.path, f.match.Secret)
				}
				got[f.match.Secret] = true
				named := slices.ContainsFunc(blobs, func(line string) bool { return strings.Contains(line, " "+f.place.Member+" ") })
				if !slices.Equal(f.place.Encoding, []string{test.layer}) || !named && test.err == "" {
					t.Errorf("%s, %s: %v in %q", format, test.path, f.place.Encoding, f.place.Member)
				}
			}
			if test.keys >= 0 && len(got) != test.keys || len(got) == 0 {
				t.Errorf("%s, %s: %d keys, want %d", format, test.path, len(got), test.keys)
			}
		}
	}
}

// TestLargeBundle: a bundle in a file that is not read whole is mapped.
func TestLargeBundle(t *testing.T) {
	t.Parallel()
	r := newGitRepo(t)
	r.write("large.txt", strings.Repeat("nothing ", 9<<17))
	r.write("prod.env", "KEY="+factsKey(3)+"\n")
	r.git("config", "core.compression", "0")
	r.git("add", ".")
	r.git("commit", "-qm", "add")
	r.git("bundle", "create", "all.bundle", "--all")
	s := search{archives: testArchives(t)}
	found, size, err := newFileReader().searchFile(filepath.Join(r.dir, "all.bundle"), s)
	if err != nil || size < wholeMax || len(found) != 1 || found[0].match.Secret != key.NewSecret(factsKey(3)) || found[0].place.Encoding[0] != "git-bundle" {
		t.Errorf("%d found in %d bytes, %v", len(found), size, err)
	}
}

// TestBinaries finds keys in what compilers and databases write, as they stand.
func TestBinaries(t *testing.T) {
	t.Parallel()
	for _, tool := range []struct {
		program, out string
		args         []string
	}{
		{"python3", "out", []string{"-c", "import sys,py_compile; open('a.py','w').write('KEY = \"%s\"' % sys.argv[1]); py_compile.compile('a.py','out')"}},
		{"python3", "out", []string{"-c", "import sys,plistlib; plistlib.dump({'a':sys.argv[1],'b':1},open('out','wb'),fmt=plistlib.FMT_BINARY)"}},
		{"sqlite3", "out", []string{"out", "create table t(a,b); insert into t values('x', 'KEY'||'00');"}},
		{"javac", "A.class", []string{"-c", `printf 'class A { static final String K = "%s"; String k() { return K; } }' "$0" > A.java; javac -proc:none A.java`}},
		{"gcc", "out", []string{"-c", `printf 'const char *k = "%s"; int main() { return *k; }' "$0" > a.c; gcc a.c -o out`}},
		{"go", "out", []string{"-c", `printf 'package main\nfunc main() { println("a", "%s", "b") }\n' "$0" > a.go; go build -o out a.go`}},
		{"node", "out", []string{"-e", wasmScript}},
		{"python3", "out", []string{"-c", "import sys,json; json.dump({'nbformat':4,'nbformat_minor':5,'metadata':{},'cells':[{'cell_type':'code','metadata':{},'execution_count':1,'source':['import os\\n','k = 1'],'outputs':[{'output_type':'stream','name':'stdout','text':['k is '+sys.argv[1]+'\\n']}]}]},open('out','w'),indent=1)"}},
		{"python3", "out", []string{"-c", "import sys,mailbox; from email.mime.text import MIMEText; m=mailbox.mbox('out'); m.add(MIMEText('caf\u00e9 '*7+'the key is '+sys.argv[1]+', keep it','plain','utf-8')); m.close()"}},
		{"python3", "out", []string{"-c", "import sys,plistlib; plistlib.dump({'a':sys.argv[1].encode()},open('out','wb'))"}},
	} {
		t.Run(tool.program, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(tool.program); err != nil {
				t.Skipf("%s is not on this machine", tool.program)
			}
			secret, dir := factsKey(rand.Int()), t.TempDir()
			args := append(slices.Clone(tool.args), secret)
			if tool.program == "sqlite3" {
				args = []string{tool.out, strings.ReplaceAll(tool.args[1], "KEY", secret)}
			}
			program := tool.program
			if args[0] == "-c" && program != "python3" {
				program = "sh"
			}
			cmd := exec.Command(program, args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			data, err := os.ReadFile(filepath.Join(dir, tool.out))
			if err != nil {
				t.Fatal(err)
			}
			found, err := search{archives: testArchives(t)}.whole(data)
			if err != nil || len(found) != 1 || found[0].match.Secret != key.NewSecret(secret) || found[0].place.Confidence != key.High {
				t.Errorf("%s %q: %+v, %v", tool.program, tool.args[0], found, err)
			}
		})
	}
}

// wasmScript has node write a WebAssembly module with a key in its data, and make
// sure that it is one.
const wasmScript = `
const text = Buffer.from('text before' + process.argv[1] + 'text behind');
const size = n => n < 128 ? [n] : [n & 127 | 128, n >> 7];
const data = [1, 0, 0x41, 8, 0x0b, ...size(text.length), ...text];
const module = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1, 11, ...size(data.length), ...data]);
if (!WebAssembly.validate(module)) throw new Error('no module');
require('fs').writeFileSync('out', module);`

// TestMemberFacts: what a member is follows from its own name and from what it is
// packed in.
func TestMemberFacts(t *testing.T) {
	t.Parallel()
	a := testArchives(t)
	text := []byte("KEY=" + factsKey(1))
	for _, test := range []struct {
		name   string
		data   []byte
		env    bool
		client string
	}{
		{"x/.env.gz", packGzip(t, "", text), true, ""},
		{"x/app.zip", packZip(zip.Deflate, "")(t, "conf/prod.env", text), true, ""},
		{"x/app.apk", packZip(zip.Deflate, "")(t, "assets/conf.json", text), false, "Android app package"},
		{"x/all.zip", packZip(zip.Deflate, "")(t, "in/app.ipa", packZip(zip.Deflate, "")(t, "conf.json", text)), false, "iOS app package"},
		{"resources/app", packAsar(t, "main.js", text), false, "Electron app archive"},
		{"ext", packCRX(t, "background.js", text), false, "browser extension package"},
		{"x/site.tar", packTar(0)(t, "app/.next/static/chunks/a.js", text), false, "Next.js client bundle"},
		{"x/notes.tar", packTar(0)(t, "notes.txt", text), false, ""},
	} {
		found, err := search{path: test.name, archives: a}.whole(test.data)
		if err != nil || len(found) != 1 {
			t.Errorf("%s: %d found, %v", test.name, len(found), err)
			continue
		}
		if place := found[0].place; place.EnvFile != test.env || place.Client != test.client {
			t.Errorf("%s: env file %v, client %q; want %v, %q", test.name, place.EnvFile, place.Client, test.env, test.client)
		}
	}
}

// BenchmarkHolds is what every file of a tree without archives pays.
func BenchmarkHolds(b *testing.B) {
	a := testArchives(b)
	head := bytes.Repeat([]byte("package main\n"), 100)
	for b.Loop() {
		if a.holds(head, "main.go") {
			b.Fatal("it is no archive")
		}
	}
}
