package key

import (
	"slices"
	"strings"
)

// maxGaps bounds the cuts in one key: some programs write one character a
// literal.
const maxGaps = bodyLength + len(SandboxPrefix)

// maxSpan bounds what a key takes with all its escapes and cuts, in bytes.
const maxSpan = Reach - 2*binaryReach

// A joiner reads a key whose characters are escaped, or which syntax cuts.
type joiner struct {
	buf     []byte
	at      int
	text    []byte
	layers  []string
	gaps    int
	lists   int // of gaps: with a comma
	bare    int // of gaps: nothing but a line break
	soft    int // soft line breaks
	escapes int
	pieces  []int // digits of the body before each gap
	cut     bool  // syntax may cut the prefix too
}

// judgeEscaped judges a literal that is part of a prefix of which something is
// escaped. Where it begins with an escape's letter, the backslashes are before
// it.
func judgeEscaped(buf []byte, at int) (Match, bool) {
	if buf[at] == 'u' || buf[at] == 'U' || buf[at] == 'x' {
		for first := max(0, at-1<<(maxLayers-1)); at > first && buf[at-1] == '\\'; {
			at--
		}
	}
	return judgeJoined(buf, at)
}

// judgeJoined judges a key that begins at buf[at:] and is not whole there.
func judgeJoined(buf []byte, at int) (Match, bool) {
	return judgeJoiner(joiner{buf: buf[:min(len(buf), at+maxSpan)], at: at})
}

func judgeJoiner(j joiner) (Match, bool) {
	at := j.at
	var space [len(SandboxPrefix) + bodyLength]byte
	j.text = space[:0]
	if !j.literal(Prefix) {
		return Match{}, false
	}
	prefix := len(Prefix)
	if j.literal(SandboxPrefix[len(Prefix):]) {
		prefix = len(SandboxPrefix)
	}
	for len(j.text) < prefix+bodyLength {
		c, ok := j.next(prefix)
		if !ok || !isHex(c) {
			return Match{}, false
		}
		j.text = append(j.text, c)
	}
	return j.match(at, prefix)
}

// judgeCutPrefix judges a key whose prefix syntax cuts, as in "in" + "sp_…". No
// literal shows it, but a long piece of its body does: the run buf[start:end], with or
// without a part of the prefix before it. The rest is looked for backwards.
func judgeCutPrefix(buf []byte, start, end int) (Match, bool) {
	if start == 0 || !isQuote(buf[start-1]) {
		return Match{}, false
	}
	for _, prefix := range []string{Prefix, SandboxPrefix} {
		if at := cutStart(buf, start, end, prefix); at >= 0 {
			return judgeJoiner(joiner{buf: buf[:min(len(buf), at+maxSpan)], at: at, cut: true})
		}
	}
	return Match{}, false
}

// cutStart is where a key begins that has a piece in the literal buf[start:end], and a
// prefix that is cut; -1 if there is none.
func cutStart(buf []byte, start, end int, prefix string) int {
	need := len(prefix) // characters of the prefix that were not seen
	for range maxGaps {
		at := end
		for need == len(prefix) && at > start && isHex(buf[at-1]) {
			at--
		}
		for need > 0 && at > start && buf[at-1] == prefix[need-1] {
			at, need = at-1, need-1
		}
		switch {
		case at == end || need > 0 && at > start:
			return -1
		case need == 0:
			return at
		}
		if end = literalBefore(buf, start); end < 0 {
			return -1
		}
		for start = end; start > 0 && ofKey(buf[start-1]); {
			start--
		}
	}
	return -1
}

// ofKey reports whether c can be a character of a key.
func ofKey(c byte) bool { return isHex(c) || strings.IndexByte(SandboxPrefix, c) >= 0 }

