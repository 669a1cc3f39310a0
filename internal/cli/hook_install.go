package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An installable is a hook that can be installed, and how it runs.
type installable struct {
	name     string // git's
	runs     string // insplint's hook
	stdin    bool   // git tells it something on standard input, which both hooks must see
	args     string // that a shell passes on
	skip     string // how a user does without
	lefthook string // the command that lefthook.yml has for it; it may name that file
}

const (
	skipCommit = "skip this hook with --no-verify"
	skipPush   = "take this hook out"
)

func installables() []installable {
	return []installable{
		{"pre-commit", "pre-commit", false, "", skipCommit, `{run: insplint hook pre-commit}`},
		{"pre-merge-commit", "pre-commit", false, "", skipCommit, `{run: insplint hook pre-commit}`}, // git merge runs this one alone
		{"pre-push", "pre-push", true, ` "$@"`, skipCommit, `{run: "insplint hook pre-push {1} {2} {files}", files: "echo lefthook.yml", use_stdin: true}`},
		{"commit-msg", "commit-msg", false, ` "$@"`, skipCommit, `{run: "insplint hook commit-msg {1}"}`},
		{"pre-receive", "pre-receive", true, "", skipPush, ""},
	}
}

// Hooks that are installed if no flag names any: in a repository in which people
// commit, and in a bare one. commitHooks are those of a commit, for which there is a
// working tree.
var (
	usualHooks  = []string{"pre-commit", "pre-push"}
	bareHooks   = []string{"pre-receive"}
	commitHooks = []string{"pre-commit", "pre-merge-commit", "commit-msg"}
)

// installFlags are the flags of hook install.
type installFlags struct {
	hooks             map[string]*bool // by name
	uninstall, shared bool
}

func (c *Command) installCommand(called func(string) bool) *cobra.Command {
	f := &installFlags{hooks: map[string]*bool{}}
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install insplint as this repository's git hooks",
		Long: `Install insplint as this repository's git hooks: those that the flags name, else
pre-commit and pre-push, or in a bare repository pre-receive. A hook that is there
already is kept and runs first. Installing again changes nothing; --uninstall puts
everything back. Lines that others added to a hook, before or after insplint's own,
stay, and with them the lines that run the hook from before.

Git runs pre-commit for a commit, and pre-merge-commit for a merge without
conflicts: both flags together have insplint search both.

The hooks go to where git looks for them, core.hooksPath included. Husky and
lefthook write that anew: with them nothing is installed, and insplint says which
line to add to their files. Beside the pre-commit framework, whichever was
installed first, both run. If core.hooksPath names a directory of the working tree,
which everybody has, no hook that is there is changed, and a new one finds insplint
by PATH.`,
		Example: "  insplint hook install\n  insplint hook install --pre-commit --pre-merge-commit\n  insplint hook install --uninstall",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := scanner.FindHooks(c.Getenv)
			if err != nil {
				return err
			}
			hooks, err := f.chosen(place, cmd.Flags().Changed)
			if err != nil {
				return err
			}
			if place.Shared && !f.shared {
				return fmt.Errorf("the hooks lie outside of this repository, in %q, as core.hooksPath or a link says: they run in every repository that has them there; --shared goes on all the same", place.Dir)
			}
			if f.uninstall {
				return c.uninstallHooks(place, hooks)
			}
			return c.installHooks(place, hooks)
		},
	}
	if called(cmd.Name()) {
		f.define(cmd.Flags())
	}
	return cmd
}

func (f *installFlags) define(flags *pflag.FlagSet) {
	for _, h := range installables() {
		f.hooks[h.name] = flags.Bool(h.name, false, "the "+h.name+" hook")
	}
	flags.BoolVar(&f.uninstall, "uninstall", false, "take the hooks out again, all of them or those that the flags name")
	flags.BoolVar(&f.shared, "shared", false, "go on even if core.hooksPath leads out of the repository, to hooks that others run too")
}

