package gitrepo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
)

// Revisions as git understands them (gitrevisions(7)), without running git.
//
// [Repo.ParseRange] splits arguments into revisions to include and to exclude
// (revision.go). A revision is a name and steps away from it, "~2" or
// "^{commit}" (revision_steps.go); a name is an id or its beginning, a ref, an
// entry of a reflog, a branch's upstream (revision_name.go). The steps read
// commits out of the object database (revision_walk.go). Dates are read in
// revision_date.go, and options that leave commits out in revision_limits.go.
//
// Limits: replace refs and grafts do not alter history. What names a file
// ("HEAD:file", ":file") is refused, and so are dates that git only guesses at.

// ErrMissing is what ParseRange and Resolve wrap where a revision leads to an
// object that the repository does not have: the clone is shallow, or history
// was rewritten since the id was noted.
var ErrMissing = errors.New("object is not in the repository")

// Why a revision cannot be resolved, where it is not ErrMissing.
var (
	errUnknown   = errors.New("unknown revision")
	errUnborn    = errors.New("HEAD has no commit yet")
	errNotCommit = errors.New("not a commit")
)

// A Range is a set of commits: those that Include reach and Exclude do not.
// Each lists a commit once.
type Range struct {
	Include, Exclude []gitpack.ID
	// Tags are the tag objects on the way to what is included, the outermost
	// first, and Others what tags stand for that is no commit: git counts them
	// among the objects of the set, and not those on the way to what is excluded.
	Tags, Others []gitpack.ID
	// KnownTags are the tag objects on the way to what is excluded.
	KnownTags []gitpack.ID
	// Includes tells that some argument was to include something, whether or not
	// it led to anything: "--not A" alone includes nothing.
	Includes bool
	// Absent says, of each revision to exclude that a shallow clone lacks, what
	// is wrong: the set is larger than was asked for.
	Absent []error
	// Short says of each "@{date}" that the reflog does not go back so far: it stands
	// for the oldest that the log knows.
	Short []error
	// Limits leave some of the commits out.
	Limits Limits
}

// Resolve gives the object that one revision stands for. A tag that its name
// leads to is peeled, unless the expression itself ends in "^{...}". The error
// is one line that quotes the expression; it is ErrMissing where the object is
// not there.
func (r *Repo) Resolve(store *gitpack.Store, expression string) (gitpack.ID, error) {
	id, err := r.resolver(store).resolve(expression)
	if err != nil {
		return gitpack.ID{}, revisionError(expression, err)
	}
	return id, nil
}

// revisionError keeps what was wrong on one line: causes may be joined.
func revisionError(expression string, err error) error {
	return &oneLineError{fmt.Errorf("resolve revision %.200q: %w", expression, err)}
}

type oneLineError struct{ err error }

func (e *oneLineError) Error() string { return strings.ReplaceAll(e.err.Error(), "\n", "; ") }
func (e *oneLineError) Unwrap() error { return e.err }

// ParseRange reads arguments as `git rev-list` does: "B", "^A", "A..B", "A...B"
// (both, without what their merge bases reach), "A..", "..B" (HEAD stands for
// what is not there), "A^@", "A^!", "A^-", "--not", which flips the sense of what
// follows, "--all", "--branches", "--tags" and "--remotes", of which the last
// three take "=PATTERN", "--glob=PATTERN", "--exclude=PATTERN", which the next of
// these options passes over, "--reflog", and the options of [Limits]: if they stand
// alone, they limit what HEAD leads to, as they do for git log.
//
// A ref that one of these options excludes and that leads to no commit is passed
// over, and so, in a shallow clone, is any revision to exclude that is not there:
// that makes the range larger, never smaller.
func (r *Repo) ParseRange(store *gitpack.Store, args ...string) (Range, error) {
	p := &rangeParser{resolver: r.resolver(store)}
	for rest := args; len(rest) > 0; {
		used, err := p.limit(rest)
		if used == 0 {
			used, err = 1, p.argument(rest[0])
		}
		if err != nil {
			return Range{}, revisionError(strings.Join(rest[:used], " "), err)
		}
		rest = rest[used:]
	}
	if p.limited && !p.named {
		if err := p.argument("HEAD"); err != nil {
			return Range{}, revisionError("HEAD", err)
		}
	}
	return Range{
		Include: p.include.list, Exclude: p.exclude.list, Absent: p.absent, Short: p.short,
		Includes: p.includes, Limits: p.limits,
		Tags: p.tags.without(p.knownTags), Others: p.others.without(p.knownOthers), KnownTags: p.knownTags.list,
	}, nil
}

