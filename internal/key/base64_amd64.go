//go:build !purego

package key

import (
	"encoding/binary"
	"sync"

	"golang.org/x/sys/cpu"
)

// A block is what is decoded at once: whole groups.
const (
	base64Block  = 32
	decodedBlock = base64Block / 4 * 3
)

// A base64Table is what the vector decoder knows: the shift from a character to its value by
// the high half of it, and those of the characters that have another; then how the bits of a
// group are put together. The masks stand there for each byte.
type base64Table struct {
	shifts, low                       [32]byte
	slash, minus, line                [32]byte
	slashShift, minusShift, lineShift [32]byte
	pairs, groups, order, halves      [32]byte
	text                              [32]byte // what is clear in the values of text
	readable                          halves   // the bytes that a probe of text may have
	texts                             [32]byte // the bits there of those that texts have
}

var theBase64Table = sync.OnceValue(func() *base64Table {
	t := &base64Table{low: each(15), slash: each('/'), minus: each('-'), line: each('_')}
	t.shifts = base64Shifts("+09AZaz")
	rest := func(c byte) [32]byte { return each(base64Value[c] - c - t.shifts[c>>4]) }
	t.slashShift, t.minusShift, t.lineShift = rest('/'), rest('-'), rest('_')
	for i := 0; i < len(t.pairs); i += 4 {
		copy(t.pairs[i:], []byte{1 << 6, 1, 1 << 6, 1})
		binary.LittleEndian.PutUint16(t.groups[i:], 1<<12)
		binary.LittleEndian.PutUint16(t.groups[i+2:], 1)
		copy(t.text[i:], asciiBits[:])
	}
	for i := range t.order {
		t.order[i] = 0x80 // nothing
		if half := i % 16; half < decodedBlock/2 {
			t.order[i] = byte(half/3*4 + 2 - half%3)
		}
	}
	var bits []byte
	t.readable, bits = newHalves(isText, isBetweenText)
	t.texts = each(bits[0])
	for i, from := range []uint32{0, 1, 2, 4, 5, 6, 3, 7} {
		binary.LittleEndian.PutUint32(t.halves[4*i:], from)
	}
	return t
})

// base64Shifts has, by the high half of some characters, what makes their values of them: all
// digits have one, and so have all letters of a case.
func base64Shifts(of string) (shifts [32]byte) {
	for _, c := range []byte(of) {
		shifts[c>>4], shifts[c>>4|16] = base64Value[c]-c, base64Value[c]-c
	}
	return shifts
}

// decodeBlocks decodes blocks of base64, one at least. Behind what it decodes it overwrites 8
// bytes of out.
//
//go:noescape
func decodeBlocks(out, in *byte, blocks int, table *base64Table)

// textBlocks is how many of the first blocks are ASCII throughout; there must be one at least.
//
//go:noescape
func textBlocks(in *byte, blocks int, table *base64Table) (text int)

// beyondBlocks is how many bytes of memory decodeGroups overwrites at most behind what it
// decodes.
const beyondBlocks = base64Block - decodedBlock

// decodeGroups decodes the first groups of in to out, as many as make blocks, and tells how
// many characters those have. out has room for them, and for beyondBlocks bytes more.
func decodeGroups(out, in []byte) int {
	blocks := len(in) / base64Block
	if blocks == 0 || !cpu.X86.HasAVX2 {
		return 0
	}
	_ = out[blocks*decodedBlock+beyondBlocks-1]
	decodeBlocks(&out[0], &in[0], blocks, theBase64Table())
	return blocks * base64Block
}

// textGroups is how many characters at the beginning of in are sure to be groups that are ASCII.
func textGroups(in []byte) int {
	blocks := len(in) / base64Block
	if blocks == 0 || !cpu.X86.HasAVX2 {
		return 0
	}
	return textBlocks(&in[0], blocks, theBase64Table()) * base64Block
}

// What the whole groups of a probe make, as bits of a block that is decoded without the two
// halves being put together: of the way that begins with the probe, and of the others.
const (
	firstDecoded = 1<<(decodedBlock/2) - 1
	wholeProbe   = firstDecoded | (1<<(probeLength/4*3-decodedBlock/2)-1)<<(base64Block/2)
	cutProbe     = firstDecoded | (1<<((probeLength/4-1)*3-decodedBlock/2)-1)<<(base64Block/2)
)

const _ = uint32(wholeProbe | cutProbe) // else some would be outside of the 32 bytes of a block

// probeRoom is how many bytes scanWays reads.
const probeRoom = base64Block + base64Ways - 1

// scanWays is textWays for the probe at in, behind which there are as many bytes as it reads.
//
//go:noescape
func scanWays(in *byte, table *base64Table) (ways int)

// waysAt is textWays for the probe at buf[at:].
func waysAt(buf []byte, at int) int {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasPOPCNT {
		return textWays(buf[at : at+probeLength])
	}
	if at+probeRoom > len(buf) {
		var padded [probeRoom]byte
		copy(padded[:], buf[at:])
		return scanWays(&padded[0], theBase64Table())
	}
	return scanWays(&buf[at], theBase64Table())
}
