package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// An actionStep is one step of action.yml.
type actionStep struct {
	name, shell, run string
	env              map[string]string // values as they are written, "${{ inputs.path }}"
}

// An actionFile is as much of action.yml as these tests need.
type actionFile struct {
	defaults map[string]string // by input
	steps    []actionStep
}

// readAction reads the plain YAML that action.yml is written in: maps by
// indentation, quoted or plain values, and scripts behind "run: |".
func readAction(t *testing.T) actionFile {
	t.Helper()
	a := actionFile{defaults: map[string]string{}}
	var section, input string
	lines := strings.Split(readText(t, "action.yml"), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " ")
		indent := len(line) - len(strings.TrimLeft(line, " "))
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimLeft(line, " "), "- "), ": ")
		name, value = strings.TrimSuffix(name, ":"), strings.Trim(value, `'"`)
		switch {
		case indent == 0:
			section = name
		case section == "inputs" && indent == 2:
			input = name
		case section == "inputs" && name == "default":
			a.defaults[input] = value
		case section != "runs":
		case indent == 4 && name == "name":
			a.steps = append(a.steps, actionStep{name: value, env: map[string]string{}})
		case name == "shell":
			a.steps[len(a.steps)-1].shell = value
		case strings.HasPrefix(value, "${{"):
			a.steps[len(a.steps)-1].env[name] = value
		case name == "run":
			for i+1 < len(lines) && (lines[i+1] == "" || strings.HasPrefix(lines[i+1], "        ")) {
				i++
				a.steps[len(a.steps)-1].run += strings.TrimPrefix(lines[i], "        ") + "\n"
			}
		}
	}
	if len(a.steps) < 2 || len(a.defaults) < 5 {
		t.Fatalf("read %d steps and %d inputs from action.yml: this test reads it wrongly", len(a.steps), len(a.defaults))
	}
	return a
}

