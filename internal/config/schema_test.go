package config

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema holds the schema to the reader: it takes what that takes, and
// refuses what has a wrong shape.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("mem:///schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text string) error {
		asJSON, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatalf("%.60q: %v", text, err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
		if err != nil {
			t.Fatalf("%.60q: %v", text, err)
		}
		return schema.Validate(value)
	}
	for _, text := range []string{full, "{}", "levels:\n", "ignore: []"} {
		if err := valid(text); err != nil {
			t.Errorf("%.60q is refused: %v", text, err)
		}
	}
	asked := 0
	for _, test := range refused {
		if strings.Contains(test.want, "twice") || !strings.Contains(test.want, "want") && !strings.Contains(test.want, "has no") {
			continue // not YAML, or a matter that a schema does not see
		}
		if strings.ContainsAny(test.text, "&*") || strings.Contains(test.text, "!!") || strings.Contains(test.text, "INSP999") {
			continue
		}
		asked++
		if err := valid(test.text); err == nil {
			t.Errorf("%.60q is taken", test.text)
		}
	}
	if asked < 12 {
		t.Errorf("asked about %d texts", asked)
	}
}
