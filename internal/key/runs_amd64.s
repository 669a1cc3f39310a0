//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// UTF-16 has a NUL in every other byte, and a key in it is longer than four blocks: one
// that is looked at is always inside.
#define NULS_EVEN 0x55555555
#define NULS_ODD 0xaaaaaaaa

// LESS sets a bit of dst for each byte of a block, in Y5, that is less than the least of a run
// with the same low half; all that is no ASCII among them, of which a shuffle gives 0. Not all
// others are of runs.
#define LESS(dst) \
	VPSHUFB   Y5, Y0, Y7 \
	VPCMPGTB  Y5, Y7, Y7 \
	VPMOVMSKB Y7, dst

// LOOKUP leaves in Y5 which sets of a table each byte of it is in; Y7 is overwritten.
#define LOOKUP(low, high) \
	VPSRLW  $4, Y5, Y7 \
	VPAND   Y3, Y5, Y5 \
	VPAND   Y3, Y7, Y7 \
	VPSHUFB Y5, low, Y5 \
	VPSHUFB Y7, high, Y7 \
	VPAND   Y5, Y7, Y5

// OUTSIDE sets a bit of dst for each byte of a block, in Y5, that is outside of runs.
#define OUTSIDE(dst) \
	LOOKUP(Y1, Y2) \
	VPCMPEQB  Y4, Y5, Y5 \
	VPMOVMSKB Y5, dst

// WAY goes on at done where a probe, in Y6, may be text in one way to align base64.
#define WAY(number) \
	VPTEST (runTable_ways+32*number)(R13), Y6 \
	JEQ    done

// func scanRuns(buf *byte, n int, table *runTable) (at, end int)
TEXT ·scanRuns(SB), NOSPLIT, $0-40
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ table+16(FP), R13

	VMOVDQU runTable_least(R13), Y0
	VMOVDQU (runTable_in+halves_low)(R13), Y1
	VMOVDQU (runTable_in+halves_high)(R13), Y2

	MOVL         $0x0f0f0f0f, AX
	VMOVD        AX, X3
	VPBROADCASTD X3, Y3
	VPXOR        Y4, Y4, Y4

	XORQ AX, AX
	XORL R8, R8              // how many bytes of a run the block before ends with
	XORQ R11, R11
	SUBQ $const_runBlock, CX // the last place where a whole block can start
	JLT  done

loop:
	VMOVDQU   (SI)(AX*1), Y5
	VPCMPEQB  Y4, Y5, Y6
	LESS(BX)
	VPMOVMSKB Y6, DX         // the NUL bytes
	TZCNTL    BX, R9         // how many bytes of a run the block begins with
	ADDL      R8, R9
	CMPL      R9, $const_shortestRun
	JGE       maybe
	CMPL      DX, $NULS_EVEN
	JEQ       done
	CMPL      DX, $NULS_ODD
	JEQ       done
	LZCNTL    BX, R8
	ADDQ      $const_runBlock, AX
	CMPQ      AX, CX
	JGT       done

	// The next is looked at for runs alone.
	VMOVDQU (SI)(AX*1), Y5
	LESS(BX)
	TZCNTL  BX, R9
	ADDL    R8, R9
	CMPL    R9, $const_shortestRun
	JGE     maybe
	LZCNTL  BX, R8
	ADDQ    $const_runBlock, AX
	CMPQ    AX, CX
	JLE     loop

done:
	VZEROUPPER
	SUBQ R8, AX
	MOVQ AX, at+24(FP)
	MOVQ R11, end+32(FP)
	RET

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
	CMPQ   AX, CX
	JLE    loop
	JMP    done

run:
	MOVQ AX, R11

ends:
	TZCNTL BX, R9
	ADDQ   R9, R11
	CMPQ   R11, CX
	JGT    done
	TESTL  BX, BX
	JNE    ended
	VMOVDQU (SI)(R11*1), Y5
	OUTSIDE(BX)
	JMP    ends

ended:
	// Is there anything in it?
	MOVQ AX, R12
	SUBQ R8, R12
	JEQ  done // what is before it must be there to be looked at
	MOVQ R11, DX
	SUBQ R12, DX
	CMPQ DX, $const_longestSkipped
	JGT  done

	// A mark, or the header of a block?
	MOVBLZX 0(SI)(R12*1), R9
	MOVBLZX 1(SI)(R12*1), R10
	MOVBLZX runTable_firsts(R13)(R9*1), R9
	MOVBLZX runTable_seconds(R13)(R10*1), R10
	ANDL    R10, R9
	TESTB   $const_pairsOfMarks, R9
	JNE     done
	MOVBLZX -1(SI)(R12*1), R10
	CMPL    R10, $'\\'
	JEQ     done
	CMPL    R10, $'%'
	JEQ     done
	TESTB   $const_pairsOfCodes, R9
	JEQ     digits
	CMPQ    DX, $const_shortestDeflated
	JGE     done
	MOVBLZX (SI)(R11*1), R10
	CMPL    R10, $'\\'
	JEQ     done
	CMPL    R10, $'%'
	JEQ     done

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
	JNE       done

	// Text in an encoding?
	MOVQ R12, R10

probe:
	VMOVDQU (SI)(R10*1), Y5
	VPSRLW  $4, Y5, Y7
	VPAND   Y3, Y7, Y7
	VMOVDQU runTable_shifts(R13), Y6
	VPSHUFB Y7, Y6, Y6
	VPADDB  Y5, Y6, Y6 // the values of base64
	WAY(0)
	WAY(1)
	WAY(2)
	WAY(3)

	VPAND     runTable_octal(R13), Y5, Y7
	VPCMPEQB  runTable_zero(R13), Y7, Y7
	VPMOVMSKB Y7, R9   // first digits of ASCII in hexadecimal digits
	MOVL      R9, DX
	ORL       $~0x00555555, R9
	CMPL      R9, $-1
	JEQ       done
	ORL       $~0x002aaaaa, DX
	CMPL      DX, $-1
	JEQ       done

	VMOVDQU   runTable_base32(R13), Y6
	VPCMPGTB  Y5, Y6, Y6
	VPCMPGTB  (runTable_base32+32)(R13), Y5, Y5
	VPOR      Y5, Y6, Y5
	VPMOVMSKB Y5, R9   // not of base32
	SHLL      $(const_runBlock-const_probeLength), R9
	JEQ       done
	ADDQ      $const_probeStep, R10
	LEAQ      const_probeLength(R10), R9
	CMPQ      R9, R11
	JLE       probe

	MOVQ R11, AX
	XORL R8, R8
	XORQ R11, R11
	CMPQ AX, CX
	JLE  loop
	JMP  done
