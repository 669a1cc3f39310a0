package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"runtime/debug"
	"slices"
	"strings"
)

// tools are what one goroutine reuses from file to file.
type tools struct {
	seed     maphash.Seed
	buffered []*bufio.Reader
	buffers  [][]byte
	decoders decoders
}

const bufferSize = 64 << 10

func newTools() *tools { return &tools{seed: maphash.MakeSeed()} }

func (t *tools) takeBuffer() []byte {
	if n := len(t.buffers); n > 0 {
		buf := t.buffers[n-1]
		t.buffers = t.buffers[:n-1]
		return buf[:0]
	}
	return nil
}

func (t *tools) giveBuffer(buf []byte) { t.buffers = append(t.buffers, buf) }

// A walk is one file being taken apart.
type walk struct {
	*Opener
	*tools
	visitor Visitor
	meter   *meter
	text    bool  // the file stands in a text
	before  int64 // bytes of the file before those at hand
	errs    []error
	more    int      // errors over maxErrors
	quiet   bool     // what cannot be read is no part of the archive at hand
	doubt   *Doubt   // of a file without a name
	named   bool     // it was said of a member that it is cut off, and not yet of what it is cut off with
	open    []uint64 // hashes of the containers that are held around the one at hand
}

// maxErrors bounds how many errors one file gives.
const maxErrors = 20

// A place is where something lies.
type place struct {
	Part
	depth   int
	archive bool // it lies in an archive, not only in compressed files
}

// A source is a container's bytes: all of data, then rest.
type source struct {
	data   []byte
	rest   io.Reader // nil: data is all
	mapped Mapping   // gives all of it; may be nil
	err    *error    // why it ends where it does; nil, or of nil: that is its end
}

// broken reports whether the source ends before its end, as whoever reads it from
// what is around it says.
func (s *source) broken() bool { return s.err != nil && *s.err != nil }

// reader gives a buffered reader, to be given back.
func (w *walk) reader(s *source) *bufio.Reader {
	if s.rest == nil {
		return w.buffer(bytes.NewReader(s.data))
	}
	return w.buffer(io.MultiReader(bytes.NewReader(s.data), s.rest))
}

func (w *walk) buffer(r io.Reader) *bufio.Reader {
	if n := len(w.buffered); n > 0 {
		b := w.buffered[n-1]
		w.buffered = w.buffered[:n-1]
		b.Reset(r)
		return b
	}
	b := bufio.NewReaderSize(nil, bufferSize) // given r it might return r itself
	b.Reset(r)
	return b
}

func (w *walk) giveBack(b *bufio.Reader) {
	b.Reset(nil)
	w.buffered = append(w.buffered, b)
}

// top opens the file itself.
func (w *walk) top(k *kind, p place, s *source, rest io.Reader) []error {
	in := &input{meter: w.meter, from: rest}
	s.err = &in.err
	if rest != nil {
		s.rest = in
	}
	w.container(k, p, s)
	if over := w.meter.over; over != nil && !errors.Is(over, ErrStopped) {
		w.errs = append(w.errs, &Error{w.meter.where, over})
	}
	if w.more > 0 {
		w.errs = append(w.errs, &Error{Cause: fmt.Errorf("%d more of its members could not be read", w.more)})
	}
	if in.err != nil {
		return append([]error{in.err}, w.errs...)
	}
	return w.errs
}

// fail notes what could not be read, unless it is what ended the walk: that is
// noted once.
func (w *walk) fail(p place, err error) {
	switch {
	case w.meter.over != nil && (errors.Is(err, w.meter.over) || isCut(err)):
		w.meter.where = cmp.Or(w.meter.where, p.Member)
	case w.quiet:
	case len(w.errs) >= maxErrors:
		w.more++
	default:
		w.errs = append(w.errs, &Error{p.Member, err})
	}
}

