package scanner

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"github.com/inspecto/insplint/internal/key"
)

// What is kept of a map at most.
const (
	maxMapSources = 1 << 18  // names of sources in all its parts
	maxMapNames   = 16 << 20 // bytes of them
	maxMapParts   = 1 << 14
	maxMapCarried = 1 << 16
	maxMapSource  = 8 << 20 // bytes of one source that is carried
)

// A sourceMap is what a map says of the keys that were asked for.
type sourceMap struct {
	parts []*mapPart // one, or those that an index map is made of

	queries []mapQuery
	secrets map[key.Secret]bool
	offsets []mapOffset // of the sections, by their number, as an earlier reading found them
	late    bool        // a section's offset came behind its map
	sources int
	names   int // bytes
	carried int
	text    []byte
}

// A mapOffset is where in a bundle a section of an index map begins, from 0.
type mapOffset struct{ line, column int }

// A mapPart is a map, or a section of an index map.
type mapPart struct {
	mapOffset
	root    string
	sources []string // empty: none that can be named
	answers []mapAnswer
	carried []carriedKey
}

// A mapAnswer is where the place of a sighting came from.
type mapAnswer struct{ number, source, line int }

// A carriedKey is a key in a source that the map carries.
type carriedKey struct {
	secret       key.Secret
	source, line int
}

// readSourceMap reads a map; nil if there is none. Of one that breaks off it has
// what came before.
func readSourceMap(open func() io.ReadCloser, queries []mapQuery, secrets map[key.Secret]bool) *sourceMap {
	m := readMapOnce(open, queries, secrets, nil)
	if m != nil && m.late {
		return readMapOnce(open, queries, secrets, m.offsets)
	}
	return m
}

func readMapOnce(open func() io.ReadCloser, queries []mapQuery, secrets map[key.Secret]bool, offsets []mapOffset) *sourceMap {
	if open == nil {
		return nil
	}
	f := open()
	if f == nil {
		return nil
	}
	defer f.Close()
	j := &jsonText{in: bufio.NewReaderSize(io.LimitReader(f, maxSourceMap), 64<<10)}
	if begin, _ := j.in.Peek(4); bytes.Equal(begin, []byte(")]}'")) { // against inclusion as a script
		j.skipLine()
	}
	m := &sourceMap{queries: queries, secrets: secrets, offsets: offsets}
	m.readPart(j, m.newPart())
	return m
}

func (m *sourceMap) newPart() *mapPart {
	p := &mapPart{}
	m.parts = append(m.parts, p)
	return p
}

// readPart reads a map; sections only in the map that is the whole.
func (m *sourceMap) readPart(j *jsonText, p *mapPart) {
	whole := len(m.parts) == 1
	j.object(func(name string) {
		switch name {
		case "sourceRoot":
			p.root = j.string(maxOriginPath)
		case "sources":
			j.array(func(int) { p.sources = append(p.sources, m.sourceName(j)) })
		case "sourcesContent":
			j.array(func(source int) { m.readContent(j, p, source) })
		case "mappings":
			v := newVLQ(p, m.queries)
			if j.text(v.read); j.err == nil {
				v.end()
			}
		case "sections":
			if whole {
				j.array(func(number int) { m.readSection(j, number) })
				return
			}
			j.skip()
		default:
			j.skip()
		}
	})
}

// sourceName reads the name of a source, if that is one to keep.
func (m *sourceMap) sourceName(j *jsonText) string {
	if m.sources++; m.sources > maxMapSources {
		j.fail()
		return ""
	}
	name := j.string(maxOriginPath)
	if m.names += len(name); m.names > maxMapNames {
		return ""
	}
	return strings.Clone(name)
}

