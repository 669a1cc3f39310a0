package scanner

import (
	"iter"
	"slices"
	"sync"

	"github.com/inspecto/insplint/internal/key"
)

// A secretBook numbers the keys of a database in the order in which they are
// met, so that sets of them are small.
type secretBook struct {
	mu      sync.Mutex
	numbers map[key.Secret]int32
	secrets []key.Secret
}

// set makes the set of some keys.
func (b *secretBook) set(secrets []key.Secret) secretSet {
	numbers := make([]int32, len(secrets))
	b.mu.Lock()
	for i, secret := range secrets {
		n, ok := b.numbers[secret]
		if !ok {
			n = int32(len(b.secrets))
			b.numbers[secret] = n
			b.secrets = append(b.secrets, secret)
		}
		numbers[i] = n
	}
	b.mu.Unlock()
	slices.Sort(numbers)
	var set secretSet
	for _, n := range numbers {
		set = set.append(n, n+1)
	}
	return slices.Clip(set)
}

// all yields the keys of a set.
func (b *secretBook) all(set secretSet) iter.Seq[key.Secret] {
	b.mu.Lock()
	secrets := b.secrets // what it holds does not change
	b.mu.Unlock()
	return func(yield func(key.Secret) bool) {
		for _, run := range set {
			for _, secret := range secrets[run.from:run.to] {
				if !yield(secret) {
					return
				}
			}
		}
	}
}

// has reports whether a key is in a set.
func (b *secretBook) has(set secretSet, secret key.Secret) bool {
	b.mu.Lock()
	n, ok := b.numbers[secret]
	b.mu.Unlock()
	return ok && len(secretSet{{n, n + 1}}.minus(set)) == 0
}

// wanted is a set as a map, which places uses up.
func (b *secretBook) wanted(set secretSet) map[key.Secret]bool {
	wanted := map[key.Secret]bool{}
	for secret := range b.all(set) {
		wanted[secret] = true
	}
	return wanted
}

// A secretSet is a set of numbered keys, as runs in order that do not touch.
// Versions of a file that holds a hundred thousand keys differ by a few of
// them, and so by a few runs.
type secretSet []secretRun

type secretRun struct{ from, to int32 } // from ≤ n < to

// append adds a run whose beginning is not before the last one's.
func (s secretSet) append(from, to int32) secretSet {
	if last := len(s) - 1; last >= 0 && from <= s[last].to {
		s[last].to = max(s[last].to, to)
		return s
	}
	return append(s, secretRun{from, to})
}

// minus is what s has and t has not.
func (s secretSet) minus(t secretSet) secretSet {
	var rest secretSet
	for _, run := range s {
		for len(t) > 0 && t[0].to <= run.from {
			t = t[1:]
		}
		for _, cut := range t {
			if cut.from >= run.to {
				break
			}
			if run.from < cut.from {
				rest = append(rest, secretRun{run.from, cut.from})
			}
			run.from = min(cut.to, run.to)
		}
		if run.from < run.to {
			rest = append(rest, run)
		}
	}
	return rest
}

// plus is what s or t has.
func (s secretSet) plus(t secretSet) secretSet {
	if len(s) == 0 {
		return t
	}
	runs := slices.Concat(s, t)
	slices.SortFunc(runs, func(a, b secretRun) int { return int(a.from) - int(b.from) })
	var set secretSet
	for _, run := range runs {
		set = set.append(run.from, run.to)
	}
	return set
}
