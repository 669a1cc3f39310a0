package cli

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
	"github.com/inspecto/insplint/scanner"
)

// hookText is what a hook says beside its findings.
type hookText struct {
	advice func(failing []rules.Finding) []string // how to go on
	more   string                                 // what lists the findings for which there is no room
}

// runHook runs a job with the settings of a hook: a short text, no progress.
func (c *Command) runHook(ctx context.Context, text hookText, j job) error {
	flags := &reportFlags{format: "text", failOn: "warning", minConfidence: "low", color: "auto", quiet: true}
	s, err := flags.check()
	if err != nil {
		return err
	}
	s.hook = &text
	return c.run(ctx, s, j)
}

// maxUnstaged is how many paths a line of advice names, maxFixes how many other
// lines there are at most.
const (
	maxUnstaged = 20
	maxFixes    = 3
)

// adviceFor is for a commit of what is staged, or of more, of which git makes an
// index of its own.
func (c *Command) adviceFor(failing []rules.Finding) []string {
	if isPassing(c.Getenv("GIT_INDEX_FILE")) {
		return filesAdvice(failing)
	}
	lines := commitAdvice(failing)
	if isStaged := func(f rules.Finding) bool { return f.Staged != "" }; slices.ContainsFunc(failing, isStaged) && scanner.Merging(c.Getenv) {
		lines = slices.Insert(lines, 0, "in a merge:  a key of the other branch stays in its commits, unstaged or not: git merge --abort, and have it taken out there")
	}
	return lines
}

// isPassing reports whether an index is there for one commit, as with git commit -a,
// -i and -p (index.lock), or git commit PATH (next-index-PID.lock): it goes when git
// stops, and what stays staged is another's.
func isPassing(indexFile string) bool {
	name := path.Base(filepath.ToSlash(indexFile))
	return name == "index.lock" || strings.HasPrefix(name, "next-index-") && strings.HasSuffix(name, ".lock")
}

// filesAdvice is for a commit that takes files as they are.
func filesAdvice(failing []rules.Finding) []string {
	var lines []string
	if slices.ContainsFunc(failing, func(f rules.Finding) bool { return f.Staged != "" }) {
		lines = []string{
			"to go on:    take the key out of the file, git add it if it is staged, and commit again:",
			"             git commit -a and git commit PATH take a file that is changed, staged or not; unstaging leaves out a new one alone",
		}
	}
	lines = append(lines, fixLines(failing)...)
	return append(lines, acceptLines(failing)...)
}

// fixLines are for what unstaging does not take out.
func fixLines(failing []rules.Finding) []string {
	var fixes []string
	for _, f := range failing {
		if line := "to fix:      " + f.Fix; f.Staged == "" && f.Fix != "" && !slices.Contains(fixes, line) {
			fixes = append(fixes, line)
		}
	}
	return fixes[:min(len(fixes), maxFixes)]
}

// commitAdvice is for what is staged, and for files that a hook manager names:
// unstaging takes nothing out of those that are committed, or not even tracked.
func commitAdvice(failing []rules.Finding) []string {
	var staged []string
	for _, f := range failing {
		if f.Staged != "" && !slices.Contains(staged, f.Staged) {
			staged = append(staged, f.Staged)
		}
	}
	var lines []string
	if len(staged) > maxUnstaged {
		// With a path, git does not forget that a merge is under way.
		lines = append(lines, "to unstage:  git reset -- :/    # these and all other files")
	} else if len(staged) > 0 {
		lines = append(lines, "to unstage:  git reset -- "+strings.Join(staged, " "))
	}
	lines = append(lines, fixLines(failing)...)
	return append(lines, acceptLines(failing)...)
}

// acceptLines say how to accept a finding on purpose, in a way that works in all
// the files.
func acceptLines(failing []rules.Finding) []string {
	config := "add " + suppression(failing) + ", or the path to .insplintignore"
	if !slices.ContainsFunc(failing, takesComments) {
		return []string{"to accept:   " + config}
	}
	return []string{
		"to accept:   write \"insplint:ignore -- REASON\" on the line, in a comment, and stage it;",
		"             where none can stand (JSON, binary files, links), " + config,
	}
}

// noComments are the endings of names of files in which nothing but data can
// stand.
var noComments = []string{".json", ".jsonl", ".ndjson", ".geojson", ".webmanifest", ".map", ".ipynb", ".har", ".csv", ".tsv"}

// takesComments reports whether a comment may stand beside a key, which is not so in
// a name. Of a file without one of these endings only a reader can tell.
func takesComments(f rules.Finding) bool {
	return f.Member == "" && f.Path != "" && f.Span.Line > 0 && !slices.Contains(noComments, strings.ToLower(path.Ext(f.Path)))
}

// reworkLines say how to go on with a push. It brings every version of every file that
// its commits have: one more commit takes nothing out of it.
func reworkLines(failing []rules.Finding) []string {
	var lines []string
	for _, f := range failing {
		if f.Past == nil {
			continue
		}
		if line := "to go on:    " + rules.Rework(f.Past); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if slices.ContainsFunc(failing, inCommit) {
		lines = append(lines, "             one more commit does not take it out")
	}
	return lines
}

// inCommit reports whether a commit brings a key in.
func inCommit(f rules.Finding) bool {
	return f.Past != nil && f.Past.Of != "ref" && (f.Past.Introduced != nil || f.Past.Kind == "commit")
}

func pushAdvice(failing []rules.Finding) []string {
	lines := append(reworkLines(failing), "             revoke the key if anybody else may have had it")
	accept := "to accept:   commit " + suppression(failing) + ","
	if !slices.ContainsFunc(failing, inCommit) { // what it is judged by need not be below it
		return append(lines, accept+" and push that first; or git push --no-verify")
	}
	return append(lines, accept,
		"             below the commit with the key (git rebase -i), and push what comes up to that by itself first; or git push --no-verify")
}

func receiveAdvice(failing []rules.Finding) []string {
	lines := append([]string{"nothing of this push was taken"}, reworkLines(failing)...)
	return append(lines,
		"             revoke the key, in the admin panel or with the rotation endpoint: it has left your machine",
		"to accept:   have "+suppression(failing)+" on this repository's default branch")
}

// suppression is what accepts keys in a configuration, and where it stands there.
func suppression(failing []rules.Finding) string {
	which := failing[0].Fingerprint
	if slices.ContainsFunc(failing, func(f rules.Finding) bool { return f.Fingerprint != which }) {
		which = "FINGERPRINT"
	}
	return "- {fingerprint: " + which + ", reason: WHY} under suppress: in .insplint.yaml"
}