func (m *sourceMap) readSection(j *jsonText, number int) {
	if number >= maxMapParts {
		j.fail()
		return
	}
	var offset mapOffset
	known, read := number < len(m.offsets), false
	if known {
		offset = m.offsets[number]
	}
	j.object(func(name string) {
		switch name {
		case "offset":
			j.object(func(name string) {
				switch n := j.number(); name {
				case "line":
					offset.line = n
				case "column":
					offset.column = n
				}
			})
			m.late = m.late || read && !known
		case "map":
			p := m.newPart()
			p.mapOffset, read = offset, true
			m.readPart(j, p)
		default:
			j.skip()
		}
	})
	if !known {
		m.offsets = append(m.offsets, offset)
	}
}

// readContent looks for keys in a source that the map carries.
func (m *sourceMap) readContent(j *jsonText, p *mapPart, source int) {
	m.text = m.text[:0]
	j.text(func(piece []byte) bool {
		m.text = append(m.text, piece[:min(len(piece), maxMapSource-len(m.text))]...)
		return len(m.text) < maxMapSource
	})
	line, done := 1, 0
	for match := range key.Find(m.text) {
		if !m.secrets[match.Secret] || m.carried == maxMapCarried {
			continue
		}
		m.carried++
		line += bytes.Count(m.text[done:max(done, match.Start)], []byte{'\n'})
		done = max(done, match.Start)
		p.carried = append(p.carried, carriedKey{match.Secret, source, line})
	}
}

// A vlq reads mappings, numbers in base64 of five bits a digit, in pieces, and
// answers queries, which are in order, from them: the last segment at or before a
// place on its line tells where it came from.
type vlq struct {
	part    *mapPart
	queries []mapQuery
	broken  bool

	value, shift int // of the number that is being read
	fields       [5]int
	n            int // fields that are read

	line, column, source, origin int
	last                         mapState // of the segment before
}

// A mapState is a segment.
type mapState struct {
	line, column, source, origin int
	mapped                       bool
}

func newVLQ(p *mapPart, queries []mapQuery) *vlq {
	return &vlq{part: p, queries: queries, line: p.line, column: p.mapOffset.column}
}

// vlqDigits gives the value of each digit plus 1; 0 for what is none.
var vlqDigits = func() (values [256]byte) {
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		values[c] = byte(i + 1)
	}
	return values
}()

// read takes a piece of the mappings; false: no more of them is needed.
func (v *vlq) read(piece []byte) bool {
	for _, c := range piece {
		switch digit := int(vlqDigits[c]) - 1; {
		case digit >= 0 && v.n < len(v.fields) && v.shift <= 30:
			v.value |= (digit & 31) << v.shift
			v.shift += 5
			if digit&32 == 0 {
				v.finishNumber()
			}
		case (c == ',' || c == ';') && v.shift == 0:
			v.finishSegment()
			if c == ';' {
				v.line, v.column = v.line+1, 0
			}
		default:
			v.broken = true
		}
		if v.broken || len(v.queries) == 0 {
			return false
		}
	}
	return true
}

func (v *vlq) finishNumber() {
	number := v.value >> 1
	if v.value&1 != 0 {
		number = -number
	}
	v.fields[v.n] = number
	v.n, v.value, v.shift = v.n+1, 0, 0
}

func (v *vlq) finishSegment() {
	if v.n == 0 {
		return
	}
	v.column += v.fields[0]
	v.settle(v.line, v.column)
	if v.n >= 4 {
		v.source += v.fields[1]
		v.origin += v.fields[2]
	}
	v.last = mapState{v.line, v.column, v.source, v.origin, v.n >= 4}
	v.n = 0
}

// settle answers what lies before a place in the bundle.
func (v *vlq) settle(line, column int) {
	for len(v.queries) > 0 && (v.queries[0].line < line || v.queries[0].line == line && v.queries[0].column < column) {
		if q := v.queries[0]; v.last.mapped && v.last.line == q.line && v.last.column <= q.column {
			v.part.answers = append(v.part.answers, mapAnswer{q.number, v.last.source, v.last.origin + 1})
		}
		v.queries = v.queries[1:]
	}
}

// end answers what is left, unless the mappings were broken.
func (v *vlq) end() {
	if !v.broken && v.shift == 0 {
		v.finishSegment()
		v.settle(v.line+1, 0)
	}
}
