package rules

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
)

//go:embed help/stale_key.md
var staleKeyHelp string

var staleKey = &Rule{
	ID:         "INSP103",
	Name:       "stale-key",
	Summary:    "The key was first seen in history more than 90 days ago and is still in the tree",
	Production: Warning,
	Sandbox:    Note,
	Next:       "rotate the key: the vendor asks for that every 90 days",
	Help:       staleKeyHelp,
	Check:      checkStaleKey,
}

const day = 24 * time.Hour

// DefaultMaxAge is how long the vendor advises to keep a key.
const DefaultMaxAge = 90 * day

func checkStaleKey(p *Pass) {
	age := p.Now.Sub(p.Key.FirstSeen)
	if p.Key.FirstSeen.IsZero() || age <= p.MaxAge {
		return
	}
	for i, o := range p.Occurrences {
		if !o.inTree() || o.Standing == Stdin {
			continue
		}
		message := fmt.Sprintf("%s first seen in history %s ago (%s) is still in %s; keys are to be rotated every %s",
			p.what(o), days(age), p.Key.FirstSeen.UTC().Format("2006-01-02"), o.role(), days(p.MaxAge))
		p.Report(i, message, rotate+", which revokes the old one, and give the new one to every place that uses it")
	}
}

// days writes an age for people: whole days, or hours where it is less than
// two days.
func days(age time.Duration) string {
	if age < 2*day {
		return fmt.Sprintf("%d hours", age/time.Hour)
	}
	return fmt.Sprintf("%d days", age/day)
}

// ParseMaxAge reads an age as a person types it: a number of days ("90",
// "90d"), or of hours ("36h").
func ParseMaxAge(text string) (time.Duration, error) {
	const most = 100 * 365 // days: within what a Duration holds
	number, unit := text, day
	if rest, ok := strings.CutSuffix(text, "h"); ok {
		number, unit = rest, time.Hour
	} else if rest, ok := strings.CutSuffix(text, "d"); ok {
		number = rest
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || n == 0 || time.Duration(n) > most*day/unit {
		return 0, fmt.Errorf("want a number of days from 1 to %d such as 90 or 90d, or of hours such as 36h", most)
	}
	return time.Duration(n) * unit, nil
}