var inputExpression = regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`)

// TestActionPastesNothing keeps what a caller writes out of the scripts: a
// "${{ }}" inside one is text that the shell would run.
func TestActionPastesNothing(t *testing.T) {
	a := readAction(t)
	used := map[string]bool{}
	for _, s := range a.steps {
		if s.shell != "bash" || !strings.HasPrefix(s.run, "set -euo pipefail\n") {
			t.Errorf("step %q: want a bash script that begins with set -euo pipefail, got shell %q and\n%s", s.name, s.shell, s.run)
		}
		if strings.Contains(s.run, "${{") {
			t.Errorf("step %q: its script holds an expression", s.name)
		}
		for name, value := range s.env {
			input := inputExpression.FindStringSubmatch(value)
			if input == nil {
				t.Errorf("step %q: $%s is %q, want one input", s.name, name, value)
				continue
			}
			used[input[1]] = true
			if _, declared := a.defaults[input[1]]; !declared || !strings.Contains(s.run, name) {
				t.Errorf("step %q: $%s: the input is not declared, or the script does not use it", s.name, name)
			}
		}
	}
	for name := range a.defaults {
		if !used[name] {
			t.Errorf("input %q is declared, and no step reads it", name)
		}
	}
	for line := range strings.Lines(readText(t, "action.yml")) {
		if name, ok := strings.CutPrefix(strings.TrimLeft(line, " -"), "uses:"); ok && !regexp.MustCompile(`@[0-9a-f]{40}\b`).MatchString(name) {
			t.Errorf("action.yml uses%s: not pinned by a full SHA", name)
		}
	}
}

// A runner runs the steps of action.yml as GitHub's would: in a shell of its
// own, with the runner's files and variables.
type runner struct {
	action    actionFile
	temp      string // $RUNNER_TEMP, shared by the runs: the binary lies there
	workspace string
	env       []string
}

// A runResult is what a run of the action left behind.
type runResult struct {
	status       int
	log, summary string
	outputs      map[string]string
	sarif        []byte // nil if there is none
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	program, err := exec.LookPath("insplint") // beside what TestMain built, until all tests are over
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{action: readAction(t), temp: filepath.Join(filepath.Dir(program), "runner"), workspace: t.TempDir()}
	if _, err := os.Stat(r.temp); err == nil {
		return r // as later steps of one job find it
	}
	if status, log := r.step(t, r.action.steps[0], nil); status != 0 {
		t.Fatalf("%s: status %d\n%s", r.action.steps[0].name, status, log)
	}
	return r
}

// step runs one script.
func (r *runner) step(t *testing.T, s actionStep, env []string) (status int, log string) {
	t.Helper()
	top, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "step.sh")
	writeText(t, script, s.run)
	cmd := exec.CommandContext(t.Context(), bash, "--noprofile", "--norc", "-e", "-o", "pipefail", script)
	cmd.Dir = r.workspace
	cmd.Env = append(os.Environ(), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_ACTION_PATH="+top, "GITHUB_EVENT_NAME=push",
		"GITHUB_WORKSPACE="+r.workspace, "RUNNER_TEMP="+r.temp)
	cmd.Env = append(append(cmd.Env, r.env...), env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// scan runs every step but the first with these inputs.
func (r *runner) scan(t *testing.T, inputs map[string]string) runResult {
	t.Helper()
	dir := t.TempDir()
	output, summary := filepath.Join(dir, "output"), filepath.Join(dir, "summary")
	writeText(t, output, "")
	writeText(t, summary, "of an earlier step\n")
	env := []string{"GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + summary}
	for name, value := range r.action.steps[1].env {
		input := inputExpression.FindStringSubmatch(value)[1]
		if given, ok := inputs[input]; ok {
			env = append(env, name+"="+given)
		} else {
			env = append(env, name+"="+r.action.defaults[input])
		}
	}
	result := runResult{outputs: map[string]string{}}
	result.status, result.log = r.step(t, r.action.steps[1], env)
	for line := range strings.Lines(readText(t, output)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		result.outputs[name] = value
	}
	var kept bool
	if result.summary, kept = strings.CutPrefix(readText(t, summary), "of an earlier step\n"); !kept {
		t.Error("the summary of an earlier step is gone")
	}
	if name := result.outputs["sarif-file"]; name != "" {
		result.sarif = []byte(readText(t, name))
	}
	for what, text := range map[string]string{"log": result.log, "summary": result.summary, "SARIF": string(result.sarif)} {
		for name, key := range testKeys() {
			if !strings.HasPrefix(name, "FP_") && strings.Contains(text, key[len(key)-24:]) {
				t.Errorf("the %s holds a part of %s", what, name)
			}
		}
	}
	return result
}

// sarifPlaces lists "RULE PATH" of every result.
func (r runResult) sarifPlaces(t *testing.T) []string {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID    string
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal(r.sarif, &log); err != nil {
		t.Fatalf("the SARIF report: %v", err)
	}
	var places []string
	for _, run := range log.Runs {
		for _, result := range run.Results {
			places = append(places, result.RuleID+" "+result.Locations[0].PhysicalLocation.ArtifactLocation.URI)
		}
	}
	slices.Sort(places)
	return places
}

// want compares status, exit status and rules; rules is nil where there must
// be no SARIF report.
func (r runResult) want(t *testing.T, status int, places []string) {
	t.Helper()
	if r.status != status || r.outputs["status"] != fmt.Sprint(status) {
		t.Errorf("exit status %d, output status %q, want %d; the log:\n%s", r.status, r.outputs["status"], status, r.log)
	}
	switch {
	case places == nil && r.sarif != nil:
		t.Errorf("there is a SARIF report at %s", r.outputs["sarif-file"])
	case places != nil && r.sarif == nil:
		t.Errorf("there is no SARIF report; the log:\n%s", r.log)
	case places != nil:
		if got := r.sarifPlaces(t); !slices.Equal(got, places) {
			t.Errorf("SARIF results %q, want %q", got, places)
		}
	}
}

// leakyWorkspace puts a repository into the workspace: one key in its tree,
// one only in its history.
func (r *runner) leakyWorkspace(t *testing.T) {
	t.Helper()
	keys := testKeys()
	writeText(t, filepath.Join(r.workspace, "old.txt"), keys["KEY1"]+"\n")
	r.git(t, "init", "--quiet")
	r.commit(t)
	writeText(t, filepath.Join(r.workspace, "old.txt"), "gone\n")
	writeText(t, filepath.Join(r.workspace, "src", "app.py"), fmt.Sprintf("KEY = %q\n", keys["KEY2"]))
	r.commit(t)
}

var leaks = []string{"INSP002 src/app.py", "INSP004 old.txt"}

func (r *runner) commit(t *testing.T) {
	t.Helper()
	r.git(t, "add", "--all")
	r.git(t, "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "change")
}

func (r *runner) git(t *testing.T, args ...string) {
	t.Helper()
	runGit(t, r.workspace, args...)
}

func TestActionOnFindings(t *testing.T) {
	r := newRunner(t)
	r.leakyWorkspace(t)

	t.Run("defaults", func(t *testing.T) {
		result := r.scan(t, nil)
		result.want(t, 1, leaks)
		for _, text := range []string{result.log, result.summary} {
			if !strings.Contains(text, "src/app.py") || !strings.Contains(text, testKeys()["FP_KEY2"]) {
				t.Errorf("neither file nor fingerprint are in\n%s", text)
			}
		}
		if !strings.Contains(result.log, "\n::error title=INSP002") {
			t.Errorf("no annotation in the log:\n%s", result.log)
		}
	})
	t.Run("files only", func(t *testing.T) {
		r.scan(t, map[string]string{"history": "false"}).want(t, 1, leaks[:1])
	})
	t.Run("below the top", func(t *testing.T) {
		r.scan(t, map[string]string{"path": "src"}).want(t, 1, []string{"INSP002 app.py"})
		r.scan(t, map[string]string{"path": "src", "history": "true"}).want(t, 1, []string{"INSP002 app.py", "INSP004 ../old.txt"})
	})
	t.Run("fail-on", func(t *testing.T) {
		r.scan(t, map[string]string{"fail-on": "never"}).want(t, 0, leaks)
	})
	t.Run("sarif-file", func(t *testing.T) {
		name := filepath.ToSlash(filepath.Join(t.TempDir(), "a b=c.sarif"))
		result := r.scan(t, map[string]string{"sarif-file": name})
		result.want(t, 1, leaks)
		if got := result.outputs["sarif-file"]; got != name {
			t.Errorf("output sarif-file %q, want %q", got, name)
		}
	})
	t.Run("baseline", func(t *testing.T) {
		baseline := filepath.Join(t.TempDir(), "baseline.jsonl")
		run := exec.CommandContext(t.Context(), "insplint", "scan", "--quiet", "--write-baseline", baseline, r.workspace)
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		r.scan(t, map[string]string{"baseline": baseline}).want(t, 0, []string{})
	})
	t.Run("wrong inputs", func(t *testing.T) {
		for _, inputs := range []map[string]string{
			{"path": ""},
			{"path": "-"},
			{"path": "$(touch pwned)"},
			{"path": `"; touch pwned; "`},
			{"path": "--fail-on=never"},
			{"history": "maybe"},
			{"verify": "TRUE; touch pwned"},
			{"fail-on": "never --no-history"},
			{"baseline": "`touch pwned`"},
			{"sarif-file": "x\nstatus=0"},
			{"sarif-file": "no/such/directory/x.sarif"},
		} {
			r.scan(t, inputs).want(t, 2, nil)
		}
		if _, err := os.Stat(filepath.Join(r.workspace, "pwned")); err == nil {
			t.Error("an input was run as a command")
		}
	})
}

// TestActionOnPullRequest: a pull request is judged by what it brings in, by the
// settings of the branch that it goes to.
func TestActionOnPullRequest(t *testing.T) {
	r := newRunner(t)
	r.leakyWorkspace(t)
	base := gitOutput(t, r.workspace, "rev-parse", "HEAD")
	writeText(t, filepath.Join(r.workspace, "new.py"), fmt.Sprintf("KEY = %q\n", testKeys()["KEY3"]))
	writeText(t, filepath.Join(r.workspace, ".insplint.yaml"), "levels: {INSP002: off, INSP004: off}\n")
	r.commit(t)
	head := gitOutput(t, r.workspace, "rev-parse", "HEAD")
	event := filepath.Join(t.TempDir(), "event.json")
	writeText(t, event, fmt.Sprintf(`{"pull_request": {"base": {"sha": %q, "ref": "main"}, "head": {"sha": %q, "ref": "new"}}}`, base, head))
	r.env = []string{"GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH=" + event}
	result := r.scan(t, nil)
	result.want(t, 1, []string{"INSP002 new.py"})
	if strings.Count(result.summary, "## insplint:") != 1 || !strings.Contains(result.summary, testKeys()["FP_KEY3"]) || strings.Contains(result.summary, testKeys()["FP_KEY2"]) {
		t.Errorf("the summary is not that of the change:\n%s", result.summary)
	}
	// Whoever asks for all of history gets it, as what is checked out has it.
	r.scan(t, map[string]string{"history": "true"}).want(t, 0, []string{})
}

func TestActionOnCleanAndShallow(t *testing.T) {
	r := newRunner(t)
	writeText(t, filepath.Join(r.workspace, "a.txt"), "nothing\n")
	r.git(t, "init", "--quiet")
	r.commit(t)
	writeText(t, filepath.Join(r.workspace, "a.txt"), "nothing new\n")
	r.commit(t)
	r.scan(t, nil).want(t, 0, []string{})

	full := r.workspace
	r.workspace = filepath.Join(t.TempDir(), "shallow")
	runGit(t, full, "clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(full), r.workspace)
	result := r.scan(t, nil)
	result.want(t, 2, []string{})
	if !strings.Contains(result.log, "shallow") || !strings.Contains(result.summary, "shallow") {
		t.Errorf("what was missed is not in the log or not in the summary:\n%s\n%s", result.log, result.summary)
	}
	r.scan(t, map[string]string{"history": "false"}).want(t, 0, []string{})
}

// TestActionVerifies counts what reaches the vendor: nothing, unless asked.
func TestActionVerifies(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":[]}`)
	}))
	defer server.Close()
	r := newRunner(t)
	roots := filepath.Join(r.temp, "roots.pem")
	writeText(t, roots, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	r.env = []string{"INSPLINT_PRODUCTION_URL=" + server.URL, "INSPLINT_SANDBOX_URL=" + server.URL, "INSPLINT_CA_FILE=" + roots}
	r.leakyWorkspace(t)

	r.scan(t, nil).want(t, 1, leaks)
	if got := asked.Load(); got != 0 {
		t.Errorf("%d requests without verify", got)
	}
	result := r.scan(t, map[string]string{"verify": "true"})
	result.want(t, 1, leaks)
	if got := asked.Load(); got != 2 || !strings.Contains(result.log, "active") {
		t.Errorf("%d requests for two keys; the log:\n%s", got, result.log)
	}
}

