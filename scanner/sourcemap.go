package scanner

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"io"
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
//
// Bundles and maps of 100 MB are not rare. Both are read from their beginning to
// their end, in pieces (sourcemap_read.go), with what is looked for in hand: where
// in the bundle the keys are. No table is made.

const (
	// maxSourceMap is the most, in bytes, that is read of a map.
	maxSourceMap = 512 << 20

	// maxOriginPath bounds the name of a source, which the map chooses.
	maxOriginPath = 1024
)

// findOrigins tells, for the keys found in a file, from which source each came;
// nil for those of which no map tells.
func (s search) findOrigins(text body, found []sighting) []*rules.Origin {
	origins := make([]*rules.Origin, len(found))
	file := uncompressed(s.file())
	var m *sourceMap
	switch {
	case text.again == nil:
	case isSourceMap(file):
		m = readSourceMap(text.again, nil, secretsOf(found))
	case isScript(file), path.Ext(file) == ".css":
		places := findMapQueries(text.again(), found)
		m = readSourceMap(s.mapOf(file, text, places), places.queries, secretsOf(found))
	}
	if m != nil {
		s.fromMappings(m, file, origins)
		s.fromContents(m, file, found, origins)
	}
	return origins
}

func isSourceMap(file string) bool { return path.Ext(file) == ".map" }

func secretsOf(found []sighting) map[key.Secret]bool {
	secrets := map[key.Secret]bool{}
	for _, f := range found {
		secrets[f.match.Secret] = true
	}
	return secrets
}

var mapComment = newExpression(`\A[#@]\s*sourceMappingURL=([^\s*'"]+)`)

// mapOf opens the map of a bundle: inline, beside it by the name that it gives,
// or beside it by its own name. Nothing outside of the bundle's directory is
// read, whatever the bundle says.
func (s search) mapOf(file string, text body, places mapPlaces) func() io.ReadCloser {
	beside := path.Base(file) + ".map"
	if places.comment >= 0 {
		comment := readAt(text, places.comment, maxOriginPath)
		if m := mapComment.Get().FindSubmatch(comment); m != nil {
			if bytes.HasPrefix(m[1], []byte("data:")) {
				at := bytes.Index(comment, []byte("data:")) + len("data:")
				return func() io.ReadCloser { return openDataURL(text.again(), places.comment+int64(at)) }
			}
			beside = path.Base(string(m[1]))
		}
	}
	if s.open == nil {
		return nil
	}
	return func() io.ReadCloser { return s.open(path.Join(path.Dir(file), beside)) }
}

// readAt reads some bytes of a file.
func readAt(text body, at int64, size int) []byte {
	f := text.again()
	if f == nil {
		return nil
	}
	defer f.Close()
	if _, err := io.CopyN(io.Discard, f, at); err != nil {
		return nil
	}
	found, err := io.ReadAll(io.LimitReader(f, int64(size)))
	if err != nil {
		return nil
	}
	return found
}

// openDataURL is what the rest of a data: URL holds that begins at an offset; nil
// if there is none. What of it is broken ends it.
func openDataURL(f io.ReadCloser, at int64) io.ReadCloser {
	if f == nil {
		return nil
	}
	in := bufio.NewReaderSize(f, 64<<10)
	_, err := io.CopyN(io.Discard, in, at)
	kind, cut := in.ReadSlice(',')
	if errors.Join(err, cut) != nil {
		_ = f.Close()
		return nil
	}
	url := &urlText{in: in, escaped: !bytes.HasSuffix(kind, []byte(";base64,"))}
	if url.escaped {
		return inClosing{url, f}
	}
	return inClosing{base64.NewDecoder(base64.StdEncoding, url), f}
}

// inClosing reads from one and closes another.
type inClosing struct {
	io.Reader
	io.Closer
}

// A urlText reads an address up to where a comment ends it.
type urlText struct {
	in      *bufio.Reader
	escaped bool
	ended   bool
}

// Read is as io.Reader has it.
func (u *urlText) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c, err := u.in.ReadByte()
		if err != nil || u.ended || bytes.IndexByte([]byte(" \t\r\n*'\""), c) >= 0 {
			u.ended = true
			return n, io.EOF
		}
		if c == '%' && u.escaped {
			if c, err = u.unescape(); err != nil {
				return n, err
			}
		}
		p[n] = c
		n++
	}
	return n, nil
}

