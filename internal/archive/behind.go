package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/inspecto/insplint/internal/gitpack"
)

// An archive may stand behind something else: a zip file, which is read from its
// end, behind a program, a picture or a script; a compressed one behind a script that
// unpacks it; others stand in a database (blobs.go). A file is looked at in these places
// if it begins like no container, and is held, or mapped.

// How far before a file's end the directory of a zip file may end: behind it stands a
// comment, or the signature of a program. Of other files only the very end is looked at,
// because each file of a tree or a history is asked.
const (
	endReach        = 1 << 10
	endReachProgram = zipEndSize + 1<<16

	// binaryReach is where a script with something packed behind it has a NUL.
	binaryReach = 4 << 10
)

// HoldsWhole is Holds for a file that is held whole, in which a container may stand
// behind something else. A gzip file in the middle is none: see Within.
func (o *Opener) HoldsWhole(data []byte, name string) bool {
	return o.Holds(data[:min(len(data), HeadSize)], name) || o.limits.Depth > 0 && o.behind(data) != nil
}

// HoldsMapped is HoldsWhole for a file that is too large to be held, of which data is
// the beginning.
func (o *Opener) HoldsMapped(data []byte, mapped Mapping) bool {
	return o.limits.Depth > 0 && o.behindMapped(data, mapped) != nil
}

// Behind reports whether an archive may stand behind something else in a file that
// begins with head and has news in it, which another version had not; as HoldsWhole, it tells
// nothing of gzip files in the middle.
func Behind(head, news []byte) bool {
	if isDatabase(head) {
		return len(news) > 0 // a record may be put together from what is old, too
	}
	if hasMagic(head, pngMagic) && (bytes.Contains(news, []byte("zTXt")) || bytes.Contains(news, []byte("iTXt"))) {
		return true
	}
	if isCompound(head) && bytes.Contains(news, []byte(encryptedPackage)) {
		return true
	}
	if isProgram(head) && bytes.Contains(news, []byte(pyCookie)) {
		return true
	}
	return mayCarry(head) && (bytes.Contains(news, []byte(zipEnd)) || hasMagic(head, "#!") && firstPayload(news) > 0)
}

// isProgram takes those of Windows, of Linux and of macOS.
func isProgram(head []byte) bool {
	return hasMagic(head, "MZ") || hasMagic(head, "\x7fELF") || hasMagic(head, "\xcf\xfa\xed\xfe") || hasMagic(head, "\xce\xfa\xed\xfe") || isUniversal(head)
}

// isUniversal takes those of macOS for several processors. How many those are stands where
// classes of Java, which begin alike, have their version: 45 or more (JVMS, 4.1).
func isUniversal(head []byte) bool {
	const firstClass = 45
	if len(head) < 8 || !hasMagic(head, "\xca\xfe\xba\xbe") && !hasMagic(head, "\xca\xfe\xba\xbf") {
		return false
	}
	processors := binary.BigEndian.Uint32(head[4:])
	return 0 < processors && processors < firstClass
}

// mayCarry reports whether it is worth holding a member to look at its end.
func mayCarry(head []byte) bool {
	return isProgram(head) || isDatabase(head) || hasMagic(head, "#!") || hasMagic(head, pngMagic) || hasMagic(head, "\xff\xd8\xff")
}

// behind tells what stands behind something else in a file; nil if nothing does.
func (o *Opener) behind(data []byte) *kind {
	switch {
	case isSQLite(data):
		return &o.sqlite
	case hasMagic(data, bplistMagic):
		return &o.bplist
	case isRDB(data):
		return &o.redis
	case holdsPyArchive(data):
		return &o.python
	case endsInZip(data):
		return &o.zipBehind
	case payload(data) > 0:
		return &o.script
	case hasPNGText(data):
		return &o.png
	case isEncryptedOffice(data):
		return &o.office
	}
	return nil
}

// inside is behind, and tells of gzip files in the middle too.
func (o *Opener) inside(data []byte) *kind {
	if k := o.behind(data); k != nil || gzipWithin(data) < 0 {
		return k
	}
	return &o.within
}

func (o *Opener) behindMapped(data []byte, mapped Mapping) *kind {
	if payload(data) > 0 {
		return &o.script
	}
	switch {
	case isRDB(data):
		return &o.redis
	case mapped == nil && databaseSize(data) >= windowMax:
		return nil
	case isSQLite(data):
		return &o.sqlite
	case mapped == nil || !isProgram(data) && !isCompound(data):
		return nil
	}
	all, release, err := mapped()
	if err != nil {
		return nil
	}
	defer release()
	switch {
	case readable(all, isEncryptedOffice):
		return &o.office
	case readable(all, holdsPyArchive):
		return &o.python
	case readable(all, endsInZip):
		return &o.zipBehind
	}
	return nil
}

