package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The headers that begin the entries of cpio archives: the new format, with and
// without checksums, and the old one of POSIX.1.
const (
	cpioNew     = "070701"
	cpioChecked = "070702"
	cpioOld     = "070707"
	cpioTrailer = "TRAILER!!!"
)

// A cpioFormat is where the numbers stand in a header.
type cpioFormat struct {
	size, base       int
	name, nameDigits int // where the size of the name stands
	file, fileDigits int
	mode, modeDigits int
	align            int64
}

var (
	cpioHex   = cpioFormat{110, 16, 94, 8, 54, 8, 14, 8, 4}
	cpioOctal = cpioFormat{76, 8, 59, 6, 65, 11, 18, 6, 1}
)

// cpioFormatOf tells the format of the entry that h begins with; nil if it is none.
func cpioFormatOf(h []byte) *cpioFormat {
	f := &cpioHex
	switch {
	case hasMagic(h, cpioNew) || hasMagic(h, cpioChecked):
	case hasMagic(h, cpioOld):
		f = &cpioOctal
	default:
		return nil
	}
	if len(h) < f.size {
		return nil
	}
	for _, c := range h[:f.size] {
		if _, err := strconv.ParseUint(string(c), f.base, 8); err != nil {
			return nil
		}
	}
	return f
}

// cpio reads archives, one behind the other as an initial RAM disk has them.
func (w *walk) cpio(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	ended := false
	for w.meter.over == nil {
		head, err := br.Peek(cpioHex.size)
		switch f := cpioFormatOf(head); {
		case f != nil:
			if ended, err = w.cpioEntry(p, br, f); err != nil {
				return err
			}
		case ended && w.kindOf(head, "") != nil: // as the main part of an initial RAM disk
			w.content(p, br)
			return nil
		case !ended && len(head) < cpioHex.size && err == io.EOF:
			return errEndMissing
		case !ended && err == nil:
			return errHeader
		case !skipZeros(br):
			return nil
		}
	}
	return nil
}

// skipZeros passes over padding; false if anything else follows, or nothing.
func skipZeros(br *bufio.Reader) bool {
	n := 0
	for {
		b, err := br.ReadByte()
		if err != nil {
			return false
		}
		if b != 0 {
			_ = br.UnreadByte()
			return n > 0
		}
		n++
	}
}

// cpioEntry searches an entry; last tells that it marks the archive's end.
func (w *walk) cpioEntry(p place, br *bufio.Reader, f *cpioFormat) (last bool, err error) {
	h := make([]byte, f.size)
	if _, err := io.ReadFull(br, h); err != nil {
		return false, errEndMissing
	}
	number := func(at, digits int) (int64, error) {
		return strconv.ParseInt(string(h[at:at+digits]), f.base, 63)
	}
	nameSize, err1 := number(f.name, f.nameDigits)
	size, err2 := number(f.file, f.fileDigits)
	mode, err3 := number(f.mode, f.modeDigits)
	if errors.Join(err1, err2, err3) != nil || nameSize > maxHeading {
		return false, errHeader
	}
	padded := func(begin, n int64) int64 { return (begin+n+f.align-1)/f.align*f.align - begin }
	text := make([]byte, padded(int64(f.size), nameSize))
	if n, err := io.ReadFull(br, text); err != nil && int64(n) < nameSize {
		return false, errEndMissing
	}
	name := string(bytes.TrimRight(text[:nameSize], "\x00"))
	if name == cpioTrailer {
		return true, nil
	}
	if !w.entry() {
		return false, nil
	}
	in := p.at(name)
	w.heading(in, name)
	if mode&0o170000 != 0o100000 && mode&0o170000 != 0o120000 {
		return false, discard(br, padded(0, size))
	}
	if err := w.entryContent(in, &exact{br, size}, size); err != nil {
		return false, err
	}
	return false, discard(br, padded(0, size)-size)
}

var errHeader = errors.New("is damaged: an entry's header cannot be read")

// discard passes over n bytes of an archive.
func discard(br *bufio.Reader, n int64) error {
	if _, err := io.CopyN(io.Discard, br, n); err != nil {
		return errEndMissing
	}
	return nil
}

// ar reads Debian packages and static libraries.
func (w *walk) ar(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	_, _ = br.Discard(len("!<arch>\n"))
	var long string // GNU's table of long names
	first := true
	for w.meter.over == nil {
		h := make([]byte, 60)
		if n, err := io.ReadFull(br, h); err != nil {
			if len(bytes.Trim(h[:n], "\n\x00")) == 0 {
				return nil // padding
			}
			return unlessFirst(first, errEndMissing)
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(h[48:58])), 10, 63)
		if err != nil || size < 0 || string(h[58:]) != "`\n" {
			return unlessFirst(first, errHeader)
		}
		first = false
		if !w.entry() {
			return nil
		}
		content := &exact{br, size}
		name, err := arName(strings.TrimRight(string(h[:16]), " "), long, content)
		if err != nil {
			return err
		}
		in := p.at(name)
		if name == "//" {
			text, _ := io.ReadAll(io.LimitReader(content, maxHeading))
			long = string(text)
			err = discard(br, content.left)
		} else {
			w.heading(in, name)
			err = w.entryContent(in, content, content.left)
		}
		if err != nil {
			return err
		}
		_, _ = br.Discard(int(size % 2))
	}
	return nil
}

