package gitpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// A bitWriter makes DEFLATE streams by hand.
type bitWriter struct {
	b    []byte
	free uint // bits of the last byte
}

// bits writes the low n bits of v, lowest first, as header fields and extra bits are.
func (w *bitWriter) bits(v, n uint) {
	for ; n > 0; n-- {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		w.b[len(w.b)-1] |= byte(v&1) << (8 - w.free)
		w.free--
		v >>= 1
	}
}

// code writes the low n bits of v, highest first, as Huffman codes are.
func (w *bitWriter) code(v, n uint) { w.bits(uint(bits.Reverse16(uint16(v))>>(16-n)), n) }

// block begins a block; kind is 0 stored, 1 fixed, 2 dynamic.
func (w *bitWriter) block(final bool, kind uint) {
	w.bits(map[bool]uint{true: 1}[final], 1)
	w.bits(kind, 2)
}

func (w *bitWriter) stored(final bool, size, complement int, data string) {
	w.block(final, 0)
	w.free = 0
	w.b = binary.LittleEndian.AppendUint16(w.b, uint16(size))
	w.b = binary.LittleEndian.AppendUint16(w.b, uint16(complement))
	w.b = append(w.b, data...)
}

// A handCode writes symbols of the canonical code that has these lengths.
type handCode []uint

func (c handCode) put(w *bitWriter, sym int) {
	code := uint(0)
	for length := uint(1); length <= c[sym]; length++ {
		code <<= 1
		for s, l := range c {
			switch {
			case l != length:
			case s == sym:
				w.code(code, length)
				return
			default:
				code++
			}
		}
	}
}

func fixedCode() handCode {
	return slices.Concat(handCode(slices.Repeat([]uint{8}, 144)), slices.Repeat([]uint{9}, 112), slices.Repeat([]uint{7}, 24), slices.Repeat([]uint{8}, 8))
}

var (
	// plainPre gives the code lengths 0 to 15 four bits each, and repeats no code.
	plainPre = handCode(append(slices.Repeat([]uint{4}, 16), 0, 0, 0))
	// repeatPre has no code for 14 and 15, but for all three repeats.
	repeatPre = handCode(append(slices.Repeat([]uint{4}, 14), 0, 0, 4, 5, 5))
)

// dynamicHead writes the head of a dynamic block up to the code lengths.
func (w *bitWriter) dynamicHead(final bool, lits, dists int, pre handCode) {
	w.block(final, 2)
	w.bits(uint(lits-257), 5)
	w.bits(uint(dists-1), 5)
	w.bits(numPre-4, 4)
	for _, sym := range preOrder {
		w.bits(pre[sym], 3)
	}
}

func (w *bitWriter) dynamic(final bool, lits, dists handCode) {
	w.dynamicHead(final, len(lits), len(dists), plainPre)
	for _, length := range slices.Concat(lits, dists) {
		plainPre.put(w, int(length))
	}
}

// lengthsOf is a code of n symbols with the lengths given, the rest has none.
func lengthsOf(n int, lengths map[int]uint) handCode {
	c := make(handCode, n)
	for sym, length := range lengths {
		c[sym] = length
	}
	return c
}

// staircase is a complete code of the lengths 1, 2, 3 .. 14, 15, 15 in that
// order of symbols, so that it has long codes and a subtable of all lengths.
func staircase(n int, syms ...int) handCode {
	c := make(handCode, n)
	for i, sym := range syms {
		c[sym] = uint(min(i+1, len(syms)-1))
	}
	return c
}

func zlibStream(deflate []byte, plain string) []byte {
	s := append([]byte{0x78, 0x9c}, deflate...)
	return binary.BigEndian.AppendUint32(s, adler32.Checksum([]byte(plain)))
}

