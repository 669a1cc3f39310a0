//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// MATCH leaves in dst, for each of the 32 bytes at src, the buckets that the byte
// may serve: low[byte & 15] & high[byte >> 4]. Y6 holds 15 in every byte; the
// shift moves bits between neighbouring bytes, and the mask drops them.
#define MATCH(src, low, high, dst, scratch) \
	VMOVDQU src, dst           \
	VPSRLW  $4, dst, scratch   \
	VPAND   Y6, dst, dst       \
	VPAND   Y6, scratch, scratch \
	VPSHUFB dst, low, dst      \
	VPSHUFB scratch, high, scratch \
	VPAND   scratch, dst, dst

// func scanBlocks(buf *byte, n int, table *vectorTable) (at int, candidates uint64)
TEXT ·scanBlocks(SB), NOSPLIT, $0-40
	MOVQ buf+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ table+16(FP), DX

	VMOVDQU 0(DX), Y0
	VMOVDQU 32(DX), Y1
	VMOVDQU 64(DX), Y2
	VMOVDQU 96(DX), Y3
	VMOVDQU 128(DX), Y4
	VMOVDQU 160(DX), Y5

	MOVL         $0x0f0f0f0f, AX
	VMOVD        AX, X6
	VPBROADCASTD X6, Y6

	XORQ AX, AX
	XORQ BX, BX
	SUBQ $const_blockBytes, CX // the last place where a whole block can start
	JLT  done

	PCALIGN $64 // a loop that begins elsewhere takes up to a twentieth longer

loop:
	MATCH(0(SI)(AX*1), Y0, Y1, Y7, Y8)
	MATCH(1(SI)(AX*1), Y2, Y3, Y9, Y10)
	MATCH(2(SI)(AX*1), Y4, Y5, Y11, Y12)
	VPAND Y9, Y7, Y7
	VPAND Y11, Y7, Y7
	MATCH(32(SI)(AX*1), Y0, Y1, Y8, Y9)
	MATCH(33(SI)(AX*1), Y2, Y3, Y10, Y11)
	MATCH(34(SI)(AX*1), Y4, Y5, Y12, Y13)
	VPAND Y10, Y8, Y8
	VPAND Y12, Y8, Y8

	VPOR   Y7, Y8, Y9
	VPTEST Y9, Y9
	JNZ    found
	ADDQ   $const_blockWindows, AX
	CMPQ   AX, CX
	JLE    loop
	JMP    done

found:
	VPXOR     Y9, Y9, Y9
	VPCMPEQB  Y9, Y7, Y7
	VPCMPEQB  Y9, Y8, Y8
	VPMOVMSKB Y7, BX
	VPMOVMSKB Y8, R8
	SHLQ      $32, R8
	ORQ       R8, BX
	NOTQ      BX
	LEAQ      (SI)(AX*1), R9

	// Those go by whose window no literal has, or has before another byte; most are such.
known:
	TZCNTQ  BX, R8
	MOVWLZX (R9)(R8*1), R10
	MOVBLZX 2(R9)(R8*1), R11
	SHLL    $16, R11
	ORL     R11, R10
	IMULL   $const_slotFactor, R10
	SHRL    $(32-const_slotBits), R10
	MOVBLZX vectorTable_behind(DX)(R10*1), R10
	CMPL    R10, $const_anyBehind
	JEQ     done
	MOVBLZX 3(R9)(R8*1), R11
	CMPL    R10, R11
	JEQ     behind

other:
	LEAQ    -1(BX), R8
	ANDQ    R8, BX
	JNE     known
	ADDQ    $const_blockWindows, AX
	CMPQ    AX, CX
	JLE     loop
	JMP     done

behind:
	TESTL R10, R10
	JEQ   other // no literal has it, and a NUL byte is behind

done:
	VZEROUPPER
	MOVQ AX, at+24(FP)
	MOVQ BX, candidates+32(FP)
	RET
