package scanner

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// occurrences records the facts about each match in one buffer, in the order
// of the matches: where it stands, what is around it, and what the file is.
// The path is the file's from the top of its repository or of the scanned
// root, with "/"; it may be empty. Placeholders are described like keys. Left to
// the caller are Path, Home, Member, Standing and Past, which the buffer cannot
// tell, and Client and what goes with it.
func occurrences(path string, buf []byte, matches []key.Match) []rules.Occurrence {
	if len(matches) == 0 {
		return nil
	}
	file := rules.Occurrence{
		EnvFile: isEnvFile(path),
		Hosts:   hostsOf(path, buf),
	}
	around := newSurroundings(buf, matches)
	around.scopes = scopesOf(path)
	spans := spansOf(buf, matches)
	found := make([]rules.Occurrence, len(matches))
	for i, m := range matches {
		found[i] = file
		found[i].Span = spans[i]
		around.describe(&found[i], m)
	}
	return found
}

// surroundings answers what is around a match in a buffer.
type surroundings struct {
	scopes   []publicScope
	buf      []byte
	covers   []cover
	marked   markedLine // the one asked for last: keys come line by line
	requests int        // matches that were read for how they are sent
	hosts    *hostPairs // of an env file, once they were asked for
}

// A cover is a stretch of a buffer that holds keys: one, or several whose
// places overlap, such as two in one encoded run.
type cover struct {
	start, end int
	matches    []key.Match
}

// newSurroundings prepares for questions about any of the matches, which may
// come in any order and overlap.
func newSurroundings(buf []byte, matches []key.Match) *surroundings {
	sorted := slices.Clone(matches)
	slices.SortStableFunc(sorted, func(a, b key.Match) int { return a.Start - b.Start })
	s := &surroundings{buf: buf}
	for i := 0; i < len(sorted); {
		from, end := i, sorted[i].End
		for i++; i < len(sorted) && sorted[i].Start < end; i++ {
			end = max(end, sorted[i].End)
		}
		s.covers = append(s.covers, cover{sorted[from].Start, end, sorted[from:i]})
	}
	return s
}

// within yields the covers that reach into buf[from:to].
func (s *surroundings) within(from, to int) []cover {
	first, _ := slices.BinarySearchFunc(s.covers, from, func(c cover, at int) int {
		if c.end <= at {
			return -1
		}
		return 1
	})
	last := first
	for last < len(s.covers) && s.covers[last].start < to {
		last++
	}
	return s.covers[first:last]
}

// describe fills in what the buffer tells of one match.
func (s *surroundings) describe(o *rules.Occurrence, m key.Match) {
	o.Encoding = m.Encoding
	o.Snippet = s.snippet(m)
	s.tell(o, m)
}

// tell fills in what rules and marks look at.
func (s *surroundings) tell(o *rules.Occurrence, m key.Match) {
	o.Confidence = m.Confidence
	o.Variable = variableAt(s.buf, valueStart(s.buf, m))
	if o.Prefix = publicPrefix(o.Variable); o.Prefix == (rules.PublicPrefix{}) {
		o.Prefix = scopeOf(s.scopes, s.buf, m.Start)
	}
	if name := dartDefine(lookBack(s.buf, valueStart(s.buf, m))); name != "" {
		o.Variable, o.Prefix = name, rules.PublicPrefix{Framework: dartDefines}
	}
	o.Marks = s.marks(m)
	s.requestFacts(o, m)
	if o.EnvFile {
		o.Pair = s.hostVariable(o.Variable, m.Start)
	}
}

// wrapReach is how many bytes before an encoded key are read for the beginning
// of the wrapped value that it is in.
const wrapReach = 4 << 10