// An idSet keeps the order in which ids came.
type idSet struct {
	list []gitpack.ID
	has  map[gitpack.ID]bool
}

func (s *idSet) add(ids ...gitpack.ID) {
	if s.has == nil {
		s.has = map[gitpack.ID]bool{}
	}
	for _, id := range ids {
		if !s.has[id] {
			s.has[id] = true
			s.list = append(s.list, id)
		}
	}
}

// without lists what another set does not have.
func (s *idSet) without(other idSet) []gitpack.ID {
	return slices.DeleteFunc(slices.Clone(s.list), func(id gitpack.ID) bool { return other.has[id] })
}

type rangeParser struct {
	*resolver
	include, exclude    idSet
	tags, knownTags     idSet
	others, knownOthers idSet
	not                 bool
	includes            bool
	passed              []func(string) bool // by "--exclude", for the next option that stands for refs
	absent              []error
	limits              Limits
	limited, named      bool // by an option; some revision, or option for refs, was given
}

// passOver notes a revision that is only to be excluded and that the shallow
// clone lacks; any other error is returned.
func (p *rangeParser) passOver(exclude bool, arg string, err error) error {
	missing := errors.Is(err, ErrMissing) || errors.Is(err, errUnknown)
	if err == nil || exclude == p.not || !missing || len(p.shallow) == 0 {
		return err
	}
	p.absent = append(p.absent, revisionError(arg, err))
	return nil
}

// add enters commits, on the other side after "--not" or for a "^".
func (p *rangeParser) add(exclude bool, ids ...gitpack.ID) {
	if exclude != p.not {
		p.exclude.add(ids...)
	} else {
		p.include.add(ids...)
		p.includes = true
	}
}

// addTags enters tag objects, likewise.
func (p *rangeParser) addTags(exclude bool, tags []gitpack.ID) {
	if exclude != p.not {
		p.knownTags.add(tags...)
	} else {
		p.tags.add(tags...)
	}
}

// addOther enters what a tag stands for that is no commit.
func (p *rangeParser) addOther(id gitpack.ID) {
	if p.not {
		p.knownOthers.add(id)
	} else {
		p.others.add(id)
	}
}

// refOptions are the options that stand for refs, and where these are; "--all"
// has no directory of its own and takes no pattern.
var refOptions = map[string]string{
	"--all": "", "--branches": "refs/heads/", "--tags": "refs/tags/", "--remotes": "refs/remotes/",
}

func (p *rangeParser) argument(arg string) error {
	p.named = true
	if arg == "--not" {
		p.not = !p.not
		return nil
	}
	if strings.HasPrefix(arg, "-") {
		return p.option(arg)
	}
	left, right, dotted := strings.Cut(arg, "..")
	if !dotted || arg == ".." {
		return p.single(arg)
	}
	err := p.dotted(left, right)
	if errors.Is(err, errUnknown) {
		// The dots may be part of a pattern: ":/a..b".
		if p.single(arg) == nil {
			return nil
		}
	}
	return err
}

