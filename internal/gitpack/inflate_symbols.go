package gitpack

import "encoding/binary"

// fastRoom is the room in dst that one turn of the fast loop needs at most: two
// literals and a match copied in two words, or more through copyMatch.
const fastRoom = 2 + 2*8

// symbols decodes a block's literals and matches up to its end.
func (z *inflater) symbols(t *tables) error {
	for {
		if ended, err := z.words(t); ended || err != nil {
			return err
		}
		if err := z.fastSymbols(t); err != nil {
			return err
		}
		if ended, err := z.symbol(t); ended || err != nil {
			return err
		}
	}
}

// symbol decodes one literal, match or end of block, of any kind and anywhere.
func (z *inflater) symbol(t *tables) (ended bool, err error) {
	if !z.refill() {
		return false, errTruncated
	}
	entry, value := z.next(t.lit[:], litBits)
	switch {
	case entry&entryLiteral != 0:
		if z.out == len(z.dst) {
			return false, errFull
		}
		z.dst[z.out] = byte(value)
		z.out++
		return false, nil
	case entry&entryOther == 0:
		return false, z.match(t, value)
	case entry&entryEnd != 0:
		return true, nil
	}
	return false, errSymbol
}

// next decodes one symbol, with its extra bits, from bits that are at hand.
func (z *inflater) next(table []uint32, width uint) (entry uint32, value int) {
	entry = table[z.bits&(1<<width-1)]
	if entry&entryLink != 0 {
		z.take(width)
		index := z.bits & (1<<(entry>>8&15) - 1)
		entry = table[uint64(entry>>entryValue)+index]
	}
	code := uint(entry >> 8 & 15)
	z.take(code)
	return entry, int(entry>>entryValue&0x7fff) + int(z.take(uint(entry&63)-code))
}

// match decodes a match of the given length and copies what it refers to.
func (z *inflater) match(t *tables, length int) error {
	z.refill()
	entry, dist := z.next(t.dist[:], distBits)
	if entry&entryOther != 0 || dist > z.out {
		return errDistance
	}
	n := min(length, len(z.dst)-z.out)
	copyMatch(z.dst[z.out-dist:z.out+n], dist)
	z.out += n
	if n < length {
		return errFull
	}
	return nil
}

// copyMatch fills b from its first dist bytes, over and over.
func copyMatch(b []byte, dist int) {
	for n := dist; n < len(b); {
		n += copy(b[n:], b[:n])
	}
}

// fastSymbols decodes for as long as there is input and room to spare and
// codes are short; it stops without an error in front of any other symbol. Its
// state lives in local variables, and its conditions are put so that the
// compiler sees that the indexes are in bounds and adds no checks of its own.
func (z *inflater) fastSymbols(t *tables) (err error) {
	src, dst := z.src[:len(z.src):len(z.src)], z.dst[:len(z.dst):len(z.dst)]
	pos, out, bits, nbits := z.pos, z.out, z.bits, z.nbits
	for pos >= 0 && pos <= len(src)-8 && out >= 0 && out <= len(dst)-fastRoom {
		pos, bits, nbits = refillWord(src, pos, bits, nbits)
		entry := t.lit[bits%(1<<litBits)]
		if entry&entryLiteral != 0 {
			dst[out] = byte(entry >> entryValue)
			out++
			bits >>= entry & entryDrop
			nbits -= uint(entry & entryDrop)
			entry = t.lit[bits%(1<<litBits)]
			if entry&entryLiteral != 0 {
				dst[out] = byte(entry >> entryValue)
				out++
				bits >>= entry & entryDrop
				nbits -= uint(entry & entryDrop)
				entry = t.lit[bits%(1<<litBits)]
				if entry&entryLiteral != 0 {
					dst[out] = byte(entry >> entryValue)
					out++
					bits >>= entry & entryDrop
					nbits -= uint(entry & entryDrop)
					continue
				}
			}
		}
		if entry&entryOther != 0 {
			break
		}
		length := int(entry>>entryValue) + extraBits(bits, entry)
		bits >>= entry & entryDrop
		nbits -= uint(entry & entryDrop)

		if pos >= 0 && pos <= len(src)-8 {
			pos, bits, nbits = refillWord(src, pos, bits, nbits)
		} else {
			pos, bits, nbits = refillTail(src, pos, bits, nbits)
		}
		entry = t.dist[bits%(1<<distBits)]
		if entry&entryLink != 0 {
			bits >>= distBits
			nbits -= distBits
			entry = t.dist[(uint64(entry>>entryValue)+bits&(1<<(entry>>8&15)-1))%distSize]
		}
		from := out - int(entry>>entryValue) - extraBits(bits, entry)
		bits >>= entry & entryDrop
		nbits -= uint(entry & entryDrop)
		if from < 0 || entry&entryOther != 0 {
			err = errDistance
			break
		}
		if length <= 16 && out-from >= 8 && from <= len(dst)-16 && out >= 0 && out <= len(dst)-16 {
			binary.LittleEndian.PutUint64(dst[out:], binary.LittleEndian.Uint64(dst[from:]))
			binary.LittleEndian.PutUint64(dst[out+8:], binary.LittleEndian.Uint64(dst[from+8:]))
			out += length
			continue
		}
		n := min(length, len(dst)-out)
		copyMatch(dst[from:out+n], out-from)
		out += n
		if n < length {
			err = errFull
			break
		}
	}
	z.pos, z.out, z.bits, z.nbits = pos, out, bits, nbits
	return err
}

// extraBits returns the value of the extra bits that follow entry's code.
func extraBits(bits uint64, entry uint32) int {
	return int(bits & (1<<(entry&entryDrop) - 1) >> (entry >> 8 & 15))
}
