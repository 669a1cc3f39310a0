package rules

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
)

// bare accepts every rule, for the line's key if it is alone; void accepts
// nothing.
func bare(reason string) []Mark { return []Mark{{Reason: reason}} }

func void(words ...string) []Mark { return []Mark{{Rules: words}} }

var markLines = []struct {
	line string
	want []Mark
}{
	// The comments of many languages.
	{"token = x # insplint:ignore", bare("")},
	{"token = x // insplint:ignore", bare("")},
	{"token = x //insplint:ignore", bare("")},
	{"SELECT x --insplint:ignore", bare("")},
	{"x /* insplint:ignore */ y", bare("")},
	{"x /*insplint:ignore*/ y", bare("")},
	{"<!-- insplint:ignore --> y", bare("")},
	{"<!--insplint:ignore-->", bare("")},
	{"{# insplint:ignore #}", bare("")},
	{"{{!-- insplint:ignore --}}", bare("")},
	{"<%-- insplint:ignore --%> x", bare("")},
	{"<? insplint:ignore ?> x", bare("")},
	{"(* insplint:ignore *) x", bare("")},
	{"{- insplint:ignore -} x", bare("")},
	{"<# insplint:ignore #> x", bare("")},
	{"--[[ insplint:ignore ]] x", bare("")},
	{`{"comment": "insplint:ignore", "key": "x"}`, bare("")},
	{"rem insplint:ignore\r", bare("")},
	{"insplint:ignore INSP002", void("INSP002")},

	// The end of a comment that began on an earlier line.
	{"insplint:ignore */ call(x)", bare("")},
	{"insplint:ignore --> text", bare("")},
	{"insplint:ignore --%> text", bare("")},
	{"insplint:ignore INSP002 */ call(x)", void("INSP002")},
	{"insplint:ignore INSP002*/", void("INSP002")},
	{"insplint:ignore INSP002 -- why */", []Mark{{Rules: []string{"INSP002"}, Reason: "why"}}},

	// Rules, fingerprints, reasons.
	{"# insplint:ignore INSP002 INSP101", void("INSP002", "INSP101")},
	{"# insplint:ignore INSP002,INSP101, insp004", void("INSP002", "INSP101", "INSP004")},
	{"# insplint:ignore 3f2a91bc", []Mark{{Fingerprints: []string{"3f2a91bc"}}}},
	{"# insplint:ignore 3F2A91BC INSP002 deadbeef", []Mark{{Rules: []string{"INSP002"}, Fingerprints: []string{"3f2a91bc", "deadbeef"}}}},
	{"# insplint:ignore -- for the tests", bare("for the tests")},
	{"# insplint:ignore --for the tests", bare("for the tests")},
	{"# insplint:ignore INSP002 -- it's a -- well -- sample", []Mark{{Rules: []string{"INSP002"}, Reason: "it's a -- well -- sample"}}},
	{"# insplint:ignore INSP002 --", void("INSP002")},
	{"/* insplint:ignore -- why */ x", bare("why")},
	{"<!-- insplint:ignore -- why --> x", bare("why")},
	{`{"c": "insplint:ignore INSP002 -- a key", "key": "x"}`, []Mark{{Rules: []string{"INSP002"}, Reason: "a key"}}},
	{`say "hi" # insplint:ignore -- the "test" key`, bare(`the "test" key`)},
	{"# insplint:ignore -- tab\there, \x1b[31mred", bare("tab here, [31mred")},

	// Precision: what is not understood accepts nothing.
	{"# insplint:ignore INSP999", void("INSP999")},
	{"# insplint:ignore INSP02", void("INSP02")},
	{"# insplint:ignore INSP0022", void("INSP0022")},
	{"# insplint:ignore committed-key", void("committed-key")},
	{"# insplint:ignore because it is fine", void("because", "it", "is", "fine")},
	{"# insplint:ignore - INSP002", []Mark{{Rules: []string{"-", "INSP002"}}}},
	{"# insplint:ignore 'INSP002'", void("'INSP002")},
	{"# don't: insplint:ignore 'INSP002'", void("'INSP002")},
	{`# 5" disk insplint:ignore "INSP002"`, void(`"INSP002`)},
	{"# insplint:ignore 3f2a91bcd", void("3f2a91bcd")},
	{"# insplint:ignore-next-line", nil},
	{"# insplint:ignored", nil},
	{"# insplint:ignore_INSP002", nil},
	{"# insplint:ignore:INSP002", nil},
	{"# insplint:ignore[INSP002]", nil},
	{"# xinsplint:ignore", nil},
	{"# insplint: ignore", nil},
	{"# Insplint:ignore", nil},
	{"", nil},

	// Several marks; a reason that speaks of marks is not one.
	{"/* insplint:ignore INSP002 */ x /* insplint:ignore INSP101 -- b */", []Mark{{Rules: []string{"INSP002"}}, {Rules: []string{"INSP101"}, Reason: "b"}}},
	{"# insplint:ignore INSP002 -- like insplint:ignore", []Mark{{Rules: []string{"INSP002"}, Reason: "like insplint:ignore"}}},
	{"# insplint:ignore INSP002 -- a/*b*/ insplint:ignore", []Mark{{Rules: []string{"INSP002"}, Reason: "a/*b*/ insplint:ignore"}}},
	{"# insplint:ignored insplint:ignore INSP002", void("INSP002")},
}

