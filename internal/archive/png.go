package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
)

const (
	pngMagic = "\x89PNG\r\n\x1a\n"
	// pngChunk is what a chunk has beside its data: size, type and checksum.
	pngChunk = 12
)

// A pngText is a text in a PNG file that is compressed.
type pngText struct {
	at     int // where its chunk begins
	packed []byte
}

// pngTexts lists the compressed texts of a PNG file: behind a keyword, and in an iTXt chunk
// a language and the keyword in it (PNG, third edition, 11.3.3).
func pngTexts(data []byte) iter.Seq[pngText] {
	return func(yield func(pngText) bool) {
		for at := len(pngMagic); len(data)-at >= pngChunk; {
			size := int(min(int64(binary.BigEndian.Uint32(data[at:])), int64(len(data))))
			body := data[at+8 : min(len(data), at+8+size)]
			_, text, ok := bytes.Cut(body, []byte{0})
			switch string(data[at+4 : at+8]) {
			case "zTXt":
				ok = ok && hasMagic(text, "\x00")
				text = text[min(len(text), 1):]
			case "iTXt":
				ok = ok && hasMagic(text, "\x01\x00")
				text = text[min(len(text), 2):]
				for range 2 {
					_, text, _ = bytes.Cut(text, []byte{0})
				}
			default:
				ok = false
			}
			if ok && !yield(pngText{at, text}) || size > len(data)-at-pngChunk {
				return
			}
			at += pngChunk + size
		}
	}
}

func hasPNGText(data []byte) bool {
	if hasMagic(data, pngMagic) {
		for range pngTexts(data) {
			return true
		}
	}
	return false
}

// png opens the compressed texts of a PNG file that is held.
func (w *walk) png(p place, s *source) error {
	for text := range pngTexts(s.data) {
		if w.meter.over != nil || !w.entry() {
			break
		}
		in := p.at(fmt.Sprintf("text at %d", text.at))
		in.Layers = append(in.Layers[:len(in.Layers):len(in.Layers)], "zlib")
		err := w.inflated(bytes.NewReader(text.packed), func(r io.Reader) error { return w.decodedWithin(in, r) })
		w.endedWithin(in, err)
	}
	return nil
}
