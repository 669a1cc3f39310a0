//go:build !purego

package gitpack

import "golang.org/x/sys/cpu"

// wordsAhead is how far in src one turn of decodeWords reads at most, from where it
// begins: four refills that take seven bytes each, and the word of the last.
const wordsAhead = 4*7 + 8

// wordsStretch is how much of src one call of decodeWords takes at most, and a turn
// more: the scheduler cannot interrupt it.
const wordsStretch = 64 << 10

// A wordsEnd is why decodeWords ended.
type wordsEnd int

const (
	wordsStopped  wordsEnd = iota // in front of a symbol that is left to others
	wordsDistance                 // errDistance
	wordsFull                     // errFull
)

// decodeWords is fastSymbols in assembly, where the next symbol's entry is on its
// way while a match is copied, and nothing is checked twice. It begins no turn
// behind src[limit], behind which it reads less than wordsAhead bytes, nor with
// room for less than 16 bytes in dst. Fuzzing checks it against its twin.
//
//go:noescape
func decodeWords(z *inflater, t *tables, limit int) (ended wordsEnd)

// words decodes symbols of a block for as long as there is input and room to spare.
// It stops without an error in front of a symbol that is neither literal nor match.
// It may read what lies in memory behind src, in the same array: run finds out if
// bits from there are used.
func (z *inflater) words(t *tables) error {
	if !cpu.X86.HasBMI2 {
		return nil
	}
	for last := cap(z.src) - wordsAhead; z.pos <= last; {
		limit := min(last, z.pos+wordsStretch)
		switch decodeWords(z, t, limit) {
		case wordsDistance:
			return errDistance
		case wordsFull:
			return errFull
		}
		if z.pos <= limit {
			break
		}
	}
	return nil
}
