package report

import "slices"

// briefPlaces is how many places a brief report shows: what stops a commit has to
// fit into the dialog of an editor.
const briefPlaces = 8

// brief writes the worst places, the key's line for each key and three or four
// lines for each place:
//
//	error: production key 3f2a91bc
//	  --> config/prod.env:3:17
//	  error[INSP002] committed-key: git tracks this file
//	  3 | TOKEN=insp_…[3f2a91bc]
func (t *textWriter) brief(groups []*keyGroup) {
	left, omitted := briefPlaces, 0
	for _, g := range groups {
		if left > 0 {
			t.line("%s: %s", t.paint.word(g.level()), t.paint.strong.Sprint(g.headline()))
		}
		for _, p := range g.places {
			if left--; left < 0 {
				omitted += len(p)
				continue
			}
			t.briefPlace(p)
		}
		if left >= 0 {
			t.WriteByte('\n')
		}
	}
	if omitted > 0 {
		more := "and " + plural(omitted, "more finding")
		if t.o.More != "" {
			more += ": " + t.o.More
		}
		t.line("%s\n", more)
	}
}

func (t *textWriter) briefPlace(p place) {
	f := p.first()
	t.heading(p)
	if f.Snippet.Text != "" {
		before, marked, after := cutSnippet(f.Snippet, t.snippetWidth(len(lineNumber(f))))
		t.line("  %s %s %s", t.paint.frame.Sprint(lineNumber(f)), t.paint.frame.Sprint("|"), before+marked+after)
	}
	told := []string{"encoded", "confidence", "suppressed"} // the message tells of commits
	for _, n := range p.notes() {
		if slices.Contains(told, n.label) {
			t.line("  %s %s: %s", t.paint.frame.Sprint("="), n.label, n.text)
		}
	}
}
