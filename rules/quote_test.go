package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/inspecto/insplint/internal/key"
)

// hostileNames are file names that a tree can hold and a careless message or
// command would not survive.
var hostileNames = []string{
	"plain.env", "dir/.env", "a b", " lead", "trail ", "trail  ", "-rf", "--", "it's", `"quoted"`, "`id`", "$(id)", "$HOME", "a;id", "a|b",
	"a\nb", "\n", "a\rb", "cr\r", "tab\t", "\x1b[31mred", "\x07", "a\\b", "a\\", "a*", "?", "[a]", "a]", "{a,b}", "~", "~root", "#x", "!x", "a!b", "it's\n!x",
	"::error::x", ":(top)x", ":x", "ünï", "日本", "\u202eexe.txt", "\u2028", "\xff\xfe", "a\xffb", "=x", "%x", "a=b", "&", ">x", "(x)", "'", "''", "'\n'", `\'`, "\u00a0", "\uFFFD",
}

func TestPrintable(t *testing.T) {
	tests := map[string]string{
		"config/prod.env": "config/prod.env",
		"ünï":             "ünï",
		"":                `""`,
		"a b":             `"a b"`,
		"a\nb":            `"a\nb"`,
		"`id`":            `"\x60id\x60"`,
		"\u202ea":         `"\u202ea"`,
		"\xff":            `"\xff"`,
		`a"b`:             `"a\"b"`,
	}
	for name, want := range tests {
		if got := printable(name); got != want {
			t.Errorf("printable(%q) = %s, want %s", name, got, want)
		}
	}
}

// needShell returns a shell that knows $'…'.
func needShell(t *testing.T) string {
	t.Helper()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here to judge the quoting")
	}
	return shell
}

func TestShellQuoteAgainstAShell(t *testing.T) {
	shell := needShell(t)
	script := "printf '%s\\0'"
	for _, name := range hostileNames {
		quoted := shellQuote(name)
		if !prints(quoted) {
			t.Errorf("shellQuote(%q) = %q does not print", name, quoted)
		}
		script += " " + quoted
	}
	out, err := exec.Command(shell, "-c", script).Output()
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if !slices.Equal(got, hostileNames) {
		for i := range min(len(got), len(hostileNames)) {
			if got[i] != hostileNames[i] {
				t.Errorf("the shell reads %s as %q, want %q", shellQuote(hostileNames[i]), got[i], hostileNames[i])
			}
		}
		t.Errorf("%d words, want %d", len(got), len(hostileNames))
	}
}

// FuzzQuoting holds that whatever a name is, what is made of it stays on one
// line between its backticks.
func FuzzQuoting(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		o := at(name, Untracked, env, member(name), variable(name, name, name))
		for _, text := range []string{printable(name), shellQuote(name), ignoreLine(name), pathspec(&o), o.variable()} {
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '`' }) {
				t.Errorf("%q became %q", name, text)
			}
		}
		if quoted := shellQuote(name); !strings.HasPrefix(quoted, "$'") && unquote(quoted) != name {
			t.Errorf("shellQuote(%q) = %s reads as %q", name, quoted, unquote(quoted))
		}
		for _, standing := range []Standing{Tracked, Untracked, Outside, History} {
			o.Standing = standing
			for _, finding := range Check([]*Key{testKey(key.Production, o)}, now) {
				if text := finding.Message + finding.Fix; strings.Count(text, "`")%2 != 0 || !prints(strings.ReplaceAll(text, "`", "")) {
					t.Errorf("%q broke out: %q", name, text)
				}
			}
		}
	})
}

// unquote reads a word without or in single quotes as POSIX tells.
func unquote(word string) string {
	if !strings.HasPrefix(word, "'") {
		return word
	}
	return strings.ReplaceAll(word[1:len(word)-1], `'\''`, "'")
}

// gitIn makes a repository that knows nothing of this machine's settings.
func gitIn(t *testing.T) (dir string, git func(args ...string) string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("these names cannot exist on Windows")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here to judge the commands")
	}
	dir = t.TempDir()
	git = func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = gitEnv()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	git("init", "--quiet")
	return dir, git
}

