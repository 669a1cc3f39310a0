package archive

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
)

// What pg_dump writes in its own format (-Fc) begins with a list of objects, each with the
// statements that make it. Behind it are the data of tables and large objects: a stream each,
// compressed as a whole and then cut into chunks (pg_backup_archiver.c and pg_backup_custom.c
// in the sources of PostgreSQL). A list alone, as the directory format has one, is no
// container: nothing in it is compressed.

const (
	pgMagic  = "PGDMP"
	pgHeader = len(pgMagic) + len("\x01\x0e\x00\x04\x08\x01") // version, sizes of numbers, format

	pgCustom = 1 // the format with data in the same file

	// What a block is of.
	pgTable  = 1
	pgLarges = 3

	// Of how many objects the names are kept, for their data, and as much of each.
	pgNames       = 1 << 16
	pgLongestName = 256
)

// The versions in which the list changed, from the oldest on that is read: PostgreSQL 8.0's.
const (
	pgVersion10 = 10 + iota
	pgSections  // entries have a section
	_
	_
	pgAccess      // and how their table is accessed
	pgCompression // the header names the compression
	pgRelations   // entries have the kind of their relation
)

func isPgDump(h []byte) bool {
	return len(h) >= pgHeader && hasMagic(h, pgMagic) && h[5] == 1 && h[6] >= pgVersion10 && h[8]-1 < 8 && h[9]-1 < 8 && h[10] == pgCustom
}

// A pgReader reads numbers and texts, which it keeps up to take; err is why it cannot go on,
// and cut that some text was not read to its end.
type pgReader struct {
	from                *bufio.Reader
	version             byte
	intSize, offsetSize int
	texts               []string
	cut                 bool
	err                 error
}

var pgNewer = unread("a dump of a newer PostgreSQL")