// handStreams are streams that an encoder would not or seldom make. A nil error
// means that the stream is good.
var handStreams = []struct {
	name  string
	write func(w *bitWriter)
	plain string
	err   error
}{
	{"stored", func(w *bitWriter) { w.stored(true, 5, ^5, "hello") }, "hello", nil},
	{"stored, empty", func(w *bitWriter) { w.stored(true, 0, ^0, "") }, "", nil},
	{"stored, several", func(w *bitWriter) {
		w.stored(false, 2, ^2, "ab")
		w.stored(false, 0, ^0, "")
		w.stored(true, 1, ^1, "c")
	}, "abc", nil},
	{"stored, bad complement", func(w *bitWriter) { w.stored(true, 5, 5, "hello") }, "hello", errStoredLength},
	{"stored after bits", func(w *bitWriter) {
		w.block(false, 1)
		fixedCode().put(w, 'x')
		fixedCode().put(w, 256)
		w.stored(true, 3, ^3, "yz!")
	}, "xyz!", nil},
	{"reserved type", func(w *bitWriter) { w.block(true, 3) }, "", errBlockType},
	{"fixed, empty", func(w *bitWriter) { fixedBlock(w) }, "", nil},
	{"fixed, all literals", func(w *bitWriter) {
		w.block(true, 1)
		for sym := range 257 {
			fixedCode().put(w, sym)
		}
	}, allBytes(), nil},
	{"fixed, match of 258", func(w *bitWriter) { fixedBlock(w, 'a', 285, handDist+0) }, strings.Repeat("a", 259), nil},
	{"fixed, match of 257 by extra bits", func(w *bitWriter) {
		w.block(true, 1)
		fixedCode().put(w, 'a')
		fixedCode().put(w, 284)
		w.bits(30, 5)
		w.code(0, 5)
		fixedCode().put(w, 256)
	}, strings.Repeat("a", 258), nil},
	{"fixed, overlap", func(w *bitWriter) { fixedBlock(w, 'a', 'b', 'c', 264, handDist+2) }, "abcabcabcabca", nil},
	{"fixed, literal symbol 286", func(w *bitWriter) { fixedBlock(w, 'a', 286) }, "a", errSymbol},
	{"fixed, literal symbol 287", func(w *bitWriter) { fixedBlock(w, 'a', 287) }, "a", errSymbol},
	{"fixed, distance symbol 30", func(w *bitWriter) { fixedBlock(w, 'a', 257, handDist+30) }, "aaaa", errDistance},
	{"fixed, distance symbol 31", func(w *bitWriter) { fixedBlock(w, 'a', 257, handDist+31) }, "aaaa", errDistance},
	{"distance before the output", func(w *bitWriter) { fixedBlock(w, 'a', 257, handDist+1) }, "aaaa", errDistance},
	{"distance without output", func(w *bitWriter) { fixedBlock(w, 257, handDist+0) }, "aaa", errDistance},
	{"distance 32768", func(w *bitWriter) { farMatch(w, 32768) }, far(32768) + far(32768)[:3], nil},
	{"distance 32768 after 32767", func(w *bitWriter) { farMatch(w, 32767) }, far(32767) + "abc", errDistance},
	{"dynamic, long codes", func(w *bitWriter) {
		lits := staircase(286, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 257, 'n', 256)
		dists := staircase(16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
		w.dynamic(true, lits, dists)
		for _, b := range []byte(strings.Repeat("abcdefghijklmn", 20)) {
			lits.put(w, int(b))
		}
		lits.put(w, 257)
		dists.put(w, 15) // 193 and six extra bits
		w.bits(63, 6)
		lits.put(w, 'n')
		lits.put(w, 256)
	}, strings.Repeat("abcdefghijklmn", 20) + "klmn", nil},
	{"dynamic, 256 literals of 9 bits", func(w *bitWriter) {
		lits := slices.Concat(handCode(slices.Repeat([]uint{9}, 256)), handCode{2, 2})
		w.dynamic(true, lits, handCode{0})
		for sym := range 257 {
			lits.put(w, sym)
		}
	}, allBytes(), nil},
	{"dynamic, end of block only", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(257, map[int]uint{256: 1}), handCode{0})
		w.code(0, 1)
	}, "", nil},
	{"dynamic, end of block only, its spare pattern", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(257, map[int]uint{256: 1}), handCode{0})
		w.code(1, 1)
	}, "", errSymbol},
	{"dynamic, one distance", func(w *bitWriter) { oneDistance(w, 0) }, "aaaaa", nil},
	{"dynamic, one distance, its spare pattern", func(w *bitWriter) { oneDistance(w, 1) }, "aaaaa", errDistance},
	{"dynamic, no distance, a match", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(258, map[int]uint{'a': 1, 256: 2, 257: 2}), handCode{0})
		w.code(0, 1)
		w.code(3, 2)
		w.code(0, 1)
	}, "aaaa", errDistance},
	{"dynamic, one distance of two bits", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(257, map[int]uint{'a': 1, 256: 1}), handCode{2})
	}, "", errCodeSet},
	{"dynamic, incomplete literals", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(257, map[int]uint{'a': 2, 256: 1}), handCode{1})
	}, "", errCodeSet},
	{"dynamic, over-subscribed literals", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(257, map[int]uint{'a': 1, 'b': 1, 256: 1}), handCode{1})
	}, "", errCodeSet},
	{"dynamic, over-subscribed distances", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(257, map[int]uint{'a': 1, 256: 1}), handCode{1, 1, 1})
	}, "", errCodeSet},
	{"dynamic, no end of block", func(w *bitWriter) {
		w.dynamic(true, lengthsOf(257, map[int]uint{'a': 1, 'b': 1}), handCode{1})
	}, "", errNoEndOfBlock},
	{"dynamic, 287 literals", func(w *bitWriter) { w.dynamic(true, make(handCode, 287), handCode{1}) }, "", errCodeCount},
	{"dynamic, 31 distances", func(w *bitWriter) { w.dynamic(true, make(handCode, 257), make(handCode, 31)) }, "", errCodeCount},
	{"code lengths, incomplete", func(w *bitWriter) {
		w.dynamicHead(true, 257, 1, lengthsOf(numPre, map[int]uint{0: 1, 1: 2}))
	}, "", errCodeSet},
	{"code lengths, one code", func(w *bitWriter) {
		w.dynamicHead(true, 257, 1, lengthsOf(numPre, map[int]uint{8: 1}))
		w.bits(0, 300)
	}, "", errCodeSet},
	{"code lengths, none", func(w *bitWriter) { w.dynamicHead(true, 257, 1, make(handCode, numPre)) }, "", errCodeSet},
	{"code lengths, over-subscribed", func(w *bitWriter) {
		w.dynamicHead(true, 257, 1, lengthsOf(numPre, map[int]uint{0: 1, 1: 1, 2: 1}))
	}, "", errCodeSet},
	{"code lengths, repeats", func(w *bitWriter) { repeats(w, 5) }, "ababa", nil},
	{"code lengths, repeat past the end", func(w *bitWriter) { repeats(w, 6) }, "", errLengthRepeat},
	{"code lengths, repeat of nothing", func(w *bitWriter) {
		w.dynamicHead(true, 257, 1, repeatPre)
		repeatPre.put(w, 16)
		w.bits(0, 2)
	}, "", errLengthRepeat},
}

