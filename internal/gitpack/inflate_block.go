package gitpack

// preOrder is the order in which the code lengths of code lengths are stored.
var preOrder = [numPre]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes with which a block of the dynamic type begins.
func (z *inflater) readCodes() error {
	lits, dists := int(z.take(5))+257, int(z.take(5))+1
	if lits > maxLit || dists > maxDist {
		return errCodeCount
	}
	if err := z.readPre(int(z.take(4)) + 4); err != nil {
		return err
	}
	var run lengthRun
	if err := z.readLengths(&z.lens, lits, &run); err != nil {
		return err
	}
	if err := z.readLengths(&z.dists, dists, &run); err != nil {
		return err
	}
	if run.left > 0 {
		return errLengthRepeat
	}
	if !z.lens.has(endOfBlock) {
		return errNoEndOfBlock
	}
	std := standard()
	if !z.lens.build(z.dynamic.lit[:], litBits, std.lit[:]) || !z.dists.build(z.dynamic.dist[:], distBits, std.dist[:]) {
		return errCodeSet
	}
	return nil
}

// readPre reads the code of the code lengths, of which n lengths are stored.
func (z *inflater) readPre(n int) error {
	if !z.refill() {
		return errTruncated
	}
	var lengths [numPre]uint8
	for i, sym := range preOrder[:n] {
		if i == 16 && !z.refill() {
			return errTruncated
		}
		lengths[sym] = uint8(z.take(3))
	}
	set := &z.lens // not needed yet for its own code
	set.count = [maxCodeBits + 1]uint16{}
	for sym, length := range lengths {
		set.add(sym, uint(length))
	}
	// zlib makes no exception here for a single code.
	if _, complete := set.check(); !complete {
		return errCodeSet
	}
	set.build(z.pre[:], preBits, standard().pre[:])
	return nil
}

// A lengthRun is what carries over from one code's lengths to the next: they
// are one sequence, and a repeat may reach across.
type lengthRun struct {
	last  uint
	left  int
	begun bool // there is a last length
}

// readLengths reads the lengths of n codes into set.
func (z *inflater) readLengths(set *codeSet, n int, run *lengthRun) error {
	set.count = [maxCodeBits + 1]uint16{}
	last, left, begun := run.last, run.left, run.begun
	src, pos, bits, nbits := z.src, z.pos, z.bits, z.nbits
	for i := 0; ; {
		if last == 0 {
			skip := min(left, n-i)
			i += skip
			left -= skip
		}
		for ; left > 0 && i < n; left-- {
			set.add(i, last)
			i++
		}
		if i >= n {
			break
		}
		if pos >= 0 && pos <= len(src)-8 {
			pos, bits, nbits = refillWord(src, pos, bits, nbits)
		} else if pos-int(nbits>>3) <= len(src) {
			pos, bits, nbits = refillTail(src, pos, bits, nbits)
		} else {
			return errTruncated
		}
		entry := z.pre[bits%(1<<preBits)]
		left = int(entry>>entryValue&0x7fff) + extraBits(bits, entry)
		bits >>= entry & entryDrop
		nbits -= uint(entry & entryDrop)
		switch {
		case entry&entryLiteral != 0:
			last, left = uint(left), 1
		case entry&entryLast == 0:
			last = 0
		case !begun:
			return errLengthRepeat
		}
		begun = true
	}
	run.last, run.left, run.begun = last, left, begun
	z.pos, z.bits, z.nbits = pos, bits, nbits
	return nil
}
