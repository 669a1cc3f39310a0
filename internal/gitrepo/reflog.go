package gitrepo

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A ReflogEntry is one change of a ref.
type ReflogEntry struct {
	// Ref is the full name, with a worktree's prefix as in Ref.Name.
	Ref string
	// Index counts back from the newest entry of the ref, which is 0: the
	// stash that git calls stash@{2} is Index 2 of "refs/stash".
	Index int
	// Old and New are what the ref was before and after; Old is a null id
	// where it was made, New where it was deleted.
	Old, New gitpack.ID
	// Who is the identity, as "Name <address>".
	Who string
	// When is the time of the change, in its own time zone.
	When time.Time
	// Message says what was done; it often repeats a commit's subject.
	Message string
}

// Reflogs yields every entry of every ref's log, those of other worktrees too;
// each log from the oldest entry to the newest. What cannot be read is yielded
// as an error, and the rest follows. Some entries of a line that is cut short
// hold no more than the ids.
func (r *Repo) Reflogs() iter.Seq2[ReflogEntry, error] {
	if r.format.reftable {
		return r.tableReflogs
	}
	return r.fileReflogs
}

func (r *Repo) fileReflogs(yield func(ReflogEntry, error) bool) {
	files, errs := r.reflogFiles()
	for _, err := range errs {
		if !yield(ReflogEntry{}, err) {
			return
		}
	}
	for _, file := range files {
		if !r.readReflog(file, yield) {
			return
		}
	}
}

// A namedFile is the file of a ref's log.
type namedFile struct{ name, path string }

func (r *Repo) reflogFiles() (files []namedFile, errs []error) {
	fail := func(err error) { errs = append(errs, fmt.Errorf("list reflogs: %w", err)) }
	tree := func(dir, name string, keep func(string) bool) {
		err := walkFiles(dir, name, func(path, name string) {
			if keep == nil || keep(name) {
				files = append(files, namedFile{name, path})
			}
		}, fail)
		if err != nil {
			fail(err)
		}
	}
	tree(filepath.Join(r.CommonDir, "logs", "refs"), "refs", isShared)
	places, err := r.places()
	if err != nil {
		fail(err)
	}
	for _, place := range places {
		roots, err := os.ReadDir(filepath.Join(place.dir, "logs"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			fail(err)
		}
		for _, root := range roots {
			if !root.IsDir() && isRootRef(root.Name()) {
				files = append(files, namedFile{place.prefix + root.Name(), filepath.Join(place.dir, "logs", root.Name())})
			}
		}
		for _, dir := range privateRefs {
			tree(filepath.Join(place.dir, "logs", filepath.FromSlash(dir)), place.prefix+dir, nil)
		}
	}
	return files, errs
}

// readReflog reads one file; false if the caller wants no more.
func (r *Repo) readReflog(file namedFile, yield func(ReflogEntry, error) bool) bool {
	data, err := readFile(file.path, maxRefsFile)
	if err != nil {
		return yield(ReflogEntry{}, fmt.Errorf("read reflog of %q: %w", file.name, err))
	}
	all := slices.Collect(strings.Lines(string(data)))
	broken := 0
	for i, line := range all {
		entry, ok := r.parseReflogLine(strings.TrimRight(line, "\r\n"))
		if !ok {
			if broken++; broken <= maxLineErrors {
				err := fmt.Errorf("read reflog of %q, file %q: line %d is broken", file.name, file.path, i+1)
				if !yield(ReflogEntry{}, err) {
					return false
				}
			}
			continue
		}
		entry.Ref, entry.Index = file.name, len(all)-1-i
		if !yield(entry, nil) {
			return false
		}
	}
	return true
}

// parseReflogLine reads "OLD NEW NAME <ADDRESS> SECONDS ZONE\tMESSAGE". Two ids
// make an entry; who and when are taken as far as they are there.
func (r *Repo) parseReflogLine(line string) (entry ReflogEntry, ok bool) {
	old, okOld := r.leadingID(line)
	if !okOld || len(line) < 2*r.HashSize+1 {
		return entry, false
	}
	line = line[2*r.HashSize+1:]
	fresh, okNew := r.leadingID(line)
	if !okNew {
		return entry, false
	}
	entry.Old, entry.New = old, fresh
	line, entry.Message, _ = strings.Cut(line[2*r.HashSize:], "\t")
	line = strings.TrimSpace(line)
	if end := strings.LastIndexByte(line, '>'); end >= 0 {
		entry.Who = line[:end+1]
		entry.When = parseWhen(strings.TrimSpace(line[end+1:]))
	}
	return entry, true
}

// parseWhen reads "SECONDS +HHMM"; the zero time if it is not that.
func parseWhen(text string) time.Time {
	seconds, zone, _ := strings.Cut(text, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	hhmm, err := strconv.Atoi(zone)
	if err != nil {
		hhmm = 0
	}
	return inZone(unix, hhmm)
}

// inZone gives a time in the zone that git writes as +HHMM.
func inZone(unix int64, hhmm int) time.Time {
	offset := (hhmm/100*60 + hhmm%100) * 60
	return time.Unix(unix, 0).In(time.FixedZone("", offset))
}
