package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// A record of SQLite that does not fit into its page goes on in others, which need not be
// neighbours: each begins with the number of the next. What such a record holds is put
// together here (https://www.sqlite.org/fileformat2.html, 1.5 and 1.6), in a database and
// in the write-ahead log of one (4.1). Pages are read one after the other, whatever tree
// they are of, so that what was deleted is read too as far as it still stands there. Of a
// deleted record whose first page was written over, the others are put together.

const (
	walMagic = "\x37\x7f\x06" // and 0x82 or 0x83, for the order of bytes in checksums

	walHeader   = 32
	walFrame    = 24 // what stands before a page in a log
	minPageSize = 512
	maxPageSize = 64 << 10

	// maxPageReads is how often a page is read as a part of some record: old pages may
	// name it that were not written over.
	maxPageReads = 3
)

func isWAL(head []byte) bool {
	return len(head) >= walHeader && hasMagic(head, walMagic) && head[3]&^1 == 0x82
}

// databaseSize is how large a database says that it is; a log does not say it.
func databaseSize(head []byte) int64 {
	if !hasMagic(head, sqliteMagic) || len(head) < 100 {
		return windowMax
	}
	return int64(binary.BigEndian.Uint32(head[28:])) * int64(max(minPageSize, pageSize(head)))
}

// pageSize is the size of a database's pages, as its header has it: the largest does not
// fit into its field, and is 1 there.
func pageSize(head []byte) int {
	if size := int(binary.BigEndian.Uint16(head[16:])); size != 1 {
		return size
	}
	return maxPageSize
}

// pages are those of a database, as they are stored one behind the other.
type pages struct {
	data          []byte
	size, usable  int // of a page, in bytes
	first, before int // where the first begins, and what stands before each
	count         int
	// Of a log: where the pages of each number are, and where the transaction that each
	// is of ends.
	numbers map[uint32][]int
	ends    []int
}

// newPages is nil for what is no database, or one of no page.
func newPages(data []byte) *pages {
	db := &pages{data: data}
	switch {
	case hasMagic(data, sqliteMagic) && len(data) >= minPageSize:
		db.size = pageSize(data)
	case isWAL(data):
		db.size = int(min(binary.BigEndian.Uint32(data[8:]), 2*maxPageSize))
		db.first, db.before = walHeader, walFrame
	}
	if db.size < minPageSize || db.size > maxPageSize || db.size&(db.size-1) != 0 {
		return nil
	}
	db.count = (len(data) - db.first) / (db.before + db.size)
	db.usable = db.size
	if db.count == 0 {
		return nil
	}
	if db.before > 0 {
		db.readLog()
	}
	if first := db.find(1, db.count-1); first >= 0 {
		db.usable -= int(db.page(first)[20]) // what extensions reserve at each end
	}
	if db.usable < minPageSize-32 {
		return nil
	}
	return db
}

// readLog notes which page of the database each in a log is, and where transactions end:
// at the pages with the database's size.
func (db *pages) readLog() {
	db.numbers, db.ends = map[uint32][]int{}, make([]int, db.count)
	end := db.count - 1
	for i := range db.count {
		n := db.number(i)
		db.numbers[n] = append(db.numbers[n], i)
		last := db.count - 1 - i
		if binary.BigEndian.Uint32(db.data[db.offset(last)-walFrame+4:]) != 0 {
			end = last
		}
		db.ends[last] = end
	}
}

// offset is where the i-th page begins.
func (db *pages) offset(i int) int { return db.first + i*(db.before+db.size) + db.before }

func (db *pages) page(i int) []byte {
	at := db.offset(i)
	return db.data[at : at+db.size : at+db.size]
}

// number is that of the i-th page in the database.
func (db *pages) number(i int) uint32 {
	if db.before == 0 {
		return uint32(i + 1)
	}
	return binary.BigEndian.Uint32(db.data[db.offset(i)-walFrame:])
}

// find is where the page of a number is that the page at from names; -1 if it is not there.
func (db *pages) find(number uint32, from int) int {
	switch {
	case number == 0:
		return -1
	case db.before == 0 && int64(number) <= int64(db.count):
		return int(number - 1)
	case db.before == 0:
		return -1
	}
	versions := db.numbers[number]
	after, _ := slices.BinarySearch(versions, db.ends[from]+1)
	if after == 0 {
		return -1
	}
	return versions[after-1]
}

