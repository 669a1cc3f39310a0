package key

import "strings"

// maxGap is the longest gap between two pieces of a run, in bytes: the end of
// a line with a comment, and the indentation of the next.
const maxGap = 160

// A gap is what stands between two pieces of a text that was cut.
type gap struct {
	start  int  // where the piece ends
	end    int  // where the next one begins
	soft   bool // a soft line break of quoted-printable text
	comma  bool // the pieces are elements of a list
	bare   bool // a line break without quotes or operators
	beside bool // quotes around a line break, and no operator
	quoted bool // the pieces are literals
	apart  bool // something stands between these that joins nothing by itself, as a bracket
	sign   byte // what joins them, by its first character; 0 if nothing does
}

// gapAfter reads the gap at buf[at:]: a line break with the indentation and
// the quotation marks of the next line, or the syntax between two string
// literals. alphabet is what the pieces are made of, for which characters a
// gap may not take away from them.
func gapAfter(buf []byte, at int, alphabet *[256]bool) (gap, bool) {
	if n := softBreak(buf, at); n > 0 {
		return gap{start: at, end: at + n, soft: true}, true
	}
	r := gapReader{buf: buf[:min(len(buf), at+maxGap)], at: at, alphabet: alphabet}
	for r.at < len(r.buf) && !r.opened {
		if !r.step() {
			break
		}
	}
	g := gap{
		start: at, end: r.at, comma: r.comma, bare: !r.closed && !r.continued, beside: r.closed && r.lines > 0 && !r.joined,
		quoted: r.closed, apart: r.apart, sign: r.sign,
	}
	// Two literals, or two lines of one.
	return g, r.at < len(buf) && (r.opened || !r.closed && r.lines > 0)
}

// softBreaks are soft line breaks, as they stand in a mail, and in JSON or a URL that holds one.
var softBreaks = []string{"=\n", "=\r\n", `=\n`, `=\r\n`, `=\\n`, `=\\r\\n`, "=%0A", "=%0D%0A", "%3D%0A", "%3D%0D%0A", "=3D\n", "=3D\r\n"}

// softBreak is the length of a soft line break at buf[at:], or 0.
func softBreak(buf []byte, at int) int {
	if at >= len(buf) || buf[at] != '=' && buf[at] != '%' {
		return 0
	}
	for _, literal := range softBreaks {
		if hasPrefix(buf[at:], literal) {
			return len(literal)
		}
	}
	return 0
}

type gapReader struct {
	buf       []byte
	at        int
	alphabet  *[256]bool
	lines     int
	closed    bool // the literal before the gap ended
	opened    bool // the one behind it began
	comma     bool
	joined    bool // by an operator, or a word
	continued bool
	apart     bool // see gap
	sign      byte
}

// step passes over one thing; it reports false at what belongs to no gap.
func (r *gapReader) step() bool {
	c := r.buf[r.at]
	switch {
	case c == ' ' || c == '\t' || c == '\r':
		r.at++
	case c == '\n':
		r.at++
		r.lines++
	case c == '"' || c == '\'' || c == '`':
		r.quote()
	case c == '&' || c == '<' || c == '\\':
		if n := escapedBreak(r.buf[r.at:]); n > 0 {
			r.at += n
			r.lines++
			return true
		}
		if c == '\\' {
			return r.backslash()
		}
		return r.closed && r.syntax(c)
	case c == '%':
		return r.percent() || r.lines > 0 && r.marker(c)
	case opensHole(c) && r.hole():
	case c == '}':
		return r.closed && r.holeEnd()
	case r.closed:
		return r.syntax(c)
	default:
		return r.lines > 0 && r.marker(c)
	}
	return true
}

func (r *gapReader) quote() {
	r.at++
	r.opened, r.closed = r.closed, true
}

// opensHole reports whether c may begin a hole in a string for the value of an
// expression: ${} of JavaScript, Kotlin, Groovy and shells, #{} of Ruby, {} of Python.
func opensHole(c byte) bool { return c == '$' || c == '#' || c == '{' }

// hole passes over the beginning of a hole that has a literal in it.
func (r *gapReader) hole() bool {
	at := r.at
	if r.buf[at] != '{' {
		at++
	}
	if at == len(r.buf) || r.buf[at] != '{' {
		return false
	}
	return r.holeLiteral(at + 1)
}

