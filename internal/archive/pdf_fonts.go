package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"unicode/utf8"
)

// Fonts that hold only the glyphs that are used number them in their own way; what a
// number means stands in a stream of its own, the font's ToUnicode CMap (ISO 32000-1,
// 9.10.3), before the pages or behind them. Which font shows a text stands in objects
// that refer to each other, in files that may be damaged: so each text is read with each
// map, and maps that contradict each other nowhere are one. A map of another font makes
// letters of it too, but no key.

// What is kept of a PDF file until its maps are known, and what is tried then of all in a file.
const (
	maxShown    = 16 << 20  // bytes of what its pages show
	maxMapPages = 16 << 10  // of 256 glyphs and a KiB
	maxMapped   = 8 << 20   // glyphs, in all maps
	maxTried    = 256 << 20 // bytes of text, times maps; and
	triedEach   = 64        // more for each byte of the file
	maxMerge    = 64        // maps that a new one is compared with
)

// A key in whatever encoding has fewestSpelled different characters at least, and a text
// with one fewestShown.
const (
	fewestSpelled = 12
	fewestShown   = 64
)

var errFonts = errors.New("it shows more text in fonts that number their glyphs in their own way than is read: the rest was not searched")

// A glyph is what a code means: up to four characters of ASCII, the first in the lowest
// byte, or any other one behind glyphWide; 0 where that is not known.
type glyph uint32

const glyphWide glyph = 1 << 31

// ligatures are single characters for letters that are drawn as one, from U+FB00 on.
var ligatures = [...]string{"ff", "fi", "fl", "ffi", "ffl"}

// glyphOf reads the text of a code, in UTF-16, whose last unit is so much higher.
func glyphOf(text []byte, higher uint16) glyph {
	if len(text) == 1 {
		text = []byte{0, text[0]}
	}
	if len(text) < 2 {
		return 0
	}
	last := binary.BigEndian.Uint16(text[len(text)-2:]) + higher
	switch {
	case len(text) == 2 && 0xfb00 <= last && int(last-0xfb00) < len(ligatures):
		return glyphOfASCII(ligatures[last-0xfb00])
	case len(text) == 2 && last >= utf8.RuneSelf:
		return glyphWide | glyph(last)
	case len(text) > 8 || last >= utf8.RuneSelf:
		return glyphWide | utf8.RuneError
	}
	ascii := make([]byte, 0, 4)
	for unit := range slices.Chunk(text[:len(text)-2], 2) {
		if unit[0] != 0 || len(unit) < 2 || unit[1] >= utf8.RuneSelf {
			return glyphWide | utf8.RuneError
		}
		ascii = append(ascii, unit[1])
	}
	return glyphOfASCII(string(append(ascii, byte(last))))
}

func glyphOfASCII(text string) (g glyph) {
	for i := range len(text) {
		g |= glyph(text[i]) << (8 * i)
	}
	return g
}

// spells calls use with each of a glyph's characters that a key may have, in an encoding too.
func (g glyph) spells(use func(c byte)) {
	for ; g != 0 && g < glyphWide; g >>= 8 {
		if c := byte(g); isWordByte(c) {
			use(c)
		}
	}
}

func isWordByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '+' || c == '/' || c == '-'
}

// A glyphMap tells what the codes of a font mean, all of one width.
type glyphMap struct {
	width int // bytes of a code: one, or two
	pages [256]*[256]glyph
	count int // of pages
}

func (m *glyphMap) set(code uint16, g glyph) {
	page := &m.pages[code>>8]
	if *page == nil {
		*page = new([256]glyph)
		m.count++
	}
	(*page)[code&0xff] = g
}

// says reports whether the map tells of a key what the codes themselves do not, which are
// read as letters first.
func (m *glyphMap) says() bool {
	var seen [256]bool
	distinct, news := 0, m.width > 1
	for high, page := range m.pages {
		if page == nil {
			continue
		}
		for low, g := range page {
			g.spells(func(c byte) {
				news = news || int(g) != high<<8|low
				if !seen[c] {
					seen[c] = true
					distinct++
				}
			})
		}
	}
	return news && distinct >= fewestSpelled
}

// merge takes another map in that contradicts this one nowhere.
func (m *glyphMap) merge(other *glyphMap) bool {
	if m.width != other.width {
		return false
	}
	for i, page := range other.pages {
		if page == nil || m.pages[i] == nil {
			continue
		}
		for j, g := range page {
			if mine := m.pages[i][j]; g != 0 && mine != 0 && g != mine {
				return false
			}
		}
	}
	for i, page := range other.pages {
		if page == nil {
			continue
		}
		for j, g := range page {
			if g != 0 {
				m.set(uint16(i<<8|j), g)
			}
		}
	}
	return true
}

// appendText appends what codes mean, and counts the characters that a key may have.
func (m *glyphMap) appendText(text, codes []byte) (_ []byte, spelled int) {
	for ; len(codes) >= m.width; codes = codes[m.width:] {
		high, low := byte(0), codes[0]
		if m.width == 2 {
			high, low = codes[0], codes[1]
		}
		g := glyphWide | utf8.RuneError
		if page := m.pages[high]; page != nil && page[low] != 0 {
			g = page[low]
		}
		if g >= glyphWide {
			text = utf8.AppendRune(text, rune(g&^glyphWide))
			continue
		}
		for ; g != 0; g >>= 8 {
			text = append(text, byte(g))
			spelled++
		}
	}
	return text, spelled
}

