package gitpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
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

// runs carries out instructions, each of which adds a run of bytes to dst.
type runs struct {
	dst, base, ops []byte
	at             int // where the next run goes in dst
	next           int // where the next instruction is in ops
	longest        int // fast leaves longer runs of base to others
}

// applyDelta builds the result in dst, whose length is the result's size. What lies behind
// it, as far as its capacity goes, may be written too.
func applyDelta(dst, base, ops []byte) error {
	r := runs{dst: dst, base: base, ops: ops, longest: math.MaxInt}
	for r.fast(); r.next < len(ops); r.fast() {
		run, _, ok := r.run()
		if !ok || len(run) > len(dst)-r.at {
			return errDelta
		}
		r.at += copy(dst[r.at:], run)
	}
	if r.at != len(dst) {
		return fmt.Errorf("%w: it builds %d bytes of %d", errDelta, r.at, len(dst))
	}
	return nil
}

// run reads one instruction, and returns what it adds, and whether it copies that from
// base; not ok if it is broken.
func (r *runs) run() (run []byte, copied, ok bool) {
	op, rest := r.ops[r.next], r.ops[r.next+1:]
	if op&0x80 == 0 {
		size := int(op)
		if size == 0 || size > len(rest) {
			return nil, false, false
		}
		r.next += 1 + size
		return rest[:size], false, true
	}
	offset, size, used := copyOp(op, rest)
	if used < 0 || offset > len(r.base)-size {
		return nil, true, false
	}
	r.next += 1 + used
	return r.base[offset : offset+size], true, true
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
	r := runs{base: base, ops: ops, longest: 2 * reach}
	var total uint64
	for {
		r.dst, r.at = dst[:cap(dst)], len(dst)
		r.fast()
		total += uint64(r.at - len(dst))
		if dst = r.dst[:r.at]; r.next == len(ops) || total > result {
			break
		}
		run, copied, ok := r.run()
		if !ok {
			return dst, errDelta
		}
		if total += uint64(len(run)); total > result {
			break
		}
		if copied && len(run) > 2*reach {
			dst = append(append(dst, run[:reach]...), 0)
			run = run[len(run)-reach:]
		}
		dst = append(dst, run...)
	}
	if total != result {
		return dst[:min(uint64(len(dst)), result)], fmt.Errorf("%w: it builds %d bytes of %d", errDelta, total, result)
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