// handDist makes a distance symbol of its number, for fixedBlock.
const handDist = 5 << 8

// fixedBlock writes one last fixed block.
func fixedBlock(w *bitWriter, syms ...int) {
	w.block(true, 1)
	for _, sym := range append(syms, 256) {
		if sym >= handDist {
			w.code(uint(sym-handDist), 5)
		} else {
			fixedCode().put(w, sym)
		}
	}
}

// far is n bytes whose first three are abc.
func far(n int) string { return strings.Repeat("abcdefg", n/7+1)[:n] }

// farMatch writes n bytes, then a match of three at the greatest distance.
func farMatch(w *bitWriter, n int) {
	w.stored(false, n, ^n, far(n))
	w.block(true, 1)
	fixedCode().put(w, 257)
	w.code(29, 5)
	w.bits(8191, 13)
	fixedCode().put(w, 256)
}

// oneDistance writes "a" and a match of 4 with the given bit as its distance's code.
func oneDistance(w *bitWriter, distance uint) {
	w.dynamic(true, lengthsOf(259, map[int]uint{'a': 1, 256: 2, 258: 2}), handCode{1})
	w.code(0, 1)
	w.code(3, 2)
	w.code(distance, 1)
	w.code(2, 2)
}

// repeats writes code lengths with all three repeats, one of which reaches from
// the literals into the distances. The last is for that many, of 5 that fit.
func repeats(w *bitWriter, last uint) {
	again := func(sym int, n, extra uint) { repeatPre.put(w, sym); w.bits(n, extra) }
	lits := lengthsOf(259, map[int]uint{'a': 2, 'b': 2, 255: 3, 256: 3, 257: 3, 258: 3})
	w.dynamicHead(true, len(lits), 8, repeatPre)
	again(18, 'a'-11, 7)
	repeatPre.put(w, 2)
	repeatPre.put(w, 2)
	again(18, 138-11, 7)
	again(17, 8-3, 3)
	again(17, 10-3, 3)
	repeatPre.put(w, 3)
	again(16, 6-3, 2)
	again(16, last-3, 2)
	lits.put(w, 'a')
	lits.put(w, 'b')
	lits.put(w, 257)
	w.code(1, 3)
	lits.put(w, 256)
}

