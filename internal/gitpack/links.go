package gitpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
)

// A link that leads nowhere is one object that another names and the database
// lacks: nothing of it can be read, so nothing else in a walk would notice. Not
// looked at here are a commit's parents, which a shallow clone rightly lacks.

// checksLinks reports whether what objects of a kind name is looked up.
func (w *walker) checksLinks(kind Kind) bool {
	return w.Links && kind != Blob && !(w.part.known && w.part.pack != nil)
}

// links looks up what an object names. With a delta, of a tree only the entries
// are looked up that its base does not have just so: those that an insertion or
// a seam touches.
func (w *walker) links(from ID, kind Kind, data []byte, delta stretches) {
	switch {
	case !w.checksLinks(kind):
	case kind == Tree:
		w.treeLinks(from, data, delta)
	default:
		w.headerLink(from, data)
	}
}

// headerLink looks up the object on the first line of a commit ("tree ID") or a
// tag ("object ID").
func (w *walker) headerLink(from ID, data []byte) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	name, digits, _ := bytes.Cut(line, []byte(" "))
	if id, err := ParseID(string(digits)); err == nil {
		w.lookUp(from, id, string(name) == "tree")
	}
}

// MalformedTree is what a Problem says of a tree that is no list of entries to
// its end. What it holds is shown to Walk.Visit like that of any other.
const MalformedTree = "tree is malformed: its bytes are no list of entries, and git cannot read all of it"

func (w *walker) treeLinks(from ID, data []byte, delta stretches) {
	start, stop, more := delta.next()
	for at := 0; at < len(data); {
		name := indexNUL(data[at:])
		end := at + name + 1 + w.store.hashSize
		mode, ok := uint32(0), name >= 0 && end <= len(data)
		if ok {
			mode, ok = modeOf(data[at : at+name])
		}
		if !ok {
			w.part.book.addMalformed(from)
			w.suspect = true
			return // what is no entry names nothing
		}
		for more && stop <= at {
			start, stop, more = delta.next()
		}
		if more && start < end {
			w.name(data[at : at+name])
			if mode != ModeSubmodule {
				w.lookUpOnce(from, data[end-w.store.hashSize:end], mode == ModeTree)
			}
		}
		at = end
	}
}

// modeOf reads the mode of an entry, of which the id is left out. It fails for what
// git does not take for one: there must be a mode, a space, at least a byte.
func modeOf(entry []byte) (mode uint32, ok bool) {
	space := bytes.IndexByte(entry, ' ')
	if space < 0 || space+1 == len(entry) {
		return 0, false
	}
	return EntryMode(entry[:space])
}

// indexNUL is bytes.IndexByte(b, 0), made for the few bytes of an entry's mode
// and name.
func indexNUL(b []byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for i := 0; i+8 <= len(b); i += 8 {
		word := binary.LittleEndian.Uint64(b[i:])
		if zero := (word - ones) &^ word & tops; zero != 0 { // its lowest bit is the first NUL's
			return i + bits.TrailingZeros64(zero)/8
		}
	}
	tail := len(b) &^ 7
	if i := bytes.IndexByte(b[tail:], 0); i >= 0 {
		return tail + i
	}
	return -1
}

// An absence is an object that another names and the database lacks.
type absence struct {
	from ID // the one that names it, the first by id
	tree bool
}

// A foundMemo is the ids that a walker looked up last and found: four of five
// entries that trees change name an object that they named not long before. An
// id has one slot, and no slot holds one that is not its own.
type foundMemo []byte

const foundSlots = 1 << 13

func newFoundMemo(hashSize int) foundMemo {
	m := make(foundMemo, foundSlots*hashSize)
	m[0] = 1 // all others are empty with zeros, an id of the first slot
	return m
}

// slot is the place of an id.
func (m foundMemo) slot(id []byte) []byte {
	at := int(binary.LittleEndian.Uint16(id)) % foundSlots * len(id)
	return m[at : at+len(id)]
}

// lookUpOnce is lookUp for one of the many entries of trees.
func (w *walker) lookUpOnce(from ID, raw []byte, isTree bool) {
	if !w.foundOnce(raw) {
		w.lookUp(from, NewID(raw), isTree)
	}
}