func TestParseMarks(t *testing.T) {
	for _, test := range markLines {
		if got := ParseMarks(test.line); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q\ngot  %+v\nwant %+v", test.line, got, test.want)
		}
	}
}

func TestReasonHoldsNoKey(t *testing.T) {
	text := testText(key.Production, "reason")
	for _, line := range []string{
		`# insplint:ignore -- was ` + text,
		`"insplint:ignore -- see ", "key": "` + text + `"`,
		`# insplint:ignore -- ` + strings.ToUpper(text[5:]),
	} {
		reason := ParseMarks(line)[0].Reason
		if strings.Contains(strings.ToLower(reason), text[len(text)-32:]) {
			t.Errorf("reason %q", reason)
		}
	}
	long := ParseMarks("# insplint:ignore -- " + strings.Repeat("ä b ", 100))[0].Reason
	if n := utf8.RuneCountInString(long); n > maxReason {
		t.Errorf("a reason of %d code points", n)
	}
}

func TestInlineSuppression(t *testing.T) {
	tests := []struct {
		name string
		mark Mark
		want bool
	}{
		{"all, alone", Mark{Alone: true}, true},
		{"all, not alone", Mark{}, false},
		{"rule, alone", Mark{Rules: []string{"INSP101", "INSP002"}, Alone: true}, true},
		{"rule, not alone", Mark{Rules: []string{"INSP002"}}, false},
		{"other rule", Mark{Rules: []string{"INSP001"}, Alone: true}, false},
		{"unknown rule", Mark{Rules: []string{"INSP999"}, Alone: true}, false},
		{"key", Mark{Fingerprints: []string{"00000000", "3f2a91bc"}}, true},
		{"other key, alone", Mark{Fingerprints: []string{"00000000"}, Alone: true}, false},
		{"rule and key", Mark{Rules: []string{"INSP002"}, Fingerprints: []string{"3f2a91bc"}}, true},
		{"other rule and key", Mark{Rules: []string{"INSP001"}, Fingerprints: []string{"3f2a91bc"}, Alone: true}, false},
	}
	for _, test := range tests {
		test.mark.Reason = "why"
		got := inlineSuppression(committedKey, "3f2a91bc", []Mark{{}, test.mark})
		want := (*Suppression)(nil)
		if test.want {
			want = &Suppression{Kind: "inline", Reason: "why"}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", test.name, got, want)
		}
	}
}

func TestMarkReachesTheFinding(t *testing.T) {
	marked := at("a", Tracked, func(o *Occurrence) { o.Marks = []Mark{{Alone: true, Reason: "sample"}} })
	findings := Check([]*Key{testKey(key.Production, marked, at("b", Tracked))}, now)
	if want := (&Suppression{"inline", "sample"}); !reflect.DeepEqual(findings[0].Suppressed, want) || findings[1].Suppressed != nil {
		t.Errorf("got %v and %v", findings[0].Suppressed, findings[1].Suppressed)
	}
}

func TestSuppress(t *testing.T) {
	inline := at("a", Tracked, func(o *Occurrence) { o.Marks = []Mark{{Alone: true, Reason: "inline"}} })
	findings := Check([]*Key{testKey(key.Production, inline, at("b", Tracked), at("c", Tracked))}, now)
	baseline := &Baseline{Entries: []BaselineEntry{{ID: findings[0].ID, Reason: "listed"}, {ID: findings[1].ID, Reason: "listed"}}}
	got := Suppress(findings, baseline)
	want := []*Suppression{{"inline", "inline"}, {"baseline", "listed"}, nil}
	for i, f := range got {
		if !reflect.DeepEqual(f.Suppressed, want[i]) {
			t.Errorf("finding %d: %v, want %v", i, f.Suppressed, want[i])
		}
	}
	if findings[1].Suppressed != nil {
		t.Error("Suppress changed what it was given")
	}
	if got := Suppress(findings, nil); !reflect.DeepEqual(got, findings) {
		t.Error("no baseline changed the findings")
	}
}

