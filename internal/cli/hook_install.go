package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
)

// hookMarker tells the files that insplint wrote from all others.
const hookMarker = "# written by insplint hook install"

// previousSuffix is added to the name of a hook that was there before.
const previousSuffix = ".before-insplint"

// An installable is a hook that can be installed, and how it runs.
type installable struct {
	name  string
	flag  string
	stdin bool // git tells it something on standard input, which both hooks must see
	args  string
}

func installables() []installable {
	return []installable{
		{name: "pre-commit", flag: "pre-commit"},
		{name: "pre-push", flag: "pre-push", stdin: true, args: ` "$@"`},
		{name: "commit-msg", flag: "commit-msg", args: ` "$@"`},
	}
}

func (c *Command) installCommand() *cobra.Command {
	chosen := map[string]*bool{}
	var uninstall bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install insplint as this repository's git hooks",
		Long: `Install insplint as this repository's git hooks: those that the flags name, or
pre-commit and pre-push. A hook that is there already is kept and runs first.
Installing again changes nothing; --uninstall puts everything back.

The hooks go to where git looks for them, core.hooksPath included.`,
		Example: "  insplint hook install\n  insplint hook install --commit-msg\n  insplint hook install --uninstall",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			dir, err := scanner.HooksDir(c.Getenv)
			if err != nil {
				return err
			}
			var hooks []installable
			for _, h := range installables() {
				if *chosen[h.name] {
					hooks = append(hooks, h)
				}
			}
			switch {
			case len(hooks) == 0 && uninstall:
				hooks = installables()
			case len(hooks) == 0:
				hooks = installables()[:2]
			}
			for _, h := range hooks {
				if err := c.installOne(dir, h, uninstall); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for _, h := range installables() {
		chosen[h.name] = cmd.Flags().Bool(h.flag, false, "the "+h.name+" hook")
	}
	cmd.Flags().BoolVar(&uninstall, "uninstall", false, "take the hooks out again, all of them or those that the flags name")
	return cmd
}

// installOne writes one hook, or takes it out, and says what it did.
func (c *Command) installOne(dir string, h installable, uninstall bool) error {
	path := filepath.Join(dir, h.name)
	ours, err := isOurs(path)
	if err != nil {
		return fmt.Errorf("install hook: %w", err)
	}
	done := "installed"
	switch {
	case uninstall && !ours:
		done = "not installed:"
	case uninstall:
		done, err = "uninstalled", removeHook(path)
	default:
		err = c.writeHook(path, h, ours)
	}
	if err != nil {
		return fmt.Errorf("install hook: %w", err)
	}
	_, err = fmt.Fprintf(c.Stdout, "%s %s\n", done, path)
	return err
}

// isOurs reports whether a hook is one that insplint wrote.
func isOurs(path string) (bool, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Contains(data, []byte(hookMarker)), err
}

// writeHook puts our hook in place; one that was there is kept beside it.
func (c *Command) writeHook(path string, h installable, ours bool) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	previous := path + previousSuffix
	if _, err := os.Lstat(path); err == nil && !ours {
		if _, err := os.Lstat(previous); err == nil {
			return fmt.Errorf("%q is in the way: move it or %q away first", previous, path)
		}
		if err := os.Rename(path, previous); err != nil {
			return err
		}
	}
	if err := writeFile(path, []byte(hookScript(h, executable()))); err != nil {
		return err
	}
	return os.Chmod(path, 0o755)
}

// removeHook takes our hook out and puts back what was there before it.
func removeHook(path string) error {
	err := os.Rename(path+previousSuffix, path)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Remove(path)
	}
	return err
}

// executable is this program's own path, for shells whose PATH lacks it.
func executable() string {
	path, err := os.Executable()
	if err != nil {
		return "insplint"
	}
	return filepath.ToSlash(path)
}

// hookScript is the text of a hook. It runs the hook that was there before,
// then insplint; a hook that cannot find insplint stops git and says so.
func hookScript(h installable, executable string) string {
	lines := []string{
		"#!/bin/sh",
		hookMarker + "; \"insplint hook install --uninstall\" takes it out",
		`previous="$(dirname "$0")/` + h.name + previousSuffix + `"`,
		"insplint=" + shellQuote(executable),
		`if command -v insplint >/dev/null 2>&1; then insplint=insplint; fi`,
		`if ! command -v "$insplint" >/dev/null 2>&1; then`,
		`	echo "insplint is not installed: install it, or skip this hook with --no-verify" >&2`,
		`	exit 2`,
		`fi`,
	}
	run := `exec "$insplint" hook ` + h.name + h.args
	if h.stdin {
		lines = append(lines,
			`input="$(cat)"`,
			`if [ -x "$previous" ]; then printf '%s\n' "$input" | "$previous" "$@" || exit; fi`,
			`printf '%s\n' "$input" | "$insplint" hook `+h.name+h.args)
	} else {
		lines = append(lines, `if [ -x "$previous" ]; then "$previous" "$@" || exit; fi`, run)
	}
	return strings.Join(lines, "\n") + "\n"
}

// shellQuote makes a word of a POSIX shell.
func shellQuote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