// unlessFirst is the error of an entry's header; the first has to prove that there
// is an archive.
func unlessFirst(first bool, err error) error {
	if first {
		return &notOne{err}
	}
	return err
}

// arName is an entry's whole name: GNU keeps long ones in a table, BSD before the
// content.
func arName(name, long string, content io.Reader) (string, error) {
	if digits, ok := strings.CutPrefix(name, "#1/"); ok {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 || n > maxHeading {
			return "", errHeader
		}
		text := make([]byte, n)
		if _, err = io.ReadFull(content, text); err != nil {
			err = errEndMissing
		}
		return string(bytes.TrimRight(text, "\x00")), err
	}
	if at, err := strconv.Atoi(strings.TrimPrefix(name, "/")); err == nil && name[0] == '/' && at >= 0 && at < len(long) {
		name, _, _ = strings.Cut(long[at:min(len(long), at+maxPath)], "\n")
	}
	if name == "//" { // the table itself
		return name, nil
	}
	return strings.TrimSuffix(name, "/"), nil
}

// rpm passes over what an RPM package begins with: the lead, the signature and
// the header, which are 8-byte aligned and tell their sizes.
func (w *walk) rpm(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	const lead, intro = 96, 16
	if err := discard(br, lead); err != nil {
		return &notOne{err}
	}
	for _, align := range []int64{8, 1} {
		h := make([]byte, intro)
		if _, err := io.ReadFull(br, h); err != nil {
			return unlessFirst(align == 8, errEndMissing)
		}
		if string(h[:3]) != "\x8e\xad\xe8" {
			return unlessFirst(align == 8, errHeader)
		}
		size := intro*int64(binary.BigEndian.Uint32(h[8:])) + int64(binary.BigEndian.Uint32(h[12:]))
		if err := discard(br, (size+align-1)/align*align); err != nil {
			return err
		}
	}
	if _, err := br.Peek(1); err != nil {
		return errEndMissing
	}
	w.content(p, br)
	return nil
}

// An asarNode is a directory or a file in the listing of an Electron archive.
type asarNode struct {
	Files    map[string]*asarNode `json:"files"`
	Offset   string               `json:"offset"`
	Size     int64                `json:"size"`
	Unpacked bool                 `json:"unpacked"`
}

// An asarFile is where a file's content lies, from the end of the listing on.
type asarFile struct {
	name         string
	offset, size int64
}

// asar reads an Electron archive: a listing in JSON, and then the files.
func (w *walk) asar(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	h := make([]byte, 16)
	if _, err := io.ReadFull(br, h); err != nil {
		return errEndMissing
	}
	padded, length := int64(binary.LittleEndian.Uint32(h[4:]))-8, int64(binary.LittleEndian.Uint32(h[12:]))
	if length > maxListing || padded < length {
		return &notOne{errLongListing(length)}
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(br, text); err != nil {
		return &notOne{errEndMissing}
	}
	var top asarNode
	if err := json.Unmarshal(text, &top); err != nil {
		return &notOne{fmt.Errorf("its listing cannot be read: %w", err)}
	}
	l := asarList{room: maxPaths}
	l.add("", &top)
	files := l.files
	slices.SortFunc(files, func(a, b asarFile) int { return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.name, b.name)) })
	if err := discard(br, padded-length); err != nil && len(files) > 0 {
		return err
	}
	if err := w.asarFiles(p, br, files); err != nil || l.room >= 0 {
		return err
	}
	return errPaths
}

func (w *walk) asarFiles(p place, br *bufio.Reader, files []asarFile) error {
	var at int64
	for _, f := range files {
		if !w.entry() {
			break
		}
		in := p.at(f.name)
		w.heading(in, f.name)
		if f.size == 0 {
			continue
		}
		if f.offset < at {
			w.fail(in, errOverlaps)
			continue
		}
		if err := discard(br, f.offset-at); err != nil {
			return err
		}
		if err := w.entryContent(in, &exact{br, f.size}, f.size); err != nil {
			return err
		}
		at = f.offset + f.size
	}
	return nil
}

var errOverlaps = errors.New("is damaged: it overlaps another file")

// errLongListing is for a list of files that is longer than any that was made to be used.
func errLongListing(length int64) error {
	return fmt.Errorf("its listing has %d bytes; at most %d are read", length, maxListing)
}

// An asarList is the files of a listing, as far as there is room for their paths, in bytes:
// one long name can be that of a directory with any number of others in it.
type asarList struct {
	files []asarFile
	room  int
}

var errPaths = fmt.Errorf("its listing has paths of more than %d MiB: not all were read", maxPaths>>20)

// add lists the files below a directory; those that lie beside the archive are left to
// whoever reads its directory.
func (l *asarList) add(dir string, n *asarNode) {
	for name, node := range n.Files {
		if node == nil {
			continue
		}
		if l.room -= len(dir) + len(name) + 1; l.room < 0 {
			return
		}
		at := path.Join(dir, name)
		offset, err := strconv.ParseInt(node.Offset, 10, 63)
		if node.Files == nil && err == nil && offset >= 0 && node.Size >= 0 && !node.Unpacked {
			l.files = append(l.files, asarFile{at, offset, node.Size})
		}
		l.add(at, node)
	}
}
