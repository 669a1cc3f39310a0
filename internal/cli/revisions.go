package cli

import (
	"fmt"
	"strings"

	"github.com/inspecto/insplint/scanner"
)

// splitRevisions splits what --range is given at spaces, but not in the quotes of
// a word or a value (`--since="2 weeks ago"`), nor in braces ("main@{2 weeks ago}",
// "HEAD^{/fix the}"). Elsewhere a quote may be part of a ref's name.
func splitRevisions(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	in, quote, braces := false, byte(0), false
	flush := func() {
		if in {
			words = append(words, word.String())
		}
		word.Reset()
		in = false
	}
	for i := range len(text) {
		c, last := text[i], byte(' ')
		if i > 0 {
			last = text[i-1]
		}
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && !braces && isSpace(c):
			flush()
			continue
		case quote == 0 && !braces && (c == '"' || c == '\'') && (isSpace(last) || last == '='):
			quote = c
		default:
			braces = quote == 0 && c != '}' && (braces || c == '{' && (last == '@' || last == '^'))
			word.WriteByte(c)
		}
		in = true
	}
	if quote != 0 {
		return nil, fmt.Errorf("--range %.200q: the quote %c is not closed", text, quote)
	}
	flush()
	return words, nil
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// A rangePart is what the revisions of one --range do.
type rangePart struct{ includes, excludes bool }

// partOf tells it. not is whether --not holds, which goes on in what follows.
func partOf(revisions []string, not *bool) (p rangePart) {
	for _, r := range revisions {
		switch {
		case r == "--not":
			*not = !*not
		case strings.Contains(r, ".."), strings.HasSuffix(r, "^!"):
			return rangePart{true, true}
		case strings.HasPrefix(r, "-") && !scanner.ManyRefs(r):
		case *not != strings.HasPrefix(r, "^"):
			p.excludes = true
		default:
			p.includes = true
		}
	}
	return p
}
