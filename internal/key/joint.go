package key

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// A joint is what may stand between two pieces of a key and is more than the
// quotation marks, operators and line breaks that gapAfter reads: statements that
// add to a variable, calls, markup, and what single languages continue a literal
// with. Only places behind the prefix pay for it, so that it may be slow.
type joint struct {
	pattern *regexp.Regexp
	kind    jointKind
}

type jointKind int

const (
	joined jointKind = iota // the pieces are one text
	added                   // the same, without quotation marks
	listed                  // they follow each other, and may be two
	marked                  // markup: one text if all of it formats single characters
	worded                  // encoded words of a mail's header, in quoted-printable
)

// maxJoint is the longest joint, in bytes. A word processor writes one of 300
// where a word's formatting changes.
const maxJoint = 600

// joints is the table. An entry begins where its piece ends. Where it has two
// groups, they must be the same text.
var joints = sync.OnceValue(newJoints)

func newJoints() (all []joint) {
	const quote = "[\"'`]"
	for _, j := range []struct {
		pattern string
		kind    jointKind
	}{
		// k = "…"; k += "…", and .= ..= &=
		{quote + `\)?[ \t]*;?[ \t]*\r?\n\s*[$@\w.:\[\]>-]{1,64}[ \t]*(?:\+|\.|\.\.|&|~)=\s*` + quote, joined},
		// k = "…"; k = k + "…"
		{quote + `[ \t]*;?[ \t]*\r?\n\s*(?:let |set )?([$@\w.]{1,64})[ \t]*:?=\s*([$@\w.]{1,64})\s*(?:\+|\.|\.\.|&|\|\|)\s*` + quote, joined},
		// b.append("…"); b.append("…")
		{quote + `\s*\)\s*;?\s*[$@\w.:>-]{1,64}(?:append|Append|write|Write|writeString|WriteString|push_str|concat)\s*\(\s*` + quote, joined},
		// A shell: k=… and k+=…
		{`[ \t]*;?[ \t]*\r?\n[ \t]*(?:export[ \t]+)?\w{1,64}\+=` + quote + `?`, added},
		// ML, Julia, Fortran and C++
		{quote + `(?:\s*\^|[ \t]*(?:\*|//))\s*(?:&[ \t]*\r?\n\s*)?[A-Za-z]{0,2}` + quote, joined},
		{quote + `\s+u8` + quote, joined},
		// Objective-C
		{quote + `\s+stringByAppendingString:\s*@` + quote, joined},
		// Code in a page that escapes its operators, but not its quotation marks
		{`["']\s*(?:&amp;|&#38;|&#[xX]26;|&plus;|&#43;|&#[xX]2[bB];)\s*(?:_[ \t]*\r?\n\s*)?["']`, joined},
		{`(?:\)\w{0,16})?"\s*(?:u8|[uUL])?R"\w{0,16}\(`, joined},
		// Continued lines: PowerShell, Vim, Lua, Haskell and OCaml, Prolog, cmd.exe, TeX, Fortran
		{quote + "[ \t]*\\+?[ \t]*`\r?\n\\s*\\+?\\s*" + quote, joined},
		{quote + `[ \t]*\r?\n\s*\\\s*\.{0,2}\s*` + quote, joined},
		{`\\z\s+`, joined},
		{`\\[ \t]*\r?\n\s*\\`, joined},
		{`\\c[ \t]*\r?\n\s*`, joined},
		{`\^\r?\n[ \t]*`, joined},
		{`%\r?\n[ \t]*`, joined},
		{`&[ \t]*\r?\n\s*&`, joined},
		// A list in YAML
		{quote + `?[ \t]*(?:[ \t]#[^\r\n]*)?\r?\n[ \t]*-[ \t]+` + quote + `?`, listed},
		// Strings of a PDF file's page that are set apart (ISO 32000-1, 9.4.3)
		{`\)\s*-?[0-9.]{0,12}\s*\(`, joined},
		// RFC 2047
		{`\?=\s+=\?[\w*-]{1,40}\?[qQ]\?`, worded},
		// A string of a workbook with formatted parts (ECMA-376, 18.4.4)
		{`</t>\s*</r>\s*<r>\s*(?:<rPr>(?:<[^<>]*>\s*)*)?<t(?:\s[^<>]*)?>`, joined},
		{`(?:</?[A-Za-z][^<>]*>|<!--[^<>]*-->|\]\]>|<!\[CDATA\[)(?:</?[A-Za-z][^<>]*>|<!--[^<>]*-->|<!\[CDATA\[|\s)*`, marked},
	} {
		all = append(all, joint{regexp.MustCompile(`^(?:` + j.pattern + `)`), j.kind})
	}
	return all
}

