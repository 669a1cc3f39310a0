package config

import (
	"strings"
	"testing"
	"time"

	"github.com/inspecto/insplint/rules"
)

func anywhere(shown string) (string, bool) { return shown, true }

const full = `# what this project accepts
levels:
  INSP104: off
  INSP103: error   # we rotate
ignore:
  - paths: [testdata/, "!testdata/real.txt"]
    reason: made-up keys
  - paths:
      - "*.golden"
    rules: [INSP005]
    reason: 2024
suppress:
  - fingerprint: 12345678
    reason: revoked on 2 March
    paths: [old/]
  - fingerprint: 1e100000
    reason: |
      revoked
      long ago
env-files: ["*.settings"]
client-files:
  - target/site/**
`

func finding(rule, fingerprint, path string) rules.Finding {
	r, ok := rules.Lookup(rule)
	if !ok {
		panic(rule)
	}
	return rules.Finding{Rule: r, Level: r.Production, Fingerprint: fingerprint, Path: path}
}

func TestApply(t *testing.T) {
	c, err := Parse("c.yaml", []byte(full), anywhere)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ParseIgnore("ign", []byte("\ufeff# comment\r\n\r\n*.min.js  \r\n"), anywhere); err != nil {
		t.Fatal(err)
	}
	lowered := finding("INSP103", "00000000", "a")
	lowered.Lowered, lowered.Level = true, rules.Note
	inline := finding("INSP104", "00000000", "a")
	inline.Suppressed = &rules.Suppression{Kind: "inline", Reason: "why"}
	renamed := func(rule, path string, before ...string) rules.Finding {
		f := finding(rule, "00000000", path)
		f.Past = &rules.Past{}
		for _, path := range before {
			f.Past.Formerly = append(f.Past.Formerly, rules.Former{Path: path})
		}
		return f
	}
	tests := []struct {
		name   string
		f      rules.Finding
		level  rules.Level
		reason string
	}{
		{"off", finding("INSP104", "00000000", "a"), rules.Warning, "c.yaml:3: INSP104 is off"},
		{"off, marked already", inline, rules.Warning, "why"},
		{"another level", finding("INSP103", "00000000", "a"), rules.Error, ""},
		{"another level, lowered", lowered, rules.Note, ""},
		{"path", finding("INSP002", "00000000", "testdata/a/b"), rules.Error, "c.yaml:6: made-up keys"},
		{"path brought back", finding("INSP002", "00000000", "testdata/real.txt"), rules.Error, "c.yaml:6: made-up keys"},
		{"path and rule", finding("INSP005", "00000000", "x/y.golden"), rules.Warning, "c.yaml:8: 2024"},
		{"path and other rule", finding("INSP002", "00000000", "x/y.golden"), rules.Error, ""},
		{"no path", finding("INSP004", "00000000", ""), rules.Error, ""},
		{"key and path", finding("INSP002", "12345678", "old/x"), rules.Error, "c.yaml:13: revoked on 2 March"},
		{"key at other path", finding("INSP002", "12345678", "new/x"), rules.Error, ""},
		{"key at no path", finding("INSP004", "12345678", ""), rules.Error, ""},
		{"key anywhere", finding("INSP004", "1e100000", ""), rules.Error, "c.yaml:16: revoked long ago"},
		{"path, renamed into it", renamed("INSP002", "testdata/a", "src/a"), rules.Error, ""},
		{"path, renamed within it", renamed("INSP002", "testdata/b", "testdata/a", "testdata/x"), rules.Error, "c.yaml:6: made-up keys"},
		{"path, renamed into it, practice", renamed("INSP103", "testdata/a", "src/a"), rules.Error, "c.yaml:6: made-up keys"},
		{"ignore file", finding("INSP001", "00000000", "x/app.min.js"), rules.Error, "ign:3: *.min.js"},
	}
	for _, test := range tests {
		got := c.Apply([]rules.Finding{test.f})[0]
		reason := ""
		if got.Suppressed != nil {
			reason = got.Suppressed.Reason
			if got.Suppressed.Kind != kind && test.f.Suppressed == nil {
				t.Errorf("%s: kind %q", test.name, got.Suppressed.Kind)
			}
		}
		if got.Level != test.level || reason != test.reason {
			t.Errorf("%s: %s, %q; want %s, %q", test.name, got.Level, reason, test.level, test.reason)
		}
	}
}

