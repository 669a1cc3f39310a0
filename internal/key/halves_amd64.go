//go:build !purego

package key

// halves tell by the low half of a byte, and by its high one, in which of some sets it may
// be: what both agree on. One shuffle instruction looks up 16 halves, and does so in each
// of its two parts; so the table stands there twice.
type halves struct{ low, high [32]byte }

// add enters, for one bit, all bytes that have the low half of one in a set and the high
// half of one.
func (h *halves) add(bit byte, set []byte) {
	for _, c := range set {
		for _, twice := range []byte{0, 16} {
			h.low[c&15|twice] |= bit
			h.high[c>>4|twice] |= bit
		}
	}
}

// newHalves makes the table of some sets, and which of its bits tell each: those of bytes
// whose high halves go with the same low ones have one together. There are eight.
func newHalves(sets ...func(c byte) bool) (h halves, bits []byte) {
	type product struct{ lows, highs uint16 }
	known := map[product]byte{}
	for _, has := range sets {
		var all byte
		for _, lows := range lowHalves(has) {
			p, of := product{lows: lows}, []byte(nil)
			for c := range 256 {
				if has(byte(c)) && lowsOf(has, c>>4) == lows {
					p.highs |= 1 << (c >> 4)
					of = append(of, byte(c))
				}
			}
			if known[p] == 0 {
				known[p] = 1 << len(known)
				h.add(known[p], of)
			}
			all |= known[p]
		}
		bits = append(bits, all)
	}
	return h, bits
}

// lowsOf is which low halves go with a high one in a set.
func lowsOf(has func(c byte) bool, high int) (lows uint16) {
	for low := range 16 {
		if has(byte(high<<4 | low)) {
			lows |= 1 << low
		}
	}
	return lows
}

// lowHalves is all that lowsOf tells, each once, in order of the high halves.
func lowHalves(has func(c byte) bool) (all []uint16) {
	seen := map[uint16]bool{0: true}
	for high := range 16 {
		if lows := lowsOf(has, high); !seen[lows] {
			seen[lows] = true
			all = append(all, lows)
		}
	}
	return all
}

// each is a byte 32 times.
func each(b byte) (all [32]byte) {
	for i := range all {
		all[i] = b
	}
	return all
}
