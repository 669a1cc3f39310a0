package key

import (
	"bytes"
	"slices"
	"strings"
)

// A program, an env file or a Makefile may keep the prefix in a variable, and put the key
// together where that is used: P = "insp_" and then P + "…" or ${P}…. The digits may have a
// variable of their own, and P + BODY stands behind both. All of it must be near. What is told
// by the text before a place is read backwards from there.

const (
	// behindGiven may stand behind a prefix that a variable is given.
	behindGiven = "\"'` \t\r\n;,"

	// Of the digits behind one, and of the uses of what holds those, so many are looked at.
	mostBodies = 4
	mostUses   = 8

	longestType = 32 // between a variable and what it is given, in bytes
)

// judgeVariable judges a prefix, buf[at:start], that a variable is given. The key is where its
// digits are: what is to be taken out is there, and so is what tells whom the key reaches.
func judgeVariable(buf []byte, at, start int) (Match, bool) {
	rest := buf[:min(len(buf), at+maxSpan)]
	names := givenTo(buf[max(0, at-callReach):at])
	if len(names) == 0 {
		return Match{}, false
	}
	digits := bodyInUse(rest, start, len(rest), func(digits, end int) bool {
		return endsInUse(rest[start:digits], names) || usesBoth(rest[end:], names, givenTo(rest[start:digits]))
	})
	if digits < 0 {
		lo := max(0, at-heldReach)
		digits = bodyInUse(rest, lo, at, func(digits, _ int) bool {
			return usesBoth(rest[start:], names, givenTo(rest[lo:digits]))
		})
	}
	if digits < 0 {
		return Match{}, false
	}
	prefix, end := string(buf[at:start]), digits+bodyLength
	if hasSuffix(rest[:digits], SandboxPrefix[len(Prefix):]) {
		prefix = SandboxPrefix
	}
	return splitMatch(prefix+string(rest[digits:end]), digits, end), true
}

// bodyInUse is where the first of the bodies begins, of those that begin in buf[from:to], that
// is in use; -1 if none is.
func bodyInUse(buf []byte, from, to int, isUsed func(digits, end int) bool) int {
	digits := from
	for range mostBodies {
		if digits = nextBody(buf, digits); digits < 0 || digits >= to {
			return -1
		}
		end := digits + bodyLength
		if isUsed(digits, end) {
			return digits
		}
		digits = end
	}
	return -1
}

// nextBody is where the next digits begin in buf, at buf[from] or behind, that may be a whole
// body by themselves; -1 if there are none.
func nextBody(buf []byte, from int) int {
	for at := from; at+bodyLength <= len(buf); at++ {
		n := hexRun(buf[at:])
		if end := at + n; n == bodyLength && isLowerHex(string(buf[at:end])) && mayBegin(buf[:at]) && mayEnd(buf[end:]) {
			return at
		}
		at += n
	}
	return -1
}

// mayBegin reports whether a body may begin behind b, and mayEnd whether one may end before it.
func mayBegin(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	c := b[len(b)-1]
	return !isAlnum(c) && c != '_' || hasSuffix(b, SandboxPrefix[len(Prefix):])
}

func mayEnd(b []byte) bool {
	return len(b) == 0 || !isAlnum(b[0]) && strings.IndexByte("_-", b[0]) < 0
}

// givenTo is the variables that may be given what follows b: where two names stand before it,
// one of them may be a type.
func givenTo(b []byte) (names []string) {
	b = trimBlanks(trimQuote(b))
	sign := len(b)
	if before, ok := bytes.CutSuffix(b, []byte(",")); ok { // PHP's define('P', 'insp_')
		before, name := cutName(before)
		if name != "" && hasSuffix(trimBlanks(trimQuote(before)), "define(") {
			return []string{name}
		}
	}
	for _, s := range []string{":=", "?=", "=>", "<-", "=", ":"} {
		if hasSuffix(b, s) {
			b = trimBlanks(b[:len(b)-len(s)])
			break
		}
	}
	if len(b) > 0 && strings.IndexByte("=!<>", b[len(b)-1]) >= 0 {
		return nil // it is compared
	}
	before, name := cutName(b)
	if name == "" {
		return nil
	}
	if sign == len(b) {
		if before = trimBlanks(before); hasSuffix(before, "define") || hasSuffix(before, "set") || hasSuffix(before, "@") {
			return []string{name}
		}
		return nil
	}
	names = []string{name}
	if i := bytes.LastIndexByte(b[max(0, len(b)-longestType):], ':'); i >= 0 {
		if _, typed := cutName(trimBlanks(b[:max(0, len(b)-longestType)+i])); typed != "" {
			names = append(names, typed)
		}
	}
	return names
}

