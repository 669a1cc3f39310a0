package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// Merge makes one report of several. A finding that several have is there once:
// as it counts, if it counts in one of them, and at its worst level. What one of
// them missed, all of them did. The counts of what was read add up.
func Merge(version string, reports []*Report) *Report {
	merged := &Report{Version: version, Scanned: rules.Scanned{Complete: true}}
	for _, r := range reports {
		addScanned(&merged.Scanned, r.Scanned)
		merged.Findings = append(merged.Findings, r.Findings...)
		merged.Problems = append(merged.Problems, r.Problems...)
		for _, k := range r.Keys {
			merged.addKey(k)
		}
	}
	slices.SortStableFunc(merged.Findings, func(a, b rules.Finding) int {
		return cmp.Or(counts(b)-counts(a), cmp.Compare(b.Level, a.Level))
	})
	seen := map[sameFinding]bool{}
	merged.Findings = slices.DeleteFunc(merged.Findings, func(f rules.Finding) bool {
		known := seen[identity(&f)]
		seen[identity(&f)] = true
		return known
	})
	rules.Sort(merged.Findings)
	slices.SortFunc(merged.Problems, func(a, b rules.Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Message, b.Message))
	})
	merged.Problems = slices.Compact(merged.Problems)
	return merged
}

func addScanned(sum *rules.Scanned, s rules.Scanned) {
	sum.Complete = sum.Complete && s.Complete
	sum.Files += s.Files
	sum.Blobs += s.Blobs
	sum.Commits += s.Commits
	sum.Bytes += s.Bytes
	sum.Placeholders += s.Placeholders
	sum.Seconds += s.Seconds
}

func counts(f rules.Finding) int {
	if f.Suppressed == nil {
		return 1
	}
	return 0
}

// sameFinding tells findings apart: an id stands for a rule, key and path, where
// the key may stand on several lines.
type sameFinding struct {
	id, path, member, object, encoding string
	standing                           rules.Standing
	span                               rules.Span
}

func identity(f *rules.Finding) sameFinding {
	return sameFinding{f.ID, f.Path, f.Member, objectOf(f), strings.Join(f.Encoding, " "), f.Standing, f.Span}
}

// trust orders the answers about a key by how much they say.
var trust = map[rules.Status]int{rules.Active: 3, rules.Inactive: 2, rules.Unknown: 1}

// addKey adds what a report tells of a key to what is known of it: the first
// time that it was seen, and the answer that says most.
func (r *Report) addKey(k rules.KeySummary) {
	i := slices.IndexFunc(r.Keys, func(known rules.KeySummary) bool {
		return known.Fingerprint == k.Fingerprint && known.Environment == k.Environment
	})
	if i < 0 {
		r.Keys = append(r.Keys, k)
		return
	}
	known := &r.Keys[i]
	if known.FirstSeen.IsZero() || !k.FirstSeen.IsZero() && k.FirstSeen.Before(known.FirstSeen) {
		known.FirstSeen = k.FirstSeen
	}
	if k.Verification != nil && (known.Verification == nil || trust[k.Verification.Status] > trust[known.Verification.Status]) {
		known.Verification = k.Verification
	}
}
