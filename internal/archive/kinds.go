package archive

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A kind is a format of containers. Adding one is an entry in the table, its
// reader, and a case in the tests.
type kind struct {
	name string // as it stands in Layers
	// first are the bytes that it may begin with if is tells it; empty: any. Most files begin
	// with one of no kind, or of few.
	first string
	// is tells it by its first bytes; nil where there is no mark.
	is func(head []byte) bool
	// named tells it where the name claims it too; nil if is tells all.
	named func(head []byte) bool
	// endings are those of names that claim to be of this kind. What cannot be
	// read is an error then, however little there is.
	endings []string
	open    func(w *walk, p place, s *source) error
}

func kinds() []kind {
	return []kind{
		{"gzip", "\x1f", isGzip, nil, []string{".gz", ".tgz", ".svgz"}, (*walk).gzip},
		{"zip", "P#", isZip, nil, []string{".zip", ".jar", ".war", ".ear", ".apk", ".aab", ".ipa", ".docx", ".xlsx", ".pptx", ".whl", ".nupkg", ".vsix", ".xpi"}, (*walk).zip},
		{"crx", "C", isCRX, nil, []string{".crx"}, (*walk).crx},
		{"tar", "", isTar, nil, []string{".tar"}, (*walk).tar},
		{"pdf", "%", begins("%PDF-"), nil, nil, (*walk).pdf},
		{"zstd", skippableFirst + "\x28", isZstd, nil, []string{".zst", ".tzst"}, (*walk).zstd},
		{"bzip2", "B", isBzip2, nil, []string{".bz2", ".tbz2", ".tbz"}, (*walk).bzip2},
		{"xz", "\xfd", begins(xzMagic), nil, []string{".xz", ".txz"}, (*walk).xz},
		{"lz4", skippableFirst + "\x02\x04", isLZ4, nil, []string{".lz4", ".tlz4"}, (*walk).lz4},
		{"lzma", "\x5d", isLZMA, isAnyLZMA, []string{".lzma", ".tlz"}, (*walk).lzma},
		{"lzip", "L", isLzip, nil, []string{".lz"}, (*walk).lzip},
		{"zlib", "x", isZlib, nil, nil, (*walk).zlib},
		{"7z", "7", begins(sevenMagic), nil, []string{".7z"}, (*walk).sevenZip},
		{gitPack, "P", gitpack.IsStray, nil, nil, (*walk).pack},
		{gitBundle, "#", isBundle, nil, nil, (*walk).bundle},
		{"cpio", "0", isCpio, nil, []string{".cpio"}, (*walk).cpio},
		{"ar", "!", begins("!<arch>\n"), nil, []string{".deb", ".ar"}, (*walk).ar},
		{"rpm", "\xed", begins("\xed\xab\xee\xdb"), nil, []string{".rpm"}, (*walk).rpm},
		{"asar", "\x04", isAsar, nil, []string{".asar"}, (*walk).asar},
		{"pg_dump", "P", isPgDump, nil, nil, (*walk).pgDump},
		{"pyz", "P", isPyModules, nil, nil, (*walk).pyModules},
		{"rar", "R", isRAR, nil, nil, unread("a RAR archive")},
		{"squashfs", "h", isSquashFS, nil, nil, unread("a SquashFS image")},
		{"brotli", "", nil, notText, []string{".br"}, (*walk).brotli},
	}
}

// kindsByFirst has, for each first byte of a file, a bit for each of the kinds that it may be
// of.
func kindsByFirst(kinds []kind) (by [256]uint64) {
	for i, k := range kinds {
		for c := range by {
			if k.first == "" || k.named != nil || strings.IndexByte(k.first, byte(c)) >= 0 {
				by[c] |= 1 << i
			}
		}
	}
	return by
}

func (o *Opener) kindOf(head []byte, name string) *kind {
	if len(head) == 0 {
		return nil
	}
	for maybe := o.byFirst[head[0]]; maybe != 0; maybe &= maybe - 1 {
		k := &o.kinds[bits.TrailingZeros64(maybe)]
		if k.is != nil && k.is(head) || k.named != nil && k.claimedBy(name) && k.named(head) {
			return k
		}
	}
	return nil
}

