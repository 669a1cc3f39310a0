package key

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// Programs hold a file's bytes as a list of numbers: what xxd -i writes, values in
// an export of the Windows registry, a Buffer of Node's in JSON. A listing is one
// way to write such a list.
type listing struct {
	first  string   // the number of the prefix's first letter
	before string   // what stands before each number
	digits int      // of each number; 0: one to three of base 10
	marks  []string // the literals that lead to it: the first number, or two neighbours of which the first may end a line
}

// theListings is the table.
var theListings = [...]listing{
	{"0x69", "0x", 2, []string{"0x69,", "0x73, 0x70", "0x73,0x70"}},
	{"69", "", 2, []string{"69,6e,73", "73,70,5f", "69,00,6e,00", "73,00,70,00", "69 6e 73 70", "69 6E 73 70", "69:6e:73:70"}},
	{"105", "", 0, []string{"105,", "115, 112", "115,112"}},
}

// listBreak is how far apart two numbers of a list may be, in bytes: the end of a
// line and the indentation of the next.
const listBreak = 48

// betweenNumbers is what may stand between two numbers.
const betweenNumbers = " \t\r\n,;:-+\\"

// judge judges a mark of the listing at buf[at:].
func (l *listing) judge(buf []byte, at int) (Match, bool) {
	if !hasPrefix(buf[at:], l.first) { // the mark is of the third letter
		lo := max(0, at-listBreak-4*len(l.first))
		first := bytes.LastIndex(buf[lo:at], []byte(l.first))
		if first < 0 {
			return Match{}, false
		}
		at = lo + first
	}
	if !l.begins(buf, at) {
		return Match{}, false
	}
	v := takeView()
	defer v.release()
	l.decode(v, buf, at, mostNumbers, false)
	switch {
	case len(v.data) < shortestKey:
		return Match{}, false
	case string(v.data[:len(Prefix)]) == Prefix:
		m, ok := judgePlain(v.data, 0)
		return v.outside(buf, m), ok
	case v.data[1] == 0:
		m, ok := judgeEncoded(v.data, 0, utf16At)
		return v.outside(buf, m), ok
	}
	return Match{}, false
}

// mostNumbers is how many are read from a mark on: those of the longest key in UTF-16,
// and of what follows it.
const mostNumbers = 2 * (len(SandboxPrefix) + bodyLength + 1)

// begins reports whether the list at buf[at:] begins with the prefix, in ASCII or UTF-16.
// Most marks are numbers like any other.
func (l *listing) begins(buf []byte, at int) bool {
	wide := false
	for i := range len(Prefix) {
		c, end, ok := l.number(buf, at)
		if !ok || c != Prefix[i] {
			return false
		}
		at = listGap(buf, end)
		if zero, end, ok := l.number(buf, at); ok && zero == 0 && (i == 0 || wide) {
			wide, at = true, listGap(buf, end)
		} else if wide {
			return false
		}
	}
	return true
}

// decode reads the numbers from buf[at:] on, as many as are wanted at most, until something
// else comes, or behind one that is no text if there are to be no others.
func (l *listing) decode(v *view, buf []byte, at, most int, textOnly bool) {
	v.layer = layerList
	for v.end = at; len(v.data) < most; {
		if l.digits == 0 {
			at = v.addDecimals(buf, at, most, textOnly)
		}
		c, end, ok := l.number(buf, at)
		if !ok {
			return
		}
		if v.end = end; textOnly && !textByte[c] {
			return
		}
		v.add(c, at, end)
		if at = listGap(buf, end); at == end {
			return
		}
	}
}

// listGap is where the next number may begin behind one that ends at buf[end].
func listGap(buf []byte, end int) int {
	at := end
	for at < len(buf) && at-end < listBreak {
		switch kind := gapsOfLists[buf[at]]; kind {
		case blankInList:
			at++
		case notInList:
			return at
		default:
			n := gapInList(buf, at, kind)
			if n == 0 {
				return at
			}
			at += n
		}
	}
	return at
}

// A listGapKind tells what a byte may begin between two numbers.
type listGapKind uint8

