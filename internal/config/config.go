// Package config reads what a project says about its own scans: the
// configuration file .insplint.yaml and the list of paths .insplintignore.
//
// [Parse] and [Config.ParseIgnore] turn the text of the two files into a
// [Config]; where the files lie, and from which commit they are read, is the
// caller's matter (package scanner knows). [Config.Apply] gives findings the
// levels that the project chose and marks those that it accepts; it deletes
// none. [Config.EnvFile], [Config.ClientFile] and [Config.Enter] tell the
// scanner which files count as env files and client code beside its own tables.
//
// The files may come out of a hostile tree. Parse reads YAML without anchors,
// aliases and tags, so that nothing expands, and bounds what it takes. Whatever is
// not understood is an error of one line that begins with "FILE:LINE:COLUMN: ":
// a setting that is half understood would hide findings or show them at random.
package config

import (
	"fmt"
	"path"
	"slices"

	"github.com/inspecto/insplint/rules"
)

// The names of the files.
const (
	FileName   = ".insplint.yaml"
	IgnoreName = ".insplintignore"
)

// MaxSize is how many bytes either file may have.
const MaxSize = 64 << 10

// kind is that of every suppression which this package makes.
const kind = "config"

// A Place turns a path as a scan shows it into one from the directory that the
// patterns of a file are relative to; ok is false for a path that does not lie
// in it.
type Place func(shown string) (path string, ok bool)

// A Config is what both files say. The zero value says nothing. It is safe for
// concurrent use once it is read.
type Config struct {
	levels      map[string]level // by rule id
	suppressed  []acceptance
	ignored     []acceptance
	ignoreFile  patterns
	envFiles    patterns
	clientFiles patterns

	skipUnreadable bool
	baseline       string

	name, ignoreName   string // of the files, in reasons
	place, ignorePlace Place
}

// A level is what a project wants of a rule.
type level struct {
	level rules.Level // 0: off
	line  int
}

// An acceptance is a set of findings that a project accepts.
type acceptance struct {
	fingerprint string              // empty: any key
	paths       patterns            // empty: any path
	rules       map[string]struct{} // by id; empty: any
	reason      string
	line        int
}

// covers reports whether a finding is in the set; path is empty where it has
// none, or none below the patterns' directory.
func (a *acceptance) covers(f *rules.Finding, path string) bool {
	if a.fingerprint != "" && a.fingerprint != f.Fingerprint {
		return false
	}
	if _, named := a.rules[f.Rule.ID]; !named && len(a.rules) > 0 {
		return false
	}
	return len(a.paths) == 0 || path != "" && a.paths.match(path) != nil
}

// Apply returns the findings with the levels that the project chose for their
// rules, and those that it accepts marked. A finding that is doubtful or whose
// key is dead stays a note under any level, and a mark that it already has
// stays.
func (c *Config) Apply(findings []rules.Finding) []rules.Finding {
	marked := make([]rules.Finding, len(findings))
	for i, f := range findings {
		if chosen, ok := c.levels[f.Rule.ID]; ok && chosen.level != 0 && !f.Lowered {
			f.Level = chosen.level
		}
		if f.Suppressed == nil {
			f.Suppressed = c.accepts(&f)
		}
		marked[i] = f
	}
	return marked
}

// accepts says why the project accepts a finding; nil if it does not. A list of
// paths accepts none whose file was renamed into it and came from elsewhere.
func (c *Config) accepts(f *rules.Finding) *rules.Suppression {
	if f.Past != nil && f.Rule.Exposure() {
		for _, former := range f.Past.Formerly {
			if c.acceptsAt(f, former.Path) == nil {
				return nil
			}
		}
	}
	return c.acceptsAt(f, f.Path)
}

// acceptsAt is accepts for a finding as if it were at a path.
func (c *Config) acceptsAt(f *rules.Finding, shown string) *rules.Suppression {
	if chosen, ok := c.levels[f.Rule.ID]; ok && chosen.level == 0 {
		return c.because(fmt.Sprintf("%s is off", f.Rule.ID), c.name, chosen.line)
	}
	at := placed(c.place, shown)
	for _, list := range [][]acceptance{c.suppressed, c.ignored} {
		for i := range list {
			if list[i].covers(f, at) {
				return c.because(list[i].reason, c.name, list[i].line)
			}
		}
	}
	if at := placed(c.ignorePlace, shown); at != "" {
		if p := c.ignoreFile.match(at); p != nil {
			return c.because(p.text, c.ignoreName, p.line)
		}
	}
	return nil
}

// because gives a reason with the line that says so in front: reasons are cut at
// their end. Of the file it shows no more than the name, so that a report does
// not depend on where the scan was started.
func (c *Config) because(reason, name string, line int) *rules.Suppression {
	return rules.NewSuppression(kind, fmt.Sprintf("%s:%d: %s", path.Base(name), line, reason))
}

// placed is a path from the patterns' directory; empty if there is none.
func placed(place Place, shown string) string {
	if shown == "" || place == nil {
		return ""
	}
	path, ok := place(shown)
	if !ok {
		return ""
	}
	return path
}

// EnvFile reports whether the project calls a file an env file.
func (c *Config) EnvFile(shown string) bool { return c.listed(c.envFiles, shown) }

// ClientFile reports whether the project says that a file reaches browsers or
// apps.
func (c *Config) ClientFile(shown string) bool { return c.listed(c.clientFiles, shown) }

// Enter reports whether one of these lists names the directory, or what lies
// above or below it, without wildcards: it must be entered whatever it is.
func (c *Config) Enter(shown string) bool {
	path := placed(c.place, shown)
	return path != "" && (c.envFiles.leadInto(path) || c.clientFiles.leadInto(path))
}

// SkipUnreadableArchives reports whether a scan counts as complete although
// something in an archive could not be read.
func (c *Config) SkipUnreadableArchives() bool { return c.skipUnreadable }

// Baseline names the file of accepted findings, with "/", from the directory in which
// the project's files are looked for; empty if there is none.
func (c *Config) Baseline() string { return c.baseline }

// Files lists the files that were read.
func (c *Config) Files() []string {
	return slices.DeleteFunc([]string{c.name, c.ignoreName}, func(name string) bool { return name == "" })
}

func (c *Config) listed(l patterns, shown string) bool {
	if len(l) == 0 {
		return false
	}
	path := placed(c.place, shown)
	return path != "" && l.match(path) != nil
}
