package archive

import (
	"bufio"
	"encoding/binary"
	"io"
)

// The filters of 7z, which make programs and samples pack better, undone.

// A delta reader adds to each byte the one that stands some way before it.
type delta struct {
	from io.Reader
	last [256]byte
	at   int
	way  int
}

func newDelta(properties []byte, r io.Reader) *delta {
	way := 1
	if len(properties) > 0 {
		way += int(properties[0])
	}
	return &delta{from: r, way: way}
}

func (d *delta) Read(b []byte) (int, error) {
	n, err := d.from.Read(b)
	for i := range b[:n] {
		d.last[d.at] += b[i]
		b[i] = d.last[d.at]
		d.at = (d.at + 1) % d.way
	}
	return n, err
}

// A bcj2 reader puts a program together whose branch targets were packed apart
// (Bcj2.c of the LZMA SDK): those of calls and of jumps, and which branches these
// are of.
type bcj2 struct {
	main, call, jump, code *bufio.Reader
	odds                   [2 + 256]uint16
	rng, value             uint32
	at                     uint32 // in the output
	last                   byte
	target                 [4]byte
	left                   int // bytes of target that are to be handed over
	err                    error
}

func newBCJ2(in []io.Reader) *bcj2 {
	r := &bcj2{rng: 1<<32 - 1}
	for i, b := range []**bufio.Reader{&r.main, &r.call, &r.jump, &r.code} {
		*b = bufio.NewReader(in[i])
	}
	for i := range r.odds {
		r.odds[i] = 1 << 10
	}
	for range 5 {
		r.value = r.value<<8 | uint32(r.next())
	}
	return r
}

func (r *bcj2) next() byte {
	c, err := r.code.ReadByte()
	if err != nil && r.err == nil {
		r.err = io.ErrUnexpectedEOF
	}
	return c
}

// bit decodes one bit.
func (r *bcj2) bit(odds *uint16) bool {
	if r.rng < 1<<24 {
		r.rng <<= 8
		r.value = r.value<<8 | uint32(r.next())
	}
	bound := (r.rng >> 11) * uint32(*odds)
	if r.value < bound {
		r.rng = bound
		*odds += (1<<11 - *odds) >> 5
		return false
	}
	r.rng -= bound
	r.value -= bound
	*odds -= *odds >> 5
	return true
}

func (r *bcj2) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if r.left > 0 {
			b[n] = r.target[len(r.target)-r.left]
			r.left--
			n++
			continue
		}
		if r.err != nil {
			return n, r.err
		}
		c, err := r.main.ReadByte()
		if err != nil {
			return n, err
		}
		b[n] = c
		n++
		r.at++
		r.branch(c)
	}
	return n, nil
}

// branch looks whether the byte c ends an instruction that a target follows, and
// reads that.
func (r *bcj2) branch(c byte) {
	before := r.last
	r.last = c
	from, odds := r.jump, &r.odds[1]
	switch {
	case c == 0xe8:
		from, odds = r.call, &r.odds[2+int(before)]
	case c == 0xe9:
		odds = &r.odds[0]
	case before != 0x0f || c&0xf0 != 0x80:
		return
	}
	if !r.bit(odds) {
		return
	}
	var target [4]byte
	if _, err := io.ReadFull(from, target[:]); err != nil {
		r.err = io.ErrUnexpectedEOF
		return
	}
	r.at += 4
	binary.LittleEndian.PutUint32(r.target[:], binary.BigEndian.Uint32(target[:])-r.at)
	r.last, r.left = r.target[3], 4
}

// An x86 reader undoes a filter that gives calls and jumps absolute targets (x86.c
// of the LZMA SDK). What looks like an instruction may lie in the operand of
// another, so that it remembers which of the last three bytes did.
type x86 struct {
	from   io.Reader
	buf    [4096]byte
	have   int    // bytes of buf in use,
	done   int    // of these undone,
	given  int    // and of these handed over
	at     int    // where buf stands in the text
	looked uint32 // like an instruction: the last byte is the lowest bit
	err    error
}

func (r *x86) Read(b []byte) (int, error) {
	for r.given == r.done {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(b, r.buf[r.given:r.done])
	r.given += n
	return n, nil
}

// fill reads on behind what is not undone yet for lack of what follows.
func (r *x86) fill() {
	r.at += r.done
	r.have = copy(r.buf[:], r.buf[r.done:r.have])
	r.done, r.given = 0, 0
	n, err := r.from.Read(r.buf[r.have:])
	r.have += n
	r.undo()
	if r.err = err; err != nil {
		r.done = r.have // an instruction that is cut off was left alone
	}
}

const x86Instruction = 5

func (r *x86) undo() {
	before := -1 // the last byte that looked like an instruction
	at := 0
	for ; at+x86Instruction <= r.have; at++ {
		if r.buf[at]&0xfe != 0xe8 {
			continue
		}
		r.forget(at - before)
		before = at
		p := r.buf[at : at+x86Instruction]
		if r.looked != 0 && !r.believed(p) || !isFar(p[4]) {
			r.looked = r.looked<<1&7 | 1
			continue
		}
		r.target(p, uint32(r.at+at+x86Instruction))
		at += x86Instruction - 1
	}
	r.forget(at - before)
	r.done = at
}

// forget moves on by some bytes.
func (r *x86) forget(way int) {
	if way > 3 {
		r.looked = 0
		return
	}
	r.looked = r.looked << (way - 1) & 7
}

// isFar tells the highest byte of a target that the filter takes for one.
func isFar(c byte) bool { return c == 0 || c == 0xff }

// overlap is how many bytes of an instruction's operand may belong to one before
// it.
func (r *x86) overlap() int {
	switch {
	case r.looked >= 4:
		return 3
	case r.looked >= 2:
		return 2
	}
	return int(r.looked)
}

// believed reports whether the filter took p for an instruction though others
// may have begun just before it.
func (r *x86) believed(p []byte) bool {
	one := r.looked&(r.looked-1) == 0
	return one && !isFar(p[4-r.overlap()])
}

// target makes the target of the instruction p, which ends at end, a distance.
func (r *x86) target(p []byte, end uint32) {
	way := binary.LittleEndian.Uint32(p[1:]) - end
	shift := 8 * r.overlap()
	for tries := 0; r.looked != 0 && isFar(byte(way>>(24-shift))) && tries < 4; tries++ {
		way = way ^ (1<<(32-shift) - 1) - end
	}
	way &= 1<<25 - 1
	if way&(1<<24) != 0 {
		way |= 0xff << 24
	}
	binary.LittleEndian.PutUint32(p[1:], way)
}