// holeLiteral passes over the beginning of the literal in a hole, r.buf[at:].
func (r *gapReader) holeLiteral(at int) bool {
	for at < len(r.buf) && (r.buf[at] == ' ' || r.buf[at] == '\\') {
		at++
	}
	if at == len(r.buf) || !isQuote(r.buf[at]) {
		return false
	}
	r.at, r.closed, r.opened, r.joined, r.sign = at+1, true, true, true, '{'
	return true
}

// holeEnd passes over the end of a hole. Text must follow, or another: in what is no
// string, a brace says nothing of what stands behind it.
func (r *gapReader) holeEnd() bool {
	r.at++
	if r.at == len(r.buf) {
		return false
	}
	r.sign = '{'
	if c := r.buf[r.at]; isHex(c) || isLetter(c) || c == '_' || c == '\\' {
		r.opened = true
		return true
	}
	return opensHole(r.buf[r.at]) && r.hole()
}

// backslash passes over a continued line, an escaped line break or an escaped
// quote.
func (r *gapReader) backslash() bool {
	end := r.at
	for end < len(r.buf) && r.buf[end] == '\\' {
		end++
	}
	if end == len(r.buf) {
		return false
	}
	switch c := r.buf[end]; c {
	case '\n', '\r':
		r.at, r.continued, r.joined = end, true, true
	case 'n', 'r', 't':
		r.at = end + 1
		if c == 'n' {
			r.lines++
			r.element()
		}
	case '"', '\'', '`':
		r.at = end
		r.quote()
	case '(': // a hole of Swift
		return r.holeLiteral(end + 1)
	default:
		return false
	}
	return true
}

// escapedBreaks are line breaks as JSON, XML and HTML may have them in a text.
var escapedBreaks = []string{
	`\u000a`, `\u000A`, `\u000d`, `\u000D`, "&#10;", "&#13;", "&#xa;", "&#xA;", "&#xd;", "&#xD;", "&#x0a;", "&#x0A;", "&#x0d;", "&#x0D;", "<br>", "<br/>", "<br />",
}

// escapedBreak is the length of one at the beginning of b, 0 if there is none.
func escapedBreak(b []byte) int {
	for _, text := range escapedBreaks {
		if hasPrefix(b, text) {
			return len(text)
		}
	}
	return 0
}

// escapedBreakBefore is the length of one at the end of b.
func escapedBreakBefore(b []byte) int {
	if len(b) == 0 || strings.IndexByte(";>aAdD", b[len(b)-1]) < 0 {
		return 0
	}
	for _, text := range escapedBreaks {
		if hasSuffix(b, text) {
			return len(text)
		}
	}
	return 0
}

// element passes over what stands between two elements of a list in JSON, behind an
// escaped line break: notebooks keep each line of a program as one.
func (r *gapReader) element() {
	at, commas := r.at, 0
	if at == len(r.buf) || r.buf[at] != '"' {
		return
	}
	for at++; at < len(r.buf); at++ {
		switch c := r.buf[at]; {
		case c == ',':
			commas++
		case c == '"' && commas == 1:
			r.at = at + 1
			return
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			return
		}
	}
}

// percent passes over a line break in a URL.
func (r *gapReader) percent() bool {
	if r.at+3 > len(r.buf) || r.buf[r.at+1] != '0' {
		return false
	}
	switch r.buf[r.at+2] | 0x20 {
	case 'a', 'd':
		r.at += 3
		r.lines++
		return true
	}
	return false
}

// marker passes over what begins the lines of a quotation, a comment or a
// patch.
func (r *gapReader) marker(c byte) bool {
	next := byte(0)
	if r.at+1 < len(r.buf) {
		next = r.buf[r.at+1]
	}
	switch {
	case c == '>' || c == '|' || c == '#' || c == '*' || c == ';' || c == '!' || c == '%' && next == ' ':
		r.at++
	case (c == '/' || c == '-') && c == next:
		n := lineMark(r.buf[r.at:])
		r.at += n
		return n > 0
	case (c == '+' || c == '-') && !r.alphabet[c] && r.buf[r.at-1] == '\n':
		r.at++
	default:
		return false
	}
	return true
}

