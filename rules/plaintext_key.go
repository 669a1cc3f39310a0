package rules

import (
	_ "embed"
	"fmt"
)

//go:embed help/plaintext_key.md
var plaintextKeyHelp string

var plaintextKey = &Rule{
	ID:         "INSP005",
	Name:       "plaintext-key",
	Summary:    "The key is in the open in a file that git does not ignore, or outside a repository",
	Production: Warning,
	Sandbox:    Note,
	Next:       "move the key into an environment variable or a secret manager",
	Help:       plaintextKeyHelp,
	Check:      checkPlaintextKey,
}

// plaintextMessages go by the standings that the rule fits: what is wrong
// there.
var plaintextMessages = map[Standing]string{
	Untracked: "%s in %s that git does not ignore: ",
	Outside:   "%s in the open in %s, outside any repository",
	Stdin:     "%s in the open on %s",
}

func checkPlaintextKey(p *Pass) {
	for i, o := range p.Occurrences {
		if format, fits := plaintextMessages[o.Standing]; fits {
			message := fmt.Sprintf(format, p.what(o), o.role())
			if o.Standing == Untracked {
				message += addsIt(o)
			}
			p.Report(i, message, plaintextFix(o))
		}
	}
}

func plaintextFix(o *Occurrence) string {
	const move = "move the key into an environment variable or a secret manager"
	switch {
	case o.Standing == Stdin:
		return "keep the key out of what is piped or logged here, and " + rotate + " if others can read that"
	case o.inName():
		return "give it another name, and " + rotate + " if others can list the directory"
	case o.replacement() != "":
		return o.replacement()
	case o.Standing == Untracked:
		return move + "; if the file must hold it, " + ignoring(o)
	case unmasked(o.Path) != o.Path:
		return move + "; if the file must hold it, let only its owner read it"
	}
	return fmt.Sprintf("%s; if the file must hold it, let only its owner read it: `chmod 600 -- %s`", move, shellQuote(o.Path))
}
