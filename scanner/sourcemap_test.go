package scanner

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
)

// encodeMappings writes mappings from rows of segments {column, source, line},
// as deltas in VLQ.
func encodeMappings(lines [][][3]int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var out strings.Builder
	number := func(n int) {
		n <<= 1
		if n < 0 {
			n = -n | 1
		}
		for {
			digit := n & 31
			if n >>= 5; n > 0 {
				digit |= 32
			}
			out.WriteByte(alphabet[digit])
			if n == 0 {
				return
			}
		}
	}
	var source, line int
	for i, segments := range lines {
		if i > 0 {
			out.WriteByte(';')
		}
		column := 0
		for j, s := range segments {
			if j > 0 {
				out.WriteByte(',')
			}
			number(s[0] - column)
			number(s[1] - source)
			number(s[2] - line)
			number(0)
			column, source, line = s[0], s[1], s[2]
		}
	}
	return out.String()
}

type mapText struct {
	Version        int      `json:"version"`
	SourceRoot     string   `json:"sourceRoot,omitempty"`
	Sources        []string `json:"sources"`
	SourcesContent []string `json:"sourcesContent,omitempty"`
	Mappings       string   `json:"mappings"`
}

func (m mapText) String() string {
	text, _ := json.Marshal(m)
	return string(text)
}

// origins searches a file among others and names where each key came from.
func origins(file string, files map[string]string) []string {
	s := search{
		path:   file,
		exists: func(name string) bool { _, ok := files[name]; return ok },
		read: func(name string, limit int) []byte {
			if text, ok := files[name]; ok && len(text) <= limit {
				return []byte(text)
			}
			return nil
		},
	}
	s.open = func(name string) io.ReadCloser {
		if text, ok := files[name]; ok {
			return io.NopCloser(strings.NewReader(text))
		}
		return nil
	}
	var found []string
	sightings, _ := s.buffer([]byte(files[file]))
	for _, f := range sightings {
		if o := f.place.Origin; o != nil {
			found = append(found, fmt.Sprintf("%s:%d", o.Path, o.Line))
		} else {
			found = append(found, "none")
		}
	}
	return found
}

