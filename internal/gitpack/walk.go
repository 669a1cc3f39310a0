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
	Part *Part // that it was read from; nil if Walk did not show it
	ID   ID
	Kind Kind
	Size int64
	Data []byte
	Open func() (Stream, error)
	Cold bool // Walk's Candidate saw nothing in it: it is shown for its kind, its head, or a name in it
}

// A Walk says what to read of a database and whom to show it. Candidate and
// Visit are called by several goroutines at once.
type Walk struct {
	Kinds  KindSet // which objects to read at all
	Always KindSet // of which kinds to show every object, candidate or not
	Reach  int     // how many bytes a match can span, at most
	// Candidate reports whether b holds something that makes its object worth
	// showing: some run of at most Reach bytes. b is an object, a window of it, or
	// the parts of it that its base does not have, with NUL bytes between; or, with
	// Links, an entry of a tree with its mode and its name, longer than ShortName.
	Candidate func(b []byte) bool
	ShortName int // see Candidate
	// Name reports whether a tree is worth showing for an entry that begins so, with
	// its mode and its name; it is asked, with Links, of entries that a tree has and
	// its base has not. nil: none is.
	Name func(entry []byte) bool
	// Head reports whether a blob that begins with head (512 bytes, or all it has)
	// is worth showing whatever Candidate says; nil: none is.
	Head func(head []byte) bool
	// Whole reports the same of a blob that was built anyway, or because Build said so
	// of its beginning and of what its base does not have; nil: of none. Of a blob that is
	// too large to be built Build is asked of each window.
	Whole    func(data []byte) bool
	Build    func(head, news []byte) bool
	Visit    func(o Object)
	Links    bool // report what trees, commits and tags name and the database lacks, a commit's parents apart
	Promised bool // with Links: count it in Stats instead, as in a partial clone
	Workers  int
	Progress *Progress // may be nil
	// Known is asked of every part what the caller knows of it, before anything
	// is read; nil as an answer, or as Known, stands for nothing.
	Known func(*Part) *Known
	// Over is told of every part when the walk is over; may be nil.
	Over func(*Part)
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
	// What was promised and is absent; of what an absent tree would name
	// nothing is known.
	AbsentTrees, AbsentBlobs int
}

