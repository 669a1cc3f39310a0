package scanner

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A positioner counts lines and columns over bytes that are handed to it in
// order, in pieces of any size. Both start at 1. A line ends behind its "\n",
// so a "\r" before that belongs to it. A column counts code points, and each
// byte that is not UTF-8 as one, which serves text and binary files alike. The mark of
// the byte order that a text may begin with is none, as in an editor.
type positioner struct {
	line, column int
	marked       bool // the text begins with a mark

	// pending is the beginning of a code point whose rest the next piece
	// holds; column does not count it yet.
	pending [utf8.UTFMax]byte
	waiting int // bytes of pending
}

func newPositioner() positioner { return positioner{line: 1, column: 1} }

// at is the position of the byte that advance takes next. Inside a code point
// the bytes that went by count as what they would be without the rest.
func (p *positioner) at() (line, column int) { return p.line, p.column + p.waiting }

// advance moves over a piece, in time proportional to its length.
func (p *positioner) advance(piece []byte) {
	if last := bytes.LastIndexByte(piece, '\n'); last >= 0 {
		p.line += bytes.Count(piece[:last+1], []byte{'\n'})
		p.column, p.waiting = 1, 0
		piece = piece[last+1:]
	}
	piece = p.finish(piece)
	if bytes.HasPrefix(piece, []byte(utf8Mark)) && p.isMark(utf8Mark) {
		piece = piece[len(utf8Mark):]
	}
	whole := len(piece) - partial(piece)
	p.column += runesIn(piece[:whole])
	p.waiting += copy(p.pending[p.waiting:], piece[whole:])
}

// Write is advance for a copy of what is read.
func (p *positioner) Write(piece []byte) (int, error) {
	p.advance(piece)
	return len(piece), nil
}

// isMark reports whether a code point, the one that stands here, is the mark of the byte
// order at the beginning of the text.
func (p *positioner) isMark(char string) bool {
	is := char == utf8Mark && p.line == 1 && p.column+p.waiting == 1 && !p.marked
	p.marked = p.marked || is
	return is
}

// runesIn is utf8.RuneCount, which copies what is not all ASCII.
func runesIn(b []byte) (n int) {
	for at := 0; at < len(b); n++ {
		if len(b)-at >= 8 && binary.LittleEndian.Uint64(b[at:])&(utf8.RuneSelf*0x0101010101010101) == 0 {
			at, n = at+8, n+7
			continue
		}
		_, size := utf8.DecodeRune(b[at:])
		at += size
	}
	return n
}

// finish completes the pending code point from the piece and returns the rest
// of the piece.
func (p *positioner) finish(piece []byte) []byte {
	for p.waiting > 0 && len(piece) > 0 {
		had := p.waiting
		joined := append(p.pending[:had:had], piece[:min(len(piece), utf8.UTFMax-had)]...)
		if !utf8.FullRune(joined) {
			p.waiting = copy(p.pending[:], joined)
			return nil
		}
		_, size := utf8.DecodeRune(joined)
		p.waiting = 0
		if !p.isMark(string(joined[:size])) {
			p.column++
		}
		p.waiting = copy(p.pending[:], p.pending[min(size, had):had])
		piece = piece[max(size-had, 0):]
	}
	return piece
}

