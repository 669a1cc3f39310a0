package gitpack

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"sync"
)

// A Part is one pack of a database, or all of its loose objects together. A
// walk reads part by part, and passes over what the caller knows of one.
//
// What a part holds does not change without its ID or its stamps, so that a
// caller may keep what a walk told of it. What is kept of a part must not
// depend on another: which objects of other parts its own ones name is told
// (Links), so that the next walk can look whether they still are there.
type Part struct {
	// ID stands for a pack's content and its index's, as their own checksums
	// tell them, and for which of its objects another part shows. It is zero for
	// the loose objects.
	ID    [sha256.Size]byte
	Stamp Stamp         // of the pack
	Loose []LooseObject // nil for a pack

	// What a walk tells of a part when it is over.
	Stats Stats // of what it read
	Clean bool  // every object that it read was read here, and all that they name is there
	Links []ID  // what they name outside of their pack, if the walk looks at links; in order

	pack  *packWalk // nil for the loose objects
	known bool
	book  linkBook
	mu    sync.Mutex // guards Stats and Clean while the walk goes on
}

// A LooseObject is one object in a file of its own. Kind and Size are zero
// until a walk has read it.
type LooseObject struct {
	ID    ID
	Stamp Stamp
	Kind  Kind
	Size  int64
}

// Known is what a caller knows of a part.
type Known struct {
	Links []ID          // what its objects name: if the database lacks any of it, the part is read anew
	Show  []ID          // those of a pack's objects to show again; nothing else of it is read
	Loose func(ID) bool // reports whether a loose object need not be read
}

// Known reports whether what the caller knew of the part was used.
func (p *Part) Known() bool { return p.known }

// Has reports whether an object is in the part.
func (p *Part) Has(id ID) bool {
	if p.pack != nil {
		return p.pack.has(id)
	}
	_, ok := slices.BinarySearchFunc(p.Loose, id, func(o LooseObject, id ID) int { return o.ID.compare(id) })
	return ok
}

// Each calls f with the id of every object in the part; of one that is there
// several times, as often. It fails if a pack's index can no more be read.
func (p *Part) Each(f func(ID)) error {
	for _, o := range p.Loose {
		f(o.ID)
	}
	if p.pack == nil {
		return nil
	}
	return guard(func() error {
		for n := range p.pack.index.count {
			f(p.pack.index.id(n))
		}
		return nil
	})
}

// Count is how many objects the part has.
func (p *Part) Count() int {
	if p.pack != nil {
		return p.pack.count()
	}
	return len(p.Loose)
}

// sumChunk is how much of a pack one goroutine hashes at a time.
const sumChunk = 4 << 20

// Sum is a SHA-256 over a pack's content, made of those of its chunks so that
// several goroutines can take part. It fails if the file is no longer as it was
// when it was opened.
func (p *Part) Sum(workers int) (sum [sha256.Size]byte, err error) {
	data := p.pack.data.bytes
	sums := make([][sha256.Size]byte, (len(data)+sumChunk-1)/sumChunk)
	err = sideBySide(max(1, workers), len(sums), func(i int) {
		sums[i] = sha256.Sum256(data[i*sumChunk : min((i+1)*sumChunk, len(data))])
	})
	all := binary.BigEndian.AppendUint64(nil, uint64(len(data)))
	for _, s := range sums {
		all = append(all, s[:]...)
	}
	return sha256.Sum256(all), errors.Join(err, p.pack.unchanged())
}

var errChanged = errors.New("the file changed since it was opened")

// unchanged looks whether a pack's file is as it was when it was opened.
func (p *pack) unchanged() error {
	info, err := os.Stat(p.path)
	if err == nil && stampOf(info) != p.stamp {
		err = errChanged
	}
	return err
}

// newPart makes a pack's part.
func newPart(p *packWalk) *Part {
	h := sha256.New()
	_, _ = h.Write(p.index.packSum)
	_, _ = h.Write(p.index.sum)
	_ = binary.Write(h, binary.BigEndian, p.repeats)
	part := &Part{Stamp: p.stamp, Clean: len(p.doubts) == 0, pack: p}
	h.Sum(part.ID[:0])
	return part
}

// newLoosePart makes the part of the loose objects, whose files come in the
// order of their ids. Their stamps are only taken if they are asked for.
func newLoosePart(files []looseFile, stamps bool) *Part {
	part := &Part{Clean: true, Loose: make([]LooseObject, len(files))}
	for i, f := range files {
		part.Loose[i].ID = f.id
		if !stamps {
			continue
		}
		if info, err := os.Stat(f.path); err == nil {
			part.Loose[i].Stamp = stampOf(info)
		}
	}
	return part
}

// ask asks the caller what it knows of a part, and believes it if everything
// that the part's objects name is there.
func (w *walking) ask(p *Part) *Known {
	if w.Known == nil || !p.Clean {
		return nil
	}
	known := w.Known(p)
	if known == nil || !slices.ContainsFunc(known.Links, func(id ID) bool { return !w.has(id) }) {
		p.known = known != nil
		return known
	}
	return nil
}

// spoil notes that something of a part was not read where it should be.
func (p *Part) spoil() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Clean = false
}

// finish tells what the walk found out about a part.
func (w *walking) finish(p *Part) {
	p.Clean = p.Clean && len(p.book.absent)+len(p.book.malformed) == 0
	p.Links = p.book.list(w.packs)
	w.stats.merge(p.Stats)
}

// A linkBook is what the objects of one part name outside of their pack.
type linkBook struct {
	mu     sync.Mutex
	packed map[int]bitmap // by the number of another pack: numbers in its index
	loose  map[ID]bool
	absent map[ID]absence // what is nowhere

	malformed map[ID]bool // trees that are no list of entries
}

// list lists what is there, in order.
func (b *linkBook) list(packs []*packWalk) []ID {
	var ids []ID
	for i, marks := range b.packed {
		for n := range marks.all() {
			ids = append(ids, packs[i].index.id(n))
		}
	}
	for id := range b.loose {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, ID.compare)
	return slices.Compact(ids)
}

func (b *linkBook) addPacked(pack, number, count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	marks := b.packed[pack]
	if marks == nil {
		if b.packed == nil {
			b.packed = map[int]bitmap{}
		}
		marks = newBitmap(count)
		b.packed[pack] = marks
	}
	marks.set(number)
}

func (b *linkBook) addLoose(id ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loose == nil {
		b.loose = map[ID]bool{}
	}
	b.loose[id] = true
}

func (b *linkBook) addAbsent(id ID, a absence) {
	b.mu.Lock()
	defer b.mu.Unlock()
	addAbsence(&b.absent, id, a)
}

func (b *linkBook) addMalformed(id ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.malformed == nil {
		b.malformed = map[ID]bool{}
	}
	b.malformed[id] = true
}

func addAbsence(absent *map[ID]absence, id ID, a absence) {
	if *absent == nil {
		*absent = map[ID]absence{}
	}
	if first, ok := (*absent)[id]; !ok || a.from.compare(first.from) < 0 {
		(*absent)[id] = a
	}
}

// byWeight orders packs so that those with the most objects come first. An
// object that several have is shown by the first; so a small pack that is new,
// as one fetch brings it, changes nothing of what a large one shows.
func byWeight(a, b *pack) int {
	return cmp.Or(-cmp.Compare(a.count(), b.count()), bytes.Compare(a.index.packSum, b.index.packSum), cmp.Compare(a.path, b.path))
}
