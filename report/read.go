package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/lazy"
	"github.com/inspecto/insplint/rules"
)

// Read reads a report that the json format wrote, this version's or a newer
// one's with fields that are not known yet. What the format does not hold is
// gone: the fix of a finding, for one. Nothing that it says is trusted to be free
// of keys or fit for a terminal; every Format sees to that.
func Read(text []byte) (*Report, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var doc jsonReport
	if err := decoder.Decode(&doc); err != nil {
		return nil, jsonError(text, decoder, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: something follows the report", lineAt(text, decoder.InputOffset()))
	}
	switch {
	case doc.Tool.Name != toolName:
		return nil, fmt.Errorf("it is no report of %s; \"%s scan --format json\" writes one", toolName, toolName)
	case doc.Version != jsonVersion:
		return nil, fmt.Errorf("the report has version %d, this %s reads version %d", doc.Version, toolName, jsonVersion)
	case doc.Keys == nil || doc.Findings == nil || doc.Errors == nil:
		return nil, errors.New("the report lacks one of keys, findings and errors")
	}
	return doc.report()
}

// jsonError says on which line the text is no JSON, or none of the right kind.
func jsonError(text []byte, d *json.Decoder, err error) error {
	offset := d.InputOffset()
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: field %q holds a %s", lineAt(text, kind.Offset), kind.Field, kind.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the text ends before the report does")
	}
	return fmt.Errorf("line %d: not JSON: %w", lineAt(text, offset), err)
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
}

func (d *jsonReport) report() (*Report, error) {
	s := d.Scanned
	if min(s.Files, s.Blobs, s.Commits, s.Placeholders) < 0 || s.Bytes < 0 || s.Seconds < 0 {
		return nil, errors.New("scanned: a number is negative")
	}
	r := &Report{Version: d.Tool.Version, Scanned: rules.Scanned{
		Complete: s.Complete, Files: s.Files, Blobs: s.Blobs, Commits: s.Commits,
		Bytes: s.Bytes, Placeholders: s.Placeholders, Seconds: s.Seconds,
	}}
	for i := range d.Keys {
		k, err := d.Keys[i].key()
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		r.Keys = append(r.Keys, k)
	}
	for i := range d.Findings {
		f, err := d.Findings[i].finding()
		if err != nil {
			return nil, fmt.Errorf("finding %d: %w", i+1, err)
		}
		r.Findings = append(r.Findings, f)
	}
	for _, p := range d.Errors {
		r.Problems = append(r.Problems, rules.Problem{Path: orEmpty(p.Path), Object: orEmpty(p.Object), Message: p.Message})
	}
	return r, nil
}

var (
	eightHex   = lazy.Regexp(`^[0-9a-f]{8}$`)
	sixteenHex = lazy.Regexp(`^[0-9a-f]{16}$`)
	objectHex  = lazy.Regexp(`^([0-9a-f]{40}|[0-9a-f]{64})?$`)
)

// The values that fields with a choice may have.
var (
	statuses         = []rules.Status{rules.Active, rules.Inactive, rules.Unknown}
	standings        = []rules.Standing{rules.Tracked, rules.Untracked, rules.Ignored, rules.Outside, rules.History, rules.Stdin}
	suppressionKinds = []string{"inline", "config", "baseline"}
	objectKinds      = []string{"blob", "commit", "tag", "tree"}
)

func (k *jsonKey) key() (out rules.KeySummary, err error) {
	environment, ok := rules.ParseEnvironment(k.Environment)
	if !ok || !eightHex.Get().MatchString(k.Fingerprint) {
		return out, fmt.Errorf("%.20q is no fingerprint, or %.20q no environment", k.Fingerprint, k.Environment)
	}
	out = rules.KeySummary{Fingerprint: k.Fingerprint, Environment: environment}
	if out.FirstSeen, err = parseDate(k.FirstSeen); err != nil {
		return out, err
	}
	if v := k.Verification; v != nil {
		if !slices.Contains(statuses, v.Status) {
			return out, fmt.Errorf("status %.20q: want active, inactive or unknown", v.Status)
		}
		out.Verification = &rules.Verification{Status: v.Status, Scopes: v.Scopes, HTTPStatus: v.HTTPStatus, Detail: v.Detail}
	}
	return out, nil
}