// foundOnce is found for one of the many entries of trees.
func (w *walker) foundOnce(raw []byte) bool {
	if w.memo == nil {
		w.memo = newFoundMemo(w.store.hashSize)
	}
	slot := w.memo.slot(raw)
	if bytes.Equal(slot, raw) {
		return true
	}
	if !w.found(NewID(raw)) {
		return false
	}
	copy(slot, raw)
	return true
}

// lookUp notes an object that the database did not have when the walk began.
func (w *walker) lookUp(from, id ID, isTree bool) {
	if !w.found(id) {
		w.part.book.addAbsent(id, absence{from, isTree})
	}
}

// found reports whether an object is there, and notes one that the pack at hand
// lacks. Loose objects come and go one by one, so what they name is noted even
// if it is loose too.
func (w *walker) found(id ID) bool {
	if w.pack != nil {
		if w.pack.index.seems(id) {
			return true
		}
		if _, ok := w.pack.index.find(id); ok {
			return true
		}
	}
	for _, p := range w.packs {
		if n, ok := p.index.find(id); ok {
			if w.Known != nil {
				w.part.book.addPacked(p.at, n, p.count())
			}
			return true
		}
	}
	if !w.looseIDs[id] {
		return false
	}
	if w.Known != nil {
		w.part.book.addLoose(id)
	}
	return true
}

// stretches are the parts of an object that an insertion or a seam between two
// runs touches, in order; a seam is a stretch of no bytes, and touches what it
// lies strictly within. The zero value is all of an object that is no delta.
type stretches struct {
	ops   []byte // of a delta that applyDelta accepted
	delta bool
	at    int
}

// next gives one stretch [start, stop); more is false behind the last.
func (s *stretches) next() (start, stop int, more bool) {
	if !s.delta {
		s.delta = true
		return 0, math.MaxInt, true
	}
	if len(s.ops) == 0 {
		return 0, 0, false
	}
	op := s.ops[0]
	s.ops = s.ops[1:]
	start = s.at
	if op&0x80 != 0 {
		_, run, used := copyOp(op, s.ops)
		s.ops = s.ops[used:]
		s.at += run
		return start, start, true // the seam before the run
	}
	s.ops = s.ops[op:]
	s.at += int(op)
	return start, s.at, true
}

// has reports whether the database had an object when the walk began.
func (w *walking) has(id ID) bool {
	return w.looseIDs[id] || slices.ContainsFunc(w.packs, func(p *packWalk) bool { return p.has(id) })
}

// settleAbsences gathers what was not found, looks once more where git may have
// put it meanwhile, and counts what was promised.
func (w *walking) settleAbsences() {
	for part := range w.parts {
		for id, a := range part.book.absent {
			addAbsence(&w.absent, id, a)
		}
	}
	if len(w.absent) == 0 {
		return
	}
	w.store.refresh()
	for id, a := range w.absent {
		switch {
		case w.store.Has(id):
			delete(w.absent, id)
		case w.Promised && a.tree:
			w.stats.AbsentTrees++
		case w.Promised:
			w.stats.AbsentBlobs++
		}
	}
}

// malformations names the trees that are malformed.
func (w *walking) malformations() (problems []Problem) {
	malformed := map[ID]bool{}
	for part := range w.parts {
		maps.Copy(malformed, part.book.malformed)
	}
	ids := slices.SortedFunc(maps.Keys(malformed), ID.compare)
	for i, id := range ids {
		if i == maxNamed {
			return append(problems, Problem{Message: fmt.Sprintf("%d more trees are malformed", len(ids)-i)})
		}
		problems = append(problems, Problem{Object: id, Message: MalformedTree})
	}
	return problems
}

// absences names the links that lead nowhere.
func (w *walking) absences() (problems []Problem) {
	if w.Promised {
		return nil
	}
	ids := slices.SortedFunc(maps.Keys(w.absent), ID.compare)
	for i, id := range ids {
		if i == maxNamed {
			return append(problems, Problem{Message: fmt.Sprintf("%d more objects that others name are not in the database", len(ids)-i)})
		}
		message := fmt.Sprintf("object is not in the database, though %s names it", w.absent[id].from)
		problems = append(problems, Problem{Object: id, Message: message})
	}
	return problems
}
