package scanner

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

const (
	// snippetWidth is how many code points of a line a snippet shows, the
	// masked key among them.
	snippetWidth = 120

	// snippetReach is how many bytes on each side of the key may go into
	// them: a code point takes up to four.
	snippetReach = 4 * snippetWidth

	// A run of this many hexadecimal digits outside of any match may be part
	// of a key all the same: of one that was cut, or that no form fits.
	hexRunHidden = 16

	// A run of this many characters of the base64 alphabet that look random is
	// a secret more often than a word.
	tokenRunHidden = 32
)

const ellipsis = "…"

// A glyph is what a snippet shows for one character, byte or key.
type glyph struct {
	text string
	key  bool
}

// snippet is the line around a match, cut to a readable length, with every
// key on it masked, whatever could be a piece of one left out, and nothing in
// it that a terminal obeys.
func (s *surroundings) snippet(m key.Match) rules.Snippet {
	start, end := m.Start, m.End
	for _, c := range s.within(m.Start, m.End) {
		start, end = min(start, c.start), max(end, c.end)
	}
	return s.snippetOf(start, end, m.Secret.Masked())
}

// snippetOf is the same around any part of a line, which it shows as masked.
func (s *surroundings) snippetOf(start, end int, masked string) rules.Snippet {
	left, cutLeft := s.before(start)
	right, cutRight := s.after(end)
	width := utf8.RuneCountInString(masked)
	room := max(0, snippetWidth-width)
	leftRoom := max(room/2, room-glyphsWidth(right))
	rightRoom := max(room-room/2, room-glyphsWidth(left))
	before, more := lastGlyphs(left, leftRoom)
	cutLeft = cutLeft || more
	after, more := firstGlyphs(right, rightRoom)
	cutRight = cutRight || more
	text := openEnd(before, cutLeft)
	return rules.Snippet{
		Text:   text + masked + closeEnd(after, cutRight),
		Column: utf8.RuneCountInString(text) + 1,
		Width:  width,
	}
}

// before shows the line up to at, as far as a snippet can need it. cut tells
// that the line began earlier.
func (s *surroundings) before(at int) (shown []glyph, cut bool) {
	from := max(0, at-snippetReach)
	if newline := bytes.LastIndexByte(s.buf[from:at], '\n'); newline >= 0 {
		return s.glyphs(from+newline+1, at), false
	}
	if from == 0 {
		return s.glyphs(0, at), false
	}
	for skipped := 0; from < at && skipped < utf8.UTFMax-1 && !utf8.RuneStart(s.buf[from]); skipped++ {
		from++
	}
	return s.glyphs(from, at), true
}

// after shows the line from at on, as far as a snippet can need it. cut tells
// that the line goes on.
func (s *surroundings) after(at int) (shown []glyph, cut bool) {
	to := min(len(s.buf), at+snippetReach)
	if newline := bytes.IndexByte(s.buf[at:to], '\n'); newline >= 0 {
		return dropReturn(s.glyphs(at, at+newline)), false
	}
	if to == len(s.buf) {
		return s.glyphs(at, to), false
	}
	return s.glyphs(at, to-partial(s.buf[at:to])), true
}

const carriageReturn = `\r`

// dropReturn takes off the carriage return that is half of a line break.
func dropReturn(shown []glyph) []glyph {
	if last := len(shown) - 1; last >= 0 && shown[last].text == carriageReturn {
		return shown[:last]
	}
	return shown
}

// glyphs shows buf[from:to].
func (s *surroundings) glyphs(from, to int) []glyph {
	shown := make([]glyph, 0, to-from)
	wide := 3*bytes.Count(s.buf[from:to], []byte{0}) >= to-from // UTF-16: every other byte is no character
	for _, c := range s.within(from, to) {
		shown = appendText(shown, s.buf[from:max(from, c.start)], wide)
		shown = append(shown, glyph{c.matches[0].Secret.Masked(), true})
		from = min(c.end, to)
	}
	return hideRuns(appendText(shown, s.buf[from:to], wide))
}

func appendText(shown []glyph, text []byte, wide bool) []glyph {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if !wide || r != 0 {
			shown = append(shown, glyph{text: visible(r, text[:size])})
		}
		text = text[size:]
	}
	return shown
}

