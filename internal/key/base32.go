package key

// The alphabet of base32 (RFC 4648, 6).
const base32Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// base32Value is the value of each character; 0xff for others.
var base32Value = valuesOf(base32Letters)

var base32Alphabet = alphabetOf(func(c byte) bool { return base32Value[c] != 0xff })

// base32Groups decodes base32 around the first character of a group.
var base32Groups = base32At(0)

// base32At decodes base32 around a character that is the one of that number, 0 to 7, in
// its group of eight.
func base32At(number int) decoder {
	return func(v *view, buf []byte, at, back, forward int) {
		all := v.pieces(buf, at, back, forward, base32Alphabet)
		number := number
		for _, p := range all {
			number -= max(0, min(p.end, at)-p.start)
		}
		v.layer, v.end = layerBase32, all[len(all)-1].end
		var bits uint32
		have, start := -1, 0 // bits that wait for more, none before a group begins; and where they did
		for _, p := range all {
			for i := p.start; i < p.end; i, number = i+1, number+1 {
				if number&7 == 0 {
					bits, have, start = 0, 0, i
				}
				if have < 0 {
					continue
				}
				bits, have = bits<<5|uint32(base32Value[buf[i]]), have+5
				if have >= 8 {
					have -= 8
					v.add(byte(bits>>have), start, i+1)
					start = i
				}
			}
		}
	}
}

// isBase32 reports whether buf[from:to] is of the alphabet.
func (s *runSearch) isBase32(from, to int) bool {
	for _, c := range s.buf[from:to] {
		if base32Value[c] == 0xff {
			return false
		}
	}
	return true
}

// base32Text reports whether the groups of base32 that begin at buf[from] and are
// whole before to are ASCII: of each of its five bytes the first bit is clear.
func (s *runSearch) base32Text(from, to int) bool {
	for i := from; i+8 <= to; i += 8 {
		group := s.buf[i : i+8]
		if !s.isBase32(i, i+8) || base32Value[group[0]]&16|base32Value[group[1]]&2|base32Value[group[3]]&8|base32Value[group[4]]&1|base32Value[group[6]]&4 != 0 {
			return false
		}
	}
	return true
}
