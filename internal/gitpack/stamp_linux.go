package gitpack

import (
	"os"
	"syscall"
)

func stampOf(info os.FileInfo) Stamp {
	s := Stamp{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		s.Changed, s.Inode = stat.Ctim.Nano(), stat.Ino
	}
	return s
}
