package key

import (
	"bytes"
	"slices"
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
	beside  int // of these: with none, but on two lines of a loose text
	bare    int // of gaps: nothing but a line break
	folds   int // of these: where a line was full
	soft    int // soft line breaks
	escapes int
	hidden  int   // what does not show
	pieces  []int // digits of the body before each gap
	cut     bool  // syntax may cut the prefix too
	loose   looseness
	listed  bool // elements of a list make the prefix
	behind  gap  // the last gap
	seam    gap  // between the prefix and the digits
}

// judgeEscaped judges a literal that is part of a prefix of which something is
// escaped. Where it begins with an escape's letter or number, the backslashes are
// before it.
func judgeEscaped(buf []byte, at int) (Match, bool) {
	if c := buf[at]; c == '1' && at > 0 && buf[at-1] == '0' {
		at--
	}
	if c := buf[at]; c|0x20 == 'u' || c == 'x' || isDigit(c) {
		at = firstBackslash(buf, max(0, at-1))
	}
	m, ok := judgeJoined(buf, at)
	if !ok {
		return judgeStripped(buf, at)
	}
	return m, ok
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
		if n := hiddenAt(j.buf[j.at:]); n > 0 {
			j.at += n
			j.hidden++
			continue
		}
		if n := softBreak(j.buf, j.at); n > 0 {
			j.at += n
			j.soft++
			continue
		}
		if e, ok := readEscape(j.buf[j.at:]); ok {
			j.at += e.length
			j.escaped(e)
			return e.c, true
		}
		if e, ok := readCutEscape(j.buf[j.at:]); ok {
			j.at += e.length
			j.soft++
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
	if g.beside = g.beside && !g.comma && j.loose != nil && j.loose(); g.beside {
		g.comma = true
	}
	fold := g.bare && foldBefore(j.buf, g.end) == j.at
	if j.behind.end == j.at && !j.behind.soft { // an empty literal is between the two
		j.gaps--
		j.forget(j.behind)
		g = g.after(j.behind)
	}
	switch {
	case g.soft:
		j.soft++
		j.gaps--
	case len(j.text) < len(Prefix) && (!j.cut || g.bare && !fold):
		return false
	case g.comma:
		j.lists++
		if g.beside {
			j.beside++
		}
	case g.bare:
		j.bare++
	}
	if fold {
		j.folds++
	}
	if len(j.text) < max(prefix, len(Prefix)) && g.comma {
		j.listed = true
	}
	if prefix == len(j.text) && !g.soft {
		j.seam = g
	}
	if !g.soft {
		j.pieces = append(j.pieces, max(0, len(j.text)-max(prefix, len(Prefix))))
	}
	j.at, j.behind = g.end, g
	return true
}

// after is the gap that this one makes with the one before it, between which is nothing.
func (g gap) after(first gap) gap {
	g.start, g.comma, g.bare, g.soft = first.start, g.comma || first.comma, g.bare && first.bare, false
	g.quoted, g.apart = g.quoted || first.quoted, g.apart || first.apart
	if first.sign != 0 {
		g.sign = first.sign
	}
	return g
}

// forget takes back what a gap counted, since it is part of a longer one.
func (j *joiner) forget(g gap) {
	switch {
	case g.comma:
		j.lists--
		if g.beside {
			j.beside--
		}
	case g.bare:
		j.bare--
	}
	j.pieces = j.pieces[:len(j.pieces)-1]
}

// match is the key that was read from buf[start:].
func (j *joiner) match(start, prefix int) (Match, bool) {
	body := j.text[prefix:]
	if j.gaps == 0 && j.escapes == 0 && j.soft == 0 && j.hidden == 0 {
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
	if j.cuts() {
		if longer || !isLowerHex(string(body)) || !j.plausible(start) || j.tailIsOther() {
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

// cuts reports whether something stands between the key's characters.
func (j *joiner) cuts() bool { return j.gaps > 0 || j.hidden > 0 }

// more reports whether the text goes on behind the key as if it were longer. For a
// key that syntax cuts, any letter or digit is too much.
func (j *joiner) more() bool {
	if j.at >= len(j.buf) {
		return false
	}
	c := j.buf[j.at]
	if j.cuts() {
		return isDigit(c) || isLetter(c) || c == '_'
	}
	e, ok := readEscape(j.buf[j.at:])
	return isHex(c) || ok && isHex(e.c)
}

// shortTail is a piece that may be the beginning of something else.
const shortTail = 16

// tailIsOther reports whether the last digits, behind a line break or the comma of a list,
// are no rest of a key but what comes next: a name with a value, a number of a list, a
// date, a UUID. So it looks where a key is shorter by some digits than it should be.
func (j *joiner) tailIsOther() bool {
	if len(j.pieces) == 0 || j.lists+j.bare == 0 {
		return false
	}
	tail := bodyLength - j.pieces[len(j.pieces)-1]
	rest := j.buf[j.at:]
	if tail >= shortTail || len(rest) == 0 {
		return false
	}
	if rest[0] == '-' || rest[0] == '.' && len(rest) > 1 && rest[1] == ' ' {
		return true
	}
	if isQuote(rest[0]) {
		rest = rest[1:]
	}
	rest = bytes.TrimLeft(rest, " ")
	return len(rest) > 0 && (rest[0] == '=' || rest[0] == ':')
}

// plausible tells a key that was cut from a prefix with a checksum after it: a
// list and a line break say nothing by themselves, so that a piece of the body
// must stand on both sides of one of them, a full line be folded there, or a call join the
// list; and of two literals, that they are one text.
func (j *joiner) plausible(start int) bool {
	if j.listed {
		return joinsList(j.buf, start, j.at, "")
	}
	if j.gaps == 0 || j.folds > 0 || j.cutsBody() {
		return true
	}
	if j.lists > 0 {
		return joinsList(j.buf, start, j.at, "") || j.beside == j.lists && isAssigned(j.buf, start, j.at)
	}
	return j.bare < j.gaps && j.seamJoins(start)
}

// cutsBody reports whether digits stand on both sides of a gap.
func (j *joiner) cutsBody() bool {
	return slices.ContainsFunc(j.pieces, func(digits int) bool { return 0 < digits && digits < bodyLength })
}
