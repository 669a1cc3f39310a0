package key

// Each buffer is looked through three times: for literals, for runs, and by looks. searchPiece is
// how much of it at once, in bytes: so little that the second pass has it in the cache of the
// processor that is next to it, and so much that what begins and ends a pass takes no time.
const searchPiece = 128 << 10

// search hands over the matches in buf, around which a number of layers was
// taken off, in no order, until yield returns false.
func search(buf []byte, layers int, yield func(Match) bool) bool {
	return searchPieces(buf, layers, searchPiece, yield)
}

// searchPieces is search by pieces of a size. A piece ends where the passes pause: each goes on
// there in the next one, and sees all of the buffer.
func searchPieces(buf []byte, layers, size int, yield func(Match) bool) bool {
	f := theFinder()
	literals := literalSearch{finder: f, buf: buf, yield: yield}
	if layers == maxLayers {
		literals.finder = lastFinder()
	}
	if layers == maxLayers || len(buf) < shortestHidden {
		return literals.to(len(buf))
	}
	if len(buf) > size {
		return searchHidden(buf, layers, size, &literals, shortestRun-1, firstStep(buf))
	}
	// Most buffers are short and have nothing for the other passes, which are made ready in no
	// less time than they take.
	if !literals.to(len(buf)) {
		return false
	}
	run, _ := passRuns(buf, shortestRun-1, &f.tables)
	look := passLooks(buf, firstStep(buf), &f.tables)
	if run < len(buf) || look.at+lookReach <= len(buf) {
		return searchHidden(buf, layers, size, &literals, run, look)
	}
	return searchUTF32(buf, layers, yield)
}

// searchHidden is searchPieces where the passes for runs and by looks begin in some places.
func searchHidden(buf []byte, layers, size int, literals *literalSearch, run int, look lookStep) bool {
	tables, yield := &literals.finder.tables, literals.yield
	runs := runPass{buf: buf, tables: tables, layers: layers, yield: yield, at: run}
	looks := lookSearch{buf: buf, tables: tables, layers: layers, yield: yield, lookStep: look}
	goes := true
	for end := 0; goes && end < len(buf); {
		if end += size; len(buf)-end < size {
			end = len(buf) // as much is left at least as the passes see at once
		}
		goes = literals.to(end) && runs.to(end) && looks.to(end)
	}
	runs.release()
	looks.release()
	return goes && searchUTF32(buf, layers, yield)
}

// firstStep is where looks begin.
func firstStep(buf []byte) lookStep {
	return lookStep{at: min(firstLook, max(0, len(buf)-lookReach))}
}

// A literalSearch is the pass for literals.
type literalSearch struct {
	finder *finder
	buf    []byte
	yield  func(Match) bool
	from   int // where it goes on
}

// to hands over the matches that the literals lead to which begin before buf[end].
func (s *literalSearch) to(end int) bool {
	seen := s.buf[:min(len(s.buf), end+s.finder.longest-1)]
	for {
		at, which := s.finder.prefilter.next(seen, s.from)
		if at < 0 || at >= end {
			s.from = max(s.from, end)
			return true
		}
		s.from = at + 1
		m, ok := s.finder.forms[which].judge(s.buf, at)
		if !ok {
			continue
		}
		if len(m.Encoding) == 0 {
			s.from = max(s.from, m.End)
		}
		if !s.yield(m) {
			return false
		}
		if other, ok := judgeOther(s.buf, m); ok && !s.yield(other) {
			return false
		}
	}
}