// option enters the commits that an option stands for.
func (p *rangeParser) option(arg string) error {
	option, pattern, hasPattern := strings.Cut(arg, "=")
	dir, stands := refOptions[option]
	switch {
	case stands && (dir != "" || !hasPattern):
		return p.refs(dir, pattern, hasPattern)
	case option == "--glob" && hasPattern:
		return p.refs("refs/", strings.TrimPrefix(pattern, "refs/"), true)
	case option == "--exclude" && hasPattern:
		passed, err := refGlob(pattern)
		p.passed = append(p.passed, passed)
		return err
	case arg == "--reflog":
		return p.reflogs()
	}
	return fmt.Errorf("unknown option; known are --not, --all, --branches, --tags, --remotes, --glob=PATTERN, --exclude=PATTERN, --reflog, and %s", strings.Join(slices.Sorted(maps.Keys(limitOptions)), ", "))
}

// passes reports whether "--exclude" has an option pass over a ref: of a directory
// of refs it knows the rest of the name.
func (p *rangeParser) passes(name, dir string) bool {
	if dir != "refs/" {
		name = strings.TrimPrefix(name, dir)
	}
	return slices.ContainsFunc(p.passed, func(passed func(string) bool) bool { return passed(name) })
}

// reflogs adds what all reflogs remember, but for what is gone by now.
func (p *rangeParser) reflogs() error {
	p.includes = p.includes || !p.not
	for e, err := range p.repo.Reflogs() {
		if err != nil && !p.not {
			return err
		}
		for _, id := range []gitpack.ID{e.Old, e.New} {
			if id.IsZero() {
				continue
			}
			if err := p.tip(id); err != nil && !p.not && !errors.Is(err, ErrMissing) {
				return fmt.Errorf("reflog of %q: %w", e.Ref, err)
			}
		}
	}
	return nil
}

// dotted adds "A..B" or, where right begins with the third dot, "A...B".
func (p *rangeParser) dotted(left, right string) error {
	right, symmetric := strings.CutPrefix(right, ".")
	b, tags, err := p.side(right)
	if err != nil {
		return err
	}
	p.addTags(false, tags)
	a, tags, err := p.side(left)
	if err != nil {
		if err = p.passOver(true, left, err); err == nil {
			p.add(false, b)
		}
		return err
	}
	p.addTags(!symmetric, tags)
	if !symmetric {
		p.add(true, a)
		p.add(false, b)
		return nil
	}
	bases, err := p.mergeBases(a, b)
	if err != nil {
		return fmt.Errorf("find merge bases: %w", err)
	}
	p.add(true, bases...)
	p.add(false, a, b)
	return nil
}

// side resolves one side of a range.
func (p *rangeParser) side(expression string) (id gitpack.ID, tags []gitpack.ID, err error) {
	if expression == "" {
		expression = "HEAD"
	}
	id, tags, err = p.commit(expression)
	if err != nil {
		return id, nil, fmt.Errorf("%q: %w", expression, err)
	}
	return id, tags, nil
}

// commit resolves an expression that must lead to a commit; tags are those on
// the way.
func (s *resolver) commit(expression string) (id gitpack.ID, tags []gitpack.ID, err error) {
	id, _, err = s.named(expression)
	if err != nil {
		return id, nil, err
	}
	last, err := s.peel(id, gitpack.Commit)
	if err == nil && last.kind != gitpack.Commit {
		err = fmt.Errorf("%w: %s is a %s", errNotCommit, last.id, last.kind)
	}
	return last.id, last.tags, err
}

// A parentMark ends an argument that stands for a commit's parents as well.
type parentMark struct {
	mark    string
	exclude bool // the parents count as excluded, and the commit itself is added
	number  bool // a parent's number may follow
}

var parentMarks = []parentMark{
	{mark: "^@"},
	{mark: "^!", exclude: true},
	{mark: "^-", exclude: true, number: true},
}

