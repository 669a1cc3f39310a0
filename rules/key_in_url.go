package rules

import _ "embed"

//go:embed help/key_in_url.md
var keyInURLHelp string

var keyInURL = &Rule{
	ID:         "INSP106",
	Name:       "key-in-url",
	Summary:    "The key is in a URL, where logs and proxies keep it",
	Production: Warning,
	Sandbox:    Note,
	Next:       "send the key in the header `Authorization: Bearer …` instead",
	Help:       keyInURLHelp,
}
