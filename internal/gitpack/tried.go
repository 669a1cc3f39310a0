package gitpack

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// What builds on each other in several packs is a graph: a place leads to the
// places of its base. A read goes through it depth first and comes to each
// place once, however many ways lead there. A place where nothing can be built the
// store remembers: else two packs with the same circle of deltas would be searched
// through anew for each of its objects. But a place may have failed only because
// it leads back to one that was still being read. It is remembered when that one
// has failed too, or if the read gets nothing in the end.

// A failure is what a read knows of a place that it came to.
type failure struct {
	hops  int   // it came there by so many; by fewer it may fare better
	err   error // nil while the place is being read
	isOwn bool  // nothing else is to blame: what it builds on was read
	back  int   // see reader.back
}

// settled is where a failure leads back to that is true whatever is being read.
const settled = math.MaxInt

// asked is where a place leads back to that is not looked at, since the caller knows
// that nothing can be built there: before all that is entered.
const asked = -1

func (s *Store) reader() *reader {
	r, ok := s.readers.Get().(*reader)
	if !ok {
		r = &reader{store: s, tried: map[place]failure{}}
	}
	r.reset()
	return r
}

// reset forgets every place.
func (r *reader) reset() {
	const few = 1 << 10
	if len(r.order) > few || len(r.tried) > few { // a map does not shrink, and to clear it takes time for all that it once held
		r.tried, r.order = map[place]failure{}, nil
	}
	clear(r.tried)
	r.order, r.back = r.order[:0], settled
	r.isDeep, r.packs, r.ctx = false, len(r.store.open()), context.Background()
}

// release keeps r for the next Read, without what it took for a large object.
func (s *Store) release(r *reader) {
	s.steps.Add(r.steps)
	r.steps, r.spare = 0, nil
	r.delta = scratch(r.delta, 0)
	r.loose.shrink()
	s.readers.Put(r)
}

// enter begins to read a place. It returns what is wrong if there is no use in
// that: errCycle if it is being read.
func (r *reader) enter(at place, hops int) error {
	r.steps++
	f, known := r.tried[at]
	if !known {
		f, known = r.store.failureAt(at)
	}
	if !known || f.hops > hops {
		r.begin(at, hops)
		return nil
	}
	r.back = min(r.back, f.back)
	if f.err == nil {
		return errCycle
	}
	return f.err
}

// begin is enter for a place that is known to be of use.
func (r *reader) begin(at place, hops int) {
	r.tried[at] = failure{hops: hops, back: len(r.order)}
	r.order = append(r.order, at)
}

// fail notes why nothing can be built at a place that was entered.
func (r *reader) fail(at place, err error) {
	f := r.tried[at]
	f.err = err
	if !f.isOwn {
		f.back = r.back
	}
	r.tried[at] = f
}

// failOwn notes that a place is broken though what it builds on is not.
func (r *reader) failOwn(at place, err error) {
	r.tried[at] = failure{err: err, isOwn: true, back: settled}
}

// settle remembers the places that failed since n were entered, if none of them leads
// back to one of those n. What was read there is forgotten: it helped nobody.
func (r *reader) settle(n int) {
	if r.back < n {
		return
	}
	var failed []place
	for _, at := range r.order[n:] {
		if f := r.tried[at]; f.err == nil {
			delete(r.tried, at)
		} else {
			f.back = settled
			r.tried[at] = f
			failed = append(failed, at)
		}
	}
	r.store.remember(r, failed)
	r.order, r.back = r.order[:n], settled
}

// forget forgets the places that were entered since there were n. It is for
// when a base was read and did not help: a place may have failed only because
// that base was still being read.
func (r *reader) forget(n int) {
	for _, at := range r.order[n:] {
		if !r.tried[at].isOwn {
			delete(r.tried, at)
		}
	}
	r.order = r.order[:n]
}

// failureAt is what an earlier read found out of a place.
func (s *Store) failureAt(at place) (failure, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, ok := s.failures[at]
	return f, ok
}

// rememberAll keeps what a read found out that got nothing.
func (s *Store) rememberAll(r *reader) {
	s.remember(r, slices.Collect(maps.Keys(r.tried)))
}

// remember keeps what a read found out of some places. Only if it gave up nowhere
// for having come too far do they fail by however few hops.
func (s *Store) remember(r *reader, places []place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.packs) != r.packs || r.ctx.Err() != nil { // a new pack may have what was missing
		return
	}
	if s.failures == nil {
		s.failures = map[place]failure{}
	}
	for _, at := range places {
		f := r.tried[at]
		f.back = settled
		if !r.isDeep {
			f.hops = 0
		}
		if had, ok := s.failures[at]; f.err != nil && (!ok || f.hops < had.hops) {
			s.failures[at] = f
		}
	}
}

// A baseError says that a delta's base, which is elsewhere, cannot be read. It
// does not unwrap: that the base is missing must not look as if the object were.
type baseError struct {
	base  ID
	cause error
}

// Error names a few bases: what is remembered of one makes part of the next, and
// so on through as many packs as there are.
func (e *baseError) Error() string {
	var b strings.Builder
	for range maxHops {
		fmt.Fprintf(&b, "is a delta of object %s: ", e.base)
		next, ok := e.cause.(*baseError)
		if !ok {
			return b.String() + e.cause.Error()
		}
		e = next
	}
	return b.String() + errDeep.Error()
}
