//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// The state of the decoder. Of nbits only the lowest byte counts: an entry is
// taken from it whole, and the number of bits to drop is the entry's lowest byte.
#define in      SI // where the next refill reads
#define out     DI // where the next byte goes
#define bits    AX
#define nbits   CX
#define entry   DX
#define table   BX
#define inLast  R8 // no turn begins behind it
#define outLast R9 // the last place where wordsRoom bytes have room
#define first   R10 // of dst
#define length  R11
#define dist    R12
#define x       R13
#define y       R15

// At least 56 bits are at hand behind it.
#define REFILL \
	MOVQ  (in), x      \
	SHLXQ nbits, x, x  \
	ORQ   x, bits      \
	MOVL  nbits, y     \
	NOTL  y            \
	SHRL  $3, y        \
	ANDL  $7, y        \
	ADDQ  y, in        \
	ORL   $56, nbits

#define DROP \
	SHRXQ entry, bits, bits \
	SUBL  entry, nbits

#define LOOKUP \
	MOVL bits, x                        \
	ANDL $((1<<const_litBits)-1), x     \
	MOVL tables_lit(table)(x*4), entry

// Writes the literal that entry is, and looks up the next entry; "plus" if that is
// no literal.
#define LITERAL \
	MOVL  entry, x              \
	SHRL  $const_entryValue, x  \
	MOVB  x, (out)              \
	INCQ  out                   \
	DROP                        \
	LOOKUP                      \
	TESTL entry, entry

// Adds up the value of an entry and of the extra bits behind its code.
#define VALUE(to) \
	BZHIQ entry, bits, to        \
	MOVL  entry, x               \
	SHRL  $8, x                  \
	SHRXQ x, to, to              \
	DROP                         \
	SHRL  $const_entryValue, entry \
	ADDQ  entry, to

// Finds in a subtable the entry that entry links to, from the bits in from.
#define FOLLOW(from, part, size) \
	MOVL  entry, x                 \
	SHRL  $8, x                    \
	ANDL  $15, x                   \
	BZHIQ x, from, x               \
	SHRL  $const_entryValue, entry \
	ADDL  x, entry                 \
	ANDL  $(size-1), entry         \
	MOVL  part(table)(entry*4), entry

// func decodeWords(z *inflater, t *tables, limit int) (ended wordsEnd)
TEXT ·decodeWords(SB), NOSPLIT, $0-32
	MOVQ z+0(FP), x
	MOVQ t+8(FP), table
	MOVQ inflater_src(x), in
	MOVQ limit+16(FP), inLast
	ADDQ in, inLast
	ADDQ inflater_pos(x), in
	MOVQ inflater_dst(x), first
	MOVQ inflater_dst+16(x), outLast
	LEAQ -const_wordsRoom(first)(outLast*1), outLast
	MOVQ first, out
	ADDQ inflater_out(x), out
	MOVQ inflater_bits(x), bits
	MOVQ inflater_nbits(x), nbits

	CMPQ in, inLast
	JGT  stop
	CMPQ out, outLast
	JGT  stop
	REFILL
	LOOKUP

turn: // no bit is used yet of the 56 at hand
	TESTL entry, entry
	JPL   other
	LITERAL
	JPL   other
	LITERAL
	JPL   later
	LITERAL
	JPL   later
	LITERAL
	JPL   later

again:
	CMPQ in, inLast
	JGT  stop
	CMPQ out, outLast
	JGT  stop
	REFILL
	JMP  turn

later:
	REFILL

other: // at most 10 bits are used: a match takes 10+5 and 15+13 more
	TESTL $const_entryOther, entry
	JNE   special

match:
	VALUE(length)
	MOVL  bits, x
	ANDL  $((1<<const_distBits)-1), x
	MOVL  tables_dist(table)(x*4), entry
	TESTL $const_entryOther, entry
	JNE   specialDistance

