package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/internal/lazy"
)

// A suppression names what it accepts: rules, keys, or the one key on its
// line. Whatever in it cannot be understood makes it accept less, never more:
// a finding that shows up needlessly costs a minute, one that is hidden by a
// typing error costs the key.

// Suppress marks the findings that the baseline lists and returns them all; a
// suppression that a finding already has stays. A nil baseline lists nothing.
func Suppress(findings []Finding, baseline *Baseline) []Finding {
	marked := slices.Clone(findings)
	if baseline == nil {
		return marked
	}
	reasons := make(map[string]string, len(baseline.Entries))
	for _, entry := range baseline.Entries {
		reasons[entry.ID] = entry.Reason
	}
	for i := range marked {
		for _, id := range marked[i].ids() {
			reason, listed := reasons[id]
			if listed && marked[i].Suppressed == nil {
				marked[i].Suppressed = &Suppression{Kind: kindBaseline, Reason: reason}
			}
		}
	}
	return marked
}

// The kinds of Suppression that this package makes.
const (
	kindInline   = "inline"
	kindBaseline = "baseline"
)

// inlineSuppression is what the first mark that covers a rule and key says;
// nil if none does.
func inlineSuppression(rule *Rule, fingerprint string, marks []Mark) *Suppression {
	for _, mark := range marks {
		if mark.covers(rule.ID, fingerprint) {
			return &Suppression{Kind: kindInline, Reason: mark.Reason}
		}
	}
	return nil
}

// covers reports whether the mark accepts one key under one rule. A mark that
// names no key accepts its line's key only where no other could be meant.
func (m Mark) covers(ruleID, fingerprint string) bool {
	rule := len(m.Rules) == 0 || slices.Contains(m.Rules, ruleID)
	if len(m.Fingerprints) == 0 {
		return rule && m.Alone
	}
	return rule && slices.Contains(m.Fingerprints, fingerprint)
}

const markWord = "insplint:ignore"

// ParseMarks reads the marks on one line, in whatever comment or string they
// stand:
//
//	insplint:ignore [INSPnnn…] [fingerprint…] [-- reason]
//
// Ids and fingerprints are read in any case, parted by spaces or commas. Any
// other word lands in Rules as written: it names no rule, so a mark that holds
// nothing else covers nothing. A mark ends with its comment, or with the
// string around it; after a comment another may follow. Alone is false in what
// it returns: only the scanner knows how many keys the line holds. The line
// should come with its keys masked; a reason is cleaned of them all the same.
func ParseMarks(line string) []Mark {
	var marks []Mark
	for at := 0; ; {
		found := strings.Index(line[at:], markWord)
		if found < 0 {
			return marks
		}
		start := at + found
		at = start + len(markWord)
		if !markBounds(line[:start], line[at:]) {
			continue
		}
		body, rest := cutComment(line[:start], line[at:])
		marks = append(marks, parseMark(body))
		at = len(line) - len(rest)
	}
}

