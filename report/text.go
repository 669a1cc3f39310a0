package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/fatih/color"

	"github.com/inspecto/insplint/rules"
)

// minSnippet is how narrow a source line may become: a masked key and little
// more.
const minSnippet = 20

// listedRefs bounds the refs that text names for one finding.
const listedRefs = 3

// renderText writes a block for each key and a summary line:
//
//	error: production key 3f2a91bc
//	  first seen 2024-03-01, 267 days ago
//	  asked the vendor: active; HTTP 200; scopes vehicles:read
//
//	  --> config/prod.env:3:17
//	  error[INSP002] committed-key: git tracks this file
//	    |
//	  3 | TOKEN=insp_…[3f2a91bc]
//	    |       ^^^^^^^^^^^^^^^^
//	    = fix: …
//
//	  next:
//	  1. revoke the key now, …
//
// Every line starts with words of this package, never with the repository's:
// see escape.
func renderText(b *bytes.Buffer, r *Report, o Options) error {
	t := &textWriter{Buffer: b, o: o, paint: newPalette(o.Color)}
	groups := groupByKey(r, o.ShowSuppressed)
	if o.Brief {
		t.brief(groups)
	} else {
		for _, g := range groups {
			t.key(g)
		}
	}
	t.summary(r)
	return nil
}

// A textWriter appends the parts of the text report.
type textWriter struct {
	*bytes.Buffer
	o     Options
	paint palette
}

// line ends a line. Pieces that are harmless alone may make a log command
// together, as where a snippet is split at the key.
func (t *textWriter) line(format string, args ...any) {
	t.WriteString(breakCommands(fmt.Sprintf(format, args...)))
	t.WriteByte('\n')
}

func (t *textWriter) key(g *keyGroup) {
	t.line("%s: %s", t.paint.word(g.level()), t.paint.strong.Sprint(g.headline()))
	if first := since(g.FirstSeen, t.o.Now); first != "" {
		t.line("  first seen %s", first)
	}
	if g.Verification != nil {
		t.line("  asked the vendor: %s", describeVerification(g.Verification))
	}
	said := map[string]bool{}
	for _, p := range g.places {
		t.WriteByte('\n')
		t.place(p, said)
	}
	if g.worst > 0 {
		t.next(g)
	}
	t.WriteByte('\n')
}

func (t *textWriter) next(g *keyGroup) {
	t.line("\n  %s", t.paint.strong.Sprint("next:"))
	for i, step := range nextSteps(g) {
		t.line("  %d. %s", i+1, escape(step))
	}
}

func (t *textWriter) place(p place, said map[string]bool) {
	f := p.first()
	t.heading(p)
	gutter := strings.Repeat(" ", len(lineNumber(f)))
	t.snippet(f, gutter)
	notes := p.notes()
	for _, fix := range p.fixes(said) {
		notes = append(notes, note{"fix", escape(fix)})
	}
	for _, n := range notes {
		t.line("  %s %s %s: %s", gutter, t.paint.frame.Sprint("="), n.label, n.text)
	}
}

// heading says where a place is, and what is wrong there.
func (t *textWriter) heading(p place) {
	t.line("  %s %s", t.paint.frame.Sprint("-->"), t.paint.strong.Sprint(where(p.first())))
	for _, f := range p {
		t.line("  %s%s %s: %s", t.paint.word(levelWord(f)), t.paint.strong.Sprint("["+f.Rule.ID+"]"), f.Rule.Name, escape(f.Message))
	}
}

func levelWord(f *rules.Finding) string {
	if f.Suppressed != nil {
		return "suppressed"
	}
	return f.Level.String()
}

func lineNumber(f *rules.Finding) string {
	if f.Span.Line == 0 {
		return " "
	}
	return strconv.Itoa(f.Span.Line)
}

// snippet shows the masked line with the key underlined.
func (t *textWriter) snippet(f *rules.Finding, gutter string) {
	if f.Snippet.Text == "" {
		return
	}
	bar := t.paint.frame.Sprint("|")
	before, marked, after := cutSnippet(f.Snippet, t.snippetWidth(len(gutter)))
	t.line("  %s %s", gutter, bar)
	t.line("  %s %s %s", t.paint.frame.Sprint(lineNumber(f)), bar, before+marked+after)
	if marked != "" {
		carets := strings.Repeat("^", max(1, cells(marked)))
		t.line("  %s %s %s%s", gutter, bar, strings.Repeat(" ", cells(before)), t.paint.word(levelWord(f), carets))
	}
}

// snippetWidth is how many columns a snippet may take beside its line number; 0
// for any.
func (t *textWriter) snippetWidth(gutter int) int {
	if t.o.Width == 0 {
		return 0
	}
	return max(minSnippet, t.o.Width-gutter-len("   | "))
}

