//go:build !purego

#include "textflag.h"
#include "go_asm.h"

#define dst     DI // where the next run goes
#define dstLast R8
#define base    R9
#define baseLast R10
#define ops     SI // the instruction at hand
#define opsLast R11
#define opsWord R12 // the last place where an instruction can be read
#define op      AX
#define size    BX
#define from    CX
#define bits    DX
#define x       R13
#define y       R15

// func copyRuns(r *runs, limits *runLimits)
TEXT ·copyRuns(SB), NOSPLIT, $0-16
	MOVQ r+0(FP), x
	MOVQ limits+8(FP), y

	MOVQ runs_dst(x), dst
	MOVQ runLimits_dst(y), dstLast
	ADDQ dst, dstLast
	ADDQ runs_at(x), dst
	MOVQ runs_base(x), base
	MOVQ runLimits_base(y), baseLast
	ADDQ base, baseLast
	MOVQ runs_ops(x), ops
	MOVQ runLimits_ops(y), opsLast
	MOVQ runLimits_word(y), opsWord
	ADDQ ops, opsLast
	ADDQ ops, opsWord
	ADDQ runs_next(x), ops
	JMP  enough

insert: // the bytes that follow
	TESTL op, op
	JEQ   done
	LEAQ  1(ops), from
	LEAQ  1(ops)(op*1), x    // the next instruction
	CMPQ  x, opsLast
	JGT   done
	MOVL  op, size
	JMP   move

loop:
	MOVBLZX (ops), op
	TESTB   op, op
	JPL     insert

	// A run of the base. Which operands there are, most often the lowest of either,
	// follows no pattern.
	MOVQ     1(ops), bits
	MOVL     op, x
	ANDL     $15, x
	LEAL     1(x), y
	TESTL    x, y
	JNE      done
	SHRL     $4, op
	ANDL     $7, op
	LEAL     1(op), y
	TESTL    op, y
	JNE      done
	POPCNTL  x, x            // bytes of the offset
	POPCNTL  op, op          // of the size
	ADDL     x, op
	SHLL     $3, x
	LEAL     (op*8), y
	BZHIQ    y, bits, size
	SHRXQ    x, size, size
	BZHIQ    x, bits, from
	ADDQ     base, from
	LEAQ     1(ops)(op*1), x
	CMPQ     x, opsLast
	JGT      done            // some are missing
	TESTQ    size, size
	JEQ      done            // it stands for another
	LEAQ     (from)(size*1), y
	CMPQ     y, baseLast
	JGT      done
	MOVQ     limits+8(FP), y
	CMPQ     size, runLimits_longest(y)
	JGT      done

move: // size bytes at from; the next instruction is at x
	LEAQ    (dst)(size*1), y
	CMPQ    y, dstLast
	JGT     done
	MOVQ    x, ops
	VMOVDQU (from), Y0
	VMOVDQU Y0, (dst)
	CMPQ    size, $const_runRoom
	JLE     moved

steps:
	ADDQ    $const_runRoom, from
	ADDQ    $const_runRoom, dst
	VMOVDQU (from), Y0
	VMOVDQU Y0, (dst)
	LEAQ    const_runRoom(dst), x
	CMPQ    x, y
	JLT     steps

moved:
	MOVQ y, dst

enough:
	CMPQ ops, opsWord
	JLE  loop

done:
	VZEROUPPER
	MOVQ r+0(FP), x
	SUBQ runs_dst(x), dst
	MOVQ dst, runs_at(x)
	SUBQ runs_ops(x), ops
	MOVQ ops, runs_next(x)
	RET
