package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"strings"

	"github.com/inspecto/insplint/rules"
)

//go:embed html.head
var htmlHead string

// An htmlPage is a page that grows. Markup comes from this file alone, and all
// that add puts between it is escaped. The templates of html/template would do
// the same, and each start of insplint, with or without a page, would pay for
// them: what they reach by reflection keeps all methods of all types in the binary.
type htmlPage struct{ bytes.Buffer }

// markup is a type of its own so that only a constant becomes one by itself.
type markup string

// add writes a line, or the beginning of one: m with each %s replaced by a text.
func (p *htmlPage) add(m markup, texts ...string) {
	escaped := make([]any, len(texts))
	for i, text := range texts {
		escaped[i] = html.EscapeString(text)
	}
	_, _ = fmt.Fprintf(p, string(m), escaped...)
}

// addWith writes a line if there is something to say in it.
func (p *htmlPage) addWith(m markup, text string) {
	if text != "" {
		p.add(m, text)
	}
}

// renderHTML writes one page that loads nothing: its style stands in it, it has
// no script, and a policy in its head forbids both to what a name may smuggle in.
// Suppressed findings are in it if they are asked for. All texts are escaped as
// for a terminal before they are for HTML.
func renderHTML(b *bytes.Buffer, r *Report, o Options) error {
	page := new(htmlPage)
	page.WriteString(htmlHead)
	page.add("<p>%s</p>\n", summary(r))
	page.problems(incomplete(r))
	for _, g := range groupByKey(r, o.ShowSuppressed) {
		page.key(g, o)
	}
	page.add("<p><small>insplint %s. It shows keys by their fingerprint, never themselves.</small></p>\n</body>\n</html>\n", escape(versionOf(r)))
	b.WriteString(breakCommands(page.String()))
	return nil
}

func (p *htmlPage) problems(headline string, problems []string) {
	if headline == "" {
		return
	}
	p.add("<div class=\"incomplete\">\n<p><strong>%s</strong></p>\n<ul>\n", headline)
	for _, problem := range problems {
		p.add("<li>%s</li>\n", problem)
	}
	p.add("</ul>\n</div>\n")
}

func (p *htmlPage) key(g *keyGroup, o Options) {
	p.add("<section>\n<h2><span class=\"level %s\">%s</span> %s</h2>\n", g.level(), g.level(), g.headline())
	p.addWith("<p>first seen %s</p>\n", since(g.FirstSeen, o.Now))
	if g.Verification != nil {
		p.add("<p>asked the vendor: %s</p>\n", describeVerification(g.Verification))
	}
	said := map[string]bool{}
	for _, place := range g.places {
		p.place(place, said)
	}
	if g.worst > 0 {
		p.steps(nextSteps(g))
	}
	p.add("</section>\n")
}

func (p *htmlPage) place(at place, said map[string]bool) {
	first := at.first()
	p.add("<h3>%s</h3>\n", where(first))
	for _, f := range at {
		p.finding(f)
	}
	if before, marked, after := cutSnippet(first.Snippet, 0); before+marked != "" {
		p.add("<pre>")
		p.addWith("<span>%s | </span>", strings.TrimSpace(lineNumber(first)))
		p.add("%s<mark>%s</mark>%s</pre>\n", before, marked, after)
	}
	notes, fixes := at.notes(), at.fixes(said)
	if len(notes)+len(fixes) == 0 {
		return
	}
	p.add("<ul>\n")
	for _, n := range notes {
		p.add("<li>%s: %s</li>\n", n.label, n.text)
	}
	for _, fix := range fixes {
		p.add("<li>fix: %s</li>\n", escape(fix))
	}
	p.add("</ul>\n")
}

func (p *htmlPage) finding(f *rules.Finding) {
	level := levelWord(f)
	p.add("<p><span class=\"level %s\">%s</span> %s %s: %s</p>\n", level, level, f.Rule.ID, f.Rule.Name, escape(f.Message))
}

func (p *htmlPage) steps(steps []string) {
	if len(steps) == 0 {
		return
	}
	p.add("<p>Next:</p>\n<ol>\n")
	for _, step := range steps {
		p.add("<li>%s</li>\n", escape(step))
	}
	p.add("</ol>\n")
}
