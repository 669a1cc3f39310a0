package cli

import (
	"os"
	"testing"
)

func TestScriptRuns(t *testing.T) {
	const call = "insplint hook pre-commit"
	for text, want := range map[string]bool{
		call:                        true,
		"#!/bin/sh\n" + call + "\n": true,
		"#!/bin/sh\n" + call + " || exit\necho done\n":              true,
		"#!/bin/sh\n" + call + " || exit 1 # no\necho done\n":       true,
		"#!/bin/sh\nexec " + call + ` "$@"` + "\n":                  true,
		"#!/bin/sh -e\n" + call + "\necho done\n":                   true,
		"#!/bin/bash\nset -euo pipefail\n" + call + "\necho done\n": true,
		"npx lint-staged && " + call + "\n":                         true,
		"PATH=$PATH:/x /opt/bin/" + call + "\n":                     true,
		"cat <<X\nhello\nX\n" + call + "\n":                         true,
		call + "\n# the end\n\n":                                    true,
		"# " + call + "\n":                                          false,
		"echo " + call + "\n":                                       false,
		call + " || true\n":                                         false,
		call + " || exit 0\n":                                       false,
		"#!/bin/sh\n" + call + "\necho done\n":                      false,
		"exit 0\n" + call + "\n":                                    false,
		"exec npm test\n" + call + "\n":                             false,
		"if false; then\n  " + call + "\nfi\n":                      false,
		"cat <<'X'\n" + call + "\nX\n":                              false,
		"[ -t 1 ] || " + call + "\n":                                false,
		"insplint hook pre-commit-x\n":                              false,
		"insplint hook pre-push\n":                                  false,
		"noinsplint hook pre-commit\n":                              false,
		call + " &\n":                                               false,
		"f() { " + call + "; }\n":                                   false,
		"":                                                          false,
	} {
		if got := scriptRuns(text, "pre-commit", false); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if !scriptRuns(call+"\nnpm test\n", "pre-commit", true) {
		t.Error("a script that stops with what fails is not taken for one")
	}
}

func TestLefthookLacks(t *testing.T) {
	const under = "`insplint: {run: insplint hook pre-commit}` under commands: of pre-commit:"
	h := installables()[0]
	for text, want := range map[string]struct {
		lacks, ending string
	}{
		"pre-commit: {commands: {insplint: {run: insplint hook pre-commit}}}":              {"", ".yml"},
		"pre-commit:\n  jobs:\n    - run: npm test\n    - run: insplint hook pre-commit\n": {"", ".yml"},
		"pre-commit:\n  jobs:\n    - run: npm test\n":                                      {"`- {run: insplint hook pre-commit}` under jobs: of pre-commit:", ".yml"},
		"# insplint hook pre-commit\npre-commit:\n  commands:\n    x: {run: y}\n":          {under, ".yml"},
		"pre-push: {commands: {insplint: {run: insplint hook pre-commit}}}":                {"`pre-commit: {commands: {insplint: {run: insplint hook pre-commit}}}`", ".yml"},
		"pre-commit: {skip: true, commands: {insplint: {run: insplint hook pre-commit}}}":  {under, ".yml"},
		"pre-commit: {commands: {insplint: {skip: true, run: insplint hook pre-commit}}}":  {under, ".yml"},
		"pre-commit: {commands: {insplint: {run: echo insplint hook pre-commit}}}":         {under, ".yml"},
		"{\n// a comment\n\"pre-commit\": {\"run\": \"insplint hook pre-commit\"}}":        {"", ".jsonc"},
		"[pre-commit.commands.insplint]\nrun = \"insplint hook pre-commit\"\n":             {"", ".toml"},
	} {
		file := t.TempDir() + "/lefthook" + want.ending
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := lefthookLacks(file, h); got != want.lacks {
			t.Errorf("%q lacks %s, want %s", text, got, want.lacks)
		}
	}
}
