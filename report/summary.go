package report

import (
	"fmt"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// listedProblems bounds what a report for people lists of what could not be
// read: a repository can make any number of unreadable files. JSON has all.
const listedProblems = 10

// summary is the last line of a report for people: what was found, and out of
// what, which is what makes "no findings" worth something.
func summary(r *Report) string { return countFindings(r) + "; " + scope(r) }

// scope says what was read, and what of it is not among the findings.
func scope(r *Report) string {
	s := r.Scanned
	parts := []string{fmt.Sprintf("read %s, %s, %s, %s in %.1f s",
		plural(s.Files, "file"), plural(s.Blobs, "blob"), plural(s.Commits, "commit"), humanBytes(s.Bytes), s.Seconds)}
	if s.Placeholders > 0 {
		parts = append(parts, plural(s.Placeholders, "placeholder")+" not reported")
	}
	if n := len(r.Findings) - len(r.counting()); n > 0 {
		parts = append(parts, fmt.Sprintf("%d suppressed", n))
	}
	return strings.Join(parts, "; ")
}

// countFindings is "3 findings (2 errors, 1 note) in 2 keys", or without the keys
// where no finding is about one.
func countFindings(r *Report) string {
	var levels [rules.Error + 1]int
	keys := map[keyID]bool{}
	counting := r.counting()
	for _, f := range counting {
		levels[f.Level]++
		if f.Fingerprint != "" {
			keys[keyOf(f)] = true
		}
	}
	if len(counting) == 0 {
		return "no findings"
	}
	var parts []string
	for l := rules.Error; l >= rules.Note; l-- {
		if levels[l] > 0 {
			parts = append(parts, plural(levels[l], l.String()))
		}
	}
	found := fmt.Sprintf("%s (%s)", plural(len(counting), "finding"), strings.Join(parts, ", "))
	if len(keys) == 0 {
		return found
	}
	return found + " in " + plural(len(keys), "key")
}

// incomplete says what an incomplete scan missed: a headline, and the first
// problems, escaped. It is empty for a complete one.
func incomplete(r *Report) (headline string, problems []string) {
	if r.Complete() {
		return "", nil
	}
	if len(r.Problems) == 0 {
		return "INCOMPLETE: the scan did not read all that it should have", nil
	}
	for _, p := range r.Problems[:min(listedProblems, len(r.Problems))] {
		problems = append(problems, describeProblem(p))
	}
	if n := len(r.Problems) - listedProblems; n > 0 {
		problems = append(problems, fmt.Sprintf("and %d more; --format json lists all", n))
	}
	return fmt.Sprintf("INCOMPLETE: %s could not be read, so there may be more findings", plural(len(r.Problems), "thing")), problems
}

// describeProblem names what could not be read, then why. The words of a
// problem's message often name it already: a path in quotes, since a file may
// be called "file" and every message has that word.
func describeProblem(p rules.Problem) string {
	message := escape(p.Message)
	if p.Path != "" && !strings.Contains(p.Message, `"`+p.Path) {
		message = escape(p.Path) + ": " + message
	}
	if p.Object != "" && !strings.Contains(p.Message, p.Object) {
		message = escape(p.Object) + ": " + message
	}
	return message
}

// plural is "1 key", "2 keys".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// humanBytes is a size in SI units with one decimal: "512 B", "1.2 MB".
func humanBytes(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n)/1000, 0
	// 999.95 would be printed as 1000.0.
	for size >= 999.95 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", size, units[unit])
}
