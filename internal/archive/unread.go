package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Some containers are told and not opened: nobody can say that there is no key in them. What
// tells one is its whole signature with a version, at the file's beginning.

// unread is how a container of such a kind is opened: what stands in it as it is is searched.
func unread(what string) func(*walk, place, *source) error {
	err := fmt.Errorf("is %s, which is not opened: it was searched as it stands", what)
	return func(w *walk, p place, s *source) error {
		w.asItStands(p, s)
		return err
	}
}

// asItStands opens the gzip files in a container that is not opened, unless that would take
// what is to be searched.
func (w *walk) asItStands(p place, s *source) {
	if s.rest == nil || p.depth == 1 {
		_ = w.openWithin(p, s) // that not all was read is an error already
	}
}

// isRAR takes the archives of RAR 1.5 to 4, which begin with an archive header behind the
// mark, and those of RAR 5, with that or one that says how all else is encrypted
// (https://www.rarlab.com/technote.htm).
func isRAR(h []byte) bool {
	const mark, header4, size4, crc = "Rar!\x1a\x07", 0x73, 13, 4
	switch {
	case len(h) < 20 || !hasMagic(h, mark):
		return false
	case h[6] == 0:
		return h[9] == header4 && h[12] >= size4 && h[13] == 0
	case h[6] != 1 || h[7] != 0:
		return false
	}
	_, size := binary.Uvarint(h[8+crc:])
	return size > 0 && (h[8+crc+size] == 1 || h[8+crc+size] == 4)
}

// isSquashFS takes images of version 4.0, whose blocks have a size that is told twice.
func isSquashFS(h []byte) bool {
	return len(h) >= 96 && hasMagic(h, "hsqs") && string(h[28:32]) == "\x04\x00\x00\x00" &&
		bits.OnesCount32(binary.LittleEndian.Uint32(h[12:])) == 1 &&
		bits.TrailingZeros32(binary.LittleEndian.Uint32(h[12:])) == int(binary.LittleEndian.Uint16(h[22:]))
}

// oleMagic is what a compound file begins with ([MS-CFB], 2.2).
const oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// encryptedPackage is the name of the stream in which an encrypted Office document is
// ([MS-OFFCRYPTO], 2.3.4.4).
const encryptedPackage = "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00\x00\x00"

// isCompound wants a version, and the mark of the order of bytes.
func isCompound(h []byte) bool {
	return len(h) >= HeadSize && hasMagic(h, oleMagic) && (h[26] == 3 || h[26] == 4) && string(h[27:30]) == "\x00\xfe\xff"
}

// isEncryptedOffice looks for the entry in the directory of a compound file that names the
// encrypted document: its name in 64 bytes, how long that is, and that it is a stream.
func isEncryptedOffice(data []byte) bool {
	const entry, named, stream = 128, 64, 2
	if !isCompound(data) {
		return false
	}
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], []byte(encryptedPackage))
		if next < 0 {
			return false
		}
		if at += next; at%entry == 0 && len(data)-at >= entry &&
			int(binary.LittleEndian.Uint16(data[at+named:])) == len(encryptedPackage) && data[at+named+2] == stream {
			return true
		}
	}
}

// encryptedOffice names such a document.
func (w *walk) encryptedOffice(p place, s *source) error {
	w.asItStands(p, s)
	return errEncrypted
}
