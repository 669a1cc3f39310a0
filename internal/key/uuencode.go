package key

// uuencode(1) writes lines that each begin with the number of bytes they hold, and three
// bytes as four characters from a blank to an underscore; some write ` for the blank.

const (
	uuLine  = 45             // bytes that all lines but the last hold
	uuWidth = 1 + uuLine/3*4 // characters of such a line
	uuFirst = ' ' + uuLine   // which it begins with: "M"
)

// isUULine reports whether b begins with a whole line.
func isUULine(b []byte) bool {
	if len(b) <= uuWidth || b[0] != uuFirst || b[uuWidth] != '\n' && b[uuWidth] != '\r' {
		return false
	}
	for _, c := range b[:uuWidth] {
		if c < ' ' || c > '`' {
			return false
		}
	}
	return true
}

// uuencodeAt decodes the lines around the one that begins at buf[at].
func uuencodeAt(v *view, buf []byte, at, back, forward int) {
	v.layer, v.end = layerUU, at
	for _, width := range []int{uuWidth + 1, uuWidth + 2} {
		for v.end >= width && v.end-width >= at-back && isUULine(buf[v.end-width:]) && buf[v.end-1] == '\n' {
			v.end -= width
		}
	}
	for v.end < min(len(buf), at+forward) {
		size := int(buf[v.end]-' ') & 63
		end := v.end + 1 + (size+2)/3*4
		if size == 0 || buf[v.end] < ' ' || buf[v.end] > '`' || end > len(buf) || !v.uuBytes(buf, v.end+1, size) {
			return
		}
		for v.end = end; v.end < len(buf) && (buf[v.end] == '\r' || buf[v.end] == '\n'); {
			v.end++
		}
		if v.end == end {
			return
		}
	}
}

// uuBytes decodes a number of bytes from buf[at:].
func (v *view) uuBytes(buf []byte, at, size int) bool {
	for i := range size {
		first, shift := at+i/3*4+i%3, 2*(i%3)+2
		c, d := buf[first], buf[first+1]
		if c < ' ' || c > '`' || d < ' ' || d > '`' {
			return false
		}
		v.add((c-' ')<<shift|(d-' ')&63>>(6-shift), first, first+2)
	}
	return true
}
