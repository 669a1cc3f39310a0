package key

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// A program may have the prefix in a format and the digits in one of its arguments, as
// Sprintf("insp_%s", "…") has. It is a key only if both are literals, and what formats
// them is there.

const (
	formatReach   = 200 // bytes of a format on either side of the prefix
	callReach     = 120 // bytes before it in which a function is named
	argumentReach = 400 // bytes of the arguments
	mostQuotes    = 4   // behind the prefix, of which one ends the format
)

// formats is what tells of formats, built once.
type formats struct {
	verb     *regexp.Regexp // at the beginning of a text: what a text is put in for
	any      *regexp.Regexp // all verbs, and what looks like one and is none
	calls    *regexp.Regexp // a function that formats, before the format
	shell    *regexp.Regexp // the shell's, whose arguments blanks part
	operator *regexp.Regexp // behind the format, before its arguments: an operator or a method
	comma    *regexp.Regexp // the same of a function's arguments
}

var theFormats = sync.OnceValue(newFormats)

func newFormats() formats {
	return formats{
		// %s %v %@ %1$s %[1]s %(name)s {} {0} {name} {0:s} ${Name} ~s
		verb: regexp.MustCompile(`^(?:%(?:(\d)\$|\[(\d)\])?[svS@]|%\((\w{1,40})\)s|\$?\{(\w{0,40})(?:[!:][\w<>^]{0,4})?\}|~t?[sp])`),
		any:  regexp.MustCompile(`%%|\{\{|\}\}|~~|%[^%A-Za-z@]{0,8}(?:ll?|[hzj])?[A-Za-z@]|\{[^{}]{0,40}\}|~[a-z]`),
		calls: regexp.MustCompile(`(?i)(?:printf|format|fmt|print|errorf|fatalf|logf|skipf|panicf|console\.|\blog(?:g|ger|ging)?\.|sub)` +
			"[\\w.!:]{0,40}[\\s(\\[][^;=\"'`{}]{0,80}$"),
		shell:    regexp.MustCompile(`\bprintf[ \t]+(?:-v[ \t]+\w+[ \t]+|--[ \t]+)?$`),
		operator: regexp.MustCompile(`^[ \t]*\)?\s*(?:%|-f\b|(?:\.|:|\|[ \t]*)[ \t]*format(?:ted|Map|_map)?[ \t]*\()\s*[(\[]?\s*`),
		comma:    regexp.MustCompile(`^\s*,\s*\[?\s*`),
	}
}

// A formatPart is digits of the body, or a verb that an argument gives them to.
type formatPart struct {
	digits string
	index  int    // of the argument; -1 for the next one
	name   string // or its name
}

// judgeFormatted judges a prefix at buf[at:], behind which, at buf[end:], is a verb of a
// format.
func judgeFormatted(buf []byte, at, end int) (Match, bool) {
	start := end
	end += hexRun(buf[end:])
	if end >= len(buf) || strings.IndexByte("%{$~", buf[end]) < 0 {
		return Match{}, false
	}
	parts, end := formatParts(buf, start)
	if len(parts) == 0 || end >= len(buf) || isAlnum(buf[end]) || buf[end] == '_' {
		return Match{}, false
	}
	for i, tries := end, 0; i < min(len(buf), end+formatReach) && tries < mostQuotes; i++ {
		if !isQuote(buf[i]) || buf[i-1] == '\\' {
			continue
		}
		tries++
		if f, ok := formatOf(buf, at, i); ok {
			return f.match(buf, at, start, parts)
		}
	}
	return Match{}, false
}

// formatParts lists the parts of a body at buf[at:], and where they end.
func formatParts(buf []byte, at int) (parts []formatPart, end int) {
	for len(parts) < maxGaps {
		if n := hexRun(buf[at:]); n > 0 {
			parts, at = append(parts, formatPart{digits: string(buf[at : at+n])}), at+n
			continue
		}
		m := theFormats().verb.FindSubmatchIndex(buf[at:min(len(buf), at+formatReach)])
		if m == nil {
			break
		}
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return string(buf[at+m[2*i] : at+m[2*i+1]])
		}
		part := formatPart{index: -1, name: group(3) + group(4)}
		if n, err := strconv.Atoi(part.name); err == nil {
			part.index, part.name = n, ""
		} else if n, err := strconv.Atoi(group(1) + group(2)); err == nil {
			part.index = n - 1
		}
		parts, at = append(parts, part), at+m[1]
	}
	return parts, at
}

// A format is a literal with its arguments.
type format struct {
	used int  // how many arguments its verbs take before the prefix
	args int  // where they begin
	end  int  // up to where they are looked for
	word bool // they are words of a shell
}