// endsInUse reports whether b ends with one of the names in a way that puts what it holds
// before what follows.
func endsInUse(b []byte, names []string) bool {
	if hasSuffix(b, SandboxPrefix[len(Prefix):]) {
		b = b[:len(b)-len(SandboxPrefix)+len(Prefix)]
	}
	if len(b) == 0 {
		return false
	}
	if rest := trimHole(b); len(rest) < len(b) {
		return endsIn(rest, names)
	}
	literal := trimQuote(b)
	return len(literal) < len(b) && (endsInOperand(literal, names) || endsIn(bytes.TrimRight(literal, " \t"), names))
}

// trimHole is b up to the end of the name in the hole of a string, or of a Makefile's or a batch
// file's variable, that b ends with: ${P}, #{P}, {{ P }}, $(P), \(P), %P%. It is b if there is
// none.
func trimHole(b []byte) []byte {
	for _, hole := range []struct{ open, end string }{{"{", "}"}, {"$(", ")"}, {`\(`, ")"}, {"%", "%"}} {
		inner := b
		for range 2 { // it may be doubled
			inner = bytes.TrimSuffix(inner, []byte(hole.end))
		}
		if inner = trimBlanks(inner); len(inner) == len(b) {
			continue
		}
		if before, name := cutName(inner); name != "" && hasSuffix(trimBlanks(trimPath(before)), hole.open) {
			return inner
		}
	}
	return b
}

// endsInDollar reports whether b ends with a shell's $P, behind which the next variable is put.
func endsInDollar(b []byte, names []string) bool {
	b = bytes.TrimRight(b, "${")
	before, name := cutName(b)
	return hasSuffix(before, "$") && name != "" && slices.Contains(names, name)
}

// endsInOperand reports whether b ends with one of the names, and an operator that joins strings.
func endsInOperand(b []byte, names []string) bool {
	b = trimBlanks(b)
	operand := bytes.TrimRight(b, "+.&|<>~^/")
	return len(operand) < len(b) && len(b)-len(operand) <= 2 && endsIn(trimBlanks(operand), names)
}

// endsIn reports whether b ends with one of the names.
func endsIn(b []byte, names []string) bool {
	_, name := cutName(b)
	return name != "" && slices.Contains(names, name)
}

// usesBoth reports whether what one of the second names holds is put behind what one of the
// first does, somewhere in b.
func usesBoth(b []byte, first, second []string) bool {
	for _, name := range second {
		at := 0
		for range mostUses {
			i := bytes.Index(b[at:], []byte(name))
			if i < 0 {
				break
			}
			before := trimPath(b[:at+i])
			at += i + len(name)
			if isOther(b[at:]) {
				continue
			}
			if endsInOperand(before, first) || endsInUse(bytes.TrimRight(before, "${#( \t"), first) || endsInDollar(before, first) {
				return true
			}
		}
	}
	return false
}

// cutters are what is written behind a text's name for its length, or for a part of it.
var cutters = []string{
	"[", ".len", ".Len", ".size", ".Size", ".count", ".Count", ".slice", ".sub", ".Sub", ".take", ".first", ".left", ".chars", ".charAt", ".at(", ".index", ".Index",
	":0", ":1", ":2", ":3", ":4", ":5", ":6", ":7", ":8", ":9", ": -",
}

// isOther reports whether a name with b behind it is a longer one, or stands for a part of
// what it holds: P + COMMIT[:12] is no key.
func isOther(b []byte) bool {
	return len(b) > 0 && (isAlnum(b[0]) || b[0] == '_') || slices.ContainsFunc(cutters, func(s string) bool { return hasPrefix(b, s) })
}

// cutName cuts the name off that b ends with, also if it is a key of a map.
func cutName(b []byte) (before []byte, name string) {
	for _, end := range []string{`"]`, `']`, `"`, `'`} {
		if hasSuffix(b, end) {
			b = b[:len(b)-len(end)]
			break
		}
	}
	at := len(b)
	for at > 0 && (isAlnum(b[at-1]) || b[at-1] == '_') {
		at--
	}
	return b[:at], string(b[at:])
}

// trimPath takes the way off that b ends with, from an object or a module to one of its
// variables.
func trimPath(b []byte) []byte {
	for {
		b = bytes.TrimRight(b, "$@")
		before := b
		for _, sign := range []string{".", "::", "->"} {
			before = bytes.TrimSuffix(before, []byte(sign))
		}
		if len(before) == len(b) {
			return b
		}
		b, _ = cutName(before)
	}
}

// trimQuote takes the beginning of a literal off that b ends with, with its letters.
func trimQuote(b []byte) []byte {
	if len(b) == 0 || !isQuote(b[len(b)-1]) {
		return b
	}
	b = b[:len(b)-1]
	if before, letters := cutName(b); len(letters) <= len("rb") && len(before)+len(letters) == len(b) {
		return before
	}
	return b
}

func trimBlanks(b []byte) []byte { return bytes.TrimRight(b, " \t\r\n") }
