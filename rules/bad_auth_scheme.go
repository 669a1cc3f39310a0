package rules

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed help/bad_auth_scheme.md
var badAuthSchemeHelp string

var badAuthScheme = &Rule{
	ID:         "INSP107",
	Name:       "bad-auth-scheme",
	Summary:    "The key is sent in another way than in an Authorization header with Bearer",
	Production: Note,
	Sandbox:    Note,
	Next:       "write `Bearer` and one space before the key",
	Help:       badAuthSchemeHelp,
	Check:      checkBadAuthScheme,
}

func checkBadAuthScheme(p *Pass) {
	for i, o := range p.Occurrences {
		if !o.inTree() || !o.Header.Sent || o.Header.Bearer() {
			continue
		}
		message, fix := schemeTexts(p, o)
		p.Report(i, message+": Inspecto answers that with 401", fix)
	}
}

// Bearer reports whether the header is as Inspecto wants it. The word's case
// does not count, by RFC 9110.
func (h AuthHeader) Bearer() bool {
	return h.Name == "" && strings.EqualFold(h.Scheme, "Bearer") && !h.Joined
}

func schemeTexts(p *Pass, o *Occurrence) (message, fix string) {
	const sent = "%s sent in an Authorization header "
	scheme := o.Header.Scheme
	switch {
	case o.Header.Name != "":
		return fmt.Sprintf("%s sent in the header %s", p.what(o), printable(o.Header.Name)),
			fmt.Sprintf("write the header `Authorization: Bearer`, and the key after one space, in place of %s", printable(o.Header.Name))
	case scheme == "":
		return fmt.Sprintf(sent+"without a scheme", p.what(o)), "write `Bearer` and one space right before the key"
	case strings.EqualFold(scheme, "Basic"):
		return fmt.Sprintf(sent+"as Basic credentials", p.what(o)),
			"send the header `Authorization: Bearer` with the key itself after one space, instead of a user name and password"
	case strings.EqualFold(strings.TrimRight(scheme, ":="), "Bearer"):
		return fmt.Sprintf(sent+"after %s without the one space", p.what(o), printable(scheme)),
			fmt.Sprintf("write `Bearer` and one space in place of %s", printable(scheme))
	}
	return fmt.Sprintf(sent+"with the scheme %s", p.what(o), printable(scheme)),
		fmt.Sprintf("write `Bearer` in place of %s", printable(scheme))
}
