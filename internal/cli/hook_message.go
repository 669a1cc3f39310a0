package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
)

// maxMessage bounds the commit message that a hook reads.
const maxMessage = 64 << 20

// scissors end a comment that git puts before what is no part of a message.
const scissors = " ------------------------ >8 ------------------------"

func (c *Command) commitMessageCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "commit-msg FILE",
		Short: "Search a commit message",
		Long: `Search a commit message. What git puts into it for the editor and takes out again
is not searched: the diff of "git commit --verbose", and comments, if git's own
say that it ignores them and commit.cleanup does not keep them. Other comments are
searched: git may keep them, as with --cleanup=whitespace.

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
			d := c.readDraft(args[0], message)
			return c.runHook(cmd.Context(), hookText{d.advice, ""}, job{
				project: scanner.StagedProject,
				scan: func(ctx context.Context, o scanner.Options) (*scanner.Result, error) {
					return scanner.Message(ctx, args[0], bytes.NewReader(d.text), o)
				},
			})
		},
	}
}

// readMessage reads a message file.
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
	return message, nil
}

// noEditor is what git sets GIT_EDITOR to for the hooks of a commit that opens no
// editor, as with -m and -F. Then git has put nothing into the message.
const noEditor = ":"

// A shownDiff is the diff that git showed in the editor.
type shownDiff struct {
	at     int  // where it begins, -1 if there is none
	last   bool // no comments are behind it
	status bool // what git says of its status is before the scissors that part it from the message
}

// leastStatus is how many lines of comments git has for its status at least: two that say
// what becomes of comments, an empty one, and the branch.
const leastStatus = 4

// diffIn finds the diff that git showed in the editor.
//
// Scissors alone do not tell: git cuts at them only with --verbose and with
// commit.cleanup=scissors, of which a hook learns nothing, and else they are text
// like any other. Git's own are a line of their own with more comments behind it, in
// whatever language and with whatever sign, and then the diff; with --verbose they
// follow what git says of its status. Comments behind that are git's of another time:
// the diff is of an earlier try, and a part of the message now.
// Anything else stays, to be searched once too often rather than not at all.
func diffIn(message []byte) shownDiff {
	d := shownDiff{at: -1, last: true}
	sign := "" // of the comments behind scissors
	comments, at := 0, 0
	for line := range bytes.Lines(message) {
		text := string(bytes.TrimRight(line, "\r\n"))
		prefix, isScissors := strings.CutSuffix(text, scissors)
		switch {
		case d.at < 0 && isScissors && prefix != "" && !strings.ContainsAny(prefix, " \t"):
			sign, comments = prefix, 0
			d.status = endsInComments(message[:at], sign, leastStatus)
		case sign != "" && isComment(text, sign):
			comments++
		case sign != "" && comments > 0 && strings.HasPrefix(text, "diff --"):
			comments = 0
			if d.at < 0 {
				d.at = at
			}
		case d.at < 0:
			sign = ""
		}
		at += len(line)
	}
	d.last = comments == 0
	return d
}

// endsInComments reports whether the last lines of a text, so many of them, are comments
// with a sign.
func endsInComments(text []byte, sign string, lines int) bool {
	for range lines {
		text = bytes.TrimSuffix(text, []byte("\n"))
		from := bytes.LastIndexByte(text, '\n') + 1
		if !isComment(string(bytes.TrimRight(text[from:], "\r")), sign) {
			return false
		}
		text = text[:from]
	}
	return true
}

// isCut reports whether git surely throws a diff away. Only a commit can be verbose, and
// one without its status shows no diff.
func (d shownDiff) isCut(file string, cleanup scanner.Cleanup) bool {
	if d.at < 0 || !d.last || path.Base(filepath.ToSlash(file)) != editedMessage {
		return false
	}
	return cleanup.Verbose || cleanup.Mode == "scissors" || d.status && !cleanup.Silent
}

// isComment reports whether a line is one of git's comments with a sign.
func isComment(line, sign string) bool {
	rest, ok := strings.CutPrefix(line, sign)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}