// Add counts an object.
func (s *Stats) Add(k Kind, size uint64) {
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

// Minus is what s counts and t does not.
func (s Stats) Minus(t Stats) Stats {
	return Stats{
		Commits: s.Commits - t.Commits, Trees: s.Trees - t.Trees, Blobs: s.Blobs - t.Blobs, Tags: s.Tags - t.Tags,
		Bytes:       s.Bytes - t.Bytes,
		AbsentTrees: s.AbsentTrees - t.AbsentTrees, AbsentBlobs: s.AbsentBlobs - t.AbsentBlobs,
	}
}

func (s *Stats) merge(t Stats) {
	s.Commits += t.Commits
	s.Trees += t.Trees
	s.Blobs += t.Blobs
	s.Tags += t.Tags
	s.Bytes += t.Bytes
	s.AbsentTrees += t.AbsentTrees
	s.AbsentBlobs += t.AbsentBlobs
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
	absent   map[ID]absence

	looseFiles []looseFile // as in loosePart
	looseIDs   map[ID]bool
	loosePart  *Part
}

// A job is a tree of deltas in a pack, one object of a known pack, or a loose
// object.
type job struct {
	pack *packWalk // nil: loose
	at   int32     // the root, or the number in pack.again, or in the loose part
}

// A packWalk is a pack in a walk.
type packWalk struct {
	*pack
	*forest
	repeats bitmap // by number in the index: objects that are shown elsewhere
	needed  bitmap // by entry: all but repeats that nothing builds on; nil: all
	losses  losses
	again   []ID // of a known pack: the few objects to show, one by one
	part    *Part
	at      int // its number in the walk
}

func (p *packWalk) isRepeat(e int32) bool { return p.repeats.has(p.number(int(e))) }

func (p *packWalk) isNeeded(e int32) bool { return p.needed == nil || p.needed.has(int(e)) }

// Walk reads every object of the database once and shows those that the
// caller wants to see, in no order. An object that is there several times is
// read from the first place that has it intact. What was there when the walk
// began and git moves meanwhile is read from where it went; only what git
// deletes for good is passed over. What could not be read is returned, in
// order; ctx ends the walk early with its error.
func (s *Store) Walk(ctx context.Context, opts Walk) (Stats, []Problem, error) {
	w := &walking{Walk: opts, ctx: ctx, store: s, looseIDs: map[ID]bool{}}
	w.Workers = max(1, w.Workers)
	if w.Progress == nil {
		w.Progress = new(Progress)
	}
	w.guard(w.store.dirs[0], w.plan)
	if w.loosePart == nil { // there is no plan, and nothing to read by it
		w.planLoose(nil)
	}
	var wg sync.WaitGroup
	for range w.Workers {
		wg.Go(func() {
			worker := &walker{walking: w}
			worker.run()
		})
	}
	wg.Wait()
	var problems []Problem
	err := guard(func() error {
		problems = w.end()
		return ctx.Err()
	})
	return w.stats, problems, err
}

// end gathers what the workers found out, and returns what could not be read.
func (w *walking) end() []Problem {
	for part := range w.parts {
		w.finish(part)
	}
	w.settleAbsences()
	problems := w.allProblems()
	for part := range w.parts {
		if w.Over != nil && w.ctx.Err() == nil {
			w.Over(part)
		}
	}
	return problems
}

// guard runs a step of the walk, which ends early, with a problem, if an index
// cannot be read: not even ids are known then.
func (w *walking) guard(path string, step func()) (ok bool) {
	err := guard(func() error {
		step()
		return nil
	})
	if err != nil {
		w.report(Problem{Path: path, Message: "pack index " + err.Error()})
	}
	return err == nil
}

// parts yields the parts of the database.
func (w *walking) parts(yield func(*Part) bool) {
	for _, p := range w.packs {
		if !yield(p.part) {
			return
		}
	}
	yield(w.loosePart)
}

// plan lays out the jobs: the packs' trees, then the loose objects. What is
// there is listed first, since whether a part is known depends on it.
func (w *walking) plan() {
	packs, loose := w.list()
	slices.SortFunc(packs, byWeight)
	checked := checkIndexes(packs)
	marks, err := markRepeats(packs, w.Workers)
	if err != nil {
		w.report(Problem{Path: w.store.dirs[0], Message: "pack index " + err.Error()})
		return
	}
	for i, p := range packs {
		pw := &packWalk{pack: p, repeats: marks[i], at: i}
		pw.part = newPart(pw)
		w.packs = append(w.packs, pw)
	}
	slices.SortFunc(loose, func(a, b looseFile) int { return a.id.compare(b.id) })
	for _, file := range loose {
		w.looseIDs[file.id] = true
	}
	for _, pw := range w.packs {
		w.planPack(pw)
	}
	w.planLoose(loose)
	checked()
	for _, pw := range w.packs {
		if pw.index.isDamaged() {
			w.report(Problem{Path: pw.path, Message: "pack index is damaged: its checksum is wrong"})
			pw.part.Clean = false
		}
	}
}

// expect prepares the heap for what a walk over the many objects of a pack takes:
// some words for each, and for each worker the objects at hand.
func (w *walking) expect(objects int) {
	const (
		many      = 1 << 15
		perObject = 64
		perWorker = 32 << 20
		atMost    = 256 << 20
	)
	if objects >= many {
		hugePages(min(objects*perObject+w.Workers*perWorker, atMost))
	}
}

// checkIndexes begins to compute the checksums of indexes, and returns what
// waits for them.
func checkIndexes(packs []*pack) (wait func()) {
	var checks sync.WaitGroup
	for _, p := range packs {
		checks.Go(func() { p.index.isDamaged() })
	}
	return checks.Wait
}

// list lists the packs and the loose objects that none of them has. Git puts
// an object in its new place before it takes it from the old one, whether it
// packs loose objects or lets unreachable ones out of a pack. So nothing is
// missed if the packs did not change while the loose objects were listed.
func (w *walking) list() ([]*pack, []looseFile) {
	w.store.refresh()
	for range maxListings {
		packs := slices.Clone(w.store.open())
		loose, problems := w.store.looseFiles(packs)
		if w.store.refresh() {
			continue
		}
		w.problems = problems
		return packs, loose
	}
	packs := slices.Clone(w.store.open())
	loose, problems := w.store.looseFiles(packs)
	w.problems = append(problems, Problem{Path: w.store.dirs[0], Message: "packs keep changing: what was moved while they were listed may be missed"})
	return packs, loose
}

func (w *walking) planPack(pw *packWalk) {
	p := pw.pack
	w.Progress.Total.Add(int64(p.count()))
	if known := w.ask(pw.part); known != nil {
		if len(known.Show) <= maxAgain {
			w.planAgain(pw, known.Show)
			return
		}
		pw.showOnly(known.Show)
	}
	w.expect(p.count())
	var err error
	pw.forest, err = p.forest(w.Workers, func(circle []int32) (int, error) { return w.store.firstCopy(w.ctx, p, circle) })
	if err != nil { // the walk was ended
		return
	}
	if len(pw.extern)+len(pw.broken) > 0 {
		pw.part.Clean = false
	}
	if pw.repeats != nil {
		pw.needed = pw.forest.needed(func(e int) bool { return pw.isRepeat(int32(e)) })
	}
	w.jobs = slices.Grow(w.jobs, len(pw.roots))
	for _, root := range pw.roots {
		if kind := pw.kind[root]; (kind == 0 || w.Kinds.Has(kind)) && pw.isNeeded(root) {
			w.jobs = append(w.jobs, job{pw, root})
		} else {
			w.Progress.Done.Add(1 + int64(pw.below(root)))
		}
	}
}

// maxAgain is how many objects of a known pack are shown one by one, each with
// the chain of deltas that it is built from: to lay out the whole pack for them
// takes a tenth of the time of reading it.
const maxAgain = 256

// planAgain plans to show the few objects of a known pack that it shows again.
func (w *walking) planAgain(pw *packWalk, ids []ID) {
	for _, id := range ids {
		if n, ok := pw.index.find(id); ok && !pw.repeats.has(n) {
			w.jobs = append(w.jobs, job{pw, int32(len(pw.again))})
			pw.again = append(pw.again, id)
		}
	}
	w.Progress.Done.Add(int64(pw.count() - len(pw.again)))
}

// showOnly has everything but some objects passed over as if it were shown
// elsewhere.
func (p *packWalk) showOnly(ids []ID) {
	repeats := p.repeats
	p.repeats = newBitmap(p.count())
	p.repeats.fill()
	for _, id := range ids {
		if n, ok := p.index.find(id); ok && !repeats.has(n) {
			p.repeats.clear(n)
		}
	}
}

func (w *walking) planLoose(files []looseFile) {
	w.looseFiles, w.loosePart = files, newLoosePart(files, w.Known != nil)
	known := w.ask(w.loosePart)
	w.Progress.Total.Add(int64(len(files)))
	for i, file := range files {
		if known != nil && known.Loose(file.id) {
			w.Progress.Done.Add(1)
			continue
		}
		w.jobs = append(w.jobs, job{at: int32(i)})
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
	return slices.Concat(all, w.malformations(), w.absences())
}
