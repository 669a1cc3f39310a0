package archive

import (
	"bufio"
	"fmt"
	"io"
)

// pdf reads the streams of a PDF file that are compressed by FlateDecode, which
// stand in zlib's format behind a line that ends in "stream" (ISO 32000-1, 7.3.8).
// What begins like one by chance is passed over.
func (w *walk) pdf(p place, s *source) error {
	const keyword = "stream"
	br := w.reader(s)
	defer w.giveBack(br)
	for n := 1; w.meter.over == nil && seek(br, keyword); {
		_, _ = br.Discard(len(keyword))
		skipLineEnd(br)
		if head, _ := br.Peek(2); !isZlib(head) {
			continue
		}
		in := p.at(fmt.Sprintf("stream %d", n))
		in.Layers = append(in.Layers, "zlib")
		if n++; !w.entry() {
			break
		}
		err := w.inflated(br, func(r io.Reader) error {
			out := &spending{walk: w, from: r}
			w.content(in, out)
			return judge(out, doubtful)
		})
		if _, not := err.(*notOne); err != nil && !not {
			w.fail(in, err)
		}
	}
	return nil
}

func skipLineEnd(br *bufio.Reader) {
	for _, c := range []byte("\r\n") {
		if next, _ := br.Peek(1); len(next) == 1 && next[0] == c {
			_, _ = br.Discard(1)
		}
	}
}
