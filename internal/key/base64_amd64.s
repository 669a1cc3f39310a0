//go:build !purego

#include "textflag.h"
#include "go_asm.h"
#include "base64_amd64.h"

// func decodeBlocks(out, in *byte, blocks int, table *base64Table)
TEXT ·decodeBlocks(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVQ table+24(FP), R13
	CONSTANTS
	DECODING
	VMOVDQU base64Table_halves(R13), Y13

loop:
	DECODE((SI))
	VPERMD  Y6, Y13, Y6 // one half behind the other
	VMOVDQU Y6, (DI)
	ADDQ    $const_base64Block, SI
	ADDQ    $const_decodedBlock, DI
	DECQ    CX
	JNE     loop
	VZEROUPPER
	RET

// func textBlocks(in *byte, blocks int, table *base64Table) (text int)
TEXT ·textBlocks(SB), NOSPLIT, $0-32
	MOVQ in+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVQ table+16(FP), R13
	CONSTANTS
	VMOVDQU base64Table_text(R13), Y10
	XORQ    AX, AX

loop:
	VALUES((SI))
	VPTEST Y10, Y6
	JNE    done
	ADDQ   $const_base64Block, SI
	INCQ   AX
	CMPQ   AX, CX
	JNE    loop

done:
	VZEROUPPER
	MOVQ AX, text+24(FP)
	RET

// func scanWays(in *byte, table *base64Table) (ways int)
TEXT ·scanWays(SB), NOSPLIT, $0-24
	MOVQ in+0(FP), SI
	MOVQ table+8(FP), R13
	WAYS
	VZEROUPPER
	MOVQ AX, ways+16(FP)
	RET
