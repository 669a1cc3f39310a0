package rules

import (
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
	Summary:    "One key is in the env files of two or more services",
	Production: Warning,
	Sandbox:    Note,
	Next:       "make one key for each service, with the least scopes",
	Help:       sharedKeyHelp,
	Check:      checkSharedKey,
}

// checkSharedKey takes a directory for a service. Archives are left out: a
// backup of a service is not another one.
func checkSharedKey(p *Pass) {
	var services []string
	for _, o := range p.Occurrences {
		if o.serviceEnv() {
			services = append(services, path.Dir(o.Path))
		}
	}
	slices.Sort(services)
	services = slices.Compact(services)
	if len(services) < 2 {
		return
	}
	for i, o := range p.Occurrences {
		if o.serviceEnv() {
			own := path.Dir(o.Path)
			message := fmt.Sprintf("%s in %s of %s is also in the env files of %s", p.what(o), o.role(), service(own), others(services, own))
			p.Report(i, message, fmt.Sprintf("create a key for %s alone, with the least scopes that it needs, and put it here", service(own)))
		}
	}
}

func (o *Occurrence) serviceEnv() bool {
	return o.EnvFile && o.Member == "" && o.inTree() && o.Standing != Stdin && o.Path != ""
}

// service names a directory.
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
