package report

import (
	"github.com/inspecto/insplint/rules"
)

// What to do about the key itself. The vendor documents a rotation endpoint but
// not its address, so none is given.
const (
	revokeProduction = "revoke the key now, in the admin panel or with the rotation endpoint: taking it out of the files does not take it back"
	revokeDoubtful   = "if this is a real key, revoke it in the admin panel or with the rotation endpoint"
	rotateSandbox    = "rotate the sandbox key in the admin panel or with the rotation endpoint"
	nothingToRevoke  = "the vendor no longer accepts this key; take it out so that nobody looks for what it opens"
)

// nextSteps is what to do about a key, in order: the key itself first, since a
// leaked key stays leaked whatever happens to the files, then what each rule that
// it breaks asks for. What to do in one file is that finding's own Fix.
func nextSteps(g *keyGroup) []string {
	var steps []string
	if step := keyStep(g); step != "" {
		steps = append(steps, step)
	}
	seen := map[string]bool{}
	for f := range g.findings {
		if f.Suppressed != nil || seen[f.Rule.ID] {
			continue
		}
		seen[f.Rule.ID] = true
		steps = append(steps, f.Rule.ID+": "+f.Rule.Next)
	}
	return steps
}

// keyStep is empty where there is no key.
func keyStep(g *keyGroup) string {
	switch {
	case g.Fingerprint == "":
		return ""
	case g.Verification != nil && g.Verification.Status == rules.Inactive:
		return nothingToRevoke
	case g.doubtful():
		return revokeDoubtful
	case g.Environment.String() == "sandbox":
		return rotateSandbox
	}
	return revokeProduction
}

// doubtful reports whether no finding is more than a guess, and the vendor has
// not confirmed the key.
func (g *keyGroup) doubtful() bool {
	if g.Verification != nil && g.Verification.Status == rules.Active {
		return false
	}
	for f := range g.findings {
		if f.Confidence.String() != "low" {
			return false
		}
	}
	return true
}

// fixes yields what to do in one place, without what the key's earlier places
// have said already.
func (p place) fixes(said map[string]bool) []string {
	var fixes []string
	for _, f := range p {
		if f.Fix != "" && f.Suppressed == nil && !said[f.Fix] {
			said[f.Fix] = true
			fixes = append(fixes, f.Fix)
		}
	}
	return fixes
}
