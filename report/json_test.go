package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// compile compiles a schema, or the part of it that a pointer names.
func compile(t *testing.T, text []byte, pointer string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:///schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:///schema.json" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(s *jsonschema.Schema, text []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestJSONSchema(t *testing.T) {
	document, line := compile(t, Schema(), ""), compile(t, Schema(), "#/$defs/line")
	for name, build := range reports() {
		o := testOptions()
		if err := validate(document, render(t, "json", build(o), o)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		lines := bytes.Split(bytes.TrimSuffix(render(t, "jsonl", build(o), o), []byte("\n")), []byte("\n"))
		for _, text := range lines {
			if err := validate(line, text); err != nil {
				t.Errorf("%s: line %s: %v", name, text, err)
			}
		}
		if last := lines[len(lines)-1]; !bytes.HasPrefix(last, []byte(`{"type":"summary",`)) {
			t.Errorf("%s: the last line is %s", name, last)
		}
	}
	for _, text := range hostileTexts() {
		o := testOptions()
		if err := validate(document, render(t, "json", spread(text, o), o)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestJSONSchemaIsStrict breaks a good document in one place at a time.
func TestJSONSchemaIsStrict(t *testing.T) {
	s := compile(t, Schema(), "")
	o := testOptions()
	good := render(t, "json", canonical(o), o)
	for _, tt := range []struct{ from, to string }{
		{`"version": 1`, `"version": 2`},
		{`"complete": false`, `"complete": false, "extra": 1`},
		{`"fingerprint": "3f2a91bc"`, `"fingerprint": "3F2A91BC"`},
		{`"environment": "sandbox"`, `"environment": "staging"`},
		{`"verification": null`, `"verification": null, "extra": 1`},
		{`"scopes": []`, `"scopes": null`},
		{`"refs": []`, `"refs": null`},
		{`"encoding": []`, `"encoding": null`},
		{`"level": "note"`, `"level": "info"`},
		{`"line": 3`, `"line": null`},
		{`"message": "git tracks test/fixture.txt"`, `"message": "", "secret": "x"`},
		{`"standing": "stdin"`, `"standing": ""`},
		{`"path": null`, `"path": ""`},
		{`"kind": "inline"`, `"kind": "other"`},
		{`"date": "2026-04-02T00:00:00Z"`, `"date": "2 April"`},
		{`"message": "permission denied"`, `"message": "permission denied", "type": "error"`},
	} {
		bad := strings.Replace(string(good), tt.from, tt.to, 1)
		if bad == string(good) {
			t.Errorf("%s is not in the report", tt.from)
		} else if validate(s, []byte(bad)) == nil {
			t.Errorf("the schema takes %s", tt.to)
		}
	}
}

// TestJSONText decodes what was escaped: it must be the same text.
func TestJSONText(t *testing.T) {
	for _, text := range []string{"plain", "a\tb\\n", "##[error]x", "\u009b31m\u202e\u2066", "\U000e0041𝄞日本", "<a href='x'>&", "x\x7fy"} {
		var b bytes.Buffer
		if err := appendJSON(&b, text, ""); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || got != text {
			t.Errorf("%q is written %s and read back %q, %v", text, b.Bytes(), got, err)
		}
	}
}

func TestDates(t *testing.T) {
	at := func(year, offset int) time.Time {
		return time.Date(year, 5, 6, 7, 8, 9, 0, time.FixedZone("", offset))
	}
	for _, tt := range []struct {
		date time.Time
		want string
	}{
		{time.Time{}, ""},
		{at(2026, 0), "2026-05-06T07:08:09Z"},
		{at(2026, -5*3600-1800), "2026-05-06T07:08:09-05:30"},
		{at(2026, 99*3600), "2026-05-02T04:08:09Z"},
		{at(2026, 61), "2026-05-06T07:07:08Z"},
		{at(10000, 0), ""},
		{at(-1, 0), ""},
	} {
		got := ""
		if d := dateOrNull(tt.date); d != nil {
			got = *d
		}
		if got != tt.want {
			t.Errorf("%v is written %q, want %q", tt.date, got, tt.want)
		}
	}
}

// TestJSONFields counts the fields of the nouns as this package knows them. One
// that rules adds must be written, or left out on purpose as Fix is, and Of,
// Within, Malformed, StashLost, Keep and Borrowed, which message and fix tell; and if it is text from outside, masked.
func TestJSONFields(t *testing.T) {
	for noun, want := range map[reflect.Type]int{
		reflect.TypeFor[rules.Finding]():      19, // Lowered stays inside, and so does Staged
		reflect.TypeFor[rules.Span]():         4,
		reflect.TypeFor[rules.Snippet]():      3,
		reflect.TypeFor[rules.KeySummary]():   4,
		reflect.TypeFor[rules.Verification](): 4,
		reflect.TypeFor[rules.Scanned]():      7,
		reflect.TypeFor[rules.Problem]():      3,
		reflect.TypeFor[rules.Past]():         17, // Incoming stays inside
		reflect.TypeFor[rules.Former]():       3,  // Home stays inside
		reflect.TypeFor[rules.Commit]():       5,
		reflect.TypeFor[rules.Origin]():       2,
		reflect.TypeFor[rules.Suppression]():  2,
	} {
		if got := noun.NumField(); got != want {
			t.Errorf("%v has %d fields, not %d: is the new one written and masked?", noun, got, want)
		}
	}
}

// TestNoPlace renders what has neither path nor lines nor history.
func TestNoPlace(t *testing.T) {
	o := testOptions()
	r := &Report{Findings: []rules.Finding{{ID: fmt.Sprintf("%016x", 1), Rule: o.Rules[0], Level: rules.Note, Confidence: key.Low,
		Fingerprint: "3f2a91bc", Environment: key.Sandbox, Standing: rules.Stdin}}}
	if err := validate(compile(t, Schema(), ""), render(t, "json", r, o)); err != nil {
		t.Error(err)
	}
	if err := validate(compile(t, readFile(t, "testdata/sarif-2.1.0.json"), ""), render(t, "sarif", r, o)); err != nil {
		t.Error(err)
	}
	for _, f := range Formats() {
		checkHarmless(t, f.Name, render(t, f.Name, r, o))
	}
}
