package scanner

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/archive"
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

// A search is what to look for in the bytes of one file.
type search struct {
	// path decides facts; empty where none is known. It is below dir, and both are put together
	// only where it is asked for: most files hold nothing.
	dir, path string
	name      string            // where no path is known: of a file that is opened for its name
	exists    func(string) bool // tells which files lie beside it; may be nil
	// read gives a small file beside it, by a path of the same kind: nil where
	// there is none. May be nil itself.
	read func(path string, limit int) []byte
	// open gives a regular file beside it, nil where there is none such; may be nil.
	open func(path string) io.ReadCloser
	// again says that open gives the very file that is searched, by its path.
	again bool
	// mapped gives all of the very file that is searched; may be nil.
	mapped archive.Mapping
	// reachable lists the modules that the client code of the project at a
	// directory imports; may be nil.
	reachable func(root string) map[string]bool
	// site tells what the pages below a directory load; may be nil.
	site   func(top string) *site
	bundle bool // the file is of a finished build
	// want tells which matches to describe; nil: all. It is asked once about
	// each, in their order.
	want func(key.Match) bool
	// archives opens what holds other files; nil: such a file is searched as it
	// stands.
	archives *archives
	// doubts says that it is an error if what begins like an archive is taken for none.
	doubts bool
	// most is how many places to describe, and many how many of one key whatever they
	// are; 0 stands for maxSightings and maxPlaces.
	most, many int
	// packed opens what is packed in a text; nil: archives do.
	packed *packedSearch
}

// fileName is what the file is called, as far as that tells its kind.
func (s search) fileName() string { return cmp.Or(s.file(), s.name) }

// file is the whole path.
func (s search) file() string { return joinPath(s.dir, s.path) }

// split is the whole path as that of a directory and a name in it.
func (s search) split() (dir, name string) {
	dir, name = splitPath(s.path)
	return joinPath(s.dir, dir), name
}

// ending is a path that ends as the file's name does.
func (s search) ending() string { return cmp.Or(s.path, s.name) }

func (s search) limit() int { return cmp.Or(s.most, maxSightings) }

func (s search) places() int { return cmp.Or(s.many, maxPlaces) }

// search is a search of a file beside others, by its path among them.
func (o Options) search(path string, files *existence) search {
	return search{
		path: path, exists: files.has, read: files.read, open: files.open, reachable: files.reachable, site: files.site,
		bundle: o.Bundle, archives: o.archives,
	}
}

// whole searches a file that is held, and all that it holds in turn. What comes
// with an error is what could be read.
func (s search) whole(data []byte) ([]sighting, error) {
	if s.archives.holdsBehind(data, s.ending()) {
		return s.unpack(data)
	}
	keys, packed, marked := key.FindAll(data)
	if marked && s.archives.holdsWithin(data) {
		return s.unpack(data)
	}
	return s.held(data, keys, packed)
}

// buffer searches a whole file as it stands, for names of variables too, and what
// is packed in its text.
func (s search) buffer(data []byte) ([]sighting, error) {
	keys, packed, _ := key.FindAll(data)
	return s.held(data, keys, packed)
}

// held is buffer once it is known which keys are in the data, and what is packed there.
func (s search) held(data []byte, keys []key.Match, packed []key.Packed) ([]sighting, error) {
	matches, inner, err := s.matches(data, keys, packed, wholeOf(data))
	names := s.names(data, matches)
	if len(matches)+len(inner) == 0 {
		return names, err
	}
	d := newDescriber(s, func() []byte { return data })
	d.add(data, matches, inner, wholeOf(data))
	found := d.end()
	s.tellClients(found, heldBody(data))
	return append(found, names...), errors.Join(append(separate(err), d.overflow())...)
}

// wanted lists those of what was found that the search is for.
func (s search) wanted(found []sighting) []sighting {
	return slices.DeleteFunc(found, func(f sighting) bool { return s.want != nil && !s.want(f.match) })
}

// around records what the bytes around the chosen matches tell.
func (s search) around(data []byte, matches, chosen []key.Match) []sighting {
	found := make([]sighting, len(chosen))
	if len(chosen) == len(matches) {
		for i, o := range occurrences(s.file(), data, matches) {
			found[i] = sighting{match: matches[i], place: o}
		}
		return found
	}
	if len(chosen) == 0 {
		return nil
	}
	// As occurrences does it; but a version of a file that holds ten thousand
	// keys, of which it brought in one, must not cost ten thousand.
	file := rules.Occurrence{EnvFile: isEnvFile(s.path), Hosts: hostsOf(s.file(), data)}
	around := newSurroundings(data, matches)
	around.scopes = scopesOf(s.file())
	for i, span := range spansOf(data, chosen) {
		found[i] = sighting{match: chosen[i], place: file}
		found[i].place.Span = span
		around.describe(&found[i].place, chosen[i])
	}
	return found
}

// A streamSearch searches a file that is too large to be held.
type streamSearch struct {
	describer
	context int
	buf     []byte
	have    int    // bytes of buf in use
	done    int    // matches that start before it are decided
	head    []byte // how the file begins, where it cannot be read again
	counted bool   // origin is where the buffer stands
	text    textFacts
	errs    []error
	within  *withinSearch // nil: nothing compressed was seen
}

