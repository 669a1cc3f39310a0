package scanner

import (
	"path"
	"slices"
	"strings"
	"sync"
)

// variableFiles are files, besides env and compose files, that give variables to builds and
// deployments, as path.Match patterns over the last names of a path.
var variableFiles = []string{
	".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml", ".gitlab-ci.yml", "*.gitlab-ci.yml",
	".circleci/config.yml", ".travis.yml", "azure-pipelines.yml", "azure-pipelines.*.yml", "bitbucket-pipelines.yml", "Jenkinsfile", "buildspec.yml", "cloudbuild.yaml",
	"amplify.yml", "app.yaml", "apphosting.yaml", "app.json", "eas.json", "fly.toml", "netlify.toml", "railway.json", "render.yaml", "vercel.json", "wrangler.json", "wrangler.jsonc", "wrangler.toml",
}

// givesVariables reports whether a file is one in which names count. It is asked about
// every file of a tree, and its name passes by nearly all patterns at once.
func givesVariables(dir, name string) bool {
	return variablePatterns().fit(dir, name) || roleWords().in(name) && (isEnvFile(name) || isDockerfile(name))
}

// A patternTable is patterns over the last names of a path.
type patternTable struct {
	last [256]bool           // the last letters of what they want
	by   map[string][]string // the last name that they want, or a star and its ending
}

var variablePatterns = sync.OnceValue(func() *patternTable {
	t := &patternTable{by: map[string][]string{}}
	for _, pattern := range slices.Concat(composePatterns, variableFiles) {
		_, name := splitPath(pattern)
		if strings.Contains(name, "*") {
			name = "*" + path.Ext(name)
		}
		t.last[name[len(name)-1]] = true
		t.by[name] = append(t.by[name], pattern)
	}
	return t
})

func (t *patternTable) fit(dir, name string) bool {
	if name == "" || !t.last[name[len(name)-1]] {
		return false
	}
	fits := func(pattern string) bool { return fitsEnd(pattern, dir, name) }
	return slices.ContainsFunc(t.by[name], fits) || slices.ContainsFunc(t.by["*"+path.Ext(name)], fits)
}

// fitsEnd matches the last names of a path.
func fitsEnd(pattern, dir, name string) bool {
	above, last := splitPath(pattern)
	if ok, _ := path.Match(last, name); !ok {
		return false
	}
	return above == "" || dir == above || strings.HasSuffix(dir, "/"+above)
}

// roleWords are what the names of env files and Dockerfiles have: each of their patterns has
// one of these.
var roleWords = sync.OnceValue(func() *wordSieve {
	return newWordSieve("env", "file", "vars", "secrets", "properties")
})

// A wordSieve tells whether a name has one of up to eight words, in any case. Most of a name
// begins none of them, as two letters tell.
type wordSieve struct {
	words         []string   // in lower case
	first, second [256]uint8 // the words that begin so, as bits
}

func newWordSieve(words ...string) *wordSieve {
	s := &wordSieve{words: words}
	for i, word := range words {
		for _, c := range []byte{word[0], word[0] &^ 0x20} {
			s.first[c] |= 1 << i
		}
		for _, c := range []byte{word[1], word[1] &^ 0x20} {
			s.second[c] |= 1 << i
		}
	}
	return s
}

func (s *wordSieve) in(name string) bool {
	for i := 0; i+1 < len(name); i++ {
		if s.first[name[i]]&s.second[name[i+1]] != 0 && s.begins(name[i:]) {
			return true
		}
	}
	return false
}

func (s *wordSieve) begins(rest string) bool {
	return slices.ContainsFunc(s.words, func(word string) bool {
		return len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word)
	})
}
