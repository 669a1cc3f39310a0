package scanner

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// variableReach is how many bytes before a key are read for the name of
	// what holds it.
	variableReach = 400

	// variableLines is how many lines above the key's own may hold the name,
	// as in "- name: X" above "value: …".
	variableLines = 2
)

// variableAt is the name of the variable, field, header, flag or element whose
// value begins at start or has start in it; empty if none can be told. Where
// several fit, as in NEXT_PUBLIC_URL=https://host/?token=…, one with a public
// prefix goes before the nearest one.
func variableAt(buf []byte, start int) string {
	text := lookBack(buf, start)
	nearest := ""
	for _, reading := range []func(string) string{assigned, quoted, dotenv} {
		name := reading(text)
		if publicPrefix(name).Prefix != "" {
			return name
		}
		if nearest == "" {
			nearest = name
		}
	}
	if nearest == "" {
		nearest = phrase(text)
	}
	return nearest
}

// utf8Mark is the mark of the byte order in UTF-8.
const utf8Mark = "\ufeff"

// byteOrderMarks begin the texts of some editors and shells.
var byteOrderMarks = []string{"\xff\xfe", "\xfe\xff", utf8Mark}

// lookBack is what stands before start, as far as a name can be sought. A
// word that the reach cuts is left out, for half a name is a wrong one. NUL
// bytes are dropped, which makes the names in UTF-16 text readable.
func lookBack(buf []byte, start int) string {
	from := max(0, start-variableReach)
	text := buf[from:start]
	if from > 0 {
		text = bytes.TrimLeftFunc(text, func(r rune) bool { return r == utf8.RuneError || isNameRune(r) })
	}
	text = bytes.ReplaceAll(text, []byte{0}, nil)
	for _, mark := range byteOrderMarks {
		text = bytes.TrimPrefix(text, []byte(mark))
	}
	for at, lines := len(text), 0; at > 0; lines++ {
		at = bytes.LastIndexByte(text[:at], '\n')
		if lines == variableLines && at >= 0 {
			return string(text[at+1:])
		}
	}
	return string(text)
}

// assigned reads a value that begins right after what introduces it.
func assigned(text string) string {
	opened := openValue(text)
	for _, in := range introductions() {
		before, ok := strings.CutSuffix(opened, in.mark)
		if ok {
			return in.name(before)
		}
	}
	if len(opened) < len(text) {
		return spaced(opened)
	}
	return ""
}

// quoted reads a value that begins at the open quote before text's end, with
// the key somewhere in it.
func quoted(text string) string {
	line := lastLine(text)
	at := strings.LastIndexAny(line, quotes)
	if at < 0 || strings.Count(line, line[at:at+1])%2 == 0 {
		return ""
	}
	return assigned(text[:len(text)-len(line)+at+1])
}

// dotenv reads a line that begins with NAME= and holds nothing but its value.
func dotenv(text string) string {
	name, value, ok := lineAssignment(text)
	if !ok {
		return ""
	}
	stop := " \t;"
	if value != "" && strings.Contains(quotes, value[:1]) {
		stop, value = value[:1], value[1:]
	}
	if strings.ContainsAny(value, stop) {
		return ""
	}
	return name
}

// phrase reads a line that begins with NAME=, whatever follows.
func phrase(text string) string {
	name, _, _ := lineAssignment(text)
	return name
}

// lineAssignment splits a line that begins with NAME=, in upper case as
// variables of an environment are.
func lineAssignment(text string) (name, value string, ok bool) {
	line := strings.TrimLeft(lastLine(text), " \t-")
	for _, word := range []string{"export ", "ENV ", "ARG ", "set "} {
		line = strings.TrimLeft(strings.TrimPrefix(line, word), " ")
	}
	name, value, ok = strings.Cut(line, "=")
	if !ok || name != strings.ToUpper(name) || strings.Contains(name, "-") {
		return "", "", false
	}
	name = cleanName(name)
	return name, value, name != ""
}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

const (
	blanks = " \t\r"
	quotes = "\"'`"
)

// schemes lists the words that may stand between the beginning of a value and
// the key in it.
var schemes = []string{"bearer", "token", "basic", "apikey", "api-key", "key"}

