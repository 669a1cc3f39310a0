package report

import (
	"bytes"
	"fmt"
	"strings"
)

const (
	// maxSummary is what GitHub accepts as one step's job summary: a larger
	// one is dropped whole.
	maxSummary = 1 << 20
	// summaryReserve is kept free for the end of a summary that is cut.
	summaryReserve = 512
)

// renderMarkdown writes a job summary: a headline, then for each key a table of
// its places and what to do next. One that would be too large stops after the
// last row that fits, the worst keys being first, and says how much is missing.
func renderMarkdown(b *bytes.Buffer, r *Report, o Options) error {
	fmt.Fprintf(b, "## insplint: %s\n\n%s\n", countFindings(r), scope(r))
	if headline, problems := incomplete(r); headline != "" {
		fmt.Fprintf(b, "\n> [!WARNING]\n> %s\n", markdownText(headline))
		for _, p := range problems {
			fmt.Fprintf(b, "> - %s\n", markdownCode(clip(p, 1000)))
		}
	}
	left := 0
	for _, g := range groupByKey(r, o.ShowSuppressed) {
		left += markdownKey(b, g, o)
	}
	if left > 0 {
		fmt.Fprintf(b, "\n**This summary was cut at 1 MiB: %s left out.** The log and `--format json` have them all.\n", plural(left, "finding")+" "+wasWere(left))
	}
	return nil
}

func wasWere(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// markdownKey appends one key's part, or as many rows of it as fit, and returns
// how many findings it left out.
func markdownKey(b *bytes.Buffer, g *keyGroup, o Options) (left int) {
	fits := func(part string) bool { return b.Len()+len(part) <= maxSummary-summaryReserve }
	rows := markdownRows(g)
	advice := markdownAdvice(g)
	head := markdownHead(g, o)
	if !fits(head + advice + rows[0]) {
		return len(rows)
	}
	b.WriteString(head)
	for i, row := range rows {
		if !fits(row + advice) {
			left = len(rows) - i
			break
		}
		b.WriteString(row)
	}
	b.WriteString(advice)
	return left
}

func markdownHead(g *keyGroup, o Options) string {
	var b strings.Builder
	headline := noKey
	if g.Fingerprint != "" {
		headline = fmt.Sprintf("%s key <code>%s</code>", g.Environment, markdownText(g.Fingerprint))
	}
	fmt.Fprintf(&b, "\n### %s: %s\n\n", g.level(), headline)
	var facts []string
	if first := since(g.FirstSeen, o.Now); first != "" {
		facts = append(facts, "first seen "+first)
	}
	if g.Verification != nil {
		facts = append(facts, "asked the vendor: "+describeVerification(g.Verification))
	}
	if len(facts) > 0 {
		fmt.Fprintf(&b, "%s\n\n", markdownText(strings.Join(facts, "; ")))
	}
	b.WriteString("| level | rule | place | what | line |\n| --- | --- | --- | --- | --- |\n")
	return b.String()
}

// markdownRows is a table row for each finding, cells clipped: a path or
// subject may be as long as it likes.
func markdownRows(g *keyGroup) []string {
	const cell = 500
	var rows []string
	for f := range g.findings {
		what := escape(f.Message)
		if f.Past != nil && f.Past.Introduced != nil {
			what += " (added by " + describeCommit(f.Past.Introduced) + ")"
		}
		if f.Suppressed != nil {
			what += " (" + describeSuppression(f.Suppressed) + ")"
		}
		rows = append(rows, fmt.Sprintf("| %s | %s %s | %s | %s | %s |\n", levelWord(f), f.Rule.ID, f.Rule.Name,
			markdownCode(clip(where(f), cell)), markdownProse(clip(what, cell)), markdownCode(clip(escape(f.Snippet.Text), cell))))
	}
	return rows
}

func markdownAdvice(g *keyGroup) string {
	if g.worst == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nNext:\n\n")
	for i, step := range append(nextSteps(g), markdownFixes(g)...) {
		fmt.Fprintf(&b, "%d. %s\n", i+1, markdownProse(clip(escape(step), 1000)))
	}
	return b.String()
}

// markdownFixes is what to do in the files, as far as a list stays readable.
func markdownFixes(g *keyGroup) []string {
	const most = 20
	var fixes []string
	said := map[string]bool{}
	for _, p := range g.places {
		fixes = append(fixes, p.fixes(said)...)
	}
	if n := len(fixes) - most; n > 0 {
		fixes = append(fixes[:most], fmt.Sprintf("and %d more like these", n))
	}
	return fixes
}

// markdownText makes text stand inside a line of Markdown as itself: every
// character that Markdown, HTML or GitHub's additions (mentions, links, emoji,
// formulas) could act upon there becomes a character reference, which CommonMark
// never takes for markup. It is no protection at the start of a line.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && strings.ContainsRune("\\`*_[]<>#!|~&@:$", r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// markdownProse is markdownText for a sentence of the rules, in which commands
// and names stand between backticks: those become code.
func markdownProse(s string) string {
	var b strings.Builder
	parts := strings.Split(s, "`")
	for i, part := range parts {
		switch closed := i+1 < len(parts); {
		case i%2 == 1 && closed:
			b.WriteString(markdownCode(part))
		case i%2 == 1:
			b.WriteString(markdownText("`" + part))
		default:
			b.WriteString(markdownText(part))
		}
	}
	return b.String()
}

// markdownCode is text in a code span. The HTML element is used because a
// Markdown code span can hold no character reference, and so no pipe in a
// table; and since GitHub makes no mentions or links inside it.
func markdownCode(s string) string {
	if s == "" {
		return ""
	}
	return "<code>" + markdownText(s) + "</code>"
}