// The kinds of pages that hold records, and the kind that only leads to others.
const (
	indexInterior = 0x02
	tableInterior = 0x05
	indexLeaf     = 0x0a
	tableLeaf     = 0x0d
)

// A treePage is a page of a table or an index.
type treePage struct {
	kind  byte
	cells int // where the list of cells begins
	count int // of them
}

// tree takes the i-th page for one of a tree; false if it is none.
func (db *pages) tree(i int) (t treePage, ok bool) {
	page, at := db.page(i), 0
	if db.number(i) == 1 {
		at = 100 // behind the database's header
	}
	t = treePage{page[at], at + 8, int(binary.BigEndian.Uint16(page[at+3:]))}
	switch t.kind {
	case indexInterior, tableInterior:
		t.cells += 4
	case indexLeaf, tableLeaf:
	default:
		return t, false
	}
	content := int(binary.BigEndian.Uint16(page[at+5:]))
	if content == 0 {
		content = maxPageSize
	}
	return t, t.cells+2*t.count <= content && content <= db.usable
}

// A cell is the beginning of a record that goes on in other pages.
type cell struct {
	at    int    // where it begins in its page
	local []byte // what of it is there
	rest  int64  // how much is not
	next  uint32 // number of the page that has it
}

// cell reads one of a page's cells; false if it does not go on elsewhere.
func (db *pages) cell(page []byte, t treePage, n int) (c cell, ok bool) {
	at := int(binary.BigEndian.Uint16(page[t.cells+2*n:]))
	if t.kind == indexInterior {
		at += 4
	}
	if at < t.cells || at >= db.usable {
		return c, false
	}
	size, used := sqliteVarint(page[at:db.usable])
	begin := at + used
	most := db.usable - 35
	switch {
	case used == 0 || size > uint64(len(db.data)):
		return c, false
	case t.kind != tableLeaf:
		most = (db.usable-12)*64/255 - 23
	default:
		_, used = sqliteVarint(page[begin:db.usable])
		begin += used
	}
	if size <= uint64(most) {
		return c, false
	}
	least := (db.usable-12)*32/255 - 23
	local := least + int((size-uint64(least))%uint64(db.usable-4))
	if local > most {
		local = least
	}
	if begin+local+4 > db.usable {
		return c, false
	}
	return cell{at, page[begin : begin+local], int64(size) - int64(local), binary.BigEndian.Uint32(page[begin+local:])}, true
}

// sqliteVarint reads a number of up to nine bytes, and how many it has; 0 if it is cut.
func sqliteVarint(b []byte) (n uint64, used int) {
	for i, c := range b[:min(len(b), 9)] {
		if i == 8 {
			return n<<8 | uint64(c), 9
		}
		if n = n<<7 | uint64(c&0x7f); c < 0x80 {
			return n, i + 1
		}
	}
	return 0, 0
}

// records puts the records of a database together that are on several pages.
type records struct {
	*walk
	*pages
	place  place
	reads  []uint8  // of each page, as a part of some record
	pieces [][]byte // of the record at hand
	work   int64    // that is left for what may be compressed
}

func (w *walk) records(p place, db *pages) {
	(&records{walk: w, pages: db, place: p, reads: make([]uint8, db.count), work: freeWork + blobWork*int64(len(db.data))}).read()
}

func (r *records) read() {
	for i := 0; i < r.count && !r.over(); i++ {
		t, ok := r.tree(i)
		if !ok || t.kind == tableInterior {
			continue
		}
		page := r.page(i)
		for n := range t.count {
			c, ok := r.cell(page, t, n)
			if !ok {
				continue
			}
			r.pieces = append(r.pieces[:0], c.local)
			r.follow(i, c.next, c.rest, maxPageReads)
			r.show(r.offset(i)+c.at, c.local)
		}
	}
	r.deleted()
}

func (r *records) over() bool { return r.meter.over != nil || r.stop() }

