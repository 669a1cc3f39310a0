package rules

import (
	"fmt"
	"strings"
)

// Markdown is everything that is to be said about a rule: the text of
// `insplint explain`, and a section of docs/rules.md. Its heading is the id, so
// that a link to the section is "#insp002".
func Markdown(r *Rule) string {
	return fmt.Sprintf("## %s\n\n**%s**: %s.\n\nLevel: %s.\n\n%s\n",
		r.ID, r.Name, r.Summary, levels(r), strings.TrimSpace(r.Help))
}

func levels(r *Rule) string {
	if r.Production == r.Sandbox {
		return fmt.Sprintf("%s, for production and sandbox keys alike", r.Production)
	}
	return fmt.Sprintf("%s for a production key, %s for a sandbox key", r.Production, r.Sandbox)
}

// Index lists the rules for a terminal, one a line.
func Index() string {
	var out strings.Builder
	const row = "%-8s %-21s %-10s %-8s %s\n"
	fmt.Fprintf(&out, row, "ID", "NAME", "PRODUCTION", "SANDBOX", "FITS WHEN")
	for _, r := range All() {
		fmt.Fprintf(&out, row, r.ID, r.Name, r.Production, r.Sandbox, r.Summary)
	}
	out.WriteString("\n" + confidenceHelp)
	return out.String()
}

// confidenceHelp tells what the confidence of a finding means.
const confidenceHelp = `The confidence of a finding is how sure it is that a text is a key: its form decides.

- high: the vendor's prefix and 64 lower-case hexadecimal digits, plainly or in encodings (base64, hex, UTF-16, escapes)
- medium: the same, cut in pieces by source code or line breaks
- low: upper-case digits, more digits after the 64, or insp_test_ and other random text; a note at most
`

// RulesMarkdown is the whole of docs/rules.md.
func RulesMarkdown() string {
	var out strings.Builder
	out.WriteString(rulesIntroduction)
	for _, r := range All() {
		fmt.Fprintf(&out, "| [%s](#%s) | %s | %s | %s | %s |\n",
			r.ID, strings.ToLower(r.ID), r.Name, r.Production, r.Sandbox, r.Summary)
	}
	out.WriteString("\n" + confidenceHelp)
	for _, r := range All() {
		out.WriteString("\n" + Markdown(r))
	}
	return out.String()
}

const rulesIntroduction = `# Rules

<!-- Generated from package rules: go test ./rules -run TestDocs -update -->

Each place that holds a key breaks at most one exposure rule (INSP0xx), the first in the table that fits, and any number of
practice rules (INSP1xx). A form of key that is doubtful (low confidence), and a key that verification found inactive, are
never more than a note.

| id | name | production | sandbox | fits when |
| --- | --- | --- | --- | --- |
`
