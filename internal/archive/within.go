package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/gzip"
)

// Gzip files may stand in the middle of another file: what a program embeds, the bodies
// in a dump of HTTP, an image of a device. They are looked for by their mark. What begins
// like one and does not unpack is silent, unless it gave so much that it was one.

const (
	gzipHeader = 10

	// withinProof is how many unpacked bytes prove that a file stands there that is
	// damaged or cut off. Trials unpack no more.
	withinProof = 1 << 10
	// trialSize is how many packed bytes a trial reads at most.
	trialSize = 8 << 10

	// In every withinEvery bytes one file may stand that is none, and freeFalse of
	// them anywhere: of bytes by chance one in billions begins so.
	withinEvery = 1 << 10
	freeFalse   = 1 << 10
)

// WithinLead is how many bytes OpenWithin is to be given before where Within finds
// something, if there are so many.
const WithinLead = 16

// Within is where what may be a gzip file begins in some bytes of another; -1 if none does.
func (o *Opener) Within(data []byte) int {
	if o.limits.Depth <= 0 {
		return -1
	}
	return gzipWithin(data)
}

// OpenWithin opens the gzip files that stand in the middle of another, of which r gives
// what follows the first before bytes. A name serves to tell what it is.
func (o *Opener) OpenWithin(name string, before int64, r io.Reader, visit Visitor) []error {
	w := &walk{meter: &meter{input: before}, visitor: visit, before: before}
	return o.openAs(&o.within, w, name, &source{}, r)
}

// mayHaveWithin reports whether it is worth holding a member to look for files in its
// middle: it begins like no text, or like a dump of HTTP.
func mayHaveWithin(head []byte) bool {
	return bytes.IndexByte(head, 0) >= 0 || hasMagic(head, "HTTP/")
}

func gzipWithin(data []byte) int {
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], []byte(gzipMagic))
		if next < 0 {
			return -1
		}
		if at += next; isUsualGzip(data[at:]) {
			return at
		}
	}
}

// openWithin opens the gzip files in a file that is no container itself, and so is no
// layer around them.
func (w *walk) openWithin(p place, s *source) error {
	p.Layers = p.Layers[:len(p.Layers)-1]
	p.depth--
	var r io.Reader = bytes.NewReader(s.data)
	if s.rest != nil {
		r = io.MultiReader(r, s.rest)
	}
	return w.filesWithin(p, r)
}

func (w *walk) filesWithin(p place, r io.Reader) error {
	in := &counted{from: r, size: w.before}
	br := w.buffer(in)
	defer w.giveBack(br)
	return (&filesWithin{walk: w, place: p, in: in, from: br, falseLeft: freeFalse}).read()
}

// filesWithin goes from one gzip file in another to the next.
type filesWithin struct {
	*walk
	place     place
	in        *counted // what from reads
	from      *bufio.Reader
	lead      []byte // the last bytes before what from gives
	falseLeft int64  // how many more there may be that are none
}

func (f *filesWithin) read() error {
	for f.meter.over == nil && f.next() {
		at := f.in.size - int64(f.from.Buffered())
		if f.falseLeft+at/withinEvery <= 0 {
			return errBlobs
		}
		in := f.place.at(fmt.Sprintf("gzip at %d", at))
		in.depth++
		in.Layers = append(in.Layers[:len(in.Layers):len(in.Layers)], "gzip")
		if !f.one(in) {
			f.falseLeft--
			head, _ := f.from.Peek(1)
			f.pass(head)
		}
	}
	return nil
}

// next goes on to where the next file may begin; false if none does.
func (f *filesWithin) next() bool {
	for {
		b, err := f.from.Peek(max(gzipHeader, f.from.Buffered()))
		if at := gzipWithin(b); at >= 0 {
			f.pass(b[:at])
			return true
		}
		if err != nil || f.stop() {
			return false
		}
		f.pass(b[:len(b)-gzipHeader+1])
	}
}

