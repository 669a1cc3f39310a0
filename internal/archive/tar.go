package archive

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

const tarBlock = 512

// tar reads an archive, and others that follow it, as "cat a.tar b.tar" makes
// them. Behind a header that is damaged it goes on at the next that is not.
func (w *walk) tar(p place, s *source) error {
	br := w.reader(s)
	defer w.giveBack(br)
	damaged := false
	for {
		err := w.tarEntries(p, tar.NewReader(br))
		damaged = damaged || errors.Is(err, tar.ErrHeader)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errEndMissing
		}
		if w.meter.over != nil || !nextTar(br) {
			break
		}
	}
	if damaged {
		return fmt.Errorf("is damaged: %w", tar.ErrHeader)
	}
	return nil
}

// tarEntries reads entries up to the end, the first bad header, or where the archive
// is cut off. Any other error comes from below, where it is reported.
func (w *walk) tarEntries(p place, r *tar.Reader) error {
	for w.meter.over == nil {
		h, err := r.Next()
		if errors.Is(err, tar.ErrInsecurePath) {
			err = nil
		}
		if err != nil {
			return err
		}
		if !w.entry() {
			return nil
		}
		in := p.at(h.Name)
		w.heading(in, h.Name, h.Linkname)
		// There may be any number, of a few bytes each.
		w.heading(in, strings.Join(slices.Sorted(maps.Values(h.PAXRecords)), "\n"))
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
			if w.entryContent(in, w.unfolded(h, r), h.Size) != nil {
				return io.ErrUnexpectedEOF
			}
		}
	}
	return nil
}

// unfolded counts what a sparse file is larger than what it takes.
func (w *walk) unfolded(h *tar.Header, r io.Reader) io.Reader {
	if h.Typeflag == tar.TypeGNUSparse || len(h.PAXRecords) > 0 {
		return &spending{walk: w, from: r}
	}
	return r
}

// nextTar goes on to the next header, which the check of isTar tells.
func nextTar(br *bufio.Reader) bool {
	for {
		block, err := br.Peek(tarBlock)
		if err != nil {
			return false
		}
		if isTar(block) {
			return true
		}
		if _, err := io.CopyN(io.Discard, br, tarBlock); err != nil {
			return false
		}
	}
}
