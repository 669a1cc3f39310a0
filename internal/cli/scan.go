package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/inspecto/insplint/internal/cache"
	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// scanFlags are the flags of scan alone.
type scanFlags struct {
	reportFlags
	staged     bool
	ranges     []string
	history    bool
	noHistory  bool
	ignored    bool
	bundles    []string
	noMetadata bool
	noCache    bool
	archives   archiveFlags
}

func (c *Command) scanCommand(called func(string) bool) *cobra.Command {
	f := &scanFlags{}
	cmd := &cobra.Command{
		Use:   "scan [PATH...]",
		Short: "Search files and git history for keys",
		Long: `Search files and git history for keys.

A PATH is a file or a directory; without one, the current directory is scanned,
and "-" is standard input. If PATH is the top of a git repository, or a bare
repository, its whole object database is searched too: every version of every
file, messages and notes, whether or not a branch still leads there; and so are
those of the submodules and repositories in it. A PATH below the top is searched
as files, unless --history is given.

GIT_DIR, GIT_WORK_TREE and GIT_OBJECT_DIRECTORY apply to the current directory, as
they do for git; a PATH elsewhere belongs to the repository that it lies in.

Files that git ignores are read only where a rule can fit them: env files, build
output for browsers, and source files ignored by themselves, not with their
directory. Symbolic links are not followed: only the path in them is searched.

With --bundle, a finished build is checked before it is deployed: all of it is
read, whatever git says, and all of it counts as client code, except what is
marked as a server's. No history is read.

Compressed files and archives are opened wherever they lie, told by their first
bytes, and what is in them is searched like files.

A RANGE is revisions as git reads them, with --not, --all, --reflog, --exclude=PATTERN
and --branches, --tags, --remotes and --glob with a PATTERN; --since and --until
with a DATE ("2026-01-31", "2 weeks ago"), -n NUMBER, --skip, --first-parent, --merges
and --no-merges leave commits out. Without a revision the commits are HEAD's; several
--range make one set. Replacements (git replace) are not followed. Searched is what
these commits bring in: files, messages, names, and tags. A key that they only move
with a file is not new. The repository is that of the current directory, or the one
that GIT_DIR names.

What was read of a database is not read again by the next scan: that is kept,
without any key, in $INSPLINT_CACHE_DIR or in "insplint" in the user's cache
directory. It changes no result, and may be removed at any time.

What .insplint.yaml or --config says of rules, paths and keys holds for the
report, and so does .insplintignore, in the directory or at its repository's top.
For a range both are read from the commit that it begins at, A of A..B, so that a
change cannot switch off its own scan; if it names none, they are those of the
working tree.

Exit status: 0 if nothing at or above --fail-on was found and everything was
read; 1 with findings; 2 for wrong usage, or if something could not be read.`,
		Example: `  insplint scan                        the current directory, and its history
  insplint scan --no-history src web   two directories, files only
  insplint scan --staged               what the next commit would take
  insplint scan --bundle dist          a finished build, before it is deployed
  insplint scan --range main..HEAD     what a branch adds, commit by commit
  insplint scan --range '--all --since="2 weeks ago"'
  git show HEAD:app.js | insplint scan -
  insplint scan --format sarif --output insplint.sarif
  insplint scan --write-baseline insplint-baseline.jsonl
  insplint scan --config ../insplint.yaml --show-suppressed`,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.check()
			if err != nil {
				return err
			}
			scan, err := c.scanJob(f, args)
			if err != nil {
				return err
			}
			return c.run(cmd.Context(), s, scan)
		},
	}
	if called(cmd.Name()) {
		f.define(cmd.Flags())
	}
	return cmd
}

// define defines the flags in the order in which the help lists them.
func (f *scanFlags) define(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.BoolVar(&f.staged, "staged", false, "search what the index holds against HEAD")
	flags.StringArrayVar(&f.ranges, "range", nil, "search what the commits of a `RANGE` bring in: \"A..B\", \"A...B\", \"B --not --remotes\", \"B --since=2.weeks\"; may be given in parts")
	flags.StringArrayVar(&f.bundles, "bundle", nil, "check a finished build, the directory or file `DIR`, and nothing else; may be given several times")
	flags.BoolVar(&f.history, "history", false, "search the object database also when PATH is not a repository's top")
	flags.BoolVar(&f.noHistory, "no-history", false, "search files only")
	flags.BoolVar(&f.ignored, "ignored", false, "read every file that git ignores")
	flags.BoolVar(&f.noMetadata, "no-metadata", false, "leave messages, author lines and names in history out")
	flags.BoolVar(&f.noCache, "no-cache", false, "neither read nor write the cache, which makes the next scan of the same history fast")
	f.archives.add(flags)
	f.add(flags)
}

