package gitpack

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
)

// What can be wrong with a stream. The caller knows the object and wraps them.
var (
	errTruncated    = errors.New("inflate: input ends inside the stream")
	errFull         = errors.New("inflate: stream is longer than the size it was said to have")
	errShort        = errors.New("inflate: stream is shorter than the size it was said to have")
	errZlibHeader   = errors.New("inflate: not a zlib header")
	errDictionary   = errors.New("inflate: stream wants a preset dictionary")
	errBlockType    = errors.New("inflate: block of the reserved type")
	errStoredLength = errors.New("inflate: stored block whose length and its complement differ")
	errCodeCount    = errors.New("inflate: block with more codes than there are symbols")
	errLengthRepeat = errors.New("inflate: code length repeated without a first or past the last symbol")
	errCodeSet      = errors.New("inflate: over-subscribed or incomplete code")
	errNoEndOfBlock = errors.New("inflate: block without a code for its end")
	errSymbol       = errors.New("inflate: bits that are no symbol's code")
	errDistance     = errors.New("inflate: match with a distance that has no code or reaches before the output")
	errAdler        = errors.New("inflate: wrong Adler-32 checksum")
)

const (
	zlibHeaderSize = 2
	adlerSize      = 4
)

// An inflater decodes zlib streams (RFC 1950, RFC 1951) from memory to memory.
//
// It is fast for what packs are made of, many small streams whose size is known,
// because it asks for the whole input and for room for the whole output: it
// needs no window, no state to resume and no allocation. One inflater serves one
// goroutine and any number of streams, in any order, good or bad; it keeps no
// reference to a stream once it returns.
//
// It accepts exactly what zlib's inflate accepts with its largest window, which
// is what git reads with.
type inflater struct {
	// skipAdler trusts the data: pack entries are covered by the CRC-32 of the
	// pack's index, which is checked over the compressed bytes.
	skipAdler bool

	src []byte
	dst []byte
	// pos is where the next refill reads in src. It may stand up to eight bytes
	// past the end, since bits read there count as zeros until they are used.
	pos int
	out int
	// bits holds nbits unread bits, the next one lowest; whatever is above them
	// is not yet counted, but is what src holds there.
	bits  uint64
	nbits uint

	lens    codeSet
	dists   codeSet
	pre     [1 << preBits]uint32
	dynamic tables
}

// inflate decodes the zlib stream at the start of src into dst, whose length
// must be the stream's exact size. It returns how many bytes of src the stream
// takes, checksum included. What dst holds after an error is unspecified, and what lies
// behind it, as far as its capacity goes, may be written too: room there makes the end of
// a stream faster.
func (z *inflater) inflate(dst, src []byte) (consumed int, err error) {
	defer z.release()
	if err := z.run(dst, src); err != nil {
		return 0, err
	}
	if z.out != len(dst) {
		return 0, errShort
	}
	return z.trailer()
}

// prefix decodes the zlib stream at the start of src until dst is full or the
// stream ends, and returns how many bytes of dst it filled. It neither reads nor
// checks what comes after, except that it may look at one more symbol: src
// must not be cut short just behind the wanted bytes.
func (z *inflater) prefix(dst, src []byte) (n int, err error) {
	defer z.release()
	err = z.run(dst[:len(dst):len(dst)], src)
	if err != nil && (z.out < len(dst) || z.overrun()) {
		return 0, err
	}
	return z.out, nil
}

func (z *inflater) release() { z.src, z.dst = nil, nil }

// overrun reports whether bits past the end of src have been used.
func (z *inflater) overrun() bool { return z.pos-int(z.nbits>>3) > len(z.src) }

// run decodes the header and all blocks. More output than dst holds is errFull,
// and whatever comes of bits past the end of src is errTruncated. Which of them a stream
// comes to first tells an attempt that keeps to dst.
func (z *inflater) run(dst, src []byte) error {
	err := z.blocks(dst, src)
	if z.out > len(dst) {
		err = z.blocks(dst[:len(dst):len(dst)], src)
	}
	return err
}