func TestOrigins(t *testing.T) {
	const bundle, beside = ".next/static/a.js", ".next/static/a.js.map"
	one, two := factsKey(1), factsKey(2)
	code := "x;\nlet é=\"😀\",k=\"" + one + "\",l=\"" + two + "\";\n"
	at := func(key string) int {
		return utf16Length([]byte(strings.Split(code, "\n")[1][:strings.Index(strings.Split(code, "\n")[1], key)])) - 1
	}
	mapped := mapText{Version: 3, Sources: []string{"../../src/a.ts", "webpack://app/./src/b.ts"},
		Mappings: encodeMappings([][][3]int{{{0, 0, 0}}, {{0, 0, 1}, {at(one), 1, 41}, {at(two), 0, 6}}})}
	carried := mapText{Version: 3, Sources: []string{"a.ts", "b.ts"}, SourcesContent: []string{"\n\nconst k = \"" + one + "\"", "const l = '" + two + "'"}}
	inline := "\n//# sourceMappingURL=data:application/json;charset=utf-8;base64," + base64.StdEncoding.EncodeToString([]byte(mapped.String())) + "\n"
	sections := `{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"version":3,"sources":["z.ts"],"mappings":"AAAA"}},{"offset":{"line":1,"column":0},"map":` +
		mapText{Version: 3, Sources: []string{"y.ts"}, Mappings: encodeMappings([][][3]int{{{0, 0, 8}}})}.String() + `}]}`
	late := `{"version":3,"sections":[{"map":{"sources":["z.ts"],"mappings":"AAEA"},"offset":{"line":1,"column":2}}]}`
	fromTop := mapText{Version: 3, Sources: []string{"src/a.ts", "src/gone.ts"}, Mappings: mapped.Mappings}
	for name, test := range map[string]struct {
		file  string
		files map[string]string
		want  string
	}{
		"from the project's top": {"web/dist/client/m.js", map[string]string{"web/dist/client/m.js": code, "web/dist/client/m.js.map": fromTop.String(), "web/package.json": "{}", "web/src/a.ts": ""},
			"web/dist/client/src/gone.ts:42 web/src/a.ts:7"},
		"no map":               {bundle, map[string]string{bundle: code}, "none none"},
		"beside":               {bundle, map[string]string{bundle: code, beside: mapped.String()}, "src/b.ts:42 src/a.ts:7"},
		"under a name":         {bundle, map[string]string{bundle: code + "//# sourceMappingURL=m.map\n", ".next/static/m.map": mapped.String()}, "src/b.ts:42 src/a.ts:7"},
		"elsewhere":            {bundle, map[string]string{bundle: code + "//# sourceMappingURL=../../secret.map\n", "secret.map": mapped.String()}, "none none"},
		"inline":               {bundle, map[string]string{bundle: code + inline}, "src/b.ts:42 src/a.ts:7"},
		"in sections":          {bundle, map[string]string{bundle: code, beside: sections}, ".next/static/y.ts:9 .next/static/y.ts:9"},
		"offsets behind":       {bundle, map[string]string{bundle: code, beside: late}, ".next/static/z.ts:3 .next/static/z.ts:3"},
		"inline, escaped":      {bundle, map[string]string{bundle: code + "/*# sourceMappingURL=data:application/json," + url.PathEscape(mapped.String()) + " */"}, "src/b.ts:42 src/a.ts:7"},
		"escapes":              {bundle, map[string]string{bundle: code, beside: strings.NewReplacer("src", `\u0073\/..\/src`, "A", `\u0041`).Replace(mapped.String())}, "src/b.ts:42 src/a.ts:7"},
		"breaks off":           {bundle, map[string]string{bundle: code, beside: strings.TrimSuffix(mapped.String(), `"}`)}, "none none"},
		"other values":         {bundle, map[string]string{bundle: code, beside: `{"sources":7,"x":[{"y":[1e3,null]}],"sourcesContent":{},"mappings":[],"sections":[1,{"map":2,"offset":3}]}`}, "none none"},
		"against inclusion":    {bundle, map[string]string{bundle: code, beside: ")]}'\n" + mapped.String()}, "src/b.ts:42 src/a.ts:7"},
		"by what it carries":   {bundle, map[string]string{bundle: code, beside: carried.String()}, ".next/static/a.ts:3 .next/static/b.ts:1"},
		"of the map itself":    {beside, map[string]string{beside: carried.String()}, ".next/static/a.ts:3 .next/static/b.ts:1"},
		"broken":               {bundle, map[string]string{bundle: code, beside: `{"version":3,"sources":["a"],"mappings":"!!"}`}, "none none"},
		"not JSON":             {bundle, map[string]string{bundle: code, beside: "<html>"}, "none none"},
		"source out of bounds": {bundle, map[string]string{bundle: code, beside: `{"version":3,"sources":["a"],"mappings":";AqzBAA"}`}, "none none"},
		"broken inline":        {bundle, map[string]string{bundle: code + "//# sourceMappingURL=data:application/json;base64,%%%\n"}, "none none"},
	} {
		if got := strings.Join(origins(test.file, test.files), " "); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestOriginPaths(t *testing.T) {
	s := search{exists: existsAmong("web/package.json web/src/a.ts")}
	for _, test := range []struct{ root, name, want string }{
		{"", "../src/a.ts", "web/src/a.ts"},
		{"", "webpack:///./src/a.ts?1f2e", "web/src/a.ts"},
		{"", "webpack://_N_E/./src/gone.ts", "src/gone.ts"},
		{"", "turbopack:///[project]/src/a.ts", "web/src/a.ts"},
		{"../src/", "a.ts", "web/src/a.ts"},
		{"", "../../../../etc/a.ts", "etc/a.ts"},
		{"", "https://example.com/a.ts", "https://example.com/a.ts"},
		{"", "file:///home/a.ts", "/home/a.ts"},
	} {
		if got := s.originPath(test.root, test.name, "web/dist/a.js"); got != test.want {
			t.Errorf("%q below %q: got %q, want %q", test.name, test.root, got, test.want)
		}
	}
}

// TestOriginsOfLargeFiles wants the same of a bundle and a map that are read in
// pieces, whose edges lie anywhere. Smaller pieces than a scan's tell as much of the edges.
func TestOriginsOfLargeFiles(t *testing.T) {
	const window = 1 << 20
	one, two := factsKey(1), factsKey(2)
	filler := strings.Repeat("é😀;", window/13)
	line := filler + "k=\"" + one + "\"," + filler + "l=\"" + two + "\";"
	column := func(key string) int { return utf16Length([]byte(line[:strings.Index(line, key)])) - 1 }
	mapped := mapText{Version: 3, Sources: []string{"../src/a.ts", "../src/b.ts"},
		SourcesContent: []string{strings.Repeat("\n", 6) + one + strings.Repeat("x\n", window/3), "\n" + two},
		Mappings:       encodeMappings([][][3]int{{{0, 0, 0}}, {{0, 0, 1}, {column(one), 1, 41}, {column(two), 0, 6}}})}
	inline := "\n//# sourceMappingURL=data:application/json;base64," + base64.StdEncoding.EncodeToString([]byte(mapped.String()))
	e := treeOf(t, "package.json={}", "dist/index.html=", "build/index.html=")
	writeTree(t, e.root, "dist/a.js", "x;\n"+line+"\n//# sourceMappingURL=m.map\n")
	writeTree(t, e.root, "dist/m.map", mapped.String())
	writeTree(t, e.root, "build/b.js", "x;\n"+line+inline)
	for _, test := range []struct{ file, want string }{
		{"dist/a.js", "src/b.ts:42 src/a.ts:7"}, {"dist/m.map", "src/a.ts:7 src/b.ts:2"}, {"build/b.js", "src/b.ts:42 src/a.ts:7"},
	} {
		s := Options{Bundle: true}.search(test.file, e)
		s.again = true
		f := must(os.Open(e.abs(test.file)))
		found, size, err := s.stream(f, make([]byte, window), contextBytes)
		_ = f.Close()
		if size <= window {
			t.Errorf("%s: %d bytes are read in one piece", test.file, size)
		}
		var got []string
		for _, f := range found {
			if o := f.place.Origin; o != nil && len(f.match.Encoding) == 0 {
				got = append(got, fmt.Sprintf("%s:%d", o.Path, o.Line))
			}
		}
		if strings.Join(got, " ") != test.want || err != nil {
			t.Errorf("%s: got %q, want %s (%v)", test.file, got, test.want, err)
		}
	}
}

// BenchmarkOrigins asks a map of 64 MB about keys in a bundle of 20 MB.
func BenchmarkOrigins(b *testing.B) {
	code := strings.Repeat("function f(a,b){return a+b};", 20<<20/28) + "k=\"" + factsKey(1) + "\""
	segments := make([][3]int, 0, 4<<20)
	for i := range 4 << 20 {
		segments = append(segments, [3]int{5 * i, i % 7, i % 1000})
	}
	m := mapText{Version: 3, Sources: []string{"a", "b", "c", "d", "e", "f", "g"}, Mappings: encodeMappings([][][3]int{segments})}
	for range 7 {
		m.SourcesContent = append(m.SourcesContent, strings.Repeat("const value = \"x\";\n\treturn value;\n", 200<<10))
	}
	text := m.String()
	files := map[string][]byte{"a.js.map": []byte(text)}
	s := search{path: "a.js", open: func(name string) io.ReadCloser { return io.NopCloser(bytes.NewReader(files[name])) }}
	found := []sighting{{at: int64(strings.Index(code, "insp_"))}}
	for match := range key.Find([]byte(code)) {
		found[0].match = match
	}
	b.SetBytes(int64(len(code) + len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if s.findOrigins(heldBody([]byte(code)), found)[0] == nil {
			b.Fatal("no origin")
		}
	}
}

// FuzzOrigins: no map makes the search panic or hang, and a place that it names
// is one that a map can name.
func FuzzOrigins(f *testing.F) {
	f.Add(`{"version":3,"sources":["a.ts"],"mappings":"AAAA;AACA,CAAC"}`)
	f.Add(`{"version":3,"sections":[{"offset":{"line":1,"column":-1},"map":{"sources":[null],"sourcesContent":["x"],"mappings":";;;"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		code := "let k=\"" + factsKey(1) + "\"\n"
		for _, file := range []string{".next/static/a.js", ".next/static/a.js.map"} {
			files := map[string]string{".next/static/a.js": code, ".next/static/a.js.map": text + factsKey(1)}
			for _, origin := range origins(file, files) {
				if origin == "" {
					t.Error("an origin without a name")
				}
			}
		}
	})
}
