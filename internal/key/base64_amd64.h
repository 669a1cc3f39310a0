// What decodes base64, for more than one file.

// CONSTANTS loads what VALUES needs of the table in R13.
#define CONSTANTS \
	VMOVDQU base64Table_shifts(R13), Y0  \
	VMOVDQU base64Table_low(R13), Y1     \
	VMOVDQU base64Table_slash(R13), Y2   \
	VMOVDQU base64Table_minus(R13), Y3   \
	VMOVDQU base64Table_line(R13), Y4

// VALUES leaves in Y6 the values of the characters at src, which are all of the alphabet. Those
// that are neither letters nor digits share high halves with others, and get their own shifts.
#define VALUES(src) \
	VMOVDQU  src, Y5                              \
	VPSRLW   $4, Y5, Y6                           \
	VPAND    Y1, Y6, Y6                           \
	VPSHUFB  Y6, Y0, Y6                           \
	VPCMPEQB Y5, Y2, Y7                           \
	VPCMPEQB Y5, Y3, Y8                           \
	VPCMPEQB Y5, Y4, Y9                           \
	VPAND    base64Table_slashShift(R13), Y7, Y7  \
	VPAND    base64Table_minusShift(R13), Y8, Y8  \
	VPAND    base64Table_lineShift(R13), Y9, Y9   \
	VPADDB   Y5, Y6, Y6                           \
	VPADDB   Y7, Y8, Y7                           \
	VPADDB   Y9, Y6, Y6                           \
	VPADDB   Y7, Y6, Y6

// DECODING loads what DECODE needs besides.
#define DECODING \
	VMOVDQU base64Table_pairs(R13), Y10  \
	VMOVDQU base64Table_groups(R13), Y11 \
	VMOVDQU base64Table_order(R13), Y12

// DECODE leaves in each half of Y6 what the groups at src make: 12 bits of each two characters
// at first, then 24 of each group, then its bytes in order.
#define DECODE(src) \
	VALUES(src)            \
	VPMADDUBSW Y10, Y6, Y6 \
	VPMADDWD   Y11, Y6, Y6 \
	VPSHUFB    Y12, Y6, Y6

// READABLE adds to AX the bit of a way to align the probe at SI if what the groups of it make is
// readable: mask tells which bytes those are.
#define READABLE(way, mask) \
	DECODE(way(SI))         \
	VPSRLW     $4, Y6, Y7   \
	VPAND      Y1, Y7, Y7   \
	VPSHUFB    Y6, Y13, Y8  \
	VPSHUFB    Y7, Y14, Y9  \
	VPAND      Y8, Y9, Y8   \
	VPAND      base64Table_texts(R13), Y8, Y9 \
	VPCMPEQB   Y15, Y8, Y8  \
	VPMOVMSKB  Y8, R8       \
	VPCMPEQB   Y15, Y9, Y9  \
	VPMOVMSKB  Y9, R9       \
	ANDL       $mask, R8    \
	NOTL       R9           \
	ANDL       $mask, R9    \
	POPCNTL    R9, R9       \
	SUBL       $const_fewestReadable, R9 \
	SHRL       $31, R9      \
	ORL        R8, R9       \
	SUBL       $1, R9       \
	SHRL       $31, R9      \
	SHLL       $way, R9     \
	ORL        R9, AX

// WAYS leaves in AX a bit for each way to align the probe at SI in which what its groups make is
// readable.
#define WAYS \
	CONSTANTS \
	DECODING \
	VMOVDQU (base64Table_readable+halves_low)(R13), Y13  \
	VMOVDQU (base64Table_readable+halves_high)(R13), Y14 \
	VPXOR   Y15, Y15, Y15 \
	XORL    AX, AX \
	READABLE(0, const_wholeProbe) \
	READABLE(1, const_cutProbe) \
	READABLE(2, const_cutProbe) \
	READABLE(3, const_cutProbe)
