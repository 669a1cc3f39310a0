package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/ascii85"
	"fmt"
	"io"
	"slices"
)

// A pdfStream is one that is compressed by FlateDecode.
type pdfStream struct {
	in      place
	packed  *bufio.Reader
	ascii   bool // packed decodes ASCII85
	claimed bool // its dictionary says what it is
}

// pdfProof passes over wrong checksums, which readers of PDF do not look at.
var pdfProof = proof{cut: 512, sum: unproven.sum, data: doubtful.data}

// pdfClaimed is that of a stream the dictionary of which says what it is.
var pdfClaimed = proof{cut: 1, sum: unproven.sum}

// pdf reads the streams of a PDF file that are compressed by FlateDecode, which
// stand in zlib's format behind a line that ends in "stream" (ISO 32000-1, 7.3.8),
// or in that and ASCII85Decode, with or without a predictor. What begins like one by chance is passed over.
func (w *walk) pdf(p place, s *source) error {
	from := &counted{from: bytes.NewReader(s.data)}
	if s.rest != nil {
		from.from = io.MultiReader(from.from, s.rest)
	}
	br := w.buffer(from)
	defer w.giveBack(br)
	f := &pdfWalk{walk: w, held: s.data, from: from, at: &pdfSeeker{from: br}}
	err := f.streams(p)
	if w.meter.over != nil {
		return nil
	}
	for _, d := range f.damaged {
		if !f.at.encrypted {
			w.ended(d.in, d.err, false)
		}
	}
	if f.at.encrypted {
		return cmp.Or(err, errEncrypted)
	}
	return cmp.Or(err, w.fontText(&f.fonts))
}

// A pdfWalk is a PDF file being taken apart.
type pdfWalk struct {
	*walk
	held    []byte   // its beginning, or all of it
	from    *counted // what at reads through a buffer
	at      *pdfSeeker
	fonts   pageFonts
	damaged []pdfDamage // which is none if the file turns out to be encrypted
}

type pdfDamage struct {
	in  place
	err error
}

// streams reads all of them. The error is of one that is cut off.
func (f *pdfWalk) streams(p place) error {
	for n := 1; f.meter.over == nil && f.at.next(); {
		f.between(p) // at its end is the keyword too
		skipLineEnd(f.at.from)
		head, _ := f.at.from.Peek(ascii85Group)
		ascii := !isZlib(head)
		if ascii && !isZlibInASCII(head) {
			continue
		}
		stream := pdfStream{in: p.at(fmt.Sprintf("stream %d", n)), packed: f.at.from, ascii: ascii, claimed: f.at.claims("/FlateDecode")}
		if ascii {
			stream.in.Layers = append(stream.in.Layers, "ascii85")
			stream.packed = f.buffer(ascii85.NewDecoder(untilTilde{f.at.from}))
		}
		stream.in.Layers = append(stream.in.Layers, "zlib")
		if n++; !f.entry() {
			break
		}
		err := f.unpack(&stream)
		if stream.ascii {
			f.giveBack(stream.packed)
		}
		if err != nil {
			return err
		}
	}
	f.between(p)
	return nil
}

// between searches what stands before a stream, or the end, as the text of a page.
func (f *pdfWalk) between(p place) {
	if f.at.page.pieces > 0 {
		f.pageText(p.at("unpacked stream"), &f.at.page)
	}
	f.at.page = pageText{noMaps: f.fonts.full()}
}

// unpack searches what a stream unpacks to. The error is that the file is cut off in it.
func (f *pdfWalk) unpack(s *pdfStream) error {
	page := pageText{noMaps: f.fonts.full()}
	begin := f.offset()
	enough := pdfProof
	if s.claimed && !f.text && begin < len(f.held) {
		enough = pdfClaimed
	}
	err := f.inflated(s.packed, func(r io.Reader) error {
		out := &spending{walk: f.walk, from: r}
		text, release := f.unpredicted(out)
		defer release()
		f.content(s.in, io.TeeReader(text, &page))
		f.drain(out)
		return judge(out, int(out.size), enough)
	})
	f.pageText(s.in, &page)
	if _, not := err.(*notOne); not || err != nil && f.flushed(begin) {
		err = nil
	}
	if cut := isCut(err) && !s.ascii; cut {
		f.ended(s.in, err, true)
		return err
	}
	f.ended(s.in, nil, false)
	if err != nil && len(f.damaged) <= maxErrors {
		f.damaged = append(f.damaged, pdfDamage{s.in, err})
	}
	return nil
}

// offset is how much of the file was read.
func (f *pdfWalk) offset() int { return int(f.from.size) - f.at.from.Buffered() }

// flushed reports whether the stream that begins there, and was read beyond its end, ends
// like one that was flushed and not closed, without its last block. Some programs write
// such, and all is in them.
func (f *pdfWalk) flushed(begin int) bool {
	const keyword, flush = "endstream", "\x00\x00\xff\xff"
	read := f.held[min(begin, len(f.held)):min(f.offset()+len(keyword), len(f.held))]
	end := bytes.Index(read, []byte(keyword))
	return end >= 0 && bytes.HasSuffix(bytes.TrimRight(read[:end], "\r\n"), []byte(flush))
}

// pageText searches what a stream of a page shows, where that is in pieces: for keys that
// the stream as it stands did not show.
func (f *pdfWalk) pageText(p place, page *pageText) {
	p.Layers, p.Raw = append(slices.Clip(p.Layers), "text"), true
	if page.pieces > 1 {
		f.visit(p, bytes.NewReader(page.text))
	}
	page.endWord()
	f.fonts.add(p, page)
}

// ascii85Group is how many characters stand for four bytes (7.4.3).
const ascii85Group = 5

// isZlibInASCII reports whether the first group of ASCII85 begins a stream.
func isZlibInASCII(text []byte) bool {
	var group [4]byte
	n, _, err := ascii85.Decode(group[:], text, false)
	return err == nil && n == len(group) && isZlib(group[:])
}

// untilTilde reads what stands before a "~", which ends ASCII85.
type untilTilde struct{ from *bufio.Reader }

func (r untilTilde) Read(b []byte) (int, error) {
	have, err := r.from.Peek(max(1, r.from.Buffered()))
	if end := bytes.IndexByte(have, '~'); end >= 0 {
		have, err = have[:end], io.EOF
	}
	n := copy(b, have)
	_, _ = r.from.Discard(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func skipLineEnd(br *bufio.Reader) {
	for _, c := range []byte("\r\n") {
		if next, _ := br.Peek(1); len(next) == 1 && next[0] == c {
			_, _ = br.Discard(1)
		}
	}
}
