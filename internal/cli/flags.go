package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/rules"
	"github.com/spf13/pflag"
)

// maxJobs bounds --jobs: every thread may hold some 16 MiB of what it reads.
const maxJobs = 128

// reportFlags are the flags of every command that ends in a report. They hold
// what was typed; check turns it into settings.
type reportFlags struct {
	format         string
	outputs        []string
	config         string
	baseline       string
	writeBaseline  string
	failOn         string
	minConfidence  string
	maxAge         string
	color          string
	placeholders   bool
	verify         bool
	onlyActive     bool
	showSuppressed bool
	quiet          bool
	verbose        bool
	jobs           int
}

func (f *reportFlags) add(flags *pflag.FlagSet) {
	f.addOutput(flags)
	flags.StringVar(&f.config, "config", "", "read this configuration `FILE` instead of .insplint.yaml")
	flags.StringVar(&f.baseline, "baseline", "", "mark the findings that this `FILE` lists as accepted")
	flags.StringVar(&f.writeBaseline, "write-baseline", "", "write all findings to this baseline `FILE`, and exit 0 unless something was missed")
	flags.StringVar(&f.minConfidence, "min-confidence", "low", "leave out findings below this confidence: low, medium or high")
	flags.StringVar(&f.maxAge, "max-age", "90d", "how long a key may be in history before INSP103 calls it stale, in `DAYS`; 36h is hours")
	flags.BoolVar(&f.placeholders, "placeholders", false, "report placeholders too, at level note; otherwise they are only counted")
	flags.BoolVar(&f.verify, "verify", false, "ask the vendor whether each key is live; sends the key to its own API host")
	flags.BoolVar(&f.onlyActive, "only-active", false, "with --verify: report only keys that the vendor accepts")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but the report: no progress")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "tell on standard error what is left out and why, which settings hold, and how long each part took")
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "how many threads may read at a time (default: one for each processor)")
}

// addOutput adds the flags that say what becomes of a report.
func (f *reportFlags) addOutput(flags *pflag.FlagSet) {
	flags.StringVar(&f.format, "format", "text", "how to write the report: "+strings.Join(formatNames(), ", "))
	flags.StringArrayVarP(&f.outputs, "output", "o", nil, "write the report to `[FORMAT=]FILE` instead (- is standard output); may be given several times")
	flags.StringVar(&f.failOn, "fail-on", "warning", "exit 1 for findings of this level or worse: error, warning, note or never")
	flags.StringVar(&f.color, "color", "auto", "colour the text report: auto, always or never")
	flags.BoolVar(&f.showSuppressed, "show-suppressed", false, "show the findings that were accepted on purpose, too")
}

func formatNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// settings are reportFlags that make sense.
type settings struct {
	*reportFlags
	outputs    []output
	failOn     rules.Level // 0: never
	confidence rules.Confidence
	maxAge     time.Duration
	workers    int
	// hook has the text report short, as what git shows has to be; nil for what no
	// hook runs.
	hook *hookText
}

// An output is one report to write.
type output struct {
	format report.Format
	path   string // empty: standard output
	add    bool   // to what the file holds
}

func (f *reportFlags) check() (*settings, error) {
	s := &settings{reportFlags: f, workers: f.jobs}
	if f.jobs < 0 || f.jobs > maxJobs {
		return nil, fmt.Errorf("--jobs %d: want a number of threads from 1 to %d", f.jobs, maxJobs)
	}
	if s.workers == 0 {
		s.workers = min(runtime.GOMAXPROCS(0), maxJobs)
	}
	var ok bool
	if s.failOn, ok = rules.ParseLevel(f.failOn); !ok && f.failOn != "never" {
		return nil, fmt.Errorf("--fail-on %q: want error, warning, note or never", f.failOn)
	}
	if s.confidence, ok = rules.ParseConfidence(f.minConfidence); !ok {
		return nil, fmt.Errorf("--min-confidence %q: want low, medium or high", f.minConfidence)
	}
	if err := s.checkMaxAge(); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"auto", "always", "never"}, f.color) {
		return nil, fmt.Errorf("--color %q: want auto, always or never", f.color)
	}
	if f.quiet && f.verbose {
		return nil, errors.New("--quiet and --verbose exclude each other")
	}
	if f.onlyActive && !f.verify {
		return nil, errors.New("--only-active needs --verify")
	}
	if err := checkPlace("--write-baseline", f.writeBaseline); err != nil {
		return nil, err
	}
	return s, s.checkOutputs()
}

// checkMaxAge reads --max-age, which hooks do not have.
func (s *settings) checkMaxAge() (err error) {
	s.maxAge = rules.DefaultMaxAge
	if s.reportFlags.maxAge != "" {
		if s.maxAge, err = rules.ParseMaxAge(s.reportFlags.maxAge); err != nil {
			return fmt.Errorf("--max-age %q: %w", s.reportFlags.maxAge, err)
		}
	}
	return nil
}

// checkPlace finds out before a scan, rather than behind it, that a file
// cannot be written where its directory is not.
func checkPlace(flag, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s %q: it is a directory", flag, path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s %q: there is no directory %q", flag, path, filepath.Dir(path))
	}
	return nil
}

// checkOutputs reads --format and --output.
func (s *settings) checkOutputs() error {
	format, err := lookupFormat("--format", s.format)
	if err != nil {
		return err
	}
	for _, arg := range s.reportFlags.outputs {
		out, err := parseOutput(arg, format)
		if err != nil {
			return err
		}
		if out.path == "-" {
			out.path = ""
		}
		if out.path != "" && slices.ContainsFunc(s.outputs, func(o output) bool { return o.path == out.path }) {
			return fmt.Errorf("--output %q: this place was named twice", arg)
		}
		if err := checkPlace("--output", out.path); err != nil {
			return err
		}
		s.outputs = append(s.outputs, out)
	}
	if len(s.outputs) == 0 {
		s.outputs = []output{{format: format}}
	}
	return nil
}

// parseOutput reads what one --output says; a format that it does not name is the given one.
func parseOutput(arg string, format report.Format) (output, error) {
	out := output{format: format, path: arg}
	if name, path, ok := strings.Cut(arg, "="); ok && !strings.ContainsAny(name, `/\.`) {
		named, known := report.Lookup(name)
		if !known {
			return output{}, fmt.Errorf("--output %q: %q is no format, of which there are %s; if that is a file, write %q", arg, name, strings.Join(formatNames(), ", "), "./"+arg)
		}
		out = output{format: named, path: path}
	}
	if out.path == "" {
		return output{}, fmt.Errorf("--output %q: want [FORMAT=]FILE", arg)
	}
	return out, nil
}

func lookupFormat(flag, name string) (report.Format, error) {
	format, ok := report.Lookup(name)
	if !ok {
		return format, fmt.Errorf("%s %q: want one of %s", flag, name, strings.Join(formatNames(), ", "))
	}
	return format, nil
}
