package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inspecto/insplint/rules"
)

// A keyGroup is one key with all its findings, which is how people read a
// report: the key must be revoked once, wherever it lies.
type keyGroup struct {
	rules.KeySummary
	worst  rules.Level // of the findings that count; zero if none does
	places []place
}

// A place is what a reader calls one place: findings of several rules about
// the same characters. It is never empty.
type place []*rules.Finding

func (p place) first() *rules.Finding { return p[0] }

// keyID tells keys apart. Two keys with one fingerprint (1 in 4 billion) and
// one environment would share a group; no finding would be lost.
type keyID struct {
	fingerprint, environment string
}

func keyOf(f *rules.Finding) keyID { return keyID{f.Fingerprint, f.Environment.String()} }

// groupByKey sorts the report's findings into keys, the worst key first and
// equal ones as the report has them. Suppressed findings are in it only if
// asked for, and never make a key worse.
func groupByKey(r *Report, suppressed bool) []*keyGroup {
	known := make(map[keyID]rules.KeySummary, len(r.Keys))
	for _, k := range r.Keys {
		known[keyID{k.Fingerprint, k.Environment.String()}] = k
	}
	groups := []*keyGroup{}
	byID := map[keyID]*keyGroup{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Suppressed != nil && !suppressed {
			continue
		}
		group := byID[keyOf(f)]
		if group == nil {
			group = newGroup(f, known[keyOf(f)])
			byID[keyOf(f)] = group
			groups = append(groups, group)
		}
		group.add(f)
	}
	slices.SortStableFunc(groups, func(a, b *keyGroup) int { return cmp.Compare(b.worst, a.worst) })
	return groups
}

// newGroup is the group of a finding's key. A merged report may lack the key's
// summary; what the finding itself says then has to do.
func newGroup(f *rules.Finding, known rules.KeySummary) *keyGroup {
	known.Fingerprint, known.Environment = f.Fingerprint, f.Environment
	return &keyGroup{KeySummary: known}
}

func (g *keyGroup) add(f *rules.Finding) {
	if f.Suppressed == nil {
		g.worst = max(g.worst, f.Level)
	}
	if n := len(g.places); n > 0 && samePlace(g.places[n-1].first(), f) {
		g.places[n-1] = append(g.places[n-1], f)
		return
	}
	g.places = append(g.places, place{f})
}

func samePlace(a, b *rules.Finding) bool {
	return a.Path == b.Path && a.Member == b.Member && a.Span == b.Span && a.Standing == b.Standing &&
		objectOf(a) == objectOf(b)
}

func objectOf(f *rules.Finding) string {
	if f.Past == nil {
		return ""
	}
	if f.Past.Of != "" {
		return f.Past.Of + " " + strings.Join(f.Past.Refs, " ")
	}
	return f.Past.Object
}

// findings yields the group's findings in the report's order.
func (g *keyGroup) findings(yield func(*rules.Finding) bool) {
	for _, p := range g.places {
		for _, f := range p {
			if !yield(f) {
				return
			}
		}
	}
}

// headline names the key, or what there is instead.
func (g *keyGroup) headline() string {
	if g.Fingerprint == "" {
		return noKey
	}
	return fmt.Sprintf("%s key %s", g.Environment, escape(g.Fingerprint))
}

// noKey is the headline of what is about no key.
const noKey = "public variables that are named for a key"

// whatAndWhere names a finding's key and place in one phrase.
func whatAndWhere(f *rules.Finding) string {
	if f.Fingerprint == "" {
		return "at " + where(f)
	}
	return fmt.Sprintf("%s key %s at %s", f.Environment, escape(f.Fingerprint), where(f))
}

// level is the word for how bad the key's findings are.
func (g *keyGroup) level() string {
	if g.worst == 0 {
		return "suppressed"
	}
	return g.worst.String()
}

// pastName names the place in history of what has no path.
func pastName(past *rules.Past) string {
	name := escape(past.Kind) + " " + short(past.Object)
	if past.Of != "" && len(past.Refs) > 0 {
		name = escape(past.Of + " " + past.Refs[0])
	}
	if past.Within != "" {
		name += " in " + escape(past.Within)
	}
	return name
}

// where names a finding's place in one phrase, escaped, that starts with the
// path if there is one: "a/b.env:3:17", "app.zip (main.js:1:9)",
// "commit 1a2b3c4d5e6f:2:1", "old.env:3:17 in history".
func where(f *rules.Finding) string {
	name := escape(f.Path)
	switch {
	case f.Path != "":
	case f.Standing == rules.Stdin:
		name = "standard input"
	case f.Past != nil:
		name = pastName(f.Past)
	default:
		name = "unnamed"
	}
	position := ""
	if f.Span.Line > 0 {
		position = fmt.Sprintf(":%d:%d", f.Span.Line, f.Span.Column)
	}
	if f.Member != "" {
		name, position = name+" ("+escape(f.Member)+position+")", ""
	}
	if f.Standing == rules.History && f.Path != "" && (f.Past == nil || f.Past.Object != "") { // else it is about to be
		position += " in history"
	}
	return name + position
}

// short cuts an object id to the 12 digits that git prints by default in large
// repositories.
func short(oid string) string { return escape(oid[:min(12, len(oid))]) }

// describeCommit says which commit, when, who and what.
func describeCommit(c *rules.Commit) string {
	parts := []string{short(c.ID)}
	if !c.Date.IsZero() {
		parts = append(parts, c.Date.Format(time.DateOnly))
	}
	if c.Author != "" {
		parts = append(parts, escape(c.Author))
	}
	if c.Subject != "" {
		parts = append(parts, `"`+escape(c.Subject)+`"`)
	}
	return strings.Join(parts, ", ")
}

// since says when a key was first seen, and how long ago if the clock is
// known; empty if history says nothing.
func since(first, now time.Time) string {
	if first.IsZero() {
		return ""
	}
	day := first.Format(time.DateOnly)
	if now.Before(first) {
		return day
	}
	return day + ", " + plural(int(now.Sub(first).Hours()/24), "day") + " ago"
}

// describeVerification says what the vendor answered.
func describeVerification(v *rules.Verification) string {
	parts := []string{string(v.Status)}
	if v.HTTPStatus != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", v.HTTPStatus))
	}
	if len(v.Scopes) > 0 {
		parts = append(parts, "scopes "+escape(strings.Join(v.Scopes, ", ")))
	}
	if v.Detail != "" {
		parts = append(parts, escape(v.Detail))
	}
	return strings.Join(parts, "; ")
}

// worstFirst is the findings that count, the worst first and equal ones in the
// report's order: for formats that can show only so many.
func worstFirst(r *Report) []*rules.Finding {
	counting := r.counting()
	slices.SortStableFunc(counting, func(a, b *rules.Finding) int { return cmp.Compare(b.Level, a.Level) })
	return counting
}

// counting is the findings that are not suppressed, in the report's order.
func (r *Report) counting() []*rules.Finding {
	counting := make([]*rules.Finding, 0, len(r.Findings))
	for i := range r.Findings {
		if r.Findings[i].Suppressed == nil {
			counting = append(counting, &r.Findings[i])
		}
	}
	return counting
}
