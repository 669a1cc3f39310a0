package config

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/inspecto/insplint/internal/lazy"
	"github.com/inspecto/insplint/rules"
)

// The parser's time grows with the square of some things. A real file has few.
const (
	maxBrackets = 1000 // "[" and "{" in the file
	maxDashes   = 16   // "- " on one line: each begins a list in the one before
)

// Parse reads the text of a configuration file. The name is for errors and
// reasons; place says what its patterns are relative to.
func Parse(name string, text []byte, place Place) (*Config, error) {
	c := &Config{name: name, place: place}
	r := reader{name}
	root, err := r.document(text)
	if err != nil || root == nil {
		return c, err
	}
	return c, r.fields(root, "the file", []field{
		{"levels", func(n ast.Node) error { return c.parseLevels(r, n) }},
		{"ignore", func(n ast.Node) error {
			return r.items(n, `"ignore"`, func(item ast.Node) error { return c.parseIgnored(r, item) })
		}},
		{"suppress", func(n ast.Node) error {
			return r.items(n, `"suppress"`, func(item ast.Node) error { return c.parseSuppressed(r, item) })
		}},
		{"env-files", func(n ast.Node) error { return r.patterns(n, `"env-files"`, &c.envFiles) }},
		{"client-files", func(n ast.Node) error { return r.patterns(n, `"client-files"`, &c.clientFiles) }},
		{"skip-unreadable-archives", func(n ast.Node) (err error) {
			c.skipUnreadable, err = r.flag(n)
			return err
		}},
		{"baseline", func(n ast.Node) (err error) {
			c.baseline, err = r.text(n, "a file's name")
			if err == nil && !filepath.IsLocal(filepath.FromSlash(c.baseline)) {
				return r.errorf(n, "baseline %.80q: want a file below this one's directory", c.baseline)
			}
			return err
		}},
	})
}

func (c *Config) parseLevels(r reader, n ast.Node) error {
	c.levels = map[string]level{}
	var fields []field
	for _, rule := range rules.All() {
		fields = append(fields, field{rule.ID, func(n ast.Node) error {
			text, err := r.text(n, "a level")
			if err != nil {
				return err
			}
			chosen, ok := rules.ParseLevel(text)
			if !ok && text != "off" {
				return r.errorf(n, "level %.40q of %s: want error, warning, note or off", text, rule.ID)
			}
			c.levels[rule.ID] = level{chosen, lineOf(n)}
			return nil
		}})
	}
	return r.fields(n, `"levels"`, fields)
}

// parseIgnored reads an item of "ignore": paths, whatever key lies there.
func (c *Config) parseIgnored(r reader, n ast.Node) error {
	a := acceptance{line: lineOf(n)}
	err := r.fields(n, `an item of "ignore"`, []field{a.pathsField(r), a.rulesField(r), a.reasonField(r)}, "paths", "reason")
	c.ignored = append(c.ignored, a)
	return err
}

// parseSuppressed reads an item of "suppress": one key, everywhere or at some
// paths.
func (c *Config) parseSuppressed(r reader, n ast.Node) error {
	a := acceptance{line: lineOf(n)}
	err := r.fields(n, `an item of "suppress"`, []field{
		{"fingerprint", func(n ast.Node) (err error) {
			a.fingerprint, err = r.fingerprint(n)
			return err
		}},
		a.pathsField(r), a.rulesField(r), a.reasonField(r),
	}, "fingerprint", "reason")
	c.suppressed = append(c.suppressed, a)
	return err
}

func (a *acceptance) pathsField(r reader) field {
	return field{"paths", func(n ast.Node) error {
		if err := r.patterns(n, `"paths"`, &a.paths); err != nil {
			return err
		}
		if !slices.ContainsFunc(a.paths, func(p pattern) bool { return !p.negated }) {
			return r.errorf(n, `"paths" matches nothing: want at least one pattern without "!"`)
		}
		return nil
	}}
}

func (a *acceptance) rulesField(r reader) field {
	return field{"rules", func(n ast.Node) error {
		a.rules = map[string]struct{}{}
		err := r.items(n, `"rules"`, func(item ast.Node) error {
			text, err := r.text(item, "a rule's id")
			if err != nil {
				return err
			}
			if rule, ok := rules.Lookup(text); !ok || rule.ID != text {
				return r.errorf(item, "%.40q is no rule; want one of %s", text, ruleIDs())
			}
			a.rules[text] = struct{}{}
			return nil
		})
		if err == nil && len(a.rules) == 0 {
			return r.errorf(n, `"rules" is empty; without it all rules are meant`)
		}
		return err
	}}
}

func (a *acceptance) reasonField(r reader) field {
	return field{"reason", func(n ast.Node) (err error) {
		a.reason, err = r.text(n, "a reason")
		if err == nil && rules.NewSuppression(kind, a.reason).Reason == "" {
			return r.errorf(n, "the reason is empty; say why this is accepted")
		}
		return err
	}}
}

