//go:build !purego

package key

import (
	"strings"
	"sync"

	"golang.org/x/sys/cpu"
)

// A lookTable is what scanLooks knows of bytes: the fields of masks are the bits, in
// each byte, that tell a set of the table before them.
type lookTable struct {
	leads, behind, third, fourth halves // of an escape

	numbers              halves
	inList, digits, nine [32]byte // nine is the greatest that is no letter

	indent halves // what is before the text of a line

	text        halves
	inRun, hex  [32]byte
	ends        halves
	narrow, gap [32]byte // what ends a line of a run, and a dump's address

	strides [lookTurns]int
}

// escapePairs are the bits of leads, behind, third and fourth, which are of the bytes that an
// escape begins with: where one of the last two is empty, any. Each may let through more than it
// has.
var escapePairs = [8]struct{ lead, behind, third, fourth string }{
	{"%", behindLeads[0], hexDigits, ""},
	{"=", behindLeads[leadQuoted], hexDigits, ""},
	{`\`, "01234567_", "", ""},
	{`\`, `\`, `01234567xuU_\`, ""},
	{`\`, "x", hexDigits, hexDigits},
	{`\`, "xu", "{", hexDigits},
	{`\`, "uU", "0", "0"},
	{"&", "#a", "0123456789xXm", ""},
}

const hexDigits = "0123456789ABCDEFabcdef"

var theLookTable = sync.OnceValue(func() *lookTable {
	t := &lookTable{strides: lookStrides}
	for i, pair := range escapePairs {
		t.leads.add(1<<i, pair.lead)
		t.behind.add(1<<i, pair.behind)
		t.third.addOrAll(1<<i, pair.third)
		t.fourth.addOrAll(1<<i, pair.fourth)
	}
	pick := func(h *halves, sets ...func(c byte) bool) []byte {
		table, bits := newHalves(sets...)
		*h = table
		return bits
	}
	bits := pick(&t.numbers, func(c byte) bool { return classes[c]&inList != 0 }, isHex)
	t.inList, t.digits, t.nine = each(bits[0]), each(bits[1]), each('9')
	pick(&t.indent, func(c byte) bool { return beforeText[c] })
	bits = pick(&t.text, func(c byte) bool { return base64Alphabet[c] }, isHex)
	t.inRun, t.hex = each(bits[0]), each(bits[1])
	bits = pick(&t.ends, func(c byte) bool { return strings.IndexByte(narrowEnds, c) >= 0 }, isAddressEnd)
	t.narrow, t.gap = each(bits[0]), each(bits[1])
	return t
})

// lookRoom is how many bytes from a look on scanLooks may read: up to the next line,
// its indentation, the mark of a comment, its text, what is behind that, and the next one's.
const lookRoom = lookReach + lineReach + 3*32 + commentMark + longestQuoteEnd + 1 + 2*32

// commentMark is the length of the mark that most comments have.
const commentMark = len("// ")

// addressEnds has a bit for each place where a dump's address may end in a line's text.
const addressEnds = 1<<(longestAddress+1) - 1<<shortestAddress

const _ = uint32(addressEnds) // else some would be outside of the 32 bytes that it sees

// scanLooks makes the looks from buf[at] on, the first of which is number turn and goes on with a
// test, and stops at one that finds more than a plain line, or maybe does, before the test that
// tells; or where less than lookRoom of the n bytes is left. It wants two bytes before buf[at].
//
//go:noescape
func scanLooks(buf *byte, n, at, turn, test int, table *lookTable) (stop, stopTurn, stopTest int)

// passLooks passes over looks that find nothing, from one on. What is behind the end of buf may be
// read where buf has room for it, and nothing depends on that: a test is made again where it may
// have found something, and what one finds is in buf.
func passLooks(buf []byte, p lookStep, t *passTables) lookStep {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasBMI1 || p.at < 2 {
		return p
	}
	readable := min(cap(buf), len(buf)+lookRoom)
	if p.at+lookRoom <= readable {
		p.at, p.turn, p.test = scanLooks(&buf[0], readable, p.at, p.turn, p.test, t.looks)
	}
	if p.at+lookRoom <= readable || p.at+lookReach > len(buf) {
		return p
	}
	return passLastLooks(buf, p, t)
}

// passLastLooks is passLooks near the end of buf. What history searches are many short
// buffers, and most of their looks are there.
func passLastLooks(buf []byte, p lookStep, t *passTables) lookStep {
	var padded [2 + 2*lookRoom]byte // no look finds anything behind the end
	n := copy(padded[:], buf[p.at-2:])
	stop, turn, test := scanLooks(&padded[0], n+lookRoom, 2, p.turn, p.test, t.looks)
	return lookStep{p.at - 2 + stop, turn, test}
}
