package scanner

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A variable whose name says that it holds a key of the vendor, with a prefix
// that has a framework inline it, is on its way to browsers before any key is
// in a file: "NEXT_PUBLIC_INSPECTO_API_KEY: ${{ secrets.INSPECTO_KEY }}". Such a
// name is looked for where variables are given their values: in env files, in
// what the table below lists, and in no other file.

// variableFiles are files, besides env and compose files, that give variables to builds and
// deployments, as path.Match patterns over the last names of a path.
var variableFiles = []string{
	".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml", ".gitlab-ci.yml", "*.gitlab-ci.yml",
	".circleci/config.yml", ".travis.yml", "azure-pipelines.yml", "azure-pipelines.*.yml", "bitbucket-pipelines.yml", "Jenkinsfile", "buildspec.yml", "cloudbuild.yaml",
	"amplify.yml", "app.yaml", "apphosting.yaml", "app.json", "eas.json", "fly.toml", "netlify.toml", "railway.json", "render.yaml", "vercel.json", "wrangler.json", "wrangler.jsonc", "wrangler.toml",
}

// givesVariables reports whether a file is one in which names count. It is asked
// about every file of a tree, and most are told by their ending.
func givesVariables(file string) bool {
	base := file[strings.LastIndexByte(file, '/')+1:]
	switch path.Ext(base) {
	case ".yml", ".yaml", ".json", ".jsonc", ".toml", "":
		fits := func(pattern string) bool { return fitsEnd(pattern, file, base) }
		if slices.ContainsFunc(composePatterns, fits) || slices.ContainsFunc(variableFiles, fits) {
			return true
		}
	}
	return holdsAny(base, roleWords) && (isEnvFile(base) || isDockerfile(base))
}

// roleWords are what the names of env files and Dockerfiles have, in lower case:
// each of their patterns has one of these.
var roleWords = []string{"env", "file", "vars", "secrets", "properties"}

// fitsEnd matches the last names of a path.
func fitsEnd(pattern, file, base string) bool {
	if !strings.Contains(pattern, "*") {
		return strings.HasSuffix(file, pattern) && (len(file) == len(pattern) || file[len(file)-len(pattern)-1] == '/')
	}
	if path.Ext(pattern) != path.Ext(base) {
		return false
	}
	if names := strings.Count(pattern, "/"); names > 0 {
		all := strings.Split(file, "/")
		base = strings.Join(all[max(0, len(all)-names-1):], "/")
	}
	ok, _ := path.Match(pattern, base)
	return ok
}

// holdsAny reports whether a name has one of some words, in any case.
func holdsAny(name string, words []string) bool {
	var first uint32 // letters of the alphabet, as bits: most of a name begins none of the words
	for _, word := range words {
		first |= 1 << (word[0] & 31)
	}
	for i := range len(name) {
		if first>>(name[i]&31)&1 == 0 {
			continue
		}
		for _, word := range words {
			if name[i]|0x20 == word[0] && len(name)-i >= len(word) && strings.EqualFold(name[i:i+len(word)], word) {
				return true
			}
		}
	}
	return false
}

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
	if s.want != nil || s.path == "" || !givesVariables(s.file()) || !bytes.Contains(data, []byte("INSPECTO")) {
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
