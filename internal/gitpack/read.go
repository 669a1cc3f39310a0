package gitpack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// ErrNotFound is what Read returns for an object that the database lacks.
var ErrNotFound = errors.New("object not found")

// errTooLarge is the cause when an object is too large to be held.
var errTooLarge = errors.New("too large to be held in memory")

// allKinds is every kind of object.
var allKinds = Kinds(Commit, Tree, Blob, Tag)

// maxHops bounds how often a chain of deltas may go on in another place, since
// each hop costs stack.
const maxHops = 64

var errDeep = errors.New("its deltas lead through too many packs")

// Read returns one object, from whichever place has it intact. Objects over
// 512 MiB are refused: Object streams them.
func (s *Store) Read(id ID) (Kind, []byte, error) {
	r := s.reader()
	defer s.release(r)
	kind, data, err := r.object(id, 0)
	if err != nil && s.refresh() {
		r.reset()
		kind, data, err = r.object(id, 0)
	}
	if err != nil {
		s.rememberAll(r)
		return 0, nil, fmt.Errorf("read object %s: %w", id, err)
	}
	return kind, data, nil
}

// Object opens one object by its id: with Data, or with Open if it is too
// large to be held.
func (s *Store) Object(id ID) (Object, error) {
	kind, data, err := s.Read(id)
	if errors.Is(err, errTooLarge) {
		return s.stream(id, place{}, err)
	}
	return Object{ID: id, Kind: kind, Size: int64(len(data)), Data: data}, err
}

// otherCopy opens the object of entry e of p, which p does not yield, from any
// other place.
func (s *Store) otherCopy(ctx context.Context, p *pack, e int) (Object, error) {
	r := s.reader()
	defer s.release(r)
	r.ctx = ctx
	here, id := place{p, p.number(e)}, p.id(e)
	r.tried[here] = failure{back: asked} // with no error, so that it is not remembered: the caller knows better what is wrong
	kind, data, err := r.object(id, 0)
	if errors.Is(err, errTooLarge) {
		return s.stream(id, here, err)
	}
	if err != nil {
		s.rememberAll(r)
	}
	return Object{ID: id, Kind: kind, Size: int64(len(data)), Data: data}, err
}

// firstCopy finds the first entry of a circle of p that can be read from
// another place; it is the first of all if none can. They are looked for together:
// what leads back into the circle is of no use to any of them.
func (s *Store) firstCopy(ctx context.Context, p *pack, circle []int32) (int, error) {
	r := s.reader()
	defer s.release(r)
	r.ctx = ctx
	for _, e := range circle {
		r.tried[place{p, p.number(int(e))}] = failure{err: errCycle, back: asked}
	}
	for i, e := range circle {
		here, id := place{p, p.number(int(e))}, p.id(int(e))
		_, _, err := r.object(id, 0)
		if errors.Is(err, errTooLarge) {
			_, err = s.stream(id, here, err)
		}
		if err == nil {
			return i, nil
		}
	}
	s.rememberAll(r)
	return 0, ctx.Err()
}

// readEntry builds the object of entry e of p.
func (s *Store) readEntry(p *pack, e int) (data []byte, err error) {
	r := s.reader()
	defer s.release(r)
	err = guard(func() error {
		if err := r.enter(place{p, p.number(e)}, 0); err != nil {
			return err
		}
		_, data, err = r.entry(p, e, 0)
		return err
	})
	return data, err
}

// A reader is a Read under way, with what it reuses.
type reader struct {
	store *Store
	loose looseReader
	delta []byte
	spare []byte // the base before last, to build the next object in
	// tried holds the places that were read, or are being read: the one that
	// turns out to be broken must not be asked again on the way to a copy.
	tried  map[place]failure
	order  []place         // in which they were entered
	back   int             // the first in it that the failures of the place at hand lead back to; settled if they lead to none
	isDeep bool            // it gave up somewhere after maxHops
	packs  int             // how many were open when it began
	steps  int64           // objects and entries that it came to
	ctx    context.Context // ends it early, for a walk
}

