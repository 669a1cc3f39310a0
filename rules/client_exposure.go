package rules

import (
	_ "embed"
	"fmt"
)

//go:embed help/client_exposure.md
var clientExposureHelp string

var clientExposure = &Rule{
	ID:         "INSP001",
	Name:       "client-exposure",
	Summary:    "The key is in a file that is shipped to browsers or apps",
	Production: Error,
	Sandbox:    Warning,
	Next:       "call Inspecto from your own server, take the key out of what the bundle is built from, and build again",
	Help:       clientExposureHelp,
	Check:      checkClientExposure,
}

// checkClientExposure leaves out history, where nothing is shipped from, and
// standard input, which is no file.
func checkClientExposure(p *Pass) {
	for i, o := range p.Occurrences {
		if o.Client == "" || o.Standing == History || o.Standing == Stdin {
			continue
		}
		message := fmt.Sprintf("%s in client code (%s): everyone who loads it can read the key", p.what(o), o.role())
		p.Report(i, message, clientFix(o))
	}
}

// clientFix tells build output, which must be built anew, from source.
func clientFix(o *Occurrence) string {
	const server = "call Inspecto from a server route that reads INSPECTO_API_KEY from its environment"
	if o.Standing == Ignored || o.Standing == Outside {
		return "take the key out of what this file is built from, " + server + ", build again, then " + rotate
	}
	return "take the key out of this file, " + server + ", then " + rotate
}
