package scanner

import (
	"io/fs"
	"os"
	"slices"
)

// A listed is an entry of a directory.
type listed struct {
	name string
	kind listedKind
}

// A listedKind is as much of what an entry is as a walk goes by.
type listedKind uint8

const (
	listedOther listedKind = iota // a symbolic link, a FIFO, a device
	listedFile
	listedDir
)

func kindOf(mode fs.FileMode) listedKind {
	switch {
	case mode.IsRegular():
		return listedFile
	case mode.IsDir():
		return listedDir
	}
	return listedOther
}

// listFile lists a directory in the way that every system has.
func listFile(dir *os.File) ([]listed, error) {
	entries, err := dir.ReadDir(-1)
	list := make([]listed, len(entries))
	for i, e := range entries {
		list[i] = listed{e.Name(), kindOf(e.Type())}
	}
	return list, err
}

func holds(entries []listed, name string) bool {
	return slices.ContainsFunc(entries, func(e listed) bool { return e.name == name })
}
