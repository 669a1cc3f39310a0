package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	ignore "github.com/sabhiram/go-gitignore"

	"github.com/inspecto/insplint/internal/lazy"
)

// What a pattern may be. It is the part of gitignore's syntax that means to
// go-gitignore, called as below, what it means to git; a test asks git.
//
//	pattern = [ "!" ] [ "/" ] part { "/" part } [ "/" ]
//	part    = "**", or one or more characters, of which "*" stands for any number
//
// A pattern without a "/" before its end matches a name at any depth, any other
// the path from the directory of its file. "**" stands for any number of
// directories; it must be a whole part, not beside another "**", and not all of
// the pattern. A "/" at the end matches directories only. What lies in a matched
// directory is matched too, and no later "!" pattern brings it back; else the
// last pattern that matches decides. Upper and lower case differ. Not taken are
// "?", "[", "]", "\", control characters and a space at the beginning.

const (
	maxPatterns      = 1000 // of one list: each is tried on each path
	maxPatternLength = 1024
)

// A pattern is one entry of a list of paths.
type pattern struct {
	text    string
	line    int
	negated bool
	dirOnly bool
	below   bool   // it ended in "/**": the matcher is of the directory
	lead    string // the directories that it begins with, as far as they have no "*"
	matcher *ignore.GitIgnore
}

// endMark is put behind every pattern and every path. The library has each
// pattern match what lies below, too; git goes down a path one directory after
// the other, and asks which of the patterns match that directory itself. NUL is
// in no path.
const endMark = "\x00"

// special matches what is a character to git and an operator to the regular
// expression that go-gitignore makes.
var special = lazy.Regexp(`[+()$^|{}]`)

// parsePattern reads one pattern; its error says what is wrong with it.
func parsePattern(text string, line int) (pattern, error) {
	if err := checkPattern(text); err != nil {
		return pattern{}, fmt.Errorf("pattern %.80q: %w", text, err)
	}
	p := pattern{text: text, line: line}
	rest, negated := strings.CutPrefix(text, "!")
	p.negated = negated
	rest, p.dirOnly = strings.CutSuffix(rest, "/")
	rest, p.below = strings.CutSuffix(rest, "/**")
	anchored := p.below || strings.Contains(rest, "/")
	rest = strings.TrimPrefix(rest, "/")
	if anchored {
		p.lead = literalLead(rest, p.below)
	}
	if anchored && !strings.HasPrefix(rest, "**/") {
		rest = "/" + rest
	}
	p.matcher = ignore.CompileIgnoreLines(special.Get().ReplaceAllString(rest, `\$0`) + endMark)
	return p, nil
}

// literalLead is the directories that every match of an anchored pattern lies
// in; the last part is a name in them unless the pattern means all below it.
func literalLead(rest string, below bool) string {
	parts := strings.Split(rest, "/")
	if !below {
		parts = parts[:len(parts)-1]
	}
	for i, part := range parts {
		if strings.Contains(part, "*") {
			parts = parts[:i]
			break
		}
	}
	return strings.Join(parts, "/")
}

// checkPattern refuses what is not in the grammar.
func checkPattern(text string) error {
	body := strings.TrimPrefix(text, "!")
	switch {
	case len(text) > maxPatternLength:
		return fmt.Errorf("longer than %d bytes", maxPatternLength)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("it holds a control character, or is not UTF-8")
	case strings.ContainsAny(text, `?[]\`):
		return errors.New(`"?", "[", "]" and "\" are not supported; "*" stands for any characters`)
	case strings.HasPrefix(body, " "), strings.HasPrefix(body, "!"), strings.HasPrefix(body, "#") && body != text:
		return errors.New(`it begins with a character that would have to be escaped; put "/" or "**/" before it`)
	}
	return checkParts(strings.TrimSuffix(strings.TrimPrefix(body, "/"), "/"))
}

func checkParts(body string) error {
	parts := strings.Split(body, "/")
	for i, part := range parts {
		switch {
		case part == "" && len(parts) == 1:
			return errors.New("it names nothing")
		case part == "":
			return errors.New(`"//" matches nothing`)
		case part == "." || part == "..":
			return fmt.Errorf("%q matches nothing: patterns begin at the directory of this file", part)
		case part == "**" && (len(parts) == 1 || i > 0 && parts[i-1] == "**"):
			return errors.New(`"**" needs another part beside it, such as "**/name" or "name/**"`)
		case part != "**" && strings.Contains(part, "**"):
			return errors.New(`"**" must be all that stands between two "/"`)
		}
	}
	return nil
}

// matches reports whether the pattern matches this path itself, and not only a
// directory above it.
func (p *pattern) matches(path string, isDir bool) bool {
	if p.dirOnly && !isDir {
		return false
	}
	if !p.below {
		return p.matcher.MatchesPath(path + endMark)
	}
	for dir, more := parentOf(path); more; dir, more = parentOf(dir) {
		if p.matcher.MatchesPath(dir + endMark) {
			return true
		}
	}
	return false
}

func parentOf(path string) (dir string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], i > 0
}

// patterns is a list of them, in the order in which they were written.
type patterns []pattern

// add appends a pattern.
func (l *patterns) add(text string, line int) error {
	if len(*l) >= maxPatterns {
		return fmt.Errorf("more than %d patterns", maxPatterns)
	}
	p, err := parsePattern(text, line)
	if err == nil {
		*l = append(*l, p)
	}
	return err
}

// match returns the pattern that takes in a file, by its path from the
// directory of the patterns; nil if none does.
func (l patterns) match(file string) *pattern {
	for at := range file {
		if at > 0 && file[at] == '/' {
			if p := l.decisive(file[:at], true); p != nil {
				return p
			}
		}
	}
	return l.decisive(file, false)
}

// decisive is the last pattern that matches a path itself, unless that is
// negated.
func (l patterns) decisive(path string, isDir bool) *pattern {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].matches(path, isDir) {
			if l[i].negated {
				return nil
			}
			return &l[i]
		}
	}
	return nil
}

// leadInto reports whether a pattern names the directory, one above it or one
// below it, without wildcards.
func (l patterns) leadInto(dir string) bool {
	for _, p := range l {
		if !p.negated && p.lead != "" && (within(dir, p.lead) || within(p.lead, dir)) {
			return true
		}
	}
	return false
}

// within reports whether a path is a directory or lies in it.
func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