func (z *inflater) blocks(dst, src []byte) error {
	z.src, z.dst = src, dst
	z.pos, z.out, z.bits, z.nbits = zlibHeaderSize, 0, 0, 0
	if err := checkZlibHeader(src); err != nil {
		return err
	}
	for {
		final, err := z.block()
		if z.overrun() {
			return errTruncated
		}
		if final || err != nil {
			return err
		}
	}
}

func checkZlibHeader(src []byte) error {
	const (
		deflate    = 8
		maxWindow  = 7 << 4 // 32 KiB
		dictionary = 0x20
	)
	if len(src) < zlibHeaderSize {
		return errTruncated
	}
	if src[0]&15 != deflate || src[0]&0xf0 > maxWindow || binary.BigEndian.Uint16(src)%31 != 0 {
		return errZlibHeader
	}
	if src[1]&dictionary != 0 {
		return errDictionary
	}
	return nil
}

// trailer ends the stream: the bits up to the next byte are padding, then
// comes the checksum of the output.
func (z *inflater) trailer() (consumed int, err error) {
	pos := z.pos - int(z.nbits>>3)
	if pos > len(z.src)-adlerSize {
		return 0, errTruncated
	}
	if !z.skipAdler && adler32.Checksum(z.dst) != binary.BigEndian.Uint32(z.src[pos:]) {
		return 0, errAdler
	}
	return pos + adlerSize, nil
}

// block decodes one block.
func (z *inflater) block() (final bool, err error) {
	if !z.refill() {
		return false, errTruncated
	}
	head := z.take(3)
	switch head >> 1 {
	case 0:
		err = z.stored()
	case 1:
		err = z.symbols(&standard().fixed)
	case 2:
		if err = z.readCodes(); err == nil {
			err = z.symbols(&z.dynamic)
		}
	default:
		err = errBlockType
	}
	return head&1 != 0, err
}

// stored copies a block that is not compressed.
func (z *inflater) stored() error {
	const lengths = 4
	z.pos -= int(z.nbits >> 3)
	z.bits, z.nbits = 0, 0
	if z.pos > len(z.src)-lengths {
		return errTruncated
	}
	size := int(binary.LittleEndian.Uint16(z.src[z.pos:]))
	if size^0xffff != int(binary.LittleEndian.Uint16(z.src[z.pos+2:])) {
		return errStoredLength
	}
	z.pos += lengths
	from := z.src[z.pos:min(z.pos+size, len(z.src))]
	n := copy(z.dst[z.out:], from)
	z.out += n
	z.pos += n
	switch {
	case n == size:
		return nil
	case n == len(from):
		return errTruncated
	}
	return errFull
}

// refill brings the bit buffer to at least 56 bits. It is false if the bits
// used so far include some from past the end of src.
func (z *inflater) refill() bool {
	if z.pos <= len(z.src)-8 {
		z.pos, z.bits, z.nbits = refillWord(z.src, z.pos, z.bits, z.nbits)
		return true
	}
	ok := !z.overrun()
	z.pos, z.bits, z.nbits = refillTail(z.src, z.pos, z.bits, z.nbits)
	return ok
}

// refillWord reads as many whole bytes as the bit buffer has room for. There
// must be eight bytes at pos.
func refillWord(src []byte, pos int, bits uint64, nbits uint) (int, uint64, uint) {
	bits |= binary.LittleEndian.Uint64(src[pos:]) << (nbits & 63)
	return pos + int((63-nbits)>>3), bits, nbits | 56
}

// refillTail is refillWord for the last bytes of src; it goes on with zeros. They
// do no harm: a caller that has used one finds out at its next refill, and that
// comes before it has used up more than one buffer of them.
func refillTail(src []byte, pos int, bits uint64, nbits uint) (int, uint64, uint) {
	bits &= 1<<nbits - 1
	for ; nbits < 56; nbits += 8 {
		if pos < len(src) {
			bits |= uint64(src[pos]) << nbits
		}
		pos++
	}
	return pos, bits, nbits
}

// take removes n bits, which the last refill must have provided.
func (z *inflater) take(n uint) uint {
	v := uint(z.bits & (1<<n - 1))
	z.bits >>= n
	z.nbits -= n
	return v
}
