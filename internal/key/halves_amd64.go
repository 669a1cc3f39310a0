//go:build !purego

package key

import (
	"maps"
	"slices"
)

// halves tell by the low half of a byte, and by its high one, in which of some sets it may
// be: what both agree on. One shuffle instruction looks up 16 halves, and does so in each
// of its two parts; so the table stands there twice.
type halves struct{ low, high [32]byte }

// add enters, for one bit, all bytes that have the low half of one in a set and the high
// half of one.
func (h *halves) add(bit byte, set string) {
	for _, c := range []byte(set) {
		h.addProduct(bit, 1<<(c&15), 1<<(c>>4))
	}
}

// addOrAll is add, or for a set of none enters all bytes.
func (h *halves) addOrAll(bit byte, set string) {
	if set == "" {
		h.addProduct(bit, 0xffff, 0xffff)
	}
	h.add(bit, set)
}

// newHalves makes the table of some sets, and which of its bits tell each: those of bytes
// whose high halves go with the same low ones have one together. There are eight.
func newHalves(sets ...func(c byte) bool) (h halves, bits []byte) {
	type product struct{ lows, highs uint16 }
	known := map[product]byte{}
	for _, has := range sets {
		highs := map[uint16]uint16{} // by the low halves that go with them
		for high := range 16 {
			lows := lowsOf(has, high)
			highs[lows] |= 1 << high
		}
		delete(highs, 0)
		var all byte
		for _, lows := range slices.Sorted(maps.Keys(highs)) {
			p := product{lows, highs[lows]}
			if known[p] == 0 {
				known[p] = 1 << len(known)
				h.addProduct(known[p], p.lows, p.highs)
			}
			all |= known[p]
		}
		bits = append(bits, all)
	}
	return h, bits
}

// addProduct is add for all bytes of some low and some high halves.
func (h *halves) addProduct(bit byte, lows, highs uint16) {
	for half := range byte(16) {
		if lows>>half&1 != 0 {
			h.low[half] |= bit
			h.low[half|16] |= bit
		}
		if highs>>half&1 != 0 {
			h.high[half] |= bit
			h.high[half|16] |= bit
		}
	}
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

// each is a byte 32 times.
func each(b byte) (all [32]byte) {
	for i := range all {
		all[i] = b
	}
	return all
}