// A cmapReader reads the parts of a CMap that tell what codes mean (Adobe Technical Note
// 5014): pairs of a code and its text, or codes from the first to the last with the text
// of the first, or an array with that of each.
type cmapReader struct {
	part   cmapPart
	have   int // strings of an entry that were read
	first  uint16
	last   uint16
	width  int
	maps   [2]*glyphMap // of codes of one byte, and of two
	mapped int
}

type cmapPart uint8

const (
	cmapNone cmapPart = iota
	cmapChars
	cmapRanges
)

// operator reads a word that stands in a stream.
func (r *cmapReader) operator(word []byte) {
	switch string(word) {
	case "beginbfchar":
		r.part, r.have = cmapChars, 0
	case "beginbfrange":
		r.part, r.have = cmapRanges, 0
	case "endbfchar", "endbfrange":
		r.part = cmapNone
	}
}

// text reads a string that stands in such a part.
func (r *cmapReader) text(s []byte, inArray bool) {
	switch {
	case r.have == 0:
		r.first, r.width = codeOf(s)
		r.last = r.first
		r.have++
	case r.have == 1 && r.part == cmapRanges:
		r.last, _ = codeOf(s)
		r.have++
	case inArray:
		if r.first <= r.last {
			r.set(r.first, glyphOf(s, 0))
		}
		if r.first++; r.first == 0 {
			r.width = 0
		}
	default:
		for code := int(r.first); code <= int(r.last) && r.mapped < maxMapped; code++ {
			r.set(uint16(code), glyphOf(s, uint16(code)-r.first))
		}
		r.have = 0
	}
}

// arrayEnds ends the entry whose texts are in an array.
func (r *cmapReader) arrayEnds() {
	if r.have == 2 {
		r.have = 0
	}
}

// codeOf is a code, and its width in bytes; 0 if it is none that is read.
func codeOf(s []byte) (code uint16, width int) {
	switch len(s) {
	case 1:
		return uint16(s[0]), 1
	case 2:
		return binary.BigEndian.Uint16(s), 2
	}
	return 0, 0
}

func (r *cmapReader) set(code uint16, g glyph) {
	if r.mapped++; r.width == 0 || g == 0 || r.mapped > maxMapped {
		return
	}
	m := &r.maps[r.width-1]
	if *m == nil {
		*m = &glyphMap{width: r.width}
	}
	(*m).set(code, g)
}

// pageFonts are the maps of a file, and what its pages show.
type pageFonts struct {
	maps   []*glyphMap
	pages  int // of maps
	mapped int
	texts  []shownText
	shown  int // bytes of texts
	lost   bool
}

// A shownText is what the stream at in shows.
type shownText struct {
	in    place
	text  []byte
	lines []pageLine
}

// add takes the maps, or the text, of a stream.
func (f *pageFonts) add(in place, page *pageText) {
	f.mapped += page.cmap.mapped
	for _, m := range page.cmap.maps {
		if m != nil {
			f.addMap(m)
		}
	}
	if !page.shows || len(page.text) < fewestShown {
		return
	}
	const lineSize = 8
	if f.shown += len(page.text) + lineSize*len(page.lines); f.shown > maxShown {
		f.lost = true
		return
	}
	f.texts = append(f.texts, shownText{in, bytes.Clone(page.text), slices.Clone(page.lines)})
}

func (f *pageFonts) addMap(m *glyphMap) {
	for _, other := range f.maps[max(0, len(f.maps)-maxMerge):] {
		before := other.count
		if other.merge(m) {
			f.pages += other.count - before
			return
		}
	}
	const rest = 2 // what a map takes beside its pages
	if f.pages += m.count + rest; f.pages > maxMapPages || f.mapped > maxMapped {
		f.lost = true
		return
	}
	f.maps = append(f.maps, m)
}

// full reports whether no more maps are taken.
func (f *pageFonts) full() bool { return f.pages > maxMapPages || f.mapped > maxMapped }

// fontText searches what the pages of a file show, read with the maps of its fonts.
func (w *walk) fontText(f *pageFonts) error {
	maps := slices.DeleteFunc(f.maps, func(m *glyphMap) bool { return !m.says() })
	if len(maps) == 0 && !f.full() {
		return nil
	}
	var text []byte
	for i := range f.texts {
		shown := &f.texts[i]
		for _, m := range maps {
			if w.meter.tried += int64(len(shown.text)); w.meter.tried > w.free*(maxTried/freeUnpacked)+triedEach*w.meter.input {
				return errFonts
			}
			if w.stop() {
				w.meter.over = ErrStopped
				return nil
			}
			var spelled int
			if text, spelled = shown.with(m, text[:0]); spelled >= fewestShown {
				w.visit(shown.in, bytes.NewReader(text))
			}
		}
	}
	if f.lost || f.full() {
		return errFonts
	}
	return nil
}

// with appends a text as a map reads it, line by line.
func (s *shownText) with(m *glyphMap, text []byte) (_ []byte, spelled int) {
	for i, line := range s.lines {
		if line.aside {
			continue
		}
		at, end := int(line.at), len(s.text)
		if i+1 < len(s.lines) {
			end = int(s.lines[i+1].at) - 1 // before the line break
		}
		var n int
		text, n = m.appendText(text, s.text[at:end])
		spelled += n
		text = append(text, '\n')
	}
	return text, spelled
}
