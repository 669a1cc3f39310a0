package rules

import (
	"slices"
	"strings"
)

// catalogue holds every rule, in the order in which they are tried: of the
// exposure rules, the first that fits an occurrence takes it.
var catalogue = []*Rule{
	clientExposure,
	committedKey,
	unignoredEnvFile,
	keyInHistory,
	plaintextKey,
	publicEnvPrefix,
	environmentMismatch,
	staleKey,
	sharedKey,
	shippedEnvFile,
	keyInURL,
	badAuthScheme,
}

// All returns every rule, in the catalogue's order.
func All() []*Rule { return slices.Clone(catalogue) }

// Lookup finds a rule by its id or name, in any case: "INSP002", "committed-key".
func Lookup(idOrName string) (rule *Rule, ok bool) {
	for _, rule := range catalogue {
		if strings.EqualFold(rule.ID, idOrName) || strings.EqualFold(rule.Name, idOrName) {
			return rule, true
		}
	}
	return nil, false
}
