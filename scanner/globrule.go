package scanner

import (
	"regexp"
	"slices"
	"strings"
)

// A globRule is one pattern of a list that a packager reads: "*", "?",
// classes, "**" as a whole name, and what its grammar has beyond these. What
// is in none of the grammars ("+(a|b)", "{1..3}") is not understood.
type globRule struct {
	negated      bool
	base         bool // one of the alternatives is a single name
	alternatives [][]globPart
}

// A globGrammar is what differs between the packagers' patterns.
type globGrammar struct {
	fold   bool // case does not count
	braces bool // "{a,b}", and "!" in front
	dots   bool // a wildcard fits the dot at the beginning of a name
}

var (
	// npmGlobs differ from git's patterns: case does not count, and a pattern
	// without a slash fits the last name of a path at any depth (match).
	npmGlobs  = globGrammar{fold: true, braces: true, dots: true}
	vsceGlobs = globGrammar{braces: true, dots: true}
	// Those of Python's glob, and of what goes without its rule about dots:
	// MANIFEST.in and pathlib.
	pythonGlobs  = globGrammar{}
	pathlibGlobs = globGrammar{dots: true}
)

// A globPart matches one name of a path; every is "**".
type globPart struct {
	every  bool
	empty  bool // what stands before a slash at the beginning, or behind one at the end
	hidden bool // it does not fit a name that begins with a dot
	name   *regexp.Regexp
}

func (p globPart) fits(name string) bool {
	return !(p.hidden && strings.HasPrefix(name, ".")) && (p.every || p.empty == (name == "") && (p.name == nil || p.name.MatchString(name)))
}

const (
	maxGlob         = 1 << 10 // bytes of a pattern
	maxAlternatives = 64      // that braces make of one
	maxEvery        = 3       // "**" in a pattern: each can multiply the steps of a match
)

// parse reads a line; ok is false for what is not understood.
func (g globGrammar) parse(line string) (r globRule, ok bool) {
	for g.braces && strings.HasPrefix(line, "!") && !strings.HasPrefix(line, "!(") {
		r.negated, line = !r.negated, line[1:]
	}
	if len(line) > maxGlob {
		return r, false
	}
	texts := []string{line}
	if g.braces {
		if texts, ok = expandBraces(line); !ok {
			return r, false
		}
	}
	for _, text := range texts {
		var parts []globPart
		every := 0
		for part := range strings.SplitSeq(squeezeSlashes(text), "/") {
			p, ok := g.parsePart(part)
			if p.every {
				every++
			}
			if !ok || every > maxEvery {
				return r, false
			}
			parts = append(parts, p)
		}
		r.base = r.base || len(parts) == 1
		r.alternatives = append(r.alternatives, parts)
	}
	return r, true
}

func squeezeSlashes(text string) string {
	for strings.Contains(text, "//") {
		text = strings.ReplaceAll(text, "//", "/")
	}
	return text
}

// expandBraces writes out the alternatives of "{a,b}", which nest.
func expandBraces(text string) (all []string, ok bool) {
	open := strings.IndexByte(text, '{')
	if open < 0 {
		return []string{text}, true
	}
	depth, from := 0, open+1
	var inner []string
	for i := open; i < len(text); i++ {
		switch text[i] {
		case '\\':
			return nil, false
		case '{':
			depth++
		case ',':
			if depth == 1 {
				inner, from = append(inner, text[from:i]), i+1
			}
		case '}':
			if depth--; depth > 0 {
				continue
			}
			if inner = append(inner, text[from:i]); len(inner) < 2 {
				return nil, false // "{x}" and "{1..3}"
			}
			for _, alternative := range inner {
				rest, ok := expandBraces(text[:open] + alternative + text[i+1:])
				if all = append(all, rest...); !ok || len(all) > maxAlternatives {
					return nil, false
				}
			}
			return all, true
		}
	}
	return nil, false
}

var extendedGlob = newExpression(`[?*+@!]\(`)