// markBounds reports whether the mark's word stands by itself:
// "insplint:ignore-next-line" and "insplint:ignored" are not marks.
func markBounds(before, after string) bool {
	if last := strings.TrimRightFunc(before, isWordRune); last != before {
		return false
	}
	if after == "" || after[0] == ' ' || after[0] == '\t' || strings.ContainsRune("\r\n\"'`)]};,", rune(after[0])) {
		return true
	}
	return slices.ContainsFunc(enclosures, func(e enclosure) bool {
		return strings.HasPrefix(after, e.end)
	})
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// An enclosure is how a comment or string inside a line begins and ends.
type enclosure struct {
	begin, end string
	comment    bool // code, and so another mark, may follow it
}

// enclosures are those of the languages that keys turn up in. A comment that
// runs to the end of the line needs no entry.
var enclosures = []enclosure{
	{"/*", "*/", true},     // C, JavaScript, CSS, SQL
	{"<!--", "-->", true},  // HTML, XML, Markdown
	{"(*", "*)", true},     // OCaml, Pascal
	{"{-", "-}", true},     // Haskell
	{"{#", "#}", true},     // Jinja, Twig
	{"{{", "}}", true},     // Handlebars, Go templates
	{"<%", "%>", true},     // ERB, JSP
	{"<?", "?>", true},     // PHP
	{"<#", "#>", true},     // PowerShell
	{"--[[", "]]", true},   // Lua
	{`"`, `"`, false},      // JSON has no comments: a field serves
	{`'`, `'`, false},      //
	{backtick, "`", false}, //
}

// cutComment splits what follows a mark's word at the end of the comment or
// string that the mark stands in. Nothing is left after a string, or where the
// comment runs on: a second mark there could be part of the first one's
// reason, and would widen it.
func cutComment(before, after string) (body, rest string) {
	around, ok := innermost(before)
	switch {
	case !ok:
		return after, ""
	case around.comment:
		body, rest, _ = strings.Cut(after, around.end)
		return body, rest
	}
	return cutString(after, around.end), ""
}

// cutString ends a string at its first quote that touches what it closes. A
// quote after a space opens something: were it taken for the end, the
// apostrophe of "don't" would hide the words after it and leave a bare mark.
func cutString(after, quote string) string {
	for at := range len(after) {
		touches := at == 0 || after[at-1] != ' ' && after[at-1] != '\t'
		if touches && after[at:at+1] == quote {
			return after[:at]
		}
	}
	return after
}

// innermost finds the enclosure that opens last in before and is still open.
func innermost(before string) (inner enclosure, ok bool) {
	last := -1
	for _, e := range enclosures {
		if at := e.open(before); at > last {
			inner, last, ok = e, at, true
		}
	}
	return inner, ok
}

// open is where the enclosure that is still open at the end of before began;
// -1 if none is.
func (e enclosure) open(before string) int {
	at := strings.LastIndex(before, e.begin)
	if at < 0 {
		return -1
	}
	closed := strings.Contains(before[at+len(e.begin):], e.end)
	if e.begin == e.end {
		closed = strings.Count(before, e.begin)%2 == 0
	}
	if closed {
		return -1
	}
	return at
}

var (
	ruleWord        = lazy.Regexp(`^(?i:INSP)[0-9]{3}$`)
	fingerprintWord = lazy.Regexp(`^[0-9A-Fa-f]{8}$`)
)

// parseMark reads what stands between a mark's word and the end of its
// comment.
func parseMark(body string) Mark {
	words, reason := splitReason(body)
	mark := Mark{Reason: cleanReason(reason)}
	for _, word := range words {
		switch {
		case fingerprintWord.Get().MatchString(word):
			mark.Fingerprints = append(mark.Fingerprints, strings.ToLower(word))
		case ruleWord.Get().MatchString(word):
			mark.Rules = append(mark.Rules, strings.ToUpper(word))
		default:
			mark.Rules = append(mark.Rules, word)
		}
	}
	return mark
}

// splitReason parts a mark's words from its reason. The end of a comment that
// began on an earlier line ends the words.
func splitReason(body string) (words []string, reason string) {
	const separators = " \t\r\n,"
	for {
		body = strings.TrimLeft(body, separators)
		end := strings.IndexAny(body, separators)
		if end < 0 {
			end = len(body)
		}
		word := body[:end]
		switch {
		case word == "" || endsComment(word):
			return words, ""
		case strings.HasPrefix(word, "--"):
			return words, body[2:]
		}
		words = append(words, cmp.Or(strings.TrimRight(word, closing), word))
		body = body[end:]
	}
}

// closing are the characters that ends of comments, strings and sentences are
// made of.
const closing = "\"'`*/->#%?})];.:"

// endsComment reports whether a word only closes what stands around the mark.
// Other punctuation does not: "insplint:ignore - INSP002" must not be read as
// a mark without words.
func endsComment(word string) bool {
	if strings.Trim(word, closing) != "" {
		return false
	}
	return strings.Trim(word, "\"'`)]};") == "" || slices.ContainsFunc(enclosures, func(e enclosure) bool {
		return e.comment && strings.HasSuffix(word, e.end)
	})
}

// maxReason is how many code points of a reason are kept.
const maxReason = 200

// longRun is what a key becomes under any encoding, and no word of a reason.
var longRun = lazy.Regexp(`[0-9A-Za-z_+=%\\]{33,}`)

// cleanReason makes a reason fit for every report: one line, no key, bounded,
// without the ends of comments. Cleaning twice changes nothing.
func cleanReason(reason string) string {
	reason = longRun.Get().ReplaceAllString(key.Mask(oneLine(strings.ToValidUTF8(reason, ""))), "…")
	if runes := []rune(reason); len(runes) > maxReason {
		reason = string(runes[:maxReason])
	}
	for {
		trimmed := trimClosers(strings.TrimSpace(reason))
		if trimmed == reason {
			return reason
		}
		reason = trimmed
	}
}

// trimClosers takes the ends of comments and strings from the end of a reason.
func trimClosers(reason string) string {
	for _, e := range enclosures {
		if e.comment || strings.Count(reason, e.end)%2 == 1 {
			reason = strings.TrimSuffix(reason, e.end)
		}
	}
	return reason
}
