package cli

import (
	"fmt"

	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
)

func (c *Command) hookCommand(called func(string) bool) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hook",
		Short: "Run as a git hook, or install the hooks",
		Long: `Run as a git hook, or install the hooks.

Since "hook pre-commit" takes every argument as a path, its help is shown by
"insplint help hook pre-commit".`,
		Example: "  insplint hook install\n  insplint hook pre-commit",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && args[0] == "uninstall" {
				return fmt.Errorf("unknown command %q; did you mean %q?", args[0], "install --uninstall")
			}
			return unknownCommand(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.preCommitCommand(), c.prePushCommand(), c.preReceiveCommand(), c.commitMessageCommand(), c.installCommand(called))
	return cmd
}

// preCommitCommand takes every argument as a path: hook managers pass file
// names without a "--" before them, and a repository may hold a file that is
// named like a flag.
func (c *Command) preCommitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pre-commit [FILE...]",
		Short: "Search what is about to be committed",
		Long: `Search what is about to be committed.

Without FILEs, everything that is staged is searched, as the index holds it.
With FILEs, as the pre-commit framework passes them, each one's staged content
is searched, and the working file too where it differs. Every argument is taken
as a path, also one that looks like a flag; there are no options.

Exit status: 0 to let the commit go on; 1 with findings; 2 if something could
not be read. A project that keeps archives that cannot be read sets
"skip-unreadable-archives: true" in .insplint.yaml; "baseline: FILE" there names
a baseline, which holds for all hooks.`,
		Example: `  insplint hook pre-commit
  insplint hook pre-commit config/prod.env src/client.ts`,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			text := hookText{c.adviceFor, "`insplint scan --staged` lists what is staged, `insplint scan --no-history` what is in the files"}
			if len(args) == 0 {
				text.more = "`insplint scan --staged` lists all"
			}
			j := job{scanner.Options{Paths: args}, scanner.StagedProject, scanner.Files}
			if len(args) == 0 {
				j.scan = scanner.Staged
			}
			return c.runHook(cmd.Context(), text, j)
		},
	}
}
