package gitrepo

import "strings"

// A symbol is one element of a compiled pattern: below symAny the byte itself, from symSet on the set with that number.
type symbol uint32

const (
	symAny  symbol = 256 + iota // "?": one byte that is not "/"
	symStar                     // "*": any bytes but "/"
	symDeep                     // "**/" at the start of a component: nothing, or anything that ends in "/"
	symAll                      // "**" that is the whole last component, or stands before `\/`: anything
	symSet
)

// maxMatchLength is the length in bytes of the longest path that a pattern can be about. A pattern that needs more can never
// match, so it is not kept, and what a hostile ignore file costs stays in proportion to what it could decide.
const maxMatchLength = 1 << 16

// A byteSet is what a bracket expression accepts.
type byteSet [4]uint64

func (s *byteSet) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// A compiler turns the patterns of one ignore file into symbols. They share one slice, and their sets too, because a file may
// have a hundred thousand lines and a slice of its own for each would cost more than the line.
type compiler struct {
	code    []symbol
	sets    []byteSet
	numbers map[byteSet]symbol
	fold    bool
}

// compile appends the symbols of a pattern. With path, the pattern is matched against a whole path, in which only "**" passes a
// "/"; otherwise against a name, and "**" is a "*". It reports false, and appends nothing, for a pattern that can match nothing:
// a bracket without an end, an unknown [:class:], a backslash at the end.
//
// git compares what stands before the first of `*?[\` as bytes. Up to 2.51 it gave its matcher only the rest, so that "a**/b" had
// its "**/" at the start of what the matcher saw and matched "a/x/b", "ax/b" and "ab"; that is loose. Since 2.52 it is "a*/b",
// which matches less.
func (c *compiler) compile(pattern string, path, loose bool) (glob, bool) {
	from, rest := len(c.code), pattern[literalLength(pattern):]
	plain := pattern[:len(pattern)-len(rest)]
	atStart := loose || plain == "" || strings.HasSuffix(plain, "/")
	for _, b := range []byte(plain) {
		c.code = append(c.code, symbol(c.lower(b)))
	}
	ok := c.compileRest(rest, path, atStart)
	g, fits := measure(c.code[from:])
	if !ok || !fits {
		c.code = c.code[:from]
		return glob{}, false
	}
	g.from, g.to = uint32(from), uint32(len(c.code))
	return g, true
}

// isTorn reports whether git's versions differ about a pattern with a "/".
func isTorn(pattern string) bool {
	n := literalLength(pattern)
	return n > 0 && pattern[n-1] != '/' && strings.HasPrefix(pattern[n:], "**")
}

// literalLength returns how many bytes at the start of a pattern stand for themselves.
func literalLength(pattern string) int {
	for i := range len(pattern) {
		switch pattern[i] {
		case '*', '?', '[', '\\':
			return i
		}
	}
	return len(pattern)
}

// compileRest compiles what follows the plain bytes; atStart tells whether that may be the start of a component.
func (c *compiler) compileRest(p string, path, atStart bool) bool {
	for i := 0; i < len(p); {
		switch p[i] {
		case '?':
			c.code = append(c.code, symAny)
			i++
		case '*':
			i = c.compileStars(p, i, path && (i > 0 || atStart))
		case '\\':
			if i+1 == len(p) {
				return false
			}
			// Not folded: git lowers the text and the plain bytes of a pattern, but compares an escaped byte as it is, so under
			// core.ignoreCase `\A` matches neither "a" nor "A".
			c.code = append(c.code, symbol(p[i+1]))
			i += 2
		case '[':
			next, ok := c.compileSet(p, i)
			if !ok {
				return false
			}
			i = next
		default:
			c.code = append(c.code, symbol(c.lower(p[i])))
			i++
		}
	}
	return true
}

// compileStars compiles the run of asterisks at p[i] and returns where it read up to. Only where deep is set can they pass a "/".
func (c *compiler) compileStars(p string, i int, deep bool) int {
	end := i
	for end < len(p) && p[end] == '*' {
		end++
	}
	sym := symStar
	if deep && end-i > 1 && (i == 0 || p[i-1] == '/') {
		switch rest := p[end:]; {
		case rest == "" || len(rest) > 1 && rest[:2] == `\/`:
			sym = symAll
		case rest[0] == '/':
			sym = symDeep
			end++
		}
	}
	// "**/**/" says no more than "**/"; left in, the empty ones would let a pattern be longer than anything it matches.
	if sym != symDeep || i == 0 || c.code[len(c.code)-1] != symDeep {
		c.code = append(c.code, sym)
	}
	return end
}

