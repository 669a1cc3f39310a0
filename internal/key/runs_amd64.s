//go:build !purego

#include "textflag.h"
#include "go_asm.h"
#include "base64_amd64.h"

// UTF-16 has a NUL in every other byte, and a key in it is longer than four blocks: one
// that is looked at is always inside.
#define NULS_EVEN 0x55555555
#define NULS_ODD 0xaaaaaaaa

// LESS sets a bit of dst for each byte of data that is less than the least of a run with the
// same low half; all that is no ASCII among them, of which a shuffle gives 0. Not all others
// are of runs.
#define LESS(data, dst) \
	VPSHUFB   data, Y0, Y7   \
	VPCMPGTB  data, Y7, Y7   \
	VPMOVMSKB Y7, dst

// CROSS goes on at label where a run of shortestRun bytes may cross into a block: where its
// mask, from LESS, has no bit in as many of the first places as a run would take that has the
// last R8 bytes of the block before.
#define CROSS(mask, label) \
	SHLXQ R8, mask, R9 \
	TESTL R9, R9       \
	JEQ   label

// LOOKUP leaves in Y5 which sets of a table each byte of it is in; Y7 is overwritten.
#define LOOKUP(low, high) \
	VPSRLW  $4, Y5, Y7 \
	VPAND   Y3, Y5, Y5 \
	VPAND   Y3, Y7, Y7 \
	VPSHUFB Y5, low, Y5 \
	VPSHUFB Y7, high, Y7 \
	VPAND   Y5, Y7, Y5

// ALPHABET loads what OUTSIDE needs of the table in R13; AX is overwritten.
#define ALPHABET \
	VMOVDQU      (runTable_in+halves_low)(R13), Y1  \
	VMOVDQU      (runTable_in+halves_high)(R13), Y2 \
	MOVL         $0x0f0f0f0f, AX \
	VMOVD        AX, X3 \
	VPBROADCASTD X3, Y3 \
	VPXOR        Y4, Y4, Y4

// OUTSIDE sets a bit of dst for each byte of a block, in Y5, that is outside of runs.
#define OUTSIDE(dst) \
	LOOKUP(Y1, Y2) \
	VPCMPEQB  Y4, Y5, Y5 \
	VPMOVMSKB Y5, dst

// WAY goes on at label where a probe, in Y6, may be text in one way to align base64.
#define WAY(number, label) \
	VPTEST (runTable_ways+32*number)(R13), Y6 \
	JEQ    label

// OTHERS goes on at label where a probe, in Y5, may be text in hexadecimal digits, by the first
// digits of ASCII, or in base32.
#define OTHERS(label) \
	VPAND     runTable_octal(R13), Y5, Y7 \
	VPCMPEQB  runTable_zero(R13), Y7, Y7 \
	VPMOVMSKB Y7, R9 \
	MOVL      R9, R8 \
	ORL       $~0x00555555, R9 \
	CMPL      R9, $-1 \
	JEQ       label \
	ORL       $~0x002aaaaa, R8 \
	CMPL      R8, $-1 \
	JEQ       label \
	VMOVDQU   runTable_base32(R13), Y6 \
	VPCMPGTB  Y5, Y6, Y6 \
	VPCMPGTB  (runTable_base32+32)(R13), Y5, Y5 \
	VPOR      Y5, Y6, Y5 \
	VPMOVMSKB Y5, R9 \
	SHLL      $(const_runBlock-const_probeLength), R9 \
	JEQ       label

// PROBE goes on at label where what is at src may be text in an encoding: in base64, or in one of
// the others.
#define PROBE(src, label) \
	VMOVDQU   src, Y5 \
	VPSRLW    $4, Y5, Y7 \
	VPAND     Y3, Y7, Y7 \
	VMOVDQU   runTable_shifts(R13), Y6 \
	VPSHUFB   Y7, Y6, Y6 \
	VPADDB    Y5, Y6, Y6 \
	WAY(0, label) \
	WAY(1, label) \
	WAY(2, label) \
	WAY(3, label) \
	OTHERS(label)

// STEP leaves in R10, where a probe is, where the next one of a run is: a wide step away if that
// is no further than last.
#define STEP(last) \
	LEAQ    const_wideStep(R10), R9  \
	ADDQ    $const_probeStep, R10    \
	CMPQ    R9, last                 \
	CMOVQLE R9, R10

// func scanRuns(buf *byte, n int, table *runTable) (at, end int)
TEXT ·scanRuns(SB), NOSPLIT, $0-40
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ table+16(FP), R13

	VMOVDQU runTable_least(R13), Y0
	ALPHABET
	MOVL         $0x00ff00ff, AX
	VMOVD        AX, X10
	VPBROADCASTD X10, Y10

	XORQ AX, AX
	XORL R8, R8 // how many bytes of a run the block before ends with, at most
	LEAQ -(2*const_runBlock)(CX), DI // the last place where two whole blocks can start
	SUBQ $const_runBlock, CX         // and where one can

