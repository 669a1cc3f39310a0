package rules

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/key"
)

// The words that messages and fixes are made of: what kind of key, what kind
// of file, which commit.

const (
	placeholder = "insp_your_api_key_here" // the vendor's own, in its curl example
	rotate      = "rotate the key in the admin panel or with the rotation endpoint"
)

// statusWords says what verification found of a key.
var statusWords = map[Status]string{Active: "live ", Inactive: "inactive "}

// what names the key: "production key", "possible live sandbox key".
func (p *Pass) what(o *Occurrence) string {
	noun := p.Key.Secret.Environment().String() + " key"
	if p.Key.Verification != nil {
		noun = statusWords[p.Key.Verification.Status] + noun
	}
	if p.Key.Placeholder {
		return "placeholder for a " + p.Key.Secret.Environment().String() + " key"
	}
	if o.Confidence == key.Low {
		noun = "possible " + noun
	}
	return noun
}

// role names the file by what it is for.
func (o *Occurrence) role() string {
	switch {
	case o.Standing == Stdin:
		return "standard input"
	case o.Client != "":
		return words(o.Client)
	case o.template():
		return "the env file template"
	case o.EnvFile && o.Member != "":
		return "an env file inside the archive"
	case o.EnvFile:
		return "the env file"
	case o.Member != "":
		return "a file inside the archive"
	case o.inName():
		return "the name of a file or directory"
	}
	return "a file"
}

// inName reports whether the key is in the name of the file, which has no lines.
func (o *Occurrence) inName() bool { return o.Span == Span{} && o.Path != "" && o.Member == "" }

// inTree reports whether there is a file to act on. Practice rules speak of
// habits in files that exist; what is only in history is keyInHistory's.
func (o *Occurrence) inTree() bool { return o.Standing != History }

// templateMarks are the parts of names of env files that exist to be
// committed, with nothing real in them.
var templateMarks = []string{
	"default", "defaults", "dist", "example", "sample", "schema", "skel", "stub", "template", "tmpl", "tpl",
}

// template reports whether the file shows which variables there are: what it
// needs is a placeholder, not a line in .gitignore.
func (o *Occurrence) template() bool {
	name := strings.ToLower(path.Base(cmp.Or(o.Member, o.Path)))
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '-' || r == '_' })
	return o.EnvFile && slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(templateMarks, part) })
}

// variable names the variable that holds the key, or says that it does not
// know.
func (o *Occurrence) variable() string {
	if o.Variable == "" {
		return "a variable"
	}
	return printable(o.Variable)
}

// named is what people call a commit: short id and date.
func (c *Commit) named() string {
	return fmt.Sprintf("commit %s (%s)", shortID(c.ID), c.Date.UTC().Format("2006-01-02"))
}

// shortID is long enough to be unique in a repository of any size, and short
// enough for a sentence.
func shortID(id string) string {
	const length = 10
	return printable(id[:min(length, len(id))])
}

// rotateIfShared tells to rotate at once where a commit holds the key already,
// else if it left this machine.
func (o *Occurrence) rotateIfShared() string {
	if o.Past != nil && o.Past.Introduced != nil {
		return rotate
	}
	return rotate + " if a commit with it was ever pushed"
}

// usePlaceholder is the fix for any file that only shows how it is done.
const usePlaceholder = "write " + placeholder + " in the key's place"
