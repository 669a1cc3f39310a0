// Package rules turns keys into findings, and holds the nouns that all other
// packages share.
//
// A Rule is data (id, name, levels, help in Markdown) and one function over
// one key with all its occurrences; that one signature lets "only in history"
// be the same kind of thing as "committed". Check runs every rule over every
// key; Suppress then marks what was accepted on purpose. Both are pure: they
// read no file, know no clock, and depend only on the facts that the scanner
// recorded in each Occurrence. Exposure rules (INSP0xx) are tried in the order
// of the catalogue and the first that fits an occurrence wins; practice rules
// (INSP1xx) all apply.
//
// Every text that explains a rule (the explain command, docs/rules.md, SARIF's
// help) is the rule's own Help.
//
// A Finding is safe to print: whatever a name in the scanned tree or a
// commit's author put into a path, a reference or a subject, no key in plain
// form and, in Message and Fix, no control character and no second line gets
// through Report.
package rules

import (
	"slices"
	"time"

	"github.com/inspecto/insplint/internal/key"
)

// A Rule is one thing that can be wrong with a key.
type Rule struct {
	ID         string // "INSP002"
	Name       string // "committed-key"
	Summary    string // one sentence, no full stop
	Production Level
	Sandbox    Level
	Next       string // what to do about it, one imperative without a full stop; the key itself apart
	Help       string // Markdown, headings from level 3: what it means, why it matters, how to fix it
	// Check reports each occurrence that the rule fits.
	Check func(*Pass)
	// CheckName reports a variable that is named for a key where there is none;
	// nil for most rules.
	CheckName func(*Pass)
}

// Exposure reports whether the rule says where a key is exposed; an occurrence
// gets at most one of these.
func (r *Rule) Exposure() bool { return r.ID < "INSP100" }

// LevelFor is the rule's level for keys of one environment.
func (r *Rule) LevelFor(e key.Environment) Level {
	if e == key.Sandbox {
		return r.Sandbox
	}
	return r.Production
}

// A Pass is one run of one rule over one key.
type Pass struct {
	Key *Key
	Now time.Time
	// MaxAge is how long a key may be in use before it is stale.
	MaxAge time.Duration

	rule     *Rule
	exposed  []bool // by occurrence: an earlier exposure rule took it
	findings *[]Finding
}

// Occurrences yields the occurrences that this rule may still report: for an
// exposure rule, those that no earlier one took.
func (p *Pass) Occurrences(yield func(int, *Occurrence) bool) {
	for i := range p.Key.Occurrences {
		if p.rule.Exposure() && p.exposed[i] {
			continue
		}
		if !yield(i, &p.Key.Occurrences[i]) {
			return
		}
	}
}

// Report makes a finding of occurrence i. The message says what is wrong here,
// fix what to do in this file. Names that the scanned tree chose must have
// come through printable, shellQuote or ignoreLine; keys are masked here, in
// every text that a finding carries.
func (p *Pass) Report(i int, message, fix string) {
	o := &p.Key.Occurrences[i]
	if p.rule.Exposure() {
		p.exposed[i] = true
	}
	if p.Key.Placeholder {
		fix = "" // there is nothing to rotate
	}
	fingerprint, member := "", o.Variable
	if !p.keyless() {
		fingerprint, member = p.Key.Secret.Fingerprint(), o.Member
	}
	past := o.Past.masked()
	if past != nil {
		for i, former := range o.Past.Formerly {
			past.Formerly[i].ID = findingID(p.rule.ID, p.Key.Secret, former.Home, member)
		}
	}
	*p.findings = append(*p.findings, Finding{
		ID:          findingID(p.rule.ID, p.Key.Secret, o.Home, member),
		Rule:        p.rule,
		Level:       p.level(o),
		Lowered:     p.lowered(o),
		Confidence:  o.Confidence,
		Fingerprint: fingerprint,
		Environment: p.Key.Secret.Environment(),
		Path:        key.Mask(o.Path),
		Member:      key.Mask(o.Member),
		Span:        o.Span,
		Encoding:    o.Encoding,
		Standing:    o.Standing,
		Staged:      key.Mask(staged(o)),
		Snippet:     o.Snippet,
		Message:     key.Mask(message),
		Fix:         key.Mask(fix),
		Origin:      o.Origin,
		Past:        past,
		Suppressed:  inlineSuppression(p.rule, fingerprint, o.Marks),
	})
}

// level is the rule's level, or a note where that is all that the key deserves.
func (p *Pass) level(o *Occurrence) Level {
	if p.lowered(o) {
		return Note
	}
	return p.rule.LevelFor(p.Key.Secret.Environment())
}

// lowered reports whether there is no key, its form is doubtful, it is a
// placeholder, or the vendor says that it is dead.
func (p *Pass) lowered(o *Occurrence) bool {
	dead := p.Key.Verification != nil && p.Key.Verification.Status == Inactive
	return dead || p.keyless() || p.Key.Placeholder || o.Confidence == key.Low
}

// keyless reports whether the pass is over names, and so about no key.
func (p *Pass) keyless() bool { return p.Key.Secret == (key.Secret{}) }

// An Option changes what every Pass of a Check is given.
type Option func(*Pass)

// MaxAge lets a key be in use for so long; without it, DefaultMaxAge.
func MaxAge(limit time.Duration) Option { return func(p *Pass) { p.MaxAge = limit } }

// Check runs every rule over every key, but practice rules not over placeholders,
// and returns the findings in the order of a report.
func Check(keys []*Key, now time.Time, options ...Option) []Finding {
	findings := []Finding{}
	pass := Pass{Now: now, MaxAge: DefaultMaxAge, findings: &findings}
	for _, option := range options {
		option(&pass)
	}
	for _, k := range keys {
		exposed := make([]bool, len(k.Occurrences))
		for _, rule := range catalogue {
			if k.Placeholder && !rule.Exposure() {
				continue
			}
			run := pass
			run.Key, run.rule, run.exposed = k, rule, exposed
			rule.Check(&run)
		}
	}
	slices.SortFunc(findings, compareFindings)
	return findings
}

// CheckNames runs the rules that speak of names over variables that are named
// for a key, with no key beside them. What they report is about no key: the
// fingerprint is empty, the environment means nothing, and it is a note,
// whatever level the rule has.
func CheckNames(names []Occurrence) []Finding {
	findings := []Finding{}
	for _, rule := range catalogue {
		if rule.CheckName != nil {
			rule.CheckName(&Pass{Key: &Key{Occurrences: names}, rule: rule, findings: &findings})
		}
	}
	slices.SortFunc(findings, compareFindings)
	return findings
}
