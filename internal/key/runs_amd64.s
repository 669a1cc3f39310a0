//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// Bit i stands for the i-th byte of a block. UTF-16 has a NUL in every other byte,
// and a key in it is longer than three blocks.
#define EDGE_LOW ((1<<const_runEdge)-1)
#define EDGE_HIGH (EDGE_LOW<<(const_runBlock-const_runEdge))
#define NULS_EVEN 0x55555555
#define NULS_ODD 0xaaaaaaaa

// func scanRuns(buf *byte, n int, table *halves) (at, run int)
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
	XORQ R11, R11
	MOVL $(1<<(const_runBlock-1)), R8
	SUBQ $const_runBlock, CX // the last place where a whole block can start
	JLT  done

loop:
	VMOVDQU   (SI)(AX*1), Y5
	VPCMPEQB  Y4, Y5, Y6
	VPSRLW    $4, Y5, Y7
	VPAND     Y3, Y5, Y5
	VPAND     Y3, Y7, Y7
	VPSHUFB   Y5, Y1, Y5
	VPSHUFB   Y7, Y2, Y7
	VPAND     Y5, Y7, Y5
	VPCMPEQB  Y4, Y5, Y5
	VPMOVMSKB Y5, BX         // the bytes outside of runs
	VPMOVMSKB Y6, DX         // the NUL bytes
	TESTL     $EDGE_LOW, BX
	JEQ       crossing
	TESTL     $EDGE_HIGH, R8
	JEQ       crossing

nuls:
	CMPL      DX, $NULS_EVEN
	JEQ       done
	CMPL      DX, $NULS_ODD
	JEQ       done
	MOVL      BX, R8         // those of the block before
	ADDQ      $const_runBlock, AX
	CMPQ      AX, CX
	JLE       loop

done:
	VZEROUPPER
	BSRL R8, R8              // of the block before the last that no run holds
	LEAQ -(const_runBlock-1)(AX)(R8*1), AX
	MOVQ AX, at+24(FP)
	MOVQ R11, run+32(FP)
	RET

crossing:
	BSFL BX, R9              // the first that ends the run
	JEQ  run                 // there is none
	BSRL R8, R10             // the last, behind which it began
	SUBL R10, R9
	CMPL R9, $const_runNeed
	JLT  nuls

run:
	INCQ R11
	JMP  done
