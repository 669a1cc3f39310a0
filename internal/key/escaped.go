package key

// Text may be escaped character by character: what an obfuscator makes of the
// strings in a program, or a mailer of a text. A key that stands so is found by
// literals (encoding.go); here is found what holds one in a further encoding.
// Nothing but escapes follow each other there, so that it is enough to look at
// four bytes here and there.

const (
	// How far apart it is looked for escapes, in bytes, by turns: so different that
	// lines of no length have every look meet a line break. The shortest key in base64,
	// in escapes of three bytes, is long enough for three looks.
	escapeStride      = 120
	otherEscapeStride = 50

	// escapeReach is how far a look reaches, in bytes: as long as an escape is.
	escapeReach = longestEscape

	// sureEscapes is how many must follow each other.
	sureEscapes = 4
)

// searchEscapes searches what is under escapes in buf, below a number of layers.
func searchEscapes(buf []byte, layers int, yield func(Match) bool) bool {
	stride := otherEscapeStride
	for at := 0; at+escapeReach <= len(buf); at += stride {
		stride = escapeStride + otherEscapeStride - stride
		four := buf[at : at+4]
		if classes[four[0]]&classes[four[1]]&classes[four[2]]&classes[four[3]]&inEscape == 0 {
			continue
		}
		first := escapesNear(buf, at)
		if first < 0 {
			continue
		}
		s := runSearch{buf: buf, layers: layers, yield: yield}
		at = max(at, s.view(escapesAt, first, Reach, chunk)-stride)
		if s.stopped {
			return false
		}
	}
	return true
}

// escapesNear is where the first of some escapes is, at buf[at] or soon behind; -1
// if there are none.
func escapesNear(buf []byte, at int) int {
	for first := at; first < at+escapeReach; first++ {
		if classes[buf[first]]&escapeLead != 0 && areEscapes(buf, first) {
			return first
		}
	}
	return -1
}

// areEscapes reports whether enough of them begin at buf[at:], and they are those of an
// encoding: half of it are letters, digits and the like.
func areEscapes(buf []byte, at int) bool {
	encoded := 0
	for n := range sureEscapes {
		e, ok := readEscape(buf[at:])
		if !ok && n > 0 {
			if g, gap := gapAfter(buf, at, hexAlphabet); gap {
				at = g.end
				e, ok = readEscape(buf[at:])
			}
		}
		if !ok {
			return false
		}
		if base64Alphabet[e.c] {
			encoded++
		}
		at += e.length
	}
	return encoded >= sureEscapes/2
}

// escapesAt decodes the escapes that follow each other around the one at buf[at],
// all of them as the last is written.
func escapesAt(v *view, buf []byte, at, back, forward int) {
	stop := min(len(buf), at+forward)
	for v.end = max(0, at-back); v.end < stop; {
		if e, ok := readEscape(buf[v.end:]); ok {
			v.add(e.c, v.end, v.end+e.length)
			v.layer, v.levels = e.layer, e.levels
			v.end += e.length
			continue
		}
		if len(v.data) > 0 {
			if g, ok := gapAfter(buf, v.end, hexAlphabet); ok && g.end < stop && classes[buf[g.end]]&escapeLead != 0 {
				v.end = g.end
				continue
			}
			if v.end > at {
				return
			}
			v.data, v.places = v.data[:0], v.places[:0]
		}
		v.end++
	}
}
