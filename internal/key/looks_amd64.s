//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// SPLIT leaves the bytes at src in low, and the high half of each in high. Y15 holds 15 in
// every byte; the shift moves bits between neighbouring bytes, and the mask drops them. Of a
// byte in low a shuffle looks at the low half if it is ASCII, and gives 0 if not: no set that
// is looked up so has others.
#define SPLIT(src, low, high) \
	VMOVDQU src, low         \
	VPSRLW  $4, low, high    \
	VPAND   Y15, high, high

// LOOKUP leaves in dst what a table says of the bytes whose halves these are.
#define LOOKUP(low, high, table, dst, scratch) \
	VMOVDQU table+halves_low(DX), dst      \
	VPSHUFB low, dst, dst                  \
	VMOVDQU table+halves_high(DX), scratch \
	VPSHUFB high, scratch, scratch         \
	VPAND   scratch, dst, dst

// OUTSIDE has a bit for each byte of src that has none of the bits of a set.
#define OUTSIDE(src, set, scratch, dst) \
	VPAND     set(DX), src, scratch     \
	VPCMPEQB  Y14, scratch, scratch     \
	VPMOVMSKB scratch, dst

// INDENT sets a bit of dst for each byte at src that is not what stands before the text of a line.
#define INDENT(src, dst) \
	SPLIT(src, Y6, Y7)                             \
	LOOKUP(Y6, Y7, lookTable_indent, Y8, Y9)       \
	VPCMPEQB  Y14, Y8, Y8                          \
	VPMOVMSKB Y8, dst

// func scanLooks(buf *byte, n, at, turn, test int, table *lookTable) (stop, stopTurn, stopTest int)
TEXT ·scanLooks(SB), NOSPLIT, $0-72
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ at+16(FP), AX
	MOVQ turn+24(FP), R8
	MOVQ table+40(FP), DX

	VMOVDQU (lookTable_leads+halves_low)(DX), Y0
	VMOVDQU (lookTable_leads+halves_high)(DX), Y1
	VMOVDQU (lookTable_behind+halves_low)(DX), Y2
	VMOVDQU (lookTable_behind+halves_high)(DX), Y3
	VMOVDQU (lookTable_numbers+halves_low)(DX), Y4
	VMOVDQU (lookTable_numbers+halves_high)(DX), Y5

	MOVL         $0x0f0f0f0f, BX
	VMOVD        BX, X15
	VPBROADCASTD X15, Y15
	VPXOR        Y14, Y14, Y14
	MOVL         $0x0a0a0a0a, BX
	VMOVD        BX, X13
	VPBROADCASTD X13, Y13

	SUBQ $const_lookRoom, CX // the last place where a look can be
	MOVQ test+32(FP), BX
	CMPQ BX, $const_numberTest
	JLT  enough
	JGT  lines

	// The look went on up to numbers.
	SPLIT(0(SI)(AX*1), Y6, Y7)
	VPSHUFB Y6, Y4, Y10
	VPSHUFB Y7, Y5, Y11
	VPAND   Y11, Y10, Y10
	JMP     list

	PCALIGN $64

loop:
	SPLIT(0(SI)(AX*1), Y6, Y7)
	SPLIT(1(SI)(AX*1), Y8, Y9)
	VPSHUFB Y6, Y4, Y10
	VPSHUFB Y7, Y5, Y11
	VPAND   Y11, Y10, Y10      // numbers
	VPSHUFB Y6, Y0, Y6
	VPSHUFB Y7, Y1, Y7
	VPSHUFB Y8, Y2, Y8
	VPSHUFB Y9, Y3, Y9
	VPAND   Y7, Y6, Y6
	VPAND   Y9, Y8, Y8
	VPTEST  X6, X8             // escapes, of the first 16 bytes
	JNZ     escapes

list:
	OUTSIDE(Y10, lookTable_inList, Y11, BX)
	TESTB   BX, BX             // the first 8 bytes
	JEQ     numbers

