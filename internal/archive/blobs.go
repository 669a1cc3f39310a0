package archive

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
)

// Databases of SQLite and binary property lists keep what programs give them,
// compressed or not, one behind the other. What stands there is looked for, not told by
// the format: a whole gzip file or zlib stream with a right checksum, and entries of zip
// files. (What SQLite spreads over several pages is not whole.)

const (
	sqliteMagic = "SQLite format 3\x00"
	bplistMagic = "bplist00"
)

// blobs opens the compressed files that stand in another. These are held, because most
// of what begins like one is none.
func (w *walk) blobs(p place, s *source) error {
	release, err := w.holdAll(s, "database")
	if err != nil {
		return err
	}
	defer release()
	data := s.data
	for at := 1; w.meter.over == nil; {
		next, length := w.blob(data[at:])
		if length == 0 {
			break
		}
		at += next
		if !w.entry() {
			break
		}
		w.content(p.at(fmt.Sprintf("blob at %d", at)), bytes.NewReader(data[at:at+length]))
		at += length
	}
	w.strayEntries(p, data)
	return nil
}

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

// blob finds the next compressed file; its length is 0 if there is none.
func (w *walk) blob(data []byte) (at, length int) {
	for at := 0; w.meter.over == nil; at++ {
		next := indexPacked(data[at:])
		if next < 0 {
			break
		}
		at += next
		if length := w.wholeBlob(data[at:]); length > 0 {
			return at, length
		}
	}
	return 0, 0
}

// indexPacked is where something begins like gzip or zlib, or -1.
func indexPacked(data []byte) int {
	gz := bytes.Index(data, []byte(gzipMagic))
	if gz >= 0 {
		data = data[:gz]
	}
	for at := 0; ; at++ {
		next := bytes.IndexByte(data[at:], 'x')
		if next < 0 {
			return gz
		}
		if at += next; isZlib(data[at:]) {
			return at
		}
	}
}

// wholeBlob is the length of the compressed file at the beginning of data; 0 if there
// is none that is whole.
func (w *walk) wholeBlob(data []byte) int {
	from := bytes.NewReader(data)
	br := w.buffer(from)
	defer w.giveBack(br)
	whole := func(r io.Reader) error {
		_, err := io.Copy(io.Discard, &spending{walk: w, from: r})
		return err
	}
	var err error
	if isUsualGzip(data) {
		err = w.gunzipped(br, func(z *gzip.Reader) error { return whole(z) })
	} else {
		err = w.inflated(br, whole)
	}
	if err != nil {
		return 0
	}
	return len(data) - from.Len() - br.Buffered()
}
