package key

import "slices"

// Hexadecimal digits may stand in groups of two or four bytes with a blank between, as a
// description of NSData and OpenStep's property lists have them, and without the addresses
// that make a dump of them.

// groupDigits are how many digits a group has.
var groupDigits = [...]int{4, 8}

// groupsAt decodes the groups from buf[at:] on, where a byte begins.
func groupsAt(v *view, buf []byte, at, _, forward int) {
	v.layer, v.end = layerHex, at
	buf = buf[:min(len(buf), at+forward)]
	digits := hexRun(buf[at:])
	size := sizeOfGroups(buf, at, at+digits)
	for start := at; digits > 0 && digits%2 == 0 && digits <= size && !endsInWord(buf, start+digits); digits = hexRun(buf[start:]) {
		v.addGroup(buf, start, start+digits)
		next := groupAfter(buf, v.end)
		if next < 0 || digits < size && start > at {
			return // only the last has fewer, and the first, of which some may be before buf[at]
		}
		start = next
	}
}

// addGroup adds the group buf[start:end]. A blank before it belongs to its first byte, since a
// gap would part what is in it from what is before.
func (v *view) addGroup(buf []byte, start, end int) {
	from := start
	if v.end == start-1 {
		from = v.end
	}
	for ; start < end; start += 2 {
		v.add(hexValue(buf[start])<<4|hexValue(buf[start+1]), from, start+2)
		from = start + 2
	}
	v.end = end
}

// sizeOfGroups is how many digits a group has, as the one behind buf[at:end] tells, which is of
// a group itself; 0 if they are none.
func sizeOfGroups(buf []byte, at, end int) int {
	next := groupAfter(buf, end)
	if next < 0 {
		return 0
	}
	size := hexRun(buf[next:])
	first := at
	for first > max(0, at-size) && isHex(buf[first-1]) {
		first--
	}
	if !slices.Contains(groupDigits[:], size) || end-first > size || (end-first)%2 != 0 {
		return 0
	}
	return size
}

// endsInWord reports whether what ends at buf[end] is part of a word, or an address.
func endsInWord(buf []byte, end int) bool {
	return end < len(buf) && (isAlnum(buf[end]) || buf[end] == ':')
}

// groupAfter is where the next group begins behind one that ends at buf[end]: behind a blank
// or in the next line; -1 if there is none.
func groupAfter(buf []byte, end int) int {
	if end+1 < len(buf) && buf[end] == ' ' && isHex(buf[end+1]) {
		return end + 1
	}
	if g, ok := gapAfter(buf, end, hexAlphabet); ok {
		return g.end
	}
	return -1
}
