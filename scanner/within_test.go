package scanner

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// TestWithinWindows: in a file that is not held, compressed files are found wherever one
// window ends and the next begins, and told before what the file has as it stands.
func TestWithinWindows(t *testing.T) {
	t.Parallel()
	const window, context = 40 << 10, 2 << 10
	keys := []string{factsKey(1), factsKey(2), factsKey(3)}
	for at := window - 40; at <= window+4; at++ {
		data := slices.Concat([]byte{0}, noise(at-1), packGzip(t, "", []byte("KEY="+keys[0]+"\nKEY="+keys[1])),
			noise(3*window), []byte(keys[1]+"\n"+keys[2]), packGzip(t, "", []byte(keys[0])))
		for _, archives := range []*archives{testArchives(t), nil} {
			found, size, err := search{archives: archives}.stream(bytes.NewReader(data), make([]byte, window), context)
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprint(slices.Index(keys, f.match.Secret.Reveal()), f.place.Member))
			}
			want := []string{"1", "2"}
			if archives != nil {
				want = []string{fmt.Sprintf("0gzip at %d", at), fmt.Sprintf("1gzip at %d", at), fmt.Sprintf("0gzip at %d", len(data)-len(packGzip(t, "", []byte(keys[0])))), "2"}
			}
			if err != nil || size != int64(len(data)) || !slices.Equal(got, want) {
				t.Errorf("at %d: %q, %v; want %q", at, got, err, want)
			}
		}
	}
}

// TestWithinHistory finds a key in a version of a file that a pack stores as a delta of
// another, where the mark of what is compressed is in both.
func TestWithinHistory(t *testing.T) {
	t.Parallel()
	r := newGitRepo(t)
	before, text := "\x00"+string(noise(50_000)), noise(2000)
	want := map[key.Secret]bool{}
	for n := range 4 {
		r.write("app.bin", before+string(packGzip(t, "", slices.Concat(text, []byte(factsKey(n)), text)))+before)
		want[key.NewSecret(factsKey(n))] = true
		r.git("add", ".")
		r.git("commit", "-qm", fmt.Sprint(n))
	}
	r.git("repack", "-adfq")
	env := map[string]string{"GIT_DIR": filepath.Join(r.dir, ".git")}
	commits, err := Range(t.Context(), Commits{Revisions: []string{"HEAD"}}, Options{Workers: 2, Getenv: func(name string) string { return env[name] }})
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][]*rules.Key{r.scan(Options{History: HistoryAlways}), commits.Keys} {
		found := 0
		for _, k := range keys {
			if o := k.Occurrences[0]; !want[k.Secret] || o.Member != "gzip at 50001" || !slices.Equal(o.Encoding, []string{"gzip"}) {
				t.Errorf("found %v in %+v", k.Secret, o)
			}
			found++
		}
		if found != len(want) {
			t.Errorf("%d keys found, want %d", found, len(want))
		}
	}
}

// writeDatabase makes databases with keys around the borders of pages: in rows, an index,
// a table without row ids, after rows between were deleted, and in a write-ahead log.
const writeDatabase = `
import sqlite3,sys,random
page,encoding,mode,seed,keys=int(sys.argv[1]),sys.argv[2],sys.argv[3],int(sys.argv[4]),sys.argv[5:]
random.seed(seed)
c=sqlite3.connect('out',isolation_level=None)
c.execute('pragma page_size=%d'%page); c.execute("pragma encoding='%s'"%encoding)
if mode=='wal': c.execute('pragma journal_mode=wal')
c.execute('create table t(b text primary key, a) without rowid' if mode=='norowid' else 'create table t(a integer primary key, b)')
if mode=='index': c.execute('create index i on t(b)')
c.execute('begin')
wide=1 if encoding=='UTF-8' else 2
insert=lambda a,b: c.execute('insert into t(a,b) values(?,?)',(a,b.encode() if mode=='blob' else b))
if mode=='fragments':
    for i in range(60): insert(-1-i, 'q'*random.randrange(page*3))
    c.execute('delete from t where a%2=0')
for i,key in enumerate(keys): insert(i, '-'*random.randrange(page)+key+'-'*(page//wide+i*7)) # a record's last page is full
c.execute('commit')
if mode=='wal': open('log','wb').write(open('out-wal','rb').read())
c.close()
`

// TestDatabasePages finds keys that a page's end cuts, in what SQLite itself writes.
func TestDatabasePages(t *testing.T) {
	t.Parallel()
	if exec.Command("python3", "-c", "import sqlite3").Run() != nil {
		t.Skip("python3 with sqlite3 is not on this machine")
	}
	keys := make([]string, 150)
	for i := range keys {
		keys[i] = factsKey(100 + i)
	}
	seed := firstSeed(t)
	for i, mode := range []string{"rows", "index", "norowid", "fragments", "blob", "wal"} {
		page, encoding := []string{"512", "1024"}[i%2], []string{"UTF-8", "UTF-16le", "UTF-16be"}[i/2]
		t.Run(mode+" "+page+" "+encoding, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("python3", append([]string{"-c", writeDatabase, page, encoding, mode, fmt.Sprint(seed)}, keys...)...)
			cmd.Dir = t.TempDir()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			name := map[bool]string{false: "out", true: "log"}[mode == "wal"]
			data := must(os.ReadFile(filepath.Join(cmd.Dir, name)))
			found, err := search{archives: testArchives(t)}.whole(data)
			got, joined := map[string]bool{}, 0
			for _, f := range found {
				got[f.match.Secret.Reveal()] = true
				if strings.HasPrefix(f.place.Member, "record at ") && f.place.Encoding[0] == "sqlite" {
					joined++
				}
			}
			// With some seeds an index has each key whole that the rows have cut.
			none := joined == 0 && (mode != "index" || seed == 0)
			if t.Logf("seed %d: %d put together", seed, joined); err != nil || len(got) != len(keys) || none || joined == len(found) {
				t.Errorf("%d of %d keys, %d of %d put together, %v", len(got), len(keys), joined, len(found), err)
			}
			if mode == "wal" { // which does not say how large it is
				return
			}
			again, _, err := search{archives: testArchives(t)}.stream(bytes.NewReader(data), make([]byte, 40<<10), 2<<10)
			if err != nil || len(again) != len(found) {
				t.Errorf("read in windows: %d found, want %d, %v", len(again), len(found), err)
			}
		})
	}
}
