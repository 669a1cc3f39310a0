package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/rules"
	"github.com/spf13/cobra"
)

// maxReport is how many bytes of one report are read.
const maxReport = 256 << 20

func (c *Command) reportCommand(called func(string) bool) *cobra.Command {
	f := &reportFlags{minConfidence: "low"}
	cmd := &cobra.Command{
		Use:   "report FILE...",
		Short: "Write JSON reports anew, in any format",
		Long: `Write JSON reports anew, in any format. Several files, as the jobs of a CI write
them, become one report; a finding that several of them have is in it once. "-"
is standard input.

Exit status: that of a scan with these findings. If one of the scans missed
something, so did the whole.`,
		Example: `  insplint scan --format json --output insplint.json
  insplint report insplint.json
  insplint report --format markdown linux.json windows.json
  insplint report --output sarif=insplint.sarif --output text=- insplint.json`,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := f.check()
			if err != nil {
				return err
			}
			return c.report(s, args)
		},
	}
	if called(cmd.Name()) {
		flags := cmd.Flags()
		flags.SortFlags = false
		f.addOutput(flags)
		flags.StringVar(&f.baseline, "baseline", "", "mark the findings that this `FILE` lists as accepted")
	}
	return cmd
}

// report reads the reports, merges them and writes what comes of it.
func (c *Command) report(s *settings, files []string) error {
	if len(files) == 0 {
		return errors.New("report: want the files of JSON reports; \"insplint scan --format json\" writes one")
	}
	baseline, err := c.loadBaseline(s.baseline, func(path string) ([]byte, error) { return readUpTo(path, maxBaseline) })
	if err != nil {
		return err
	}
	var reports []*report.Report
	for _, file := range files {
		text, err := c.readReport(file)
		if err != nil {
			return fmt.Errorf("read report: %w", err)
		}
		r, err := report.Read(text)
		if err != nil {
			return fmt.Errorf("read report %q: %w", file, err)
		}
		reports = append(reports, r)
	}
	merged := report.Merge(version(), reports)
	merged.Findings = rules.Suppress(merged.Findings, baseline)
	if err := c.write(s, merged, time.Now()); err != nil {
		return err
	}
	return outcome(merged, s.failOn)
}

func (c *Command) readReport(file string) ([]byte, error) {
	if file == "-" {
		return readBounded(c.Stdin, "standard input", maxReport)
	}
	return readUpTo(file, maxReport)
}

// readUpTo reads a file that the user named, of at most limit bytes.
func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f, path, limit)
}

func readBounded(r io.Reader, name string, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%q has more than %d bytes", name, limit)
	}
	return text, err
}