// formatOf is the format around the prefix at buf[at:] that ends with the quotation mark
// at buf[end].
func formatOf(buf []byte, at, end int) (f format, ok bool) {
	lo := max(0, at-formatReach)
	open := lo + bytes.LastIndexByte(buf[lo:at], buf[end])
	if open < lo {
		return f, false
	}
	for _, m := range theFormats().any.FindAll(buf[open:at], -1) {
		if strings.Contains(string(m), "*") {
			return f, false
		}
		if m[0] != m[1] && string(m) != "}}" {
			f.used++
		}
	}
	before := buf[max(0, open-callReach):open]
	f.args, f.end = end+1, min(len(buf), end+argumentReach)
	rest := buf[f.args:f.end]
	if m := theFormats().operator.FindIndex(rest); m != nil {
		f.args += m[1]
		return f, true
	}
	if m := theFormats().comma.FindIndex(rest); m != nil {
		f.args += m[1]
		return f, theFormats().calls.Match(before)
	}
	f.word = true
	return f, theFormats().shell.Match(before)
}

// match is the key that the format makes, whose body begins at buf[start:].
func (f format) match(buf []byte, at, start int, parts []formatPart) (Match, bool) {
	text, last, next := string(buf[at:start]), start, f.used
	for _, part := range parts {
		if part.digits != "" {
			text += part.digits
			continue
		}
		var from, to int
		switch {
		case part.name != "":
			from, to = f.named(buf, part.name)
		case part.index >= 0:
			from, to = f.argument(buf, part.index)
		default:
			from, to = f.argument(buf, next)
			next++
		}
		if from == to {
			return Match{}, false
		}
		text, last = text+string(buf[from:to]), max(last, to)
	}
	if !isLowerHex(body(text)) {
		return Match{}, false
	}
	return splitMatch(text, at, last), true
}

// named is where the digits are that an argument of a name has; from is to if none has.
func (f format) named(buf []byte, name string) (from, to int) {
	for at := f.args; ; {
		i := bytes.Index(buf[at:f.end], []byte(name))
		if i < 0 {
			return 0, 0
		}
		at += i + len(name)
		rest := bytes.TrimLeft(buf[at:f.end], "\"' \t")
		if isAlnum(buf[at-len(name)-1]) || len(rest) == 0 || rest[0] != '=' && rest[0] != ':' {
			continue
		}
		rest = bytes.TrimLeft(rest, "=:> \t\r\n")
		if from, to = digitsIn(buf, f.end-len(rest), f.end); from < to {
			return from, to
		}
	}
}

// argument is where the digits are of the nth argument; from is to if it is no literal of
// digits and nothing else.
func (f format) argument(buf []byte, n int) (from, to int) {
	at := f.args
	for skipped := 0; at < f.end; {
		for at < f.end && strings.IndexByte(" \t\r\n", buf[at]) >= 0 {
			at++
		}
		if skipped == n {
			break
		}
		if at = f.skip(buf, at); at < 0 {
			return 0, 0
		}
		skipped++
	}
	if f.word {
		return wordIn(buf, at, f.end)
	}
	return digitsIn(buf, at, f.end)
}

// skip is where the argument behind the one at buf[at:] begins; -1 if there is none.
func (f format) skip(buf []byte, at int) int {
	depth := 0
	for i := at; i < f.end; i++ {
		switch c := buf[i]; {
		case isQuote(c):
			end := bytes.IndexByte(buf[i+1:f.end], c)
			if end < 0 {
				return -1
			}
			i += end + 1
		case f.word && (c == ' ' || c == '\t'), !f.word && c == ',' && depth == 0:
			return i + 1
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		}
		if depth < 0 || buf[i] == ';' || f.word && buf[i] == '\n' {
			return -1
		}
	}
	return -1
}

// behindArgument may stand behind an argument, so that it is whole.
const behindArgument = ",)]};#\r\n"

// digitsIn is where the digits are of the literal at buf[at:end].
func digitsIn(buf []byte, at, end int) (from, to int) {
	for n := 0; n < 2 && at < end && (isLetter(buf[at]) || buf[at] == '@'); n++ { // as in b"…"
		at++
	}
	if at >= end || !isQuote(buf[at]) {
		return 0, 0
	}
	from = at + 1
	to = from + hexRun(buf[from:end])
	if to == end || buf[to] != buf[at] {
		return 0, 0
	}
	if rest := bytes.TrimLeft(buf[to+1:], " \t"); len(rest) > 0 && strings.IndexByte(behindArgument, rest[0]) < 0 && !isQuote(rest[0]) && !hasPrefix(rest, "//") && !hasPrefix(rest, "--") {
		return 0, 0
	}
	return from, to
}

// wordIn is where the digits are of the shell's word at buf[at:end].
func wordIn(buf []byte, at, end int) (from, to int) {
	if at < end && isQuote(buf[at]) {
		at++
	}
	from = at
	to = from + hexRun(buf[from:end])
	behind := to
	if at > 0 && isQuote(buf[at-1]) {
		if to == end || buf[to] != buf[at-1] {
			return 0, 0
		}
		behind++
	}
	if behind < len(buf) && strings.IndexByte(" \t\r\n;|&)>`\"'", buf[behind]) < 0 {
		return 0, 0
	}
	return from, to
}
