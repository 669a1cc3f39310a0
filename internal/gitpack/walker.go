package gitpack

import (
	"errors"
	"fmt"
)

// A walker is one goroutine of a walk with all that it reuses.
type walker struct {
	*walking
	looseReader // whose inflater serves for entries of packs too
	buffers     buffers
	delta       []byte // the delta at hand, inflated
	condensed   []byte
	head        [headSize]byte
	part        *Part     // that is being read
	stats       Stats     // of it, as far as not yet added to it
	memo        foundMemo // of what the part names
	seams       seamed
	looseAt     int  // the number of the loose object at hand
	done        int  // entries not yet in Progress
	named       bool // Name saw something in the tree at hand
	suspect     bool // Candidate saw something in a name of it, or it is malformed

	pack  *packWalk // of the tree at hand
	stack []frame
	held  int     // bytes in the stack
	entry int32   // being read
	of    *loss   // that entry builds on, if it could not be read
	lost  []*loss // of the tree at hand
}

// A frame is an object on the way down a tree of deltas whose children are not
// all built. The child with the most below it comes last and takes the frame's
// place, so that no more than log2(n) objects are held at a time.
type frame struct {
	entry   int32
	child   int32 // the next to build; noEntry: only the heaviest is left
	kind    Kind
	hot     bool  // Candidate saw something: what its deltas copy must be searched too
	opened  bool  // Head or Whole wants it: its deltas are built, and asked about too
	dropped bool  // data was let go to save memory, and is built again when needed
	lost    *loss // data is missing
	data    []byte
}

// reportEvery is how many entries a walker reads before it tells Progress.
const reportEvery = 512

func (w *walker) run() {
	defer w.tell()
	defer w.enter(nil)
	for w.ctx.Err() == nil {
		j, ok := w.next()
		if !ok {
			return
		}
		if w.pack = j.pack; j.pack == nil {
			file := w.looseFiles[j.at]
			w.enter(w.loosePart)
			w.looseAt = int(j.at)
			w.guard(file.path, func() { w.loose(file) })
			w.step(1)
			continue
		}
		w.enter(j.pack.part)
		read := func() { w.tree(j.at) }
		if j.pack.again != nil {
			read = func() { w.again(j.pack.again[j.at]) }
		}
		if !w.guard(j.pack.path, read) {
			w.part.spoil()
			w.stack, w.held = w.stack[:0], 0
		}
		w.settle()
	}
}

// again shows an object of a known pack.
func (w *walker) again(id ID) {
	o, err := w.store.Object(id)
	if err == nil {
		err = w.showObject(o)
	}
	if err != nil {
		w.part.spoil()
		w.report(Problem{Object: id, Path: w.pack.path, Message: err.Error()})
	}
	w.step(1)
}

// enter goes on to another part.
func (w *walker) enter(p *Part) {
	if w.part == p {
		return
	}
	if w.part != nil {
		w.part.mu.Lock()
		w.part.Stats.merge(w.stats)
		w.part.mu.Unlock()
	}
	w.part, w.stats, w.memo = p, Stats{}, nil
}

// step counts entries that are done with.
func (w *walker) step(n int) {
	if w.done += n; w.done >= reportEvery {
		w.tell()
	}
}

func (w *walker) tell() {
	w.Progress.Done.Add(int64(w.done))
	w.done = 0
}

// skip passes over e and all that builds on it.
func (w *walker) skip(e int32) { w.step(w.pack.below(e)) }

// tree reads a root and all that builds on it.
func (w *walker) tree(root int32) {
	w.entry, w.of = root, nil
	err := guard(func() error { return w.root(root) })
	for w.step(1); w.ctx.Err() == nil; w.step(1) {
		if err != nil {
			w.fail(w.entry, err, w.of)
		}
		if len(w.stack) == 0 {
			break
		}
		err = guard(w.descend)
	}
	w.stack, w.held = w.stack[:0], 0
}

// descend builds entries until one fails, which w.entry then is.
func (w *walker) descend() error {
	for w.ctx.Err() == nil {
		if err := w.build(); err != nil || len(w.stack) == 0 {
			return err
		}
		w.step(1)
	}
	return nil
}

var errBase = errors.New("is a delta of an object that cannot be read")

// build builds one child of the frame on top of the stack.
func (w *walker) build() error {
	top := &w.stack[len(w.stack)-1]
	c, last := top.child, top.child == noEntry
	if last {
		c = w.pack.first[top.entry]
	} else {
		top.child = w.pack.next[c]
	}
	w.entry, w.of = c, top.lost
	base := *top
	if last {
		w.stack = w.stack[:len(w.stack)-1]
		w.held -= len(base.data)
	}
	if base.dropped {
		var err error
		if base.data, err = w.rebuild(base.entry); err != nil {
			return err
		}
		if !last {
			top.data, top.dropped = base.data, false
			w.held += len(base.data)
		}
	}
	if base.lost != nil {
		return errBase
	}
	if !w.pack.isNeeded(c) {
		w.skip(c)
		return nil
	}
	err := w.child(base, c)
	if last {
		w.buffers.put(base.data)
	}
	return err
}