// lineMarks begin the lines of comments, and are of an alphabet too.
var lineMarks = []string{"// ", "/// ", "//! ", "-- ", "--- "}

// lineMark is the length of such a mark at the beginning of b, 0 if there is none.
func lineMark(b []byte) int {
	for _, mark := range lineMarks {
		if hasPrefix(b, mark) {
			return len(mark)
		}
	}
	return 0
}

// syntax passes over what joins two literals, and comments.
func (r *gapReader) syntax(c byte) bool {
	rest := r.buf[r.at:]
	switch {
	case hasPrefix(rest, "/*"):
		return r.comment("*/")
	case hasPrefix(rest, "<!--"):
		return r.comment("-->")
	case hasPrefix(rest, "//"), c == '#', hasPrefix(rest, "--"):
		return r.comment("\n")
	case c == ',':
		r.comma = true
		r.at++
	case c == '+' || c == '.' || c == '&' || c == '<' || c == '>' || c == '|' || c == '~' || c == '_' ||
		c == '(' || c == ')' || c == '[' || c == ']' || c == '$' || c == '@':
		r.operator(c)
	case isLetter(c):
		return r.word()
	default:
		return false
	}
	return true
}

// operator passes over one character of what may join literals.
func (r *gapReader) operator(c byte) {
	r.joined = r.joined || c != ')' && c != ']'
	r.at++
	twice := r.at < len(r.buf) && (r.buf[r.at] == c || c == '<' && r.buf[r.at] == '>')
	switch {
	case r.sign != 0, c == '+' && r.buf[r.at-2] == '\n': // of a diff, it may be
	case strings.IndexByte("+.&~", c) >= 0, strings.IndexByte("|<>", c) >= 0 && twice:
		r.sign = c
	case strings.IndexByte("()[]|<>", c) >= 0:
		r.apart = true
	}
}

func (r *gapReader) comment(end string) bool {
	for i := r.at; i+len(end) <= len(r.buf); i++ {
		if string(r.buf[i:i+len(end)]) == end {
			r.at = i + len(end)
			if end == "\n" {
				r.lines++
			}
			return true
		}
	}
	return false
}

// joinWords are methods and operators that join strings.
var joinWords = map[string]bool{"append": true, "concat": true, "Append": true, "Concat": true, "plus": true, "cat": true}

// word passes over a literal's prefix, as in b"", or a word that joins.
func (r *gapReader) word() bool {
	end := r.at
	for end < len(r.buf) && isLetter(r.buf[end]) {
		end++
	}
	quoted := end < len(r.buf) && (r.buf[end] == '"' || r.buf[end] == '\'' || r.buf[end] == '`')
	if !joinWords[string(r.buf[r.at:end])] && (end-r.at > 2 || !quoted) {
		return false
	}
	if r.at, r.joined = end, r.joined || !quoted; !quoted {
		r.sign = 'a'
	}
	return true
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

func hasSuffix(b []byte, suffix string) bool {
	return len(b) >= len(suffix) && string(b[len(b)-len(suffix):]) == suffix
}

// gapBefore is where the piece ends that a gap parts from the one at
// buf[start:]; -1 if there is none at or after lo.
func gapBefore(buf []byte, start, lo int, alphabet *[256]bool) int {
	lo = max(lo, start-maxGap)
	for end := start; end > lo; {
		if n := escapedBreakBefore(buf[lo:end]); n > 0 {
			end -= n
			continue
		}
		switch c := buf[end-1]; {
		case end-2 >= lo && buf[end-2] == '\\' && (c == 'n' || c == 'r' || c == 't'):
			end -= 2
			continue
		case end-3 >= lo && buf[end-3] == '%' && buf[end-2] == '0' && (c|0x20 == 'a' || c|0x20 == 'd'):
			end -= 3
			continue
		case alphabet[c] && end < start:
			if g, ok := gapAfter(buf, end, alphabet); ok && g.end == start {
				return end
			}
			if c != '+' && c != '/' && c != '_' && c != '-' {
				return -1
			}
		case alphabet[c] || isLetter(c) || isDigit(c) || c == 0:
			return -1
		}
		end--
	}
	return -1
}
