package key

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
)

// A stream of DEFLATE data without the header of zlib or gzip (RFC 1951) has no mark: what
// SAML sends in a URL, and what draw.io keeps of a drawing. In base64 it is told by what
// it unpacks to, which is text.

const (
	// shortestDeflated is the shortest base64 that a key may be in, in characters.
	shortestDeflated = 56

	// Of so many characters so many bytes must be unpacked, all of them text.
	deflateProbe = 160
	deflateSure  = 20
)

// zlibHeader makes a zlib stream of a DEFLATE stream, as far as it can be read: it lacks
// the checksum at its end.
const zlibHeader = "\x78\x9c"

// isDeflate reports whether the base64 that begins at buf[start:], and is in one run until
// buf[end] or goes on behind an escape, is such a stream.
func isDeflate(buf []byte, start, end int) bool {
	if !mayBeLong(buf, start, end) || !beginsDeflate(buf[start:]) {
		return false
	}
	if gapBefore(buf, start, 0, base64Alphabet) >= 0 {
		return false
	}
	v := view{bare: true}
	packedBase64(&v, buf[:min(len(buf), start+deflateProbe)], start, 0, 0)
	return unpacksToText(v.data)
}

// mayBeLong reports whether a run is long enough for such a stream, or goes on behind an escape.
func mayBeLong(buf []byte, start, end int) bool {
	return end-start >= shortestDeflated || end < len(buf) && (buf[end] == '%' || buf[end] == '\\')
}

// hasCodes reports whether base64 that begins with two characters does so with the header of
// a block that has codes, fixed ones in the last block or ones of its own.
func hasCodes(first, second byte) bool {
	header := base64Value[first]<<2 | base64Value[second]>>4
	return header&7 == 3 || header&6 == 4
}

// beginsDeflate reports whether base64 may begin with such a header, and no word of a text
// does: its characters are of all kinds.
func beginsDeflate(b []byte) bool {
	if !hasCodes(b[0], b[1]) {
		return false
	}
	upper, lower, digits := 0, 0, 0
	for _, c := range b[:min(len(b), shortestDeflated)] {
		switch {
		case 'A' <= c && c <= 'Z':
			upper++
		case 'a' <= c && c <= 'z':
			lower++
		case isDigit(c):
			digits++
		}
	}
	return upper > 3 && lower > 3 && digits > 0
}

// inflaters are those that are not under way.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}

// unpacksToText reports whether DEFLATE data begins with text.
func unpacksToText(data []byte) bool {
	z := inflaters.Get().(io.Reader)
	defer inflaters.Put(z)
	if err := z.(flate.Resetter).Reset(bytes.NewReader(data), nil); err != nil {
		return false
	}
	var text [deflateSure]byte
	if n, _ := io.ReadFull(z, text[:]); n < len(text) {
		return false
	}
	for _, c := range text {
		if !isText(c) {
			return false
		}
	}
	return true
}

// deflatedBase64 decodes base64 of a DEFLATE stream to a zlib stream.
func deflatedBase64(v *view, buf []byte, at, back, forward int) {
	v.data = append(v.data, zlibHeader...)
	packedBase64(v, buf, at, back, forward)
}
