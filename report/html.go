package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"

	"github.com/inspecto/insplint/rules"
)

//go:embed html.tmpl
var htmlPage string

// An htmlKey is a key as the page shows it. All its texts are escaped as for a
// terminal; the template escapes them for HTML.
type htmlKey struct {
	Level, Headline, Since, Answer string
	Places                         []htmlPlace
	Next                           []string
}

type htmlPlace struct {
	Where, Line           string
	Before, Marked, After string
	Findings              []htmlFinding
	Notes                 []htmlNote
}

type htmlFinding struct{ Level, Rule, Name, Message string }

type htmlNote struct{ Label, Text string }

// renderHTML writes one page that loads nothing: its style stands in it, it has
// no script, and a policy in its head forbids both to what a name may smuggle in.
// Suppressed findings are in it if they are asked for.
func renderHTML(b *bytes.Buffer, r *Report, o Options) error {
	page, err := template.New("html").Parse(htmlPage)
	if err != nil {
		return err
	}
	headline, problems := incomplete(r)
	var keys []htmlKey
	for _, g := range groupByKey(r, o.ShowSuppressed) {
		keys = append(keys, newHTMLKey(g, o))
	}
	var out bytes.Buffer
	err = page.Execute(&out, struct {
		Summary, Incomplete, Version string
		Problems                     []string
		Keys                         []htmlKey
	}{summary(r), headline, escape(versionOf(r)), problems, keys})
	b.WriteString(breakCommands(out.String()))
	return err
}

func newHTMLKey(g *keyGroup, o Options) htmlKey {
	k := htmlKey{
		Level:    g.level(),
		Headline: g.headline(),
		Since:    since(g.FirstSeen, o.Now),
	}
	if g.Verification != nil {
		k.Answer = describeVerification(g.Verification)
	}
	said := map[string]bool{}
	for _, p := range g.places {
		k.Places = append(k.Places, newHTMLPlace(p, said))
	}
	if g.worst > 0 {
		for _, step := range nextSteps(g) {
			k.Next = append(k.Next, escape(step))
		}
	}
	return k
}

func newHTMLPlace(p place, said map[string]bool) htmlPlace {
	f := p.first()
	out := htmlPlace{Where: where(f), Line: strings.TrimSpace(lineNumber(f))}
	if f.Snippet.Text != "" {
		out.Before, out.Marked, out.After = cutSnippet(f.Snippet, 0)
	}
	for _, f := range p {
		out.Findings = append(out.Findings, newHTMLFinding(f))
	}
	for _, n := range p.notes() {
		out.Notes = append(out.Notes, htmlNote{n.label, n.text})
	}
	for _, fix := range p.fixes(said) {
		out.Notes = append(out.Notes, htmlNote{"fix", escape(fix)})
	}
	return out
}

func newHTMLFinding(f *rules.Finding) htmlFinding {
	return htmlFinding{levelWord(f), f.Rule.ID, f.Rule.Name, escape(f.Message)}
}