func allBytes() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}

// inflateGuarded inflates into the middle of a larger buffer and reports a write
// outside of what it was given; in assembly, with room behind or without, and in Go,
// which must not differ. What lies behind stream in memory must not matter.
func inflateGuarded(t *testing.T, z *inflater, size int, stream []byte) ([]byte, int, error) {
	t.Helper()
	stream = append(stream[:len(stream):len(stream)], strings.Repeat("behind the stream ", 4)...)[:len(stream)]
	plain, consumed, err := inflateMarked(t, z, size, 0, stream)
	compare := func(how string, room int) {
		t.Helper()
		other, otherConsumed, otherErr := inflateMarked(t, z, size, room, stream)
		if consumed != otherConsumed || err != otherErr || err == nil && !bytes.Equal(plain, other) {
			t.Fatalf("consumed %d, error %v; %s %d, error %v; same bytes: %t", consumed, err, how, otherConsumed, otherErr, bytes.Equal(plain, other))
		}
	}
	for _, room := range []int{1, 40, 500} {
		compare("with room behind", room)
	}
	defer func(has bool) { cpu.X86.HasBMI2 = has }(cpu.X86.HasBMI2)
	cpu.X86.HasBMI2 = false
	compare("without assembly", 0)
	return plain, consumed, err
}

func inflateMarked(t *testing.T, z *inflater, size, room int, stream []byte) ([]byte, int, error) {
	t.Helper()
	const guard = 64
	mark := bytes.Repeat([]byte{0xa5}, guard)
	whole := slices.Concat(mark, make([]byte, size+room), mark)
	consumed, err := z.inflate(whole[guard:guard+size:guard+size+room], stream)
	if !bytes.Equal(whole[:guard], mark) || !bytes.Equal(whole[guard+size+room:], mark) {
		t.Fatalf("wrote outside of %d bytes", size)
	}
	return whole[guard : guard+size], consumed, err
}

// checkStream checks everything that a good stream promises.
func checkStream(t *testing.T, z *inflater, stream []byte, plain string) {
	t.Helper()
	for _, tail := range []string{"", "x", "more bytes, as in a pack"} {
		got, consumed, err := inflateGuarded(t, z, len(plain), append(stream[:len(stream):len(stream)], tail...))
		if err != nil || consumed != len(stream) || string(got) != plain {
			t.Fatalf("with %d bytes behind it: consumed %d of %d, error %v, right bytes: %t", len(tail), consumed, len(stream), err, string(got) == plain)
		}
	}
	if _, _, err := inflateGuarded(t, z, len(plain)+1, stream); err != errShort {
		t.Fatalf("one byte more wanted: %v", err)
	}
	if plain != "" {
		if _, _, err := inflateGuarded(t, z, len(plain)-1, stream); err != errFull {
			t.Fatalf("one byte less wanted: %v", err)
		}
	}
	for _, n := range []int{0, 1, 32, 300, len(plain), len(plain) + 9} {
		dst := make([]byte, n)
		got, err := z.prefix(dst, stream)
		if want := plain[:min(n, len(plain))]; err != nil || string(dst[:got]) != want {
			t.Fatalf("prefix of %d: %d bytes, error %v", n, got, err)
		}
	}
}