// valueStart is where the value begins that holds a match. In a run of base64
// or hexadecimal digits a key need not begin where the run does, nor in its
// first line.
func valueStart(buf []byte, m key.Match) int {
	if len(m.Encoding) == 0 || !key.IsRun(m.Encoding[0]) {
		return m.Start
	}
	from, start := max(0, m.Start-wrapReach), m.Start
	for {
		start = from + len(bytes.TrimRightFunc(buf[from:start], isRunRune))
		above := bytes.TrimRight(buf[from:start], " \t")
		line, ok := bytes.CutSuffix(above, []byte("\n"))
		if !ok {
			return start
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if run := len(line) - len(bytes.TrimRightFunc(line, isRunRune)); run < tokenRunHidden {
			return start
		}
		start = from + len(line)
	}
}

func isRunRune(r rune) bool { return r < utf8.RuneSelf && isTokenByte(byte(r)) }

// longestMarked is the longest line, in bytes, that is read for marks. No one
// writes a comment on a longer one, and a file of such lines full of keys
// would take forever.
const longestMarked = 16 << 10

// A markedLine is a line with the marks on it.
type markedLine struct {
	start, end int // buf[start:end], without the line break
	marks      []rules.Mark
}

// marks are the insplint:ignore marks on the line of a match: on each of its
// lines, where it has several.
func (s *surroundings) marks(m key.Match) []rules.Mark {
	line := s.marked
	if m.Start < line.start || m.End > line.end || line.end == 0 {
		line = s.readMarks(m)
	}
	if bytes.IndexByte(s.buf[m.Start:m.End], '\n') < 0 {
		s.marked = line
	}
	marks := slices.Clone(line.marks)
	for i := range marks {
		marks[i].Alone = s.alone(m.Secret, line.start, line.end)
	}
	return marks
}

// readMarks finds the line of a match and reads it, with the keys masked: a
// reason may quote one.
func (s *surroundings) readMarks(m key.Match) markedLine {
	line := markedLine{start: max(0, m.Start-longestMarked), end: min(len(s.buf), m.End+longestMarked)}
	before := bytes.LastIndexByte(s.buf[line.start:m.Start], '\n')
	after := bytes.IndexByte(s.buf[m.End:line.end], '\n')
	long := before < 0 && line.start > 0 || after < 0 && line.end < len(s.buf)
	line.start += before + 1
	if after >= 0 {
		line.end = m.End + after
	}
	if !long {
		text := s.masked(line.start, line.end)
		line.marks = rules.ParseMarks(strings.ReplaceAll(text, "\x00", "")) // UTF-16
	}
	return line
}

// masked is buf[from:to] with all keys masked.
func (s *surroundings) masked(from, to int) string {
	var text strings.Builder
	for _, c := range s.within(from, to) {
		text.Write(s.buf[from:max(from, c.start)])
		text.WriteString(c.matches[0].Secret.Masked())
		from = min(c.end, to)
	}
	text.Write(s.buf[from:to])
	return text.String()
}

// alone reports whether buf[from:to] holds no other key than the secret.
func (s *surroundings) alone(secret key.Secret, from, to int) bool {
	for _, c := range s.within(from, to) {
		for _, m := range c.matches {
			if !m.Placeholder && m.Secret != secret {
				return false
			}
		}
	}
	return true
}

const vendorDomain = "inspecto.com"

// vendorHosts lists the first label of the vendor's hosts below vendorDomain.
var vendorHosts = []struct {
	label       string
	environment key.Environment
}{
	{"api", key.Production},
	{"sandbox", key.Sandbox},
}

// hostsIn tells which of the vendor's hosts a text names. A name counts where
// it stands by itself, not as part of a longer one.
func hostsIn(buf []byte) rules.EnvironmentSet {
	var set rules.EnvironmentSet
	for at := 0; ; at++ {
		next := bytes.IndexByte(buf[at:], '.')
		if next < 0 {
			return set
		}
		at += next
		if !domainAt(buf[at+1:]) {
			continue
		}
		for _, host := range vendorHosts {
			if labelBefore(buf[:at], host.label) {
				set = set.With(host.environment)
			}
		}
	}
}

// domainAt reports whether b begins with the vendor's domain and no longer
// name. A dot that ends a sentence does not lengthen it.
func domainAt(b []byte) bool {
	if len(b) < len(vendorDomain) || !bytes.EqualFold(b[:len(vendorDomain)], []byte(vendorDomain)) {
		return false
	}
	b = b[len(vendorDomain):]
	if len(b) > 0 && b[0] == '.' {
		b = b[1:]
	}
	return len(b) == 0 || !isHostByte(b[0])
}

// labelBefore reports whether b ends with the label and no longer name.
func labelBefore(b []byte, label string) bool {
	if len(b) < len(label) || !bytes.EqualFold(b[len(b)-len(label):], []byte(label)) {
		return false
	}
	b = b[:len(b)-len(label)]
	return len(b) == 0 || !isHostByte(b[len(b)-1]) && b[len(b)-1] != '.' || endsInEscape(b)
}

func isHostByte(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// endsInEscape reports whether the letter or digit at b's end belongs to an
// escape: the host in "https%3A%2F%2Fapi." or in `\u002Fapi.` begins a name.
func endsInEscape(b []byte) bool {
	for _, form := range []struct {
		begin  string
		digits int
	}{{`%`, 2}, {`\x`, 2}, {`\u`, 4}} {
		at := len(b) - form.digits - len(form.begin)
		if at >= 0 && string(b[at:at+len(form.begin)]) == form.begin && hexDigits(b[at+len(form.begin):]) {
			return true
		}
	}
	at := len(b) - 2
	return at >= 0 && b[at] == '\\' && strings.IndexByte("nrt", b[at+1]) >= 0
}

func hexDigits(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return !isHexDigit(c) })
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
