package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/inspecto/insplint/scanner"
)

// verbosely returns what tells a line on standard error, or nothing without
// --verbose. Goroutines may call it.
func (c *Command) verbosely(s *settings) func(format string, args ...any) {
	if !s.verbose {
		return func(string, ...any) {}
	}
	var mu sync.Mutex
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		c.say(format, args...)
	}
}

// skipped tells what a scan leaves out on purpose.
func (c *Command) skipped(s *settings) func(path, why string) {
	tell := c.verbosely(s)
	return func(path, why string) { tell("skipped %q: %s", path, why) }
}

// withTimings runs a scan, and then tells how long its parts took.
func (c *Command) withTimings(p *scanner.Progress, scan func(*scanner.Progress) (*scanner.Result, error)) (*scanner.Result, error) {
	result, err := scan(p)
	end := time.Now()
	phases := p.Phases()
	for i, phase := range phases {
		until := end
		if i+1 < len(phases) {
			until = phases[i+1].Begin
		}
		_, _ = fmt.Fprintf(c.Stderr, "insplint: reading %s took %.3f s\n", phase.Name, until.Sub(phase.Begin).Seconds())
	}
	return result, err
}
