package rules

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed help/shipped_env_file.md
var shippedEnvFileHelp string

var shippedEnvFile = &Rule{
	ID:         "INSP105",
	Name:       "shipped-env-file",
	Summary:    "Git ignores the file, but docker build, npm publish or another packager ships it",
	Production: Error,
	Sandbox:    Warning,
	Next:       "leave the env file out of the image or the package",
	Help:       shippedEnvFileHelp,
	Check:      checkShippedEnvFile,
}

// checkShippedEnvFile leaves client code to clientExposure: what is meant to
// be shipped is no accident of packaging.
func checkShippedEnvFile(p *Pass) {
	for i, o := range p.Occurrences {
		if o.Standing != Ignored || o.Client != "" || o.Member != "" || len(o.Shipped) == 0 {
			continue
		}
		var ways, fixes []string
		for _, s := range o.Shipped {
			ways = append(ways, fmt.Sprintf("`%s` puts it into %s: %s", s.By, s.Into, s.because()))
			fixes = append(fixes, s.fix())
		}
		message := fmt.Sprintf("%s in %s, which git ignores, but %s", p.what(o), o.role(), strings.Join(ways, ", and "))
		p.Report(i, message, strings.Join(fixes, ", and ")+"; if it was ever pushed or published, "+rotate)
	}
}

func (s Shipment) because() string {
	if s.Statement == "" {
		return fmt.Sprintf(s.Reason, printable(s.File))
	}
	return fmt.Sprintf("%s in %s, line %d", printable(s.Statement), printable(s.File), s.At)
}

func (s Shipment) fix() string {
	switch {
	case s.Drop && s.List == "":
		return fmt.Sprintf("take the line `%s` out of %s", s.Line, printable(s.Ignore))
	case s.Narrow:
		return fmt.Sprintf("narrow `%s` in %q in %s so that it leaves the env file out", s.Line, s.List, printable(s.Ignore))
	case s.Drop:
		return fmt.Sprintf("take `%s` out of %q in %s", s.Line, s.List, printable(s.Ignore))
	case s.List != "":
		return fmt.Sprintf("add `%s` to %q in %s", s.Line, s.List, printable(s.Ignore))
	case s.Exists:
		return fmt.Sprintf("add the line `%s` at the end of %s", s.Line, printable(s.Ignore))
	}
	return fmt.Sprintf("create %s with the line `%s`", printable(s.Ignore), s.Line)
}
