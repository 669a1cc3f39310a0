package scanner

import (
	"errors"
	"io"
	"slices"

	"github.com/inspecto/insplint/internal/archive"
)

// A withinSearch searches the compressed files in the middle of a file that is read in
// windows, from the first that is seen on, while the file as it stands is searched too.
type withinSearch struct {
	*unpacking
	in   *io.PipeWriter
	errs chan []error
}

// watch looks for compressed files in the n bytes of the window that were read last.
func (s *streamSearch) watch(n int) {
	if s.within != nil {
		_, _ = s.within.in.Write(s.buf[s.have-n : s.have])
		return
	}
	if s.archives == nil || n == 0 {
		return
	}
	// A mark may have begun in what was there before.
	from := max(0, s.have-n-archive.WithinLead)
	at := s.archives.opener.Within(s.buf[from:s.have])
	if at < 0 {
		return
	}
	from = max(0, from+at-archive.WithinLead)
	u := s.unpacking()
	u.want = nil // it is asked when the search of the file as it stands is over
	u.packed = nil
	u.packed = u.packing() // with a budget of its own
	out, in := io.Pipe()
	s.within = &withinSearch{u, in, make(chan []error)}
	before := s.before + int64(from)
	go func() {
		errs := u.archives.opener.OpenWithin(u.fileName(), before, out, u.part)
		_, _ = io.Copy(io.Discard, out)
		s.within.errs <- errs
	}()
	_, _ = in.Write(s.buf[from:s.have])
}

// withWithin is what the file as it stands has, which ended with err, and before it what
// compressed files in it have.
func (s *streamSearch) withWithin(plain []sighting, err error) []sighting {
	w := s.within
	if w == nil {
		return plain
	}
	_ = w.in.CloseWithError(err)
	errs := slices.DeleteFunc(<-w.errs, func(e error) bool { return err != nil && errors.Is(err, e) })
	s.archives.readers.Put(w.files)
	found, failed := w.end(errs)
	if failed != nil {
		s.errs = append(s.errs, separate(failed)...)
	}
	plain = slices.DeleteFunc(plain, func(f sighting) bool { return w.seen[f.match.Secret] })
	return append(s.wanted(found), plain...)
}
