package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/inspecto/insplint/rules"
)

// jsonVersion is the version of the JSON format: it changes when a field goes
// or changes its meaning, not when one is added.
const jsonVersion = 1

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the json format; its
// $defs/line describes the lines of jsonl.
func Schema() []byte { return bytes.Clone(schema) }

// The types below are the JSON document, field by field in the order in which
// it is written. Text that is not UTF-8, as a path may be, is written with
// U+FFFD for each broken byte: two such paths may look alike, their ids differ.
type jsonReport struct {
	Version  int           `json:"version"`
	Tool     jsonTool      `json:"tool"`
	Scanned  jsonScanned   `json:"scanned"`
	Keys     []jsonKey     `json:"keys"`
	Findings []jsonFinding `json:"findings"`
	Errors   []jsonProblem `json:"errors"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonScanned struct {
	Complete     bool    `json:"complete"`
	Files        int     `json:"files"`
	Blobs        int     `json:"blobs"`
	Commits      int     `json:"commits"`
	Bytes        int64   `json:"bytes"`
	Placeholders int     `json:"placeholders"`
	Seconds      float64 `json:"seconds"`
}

type jsonKey struct {
	Fingerprint  string            `json:"fingerprint"`
	Environment  string            `json:"environment"`
	FirstSeen    *string           `json:"first_seen"`
	Verification *jsonVerification `json:"verification"`
}

type jsonVerification struct {
	Status     rules.Status `json:"status"`
	Scopes     []string     `json:"scopes"`
	HTTPStatus int          `json:"http_status"`
	Detail     string       `json:"detail"`
}

type jsonFinding struct {
	ID          string           `json:"id"`
	Rule        string           `json:"rule"`
	Name        string           `json:"name"`
	Level       string           `json:"level"`
	Confidence  string           `json:"confidence"`
	Key         *string          `json:"key"`
	Environment *string          `json:"environment"`
	Path        *string          `json:"path"`
	Member      *string          `json:"member"`
	Line        int              `json:"line"`
	Column      int              `json:"column"`
	EndLine     int              `json:"end_line"`
	EndColumn   int              `json:"end_column"`
	Encoding    []string         `json:"encoding"`
	Standing    rules.Standing   `json:"standing"`
	Snippet     string           `json:"snippet"`
	Message     string           `json:"message"`
	Origin      *jsonOrigin      `json:"origin,omitempty"`
	History     *jsonHistory     `json:"history"`
	Suppressed  *jsonSuppression `json:"suppressed"`
}

type jsonOrigin struct {
	Path string `json:"path"`
	Line int    `json:"line"`
}

type jsonHistory struct {
	Object      string      `json:"object"`
	Kind        string      `json:"kind"`
	Reachable   bool        `json:"reachable"`
	Refs        []string    `json:"refs"`
	RefCount    int         `json:"ref_count"`
	Introduced  *jsonCommit `json:"introduced"`
	Removed     *jsonCommit `json:"removed"`
	Branches    []string    `json:"branches,omitempty"`
	BranchCount int         `json:"branch_count,omitempty"`
	Formerly    []jsonPlace `json:"formerly,omitempty"`
}

type jsonPlace struct {
	Path string `json:"path"`
	ID   string `json:"id"`
}

type jsonCommit struct {
	Commit  string  `json:"commit"`
	Author  string  `json:"author"`
	Email   string  `json:"email"`
	Date    *string `json:"date"`
	Subject string  `json:"subject"`
}

type jsonSuppression struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

type jsonProblem struct {
	Path    *string `json:"path"`
	Object  *string `json:"object"`
	Message string  `json:"message"`
}

func renderJSON(b *bytes.Buffer, r *Report, _ Options) error {
	return appendJSON(b, newJSONReport(r), "  ")
}

// renderJSONLines writes the same objects one a line, each with its type
// ("finding", "key", "error") in front; the last line is of type "summary" and
// holds the rest. A reader that has not seen it has not seen all.
func renderJSONLines(b *bytes.Buffer, r *Report, _ Options) error {
	type line struct {
		Type string `json:"type"`
	}
	doc := newJSONReport(r)
	for _, f := range doc.Findings {
		if err := appendJSON(b, struct {
			line
			jsonFinding
		}{line{"finding"}, f}, ""); err != nil {
			return err
		}
	}
	for _, k := range doc.Keys {
		if err := appendJSON(b, struct {
			line
			jsonKey
		}{line{"key"}, k}, ""); err != nil {
			return err
		}
	}
	for _, p := range doc.Errors {
		if err := appendJSON(b, struct {
			line
			jsonProblem
		}{line{"error"}, p}, ""); err != nil {
			return err
		}
	}
	return appendJSON(b, struct {
		line
		Version int         `json:"version"`
		Tool    jsonTool    `json:"tool"`
		Scanned jsonScanned `json:"scanned"`
	}{line{"summary"}, doc.Version, doc.Tool, doc.Scanned}, "")
}

func newJSONReport(r *Report) jsonReport {
	return jsonReport{
		Version: jsonVersion,
		Tool:    jsonTool{toolName, versionOf(r)},
		Scanned: jsonScanned{
			Complete:     r.Complete(),
			Files:        r.Scanned.Files,
			Blobs:        r.Scanned.Blobs,
			Commits:      r.Scanned.Commits,
			Bytes:        r.Scanned.Bytes,
			Placeholders: r.Scanned.Placeholders,
			Seconds:      r.Scanned.Seconds,
		},
		Keys:     each(r.Keys, newJSONKey),
		Findings: each(r.Findings, newJSONFinding),
		Errors: each(r.Problems, func(p *rules.Problem) jsonProblem {
			return jsonProblem{orNull(p.Path), orNull(p.Object), p.Message}
		}),
	}
}

func newJSONKey(k *rules.KeySummary) jsonKey {
	out := jsonKey{Fingerprint: k.Fingerprint, Environment: k.Environment.String(), FirstSeen: dateOrNull(k.FirstSeen)}
	if v := k.Verification; v != nil {
		out.Verification = &jsonVerification{v.Status, notNil(v.Scopes), v.HTTPStatus, v.Detail}
	}
	return out
}

func newJSONFinding(f *rules.Finding) jsonFinding {
	out := jsonFinding{
		ID:         f.ID,
		Rule:       f.Rule.ID,
		Name:       f.Rule.Name,
		Level:      f.Level.String(),
		Confidence: f.Confidence.String(),
		Key:        orNull(f.Fingerprint),
		Path:       orNull(f.Path),
		Member:     orNull(f.Member),
		Line:       f.Span.Line,
		Column:     f.Span.Column,
		EndLine:    f.Span.EndLine,
		EndColumn:  f.Span.EndColumn,
		Encoding:   notNil(f.Encoding),
		Standing:   f.Standing,
		Snippet:    f.Snippet.Text,
		Message:    f.Message,
		History:    newJSONHistory(f.Past),
	}
	if f.Fingerprint != "" {
		out.Environment = orNull(f.Environment.String())
	}
	if o := f.Origin; o != nil {
		out.Origin = &jsonOrigin{o.Path, o.Line}
	}
	if s := f.Suppressed; s != nil {
		out.Suppressed = &jsonSuppression{s.Kind, s.Reason}
	}
	return out
}

func newJSONHistory(p *rules.Past) *jsonHistory {
	if p == nil {
		return nil
	}
	return &jsonHistory{
		Object:      p.Object,
		Kind:        p.Kind,
		Reachable:   p.Reachable,
		Refs:        notNil(p.Refs),
		RefCount:    max(p.RefCount, len(p.Refs)),
		Branches:    p.Branches,
		BranchCount: max(p.BranchCount, len(p.Branches)),
		Introduced:  newJSONCommit(p.Introduced),
		Removed:     newJSONCommit(p.Removed),
		Formerly:    each(p.Formerly, func(f *rules.Former) jsonPlace { return jsonPlace{f.Path, f.ID} }),
	}
}

func newJSONCommit(c *rules.Commit) *jsonCommit {
	if c == nil {
		return nil
	}
	return &jsonCommit{Commit: c.ID, Author: c.Author, Email: c.Email, Date: dateOrNull(c.Date), Subject: c.Subject}
}

// each converts a list; an empty one becomes [], never null.
func each[T, U any](list []T, convert func(*T) U) []U {
	out := make([]U, len(list))
	for i := range list {
		out[i] = convert(&list[i])
	}
	return out
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// dateOrNull is a date in RFC 3339, in its own zone where that has one of the
// offsets that RFC 3339 can write, which a commit may lack. A date that it
// cannot write at all, beyond the year 9999, is null like an unknown one.
func dateOrNull(t time.Time) *string {
	if _, offset := t.Zone(); offset%60 != 0 || offset <= -86400 || 86400 <= offset {
		t = t.UTC()
	}
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return orNull(t.Format(time.RFC3339))
}

// appendJSON appends a value as JSON and a newline. Characters that a terminal
// or a CI runner could act upon are written as \u escapes, which mean the same
// to every reader of JSON: json itself escapes only the ASCII ones.
func appendJSON(b *bytes.Buffer, value any, indent string) error {
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	escapeJSON(b, logCommand.Get().ReplaceAll(plain.Bytes(), []byte(`##$1\u005b`)))
	return nil
}

// escapeJSON copies a JSON document and escapes what is not printable. All of
// that stands inside strings, but for the newlines between the lines.
func escapeJSON(b *bytes.Buffer, doc []byte) {
	for len(doc) > 0 {
		r, size := utf8.DecodeRune(doc)
		switch {
		case r == '\n' || !isHidden(r):
			b.Write(doc[:size])
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
		doc = doc[size:]
	}
}
