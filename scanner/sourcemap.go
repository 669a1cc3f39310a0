package scanner

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A source map tells from which file and line a key came into a bundle: by its
// mappings for a key in the code, by the sources that it carries for a key in
// the map itself. The format is ECMA-426.

const (
	// maxSourceMap is the most, in bytes, that a map may have to be read beside
	// a bundle, or inside one. Decoding takes some times as much.
	maxSourceMap = 32 << 20

	// maxOriginPath bounds the name of a source, which the map chooses.
	maxOriginPath = 1024
)

// A sourceMap is what of the format is used here.
type sourceMap struct {
	SourceRoot     string
	Sources        []*string
	SourcesContent []*string
	Mappings       string
	Sections       []struct {
		Offset struct{ Line, Column int }
		Map    *sourceMap
	}
}

// parts are the maps that an index map is made of, each with where it begins;
// the map itself if it is none.
func (m *sourceMap) parts() []mapPart {
	parts := []mapPart{{m, 0, 0}}
	for _, section := range m.Sections {
		if section.Map != nil {
			parts = append(parts, mapPart{section.Map, section.Offset.Line, section.Offset.Column})
		}
	}
	return parts
}

type mapPart struct {
	*sourceMap
	line, column int
}

// parseSourceMap reads a map; nil if the text is none.
func parseSourceMap(text []byte) *sourceMap {
	if bytes.HasPrefix(text, []byte(")]}'")) { // against inclusion as a script
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	m := &sourceMap{}
	if len(text) > maxSourceMap || json.Unmarshal(text, m) != nil || len(m.Sources)+len(m.Sections) == 0 {
		return nil
	}
	return m
}

// findOrigins tells, for the keys found in a file, from which source each came;
// nil for those of which no map tells.
func (s search) findOrigins(data []byte, found []sighting) []*rules.Origin {
	origins := make([]*rules.Origin, len(found))
	file := uncompressed(s.path)
	if isSourceMap(file) {
		if text := s.wholeMap(data); text != nil {
			s.fromContents(parseSourceMap(text), file, found, origins)
		}
		return origins
	}
	if !isScript(file) && path.Ext(file) != ".css" {
		return origins
	}
	if m := s.mapOf(file, data); m != nil {
		s.fromMappings(m, file, data, found, origins)
		s.fromContents(m, file, found, origins)
	}
	return origins
}

func isSourceMap(file string) bool { return path.Ext(file) == ".map" }

// wholeMap is all of a map of which data may be a part only.
func (s search) wholeMap(data []byte) []byte {
	if len(data) < wholeMax || s.read == nil {
		return data
	}
	return s.read(s.path, maxSourceMap)
}

var mapComment = newExpression(`(?:/[/*][#@]\s*sourceMappingURL=)([^\s*'"]+)`)

// mapOf finds the map of a bundle: inline, beside it by the name that it gives,
// or beside it by its own name. Nothing outside of the bundle's directory is
// read, whatever the bundle says.
func (s search) mapOf(file string, data []byte) *sourceMap {
	beside := path.Base(file) + ".map"
	if at := bytes.LastIndex(data, []byte("sourceMappingURL=")); at >= 0 {
		if m := mapComment().FindSubmatch(data[max(0, at-8):]); m != nil {
			if encoded, ok := bytes.CutPrefix(m[1], []byte("data:")); ok {
				return parseSourceMap(dataURL(encoded))
			}
			beside = path.Base(string(m[1]))
		}
	}
	if s.read == nil {
		return nil
	}
	return parseSourceMap(s.read(path.Join(path.Dir(file), beside), maxSourceMap))
}

// dataURL is what the rest of a data: URL holds; nil if it is broken.
func dataURL(rest []byte) []byte {
	kind, data, ok := bytes.Cut(rest, []byte(","))
	if !ok || len(data) > 2*maxSourceMap {
		return nil
	}
	if !bytes.HasSuffix(kind, []byte(";base64")) {
		text, err := url.PathUnescape(string(data))
		if err != nil {
			return nil
		}
		return []byte(text)
	}
	text, err := base64.StdEncoding.AppendDecode(nil, data)
	if err != nil {
		return nil
	}
	return text
}

// fromContents gives the keys that have no origin yet the places where a map's
// own copy of the sources holds them, in order.
func (s search) fromContents(m *sourceMap, file string, found []sighting, origins []*rules.Origin) {
	if m == nil {
		return
	}
	places := map[key.Secret][]*rules.Origin{}
	for _, part := range m.parts() {
		for i, content := range part.SourcesContent {
			if content == nil || i >= len(part.Sources) {
				continue
			}
			text := []byte(*content)
			for match := range key.Find(text) {
				if len(places[match.Secret]) < maxSightings {
					places[match.Secret] = append(places[match.Secret], s.origin(part.sourceMap, file, i, 1+bytes.Count(text[:match.Start], []byte{'\n'})))
				}
			}
		}
	}
	for i, f := range found {
		list := places[f.match.Secret]
		if len(list) == 0 || origins[i] != nil {
			continue
		}
		origins[i] = list[0]
		if len(list) > 1 {
			places[f.match.Secret] = list[1:]
		}
	}
}

// A mapQuery asks where a place in a bundle came from.
type mapQuery struct {
	line, column int // from 0, in UTF-16 units
	number       int // of the sighting
}

// fromMappings asks a map's mappings where keys in the code came from.
func (s search) fromMappings(m *sourceMap, file string, data []byte, found []sighting, origins []*rules.Origin) {
	queries := mapQueries(data, found)
	for _, part := range m.parts() {
		part.resolve(queries, func(q mapQuery, source, line int) {
			origins[q.number] = s.origin(part.sourceMap, file, source, line+1)
		})
	}
}

// mapQueries counts the lines and columns of all sightings in one walk.
func mapQueries(data []byte, found []sighting) []mapQuery {
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(found[a].match.Start, found[b].match.Start) })
	queries := make([]mapQuery, 0, len(found))
	done, line, column := 0, 0, 0
	for _, i := range order {
		start := found[i].match.Start
		if start > len(data) {
			break
		}
		piece := data[done:start]
		if last := bytes.LastIndexByte(piece, '\n'); last >= 0 {
			line += bytes.Count(piece, []byte{'\n'})
			column, piece = 0, piece[last+1:]
		}
		column += utf16Length(piece)
		done = start
		queries = append(queries, mapQuery{line, column, i})
	}
	return queries
}

