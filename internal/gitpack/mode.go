package gitpack

// Modes of entries, in trees and in the index (gitformat-index).
const (
	ModeTree       = 0o040000
	ModeFile       = 0o100644
	ModeExecutable = 0o100755
	ModeSymlink    = 0o120000
	ModeSubmodule  = 0o160000
)

// ModeType masks the part of a mode that says what kind of thing it is.
const ModeType = 0o170000

// EntryMode reads the mode of a tree's entry as git does: octal digits, of which
// the type alone tells the kinds apart. Old versions of git wrote other permissions
// and a zero in front, and whoever forges a tree can: git checks out "40755" as a
// directory, too. ok is false if it is no number.
//
// A type that git does not know is a file's here. To git it is a submodule's, which
// nobody looks at.
func EntryMode(digits []byte) (mode uint32, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '7' {
			return 0, false
		}
		mode = mode<<3 | uint32(c-'0')
	}
	return canonicalMode(mode), len(digits) > 0
}

// canonicalMode is the mode that git puts into the index for one in a tree.
func canonicalMode(mode uint32) uint32 {
	switch mode & ModeType {
	case ModeTree, ModeSymlink, ModeSubmodule:
		return mode & ModeType
	}
	if mode&0o100 != 0 {
		return ModeExecutable
	}
	return ModeFile
}
