package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A scriptReport is as much of the JSON report as scripts compare.
type scriptReport struct {
	Scanned struct {
		Complete                            bool
		Files, Blobs, Commits, Placeholders int
		Bytes                               int64
	}
	Findings []scriptFinding
	Errors   []struct{ Path, Object, Message string }
}

type scriptFinding struct {
	ID, Rule, Level, Confidence, Key, Path, Member, Standing string
	Encoding                                                 []string
	Line, Column                                             int
	Snippet                                                  string
	History                                                  *struct {
		Object, Kind        string
		Reachable           bool
		Refs                []string
		RefCount            int `json:"ref_count"`
		Branches            []string
		Introduced, Removed *struct{ Subject string }
		Formerly            []struct{ Path string }
	}
	Suppressed *struct{ Kind, Reason string }
	Origin     *scriptOrigin
}

type scriptOrigin struct {
	Path string
	Line int
}

func (o *scriptOrigin) String() string { return o.Path + ":" + strconv.Itoa(o.Line) }

func readScriptReport(ts *testscript.TestScript) scriptReport {
	var r scriptReport
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &r); err != nil {
		ts.Fatalf("standard output is no JSON report: %v", err)
	}
	return r
}

// wantFindings is the command "findings WANT...": the findings of the JSON
// report on standard output must be the wanted ones, each once, in any order.
// A want is "RULE KEY PLACE [FACT=VALUE...]": KEY as the script names it, PLACE
// the quoted or plain path with ":LINE" where there is a line, "-" where there
// is no path. For the facts, see facts.
func wantFindings(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: findings WANT...")
	}
	names := map[string]string{"": "-"} // about no key
	for name := range testKeys() {
		if strings.HasPrefix(name, "FP_") {
			names[ts.Getenv(name)] = strings.TrimPrefix(name, "FP_")
		}
	}
	findings := readScriptReport(ts).Findings
	var wrong strings.Builder
	used := make([]bool, len(findings))
	for _, want := range args {
		if i := matchFinding(findings, used, names, strings.Fields(want)); i >= 0 {
			used[i] = true
		} else {
			fmt.Fprintf(&wrong, "\nmissing: %s", want)
		}
	}
	for i, f := range findings {
		if !used[i] {
			fmt.Fprintf(&wrong, "\nnot wanted: %s %v", f.head(names), f.facts())
		}
	}
	if wrong.Len() > 0 {
		ts.Fatalf("findings differ:%s", wrong.String())
	}
}

// matchFinding finds the finding that a want tells of; -1 if there is none.
func matchFinding(findings []scriptFinding, used []bool, names map[string]string, want []string) int {
	for i, f := range findings {
		if used[i] || len(want) < 3 || f.head(names) != strings.Join(want[:3], " ") {
			continue
		}
		facts, same := f.facts(), true
		for _, fact := range want[3:] {
			name, value, _ := strings.Cut(fact, "=")
			got, known := facts[name]
			same = same && known && got == value
		}
		if same {
			return i
		}
	}
	return -1
}

func (f scriptFinding) head(names map[string]string) string {
	place := f.Path
	if strings.ContainsAny(place, " \n\x1b") {
		place = strings.ReplaceAll(strconv.Quote(place), " ", `\x20`)
	}
	if place == "" {
		place = "-"
	}
	if f.Line > 0 {
		place += ":" + strconv.Itoa(f.Line)
	}
	return f.Rule + " " + names[f.Key] + " " + place
}

// facts are what a want may name; a fact that does not exist is "none".
func (f scriptFinding) facts() map[string]string {
	facts := map[string]string{
		"level": f.Level, "confidence": f.Confidence, "standing": f.Standing, "column": strconv.Itoa(f.Column),
		"suppressed": "none", "member": "none", "encoding": "none", "history": "none", "added": "none", "removed": "none", "refs": "none", "kind": "none",
		"origin": f.origin(), "formerly": "none", "branches": "none", "more": "none",
	}
	if f.Member != "" {
		facts["member"] = f.Member
	}
	if len(f.Encoding) > 0 {
		facts["encoding"] = strings.Join(f.Encoding, ",")
	}
	if f.Suppressed != nil {
		facts["suppressed"] = f.Suppressed.Kind
	}
	h := f.History
	if h == nil {
		return facts
	}
	facts["history"] = map[bool]string{true: "reachable", false: "unreachable"}[h.Reachable]
	facts["kind"] = h.Kind
	if len(h.Refs) > 0 {
		facts["refs"] = strings.Join(h.Refs, ",")
	}
	if len(h.Branches) > 0 {
		facts["branches"] = strings.Join(h.Branches, ",")
	}
	if more := h.RefCount - len(h.Refs); more > 0 {
		facts["more"] = strconv.Itoa(more) // refs than are listed
	}
	for i, former := range h.Formerly {
		facts["formerly"] = strings.TrimPrefix(facts["formerly"]+","+former.Path, map[bool]string{true: "none,"}[i == 0])
	}
	if h.Introduced != nil {
		facts["added"] = h.Introduced.Subject
	}
	if h.Removed != nil {
		facts["removed"] = h.Removed.Subject
	}
	return facts
}

// wantProblems is the command "problems REGEXP...": the errors of the JSON
// report on standard output, as "PATH OBJECT MESSAGE", must match the regular
// expressions one to one, in their order; and the report must call itself
// complete exactly if there are none.
func wantProblems(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: problems REGEXP...")
	}
	r := readScriptReport(ts)
	var got []string
	for _, e := range r.Errors {
		got = append(got, e.Path+" "+e.Object+" "+e.Message)
	}
	if r.Scanned.Complete != (len(got) == 0) {
		ts.Fatalf("complete is %v, with %d errors", r.Scanned.Complete, len(got))
	}
	same := len(got) == len(args)
	for i := 0; same && i < len(got); i++ {
		expression, err := regexp.Compile("(?s)" + args[i])
		ts.Check(err)
		same = expression.MatchString(got[i])
	}
	if !same {
		ts.Fatalf("errors are\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(args, "\n\t"))
	}
}

// schemas are what "valid" knows. A fragment is where in its file a document's
// own schema stands.
var schemas = map[string]func() (*jsonschema.Schema, error){
	"json":  schemaOf("report/schema.json", ""),
	"jsonl": schemaOf("report/schema.json", "#/$defs/line"),
	"sarif": schemaOf("report/testdata/sarif-2.1.0.json", ""),
}

// schemaOf compiles a schema when it is first asked for.
func schemaOf(file, fragment string) func() (*jsonschema.Schema, error) {
	return sync.OnceValues(func() (*jsonschema.Schema, error) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("mem:///schema.json", document); err != nil {
			return nil, err
		}
		return compiler.Compile("mem:///schema.json" + fragment)
	})
}

// validReport is the command "valid FORMAT FILE".
func validReport(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || schemas[args[0]] == nil {
		ts.Fatalf("usage: valid json|jsonl|sarif FILE")
	}
	schema, err := schemas[args[0]]()
	ts.Check(err)
	content := ts.ReadFile(args[1])
	noKeys(ts, args[1], content)
	documents := []string{content}
	if args[0] == "jsonl" {
		documents = strings.Split(strings.TrimSuffix(content, "\n"), "\n")
	}
	for n, d := range documents {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(d))
		ts.Check(err)
		if err := schema.Validate(value); err != nil {
			ts.Fatalf("%s, document %d: %v", args[1], n+1, err)
		}
	}
}
