package archive

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strconv"
)

// Streams of numbers, and of objects written by some programs, are packed as a picture
// would be: row by row, each as its difference from what stands left of it and above
// (ISO 32000-1, 7.4.4.4; the filters are those of PNG, section 9).

const (
	// pdfDictionary is how much of the text before a stream is kept, which says how it
	// is packed.
	pdfDictionary = 1 << 10
	// pdfRow bounds the bytes of a row; two are held.
	pdfRow = 1 << 20
)

// A pdfSeeker goes from stream to stream and keeps what stands before the next.
type pdfSeeker struct {
	from      *bufio.Reader
	before    []byte
	page      pageText // what the bytes since the last keyword show
	encrypted bool
}

// next goes on behind the keyword that begins a stream; false if none follows.
func (s *pdfSeeker) next() bool {
	const keyword = "stream"
	s.before = s.before[:0]
	for {
		b, err := s.from.Peek(max(len(keyword), s.from.Buffered()))
		if at := bytes.Index(b, []byte(keyword)); at >= 0 {
			s.pass(b[:at])
			s.noteEncryption()
			_, _ = s.from.Discard(len(keyword))
			return true
		}
		if err != nil {
			s.pass(b)
			s.noteEncryption()
			return false
		}
		s.pass(b[:len(b)-len(keyword)+1])
	}
}

func (s *pdfSeeker) pass(b []byte) {
	_, _ = s.page.Write(b)
	s.before = append(s.before, b[max(0, len(b)-pdfDictionary):]...)
	s.before = s.before[max(0, len(s.before)-pdfDictionary):]
	_, _ = s.from.Discard(len(b))
}

// noteEncryption looks whether the file's trailer, or the stream that serves as one, stands
// before the place that was come to, and names what the file's streams are encrypted by
// (7.5.5, 7.6.1).
func (s *pdfSeeker) noteEncryption() {
	_, value, ok := bytes.Cut(s.before, []byte("/Encrypt"))
	value = bytes.TrimLeft(value, " \r\n\t")
	s.encrypted = s.encrypted || ok && len(value) > 0 && ('0' <= value[0] && value[0] <= '9' || value[0] == '<')
}

// dictionary is what stands between the beginning of the stream's object and the keyword,
// as far as that is kept.
func (s *pdfSeeker) dictionary() []byte {
	return s.before[max(0, bytes.LastIndex(s.before, []byte(" obj"))):]
}

// claims reports whether the stream has a dictionary, with this name in it.
func (s *pdfSeeker) claims(name string) bool {
	d := s.dictionary()
	return bytes.HasSuffix(bytes.TrimRight(d, " \r\n\t"), []byte(">>")) && bytes.Contains(d, []byte(name))
}

// number is the value of a key in the dictionary of the stream.
func (s *pdfSeeker) number(key string, otherwise int) int {
	_, value, ok := bytes.Cut(s.dictionary(), []byte(key))
	value = bytes.TrimLeft(value, " \r\n\t")
	end := bytes.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if n, err := strconv.Atoi(string(value[:max(0, end)])); ok && err == nil {
		return n
	}
	return otherwise
}

// predictor tells how many bytes the rows have that a stream was made of before it was
// packed, and the pixels in them; 0 if it was not.
func (s *pdfSeeker) predictor() (row, pixel int) {
	if s.number("/Predictor", 1) < 10 {
		return 0, 0
	}
	bits := s.number("/Colors", 1) * s.number("/BitsPerComponent", 8)
	columns := s.number("/Columns", 1)
	if bits < 1 || columns < 1 || bits > pdfRow || columns > 8*pdfRow/bits {
		return 0, 0
	}
	return (bits*columns + 7) / 8, (bits + 7) / 8
}

// unpredicted undoes what was done to the text of a stream before it was packed. Streams
// may tell of larger rows than they have, so that memory for them is used again; release
// gives it back.
func (f *pdfWalk) unpredicted(r io.Reader) (_ io.Reader, release func()) {
	size, pixel := f.at.predictor()
	if size == 0 {
		return r, func() {}
	}
	row := slices.Grow(f.takeBuffer(), 1+size)[:1+size]
	above := slices.Grow(f.takeBuffer(), size)
	return &pngReader{from: r, row: row, above: above, pixel: pixel}, func() {
		f.giveBuffer(row)
		f.giveBuffer(above)
	}
}

// A pngReader undoes the filters of PNG.
type pngReader struct {
	from  io.Reader
	row   []byte // the filter, and what it made of a row
	above []byte // the row before; what it lacks is 0
	left  []byte // of above, what was not handed over
	pixel int
	err   error
}

func (r *pngReader) Read(b []byte) (int, error) {
	for len(r.left) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		var n int
		n, r.err = io.ReadFull(r.from, r.row)
		if r.err == io.ErrUnexpectedEOF {
			r.err = io.EOF // of what is below, its own reader says how it ends
		}
		if n > 1 {
			row := r.row[1:n]
			r.undo(r.row[0], row)
			r.above = append(r.above[:0], row...)
			r.left = r.above
		}
	}
	n := copy(b, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (r *pngReader) undo(filter byte, row []byte) {
	for i := range row {
		var left, above, corner int
		if i < len(r.above) {
			above = int(r.above[i])
		}
		if i >= r.pixel {
			left = int(row[i-r.pixel])
		}
		if at := i - r.pixel; 0 <= at && at < len(r.above) {
			corner = int(r.above[at])
		}
		switch filter {
		case 1:
			row[i] += byte(left)
		case 2:
			row[i] += byte(above)
		case 3:
			row[i] += byte((left + above) / 2)
		case 4:
			row[i] += byte(paeth(left, above, corner))
		}
	}
}

// paeth is that of the three which is nearest to left + above - corner.
func paeth(left, above, corner int) int {
	distance := func(a, b int) int { return max(a-b, b-a) }
	p := left + above - corner
	a, b, c := distance(p, left), distance(p, above), distance(p, corner)
	switch {
	case a <= b && a <= c:
		return left
	case b <= c:
		return above
	}
	return corner
}
