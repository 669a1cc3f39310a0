package key

import "bytes"

// Dumps of a file's bytes, as xxd(1), hexdump(1), od(1), debuggers and Wireshark write
// them, have lines of an address, the bytes as hexadecimal digits, one or more together,
// and often what text they are. That the addresses count the bytes tells them from all
// else that has digits in columns.

// dumps are the two ways in which the bytes of a group may follow each other: as those of
// the file do, or from the last to the first, as numbers of two bytes are written.
var dumps = [...]decoder{
	func(v *view, buf []byte, at, back, forward int) { dumpAt(v, buf, at, back, forward, 0) },
	func(v *view, buf []byte, at, back, forward int) { dumpAt(v, buf, at, back, forward, 1) },
}

const (
	longestDumpLine  = 240 // in bytes, with what a mail or a comment puts before it
	longestDumpBytes = 64  // that a line tells
	fewestDumpBytes  = 4
	longestDumpGroup = 8
	shortestAddress  = 4 // in digits
	longestAddress   = 16
)

// A dumpLine is one line.
type dumpLine struct {
	address, octal uint64 // the address, read in two ways
	bytes          [longestDumpBytes]int32
	count          int // of bytes: where the digits of each are
	group          int // how many stand together
	end            int // of the line
}

// beginsDump reports whether the text of a line, buf[at:], begins like that of a dump.
func beginsDump(buf []byte, at int) bool {
	at = skipHexMark(buf, at)
	digits := hexRun(buf[at:min(len(buf), at+longestAddress+1)])
	if at += digits; digits < shortestAddress || digits > longestAddress || at >= len(buf) {
		return false
	}
	return isAddressEnd(buf[at])
}

func isAddressEnd(c byte) bool { return c == ' ' || c == ':' || c == '\t' }

// dumpLine searches the dump that s.buf[at] may lie in, among its bytes.
func (s *lookSearch) dumpLine(at int) {
	if bytes.IndexByte(s.buf[at:at+lookReach/2], ',') >= 0 {
		return // numbers of a list, the commonest that are apart
	}
	lo := max(0, at-longestDumpLine)
	start := lo + bytes.LastIndexByte(s.buf[lo:at], '\n') + 1
	if beginsDump(s.buf, skipIndent(s.buf, skipDiffMark(s.buf, start))) {
		s.dumps(start)
	}
}

// dumps searches the dump that has a line at s.buf[start:].
func (s *lookSearch) dumps(start int) {
	var line, next dumpLine
	if start < s.done(wayDump) || !line.read(s.buf, start) || line.count < fewestDumpBytes {
		return
	}
	if (!next.read(s.buf, line.end+1) || line.until(&next) == 0) && dumpStart(s.buf, start, max(0, start-longestDumpLine)) == start {
		return
	}
	s.packedDump(start)
	s.once(wayDump, start, dumps[0])
	if line.group == 2 {
		s.once(wayDump+1, start, dumps[1])
	}
}

// dumpAt decodes the lines of a dump around the one that begins at buf[at]. A byte's
// place goes to the end of its line, for that tells it again as text.
func dumpAt(v *view, buf []byte, at, back, forward, swap int) {
	var line, next dumpLine
	v.layer, v.end = layerDump, dumpStart(buf, at, max(0, at-back))
	count := 0 // of the line before
	for more := line.read(buf, v.end); more; line = next {
		more = line.end < at+forward && next.read(buf, line.end+1) && line.until(&next) > 0
		if more {
			count = line.until(&next)
		}
		for i := range min(count, line.count) {
			if line.group == 2 && i^swap < line.count {
				i ^= swap
			}
			digits := int(line.bytes[i])
			v.add(hexValue(buf[digits])<<4|hexValue(buf[digits+1]), digits, line.end)
		}
		v.end = line.end
	}
}

// dumpStart is where the first of the lines begins that go on with the one at buf[at].
func dumpStart(buf []byte, at, lo int) int {
	var line, before dumpLine
	line.read(buf, at)
	for at > lo+1 {
		start := lo + bytes.LastIndexByte(buf[lo:at-1], '\n') + 1
		if start == lo && lo > 0 || !before.read(buf, start) || before.until(&line) == 0 {
			break
		}
		at, line = start, before
	}
	return at
}

// until is how many bytes of the line the next one leaves to it, by its address; 0 if the
// lines do not follow each other.
func (l *dumpLine) until(next *dumpLine) int {
	for _, n := range []uint64{next.address - l.address, next.octal - l.octal} {
		if fewestDumpBytes <= n && n <= uint64(l.count) {
			return int(n)
		}
	}
	return 0
}

// read reads the line that begins at buf[at:].
func (l *dumpLine) read(buf []byte, at int) bool {
	buf = buf[:min(len(buf), at+longestDumpLine)]
	l.address, l.octal, l.count, l.group, l.end = 0, 0, 0, 0, len(buf)
	if at >= len(buf) {
		return false
	}
	if end := bytes.IndexByte(buf[at:], '\n'); end >= 0 {
		l.end = at + end
	}
	buf = buf[:l.end]
	at = l.readAddress(buf, skipHexMark(buf, skipIndent(buf, skipDiffMark(buf, at))))
	for at < len(buf) && l.count < longestDumpBytes {
		blanks := at
		for at < len(buf) && (buf[at] == ' ' || buf[at] == '\t' || buf[at] == '-' && l.count > 0) {
			at++
		}
		if at == blanks || at-blanks > 2 && l.count > 0 {
			break
		}
		at = skipHexMark(buf, at)
		digits := hexRun(buf[at:])
		if digits == 0 || digits%2 != 0 || digits/2 > longestDumpGroup || l.group > 0 && digits/2 > l.group {
			break
		}
		l.group = max(l.group, digits/2)
		for end := at + digits; at < end && l.count < longestDumpBytes; at += 2 {
			l.bytes[l.count] = int32(at)
			l.count++
		}
	}
	return l.count > 0
}

// readAddress reads the address at buf[at:], and returns where it ends; the end of buf if
// there is none.
func (l *dumpLine) readAddress(buf []byte, at int) int {
	digits := hexRun(buf[at:])
	if digits < shortestAddress || digits > longestAddress {
		return len(buf)
	}
	for _, c := range buf[at : at+digits] {
		l.address = l.address<<4 | uint64(hexValue(c))
		l.octal = l.octal<<3 | uint64(hexValue(c))
	}
	at += digits
	if at < len(buf) && buf[at] == ':' {
		at++
	}
	return at
}

// skipDiffMark passes over the mark of a diff's line.
func skipDiffMark(buf []byte, at int) int {
	if at+1 < len(buf) && (buf[at] == '+' || buf[at] == '-') && buf[at+1] != buf[at] {
		return at + 1
	}
	return at
}

func skipHexMark(buf []byte, at int) int {
	if hasPrefix(buf[at:], "0x") {
		return at + 2
	}
	return at
}
