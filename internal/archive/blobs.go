package archive

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
)

// Databases of SQLite and Redis, and binary property lists, keep what programs give them,
// compressed or not, one behind the other. What stands there is looked for, not told by
// the format: a whole gzip file or zlib stream with a right checksum, and entries of zip
// files. What SQLite spreads over several pages is put together (sqlite.go), and what Redis packs unpacked (rdb.go).

const (
	sqliteMagic = "SQLite format 3\x00"
	bplistMagic = "bplist00"
)

func isDatabase(head []byte) bool {
	return isSQLite(head) || hasMagic(head, bplistMagic) || isRDB(head)
}

func isSQLite(head []byte) bool { return hasMagic(head, sqliteMagic) || isWAL(head) }

// What is unpacked to find out what is whole is bounded by blobWork times the file's
// size and what a small file may cost; looking at one costs minBlobWork at least.
const (
	blobWork    = 16
	freeWork    = 1 << 20
	minBlobWork = 1 << 10
)

// database opens what stands in a database.
func (w *walk) database(p place, s *source) error {
	release, err := w.holdAll(s, "database")
	if err != nil {
		return err
	}
	defer release()
	err = w.blobs(p, s.data)
	if db := newPages(s.data); db != nil {
		w.records(p, db)
	}
	if isRDB(s.data) {
		err = cmp.Or(w.packedValues(p, s.data), err)
	}
	return err
}

// blobs opens the compressed files that stand in another.
func (w *walk) blobs(p place, data []byte) error {
	work := freeWork + blobWork*int64(len(data))
	marks := packedMarks{data: data, gzip: -1}
	for at := 1; work > 0 && w.meter.over == nil && !w.stop(); at++ {
		if at = marks.next(at); at < 0 {
			break
		}
		length, done := w.wholeBlob(data[at:], work)
		if work -= done + minBlobWork; length == 0 {
			continue
		}
		if !w.entry() {
			break
		}
		w.content(p.at(fmt.Sprintf("blob at %d", at)), bytes.NewReader(data[at:at+length]))
		at += length - 1
	}
	w.strayEntries(p, data)
	if work <= 0 {
		return errBlobs
	}
	return nil
}

// errBlobs is for a file made of marks: of what is no such file, one in some thousand
// bytes looks like one, which takes a fraction of the work.
var errBlobs = errors.New("holds too much that only looks compressed: what is compressed behind that was not read")

// strayEntries searches the entries of zip files that stand in another, which may have
// them in pieces.
func (w *walk) strayEntries(p place, data []byte) {
	defer func(quiet bool) { w.quiet = quiet }(w.quiet)
	w.quiet = true
	p.Layers = append(slices.Clip(p.Layers), "zip")
	br := w.buffer(bytes.NewReader(data))
	defer w.giveBack(br)
	(&zipLocals{walk: w, place: p, from: br}).read()
}

// packedMarks goes from one thing that begins like gzip or zlib to the next.
type packedMarks struct {
	data []byte
	gzip int // where the next gzip file begins; behind the end: nowhere
}

// next is where one begins from at on, or -1.
func (m *packedMarks) next(at int) int {
	if at > len(m.data) {
		return -1
	}
	if m.gzip < at {
		if m.gzip = len(m.data); at < len(m.data) {
			if next := bytes.Index(m.data[at:], []byte(gzipMagic)); next >= 0 {
				m.gzip = at + next
			}
		}
	}
	for at < m.gzip {
		next := bytes.IndexByte(m.data[at:m.gzip], 'x')
		if next < 0 {
			break
		}
		if at += next; isZlib(m.data[at:]) {
			return at
		}
		at++
	}
	if m.gzip == len(m.data) {
		return -1
	}
	return m.gzip
}

// wholeBlob is the length of the compressed file at the beginning of data; 0 if there
// is none that is whole, or it unpacks to more than limit. work is what it took to see it:
// how much was unpacked, or read, of which any amount may unpack to nothing.
func (w *walk) wholeBlob(data []byte, limit int64) (length int, work int64) {
	from := bytes.NewReader(data)
	count := func(r io.Reader) (err error) {
		if work, err = io.CopyN(io.Discard, r, limit+1); err == io.EOF {
			return nil
		}
		return cmp.Or(err, io.ErrShortBuffer)
	}
	var err error
	if isUsualGzip(data) {
		err = w.gunzipped(from, func(z *gzip.Reader) error { return count(z) })
	} else {
		err = w.inflated(from, count)
	}
	length = len(data) - from.Len()
	work = max(work, int64(length))
	if err != nil {
		return 0, work
	}
	return length, work
}
