package rules

import (
	_ "embed"
	"fmt"
)

//go:embed help/unignored_env_file.md
var unignoredEnvFileHelp string

var unignoredEnvFile = &Rule{
	ID:         "INSP003",
	Name:       "unignored-env-file",
	Summary:    "The key is in an env file that git neither tracks nor ignores",
	Production: Error,
	Sandbox:    Warning,
	Next:       "let git ignore the env file before the next `git add`",
	Help:       unignoredEnvFileHelp,
	Check:      checkUnignoredEnvFile,
}

func checkUnignoredEnvFile(p *Pass) {
	for i, o := range p.Occurrences {
		if !o.EnvFile || o.Standing != Untracked {
			continue
		}
		message := fmt.Sprintf("%s in %s, which git neither tracks nor ignores: %s", p.what(o), o.role(), addsIt(o))
		p.Report(i, message, unignoredFix(o))
	}
}

func unignoredFix(o *Occurrence) string {
	if o.template() && o.Member == "" {
		return usePlaceholder + " before the file is committed"
	}
	return ignoring(o)
}
