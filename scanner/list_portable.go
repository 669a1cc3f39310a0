//go:build !linux

package scanner

import (
	"io/fs"
	"os"
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
