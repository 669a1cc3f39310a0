// Package scanner turns the bytes of places into keys with their occurrences.
//
// The places are a working tree (tree.go), the index (staged.go), single files
// as a hook names them (named.go), the commits of a range (range.go), standard
// input (stdin.go) and a repository's whole object database (history.go). Each
// reads its bytes in parallel and hands them to search.go, which finds the keys
// and records the facts that rules decide from (facts.go); a collector groups the
// occurrences by key.
//
// Files that the index proves unchanged are left to their blobs where those are
// searched too (unread.go).
//
// How git sees a file is told by directory.go and standing.go, from the index
// and the ignore rules of the repository that the file lies in, which is not
// always the one that the scan began in. Where history holds a key, locate.go
// finds the trees that lead to it, lives.go the commits that brought it in and
// took it out, and attribute.go tells it; a scan that finds nothing pays for
// none of that.
//
// Compressed files and archives are opened wherever they lie, in the one place
// that searches the bytes of a file (archive.go).
//
// A scan ends with what it could read: everything that it could not is a
// Problem in its Result, and the Result then is not Complete. Nothing of the
// scanned tree is executed, symbolic links are not followed, and only regular
// files are opened.
package scanner

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// HistoryMode says whether a scan reads the object database.
type HistoryMode uint8

// A scan of a repository's top, or of a bare repository, reads the database
// unless told not to; a scan of anything else only if told to.
const (
	HistoryAuto HistoryMode = iota
	HistoryAlways
	HistoryNever
)

// Options say what to scan. The zero value scans the current directory.
type Options struct {
	Paths   []string // files and directories; none means "."
	History HistoryMode
	Ignored bool // read every file that git ignores, not only those that a rule can fit
	// Bundle says that Paths are finished builds: what is in them is client code
	// unless something says that it is a server's.
	Bundle bool
	// Placeholders has them taken for keys, of low confidence, not only counted.
	Placeholders bool
	NoMetadata   bool // leave messages, author lines and names in history out
	Workers      int  // goroutines; 0 means 1
	// CacheDir is where to keep what does not change of a database, to read it
	// faster the next time; empty: nowhere.
	CacheDir string
	Getenv   func(string) string
	Progress *Progress // may be nil
	Own      OwnFiles
	// Skipped is told of what is left out on purpose, and why; goroutines call
	// it. It may be nil.
	Skipped func(path, why string)
	// Archives bounds what compressed files and archives may cost; nil means
	// DefaultArchiveLimits. With SkipUnreadable what of them cannot be read is only
	// counted, in Progress.
	Archives       *ArchiveLimits
	SkipUnreadable bool

	archives *archives
}

func (o Options) skip(path, why string) {
	if o.Skipped != nil {
		o.Skipped(path, why)
	}
}

// Why something is left out.
const (
	skippedFile  = "git ignores it, and no rule fits its name"
	skippedDir   = "git ignores it, and directories of this name hold other people's code"
	skippedOther = "a symbolic link, or neither a file nor a directory"
)

// OwnFiles add to this package's tables what a project says of its own files,
// which are named by their paths as the scan shows them. Each may be nil.
type OwnFiles struct {
	Env    func(path string) bool // it is an env file
	Client func(path string) bool // it reaches browsers or apps
	// Enter is asked about directories that git ignores and that hold other
	// people's code by their names.
	Enter func(dir string) bool
}

func (o OwnFiles) isEnv(path string) bool    { return o.Env != nil && path != "" && o.Env(path) }
func (o OwnFiles) isClient(path string) bool { return o.Client != nil && path != "" && o.Client(path) }
func (o OwnFiles) entered(dir string) bool   { return o.Enter != nil && dir != "" && o.Enter(dir) }

// ownClient is what a client file is that only the project knows of.
const ownClient = "listed in client-files"

// judge adds to what is known of a place.
func (o OwnFiles) judge(place *rules.Occurrence) {
	place.EnvFile = place.EnvFile || o.isEnv(place.Path)
	if place.Client == "" && o.isClient(place.Path) {
		place.Client = ownClient
	}
}

// A Result is all that a scan found and could not read.
type Result struct {
	Keys     []*rules.Key
	Names    []rules.Occurrence // of variables that are public and named for a key, with no key beside them
	Scanned  rules.Scanned
	Problems []rules.Problem
	Notes    []string // what else to tell people, one line each; keys are masked, names quoted
}

// Scan reads the working trees and databases that opts names. It returns an
// error only if it could not begin: a path that does not exist, for example.
func Scan(ctx context.Context, opts Options) (*Result, error) {
	opts = opts.withDefaults(ctx)
	start := time.Now()
	targets, err := resolve(opts)
	if err != nil {
		return nil, err
	}
	c := newCollector(opts)
	defer c.close()
	c.showAbs = func(abs string) (shown string, below bool) {
		for _, t := range targets {
			if shown, below = t.showAbs(abs); below {
				break
			}
		}
		return shown, below
	}
	err = scanTargets(ctx, targets, opts, c)
	if err != nil {
		return nil, err
	}
	r := c.result(start)
	r.setRoot(targets)
	return r, nil
}

func (o Options) withDefaults(ctx context.Context) Options {
	o.Workers = max(1, o.Workers)
	if o.Bundle {
		o.Ignored, o.History = true, HistoryNever
	}
	if len(o.Paths) == 0 {
		o.Paths = []string{"."}
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	o.archives = newArchives(ctx, o)
	return o
}

// sortKeys puts keys and their occurrences in the order of a report, so that
// the same input gives the same output however the goroutines ran.
func sortKeys(keys []*rules.Key) {
	for _, k := range keys {
		slices.SortFunc(k.Occurrences, compareOccurrences)
	}
	slices.SortFunc(keys, func(a, b *rules.Key) int {
		x, y := a.Secret.Digest(), b.Secret.Digest()
		return slices.Compare(x[:], y[:])
	})
}

func compareOccurrences(a, b rules.Occurrence) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Member, b.Member),
		cmp.Compare(a.Span.Line, b.Span.Line),
		cmp.Compare(a.Span.Column, b.Span.Column),
		cmp.Compare(a.Standing, b.Standing),
		cmp.Compare(a.Home, b.Home),
		cmp.Compare(a.Span.EndLine, b.Span.EndLine),
		cmp.Compare(a.Span.EndColumn, b.Span.EndColumn),
		slices.Compare(a.Encoding, b.Encoding),
	)
}

// A sighting is a match with the facts of its place.
type sighting struct {
	match key.Match
	place rules.Occurrence
	at    int64 // bytes of the file before it
	more  int   // places of its key in the same file that are not described; the last that is has it
}
