package key

import (
	"bytes"
	"compress/zlib"
	"io"
	"iter"
	"math/bits"
	"strconv"
	"strings"
	"sync"
)

// A patch in which git tells how a binary file changed has two hunks behind patchMark, one
// for each direction. A hunk is a zlib stream of the whole file or of a delta, in lines of
// base85 that each begin with the number of bytes they hold; an empty line ends it.

// patchMark is a literal of the prefilter.
const patchMark = "GIT binary patch"

// The kinds of hunks.
const (
	literalHunk = "literal"
	deltaHunk   = "delta"
)

// longestPatchLine is the length of the longest line of base85 (52 bytes) that is looked at,
// with some of its characters escaped.
const longestPatchLine = 3 * (1 + 52/4*5)

// base85Value is the value of each character of git's base85; 0xff for others.
var base85Value = valuesOf("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~")

// judgePatch judges the mark of a patch, and hands over its first hunk.
func judgePatch(buf []byte, at int) (Match, bool) {
	lines, ok := patchLinesOf(buf, at, at+len(patchMark))
	if !ok {
		return Match{}, false
	}
	return lines.hunk(buf, at+len(patchMark)+len(lines.ending))
}

// secondHunk hands over the hunk behind the first.
func secondHunk(buf []byte, first Match) (Match, bool) {
	lines, ok := patchLinesOf(buf, first.Start, first.End)
	if !ok {
		return Match{}, false
	}
	empty, next, ok := lines.read(buf, first.End+len(lines.ending))
	if !ok || len(empty) > 0 {
		return Match{}, false
	}
	return lines.hunk(buf, next)
}

// patchLines are how the lines of a patch begin and end: it may be quoted, indented, or in
// the string of a program.
type patchLines struct{ before, ending string }

// patchEndings are how lines may end.
var patchEndings = [...]string{"\n", "\r\n", `\n`, `\r\n`}

// longestQuotation is how much may be before the text of a line.
const longestQuotation = 64

// patchLinesOf tells it by the line whose text is buf[start:end].
func patchLinesOf(buf []byte, start, end int) (lines patchLines, ok bool) {
	for _, ending := range patchEndings {
		if end > len(buf) || !hasPrefix(buf[end:], ending) {
			continue
		}
		before := buf[max(0, start-longestQuotation):start]
		if i := bytes.LastIndex(before, []byte(ending)); i >= 0 {
			before = before[i+len(ending):]
		}
		if bytes.ContainsFunc(before, func(r rune) bool { return !strings.ContainsRune(" \t>|#*;!%/+-", r) }) {
			before = nil // the patch begins in the middle of the line
		}
		return patchLines{string(before), ending}, true
	}
	return lines, false
}

// read reads the line that begins at buf[at:]: its text, and where the next begins.
func (l patchLines) read(buf []byte, at int) (text []byte, next int, ok bool) {
	most := at + len(l.before) + longestPatchLine + len(l.ending)
	line, next := buf[at:min(len(buf), most)], len(buf)
	if end := bytes.Index(line, []byte(l.ending)); end >= 0 {
		line, next = line[:end], at+end+len(l.ending)
	} else if most < len(buf) {
		return nil, at, false
	}
	if hasPrefix(line, l.before) {
		return line[len(l.before):], next, true
	}
	// What takes blanks from the ends of lines takes them from empty ones.
	return nil, next, string(line) == strings.TrimRight(l.before, " \t")
}

// hunk hands over the hunk whose first line begins at buf[at:].
func (l patchLines) hunk(buf []byte, at int) (m Match, ok bool) {
	title, at, ok := l.read(buf, at)
	kind, size, _ := strings.Cut(string(title), " ")
	if _, err := strconv.ParseUint(size, 10, 64); err != nil || !ok || kind != literalHunk && kind != deltaHunk {
		return m, false
	}
	m = Match{Start: at + len(l.before), Encoding: []string{layerGitBase85}, packed: l.decodeFile(at), guessed: kind == deltaHunk}
	if kind == deltaHunk { // most of it is only a part of a file
		m.packed = l.decodeDelta(at)
	}
	for where := range l.texts(buf, at) {
		m.End = where.end
	}
	return m, m.End > 0
}

// patchWidth is the length of a line of base85 that begins with a character; 0 if none does.
func patchWidth(c byte) int { return 1 + (patchBytes(c)+3)/4*5 }

