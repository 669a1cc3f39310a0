package report

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/inspecto/insplint/internal/lazy"
	"github.com/inspecto/insplint/rules"
)

// GitHub's limits (docs.github.com, "SARIF support for code scanning"): it
// rejects a file beyond the first, and cuts or rejects descriptions beyond the
// second.
const (
	maxSARIFResults  = 25_000
	maxSARIFSentence = 1024
)

// maxSARIFNotifications bounds the list of what could not be read.
const maxSARIFNotifications = 1000

const (
	informationURI = "https://github.com/inspecto/insplint"
	// sarifSchema is the OASIS standard's own address of its schema; the one
	// that go-sarif gives is the committee's working copy.
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

// renderSARIF writes one run. Suppressed findings are left out: GitHub ignores
// SARIF's suppressions and would show them as open, and go-sarif v2 cannot
// write them validly. It sets no automationDetails, which would override the
// category that the upload gives.
func renderSARIF(b *bytes.Buffer, r *Report, o Options) error {
	log, err := sarif.New(sarif.Version210)
	if err != nil {
		return fmt.Errorf("start a SARIF log: %w", err)
	}
	log.Schema = sarifSchema
	log.AddRun(newSARIFRun(r, o))
	return appendJSON(b, log, "  ")
}

func newSARIFRun(r *Report, o Options) *sarif.Run {
	findings := r.counting()
	left := len(findings) - maxSARIFResults
	if left > 0 {
		findings = worstFirst(r)[:maxSARIFResults]
	}
	listed := o.Rules
	if listed == nil {
		listed = rules.All()
	}
	listed = withRulesOf(listed, findings)
	index := map[string]int{}
	driver := newSARIFDriver(r)
	for i, rule := range listed {
		index[rule.ID] = i
		driver.Rules = append(driver.Rules, newSARIFRule(rule))
	}
	run := sarif.NewRun(*sarif.NewTool(driver)).WithColumnKind("unicodeCodePoints")
	for _, f := range findings {
		run.Results = append(run.Results, newSARIFResult(f, index[f.Rule.ID]))
	}
	run.Invocations = []*sarif.Invocation{newSARIFInvocation(r, max(0, left))}
	return run
}

// withRulesOf appends the rules that findings name but the list lacks: a
// result without its rule has no severity on GitHub.
func withRulesOf(listed []*rules.Rule, findings []*rules.Finding) []*rules.Rule {
	listed = slices.Clone(listed)
	known := map[string]bool{}
	for _, rule := range listed {
		known[rule.ID] = true
	}
	for _, f := range findings {
		if !known[f.Rule.ID] {
			known[f.Rule.ID] = true
			listed = append(listed, f.Rule)
		}
	}
	return listed
}

// semanticVersion matches a version of semver.org's form, which SARIF wants in
// semanticVersion; a development build has none.
var semanticVersion = lazy.Regexp(`^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`)

func newSARIFDriver(r *Report) *sarif.ToolComponent {
	driver := sarif.NewVersionedDriver(toolName, versionOf(r)).WithInformationURI(informationURI)
	if v := strings.TrimPrefix(r.Version, "v"); semanticVersion.Get().MatchString(v) {
		driver = driver.WithSemanticVersion(v)
	}
	return driver
}

// newSARIFRule sets both descriptions and both forms of the help: go-sarif
// writes null for a missing one, which the schema forbids.
func newSARIFRule(rule *rules.Rule) *sarif.ReportingDescriptor {
	summary := clip(sentence(rule.Summary), maxSARIFSentence)
	full := clip(sentence(cmp.Or(firstParagraph(rule.Help), rule.Summary)), maxSARIFSentence)
	help := cmp.Or(strings.TrimSpace(rule.Help), summary)
	return sarif.NewRule(rule.ID).
		WithName(rule.Name).
		WithShortDescription(sarif.NewMultiformatMessageString(summary)).
		WithFullDescription(sarif.NewMultiformatMessageString(full)).
		WithHelp(sarif.NewMultiformatMessageString(help).WithMarkdown(help)).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(rule.Production.String())).
		WithProperties(sarif.Properties{
			"security-severity": securitySeverity(rule.Production),
			"precision":         "very-high",
			"tags":              []string{"security", "secret", "external/cwe/cwe-798"},
		})
}

// securitySeverity is the CVSS-like score by which GitHub ranks a rule: over 7
// is high, over 4 medium. A rule has only one, so an error is not critical
// (over 9): sandbox keys break the same rules.
func securitySeverity(l rules.Level) string {
	return [...]string{"0.0", rules.Note: "3.0", rules.Warning: "5.5", rules.Error: "8.9"}[l]
}

// sentence ends a text with a full stop, which viewers expect of a message.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// listItem matches a line that begins an item of a Markdown list.
var listItem = lazy.Regexp(`^(?:\d+[.)]|[-*+])\s`)