more:
	CMPQ AX, DI
	JGT  last

	PCALIGN $64

loop:
	VMOVDQU (SI)(AX*1), Y5
	VMOVDQU const_runBlock(SI)(AX*1), Y6
	VPTEST  Y5, Y10  // is one byte of each two NUL?
	JLS     nuls

notWide:
	LESS(Y5, BX)
	CROSS(BX, maybe)
	LZCNTL BX, R8
	LESS(Y6, DX)     // the second is looked at for runs alone
	CROSS(DX, second)
	LZCNTL DX, R8
	ADDQ $(2*const_runBlock), AX
	CMPQ AX, DI
	JLE  loop

last:
	CMPQ AX, CX
	JGT  over
	VMOVDQU   (SI)(AX*1), Y5
	VPCMPEQB  Y4, Y5, Y6
	VPMOVMSKB Y6, DX
	CMPL      DX, $NULS_EVEN
	JEQ       over
	CMPL      DX, $NULS_ODD
	JEQ       over
	LESS(Y5, BX)
	CROSS(BX, maybe)
	LZCNTL BX, R8
	ADDQ $const_runBlock, AX

over:
	MOVQ   AX, R12
	SUBQ   R8, R12
	XORL   R11, R11

found:
	VZEROUPPER
	MOVQ R12, at+24(FP)
	MOVQ R11, end+32(FP)
	RET

nuls:
	VPCMPEQB  Y4, Y5, Y7
	VPMOVMSKB Y7, DX
	CMPL      DX, $NULS_EVEN
	JEQ       over
	CMPL      DX, $NULS_ODD
	JEQ       over
	JMP       notWide

second:
	ADDQ $const_runBlock, AX

maybe:
	VMOVDQU (SI)(AX*1), Y5
	OUTSIDE(BX)
	TESTL   R8, R8
	JEQ     exact
	VMOVDQU -const_runBlock(SI)(AX*1), Y5
	OUTSIDE(R8)
	LZCNTL  R8, R8

exact:
	TZCNTL BX, R9
	ADDL   R8, R9
	CMPL   R9, $const_shortestRun
	JGE    run
	LZCNTL BX, R8
	ADDQ   $const_runBlock, AX
	JMP    more

run:
	// It ends in this block or the next; most do, and where they do is random.
	MOVQ AX, R12
	SUBQ R8, R12
	CMPQ AX, DI
	JGT  longer
	VMOVDQU const_runBlock(SI)(AX*1), Y5
	OUTSIDE(DX)
	MOVQ   DX, R9
	SHLQ   $const_runBlock, R9
	ORQ    BX, R9
	TZCNTQ R9, R9
	JCS    longer              // there was no bit
	LEAQ   (AX)(R9*1), R11
	CMPQ   R11, CX
	JGT    found

	// The block behind is the next.
	LEAQ    const_runBlock(AX), R10
	CMPL    R9, $const_runBlock
	CMOVQGE R10, AX
	CMOVQGE DX, BX

ended:
	// Is there anything in it?
	TESTQ R12, R12
	JEQ   found // what is before it must be there to be looked at

	// A mark, or the header of a block?
	MOVBLZX 0(SI)(R12*1), R9
	MOVBLZX 1(SI)(R12*1), R10
	MOVBLZX runTable_firsts(R13)(R9*1), R9
	MOVBLZX runTable_seconds(R13)(R10*1), R10
	ANDL    R10, R9
	TESTB   $const_pairsOfMarks, R9
	JNE     found
	MOVBLZX -1(SI)(R12*1), R10
	CMPL    R10, $'\\'
	JEQ     found
	CMPL    R10, $'%'
	JEQ     found
	TESTB   $const_pairsOfCodes, R9
	JNE     codes

digits:
	// Digits of a body, as many as judgeCutCode wants?
	VMOVDQU   (SI)(R12*1), Y5
	VMOVDQU   (runTable_hex+halves_low)(R13), Y8
	VMOVDQU   (runTable_hex+halves_high)(R13), Y9
	LOOKUP(Y8, Y9)
	VPCMPEQB  Y4, Y5, Y5
	VPMOVMSKB Y5, R9
	NOTL      R9
	MOVL      R9, R10
	SHRL      $1, R10
	ANDL      R10, R9  // two in a row
	MOVL      R9, R10
	SHRL      $2, R10
	ANDL      R10, R9  // four
	MOVL      R9, R10
	SHRL      $4, R10
	ANDL      R10, R9  // eight
	MOVL      R9, R10
	SHRL      $(const_soonDigits-8), R10
	TESTL     R10, R9
	JNE       found

	// Text in an encoding? Most are too short for a third probe, and some for the second,
	// which is cheaper to try than to ask for.
	PROBE(0(SI)(R12*1), found)
	PROBE(const_probeStep(SI)(R12*1), found)
	LEAQ -const_shortestText(R11), DX
	MOVQ R12, R10
	STEP(DX)                        // from the first, but not to the second again
	LEAQ (2*const_probeStep)(R12), R9
	CMPQ R10, R9
	CMOVQLT R9, R10
	JMP  further

