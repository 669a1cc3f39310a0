package report

import (
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
	"github.com/inspecto/insplint/rules"
)

// keyText is every plain form of a key, the doubtful ones included. The
// placeholders of the vendor's documentation have underscores and stay.
var keyText = lazy.Regexp(`insp_(test_)?(?:[0-9A-Fa-f]{64}|[0-9A-Za-z]{16,})`)

func mask(s string) string {
	if !strings.Contains(s, "insp_") {
		return s
	}
	return keyText.Get().ReplaceAllString(s, "insp_$1…")
}

// masked is a copy of the report in which no text that came from outside holds
// a plain key. The scanner and the rules mask what they record, encoded keys
// too; this is the last gate before bytes that may be uploaded anywhere, and the
// only one for a report that was read back from a file.
func masked(r *Report) *Report {
	out := *r
	out.Keys = slices.Clone(r.Keys)
	for i := range out.Keys {
		out.Keys[i].Verification = maskedVerification(out.Keys[i].Verification)
	}
	out.Findings = slices.Clone(r.Findings)
	for i := range out.Findings {
		maskFinding(&out.Findings[i])
	}
	out.Problems = slices.Clone(r.Problems)
	for i := range out.Problems {
		maskAll(&out.Problems[i].Path, &out.Problems[i].Message)
	}
	return &out
}

func maskAll(texts ...*string) {
	for _, s := range texts {
		*s = mask(*s)
	}
}

func maskFinding(f *rules.Finding) {
	maskAll(&f.Path, &f.Member, &f.Message, &f.Fix, &f.Staged, &f.Snippet.Text)
	f.Encoding = maskedList(f.Encoding)
	f.Past = maskedPast(f.Past)
	if f.Suppressed != nil {
		f.Suppressed = &rules.Suppression{Kind: f.Suppressed.Kind, Reason: mask(f.Suppressed.Reason)}
	}
}

func maskedVerification(v *rules.Verification) *rules.Verification {
	if v == nil {
		return nil
	}
	out := *v
	maskAll(&out.Detail)
	out.Scopes = maskedList(v.Scopes)
	return &out
}

func maskedPast(p *rules.Past) *rules.Past {
	if p == nil {
		return nil
	}
	out := *p
	out.Refs, out.Branches = maskedList(p.Refs), maskedList(p.Branches)
	maskAll(&out.Keep, &out.Borrowed)
	out.Formerly = slices.Clone(p.Formerly)
	for i := range out.Formerly {
		maskAll(&out.Formerly[i].Path, &out.Formerly[i].Home)
	}
	out.Introduced, out.Removed = maskedCommit(p.Introduced), maskedCommit(p.Removed)
	return &out
}

func maskedCommit(c *rules.Commit) *rules.Commit {
	if c == nil {
		return nil
	}
	out := *c
	maskAll(&out.Author, &out.Email, &out.Subject)
	return &out
}

func maskedList(list []string) []string {
	out := slices.Clone(list)
	for i := range out {
		maskAll(&out[i])
	}
	return out
}
