//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// UTF-16 has a NUL in every other byte, and a key in it is longer than four blocks: one
// that is looked at is always inside.
#define NULS_EVEN 0x55555555
#define NULS_ODD 0xaaaaaaaa

// OUTSIDE sets a bit of dst for each byte of a block, in Y5, that is outside of runs.
#define OUTSIDE(dst) \
	VPSRLW    $4, Y5, Y7 \
	VPAND     Y3, Y5, Y5 \
	VPAND     Y3, Y7, Y7 \
	VPSHUFB   Y5, Y1, Y5 \
	VPSHUFB   Y7, Y2, Y7 \
	VPAND     Y5, Y7, Y5 \
	VPCMPEQB  Y4, Y5, Y5 \
	VPMOVMSKB Y5, dst

// KIND leaves in R9 what a byte tells beside a run.
#define KIND(src) \
	MOVBLZX src, R9 \
	MOVBLZX runTable_kinds(R13)(R9*1), R9

// func scanRuns(buf *byte, n int, table *runTable) (at, end int)
TEXT ·scanRuns(SB), NOSPLIT, $0-40
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ table+16(FP), R13

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
	OUTSIDE(BX)
	VPMOVMSKB Y6, DX         // the NUL bytes
	TZCNTL    BX, R9         // how many bytes of a run the block begins with
	ADDL      R8, R9
	CMPL      R9, $const_shortestRun
	JGE       run
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
	OUTSIDE(BX)
	TZCNTL  BX, R9
	ADDL    R8, R9
	CMPL    R9, $const_shortestRun
	JGE     run
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
	// Does it stand alone?
	MOVQ AX, R12
	SUBQ R8, R12
	MOVQ R11, R9
	SUBQ R12, R9
	CMPQ R9, $const_longestSkipped
	JGT  done
	CMPQ R12, $3 // what is before it must be there to be looked at
	JLT  done
	KIND(0(SI)(R12*1))
	TESTB $const_marksPacked, R9
	JNE   done
	KIND(-1(SI)(R12*1))
	TESTB $const_endsBefore, R9
	JNE   done
	TESTB $const_blankBeside, R9
	JEQ   after
	KIND(-2(SI)(R12*1))
	TESTB $const_endsBehind, R9
	JNE   done

after:
	KIND(0(SI)(R11*1))
	TESTB $const_beginsAfter, R9
	JNE   done
	TESTB $const_blankBeside, R9
	JEQ   alone
	KIND(1(SI)(R11*1))
	TESTB $const_beginsBehind, R9
	JNE   done

alone:
	MOVQ R11, AX
	XORL R8, R8
	XORQ R11, R11
	CMPQ AX, CX
	JLE  loop
	JMP  done