// patchBytes is how many bytes such a line holds.
func patchBytes(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 1
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 27
	}
	return 0
}

// texts goes over the lines of base85 from buf[at:] on: where each stands, and what it says.
func (l patchLines) texts(buf []byte, at int) iter.Seq2[piece, string] {
	return func(yield func(piece, string) bool) {
		for more := true; more && at < len(buf); {
			line, next, ok := l.read(buf, at)
			text := patchText(line)
			start := at + len(l.before)
			more = ok && text != "" && yield(piece{start, start + len(line)}, text)
			at = next
		}
	}
}

// patchEscapes are how mails, JSON and HTML write characters of base85.
var patchEscapes = sync.OnceValue(func() []*strings.Replacer {
	return []*strings.Replacer{
		strings.NewReplacer("=3D", "="),
		strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&"),
		strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&"),
	}
})

// patchText is what a line of base85 says; empty if it is none. Its length tells whether
// characters are escaped, and how: each escape may be text.
func patchText(line []byte) string {
	text := string(line)
	if isPatchText(text) {
		return text
	}
	if len(text) > 0 && len(text) > patchWidth(text[0]) {
		for _, escapes := range patchEscapes() {
			if plain := escapes.Replace(text); isPatchText(plain) {
				return plain
			}
		}
	}
	return ""
}

func isPatchText(text string) bool {
	if len(text) < 2 || len(text) != patchWidth(text[0]) {
		return false
	}
	for i := range len(text) {
		if base85Value[text[i]] == 0xff {
			return false
		}
	}
	return true
}

// decodeFile makes the expansion of the hunk whose lines begin at buf[at:].
func (l patchLines) decodeFile(at int) expansion {
	return func(buf []byte) (data []byte, end int) {
		end = at
		for where, text := range l.texts(buf, at) {
			data, end = appendBase85(data, text), where.end
		}
		return data, end
	}
}

// appendBase85 decodes a line.
func appendBase85(data []byte, text string) []byte {
	size := len(data) + patchBytes(text[0])
	for group := text[1:]; len(group) >= 5; group = group[5:] {
		bits := uint32(0)
		for i := range 5 {
			bits = bits*85 + uint32(base85Value[group[i]])
		}
		data = append(data, byte(bits>>24), byte(bits>>16), byte(bits>>8), byte(bits))
	}
	return data[:size]
}

// inflateRatio bounds how much a delta is unpacked to before it is told by others that it
// is one, in times of its size.
const inflateRatio = 64

// decodeDelta makes the expansion of a hunk that is a delta, to a zlib stream of what it
// inserts: git cuts that into pieces of 127 bytes. What is no delta is left as it is.
func (l patchLines) decodeDelta(at int) expansion {
	return func(buf []byte) ([]byte, int) {
		packed, end := l.decodeFile(at)(buf)
		z, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			return packed, end
		}
		most := inflateRatio * len(packed)
		delta, err := io.ReadAll(io.LimitReader(z, int64(most)))
		if err != nil || len(delta) == most {
			return packed, end
		}
		return storedZlib(insertedBy(delta)), end
	}
}

// storedZlib makes a zlib stream in which nothing is compressed.
func storedZlib(data []byte) []byte {
	var b bytes.Buffer // which takes all
	z, _ := zlib.NewWriterLevel(&b, zlib.NoCompression)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.Bytes()
}

// betweenInserts stands for what a delta copies: it is no part of a text in any encoding.
const betweenInserts = 0xff

// insertedBy is what the instructions of a delta insert (gitformat-pack(5)), as far as they
// make sense.
func insertedBy(delta []byte) (data []byte) {
	for rest := skipSize(skipSize(delta)); len(rest) > 0; {
		op := rest[0]
		rest = rest[1:]
		if op&0x80 == 0 {
			n := min(int(op), len(rest))
			data, rest = append(data, rest[:n]...), rest[n:]
			continue
		}
		// A bit for each byte of the place and the size that is there.
		rest = rest[min(bits.OnesCount8(op&0x7f), len(rest)):]
		data = append(data, betweenInserts)
	}
	return data
}

// skipSize skips a size of seven bits a byte, of which the last has no high bit.
func skipSize(b []byte) []byte {
	for i, c := range b {
		if c&0x80 == 0 {
			return b[i+1:]
		}
	}
	return nil
}