probe:
	PROBE(0(SI)(R10*1), found)
	STEP(DX)

further:
	LEAQ const_probeLength(R10), R9
	CMPQ R9, R11
	JLE  probe

	LZCNTL BX, R8
	ADDQ $const_runBlock, AX
	JMP  more

longer:
	MOVQ  AX, R11
	TESTL BX, BX
	JNE   ends

whole:
	ADDQ $const_runBlock, R11
	CMPQ R11, CX
	JGT  found
	VMOVDQU (SI)(R11*1), Y5
	OUTSIDE(BX)
	TESTL BX, BX
	JEQ   whole

ends:
	MOVQ   R11, AX
	TZCNTL BX, R9
	ADDQ   R9, R11
	CMPQ   R11, CX
	JGT    found
	MOVQ   R11, R9
	SUBQ R12, R9
	CMPQ R9, $const_longestSkipped
	JGT  found
	JMP  ended

codes:
	// DEFLATE has digits among its first characters, names seldom.
	MOVQ     R11, R9
	SUBQ     R12, R9
	CMPQ     R9, $const_shortestDeflated
	JLT      short
	VMOVDQU  (SI)(R12*1), Y5
	VMOVDQU  const_runBlock(SI)(R12*1), Y6
	VMOVDQU  runTable_nine(R13), Y8
	VPCMPGTB Y8, Y5, Y7
	VPCMPGTB runTable_slash(R13), Y5, Y5
	VPANDN   Y5, Y7, Y5
	VPCMPGTB Y8, Y6, Y7
	VPCMPGTB runTable_slash(R13), Y6, Y6
	VPANDN   Y6, Y7, Y6
	VPOR     Y5, Y6, Y5
	VPTEST   Y5, Y5
	JNE      found
	JMP      digits

short:
	// It may go on behind an escape.
	MOVBLZX (SI)(R11*1), R10
	CMPL    R10, $'\\'
	JEQ     found
	CMPL    R10, $'%'
	JEQ     found
	JMP     digits

// func scanEnd(buf *byte, n int, table *runTable) (end int)
TEXT ·scanEnd(SB), NOSPLIT, $0-32
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ table+16(FP), R13

	ALPHABET

	XORQ AX, AX
	SUBQ $const_runBlock, CX
	JMP  enough

	PCALIGN $64

block:
	VMOVDQU (SI)(AX*1), Y5
	OUTSIDE(BX)
	TESTL   BX, BX
	JNE     ends
	ADDQ    $const_runBlock, AX

enough:
	CMPQ AX, CX
	JLE  block

done:
	VZEROUPPER
	MOVQ AX, end+24(FP)
	RET

ends:
	TZCNTL BX, R9
	ADDQ   R9, AX
	JMP    done

// func scanProbes(buf *byte, n, at, wide, room int, table *runTable, values *base64Table) (next int)
TEXT ·scanProbes(SB), NOSPLIT, $0-64
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ at+16(FP), R10
	MOVQ wide+24(FP), DI
	MOVQ room+32(FP), R11
	MOVQ table+40(FP), R13

	MOVL         $0x0f0f0f0f, AX
	VMOVD        AX, X3
	VPBROADCASTD X3, Y3
	SUBQ         $const_runBlock, CX
	JMP          enough

probe:
	PROBE(0(SI)(R10*1), found)

next:
	STEP(DI)

enough:
	CMPQ R10, CX
	JLE  probe

done:
	VZEROUPPER
	MOVQ R10, next+56(FP)
	RET

found:
	// One character again and again, as for NUL bytes?
	VPBROADCASTB (SI)(R10*1), Y6
	VMOVDQU      (SI)(R10*1), Y5
	VPCMPEQB     Y5, Y6, Y6
	VPMOVMSKB    Y6, R9
	NOTL         R9
	SHLL         $(const_runBlock-const_probeLength), R9
	JEQ          next

	OTHERS(done)
	CMPQ R10, R11
	JGT  done
	ADDQ R10, SI
	MOVQ values+48(FP), R13
	WAYS
	MOVQ    table+40(FP), R13
	VMOVDQU Y1, Y3 // 15 in each byte
	SUBQ    R10, SI
	TESTL   AX, AX
	JEQ     next
	JMP     done
