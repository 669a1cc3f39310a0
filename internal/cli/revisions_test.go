package cli

import (
	"slices"
	"testing"
)

func TestSplitRevisions(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                      nil,
		" \t\n":                                 nil,
		"main..HEAD":                            {"main..HEAD"},
		" HEAD  --not\t--remotes\n":             {"HEAD", "--not", "--remotes"},
		`HEAD --since="2 weeks ago"`:            {"HEAD", "--since=2 weeks ago"},
		`--since '2 weeks ago' HEAD`:            {"--since", "2 weeks ago", "HEAD"},
		`"main@{2 weeks ago}"..HEAD`:            {"main@{2 weeks ago}..HEAD"},
		"main@{2 weeks ago}..HEAD ^HEAD^{/a b}": {"main@{2 weeks ago}..HEAD", "^HEAD^{/a b}"},
		`it's..don't`:                           {"it's..don't"},
		`":/it's here" HEAD`:                    {":/it's here", "HEAD"},
		`""`:                                    {""},
		"{x} HEAD":                              {"{x}", "HEAD"},
		"a@{1} b":                               {"a@{1}", "b"},
	} {
		if got, err := splitRevisions(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("splitRevisions(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	if got, err := splitRevisions(`HEAD --since="2 weeks`); err == nil {
		t.Errorf("a quote that is not closed: %q", got)
	}
}