// stream searches r to its end, and all that it holds, with buf as the window,
// which must be larger than four times the context. It returns the bytes read,
// also with an error.
func (s search) stream(r io.Reader, buf []byte, context int) ([]sighting, int64, error) {
	n, err := io.ReadFull(r, buf)
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case whole && s.archives.holdsWhole(buf[:n], s.ending()):
		found, err := s.unpack(buf[:n])
		return found, int64(n), err
	case whole || !s.archives.holds(buf[:n], s.ending()) && !s.archives.holdsMapped(buf[:n], s.mapped):
		return s.windows(r, buf, context, n, err)
	}
	return s.unpackStream(buf[:n], io.MultiReader(failing{err}, r))
}

// windows is stream for a file as it stands, of which the first n bytes are read,
// and how that ended.
func (s search) windows(r io.Reader, buf []byte, context, n int, err error) ([]sighting, int64, error) {
	s.packed = s.packing() // one for all windows
	w := &streamSearch{context: context, buf: buf}
	w.describer = newDescriber(s, func() []byte { return w.body().head })
	if w.counted = !w.readable(); w.counted && s.path != "" {
		w.head = bytes.Clone(head(buf[:n]))
	}
	var size int64
	for {
		w.have += n
		size += int64(n)
		last := err != nil
		w.window(last, n)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			found := w.withWithin(w.settle(), nil)
			return found, size, errors.Join(append(w.errs, w.overflow())...)
		case last:
			found := w.withWithin(w.settle(), err)
			return found, size, errors.Join(append([]error{err}, w.errs...)...)
		}
		w.advance()
		n, err = io.ReadFull(r, w.buf[w.have:])
	}
}

// window searches what is in the buffer, of which the last bytes were just read, and decides
// the matches that have enough context.
func (s *streamSearch) window(last bool, read int) {
	data := s.buf[:s.have]
	if !s.readable() {
		s.text.add(s.file(), data)
	}
	limit := s.have
	if !last {
		limit -= s.context
	}
	keys, packed, marked := key.FindAll(data)
	if marked || s.within != nil {
		s.watch(read)
	}
	in := stretch{s.done, limit, last}
	matches, inner, err := s.matches(data, keys, packed, in)
	if err != nil {
		s.errs = append(s.errs, separate(err)...)
	}
	if len(matches)+len(inner) > 0 {
		s.countLines()
	}
	s.add(data, matches, inner, in)
	s.done = limit
}

// countLines has the origin where the buffer stands, for which it reads what is before again:
// most files hold nothing, and nobody asks for their lines.
func (s *streamSearch) countLines() {
	if s.counted {
		return
	}
	s.counted = true
	s.readAgain(func(f io.Reader) error {
		_, err := io.CopyN(&s.origin, f, s.before)
		return err
	})
}

// readAgain lets a file that is readable be read once more; it is an error if that fails.
func (s *streamSearch) readAgain(read func(f io.Reader) error) {
	err := fs.ErrNotExist
	if f := s.open(s.file()); f != nil {
		defer f.Close()
		err = read(f)
	}
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("read it again for what is around its keys: %w", err))
	}
}

// textFacts is what only all of a text tells.
type textFacts struct {
	binary bool // there is a NUL byte in it
	hosts  rules.EnvironmentSet
}

// add adds what a part of the text at a path tells.
func (t *textFacts) add(path string, part []byte) {
	t.binary = t.binary || bytes.IndexByte(part, 0) >= 0
	t.hosts |= hostsOf(path, part)
}

// advance keeps the end of the window as the context of the next.
func (s *streamSearch) advance() {
	keep := s.done - s.context
	for keep > 0 && !utf8.RuneStart(s.buf[keep]) && s.done-keep < s.context+utf8.UTFMax {
		keep--
	}
	if s.counted {
		s.origin.advance(s.buf[:keep])
	}
	s.before += int64(keep)
	s.have = copy(s.buf, s.buf[keep:s.have])
	s.done -= keep
}

// settle gives the facts that only the whole file decides to all that was
// found.
func (s *streamSearch) settle() []sighting {
	if len(s.end()) == 0 {
		return nil
	}
	if s.readable() {
		s.readAgain(s.textAgain)
	}
	for i := range s.found {
		found := &s.found[i]
		found.match = found.match.Settle(s.text.binary)
		found.place.Confidence = found.match.Confidence
		found.place.Hosts = s.text.hosts
	}
	s.tellClients(s.found, s.body())
	return s.found
}

// body is what tells whether clients get the file.
func (s *streamSearch) body() body {
	if !s.readable() {
		return body{head: s.head}
	}
	again := func() io.ReadCloser { return s.open(s.file()) }
	return body{readHead(again()), again}
}

// readable reports whether the file can be read once more for what only a file with keys
// is asked for.
func (s *streamSearch) readable() bool { return s.again && s.open != nil }

// textAgain has the facts of the whole file.
func (s *streamSearch) textAgain(f io.Reader) error {
	for have := 0; ; {
		n, err := io.ReadFull(f, s.buf[have:])
		have += n
		s.text.add(s.file(), s.buf[:have])
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		have = copy(s.buf, s.buf[have-s.context:have])
	}
}
