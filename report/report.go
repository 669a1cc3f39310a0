// Package report turns findings into bytes.
//
// A Report is what a scan found, in the order that package rules gives it. A
// Format renders one: each is one function in a file of its own, and Formats
// is the table of them, from which the command line makes its help. The files
// group.go and advice.go hold what several formats say of a key: its places,
// how bad they are, what to do next. escape.go is the border to a hostile
// repository: whatever a scanned tree or its history can choose (paths,
// archive members, subjects, authors, refs, the line around a key) passes it
// before it reaches a terminal, a CI log or a table.
//
// No writer is given a key: findings hold only its fingerprint and masked
// form, and mask.go takes out what stands in names and subjects. Nor does any format know the clock, the terminal or an environment
// variable: what a writer needs stands in Options. The same Report and Options
// make the same bytes.
//
// A report is rendered in memory before the first byte is written, so a report
// costs about three times its size in memory, and one that cannot be rendered
// leaves no half document behind.
package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/inspecto/insplint/rules"
)

// A Report is one scan, or several merged.
type Report struct {
	Version  string // insplint's own, "1.2.3"; empty is shown as "unknown"
	Scanned  rules.Scanned
	Keys     []rules.KeySummary
	Findings []rules.Finding // in the order of rules.Check, suppressed ones too
	Problems []rules.Problem // what could not be read
}

// Complete reports whether the scan read all that it set out to read. A
// Problem is enough to make it incomplete.
func (r *Report) Complete() bool { return r.Scanned.Complete && len(r.Problems) == 0 }

// Options is what writers may need besides the report. The zero value is
// usable: no colour, no cut, no ages.
type Options struct {
	Color          bool          // text: ANSI colours
	Width          int           // text: columns of the terminal, to which source lines are cut around the key; 0 cuts nothing
	ShowSuppressed bool          // text, markdown and html: findings that were accepted on purpose, too; json always has them
	Brief          bool          // text: a few lines for each place, and only so many places, without fixes and next steps; for hooks
	More           string        // with Brief: what shows the places that are left out, "insplint scan lists all"
	Advice         []string      // with Brief: the lines that say what to do
	Now            time.Time     // the clock: ages in text, markdown and html (none if zero), gitlab's end of the scan
	Rules          []*rules.Rule // sarif: the rules to list; nil is rules.All()
}

const toolName = "insplint"

// versionOf is the report's version, or a word where it has none: no format
// allows an empty one.
func versionOf(r *Report) string { return cmp.Or(r.Version, "unknown") }

// A Format is one way to write a report.
type Format struct {
	Name  string // as in --format
	Help  string // one line, for the command's help
	Write func(io.Writer, *Report, Options) error
}

// A renderer appends a report to a buffer.
type renderer func(*bytes.Buffer, *Report, Options) error

// Formats lists every format, the default first.
func Formats() []Format {
	return []Format{
		newFormat("text", "for people: grouped by key, with what to do next", renderText),
		newFormat("json", "one document, version 1; its schema is part of insplint", renderJSON),
		newFormat("jsonl", "one JSON object a line: findings, keys, errors, then a summary", renderJSONLines),
		newFormat("sarif", "SARIF 2.1.0, for code scanning; suppressed findings are left out", renderSARIF),
		newFormat("github", "workflow commands that become annotations, at most 10", renderGitHub),
		newFormat("gitlab", "GitLab secret detection report, 15.0.4", renderGitLab),
		newFormat("markdown", "a job summary of at most 1 MiB", renderMarkdown),
		newFormat("html", "one page for a browser, which loads nothing", renderHTML),
	}
}

// Lookup finds a format by its name.
func Lookup(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// newFormat gives every renderer the same way to write: all at once, and every
// error of the writer comes back wrapped.
func newFormat(name, help string, render renderer) Format {
	write := func(w io.Writer, r *Report, o Options) error {
		var b bytes.Buffer
		if err := render(&b, masked(r), o); err != nil {
			return fmt.Errorf("render the report as %s: %w", name, err)
		}
		if _, err := b.WriteTo(w); err != nil {
			return fmt.Errorf("write the report as %s: %w", name, err)
		}
		return nil
	}
	return Format{Name: name, Help: help, Write: write}
}
