package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/inspecto/insplint/internal/verify"
	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/rules"
	"github.com/inspecto/insplint/scanner"
)

// run is the whole of a scan, from its settings to the status.
func (c *Command) run(ctx context.Context, s *settings, j job) error {
	if s.hook == nil {
		var stop context.CancelFunc
		ctx, stop = interruptible(ctx)
		defer stop()
	}
	j.options.Workers, j.options.Getenv, j.options.Placeholders = s.workers, c.Getenv, s.placeholders
	project, err := c.settle(s, &j)
	if err != nil {
		return err
	}
	var vendor *verify.Client
	if s.verify {
		if vendor, err = c.vendor(); err != nil {
			return err
		}
	}
	if s.verbose {
		j.options.Skipped = c.skipped(s)
	}
	result, err := c.withProgress(s, func(p *scanner.Progress) (*scanner.Result, error) {
		j.options.Progress = p
		return j.scan(ctx, j.options)
	})
	if err != nil {
		return err
	}
	if !s.quiet {
		for _, note := range result.Notes {
			c.say("%s", note)
		}
	}
	dropUnsure(result, s.confidence)
	if s.verify {
		if err := vendor.All(ctx, result.Keys); err != nil {
			return err
		}
	}
	if s.onlyActive {
		keepActive(result)
	}
	now := time.Now()
	findings := append(rules.Check(result.Keys, now, rules.MaxAge(s.maxAge)), rules.CheckNames(result.Names)...)
	rules.Sort(findings)
	findings = project.judge(findings)
	if s.writeBaseline != "" {
		if err := writeBaseline(s.writeBaseline, findings); err != nil {
			return err
		}
		findings = rules.Suppress(findings, rules.NewBaseline(findings))
	}
	r := newReport(result, findings)
	if err := c.write(s, r, now); err != nil {
		return err
	}
	return outcome(r, s.failOn)
}

// interruptible has a signal end a context, so that a scan can say that nothing is
// reported. A hook, which git waits for, has nothing to add to its end by a
// signal, and would take a millisecond longer for each commit.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends a program that the first one does not
	return ctx, stop
}

// outcome says what a report means for the exit status.
func outcome(r *report.Report, failOn rules.Level) error {
	switch {
	case len(failing(r, failOn)) > 0:
		return errFindings
	case !r.Complete():
		return errIncomplete
	}
	return nil
}

// failing lists the findings that decide the status.
func failing(r *report.Report, failOn rules.Level) []rules.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f rules.Finding) bool {
		return f.Suppressed != nil || failOn == 0 || f.Level < failOn
	})
}

// dropUnsure leaves out the occurrences below a confidence.
func dropUnsure(result *scanner.Result, least rules.Confidence) {
	for _, k := range result.Keys {
		k.Occurrences = slices.DeleteFunc(k.Occurrences, func(o rules.Occurrence) bool { return o.Confidence < least })
	}
	result.Keys = slices.DeleteFunc(result.Keys, func(k *rules.Key) bool { return len(k.Occurrences) == 0 })
}

// keepActive leaves out the keys that the vendor does not accept. One about
// which it gave no answer may be live: the report then is incomplete.
func keepActive(result *scanner.Result) {
	result.Names = nil
	result.Keys = slices.DeleteFunc(result.Keys, func(k *rules.Key) bool {
		if k.Verification.Status == rules.Unknown && !k.Placeholder {
			result.Problems = append(result.Problems, rules.Problem{
				Message: fmt.Sprintf("the vendor gave no answer about key %s, which --only-active leaves out: %s", k.Secret.Fingerprint(), k.Verification.Detail),
			})
			result.Scanned.Complete = false
		}
		return k.Verification.Status != rules.Active
	})
}

// newReport makes the report of a scan; keys without a finding are not in it.
func newReport(result *scanner.Result, findings []rules.Finding) *report.Report {
	r := &report.Report{
		Version:  version(),
		Scanned:  result.Scanned,
		Findings: findings,
		Problems: result.Problems,
	}
	reported := map[string]bool{}
	for _, f := range findings {
		reported[f.Fingerprint] = true
	}
	for _, k := range result.Keys {
		if fingerprint := k.Secret.Fingerprint(); reported[fingerprint] {
			r.Keys = append(r.Keys, rules.KeySummary{
				Fingerprint:  fingerprint,
				Environment:  k.Secret.Environment(),
				FirstSeen:    k.FirstSeen,
				Verification: k.Verification,
			})
		}
	}
	return r
}

// write writes every report that was asked for: files first, since a reader of
// standard output that has seen enough may end the program. What was found
// stays found when a reader goes away, of a pipe that is named as a file too.
func (c *Command) write(s *settings, r *report.Report, now time.Time) error {
	options := report.Options{ShowSuppressed: s.showSuppressed, Now: now, Color: s.color == "always"}
	if s.hook != nil {
		options.Brief, options.More = true, s.hook.more
		if found := failing(r, s.failOn); len(found) > 0 {
			options.Advice = s.hook.advice(found)
		}
	}
	for _, out := range s.outputs {
		if out.path == "" {
			continue
		}
		var b bytes.Buffer
		if err := out.format.Write(&b, r, options); err != nil {
			return err
		}
		write := writeFile
		if out.add {
			write = appendFile
		}
		if err := write(out.path, b.Bytes()); err != nil && !errors.Is(err, syscall.EPIPE) {
			return fmt.Errorf("write report: %w", err)
		}
	}
	options.Color, options.Width = c.colored(c.Stdout, s.color), terminalWidth(c.Stdout)
	for _, out := range s.outputs {
		if out.path != "" {
			continue
		}
		if err := out.format.Write(c.Stdout, r, options); err != nil && !errors.Is(err, syscall.EPIPE) {
			return err
		}
	}
	return nil
}

func writeBaseline(path string, findings []rules.Finding) error {
	var b bytes.Buffer
	if err := rules.NewBaseline(findings).Encode(&b); err != nil {
		return err
	}
	if err := writeFile(path, b.Bytes()); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	return nil
}
