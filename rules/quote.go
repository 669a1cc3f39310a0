package rules

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/internal/lazy"
)

// Names in a scanned tree are hostile: they hold newlines, quotes, escape
// sequences, even keys. This file writes them into messages, shell commands
// and .gitignore lines so that they stay names. A backtick never survives as
// itself, because a fix sets its commands between backticks.

const backtick = "`"

// masked is a copy of p in which no name or message holds a key.
func (p *Past) masked() *Past {
	if p == nil {
		return nil
	}
	clean := *p
	clean.Refs = slices.Clone(p.Refs)
	for i, ref := range clean.Refs {
		clean.Refs[i] = key.Mask(ref)
	}
	clean.Branches = slices.Clone(p.Branches)
	for i, ref := range clean.Branches {
		clean.Branches[i] = key.Mask(ref)
	}
	clean.Formerly = slices.Clone(p.Formerly)
	for i, former := range clean.Formerly {
		clean.Formerly[i].Path, clean.Formerly[i].Home = key.Mask(former.Path), key.Mask(former.Home)
	}
	clean.Within, clean.Keep, clean.Borrowed = key.Mask(p.Within), key.Mask(p.Keep), key.Mask(p.Borrowed)
	clean.Introduced, clean.Removed = p.Introduced.masked(), p.Removed.masked()
	return &clean
}

func (c *Commit) masked() *Commit {
	if c == nil {
		return nil
	}
	clean := *c
	clean.Author, clean.Email, clean.Subject = key.Mask(c.Author), key.Mask(c.Email), key.Mask(c.Subject)
	return &clean
}

// printable writes a name into a sentence: as it is where it reads as one
// word, else as a Go string literal, which escapes control characters,
// direction marks and bytes that are not UTF-8.
func printable(name string) string {
	quoted := strings.ReplaceAll(strconv.Quote(name), backtick, `\x60`)
	if quoted == `"`+name+`"` && name != "" && !strings.Contains(name, " ") {
		return name
	}
	return quoted
}

// shellQuote writes a name as one word of a POSIX shell command, on one line.
// What does not print needs the $'…' form, which bash, zsh and POSIX 2024
// have; everything that an older shell must read goes without it.
func shellQuote(name string) string {
	if name != "" && strings.Trim(name, shellSafe) == "" {
		return name
	}
	if prints(name) {
		return `'` + strings.ReplaceAll(name, `'`, `'\''`) + `'`
	}
	return `$'` + mapUnprintable(name, func(out *strings.Builder, r string) {
		if strings.ContainsAny(r, `\'!`) {
			writeOctal(out, r)
			return
		}
		out.WriteString(r)
	}, writeOctal) + `'`
}

// shellSafe are the characters that no shell reads as anything but themselves,
// wherever in a word they stand.
const shellSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@%+:,-"

func writeOctal(out *strings.Builder, bytes string) {
	for i := range len(bytes) {
		out.WriteByte('\\')
		octal := strconv.FormatUint(uint64(bytes[i]), 8)
		out.WriteString("000"[len(octal):] + octal)
	}
}

// ignoreLine is the line of a .gitignore that matches the file home, from the
// directory of that, and no other, save that a byte which cannot stand in a line
// (or would not show) becomes "?", which matches any one byte, and a masked key "*".
func ignoreLine(home string) string {
	body := strings.TrimRight(home, " ")
	// git strips spaces from the end of a line unless each is escaped.
	return "/" + gitPattern(body, "*") + strings.Repeat(`\ `, len(home)-len(body))
}

// keyDigits is how many characters a key has behind its prefix, but for some in the sandbox.
const keyDigits = 64

// gitPattern is the pattern that matches a name, with another for what is hidden of a key.
func gitPattern(name, key string) string {
	parts := strings.Split(unmasked(name), hidden)
	for i, part := range parts {
		parts[i] = mapUnprintable(part, func(out *strings.Builder, r string) {
			if strings.ContainsAny(r, `*?[\`) {
				out.WriteByte('\\')
			}
			out.WriteString(r)
		}, func(out *strings.Builder, bytes string) {
			out.WriteString(strings.Repeat("?", len(bytes)))
		})
	}
	var pattern strings.Builder
	for i, part := range parts {
		switch {
		case i == 0:
		case strings.HasSuffix(parts[i-1], "_test_"):
			pattern.WriteString("*")
		default:
			pattern.WriteString(key)
		}
		pattern.WriteString(part)
	}
	return pattern.String()
}

// hidden stands for a key in a name; no file's name has that character.
const hidden = "\x00"

// maskedKey is how a key in a name is shown.
var maskedKey = lazy.Regexp(`(insp_(?:test_)?)…\[[0-9a-f]{8}\]`)

// unmasked is a name with hidden in the place of each masked key: what is pasted
// from a report must find the file, and not show the key.
func unmasked(name string) string {
	if !strings.Contains(name, "…[") {
		return name // as nearly all are
	}
	return maskedKey.Get().ReplaceAllString(name, "${1}"+hidden)
}

// keyPathspec is how git finds what is named after a key, from the top, and all below
// it; empty if no key is in the name.
func keyPathspec(o *Occurrence) string {
	home := homeOf(o)
	if !strings.Contains(unmasked(home), hidden) {
		return ""
	}
	return shellQuote(":(top)" + gitPattern(home, strings.Repeat("?", keyDigits)) + "*")
}

// staged is how git finds the occurrence's file from any directory, if its key is
// staged; empty if not.
func staged(o *Occurrence) string {
	home, named := homeOf(o), keyPathspec(o)
	switch first := strings.Trim(home[:min(1, len(home))], shellSafe); {
	case !o.Staged:
		return ""
	case named != "":
		return named
	case strings.ContainsAny(home, `*?[\`) || first != "" || strings.ContainsAny(home[:1], "/@%+:,-_"):
		return shellQuote(":(top,literal)" + home)
	}
	return shellQuote(":/" + home) // which git reads on where some punctuation follows
}

// prints reports whether s shows as itself and holds no backtick.
func prints(s string) bool {
	for _, r := range s {
		if r == '`' || !strconv.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}

// words writes a phrase of the scanner's, such as the name of a framework:
// quoted only if the configuration made it something that does not print.
func words(phrase string) string {
	if prints(phrase) {
		return phrase
	}
	return printable(phrase)
}

// mapUnprintable hands each rune of s to plain or, if it does not print, to
// other, as the bytes that it stands as.
func mapUnprintable(s string, plain, other func(*strings.Builder, string)) string {
	var out strings.Builder
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		write := other
		if prints(s[:size]) {
			write = plain
		}
		write(&out, s[:size])
		s = s[size:]
	}
	return out.String()
}

// oneLine joins the lines of a sentence and drops what does not print.
func oneLine(s string) string {
	spaced := strings.Map(func(r rune) rune {
		switch {
		case strconv.IsPrint(r):
			return r
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		}
		return -1
	}, s)
	return strings.Join(strings.Fields(spaced), " ")
}
