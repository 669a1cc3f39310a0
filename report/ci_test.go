package report

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/inspecto/insplint/rules"
)

func TestGitHubLimit(t *testing.T) {
	for _, tt := range []struct {
		findings, problems int
		commands           int
		last               string
	}{
		{0, 0, 0, ""},
		{10, 0, 10, "::warning"},
		{11, 0, 11, "::notice title=insplint::1 more finding;"},
		{500, 0, 11, "::notice title=insplint::490 more findings;"},
		{0, 1, 1, "::warning title=insplint did not read everything::"},
		{10, 1, 11, "::notice title=insplint::1 more finding;"},
	} {
		o := testOptions()
		r := many(tt.findings, o)
		r.Problems = make([]rules.Problem, tt.problems)
		lines := strings.Split(strings.TrimSuffix(string(render(t, "github", r, o)), "\n"), "\n")
		if got := len(lines) - 1; got != tt.commands {
			t.Errorf("%d findings, %d problems: %d commands", tt.findings, tt.problems, got)
		}
		if tt.commands > 0 && !strings.HasPrefix(lines[tt.commands-1], tt.last) {
			t.Errorf("%d findings, %d problems: the last command is %s", tt.findings, tt.problems, lines[tt.commands-1])
		}
	}
}

func TestGitHubWorstFirst(t *testing.T) {
	o := testOptions()
	r := many(30, o)
	r.Findings[29].Level = rules.Error
	r.Findings[28].Level = rules.Error
	r.Findings[28].Suppressed = &rules.Suppression{Kind: "config"}
	out := string(render(t, "github", r, o))
	if !strings.HasPrefix(out, "::error ") || strings.Count(out, "::error ") != 1 {
		t.Errorf("the one error that counts is not first:\n%s", out)
	}
}

