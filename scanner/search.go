package scanner

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

const (
	// Files up to wholeMax bytes are searched in one piece; larger ones in
	// windows of that size, each with contextBytes on either side of what it
	// decides, enough for a line's facts.
	wholeMax     = 8 << 20
	contextBytes = 64 << 10
)

// searchBuffer searches a whole file. exists tells which files lie beside it;
// see clientOutput.
func searchBuffer(path string, data []byte, exists func(string) bool) []sighting {
	matches := slices.Collect(key.Find(data))
	if len(matches) == 0 {
		return nil
	}
	return sightings(path, data, matches, exists)
}

func sightings(path string, data []byte, matches []key.Match, exists func(string) bool) []sighting {
	places := occurrences(path, data, matches, exists)
	found := make([]sighting, len(matches))
	for i := range matches {
		found[i] = sighting{matches[i], places[i]}
	}
	return found
}

// A streamSearch searches a file that is too large to be held.
type streamSearch struct {
	path   string
	exists func(string) bool
	buf    []byte
	have   int        // bytes of buf in use
	done   int        // matches that start before it are decided
	origin positioner // where buf[0] stands in the file
	binary bool       // a NUL byte was seen
	hosts  rules.EnvironmentSet
	found  []sighting
}

// searchStream searches r to its end, with buf as the window, which must be
// much larger than contextBytes. It returns the bytes read, also with an error.
func searchStream(path string, r io.Reader, buf []byte, exists func(string) bool) ([]sighting, int64, error) {
	s := &streamSearch{path: path, exists: exists, buf: buf, origin: newPositioner()}
	var size int64
	for {
		n, err := io.ReadFull(r, s.buf[s.have:])
		s.have += n
		size += int64(n)
		last := err != nil
		s.window(last)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return s.settle(), size, nil
		case last:
			return s.settle(), size, err
		}
		s.advance()
	}
}

// window searches what is in the buffer and decides the matches that have
// enough context.
func (s *streamSearch) window(last bool) {
	data := s.buf[:s.have]
	s.binary = s.binary || bytes.IndexByte(data, 0) >= 0
	s.hosts |= hostsIn(data)
	limit := s.have
	if !last {
		limit -= contextBytes
	}
	decided := func(m key.Match) bool { return m.Start >= s.done && m.Start < limit }
	matches := slices.Collect(key.Find(data))
	if slices.ContainsFunc(matches, decided) {
		for _, found := range sightings(s.path, data, matches, s.exists) {
			if decided(found.match) {
				found.place.Span = s.origin.place(found.place.Span)
				s.found = append(s.found, found)
			}
		}
	}
	s.done = limit
}

// advance keeps the end of the window as the context of the next.
func (s *streamSearch) advance() {
	keep := s.done - contextBytes
	for keep > 0 && !utf8.RuneStart(s.buf[keep]) && s.done-keep < contextBytes+utf8.UTFMax {
		keep--
	}
	s.origin.advance(s.buf[:keep])
	s.have = copy(s.buf, s.buf[keep:s.have])
	s.done -= keep
}

// settle gives the facts that only the whole file decides to all that was
// found.
func (s *streamSearch) settle() []sighting {
	for i := range s.found {
		found := &s.found[i]
		found.match = found.match.Settle(s.binary)
		found.place.Confidence = found.match.Confidence
		found.place.Hosts = s.hosts
	}
	return s.found
}
