package scanner

import (
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

func holds(entries []listed, name string) bool {
	return slices.ContainsFunc(entries, func(e listed) bool { return e.name == name })
}
