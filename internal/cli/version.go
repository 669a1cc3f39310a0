package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version of this source; a release tags the commit that sets
// it. The build's own stamp is missing where tools build from an archive or
// from a clone without tags, as pre-commit does.
const release = "0.1.0-dev"

func version() string { return release }

// revision is the commit that the binary was built from, as far as the build
// knows.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	commit, modified := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	return commit + modified
}

func (c *Command) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show version, commit, Go release and platform",
		Example: "  insplint version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(c.Stdout, "insplint %s (commit %s, %s, %s/%s)\n",
				version(), revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// noArguments is cobra.NoArgs with an error in our voice.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q takes no arguments, got %q", cmd.CommandPath(), args[0])
	}
	return nil
}
