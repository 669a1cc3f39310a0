package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/cli"
	"github.com/inspecto/insplint/rules"
)

// examples say what to do with the first block of code after "Bad" and "Good"
// in each rule's help: steps parted by ";", in a new repository.
//
//	write FILE    write the block to a file
//	split         write each part of the block to the file that the comment above it names
//	sh            run the block
//	key FILE      write an env file with a key
//	ignore LINE   write a .gitignore
//	empty FILE    write an empty file
//	commit DATE   commit everything
var examples = []struct{ rule, bad, good string }{
	{"INSP002", "write app.yml; commit", "write app.yml; commit"},
	{"INSP003", "key .env; write .gitignore", "key .env; write .gitignore"},
	{"INSP004", "key .env; commit; sh", "key .env; sh"},
	{"INSP005", "write list.sh", "write list.sh"},
	{"INSP101", "ignore .env*; write .env.local", "ignore .env*; write .env.local"},
	{"INSP102", "ignore .env; write .env", "ignore .env; write .env"},
	{"INSP103", "write .env; commit 2020-02-03T04:05:06Z", "write serve.sh; commit 2020-02-03T04:05:06Z"},
	{"INSP104", "ignore .env; split", "ignore .env; split"},
	{"INSP105", "ignore .env; key .env; write Dockerfile", "ignore .env; key .env; empty package.json; empty src/a.js; write Dockerfile"},
	{"INSP106", "write list.sh", "write list.sh"},
	{"INSP107", "write request.http", "write request.http"},
}

// TestExamples holds that each bad example breaks its rule, and that the good
// one does not. clientExposure's need a project around them: its own tests hold
// them.
func TestExamples(t *testing.T) {
	tested := map[string]bool{"INSP001": true}
	for _, e := range examples {
		tested[e.rule] = true
		t.Run(e.rule, func(t *testing.T) {
			rule, ok := rules.Lookup(e.rule)
			if !ok {
				t.Fatal("there is no such rule")
			}
			if !breaksRule(t, rule, e.bad, "Bad") {
				t.Error("the bad example does not break the rule")
			}
			if breaksRule(t, rule, e.good, "Good") {
				t.Error("the good example breaks the rule")
			}
		})
	}
	for _, rule := range rules.All() {
		if !tested[rule.ID] {
			t.Errorf("the examples of %s are not run", rule.ID)
		}
	}
}

// breaksRule builds one example of a rule's help and scans it.
func breaksRule(t *testing.T, rule *rules.Rule, steps, which string) bool {
	t.Helper()
	_, after, ok := strings.Cut(rule.Help, "\n"+which)
	block := regexp.MustCompile("(?s)```[a-z]*\n(.*?)```").FindStringSubmatch(after)
	if !ok || block == nil {
		t.Fatalf("the help has no example that begins with %q", which)
	}
	key := testKeys()["KEY1"]
	r := exampleRepo{t, t.TempDir(), strings.ReplaceAll(block[1], "insp_your_api_key_here", key)}
	r.run("git", "init", "--quiet")
	for step := range strings.SplitSeq(steps, "; ") {
		r.step(step, "INSPECTO_API_KEY="+key+"\n")
	}
	var out strings.Builder
	c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
	c.Main(context.Background(), []string{"scan", "--format", "json", r.dir})
	var report scriptReport
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil || !report.Scanned.Complete {
		t.Fatalf("the scan says %s (%v)", out.String(), err)
	}
	for _, f := range report.Findings {
		if f.Rule == rule.ID {
			return true
		}
	}
	return false
}

type exampleRepo struct {
	t     *testing.T
	dir   string
	block string
}

func (r exampleRepo) step(step, keyFile string) {
	verb, argument, _ := strings.Cut(step, " ")
	switch verb {
	case "write":
		r.write(argument, r.block)
	case "key":
		r.write(argument, keyFile)
	case "ignore":
		r.write(".gitignore", argument+"\n")
	case "empty":
		r.write(argument, "")
	case "split":
		for part := range strings.SplitSeq(strings.TrimPrefix(r.block, "# "), "\n# ") {
			name, text, _ := strings.Cut(part, "\n")
			r.write(name, text)
		}
	case "sh":
		r.run("sh", "-e", "-c", r.block)
	case "commit":
		r.run("git", "add", "--all")
		r.run("env", "GIT_AUTHOR_DATE="+argument, "GIT_COMMITTER_DATE="+argument, "git", "commit", "--quiet", "--message", "example")
	default:
		r.t.Fatalf("unknown step %q", step)
	}
}

func (r exampleRepo) write(name, text string) {
	path := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r exampleRepo) run(program string, args ...string) {
	r.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME="+r.dir, "GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com")
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}
