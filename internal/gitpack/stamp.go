package gitpack

import "time"

// A Stamp is what the file system tells of a file: whoever writes to it, or
// puts another in its place, changes the stamp. The zero Stamp tells nothing.
type Stamp struct {
	Size     int64  // in bytes
	Modified int64  // in nanoseconds since 1970
	Changed  int64  // the same; of the inode, which no program can set
	Inode    uint64 // the file's number
}

// Clocks of file systems tick: a file may be written to twice within a tick,
// and look the same. Some count whole seconds, or two.
const (
	fineTick   = 100 * time.Millisecond
	coarseTick = 2 * time.Second
)

// Settled reports whether the stamp tells the file that was read from start on
// from all that anyone may write in its place later.
func (s Stamp) Settled(start time.Time) bool {
	tick := fineTick
	if s.Changed%int64(time.Second) == 0 {
		tick = coarseTick
	}
	return s.Changed != 0 && s.Changed < start.Add(-tick).UnixNano()
}