// cutSnippet splits a snippet at the key, escaped, and leaves out what does
// not fit into width columns, most of it on the longer side. A width of 0
// keeps all. The key itself is never cut. If the snippet does not say where
// the key is, all of it is before.
func cutSnippet(s rules.Snippet, width int) (before, marked, after string) {
	text := []rune(s.Text)
	start := s.Column - 1
	end := start + s.Width
	if start < 0 || s.Width < 1 || end > len(text) {
		start, end = len(text), len(text)
	}
	before, marked, after = escape(string(text[:start])), escape(string(text[start:end])), escape(string(text[end:]))
	room := max(0, width-cells(marked))
	if width == 0 || cells(before)+cells(after) <= room {
		return before, marked, after
	}
	left := max(room/2, room-cells(after))
	before = lastCells(before, left)
	return before, marked, firstCells(after, room-cells(before))
}

// firstCells keeps the start of a text that takes at most n columns, the
// ellipsis included.
func firstCells(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	kept, used := 0, 1
	for i, r := range s {
		used += runeCells(r)
		if used > n {
			break
		}
		kept = i + len(string(r))
	}
	if n < 1 {
		return ""
	}
	return s[:kept] + "…"
}

// lastCells is firstCells from the other end.
func lastCells(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	text := []rune(s)
	from, used := len(text), 1
	for from > 0 && used+runeCells(text[from-1]) <= n {
		from--
		used += runeCells(text[from])
	}
	return "…" + string(text[from:])
}

// A note is one fact under a place: a label of ours and escaped text.
type note struct{ label, text string }

// notes is what else there is to know of a place.
func (p place) notes() []note {
	f := p.first()
	var notes []note
	if len(f.Encoding) > 0 {
		notes = append(notes, note{"encoded", escape(strings.Join(f.Encoding, " > "))})
	}
	if f.Confidence.String() != "high" {
		notes = append(notes, note{"confidence", f.Confidence.String()})
	}
	notes = append(notes, pastNotes(f.Past)...)
	for _, f := range p {
		if s := f.Suppressed; s != nil {
			notes = append(notes, note{"suppressed", f.Rule.ID + " by " + describeSuppression(s)})
		}
	}
	return notes
}

func describeSuppression(s *rules.Suppression) string {
	if s.Reason == "" {
		return escape(s.Kind)
	}
	return escape(s.Kind + ": " + s.Reason)
}

func pastNotes(past *rules.Past) []note {
	if past == nil {
		return nil
	}
	var notes []note
	if past.Introduced != nil {
		notes = append(notes, note{"added", describeCommit(past.Introduced)})
	}
	if len(past.Formerly) > 0 {
		var places []string
		for _, former := range past.Formerly {
			places = append(places, former.Path)
		}
		notes = append(notes, note{"renamed", escape("from " + strings.Join(places, ", before from "))})
	}
	if past.Removed != nil {
		notes = append(notes, note{"removed", describeCommit(past.Removed)})
	}
	if !past.Reachable && past.Of == "" && past.Object != "" && !past.Incoming {
		notes = append(notes, note{"unreachable", escape(past.Kind) + " " + short(past.Object) + " stays in the object database, though no ref reaches it"})
	}
	if len(past.Refs) > 0 {
		notes = append(notes, note{"refs", listRefs(past.Refs, past.RefCount)})
	}
	return notes
}

func listRefs(refs []string, count int) string {
	listed := escape(strings.Join(refs[:min(listedRefs, len(refs))], ", "))
	if n := max(count, len(refs)) - listedRefs; n > 0 {
		listed += fmt.Sprintf(" and %d more", n)
	}
	return listed
}

func (t *textWriter) summary(r *Report) {
	for _, advice := range t.o.Advice {
		t.line("%s", escape(advice))
	}
	if len(r.counting()) > 0 {
		t.line("insplint explain RULE says more about a rule.")
	}
	t.line("%s", t.paint.strong.Sprint(summary(r)))
	headline, problems := incomplete(r)
	if headline == "" {
		return
	}
	t.line("%s", t.paint.word("error", headline))
	for _, p := range problems {
		t.line("  - %s", p)
	}
}

// A palette is the colours of one report. Each colour is switched on or off by
// itself: fatih/color's own switch is a global that looks at standard output,
// wherever the report goes.
type palette struct {
	words         map[string]*color.Color
	frame, strong *color.Color
}

func newPalette(on bool) palette {
	p := palette{
		words: map[string]*color.Color{
			"error":      color.New(color.FgRed, color.Bold),
			"warning":    color.New(color.FgYellow, color.Bold),
			"note":       color.New(color.FgCyan, color.Bold),
			"suppressed": color.New(color.Faint),
		},
		frame:  color.New(color.FgBlue),
		strong: color.New(color.Bold),
	}
	p.each((*color.Color).DisableColor)
	if on {
		p.each((*color.Color).EnableColor)
	}
	return p
}

func (p palette) each(do func(*color.Color)) {
	do(p.frame)
	do(p.strong)
	for _, c := range p.words {
		do(c)
	}
}

// word paints a level, or some other text in that level's colour.
func (p palette) word(level string, text ...string) string {
	if len(text) == 0 {
		text = []string{level}
	}
	if c := p.words[level]; c != nil {
		return c.Sprint(text[0])
	}
	return text[0]
}