// pass passes over bytes that were peeked at.
func (f *filesWithin) pass(b []byte) {
	f.lead = append(f.lead, b[max(0, len(b)-WithinLead):]...)
	f.lead = append(f.lead[:0], f.lead[max(0, len(f.lead)-WithinLead):]...)
	_, _ = f.from.Discard(len(b))
}

// one opens the file that may begin here; false if none does, which leaves all where it is.
func (f *filesWithin) one(in place) bool {
	head, _ := f.from.Peek(trialSize)
	if size := chunkSize(f.lead); size > 0 {
		chunks := f.buffer(&chunkReader{from: bufio.NewReader(bytes.NewReader(head)), left: size})
		real := f.isGzip(chunks, len(head) == trialSize) == nil
		f.giveBack(chunks)
		if real {
			if !f.entry() {
				return true
			}
			chunks := f.buffer(&chunkReader{from: f.from, left: size})
			defer f.giveBack(chunks)
			f.unpack(in, chunks)
			return true
		}
	}
	no := f.isGzip(bytes.NewReader(head), len(head) == trialSize)
	switch {
	case no == nil && f.entry():
		f.unpack(in, f.from)
	case no != nil && len(no.text) > 0:
		f.visit(in, bytes.NewReader(no.text)) // it may be the beginning of a small one
	}
	return no == nil
}

// A falseGzip is what was unpacked of what turned out to be no gzip file.
type falseGzip struct{ text []byte }

// isGzip tries to unpack what may be a gzip file; nil if it is one. more tells that r ends
// before the file does.
func (w *walk) isGzip(r byteReader, more bool) *falseGzip {
	var text []byte
	err := w.gunzipped(r, func(z *gzip.Reader) (err error) {
		text, err = io.ReadAll(io.LimitReader(z, withinProof))
		return err
	})
	if err == nil || more && (isCut(err) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil
	}
	return &falseGzip{text}
}

func (w *walk) unpack(in place, br *bufio.Reader) {
	err := w.gunzipped(br, func(z *gzip.Reader) error {
		w.heading(in, z.Name, z.Comment)
		return w.decodedWithin(in, &gzipReader{Reader: z, from: br, alone: true})
	})
	w.endedWithin(in, err)
}

// decodedWithin searches what a decoder gives of something in the middle of a file.
func (w *walk) decodedWithin(p place, r io.Reader) error {
	out := &spending{walk: w, from: r}
	w.content(p, out)
	w.drain(out)
	return judge(out, int(out.size), proof{cut: withinProof, sum: withinProof, data: withinProof})
}

// endedWithin notes how it ended, unless that may have been something else.
func (w *walk) endedWithin(p place, err error) {
	if _, not := err.(*notOne); not {
		err = nil
	}
	w.ended(p, err, false)
}

// chunkSize is the size of a body's chunk that begins behind some bytes; 0 if none does
// (RFC 9112, 7.1).
func chunkSize(before []byte) int64 {
	line, ok := bytes.CutSuffix(before, []byte("\r\n"))
	if !ok {
		return 0
	}
	begin := bytes.LastIndexByte(line, '\n') + 1
	size, err := strconv.ParseInt(string(line[begin:]), 16, 32)
	if err != nil || begin == 0 {
		return 0
	}
	return size
}

// A chunkReader reads a body in chunks, from within the first.
type chunkReader struct {
	from *bufio.Reader
	left int64 // of the chunk at hand
}

func (r *chunkReader) Read(b []byte) (int, error) {
	if r.left == 0 {
		line, _ := r.from.Peek(WithinLead)
		behind, begins := bytes.CutPrefix(line, []byte("\r\n"))
		end := bytes.Index(behind, []byte("\r\n"))
		if !begins || end < 0 {
			return 0, io.EOF
		}
		if r.left = chunkSize(line[:2+end+2]); r.left <= 0 {
			return 0, io.EOF
		}
		_, _ = r.from.Discard(2 + end + 2)
	}
	n, err := r.from.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	return n, err
}
