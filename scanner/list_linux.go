package scanner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// Where the fields of a struct linux_dirent64 stand, as getdents64(2) has it:
// the length of the record, the type, and the name, which a zero byte ends.
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19
)

// list lists the directory, with buf for what the system writes. What was read
// before an error comes with it. It makes one string of each piece that the
// system gives, where os.File makes some for each name.
func (d dirHandle) list(buf []byte) ([]listed, error) {
	var entries []listed
	for {
		n, err := retry(func() (int, error) { return unix.Getdents(d.fd, buf) })
		if err != nil || n == 0 {
			return entries, wrapList(err)
		}
		if entries, err = d.addDirents(entries, buf[:n]); err != nil {
			return entries, wrapList(err)
		}
	}
}

func wrapList(err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: "list", Path: ".", Err: err}
}

// addDirents adds the entries of one piece.
func (d dirHandle) addDirents(entries []listed, piece []byte) ([]listed, error) {
	text := string(piece)
	for at := 0; at < len(piece); {
		length := int(binary.NativeEndian.Uint16(piece[at+direntLength:]))
		start, end := at+direntName, at+length
		if zero := bytes.IndexByte(piece[start:end], 0); zero >= 0 {
			end = start + zero
		}
		e := listed{name: text[start:end]}
		kind, known := direntKinds(piece[at+direntType])
		if !known {
			var err error
			if kind, err = d.kind(e.name); err != nil {
				return entries, err
			}
		}
		if e.kind = kind; e.name != "." && e.name != ".." {
			entries = append(entries, e)
		}
		at += length
	}
	return entries, nil
}

// direntKinds tells what a type means; known is false where the file system
// does not keep it in its directories.
func direntKinds(t byte) (kind listedKind, known bool) {
	switch t {
	case unix.DT_REG:
		return listedFile, true
	case unix.DT_DIR:
		return listedDir, true
	}
	return listedOther, t != unix.DT_UNKNOWN
}

// kind asks what an entry is; one that is gone by now is nothing to read.
func (d dirHandle) kind(name string) (listedKind, error) {
	var info unix.Stat_t
	_, err := retry(func() (int, error) {
		return 0, unix.Fstatat(d.fd, name, &info, unix.AT_SYMLINK_NOFOLLOW)
	})
	switch {
	case errors.Is(err, unix.ENOENT):
		return listedOther, nil
	case err != nil:
		return listedOther, err
	}
	switch info.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return listedFile, nil
	case unix.S_IFDIR:
		return listedDir, nil
	}
	return listedOther, nil
}
