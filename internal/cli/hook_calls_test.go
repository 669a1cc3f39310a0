package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

		// Blocks, indented or not.
		"if false\nthen\n" + call + "\nfi\n":                              false,
		"if false; then :; else " + call + "\nfi\n":                       false,
		"if true; then\necho a\nfi\n" + call + "\n":                       true,
		"if true; then echo a; fi; " + call + "\n":                        true,
		"run() {\n" + call + "\n}\n":                                      false,
		"run()\n{\n" + call + " || exit\n}\nrun\n":                        false,
		"function run {\n" + call + "\n}\n":                               false,
		"run() { echo }; }\n" + call + "\n":                               true,
		"for f in a b; do\n" + call + "\ndone\n":                          false,
		"for f in a b; do echo done; done\n" + call + "\n":                true,
		"while read -r x\ndo\n" + call + " || exit\ndone\n":               false,
		"case $1 in\na) echo 1;;\n(b) " + call + ";;\nesac\n":             false,
		"case $1 in\na) echo 1;;\n(b) ;;\nesac\n" + call + "\n":           true,
		"(\n" + call + "\n)\n":                                            false,
		"{\n" + call + "\n}\n":                                            false,
		"if true; then\n" + call + "\n":                                   false, // no script
		"  " + call + "\n":                                                true,
		"a=(1 2)\n[[ $a =~ (x|y) ]]\n" + call + "\n":                      true,
		"[ -z \"$(git diff \"$a\" | wc -l)\" ] && echo a\n" + call + "\n": true,
		"if [ \"${a:-\"}\"}\" ]; then echo a; fi\n" + call + "\n":         true,
		"x=`date \"+%s\"` # don't\n" + call + "\n":                        true,
		"echo 'if'\n" + call + "\n":                                       true,
		"echo \"\n" + call + "\n\"\n":                                     false,
		"echo '\n" + call + "\n'\n":                                       false,
		"cat <<-X # <<Y\n\tX y\n\tX\n" + call + "\n":                      true,
		"x=$((1 << 2))\n" + call + "\n":                                   true,
		"cat <<<X\n" + call + "\n":                                        true,

		// Arguments.
		call + " \"$@\" >log 2>&1\n":     true,
		call + " $(git ls-files src)\n":  false,
		call + " README.md\n":            false,
		call + " \"$@\" src || exit 1\n": false,

		// Lines that go on.
		"[ -t 1 ] || \\\n" + call + "\n":               false,
		"[ -t 1 ] ||\n\n# why\n" + call + "\n":         false,
		"echo \\\n" + call + "\n":                      false,
		"insplint hook \\\n  pre-commit\n":             true,
		call + " \\\n|| true\n":                        false,
		call + " |\ntee log\n":                         false,
		"[ -t 1 ] &&\n" + call + "\necho done\n":       false,
		call + " >log 2>&1 || exit 1\necho done\n":     true,
		call + " || exit & echo done\n":                false,
		call + " || exit | cat\n":                      false,
		call + " || exit 1; echo done\n":               true,
		"echo a; exit 0; " + call + "\n":               false,
		"exec 3>&1\nexec 2>log\n" + call + "\n":        true,
		"trap 'exit 0' EXIT\n" + call + " || exit 1\n": false,
		"! " + call + "\n":                             false,

		// What stops a script, and what has it go on.
		"set -e\nset +e\n" + call + "\necho done\n":                      false,
		"#!/bin/sh -e\nset +eu\n" + call + "\necho done\n":               false,
		"set -e\nif true; then set +o errexit; fi\n" + call + "\necho\n": false,
		"if false; then set -e; fi\n" + call + "\necho done\n":           false,
		"set -o errexit\n" + call + "\necho done\n":                      true,
		"set -o pipefail\n" + call + "\necho done\n":                     false,
		"set -e\n[ -t 1 ] && " + call + "\necho done\n":                  false,
		"set -e\n[ -t 1 ] && echo a | " + call + "\necho done\n":         false,
		"set -e; " + call + "; echo done\n":                              true,
		"echo a | exec " + call + "\necho done\n":                        false,
		"#!/usr/bin/env python3\n" + call + "\n":                         false,
		"#!/usr/bin/env bash\n" + call + "\n":                            true,
		"set -- -e\n" + call + "\necho done\n":                           false,
		"set -e &\n" + call + "\necho done\n":                            false,
		"[ -t 1 ] && set -e\n" + call + "\necho done\n":                  false,
		"exit 0 && " + call + "\n":                                       false,
		"trap 'exit 0' EXIT && " + call + "\n":                           false,
		"! echo a | " + call + "\n":                                      false,

		// What a parser may read otherwise than a shell.
		"\"$HOME\"/insplint 'hook' pre-commit || exit\n":   true,
		"echo \"insplint hook pre-commit\"\n":              false,
		"\"insplint hook pre-commit\"\n":                   false,
		"# caf\xe9\n" + call + "\n":                        true,
		call + " || exit\r\necho done\r\n":                 false,
		"cat <<X\nX\r\n" + call + "\nX\n":                  false,
		"true |\x00| " + call + "\n":                       false,
		call + " &>log || exit\n":                          false,
		call + " || exit &>>log\necho done\n":              false,
		"#" + strings.Repeat(" ", maxScript) + "\n" + call: false,
	} {
		if got := scriptRuns(text, "pre-commit", false); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
		if want && runsToEnd(t, text) {
			t.Errorf("%q: a shell has it succeed, whatever insplint says", text)
		}
	}
	if !scriptRuns(call+"\nnpm test\n", "pre-commit", true) {
		t.Error("a script that stops with what fails is not taken for one")
	}
	if scriptRuns("set +e\n"+call+"\nnpm test\n", "pre-commit", true) {
		t.Error("a script that goes on with what fails is taken for one that stops")
	}
}

