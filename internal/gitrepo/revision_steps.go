package gitrepo

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
)

// maxExpression bounds an expression in bytes: a ref's name is a path, and
// no path is longer.
const maxExpression = 8192

// A resolver resolves revisions of one repository.
type resolver struct {
	repo    *Repo
	store   *gitpack.Store
	shallow map[gitpack.ID]bool
	// shallowErr is reported only by what depends on the list.
	shallowErr error
	short      []error // dates before the beginning of a reflog
	// now is the time that dates are relative to.
	now func() time.Time
}

func (r *Repo) resolver(store *gitpack.Store) *resolver {
	ids, err := r.Shallow()
	s := &resolver{repo: r, store: store, shallow: map[gitpack.ID]bool{}, shallowErr: err, now: time.Now}
	for _, id := range ids {
		s.shallow[id] = true
	}
	return s
}

// A step leads from one object to the next.
type step struct {
	text string
	// wants is the kind that the step starts from, 0 for any: it decides
	// between objects that one abbreviation stands for.
	wants gitpack.Kind
	apply func(*resolver, gitpack.ID) (gitpack.ID, error)
}

// resolve is named, with tags that a name leads to peeled.
func (s *resolver) resolve(expression string) (gitpack.ID, error) {
	id, peeled, err := s.named(expression)
	if err != nil || peeled {
		return id, err
	}
	return s.peelTag(id)
}

// named gives the object that an expression names; peeled tells that the
// expression itself says which object of a chain of tags it means.
func (s *resolver) named(expression string) (id gitpack.ID, peeled bool, err error) {
	if len(expression) > maxExpression {
		return gitpack.ID{}, false, fmt.Errorf("longer than %d bytes: %w", maxExpression, errUnknown)
	}
	if pattern, ok := strings.CutPrefix(expression, ":/"); ok {
		id, err = s.searchRefs(pattern)
		return id, true, err
	}
	name, steps, err := splitSteps(expression)
	if err != nil {
		return gitpack.ID{}, false, err
	}
	wants := gitpack.Commit
	if len(steps) > 0 {
		wants = steps[len(steps)-1].wants
	}
	if id, err = s.name(name, wants); err != nil {
		return gitpack.ID{}, false, err
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if id, err = steps[i].apply(s, id); err != nil {
			return gitpack.ID{}, false, fmt.Errorf("at %.80q: %w", steps[i].text, err)
		}
	}
	return id, strings.HasSuffix(expression, "}") && len(steps) > 0, nil
}

// splitSteps takes the steps off the end of an expression, the last one first.
func splitSteps(expression string) (name string, steps []step, err error) {
	for name = expression; name != ""; {
		rest, next, ok, err := lastStep(name)
		if err != nil {
			return "", nil, err
		}
		if !ok {
			break
		}
		name, steps = rest, append(steps, next)
	}
	beforeDate, _ := cutBraces(name)
	switch {
	case strings.Contains(beforeDate, ":"):
		return "", nil, fmt.Errorf("it names a file, not a commit: %w", errUnknown)
	case name == "":
		return "", nil, fmt.Errorf("it begins with no name: %w", errUnknown)
	}
	return name, steps, nil
}

func lastStep(name string) (rest string, next step, ok bool, err error) {
	if strings.HasSuffix(name, "}") {
		open := strings.LastIndex(name, "^{")
		if open < 0 {
			return name, step{}, false, nil
		}
		next, err = braceStep(name[open+len("^{") : len(name)-1])
		next.text = name[open:]
		return name[:open], next, true, err
	}
	head := strings.TrimRight(name, "0123456789")
	if head == "" {
		return name, step{}, false, nil
	}
	digits := name[len(head):]
	build, ok := countedSteps[head[len(head)-1]]
	if !ok {
		return name, step{}, false, nil
	}
	count := 1
	if digits != "" {
		// git counts in 32 bits, and so many generations has no history.
		wide, err := strconv.ParseInt(digits, 10, 32)
		if err != nil {
			return "", step{}, false, fmt.Errorf("no history has %.20s generations or parents: %w", digits, errUnknown)
		}
		count = int(wide)
	}
	next = step{text: name[len(head)-1:], wants: gitpack.Commit, apply: build(count)}
	return head[:len(head)-1], next, true, nil
}

// countedSteps are the steps that a number may follow.
var countedSteps = map[byte]func(int) func(*resolver, gitpack.ID) (gitpack.ID, error){
	'^': func(n int) func(*resolver, gitpack.ID) (gitpack.ID, error) {
		return func(s *resolver, id gitpack.ID) (gitpack.ID, error) { return s.parent(id, n) }
	},
	'~': func(n int) func(*resolver, gitpack.ID) (gitpack.ID, error) {
		return func(s *resolver, id gitpack.ID) (gitpack.ID, error) { return s.ancestor(id, n) }
	},
}

// braceStep is "^{...}": peel to a kind, or search back for a message.
func braceStep(inner string) (step, error) {
	if pattern, ok := strings.CutPrefix(inner, "/"); ok {
		matches, err := messageMatcher(pattern)
		return step{wants: gitpack.Commit, apply: func(s *resolver, id gitpack.ID) (gitpack.ID, error) {
			id, err := s.peelTo(id, gitpack.Commit)
			if err != nil || pattern == "" {
				return id, err
			}
			return s.search([]gitpack.ID{id}, matches)
		}}, err
	}
	kind := gitpack.ParseKind(inner)
	switch {
	case inner == "":
		return step{wants: gitpack.Commit, apply: (*resolver).peelTag}, nil
	case inner == "object":
		return step{wants: gitpack.Commit, apply: (*resolver).exists}, nil
	case kind == 0:
		return step{}, fmt.Errorf("%.40q is no kind of object: %w", inner, errUnknown)
	}
	return step{wants: kind, apply: func(s *resolver, id gitpack.ID) (gitpack.ID, error) { return s.peelTo(id, kind) }}, nil
}

// messageMatcher compiles the pattern of ":/text" and "^{/text}": "!-" before it
// inverts it, "!!" stands for "!".
func messageMatcher(pattern string) (func(message []byte) bool, error) {
	negative := false
	if rest, ok := strings.CutPrefix(pattern, "!"); ok {
		if negative = strings.HasPrefix(rest, "-"); negative {
			rest = rest[1:]
		} else if !strings.HasPrefix(rest, "!") {
			return nil, errors.New("after the \"!\" of a search only \"!\" or \"-\" is defined")
		}
		pattern = rest
	}
	// In POSIX, as git uses it, a dot matches a line's end too.
	re, err := regexp.Compile("(?s)" + pattern)
	if err != nil {
		return nil, fmt.Errorf("search for a message: %w", err)
	}
	return func(message []byte) bool { return re.Match(message) != negative }, nil
}
