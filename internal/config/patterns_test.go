package config

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPatternsRefused(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a?c", "not supported"}, {"[ab]", "not supported"}, {`a\ b`, "not supported"}, {`\#a`, "not supported"},
		{"a**", "must be all"}, {"a/**b", "must be all"}, {"***", "must be all"},
		{"**", "needs another part"}, {"/**", "needs another part"}, {"**/", "needs another part"}, {"**/**/a", "needs another part"},
		{"/", "names nothing"}, {"!", "names nothing"}, {"", "names nothing"},
		{"a//b", "matches nothing"}, {"./a", "matches nothing"}, {"a/../b", "matches nothing"}, {"..", "matches nothing"},
		{"!!a", "escaped"}, {" a", "escaped"}, {"! a", "escaped"}, {"!#a", "escaped"},
		{"a\tb", "control"}, {"a\xff", "UTF-8"}, {strings.Repeat("a", maxPatternLength+1), "longer"},
	}
	for _, test := range tests {
		if _, err := parsePattern(test.text, 1); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one with %q", test.text, err, test.want)
		}
	}
}

func TestMatchNamesThePattern(t *testing.T) {
	var l patterns
	for i, text := range []string{"*.log", "!keep.log", "build/", "/src/(app)/+page.ts", "docs/**", "!docs/a.md"} {
		if err := l.add(text, i+1); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{
		"a.log": 1, "x/y/a.log": 1, "keep.log": 0, "x/keep.log": 0, "x/build/keep.log": 3, "build": 0,
		"src/(app)/+page.ts": 4, "x/src/(app)/+page.ts": 0, "docs/b/c": 5, "docs/a.md": 0, "docs": 0, "x.txt": 0,
	}
	for path, line := range want {
		got := 0
		if p := l.match(path); p != nil {
			got = p.line
		}
		if got != line {
			t.Errorf("%s: line %d, want %d", path, got, line)
		}
	}
}

func TestLeadInto(t *testing.T) {
	var l patterns
	for _, text := range []string{"target/site/**", "/vendor/our/*.settings", "*.secret", "!node_modules/x/y"} {
		if err := l.add(text, 1); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string]bool{
		"target": true, "target/site": true, "target/site/css": true, "target/classes": false, "vendor": true,
		"vendor/our": true, "vendor/other": false, "x/vendor": false, "node_modules": false, "targets": false,
	} {
		if got := l.leadInto(dir); got != want {
			t.Errorf("%s: %t, want %t", dir, got, want)
		}
	}
}

// randomPattern makes a pattern of the grammar, over few names so that many
// match.
func randomPattern(r *rand.Rand) string {
	names := []string{"a", "b", "*", "a*", "*b", "a*b", "*.c", "a.c", "(b)", "+a", "a b", "$a", "{a}", "é", "a|b", "a^", "*+", "#", "ab"}
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	var parts []string
	for range 1 + r.IntN(3) {
		part := pick(names...)
		if r.IntN(5) == 0 && (len(parts) == 0 || parts[len(parts)-1] != "**") {
			part = "**"
		}
		parts = append(parts, part)
	}
	return pick("", "", "", "!") + pick("", "", "/") + strings.Join(parts, "/") + pick("", "", "", "/")
}

func randomPath(r *rand.Rand) string {
	names := []string{"a", "b", "ab", "aab", "x.c", "a.c", "(b)", "b", "+a", "aa", "a b", "$a", "{a}", "é", "a|b", "a^", "^", "x+", "#", "c"}
	var parts []string
	for range 1 + r.IntN(4) {
		parts = append(parts, names[r.IntN(len(names))])
	}
	return strings.Join(parts, "/")
}

// TestPatternsAsGit compares random lists with "git check-ignore": what the
// grammar takes must mean what it means to git.
func TestPatternsAsGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	ignored, asked := 0, 0
	for range 120 {
		var l patterns
		var text strings.Builder
		for len(l) < 1+r.IntN(5) {
			one := randomPattern(r)
			if strings.HasPrefix(one, "#") || l.add(one, 0) != nil {
				continue
			}
			text.WriteString(one + "\n")
		}
		var paths []string
		for range 150 {
			paths = append(paths, randomPath(r))
		}
		for i, want := range askGit(t, dir, text.String(), paths) {
			got := l.match(paths[i]) != nil
			if asked++; want {
				ignored++
			}
			if got != want {
				t.Errorf("seed %d: of the patterns %q, %q: got %t, git says %t", seed, text.String(), paths[i], got, want)
			}
		}
	}
	if ignored < asked/10 || ignored > asked*9/10 {
		t.Errorf("%d of %d paths are ignored: the test asks too little", ignored, asked)
	}
}

// askGit asks git which paths some patterns ignore. The paths do not exist, and
// so are files.
func askGit(t *testing.T, dir, patterns string, paths []string) []bool {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(patterns), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "-C", dir, "-c", "core.excludesFile=", "-c", "core.ignoreCase=false", "check-ignore", "--no-index", "-z", "-v", "-n", "--stdin")
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\x00") + "\x00")
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatal(err)
	}
	fields := bytes.Split(out, []byte{0})
	var ignored []bool
	for i := 0; i+3 < len(fields); i += 4 { // source, line, pattern, path
		pattern := string(fields[i+2])
		ignored = append(ignored, pattern != "" && !strings.HasPrefix(pattern, "!"))
	}
	if len(ignored) != len(paths) {
		t.Fatal(fmt.Errorf("git answered about %d of %d paths", len(ignored), len(paths)))
	}
	return ignored
}
