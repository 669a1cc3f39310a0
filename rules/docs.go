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
	return out.String()
}

// RulesMarkdown is the whole of docs/rules.md.
func RulesMarkdown() string {
	var out strings.Builder
	out.WriteString(rulesIntroduction)
	for _, r := range All() {
		fmt.Fprintf(&out, "| [%s](#%s) | %s | %s | %s | %s |\n",
			r.ID, strings.ToLower(r.ID), r.Name, r.Production, r.Sandbox, r.Summary)
	}
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
