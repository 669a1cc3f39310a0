package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inspecto/insplint/internal/key"
)

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// testText builds a key when the test runs: none stands in this repository.
func testText(env key.Environment, seed string) string {
	sum := sha256.Sum256([]byte(seed))
	prefix := key.Prefix
	if env == key.Sandbox {
		prefix = key.SandboxPrefix
	}
	return prefix + hex.EncodeToString(sum[:])
}

func testSecret(env key.Environment, seed string) key.Secret {
	return key.NewSecret(testText(env, seed))
}

func testKey(env key.Environment, occurrences ...Occurrence) *Key {
	return &Key{Secret: testSecret(env, "seed"), Occurrences: occurrences}
}

// at makes a high-confidence occurrence in a file at its repository's top.
func at(path string, standing Standing, more ...func(*Occurrence)) Occurrence {
	o := Occurrence{
		Path: path, Home: path, Standing: standing, Confidence: key.High,
		Span: Span{Line: 3, Column: 7, EndLine: 3, EndColumn: 76},
	}
	for _, set := range more {
		set(&o)
	}
	return o
}

func env(o *Occurrence) { o.EnvFile = true }

func client(how string) func(*Occurrence) { return func(o *Occurrence) { o.Client = how } }

func member(name string) func(*Occurrence) { return func(o *Occurrence) { o.Member = name } }

func home(path string) func(*Occurrence) { return func(o *Occurrence) { o.Home = path } }

func included(source, pattern string) func(*Occurrence) {
	return func(o *Occurrence) { o.Included = Pattern{Text: pattern, Source: source, Line: 3} }
}

func unstaged(o *Occurrence) { o.Unstaged = true }

func past(p Past) func(*Occurrence) { return func(o *Occurrence) { o.Past = &p } }

func hostSet(envs ...key.Environment) func(*Occurrence) {
	return func(o *Occurrence) {
		for _, e := range envs {
			o.Hosts = o.Hosts.With(e)
		}
	}
}

func variable(name, prefix, framework string) func(*Occurrence) {
	return func(o *Occurrence) { o.Variable, o.Prefix = name, PublicPrefix{prefix, framework} }
}

func commit(id string, daysAgo int) *Commit {
	return &Commit{ID: strings.Repeat(id, 40), Date: now.AddDate(0, 0, -daysAgo)}
}

// ids lists the rules of findings in order.
func ids(findings []Finding) []string {
	list := []string{}
	for _, f := range findings {
		list = append(list, f.Rule.ID)
	}
	return list
}

func TestExposureIsTheFirstRowThatFits(t *testing.T) {
	standings := []Standing{Tracked, Untracked, Ignored, Outside, History, Stdin}
	want := map[string]map[Standing]string{ // by kind of file
		"plain":      {Tracked: "INSP002", Untracked: "INSP005", Outside: "INSP005", History: "INSP004", Stdin: "INSP005"},
		"env":        {Tracked: "INSP002", Untracked: "INSP003", Outside: "INSP005", History: "INSP004", Stdin: "INSP005"},
		"client":     {Tracked: "INSP001", Untracked: "INSP001", Ignored: "INSP001", Outside: "INSP001", History: "INSP004", Stdin: "INSP005"},
		"env client": {Tracked: "INSP001", Untracked: "INSP001", Ignored: "INSP001", Outside: "INSP001", History: "INSP004", Stdin: "INSP005"},
	}
	for kind, row := range want {
		for _, standing := range standings {
			o := at("dir/file", standing)
			o.EnvFile = strings.Contains(kind, "env")
			if strings.Contains(kind, "client") {
				o.Client = "Vite build output"
			}
			got := strings.Join(ids(Check([]*Key{testKey(key.Production, o)}, now)), " ")
			if got != row[standing] {
				t.Errorf("%s file, %s: got %q, want %q", kind, standing, got, row[standing])
			}
		}
	}
}

