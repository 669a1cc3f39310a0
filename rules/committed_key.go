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
	if o.Unstaged {
		message = fmt.Sprintf("%s in %s, which is out of the index, but not of the last commit", p.what(o), o.role())
	}
	if o.Past != nil && o.Past.Introduced != nil {
		message += ", in history since " + o.Past.Introduced.named() + o.firstPlace()
	} else {
		message += ": every clone of a commit with it has the key"
	}
	if o.Pattern != (Pattern{}) && !o.Unstaged {
		message += "; the pattern " + o.cite(o.Pattern) + " does not help, since git ignores no file that it tracks"
	}
	return message
}

// committedFix takes an env file out of git, but a file that belongs there
// keeps its place and loses the key.
func committedFix(o *Occurrence) string {
	ignored := o.Pattern != (Pattern{}) && !o.Pattern.Outside
	switch {
	case o.Unstaged:
		return unstagedFix(o, ignored)
	case o.inName():
		return "give it another name (`git mv`), commit, then " + o.rotateIfShared()
	case o.Member != "":
		return fmt.Sprintf("pack %s again without the key in %s, commit it, then %s",
			printable(o.Path), printable(o.Member), o.rotateIfShared())
	case o.template():
		return usePlaceholder + ", commit, then " + o.rotateIfShared()
	case o.replacement() != "":
		return o.replacement() + ", commit, then " + o.rotateIfShared()
	case ignored:
		return fmt.Sprintf("run %s and commit that: the pattern holds from then on; then %s", untrack(o), o.rotateIfShared())
	case o.EnvFile:
		return fmt.Sprintf("run %s, %s, commit both, then %s", untrack(o), ignoring(o), o.rotateIfShared())
	}
	return "read the key from an environment variable such as INSPECTO_API_KEY or from a secret manager, commit, then " + o.rotateIfShared()
}

// unstagedFix tells to commit what `git rm --cached` began.
func unstagedFix(o *Occurrence, ignored bool) string {
	if ignored {
		return fmt.Sprintf("commit that (%s): the pattern %s holds from then on; then %s", gitCommand(o, "commit"), o.cite(o.Pattern), o.rotateIfShared())
	}
	return fmt.Sprintf("%s, or the next `git add .` takes the file back, and commit both (%s); then %s", ignoring(o), gitCommand(o, "commit"), o.rotateIfShared())
}