// firstParagraph is the first lines of a help text that are neither heading nor
// list.
func firstParagraph(markdown string) string {
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(markdown, "\r\n", "\n"), "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		if paragraph != "" && !strings.HasPrefix(paragraph, "#") && !listItem.Get().MatchString(strings.SplitN(paragraph, "\n", 2)[0]) {
			return strings.Join(strings.Fields(paragraph), " ")
		}
	}
	return ""
}

// newSARIFResult describes one finding. Only its first location counts for
// GitHub. GitHub tracks alerts by primaryLocationLineHash alone, which its upload
// action computes from the checkout; for history there is no such file, so
// that the id has to serve.
func newSARIFResult(f *rules.Finding, rule int) *sarif.Result {
	prints := map[string]any{"insplint/v1": f.ID}
	if f.Standing == rules.History {
		prints["primaryLocationLineHash"] = f.ID + ":1"
	}
	result := sarif.NewRuleResult(f.Rule.ID).
		WithRuleIndex(rule).
		WithLevel(f.Level.String()).
		WithMessage(sarif.NewTextMessage(sarifMessage(f))).
		WithRank(sarifRank(f)).
		WithPartialFingerPrints(prints)
	result.AddLocation(sarif.NewLocationWithPhysicalLocation(newSARIFPlace(f)))
	return result
}

// sarifRank is how sure the finding is, from 0 to 100.
func sarifRank(f *rules.Finding) float32 {
	return map[string]float32{"high": 95, "medium": 60, "low": 20}[f.Confidence.String()]
}

// sarifMessage puts what is wrong into the first sentence, which is all that
// GitHub shows where space is short, and then what the location cannot say.
func sarifMessage(f *rules.Finding) string {
	parts := []string{sentence(f.Message)}
	if f.Fingerprint != "" {
		parts = append(parts, fmt.Sprintf("It is the %s key %s.", f.Environment, f.Fingerprint))
	}
	if f.Member != "" || f.Path == "" || f.Standing == rules.History {
		parts = append(parts, "Place: "+where(f)+".")
	}
	if p := f.Past; p != nil && p.Introduced != nil {
		parts = append(parts, "Added by commit "+describeCommit(p.Introduced)+".")
	}
	if p := f.Past; p != nil && p.Removed != nil {
		parts = append(parts, "Removed by commit "+describeCommit(p.Removed)+".")
	}
	if f.Fix != "" {
		parts = append(parts, sentence("Fix: "+f.Fix))
	}
	// "[text](target)" in a message is a link, wherever the text came from.
	return strings.ReplaceAll(escape(strings.Join(parts, " ")), "](", "] (")
}

// newSARIFPlace is where a viewer goes. Inside an archive, or where a place has
// no lines, that is the start of the file.
func newSARIFPlace(f *rules.Finding) *sarif.PhysicalLocation {
	place := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(sarifURI(f)))
	if f.Member != "" || f.Span.Line == 0 {
		return place.WithRegion(newRegion(rules.Span{Line: 1, Column: 1, EndLine: 1, EndColumn: 1}))
	}
	place.WithRegion(newRegion(f.Span))
	if f.Snippet.Text != "" {
		place.WithContextRegion(sarif.NewSimpleRegion(f.Span.Line, f.Span.EndLine).
			WithSnippet(sarif.NewArtifactContent().WithText(escape(f.Snippet.Text))))
	}
	return place
}

func newRegion(s rules.Span) *sarif.Region {
	return sarif.NewSimpleRegion(s.Line, s.EndLine).WithStartColumn(s.Column).WithEndColumn(s.EndColumn)
}

// sarifURI is the path as a relative URI, each byte that is not plain
// percent-encoded, so that even a path that is not UTF-8 is exact. What has no
// path gets one that no checkout has: ".git/commit/<id>", "stdin".
func sarifURI(f *rules.Finding) string {
	switch {
	case f.Path != "":
		return encodePath(f.Path)
	case f.Past != nil && f.Past.Object != "":
		return encodePath(".git/" + cmp.Or(f.Past.Kind, "object") + "/" + f.Past.Object)
	}
	return "stdin"
}

// encodePath encodes each segment by itself. In the first one a colon would
// make a scheme of what stands before it.
func encodePath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
	}
	return strings.Join(segments, "/")
}

func newSARIFInvocation(r *Report, left int) *sarif.Invocation {
	invocation := sarif.NewInvocation().WithExecutionSuccess(r.Complete())
	notify := func(level, text string) {
		invocation.AddTToolExecutionNotification(sarif.NewNotification().WithLevel(level).WithTextMessage(sentence(text)))
	}
	if left > 0 {
		notify("warning", fmt.Sprintf("%s left out, the least severe: a file may hold %d", plural(left, "result"), maxSARIFResults))
	}
	if !r.Scanned.Complete && len(r.Problems) == 0 {
		notify("error", "the scan did not read all that it should have")
	}
	for _, p := range r.Problems[:min(maxSARIFNotifications, len(r.Problems))] {
		notify("error", "could not read "+describeProblem(p))
	}
	if n := len(r.Problems) - maxSARIFNotifications; n > 0 {
		notify("error", plural(n, "more thing")+" could not be read")
	}
	return invocation
}