// claimedBy reports whether a name ends as those do that claim to be of the kind.
func (k *kind) claimedBy(name string) bool {
	return slices.ContainsFunc(k.endings, func(ending string) bool {
		n := len(name) - len(ending)
		return n >= 0 && name[n] == ending[0] && strings.EqualFold(name[n:], ending)
	})
}

// Claimed reports whether a name claims that its file is a container, which then
// is opened, or called damaged, where a file of another name is not.
func Claimed(name string) bool {
	return slices.ContainsFunc(kinds(), func(k kind) bool { return k.claimedBy(name) })
}

// ByNameEndings are the endings of names that tell of what kind a file is where nothing in
// it does.
func ByNameEndings() (endings []string) {
	for _, k := range kinds() {
		if k.named != nil {
			endings = append(endings, k.endings...)
		}
	}
	return endings
}

func begins(with string) func([]byte) bool {
	return func(head []byte) bool { return hasMagic(head, with) }
}

func hasMagic(head []byte, with string) bool {
	return len(head) >= len(with) && string(head[:len(with)]) == with
}

// notText leaves out what is named like a compressed file and is none, as pt.br is
// the translation for Brazil. Compressed bytes are no text, but for very few.
func notText(head []byte) bool {
	for range utf8.UTFMax {
		if r, size := utf8.DecodeLastRune(head); len(head) < HeadSize || r != utf8.RuneError || size != 1 {
			break
		}
		head = head[:len(head)-1] // of a character that is cut
	}
	return !utf8.Valid(head) || bytes.IndexFunc(head, func(r rune) bool { return r < ' ' && (r < '\t' || r > '\r') }) >= 0
}

// isZstd takes a frame, and what pzstd writes: skippable frames before the first
// (RFC 8878, 3.1.2), which lz4 has too.
func isZstd(h []byte) bool { return hasMagic(behindSkippable(h), zstdMagic) }

const (
	zstdMagic = "\x28\xb5\x2f\xfd"
	xzMagic   = "\xfd7zXZ\x00\x00"
)

// isUsualZstd reports whether a frame's header says what zstd(1) can write: a window
// of 2 GiB at most, and a first block of a kind that there is (3.1.1).
func isUsualZstd(h []byte) bool {
	if len(h) < 6 || h[4]&8 != 0 {
		return false
	}
	single, id, content := h[4]&0x20 != 0, h[4]&3, h[4]>>6
	at := 5
	if !single {
		if at++; h[5]>>3 > 31-10 {
			return false
		}
	}
	at += [...]int{0, 1, 2, 4}[id] + [...]int{0, 2, 4, 8}[content]
	if single && content == 0 {
		at++
	}
	if len(h) < at+3 {
		return false
	}
	block := uint32(h[at]) | uint32(h[at+1])<<8 | uint32(h[at+2])<<16
	return block>>1&3 != 3 && block>>3 <= 128<<10
}

// isLZ4 takes a frame, and the older format that Linux kernels are packed in.
func isLZ4(h []byte) bool {
	h = behindSkippable(h)
	return hasMagic(h, "\x04\x22\x4d\x18") || hasMagic(h, lz4Old)
}

const lz4Old = "\x02\x21\x4c\x18"

// skippableFirst are the bytes that a skippable frame may begin with.
const skippableFirst = "PQRSTUVWXYZ[\\]^_"

// behindSkippable passes over the skippable frames at the beginning of a file.
func behindSkippable(h []byte) []byte {
	for len(h) >= 8 && h[0]&0xf0 == 0x50 && string(h[1:4]) == "\x2a\x4d\x18" {
		h = h[min(int64(len(h)), 8+int64(binary.LittleEndian.Uint32(h[4:]))):]
	}
	return h
}

// isGzip wants the one method there is and none of the reserved flags (RFC 1952).
func isGzip(h []byte) bool { return len(h) >= 10 && hasMagic(h, gzipMagic) && h[3]&0xe0 == 0 }

