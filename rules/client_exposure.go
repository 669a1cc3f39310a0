package rules

import (
	"cmp"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
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
		message := fmt.Sprintf("%s in client code (%s%s): everyone who loads it can read the key", p.what(o), o.role(), o.Origin.builtFrom())
		p.Report(i, message, clientFix(o))
	}
}

// builtFrom names the source of a place in a bundle, as far as it is known.
func (origin *Origin) builtFrom() string {
	if origin == nil {
		return ""
	}
	return ", built from " + origin.named()
}

func (origin *Origin) named() string {
	return printable(origin.Path) + ":" + strconv.Itoa(origin.Line)
}

// clientFix says what to do in this file: where the key has to go from, which
// name has to change, what to call instead.
func clientFix(o *Occurrence) string {
	steps := []string{takeOut(o), "call Inspecto from " + cmp.Or(words(o.Route), "a server route that reads INSPECTO_API_KEY from its environment")}
	if o.built() {
		steps = append(steps, "build again")
	}
	return strings.Join(append(steps, "then "+rotate), ", ")
}

// takeOut says where the key has to be taken from.
func takeOut(o *Occurrence) string {
	switch {
	case o.Origin != nil:
		return "take the key out of what " + o.Origin.named() + " uses"
	case o.Prefix.Prefix != "" && variableName.Get().MatchString(strings.TrimPrefix(o.Variable, o.Prefix.Prefix)):
		return fmt.Sprintf("rename %s to %s, which no bundler inlines", o.variable(), strings.TrimPrefix(o.Variable, o.Prefix.Prefix))
	case o.EnvFile:
		return "take this env file out of what is shipped"
	case o.built():
		return "take the key out of what this file is built from"
	case variableName.Get().MatchString(o.Variable):
		return "delete " + o.variable() + " from this file"
	}
	return "take the key out of this file"
}

// built tells build output, which must be built anew, from source; what git
// tracks need not have been built at all.
func (o *Occurrence) built() bool {
	return o.Origin != nil || !o.Source && (o.Standing == Ignored || o.Standing == Outside)
}
