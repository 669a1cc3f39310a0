package key

import (
	"bytes"
)

// A compiler copies a string that it knows in steps of 16 and 8 bytes. Their pieces stand
// one behind the other in the program's data, or the last in an instruction; and where the
// length is no multiple, the last takes in the end of the piece before.

const (
	// longestStep is the longest step that is looked for in full.
	longestStep = 16

	// word is how many bytes the longest number in an instruction has, and wordOpcode how
	// many stand before it (MOV r64, imm64 of x86-64: REX.W B8+r).
	word       = 8
	wordOpcode = 2

	// nearby is how far a NUL is in a program. Of what nearly is a key only the first is
	// looked at in as many bytes, because the instruction is searched for in programReach
	// bytes on either side.
	nearby       = 4 << 10
	programReach = 1 << 20

	// surestRepeat is how many digits must stand twice to be sure of one piece.
	surestRepeat = 3
)

// inProgram reports whether buf[at] may be of a program.
func inProgram(buf []byte, at int) bool {
	return bytes.IndexByte(buf[max(0, at-nearby):min(len(buf), at+nearby)], 0) >= 0
}

// judgeTail judges a key whose body at buf[start:] has only some digits, and the rest in an
// instruction.
func judgeTail(buf []byte, at, start, digits int) (m Match, ok bool) {
	missing := bodyLength - digits
	if missing >= word || digits < longestStep || !inProgram(buf, at) || bytes.Contains(buf[max(0, at-nearby):at], []byte(Prefix)) {
		return m, false
	}
	program := buf[max(0, at-programReach):min(len(buf), at+programReach)]
	tail := ""
	for _, behind := range []string{"", "\x00"} { // a string of C ends with a NUL
		repeated := word - missing - len(behind)
		if repeated < 2 {
			continue
		}
		for _, found := range tails(program, buf[start+digits-repeated:start+digits], missing, behind) {
			if tail != "" && tail != found {
				return m, false
			}
			tail = found
		}
	}
	if tail == "" {
		return m, false
	}
	return compiled(string(buf[at:start+digits])+tail, at, start+digits)
}

// mostTails bounds the places where digits are looked for that a number may begin with: in
// a program few are, and in what is made of them each near miss would see all.
const mostTails = 1 << 10

// tails lists the digits that follow others in an instruction that loads all of them.
func tails(buf, others []byte, missing int, behind string) (found []string) {
	at := 0
	for range mostTails {
		next := bytes.Index(buf[at:], others)
		if next < 0 {
			return found
		}
		at += next
		rest := buf[at+len(others):]
		if at >= wordOpcode && buf[at-2]|1 == 0x49 && buf[at-1]&0xf8 == 0xb8 && hexRun(rest[:min(len(rest), missing)]) == missing && hasPrefix(rest[missing:], behind) {
			found = append(found, string(rest[:missing]))
		}
		at++
	}
	return nil
}

// judgeRepeat judges a match that has more digits behind it, since the last step takes in
// the end of the one before: without what stands twice it is another key. Either may be
// the one that the program has, as digits may be alike by chance.
func judgeRepeat(buf []byte, m Match) (other Match, ok bool) {
	if !m.Run || !inProgram(buf, m.Start) {
		return other, false
	}
	start, stop := m.End-bodyLength, m.End
	for stop < min(len(buf), m.End+longestStep) && isHex(buf[stop]) {
		stop++
	}
	run := buf[start:stop]
	twice := len(run) - bodyLength
	if twice < surestRepeat || twice >= longestStep {
		return other, false
	}
	for end := len(run) - longestStep; end+twice <= len(run); end++ { // where the last step begins
		if bytes.Equal(run[end-twice:end], run[end:end+twice]) {
			return compiled(string(buf[m.Start:start+end])+string(run[end+twice:]), m.Start, stop)
		}
	}
	return other, false
}

// compiled is the key that was made of what is told of it, from start to end, and more.
func compiled(text string, start, end int) (Match, bool) {
	if !isLowerHex(body(text)) {
		return Match{}, false
	}
	return splitMatch(text, start, end), true
}