func (g globGrammar) parsePart(part string) (p globPart, ok bool) {
	switch {
	case part == "":
		return globPart{empty: true}, true
	case part == "**":
		return globPart{every: true, hidden: !g.dots}, true
	case part == "." || part == ".." || g.braces && extendedGlob.Get().MatchString(part):
		return p, false
	}
	var expression strings.Builder
	expression.WriteString(`(?s)^`)
	if g.fold {
		expression.WriteString(`(?i)`)
	}
	for i := 0; i < len(part); i++ {
		switch c := part[i]; {
		case c == '*':
			expression.WriteString(`.*`)
		case c == '?':
			expression.WriteString(`.`)
		case c == '[':
			class, size := globClass(part[i:])
			if size == 0 {
				return p, false
			}
			expression.WriteString(class)
			i += size - 1
		case c == '\\' && i+1 < len(part):
			i++
			expression.WriteString(regexp.QuoteMeta(part[i : i+1]))
		default:
			expression.WriteString(regexp.QuoteMeta(part[i : i+1]))
		}
	}
	expression.WriteString(`$`)
	name, err := regexp.Compile(expression.String())
	return globPart{name: name, hidden: !g.dots && strings.ContainsRune("*?[", rune(part[0]))}, err == nil
}

// globClass turns "[!a-z]" into the same of a regular expression; size is 0 for
// a class that is not plain.
func globClass(text string) (class string, size int) {
	end := strings.IndexByte(text[1:], ']') + 1
	if end < 2 {
		return "", 0
	}
	inner := text[1:end]
	if strings.ContainsAny(inner, `[\&`) || strings.Trim(inner, "!^") == "" {
		return "", 0
	}
	negation := ""
	if inner[0] == '!' || inner[0] == '^' {
		negation, inner = "^", inner[1:]
	}
	if strings.ContainsRune(inner, '^') {
		return "", 0
	}
	return "[" + negation + inner + "]", end + 1
}

// relative reports whether the pattern is a name, or a name behind a slash.
func (r globRule) relative() bool {
	return slices.ContainsFunc(r.alternatives, func(parts []globPart) bool {
		if parts[len(parts)-1].empty {
			return len(parts) <= 2
		}
		return len(parts) <= 1
	})
}

// match compares a path. partial reports whether what lies below it could fit.
func (r globRule) match(file string, partial bool) bool {
	names := strings.Split(squeezeSlashes(file), "/")
	last := len(names) - 1
	for last > 0 && names[last] == "" {
		last--
	}
	return slices.ContainsFunc(r.alternatives, func(parts []globPart) bool {
		if len(parts) == 1 {
			return matchGlob(names[last:last+1], parts, partial)
		}
		return matchGlob(names, parts, partial)
	})
}

// matchPath compares a path from its beginning, whatever the pattern looks like.
func (r globRule) matchPath(file string) bool {
	names := strings.Split(file, "/")
	fits := func(parts []globPart) bool { return matchGlob(names, parts, false) }
	return slices.ContainsFunc(r.alternatives, fits) != r.negated
}

// matchGlob compares the names of a path with the parts of a pattern, of which
// at most a few are "**".
func matchGlob(names []string, parts []globPart, partial bool) bool {
	for len(names) > 0 && len(parts) > 0 {
		part := parts[0]
		if part.every {
			return matchEvery(names, parts, partial)
		}
		if !part.fits(names[0]) {
			return false
		}
		names, parts = names[1:], parts[1:]
	}
	switch {
	case len(names) == 0 && len(parts) == 0:
		return true
	case len(names) == 0:
		return partial
	}
	return len(names) == 1 && names[0] == "" // "a/*" fits "a/b/"
}

// matchEvery lets the "**" at the beginning of parts stand for any number of
// names.
func matchEvery(names []string, parts []globPart, partial bool) bool {
	every, rest := parts[0], parts[1:]
	for len(rest) > 0 && rest[0].every {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return !slices.ContainsFunc(names, func(name string) bool { return !every.fits(name) })
	}
	for from := range names {
		if matchGlob(names[from:], rest, partial) {
			return true
		}
		if !every.fits(names[from]) {
			break
		}
	}
	return partial
}