// readable is what look says of a mapping; false if its bytes fault.
func readable(all []byte, look func([]byte) bool) (ok bool) {
	err := gitpack.Guard(func() error {
		ok = look(all)
		return nil
	})
	return ok && err == nil
}

// endsInZip reports whether a file ends like a zip file with entries: what the end of
// the directory tells must fit.
func endsInZip(data []byte) bool {
	reach := zipEndSize
	switch {
	case isProgram(data):
		reach = endReachProgram
	case mayCarry(data):
		reach = endReach
	}
	tail := max(0, len(data)-reach)
	for at := tail; ; at++ {
		next := bytes.Index(data[at:], []byte(zipEnd))
		if next < 0 {
			return false
		}
		if at += next; isZipEnd(data, at) {
			return true
		}
	}
}

func isZipEnd(data []byte, at int) bool {
	end := data[at:]
	if len(end) < zipEndSize || at+zipEndSize+int(binary.LittleEndian.Uint16(end[20:])) > len(data) {
		return false
	}
	entries, size := binary.LittleEndian.Uint16(end[10:]), binary.LittleEndian.Uint32(end[12:])
	if size == 1<<32-1 || entries == 1<<16-1 { // the numbers stand in a longer record
		return at >= zipLocatorSize && hasMagic(data[at-zipLocatorSize:], zipLocator)
	}
	return entries > 0 && int64(size) <= int64(at) && hasMagic(data[at-int(size):], zipCentral)
}

// openZipBehind reads a zip file that stands behind something else by its directory.
func (w *walk) openZipBehind(p place, s *source) error {
	release, err := w.holdAll(s, "file with an archive behind it")
	if err != nil {
		return err
	}
	defer release()
	if isLastPart(s.data) {
		return errLastPart
	}
	// What ends so without being a carrier may be anything that has a zip file in
	// it, in pieces.
	defer func(quiet bool) { w.quiet = quiet }(w.quiet)
	w.quiet = w.quiet || !mayCarry(s.data)
	r, err := zip.NewReader(bytes.NewReader(s.data), int64(len(s.data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		_ = w.openWithin(p, &source{data: s.data})
		return &notOne{err}
	}
	covered := w.zipDirectory(p, s.data, r)
	w.zipGaps(p, s.data, covered)
	before := len(s.data)
	for _, c := range covered {
		before = min(before, c.start)
	}
	return w.openWithin(p, &source{data: s.data[:before]})
}

var errLastPart = errors.New("is the last part of an archive in several: what lies across them was not read")

// isLastPart reports whether the end of a zip file says that other parts come before this
// one (APPNOTE.TXT, 4.4.19).
func isLastPart(data []byte) bool {
	end := bytes.LastIndex(data, []byte(zipEnd))
	if end < 0 || len(data)-end < zipEndSize {
		return false
	}
	part := binary.LittleEndian.Uint16(data[end+4:])
	return part > 0 && part < 1<<16-1
}

// payload is where a compressed archive begins behind a script; 0 if none does.
func payload(data []byte) int {
	if !hasMagic(data, "#!") || bytes.IndexByte(data[max(0, len(data)-binaryReach):], 0) < 0 {
		return 0
	}
	return firstPayload(data)
}

// firstPayload is where what may be a compressed archive begins a line; 0 if none does.
func firstPayload(data []byte) int {
	for _, magic := range []string{gzipMagic, xzMagic, zstdMagic, bzip2Magic} {
		if at := beginsLine(data, magic); at > 0 {
			return at
		}
	}
	return 0
}

// beginsLine is where magic begins a line other than the first; 0 if none does. It is
// searched by what is behind its first byte: scripts are many in a history, and so are
// their line breaks and brackets.
func beginsLine(data []byte, magic string) int {
	line, rest := "\n"+magic[:1], []byte(magic[1:])
	for at := len(line); at <= len(data); at++ {
		next := bytes.Index(data[at:], rest)
		if next < 0 {
			break
		}
		if at += next; string(data[at-len(line):at]) == line {
			return at - 1
		}
	}
	return 0
}

// openScript reads the archive behind a script. The script is no layer around it.
func (w *walk) openScript(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	_, _ = br.Discard(payload(s.data))
	if head, _ := br.Peek(HeadSize); w.kindOf(head, "") == nil {
		return &notOne{errEndMissing}
	}
	p.Layers = p.Layers[:len(p.Layers)-1]
	p.depth--
	w.content(p, br)
	return nil
}
