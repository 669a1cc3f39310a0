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

// checkEnvironmentMismatch stays quiet where a file names both hosts: which of
// them the key goes to cannot be told from that.
func checkEnvironmentMismatch(p *Pass) {
	own := p.Key.Secret.Environment()
	other := counterpart[own]
	for i, o := range p.Occurrences {
		if o.Hosts.Has(own) || !o.Hosts.Has(other) || !o.inTree() {
			continue
		}
		message := fmt.Sprintf("%s beside the %s host %s in %s", p.what(o), other, hosts[other], o.role())
		fix := fmt.Sprintf("put a %s key here, or call the %s host %s", other, own, hosts[own])
		p.Report(i, message, fix)
	}
}
