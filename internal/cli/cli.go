// Package cli is the command line: it reads commands and flags, runs the
// pipeline (scan, verify, check, suppress, write) and turns what came of it
// into an exit status.
//
// Main builds the tree of commands anew for each call; nothing is kept between
// calls, and nothing is global. Flags only record what was asked for; a command
// checks their combination before it reads a single file. Every failure is one
// line on standard error. Findings go to standard output, everything else to
// standard error, and one function (status) computes the exit status.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/inspecto/insplint/report"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit statuses.
const (
	statusClean      = 0 // nothing at or above --fail-on, and nothing was missed
	statusFindings   = 1
	statusIncomplete = 2 // usage, or a scan that failed or missed something
)

// A Command is one call of insplint.
type Command struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
}

// errFindings and errIncomplete end a command whose report is written already:
// they have a status, but no line of their own.
var (
	errFindings   = errors.New("findings")
	errIncomplete = errors.New("incomplete scan")
)

// Main runs insplint with the arguments behind its name and returns the exit
// status.
func (c *Command) Main(ctx context.Context, args []string) int {
	root := c.root(func(name string) bool { return slices.Contains(args, name) })
	root.SetArgs(args)
	root.SetIn(c.Stdin)
	root.SetOut(c.Stdout)
	root.SetErr(c.Stderr)
	err := root.ExecuteContext(ctx)
	if message := failure(err); message != "" {
		_, _ = fmt.Fprintf(c.Stderr, "insplint: %s\n", message)
	}
	return status(err)
}

// status computes the exit status of every command.
func status(err error) int {
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE): // a reader that has seen enough is no failure of ours
		return statusClean
	case errors.Is(err, errFindings):
		return statusFindings
	}
	return statusIncomplete
}

// failure is the one line that tells of an error; empty if the report told.
func failure(err error) string {
	switch {
	case err == nil, errors.Is(err, errFindings), errors.Is(err, errIncomplete), errors.Is(err, syscall.EPIPE):
		return ""
	case errors.Is(err, context.Canceled):
		return "stopped before the end; nothing is reported"
	}
	return report.Line(err.Error())
}

// say tells a line on standard error, fit for a terminal and a CI log.
func (c *Command) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Stderr, "insplint: %s\n", report.Line(fmt.Sprintf(format, args...)))
}

// root is the tree of commands. Only those that may be the one that is called have
// their flags: what called says by a command's name, which it cannot be called
// without. A hook would spend longer on the flags of scan than on a small commit.
func (c *Command) root(called func(name string) bool) *cobra.Command {
	var tellVersion bool
	root := &cobra.Command{
		Use:   "insplint",
		Short: "Find leaked Inspecto API keys",
		Long: `insplint finds leaked Inspecto API keys in working trees and git history, says
what each leak means, and what to do next.`,
		Example: `  insplint scan                     this directory; with its history if it is a repository's top
  insplint scan --staged            what the next commit would take
  insplint scan --format sarif --output insplint.sarif
  insplint explain INSP003          what a rule means and how to fix it`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if tellVersion {
				_, err := fmt.Fprintf(c.Stdout, "insplint %s\n", version())
				return err
			}
			return cmd.Help()
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.Flags().BoolVarP(&tellVersion, "version", "v", false, "show the version")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(c.scanCommand(called), c.hookCommand(called), c.ciCommand(called), c.verifyCommand(), c.reportCommand(called), c.explainCommand(),
		c.versionCommand(), c.completionCommand())
	root.SetHelpCommand(c.helpCommand(root))
	return root
}

// unknownCommand refuses words that are no command, with the nearest one.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2 // cobra looks for likely names only if it is told how far
	hint := fmt.Sprintf("see %q", cmd.CommandPath()+" --help")
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	} else if _, err := os.Lstat(args[0]); err == nil {
		hint = fmt.Sprintf("to scan a path: %q", "insplint scan "+args[0])
	}
	return fmt.Errorf("unknown command %q; %s", args[0], hint)
}

// flagError says which command's help lists its flags, and of a value what it must be.
func flagError(cmd *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		want := "a whole number"
		if bad.GetFlag().Value.Type() == "bool" {
			want = "true or false"
		}
		err = fmt.Errorf("--%s %q: want %s", bad.GetFlag().Name, bad.GetValue(), want)
	}
	return fmt.Errorf("%w; see %q", err, cmd.CommandPath()+" --help")
}

func (c *Command) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Example: "  insplint help scan\n  insplint help hook pre-commit",
		RunE: func(_ *cobra.Command, args []string) error {
			target, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("unknown command %q; see %q", strings.Join(args, " "), "insplint help")
			}
			return target.Help()
		},
	}
}

func (c *Command) completionCommand() *cobra.Command {
	shells := []struct {
		name  string
		write func(*cobra.Command, io.Writer) error
	}{
		{"bash", func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
		{"zsh", func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }},
		{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"powershell", func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) }},
	}
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:       "completion " + strings.Join(names, "|"),
		Short:     "Write a shell's completion script",
		Example:   `  source <(insplint completion bash)`,
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, s := range shells {
				if len(args) == 1 && s.name == args[0] {
					return s.write(cmd.Root(), c.Stdout)
				}
			}
			return fmt.Errorf("completion needs the name of one shell: %s", strings.Join(names, ", "))
		},
	}
}
