package scanner

import (
	"cmp"
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

	mu           sync.Mutex
	keys         map[key.Secret]*rules.Key
	problems     []rules.Problem
	placeholders int
	scanned      rules.Scanned
}

func newCollector(progress *Progress) *collector {
	return &collector{progress: progress, keys: map[key.Secret]*rules.Key{}}
}

// add takes the sightings of one file.
func (c *collector) add(sightings []sighting) {
	if len(sightings) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range sightings {
		if s.match.Placeholder {
			c.placeholders++
			continue
		}
		c.progress.Findings.Add(1)
		k := c.key(s.match.Secret)
		k.Occurrences = append(k.Occurrences, s.place)
	}
}

// addPast takes what history knows of a key at one path. Where the tree's scan
// saw the same key in the same tracked file, that occurrence gets the past;
// else it is one of its own. The zero time says that no commit held it.
func (c *collector) addPast(secret key.Secret, o rules.Occurrence, when time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.key(secret)
	if !when.IsZero() && (k.FirstSeen.IsZero() || when.Before(k.FirstSeen)) {
		k.FirstSeen = when
	}
	joined := false
	for i := range k.Occurrences {
		if seen := &k.Occurrences[i]; o.Path != "" && seen.Path == o.Path && seen.Standing == rules.Tracked {
			if seen.Past == nil {
				seen.Past = o.Past
			}
			joined = true
		}
	}
	if !joined {
		k.Occurrences = append(k.Occurrences, o)
	}
}

// sameOccurrence tells one place that was read twice, because one PATH lies
// below another.
func sameOccurrence(a, b rules.Occurrence) bool {
	return compareOccurrences(a, b) == 0 && pastObject(a) == pastObject(b)
}

func pastObject(o rules.Occurrence) string {
	if o.Past == nil {
		return ""
	}
	return o.Past.Object
}

// key returns the group of a secret; the caller holds the lock, or is alone.
func (c *collector) key(secret key.Secret) *rules.Key {
	k := c.keys[secret]
	if k == nil {
		k = &rules.Key{Secret: secret}
		c.keys[secret] = k
	}
	return k
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

// problem records what could not be read. The path is shown as it is given,
// a key in it masked.
func (c *collector) problem(path, object, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, rules.Problem{
		Path:    key.Mask(path),
		Object:  object,
		Message: key.Mask(message),
	})
}

// result closes the collection.
func (c *collector) result(start time.Time) *Result {
	r := &Result{Scanned: c.scanned, Problems: c.problems}
	for _, k := range c.keys {
		r.Keys = append(r.Keys, k)
	}
	sortKeys(r.Keys)
	for _, k := range r.Keys {
		k.Occurrences = slices.CompactFunc(k.Occurrences, sameOccurrence)
	}
	slices.SortFunc(r.Problems, func(a, b rules.Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Message, b.Message))
	})
	r.Problems = slices.Compact(r.Problems)
	r.Scanned.Files = int(c.progress.Files.Load())
	r.Scanned.Bytes += c.progress.Bytes.Load()
	r.Scanned.Placeholders = c.placeholders
	r.Scanned.Complete = len(c.problems) == 0
	r.Scanned.Seconds = time.Since(start).Seconds()
	return r
}
