package rules

import (
	"cmp"
	_ "embed"
	"fmt"
	"path"
	"slices"
)

//go:embed help/shared_key.md
var sharedKeyHelp string

var sharedKey = &Rule{
	ID:         "INSP104",
	Name:       "shared-key",
	Summary:    "One key is in env files of two or more services",
	Production: Warning,
	Sandbox:    Note,
	Next:       "make one key for each service, with the least scopes",
	Help:       sharedKeyHelp,
	Check:      checkSharedKey,
}

// checkSharedKey compares the services that the scanner told. Archives are
// left out: a backup of a service is not another one.
func checkSharedKey(p *Pass) {
	var services []string
	for _, o := range p.Occurrences {
		if o.serviceEnv() {
			services = append(services, o.service())
		}
	}
	slices.Sort(services)
	services = slices.Compact(services)
	if len(services) < 2 {
		return
	}
	for i, o := range p.Occurrences {
		if o.serviceEnv() {
			own := o.service()
			message := fmt.Sprintf("%s in %s of %s is also in the env files of %s", p.what(o), o.role(), service(own), others(services, own))
			p.Report(i, message, fmt.Sprintf("create a key for %s alone, with the least scopes that it needs, and put it here", service(own)))
		}
	}
}

func (o *Occurrence) serviceEnv() bool {
	return (o.EnvFile || o.Service != "") && o.Member == "" && o.inTree() && o.Standing != Stdin && o.Path != ""
}

// service is what the file belongs to: its directory, where the scanner knew
// nothing.
func (o *Occurrence) service() string { return cmp.Or(o.Service, path.Dir(o.Path)) }

// service names a service.
func service(dir string) string {
	if dir == "." {
		return "the top directory"
	}
	return printable(dir)
}

// others names one service besides own, and counts the rest: a message is one
// line however many there are.
func others(services []string, own string) string {
	rest := slices.DeleteFunc(slices.Clone(services), func(s string) bool { return s == own })
	if len(rest) == 1 {
		return service(rest[0])
	}
	return fmt.Sprintf("%s and %d more", service(rest[0]), len(rest)-1)
}
