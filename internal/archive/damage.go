package archive

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// What is not read to its end is named once, where it is known best: a cut at the
// innermost member that it goes through, any other damage where it lies, and the
// member that it leaves without its end besides.

// A cutOff says how much there is of what is cut off.
type cutOff string

func (c cutOff) Error() string { return "is cut off: " + string(c) }

const errEndMissing = cutOff("its end is missing")

// isCut reports whether an error says that something is cut off.
func isCut(err error) bool {
	var c cutOff
	return errors.As(err, &c)
}

// errSum is what readers make of a wrong checksum. All that it is of was read.
var errSum = errors.New("its checksum is wrong")

// A damagedAt is a decoder's error behind so many unpacked bytes, where others follow.
type damagedAt struct {
	size  int64
	cause error
}

func (e *damagedAt) Error() string { return e.cause.Error() }
func (e *damagedAt) Unwrap() error { return e.cause }

// A notOne is why a file is no container of the kind that it begins like, or
// one of which nothing could be read.
type notOne struct{ cause error }

func (e *notOne) Error() string { return e.cause.Error() }
func (e *notOne) Unwrap() error { return e.cause }

// A proof is how much must be seen of a file before it is believed to be what it
// begins like, and damaged, rather than something else.
type proof struct {
	cut  int   // bytes of the file up to where it ends, none of which contradicts
	sum  int64 // unpacked bytes before a wrong checksum
	data int64 // unpacked bytes before what makes no sense
}

var (
	// proven is what an archive says of its entries, or a header's own checksum.
	proven = proof{}
	// certain is for marks that hardly any other file begins with.
	certain = proof{cut: 64, sum: 64, data: 512}
	// doubtful is for marks of two bytes.
	doubtful = proof{cut: 64, sum: 512, data: 64 << 10}
	// unproven is for what a name alone may tell.
	unproven = proof{cut: math.MaxInt, sum: math.MaxInt64, data: math.MaxInt64}
)

// textCut is the proof of a cut in what stands in a text, where samples often end in
// an ellipsis.
const textCut = 512

// stream searches what a decoder gives, and judges how that ended.
func (w *walk) stream(p place, s *source, r io.Reader, enough proof) error {
	p.Name = Unpacked(p.Name)
	if w.text && p.depth == 1 {
		enough.cut = max(enough.cut, textCut)
	}
	return w.decoded(p, r, len(s.data), enough)
}

// decoded searches all that a decoder gives. The error is nil if that was all there
// is.
func (w *walk) decoded(p place, r io.Reader, input int, enough proof) error {
	out := &spending{walk: w, from: r}
	w.content(p, out)
	w.drain(out)
	return judge(out, input, enough)
}

// drain reads what a visitor, or the reader of an archive, has left: only then it is
// known how it ends.
func (w *walk) drain(r io.Reader) {
	if w.meter.over == nil {
		_, _ = io.Copy(io.Discard, r)
	}
}

// judge tells how a decoder ended that was given at least input bytes.
func judge(out *spending, input int, enough proof) error {
	var err error
	var believed bool
	size := out.size
	var at *damagedAt
	if errors.As(out.err, &at) {
		size = at.size
	}
	switch {
	case out.err == nil:
		return nil
	case isRefusal(out.err):
		return out.err
	case errors.Is(out.err, io.ErrUnexpectedEOF):
		err, believed = cutOff(fmt.Sprintf("it ends after %d unpacked bytes", size)), input >= enough.cut
	case errors.Is(out.err, errSum):
		err, believed = fmt.Errorf("is damaged: %w", out.err), out.size >= enough.sum
	case out.size < enough.data:
		err = fmt.Errorf("cannot be unpacked: %w", out.err)
	default:
		err, believed = fmt.Errorf("is damaged: after %d bytes it cannot be unpacked: %w", size, out.err), true
	}
	if !believed {
		return &notOne{err}
	}
	return err
}

// isRefusal reports whether an error says that what is sure to be of a kind is not
// read.
func isRefusal(err error) bool { return errors.Is(err, errWindow) || errors.Is(err, errFilter) }

// ended notes how what lies at p ended; broken tells whether what it lies in ends
// there too.
func (w *walk) ended(p place, err error, broken bool) {
	if isCut(err) && w.named {
		err = nil // the member is named that this goes through
	} else if isCut(err) {
		w.named = true
	}
	if !broken {
		w.named = false
	}
	if err != nil {
		w.fail(p, err)
	}
}

// entryContent searches an entry of an archive that says that it has size bytes.
func (w *walk) entryContent(p place, r io.Reader, size int64) error {
	body := &counted{from: r}
	w.content(p, body)
	w.drain(body)
	if body.err == nil || w.meter.over != nil {
		return nil
	}
	err := cutOff(fmt.Sprintf("%d of its %d bytes are there", body.size, size))
	w.ended(p, err, true)
	return err
}

// An exact reader reads so many bytes of an archive; if there are less, it says so.
type exact struct {
	from io.Reader
	left int64
}

func (r *exact) Read(b []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n, err := r.from.Read(b[:min(int64(len(b)), r.left)])
	if r.left -= int64(n); err == io.EOF && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
