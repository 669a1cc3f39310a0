package key

import (
	"bytes"
	"slices"
	"strings"
)

const (
	bodyLength = 64 // hexadecimal digits of a key's body

	// A sandbox body of another alphabet is a doubtful key from looseMin
	// characters on; past looseMax it is data, not a key.
	looseMin = 16
	looseMax = 80

	// docPlaceholder stands in the vendor's curl example, after Prefix.
	docPlaceholder = "your_api_key_here"

	longestPeriod  = 32 // a body that repeats this soon is a placeholder
	fewestDistinct = 8  // and so is one of fewer different characters
	farthestStep   = 16 // and one in which most characters follow on those this far before
)

// judgePlain judges the prefix of a plain key at buf[at:].
func judgePlain(buf []byte, at int) (Match, bool) {
	rest := buf[at+len(Prefix):]
	if bytes.HasPrefix(rest, []byte(docPlaceholder)) {
		return plainMatch(buf, at, at+len(Prefix)+len(docPlaceholder), Low, true), true
	}
	prefix := len(Prefix)
	if bytes.HasPrefix(rest, []byte(SandboxPrefix[len(Prefix):])) {
		prefix = len(SandboxPrefix)
		rest = buf[at+prefix:]
	}
	digits := hexRun(rest)
	if digits >= bodyLength {
		return hexMatch(buf, at, prefix, digits > bodyLength), true
	}
	if m, ok := judgeCut(buf, at, 0, nil); ok {
		return m, true
	}
	if m, ok := judgeTail(buf, at, at+prefix, digits); ok {
		return m, true
	}
	if prefix == len(SandboxPrefix) {
		return looseMatch(buf, at)
	}
	return Match{}, false
}

// hexMatch is a match whose body is made of 64 hexadecimal digits of any case; run is whether
// more follow. They do not count if the key's length stands before it, as Protocol Buffers,
// MessagePack and CBOR have it: the next field begins there.
func hexMatch(buf []byte, at, prefix int, run bool) Match {
	start, end := at+prefix, at+prefix+bodyLength
	if at > 0 && int(buf[at-1]) == prefix+bodyLength {
		run = false
	}
	confidence := Low
	if isLowerHex(string(buf[start:end])) && !run {
		confidence = High
	}
	m := plainMatch(buf, at, end, confidence, isPlaceholder(buf[start:end]))
	m.Run = run
	return m
}

// looseMatch judges a sandbox prefix whose body is no 64 digits: any long run
// of letters and digits that looks random may be a key of another generation.
func looseMatch(buf []byte, at int) (Match, bool) {
	start := at + len(SandboxPrefix)
	end := start + alnumRun(buf[start:])
	if next := end - len(Prefix) + 1; next >= start && bytes.HasPrefix(buf[next:], []byte(Prefix)) {
		end = next // the letters before the "_" begin another key
	}
	loose := buf[start:end]
	if len(loose) < looseMin || len(loose) > looseMax || isPlaceholder(loose) || !looksRandom(loose) {
		return Match{}, false
	}
	return plainMatch(buf, at, end, Low, false), true
}

func plainMatch(buf []byte, start, end int, c Confidence, placeholder bool) Match {
	return Match{
		Start:       start,
		End:         end,
		Secret:      NewSecret(string(buf[start:end])),
		Confidence:  c,
		Placeholder: placeholder,
	}
}

// splitMatch is a match whose text something puts together of pieces, of which buf[start:end]
// is what is told.
func splitMatch(text string, start, end int) Match {
	return Match{
		Start:       start,
		End:         end,
		Secret:      NewSecret(text),
		Confidence:  Medium,
		Placeholder: isPlaceholder([]byte(body(text))),
		Encoding:    []string{layerSplit},
	}
}

// body cuts the prefix off a key's text.
func body(text string) string {
	if rest, ok := strings.CutPrefix(text, SandboxPrefix); ok {
		return rest
	}
	return strings.TrimPrefix(text, Prefix)
}

// hexRun counts the hexadecimal digits that b begins with, up to one more than
// a body holds.
func hexRun(b []byte) int {
	n := 0
	for n < len(b) && n <= bodyLength && isHex(b[n]) {
		n++
	}
	return n
}

// alnumRun counts the letters and digits that b begins with, up to one more
// than the longest body.
func alnumRun(b []byte) int {
	n := 0
	for n < len(b) && n <= looseMax && isAlnum(b[n]) {
		n++
	}
	return n
}

// isPlaceholder reports whether no random generator made the body: it repeats
// with a short period, has few different characters, or counts.
func isPlaceholder(body []byte) bool {
	return distinct(body) < fewestDistinct || repeats(body) || counts(body)
}

func distinct(b []byte) int {
	var seen [256]bool
	n := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

// repeats reports whether b is a shorter string again and again. Half of b
// must be repetition, else every short body would have a period.
func repeats(b []byte) bool {
	for period := 1; period <= min(longestPeriod, len(b)/2); period++ {
		if bytes.Equal(b[period:], b[:len(b)-period]) {
			return true
		}
	}
	return false
}

// counts reports whether most characters of b are those that stand some places before them,
// or next to these: what was typed along the keyboard ("a1b2c3d4"), numbers one after another
// ("000102", "00000001 00000002"), and a pattern with small changes. Of 64 random digits a
// quarter is one way or another; three quarters are in one of 10^12 keys.
func counts(b []byte) bool {
	for stride := 1; stride <= min(farthestStep, len(b)/4); stride++ {
		if 4*countSteps(b, stride) >= 3*(len(b)-stride) {
			return true
		}
	}
	return false
}

func countSteps(b []byte, stride int) (n int) {
	for i, c := range b[stride:] {
		if isStep(b[i], c) {
			n++
		}
	}
	return n
}

// turns are where counting begins anew, by the lesser character: with ten digits, with the
// letters of hexadecimal ones, with all, and along a keyboard.
var turns = [...][2]byte{{'0', '9'}, {'a', 'f'}, {'0', 'f'}, {'9', 'a'}, {'0', 'a'}}

// isStep reports whether two characters are the same, or neighbours when one counts.
func isStep(a, b byte) bool {
	a, b = a|0x20, b|0x20 // in lower case
	a, b = min(a, b), max(a, b)
	return b-a <= 1 || slices.Contains(turns[:], [2]byte{a, b})
}

// looksRandom tells a generated body from an identifier: digits and letters
// change often, where a name has its digits together ("report2024").
func looksRandom(b []byte) bool {
	digits, changes := 0, 0
	for i, c := range b {
		if isDigit(c) {
			digits++
		}
		if i > 0 && isDigit(c) != isDigit(b[i-1]) {
			changes++
		}
	}
	return digits >= 2 && digits < len(b) && changes >= max(3, len(b)/8)
}

func isLowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isHex(c) || 'A' <= c && c <= 'F' {
			return false
		}
	}
	return len(s) == bodyLength
}

func isHex(c byte) bool    { return classes[c]&inHex != 0 }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
