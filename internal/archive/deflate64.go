package archive

import (
	"bufio"
	"errors"
	"io"
)

// Deflate64 is DEFLATE (RFC 1951) with a window of 64 KiB: two more distances, and a
// last length that takes 16 bits more, from 3 on. Windows packs what is larger than 2 GiB so,
// and 7-Zip if told to. Nobody needs it fast.

const (
	d64Window  = 64 << 10
	d64MaxBits = 15 // of a code
	d64Lengths = 286
)

var errDeflate64 = errors.New("deflate64: the data are damaged")

// The lengths and distances that symbols stand for: from a base on, by as many bits
// as follow.
var (
	d64LengthBase = [...]int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 3}
	d64LengthBits = [...]uint{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16}
	d64CodeOrder  = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// d64Distance is the base of a distance's symbol, and how many bits follow.
func d64Distance(symbol int) (base int, bits uint) {
	if symbol < 4 {
		return symbol + 1, 0
	}
	bits = uint(symbol/2 - 1)
	return (2+symbol&1)<<bits + 1, bits
}

// A d64Code is a canonical Huffman code: how many symbols each length of code has,
// and the symbols in the order of their codes.
type d64Code struct {
	count   [d64MaxBits + 1]int
	symbols []int
}

// newD64Code makes the code in which each symbol has a length; false if there are
// more codes than fit.
func newD64Code(lengths []uint8) (c d64Code, ok bool) {
	for _, n := range lengths {
		c.count[n]++
	}
	c.count[0] = 0
	var at [d64MaxBits + 2]int
	free := 1
	for n := 1; n <= d64MaxBits; n++ {
		if free = free<<1 - c.count[n]; free < 0 {
			return c, false
		}
		at[n+1] = at[n] + c.count[n]
	}
	c.symbols = make([]int, at[d64MaxBits+1])
	for symbol, n := range lengths {
		if n > 0 {
			c.symbols[at[n]] = symbol
			at[n]++
		}
	}
	return c, true
}

// A deflate64 reader unpacks what from gives, of which it takes no byte too many.
type deflate64 struct {
	from   *bufio.Reader
	bits   uint32 // that were read and not used, the first in the lowest place
	have   uint   // how many
	window [d64Window]byte
	size   int    // bytes unpacked
	buf    []byte // the last of them
	out    []byte // of these, those that were not handed over
	err    error

	last     bool // no block follows the one at hand
	stored   int  // bytes left of a stored block
	packed   bool // a packed block is at hand
	literals d64Code
	offsets  d64Code
}

// Read implements io.Reader.
func (d *deflate64) Read(b []byte) (int, error) {
	if len(d.out) == 0 {
		d.buf = d.buf[:0]
		for d.err == nil && len(d.buf) < bufferSize {
			d.step()
		}
		d.out = d.buf
	}
	n := copy(b, d.out)
	if d.out = d.out[n:]; n > 0 || len(b) == 0 {
		return n, nil
	}
	return 0, d.err
}

// step unpacks a symbol or a stored byte, or begins a block.
func (d *deflate64) step() {
	switch {
	case d.stored > 0:
		d.stored--
		d.emit(byte(d.take(8)))
	case d.packed:
		d.symbol()
	case d.last:
		d.fail(io.EOF)
	default:
		d.last = d.take(1) == 1
		d.block(d.take(2))
	}
}

func (d *deflate64) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// take reads n bits, at most 16; 0 behind the end.
func (d *deflate64) take(n uint) int {
	for d.have < n {
		c, err := d.from.ReadByte()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			d.fail(err)
			return 0
		}
		d.bits |= uint32(c) << d.have
		d.have += 8
	}
	value := d.bits & (1<<n - 1)
	d.bits >>= n
	d.have -= n
	return int(value)
}

func (d *deflate64) emit(c byte) {
	if d.err != nil {
		return
	}
	d.window[d.size%d64Window] = c
	d.size++
	d.buf = append(d.buf, c)
}

// block begins a block.
func (d *deflate64) block(kind int) {
	switch kind {
	case 0:
		d.bits, d.have = 0, 0
		size := d.take(16)
		if d.take(16) != size^0xffff {
			d.fail(errDeflate64)
			return
		}
		d.stored = size
	case 1:
		d.packed = true
		lengths := make([]uint8, 288)
		for i := range lengths {
			switch {
			case i < 144 || i >= 280:
				lengths[i] = 8
			case i < 256:
				lengths[i] = 9
			default:
				lengths[i] = 7
			}
		}
		d.literals, _ = newD64Code(lengths)
		d.offsets, _ = newD64Code(repeated(5, 32))
	case 2:
		d.packed = true
		d.codes()
	default:
		d.fail(errDeflate64)
	}
}

func repeated(value uint8, n int) []uint8 {
	b := make([]uint8, n)
	for i := range b {
		b[i] = value
	}
	return b
}

// codes reads the codes of a block that has its own.
func (d *deflate64) codes() {
	literals, offsets, n := d.take(5)+257, d.take(5)+1, d.take(4)+4
	var of [19]uint8
	for _, symbol := range d64CodeOrder[:n] {
		of[symbol] = uint8(d.take(3))
	}
	code, ok := newD64Code(of[:])
	lengths := make([]uint8, 0, literals+offsets)
	for ok && d.err == nil && len(lengths) < literals+offsets {
		value, times := d.decode(code), 1
		switch {
		case value == 16 && len(lengths) > 0:
			value, times = int(lengths[len(lengths)-1]), 3+d.take(2)
		case value == 17:
			value, times = 0, 3+d.take(3)
		case value == 18:
			value, times = 0, 11+d.take(7)
		case value == 16:
			ok = false
		}
		lengths = append(lengths, repeated(uint8(value), times)...)
	}
	if ok = ok && len(lengths) == literals+offsets && literals <= d64Lengths; ok {
		d.literals, ok = newD64Code(lengths[:literals])
	}
	if ok {
		d.offsets, ok = newD64Code(lengths[literals:])
	}
	if !ok {
		d.fail(errDeflate64)
	}
}

// decode reads a symbol.
func (d *deflate64) decode(c d64Code) int {
	code, first, at := 0, 0, 0
	for n := 1; n <= d64MaxBits && d.err == nil; n++ {
		code |= d.take(1)
		if code-first < c.count[n] {
			return c.symbols[at+code-first]
		}
		at += c.count[n]
		first = (first + c.count[n]) << 1
		code <<= 1
	}
	d.fail(errDeflate64)
	return 0
}

// symbol unpacks a symbol of a packed block.
func (d *deflate64) symbol() {
	symbol := d.decode(d.literals)
	switch {
	case d.err != nil:
	case symbol < 256:
		d.emit(byte(symbol))
	case symbol == 256:
		d.packed = false
	case symbol >= d64Lengths:
		d.fail(errDeflate64)
	default:
		length := d64LengthBase[symbol-257] + d.take(d64LengthBits[symbol-257])
		base, bits := d64Distance(d.decode(d.offsets))
		distance := base + d.take(bits)
		if distance > d.size {
			d.fail(errDeflate64)
		}
		for i := 0; i < length && d.err == nil; i++ {
			d.emit(d.window[(d.size-distance)%d64Window])
		}
	}
}