// TestActionLog keeps names of files from being read as workflow commands.
func TestActionLog(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("such names cannot be made on Windows")
	}
	r := newRunner(t)
	key := testKeys()["KEY1"]
	for _, name := range []string{"::warning::x", "a\n::add-mask::x", "b\r##[command]x", "c\n::stop-commands::x"} {
		writeText(t, filepath.Join(r.workspace, name), key+"\n::set-output name=x::y\n")
	}
	result := r.scan(t, nil)
	if result.status != 1 {
		t.Errorf("status %d", result.status)
	}
	ours := regexp.MustCompile(`^::(error|warning|notice) title=(INSP[0-9]{3} |insplint)`)
	for line := range strings.FieldsFuncSeq(result.log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimLeft(line, " \t")
		if strings.HasPrefix(line, "##[") || strings.HasPrefix(line, "::") && !ours.MatchString(line) {
			t.Errorf("the runner would take this line for a command: %s", line)
		}
	}
}

// TestActionWithoutGo wants one clear line.
func TestActionWithoutGo(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	r := &runner{action: readAction(t), temp: t.TempDir(), workspace: t.TempDir()}
	status, log := r.step(t, r.action.steps[0], []string{"PATH=" + t.TempDir()})
	if status != 2 || !strings.Contains(log, "actions/setup-go") || strings.Count(log, "\n") != 1 {
		t.Errorf("status %d, log %q", status, log)
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeText(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// gitOutput is what git says, without the end of the line.
func gitOutput(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// runGit runs git away from the settings of whoever runs the tests.
func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
