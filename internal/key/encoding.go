package key

// The layers that Match.Encoding names, beside those of archives and
// compressed files, which package scanner adds.
const (
	layerBase64    = "base64"
	layerBase64URL = "base64url" // where it shows: a key's own text has no character that differs
	layerBase32    = "base32"
	layerHex       = "hex"
	layerUTF16LE   = "utf-16le"
	layerUTF16BE   = "utf-16be"
	layerUTF32LE   = "utf-32le"
	layerUTF32BE   = "utf-32be"
	layerPercent   = "percent"
	layerJSON      = "json-escape"      // \u0069
	layerHexEscape = "hex-escape"       // \x69
	layerOctal     = "octal-escape"     // \151
	layerBackslash = "backslash-escape" // \_, as Markdown and LaTeX have it
	layerEntity    = "html-entity"      // &#x69; &#105;
	layerQuoted    = "quoted-printable" // =69, and soft line breaks
	layerList      = "byte-list"        // 0x69, 0x6e and 105, 110
	layerDump      = "hex-dump"         // as xxd and hexdump write it
	layerUU        = "uuencode"
	layerGitBase85 = "git-base85" // of a binary patch
	layerSplit     = "split"      // cut by source syntax or a line break
)

// IsRun reports whether a layer writes text as one run of letters and digits,
// in which no character of the text keeps its place.
func IsRun(layer string) bool {
	return layer == layerBase64 || layer == layerBase64URL || layer == layerBase32 || layer == layerHex
}

// UnitSize is how many bytes a layer writes each ASCII character as, beside what tells
// that it is one: 2 in UTF-16, 4 in UTF-32, of either byte order, and 1 in all others.
func UnitSize(layer string) int {
	switch layer {
	case layerUTF16LE, layerUTF16BE:
		return utf16Units.unit
	case layerUTF32LE, layerUTF32BE:
		return utf32Units.unit
	}
	return 1
}

// maxLayers is how many encodings may lie around a key. A split is none.
const maxLayers = 3

// shortestKey is the length of the shortest key that is sure, in bytes: what
// decodes to less holds none.
const shortestKey = len(Prefix) + bodyLength

// A form is one way in which a key can stand in a buffer: the literal that
// each of its occurrences holds, and the judgement of one such place.
type form struct {
	literal string
	judge   func(buf []byte, at int) (Match, bool)
}

// plainForm is the only form that is looked for below the deepest layer.
func plainForm() []form { return []form{{Prefix, judgePlain}} }

// forms lists what Find looks for, beside what it decodes because it looks
// like text in an encoding (see runs.go). Adding a form is one entry. No
// literal is the beginning of another.
func forms() []form {
	all := plainForm()
	for _, in := range []struct {
		literal string
		decode  decoder
	}{
		// Of a prefix that begins at each place of a group of three bytes, the
		// characters that nothing before or after it has a part in.
		{"aW5zcF", base64At(0)}, {"luc3Bf", base64At(2)}, {"pbnNwX", base64At(3)},
		{"696e73705f", hexAt}, {"696E73705F", hexAt},
		// The same in both byte orders.
		{"i\x00n\x00s\x00p\x00_", utf16At},
		{"i\x00\x00\x00n\x00\x00\x00s\x00\x00\x00p\x00\x00\x00_", utf32At},
		// Digits in groups of four bytes and of two, at each place of them.
		{"696e7370 5f", groupsAt}, {"696e73 705f", groupsAt}, {"696e 73", groupsAt}, {"69 6e73", groupsAt},
	} {
		all = append(all, form{in.literal, func(buf []byte, at int) (Match, bool) { return judgeEncoded(buf, at, in.decode) }})
	}
	all = append(all, form{gzipMark, judgeGzipMark})
	for _, literal := range gzipMarks {
		all = append(all, form{literal, judgeGzip})
	}
	all = append(all, form{patchMark, judgePatch})
	for _, literal := range []string{
		// The first letter escaped, alone or with what follows, and the underscore.
		"%69%6", "%69nsp", "%2569", "insp%",
		"u0069", "u{69}", "U00000069", `x69\x6`, `x69\\x6`, "x69nsp", "x{69}", `insp\`,
		`151\15`, `151\\15`, `151\015`,
		"&#x69;", "&#X69;", "&#105;", "insp&",
		"=69=6", "=69nsp", "insp=",
		// A character that does not show behind the first letter, as behind each, or before
		// the underscore. What else does not show is found by the body (cutprefix.go).
		"i\xe2\x80", "i\u2060n", "i\ufeffn", "i\u00adn", // the first of U+200B to U+200D
		"insp\xe2", "insp\xef\xbb", "insp\u00ad",
		// A soft line break in the prefix; "insp=" is above.
		"i=\nnsp_", "in=\nsp_", "ins=\np_", "i=\r\nnsp_", "in=\r\nsp_", "ins=\r\np_",
	} {
		all = append(all, form{literal, judgeEscaped})
	}
	for _, l := range theListings {
		for _, mark := range l.marks {
			all = append(all, form{mark, l.judge})
		}
	}
	return all
}

// judgeEncoded takes off the layer that the literal at buf[at:] stands in and
// judges what is under it.
func judgeEncoded(buf []byte, at int, decode decoder) (Match, bool) {
	if m, ok := judgeLayer(buf, at, decode); ok {
		return m, true
	}
	for _, mark := range []byte(diffMarks(buf, at, Reach)) {
		if m, ok := judgeLayer(buf, at, ofDiff(decode, mark)); ok {
			return m, true
		}
	}
	return Match{}, false
}

func judgeLayer(buf []byte, at int, decode decoder) (Match, bool) {
	v := takeView()
	defer v.release()
	decode(v, buf, at, 8, literalReach)
	if len(v.data) < shortestKey {
		return Match{}, false
	}
	for i := 0; i+shortestKey <= len(v.data) && i < 16; i++ {
		if string(v.data[i:i+len(Prefix)]) != Prefix {
			continue
		}
		m, ok := judgePlain(v.data, i)
		return v.outside(buf, m), ok
	}
	return Match{}, false
}

// literalReach is how far behind a literal is decoded, in bytes.
const literalReach = Reach