// object reads an object from the first place that has it intact.
func (r *reader) object(id ID, hops int) (kind Kind, data []byte, err error) {
	if r.steps++; hops > maxHops {
		r.isDeep = true
		return 0, nil, errDeep
	}
	if err := r.ctx.Err(); err != nil {
		return 0, nil, err
	}
	if at, ok := r.store.crowdOf(id); ok {
		return r.place(at, hops)
	}
	places := r.store.places(id)
	if len(places) > fewPlaces {
		return r.place(r.store.addCrowd(id, places), hops)
	}
	_, kind, data, err = r.anyOf(id, places, hops)
	return kind, data, err
}

// anyOf reads an object from one of its places, of which it tells the number, or
// from a loose file.
func (r *reader) anyOf(id ID, places []place, hops int) (n int, kind Kind, data []byte, err error) {
	back, failed := r.back, ErrNotFound
	for n, at := range places {
		if kind, data, err = r.place(at, hops); err == nil {
			r.back = back
			return n, kind, data, nil
		}
		// that it is being read says less than what is wrong elsewhere
		if failed == ErrNotFound || failed == errCycle {
			failed = err
		}
	}
	if kind, data, err = r.looseObject(id); err == nil {
		r.back = back
	}
	if errors.Is(err, ErrNotFound) {
		err = failed
	}
	return len(places), kind, data, err
}

// place builds the object at a place, unless that was tried.
func (r *reader) place(at place, hops int) (kind Kind, data []byte, err error) {
	n, back := len(r.order), r.back
	if err := r.enter(at, hops); err != nil {
		return 0, nil, err
	}
	r.back = settled
	err = guard(func() error {
		if at.pack == nil {
			kind, data, err = r.crowd(at.number, hops)
		} else {
			kind, data, err = r.packed(at, hops)
		}
		return err
	})
	if err != nil {
		r.fail(at, err)
		r.settle(n)
		r.back = min(r.back, back)
		return 0, nil, err
	}
	r.back = back
	return kind, data, nil
}

