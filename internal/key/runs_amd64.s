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

// func scanRuns(buf *byte, n int, table *halves) (at, end int)
TEXT ·scanRuns(SB), NOSPLIT, $0-40
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ table+16(FP), DX

	VMOVDQU halves_low(DX), Y1
	VMOVDQU halves_high(DX), Y2

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
	TESTL  BX, BX
	JNE    done
	CMPQ   R11, CX
	JGT    done
	VMOVDQU (SI)(R11*1), Y5
	OUTSIDE(BX)
	JMP    ends
