package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
)

// maxRefLines bounds what a hook reads of the refs that are pushed.
const maxRefLines = 16 << 20

// A refUpdate is one line of what git tells a hook of a push.
type refUpdate struct {
	from, to string // ids of the commit that the receiver has, and of the one it is to have; null ids for none
	ref      string // as the receiver names it
}

// newRefs are the refs that the receiver does not have yet.
func newRefs(updates []refUpdate) (refs []scanner.NewRef) {
	for _, u := range updates {
		if nullID.Get().MatchString(u.from) && !nullID.Get().MatchString(u.to) {
			refs = append(refs, scanner.NewRef{Name: u.ref, ID: u.to})
		}
	}
	return refs
}

// prePushCommand reads "<local ref> <local id> <remote ref> <remote id>" lines.
func (c *Command) prePushCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pre-push [REMOTE [URL]]",
		Short: "Search the commits that are about to be pushed",
		Long: `Search the commits that are about to be pushed.

Git passes the remote's name and URL and, on standard input, a line for each
ref. All commits are searched that the remote does not have, as far as its own
remote-tracking branches, in refs/remotes/REMOTE/, tell, intermediate commits and
messages too; of a URL that is no configured remote's, or another than the one that
is fetched from, nothing is known but what git says.

The pre-commit framework names only the first ref of a push: in
PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF, or in PRE_COMMIT_LOCAL_BRANCH if all of
it is new; for tags on commits that the remote has it runs no hook. If nothing
tells what is pushed, as where a line before this one reads the standard input of a
hook, all is searched that branches, tags and HEAD have and the remote is not known
to have, if there is one; the hook says so.

Exit status: 0 to let the push go on; 1 with findings; 2 if something could not
be read.`,
		Example: "  insplint hook pre-push origin https://example.com/repo.git < refs\n  insplint hook install --pre-push",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			updates, err := c.refUpdates("pre-push", 4, 1, 3)
			if err != nil {
				return err
			}
			remote := scanner.Remote{Name: c.Getenv("PRE_COMMIT_REMOTE_NAME"), URL: c.Getenv("PRE_COMMIT_REMOTE_URL")}
			if len(args) > 0 {
				remote = scanner.Remote{Name: args[0]}
			}
			if len(args) > 1 {
				remote.URL = args[1]
			}
			return c.runHook(cmd.Context(), hookText{pushAdvice, "`insplint scan` lists all"}, c.pushJob(updates, remote))
		},
	}
}

// pushJob searches the commits of a push, or all that it may send.
func (c *Command) pushJob(updates []refUpdate, remote scanner.Remote) job {
	if commits, ok := c.pushed(updates); ok {
		commits.Pushed = remote
		return incomingJob(commits)
	}
	if remote.Name != "" {
		return c.atMostJob(remote)
	}
	hint := ""
	if c.Getenv("PRE_COMMIT") != "" {
		hint = "; if this is no push, .pre-commit-config.yaml lacks \"stages: [pre-push]\" for this hook"
	}
	c.say("nothing tells which commits are pushed; searching all that branches, tags and HEAD have%s", hint)
	// Not what no ref leads to, nor what is in no commit: no push takes that. Nor
	// does anything tell whether others have the commits.
	return commitsJob(scanner.Commits{Revisions: []string{"--all"}}, scanner.Options{})
}

// atMostJob searches what a push to a remote may send at most. Git says nothing when all
// is pushed already, and another hook, or a line before insplint's, may keep what it says
// to itself: only if there is something to search is it the second.
func (c *Command) atMostJob(remote scanner.Remote) job {
	sent := []string{"--branches", "--tags"}
	if !scanner.Unborn(c.Getenv) {
		sent = append(sent, "HEAD")
	}
	j := incomingJob(scanner.Commits{Revisions: sent, Pushed: remote})
	scan := j.scan
	j.scan = func(ctx context.Context, o scanner.Options) (*scanner.Result, error) {
		result, err := scan(ctx, o)
		if err == nil && (result.Scanned.Commits > 0 || len(result.Keys) > 0) {
			c.say("nothing tells which commits are pushed; searched all that branches, tags and HEAD have and the remote is not known to have")
		}
		return result, err
	}
	return j
}

