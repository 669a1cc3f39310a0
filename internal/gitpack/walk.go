package gitpack

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// An Object is what Walk shows. Its bytes, without git's header, are in Data,
// or Open reads them as a stream if they are too many to be held; the other one
// is nil. Walk's Data is valid only until Visit returns; Open may be called, and
// its streams read, until the Store is closed.
type Object struct {
	ID   ID
	Kind Kind
	Size int64
	Data []byte
	Open func() (Stream, error)
}

// A Walk says what to read of a database and whom to show it. Candidate and
// Visit are called by several goroutines at once.
type Walk struct {
	Kinds  KindSet // which objects to read at all
	Always KindSet // of which kinds to show every object, candidate or not
	Reach  int     // how many bytes a match can span, at most
	// Candidate reports whether b holds something that makes its object worth
	// showing: some run of at most Reach bytes. b is an object, a window of it, or
	// the parts of it that its base does not have, with NUL bytes between.
	Candidate func(b []byte) bool
	// Head reports whether a blob that begins with head (512 bytes, or all it has)
	// is worth showing whatever Candidate says; nil: none is.
	Head     func(head []byte) bool
	Visit    func(o Object)
	Links    bool // report what trees, commits and tags name and the database lacks, a commit's parents apart
	Workers  int
	Progress *Progress // may be nil
}

// Progress counts objects while a walk goes on. Total is known before Done
// begins to grow, and Done reaches it unless the walk ends early; objects that
// are there twice or are of no wanted kind count too. Several walks may share
// one Progress and add up.
type Progress struct {
	Done, Total atomic.Int64
}

// Stats is what a walk read.
type Stats struct {
	Commits, Trees, Blobs, Tags int
	Bytes                       int64 // of the objects, whole
}

func (s *Stats) add(k Kind, size uint64) {
	switch k {
	case Commit:
		s.Commits++
	case Tree:
		s.Trees++
	case Blob:
		s.Blobs++
	case Tag:
		s.Tags++
	}
	s.Bytes += int64(size)
}

func (s *Stats) merge(t Stats) {
	s.Commits += t.Commits
	s.Trees += t.Trees
	s.Blobs += t.Blobs
	s.Tags += t.Tags
	s.Bytes += t.Bytes
}

// A walking is one Walk under way.
type walking struct {
	Walk
	ctx     context.Context
	store   *Store
	packs   []*packWalk
	jobs    []job
	nextJob atomic.Int64

	mu       sync.Mutex
	stats    Stats
	problems []Problem // of what is not in a pack
	absent   map[ID]ID // what was not found, with a tree that names it

	looseIDs map[ID]bool
}

// A job is a tree of deltas in a pack, or a loose object.
type job struct {
	pack  *packWalk // nil: loose
	root  int32
	loose looseFile
}

// A packWalk is a pack in a walk.
type packWalk struct {
	*pack
	*forest
	repeats bitmap // by number in the index: objects that are shown elsewhere
	needed  bitmap // by entry: all but repeats that nothing builds on; nil: all
	losses  losses
}

func (p *packWalk) isRepeat(e int32) bool { return p.repeats.has(int(p.number[e])) }

func (p *packWalk) isNeeded(e int32) bool { return p.needed == nil || p.needed.has(int(e)) }

// Walk reads every object of the database once and shows those that the
// caller wants to see, in no order. An object that is there several times is
// read from the first place that has it intact. What was there when the walk
// began and git moves meanwhile is read from where it went; only what git
// deletes for good is passed over. What could not be read is returned, in
// order; ctx ends the walk early with its error.
func (s *Store) Walk(ctx context.Context, opts Walk) (Stats, []Problem, error) {
	w := &walking{Walk: opts, ctx: ctx, store: s, absent: map[ID]ID{}, looseIDs: map[ID]bool{}}
	w.Workers = max(1, w.Workers)
	if w.Progress == nil {
		w.Progress = new(Progress)
	}
	w.plan()
	var wg sync.WaitGroup
	for range w.Workers {
		wg.Go(func() {
			worker := &walker{walking: w}
			worker.run()
			w.mu.Lock()
			defer w.mu.Unlock()
			w.stats.merge(worker.stats)
		})
	}
	wg.Wait()
	return w.stats, w.allProblems(), ctx.Err()
}

// plan lays out the jobs: the packs' trees, then the loose objects.
func (w *walking) plan() {
	packs, loose := w.list()
	marks := markRepeats(packs)
	for i, p := range packs {
		w.planPack(p, marks[i])
	}
	w.Progress.Total.Add(int64(len(loose)))
	for _, file := range loose {
		w.jobs = append(w.jobs, job{loose: file})
		w.looseIDs[file.id] = true
	}
}

// list lists the packs and the loose objects that none of them has. Git puts
// an object in its new place before it takes it from the old one, whether it
// packs loose objects or lets unreachable ones out of a pack. So nothing is
// missed if the packs did not change while the loose objects were listed.
func (w *walking) list() ([]*pack, []looseFile) {
	w.store.refresh()
	for range maxListings {
		packs := w.store.open()
		loose, problems := w.store.looseFiles(packs)
		if w.store.refresh() {
			continue
		}
		w.problems = problems
		return packs, loose
	}
	packs := w.store.open()
	loose, problems := w.store.looseFiles(packs)
	w.problems = append(problems, Problem{Path: w.store.dirs[0], Message: "packs keep changing: what was moved while they were listed may be missed"})
	return packs, loose
}

func (w *walking) planPack(p *pack, repeats bitmap) {
	hasCopy := func(e int) bool {
		_, err := w.store.otherCopy(p, e)
		return err == nil
	}
	pw := &packWalk{pack: p, forest: p.forest(w.Workers, hasCopy), repeats: repeats}
	if repeats != nil {
		pw.needed = pw.forest.needed(func(e int) bool { return pw.isRepeat(int32(e)) })
	}
	w.packs = append(w.packs, pw)
	w.Progress.Total.Add(int64(p.count()))
	for _, root := range pw.roots {
		if kind := pw.kind[root]; (kind == 0 || w.Kinds.Has(kind)) && pw.isNeeded(root) {
			w.jobs = append(w.jobs, job{pack: pw, root: root})
		} else {
			w.Progress.Done.Add(1 + int64(pw.below(root)))
		}
	}
}

// next takes a job; ok is false when there is none left.
func (w *walking) next() (job, bool) {
	n := int(w.nextJob.Add(1)) - 1
	if n >= len(w.jobs) {
		return job{}, false
	}
	return w.jobs[n], true
}

// report notes what could not be read, outside the packs.
func (w *walking) report(p Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, p)
}

// allProblems gathers what could not be read, in an order that does not depend
// on the workers.
func (w *walking) allProblems() []Problem {
	all := append(w.problems, w.store.unindexed()...)
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	for _, p := range w.packs {
		all = append(all, p.losses.problems(p.pack)...)
	}
	return append(all, w.absences()...)
}