func utf16Length(text []byte) int {
	n := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		n++
		if r > 0xffff {
			n++
		}
		text = text[size:]
	}
	return n
}

// resolve answers queries, which are in order, from the mappings: the last
// segment at or before a place on its line tells where it came from.
func (p mapPart) resolve(queries []mapQuery, answer func(q mapQuery, source, line int)) {
	type state struct{ line, column, source, origLine int }
	now := state{line: p.line, column: p.column}
	last, mapped := now, false
	settle := func(line, column int) {
		for len(queries) > 0 && (queries[0].line < line || queries[0].line == line && queries[0].column < column) {
			if q := queries[0]; mapped && last.line == q.line && last.column <= q.column {
				answer(q, last.source, last.origLine)
			}
			queries = queries[1:]
		}
	}
	v := vlq{text: p.Mappings}
	for !v.done() && len(queries) > 0 {
		switch {
		case v.take(';'):
			now.line, now.column = now.line+1, 0
			continue
		case v.take(','):
			continue
		}
		fields, n := v.segment()
		if n == 0 {
			return // broken
		}
		now.column += fields[0]
		settle(now.line, now.column)
		if mapped = n >= 4; mapped {
			now.source += fields[1]
			now.origLine += fields[2]
		}
		last = now
	}
	settle(now.line+1, 0)
}

// A vlq reads the numbers of mappings, in base64 of five bits each.
type vlq struct {
	text string
	at   int
}

func (v *vlq) done() bool { return v.at >= len(v.text) }

func (v *vlq) take(c byte) bool {
	if v.text[v.at] != c {
		return false
	}
	v.at++
	return true
}

// segment reads the numbers up to the next comma or semicolon; n is 0 if they
// are none.
func (v *vlq) segment() (fields [5]int, n int) {
	for ; !v.done() && v.text[v.at] != ',' && v.text[v.at] != ';'; n++ {
		value, ok := v.number()
		if !ok || n == len(fields) {
			return fields, 0
		}
		fields[n] = value
	}
	return fields, n
}

func (v *vlq) number() (value int, ok bool) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for shift := 0; !v.done() && shift <= 30; shift += 5 {
		digit := strings.IndexByte(alphabet, v.text[v.at])
		if digit < 0 {
			return 0, false
		}
		v.at++
		value |= (digit & 31) << shift
		if digit&32 == 0 {
			if value&1 != 0 {
				return -(value >> 1), true
			}
			return value >> 1, true
		}
	}
	return 0, false
}

// origin names a source of a map by a path like the bundle's own; nil if it has
// no usable name.
func (s search) origin(m *sourceMap, file string, source, line int) *rules.Origin {
	if source < 0 || source >= len(m.Sources) || m.Sources[source] == nil || line < 1 {
		return nil
	}
	name := *m.Sources[source]
	if name == "" || len(name) > maxOriginPath || len(m.SourceRoot) > maxOriginPath {
		return nil
	}
	return &rules.Origin{Path: key.Mask(s.originPath(m.SourceRoot, name, file)), Line: line}
}

// originPath resolves a source's name. Bundlers write a path from the map, or
// one from their project's top behind a scheme of their own.
func (s search) originPath(root, name, file string) string {
	if root != "" && !strings.Contains(name, "://") && !strings.HasPrefix(name, "/") {
		name = strings.TrimSuffix(root, "/") + "/" + name
	}
	name, _, _ = strings.Cut(name, "?")
	scheme, rest, virtual := strings.Cut(name, "://")
	switch {
	case virtual && (scheme == "http" || scheme == "https"):
		return name
	case virtual && scheme == "file":
		return path.Clean(rest)
	case virtual:
		_, rest, _ = strings.Cut(rest, "/") // behind the project's name
		rest = strings.TrimPrefix(path.Clean(strings.TrimPrefix(rest, "[project]/")), "/")
		return s.sourceThere(file, rest)
	case strings.HasPrefix(name, "/"):
		return path.Clean(name)
	}
	fromTop := path.Clean(name) // Angular writes it so, without a scheme
	name = path.Join(path.Dir(file), name)
	if s.exists != nil && !s.exists(name) && !strings.HasPrefix(fromTop, "../") {
		if there := s.sourceThere(file, fromTop); s.exists(there) {
			return there
		}
	}
	for strings.HasPrefix(name, "../") {
		name = name[len("../"):]
	}
	return name
}

// sourceThere completes a path from the top of what the bundler took for the
// project, which may be the bundle's, one around it, or none of these.
func (s search) sourceThere(file, source string) string {
	root := neighbourhood{s.exists, nil}.projectOf(file).root
	for rest := source; s.exists != nil && rest != ""; _, rest, _ = strings.Cut(rest, "/") {
		for _, there := range []string{path.Join(root, rest), rest} {
			if s.exists(there) {
				return there
			}
		}
	}
	return source
}
