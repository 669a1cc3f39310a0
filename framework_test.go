package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A framework is a repository whose commits go through the real pre-commit,
// with this project's own hooks.
type framework struct {
	*testing.T
	dir string
	env []string
}

// newFramework makes a repository that uses insplint as a hook.
func newFramework(t *testing.T, config string) *framework {
	t.Helper()
	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Skip("pre-commit is not installed")
	}
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	f := &framework{T: t, dir: t.TempDir()}
	home := t.TempDir()
	f.env = append(os.Environ(),
		"HOME="+home, "PRE_COMMIT_HOME="+filepath.Join(home, "pre-commit"),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com")
	f.must("git", "init", "-q", "-b", "main")
	f.write(".pre-commit-config.yaml", config)
	f.must("git", "add", ".")
	f.must("git", "commit", "-qm", "begin")
	return f
}

// hooksRepo is a repository with this project's .pre-commit-hooks.yaml, as
// pre-commit clones it, and its commit.
func hooksRepo(t *testing.T) (dir, commit string) {
	t.Helper()
	dir = t.TempDir()
	hooks, err := os.ReadFile(".pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".pre-commit-hooks.yaml"), hooks, 0o644); err != nil {
		t.Fatal(err)
	}
	f := &framework{T: t, dir: dir, env: append(os.Environ(), "GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com")}
	f.must("git", "init", "-q")
	f.must("git", "add", ".")
	f.must("git", "commit", "-qm", "hooks")
	return dir, strings.TrimSpace(f.must("git", "rev-parse", "HEAD"))
}

