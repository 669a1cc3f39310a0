package rules

import (
	_ "embed"
	"fmt"
)

//go:embed help/committed_key.md
var committedKeyHelp string

var committedKey = &Rule{
	ID:         "INSP002",
	Name:       "committed-key",
	Summary:    "The key is in a file that git tracks",
	Production: Error,
	Sandbox:    Warning,
	Next:       "take the key out of the tracked files, read it from the environment instead, and commit that",
	Help:       committedKeyHelp,
	Check:      checkCommittedKey,
}

func checkCommittedKey(p *Pass) {
	for i, o := range p.Occurrences {
		if o.Standing == Tracked {
			p.Report(i, committedMessage(p, o), committedFix(o))
		}
	}
}

func committedMessage(p *Pass, o *Occurrence) string {
	message := fmt.Sprintf("%s in %s, which git tracks", p.what(o), o.role())
	if o.Past != nil && o.Past.Introduced != nil {
		message += ", in history since " + o.Past.Introduced.named() + firstPlace(o.Past)
	} else {
		message += ": every clone of a commit with it has the key"
	}
	if o.Pattern != (Pattern{}) {
		message += fmt.Sprintf("; the pattern `%s` (%s:%d) does not help, since git ignores no file that it tracks",
			printable(o.Pattern.Text), printable(o.Pattern.Source), o.Pattern.Line)
	}
	return message
}

// committedFix takes an env file out of git, but a file that belongs there
// keeps its place and loses the key.
func committedFix(o *Occurrence) string {
	switch {
	case o.inName():
		return "give it another name (`git mv`), commit, then " + o.rotateIfShared()
	case o.Member != "":
		return fmt.Sprintf("pack %s again without the key in %s, commit it, then %s",
			printable(o.Path), printable(o.Member), o.rotateIfShared())
	case o.template():
		return usePlaceholder + ", commit, then " + o.rotateIfShared()
	case o.Pattern != (Pattern{}) && !o.Pattern.Outside:
		return fmt.Sprintf("run `git rm --cached -- %s` and commit that: the pattern holds from then on; then %s", pathspec(o), o.rotateIfShared())
	case o.EnvFile:
		return fmt.Sprintf("run `git rm --cached -- %s`, add the line `%s` to .gitignore at the top of the repository, commit both, then %s",
			pathspec(o), ignoreLine(homeOf(o)), o.rotateIfShared())
	}
	return "read the key from an environment variable such as INSPECTO_API_KEY or from a secret manager, commit, then " + o.rotateIfShared()
}