func TestEachOccurrenceIsJudgedAlone(t *testing.T) {
	k := testKey(key.Production,
		at("a.txt", Tracked),
		at("b/.env", Untracked, env),
		at("dist/app.js", Ignored, client("Vite build output")),
		at("old.txt", History),
		at("quiet/.env.local", Ignored))
	got := ids(Check([]*Key{k}, now))
	want := []string{"INSP002", "INSP003", "INSP001", "INSP004"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// everyRule makes a key of each environment for which each rule of All fits
// its own occurrence.
// copied is the shipment of an env file by docker.
var copied = Shipment{
	By: "docker build", Into: "the image", Statement: "COPY . .", File: "api/Dockerfile", At: 7, Ignore: "api/.dockerignore", Line: ".env",
}

func everyRule(environment key.Environment) *Key {
	other := counterpart[environment]
	k := testKey(environment,
		at("dist/app.js", Ignored, client("Vite build output")),
		at("conf.yml", Tracked),
		at("a/.env", Untracked, env),
		at("gone.txt", History),
		at("notes.txt", Untracked),
		at("b/.env", Ignored, env, variable("VITE_KEY", "VITE_", "Vite"), hostSet(other), func(o *Occurrence) {
			o.URL, o.Header, o.Shipped = URLPlace{Part: URLQuery}, AuthHeader{Sent: true}, []Shipment{copied}
		}))
	k.FirstSeen = now.AddDate(0, 0, -100)
	return k
}

func TestLevels(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Key)
		want   func(*Rule, key.Environment) Level
	}{
		{"as the rule says", func(*Key) {}, (*Rule).LevelFor},
		{"medium confidence", func(k *Key) { confidence(k, key.Medium) }, (*Rule).LevelFor},
		{"low confidence", func(k *Key) { confidence(k, key.Low) }, noteAlways},
		{"dead", func(k *Key) { k.Verification = &Verification{Status: Inactive} }, noteAlways},
		{"alive", func(k *Key) { k.Verification = &Verification{Status: Active} }, (*Rule).LevelFor},
		{"no answer", func(k *Key) { k.Verification = &Verification{Status: Unknown} }, (*Rule).LevelFor},
	}
	for _, test := range tests {
		for _, environment := range []key.Environment{key.Production, key.Sandbox} {
			k := everyRule(environment)
			test.change(k)
			seen := map[string]bool{}
			for _, f := range Check([]*Key{k}, now) {
				seen[f.Rule.ID] = true
				if want := test.want(f.Rule, environment); f.Level != want {
					t.Errorf("%s: %s of a %s key is %s, want %s", test.name, f.Rule.ID, environment, f.Level, want)
				}
			}
			if len(seen) != len(All()) {
				t.Errorf("%s: %d rules fired, want all %d", test.name, len(seen), len(All()))
			}
		}
	}
}

func confidence(k *Key, c key.Confidence) {
	for i := range k.Occurrences {
		k.Occurrences[i].Confidence = c
	}
}

func noteAlways(*Rule, key.Environment) Level { return Note }

func TestCatalogueLevels(t *testing.T) { // the table of the design, row by row
	want := "INSP001 client-exposure error warning\nINSP002 committed-key error warning\n" +
		"INSP003 unignored-env-file error warning\nINSP004 key-in-history error warning\n" +
		"INSP005 plaintext-key warning note\nINSP101 public-env-prefix error warning\n" +
		"INSP102 environment-mismatch warning warning\nINSP103 stale-key warning note\n" +
		"INSP104 shared-key warning note\nINSP105 shipped-env-file error warning\n" +
		"INSP106 key-in-url warning note\nINSP107 bad-auth-scheme note note\n"
	var got strings.Builder
	for _, r := range catalogue {
		fmt.Fprintln(&got, r.ID, r.Name, r.LevelFor(key.Production), r.LevelFor(key.Sandbox))
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestLookup(t *testing.T) {
	for _, r := range catalogue {
		for _, name := range []string{r.ID, strings.ToLower(r.ID), r.Name, strings.ToUpper(r.Name)} {
			got, ok := Lookup(name)
			if !ok || got != r {
				t.Errorf("Lookup(%q) = %v, %t", name, got, ok)
			}
		}
	}
	for _, name := range []string{"", "INSP000", "INSP", "committed"} {
		if _, ok := Lookup(name); ok {
			t.Errorf("Lookup(%q) found a rule", name)
		}
	}
}

func TestLevelNames(t *testing.T) {
	for l := Note; l <= Error; l++ {
		if got, ok := ParseLevel(l.String()); !ok || got != l {
			t.Errorf("ParseLevel(%q) = %v, %t", l.String(), got, ok)
		}
	}
	if _, ok := ParseLevel(Level(0).String()); ok {
		t.Error("the zero level has a name")
	}
	if got := Level(200).String(); got != "" {
		t.Errorf("Level(200) is %q", got)
	}
}

// TestOrder shuffles keys and occurrences: the report may not change.
func TestOrder(t *testing.T) {
	keys := []*Key{everyRule(key.Production), everyRule(key.Sandbox)}
	for i, k := range keys { // ties: one key twice on a line, under another encoding
		twin := k.Occurrences[1]
		twin.Encoding = []string{"base64"}
		k.Occurrences = append(k.Occurrences, twin)
		keys[i] = k
	}
	want := Check(keys, now)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, k := range keys {
			random.Shuffle(len(k.Occurrences), func(i, j int) {
				k.Occurrences[i], k.Occurrences[j] = k.Occurrences[j], k.Occurrences[i]
			})
		}
		if got := Check(keys, now); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order: got %v, want %v", ids(got), ids(want))
		}
	}
	if !slices.IsSortedFunc(want, compareFindings) {
		t.Errorf("the findings are not in the order of a report: %v", ids(want))
	}
	for i := range len(want) - 1 {
		if want[i].Standing == History && want[i+1].Standing != History {
			t.Error("a finding of the tree stands behind one of history")
		}
		if compareFindings(want[i], want[i+1]) >= 0 {
			t.Errorf("findings %d and %d are not told apart", i, i+1)
		}
	}
}

