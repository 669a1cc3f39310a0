package report

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// sarifDoc is as much of a SARIF log as the tests look at.
type sarifDoc struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				SemanticVersion *string
				Rules           []struct {
					ID                                      string
					ShortDescription, FullDescription, Help struct{ Text string }
					Properties                              struct{ Tags []string }
				}
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct{ Message struct{ Text string } }
		}
		Results []struct {
			RuleID              string
			RuleIndex           int
			Level               string
			Message             struct{ Text string }
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
				}
			}
		}
	}
}

func renderAndReadSARIF(t *testing.T, r *Report, o Options) sarifDoc {
	t.Helper()
	var doc sarifDoc
	if err := json.Unmarshal(render(t, "sarif", r, o), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSARIFSchema holds the format against the standard's schema, with the rules
// of the tests and with the real catalogue.
func TestSARIFSchema(t *testing.T) {
	s := compile(t, readFile(t, "testdata/sarif-2.1.0.json"), "")
	for name, build := range reports() {
		for _, listed := range [][]*rules.Rule{testOptions().Rules, nil} {
			if err := validate(s, render(t, "sarif", build(testOptions()), Options{Rules: listed})); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, text := range hostileTexts() {
		o := testOptions()
		if err := validate(s, render(t, "sarif", spread(text, o), o)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestSARIFSchemaBites makes sure that the schema is one that can fail.
func TestSARIFSchemaBites(t *testing.T) {
	s := compile(t, readFile(t, "testdata/sarif-2.1.0.json"), "")
	o := testOptions()
	good := string(render(t, "sarif", canonical(o), o))
	for _, tt := range []struct{ from, to string }{
		{`"startLine": 3`, `"startLine": 0`},
		{`"level": "error"`, `"level": "critical"`},
		{`"results": [`, `"suppressions": null, "results": [`},
	} {
		bad := strings.Replace(good, tt.from, tt.to, 1)
		if bad == good || validate(s, []byte(bad)) == nil {
			t.Errorf("the schema takes %s", tt.to)
		}
	}
}

// TestSARIFCatalogue checks what GitHub demands of each real rule.
func TestSARIFCatalogue(t *testing.T) {
	run := renderAndReadSARIF(t, &Report{}, Options{}).Runs[0]
	if len(run.Tool.Driver.Rules) != len(rules.All()) {
		t.Fatalf("%d rules, want %d", len(run.Tool.Driver.Rules), len(rules.All()))
	}
	for _, rule := range run.Tool.Driver.Rules {
		for name, text := range map[string]string{"shortDescription": rule.ShortDescription.Text, "fullDescription": rule.FullDescription.Text} {
			if n := len([]rune(text)); n == 0 || n > maxSARIFSentence {
				t.Errorf("%s: %s has %d characters", rule.ID, name, n)
			}
		}
		if rule.Help.Text == "" || len(rule.Properties.Tags) == 0 || len(rule.Properties.Tags) > 10 {
			t.Errorf("%s: no help, or not 1 to 10 tags: %v", rule.ID, rule.Properties.Tags)
		}
	}
	if run.Results == nil {
		t.Error("results is missing: GitHub rejects that")
	}
}

func TestSARIFResults(t *testing.T) {
	o := testOptions()
	run := renderAndReadSARIF(t, canonical(o), o).Runs[0]
	wantURIs := []string{
		"config/prod.env", "config/prod.env", "dist/app%201.zip",
		"evil%0A%3A%3Aerror%20file=x%3A%3Aowned%0D%23%23%5Berror%5D%1B%5B31m%E2%80%AE%7C%3Cb%3E%60%E2%80%A8%5Bx%5D%28y%29%FF.env",
		"stdin", ".git/commit/" + strings.Repeat("1a2b", 10), "old/app.yml",
	}
	if len(run.Results) != len(wantURIs) {
		t.Fatalf("%d results, want %d: all but the suppressed one", len(run.Results), len(wantURIs))
	}
	for i, result := range run.Results {
		if got := run.Tool.Driver.Rules[result.RuleIndex].ID; got != result.RuleID {
			t.Errorf("result %d: ruleIndex is of %s, ruleId is %s", i, got, result.RuleID)
		}
		place := result.Locations[0].PhysicalLocation
		if place.ArtifactLocation.URI != wantURIs[i] {
			t.Errorf("result %d: uri %q, want %q", i, place.ArtifactLocation.URI, wantURIs[i])
		}
		if u, err := url.Parse(place.ArtifactLocation.URI); err != nil || u.IsAbs() || strings.HasPrefix(u.Path, "/") {
			t.Errorf("result %d: uri %q is not relative: %v", i, place.ArtifactLocation.URI, err)
		}
		if region := place.Region; region.StartLine < 1 || region.StartColumn < 1 || region.EndLine < 1 || region.EndColumn < 1 {
			t.Errorf("result %d: region %+v", i, region)
		}
		if result.PartialFingerprints["insplint/v1"] == "" {
			t.Errorf("result %d: no fingerprint", i)
		}
	}
}

func TestSARIFIncomplete(t *testing.T) {
	for _, tt := range []struct {
		report        Report
		success       bool
		notifications int
	}{
		{Report{Scanned: rules.Scanned{Complete: true}}, true, 0},
		{Report{}, false, 1},
		{Report{Scanned: rules.Scanned{Complete: true}, Problems: make([]rules.Problem, 2)}, false, 2},
		{Report{Problems: make([]rules.Problem, maxSARIFNotifications+5)}, false, maxSARIFNotifications + 1},
	} {
		got := renderAndReadSARIF(t, &tt.report, testOptions()).Runs[0].Invocations[0]
		if got.ExecutionSuccessful != tt.success || len(got.ToolExecutionNotifications) != tt.notifications {
			t.Errorf("%d problems: success %v, %d notifications", len(tt.report.Problems), got.ExecutionSuccessful, len(got.ToolExecutionNotifications))
		}
	}
}

func TestSARIFLimit(t *testing.T) {
	o := testOptions()
	r := many(maxSARIFResults+3, o)
	r.Findings[maxSARIFResults+2].Level = rules.Error
	run := newSARIFRun(r, o)
	if len(run.Results) != maxSARIFResults {
		t.Fatalf("%d results", len(run.Results))
	}
	if *run.Results[0].Level != "error" {
		t.Error("the one error was left out")
	}
	notes := run.Invocations[0].ToolExecutionNotifications
	if len(notes) != 1 || !strings.HasPrefix(*notes[0].Message.Text, "3 results left out") {
		t.Errorf("notifications: %+v", notes)
	}
}

// many is a report of n findings of one key, one a file.
func many(n int, o Options) *Report {
	r := &Report{Scanned: rules.Scanned{Complete: true}}
	for range n {
		r.Findings = append(r.Findings, rules.Finding{ID: "00000000000000ff", Rule: o.Rules[1], Level: rules.Warning, Confidence: key.High, Fingerprint: "3f2a91bc",
			Environment: key.Production, Path: "some/directory/with/a/name/file.txt", Span: rules.Span{Line: 1, Column: 1, EndLine: 1, EndColumn: 70}, Standing: rules.Tracked,
			Snippet: rules.Snippet{Text: "insp_…[3f2a91bc]", Column: 1, Width: 16}, Message: "git tracks the file"})
	}
	return r
}

func TestSemanticVersion(t *testing.T) {
	for version, want := range map[string]string{"1.2.3": "1.2.3", "v1.2.3-rc.1": "1.2.3-rc.1", "": "", "(devel)": "", "1.2": ""} {
		got := ""
		if v := renderAndReadSARIF(t, &Report{Version: version}, testOptions()).Runs[0].Tool.Driver.SemanticVersion; v != nil {
			got = *v
		}
		if got != want {
			t.Errorf("version %q: semanticVersion %q, want %q", version, got, want)
		}
	}
}
