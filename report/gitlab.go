package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/inspecto/insplint/rules"
)

// GitLab's secret detection report; its schema is
// lib/gitlab/ci/parsers/security/validators/schemas/15.0.4/
// secret-detection-report-format.json in GitLab's source.
const (
	gitlabVersion = "15.0.4"
	gitlabTime    = "2006-01-02T15:04:05" // UTC, without a zone
	// gitlabNoCommit is the commit that GitLab's own analyzer gives for what
	// is in the tree: the schema demands one.
	gitlabNoCommit = "0000000"

	gitlabNameLength     = 255
	gitlabSolutionLength = 7000
)

type gitlabReport struct {
	Version         string                `json:"version"`
	Scan            gitlabScan            `json:"scan"`
	Vulnerabilities []gitlabVulnerability `json:"vulnerabilities"`
}

type gitlabScan struct {
	Analyzer  gitlabTool      `json:"analyzer"`
	Scanner   gitlabTool      `json:"scanner"`
	Type      string          `json:"type"`
	StartTime string          `json:"start_time"`
	EndTime   string          `json:"end_time"`
	Status    string          `json:"status"`
	Messages  []gitlabMessage `json:"messages,omitempty"`
}

type gitlabTool struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Version string       `json:"version"`
	Vendor  gitlabVendor `json:"vendor"`
}

type gitlabVendor struct {
	Name string `json:"name"`
}

type gitlabMessage struct {
	Level string `json:"level"`
	Value string `json:"value"`
}

type gitlabVulnerability struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Description string             `json:"description"`
	Severity    string             `json:"severity"`
	Solution    string             `json:"solution"`
	Identifiers []gitlabIdentifier `json:"identifiers"`
	Location    gitlabLocation     `json:"location"`
}

type gitlabIdentifier struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

type gitlabLocation struct {
	File      string       `json:"file,omitempty"`
	StartLine int          `json:"start_line,omitempty"`
	EndLine   int          `json:"end_line,omitempty"`
	Commit    gitlabCommit `json:"commit"`
}

type gitlabCommit struct {
	SHA     string `json:"sha"`
	Author  string `json:"author,omitempty"`
	Date    string `json:"date,omitempty"`
	Message string `json:"message,omitempty"`
}

func renderGitLab(b *bytes.Buffer, r *Report, o Options) error {
	tool := gitlabTool{ID: toolName, Name: toolName, Version: versionOf(r), Vendor: gitlabVendor{"Inspecto"}}
	out := gitlabReport{
		Version: gitlabVersion,
		Scan: gitlabScan{
			Analyzer:  tool,
			Scanner:   tool,
			Type:      "secret_detection",
			StartTime: o.Now.Add(-time.Duration(r.Scanned.Seconds * float64(time.Second))).UTC().Format(gitlabTime),
			EndTime:   o.Now.UTC().Format(gitlabTime),
			Status:    "success",
		},
		Vulnerabilities: []gitlabVulnerability{},
	}
	// GitLab drops all findings of a scan that failed, so one that missed
	// something says so in a message instead.
	if headline, problems := incomplete(r); headline != "" {
		for _, text := range append([]string{headline}, problems...) {
			out.Scan.Messages = append(out.Scan.Messages, gitlabMessage{"warn", text})
		}
	}
	seen := map[string]int{}
	for _, g := range groupByKey(r, false) {
		for f := range g.findings {
			seen[f.ID]++
			out.Vulnerabilities = append(out.Vulnerabilities, newVulnerability(g, f, seen[f.ID]))
		}
	}
	return appendJSON(b, out, "  ")
}

// newVulnerability describes a finding; nth counts those with its id.
func newVulnerability(g *keyGroup, f *rules.Finding, nth int) gitlabVulnerability {
	description := fmt.Sprintf("%s (%s)", escape(f.Message), whatAndWhere(f))
	identifiers := []gitlabIdentifier{{"insplint_rule", f.Rule.ID + " " + f.Rule.Name, f.Rule.ID}}
	if f.Fingerprint != "" {
		identifiers = append(identifiers, gitlabIdentifier{"insplint_key", "Inspecto key " + f.Fingerprint, f.Fingerprint})
	}
	return gitlabVulnerability{
		ID:          findingUUID(f.ID, nth),
		Name:        clip(f.Rule.Summary, gitlabNameLength),
		Description: markdownProse(description),
		Severity:    gitlabSeverity(f.Level),
		Solution:    gitlabSolution(g, f),
		Identifiers: identifiers,
		Location:    newGitLabLocation(f),
	}
}

// gitlabSolution is Markdown of a limited length. It is cut before it is
// escaped, so that no character reference is cut in half; one takes 6 characters
// at most, the tags around code are few.
func gitlabSolution(g *keyGroup, f *rules.Finding) string {
	return markdownProse(clip(cmp.Or(escape(f.Fix), keyStep(g), f.Rule.Next), gitlabSolutionLength/8))
}

// gitlabSeverity maps a level to one of GitLab's words.
func gitlabSeverity(l rules.Level) string {
	return [...]string{"Unknown", rules.Note: "Info", rules.Warning: "Medium", rules.Error: "Critical"}[l]
}

func newGitLabLocation(f *rules.Finding) gitlabLocation {
	location := gitlabLocation{File: escape(f.Path), StartLine: f.Span.Line, EndLine: f.Span.EndLine, Commit: gitlabCommit{SHA: gitlabNoCommit}}
	if f.Standing != rules.History || f.Past == nil {
		return location
	}
	location.Commit.SHA = cmp.Or(escape(f.Past.Object), gitlabNoCommit)
	if c := f.Past.Introduced; c != nil {
		location.Commit = gitlabCommit{SHA: cmp.Or(escape(c.ID), gitlabNoCommit), Author: escape(c.Author), Message: escape(c.Subject)}
		if date := dateOrNull(c.Date); date != nil {
			location.Commit.Date = *date
		}
	}
	return location
}

// findingUUID makes a stable UUID (version 8, RFC 9562) of a finding's id, and
// of its number among those with that id: GitLab wants ids that are unique in
// a report, while ours leave out the line on purpose.
func findingUUID(id string, nth int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "insplint/v1 %s %d", id, nth))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
