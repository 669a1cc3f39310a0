package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// example finds the examples of docs/rules.md that name a file.
var example = regexp.MustCompile("(?m)^(Bad|Good), in `([^`]+)`[^\n]*:\n\n```[a-z]*\n((?s:.*?))```\n")

// TestClientExposureExamples scans the examples of INSP001, with keys in the
// place of the vendor's placeholder: each file of the bad one breaks the rule,
// and all of the good one together break none.
func TestClientExposureExamples(t *testing.T) {
	_, section, _ := strings.Cut(readText(t, "docs/rules.md"), "\n## INSP001\n")
	section, _, _ = strings.Cut(section, "\n## ")
	files := map[string]map[string]string{"Bad": {}, "Good": {}}
	for _, m := range example.FindAllStringSubmatch(section, -1) {
		files[m[1]][m[2]] = strings.ReplaceAll(m[3], "insp_your_api_key_here", testKeys()["KEY1"])
	}
	for kind, texts := range files {
		if len(texts) == 0 {
			t.Fatalf("found no %s example", kind)
		}
		dir := t.TempDir()
		if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
			t.Fatalf("git init: %v\n%s", err, out)
		}
		writeFile(t, filepath.Join(dir, ".gitignore"), ".env*\n")
		for name, text := range texts {
			writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), text)
		}
		found := scanJSON(t, "scan", dir)
		for _, f := range found {
			if kind == "Good" || f.Rule != "INSP001" {
				t.Errorf("%s: %s in %s", kind, f.Rule, f.Path)
			}
			delete(texts, f.Path)
		}
		if kind == "Bad" && len(texts) > 0 {
			t.Errorf("no finding in %q", texts)
		}
	}
}
