package scanner

import (
	"cmp"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A collector groups what many goroutines find by key.
type collector struct {
	progress *Progress
	own      OwnFiles
	report   bool // placeholders, too
	lenient  bool // what in an archive cannot be read is no problem
	// showAbs turns an absolute path below the scanned root into the one to show;
	// nil if there is no root.
	showAbs func(abs string) (shown string, below bool)

	mu           sync.Mutex
	keys         map[key.Secret]*rules.Key
	tracked      map[trackedKey][]int // where a key's Occurrences tell of a tracked file
	problems     []rules.Problem
	forgiven     []rules.Problem // by lenient
	notes        []string
	crowded      map[crowded]int // how many places more there are
	unnamed      string          // what is searched that has no path
	names        []rules.Occurrence
	placeholders int
	scanned      rules.Scanned
	closers      []func() error

	apart unreadFiles
}

// A trackedKey is a key in a file that git tracks.
type trackedKey struct {
	secret key.Secret
	repo   string // as repoName has it
	home   string // masked
}

func newCollector(opts Options) *collector {
	return &collector{
		progress: opts.Progress,
		own:      opts.Own,
		report:   opts.Placeholders,
		lenient:  opts.SkipUnreadable,
		keys:     map[key.Secret]*rules.Key{},
		tracked:  map[trackedKey][]int{},
		crowded:  map[crowded]int{},
	}
}

// add takes the sightings of one file, and the repositories that track it: their
// history may tell more.
func (c *collector) add(sightings []sighting, owners ...owner) {
	if len(sightings) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range sightings {
		if s.isName() {
			c.own.judge(&s.place)
			c.names = append(c.names, s.place)
			continue
		}
		if s.match.Placeholder && !c.report {
			c.placeholders += 1 + s.more
			continue
		}
		c.progress.Findings.Add(1)
		k := c.key(s.match.Secret)
		for _, o := range owners {
			at := trackedKey{s.match.Secret, o.repo, key.Mask(o.home)}
			c.tracked[at] = append(c.tracked[at], len(k.Occurrences))
		}
		c.judge(k, &s.place)
		k.Occurrences = append(k.Occurrences, s.place)
		if s.more > 0 {
			at := crowded{s.place.Path, s.place.Member, s.match.Secret.Masked()}
			c.crowded[at] = max(c.crowded[at], s.more) // a file may be read as it is staged, and as it is
		}
	}
}

// addPast takes what history knows of a key at one path. Where the tree's scan
// saw the same key in the same tracked file, that occurrence gets the past;
// else it is one of its own. The zero time says that no commit held it.
func (c *collector) addPast(secret key.Secret, repo string, o rules.Occurrence, when time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.key(secret)
	if !when.IsZero() && (k.FirstSeen.IsZero() || when.Before(k.FirstSeen)) {
		k.FirstSeen = when
	}
	seen := c.tracked[trackedKey{secret, repo, o.Home}]
	for _, i := range seen {
		if k.Occurrences[i].Past == nil {
			k.Occurrences[i].Past = o.Past
		}
	}
	if len(seen) == 0 {
		c.judge(k, &o)
		k.Occurrences = append(k.Occurrences, o)
	}
}

// key returns the group of a secret; the caller holds the lock.
func (c *collector) key(secret key.Secret) *rules.Key {
	k := c.keys[secret]
	if k == nil {
		k = &rules.Key{Secret: secret, Placeholder: secret.Placeholder()}
		c.keys[secret] = k
	}
	return k
}

// judge completes what is known of a place.
func (c *collector) judge(k *rules.Key, place *rules.Occurrence) {
	c.own.judge(place)
	if k.Placeholder {
		place.Confidence = key.Low
	}
}

// count adds an object to what was read.
func (c *collector) count(kind gitpack.Kind, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch kind {
	case gitpack.Blob:
		c.scanned.Blobs++
	case gitpack.Commit:
		c.scanned.Commits++
	}
	c.scanned.Bytes += size
}

func (c *collector) addPlaceholders(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.placeholders += n
}

// problem records what could not be read. An absolute path below the scanned root
// is shown from there, any other as it is given, a key in it masked.
func (c *collector) problem(path, object, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, c.newProblem(path, object, message))
}