func TestInflateHandMade(t *testing.T) {
	var z inflater
	for _, tt := range handStreams {
		t.Run(tt.name, func(t *testing.T) {
			var w bitWriter
			tt.write(&w)
			stream := zlibStream(w.b, tt.plain)
			if tt.err == nil {
				checkStream(t, &z, stream, tt.plain)
			} else if _, _, err := inflateGuarded(t, &z, len(tt.plain), append(stream, make([]byte, 32)...)); err != tt.err {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if r := readStd(stream); (r.err == nil) != (tt.err == nil) {
				t.Errorf("compress/zlib judges otherwise: %v", r.err)
			}
		})
	}
}

func TestInflateHeaderAndTrailer(t *testing.T) {
	var w bitWriter
	fixedBlock(&w, 'h', 'i')
	good := zlibStream(w.b, "hi")
	patch := func(at int, b ...byte) []byte {
		s := slices.Clone(good)
		copy(s[at:], b)
		return s
	}
	tests := []struct {
		name   string
		stream []byte
		err    error
	}{
		{"good", good, nil},
		{"window of 256 bytes", patch(0, 0x08, 0x1d), nil},
		{"window of 64 KiB", patch(0, 0x88, 0x1c), errZlibHeader},
		{"another method", patch(0, 0x79, 0x98), errZlibHeader},
		{"bad check bits", patch(1, 0x9d), errZlibHeader},
		{"preset dictionary", patch(0, 0x78, 0xbb), errDictionary},
		{"bad adler", patch(len(good)-1, good[len(good)-1]^1), errAdler},
		{"empty", nil, errTruncated},
	}
	var z inflater
	for _, tt := range tests {
		var dst [2]byte
		if _, err := z.inflate(dst[:], tt.stream); err != tt.err {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
		// A prefix that an earlier stream filled must not pass for this one's.
		if _, err := z.prefix(dst[:], tt.stream); err != tt.err && tt.err != errAdler {
			t.Errorf("%s: prefix: error %v, want %v", tt.name, err, tt.err)
		}
	}
	z.skipAdler = true
	var dst [2]byte
	if n, err := z.inflate(dst[:], patch(len(good)-1, good[len(good)-1]^1)); err != nil || n != len(good) {
		t.Errorf("without the checksum: %d, %v", n, err)
	}
}

// TestInflateTruncated cuts streams at every byte.
func TestInflateTruncated(t *testing.T) {
	var z inflater
	cut := func(stream []byte, plain string) {
		t.Helper()
		dst := make([]byte, len(plain))
		for n := range stream {
			if _, _, err := inflateGuarded(t, &z, len(plain), stream[:n]); err != errTruncated {
				t.Fatalf("first %d of %d bytes: %v", n, len(stream), err)
			}
			got, err := z.prefix(dst[:len(plain)/2], stream[:n])
			if err != nil && err != errTruncated || err == nil && string(dst[:got]) != plain[:len(plain)/2] {
				t.Fatalf("prefix of the first %d of %d bytes: %d bytes, %v", n, len(stream), got, err)
			}
		}
	}
	for _, tt := range handStreams {
		if tt.err == nil && len(tt.plain) < 32768 {
			var w bitWriter
			tt.write(&w)
			cut(zlibStream(w.b, tt.plain), tt.plain)
		}
	}
	seen := map[string]bool{} // levels often make the same stream
	for level := -2; level <= 9; level++ {
		text := sourceText(1500)
		if stream := deflate(t, text, level); !seen[string(stream)] {
			seen[string(stream)] = true
			cut(stream, text)
		}
	}
}

func TestInflateRoundTrip(t *testing.T) {
	kinds := map[string]func(n int) string{
		"zeros":  func(n int) string { return string(make([]byte, n)) },
		"text":   sourceText,
		"random": randomBytes,
		"mixed":  func(n int) string { return (sourceText(n/2) + randomBytes(n/4) + sourceText(n))[:n] },
		"hex":    func(n int) string { return fmt.Sprintf("%x", randomBytes(n))[:n] },
	}
	for kind, generate := range kinds {
		t.Run(kind, func(t *testing.T) {
			var texts []string
			for _, size := range []int{0, 1, 7, 17, 18, 19, 100, 1000, 70_000} {
				texts = append(texts, generate(size))
			}
			checkLevels(t, texts)
		})
	}
	t.Run("distances", func(t *testing.T) { // they decide how a match is copied
		var texts []string
		for period := 2; period <= 18; period++ {
			texts = append(texts, strings.Repeat(randomBytes(period), 300/period))
		}
		checkLevels(t, texts)
	})
}

func checkLevels(t *testing.T, texts []string) {
	t.Helper()
	var z inflater
	seen := map[string]bool{} // levels often make the same stream
	for _, level := range []int{-2, 0, 1, 2, 4, 6, 9} {
		encode, encodeOther := deflater(t, level), otherDeflater(t, level)
		for _, plain := range texts {
			for _, stream := range [][]byte{encode(t, plain), encodeOther(t, plain)} {
				if !seen[string(stream)] {
					seen[string(stream)] = true
					checkStream(t, &z, stream, plain)
				}
			}
		}
	}
}

func TestInflateAllocatesNothing(t *testing.T) {
	plain := sourceText(10_000)
	stream, dst := deflate(t, plain, 6), make([]byte, len(plain))
	var z inflater
	if n := testing.AllocsPerRun(20, func() {
		if _, err := z.inflate(dst, stream); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a stream", n)
	}
}
