package gitrepo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tableRepo is a repository around the tables in dir, which git 2.55 wrote.
func tableRepo(t testing.TB, dir, objectFormat string) *Repo {
	t.Helper()
	git := filepath.Join(t.TempDir(), "r.git")
	for _, sub := range []string{"objects", "refs", "reftable"} {
		if err := os.MkdirAll(filepath.Join(git, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(git, "reftable"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	config := "[core]\nrepositoryformatversion = 1\nbare = true\n[extensions]\nrefStorage = reftable\nobjectFormat = " + objectFormat + "\n"
	for name, text := range map[string]string{"HEAD": "ref: refs/heads/.invalid\n", "config": config} {
		if err := os.WriteFile(filepath.Join(git, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Open(git)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The tables hold what git said of them when it wrote them: two stacked ones,
// with a symbolic ref, a peeled tag, a deleted branch, and logs.
func TestReftableGolden(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			dir := filepath.Join("testdata", "reftable", format)
			want, err := os.ReadFile(filepath.Join(dir, "want.txt"))
			if err != nil {
				t.Fatal(err)
			}
			text := describeTables(t, tableRepo(t, dir, format))
			for line := range strings.Lines(strings.ReplaceAll(string(want), "\r", "")) {
				if !strings.Contains(text, line) {
					t.Errorf("missing: %s", line)
				}
			}
			for line := range strings.Lines(text) {
				if !strings.Contains(line, "@{") && !strings.Contains(string(want), line) {
					t.Errorf("not in git: %s", line)
				}
			}
		})
	}
}

// describeTables writes refs as for-each-ref and reflogs as log -g.
func describeTables(t testing.TB, r *Repo) string {
	t.Helper()
	refs, errs := r.Refs()
	var out strings.Builder
	for _, ref := range refs {
		fmt.Fprintln(&out, strings.TrimRight(fmt.Sprintln(ref.Name, ref.ID, ref.Target), " \n"))
		if (ref.Name == "refs/tags/heavy") == ref.Peeled.IsZero() {
			t.Errorf("%s is peeled to %q", ref.Name, ref.Peeled)
		}
	}
	for entry, err := range r.Reflogs() {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(&out, "%s@{%d} %s %s\n", entry.Ref, entry.Index, entry.New, entry.Message)
		if entry.Who != "C O Mitter <committer@example.com>" || entry.When.Format("-0700") != "-0230" || entry.When.Unix() != 1700000001 {
			t.Errorf("%s is by %s at %s", entry.Ref, entry.Who, entry.When)
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	return out.String()
}

// A broken table is named, and the others are read.
func TestReftableErrors(t *testing.T) {
	dir := filepath.Join("testdata", "reftable", "sha1")
	for name, damage := range map[string]func(stack string) error{
		"garbage": func(stack string) error { return os.WriteFile(filepath.Join(stack, "2.ref"), []byte("garbage"), 0o644) },
		"empty":   func(stack string) error { return os.WriteFile(filepath.Join(stack, "2.ref"), nil, 0o644) },
		"absent":  func(stack string) error { return os.Remove(filepath.Join(stack, "2.ref")) },
		"elsewhere": func(stack string) error {
			return os.WriteFile(filepath.Join(stack, "tables.list"), []byte("1.ref\n../../2.ref\n"), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := tableRepo(t, dir, "sha1")
			if err := damage(filepath.Join(r.GitDir, "reftable")); err != nil {
				t.Fatal(err)
			}
			refs, errs := r.Refs()
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), "2.ref") {
				t.Errorf("errors %q", errs)
			}
			if len(refs) < 90 {
				t.Errorf("%d refs of the table that is whole", len(refs))
			}
			if head, err := r.Head(); err != nil || head.Target != "refs/heads/main" {
				t.Errorf("HEAD: %+v, %v", head, err)
			}
		})
	}
}

// readAll decodes all of a table.
func readAll(data []byte) (refs, logs int, err error) {
	budget := 1 << 20
	table, err := parseTable(data, &budget)
	if err != nil {
		return 0, 0, err
	}
	err = errors.Join(table.eachRef(func(Ref) { refs++ }), table.eachLog(func(tableLog) { logs++ }))
	return refs, logs, err
}

// repair makes header and checksum of a damaged table's footer right again, so
// that the damage reaches the blocks.
func repair(data []byte) []byte {
	if len(data) < 24+68 {
		return data
	}
	data = slices.Clone(data)
	sizes, ok := tableVersions[data[4]]
	if !ok || len(data) < sizes.header+sizes.footer {
		return data
	}
	footer := data[len(data)-sizes.footer:]
	copy(footer, data[:sizes.header])
	binary.BigEndian.PutUint32(footer[len(footer)-4:], crc32.ChecksumIEEE(footer[:len(footer)-4]))
	return data
}

func TestReftableDamage(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		data, err := os.ReadFile(filepath.Join("testdata", "reftable", format, "1.ref"))
		if err != nil {
			t.Fatal(err)
		}
		if refs, logs, err := readAll(data); err != nil || refs < 90 || logs < 90 {
			t.Fatalf("whole: %d refs, %d logs, %v", refs, logs, err)
		}
		for n := range data {
			if _, _, err := readAll(data[:n]); err == nil {
				t.Errorf("cut to %d of %d bytes it is accepted", n, len(data))
			}
		}
		for i := range data {
			damaged := slices.Clone(data)
			damaged[i] ^= 0xff
			_, _, _ = readAll(repair(damaged))
		}
	}
}

func FuzzReftable(f *testing.F) {
	for _, pattern := range []string{"sha1", "sha256"} {
		files, _ := filepath.Glob(filepath.Join("testdata", "reftable", pattern, "*.ref"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	// Names and messages stay within the budget, whatever a table claims.
	f.Fuzz(func(t *testing.T, data []byte) {
		data = repair(data)
		const limit = 1 << 20
		budget, text := limit, 0
		table, err := parseTable(data, &budget)
		if err != nil {
			return
		}
		_ = table.eachRef(func(ref Ref) { text += len(ref.Name) })
		_ = table.eachLog(func(log tableLog) { text += len(log.entry.Ref) })
		if text > limit {
			t.Fatalf("%d bytes of names", text)
		}
	})
}

// A block of the format's own example sizes, built by hand: an unaligned table
// (block size 0) with a prefix-compressed name and a deletion.
func TestReftableByHand(t *testing.T) {
	id := bytes.Repeat([]byte{0xab}, 20)
	var records []byte
	record := func(shared int, suffix string, kind uint64, value []byte) {
		records = appendOffsetVarint(records, uint64(shared))
		records = appendOffsetVarint(records, uint64(len(suffix))<<3|kind)
		records = append(records, suffix...)
		records = append(append(records, 0), value...) // update index
	}
	record(0, "refs/heads/a", refID, id)
	record(11, "b", refDeleted, nil)
	record(11, "c", refPeeled, append(slices.Clone(id), id...))
	record(11, "d", refSymbolic, append([]byte{12}, "refs/heads/a"...))
	header := append([]byte("REFT\x01\x00\x00\x00"), make([]byte, 16)...)
	length := len(header) + 4 + len(records) + 5
	data := append(slices.Clone(header), refBlock, 0, byte(length>>8), byte(length))
	data = append(append(data, records...), 0, 0, byte(len(header)+4), 0, 1)
	footer := append(slices.Clone(header), make([]byte, 40)...)
	footer = binary.BigEndian.AppendUint32(footer, crc32.ChecksumIEEE(footer))
	budget := 1000
	table, err := parseTable(append(data, footer...), &budget)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = table.eachRef(func(ref Ref) {
		got = append(got, fmt.Sprint(ref.Name, " ", ref.ID.Size(), " ", ref.Peeled.Size(), " ", ref.Target))
	})
	want := []string{"refs/heads/a 20 0 ", "refs/heads/b 0 0 ", "refs/heads/c 20 20 ", "refs/heads/d 0 0 refs/heads/a"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