func (u *urlText) unescape() (byte, error) {
	digits, err := u.in.Peek(2)
	if err != nil || !hexDigits(digits) {
		return 0, io.EOF
	}
	_, _ = u.in.Discard(2)
	return hexValue(digits[0])<<4 | hexValue(digits[1]), nil
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// fromMappings takes what a map's mappings answer about keys in the code.
func (s search) fromMappings(m *sourceMap, file string, origins []*rules.Origin) {
	for _, part := range m.parts {
		for _, a := range part.answers {
			origins[a.number] = s.origin(part, file, a.source, a.line)
		}
	}
}

// fromContents gives the keys that have no origin yet the places where a map's
// own copy of the sources holds them, in order.
func (s search) fromContents(m *sourceMap, file string, found []sighting, origins []*rules.Origin) {
	places := map[key.Secret][]*rules.Origin{}
	for _, part := range m.parts {
		for _, c := range part.carried {
			places[c.secret] = append(places[c.secret], s.origin(part, file, c.source, c.line))
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

// mapPlaces is what of a bundle its map is asked with.
type mapPlaces struct {
	queries []mapQuery // in their order
	comment int64      // where the last comment that names a map begins, behind its slashes; -1: none
}

// findMapQueries counts the lines and columns of all sightings in one walk, and
// finds the comment that names the map.
func findMapQueries(f io.ReadCloser, found []sighting) mapPlaces {
	places := mapPlaces{comment: -1}
	if f == nil {
		return places
	}
	defer f.Close()
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(found[a].at, found[b].at) })
	w := &mapWalk{mapPlaces: places, found: found, order: order, buf: make([]byte, 0, mapPiece)}
	for {
		n, err := io.ReadFull(f, w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		w.piece(err != nil)
		if err != nil {
			return w.mapPlaces
		}
	}
}

const (
	mapPiece = 256 << 10
	mapMark  = "sourceMappingURL="
)

// A mapWalk goes over a bundle in pieces.
type mapWalk struct {
	mapPlaces
	found        []sighting
	order        []int // of found, by their places; the rest to come
	buf          []byte
	done         int64 // bytes before buf
	line, column int   // of buf's beginning
}

// piece takes what is in the buffer, and keeps what its end may be the beginning of.
func (w *mapWalk) piece(last bool) {
	for from := 0; ; { // bytes.LastIndex takes many times as long
		at := bytes.Index(w.buf[from:], []byte(mapMark))
		if at < 0 {
			break
		}
		begin := max(0, from+at-2) // "# "
		w.comment = w.done + int64(begin+max(0, bytes.LastIndexAny(w.buf[begin:from+at], "#@")))
		from += at + len(mapMark)
	}
	keep := 0
	if !last {
		keep = min(len(w.buf), len(mapMark)+utf8.UTFMax)
	}
	taken := w.buf[:len(w.buf)-keep]
	for len(w.order) > 0 && w.found[w.order[0]].at < w.done+int64(len(taken)) {
		start := int(w.found[w.order[0]].at - w.done)
		w.advance(taken[:start])
		taken = taken[start:]
		w.queries = append(w.queries, mapQuery{w.line, w.column, w.order[0]})
		w.order = w.order[1:]
	}
	w.advance(taken)
	w.buf = w.buf[:copy(w.buf, w.buf[len(w.buf)-keep:])]
}

// advance counts what lies before the next place.
func (w *mapWalk) advance(text []byte) {
	w.done += int64(len(text))
	if len(w.order) == 0 {
		return
	}
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		w.line += bytes.Count(text, []byte{'\n'})
		w.column, text = 0, text[last+1:]
	}
	w.column += utf16Length(text)
}

// utf16Length counts a piece of UTF-8, which may end or begin within a code point:
// its first byte counts.
func utf16Length(text []byte) int {
	n := 0
	for _, c := range text {
		switch {
		case c < utf8.RuneSelf, 0xc0 <= c && c < 0xf0:
			n++
		case c >= 0xf0:
			n += 2
		}
	}
	return n
}

// origin names a source of a map by a path like the bundle's own; nil if it has
// no usable name.
func (s search) origin(m *mapPart, file string, source, line int) *rules.Origin {
	if source < 0 || source >= len(m.sources) || m.sources[source] == "" || line < 1 {
		return nil
	}
	return &rules.Origin{Path: key.Mask(s.originPath(m.root, m.sources[source], file)), Line: line}
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