const (
	notInList     listGapKind = iota // nothing
	blankInList                      // nothing but itself
	softInList                       // a soft line break
	escapedInList                    // an escaped line break, or nothing but itself
	indexInList                      // a quoted index
)

var gapsOfLists = func() (kinds [256]listGapKind) {
	for _, c := range []byte(betweenNumbers) {
		kinds[c] = blankInList
	}
	for c := range kinds {
		if isQuote(byte(c)) {
			kinds[c] = indexInList
		}
	}
	kinds['='], kinds['%'], kinds['\\'] = softInList, softInList, escapedInList
	return kinds
}()

// gapInList is the length of what begins at buf[at] between two numbers; 0 if nothing does.
func gapInList(buf []byte, at int, kind listGapKind) int {
	switch kind {
	case softInList:
		return softBreak(buf, at)
	case escapedInList:
		return max(1, escapedBlank(buf[at:]))
	case indexInList:
		return indexLength(buf[at:])
	}
	return 0
}

// indexLength is the length of a quoted index and its colon at the beginning of b, as JSON has
// before each byte of an array that is an object to it: {"0":105,"1":110}; 0 if there is none.
func indexLength(b []byte) int {
	n := 1
	for n < min(len(b), 1+longestIndex) && isDigit(b[n]) {
		n++
	}
	for n > 1 && n < min(len(b), longestIndex+1<<(maxLayers-1)) && b[n] == '\\' {
		n++ // the object stands in a string itself
	}
	if n == 1 || n+1 >= len(b) || b[n] != b[0] || b[n+1] != ':' {
		return 0
	}
	return n + 2
}

// longestIndex is how many digits an index has at most.
const longestIndex = 7

// number reads one number of the list, of a byte.
func (l *listing) number(buf []byte, at int) (c byte, end int, ok bool) {
	if l.digits == 0 {
		return decimalByte(buf, at)
	}
	if !hasPrefix(buf[at:], l.before) {
		return 0, at, false
	}
	at += len(l.before)
	c, ok = hexByte(buf[at:], l.digits)
	return c, at + l.digits, ok
}

// decimalByte reads the number of a byte in one to three digits of base 10. Java writes those
// from 128 on as negative ones.
func decimalByte(buf []byte, at int) (c byte, end int, ok bool) {
	value, end := decimalAt(buf, at)
	if at > 1 && buf[at-1] == '-' && !isDigit(buf[at-2]) {
		return byte(-value), end, end > at && value <= 0x80
	}
	return byte(value), end, end > at && value <= 0xff
}

// addDecimals adds numbers from buf[at:] on, as many as are wanted at most, between which are a
// comma and one blank or none, as in most long lists, and returns where it stopped at another.
func (v *view) addDecimals(buf []byte, at, most int, textOnly bool) int {
	if at > 0 && buf[at-1] == '-' {
		return at
	}
	for len(v.data) < most {
		value, end := decimalAt(buf, at)
		next := end + 1
		if next < len(buf) && buf[next] == ' ' {
			next++
		}
		if end == at || value > 0xff || textOnly && !textByte[value] || next >= len(buf) || buf[end] != ',' || !isDigit(buf[next]) {
			break
		}
		v.add(byte(value), at, end)
		v.end, at = end, next
	}
	return at
}

// decimalAt is the value of up to three digits of base 10 at buf[at:], and where they end. No
// branch depends on how many digits there are: in the long lists of programs that is random.
func decimalAt(buf []byte, at int) (value, end int) {
	var four uint32 // with NUL bytes for what is behind the end
	if at+4 <= len(buf) {
		four = binary.LittleEndian.Uint32(buf[at:])
	} else {
		for i := len(buf) - 1; i >= at; i-- {
			four = four<<8 | uint32(buf[i])
		}
	}
	digits := four ^ 0x30303030
	outside := (digits + 0x76767676 | digits) & 0x808080 // a carry comes from no digit
	n := bits.TrailingZeros32(outside|1<<31) / 8
	digits <<= 8 * (3 - n) // the last is the third byte, and before the first are zeros
	return int(digits&0xff)*100 + int(digits>>8&0xff)*10 + int(digits>>16&0xff), at + n
}

