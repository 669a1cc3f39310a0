package rules

import (
	_ "embed"
	"fmt"
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

// maxAgeDays is how long the vendor advises to keep a key.
const maxAgeDays = 90

const day = 24 * time.Hour

func checkStaleKey(p *Pass) {
	age := p.Now.Sub(p.Key.FirstSeen)
	if p.Key.FirstSeen.IsZero() || age <= maxAgeDays*day {
		return
	}
	for i, o := range p.Occurrences {
		if !o.inTree() || o.Standing == Stdin {
			continue
		}
		message := fmt.Sprintf("%s first seen in history %d days ago (%s) is still in %s; keys are to be rotated every %d days",
			p.what(o), age/day, p.Key.FirstSeen.UTC().Format("2006-01-02"), o.role(), maxAgeDays)
		p.Report(i, message, rotate+", which revokes the old one, and give the new one to every place that uses it")
	}
}
