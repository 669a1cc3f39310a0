package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
)

// maxMessage bounds the commit message that a hook reads.
const maxMessage = 64 << 20

// scissors begin the part of a message file that git throws away.
var scissors = []byte("------------------------ >8 ------------------------")

func (c *Command) commitMessageCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "commit-msg FILE",
		Short: "Search a commit message",
		Long: `Search a commit message. What git throws away, the part behind the scissors line
of "git commit --verbose", is not searched.

Exit status: 0 to let the commit go on; 1 with findings; 2 if FILE could not be
read.`,
		Example: `  insplint hook commit-msg .git/COMMIT_EDITMSG`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("hook commit-msg takes one file, got %d", len(args))
			}
			message, err := readMessage(args[0])
			if err != nil {
				return err
			}
			s, err := hookFlags().check()
			if err != nil {
				return err
			}
			return c.run(cmd.Context(), s, job{
				project: scanner.StagedProject,
				scan: func(ctx context.Context, o scanner.Options) (*scanner.Result, error) {
					return scanner.Message(ctx, args[0], bytes.NewReader(message), o)
				},
			})
		},
	}
}

// readMessage reads the part of a message file that becomes the message.
func readMessage(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read commit message: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxMessage {
		return nil, fmt.Errorf("read commit message: %q is no regular file of at most %d bytes", path, maxMessage)
	}
	message, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read commit message: %w", err)
	}
	if at := bytes.Index(message, scissors); at >= 0 {
		message = message[:at]
	}
	return message, nil
}