// frame completes the frame of entry e, whose children are still to be built.
func (w *walker) frame(e int32, f frame) frame {
	f.entry, f.child = e, w.pack.next[w.pack.first[e]]
	return f
}

// push puts an object on the stack, if anything builds on it.
func (w *walker) push(e int32, data []byte, kind Kind, hot, opened bool) {
	if w.pack.first[e] == noEntry {
		w.buffers.put(data)
		return
	}
	for i := 0; int64(w.held) > w.store.limits.held && i < len(w.stack); i++ {
		f := &w.stack[i]
		w.held -= len(f.data)
		f.dropped = f.dropped || f.lost == nil
		f.data = nil
	}
	w.stack = append(w.stack, w.frame(e, frame{kind: kind, hot: hot, opened: opened, data: data}))
	w.held += len(data)
}

// rebuild builds the object of a frame that let it go.
func (w *walker) rebuild(e int32) ([]byte, error) {
	data, err := w.store.readEntry(w.pack.pack, int(e))
	if err != nil {
		return nil, fmt.Errorf("is a delta of an object that can no more be read: %w", err)
	}
	return data, nil
}

// root reads an entry whose base is not in this pack.
func (w *walker) root(e int32) error {
	if err := w.pack.broken[e]; err != nil {
		return err
	}
	if id, ok := w.pack.extern[e]; ok {
		return w.externRoot(e, id)
	}
	h, err := w.pack.header(int(e))
	if err != nil {
		return err
	}
	leaf := w.pack.first[e] == noEntry
	if size := int64(h.size); size > w.store.limits.whole || leaf && size > w.store.limits.stream {
		return w.largeRoot(e, h)
	}
	data := w.buffers.get(int(h.size))
	if err := w.pack.inflateEntry(&w.inflater, data, int(e), h); err != nil {
		w.buffers.put(data)
		return err
	}
	w.named, w.suspect = false, false
	w.links(w.pack.id(int(e)), h.kind, data, stretches{})
	candidate := w.suspect || !w.searchesNames(h.kind)
	hot, opened := w.show(e, h.kind, data, candidate && w.Candidate(data))
	w.push(e, data, h.kind, hot, opened)
	return nil
}

// largeRoot reads an entry that is no delta and too large to be held.
func (w *walker) largeRoot(e int32, h header) error {
	if _, err := w.pack.checkCRC(int(e)); err != nil {
		return err
	}
	return w.large(e, w.pack.stream(int(e), h))
}

// large reads an object that is too large to be held, in the place of entry e.
func (w *walker) large(e int32, o Object) error {
	if err := w.showStream(o, w.pack.isRepeat(e)); err != nil || w.pack.first[e] == noEntry {
		return err
	}
	of := &loss{entry: e, cause: fmt.Errorf("is %w", errTooLarge)}
	w.lost = append(w.lost, of)
	w.stack = append(w.stack, w.frame(e, frame{lost: of}))
	return nil
}

// externRoot reads a delta whose base is in another pack, or loose.
func (w *walker) externRoot(e int32, id ID) error {
	kind, data, err := w.store.Read(id)
	if err != nil {
		return fmt.Errorf("is a delta of another object: %w", err)
	}
	if !w.Kinds.Has(kind) {
		w.skip(e)
		return nil
	}
	return w.child(frame{data: data, kind: kind, hot: w.Candidate(data), opened: w.opens(kind, data)}, e)
}

// child reads entry e, a delta of base.
func (w *walker) child(base frame, e int32) error {
	ops, result, err := w.inflateDelta(base.data, e)
	if err != nil {
		return err
	}
	w.named, w.suspect = w.namesAgain(base.kind) && !w.pack.isRepeat(e), false
	leaf := w.pack.first[e] == noEntry
	news, told, linked, err := w.news(base, ops, result, leaf)
	if err != nil {
		return err
	}
	candidate := base.hot || w.suspect || w.Candidate(news)
	if leaf && linked && !candidate && !w.named && !w.Always.Has(base.kind) &&
		!w.builds(base, ops, news) {
		w.count(e, base.kind, result)
		return nil
	}
	data := w.buffers.get(int(result))
	if err := applyDelta(data, base.data, ops); err != nil {
		w.buffers.put(data)
		return err
	}
	if !linked {
		w.links(w.pack.id(int(e)), base.kind, data, stretches{ops: ops, delta: true})
	}
	candidate = candidate || w.suspect || !told && inNews(data, ops, w.Reach, w.Candidate)
	hot, opened := w.show(e, base.kind, data, candidate && w.Candidate(data))
	w.push(e, data, base.kind, hot, opened)
	return nil
}

