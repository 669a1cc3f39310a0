package archive

import (
	"bufio"
	"bytes"
	"encoding/ascii85"
	"fmt"
	"io"
	"slices"
)

// pdfProof passes over wrong checksums, which readers of PDF do not look at.
var pdfProof = proof{cut: 512, sum: unproven.sum, data: doubtful.data}

// pdf reads the streams of a PDF file that are compressed by FlateDecode, which
// stand in zlib's format behind a line that ends in "stream" (ISO 32000-1, 7.3.8),
// or in that and ASCII85Decode, with or without a predictor. What begins like one by chance is passed over.
func (w *walk) pdf(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	at := &pdfSeeker{from: br}
	for n := 1; w.meter.over == nil && at.next(); {
		w.pageText(p.at("unpacked stream"), &at.page) // at its end is the keyword too
		at.page = pageText{}
		skipLineEnd(br)
		head, _ := br.Peek(ascii85Group)
		in := p.at(fmt.Sprintf("stream %d", n))
		packed := br
		switch {
		case isZlib(head):
		case isZlib(plainGroup(head)):
			in.Layers = append(in.Layers, "ascii85")
			packed = w.buffer(ascii85.NewDecoder(untilTilde{br}))
		default:
			continue
		}
		in.Layers = append(in.Layers, "zlib")
		if n++; !w.entry() {
			break
		}
		var page pageText
		err := w.inflated(packed, func(r io.Reader) error {
			out := &spending{walk: w, from: r}
			w.content(in, io.TeeReader(at.predicted(out), &page))
			w.drain(out)
			return judge(out, int(out.size), pdfProof)
		})
		w.pageText(in, &page)
		if _, not := err.(*notOne); not {
			err = nil
		}
		if cut := isCut(err) && packed == br; cut {
			w.ended(in, err, true)
			return err
		}
		w.ended(in, err, false)
		if packed != br {
			w.giveBack(packed)
		}
	}
	if at.encrypted && w.meter.over == nil {
		return errEncrypted
	}
	return nil
}

// pageText searches what a stream of a page shows, where that is in pieces: for keys that
// the stream as it stands did not show.
func (w *walk) pageText(p place, page *pageText) {
	if page.pieces < 2 {
		return
	}
	p.Layers, p.Raw = append(slices.Clip(p.Layers), "text"), true
	w.visit(p, bytes.NewReader(page.text))
}

// ascii85Group is how many characters stand for four bytes (7.4.3).
const ascii85Group = 5

// plainGroup decodes the first group of ASCII85; it is empty if there is none.
func plainGroup(text []byte) []byte {
	group := make([]byte, 4)
	if n, _, err := ascii85.Decode(group, text, false); err != nil || n < len(group) {
		return nil
	}
	return group
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