// escapedBlank is the length of \n, \r or \t at the beginning of b, whatever the number of
// backslashes; 0 if there is none.
func escapedBlank(b []byte) int {
	n := 0
	for n < min(len(b), 1<<(maxLayers-1)) && b[n] == '\\' {
		n++
	}
	if n == 0 || n == len(b) || strings.IndexByte("nrt", b[n]) < 0 {
		return 0
	}
	return n + 1
}

// longestNumber is the length of the longest number, of a byte in hexadecimal digits.
const longestNumber = len("0x69")

// sureNumbers is how many numbers of text tell that there is a list of them.
const sureNumbers = 6

// numbers searches what is in a list near s.buf[at].
func (s *lookSearch) numbers(at int) {
	var told [len(theListings)]int // before which no number of such a list tells more
	for first := at; first < at+lookReach/2; first++ {
		length := numberLength(s.buf, first)
		if length == 0 {
			continue
		}
		for i := range theListings {
			l := &theListings[i]
			if first < max(told[i], s.done(wayList+i)) || !l.mayHave(length) {
				continue
			}
			text, data, before := l.holds(s.buf, first)
			if told[i] = before; text {
				s.once(wayList+i, first, l.around)
			}
			if data && first >= s.lists[i] {
				s.packedList(first, i)
			}
		}
	}
}

// numberLength is the length of what begins at buf[at:] if that is no longer than a number, and
// no part of a word; else 0.
func numberLength(buf []byte, at int) int {
	if classes[buf[at]]&inHex == 0 || at > 0 && isAlnum(buf[at-1]) {
		return 0
	}
	length := alnumRun(buf[at:min(len(buf), at+longestNumber+1)])
	if length > longestNumber {
		return 0
	}
	return length
}

// mayHave reports whether the numbers of the list are so long.
func (l *listing) mayHave(length int) bool {
	if l.digits == 0 {
		return 0 < length && length <= 3
	}
	return length == len(l.before)+l.digits
}

// holds tells of some numbers of the list at buf[at:] whether they stand for text, of which in
// UTF-16 each second is a NUL byte, and whether one stands for what texts have not. Those behind
// the first that begin before told tell nothing else: they are text too, or fewer.
func (l *listing) holds(buf []byte, at int) (text, data bool, told int) {
	first := at
	text = true
	wasNUL := false
	for range sureNumbers {
		c, end, ok := l.number(buf, at)
		if !ok {
			return false, false, at
		}
		if !isText(c) {
			text, data = text && c == 0 && !wasNUL, true
		}
		wasNUL = c == 0
		if at = listGap(buf, end); at == end {
			return false, false, at
		}
	}
	if !text {
		return false, data, first
	}
	return true, data, at
}

// around decodes the numbers around the one at buf[at] that stand for text: no key goes on behind
// what is none, and the numbers of programs are seldom text for long.
func (l *listing) around(v *view, buf []byte, at, back, forward int) {
	start := l.textStart(buf, at, max(0, at-back))
	for buf = buf[:min(len(buf), at+forward)]; start <= at; start = max(start+1, v.end) {
		v.data, v.places = v.data[:0], v.places[:0]
		v.layer, v.end = layerList, start
		if start == 0 || !isAlnum(buf[start-1]) {
			l.decode(v, buf, start, len(buf), true)
		}
	}
}

// textByte has what numbers of a text stand for.
var textByte = alphabetOf(func(c byte) bool { return isText(c) || isBetweenText(c) })

// textStart is where the numbers of text begin that the one at buf[at:] is of, or where one
// begins behind lo.
func (l *listing) textStart(buf []byte, at, lo int) int {
	for {
		end := at
		for end > lo && classes[buf[end-1]]&inList != 0 && !isAlnum(buf[end-1]) {
			end--
		}
		start := end
		for start > lo && isAlnum(buf[start-1]) {
			start--
		}
		if c, after, ok := l.number(buf, start); start == end || !ok || after != end || !textByte[c] {
			return at
		}
		at = start
	}
}

func isAlnum(c byte) bool { return classes[c]&alnum != 0 }