func (c *collector) newProblem(path, object, message string) rules.Problem {
	return rules.Problem{Path: key.Mask(c.shown(path)), Object: object, Message: key.Mask(message)}
}

// shown is an absolute path below the scanned root as it is shown, and any other
// as it is.
func (c *collector) shown(path string) string {
	if c.showAbs != nil && filepath.IsAbs(path) {
		if shown, below := c.showAbs(path); below {
			return shown
		}
	}
	return path
}

// inside records what in an archive could not be read; it returns how many
// problems that is, 0 if the scan is lenient.
func (c *collector) inside(path, object, message string) (problems int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.newProblem(path, object, message)
	if c.lenient {
		c.forgiven = append(c.forgiven, p)
		return 0
	}
	c.progress.Unreadable.Store(true)
	c.problems = append(c.problems, p)
	return 1
}

// addRead adds to what was read of a database.
func (c *collector) addRead(stats gitpack.Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scanned.Blobs += stats.Blobs
	c.scanned.Commits += stats.Commits
	c.scanned.Bytes += stats.Bytes
}

// A mark is how far a collection of problems and counts has come.
type mark struct {
	problems, forgiven, placeholders int
	scanned                          rules.Scanned
}

func (c *collector) mark() mark {
	c.mu.Lock()
	defer c.mu.Unlock()
	return mark{len(c.problems), len(c.forgiven), c.placeholders, c.scanned}
}

// rewind takes back what was added since a mark; keys are not marked.
func (c *collector) rewind(m mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems, c.forgiven = c.problems[:m.problems], c.forgiven[:m.forgiven]
	c.placeholders, c.scanned = m.placeholders, m.scanned
}

// unread records what an error, or each of several that are joined, says could
// not be read. It returns how many problems these are.
func (c *collector) unread(path, object, attempt string, err error) (problems int) {
	for _, err := range separate(err) {
		message := attempt + ": " + cause(err)
		if isInside(err) {
			problems += c.inside(path, object, message)
			continue
		}
		c.problem(path, object, message)
		problems++
	}
	return problems
}

// place tells the paths of objects of which something could not be read.
func (c *collector) place(paths map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, p := range c.problems {
		if path, ok := paths[p.Object]; ok && p.Path == "" {
			c.problems[i].Path = path
		}
	}
}

// note records something to know that is neither a finding nor a problem.
func (c *collector) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, key.Mask(text))
}

// complete reports whether all could be read so far.
func (c *collector) complete() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.problems) == 0
}

// onClose has something closed when the scan is over.
func (c *collector) onClose(closer func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closers = append(c.closers, closer)
}

// close ends what the scan kept open. It was only read from, so that nothing
// is lost if that fails.
func (c *collector) close() {
	for _, closer := range c.closers {
		_ = closer()
	}
}

// result closes the collection.
func (c *collector) result(start time.Time) *Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, more := range c.crowded {
		c.notes = append(c.notes, key.Mask(at.note(c.unnamed, more)))
	}
	r := &Result{Scanned: c.scanned, Problems: c.problems, Notes: slices.Compact(slices.Sorted(slices.Values(c.notes)))}
	for _, k := range c.keys {
		r.Keys = append(r.Keys, k)
	}
	sortKeys(r.Keys)
	r.Names = c.names
	slices.SortFunc(r.Names, compareOccurrences)
	r.Problems = eachOnce(r.Problems)
	c.progress.Unread.Store(int64(len(eachOnce(c.forgiven))))
	r.Scanned.Files = int(c.progress.Files.Load())
	r.Scanned.Bytes += c.progress.Bytes.Load()
	r.Scanned.Placeholders = c.placeholders
	r.Scanned.Complete = len(c.problems) == 0
	r.Scanned.Seconds = time.Since(start).Seconds()
	return r
}

// eachOnce sorts problems and drops doubles: an object with keys is read more than once.
func eachOnce(problems []rules.Problem) []rules.Problem {
	slices.SortFunc(problems, compareProblems)
	return slices.Compact(problems)
}

func compareProblems(a, b rules.Problem) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Message, b.Message))
}
