package scanner

import (
	"regexp"

	"github.com/inspecto/insplint/internal/lazy"
)

// An expression is a regular expression that is compiled when it is first used: a
// hook that finds nothing must not pay for the words that judge a finding.
type expression struct {
	*lazy.Value[string, *regexp.Regexp]
}

func newExpression(expr string) expression { return expression{lazy.Regexp(expr)} }

func (p expression) match(text []byte) bool { return p.Get().Match(text) }

// regions lists where an expression matches, by offsets.
func (p expression) regions(text []byte) []region {
	var found []region
	for _, m := range p.Get().FindAllIndex(text, -1) {
		found = append(found, region{m[0], m[1]})
	}
	return found
}
