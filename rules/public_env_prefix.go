package rules

import (
	"cmp"
	_ "embed"
	"fmt"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
)

//go:embed help/public_env_prefix.md
var publicEnvPrefixHelp string

var publicEnvPrefix = &Rule{
	ID:         "INSP101",
	Name:       "public-env-prefix",
	Summary:    "The key is the value of a variable that a framework inlines into client code",
	Production: Error,
	Sandbox:    Warning,
	Next:       "rename the variable without its public prefix, and read it in server code only",
	Help:       publicEnvPrefixHelp,
	Check:      checkPublicEnvPrefix,
	CheckName:  checkPublicName,
}

func checkPublicEnvPrefix(p *Pass) {
	for i, o := range p.Occurrences {
		if o.Prefix == (PublicPrefix{}) || !o.inTree() {
			continue
		}
		p.Report(i, prefixMessage(p, o), prefixFix(o))
	}
}

// prefixMessage also serves a framework that makes variables public by other
// means than a prefix.
func prefixMessage(p *Pass, o *Occurrence) string {
	inlined := "it"
	if o.Prefix.Prefix != "" {
		inlined = "every " + printable(o.Prefix.Prefix) + " variable"
	}
	framework := cmp.Or(o.Prefix.Framework, "the bundler")
	return fmt.Sprintf("%s holds a %s in %s, and %s inlines %s into client code",
		o.variable(), p.what(o), o.role(), words(framework), inlined)
}

// checkPublicName speaks of a variable before it holds a key.
func checkPublicName(p *Pass) {
	for i, o := range p.Occurrences {
		message := fmt.Sprintf("%s in %s is named for a key, and %s inlines every %s variable into client code, whatever it refers to",
			o.variable(), o.role(), words(o.Prefix.Framework), printable(o.Prefix.Prefix))
		p.Report(i, message, prefixFix(o))
	}
}

var variableName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)

func prefixFix(o *Occurrence) string {
	const deployed = "read it only in server code, and " + rotate + " if a build with it was ever deployed"
	if strings.HasPrefix(o.Prefix.Framework, "Flutter (--dart-define") {
		return "take " + o.variable() + " out of what --dart-define gives the app, call Inspecto from a backend of your own, and " + rotate + " if a build with it was ever given away"
	}
	private, cut := strings.CutPrefix(o.Variable, o.Prefix.Prefix)
	if !cut || o.Prefix.Prefix == "" || !variableName.Get().MatchString(private) {
		return "keep the key in a variable that is not public, such as INSPECTO_API_KEY, " + deployed
	}
	return fmt.Sprintf("rename %s to %s, %s", o.variable(), private, deployed)
}
