//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// Bit i stands for the i-th byte of a block. UTF-16 has a NUL in every other byte,
// and a key in it is longer than three blocks.
#define EDGE_LOW ((1<<const_runEdge)-1)
#define EDGE_HIGH (EDGE_LOW<<(const_runBlock-const_runEdge))
#define NULS_EVEN 0x55555555
#define NULS_ODD 0xaaaaaaaa

// func scanRuns(buf *byte, n int, halves *runHalves) (at int)
TEXT ·scanRuns(SB), NOSPLIT, $0-32
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ halves+16(FP), DX

	VMOVDQU runHalves_low(DX), Y1
	VMOVDQU runHalves_high(DX), Y2

	MOVL         $0x0f0f0f0f, AX
	VMOVD        AX, X3
	VPBROADCASTD X3, Y3
	VPXOR        Y4, Y4, Y4

	XORQ AX, AX
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
	JEQ       done
	TESTL     $EDGE_HIGH, BX
	JEQ       done
	CMPL      DX, $NULS_EVEN
	JEQ       done
	CMPL      DX, $NULS_ODD
	JEQ       done
	ADDQ      $const_runBlock, AX
	CMPQ      AX, CX
	JLE       loop

done:
	VZEROUPPER
	MOVQ AX, at+24(FP)
	RET