// partial is the length of the unfinished code point that b ends with, or 0.
func partial(b []byte) int {
	for n := 1; n <= min(len(b), utf8.UTFMax-1); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// place moves a span that was counted from the beginning of a window to where
// it stands in the file; p has gone over all that lies before the window.
func (p *positioner) place(s rules.Span) rules.Span {
	line, column := p.at()
	if s.Line == 1 {
		s.Column += column - 1
	}
	if s.EndLine == 1 {
		s.EndColumn += column - 1
	}
	s.Line += line - 1
	s.EndLine += line - 1
	return s
}

// spanOf is the span of buf[start:end].
func spanOf(buf []byte, start, end int) rules.Span {
	return spansOf(buf, []key.Match{{Start: start, End: end}})[0]
}

// spansOf gives the span of each match, in any order, in one walk over buf:
// ten thousand keys on one line of 100 MB cost no more than one.
func spansOf(buf []byte, matches []key.Match) []rules.Span {
	type edge struct {
		offset       int
		line, column *int
	}
	spans := make([]rules.Span, len(matches))
	edges := make([]edge, 0, 2*len(matches))
	for i, m := range matches {
		s := &spans[i]
		edges = append(edges, edge{m.Start, &s.Line, &s.Column}, edge{m.End, &s.EndLine, &s.EndColumn})
	}
	slices.SortFunc(edges, func(a, b edge) int { return a.offset - b.offset })
	p, done := newPositioner(), 0
	for _, e := range edges {
		p.advance(buf[done:e.offset])
		done = e.offset
		*e.line, *e.column = p.at()
	}
	var lines [wideAlignments]wideLines
	for i, m := range matches {
		if len(m.Encoding) == 0 {
			continue
		}
		if unit := key.UnitSize(m.Encoding[0]); unit > 1 {
			s := &spans[i]
			if beginsWide(buf) {
				s.Line = lines[unit-2+m.Start%unit].at(buf, m.Start, unit)
				s.EndLine = s.Line + wideBreaks(buf[m.Start:m.End], unit)
			}
			s.Column = wideColumn(buf, m.Start, unit, s.Column)
			s.EndColumn = wideColumn(buf, m.End, unit, s.EndColumn)
		}
	}
	return spans
}

// beginsWide reports whether all of a text is of such units, by a mark of the byte order or
// a character of ASCII in its beginning. Else only a piece of it is, as shells leave it that
// append to a file of ASCII.
func beginsWide(buf []byte) bool {
	const few = 8
	return bytes.HasPrefix(buf, []byte("\xff\xfe")) || bytes.HasPrefix(buf, []byte("\xfe\xff")) || bytes.IndexByte(buf[:min(len(buf), few)], 0) >= 0
}

// wideAlignments is in how many ways units of two or four bytes lie in a buffer.
const wideAlignments = 2 + 4

// wideLines counts the lines of a text of units that lie in one way, of which some have
// the byte of a line break and are none.
type wideLines struct{ place, breaks int }

// at is the line at buf[place:]. Matches come in their order, so that it goes on from the
// last one.
func (l *wideLines) at(buf []byte, place, unit int) int {
	if place < l.place || l.place == 0 {
		*l = wideLines{place: place % unit}
	}
	l.breaks += wideBreaks(buf[l.place:place], unit)
	l.place = place
	return 1 + l.breaks
}

// wideBreaks counts the line breaks among units.
func wideBreaks(units []byte, unit int) (n int) {
	for ; len(units) >= unit; units = units[unit:] {
		if isWideBreak(units[:unit]) {
			n++
		}
	}
	return n
}

// isWideBreak reports whether a unit is a line break in one of the byte orders.
func isWideBreak(unit []byte) bool {
	first, last := unit[0], unit[len(unit)-1]
	for _, c := range unit[1 : len(unit)-1] {
		if c != 0 {
			return false
		}
	}
	return first == '\n' && last == 0 || first == 0 && last == '\n'
}

// wideReach is how many bytes of a line of UTF-16 or UTF-32 are counted.
const wideReach = 16 << 10

// wideColumn is the column, in code points, of the unit of that size that is at
// buf[at:]; a mark of the byte order is none. Where the line's beginning is too far
// away it is the column in bytes, by the size.
func wideColumn(buf []byte, at, unit, bytewise int) int {
	column := 1
	for i := at - unit; i >= 0; i -= unit {
		// Of the two bytes that tell, the other comes first in one of the orders; what
		// else UTF-32 has tells of planes.
		one, other := buf[i], buf[i+1]
		if unit == 4 && one == 0 && other <= 0x10 {
			one, other = buf[i+2], buf[i+3]
		}
		switch {
		case one == '\n' && other == 0, one == 0 && other == '\n', one == 0xff && other == 0xfe, one == 0xfe && other == 0xff:
			return column
		case column > wideReach/unit:
			return (bytewise + unit - 1) / unit
		case unit == 2 && (one&0xfc == 0xdc && other != 0 || other&0xfc == 0xdc && one != 0): // the second half of a code point
		default:
			column++
		}
	}
	return column
}
