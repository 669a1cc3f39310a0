package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/inspecto/insplint/internal/key"
)

// A Level is how bad a finding is. Levels compare with <.
type Level uint8

// The zero Level is no level at all.
const (
	Note Level = iota + 1
	Warning
	Error
)

// levelNames is indexed by Level.
var levelNames = [...]string{"", "note", "warning", "error"}

// String returns "note", "warning" or "error"; "" for what is no level.
func (l Level) String() string {
	if int(l) >= len(levelNames) {
		return ""
	}
	return levelNames[l]
}

// ParseLevel reads what String writes; ok is false for anything else.
func ParseLevel(name string) (l Level, ok bool) {
	for l := Note; l <= Error; l++ {
		if l.String() == name {
			return l, true
		}
	}
	return 0, false
}

// A Finding is one rule broken at one place. It holds no secret, only the
// fingerprint and masked form, so no writer can leak what it never got.
type Finding struct {
	ID          string // 16 hex digits that rule, key and path decide: stable when lines move
	Rule        *Rule
	Level       Level
	Lowered     bool // doubtful, dead or no key: a note, whatever level the rule has
	Confidence  key.Confidence
	Fingerprint string // empty: it is about no key, see CheckNames
	Environment key.Environment
	Path        string
	Member      string
	Span        Span
	Encoding    []string
	Standing    Standing
	Staged      string // if the key is staged and not committed: a shell word by which git finds the file from anywhere in the working tree
	Snippet     Snippet
	Message     string
	Origin      *Origin
	Fix         string // what to do in this file, one sentence or command; may be empty
	Past        *Past
	Suppressed  *Suppression // nil: it counts
}

// ids lists the finding's own id, then those that it had before its file was
// renamed.
func (f *Finding) ids() []string {
	ids := []string{f.ID}
	if f.Past != nil {
		for _, former := range f.Past.Formerly {
			ids = append(ids, former.ID)
		}
	}
	return ids
}

// A Suppression says why a finding does not count.
type Suppression struct {
	Kind   string // "inline", "config" or "baseline"
	Reason string
}

// NewSuppression says that a finding was accepted. The reason may be anybody's
// words: it becomes one line of at most 200 code points that holds no key.
func NewSuppression(kind, reason string) *Suppression {
	return &Suppression{Kind: kind, Reason: cleanReason(reason)}
}

// A KeySummary is what a report tells of a key itself.
type KeySummary struct {
	Fingerprint  string
	Environment  key.Environment
	FirstSeen    time.Time // zero: unknown
	Verification *Verification
}

// Scanned counts what a scan read.
type Scanned struct {
	Complete     bool
	Files        int
	Blobs        int
	Commits      int
	Bytes        int64 // of files and of objects, inflated
	Placeholders int
	Seconds      float64
}

// A Problem is something that a scan could not read. One Problem makes the
// scan incomplete.
type Problem struct {
	Path    string // empty if it is no file
	Object  string // object id, or empty
	Message string
}

// findingID hashes what decides a finding's identity.
func findingID(rule string, secret key.Secret, home, member string) string {
	h := sha256.New()
	digest := secret.Digest()
	h.Write([]byte(rule + "\x00"))
	h.Write(digest[:])
	h.Write([]byte(home + "\x00" + member))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// compareFindings is the total order of a report: the tree's findings by
// place and rule, then history's. What tells apart findings of one rule, key
// and place comes last: whatever order a scan found keys in, a report has one.
func compareFindings(a, b Finding) int {
	return cmp.Or(
		compareBool(a.Standing == History, b.Standing == History),
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Member, b.Member),
		cmp.Compare(a.Span.Line, b.Span.Line),
		cmp.Compare(a.Span.Column, b.Span.Column),
		cmp.Compare(a.Rule.ID, b.Rule.ID),
		cmp.Compare(a.Fingerprint, b.Fingerprint),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(pastObject(a), pastObject(b)),
		cmp.Compare(a.Span.EndLine, b.Span.EndLine),
		cmp.Compare(a.Span.EndColumn, b.Span.EndColumn),
		cmp.Compare(a.Standing, b.Standing),
		cmp.Compare(b.Confidence, a.Confidence),
		slices.Compare(a.Encoding, b.Encoding),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Snippet.Text, b.Snippet.Text),
		cmp.Compare(a.Snippet.Column, b.Snippet.Column),
	)
}

// Sort puts findings of several scans in the order that Check gives.
func Sort(findings []Finding) { slices.SortStableFunc(findings, compareFindings) }

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func pastObject(f Finding) string {
	if f.Past == nil {
		return ""
	}
	return f.Past.Object
}