func (w *walk) pgDump(p place, s *source) error {
	if s.data[6] > pgRelations {
		return pgNewer(w, p, s)
	}
	br := w.reader(s)
	defer w.giveBack(br)
	r := &pgReader{from: br}
	objects := r.header()
	if r.err != nil {
		return &notOne{r.err}
	}
	w.heading(p, r.take()...)
	names := map[int64]string{}
	for ; objects > 0 && w.meter.over == nil; objects-- {
		if w.pgObject(p, r, names); r.err != nil {
			return r.err
		}
	}
	for w.meter.over == nil {
		block, err := br.ReadByte()
		if err != nil {
			return nil
		}
		switch id := r.number(); block {
		case pgTable:
			w.pgStream(p.at(cmp.Or(names[id], fmt.Sprintf("TABLE DATA %d", id))), r)
		case pgLarges:
			w.pgLarges(p, r)
		default:
			r.fail(errHeader)
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// header reads what comes before the list, and how many objects are in it.
func (r *pgReader) header() int64 {
	h := make([]byte, pgHeader)
	if _, err := io.ReadFull(r.from, h); err != nil || !isPgDump(h) {
		r.fail(errHeader)
		return 0
	}
	r.version, r.intSize, r.offsetSize = h[6], int(h[8]), int(h[9])
	if r.version < pgCompression {
		r.number()
	} else {
		r.skip(1)
	}
	const date, texts = 7, 3 // when, of which database, and by which versions of what
	for range date {
		r.number()
	}
	r.skipTexts(texts)
	return r.number()
}

// pgObject searches what the list tells of an object, and notes what data it has.
func (w *walk) pgObject(p place, r *pgReader, names map[int64]string) {
	id, hasData := r.number(), r.number() != 0
	const ids, statements, places, owner = 2, 3, 2, 2
	r.skipTexts(ids) // of its catalogue, and in it
	tag, _ := r.text()
	kind, _ := r.text()
	name := kind + " " + tag
	name = name[:min(len(name), pgLongestName)]
	in := p.at(name)
	if r.version >= pgSections {
		r.number()
	}
	r.skipTexts(statements) // that make it, drop it, and copy data into it
	r.skipTexts(places)     // its schema and tablespace
	if r.version >= pgAccess {
		r.skipTexts(1)
	}
	if r.version >= pgRelations {
		r.number()
	}
	r.skipTexts(owner)                        // and whether rows have ids
	for more := true; more && r.err == nil; { // what it depends on, of which there may be any number
		_, more = r.text()
		w.heading(in, r.take()...)
	}
	r.skip(1 + int64(r.offsetSize)) // where its data are
	w.heading(in, r.take()...)      // what was read before an end that is too early
	if r.err != nil {
		return
	}
	if hasData && len(names) < pgNames {
		names[id] = name
	}
	if r.cut {
		w.fail(in, errStatements)
		r.cut = false
	}
}

var errStatements = fmt.Errorf("has statements of more than %d MiB: the rest of them was not read", maxHeading>>20)

// pgLarges searches large objects.
func (w *walk) pgLarges(p place, r *pgReader) {
	for w.meter.over == nil && r.err == nil {
		id := r.number()
		if id == 0 {
			return
		}
		w.pgStream(p.at(fmt.Sprintf("large object %d", id)), r)
	}
}

// pgStream searches the stream that begins there, to its end.
func (w *walk) pgStream(p place, r *pgReader) {
	if r.err != nil || !w.entry() {
		return
	}
	chunks := &pgChunks{of: r}
	w.content(p, chunks)
	if w.drain(chunks); r.err != nil && w.meter.over == nil {
		w.ended(p, r.err, true)
	}
}

// pgChunks are those of one stream, the last of which has no bytes.
type pgChunks struct {
	of   *pgReader
	left int64 // of the chunk at hand
	done bool
}

func (c *pgChunks) Read(b []byte) (int, error) {
	if c.left == 0 && !c.done {
		c.left = c.of.number()
		c.done = c.left == 0
	}
	switch {
	case c.of.err != nil:
		return 0, io.ErrUnexpectedEOF
	case c.done:
		return 0, io.EOF
	case c.left < 0:
		c.of.fail(errHeader)
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.of.from.Read(b[:min(int64(len(b)), c.left)])
	if c.left -= int64(n); err != nil && c.left > 0 {
		c.of.fail(errEndMissing)
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (r *pgReader) fail(err error) { r.err = cmp.Or(r.err, err) }

// number reads a sign and the bytes of a number, the lowest first.
func (r *pgReader) number() (n int64) {
	var b [1 + 8]byte
	digits := b[:1+r.intSize]
	if _, err := io.ReadFull(r.from, digits); err != nil {
		r.fail(errEndMissing)
		return 0
	}
	for i := r.intSize; i > 0; i-- {
		n = n<<8 | int64(b[i])
	}
	if n < 0 {
		r.fail(errHeader)
	}
	if b[0] != 0 {
		return -n
	}
	return n
}

// text reads a text, as much of it as is searched; ok is false if there is none.
func (r *pgReader) text() (text string, ok bool) {
	size := r.number()
	if r.err != nil || size < 0 {
		return "", false
	}
	b, err := io.ReadAll(io.LimitReader(r.from, min(size, maxHeading)))
	if err != nil || int64(len(b)) < min(size, maxHeading) {
		r.fail(errEndMissing)
		return "", false
	}
	if rest := size - int64(len(b)); rest > 0 {
		r.skip(rest)
		r.cut = true
	}
	if len(b) > 0 {
		r.texts = append(r.texts, string(b))
	}
	return string(b), r.err == nil
}

// skipTexts reads so many texts of which nothing is to be known here.
func (r *pgReader) skipTexts(n int) {
	for range n {
		r.text()
	}
}

// take gives the texts that were read since it was last asked.
func (r *pgReader) take() (texts []string) {
	texts, r.texts = r.texts, nil
	return texts
}

func (r *pgReader) skip(n int64) {
	if err := discard(r.from, n); err != nil {
		r.fail(err)
	}
}