func TestIDs(t *testing.T) {
	id := func(secret key.Secret, o Occurrence) string {
		k := &Key{Secret: secret, Occurrences: []Occurrence{o}}
		return Check([]*Key{k}, now)[0].ID
	}
	one, two := testSecret(key.Production, "one"), testSecret(key.Production, "two")
	base := id(one, at("a/b", Tracked))
	moved := at("a/b", Tracked)
	moved.Span = Span{Line: 90, Column: 1}
	moved.Snippet.Text = "else"
	moved.Path = "b" // a scan that started in a/
	if got := id(one, moved); got != base {
		t.Errorf("moving lines changed %s to %s", base, got)
	}
	others := map[string]string{
		"key":    id(two, at("a/b", Tracked)),
		"path":   id(one, at("a/c", Tracked)),
		"rule":   id(one, at("a/b", Untracked)),
		"member": id(one, at("a/b", Tracked, member("m"))),
		"border": id(one, at("a/", Tracked, member("b"))),
	}
	for what, other := range others {
		if other == base || !entryID.Get().MatchString(other) {
			t.Errorf("another %s: id %s, base %s", what, other, base)
		}
	}
}

// TestNoKeyInAnyText plants the key in every name that the tree chooses.
func TestNoKeyInAnyText(t *testing.T) {
	for _, environment := range []key.Environment{key.Production, key.Sandbox} {
		text, k := testText(environment, "seed"), everyRule(environment)
		for i := range k.Occurrences {
			plant(&k.Occurrences[i], text, []string{"tree", "blob"}[i%2])
		}
		findings := Check([]*Key{k}, now)
		if len(findings) < len(k.Occurrences) {
			t.Fatalf("%d findings", len(findings))
		}
		for _, f := range findings {
			for _, part := range []any{f, *f.Past, *f.Past.Introduced, *f.Past.Removed} {
				if all := fmt.Sprintf("%+v", part); strings.Contains(all, text[len(text)-32:]) {
					t.Errorf("%s holds the key: %s", f.Rule.ID, all)
				}
			}
		}
		if k.Occurrences[0].Past.Introduced.Subject != text {
			t.Error("Check changed what it was given")
		}
	}
}

// plant puts text into all names but the snippet, which comes masked: the
// scanner has the line's bytes.
func plant(o *Occurrence, text, kind string) {
	o.Path = text + "/" + text + o.Path
	o.Home, o.Variable = o.Path, text
	if kind == "tree" {
		o.Member = text
	}
	c := commit("a", 3)
	c.Author, c.Email, c.Subject = text, text, text
	o.Past = &Past{Object: c.ID, Kind: kind, Reachable: kind != "blob", Refs: []string{text, text}, Introduced: c, Removed: c, Keep: text, Borrowed: text}
}

func TestNames(t *testing.T) {
	name := func(path, variable string) Occurrence {
		return Occurrence{Path: path, Home: path, Variable: variable, Prefix: PublicPrefix{"VITE_", "Vite"}, EnvFile: true, Standing: Ignored}
	}
	marked := name("c/.env", "VITE_INSPECTO_KEY")
	marked.Marks = []Mark{{Rules: []string{"INSP101"}, Alone: true}}
	findings := CheckNames([]Occurrence{name("b/.env", "VITE_INSPECTO_KEY"), name("a/.env", "VITE_INSPECTO_KEY"), name("a/.env", "VITE_INSPECTO_TOKEN"), marked})
	ids := map[string]bool{}
	for _, f := range findings {
		ids[f.ID] = true
		if f.Rule.ID != "INSP101" || f.Level != Note || !f.Lowered || f.Fingerprint != "" || (f.Suppressed != nil) != (f.Path == "c/.env") {
			t.Errorf("%+v", f)
		}
	}
	if len(ids) != 4 || findings[0].Path != "a/.env" {
		t.Errorf("%d ids in %v", len(ids), findings)
	}
	want := "VITE_INSPECTO_KEY in the env file is named for a key, and Vite inlines every VITE_ variable into client code, whatever it refers to"
	if f := findings[2]; f.Message != want || !strings.Contains(f.Fix, "rename VITE_INSPECTO_KEY to INSPECTO_KEY") {
		t.Errorf("%q, %q", f.Message, f.Fix)
	}
}

func TestCheckOfNothing(t *testing.T) {
	if got := Check(nil, now); got == nil || len(got) != 0 {
		t.Errorf("got %#v, want an empty slice that JSON writes as []", got)
	}
}
