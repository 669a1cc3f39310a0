package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/inspecto/insplint/internal/verify"
	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/rules"
	"github.com/inspecto/insplint/scanner"
)

// A source reads keys from somewhere.
type source func(context.Context, *scanner.Progress) (*scanner.Result, error)

// run is the whole of a scan, from the source to the status.
func (c *Command) run(ctx context.Context, s *settings, scan source) error {
	baseline, err := readBaseline(s.baseline)
	if err != nil {
		return err
	}
	var vendor *verify.Client
	if s.verify {
		if vendor, err = c.vendor(); err != nil {
			return err
		}
	}
	result, err := c.withProgress(s, func(p *scanner.Progress) (*scanner.Result, error) { return scan(ctx, p) })
	if err != nil {
		return err
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
	findings := rules.Suppress(rules.Check(result.Keys, now, rules.MaxAge(s.maxAge)), baseline)
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

// outcome says what a report means for the exit status.
func outcome(r *report.Report, failOn rules.Level) error {
	failing := slices.ContainsFunc(r.Findings, func(f rules.Finding) bool {
		return f.Suppressed == nil && failOn != 0 && f.Level >= failOn
	})
	switch {
	case failing:
		return errFindings
	case !r.Complete():
		return errIncomplete
	}
	return nil
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
	result.Keys = slices.DeleteFunc(result.Keys, func(k *rules.Key) bool {
		if k.Verification.Status == rules.Unknown {
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
// stays found when it does.
func (c *Command) write(s *settings, r *report.Report, now time.Time) error {
	options := report.Options{ShowSuppressed: s.showSuppressed, Now: now, Color: s.color == "always"}
	for _, out := range s.outputs {
		if out.path == "" {
			continue
		}
		var b bytes.Buffer
		if err := out.format.Write(&b, r, options); err != nil {
			return err
		}
		if err := writeFile(out.path, b.Bytes()); err != nil {
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

func readBaseline(path string) (*rules.Baseline, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read baseline: %w; \"--write-baseline %s\" makes one", err, path)
	}
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	defer f.Close()
	b, err := rules.DecodeBaseline(f)
	if err != nil {
		return nil, fmt.Errorf("read baseline %q: %w", path, err)
	}
	return b, nil
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