// pushed says which commits a push sends, if anything tells that.
func (c *Command) pushed(updates []refUpdate) (commits scanner.Commits, ok bool) {
	from, to, local := c.Getenv("PRE_COMMIT_FROM_REF"), c.Getenv("PRE_COMMIT_TO_REF"), c.Getenv("PRE_COMMIT_LOCAL_BRANCH")
	switch {
	case len(updates) > 0:
		commits.Refs = newRefs(updates)
		for _, u := range updates {
			commits.Include = append(commits.Include, u.to)
			commits.Exclude = append(commits.Exclude, u.from)
		}
	case to != "":
		commits.Include = []string{to}
		if isID(from) {
			commits.Exclude = []string{from}
		} else if from != "" { // from "pre-commit run --from-ref"
			commits.Revisions = []string{"^" + from}
		}
	case local != "":
		commits.Include = []string{local}
	default:
		return commits, false
	}
	return commits, true
}

// isID reports whether a word is a whole object id, as git writes it.
func isID(word string) bool {
	_, err := hex.DecodeString(word)
	return err == nil && (len(word) == 40 || len(word) == 64)
}

// preReceiveCommand reads "<old id> <new id> <ref>" lines, on a server.
func (c *Command) preReceiveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pre-receive",
		Short: "Search a push on the server before it is accepted",
		Long: `Search a push on the server before it is accepted.

Git passes a line for each ref on standard input. All commits are searched that
no ref of the server leads to yet, from the quarantine that git keeps them in.
Nothing else is reported.

Exit status: 0 to accept the push; 1 with findings; 2 if something could not be
read.`,
		Example: "  exec insplint hook pre-receive    # in hooks/pre-receive of a bare repository",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			updates, err := c.refUpdates("pre-receive", 3, 1, 0)
			if err != nil {
				return err
			}
			if len(updates) == 0 { // git runs no hook for a push of nothing
				return errors.New("hook pre-receive: standard input is empty, where git writes a line for each ref: another hook, or a line before this one, has read it; nothing was searched")
			}
			commits := &scanner.Commits{Revisions: []string{"--not", "--all"}, Refs: newRefs(updates)}
			for _, u := range updates {
				commits.Include = append(commits.Include, u.to)
			}
			j := incomingJob(*commits)
			j.project = scanner.ReceiveProject
			return c.runHook(cmd.Context(), hookText{receiveAdvice, "`insplint scan` in your clone lists all"}, j)
		},
	}
}

// refUpdates reads the lines that git passes: how many fields each has, and
// which of them are the new and the old id. The third is the receiver's ref. What is named
// on the sender's side, in the first of them, may be a revision with blanks in it.
func (c *Command) refUpdates(hook string, fields, to, from int) ([]refUpdate, error) {
	named := min(to, from) > 0
	if isTerminal(c.Stdin) {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(c.Stdin, maxRefLines+1))
	if err != nil {
		return nil, fmt.Errorf("hook %s: read standard input: %w", hook, err)
	}
	if len(text) > maxRefLines { // refs that were not read are commits that would not be searched
		return nil, fmt.Errorf("hook %s: read standard input: more than %d bytes", hook, maxRefLines)
	}
	var updates []refUpdate
	for line := range strings.Lines(string(text)) {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }) // a ref's name may have other blanks
		if len(words) == 0 {
			continue
		}
		more := len(words) - fields
		if more < 0 || more > 0 && !named {
			return nil, fmt.Errorf("hook %s: standard input has %d words on a line where git writes %d: %.80q", hook, len(words), fields, line)
		}
		words = words[more:]
		updates = append(updates, refUpdate{from: words[from], to: words[to], ref: words[2]})
	}
	return updates, nil
}

// incomingJob searches commits that nobody else has yet.
func incomingJob(commits scanner.Commits) job {
	j := commitsJob(commits, scanner.Options{})
	j.scan = func(ctx context.Context, o scanner.Options) (*scanner.Result, error) {
		return scanner.Push(ctx, commits, o)
	}
	return j
}