lines:
	// The end of the line. How far it is no branch foresees, nor whether a word follows it.
	VPCMPEQB  0(SI)(AX*1), Y13, Y6
	VPCMPEQB  32(SI)(AX*1), Y13, Y7
	VPCMPEQB  64(SI)(AX*1), Y13, Y8
	VPCMPEQB  96(SI)(AX*1), Y13, Y9
	VPMOVMSKB Y6, R9
	VPMOVMSKB Y7, BX
	VPMOVMSKB Y8, R10
	VPMOVMSKB Y9, R11
	SHLQ      $32, BX
	ORQ       R9, BX
	SHLQ      $32, R11
	ORQ       R10, R11
	MOVQ      BX, R9
	ORQ       R11, R9
	JEQ       next
	TZCNTQ    R11, R11
	ADDQ      $64, R11
	TZCNTQ    BX, R9
	CMOVQCS   R11, R9
	LEAQ      (SI)(AX*1), DI
	ADDQ      R9, DI

	// A soft break?
	MOVBLZX -1(DI), R10
	CMPL    R10, $'\r'
	JEQ     return
	CMPL    R10, $'='
	JEQ     broken
	CMPL    R10, $'D'
	JEQ     quoted

following:
	// The text of the next line.
	INDENT(1(DI), R10)
	TESTL     R10, R10
	JEQ       indented         // it begins further on
	TZCNTL    R10, R10

begun:
	LEAQ      1(DI)(R10*1), R11
	MOVWLZX   (R11), BX
	CMPL      BX, $0x2f2f      // "//"
	JEQ       comment

marked:
	CMPL      BX, $0x2d2d      // "--"
	JEQ       dashes
	CMPL      BX, $0x7830      // "0x"
	JEQ       line
	CMPB      1(DI), $const_uuFirst
	JEQ       uuencode

text:
	SPLIT(0(R11), Y6, Y7)
	LOOKUP(Y6, Y7, lookTable_text, Y8, Y9)
	OUTSIDE(Y8, lookTable_inRun, Y9, R10)
	OUTSIDE(Y8, lookTable_hex, Y9, R12)
	LOOKUP(Y6, Y7, lookTable_ends, Y10, Y9)
	OUTSIDE(Y10, lookTable_narrow, Y9, R13)
	OUTSIDE(Y10, lookTable_gap, Y9, BX)
	BLSIL R10, R10             // what ends the run, and the digits
	BLSIL R12, R12
	ANDNL R10, R13, R10
	ANDNL R12, BX, R12
	SHRL  $const_narrowest, R10
	JEQ   address
	TZCNTL R10, R10
	MOVBLZX (const_narrowest+1)(R11)(R10*1), BX
	CMPL  BX, $':'             // a name in JSON, or of a type, is no piece of a run
	JEQ   address
	CMPL  BX, $'?'
	JNE   narrow

address:
	ANDL  $const_addressEnds, R12
	JNE   line

next:
	ADDQ lookTable_strides(DX)(R8*8), AX
	INCQ R8
	CMPQ R8, $const_lookTurns
	JNE  enough
	XORL R8, R8

enough:
	CMPQ AX, CX
	JLE  loop

escape: // or none is left
	MOVL $const_escapeTest, BX

stop:
	VZEROUPPER
	MOVQ AX, stop+48(FP)
	MOVQ R8, stopTurn+56(FP)
	MOVQ BX, stopTest+64(FP)
	RET

number:
	MOVL $const_numberTest, BX
	JMP  stop

line:
	MOVL $const_lineTest, BX
	JMP  stop

escapes:
	SPLIT(2(SI)(AX*1), Y7, Y9)
	VPAND  Y15, Y7, Y7
	LOOKUP(Y7, Y9, lookTable_third, Y11, Y12)
	VPAND  Y8, Y6, Y6
	VPAND  Y11, Y6, Y6
	VPTEST X6, X6
	JEQ    list
	SPLIT(3(SI)(AX*1), Y7, Y9)
	VPAND  Y15, Y7, Y7
	LOOKUP(Y7, Y9, lookTable_fourth, Y11, Y12)
	VPTEST X6, X11
	JNE    escape
	JMP    list

indented:
	INDENT(33(DI), R10)
	TESTL     R10, R10
	JEQ       line
	TZCNTL    R10, R10
	ADDL      $32, R10
	JMP       begun