func (r *reader) looseObject(id ID) (Kind, []byte, error) {
	failed := ErrNotFound
	if id.Size() != r.store.hashSize {
		return 0, nil, failed
	}
	for _, dir := range r.store.dirs {
		o, err := r.loose.read(loosePath(dir, id), allKinds, r.store.limits.whole)
		if err == nil && o.data == nil {
			err = fmt.Errorf("%w: it has %d bytes", errTooLarge, o.size)
		}
		if err == nil {
			r.loose.whole = nil // it is the caller's now
			return o.kind, o.data, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	return 0, nil, failed
}

// packed builds the object at a place.
func (r *reader) packed(at place, hops int) (Kind, []byte, error) {
	if !at.pack.hasTables() {
		if kind, data, ok := r.quick(at.pack, at.number); ok {
			return kind, data, nil
		}
	}
	e, ok := at.pack.entryOf(at.number)
	if !ok {
		return 0, nil, errNoBytes
	}
	return r.entry(at.pack, e, hops)
}

// entry builds the object of entry e: down its chain of deltas to an object
// that is whole, then back up. What is broken on the way is read from another
// place, or else what builds on it is.
func (r *reader) entry(p *pack, e, hops int) (Kind, []byte, error) {
	before := len(r.order)
	chain, kind, data, err := r.descend(p, e, hops)
	for i := len(chain) - 1; ; i-- {
		if err != nil {
			cause := err
			if i, kind, data, err = r.fromCopy(p, chain[:i+1], before-1, cause, hops); err != nil {
				return 0, nil, cause
			}
			r.back = settled // to what comes next it is nothing that others failed
		}
		if i == 0 {
			return kind, data, nil
		}
		if i%basesApart == 0 {
			r.store.bases.keep(p, chain[i], kind, data)
		}
		if data, err = r.apply(p, chain[i-1], data); err != nil {
			chain = chain[:i]
			r.forget(before)
			for _, e := range chain[1:] {
				r.begin(place{p, p.number(e)}, hops)
			}
			r.failOwn(place{p, p.number(chain[i-1])}, err)
		}
	}
}

// descend lists the chain of entries from e to the one that needs no other of
// this pack, or was built before, and builds that.
func (r *reader) descend(p *pack, e, hops int) (chain []int, kind Kind, data []byte, err error) {
	for {
		r.steps++
		chain = append(chain, e)
		if len(chain) > basesApart {
			if kind, data, ok := r.store.bases.find(p, e); ok {
				return chain, kind, data, nil
			}
		}
		h, err := p.header(e)
		if err != nil {
			return chain, 0, nil, err
		}
		b, err := p.base(h)
		switch {
		case err != nil:
			return chain, 0, nil, err
		case !h.isDelta():
			data, err = r.inflateWhole(p, e, h)
			return chain, h.kind, data, err
		case b.entry == noEntry:
			kind, data, err = r.onOther(p, e, b.id, nil, hops)
			return chain, kind, data, err
		}
		base := int(b.entry)
		if failed := r.enter(place{p, p.number(base)}, hops); failed != nil {
			kind, data, err = r.onOther(p, e, p.id(base), failed, hops)
			return chain, kind, data, err
		}
		e = base
	}
}

// onOther builds entry e, a delta of an object that is elsewhere, or that this
// pack has but does not yield: failed says why.
func (r *reader) onOther(p *pack, e int, base ID, failed error, hops int) (Kind, []byte, error) {
	before := len(r.order)
	kind, data, err := r.object(base, hops+1)
	switch {
	case err != nil && failed != nil:
		return 0, nil, failed
	case err == errCycle: // which is true of the delta, too
		return 0, nil, err
	case err != nil:
		return 0, nil, &baseError{base, err}
	}
	if data, err = r.apply(p, e, data); err != nil {
		r.forget(before)
		r.failOwn(place{p, p.number(e)}, err)
	}
	return kind, data, err
}

// fromCopy reads the last entry of the chain that is intact in another place,
// but not the first, which is the caller's to look for. It returns its number
// in the chain. Those behind it are broken, or build on what is: cause. The chain
// was entered when n places were.
func (r *reader) fromCopy(p *pack, chain []int, n int, cause error, hops int) (i int, kind Kind, data []byte, err error) {
	for i := len(chain) - 1; i > 0; i-- {
		r.fail(place{p, p.number(chain[i])}, cause)
		r.settle(n + i)
		if kind, data, err = r.object(p.id(chain[i]), hops+1); err == nil {
			return i, kind, data, nil
		}
	}
	return 0, 0, nil, ErrNotFound
}

// apply builds entry e, a delta of data, which it takes over.
func (r *reader) apply(p *pack, e int, data []byte) ([]byte, error) {
	h, err := p.header(e)
	if err != nil {
		return nil, err
	}
	if int64(h.size) > r.store.limits.whole {
		return nil, fmt.Errorf("is a delta of %d bytes: %w", h.size, errTooLarge)
	}
	r.delta = scratch(r.delta, int(h.size))
	if err := p.inflateEntry(&r.loose.inflater, r.delta, e, h); err != nil {
		return nil, err
	}
	ops, result, err := openDelta(r.delta, data, r.store.limits.whole)
	if err != nil {
		return nil, err
	}
	next := r.spare
	if n := int(result); n > cap(next) || cap(next) > 2*n+1024 {
		next = make([]byte, n)
	}
	next, r.spare = next[:result], data
	return next, applyDelta(next, data, ops)
}

func (r *reader) inflateWhole(p *pack, e int, h header) ([]byte, error) {
	if int64(h.size) > r.store.limits.whole {
		return nil, fmt.Errorf("%w: it has %d bytes", errTooLarge, h.size)
	}
	data := make([]byte, h.size)
	return data, p.inflateEntry(&r.loose.inflater, data, e, h)
}