const gzipMagic = "\x1f\x8b\x08"

// isUsualGzip wants the values that writers give: of how hard they tried, and of the
// system that they ran on.
func isUsualGzip(h []byte) bool {
	return isGzip(h) && h[8]&^6 == 0 && (h[9] <= 13 || h[9] == 255)
}

// isZip takes a first entry, an empty archive, a part of a split one, and what
// Python's zipapp and Spring Boot write: a script before the first entry.
func isZip(h []byte) bool {
	if len(h) < 4 {
		return false
	}
	switch string(h[:4]) {
	case zipLocal, zipEnd:
		return true
	case zipDescriptor:
		return len(h) >= 8 && string(h[4:8]) == zipLocal
	}
	entry := bytes.Index(h, []byte(zipLocal))
	packed := payload(h) // in which a zip file may lie
	return h[0] == '#' && h[1] == '!' && entry > 0 && (packed == 0 || entry < packed)
}

func isCRX(h []byte) bool {
	return len(h) >= 12 && string(h[:4]) == "Cr24" && (h[4] == 2 || h[4] == 3) && h[5]|h[6]|h[7] == 0
}

const bzip2Magic = "BZh"

func isBzip2(h []byte) bool {
	return len(h) >= 10 && string(h[:3]) == bzip2Magic && '1' <= h[3] && h[3] <= '9' &&
		(string(h[4:10]) == "1AY&SY" || string(h[4:10]) == "\x17rE8P\x90")
}

// isZlib wants the window of 32 KiB that all writers ask for, no dictionary, and
// a right check (RFC 1950). Git's loose objects begin so too.
func isZlib(h []byte) bool {
	return len(h) >= 2 && h[0] == 0x78 && h[1]&0x20 == 0 && binary.BigEndian.Uint16(h)%31 == 0
}

// isTar goes by the checksum, which old headers have too.
func isTar(h []byte) bool {
	if len(h) < tarBlock || h[0] == 0 && !bytes.HasPrefix(h[257:], []byte("ustar")) {
		return false
	}
	field := h[148:156]
	for _, c := range field { // hardly any other file gets beyond this
		if c != ' ' && c != 0 && (c < '0' || c > '7') {
			return false
		}
	}
	want, err := strconv.ParseInt(strings.Trim(string(field), " \x00"), 8, 32)
	if err != nil {
		return false
	}
	unsigned, signed := int64(8*' '), int64(8*' ')
	for i, c := range h[:tarBlock] {
		if i < 148 || i >= 156 {
			unsigned += int64(c)
			signed += int64(int8(c))
		}
	}
	return want == unsigned || want == signed
}

// isCpio wants the digits of a whole header: its mark is one of these too.
func isCpio(h []byte) bool { return cpioFormatOf(h) != nil }

// isAsar wants the sizes that Electron's pickled header begins with, and its JSON.
func isAsar(h []byte) bool {
	return len(h) >= 17 && binary.LittleEndian.Uint32(h) == 4 && h[16] == '{' &&
		binary.LittleEndian.Uint32(h[4:]) >= binary.LittleEndian.Uint32(h[12:])
}

// packed are the endings that a compressed file's name has and what it unpacks
// to has not.
var packed = []struct{ ending, instead string }{
	{".gz", ""}, {".bz2", ""}, {".xz", ""}, {".zst", ""}, {".lz4", ""}, {".lzma", ""}, {".lz", ""}, {".br", ""},
	{".tgz", ".tar"}, {".tbz2", ".tar"}, {".txz", ".tar"}, {".tzst", ".tar"}, {".tlz4", ".tar"}, {".tlz", ".tar"}, {".svgz", ".svg"},
}

// Unpacked is what a compressed file unpacks to when nothing else is said:
// "a/.env" for "a/.env.gz".
func Unpacked(name string) string {
	for _, p := range packed {
		if n := len(name) - len(p.ending); n > 0 && strings.EqualFold(name[n:], p.ending) && name[n-1] != '/' {
			return name[:n] + p.instead
		}
	}
	return name
}
