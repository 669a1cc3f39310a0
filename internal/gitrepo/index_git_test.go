package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// damagedIndex is a repository whose index a test writes anew.
type damagedIndex struct {
	*judge
	dir, file string
	whole     []byte
}

func newDamagedIndex(t *testing.T, version string) damagedIndex {
	j := newJudge(t)
	dir := filepath.Join(j.top, "repo")
	j.git(j.top, "init", "-q", dir)
	for _, name := range []string{"a", "b/c", "b/d", "e"} {
		j.write(filepath.Join(dir, name), name)
	}
	j.git(dir, "add", ".")
	j.git(dir, "commit", "-q", "-m", "all")
	j.git(dir, "update-index", "--force-write-index", "--index-version", version)
	file := filepath.Join(dir, ".git", "index")
	return damagedIndex{j, dir, file, []byte(j.read(file))}
}

// read lists what git and insplint read of an index.
func (d damagedIndex) read(data []byte) (got, want []string, err, gitErr error) {
	d.t.Helper()
	d.must(os.WriteFile(d.file, data, 0o644))
	out, gitErr := d.try(d.dir, "ls-files", "-s", "-z")
	want = strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	slices.Sort(want)
	index, err := ReadIndex(d.file, filepath.Dir(d.file), 20)
	if err != nil {
		return nil, want, err, gitErr
	}
	for e := range index.Entries() {
		got = append(got, fmt.Sprintf("%06o %s %d\t%s", e.Mode, e.ID, e.Stage, e.Path))
	}
	slices.Sort(got)
	return got, want, nil, gitErr
}

// TestIndexAsGit has git judge what of an index is damaged: what it commits with is
// read, and what it refuses is an error.
func TestIndexAsGit(t *testing.T) {
	d := newDamagedIndex(t, "2")
	end := len(d.whole) - 20
	with := func(at int, bytes ...byte) []byte {
		data := slices.Clone(d.whole)
		copy(data[at:], bytes)
		return data
	}
	extended := func(extension string) []byte {
		return slices.Concat(d.whole[:end], []byte(extension), d.whole[end:])
	}
	for name, data := range map[string][]byte{
		"whole":              d.whole,
		"checksum":           with(len(d.whole)-1, d.whole[len(d.whole)-1]^1),
		"no checksum":        with(end, make([]byte, 20)...),
		"something behind":   append(slices.Clone(d.whole), "more"...),
		"half an extension":  extended("zor"),
		"optional extension": extended(extensionOf("ZORK", "x")),
		"required extension": extended(extensionOf("zork", "x")),
		"signature":          with(0, 'X'),
		"version 5":          with(7, 5),
		"version 0":          with(7, 0),
		"fewer entries":      with(11, 2),
		"empty":              {},
		"header alone":       d.whole[:indexHeader],
	} {
		got, want, err, gitErr := d.read(data)
		if (err == nil) != (gitErr == nil) {
			t.Errorf("%s: %v, and git: %v", name, err, gitErr)
		} else if err == nil && !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestIndexFlips changes each byte of an index: what is accepted then is what git
// reads.
func TestIndexFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("git is run for every byte")
	}
	for _, version := range []string{"2", "4"} {
		d := newDamagedIndex(t, version)
		accepted := 0
		for i := range d.whole {
			data := slices.Clone(d.whole)
			data[i] ^= 1 << (i % 8)
			got, want, err, gitErr := d.read(data)
			if err != nil {
				continue
			}
			accepted++
			if gitErr != nil || !slices.Equal(got, want) {
				t.Errorf("version %s, byte %d: %q, want %q, %v", version, i, got, want, gitErr)
			}
		}
		if accepted < len(d.whole)/2 {
			t.Errorf("version %s: %d of %d are accepted", version, accepted, len(d.whole))
		}
	}
}