// literalBefore is where the literal ends that syntax joins to the one at
// buf[start:]; -1 if there is none that can be of a key.
func literalBefore(buf []byte, start int) int {
	for end := start - 1; end > max(0, start-maxGap); end-- {
		if c := buf[end-1]; (isQuote(buf[end]) || buf[end] == '\\') && ofKey(c) {
			if g, ok := gapAfter(buf, end, hexAlphabet); ok && g.end == start {
				return end
			}
		}
	}
	return -1
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// literal reads the characters of a part of the prefix, or nothing.
func (j *joiner) literal(text string) bool {
	before := *j
	for i := range len(text) {
		c, ok := j.next(0)
		if !ok || c != text[i] {
			*j = before
			return false
		}
		j.text = append(j.text, c)
	}
	return true
}

// next reads a character, behind a gap if there is one. Within the prefix that
// may only be a soft line break, or, before "test_", one of syntax.
func (j *joiner) next(prefix int) (byte, bool) {
	for j.at < len(j.buf) {
		c := j.buf[j.at]
		if isHex(c) || isLetter(c) || c == '_' {
			j.at++
			return c, true
		}
		if e, ok := readEscape(j.buf[j.at:]); ok {
			j.at += e.length
			j.escaped(e)
			return e.c, true
		}
		if j.gaps++; j.gaps > maxGaps || !j.gap(prefix) {
			return 0, false
		}
	}
	return 0, false
}

func (j *joiner) escaped(e escape) {
	j.escapes++
	for n := count(j.layers, e.layer); n < e.levels; n++ {
		j.layers = append(j.layers, e.layer)
	}
}

func count(list []string, want string) (n int) {
	for _, s := range list {
		if s == want {
			n++
		}
	}
	return n
}

// gap passes over a gap.
func (j *joiner) gap(prefix int) bool {
	g, ok := jointAfter(j.buf, j.at)
	if !ok {
		g, ok = gapAfter(j.buf, j.at, hexAlphabet)
	}
	if !ok {
		return false
	}
	switch {
	case g.soft:
		j.soft++
		j.gaps--
	case len(j.text) < len(Prefix) && (!j.cut || g.comma || g.bare):
		return false
	case g.comma:
		j.lists++
	case g.bare:
		j.bare++
	}
	if !g.soft {
		j.pieces = append(j.pieces, max(0, len(j.text)-max(prefix, len(Prefix))))
	}
	j.at = g.end
	return true
}

// match is the key that was read from buf[start:].
func (j *joiner) match(start, prefix int) (Match, bool) {
	body := j.text[prefix:]
	if j.gaps == 0 && j.escapes == 0 && j.soft == 0 {
		return Match{}, false
	}
	m := Match{
		Start: start, End: j.at,
		Secret:      NewSecret(string(j.text)),
		Confidence:  Low,
		Placeholder: isPlaceholder(body),
		Encoding:    j.layers,
	}
	if j.soft > 0 && !slices.Contains(m.Encoding, layerQuoted) {
		m.Encoding = append(m.Encoding, layerQuoted)
	}
	longer := j.more()
	if j.gaps > 0 {
		if longer || !isLowerHex(string(body)) || !j.plausible(start) {
			return Match{}, false
		}
		m.Confidence = Medium
		m.Encoding = slices.Insert(m.Encoding, 0, layerSplit)
		return m, true
	}
	if isLowerHex(string(body)) && !longer {
		m.Confidence = High
	}
	return m, true
}

// more reports whether the text goes on behind the key as if it were longer. For a
// key that syntax cuts, any letter or digit is too much.
func (j *joiner) more() bool {
	if j.at >= len(j.buf) {
		return false
	}
	c := j.buf[j.at]
	if j.gaps > 0 {
		return isDigit(c) || isLetter(c) || c == '_'
	}
	e, ok := readEscape(j.buf[j.at:])
	return isHex(c) || ok && isHex(e.c)
}

// plausible tells a key that was cut from a prefix with a checksum after it: a
// list and a line break say nothing by themselves, so that a piece of the body
// must stand on both sides of one of them, or a call join the list.
func (j *joiner) plausible(start int) bool {
	if j.lists+j.bare < j.gaps || j.lists > 0 && joinsList(j.buf, start, j.at) {
		return true
	}
	for _, digits := range j.pieces {
		if digits > 0 && digits < bodyLength {
			return true
		}
	}
	return false
}
