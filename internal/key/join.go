package key

import (
	"bytes"
	"regexp"
	"slices"
	"sync"
)

// A prefix and a checksum may stand beside each other in a program and be two texts: two
// arguments, two elements of a list, an entry of a map. What is around them tells whether
// they are one: the call that joins them, with what it puts between, or an operator.

const (
	joinReach  = 80  // bytes around a key in which a call is looked for
	blockReach = 320 // before it, where each element has a line
)

// A join is one way to join the elements of a list, in small letters. The group of one of its
// patterns is what it puts between them; where neither has one, that is sep.
type join struct {
	before, behind *regexp.Regexp
	sep            string
}

var theJoins = sync.OnceValue(newJoins)

// newJoins makes the table, of which the first row that fits counts.
func newJoins() (all []join) {
	const (
		elements  = `[^;)]*$`
		sep       = "\\\\*[\"'`]((?:\\\\.|[^\"'`\\n]){0,8}?)\\\\*[\"'`]"
		ends      = "^\\\\*[\"'`]\\s*,?\\s*"
		method    = `[\])}]+\s*(?:\?\.|\.|->|::|\|>)\s*`
		separator = `(?:separator\s*[:=]\s*)?`
	)
	for _, j := range []struct{ before, behind, sep string }{
		{sep + `\s*\.\s*join\s*\(` + elements, ``, ``},
		{`\.on\(` + sep + `\)\s*\.\s*join\s*\(` + elements, ``, ``},
		{`(?:fn::join["']?\s*:|!join)\s*\[\s*` + sep + `\s*,\s*\[` + elements, ``, ``},
		{`(?:!join|fn::join['"]?:)[ \t]*\r?\n\s*-[ \t]+` + sep + `[ \t]*\r?\n\s*-\s+(?:\[[^\n\]]*|(?:-[ \t]+[^\r\n]*\r?\n\s*)*-[ \t]+[^\r\n]*)$`, ``, ``},
		{`(?:path|file|dir|folder|url|uri)\w*\s*(?:\.|::|->|/)\s*(?:join|combine|resolve|concat)\w*\s*\(` + elements, ``, `/`},
		{`(?:join|implode|concat_ws|concatstringssep)\s*\(?\s*` + sep + `\s*,?\s*` + elements, ``, ``},
		{`(?:join|implode|concat)\w*\s*\(\s*(?:\[\]\w+|vec!|array|new\s+\w+\[\]|&)?\s*[\[({]` + elements, ends + `[\])}]\s*,\s*` + sep, ``},
		{`\bjoin\s*\(\s*fromjson\s*\(\s*'\[[^;)]*$`, ends + `\]'\s*\)\s*,\s*` + sep, ``},
		{`\bpaste\s*\(` + elements, ends + `\s*sep\s*=\s*` + sep, ``},
		{``, ends + method + `(?:join|joined|jointostring|mkstring|implode)\s*\(?\s*` + separator + sep, ``},
		{``, ends + method + `collect\s*\(\s*(?:\w+\.)?joining\s*\(\s*` + sep, ``},
		{``, ends + `\)*\s*-c?join\s*` + sep, ``},
		{``, ends + method + `(?:(?:join|joined|concat|mkstring)\b(?:\s*\(\s*\)|\s*[^\s(]|\s*$)|collect\s*\(\s*(?:\w+\.)?joining\s*\(\s*\))`, ``},
		{`(?:concat(?:enate|strings)?|strcat|paste0|str_c|string-append|string-concat)!?['"]?(?:[ \t]*[(:,\[{]|\s)` + elements, ``, ``},
		{`\(str\s` + elements, ``, ``},
		{`(?:^|[^.\w]|enum\.)(?:join|implode)\s*\(?\s*(?:\[\]\w+|array)?\s*[\[({]` + elements, ends + `[\])}]\s*\)`, ``},
		{`-c?join\s*@?\(` + elements, ``, ``},
		{"(?:format|printf)\\w*!?[^\"'`]{0,40}[\"'`][^\"'`]*(?:%[sv]%[sv]|\\{0?\\}\\{1?\\}|%1\\$s%2\\$s|~a~a)[^\"'`]*[\"'`]\\s*,\\s*" + elements, ``, ``},
		{"[\"'][^\"'`\\s]*(?:%[sv]%[sv]|\\{0?\\}\\{1?\\})[^\"'`\\s]*[\"']\\s*(?:%|\\.\\s*format)\\s*\\(\\s*" + elements, ``, ``},
	} {
		all = append(all, join{regexp.MustCompile(j.before), regexp.MustCompile(j.behind), j.sep})
	}
	return all
}

// joinCalls is a part of what each row names.
var joinCalls = []string{"join", "concat", "implode", "combine", "resolve", "paste", "mkstring", "strcat", "str_c", "(str", "string-append", "format", "printf", "%s%s"}

// joinsList reports whether a call joins the list whose elements hold a key, of which
// buf[start:end] is all but the quotation marks, and puts a text between them.
func joinsList(buf []byte, start, end int, sep string) bool {
	before := bytes.ToLower(buf[max(0, start-blockReach):start])
	behind := bytes.ToLower(buf[end:min(len(buf), end+joinReach)])
	if !slices.ContainsFunc(joinCalls, func(call string) bool {
		return bytes.Contains(before, []byte(call)) || bytes.Contains(behind, []byte(call))
	}) {
		return false
	}
	near := before[max(0, len(before)-joinReach):]
	for i, j := range theJoins() {
		first := near
		if i == blockJoin {
			first = before
		}
		e := j.behind.FindSubmatch(behind)
		if e == nil {
			continue
		}
		switch b := j.before.FindSubmatch(first); {
		case b == nil:
		case len(b) > 1:
			return string(b[1]) == sep
		case len(e) > 1:
			return string(e[1]) == sep
		default:
			return j.sep == sep
		}
	}
	return false
}

// blockJoin is the place of the row whose elements have a line each.
const blockJoin = 3

// underscored matches elements of a list that make the prefix with underscores between, and
// the mark before the next.
var underscored = sync.OnceValue(newUnderscored)

func newUnderscored() *regexp.Regexp {
	return regexp.MustCompile("(?:insp[\"'`]\\s*,?\\s*[\"'`]test|insp_test|insp)[\"'`]\\s*,?\\s*[\"'`]$")
}

// judgeUnderscored judges a literal of digits, buf[start:], that a call joins with what is
// before it, and puts an underscore between.
func judgeUnderscored(buf []byte, start int) (Match, bool) {
	const reach = 64
	before := buf[max(0, start-reach):start]
	end := start + hexRun(buf[start:])
	if !isQuote(buf[start-1]) || end >= len(buf) || buf[end] != buf[start-1] || !bytes.Contains(before, []byte(Prefix[:4])) || !isLowerHex(string(buf[start:end])) {
		return Match{}, false
	}
	at := underscored().FindIndex(before)
	if at == nil {
		return Match{}, false
	}
	begin := start - len(before) + at[0]
	if !joinsList(buf, begin, end, "_") {
		return Match{}, false
	}
	prefix := Prefix
	if bytes.Contains(before[at[0]:], []byte("test")) {
		prefix = SandboxPrefix
	}
	return splitMatch(prefix+string(buf[start:end]), begin, end), true
}