// news is what is new in a delta's result, for Candidate. It is not told of a hot
// base, all of whose deltas are searched, nor of what is built for others, where
// inNews searches it with less copying. linked tells that what it names needs no
// more looking up. Nothing is new in a tree whose names are searched.
func (w *walker) news(base frame, ops []byte, result uint64, leaf bool) (news []byte, told, linked bool, err error) {
	linked = !w.checksLinks(base.kind)
	if w.searchesNames(base.kind) {
		return nil, true, w.treeSeams(base.data, ops, result), nil
	}
	if base.hot || !leaf {
		return nil, false, linked, nil
	}
	w.condensed, err = condense(scratch(w.condensed, 0), base.data, ops, result, w.Reach)
	return w.condensed, true, linked, err
}

// inflateDelta inflates entry e into w.delta and checks it against its base.
func (w *walker) inflateDelta(base []byte, e int32) (ops []byte, result uint64, err error) {
	h, err := w.pack.header(int(e))
	if err != nil {
		return nil, 0, err
	}
	if int64(h.size) > w.store.limits.whole {
		return nil, 0, fmt.Errorf("is a delta of %d bytes: %w", h.size, errTooLarge)
	}
	w.delta = scratch(w.delta, int(h.size))
	if err := w.pack.inflateEntry(&w.inflater, w.delta, int(e), h); err != nil {
		return nil, 0, err
	}
	return openDelta(w.delta, base, w.store.limits.whole)
}

// show counts entry e and shows it if it is wanted; it returns hot. opened tells that it
// is wanted for what it holds, where nothing else made it wanted.
func (w *walker) show(e int32, kind Kind, data []byte, hot bool) (_, opened bool) {
	w.count(e, kind, uint64(len(data)))
	wanted := hot || w.isNamed(kind, data) || w.Always.Has(kind)
	opened = !wanted && w.opens(kind, data)
	if (wanted || opened) && !w.pack.isRepeat(e) {
		w.Visit(Object{Part: w.part, ID: w.pack.id(int(e)), Kind: kind, Size: int64(len(data)), Data: data, Cold: !hot})
	}
	return hot, opened
}

// namesAgain reports whether Name is asked of trees that are shown again, of all
// their entries: what they name was looked up earlier.
func (w *walker) namesAgain(kind Kind) bool {
	return kind == Tree && w.Name != nil && !w.checksLinks(kind)
}

// isNamed reports whether Name sees something in a tree, as far as that is asked.
func (w *walker) isNamed(kind Kind, data []byte) bool {
	if !w.namesAgain(kind) {
		return w.named
	}
	for len(data) > 0 {
		name := indexNUL(data)
		if end := name + 1 + w.store.hashSize; name < 0 || end > len(data) {
			break
		}
		if w.Name(data[:name]) {
			return true
		}
		data = data[name+1+w.store.hashSize:]
	}
	return false
}

// name asks Name, and Candidate, of an entry of a tree.
func (w *walker) name(entry []byte) {
	w.named = w.named || w.Name != nil && w.Name(entry)
	w.suspect = w.suspect || len(entry) > w.ShortName && w.Candidate(entry)
}

// searchesNames reports whether of objects of a kind only the names are searched that
// their bases have not: what else there is are ids.
func (w *walker) searchesNames(kind Kind) bool { return kind == Tree && w.checksLinks(kind) }

// heads reports whether an object is to be shown for how it begins.
func (w *walker) heads(kind Kind, data []byte) bool {
	return kind == Blob && w.Head != nil && w.Head(data[:min(len(data), headSize)])
}

// opens reports whether an object that is held is to be shown for what it holds.
func (w *walker) opens(kind Kind, data []byte) bool {
	return w.heads(kind, data) || kind == Blob && w.Whole != nil && w.Whole(data)
}

// builds reports whether a delta's result is to be built for how it begins, or for what
// its base holds.
func (w *walker) builds(base frame, ops, news []byte) bool {
	if base.kind != Blob || w.Head == nil {
		return false
	}
	if base.opened {
		return true
	}
	head := deltaHead(&w.head, base.data, ops)
	return w.Head(head) || w.Build != nil && w.Build(head, news)
}

func (w *walker) count(e int32, kind Kind, size uint64) {
	if !w.pack.isRepeat(e) {
		w.stats.Add(kind, size)
	}
}