// gitEnv is the environment without what a hook that runs the tests has set.
func gitEnv() []string {
	own := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	return append(own, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
}

// plantNames writes the hostile names that this file system takes, each
// beside neighbours that a careless pattern would catch too.
func plantNames(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	for _, name := range append(slices.Clone(hostileNames), "ax", "axb", "x", "deep/a*", "deep/ax") {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if os.WriteFile(path, nil, 0o644) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestFixCommandsAgainstGit runs the command of a fix for each hostile name
// and asks git whether that file, and no other, left the index.
func TestFixCommandsAgainstGit(t *testing.T) {
	shell := needShell(t)
	dir, git := gitIn(t)
	names := plantNames(t, dir)
	for i, name := range names {
		starts := []string{name, "elsewhere"} // "elsewhere": the scan started below the top
		if i%4 == 0 {
			starts = append(starts, filepath.Base(dir)+"/"+name) // above it
		}
		for _, from := range starts {
			git("add", "--all")
			o := at(name, Tracked, env)
			o.Path = from
			command := strings.Split(committedFix(&o), "`")[1]
			run := exec.CommandContext(t.Context(), shell, "-c", command)
			run.Dir, run.Env = dir, gitEnv()
			if o.top() != "" {
				run.Dir = filepath.Dir(dir)
			}
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", command, err, out)
				continue
			}
			left := strings.Split(strings.TrimSuffix(git("ls-files", "-z"), "\x00"), "\x00")
			slices.Sort(left)
			want := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
			if !slices.Equal(left, want) {
				t.Errorf("%s left %q", command, left)
			}
		}
	}
}

// TestMaskedNamesAgainstGit runs the commands for files that are named after a key, of
// which only the masked form is known.
func TestMaskedNamesAgainstGit(t *testing.T) {
	shell := needShell(t)
	dir, git := gitIn(t)
	names := []string{"KEY", "a*b/KEY.txt", "KEY.d/x", "-KEY's", "aXb/KEY.txt", "insp_client.d", "insp_client.txt", "other"}
	real := strings.NewReplacer("KEY", "insp_"+strings.Repeat("0123", 16))
	for _, name := range names {
		path := filepath.Join(dir, real.Replace(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a*b/KEY.txt", "KEY.d", "-KEY's"} {
		git("add", "--all")
		o := at(strings.ReplaceAll(name, "KEY", "insp_…[3f2a91bc]"), Tracked)
		run := exec.CommandContext(t.Context(), shell, "-c", strings.Trim(untrack(&o), "`"))
		run.Dir, run.Env = dir, gitEnv()
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", untrack(&o), err, out)
		}
		left := strings.Fields(git("-c", "core.quotePath=false", "ls-files"))
		if gone := !slices.ContainsFunc(left, func(n string) bool { return strings.HasPrefix(n, real.Replace(name)) }); len(left) != len(names)-1 || !gone {
			t.Errorf("%s left %q", untrack(&o), left)
		}
	}
	if line := ignoreLine("sub/insp_…[3f2a91bc].env"); line != "/sub/insp_*.env" {
		t.Errorf("the line to ignore it is %q", line)
	}
}

// TestIgnoreLinesAgainstGit asks git what each line ignores: the file, and
// nothing else unless a byte of its name cannot stand in a line.
func TestIgnoreLinesAgainstGit(t *testing.T) {
	dir, git := gitIn(t)
	names := plantNames(t, dir)
	for _, name := range names {
		line := ignoreLine(name)
		ignore := filepath.Join(dir, ".git", "info", "exclude") // .gitignore would be listed itself
		if err := os.WriteFile(ignore, []byte(line+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		out := git("ls-files", "-z", "--others", "--ignored", "--exclude-standard")
		ignored := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
		if !slices.Contains(ignored, name) {
			t.Errorf("the line %q ignores %q, not %q", line, ignored, name)
		}
		if len(ignored) != 1 && prints(name) {
			t.Errorf("the line %q for %q ignores all of %q", line, name, ignored)
		}
	}
}
