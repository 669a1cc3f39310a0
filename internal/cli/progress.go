package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/inspecto/insplint/scanner"
)

const (
	progressAfter = 500 * time.Millisecond // a scan that is shorter shows nothing
	progressEvery = 100 * time.Millisecond
	clearLine     = "\r\x1b[K"
)

// withProgress runs a scan and, on a terminal, keeps one line of standard
// error telling how far it is.
func (c *Command) withProgress(s *settings, scan func(*scanner.Progress) (*scanner.Result, error)) (*scanner.Result, error) {
	p := new(scanner.Progress)
	defer tellUnread(c.Stderr, p)
	if s.verbose {
		return c.withTimings(p, scan)
	}
	if s.quiet || !isTerminal(c.Stderr) || c.Getenv("TERM") == "dumb" {
		return scan(p)
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		showProgress(c.Stderr, p, stop)
	}()
	defer func() {
		close(stop)
		<-done
	}()
	return scan(p)
}

// showProgress redraws the line until stop is closed, then takes it away.
func showProgress(w io.Writer, p *scanner.Progress, stop <-chan struct{}) {
	wait := time.NewTimer(progressAfter)
	defer wait.Stop()
	select {
	case <-stop:
		return
	case <-wait.C:
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	defer io.WriteString(w, clearLine)
	for {
		_, _ = io.WriteString(w, clearLine+fitting(progressLine(p), terminalWidth(w)))
		select {
		case <-stop:
			return
		case <-tick.C:
		}
	}
}

// fitting cuts a line of ASCII to a terminal's width: a line that wraps could
// not be redrawn.
func fitting(line string, width int) string {
	if width <= 0 || len(line) < width {
		return line
	}
	return line[:width-1]
}

// progressLine says what is being read, how much of how much, and what was
// found.
func progressLine(p *scanner.Progress) string {
	phase, _ := p.Phase.Load().(string)
	line := fmt.Sprintf("reading %s: %d files", phase, p.Files.Load())
	if total := p.Objects.Total.Load(); total > 0 {
		done := min(p.Objects.Done.Load(), total)
		line += fmt.Sprintf(", %d of %d objects (%d%%)", done, total, 100*done/total)
	}
	if found := p.Findings.Load(); found > 0 {
		line += fmt.Sprintf(", %d places with keys", found)
	}
	return line
}
