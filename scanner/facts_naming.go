package scanner

import (
	"bytes"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A variable whose name says that it holds a key of the vendor, with a prefix
// that has a framework inline it, is on its way to browsers before any key is
// in a file: "NEXT_PUBLIC_INSPECTO_API_KEY: ${{ secrets.INSPECTO_KEY }}". Such a
// name is looked for where variables are given their values: in env files, in
// what a table lists (variablefiles.go), and in no other file.

// vendorName finds what may be such a name.
var vendorName = newExpression(`[A-Z][A-Z0-9_]*_INSPECTO[A-Z0-9_]*`)

// keyWords are what a name for a key has beside the vendor's; the name of an
// address (NEXT_PUBLIC_INSPECTO_URL) is no matter.
var keyWords = []string{"APIKEY", "AUTH", "BEARER", "CREDENTIAL", "CREDENTIALS", "KEY", "SECRET", "TOKEN"}

// namedForKey tells that of a name without its prefix.
func namedForKey(name string) bool {
	words := strings.Split(name, "_")
	return slices.Contains(words, "INSPECTO") && slices.ContainsFunc(words, func(word string) bool { return slices.Contains(keyWords, word) })
}

// names lists the variables of a file that are public and named for a key, each
// where it stands first. One beside a key is left to what the key's own finding
// says.
func (s search) names(data []byte, matches []key.Match) []sighting {
	if s.want != nil || s.path == "" || !givesVariables(s.split()) || !bytes.Contains(data, []byte("INSPECTO")) {
		return nil
	}
	var found []sighting
	seen := map[string]bool{}
	around := newSurroundings(data, matches)
	for _, at := range vendorName.Get().FindAllIndex(data, maxUses) {
		name := string(data[at[0]:at[1]])
		prefix := publicPrefix(name)
		if prefix == (rules.PublicPrefix{}) || seen[name] || !namedForKey(name[len(prefix.Prefix):]) || !isGiven(data, at[0], at[1]) {
			continue
		}
		seen[name] = true
		m := key.Match{Start: at[0], End: at[1], Confidence: key.High}
		o := rules.Occurrence{
			EnvFile: isEnvFile(s.path), Confidence: key.High, Variable: name, Prefix: prefix,
			Span: spansOf(data, []key.Match{m})[0], Snippet: around.snippetOf(m.Start, m.End, name), Marks: around.marks(m),
		}
		if !around.beside(m) {
			found = append(found, sighting{match: m, place: o})
		}
	}
	return found
}

// isGiven reports whether a name is not part of a longer one, not in a comment,
// and no use of the variable ("$NAME", "secrets.NAME").
func isGiven(data []byte, start, end int) bool {
	line := data[bytes.LastIndexByte(data[:start], '\n')+1 : start]
	text := bytes.TrimLeft(line, blanks)
	if bytes.HasPrefix(text, []byte("#")) || bytes.HasPrefix(text, []byte("//")) || bytes.Contains(line, []byte(" #")) {
		return false
	}
	if end < len(data) && isWordByte(data[end]) {
		return false
	}
	return start == 0 || !isWordByte(data[start-1]) && !bytes.ContainsRune([]byte("$.%"), rune(data[start-1])) && !bytes.HasSuffix(line, []byte("${"))
}

// beside reports whether a key is on the line of a name, or is what it holds.
func (s *surroundings) beside(m key.Match) bool {
	from := bytes.LastIndexByte(s.buf[:m.Start], '\n') + 1
	to := len(s.buf)
	if n := bytes.IndexByte(s.buf[m.End:], '\n'); n >= 0 {
		to = m.End + n
	}
	return !s.alone(key.Secret{}, from, to)
}

// isName tells a sighting of a name from one of a key.
func (s sighting) isName() bool { return s.match.Secret == (key.Secret{}) }
