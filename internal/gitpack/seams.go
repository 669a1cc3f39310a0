package gitpack

import "bytes"

// Most trees differ from the one that they are a delta of in a few entries, and
// most of the time that a tree took was spent on the other ones: building it,
// and stepping over its entries to find those that changed. So a delta of a
// tree is judged by the bytes around its seams alone wherever those bytes
// explain themselves; all other trees are built and read.

// seamContext is how much of a copied run is looked at on either side of a
// seam: enough for an entry with a name of some hundred bytes.
const seamContext = 160

// maxGuesses is how many NUL bytes before a seam are tried as the end of a name:
// an id may hold some, too.
const maxGuesses = 3

// A seamed tree is the parts of a delta's result around its seams, one behind
// another, with a NUL byte where something was left out.
type seamed struct {
	data     []byte
	segments []segment
	// touched are the stretches of data that the delta brings in, in order; see
	// stretches.
	touched []span
}

// A segment is one of the parts; those of touched that lie in it begin at first.
type segment struct {
	span
	first int
}

// A span is data[start:stop].
type span struct{ start, stop int }

// treeSeams looks up what the entries name that a delta of a tree brings in or
// changes, and leaves these entries in w.seams. It reports whether all of them
// were found where an entry has its id; if not, nothing is known.
//
// Where entries begin is told by an id that the database has, behind a NUL byte:
// twenty bytes that are no id are not in it by chance.
func (w *walker) treeSeams(base, ops []byte, result uint64) bool {
	s := &w.seams
	if !s.cut(base, ops, result) {
		return false
	}
	for i, g := range s.segments {
		last := len(s.touched)
		if i+1 < len(s.segments) {
			last = s.segments[i+1].first
		}
		if g.first < last && !w.segmentLinks(s.data[:g.stop], g.start, i == 0, s.touched[g.first:last]) {
			return false
		}
	}
	return true
}

// segmentLinks looks up the touched entries of a segment, which data ends with
// and which begins at start: with an entry, or anywhere.
func (w *walker) segmentLinks(data []byte, start int, entry bool, touched []span) bool {
	at := start
	if !entry {
		if at = w.entryBefore(data, start, touched[0].start); at < 0 {
			return false
		}
	}
	for len(touched) > 0 {
		if touched[0].stop <= at {
			touched = touched[1:]
			continue
		}
		name := indexNUL(data[at:])
		end := at + name + 1 + w.store.hashSize
		if name < 0 || end > len(data) {
			return false
		}
		if touched[0].start < end {
			w.name(data[at : at+name])
			// Another database has a submodule's commit.
			if mode, _ := modeOf(data[at : at+name]); mode != ModeSubmodule && !w.foundOnce(data[end-w.store.hashSize:end]) {
				return false
			}
		}
		at = end
	}
	return true
}

// entryBefore finds where an entry begins behind an id that ends, or may end, at
// one of the last places before data[to]; -1 if there is none that is found.
func (w *walker) entryBefore(data []byte, start, to int) int {
	for range maxGuesses {
		nul := bytes.LastIndexByte(data[start:to], 0)
		if nul < 0 {
			break
		}
		to = start + nul
		if end := to + 1 + w.store.hashSize; end <= len(data) && w.foundOnce(data[to+1:end]) {
			return end
		}
	}
	return -1
}

// cut cuts out the bytes around the seams of a delta; false if it is broken.
func (s *seamed) cut(base, ops []byte, result uint64) bool {
	s.data, s.touched = s.data[:0], s.touched[:0]
	s.segments = append(s.segments[:0], segment{})
	var total uint64
	whole := false // what is copied last ends with the base
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		size, used, run := int(op), int(op), ops
		whole = false
		if op&0x80 != 0 {
			var offset int
			if offset, size, used = copyOp(op, ops); used < 0 || offset > len(base)-size {
				return false
			}
			run = base[offset:]
			whole = offset+size == len(base)
		}
		if size == 0 || size > len(run) || used > len(ops) {
			return false
		}
		if total += uint64(size); total > result {
			return false
		}
		s.add(run[:size], op&0x80 != 0)
		ops = ops[used:]
	}
	if !whole {
		s.touched = append(s.touched, span{len(s.data), len(s.data)}) // the tree must end with an entry here
	}
	s.segments[len(s.segments)-1].stop = len(s.data)
	return total == result
}

// add adds a run of the result, which is copied from the base or brought in.
func (s *seamed) add(run []byte, copied bool) {
	at := len(s.data)
	if !copied {
		s.data = append(s.data, run...)
		s.touched = append(s.touched, span{at, len(s.data)})
		return
	}
	s.touched = append(s.touched, span{at, at})
	if len(run) <= 2*seamContext {
		s.data = append(s.data, run...)
		return
	}
	s.data = append(s.data, run[:seamContext]...)
	s.segments[len(s.segments)-1].stop = len(s.data)
	s.data = append(s.data, 0)
	s.segments = append(s.segments, segment{span: span{start: len(s.data)}, first: len(s.touched)})
	s.data = append(s.data, run[len(run)-seamContext:]...)
}