// visible shows one character, or one byte that is none, by what cannot act
// on a terminal, turn the text's direction or hide.
func visible(r rune, raw []byte) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1, r < ' ' && r != '\t' && r != '\r', r == 0x7f:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r == '\r':
		return carriageReturn
	case r == '\t', unicode.Is(unicode.Zs, r):
		return " "
	case unicode.IsPrint(r):
		return string(r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// hideRuns puts an ellipsis in the place of what may be a piece of a key.
func hideRuns(shown []glyph) []glyph {
	kept := shown[:0]
	for len(shown) > 0 {
		run := leading(shown, isTokenByte)
		switch {
		case run == 0:
			kept = append(kept, shown[0])
			run = 1
		case run >= tokenRunHidden && isRandom(shown[:run]):
			kept = append(kept, glyph{text: ellipsis})
		default:
			kept = hideHex(kept, shown[:run])
		}
		shown = shown[run:]
	}
	return kept
}

// hideHex appends a run of one alphabet to kept, its long runs of hexadecimal
// digits hidden. The digits of an escape before it lengthen its first one.
func hideHex(kept, run []glyph) []glyph {
	limit := hexRunHidden
	if last := len(kept) - 1; last >= 0 && strings.HasPrefix(kept[last].text, `\`) {
		limit -= max(0, len(kept[last].text)-2) // without the backslash and its letter
	}
	for len(run) > 0 {
		digits := leading(run, isHexDigit)
		if digits >= limit {
			kept = append(kept, glyph{text: ellipsis})
		} else {
			digits = max(digits, 1)
			kept = append(kept, run[:digits]...)
		}
		run, limit = run[digits:], hexRunHidden
	}
	return kept
}

// leading counts the glyphs at the beginning that show one byte each of a
// class.
func leading(shown []glyph, class func(byte) bool) int {
	for i, g := range shown {
		if g.key || len(g.text) != 1 || !class(g.text[0]) {
			return i
		}
	}
	return len(shown)
}

func isTokenByte(c byte) bool {
	return isHostByte(c) || c == '+' || c == '/'
}

// isRandom reports whether upper case, lower case and digits change as often
// as in random base64, where two neighbours differ 6 times in 10; in the names
// that programmers write they do 3 times at most.
func isRandom(run []glyph) bool {
	changes := 0
	for i := 1; i < len(run); i++ {
		if byteClass(run[i-1].text[0]) != byteClass(run[i].text[0]) {
			changes++
		}
	}
	return 10*changes >= 4*len(run)
}

func byteClass(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return 1
	case 'A' <= c && c <= 'Z':
		return 2
	case '0' <= c && c <= '9':
		return 3
	}
	return 0
}

func glyphsWidth(shown []glyph) int {
	width := 0
	for _, g := range shown {
		width += utf8.RuneCountInString(g.text)
	}
	return width
}

// lastGlyphs takes as many from the end as fit into room. more tells that some
// are left.
func lastGlyphs(shown []glyph, room int) (last []glyph, more bool) {
	for i := len(shown) - 1; i >= 0; i-- {
		if room -= utf8.RuneCountInString(shown[i].text); room < 0 {
			return shown[i+1:], true
		}
	}
	return shown, false
}

// firstGlyphs takes as many from the beginning as fit into room.
func firstGlyphs(shown []glyph, room int) (first []glyph, more bool) {
	for i, g := range shown {
		if room -= utf8.RuneCountInString(g.text); room < 0 {
			return shown[:i], true
		}
	}
	return shown, false
}

// openEnd is the text on the left of the key: without indentation, or with a
// sign that it was cut.
func openEnd(shown []glyph, cut bool) string {
	text := join(shown)
	if !cut {
		return strings.TrimLeft(text, " ")
	}
	return ellipsis + strings.TrimPrefix(text, ellipsis)
}

// closeEnd is the text on the right of the key.
func closeEnd(shown []glyph, cut bool) string {
	text := join(shown)
	if !cut {
		return strings.TrimRight(text, " ")
	}
	return strings.TrimSuffix(text, ellipsis) + ellipsis
}

func join(shown []glyph) string {
	var text strings.Builder
	for _, g := range shown {
		text.WriteString(g.text)
	}
	return text.String()
}