func (f *framework) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = f.dir, f.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (f *framework) must(name string, args ...string) string {
	f.Helper()
	out, err := f.run(name, args...)
	if err != nil {
		f.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// refused runs a command that a hook has to stop.
func (f *framework) refused(want, name string, args ...string) {
	f.Helper()
	out, err := f.run(name, args...)
	if err == nil {
		f.Fatalf("%s %s was not refused\n%s", name, strings.Join(args, " "), out)
	}
	if !strings.Contains(out, want) {
		f.Errorf("%s %s was refused without naming %s:\n%s", name, strings.Join(args, " "), want, out)
	}
	for _, key := range testKeys() {
		if len(key) > 20 && strings.Contains(out, key[10:40]) {
			f.Error("the output holds a key")
		}
	}
}

func (f *framework) write(name, text string) {
	f.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.Fatal(err)
	}
}

// TestFrameworkCommit drives the hook for commits through the real pre-commit.
func TestFrameworkCommit(t *testing.T) {
	repo, commit := hooksRepo(t)
	f := newFramework(t, "repos:\n- repo: "+repo+"\n  rev: "+commit+"\n  hooks:\n  - id: insplint-system\n")
	f.must("pre-commit", "install")
	keys := testKeys()
	leak, clean := "token: "+keys["KEY1"]+"\n", "token: none\n"

	f.write("a.yml", leak)
	f.must("git", "add", "a.yml")
	f.refused(keys["FP_KEY1"], "git", "commit", "-m", "a key")

	f.write("a.yml", clean)
	f.refused(keys["FP_KEY1"], "git", "commit", "-m", "staged with a key, then cleaned")
	f.must("git", "add", "a.yml")
	f.write("a.yml", leak)
	f.must("git", "commit", "-qm", "staged clean, key only in the working file")

	f.refused(keys["FP_KEY1"], "git", "commit", "-am", "all")
	f.refused(keys["FP_KEY1"], "git", "commit", "-m", "by path", "a.yml")
	f.write("a.yml", clean)

	for _, name := range []string{"--help", "-x", "sub/--fail-on=never"} {
		f.write(name, leak)
		f.must("git", "add", "--", name)
		f.refused(name, "git", "commit", "-m", "named like a flag")
		f.must("git", "rm", "-qf", "--", name)
	}

	f.write("old.yml", leak)
	f.must("git", "add", "old.yml")
	f.must("git", "commit", "-qnm", "slipped through")
	f.refused("old.yml", "pre-commit", "run", "--all-files")
	f.refused("old.yml", "pre-commit", "run", "--files", "old.yml")
}

// TestFrameworkMerge has pre-commit search a merge, which git asks another hook about.
func TestFrameworkMerge(t *testing.T) {
	repo, commit := hooksRepo(t)
	f := newFramework(t, "repos:\n- repo: "+repo+"\n  rev: "+commit+"\n  hooks:\n  - id: insplint-system\n")
	f.must("git", "checkout", "-qb", "side")
	f.write("a.yml", "token: "+testKeys()["KEY1"]+"\n")
	f.must("git", "add", "a.yml")
	f.must("git", "commit", "-qm", "leak")
	f.must("git", "checkout", "-q", "main")
	f.must("pre-commit", "install", "--hook-type", "pre-merge-commit")
	f.refused("in a merge:", "git", "merge", "--no-ff", "-m", "no", "side")
	f.must("git", "merge", "--abort")
	f.must("git", "merge", "-q", "--no-ff", "--no-verify", "-m", "yes", "side")
}

// newPushFramework is a repository whose hook for pushes insplint is, with an
// empty one to push to.
func newPushFramework(t *testing.T) *framework {
	t.Helper()
	f := newFramework(t, `repos:
- repo: local
  hooks:
  - {id: insplint-push, name: push, entry: insplint hook pre-push, language: system, stages: [push], always_run: true, pass_filenames: false}
`)
	remote := t.TempDir()
	f.must("git", "init", "-q", "--bare", remote)
	f.must("git", "remote", "add", "origin", remote)
	f.must("pre-commit", "install", "--hook-type", "pre-push")
	return f
}

// TestFrameworkPush drives the hook for pushes: a key that was added and taken
// out again in what is pushed is found.
func TestFrameworkPush(t *testing.T) {
	f := newPushFramework(t)
	f.must("git", "push", "-q", "origin", "main")
	keys := testKeys()
	f.write("app.py", "k = '"+keys["KEY2"]+"'\n")
	f.must("git", "add", ".")
	f.must("git", "commit", "-qm", "add")
	f.write("app.py", "k = None\n")
	f.must("git", "commit", "-qam", "remove")
	f.refused(keys["FP_KEY2"], "git", "push", "origin", "main")
	f.refused(keys["FP_KEY2"], "git", "push", "origin", "main:other")
	f.must("git", "reset", "-q", "--hard", "HEAD~2")
	f.write("app.py", "k = None\n")
	f.must("git", "add", ".")
	f.must("git", "commit", "-qm", "clean")
	f.must("git", "push", "-q", "origin", "main")
}

// TestFrameworkFirstPush pushes what is all new to the remote and not checked
// out, for which pre-commit tells no range: a branch, and a tag by its message.
func TestFrameworkFirstPush(t *testing.T) {
	f := newPushFramework(t)
	keys := testKeys()
	f.must("git", "checkout", "-q", "-b", "side")
	f.write("app.py", "k = '"+keys["KEY1"]+"'\n")
	f.must("git", "add", ".")
	f.must("git", "commit", "-qm", "leak")
	f.must("git", "checkout", "-q", "main")
	f.refused(keys["FP_KEY1"], "git", "push", "origin", "side")
	f.must("git", "tag", "-a", "-m", keys["KEY2"], "v1", "main")
	f.refused(keys["FP_KEY2"], "git", "push", "origin", "v1")
	f.must("git", "push", "-q", "origin", "main")
}

// TestFrameworkBesideHooks has pre-commit's own hook and insplint's in one
// repository, whichever came first, however often.
func TestFrameworkBesideHooks(t *testing.T) {
	f := newFramework(t, `repos:
- repo: local
  hooks:
  - {id: ran, name: framework ran, entry: echo, language: system, always_run: true, pass_filenames: false, verbose: true}
`)
	keys := testKeys()
	hooks := filepath.Join(f.dir, ".git", "hooks")
	if err := os.MkdirAll(hooks, 0o755); err != nil {
		t.Fatal(err)
	}
	both := func(when string) {
		t.Helper()
		f.write("a.txt", keys["KEY1"])
		f.must("git", "add", "a.txt")
		out, err := f.run("git", "commit", "-m", "leak")
		if err == nil || !strings.Contains(out, keys["FP_KEY1"]) || !strings.Contains(out, "framework ran") {
			t.Errorf("%s: %v\n%s", when, err, out)
		}
		f.must("git", "rm", "-qf", "a.txt")
	}
	install, framework := []string{"hook", "install", "--pre-commit"}, []string{"install"}
	f.must("pre-commit", framework...)
	f.must("insplint", install...)
	both("pre-commit first")
	f.must("pre-commit", framework...)
	f.must("insplint", install...)
	both("pre-commit first, both again")
	f.must("pre-commit", "install", "-f")
	f.must("insplint", install...)
	both("after pre-commit took ours out")
	f.must("insplint", "hook", "install", "--uninstall")
	f.must("pre-commit", "uninstall")
	f.onlyHooks(hooks)

	f.must("insplint", install...)
	f.must("pre-commit", framework...)
	f.must("insplint", install...)
	f.must("pre-commit", framework...)
	both("insplint first, both again")
	f.must("git", "commit", "-q", "--allow-empty", "-m", "clean")
	f.must("pre-commit", "uninstall")
	f.must("insplint", "hook", "install", "--uninstall")
	f.onlyHooks(hooks)

	// As insplint's first builds left it: pre-commit's hook runs ours, which runs
	// an older one of pre-commit's.
	f.must("pre-commit", framework...)
	f.must("cp", "-p", filepath.Join(hooks, "pre-commit"), filepath.Join(hooks, "pre-commit.before-insplint"))
	f.must("insplint", install...)
	both("after a first build")
	f.must("insplint", "hook", "install", "--uninstall")
	f.onlyHooks(hooks, "pre-commit")
}

// onlyHooks fails if a directory holds other hooks than these.
func (f *framework) onlyHooks(dir string, want ...string) {
	f.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".sample") {
			got = append(got, e.Name())
		}
	}
	if !slices.Equal(got, want) {
		f.Errorf("hooks are %q, want %q", got, want)
	}
}
