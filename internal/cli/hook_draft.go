package cli

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
	"github.com/inspecto/insplint/scanner"
)

// A draft is the file of a message as a hook finds it, before git makes a commit's
// message of it.
type draft struct {
	file  string
	text  []byte   // what may become the message
	signs []string // what a comment may begin with
	diff  bool     // git, or an earlier try, has put a diff into the file
}

// readDraft leaves out what git surely does. Without an editor it has put nothing
// there, and takes out no comment.
func (c *Command) readDraft(file string, message []byte) draft {
	shown := diffIn(message)
	d := draft{file: file, text: message, diff: shown.at >= 0}
	// Without a configuration there is no telling, and all is searched.
	cleanup, err := scanner.FindCleanup(c.Getenv)
	d.signs = commentSigns(cleanup.Signs)
	if c.Getenv("GIT_EDITOR") == noEditor {
		return d
	}
	if err == nil && shown.isCut(file, cleanup) {
		d.text = message[:shown.at]
	}
	if err == nil && !cleanup.Silent { // else what git has written is of an earlier try
		d.text = withoutComments(d.text, cleanup.Mode, cleanup.Signs)
	}
	return d
}

// chosen stands for a sign that git chooses, one of chosenSigns.
const (
	chosen      = "auto"
	chosenSigns = "#;@!$%^&|:"
)

func commentSigns(configured []string) (signs []string) {
	for _, sign := range configured {
		switch sign {
		case "":
		case chosen:
			signs = append(signs, strings.Split(chosenSigns, "")...)
		default:
			signs = append(signs, sign)
		}
	}
	return signs
}

// withoutComments leaves out the comments that git takes out. The configuration
// says which those are, unless --cleanup says otherwise, of which a hook learns
// only by what git writes for the reader of the message. Both have to say so.
func withoutComments(message []byte, mode string, configured []string) []byte {
	sign, kept := ignoredSign(message)
	switch {
	case kept:
		return message
	case mode == "scissors" && !slices.Contains(configured, chosen): // nothing tells what git has chosen
		return message[:scissorsIn(message, configured)]
	case (mode == "" || mode == "default" || mode == "strip") && slices.Contains(commentSigns(configured), sign):
		return withoutLines(message, sign)
	}
	return message
}

// What git writes for whoever edits the message of a commit, and in no other
// language, since what it says cannot be told there. That of a merge is no help:
// it says the same, whatever git does. belowScissors follows scissors.
const (
	invitation    = " Please enter the commit message for your changes. Lines starting"
	willBe        = " with '%s' will be "
	belowScissors = " Do not modify or remove the line above."
)

// ignoredSign is the sign of which git says that it ignores the lines that begin
// with it; kept tells that it says of some that it keeps them, or ignored others
// at an earlier try.
func ignoredSign(message []byte) (sign string, kept bool) {
	before := ""
	for line := range bytes.Lines(message) {
		text := string(bytes.TrimRight(line, "\r\n"))
		if first, ok := strings.CutSuffix(before, invitation); ok && first != "" {
			if fate, ok := strings.CutPrefix(text, first+fmt.Sprintf(willBe, first)); ok {
				kept = kept || !strings.HasPrefix(fate, "ignored") || sign != "" && sign != first
				sign = first
			}
		}
		before = text
	}
	return sign, kept
}

// scissorsIn is where git cuts a message with commit.cleanup=scissors: at scissors
// behind which nothing but comments stands, as it has put them there. Any others
// are somebody's own text, which --cleanup may keep.
func scissorsIn(message []byte, signs []string) int {
	for _, sign := range signs {
		cut, at := -1, 0
		before, from := "", 0 // the line before, and where it begins
		for line := range bytes.Lines(message) {
			text := string(bytes.TrimRight(line, "\r\n"))
			switch {
			case cut < 0 && before == sign+scissors && text == sign+belowScissors:
				cut = from
			case text != "" && !isComment(text, sign):
				cut = -1
			}
			before, from, at = text, at, at+len(line)
		}
		if cut >= 0 {
			return cut
		}
	}
	return len(message)
}

// withoutLines takes out the lines that begin with a sign. Those that stay come as
// close to each other as git brings them; where an empty one is between them, as
// many more keep the numbers of those that follow.
func withoutLines(message []byte, sign string) []byte {
	var kept []byte
	gone := 0
	for line := range bytes.Lines(message) {
		if bytes.HasPrefix(line, []byte(sign)) {
			gone++
			continue
		}
		if blank := len(bytes.TrimSpace(line)) == 0; blank || len(kept) == 0 {
			kept = append(kept, strings.Repeat("\n", gone)...)
			gone = 0
		}
		kept = append(kept, line...)
	}
	return kept
}

// advice is for a message in a file, which stays there when git goes no further;
// that of a merge is taken from there by itself.
//
// With --verbose git cuts off the diff that an earlier try has left there, and else takes
// it for a part of the message. A hook is not told of --amend: without it git makes one
// more commit, on top of the one that was to be another.
func (d draft) advice(failing []rules.Finding) []string {
	again := []string{"take the key out of the message, and commit again"}
	if path.Base(filepath.ToSlash(d.file)) == editedMessage {
		flag := ""
		if d.diff {
			flag = " --verbose"
		}
		again = []string{
			`git commit` + flag + ` --edit --file "$(git rev-parse --git-path ` + editedMessage + `)", and take the key out there`,
			"             (with --amend, -a or the files, if you gave it these)",
		}
	}
	lines := append(d.doubts(failing), "to go on:    "+again[0])
	return append(append(lines, again[1:]...), "to accept:   add "+suppression(failing))
}

// editedMessage is the file in which git keeps the message of a commit.
const editedMessage = "COMMIT_EDITMSG"

// doubts say of a key in a comment that it may be no part of the message.
func (d draft) doubts(failing []rules.Finding) []string {
	lines := bytes.Split(d.text, []byte("\n"))
	for _, f := range failing {
		at := f.Span.Line - 1
		if at >= 0 && at < len(lines) && slices.ContainsFunc(d.signs, func(sign string) bool { return bytes.HasPrefix(lines[at], []byte(sign)) }) {
			return []string{fmt.Sprintf("beware:      line %d is a comment, which git may take out of the message or keep: that cannot be told here", at+1)}
		}
	}
	return nil
}
