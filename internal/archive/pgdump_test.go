package archive

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A pgFile writes a dump as pg_dump does.
type pgFile struct {
	bytes.Buffer
	version byte
}

func (f *pgFile) number(n int) {
	sign := byte(0)
	if n < 0 {
		sign, n = 1, -n
	}
	_, _ = f.Write([]byte{sign, byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

func (f *pgFile) texts(all ...string) {
	for _, s := range all {
		f.number(len(s))
		_, _ = f.WriteString(s)
	}
}

// object writes an entry of the list.
func (f *pgFile) object(id int, tag, kind, statement string, hasData bool) {
	f.number(id)
	f.number(map[bool]int{true: 1}[hasData])
	f.texts("0", "0", tag, kind)
	if f.version >= pgSections {
		f.number(2 + map[bool]int{true: 1}[hasData]) // before the data, or the data
	}
	f.texts(statement, "", map[bool]string{true: "COPY t FROM stdin;\n"}[hasData], "public", "")
	if f.version >= pgAccess {
		f.texts("")
	}
	if f.version >= pgRelations {
		f.number(0)
	}
	f.texts("postgres", "false")
	f.number(-1)
	state := byte(3) // no data
	if hasData {
		state = 1 // they are at no place that is told, as behind a pipe
	}
	_, _ = f.Write(append([]byte{state}, make([]byte, 8)...))
}

// stream writes data in chunks.
func (f *pgFile) stream(data string, chunk int) {
	for part := range slices.Chunk([]byte(data), chunk) {
		f.texts(string(part))
	}
	f.number(0)
}

// pgDumped is a dump of a table and two large objects.
func pgDumped(version byte, rows, large string) []byte {
	f := &pgFile{version: version}
	_, _ = f.WriteString(pgMagic)
	_, _ = f.Write([]byte{1, version, 0, 4, 8, pgCustom})
	if version >= pgCompression {
		_ = f.WriteByte(1)
	} else {
		f.number(-1)
	}
	for _, n := range []int{1, 2, 3, 4, 5, 126, 0} {
		f.number(n)
	}
	f.texts("db", "15.1", "15.1")
	f.number(3)
	f.object(1, "t", "TABLE", "CREATE TABLE t (a text);\n", false)
	f.object(2, "t", "TABLE DATA", "", true)
	f.object(3, "BLOBS", "BLOBS", "", true)
	_ = f.WriteByte(pgTable)
	f.number(2)
	f.stream(zlibbed(rows), 1000)
	_ = f.WriteByte(pgLarges)
	f.number(3)
	for id, data := range []string{large, strings.Repeat(large, 3)} {
		f.number(16400 + id)
		f.stream(zlibbed(data), 1000)
	}
	f.number(0)
	return f.Bytes()
}

// TestPgDump: a stream that is cut into chunks is put together, whatever version wrote it.
func TestPgDump(t *testing.T) {
	rows, large := noise(10_000), noise(3_000)
	want := []string{"TABLE DATA t=" + rows, "large object 16400=" + large, "large object 16401=" + strings.Repeat(large, 3)}
	for version := byte(pgVersion10); version <= pgRelations; version++ {
		data := pgDumped(version, rows, large)
		parts, errs := look(t, DefaultLimits(), "a.dump", data)
		if got := texts(parts); !slices.Equal(got, want) || len(errs) > 0 {
			t.Errorf("version 1.%d: read %.200q, %v", version, got, errs)
		}
		for _, p := range parts {
			if !p.Raw && !slices.Equal(p.Layers, []string{"pg_dump", "zlib"}) {
				t.Errorf("version 1.%d: %s lies in %v", version, p.Member, p.Layers)
			}
		}
		for cut := range len(data) / 97 {
			parts, errs := look(t, DefaultLimits(), "a.dump", data[:97*cut])
			if len(errs) == 0 && len(parts) > 0 && 97*cut > bytes.Index(data, []byte("TABLE DATA")) && !endsBlock(data, 97*cut) {
				t.Errorf("version 1.%d: nothing is said of the end at %d", version, 97*cut)
			}
		}
	}
}

// TestPgDumpTexts: all that the list tells is searched, and a newer list is named.
func TestPgDumpTexts(t *testing.T) {
	data := pgDumped(pgAccess, "one", "two")
	var got []string
	errs := New(DefaultLimits(), nil).Open("", data, nil, func(p Part, r io.Reader) error {
		text, err := io.ReadAll(r)
		if p.Heading {
			got = append(got, p.Member+"="+string(text))
		}
		return err
	})
	for _, want := range []string{Unnamed + "=db", "TABLE t=CREATE TABLE t (a text);\n", "TABLE t=public", "TABLE t=postgres", "TABLE DATA t=COPY t FROM stdin;\n"} {
		if !slices.Contains(got, want) || len(errs) > 0 {
			t.Errorf("no %q in %q, %v", want, got, errs)
		}
	}
	var last string
	cut := bytes.Index(data, []byte("CREATE TABLE")) + len("CREATE TABLE t (a text);\n")
	_ = New(DefaultLimits(), nil).Open("", data[:cut], nil, func(p Part, r io.Reader) error {
		if text, _ := io.ReadAll(r); p.Heading {
			last = string(text)
		}
		return nil
	})
	if last != "CREATE TABLE t (a text);\n" {
		t.Errorf("of a list that is cut off, %q is read last", last)
	}
	data[6] = pgRelations + 1
	if _, errs := look(t, DefaultLimits(), "", data); len(errs) != 1 || !strings.Contains(errs[0].Error(), "a dump of a newer PostgreSQL, which is not opened") {
		t.Errorf("a newer version: %v", errs)
	}
}

// endsBlock reports whether a block ends at data[:end], as far as a reader can tell.
func endsBlock(data []byte, end int) bool { return bytes.HasSuffix(data[:end], make([]byte, 5)) }

// TestPgRestore: the dumps of the other tests are some to PostgreSQL.
func TestPgRestore(t *testing.T) {
	restore, err := exec.LookPath("pg_restore")
	if err != nil {
		t.Skip("pg_restore is not installed")
	}
	file := filepath.Join(t.TempDir(), "a.dump")
	if err := os.WriteFile(file, pgDumped(pgAccess, "one\ntwo\n\\.\n", "three"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(restore, "-f", "-", file).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("CREATE TABLE t (a text);")) || !bytes.Contains(out, []byte("one\ntwo\n")) {
		t.Errorf("pg_restore: %v: %s", err, out)
	}
}