func ruleIDs() string {
	var ids []string
	for _, rule := range rules.All() {
		ids = append(ids, rule.ID)
	}
	return strings.Join(ids, ", ")
}

var fingerprint = lazy.Regexp(`^[0-9a-fA-F]{8}$`)

// A reader turns nodes into values. It quotes little of what it refuses.
type reader struct{ name string }

// errorf is an error about a node.
func (r reader) errorf(n ast.Node, format string, args ...any) error {
	return r.errorAt(tokenOf(n), fmt.Errorf(format, args...))
}

// tokenOf is where a node begins; a mapping's own token is its first colon.
func tokenOf(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

func (r reader) errorAt(t *token.Token, err error) error {
	if t == nil || t.Position == nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return fmt.Errorf("%s:%d:%d: %w", r.name, t.Position.Line, t.Position.Column, err)
}

func lineOf(n ast.Node) int {
	if t := tokenOf(n); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// document parses the text; nil if it holds nothing.
func (r reader) document(text []byte) (ast.Node, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s: larger than %d bytes", r.name, MaxSize)
	}
	if line, found := overloaded(string(text)); found {
		return nil, fmt.Errorf("%s:%d: too many brackets, or lists in lists", r.name, line)
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(text, []byte("\ufeff")), 0)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) {
			return nil, r.errorAt(at.GetToken(), fmt.Errorf("not YAML: %s", at.GetMessage()))
		}
		return nil, fmt.Errorf("%s: not YAML: %w", r.name, err)
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc == nil || doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType:
		case root != nil:
			return nil, r.errorf(doc.Body, "a second document; the file must hold one")
		default:
			root = doc.Body
		}
	}
	return root, nil
}

// overloaded finds the first line with more than the parser should be given.
func overloaded(text string) (number int, found bool) {
	brackets := 0
	for line := range strings.Lines(text) {
		number++
		brackets += strings.Count(line, "[") + strings.Count(line, "{")
		if brackets > maxBrackets || strings.Count(line, "- ") > maxDashes {
			return number, true
		}
	}
	return 0, false
}

// A field is a key that a mapping may have.
type field struct {
	name string
	read func(ast.Node) error
}

// fields reads a mapping whose keys are all known; the required ones must be
// there.
func (r reader) fields(n ast.Node, what string, known []field, required ...string) error {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		return r.errorf(n, "%s: want a mapping with %s, got %s", what, names(known), kindOf(n))
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		key, err := r.text(pair.Key, "a key")
		if err != nil {
			return err
		}
		i := slices.IndexFunc(known, func(f field) bool { return f.name == key })
		switch {
		case i < 0:
			return r.errorf(pair.Key, "unknown key %.40q in %s; want one of %s", key, what, names(known))
		case seen[key]:
			return r.errorf(pair.Key, "key %q is there twice", key)
		}
		seen[key] = true
		if pair.Value.Type() == ast.NullType && len(required) == 0 {
			continue // a heading whose entries are all commented out
		}
		if err := known[i].read(pair.Value); err != nil {
			return err
		}
	}
	for _, name := range required {
		if !seen[name] {
			return r.errorf(n, "%s has no %q", what, name)
		}
	}
	return nil
}

func names(known []field) string {
	var list []string
	for _, f := range known {
		list = append(list, f.name)
	}
	return strings.Join(list, ", ")
}

// items reads a list.
func (r reader) items(n ast.Node, what string, read func(ast.Node) error) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return r.errorf(n, "%s: want a list, got %s", what, kindOf(n))
	}
	for _, item := range list.Values {
		if err := read(item); err != nil {
			return err
		}
	}
	return nil
}

// patterns reads a list of them.
func (r reader) patterns(n ast.Node, what string, into *patterns) error {
	return r.items(n, what, func(item ast.Node) error {
		text, err := r.text(item, "a pattern")
		if err != nil {
			return err
		}
		if err := into.add(text, lineOf(item)); err != nil {
			return r.errorf(item, "%w", err)
		}
		return nil
	})
}

func (r reader) fingerprint(n ast.Node) (string, error) {
	text, err := r.text(n, "a fingerprint")
	if err == nil && !fingerprint.Get().MatchString(text) {
		err = r.errorf(n, "want a key's fingerprint, 8 hexadecimal digits as the report shows them (never the key itself)")
	}
	return strings.ToLower(text), err
}

// text reads a scalar as it is written: 12345678 and 1e100000 are fingerprints
// here, and off is a level.
func (r reader) text(n ast.Node, what string) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, nil
	}
	return "", r.errorf(n, "want %s, got %s", what, kindOf(n))
}

// flag reads true or false.
func (r reader) flag(n ast.Node) (bool, error) {
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value, nil
	}
	text, err := r.text(n, "true or false")
	if err == nil {
		err = r.errorf(n, "%.40q: want true or false", text)
	}
	return false, err
}

// kindOf names what was found in place of something else.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return "an anchor, alias or tag, which this file may not use"
	}
	return "a plain value"
}
