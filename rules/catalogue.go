package rules

import "strings"

// catalogue holds every rule of the design, in the order in which they are
// tried: of the exposure rules, the first that fits an occurrence takes it.
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

// All returns the rules whose predicate is built, in the catalogue's order.
func All() []*Rule {
	built := make([]*Rule, 0, len(catalogue))
	for _, rule := range catalogue {
		if rule.Check != nil {
			built = append(built, rule)
		}
	}
	return built
}

// Lookup finds a rule of All by its id or name, in any case: "INSP002",
// "committed-key".
func Lookup(idOrName string) (rule *Rule, ok bool) {
	for _, rule := range All() {
		if strings.EqualFold(rule.ID, idOrName) || strings.EqualFold(rule.Name, idOrName) {
			return rule, true
		}
	}
	return nil, false
}