// compileSet compiles the bracket expression at p[i] and returns where it read up to.
func (c *compiler) compileSet(p string, i int) (int, bool) {
	b := bracket{text: p, pos: i + 1, fold: c.fold}
	if !b.parse() {
		return 0, false
	}
	number, known := c.numbers[b.set]
	if !known {
		if c.numbers == nil {
			c.numbers = make(map[byteSet]symbol)
		}
		number = symSet + symbol(len(c.sets))
		c.numbers[b.set] = number
		c.sets = append(c.sets, b.set)
	}
	c.code = append(c.code, number)
	return b.pos, true
}

func (c *compiler) lower(b byte) byte {
	if c.fold {
		return lowerByte(b)
	}
	return b
}

// lowerByte folds ASCII only, as git does: it compares file names as bytes, whatever their encoding.
func lowerByte(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// A bracket reads one bracket expression. Its rules are those of git's matcher, which differ from POSIX's in that a "\" escapes,
// in that what looks like a [:class:] without its ":]" is a "[" and more members, and in how a range reads its ends.
type bracket struct {
	text string
	pos  int // of the next byte
	fold bool
	set  byteSet
}

// parse reads up to and including the "]" and reports whether there was one.
func (b *bracket) parse() bool {
	negated := b.pos < len(b.text) && (b.text[b.pos] == '!' || b.text[b.pos] == '^')
	if negated {
		b.pos++
	}
	var before byte // the member that a "-" would make the low end of a range; 0 if the last one was a range or a class itself
	for first := true; ; first = false {
		if b.pos == len(b.text) {
			return false
		}
		if b.text[b.pos] == ']' && !first {
			break
		}
		var ok bool
		if before, ok = b.member(before); !ok {
			return false
		}
	}
	b.pos++
	b.close(negated)
	return true
}

func (b *bracket) member(before byte) (byte, bool) {
	ch, rest := b.text[b.pos], b.text[b.pos+1:]
	switch {
	case ch == '-' && before != 0 && rest != "" && rest[0] != ']':
		b.pos++
		high, ok := b.byte()
		b.addRange(before, high)
		return 0, ok
	case ch == '[' && rest != "" && rest[0] == ':':
		return b.class()
	}
	ch, ok := b.byte()
	b.set.add(ch)
	return ch, ok
}

// byte reads one byte that may be escaped.
func (b *bracket) byte() (byte, bool) {
	if b.text[b.pos] == '\\' {
		b.pos++
		if b.pos == len(b.text) {
			return 0, false
		}
	}
	b.pos++
	return b.text[b.pos-1], true
}

// class reads "[:name:]". Where the next "]" has no ":" before it, only the "[" is read, as a member.
func (b *bracket) class() (byte, bool) {
	name := b.text[b.pos+2:]
	end := 0
	for end < len(name) && name[end] != ']' {
		end++
	}
	switch {
	case end == len(name):
		return 0, false
	case end == 0 || name[end-1] != ':':
		b.set.add('[')
		b.pos++
		return '[', true
	}
	b.pos += 2 + end + 1
	return 0, b.addClass(name[:end-1])
}

// addRange adds the bytes from low to high; none if high is the lower. Under fold the text is in lower case, so a letter is also
// in when its capital is.
func (b *bracket) addRange(low, high byte) {
	for ch := int(low); ch <= int(high); ch++ {
		b.set.add(byte(ch))
		if b.fold {
			b.set.add(lowerByte(byte(ch)))
		}
	}
}

func (b *bracket) addClass(name string) bool {
	ranges, known := posixClasses[name]
	for i := 0; i < len(ranges); i += 2 {
		b.addRange(ranges[i], ranges[i+1])
	}
	return known
}

// close makes the set final. No bracket expression matches "/", a negated one included, and no path holds a NUL.
func (b *bracket) close(negated bool) {
	if negated {
		for i := range b.set {
			b.set[i] = ^b.set[i]
		}
	}
	b.set['/'>>6] &^= 1 << ('/' & 63)
	b.set[0] &^= 1
}

// posixClasses holds the members of each POSIX class as pairs of a low and a high end. They are git's: ASCII only, and white space
// is neither a vertical tab nor a form feed.
var posixClasses = map[string]string{
	"alnum":  "09AZaz",
	"alpha":  "AZaz",
	"blank":  "  \t\t",
	"cntrl":  "\x00\x1f\x7f\x7f",
	"digit":  "09",
	"graph":  "!~",
	"lower":  "az",
	"print":  " ~",
	"punct":  "!/:@[`{~",
	"space":  "  \t\n\r\r",
	"upper":  "AZ",
	"xdigit": "09AFaf",
}

// A glob is where a compiled pattern lies, and what tells most texts apart from it without reading it.
type glob struct {
	from, to    uint32
	shortest    uint32 // length in bytes of the shortest text that it matches
	first, last symbol // of its symbols
}

// measure fills in what can be told from the symbols. It reports false for a pattern that no path is long enough for, and for one
// without symbols: a name has at least one byte.
func measure(code []symbol) (glob, bool) {
	if len(code) == 0 {
		return glob{}, false
	}
	g := glob{first: code[0], last: code[len(code)-1]}
	for _, sym := range code {
		if sym <= symAny || sym >= symSet {
			g.shortest++
		}
	}
	return g, g.shortest <= maxMatchLength
}

// could reports whether a text, which is not empty, has the length and the ends that g asks for.
func (g *glob) could(text []byte) bool {
	return len(text) >= int(g.shortest) &&
		(g.first >= symAny || g.first == symbol(text[0])) &&
		(g.last >= symAny || g.last == symbol(text[len(text)-1]))
}

// A wildmatch matches one text against one compiled pattern.
//
// It reads both once, and on a mismatch goes back to the last "*" and lets that take one byte more; when that would have to take a
// "/", to the last "**". Earlier ones need no second try: whatever an earlier "*" of the same component could skip, the later one
// can; and components are matched one to one, so where a "**" begins is settled before it. So the steps are bounded by about
// the length of the pattern times that of the text, however the pattern is built; git's matcher needs exponentially many for some.
type wildmatch struct {
	code  []symbol
	sets  []byteSet
	text  []byte
	pc    int    // next symbol
	pos   int    // next byte
	star  resume // how to go on after the last "*", as long as that is in this component
	deep  resume // the same for the last "**"
	steps int    // symbols looked at, for tests
}

// A resume is a place to go back to: the symbol after an asterisk, and the byte up to which that has taken text. pc 0 is none.
type resume struct{ pc, pos int }

// match reports whether the whole text matches.
func (m *wildmatch) match() bool {
	for {
		m.steps++
		if m.pc == len(m.code) {
			if m.pos == len(m.text) {
				return true
			}
		} else if m.step() {
			continue
		}
		if !m.goBack() {
			return false
		}
	}
}

// step matches the next symbol and reports whether it could.
func (m *wildmatch) step() bool {
	sym := m.code[m.pc]
	switch sym {
	case symStar:
		m.pc++
		m.star = resume{m.pc, m.pos}
		return true
	case symDeep, symAll:
		m.pc++
		m.deep = resume{m.pc, m.pos}
		if m.pc == len(m.code) && sym == symAll {
			m.pos = len(m.text)
		}
		return true
	}
	if m.pos == len(m.text) || !m.accepts(sym, m.text[m.pos]) {
		return false
	}
	if sym == '/' {
		m.star = resume{}
	}
	m.pc++
	m.pos++
	return true
}

func (m *wildmatch) accepts(sym symbol, ch byte) bool {
	switch {
	case sym < symAny:
		return sym == symbol(ch)
	case sym == symAny:
		return ch != '/'
	}
	return m.sets[sym-symSet].has(ch)
}

// goBack lets the last asterisk that can take more text do so, and reports whether there was one. A star is left as it is when the
// deep one goes on: it has just proved unable to take more, and still is.
func (m *wildmatch) goBack() bool {
	if m.star.pc > 0 && m.star.pos < len(m.text) && m.text[m.star.pos] != '/' {
		m.star.pos++
		m.pc, m.pos = m.star.pc, m.star.pos
		return true
	}
	if m.deep.pc == 0 {
		return false
	}
	for i := m.deep.pos; i < len(m.text); i++ {
		if m.text[i] != '/' {
			continue
		}
		// symAll stands before an escaped "/", which is still to be matched; symDeep has its own.
		m.deep.pos, m.pos = i+1, i+1
		if m.code[m.deep.pc-1] == symAll {
			m.pos = i
		}
		m.pc = m.deep.pc
		return true
	}
	return false
}
