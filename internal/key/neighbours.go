package key

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Some languages join literals that follow each other. What is before the first of them tells
// that from arguments, entries and words of a command.

const (
	operandReach = 2 * callReach // bytes before a key in which what takes it is looked for
	mostLiterals = 8             // before the one with the prefix
)

// isOperand reports whether the literals that hold a key, buf[start:end], are one operand
// of something. quote ends the first of them.
func isOperand(buf []byte, start, end int, quote byte) bool {
	before := buf[max(0, start-operandReach):start]
	for range mostLiterals {
		open := bytes.LastIndexByte(before, quote)
		if open < 0 {
			return false
		}
		before = beforeLiteral(before[:open])
		if len(before) == 0 || before[len(before)-1] != quote {
			return takesOperand(before) || bytes.HasSuffix(before, []byte("[")) && (goesOn(buf[end:], quote) || quote == '\'' && isAssignedMatrix(before))
		}
		before = before[:len(before)-1]
	}
	return false
}

// isAssignedMatrix reports whether the bracket at the end of b is of what a variable is given,
// as MATLAB joins strings: ['…' '…'].
func isAssignedMatrix(b []byte) bool {
	return bytes.HasSuffix(bytes.TrimRight(b[:len(b)-1], " \t"), []byte("="))
}

// goesOn reports whether another element follows a literal that ends at the beginning of b.
func goesOn(b []byte, quote byte) bool {
	b = bytes.TrimLeft(b, `\`)
	return len(b) > 0 && b[0] == quote && bytes.HasPrefix(bytes.TrimLeft(b[1:], " \t\r\n"), []byte(","))
}

// beforeLiteral is b without the letter of a literal, as in b"…", and the blanks, continued
// lines and comments before that.
func beforeLiteral(b []byte) []byte {
	b = bytes.TrimRight(b, `\@$`)
	if n := len(b); n > 0 && isLetter(b[n-1]) && (n == 1 || !isAlnum(b[n-2])) {
		b = b[:n-1]
	}
	for {
		trimmed := bytes.TrimRight(b, " \t\r\n\\")
		line := bytes.LastIndexByte(trimmed, '\n') + 1
		if bytes.IndexByte(b[len(trimmed):], '\n') < 0 {
			return trimmed
		}
		comment := slices.IndexFunc([]string{"# ", "// ", "-- "}, func(mark string) bool { return bytes.Contains(trimmed[line:], []byte(mark)) })
		if comment < 0 || bytes.ContainsAny(trimmed[line:], "\"'") {
			return trimmed
		}
		b = trimmed[:line+bytes.IndexAny(trimmed[line:], "#/-")]
	}
}

// takesOperand reports whether what ends with b takes an operand.
func takesOperand(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	switch b[len(b)-1] {
	case '=', '&', '~', '?', ':':
		return true
	case '+':
		return len(b) > 1 && b[len(b)-2] != '\n' // else it is of a diff, maybe
	case '(':
		return isCall(b)
	case '{':
		return isInitializer(b)
	case ',':
		return isNext(b)
	}
	return slices.ContainsFunc([]string{"<-", "=>", "<<", "..", "||"}, func(sign string) bool { return bytes.HasSuffix(b, []byte(sign)) }) || beforeOperand().Match(b)
}

// beforeOperand matches words that take an operand.
var beforeOperand = sync.OnceValue(newBeforeOperand)

func newBeforeOperand() *regexp.Regexp {
	return regexp.MustCompile(`(?:\b(?i:return|print|puts|yield|select|else|then)|#[ \t]*define[ \t]+\w+(?:\([^)]*\))?)$`)
}

// isCall reports whether the parenthesis at the end of b is of a call, or groups an operand.
func isCall(b []byte) bool {
	b = bytes.TrimRight(b[:len(b)-1], " \t\r\n")
	return len(b) > 0 && (isAlnum(b[len(b)-1]) || strings.IndexByte("_])=+:?&|>!", b[len(b)-1]) >= 0)
}

// isInitializer reports whether the brace at the end of b is of a variable or a type.
func isInitializer(b []byte) bool {
	b = b[:len(b)-1]
	trimmed := bytes.TrimRight(b, " \t\r\n")
	return bytes.HasSuffix(trimmed, []byte("=")) || len(b) > 0 && (isAlnum(b[len(b)-1]) || strings.IndexByte("_])", b[len(b)-1]) >= 0)
}

// isNext reports whether the comma at the end of b stands behind an argument, an element of a
// list, or one of a structure, which has no blank in it as an entry of a map has.
func isNext(b []byte) bool {
	open := opener(b)
	if open < 0 {
		line := b[bytes.LastIndexByte(b, '\n')+1:]
		return bytes.Contains(line, []byte("print")) && !bytes.Contains(line, []byte(";"))
	}
	switch b[open] {
	case '(':
		return isCall(b[:open+1])
	case '{':
		first := bytes.TrimSpace(b[open+1 : len(b)-1])
		return isInitializer(b[:open+1]) || !bytes.ContainsAny(first, " \t\r\n,")
	}
	return true
}

// opener is where the bracket is that is open at the end of b; -1 if none is.
func opener(b []byte) int {
	depth := 0
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// pairs tells what takes two literals in parentheses as one from what Lisp writes for a pair:
// what is before them, and behind, if that is all there is in the parentheses.
type pairs struct{ group, whole *regexp.Regexp }

var thePairs = sync.OnceValue(newPairs)

func newPairs() pairs {
	return pairs{
		group: regexp.MustCompile(`(?:[=.?:&|]|(?:^|[^\\])\b\w+)\s*\($`),
		whole: regexp.MustCompile(`^\\*["']\s*\)\s*(?:[^.\s]|$)`),
	}
}

// isPair reports whether a key, buf[start:end], is two literals in parentheses with a dot
// between, as Lisp writes a pair.
func isPair(buf []byte, start, end int, quote byte) bool {
	before := buf[max(0, start-operandReach):start]
	before = bytes.TrimRight(before[:max(0, bytes.LastIndexByte(before, quote))], `\`)
	return bytes.HasSuffix(before, []byte("(")) && thePairs().whole.Match(buf[end:]) && !thePairs().group.Match(before)
}

// seamJoins reports whether what stands between the prefix and the whole digits of a key,
// buf[start:end], makes one text of them.
func (j *joiner) seamJoins(start int) bool {
	g := j.seam
	between := j.buf[g.start:g.end]
	if !g.quoted {
		return true
	}
	quote := bytes.TrimLeft(between, `\`)[0]
	switch {
	case quote == '`' && strings.IndexByte(plainSigns, g.sign) >= 0:
		return false
	case g.sign == '.':
		return !isPair(j.buf, start, j.at, quote)
	case g.sign != 0:
		return true
	case g.apart:
		return false
	}
	return len(bytes.Trim(between, "\\\"'`")) == 0 || joinsList(j.buf, start, j.at, "") || isOperand(j.buf, start, j.at, quote)
}

// plainSigns are what joins no strings that are in backquotes: in Markdown these are code in
// a text.
const plainSigns = "\x00.&~|<>"