// openValue takes from text's end all that belongs to the beginning of a
// value: quotes, an authentication scheme, a call or list around it, the line
// break before it.
func openValue(text string) string {
	text = trimScheme(text)
	for {
		opened := strings.TrimRight(text, blanks)
		for _, step := range []func(string) string{trimQuotes, trimWrapper, trimOperand, trimBreak} {
			opened = step(opened)
		}
		if opened == text {
			return text
		}
		text = opened
	}
}

func trimScheme(text string) string {
	scheme := strings.TrimRight(text, blanks)
	before := trimWord(scheme)
	if scheme == text || !slices.Contains(schemes, strings.ToLower(scheme[len(before):])) {
		return text
	}
	// Without a value's beginning in front of it, the word is the name itself.
	if opened := strings.TrimRight(before, blanks); opened != "" && strings.ContainsAny(opened[len(opened)-1:], quotes+"=:,>{") {
		return before
	}
	return text
}

// trimQuotes takes off opening quotes with what languages write before them:
// b"", f"", @"", $”, r#"".
func trimQuotes(text string) string {
	opened := strings.TrimRight(text, quotes+`\`)
	if opened == text || strings.HasSuffix(text, `\`) {
		return text
	}
	opened = strings.TrimRight(opened, "@$#&")
	before := trimWord(opened)
	if prefix := opened[len(before):]; len(prefix) > 0 && len(prefix) <= 2 && strings.Trim(prefix, "bBfFlLrRuU") == "" {
		return before
	}
	return opened
}

// trimWrapper takes off a call, a list or a section around a value.
func trimWrapper(text string) string {
	if before, ok := strings.CutSuffix(text, "<![CDATA["); ok {
		return before
	}
	if before, ok := strings.CutSuffix(text, "={"); ok { // JSX
		return before + "="
	}
	if before, ok := strings.CutSuffix(text, "("); ok {
		callee := strings.TrimRightFunc(before, func(r rune) bool { return isNameRune(r) || r == ':' || r == '!' })
		// In "X = f(" f goes; in "f(" alone there is no name to be found.
		return trimKeyword(strings.TrimRight(callee, blanks))
	}
	if before, ok := strings.CutSuffix(text, "["); ok && strings.TrimRight(before, blanks+"=:(") != before {
		return before
	}
	return text
}

func trimKeyword(text string) string {
	for _, word := range []string{"new", "await"} {
		if before, ok := strings.CutSuffix(text, " "+word); ok {
			return before
		}
	}
	return text
}

// operators join a value to another expression of the same assignment.
var operators = []string{"||", "??", "?:", "+", " or", " .", "..", " ?"}

// trimOperand takes off the first operand where the key is in the second one:
// process.env.X || "…", "Bearer " + "…", production ? "…".
func trimOperand(text string) string {
	for _, operator := range operators {
		if before, ok := strings.CutSuffix(text, operator); ok {
			return trimExpression(strings.TrimRight(before, blanks))
		}
	}
	if before, ok := strings.CutSuffix(text, " :"); ok { // production ? "…" : "…"
		before = trimExpression(strings.TrimRight(before, blanks))
		if question, ok := strings.CutSuffix(strings.TrimRight(before, blanks), " ?"); ok {
			return trimExpression(strings.TrimRight(question, blanks))
		}
	}
	return text
}

// trimExpression takes off a literal, or a name with its subscripts and calls.
func trimExpression(text string) string {
	for {
		before := trimWord(text)
		if text != "" && strings.ContainsAny(text[len(text)-1:], quotes) {
			before = text[:max(0, strings.LastIndex(text[:len(text)-1], text[len(text)-1:]))]
		}
		before = strings.TrimRight(before, "()[]?!")
		if before == text {
			return text
		}
		text = before
	}
}

// trimBreak takes off a line break before a value that is indented on a line
// of its own, and the sign of a YAML block or of a continued line.
func trimBreak(text string) string {
	above, ok := strings.CutSuffix(text, "\n")
	if !ok {
		return text
	}
	above = strings.TrimRight(above, blanks+`\`)
	if block := strings.TrimRight(above, "|>+-0123456789"); block != above && strings.HasSuffix(block, ": ") {
		return block
	}
	if above != "" && strings.ContainsAny(above[len(above)-1:], "=:(,[+|?") {
		return above
	}
	return text
}