// chosen lists the hooks that the flags name. Without one that is on, they are
// the usual ones, or of --uninstall all, but for those that are switched off.
func (f *installFlags) chosen(p *scanner.Hooks, given func(flag string) bool) ([]installable, error) {
	usual := usualHooks
	if p.Bare {
		usual = bareHooks
	}
	on := func(h installable) bool { return *f.hooks[h.name] }
	named := slices.ContainsFunc(installables(), on)
	var hooks []installable
	for _, h := range installables() {
		if on(h) && p.Bare && !f.uninstall && slices.Contains(commitHooks, h.name) {
			return nil, fmt.Errorf("hook install --%s: this repository is bare, and nothing is committed here without a working tree: for git --work-tree, have GIT_DIR and GIT_WORK_TREE name the two for insplint too; \"insplint hook install\" installs pre-receive, which refuses pushes", h.name)
		}
		isUsual := (f.uninstall || slices.Contains(usual, h.name)) && !given(h.name)
		if on(h) || !named && isUsual {
			hooks = append(hooks, h)
		}
	}
	return hooks, nil
}

// installHooks writes the hooks, or says where else they belong.
func (c *Command) installHooks(p *scanner.Hooks, hooks []installable) error {
	if left, err := c.leaveToManager(p, hooks); left || err != nil {
		return err
	}
	for _, h := range hooks {
		f := hookFile{h, filepath.Join(p.Dir, h.name)}
		executable := executable()
		if p.InTree {
			executable = ""
			if f.isCalled() {
				if _, err := fmt.Fprintf(c.Stdout, "%s runs insplint already\n", report.Line(f.path)); err != nil {
					return err
				}
				continue
			}
			if err := f.mayAppear(p); err != nil {
				return err
			}
		}
		path, err := f.install(executable)
		if err != nil {
			return fmt.Errorf("install hook: %w", err)
		}
		if _, err = fmt.Fprintf(c.Stdout, "installed %s\n", report.Line(path)); err != nil {
			return err
		}
		if p.InTree {
			c.say("%q is a part of the working tree: commit it, and whoever sets core.hooksPath has it too", fromTop(p, path))
		}
	}
	return nil
}

// isCalled reports whether somebody's own hook runs insplint. Git runs none that is not
// executable.
func (f hookFile) isCalled() bool {
	info, err := os.Stat(f.path)
	if err != nil || f.isOurs(f.path) || runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
		return false
	}
	text, err := readUpTo(f.path, maxHook)
	return err == nil && scriptRuns(string(text), f.runs, false)
}

// mayAppear refuses to touch a hook that people share.
func (f hookFile) mayAppear(p *scanner.Hooks) error {
	if _, err := os.Lstat(f.path); err != nil || f.isOurs(f.path) {
		return nil
	}
	text, _ := readHook(f.path)
	return fmt.Errorf("%q is a file of the project, which is not changed: add %s to it, as a line that it always comes to", fromTop(p, f.path), lineFor(f.installable, string(text), " || exit"))
}

// uninstallHooks takes the hooks out, and says where.
func (c *Command) uninstallHooks(p *scanner.Hooks, hooks []installable) error {
	for _, h := range hooks {
		f := hookFile{h, filepath.Join(p.Dir, h.name)}
		paths, err := f.uninstall()
		if err != nil {
			return fmt.Errorf("uninstall hook: %w", err)
		}
		for _, path := range paths {
			if _, err := fmt.Fprintf(c.Stdout, "uninstalled %s\n", report.Line(path)); err != nil {
				return err
			}
			if f.isOurs(path) {
				c.say("%q has lines of others: they stay, and run after the hook that was there before, %q; without them, --uninstall puts that back", path, f.kept())
			}
		}
		if len(paths) > 0 {
			continue
		}
		if _, err := fmt.Fprintf(c.Stdout, "not installed: %s\n", report.Line(f.path)); err != nil {
			return err
		}
	}
	return nil
}

// executable is this program's own path, for shells whose PATH lacks it.
func executable() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.ToSlash(path)
}