// gitlabSchema is what GitLab's schema 15.0.4 demands of the fields that we
// write, as read there.
const gitlabSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "required": ["scan", "version", "vulnerabilities"],
  "properties": {
    "version": {"pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+$"},
    "scan": {
      "type": "object", "required": ["analyzer", "end_time", "scanner", "start_time", "status", "type"],
      "properties": {
        "analyzer": {"$ref": "#/$defs/tool"}, "scanner": {"$ref": "#/$defs/tool"},
        "start_time": {"$ref": "#/$defs/time"}, "end_time": {"$ref": "#/$defs/time"},
        "status": {"enum": ["success", "failure"]}, "type": {"const": "secret_detection"},
        "messages": {"type": "array", "items": {"required": ["level", "value"], "properties": {"level": {"enum": ["info", "warn", "fatal"]}, "value": {"$ref": "#/$defs/word"}}}}
      }
    },
    "vulnerabilities": {"type": "array", "items": {
      "type": "object", "required": ["id", "identifiers", "location"],
      "properties": {
        "id": {"$ref": "#/$defs/word"},
        "name": {"type": "string", "maxLength": 255},
        "description": {"type": "string", "maxLength": 1048576},
        "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
        "solution": {"type": "string", "maxLength": 7000},
        "identifiers": {"type": "array", "minItems": 1, "items": {"required": ["type", "name", "value"],
          "properties": {"type": {"$ref": "#/$defs/word"}, "name": {"$ref": "#/$defs/word"}, "value": {"$ref": "#/$defs/word"}}}},
        "location": {"type": "object", "required": ["commit"], "properties": {
          "file": {"type": "string"}, "start_line": {"type": "number"}, "end_line": {"type": "number"},
          "commit": {"type": "object", "required": ["sha"], "properties": {"sha": {"$ref": "#/$defs/word"},
            "author": {"type": "string"}, "date": {"type": "string"}, "message": {"type": "string"}}}}}
      }
    }}
  },
  "$defs": {
    "word": {"type": "string", "minLength": 1},
    "time": {"pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$"},
    "tool": {"required": ["id", "name", "version", "vendor"], "properties": {"id": {"$ref": "#/$defs/word"}, "name": {"$ref": "#/$defs/word"},
      "version": {"$ref": "#/$defs/word"}, "vendor": {"required": ["name"], "properties": {"name": {"$ref": "#/$defs/word"}}}}}
  }
}`

func TestGitLabSchema(t *testing.T) {
	s := compile(t, []byte(gitlabSchema), "")
	for name, build := range reports() {
		o := testOptions()
		if err := validate(s, render(t, "gitlab", build(o), o)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := validate(s, render(t, "gitlab", &Report{}, Options{})); err != nil {
			t.Errorf("zero options: %v", err)
		}
	}
	for _, text := range append(hostileTexts(), strings.Repeat("`:`", 10_000)) {
		o := testOptions()
		if err := validate(s, render(t, "gitlab", spread(text, o), o)); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// TestGitLabIDs holds ids to being unique, UUIDs, and the same next time.
func TestGitLabIDs(t *testing.T) {
	o := testOptions()
	read := func() (ids []string) {
		var doc gitlabReport
		if err := json.Unmarshal(render(t, "gitlab", many(20, o), o), &doc); err != nil {
			t.Fatal(err)
		}
		for _, v := range doc.Vulnerabilities {
			ids = append(ids, v.ID)
		}
		return ids
	}
	seen := map[string]bool{}
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, id := range read() {
		if seen[id] || !uuid.MatchString(id) {
			t.Errorf("id %q is there twice, or no UUID", id)
		}
		seen[id] = true
	}
	if again := read(); len(seen) != 20 || !seen[again[19]] {
		t.Errorf("%d ids, or others the second time", len(seen))
	}
}

func TestMarkdownLimit(t *testing.T) {
	for _, n := range []int{1000, 20_000} {
		o := testOptions()
		r := many(n, o)
		second := many(n, o)
		for i := range second.Findings {
			second.Findings[i].Fingerprint = "99999999"
		}
		r.Findings = append(r.Findings, second.Findings...)
		out := string(render(t, "markdown", r, o))
		rows := strings.Count(out, "| INSP002 committed-key |")
		said := 2*n - rows
		if len(out) > 1<<20 {
			t.Errorf("%d findings: %d bytes", 2*n, len(out))
		}
		cut := strings.Contains(out, fmt.Sprintf("cut at 1 MiB: %d findings are left out", said))
		if cut != (said > 0) || (n == 20_000) != cut {
			t.Errorf("%d findings: %d rows, and the end is %q", 2*n, rows, out[len(out)-200:])
		}
		if n == 20_000 && len(out) < 1<<20-4096 {
			t.Errorf("cut at %d bytes already", len(out))
		}
	}
}

// TestMarkdownEscape checks that what is between the markup of ours cannot be
// markup: each row keeps its five cells, and no tag but code is there.
func TestMarkdownEscape(t *testing.T) {
	tag := regexp.MustCompile(`<[^>]*>`)
	for _, text := range hostileTexts() {
		o := testOptions()
		for line := range strings.Lines(string(render(t, "markdown", spread(text, o), o))) {
			if strings.HasPrefix(line, "| ") && strings.Count(line, "|") != 6 {
				t.Errorf("%q: %d cells in %q", text, strings.Count(line, "|")-1, line)
			}
			for _, found := range tag.FindAllString(line, -1) {
				if found != "<code>" && found != "</code>" {
					t.Errorf("%q: tag %s", text, found)
				}
			}
		}
	}
}

func TestMarkdownProse(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"run `git rm x|y`, then stop", "run <code>git rm x&#124;y</code>, then stop"},
		{"one ` alone", "one &#96; alone"},
		{"`a` and ` b", "<code>a</code> and &#96; b"},
		{"<img> [x](y) @me :+1:", "&#60;img&#62; &#91;x&#93;(y) &#64;me &#58;+1&#58;"},
	} {
		if got := markdownProse(tt.in); got != tt.want {
			t.Errorf("markdownProse(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