func (j *jsonFinding) finding() (f rules.Finding, err error) {
	rule, known := rules.Lookup(j.Rule)
	level, isLevel := rules.ParseLevel(j.Level)
	confidence, isConfidence := rules.ParseConfidence(j.Confidence)
	fingerprint, system := orEmpty(j.Key), orEmpty(j.Environment)
	environment, isEnvironment := rules.ParseEnvironment(system)
	keyless := j.Key == nil && j.Environment == nil
	switch {
	case !sixteenHex.Get().MatchString(j.ID):
		return f, fmt.Errorf("id %.40q: want 16 hex digits", j.ID)
	case !known || rule.ID != j.Rule:
		return f, fmt.Errorf("rule %.40q: this %s does not know it", j.Rule, toolName)
	case !isLevel:
		return f, fmt.Errorf("level %.40q: want error, warning or note", j.Level)
	case !isConfidence:
		return f, fmt.Errorf("confidence %.40q: want low, medium or high", j.Confidence)
	case !isEnvironment && !keyless:
		return f, fmt.Errorf("environment %.40q: want production or sandbox", system)
	case !eightHex.Get().MatchString(fingerprint) && !keyless:
		return f, fmt.Errorf("key %.20q: want the 8 hex digits of a fingerprint", fingerprint)
	case !slices.Contains(standings, j.Standing):
		return f, fmt.Errorf("standing %.40q is not known", j.Standing)
	case min(j.Line, j.Column, j.EndLine, j.EndColumn) < 0:
		return f, errors.New("a line or column is negative")
	}
	f = rules.Finding{
		ID: j.ID, Rule: rule, Level: level, Confidence: confidence, Fingerprint: fingerprint, Environment: environment,
		Path: orEmpty(j.Path), Member: orEmpty(j.Member), Span: rules.Span{Line: j.Line, Column: j.Column, EndLine: j.EndLine, EndColumn: j.EndColumn},
		Encoding: j.Encoding, Standing: j.Standing, Snippet: readSnippet(j.Snippet, fingerprint), Message: j.Message,
	}
	if s := j.Suppressed; s != nil {
		if !slices.Contains(suppressionKinds, s.Kind) {
			return f, fmt.Errorf("suppressed by %.40q: want inline, config or baseline", s.Kind)
		}
		f.Suppressed = rules.NewSuppression(s.Kind, s.Reason)
	}
	f.Past, err = j.History.past()
	return f, err
}

// readSnippet finds the masked key again, which JSON does not point at.
func readSnippet(text, fingerprint string) rules.Snippet {
	s := rules.Snippet{Text: text}
	for _, prefix := range []string{"insp_test_", "insp_"} {
		masked := prefix + "…[" + fingerprint + "]"
		if at := strings.Index(text, masked); at >= 0 {
			s.Column, s.Width = utf8.RuneCountInString(text[:at])+1, utf8.RuneCountInString(masked)
			return s
		}
	}
	return s
}

func (h *jsonHistory) past() (*rules.Past, error) {
	if h == nil {
		return nil, nil
	}
	if !objectHex.Get().MatchString(h.Object) || !slices.Contains(objectKinds, h.Kind) {
		return nil, fmt.Errorf("history: %.20q %.70q names no object", h.Kind, h.Object)
	}
	if min(h.RefCount, h.BranchCount) < 0 {
		return nil, errors.New("history: a number is negative")
	}
	p := &rules.Past{
		Object: h.Object, Kind: h.Kind, Reachable: h.Reachable,
		Refs: h.Refs, RefCount: h.RefCount, Branches: h.Branches, BranchCount: h.BranchCount,
	}
	for _, f := range h.Formerly {
		if f.Path == "" || !sixteenHex.Get().MatchString(f.ID) {
			return nil, fmt.Errorf("history: %.70q with the id %.40q is no former place", f.Path, f.ID)
		}
		p.Formerly = append(p.Formerly, rules.Former{Path: f.Path, ID: f.ID})
	}
	var err error
	if p.Introduced, err = h.Introduced.commit(); err == nil {
		p.Removed, err = h.Removed.commit()
	}
	return p, err
}

func (c *jsonCommit) commit() (*rules.Commit, error) {
	if c == nil {
		return nil, nil
	}
	if !objectHex.Get().MatchString(c.Commit) {
		return nil, fmt.Errorf("history: %.70q is no commit's id", c.Commit)
	}
	date, err := parseDate(c.Date)
	return &rules.Commit{ID: c.Commit, Author: c.Author, Email: c.Email, Subject: c.Subject, Date: date}, err
}

func parseDate(text *string) (time.Time, error) {
	if text == nil {
		return time.Time{}, nil
	}
	date, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %.40q: want RFC 3339", *text)
	}
	return date, nil
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
