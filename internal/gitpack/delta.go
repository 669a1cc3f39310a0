package gitpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

var errDelta = errors.New("has a corrupt delta")

// A delta begins with the sizes of its base and of its result; then come
// instructions: copy a run of the base, or insert bytes that follow.

// deltaSizes reads the two sizes and returns the instructions behind them.
func deltaSizes(delta []byte) (base, result uint64, ops []byte, err error) {
	base, n := binary.Uvarint(delta)
	if n <= 0 {
		return 0, 0, nil, errDelta
	}
	result, m := binary.Uvarint(delta[n:])
	if m <= 0 {
		return 0, 0, nil, errDelta
	}
	return base, result, delta[n+m:], nil
}

// openDelta checks a delta against its base and returns its instructions and
// the size of its result, which is at most limit.
func openDelta(delta, base []byte, limit int64) (ops []byte, result uint64, err error) {
	baseSize, result, ops, err := deltaSizes(delta)
	switch {
	case err != nil:
		return nil, 0, err
	case baseSize != uint64(len(base)):
		return nil, 0, fmt.Errorf("is a delta of a base of %d bytes, but its base has %d", baseSize, len(base))
	case result > uint64(limit):
		return nil, 0, fmt.Errorf("builds %d bytes: %w", result, errTooLarge)
	}
	return ops, result, nil
}

// copyOp decodes the operands of the copy instruction op, which ops follows;
// used is how many bytes they take, or negative if they are cut off.
func copyOp(op byte, ops []byte) (offset, size, used int) {
	low, high := op&15, op>>4&7 // which bytes of offset and size are there
	if low&(low+1)|high&(high+1) != 0 || len(ops) < 8 {
		return copyOpBytes(op, ops)
	}
	// In most instructions these are the lowest bytes, without a gap. How many
	// follows no pattern, so that there is no branch for each.
	operands := binary.LittleEndian.Uint64(ops)
	lows := bits.OnesCount8(low)
	used = lows + bits.OnesCount8(high)
	offset = int(operands & (1<<(8*lows&63) - 1))
	size = int(operands & (1<<(8*used&63) - 1) >> (8 * lows & 63))
	if size == 0 {
		size = 0x10000
	}
	return offset, size, used
}

// copyOpBytes is copyOp for any operands, byte by byte.
func copyOpBytes(op byte, ops []byte) (offset, size, used int) {
	for i := range 4 {
		if op&(1<<i) != 0 {
			if used >= len(ops) {
				return 0, 0, -1
			}
			offset |= int(ops[used]) << (8 * i)
			used++
		}
	}
	for i := range 3 {
		if op&(0x10<<i) != 0 {
			if used >= len(ops) {
				return 0, 0, -1
			}
			size |= int(ops[used]) << (8 * i)
			used++
		}
	}
	if size == 0 {
		size = 0x10000
	}
	return offset, size, used
}

// applyDelta builds the result in dst, whose length is the result's size.
func applyDelta(dst, base, ops []byte) error {
	at := 0
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		if op&0x80 != 0 {
			offset, size, used := copyOp(op, ops)
			if used < 0 || offset > len(base)-size || size > len(dst)-at {
				return errDelta
			}
			copy(dst[at:at+size], base[offset:offset+size])
			at += size
			ops = ops[used:]
			continue
		}
		size := int(op)
		if size == 0 || size > len(ops) || size > len(dst)-at {
			return errDelta
		}
		copy(dst[at:at+size], ops[:size])
		at += size
		ops = ops[size:]
	}
	if at != len(dst) {
		return fmt.Errorf("%w: it builds %d bytes of %d", errDelta, at, len(dst))
	}
	return nil
}

// headSize is how much of a blob's beginning Walk's Head sees.
const headSize = 512

// deltaHead is the beginning of a delta's result, which need not be built for it.
// A broken delta has what comes before the break.
func deltaHead(dst *[headSize]byte, base, ops []byte) []byte {
	head := dst[:0]
	for len(ops) > 0 && len(head) < headSize {
		op := ops[0]
		ops = ops[1:]
		run, used := ops[:min(int(op), len(ops))], int(op)
		if op&0x80 != 0 {
			var offset, size int
			if offset, size, used = copyOp(op, ops); used < 0 || offset > len(base)-size {
				break
			}
			run = base[offset : offset+size]
		}
		if len(head) == 0 && len(run) >= headSize {
			return run[:headSize] // most deltas begin as their base does
		}
		head = append(head, run[:min(len(run), headSize-len(head))]...)
		ops = ops[min(used, len(ops)):]
	}
	return head
}

// condense appends to dst what is new in a delta's result: all that it
// inserts, and of every run that it copies the first and the last reach bytes,
// because a match of at most reach bytes may straddle the seam. What lies
// between was searched with the base; a NUL byte stands for it, lest its ends
// look like neighbours. What is appended is never longer than result.
func condense(dst, base, ops []byte, result uint64, reach int) ([]byte, error) {
	var total uint64
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		if op&0x80 == 0 {
			size := int(op)
			if size == 0 || size > len(ops) {
				return dst, errDelta
			}
			if total += uint64(size); total > result {
				break
			}
			dst = append(dst, ops[:size]...)
			ops = ops[size:]
			continue
		}
		offset, size, used := copyOp(op, ops)
		if used < 0 || offset > len(base)-size {
			return dst, errDelta
		}
		ops = ops[used:]
		if total += uint64(size); total > result {
			break
		}
		run := base[offset : offset+size]
		if len(run) > 2*reach {
			dst = append(append(dst, run[:reach]...), 0)
			run = run[len(run)-reach:]
		}
		dst = append(dst, run...)
	}
	if total != result {
		return dst, fmt.Errorf("%w: it builds %d bytes of %d", errDelta, total, result)
	}
	return dst, nil
}

// inNews asks a question about what is new in result, which ops built: about the
// bytes that condense takes out of it, where they lie.
func inNews(result, ops []byte, reach int, ask func([]byte) bool) bool {
	from, at := 0, 0
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		if op&0x80 == 0 {
			ops = ops[op:]
			at += int(op)
			continue
		}
		_, size, used := copyOp(op, ops)
		ops = ops[used:]
		if size > 2*reach {
			if ask(result[from : at+reach]) {
				return true
			}
			from = at + size - reach
		}
		at += size
	}
	return ask(result[from:])
}
