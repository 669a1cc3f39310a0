package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/pflag"
)

// archiveFlags say how compressed files and archives are opened.
type archiveFlags struct {
	limits         scanner.ArchiveLimits
	size           string
	skipUnreadable bool
}

func (f *archiveFlags) add(flags *pflag.FlagSet) {
	f.limits = scanner.DefaultArchiveLimits()
	flags.IntVar(&f.limits.Depth, "max-archive-depth", f.limits.Depth, "open archives in one another up to this depth; 0 opens none")
	flags.StringVar(&f.size, "max-archive-size", "8G", "unpack at most this many bytes (K, M, G) of one file")
	flags.Int64Var(&f.limits.Ratio, "max-archive-ratio", f.limits.Ratio, "unpack at most this many times a file's own size, once that is more than 256M")
	flags.BoolVar(&f.skipUnreadable, "skip-unreadable-archives", false, "count the scan as complete even if something in an archive is damaged, encrypted or over a limit")
}

// apply checks the flags and gives them to a scan.
func (f *archiveFlags) apply(options *scanner.Options) error {
	size, err := parseSize(f.size)
	switch {
	case err != nil:
		return fmt.Errorf("--max-archive-size %q: want a number of bytes, such as 500M or 20G", f.size)
	case f.limits.Depth < 0:
		return fmt.Errorf("--max-archive-depth %d: want 0 or more", f.limits.Depth)
	case f.limits.Ratio < 1:
		return fmt.Errorf("--max-archive-ratio %d: want 1 or more", f.limits.Ratio)
	}
	f.limits.Size = size
	options.Archives, options.SkipUnreadable = &f.limits, f.skipUnreadable
	return nil
}

// parseSize reads a positive number of bytes: "4096", "500M", "20G".
func parseSize(text string) (int64, error) {
	shift := 0
	for i, unit := range []string{"K", "M", "G", "T"} {
		if digits, ok := strings.CutSuffix(strings.ToUpper(text), unit); ok {
			text, shift = digits, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > 1<<62>>shift {
		return 0, strconv.ErrRange
	}
	return n << shift, nil
}

// tellUnread says how much was passed over, or how it can be.
func tellUnread(w io.Writer, p *scanner.Progress) {
	switch n := p.Unread.Load(); {
	case n > 0:
		_, _ = fmt.Fprintf(w, "insplint: passed over %d parts of archives that could not be read, as skip-unreadable-archives allows\n", n)
	case p.Unreadable.Load():
		_, _ = fmt.Fprintln(w, `insplint: something in an archive could not be read; if that is as it should be, "skip-unreadable-archives: true" in .insplint.yaml takes the scan for complete`)
	}
}
