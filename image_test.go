package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// TestImageContext wants all that the program is built of, files that it embeds
// among it, to come through .dockerignore, and nothing that only tests read.
func TestImageContext(t *testing.T) {
	context := t.TempDir()
	copyContext(t, context)
	list := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}}", ".")
	list.Dir = context
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("what .dockerignore lets through is no whole program: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "/internal/verify\n") {
		t.Errorf("the program of the image lacks packages:\n%s", out)
	}
	for _, name := range []string{"testdata", "docs", ".git", "README.md"} {
		if _, err := os.Lstat(filepath.Join(context, name)); err == nil {
			t.Errorf(".dockerignore lets %s through", name)
		}
	}
}

// copyContext copies what Docker would send to its builder.
func copyContext(t *testing.T, to string) {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(readText(t, ".dockerignore")))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(os.DirFS("."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if out, err := ignored.MatchesOrParentMatches(path); out || err != nil {
			return err
		}
		target := filepath.Join(to, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, []byte(readText(t, path)), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// standInDocker does of docker what pre-commit asks of it, without a container:
// the engine is nothing that a test can expect, so that only what pre-commit makes
// of the hook's entry is tested.
const standInDocker = `#!/bin/sh
[ "$1" = build ] && exit 0
[ "$1" = run ] || exit 64
while [ "$1" != --entrypoint ]; do shift; done
program=$2
shift 3
exec "$program" "$@"
`

// TestFrameworkDocker drives the hook for containers through the real pre-commit.
func TestFrameworkDocker(t *testing.T) {
	repo, commit := hooksRepo(t)
	f := newFramework(t, "repos:\n- repo: "+repo+"\n  rev: "+commit+"\n  hooks:\n  - id: insplint-docker\n")
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "docker"), []byte(standInDocker), 0o755); err != nil {
		t.Fatal(err)
	}
	f.env = append(f.env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	f.must("pre-commit", "install")
	keys := testKeys()
	f.write("--help", "token: "+keys["KEY1"]+"\n")
	f.must("git", "add", "--", "--help")
	f.refused(keys["FP_KEY1"], "git", "commit", "-m", "a key")
	f.write("--help", "token: none\n")
	f.must("git", "commit", "-qam", "no key")
}