func TestTables(t *testing.T) {
	c, err := Parse("c.yaml", []byte(full), func(shown string) (string, bool) { return strings.CutPrefix(shown, "sub/") })
	if err != nil {
		t.Fatal(err)
	}
	for shown, want := range map[string]string{
		"sub/x/prod.settings": "env", "x/prod.settings": "", "sub/target/site/a.js": "client", "sub/target/a.js": "", "": "",
	} {
		got := ""
		if c.EnvFile(shown) {
			got += "env"
		}
		if c.ClientFile(shown) {
			got += "client"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", shown, got, want)
		}
	}
	if !c.Enter("sub/target") || c.Enter("sub/vendor") || c.Enter("target") {
		t.Error("the wrong directories are entered")
	}
	empty := new(Config)
	if empty.EnvFile("a") || empty.ClientFile("a") || empty.Enter("a") {
		t.Error("no configuration lists files")
	}
}

func TestEmpty(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing yet\n", "---\n", "{}\n", "levels: {}\n", "ignore: []\n", "levels:\nignore:\n# - paths\nenv-files:\n", "\ufeff# BOM\n"} {
		if _, err := Parse("c.yaml", []byte(text), anywhere); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// refused are files that are not understood, with the place and a part of what
// is said of them.
var refused = []struct{ text, want string }{
	{"level: {}", "c.yaml:1:1: unknown key \"level\" in the file; want one of levels, ignore, suppress, env-files, client-files, skip-unreadable-archives, baseline"},
	{"- a", "c.yaml:1:1: the file: want a mapping with levels"},
	{"a", "c.yaml:1:1: the file: want a mapping"},
	{"levels: [INSP002]", "c.yaml:1:9: \"levels\": want a mapping with INSP001"},
	{"levels:\n  INSP002: fatal\n", "c.yaml:2:12: level \"fatal\" of INSP002: want error, warning, note or off"},
	{"levels:\n  INSP002: [off]\n", "c.yaml:2:12: want a level, got a list"},
	{"levels:\n  INSP999: off\n", "c.yaml:2:3: unknown key \"INSP999\" in \"levels\"; want one of INSP001"},
	{"levels:\n  INSP002: off\n  INSP002: note\n", "c.yaml:3:3: not YAML: mapping key \"INSP002\" already defined"},
	{"levels: {INSP002: off, INSP002: off}", "already defined"},
	{"ignore: testdata/", "c.yaml:1:9: \"ignore\": want a list, got a plain value"},
	{"ignore:\n  - testdata/\n", "c.yaml:2:5: an item of \"ignore\": want a mapping with paths, rules, reason, got a plain value"},
	{"ignore:\n  - paths: [a]\n", "an item of \"ignore\" has no \"reason\""},
	{"ignore:\n  - reason: x\n", "an item of \"ignore\" has no \"paths\""},
	{"ignore:\n  - paths: [a]\n    reason: ''\n", "c.yaml:3:13: the reason is empty"},
	{"ignore:\n  - paths: [a]\n    reason:\n", "c.yaml:3:13: want a reason, got nothing"},
	{"ignore:\n  - paths: []\n    reason: x\n", "c.yaml:2:12: \"paths\" matches nothing"},
	{"ignore:\n  - paths: ['!a']\n    reason: x\n", "c.yaml:2:12: \"paths\" matches nothing"},
	{"ignore:\n  - paths: [ok, 'a?']\n    reason: x\n", "c.yaml:2:17: pattern \"a?\": \"?\", \"[\""},
	{"ignore:\n  - paths: [[a]]\n    reason: x\n", "c.yaml:2:13: want a pattern, got a list"},
	{"ignore:\n  - paths: [a]\n    reason: x\n    rules: [INSP2]\n", "c.yaml:4:13: \"INSP2\" is no rule; want one of INSP001"},
	{"ignore:\n  - paths: [a]\n    reason: x\n    rules: []\n", "c.yaml:4:12: \"rules\" is empty"},
	{"ignore:\n  - paths: [a]\n    reason: x\n    why: x\n", "c.yaml:4:5: unknown key \"why\" in an item of \"ignore\"; want one of paths, rules, reason"},
	{"suppress:\n  - fingerprint: 3f2a\n    reason: x\n", "c.yaml:2:18: want a key's fingerprint, 8 hexadecimal digits"},
	{"suppress:\n  - reason: x\n", "has no \"fingerprint\""},
	{"env-files: [a, {b: c}]", "c.yaml:1:16: want a pattern, got a mapping"},
	{"baseline: ../b.jsonl", "c.yaml:1:11: baseline \"../b.jsonl\": want a file below this one's directory"},
	{"baseline: /etc/b.jsonl", "c.yaml:1:11: baseline \"/etc/b.jsonl\": want a file below this one's directory"},
	{"baseline: [b]", "c.yaml:1:11: want a file's name, got a list"},
	{"skip-unreadable-archives: yes", "c.yaml:1:27: \"yes\": want true or false"},
	{"skip-unreadable-archives: [true]", "c.yaml:1:27: want true or false, got a list"},
	{"env-files: &a [x]\nclient-files: *a\n", "c.yaml:1:12: \"env-files\": want a list, got an anchor, alias or tag"},
	{"env-files: !!seq [x]\n", "got an anchor, alias or tag"},
	{"<<: {levels: {}}\n", "c.yaml:1:1: "},
	{"levels: {}\n---\nlevels: {}\n", "c.yaml:3:1: a second document"},
	{"levels: {\n", "c.yaml:1:9: not YAML: "},
	{"levels:\n\t- x\n", "not YAML: "},
	{"ignore: " + strings.Repeat("[", maxBrackets+1), "c.yaml:1: too many brackets"},
	{strings.Repeat("- ", 40) + "a", "c.yaml:1: too many brackets"},
	{strings.Repeat("#", MaxSize+1), "c.yaml: larger than 65536 bytes"},
}

func TestRefused(t *testing.T) {
	for _, test := range refused {
		_, err := Parse("c.yaml", []byte(test.text), anywhere)
		switch {
		case err == nil:
			t.Errorf("%.60q is taken, want %q", test.text, test.want)
		case !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%.60q: %q, want %q", test.text, err, test.want)
		}
	}
}

func TestIgnoreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"a\n# b\n\na[b]\n":                          `ign:4: pattern "a[b]": "?", "["`,
		strings.Repeat("a\n", maxPatterns+1):        "ign:1001: more than 1000 patterns",
		strings.Repeat("#", MaxSize+1):              "ign: larger than",
		"a\n" + strings.Repeat("x", 2000) + "\nb\n": "ign:2: pattern",
	} {
		err := new(Config).ParseIgnore("ign", []byte(text), anywhere)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

// FuzzParse holds that any text is taken or refused with one line that names
// the file, without a panic, and soon.
func FuzzParse(f *testing.F) {
	f.Add(full)
	for _, test := range refused {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		c, err := Parse("c.yaml", []byte(text), anywhere)
		if spent := time.Since(start); spent > 20*time.Second {
			t.Errorf("took %s", spent)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "c.yaml:") {
				t.Errorf("error %q", err)
			}
			return
		}
		c.Apply([]rules.Finding{finding("INSP002", "12345678", "a/b.c"), finding("INSP004", "12345678", "")})
		c.EnvFile("a/b.c")
		c.Enter("a")
	})
}