// jointAfter reads the joint at buf[at:].
func jointAfter(buf []byte, at int) (gap, bool) {
	if strings.IndexByte("\"'`\\^%&)?<] \r\n", buf[at]) < 0 {
		return gap{}, false
	}
	if end := traceBreak(buf, at); end > 0 {
		return gap{start: at, end: end}, true
	}
	rest := buf[at:min(len(buf), at+maxJoint)]
	for _, j := range joints() {
		if isSpace(buf[at]) && j.kind != listed && j.kind != added {
			continue // no other begins so
		}
		m := j.pattern.FindSubmatchIndex(rest)
		if m == nil || at+m[1] >= len(buf) {
			continue
		}
		if len(m) == 6 && !bytes.Equal(rest[m[2]:m[3]], rest[m[4]:m[5]]) {
			continue
		}
		list := j.kind == listed || j.kind == marked && !formatsText(rest[:m[1]])
		return gap{start: at, end: at + m[1], comma: list, soft: j.kind == worded}, true
	}
	return gap{}, false
}

func isSpace(c byte) bool { return c == ' ' || c == '\r' || c == '\n' }

// inline are the elements of HTML that may begin and end within a word.
var inline = map[string]bool{
	"a": true, "b": true, "big": true, "code": true, "em": true, "font": true, "i": true, "kbd": true, "mark": true, "s": true, "small": true,
	"span": true, "strong": true, "tt": true, "u": true, "var": true,
}

// blocks are the elements of an office document between which text is never one: paragraphs,
// rows and cells.
var blocks = map[string]bool{"p": true, "h": true, "tbl": true, "tr": true, "tc": true, "list": true, "list-item": true}

// formatsText reports whether all elements in markup are such with no blank between, which
// would show, or those of the text in an office document. Comments and the marks of character
// data are nothing.
func formatsText(markup []byte) bool {
	runs := betweenRuns(markup)
	for _, part := range bytes.Split(markup, []byte("<"))[1:] {
		name := elementName(part)
		if name == "" || name[0] == '!' {
			continue
		}
		space, local, ok := strings.Cut(name, ":")
		if ok && (runs || space == "text") && !blocks[local] {
			continue
		}
		blank := isSpace(part[len(part)-1]) || part[len(part)-1] == '\t'
		if blank || !inline[strings.ToLower(name)] {
			return false
		}
	}
	return true
}

// elementName is the name of the element whose mark stands behind a "<"; "" if it does not end.
func elementName(mark []byte) string {
	name := bytes.TrimPrefix(mark, []byte("/"))
	return string(name[:max(0, bytes.IndexAny(name, " \t\r\n/>"))])
}

// betweenRuns reports whether markup ends one text of a Word document, a slide or a workbook and
// begins another: "</w:t>" and "<w:t>", whatever is between. Each has a namespace of its own.
func betweenRuns(markup []byte) bool {
	first, last := bytes.IndexByte(markup, '<'), bytes.LastIndexByte(markup, '<')
	if first < 0 || !bytes.HasPrefix(markup[first:], []byte("</")) {
		return false
	}
	ends, begins := elementName(markup[first+1:]), elementName(markup[last+1:])
	return ends == begins && strings.HasSuffix(ends, ":t") && markup[last+1] != '/'
}

// traceBreak is where the next line's text begins behind the line break at buf[at:], in what
// curl writes with --trace-ascii: each line begins with the offset of its text in what was
// sent, and that of the next tells whether it goes on there. It is 0 where no such line ends.
func traceBreak(buf []byte, at int) int {
	next := at
	for next < len(buf) && (buf[next] == '\r' || buf[next] == '\n') && next-at < len("\r\n") {
		next++
	}
	if next == at || buf[next-1] != '\n' {
		return 0
	}
	offset, end := traceOffset(buf, next)
	start := lineStart(buf, at, at-traceLine-longestOffset)
	if end == 0 || start > 0 && buf[start-1] != '\n' {
		return 0
	}
	if before, text := traceOffset(buf, start); text == 0 || text > at || int(offset-before) != at-text {
		return 0
	}
	return end
}

const (
	traceLine     = 64 // bytes of what was sent, in a line of curl's
	longestOffset = len("00000000: ")
)

// traceOffset reads the offset that begins the line at buf[at:], and where its text begins; 0
// if it has none.
func traceOffset(buf []byte, at int) (offset rune, text int) {
	end := at + bytes.IndexByte(buf[at:min(len(buf), at+longestOffset)], ':')
	if end-at < len("0000") || end+1 >= len(buf) || buf[end+1] != ' ' || end-at > 7 {
		return 0, 0
	}
	offset, ok := number(buf[at:end], 16)
	if !ok {
		return 0, 0
	}
	return offset, end + len(": ")
}

// assignment is what takes the literals of a key as one operand, and what ends it.
type assignment struct{ before, ends *regexp.Regexp }

var theAssignment = sync.OnceValue(newAssignment)

func newAssignment() assignment {
	return assignment{
		before: regexp.MustCompile("[=(][ \\t]*(?:\\r?\\n\\s*)?[A-Za-z]{0,2}[\"'`][^\"'`]*$"),
		ends:   regexp.MustCompile("^[\"'`]\\s*[;)]"),
	}
}

// isAssigned reports whether all literals that hold a key, buf[start:end], are one
// operand: what is before them takes one, and nothing is behind them.
func isAssigned(buf []byte, start, end int) bool {
	return theAssignment().before.Match(buf[max(0, start-callReach):start]) && theAssignment().ends.Match(buf[end:])
}
