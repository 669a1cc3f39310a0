package rules

import _ "embed"

//go:embed help/bad_auth_scheme.md
var badAuthSchemeHelp string

var badAuthScheme = &Rule{
	ID:         "INSP107",
	Name:       "bad-auth-scheme",
	Summary:    "The key is sent in an Authorization header without Bearer",
	Production: Note,
	Sandbox:    Note,
	Next:       "write `Bearer` and one space before the key",
	Help:       badAuthSchemeHelp,
}
