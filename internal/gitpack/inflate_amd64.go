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
	wordsEnded                    // behind the end of the block
)

// wordsRoom is how much a turn of decodeWords needs in dst: five literals, or a match
// as far as it is copied without asking for its length.
const wordsRoom = 32

const _ = uint(inflateRoom - wordsRoom) // else it had to stop before the end of each stream

// decodeWords is fastSymbols in assembly, where the next symbol's entry is on its
// way while a match is copied, and nothing is checked twice. It begins no turn
// behind src[limit], behind which it reads less than wordsAhead bytes, nor with
// room for less than wordsRoom bytes in the capacity of dst. Fuzzing checks it against its twin.
//
//go:noescape
func decodeWords(z *inflater, t *tables, limit int) (ended wordsEnd)

// words decodes symbols of a block for as long as there is input and room to spare, and
// reports whether the block ended. It stops without an error in front of a symbol that
// is left to others. It may read what lies in memory behind src, in the same array, and
// write what lies behind dst: run finds out.
func (z *inflater) words(t *tables) (ended bool, err error) {
	if !cpu.X86.HasBMI2 {
		return false, nil
	}
	for last := cap(z.src) - wordsAhead; z.pos <= last; {
		limit := min(last, z.pos+wordsStretch)
		end := decodeWords(z, t, limit)
		switch {
		case z.out > len(z.dst), end == wordsFull:
			return false, errFull
		case end == wordsDistance:
			return false, errDistance
		case end == wordsEnded:
			return true, nil
		}
		if z.pos <= limit {
			break
		}
	}
	return false, nil
}