distance:
	VALUE(dist)
	MOVQ out, x
	SUBQ first, x
	CMPQ dist, x
	JHI  badDistance

	// The next entry is on its way while bytes are copied.
	REFILL
	LOOKUP

	LEAQ  (out)(length*1), y // the end of the match
	MOVQ  out, x
	SUBQ  dist, x            // what it copies
	CMPQ  y, outLast
	JGT   exactly
	CMPQ  dist, $16
	JLT   near
	MOVOU (x), X0
	MOVOU X0, (out)
	MOVOU 16(x), X0
	MOVOU X0, 16(out)
	CMPQ  length, $const_wordsRoom
	JLE   copied
	ADDQ  $const_wordsRoom, x
	ADDQ  $const_wordsRoom, out

blocks:
	MOVOU (x), X0
	MOVOU X0, (out)
	ADDQ  $16, x
	ADDQ  $16, out
	CMPQ  out, y
	JLT   blocks

copied:
	MOVQ y, out
	CMPQ in, inLast
	JGT  stop
	CMPQ out, outLast
	JGT  stop
	JMP  turn

near: // what is copied is partly what is being written
	CMPQ dist, $8
	JLT  nearer

words:
	MOVQ (x), dist
	MOVQ dist, (out)
	ADDQ $8, x
	ADDQ $8, out
	CMPQ out, y
	JLT  words
	JMP  copied

nearer: // of each word, as many bytes are right as the distance says
	CMPQ dist, $1
	JEQ  run

steps:
	MOVQ (x), length
	MOVQ length, (out)
	ADDQ dist, x
	ADDQ dist, out
	CMPQ out, y
	JLT  steps
	JMP  copied

run:
	MOVBQZX (x), dist
	MOVQ    $0x0101010101010101, x
	IMULQ   x, dist

runs:
	MOVQ dist, (out)
	ADDQ $8, out
	CMPQ out, y
	JLT  runs
	JMP  copied

exactly: // too near to the end of dst to write more than belongs there
	MOVQ $const_wordsStopped, length
	LEAQ const_wordsRoom(outLast), dist
	CMPQ y, dist
	JLE  bytes
	MOVQ dist, y
	MOVQ $const_wordsFull, length

bytes:
	CMPQ out, y
	JGE  end
	MOVB (x), dist
	MOVB dist, (out)
	INCQ x
	INCQ out
	JMP  bytes

special:
	TESTL $const_entryEnd, entry
	JNE   blockEnd
	TESTL $const_entryLink, entry
	JEQ   stop                    // no code
	REFILL
	MOVQ  bits, y
	SHRQ  $const_litBits, y
	FOLLOW(y, tables_lit, const_litSize)
	TESTL $const_entryOther, entry
	JNE   stop
	MOVQ  y, bits
	SUBL  $const_litBits, nbits
	TESTL entry, entry
	JPL   match
	LITERAL
	JMP   again

specialDistance:
	TESTL $const_entryLink, entry
	JEQ   noDistance
	SHRQ  $const_distBits, bits
	SUBL  $const_distBits, nbits
	FOLLOW(bits, tables_dist, const_distSize)
	TESTL $const_entryOther, entry
	JEQ   distance

noDistance: // its bits are used, and may be from behind the end of src
	DROP

badDistance:
	MOVQ $const_wordsDistance, length
	JMP  end

blockEnd:
	DROP
	MOVQ $const_wordsEnded, length
	JMP  end

stop:
	MOVQ $const_wordsStopped, length

end:
	MOVQ    z+0(FP), x
	SUBQ    inflater_src(x), in
	MOVQ    in, inflater_pos(x)
	SUBQ    first, out
	MOVQ    out, inflater_out(x)
	MOVQ    bits, inflater_bits(x)
	MOVBQZX nbits, nbits
	MOVQ    nbits, inflater_nbits(x)
	MOVQ    length, ended+24(FP)
	RET