// content searches what an entry or a decoder gives, or opens it.
func (w *walk) content(p place, r io.Reader) {
	in := &counted{from: r}
	br := w.buffer(in)
	defer w.giveBack(br)
	head, _ := br.Peek(HeadSize)
	k := w.kindOf(head, p.Name)
	if k == nil && !mayCarry(head) && !mayHaveWithin(head) {
		w.visit(p, br)
		return
	}
	data, whole := w.hold(br)
	defer w.release(data)
	if k == nil && whole {
		k = w.inside(data)
	}
	if k != nil && p.depth >= w.limits.Depth {
		w.fail(p, errDepth)
		k = nil
	}
	if k == nil {
		w.visit(p, io.MultiReader(bytes.NewReader(data), br))
		return
	}
	s := &source{data: data, rest: br, err: &in.err}
	if whole {
		s.rest = nil
	}
	w.container(k, p, s)
	if whole && w.meter.over == nil {
		p.Raw = true
		w.visit(p, bytes.NewReader(data))
	}
}

// container opens a container. Where it turns out to be none and is not held whole,
// it is searched as it stands.
func (w *walk) container(k *kind, p place, s *source) {
	if s.rest == nil {
		sum := maphash.Bytes(w.seed, s.data)
		if slices.Contains(w.open, sum) {
			return
		}
		w.open = append(w.open, sum)
		defer func() { w.open = w.open[:len(w.open)-1] }()
	}
	inner := p
	inner.depth++
	inner.Layers = append(slices.Clip(p.Layers), k.name)
	held := len(s.data)
	rest := &counted{from: s.rest}
	if s.rest != nil {
		s.rest = rest
	}
	err := w.guarded(k, inner, s)
	if w.meter.over != nil {
		w.meter.where = cmp.Or(w.meter.where, p.Member)
	}
	if err == nil || w.meter.over != nil {
		w.ended(p, nil, s.broken())
		return
	}
	// What the decoder took beyond what is held cannot be searched any more.
	lost := rest.size > int64(len(s.data)-held)
	var not *notOne
	if errors.As(err, &not) && !k.claimedBy(p.Name) && !lost {
		if p.depth == 0 && p.Name == "" && !w.text {
			w.doubt = &Doubt{k, err}
		}
		err = nil
	}
	w.ended(p, err, s.broken())
	if s.rest != nil && p.depth > 0 {
		p.Raw = true
		w.visit(p, io.MultiReader(bytes.NewReader(s.data), s.rest))
	}
}

// A counted reader counts what is read, and remembers how that ended.
type counted struct {
	from io.Reader
	size int64
	err  error // nil: it has not ended, or as it should
}

func (r *counted) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.size += int64(n)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// errPanic is a decoder's defeat by bytes that it was not made for.
var errPanic = errors.New("its decoder failed")

// guarded turns a panic in a decoder into an error: the rest of the scan must not
// end with it.
func (w *walk) guarded(k *kind, p place, s *source) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // see Mapping
	defer func() {
		if r := recover(); r != nil {
			w.decoders = decoders{}
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	return k.open(w, p, s)
}

func (w *walk) visit(p place, r io.Reader) {
	if w.meter.over != nil {
		return
	}
	if p.Member == "" {
		p.Member = Unnamed
	}
	err := w.visitor(p.Part, r)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			w.fail(p, err)
		}
	} else if err != nil {
		w.fail(p, err)
	}
}

// heading searches what is written about an entry. It counts as unpacked: any number of
// entries can have one long name.
func (w *walk) heading(p place, texts ...string) {
	for _, text := range texts {
		text = text[:min(len(text), maxHeading)]
		if text != "" && w.spend(len(text), len(text)) == nil {
			p.Heading = true
			w.visit(p, strings.NewReader(text))
		}
	}
}

// at is the place of an entry of the archive at p.
func (p place) at(name string) place {
	in := p
	if p.archive {
		in.Member = shortPath(p.Member) + Separator + shortPath(name)
		in.Within = append(slices.Clip(p.Within), p.Name)
	} else if in.Member = shortPath(name); strings.HasPrefix(name, "!") {
		in.Member = "./" + in.Member
	}
	in.Name, in.archive = name, true
	return in
}

// shortPath is what is told of a path: all of it, if any system has such a long one. Each
// member of an archive has that of the archive, and each key in a member that of the
// member. It ends between names, because half a key could not be masked.
func shortPath(path string) string {
	if len(path) <= maxPath {
		return path
	}
	return path[:strings.LastIndexByte(path[:maxPath], '/')+1] + "…"
}