narrow:
	// Does the next line begin like this one, which ends here but for a quotation mark and a
	// comma, with a piece of another length? Most are names.
	LEAL    const_narrowest(R10), DI
	LEAQ    (R11)(DI*1), R13
	MOVBLZX (R13), R10
	CMPL    R10, $'\n'
	JEQ     name
	CMPL    R10, $'\r'
	JEQ     line
	CMPL    R10, $'\\'
	JEQ     line
	INCQ    R13
	CMPL    BX, $'\n'
	JEQ     name
	INCQ    R13
	CMPL    BX, $' '
	JEQ     beside
	CMPL    BX, $','
	JNE     line
	CMPB    (R13), $'\n'
	JNE     line

name:
	INDENT(1(R13), R10)
	TESTL     R10, R10
	JEQ       line
	TZCNTL    R10, R10
	LEAQ      1(R13)(R10*1), R13
	MOVBLZX   (R13), R10
	CMPL      R10, $')'
	JEQ       address
	MOVL      R10, BX
	ORL       $0x20, BX
	CMPL      BX, $'}'         // or ']'
	JEQ       address
	MOVBLZX   -1(R13), BX
	CMPB      BX, -1(R11)
	JNE       line
	LEAL      -'0'(R10), BX
	CMPL      BX, $9
	JLS       alnum
	ORL       $0x20, R10
	SUBL      $'a', R10
	CMPL      R10, $('z'-'a')
	JHI       line

alnum:
	SPLIT(0(R13), Y6, Y7)
	LOOKUP(Y6, Y7, lookTable_text, Y8, Y9)
	OUTSIDE(Y8, lookTable_inRun, Y9, R10)
	TZCNTL R10, R10
	CMPL   R10, DI
	JEQ    line
	JMP    address

return:
	MOVBLZX -2(DI), R10
	CMPL    R10, $'='
	JEQ     broken
	CMPL    R10, $'D'
	JEQ     line
	JMP     following

quoted:
	CMPB -2(DI), $'3'          // "=3D"
	JEQ  line
	JMP  following

broken:
	// Most lines are too short for a soft break.
	LEAQ     -const_fullLine(DI), R10
	CMPQ     R10, SI
	JLT      line
	VPCMPEQB (R10), Y13, Y6
	VPCMPEQB (const_fullLine-32-1)(R10), Y13, Y7
	VPOR     Y6, Y7, Y6
	VPTEST   Y6, Y6
	JNE      following
	JMP      line

dashes:
	MOVBLZX 2(R11), R10
	CMPL    R10, $' '
	JEQ     line
	CMPL    R10, $'-'
	JNE     text               // it is no mark
	CMPB    3(R11), $' '
	JEQ     line
	JMP     text

beside:
	// What stands beside most words in quotation marks is no gap.
	MOVBLZX (R13), R10
	CMPL    R10, $'='
	JEQ     address
	CMPL    R10, $'!'
	JEQ     address
	CMPL    R10, $':'
	JEQ     address
	JMP     line

numbers:
	OUTSIDE(Y10, lookTable_digits, Y11, BX)
	NOTL    BX
	ANDL    $0xff, BX
	POPCNTL BX, R9
	SUBL    $const_fewestDigits, R9
	CMPL    R9, $(const_mostDigits-const_fewestDigits)
	JHI     lines

	// Three in a row of which one is a letter are of a word.
	VMOVDQU   0(SI)(AX*1), Y6
	VPCMPGTB  lookTable_nine(DX), Y6, Y6
	VPMOVMSKB Y6, R9
	ANDL      BX, R9
	MOVL      R9, R10
	MOVL      R9, R11
	SHRL      $1, R10
	SHRL      $2, R11
	ORL       R10, R9
	ORL       R11, R9
	MOVL      BX, R10
	SHRL      $1, R10
	ANDL      BX, R9
	ANDL      R10, R9
	SHRL      $2, BX
	TESTL     BX, R9
	JEQ       number
	JMP       lines

comment:
	MOVBLZX 2(R11), R10
	CMPL    R10, $'/'
	JEQ     line
	CMPL    R10, $'!'
	JEQ     line
	CMPL    R10, $' '
	JNE     text               // it is no mark, and the text begins with it
	ADDQ    $const_commentMark, R11
	MOVWLZX (R11), BX
	JMP     marked

uuencode:
	MOVBLZX (const_uuWidth+1)(DI), BX
	CMPL    BX, $'\n'
	JEQ     line
	CMPL    BX, $'\r'
	JEQ     line
	JMP     text
