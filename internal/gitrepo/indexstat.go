package gitrepo

import (
	"cmp"
	"time"
)

// A FileStat is what lstat says of a regular file, as an Entry keeps it.
type FileStat struct {
	Size, Ino, UID, GID uint32
	MTime, CTime        IndexTime
}

func indexTime(t time.Time) IndexTime {
	return IndexTime{Sec: uint32(t.Unix()), Nsec: uint32(t.Nanosecond())}
}

func (t IndexTime) before(u IndexTime) bool {
	return cmp.Or(cmp.Compare(t.Sec, u.Sec), cmp.Compare(t.Nsec, u.Nsec)) < 0
}

// Unchanged reports whether the index proves that a file is the one that git put
// e in for: nothing that git noted of it differs, and the file's times are older
// than the index, so that no later change can hide behind a clock that ticks
// too slowly (gitracy: git reads such a file, and so must whoever gets false
// here).
//
// It asks for more than git does: git can be told to compare less
// (core.trustCtime, core.checkStat, update-index --assume-unchanged), and what
// comes with a repository may tell it so. Where git could not note everything,
// no file counts as unchanged.
//
// What is unchanged is the file, which is the blob only where no filter stands
// between them (gitattributes).
func (x *Index) Unchanged(e *Entry, s FileStat) bool {
	plain := (e.Mode == ModeFile || e.Mode == ModeExecutable) && e.Stage == 0 && !e.IntentToAdd && !e.SkipWorktree
	return plain && e.Size != 0 &&
		s == FileStat{e.Size, e.Ino, e.UID, e.GID, e.MTime, e.CTime} &&
		s.MTime.before(x.written) && s.CTime.before(x.written)
}