// follow adds what the pages from the numbered one on hold, of which the one at from names
// the first. It ends at a page that was read so often.
func (r *records) follow(from int, number uint32, size int64, reads uint8) {
	for size > 0 {
		i := r.find(number, from)
		if i < 0 || r.reads[i] >= reads {
			return
		}
		r.reads[i]++
		page := r.page(i)
		piece := page[4:r.usable]
		piece = piece[:min(size, int64(len(piece)))]
		r.pieces = append(r.pieces, piece)
		number, size, from = binary.BigEndian.Uint32(page), size-int64(len(piece)), i
	}
}

// show searches the record at hand, which begins so far behind the file's beginning, and
// what is compressed of the values that its head tells of. Cells that lead to no other page,
// or to pages that others led to, are not looked at: there may be any number.
func (r *records) show(at int, head []byte) {
	if len(r.pieces) < 2 {
		return
	}
	in := r.place.at(fmt.Sprintf("record at %d", at))
	for _, value := range recordValues(head) {
		if value.end() > int64(len(r.pieces[0])) {
			r.value(in, value)
		}
	}
	in.Joined = true
	r.visit(in, r.from(0))
}

// deleted puts pages together that are of no record that was found, and name each other.
func (r *records) deleted() {
	next := func(i int) int {
		if r.reads[i] > 0 {
			return -1
		}
		n := r.find(binary.BigEndian.Uint32(r.page(i)), i)
		if n < 0 || n == i || r.reads[n] > 0 {
			return -1
		}
		if _, tree := r.tree(n); tree {
			return -1
		}
		if _, tree := r.tree(i); tree {
			return -1
		}
		return n
	}
	named := make([]bool, r.count)
	for i := 0; i < r.count && !r.over(); i++ {
		if n := next(i); n >= 0 {
			named[n] = true
		}
	}
	for _, inner := range []bool{false, true} { // the latter only in a ring
		for i := 0; i < r.count && !r.over(); i++ {
			if named[i] == inner && next(i) >= 0 {
				r.pieces = r.pieces[:0]
				r.follow(i, r.number(i), 1<<62, 1)
				r.show(r.offset(i), nil)
			}
		}
	}
}

// A recordValue is where a value lies in its record.
type recordValue struct{ at, size int64 }

func (v recordValue) end() int64 { return v.at + v.size }

// recordValues lists the texts and blobs of a record that begins so, from the list of
// types at its beginning (2.1).
func recordValues(b []byte) (values []recordValue) {
	size, used := sqliteVarint(b)
	if used == 0 || size > uint64(len(b)) {
		return nil
	}
	at := int64(size)
	for types := b[used:max(uint64(used), size)]; ; {
		t, used := sqliteVarint(types)
		switch {
		case used == 0 || t > 1<<40:
			return values
		case t >= 12:
			v := recordValue{at, int64(t-12) / 2}
			values, at = append(values, v), v.end()
		default:
			at += [...]int64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0}[t]
		}
		types = types[used:]
	}
}

// value opens a value that is compressed, whole and no larger than what is held.
func (r *records) value(in place, v recordValue) {
	head := make([]byte, gzipHeader)
	n, _ := io.ReadFull(r.from(v.at), head)
	if head = head[:n]; !isUsualGzip(head) && !isZlib(head) || r.work <= 0 {
		return
	}
	data, _ := r.hold(io.LimitReader(r.from(v.at), v.size))
	defer r.release(data)
	length, done := r.wholeBlob(data, r.work)
	r.work -= done + int64(len(data)) + minBlobWork
	if length > 0 && r.entry() {
		r.content(in, bytes.NewReader(data[:length]))
	}
}

// from reads the record at hand from a place in it on. All its pieces but the first are
// of the same length.
func (r *records) from(at int64) io.Reader {
	first, each := int64(len(r.pieces[0])), int64(r.usable-4)
	if at < first {
		return &pieceReader{r.pieces, int(at)}
	}
	piece := min(1+(at-first)/each, int64(len(r.pieces)))
	return &pieceReader{r.pieces[piece:], int((at - first) % each)}
}

// A pieceReader reads one piece of a text after the other.
type pieceReader struct {
	pieces [][]byte
	at     int // in the first
}

func (p *pieceReader) Read(b []byte) (n int, err error) {
	for n < len(b) && len(p.pieces) > 0 {
		piece := p.pieces[0]
		m := copy(b[n:], piece[min(p.at, len(piece)):])
		n += m
		if p.at += m; p.at >= len(piece) {
			p.pieces, p.at = p.pieces[1:], 0
		}
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
