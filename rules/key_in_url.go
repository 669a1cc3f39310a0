package rules

import (
	_ "embed"
	"fmt"
)

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
	Check:      checkKeyInURL,
}

// urlWords say, by the part of a URL, where the key is and what to take out.
var urlWords = map[URLPart]struct{ where, take string }{
	URLQuery:    {"in the query of a URL", "the key out of the URL's query"},
	URLPath:     {"in the path of a URL", "the key out of the URL's path"},
	URLUserInfo: {"before the host of a URL", "the key and its `@` out of the URL"},
}

func checkKeyInURL(p *Pass) {
	for i, o := range p.Occurrences {
		words, ok := urlWords[o.URL.Part]
		if !ok || !o.inTree() {
			continue
		}
		p.Report(i, fmt.Sprintf("%s %s in %s: servers, proxies and browsers write URLs into their logs", p.what(o), words.where, o.role()), urlFix(o))
	}
}

// headerOptions are how a program that is run on a command line is told to
// send a header.
var headerOptions = map[string]string{
	"curl": `-H "Authorization: Bearer $INSPECTO_API_KEY"`,
	"wget": `--header="Authorization: Bearer $INSPECTO_API_KEY"`,
	"http": `"Authorization: Bearer $INSPECTO_API_KEY"`, // HTTPie
}

func urlFix(o *Occurrence) string {
	take := urlWords[o.URL.Part].take
	if o.URL.Parameter != "" {
		take = fmt.Sprintf("the parameter %s out of the URL", printable(o.URL.Parameter))
	}
	send := "send the header `Authorization: Bearer` with the value of INSPECTO_API_KEY after one space"
	if option, ok := headerOptions[o.URL.Command]; ok {
		send = fmt.Sprintf("add `%s` to the %s command", option, o.URL.Command)
	}
	return fmt.Sprintf("take %s and %s; if it was ever requested, %s", take, send, rotate)
}
