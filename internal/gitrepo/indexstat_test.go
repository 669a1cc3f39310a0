package gitrepo

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestUnchangedAsks changes what an entry notes of its file, one thing at a
// time.
func TestUnchangedAsks(t *testing.T) {
	entry := Entry{Path: "f", Mode: ModeFile, Size: 5, Ino: 7, UID: 1, GID: 2, MTime: IndexTime{Sec: 100, Nsec: 5}, CTime: IndexTime{Sec: 100, Nsec: 6}}
	stat := FileStat{Size: 5, Ino: 7, UID: 1, GID: 2, MTime: IndexTime{Sec: 100, Nsec: 5}, CTime: IndexTime{Sec: 100, Nsec: 6}}
	for name, change := range map[string]func(*Entry, *FileStat, *Index){
		"size":              func(_ *Entry, s *FileStat, _ *Index) { s.Size++ },
		"inode":             func(_ *Entry, s *FileStat, _ *Index) { s.Ino++ },
		"owner":             func(_ *Entry, s *FileStat, _ *Index) { s.UID++ },
		"group":             func(_ *Entry, s *FileStat, _ *Index) { s.GID++ },
		"written":           func(_ *Entry, s *FileStat, _ *Index) { s.MTime.Nsec++ },
		"changed":           func(_ *Entry, s *FileStat, _ *Index) { s.CTime.Nsec++ },
		"racy, written":     func(_ *Entry, _ *FileStat, x *Index) { x.written = IndexTime{Sec: 100, Nsec: 5} },
		"racy, changed":     func(_ *Entry, _ *FileStat, x *Index) { x.written = IndexTime{Sec: 100, Nsec: 6} },
		"no file of index":  func(_ *Entry, _ *FileStat, x *Index) { x.written = IndexTime{} },
		"smudged":           func(e *Entry, s *FileStat, _ *Index) { e.Size, s.Size = 0, 0 },
		"in conflict":       func(e *Entry, _ *FileStat, _ *Index) { e.Stage = 2 },
		"intent to add":     func(e *Entry, _ *FileStat, _ *Index) { e.IntentToAdd = true },
		"outside of sparse": func(e *Entry, _ *FileStat, _ *Index) { e.SkipWorktree = true },
		"symbolic link":     func(e *Entry, _ *FileStat, _ *Index) { e.Mode = ModeSymlink },
		"submodule":         func(e *Entry, _ *FileStat, _ *Index) { e.Mode = ModeSubmodule },
	} {
		e, s, x := entry, stat, &Index{written: IndexTime{Sec: 101}}
		if !x.Unchanged(&e, s) {
			t.Fatal("the file is unchanged")
		}
		if change(&e, &s, x); x.Unchanged(&e, s) {
			t.Errorf("%s: unchanged", name)
		}
	}
}

// TestIndexWritten holds the time of an index to that of its file; a split one,
// whose parts have two, has none.
func TestIndexWritten(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("dated")
	j.write(filepath.Join(dir, "a"), "x")
	j.git(dir, "add", "a")
	file := filepath.Join(dir, ".git", "index")
	when := time.Unix(1_700_000_000, 123_456_789)
	if err := os.Chtimes(file, when, when); err != nil {
		t.Fatal(err)
	}
	for _, split := range []bool{false, true} {
		want := IndexTime{1_700_000_000, 123_456_789}
		if split {
			j.git(dir, "update-index", "--split-index")
			want = IndexTime{}
		}
		x, err := ReadIndex(file, filepath.Join(dir, ".git"), 20)
		if err != nil || x.written != want {
			t.Errorf("split %v: written %v, want %v; %v", split, x.written, want, err)
		}
	}
}