// scanJob checks the flags of scan and chooses what to read.
func (c *Command) scanJob(f *scanFlags, args []string) (job, error) {
	j := job{scanner.Options{Paths: args, Ignored: f.ignored, NoMetadata: f.noMetadata}, scanner.ScanProject, scanner.Scan}
	if !f.noCache {
		j.options.CacheDir = cache.Default(c.Getenv)
	}
	if err := f.archives.apply(&j.options); err != nil {
		return j, err
	}
	switch {
	case f.history && f.noHistory:
		return j, errors.New("--history and --no-history exclude each other")
	case f.history:
		j.options.History = scanner.HistoryAlways
	case f.noHistory:
		j.options.History = scanner.HistoryNever
	}
	if len(f.bundles) > 0 {
		if err := f.checkBundles(args); err != nil {
			return j, err
		}
		j.options.Paths, j.options.Bundle = f.bundles, true
	}
	switch stdin := len(args) == 1 && args[0] == "-"; {
	case f.staged && len(f.ranges) > 0:
		return j, errors.New("--staged and --range exclude each other")
	case f.staged && (f.history || f.noHistory || f.ignored):
		return j, errors.New("--staged reads the index alone: it goes with no --history, --no-history or --ignored")
	case f.staged && len(args) > 0:
		return j, fmt.Errorf("--staged takes no paths, got %q; \"insplint hook pre-commit\" takes them", args[0])
	case f.staged:
		j.project, j.scan = scanner.StagedProject, scanner.Staged
	case len(f.ranges) > 0:
		return rangeJob(f, j.options)
	case stdin:
		j.scan = func(ctx context.Context, o scanner.Options) (*scanner.Result, error) {
			return scanner.Stdin(ctx, c.Stdin, o)
		}
	}
	return j, nil
}

// checkBundles refuses what --bundle does not go with.
func (f *scanFlags) checkBundles(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("--bundle checks its own DIR alone, got the path %q too; give --bundle again for a second directory", args[0])
	case f.staged || len(f.ranges) > 0 || f.history:
		return errors.New("--bundle reads files alone: it goes with no --staged, --range or --history")
	}
	for _, dir := range f.bundles {
		if empty(dir) {
			return fmt.Errorf("--bundle %q: no file is in it; build first, and give the directory that the build writes", dir)
		}
	}
	return nil
}

// empty reports whether a directory has no file in it, however deep: a build that
// was not made must not pass for one without keys. What cannot be read is the
// scan's to tell.
func empty(dir string) bool {
	found := errors.New("found")
	return filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return found
		}
		return nil
	}) == nil
}

// rangeJob reads the commits of --range.
func rangeJob(f *scanFlags, options scanner.Options) (job, error) {
	if len(options.Paths) > 0 {
		return job{}, fmt.Errorf("--range reads commits alone, those of the repository that the current directory is in: leave the path %q out, and run insplint in that repository", options.Paths[0])
	}
	if f.staged || f.history || f.noHistory || f.ignored {
		return job{}, errors.New("--range reads commits alone: it goes with no PATH, --staged, --history, --no-history or --ignored")
	}
	var commits scanner.Commits
	var bounded, including []string
	not := false
	for _, r := range f.ranges {
		words, err := splitRevisions(r)
		if err != nil {
			return job{}, err
		}
		part := partOf(words, &not)
		if part.includes {
			including = append(including, r)
		}
		if part.includes && part.excludes {
			bounded = append(bounded, r)
		}
		commits.Revisions = append(commits.Revisions, words...)
	}
	if len(bounded) > 0 && len(including) > 1 {
		return job{}, fmt.Errorf("--range %q with --range %q: git reads all as one set, in which what one leaves out is hidden from the others; scan them one after the other", including[0], including[1])
	}
	if len(commits.Revisions) == 0 {
		return job{}, errors.New("--range \"\": want revisions, such as \"main..HEAD\"")
	}
	return commitsJob(commits, options), nil
}

// commitsJob reads a set of commits.
func commitsJob(commits scanner.Commits, options scanner.Options) job {
	return job{
		options,
		func(o scanner.Options) (*scanner.Project, error) { return scanner.RangeProject(commits, o) },
		func(ctx context.Context, o scanner.Options) (*scanner.Result, error) {
			return scanner.Range(ctx, commits, o)
		},
	}
}