// single adds one revision, or its parents.
func (p *rangeParser) single(arg string) error {
	expression, exclude := strings.CutPrefix(arg, "^")
	for _, m := range parentMarks {
		name, which, ok := m.cut(expression)
		if !ok {
			continue
		}
		id, tags, err := p.commit(name)
		if err != nil {
			return err
		}
		if m.exclude {
			p.addTags(exclude, tags)
		}
		parents, err := p.parents(id)
		if err != nil {
			if err = p.passOver(exclude != m.exclude, arg, err); err == nil && m.exclude {
				p.add(exclude, id)
			}
			return err
		}
		if which > len(parents) {
			return fmt.Errorf("the commit has %d parents: %w", len(parents), errUnknown)
		}
		if which > 0 {
			parents = parents[which-1 : which]
		}
		p.add(exclude != m.exclude, parents...)
		if m.exclude {
			p.add(exclude, id)
		}
		return nil
	}
	id, tags, err := p.commit(expression)
	if err != nil {
		return p.passOver(exclude, arg, err)
	}
	p.add(exclude, id)
	p.addTags(exclude, tags)
	return nil
}

// cut splits the mark off an argument; which is the number of the parent it is
// about, 0 for all of them.
func (m parentMark) cut(arg string) (name string, which int, ok bool) {
	name, digits, ok := strings.Cut(arg, m.mark)
	if !ok || digits != "" && !m.number {
		return "", 0, false
	}
	if !m.number {
		return name, 0, true
	}
	if digits == "" {
		return name, 1, true
	}
	which, err := strconv.Atoi(digits)
	return name, which, err == nil && which > 0
}

// refs adds what the refs of a directory lead to.
func (p *rangeParser) refs(dir, pattern string, hasPattern bool) error {
	selected, err := refSelector(dir, pattern, hasPattern)
	if err != nil {
		return err
	}
	p.includes = p.includes || !p.not
	defer func() { p.passed = nil }()
	refs, errs := p.repo.Refs()
	if len(errs) > 0 && !p.not {
		return fmt.Errorf("list refs: %w", errors.Join(errs...))
	}
	for _, ref := range refs {
		if !selected(ref.Name) || p.passes(ref.Name, dir) {
			continue
		}
		if err := p.tip(ref.ID); err != nil && !p.not {
			return fmt.Errorf("ref %q: %w", ref.Name, err)
		}
	}
	return nil
}

// tip adds what a ref leads to: a commit, or something else.
func (p *rangeParser) tip(id gitpack.ID) error {
	last, err := p.peel(id, gitpack.Commit)
	if err != nil {
		return err
	}
	p.addTags(false, last.tags)
	if last.kind == gitpack.Commit {
		p.add(false, last.id)
	} else {
		p.addOther(last.id)
	}
	return nil
}

// refSelector says which refs an option means. Without a directory it is all
// of them and the HEAD of every worktree; a pattern without a glob character
// names a directory of refs, and in any other "*" matches "/" too.
func refSelector(dir, pattern string, hasPattern bool) (func(string) bool, error) {
	if dir == "" {
		return func(name string) bool {
			_, rest := splitWorktree(name)
			return strings.HasPrefix(name, "refs/") || rest == "HEAD"
		}, nil
	}
	if !hasPattern {
		return func(name string) bool { return strings.HasPrefix(name, dir) }, nil
	}
	pattern = dir + pattern
	if literalLength(pattern) == len(pattern) {
		below := strings.TrimSuffix(pattern, "/") + "/"
		return func(name string) bool { return strings.HasPrefix(name, below) }, nil
	}
	return refGlob(pattern)
}

// refGlob matches the whole names of refs.
func refGlob(pattern string) (func(string) bool, error) {
	// The matcher is made for paths, in which "*" stops at "/". No ref's name
	// has a control character, so one can stand in for the slash.
	flat := strings.NewReplacer("/", "\x01")
	c := &compiler{}
	g, ok := c.compile(flat.Replace(pattern), false, false)
	if !ok {
		return nil, errors.New("the pattern can match no ref")
	}
	code := slices.Clone(c.code[g.from:g.to])
	return func(name string) bool {
		m := wildmatch{code: code, sets: c.sets, text: []byte(flat.Replace(name))}
		return g.could(m.text) && m.match()
	}, nil
}
