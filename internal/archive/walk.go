package archive

import (
	"bufio"
	"bytes"
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
	errs    []error
	more    int      // errors over maxErrors
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
}

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
	if rest != nil {
		s.rest = in
	}
	w.container(k, p, s)
	if over := w.meter.over; over != nil && !errors.Is(over, ErrStopped) {
		w.errs = append(w.errs, &Error{Cause: over})
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
	case w.meter.over != nil && errors.Is(err, w.meter.over):
	case len(w.errs) >= maxErrors:
		w.more++
	default:
		w.errs = append(w.errs, &Error{p.Member, err})
	}
}

// content searches what an entry or a decoder gives, or opens it.
func (w *walk) content(p place, r io.Reader) {
	br := w.buffer(r)
	defer w.giveBack(br)
	head, _ := br.Peek(HeadSize)
	k := w.kindOf(head, p.Name)
	if k != nil && p.depth >= w.limits.Depth {
		w.fail(p, errDepth)
		k = nil
	}
	if k == nil {
		w.visit(p, br)
		return
	}
	data, whole := w.hold(br)
	defer w.release(data)
	s := &source{data: data, rest: br}
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
	if err == nil || w.meter.over != nil {
		return
	}
	// What the decoder took beyond what is held cannot be searched any more.
	lost := rest.size > int64(len(s.data)-held)
	var not *notOne
	if !errors.As(err, &not) || k.claimedBy(p.Name) || lost {
		w.fail(p, err)
	}
	if s.rest != nil && p.depth > 0 {
		p.Raw = true
		w.visit(p, io.MultiReader(bytes.NewReader(s.data), s.rest))
	}
}

// A counted reader counts what is read.
type counted struct {
	from io.Reader
	size int64
}

func (r *counted) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.size += int64(n)
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

// A notOne is why a file is no container of the kind that it begins like, or
// one of which nothing could be read.
type notOne struct{ cause error }

func (e *notOne) Error() string { return e.cause.Error() }
func (e *notOne) Unwrap() error { return e.cause }

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

// heading searches what is written about an entry.
func (w *walk) heading(p place, texts ...string) {
	for _, text := range texts {
		if text != "" {
			p.Heading = true
			w.visit(p, strings.NewReader(text[:min(len(text), maxHeading)]))
		}
	}
}

// at is the place of an entry of the archive at p.
func (p place) at(name string) place {
	in := p
	if p.archive {
		in.Member = p.Member + Separator + name
		in.Within = append(slices.Clip(p.Within), p.Name)
	} else if in.Member = name; strings.HasPrefix(name, "!") {
		in.Member = "./" + name
	}
	in.Name, in.archive = name, true
	return in
}

// stream searches what a decoder gives; sure is that of the kind. The error is
// nil if all that is there was read.
func (w *walk) stream(p place, r io.Reader, sure int64) error {
	p.Name = Unpacked(p.Name)
	out := &spending{walk: w, from: r}
	w.content(p, out)
	return judge(out, sure)
}

// judge tells how a decoder ended.
func judge(out *spending, sure int64) error {
	switch err := out.err; {
	case err == nil || isCut(err):
		return nil
	case isRefusal(err):
		return err
	case out.size < sure:
		return &notOne{fmt.Errorf("cannot be unpacked: %w", err)}
	default:
		return fmt.Errorf("is damaged: after %d bytes it cannot be unpacked further: %w", out.size, err)
	}
}

// isRefusal reports whether an error says that what is sure to be of a kind is not
// read.
func isRefusal(err error) bool { return errors.Is(err, errWindow) || errors.Is(err, errFilter) }

// isCut reports whether an error only says that the end is missing.
func isCut(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }
