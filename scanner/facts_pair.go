package scanner

import (
	"bytes"
	"slices"
	"strings"

	"github.com/inspecto/insplint/rules"
)

// An env file often has the variables of both environments. Which host a key
// goes with is told by names: INSPECTO_SANDBOX_KEY goes with
// INSPECTO_SANDBOX_URL, because what is left of both without the words for keys
// and addresses is the same. Sections such as "[sandbox]" part the variables of
// one from those of another.

// maxHostLines bounds the variables with a host that are kept of one file.
const maxHostLines = 1 << 10

// hostPairs are the variables of an env file that hold hosts.
type hostPairs struct {
	sections []int // where the lines "[name]" begin
	by       map[hostKey]rules.HostVariable
}

// A hostKey is what a variable with a host has in common with that of a key.
type hostKey struct {
	stem    string
	section int // how many headers stand before it
}

// hostsOf tells which of the vendor's hosts a file names. The comments of an
// env file say what could be, not what is.
func hostsOf(path string, buf []byte) rules.EnvironmentSet {
	set := hostsIn(buf)
	if set == 0 || !isEnvFile(path) {
		return set
	}
	set = 0
	for line := range bytes.Lines(buf) {
		if !isComment(line) {
			set |= hostsIn(line)
		}
	}
	return set
}

func isComment(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\r")
	return bytes.HasPrefix(line, []byte("#")) || bytes.HasPrefix(line, []byte(";")) || bytes.HasPrefix(line, []byte("//"))
}

// hostVariable is the variable with a host that belongs to the one with the
// key at start; zero if none does, or if several disagree.
func (s *surroundings) hostVariable(variable string, start int) rules.HostVariable {
	if variable == "" {
		return rules.HostVariable{}
	}
	if s.hosts == nil {
		s.hosts = pairsIn(s.buf)
	}
	section, _ := slices.BinarySearch(s.hosts.sections, start)
	return s.hosts.by[hostKey{stemOf(variable), section}]
}

// pairsIn reads an env file for hosts.
func pairsIn(buf []byte) *hostPairs {
	p := &hostPairs{by: map[hostKey]rules.HostVariable{}}
	at := 0
	for line := range bytes.Lines(buf) {
		if isSection(line) {
			p.sections = append(p.sections, at)
		} else if bytes.IndexByte(line, '.') >= 0 && !isComment(line) && len(p.by) < maxHostLines {
			p.add(line)
		}
		at += len(line)
	}
	return p
}

// add reads a line that may give a variable a host. What several variables
// disagree on belongs to none, but stays known as that.
func (p *hostPairs) add(line []byte) {
	name, value := assignment(line)
	hosts := hostsIn(value)
	if hosts == 0 || name == "" {
		return
	}
	k := hostKey{stemOf(name), len(p.sections)}
	if known, ok := p.by[k]; ok && known.Hosts != hosts {
		p.by[k] = rules.HostVariable{}
	} else if !ok {
		p.by[k] = rules.HostVariable{Name: name, Hosts: hosts}
	}
}

// isSection reports whether a line is "[name]".
func isSection(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 2 && line[0] == '[' && line[len(line)-1] == ']'
}

// assignment splits a line "export NAME = value" or "name: value".
func assignment(line []byte) (name string, value []byte) {
	at := bytes.IndexAny(line, "=:")
	if at < 0 {
		return "", nil
	}
	words := strings.Fields(string(line[:at]))
	if len(words) == 0 {
		return "", nil
	}
	return cleanName(words[len(words)-1]), line[at+1:]
}

// pairWords are the words by which the names of a key and of an address
// differ though they belong together.
var pairWords = []string{
	"access", "addr", "address", "api", "apikey", "auth", "authorization", "base", "baseurl", "bearer", "credential", "credentials", "domain", "endpoint",
	"host", "hostname", "key", "origin", "password", "root", "secret", "server", "token", "uri", "url", "v1",
}

// stemOf is a name in lower case without pairWords.
func stemOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("_-.", r) })
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return slices.Contains(pairWords, word) }), "_")
}
