package gitrepo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits leave commits out of a set, as the options of git-rev-list do. The zero
// value leaves out none.
type Limits struct {
	// Counted limits the commits to Count, the newest ones first; Skip passes over
	// as many before. Both count what the other limits leave.
	Counted     bool
	Count, Skip int
	// Since and Until are times of committers, both included, zero for no limit. Of
	// what leads to a commit before Since nothing is looked at.
	Since, Until time.Time
	// FirstParent follows of a merge the first parent alone, Merges and NoMerges
	// take merges or all others.
	FirstParent, Merges, NoMerges bool
}

// A limitOption sets a limit; takes tells that it has a value, after "=" or as the
// next argument.
type limitOption struct {
	takes bool
	set   func(l *Limits, value string, now time.Time) error
}

var limitOptions = map[string]limitOption{
	"-n":             {true, (*Limits).setCount},
	"--max-count":    {true, (*Limits).setCount},
	"--skip":         {true, (*Limits).setSkip},
	"--since":        {true, (*Limits).setSince},
	"--after":        {true, (*Limits).setSince},
	"--until":        {true, (*Limits).setUntil},
	"--before":       {true, (*Limits).setUntil},
	"--first-parent": {false, func(l *Limits, _ string, _ time.Time) error { l.FirstParent = true; return nil }},
	"--merges":       {false, func(l *Limits, _ string, _ time.Time) error { l.Merges = true; return nil }},
	"--no-merges":    {false, func(l *Limits, _ string, _ time.Time) error { l.NoMerges = true; return nil }},
}

func (l *Limits) setCount(value string, _ time.Time) error {
	n, err := wholeNumber(value)
	l.Count, l.Counted = n, n >= 0 // as for git, less than none is all
	return err
}

func (l *Limits) setSkip(value string, _ time.Time) error {
	n, err := wholeNumber(value)
	l.Skip = max(n, 0)
	return err
}

func wholeNumber(value string) (int, error) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no number of commits", value)
	}
	return int(n), nil
}

func (l *Limits) setSince(value string, now time.Time) (err error) {
	l.Since, err = parseDate(value, now)
	return err
}

func (l *Limits) setUntil(value string, now time.Time) (err error) {
	l.Until, err = parseDate(value, now)
	return err
}

// limit takes an option that limits, with its value if that is the next argument;
// used is how many arguments that were, 0 if the first is no such option.
func (p *rangeParser) limit(args []string) (used int, err error) {
	name, value, inline := strings.Cut(args[0], "=")
	if rest, ok := strings.CutPrefix(args[0], "-"); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
		name, value, inline = "-n", rest, true // "-5"
	} else if rest, ok := strings.CutPrefix(args[0], "-n"); ok && rest != "" {
		name, value, inline = "-n", rest, true // "-n5"
	}
	option, ok := limitOptions[name]
	if !ok {
		return 0, nil
	}
	used = 1
	switch {
	case inline && !option.takes:
		return used, errors.New("this option takes no value")
	case option.takes && !inline && len(args) == 1:
		return used, errors.New("this option needs a value")
	case option.takes && !inline:
		value, used = args[1], 2
	}
	p.limited = true
	return used, option.set(&p.limits, value, p.now())
}