// What was accepted before its file was renamed stays accepted, under the same
// rule.
func TestRenamedStaysAccepted(t *testing.T) {
	before := Check([]*Key{testKey(key.Production, at("a", Tracked))}, now)
	renamed := at("sub/b", Tracked, past(Past{Object: "1234567890", Kind: "blob", Formerly: []Former{{Path: "shown/x", Home: "x"}, {Path: "shown/a", Home: "a"}}}))
	after := Check([]*Key{testKey(key.Production, renamed)}, now)
	baseline := NewBaseline(before)
	if got := Suppress(after, baseline); got[0].ID == before[0].ID || got[0].Suppressed == nil {
		t.Errorf("finding %s is suppressed by %v", got[0].ID, got[0].Suppressed)
	}
	renamed.Standing = History // another rule's
	if got := Suppress(Check([]*Key{testKey(key.Production, renamed)}, now), baseline); got[0].Suppressed != nil {
		t.Errorf("%s is suppressed by an entry for %s", got[0].Rule.ID, before[0].Rule.ID)
	}
	written := NewBaseline(Suppress(after, baseline))
	if len(written.Entries) != 1 || written.Entries[0].ID != after[0].ID {
		t.Errorf("written again: %v", written.Entries)
	}
}

// A new key in a file that a baseline or a mark knows is a new finding.
func TestAnotherKeyIsNew(t *testing.T) {
	old := testKey(key.Production, at("a", Tracked))
	fresh := &Key{Secret: testSecret(key.Production, "fresh"), Occurrences: slices.Clone(old.Occurrences)}
	baseline := NewBaseline(Check([]*Key{old}, now))
	if got := Suppress(Check([]*Key{fresh}, now), baseline); got[0].Suppressed != nil {
		t.Errorf("the new key is suppressed: %v", got[0].Suppressed)
	}
	fresh.Occurrences[0].Marks = []Mark{{Fingerprints: []string{old.Secret.Fingerprint()}, Alone: true}}
	if got := Check([]*Key{fresh}, now); got[0].Suppressed != nil {
		t.Errorf("the new key is suppressed: %v", got[0].Suppressed)
	}
}

var firstWord = regexp.MustCompile(`^\s+[0-9A-Za-z]`)

// FuzzParseMarks holds that a mark is never wider than it is written: one that
// a word follows is not a mark for everything, and a rule or key that the line
// does not name is covered only by a mark for everything.
func FuzzParseMarks(f *testing.F) {
	for _, test := range markLines {
		f.Add(test.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		marks := ParseMarks(line)
		if len(marks) > strings.Count(line, markWord) {
			t.Fatalf("%d marks", len(marks))
		}
		bares := 0
		for _, m := range marks {
			if len(m.Rules)+len(m.Fingerprints) == 0 {
				bares++
			}
			for _, name := range slices.Concat(m.Rules, m.Fingerprints) {
				if !strings.Contains(strings.ToLower(line), strings.ToLower(name)) {
					t.Errorf("%q is not on the line", name)
				}
			}
			if m.Alone {
				t.Errorf("%+v of %q is Alone, which only the scanner can know", m, line)
			}
			checkReason(t, m.Reason)
		}
		allowed := 0
		for _, after := range strings.Split(line, markWord)[1:] {
			if !firstWord.MatchString(after) {
				allowed++
			}
		}
		if bares > allowed {
			t.Errorf("%d marks for everything, the line has %d: %+v", bares, allowed, marks)
		}
	})
}

func checkReason(t *testing.T, reason string) {
	t.Helper()
	switch {
	case reason != oneLine(reason), utf8.RuneCountInString(reason) > maxReason, !utf8.ValidString(reason):
		t.Errorf("reason %q is not one short line", reason)
	case cleanReason(reason) != reason:
		t.Errorf("reason %q is not clean: %q", reason, cleanReason(reason))
	case longRun.Get().MatchString(reason):
		t.Errorf("reason %q can hold a key", reason)
	}
}
