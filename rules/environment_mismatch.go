package rules

import (
	_ "embed"
	"fmt"

	"github.com/inspecto/insplint/internal/key"
)

//go:embed help/environment_mismatch.md
var environmentMismatchHelp string

var environmentMismatch = &Rule{
	ID:         "INSP102",
	Name:       "environment-mismatch",
	Summary:    "A production key stands beside the sandbox host, or a sandbox key beside the production host",
	Production: Warning,
	Sandbox:    Warning,
	Next:       "use the key and the host of one environment in one file",
	Help:       environmentMismatchHelp,
	Check:      checkEnvironmentMismatch,
}

// hosts are the vendor's, and counterpart is the environment that a key does
// not belong to.
var (
	hosts       = map[key.Environment]string{key.Production: "api.inspecto.com", key.Sandbox: "sandbox.inspecto.com"}
	counterpart = map[key.Environment]key.Environment{key.Production: key.Sandbox, key.Sandbox: key.Production}
)

// checkEnvironmentMismatch stays quiet where a file names both hosts and
// nothing pairs one of them with the key: which of them the key goes to cannot
// be told from that.
func checkEnvironmentMismatch(p *Pass) {
	own := p.Key.Secret.Environment()
	other := counterpart[own]
	for i, o := range p.Occurrences {
		beside := o.Hosts
		if o.Pair.Hosts != 0 {
			beside = o.Pair.Hosts
		}
		if beside.Has(own) || !beside.Has(other) || !o.inTree() {
			continue
		}
		message, fix := mismatchTexts(p, o, own, other)
		p.Report(i, message, fix)
	}
}

func mismatchTexts(p *Pass, o *Occurrence, own, other key.Environment) (message, fix string) {
	if o.Pair.Name == "" {
		return fmt.Sprintf("%s beside the %s host %s in %s", p.what(o), other, hosts[other], o.role()),
			fmt.Sprintf("put a %s key here, or call the %s host %s", other, own, hosts[own])
	}
	url := printable(o.Pair.Name)
	return fmt.Sprintf("%s holds a %s in %s, but %s beside it names the %s host %s", o.variable(), p.what(o), o.role(), url, other, hosts[other]),
		fmt.Sprintf("put a %s key into %s, or set %s to the %s address https://%s%s", other, o.variable(), url, own, hosts[own], apiPath)
}

// apiPath is the path of the vendor's API on either host.
const apiPath = "/api/third-party/v1"