// TestScriptDepth has scripts nest deeper than a stack reaches; one that overflows ends
// the test.
func TestScriptDepth(t *testing.T) {
	for _, opener := range []string{"(", "((~", "$(", "$[", "${a[", "{ ", "if ", "x() "} {
		for _, size := range []int{maxScript, maxHook} {
			text := strings.Repeat(opener, size/len(opener))
			if _, ok := parseScript(text); ok {
				t.Errorf("%d bytes of %q are taken for a script", len(text), opener)
			}
		}
	}
}

// TestScriptTells goes through scripts that read what git tells a hook on standard input.
func TestScriptTells(t *testing.T) {
	const call = `insplint hook pre-push "$@" || exit`
	for text, want := range map[string]bool{
		call + "\ngit lfs pre-push \"$@\"\n":                                           true,
		"git lfs pre-push \"$@\"\n" + call + "\n":                                      false,
		"command -v git-lfs >/dev/null || exit 2\ngit-lfs pre-push $@\n" + call + "\n": false,
		"while read -r a b c d; do\n  echo $a\ndone\n" + call + "\n":                   false,
		"while IFS=' ' read -r a b c d; do echo $a; done; " + call + "\n":              false,
		"f() { read a; }\nf\n" + call + "\n":                                           false,
		"git branch | while read -r a; do echo $a; done\n" + call + "\n":               true,
		"read a <file\n" + call + "\n":                                                 true,
		"cat >log\n" + call + "\n":                                                     false,
		"cat\n" + call + "\n":                                                          false,
		"cat <<X\nx\nX\n" + call + "\n":                                                true,
		"cat log\n" + call + "\n":                                                      true,
		"exec </dev/tty\n" + call + "\n":                                               false,
		"input=$(cat)\n" + call + "\n":                                                 false,
		"input=\"$(cat)\"; printf '%s\\n' \"$input\" | " + call + "\n":                 true,
		"input=`cat`\n" + `insplint hook pre-push "$@" <<<"$input"` + "\n":             true,
		"tee log | " + call + "\n":                                                     true,
		"while read -r a; do echo $a; done <file\n" + call + "\n":                      true,
		"git branch | { read -r a; read -r b; }\n" + call + "\n":                       true,
		"input=$(cat; echo .)\n" + call + "\n":                                         false,
		"git branch </dev/stdin\n" + call + "\n":                                       false,
		"echo $(cat) <file\n" + call + "\n":                                            false,
		"input=$(cat) <file\n" + call + "\n":                                           false,
		"read a 3<file\n" + call + "\n":                                                false,
		"input=$(cat) " + call + "\n":                                                  false,
	} {
		if got := scriptRuns(text, "pre-push", false); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if !scriptRuns("read answer\ninsplint hook pre-commit\n", "pre-commit", false) {
		t.Error("a hook that git tells nothing is taken for one that misses it")
	}
}

func TestLefthookLacks(t *testing.T) {
	const under = "`insplint: {run: insplint hook pre-commit}` under commands: of pre-commit:"
	h := installables()[0]
	for text, want := range map[string]struct {
		lacks, ending string
	}{
		"pre-commit: {commands: {insplint: {run: insplint hook pre-commit}}}":                          {"", ".yml"},
		"pre-commit:\n  jobs:\n    - run: npm test\n    - run: insplint hook pre-commit\n":             {"", ".yml"},
		"pre-commit:\n  jobs:\n    - run: npm test\n":                                                  {"`- {run: insplint hook pre-commit}` under jobs: of pre-commit:", ".yml"},
		"# insplint hook pre-commit\npre-commit:\n  commands:\n    x: {run: y}\n":                      {under, ".yml"},
		"pre-push: {commands: {insplint: {run: insplint hook pre-commit}}}":                            {"`pre-commit: {commands: {insplint: {run: insplint hook pre-commit}}}`", ".yml"},
		"pre-commit: {skip: true, commands: {insplint: {run: insplint hook pre-commit}}}":              {under, ".yml"},
		"pre-commit: {commands: {insplint: {skip: true, run: insplint hook pre-commit}}}":              {under, ".yml"},
		"pre-commit: {commands: {insplint: {run: echo insplint hook pre-commit}}}":                     {under, ".yml"},
		"{\n// a comment\n\"pre-commit\": {\"run\": \"insplint hook pre-commit\"}}":                    {"", ".jsonc"},
		"[pre-commit.commands.insplint]\nrun = \"insplint hook pre-commit\"\n":                         {"", ".toml"},
		"pre-commit: {exclude_tags: [a], commands: {x: {run: insplint hook pre-commit}}}":              {under, ".yml"},
		"pre-commit: {commands: {insplint: {tags: [a], run: insplint hook pre-commit}}}":               {"", ".yml"},
		"pre-commit: {commands: {insplint: {skip: false, only: true, run: insplint hook pre-commit}}}": {"", ".yml"},
		"pre-commit: {commands: {insplint: {skip: [merge], run: insplint hook pre-commit}}}":           {under, ".yml"},
		"pre-commit: {commands: {insplint: {only: [{ref: main}], run: insplint hook pre-commit}}}":     {under, ".yml"},
		"pre-commit: {commands: {insplint: {glob: \"*.env\", run: insplint hook pre-commit}}}":         {under, ".yml"},
		"pre-commit: {commands: {insplint: {glob: [\"*.env\"], run: insplint hook pre-commit}}}":       {under, ".yml"},
		"pre-commit: {commands: {insplint: {exclude: a, run: insplint hook pre-commit}}}":              {under, ".yml"},
		"pre-commit: {commands: {insplint: {file_types: [text], run: insplint hook pre-commit}}}":      {under, ".yml"},
		"pre-commit: {commands: {insplint: {root: a/, run: insplint hook pre-commit}}}":                {under, ".yml"},
		"pre-commit: {commands: {insplint: {files: git ls-files a, run: insplint hook pre-commit}}}":   {under, ".yml"},
		"pre-commit: {files: git ls-files a, commands: {insplint: {run: insplint hook pre-commit}}}":   {under, ".yml"},
		"pre-commit: {commands: {insplint: {run: \"insplint hook pre-commit {staged_files}\"}}}":       {"", ".yml"},
		"pre-commit: {commands: {insplint: {run: \"insplint hook pre-commit\\nnpm test\"}}}":           {under, ".yml"},
		"pre-commit: {commands: {insplint: {run: \"npm test && insplint hook pre-commit\"}}}":          {"", ".yml"},
		"pre-commit:\n  jobs:\n    - glob: a\n      group: {jobs: [{run: insplint hook pre-commit}]}\n": {
			"`- {run: insplint hook pre-commit}` under jobs: of pre-commit:", ".yml",
		},
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

// runsToEnd reports whether a script succeeds where insplint fails.
func runsToEnd(t *testing.T, text string) bool {
	bash, err := exec.LookPath("bash")
	if err != nil {
		return false
	}
	if !strings.HasPrefix(text, "#!") {
		text = "#!" + bash + "\n" + text
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"insplint": "#!/bin/sh\nexit 1\n", "hook": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(dir, "hook"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return cmd.Run() == nil
}

// TestLefthookPushes goes through commands that lefthook may leave out of a push, as where
// a key comes and goes in it.
func TestLefthookPushes(t *testing.T) {
	for run, want := range map[string]bool{
		`run: "insplint hook pre-push {1} {2}", use_stdin: true`:                                        false,
		`run: "insplint hook pre-push {1} {2} {push_files}", use_stdin: true`:                           false,
		`run: "insplint hook pre-push {1} {2} {files}", files: "git diff --name-only", use_stdin: true`: false,
		`run: "insplint hook pre-push {1} {2}", files: "echo lefthook.yml", use_stdin: true`:            false,
		`run: "insplint hook pre-push {1} {2} {files}", files: "echo lefthook.yml", use_stdin: true`:    true,
	} {
		file := filepath.Join(t.TempDir(), "lefthook.yml")
		if err := os.WriteFile(file, []byte("pre-push: {commands: {insplint: {"+run+"}}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		h := installables()[2]
		if lacks := lefthookLacks(file, h); (lacks == "") != want {
			t.Errorf("%s: lacks %q", run, lacks)
		}
	}
	file := filepath.Join(t.TempDir(), ".config", "lefthook.yaml")
	if lacks := lefthookLacks(file, installables()[2]); !strings.Contains(lacks, `files: "echo .config/lefthook.yaml"`) {
		t.Errorf("lacks %s, which names no file that is there", lacks)
	}
}
