package report

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// maxAnnotations is how many annotations GitHub shows for one step and level;
// the rest would stand in the log only.
const maxAnnotations = 10

// Workflow commands, as the runner decodes them (src/Runner.Common/
// ActionCommand.cs in actions/runner): "%" and line ends are escaped
// everywhere, ":" and "," in properties too.
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// commandOf is the workflow command of each level.
func commandOf(l rules.Level) string {
	if l == rules.Note {
		return "notice"
	}
	return l.String()
}

// renderGitHub writes the worst findings as annotations, one notice that says
// how many more there are, and the summary as a plain line for the log.
func renderGitHub(b *bytes.Buffer, r *Report, _ Options) error {
	room := maxAnnotations
	if headline, problems := incomplete(r); headline != "" {
		room--
		text := strings.Join(append([]string{headline}, problems...), "\n")
		writeCommand(b, "warning", []property{{"title", toolName + " did not read everything"}}, text)
	}
	findings := worstFirst(r)
	shown := min(room, len(findings))
	for _, f := range findings[:shown] {
		writeCommand(b, commandOf(f.Level), annotationPlace(f), annotationText(f))
	}
	if more := len(findings) - shown; more > 0 {
		writeCommand(b, "notice", []property{{"title", toolName}}, plural(more, "more finding")+"; the log, the job summary or --format json has them all")
	}
	fmt.Fprintln(b, toolName+": "+summary(r))
	return nil
}

type property struct{ name, value string }

// writeCommand writes one workflow command. A property without a value would
// end the parsing of those behind it, so it is left out.
func writeCommand(b *bytes.Buffer, command string, properties []property, text string) {
	var set []string
	for _, p := range properties {
		if p.value != "" {
			set = append(set, p.name+"="+commandProperty.Replace(p.value))
		}
	}
	fmt.Fprintf(b, "::%s %s::%s\n", command, strings.Join(set, ","), commandData.Replace(text))
}

// annotationPlace says where GitHub shows the annotation. It knows lines only
// in files of the tree that was checked out, so a finding of history or inside
// an archive gets none. A path is escaped for the log's sake: one with control
// characters then matches no file, and shows in the summary of the run.
func annotationPlace(f *rules.Finding) []property {
	properties := []property{{"title", f.Rule.ID + " " + f.Rule.Name}}
	if f.Path == "" || f.Standing == rules.History {
		return properties
	}
	properties = append(properties, property{"file", escape(f.Path)})
	if f.Member != "" || f.Span.Line == 0 {
		return properties
	}
	properties = append(properties,
		property{"line", fmt.Sprint(f.Span.Line)},
		property{"endLine", fmt.Sprint(f.Span.EndLine)})
	// GitHub takes columns only on a region of one line.
	if f.Span.Line == f.Span.EndLine {
		properties = append(properties,
			property{"col", fmt.Sprint(f.Span.Column)},
			property{"endColumn", fmt.Sprint(f.Span.EndColumn)})
	}
	return properties
}

func annotationText(f *rules.Finding) string {
	text := fmt.Sprintf("%s (%s)", escape(f.Message), whatAndWhere(f))
	return strings.TrimSpace(text + "\n" + escape(cmp.Or(f.Fix, f.Rule.Next)))
}
