package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// What PyInstaller makes of a program in Python is an interpreter with an archive behind it:
// files, most of them compressed by zlib, the list of them, and a cookie that tells where both
// are. One of the files is an archive of modules, each compressed by itself, with a list as
// Python's marshal writes it (PyInstaller/archive/writers.py and readers.py in its sources).
const (
	pyCookie     = "MEI\x0c\x0b\x0a\x0b\x0e"
	pyCookieOld  = len(pyCookie) + 4*4 // four numbers: a length, the list, its length, a version
	pyCookieSize = pyCookieOld + 64    // and since 2.1 the name of a library

	pyEntry = 4*4 + 1 + 1 // before a name: lengths, an offset, whether it is compressed, a type

	pyModules     = "PYZ\x00"
	pyModulesHead = len(pyModules) + 4 + 4 // the version of byte code, and where the list is

	// pyKey is the name of the file that is there if the modules are encrypted.
	pyKey = "pyimod00_crypto_key"
)

// How far before a program's end the cookie is looked for: behind it are headers of sections
// or a signature, which on macOS has a checksum of each page.
const (
	pyReach      = 1 << 16
	pyReachShare = 64 // of the program: one part in so many
)

// A pyArchive is where the archive in a program begins, where its list does and where the
// cookie.
type pyArchive struct{ start, list, cookie int }

// findPyArchive finds the last archive in a program; ok is false if there is none.
func findPyArchive(data []byte) (a pyArchive, ok bool) {
	if !isProgram(data) {
		return a, false
	}
	for at := max(0, len(data)-pyReach-len(data)/pyReachShare); ; at++ {
		next := bytes.Index(data[at:], []byte(pyCookie))
		if next < 0 {
			return a, ok
		}
		at += next
		for _, size := range []int{pyCookieSize, pyCookieOld} {
			if found, fits := readPyCookie(data, at, size); fits {
				a, ok = found, true
				break
			}
		}
	}
}

// readPyCookie reads a cookie of some size at data[at:]; its numbers must fit.
func readPyCookie(data []byte, at, size int) (a pyArchive, ok bool) {
	if len(data)-at < size {
		return a, false
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint32(data[at+len(pyCookie)+4*i:])) }
	length, list, listLength := number(0), number(1), number(2)
	start := int64(at+size) - length
	if start <= 0 || listLength < pyEntry || list+listLength+int64(size) != length {
		return a, false
	}
	return pyArchive{int(start), int(start + list), at}, true
}

func holdsPyArchive(data []byte) bool {
	_, ok := findPyArchive(data)
	return ok
}

var errPyEncrypted = errors.New("has modules that are encrypted (PyInstaller's --key): they were not read")

// pyProgram opens the archive in a program that PyInstaller made.
func (w *walk) pyProgram(p place, s *source) error {
	release, err := w.holdAll(s, "program of PyInstaller")
	if err != nil {
		return err
	}
	defer release()
	a, ok := findPyArchive(s.data)
	if !ok {
		return &notOne{errEndMissing}
	}
	files, err := readPyList(s.data[a.list:a.cookie])
	if slices.ContainsFunc(files, func(f pyFile) bool { return f.name == pyKey }) {
		w.fail(p, errPyEncrypted)
	}
	w.pyFiles(p, s.data[a.start:a.list], files)
	return cmp.Or(err, w.openWithin(p, &source{data: s.data[:a.start]}))
}

// A pyFile is where a file's content lies, from where those of an archive begin.
type pyFile struct {
	name         string
	offset, size int64
	packed       bool // by zlib
}

// readPyList reads the list of the files in an archive, as far as it can be.
func readPyList(list []byte) (files []pyFile, err error) {
	if len(list) > maxListing {
		return nil, errLongListing(int64(len(list)))
	}
	for len(list) > 0 {
		if len(list) < pyEntry {
			return files, errHeader
		}
		size := int64(binary.BigEndian.Uint32(list))
		if size < int64(pyEntry) || size > int64(len(list)) {
			return files, errHeader
		}
		name, _, _ := bytes.Cut(list[pyEntry:size], []byte{0})
		files = append(files, pyFile{string(name), int64(binary.BigEndian.Uint32(list[4:])), int64(binary.BigEndian.Uint32(list[8:])), list[pyEntry-2] != 0})
		list = list[size:]
	}
	return files, nil
}

// pyFiles searches the files that lie in data, in whatever order they are listed.
func (w *walk) pyFiles(p place, data []byte, files []pyFile) {
	slices.SortStableFunc(files, func(a, b pyFile) int { return cmp.Compare(a.offset, b.offset) })
	at := int64(0)
	for _, f := range files {
		if !w.entry() {
			break
		}
		in := p.at(f.name)
		w.heading(in, f.name)
		switch end := f.offset + f.size; {
		case f.size == 0:
		case f.offset < at:
			w.fail(in, errOverlaps)
		case end > int64(len(data)):
			w.fail(in, errEndMissing)
		default:
			w.pyFile(in, data[f.offset:end], f.packed)
			at = end
		}
	}
}

func (w *walk) pyFile(in place, data []byte, packed bool) {
	if !packed {
		w.content(in, bytes.NewReader(data))
		return
	}
	err := w.inflated(bytes.NewReader(data), func(r io.Reader) error { return w.decoded(in, r, len(data), proven) })
	w.ended(in, err, false)
}

// pyModules opens an archive of modules.
func (w *walk) pyModules(p place, s *source) error {
	release, err := w.holdAll(s, "archive of Python's modules")
	if err != nil {
		return err
	}
	defer release()
	list := min(int64(binary.BigEndian.Uint32(s.data[pyModulesHead-4:])), int64(len(s.data)))
	files, err := readPyModules(s.data[list:])
	if len(files) == 0 && err != nil {
		return cmp.Or(w.blobs(p, s.data), err)
	}
	w.pyFiles(p, s.data[:list], files)
	return err
}

// isPyModules wants a version of byte code, each of which ends so.
func isPyModules(h []byte) bool {
	return len(h) >= pyModulesHead && hasMagic(h, pyModules) && string(h[pyModulesHead-6:pyModulesHead-4]) == "\r\n"
}

// readPyModules reads the list of an archive of modules: of each its name, and with that a
// type, an offset and a length. Old ones have it as a dictionary.
func readPyModules(list []byte) (files []pyFile, err error) {
	switch {
	case len(list) == 0:
		return nil, errEndMissing
	case len(list) > maxListing:
		return nil, errLongListing(int64(len(list)))
	}
	r := marshalReader{data: list}
	top, _ := r.value(0).([]any)
	room := maxPaths // many may have one long name
	for _, entry := range top {
		f, ok := pyModule(entry)
		if !ok {
			return files, errHeader
		}
		if room -= len(f.name); room < 0 {
			return files, errPaths
		}
		files = append(files, f)
	}
	return files, r.err
}

func pyModule(entry any) (f pyFile, ok bool) {
	pair, _ := entry.([]any)
	if len(pair) != 2 {
		return f, false
	}
	place, _ := pair[1].([]any)
	if f.name, ok = pair[0].(string); !ok || len(place) != 3 {
		return f, false
	}
	f.offset, _ = place[1].(int64)
	f.size, _ = place[2].(int64)
	f.packed = true
	return f, f.offset >= 0 && f.size >= 0
}
