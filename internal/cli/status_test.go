package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/rules"
	"github.com/spf13/cobra"
)

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		err     error
		status  int
		message string // of standard error; empty for none
	}{
		{nil, statusClean, ""},
		{errFindings, statusFindings, ""},
		{errIncomplete, statusIncomplete, ""},
		{fmt.Errorf("write: %w", syscall.EPIPE), statusClean, ""},
		{errors.New("no such thing"), statusIncomplete, "no such thing"},
		{fmt.Errorf("scan: %w", context.Canceled), statusIncomplete, "stopped before the end; nothing is reported"},
		{errors.New("two\nlines\x1b[31m\r"), statusIncomplete, `two\nlines\x1b[31m\r`},
		{errors.New("a log command ##[error]x"), statusIncomplete, `a log command ##\x5berror]x`},
		{errors.New("scan " + cliKey("insp_")), statusIncomplete, "scan insp_…"},
	} {
		if got := status(test.err); got != test.status {
			t.Errorf("status(%v) = %d, want %d", test.err, got, test.status)
		}
		if got := failure(test.err); got != test.message {
			t.Errorf("failure(%v) = %q, want %q", test.err, got, test.message)
		}
	}
}

// TestOutcome says what a report means for the status: findings before gaps,
// suppressed findings not at all.
func TestOutcome(t *testing.T) {
	finding := func(level rules.Level, suppressed *rules.Suppression) rules.Finding {
		return rules.Finding{Level: level, Suppressed: suppressed}
	}
	accepted := &rules.Suppression{Kind: "baseline"}
	for name, test := range map[string]struct {
		findings []rules.Finding
		complete bool
		problems []rules.Problem
		failOn   rules.Level
		want     error
	}{
		"nothing":                      {nil, true, nil, rules.Warning, nil},
		"at the level":                 {[]rules.Finding{finding(rules.Warning, nil)}, true, nil, rules.Warning, errFindings},
		"above":                        {[]rules.Finding{finding(rules.Error, nil)}, true, nil, rules.Note, errFindings},
		"below":                        {[]rules.Finding{finding(rules.Note, nil)}, true, nil, rules.Warning, nil},
		"never":                        {[]rules.Finding{finding(rules.Error, nil)}, true, nil, 0, nil},
		"suppressed":                   {[]rules.Finding{finding(rules.Error, accepted)}, true, nil, rules.Note, nil},
		"one suppressed, one not":      {[]rules.Finding{finding(rules.Error, accepted), finding(rules.Error, nil)}, true, nil, rules.Note, errFindings},
		"incomplete":                   {nil, false, nil, rules.Warning, errIncomplete},
		"a problem":                    {nil, true, []rules.Problem{{Message: "gone"}}, rules.Warning, errIncomplete},
		"a problem, never":             {nil, true, []rules.Problem{{Message: "gone"}}, 0, errIncomplete},
		"incomplete with findings":     {[]rules.Finding{finding(rules.Error, nil)}, false, nil, rules.Warning, errFindings},
		"incomplete, findings below":   {[]rules.Finding{finding(rules.Note, nil)}, false, nil, rules.Warning, errIncomplete},
		"incomplete, all are accepted": {[]rules.Finding{finding(rules.Error, accepted)}, false, nil, rules.Note, errIncomplete},
	} {
		r := &report.Report{Findings: test.findings, Problems: test.problems, Scanned: rules.Scanned{Complete: test.complete}}
		if got := outcome(r, test.failOn); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// brokenPipe is a standard output that nobody reads any more.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// fullDisk is a standard output that takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestUnwritableOutput: a reader that went away does not undo a finding, and
// does not keep a file from being written; any other failure is one.
func TestUnwritableOutput(t *testing.T) {
	dirty, clean, file := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "out.json")
	writeTestFile(t, filepath.Join(dirty, "a.txt"), cliKey("insp_"))
	getenv := func(string) string { return "" }
	for _, test := range []struct {
		stdout io.Writer
		dir    string
		want   int
	}{
		{brokenPipe{}, dirty, statusFindings},
		{brokenPipe{}, clean, statusClean},
		{fullDisk{}, dirty, statusIncomplete},
		{fullDisk{}, clean, statusIncomplete},
	} {
		_ = os.Remove(file)
		c := Command{Stdin: strings.NewReader(""), Stdout: test.stdout, Stderr: io.Discard, Getenv: getenv}
		if got := c.Main(t.Context(), []string{"scan", "-o", "-", "-o", "json=" + file, test.dir}); got != test.want {
			t.Errorf("%T: status %d, want %d", test.stdout, got, test.want)
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%T: the other report: %v", test.stdout, err)
		}
	}
	for _, args := range [][]string{{"version"}, {"explain"}, {"explain", "INSP001"}, {"completion", "bash"}} {
		c := Command{Stdin: strings.NewReader(""), Stdout: fullDisk{}, Stderr: io.Discard, Getenv: getenv}
		if got := c.Main(t.Context(), args); got != statusIncomplete {
			t.Errorf("%v to a full disk: status %d", args, got)
		}
	}
}

// TestReaderOfFileGone: the reader of a report that goes to a pipe by a name, as with
// --output json=>(head -1), may go away like that of standard output. It undoes no
// finding, and keeps no other report from being written.
func TestReaderOfFileGone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("pipes have no names in /dev/fd")
	}
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "a.txt"), cliKey("insp_"))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	c := Command{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	gone := fmt.Sprintf("json=/dev/fd/%d", w.Fd())
	if got := c.Main(t.Context(), []string{"scan", "-o", gone, "-o", "-", dir}); got != statusFindings {
		t.Errorf("status %d, want %d; standard error %q", got, statusFindings, stderr.String())
	}
	if !strings.Contains(stdout.String(), "INSP005") {
		t.Errorf("the report on standard output is %q, want the finding", stdout.String())
	}
}

func writeTestFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestStopped: a scan that was interrupted reports nothing and fails.
func TestStopped(t *testing.T) {
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "a.txt"), cliKey("insp_"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"scan", dir}, {"scan", "-"}} {
		var out, errs strings.Builder
		c := Command{Stdin: strings.NewReader("text"), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
		status := c.Main(ctx, args)
		if status != statusIncomplete || out.Len() > 0 || !strings.Contains(errs.String(), "stopped before the end") {
			t.Errorf("%v: status %d, %q, %q", args, status, out.String(), errs.String())
		}
	}
}

// TestCommandsExplainThemselves: every command has an example, one that names
// it, and help that says what it does.
func TestCommandsExplainThemselves(t *testing.T) {
	c := Command{Getenv: func(string) string { return "" }}
	var check func(*cobra.Command)
	seen := 0
	check = func(cmd *cobra.Command) {
		seen++
		if !strings.Contains(cmd.Example, "insplint") || cmd.Short == "" {
			t.Errorf("%q has no example or no description", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	check(c.root(func(string) bool { return true }))
	if seen < 10 {
		t.Errorf("found %d commands", seen)
	}
}

// TestFlagChecks: what was typed is checked before anything is read, and what
// is wrong is named.
func TestFlagChecks(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		args []string
		want string // in the one line of standard error
	}{
		{[]string{"--jobs", "-1"}, "--jobs -1"},
		{[]string{"--jobs", "129"}, "from 1 to 128"},
		{[]string{"--fail-on", ""}, `--fail-on ""`},
		{[]string{"--fail-on", "Error"}, `--fail-on "Error"`},
		{[]string{"--min-confidence", ""}, `--min-confidence ""`},
		{[]string{"--color", ""}, `--color ""`},
		{[]string{"--only-active"}, "--verify"},
		{[]string{"--format", ""}, `--format ""`},
		{[]string{"--format", "json", "-o", ""}, `--output ""`},
		{[]string{"-o", "text="}, `--output "text="`},
		{[]string{"-o", filepath.Join(dir, "a"), "-o", "json=" + filepath.Join(dir, "a")}, "named twice"},
		{[]string{"-o", dir}, "is a directory"},
		{[]string{"-o", filepath.Join(dir, "no", "file")}, "there is no directory"},
		{[]string{"--write-baseline", dir}, "is a directory"},
		{[]string{"--baseline", filepath.Join(dir, "none")}, "--write-baseline"},
		{[]string{"--staged", "--ignored"}, "--staged reads the index alone"},
		{[]string{"--staged", "--range", "a..b"}, "exclude each other"},
		{[]string{"--range", " "}, `--range ""`},
		{[]string{"--range", "a..b", "--history"}, "--range reads commits alone"},
	} {
		args := append([]string{"scan"}, test.args...)
		if test.args[0] != "--staged" && test.args[0] != "--range" {
			args = append(args, dir)
		}
		status, out, errs := run("", nil, args...)
		if status != statusIncomplete || out != "" || !strings.Contains(errs, test.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q, %q", args, status, out, errs)
		}
	}
}

// TestOutputs reads [FORMAT=]FILE.
func TestOutputs(t *testing.T) {
	t.Chdir(t.TempDir())
	f := &reportFlags{
		format: "json", failOn: "never", minConfidence: "low", color: "auto",
		outputs: []string{"plain", "sarif=named", "./xml=part", "-"},
	}
	s, err := f.check()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range s.outputs {
		got = append(got, o.format.Name+" "+o.path)
	}
	if want := "json plain, sarif named, json ./xml=part, json "; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if s.failOn != 0 || s.workers < 1 {
		t.Errorf("fail on %v, %d workers", s.failOn, s.workers)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	check := func(step, want string) {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", step, got, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%s: left %v", step, entries)
		}
	}
	if err := writeFile(path, []byte("first, and long")); err != nil {
		t.Fatal(err)
	}
	check("new", "first, and long")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(path, []byte("second")); err != nil {
		t.Fatal(err)
	}
	check("replaced", "second")
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v after it was replaced", info.Mode())
	}
	err := writeFile(filepath.Join(dir, "no", "out"), nil)
	if err == nil || !strings.Contains(err.Error(), "out\"") || strings.Contains(err.Error(), ".out.") {
		t.Errorf("no directory: %v", err)
	}
	if err := writeFile(dir, nil); err == nil {
		t.Error("wrote to a directory")
	}
}

// TestWriteFileThroughLink: a link stays a link, /dev/stdout among them.
func TestWriteFileThroughLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	writeTestFile(t, target, "old and longer")
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	if err := writeFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	if got, _ := os.ReadFile(target); string(got) != "new" {
		t.Errorf("the target holds %q", got)
	}
}

// TestRefLinesAreBounded: refs that are not read would be commits that are not
// searched.
func TestRefLinesAreBounded(t *testing.T) {
	id := strings.Repeat("0", 40)
	line := "refs/heads/a " + id + " refs/heads/a " + id + "\n"
	many := strings.Repeat(line, maxRefLines/len(line)+1)
	c := Command{Stdin: strings.NewReader(many), Stderr: io.Discard}
	if _, err := c.refUpdates("pre-push", 4, 1, 3); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%d bytes of refs: %v", len(many), err)
	}
	for _, bad := range []string{"one two\n", strings.Repeat("x", 1<<17)} {
		c.Stdin = strings.NewReader(bad)
		if _, err := c.refUpdates("pre-push", 4, 1, 3); err == nil {
			t.Errorf("took %.20q for refs", bad)
		}
	}
}
