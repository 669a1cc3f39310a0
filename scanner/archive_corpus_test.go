package scanner

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/key"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// A packing is a way to put a file into a container.
type packing struct {
	layers []string // outside in
	ending string   // of the container's name; Unpacked takes it off
	named  bool     // the file has a name in there
	file   string   // and this is the one that it has, whatever it was called
	broken bool     // it is not whole, which is named
	pack   func(t testing.TB, name string, content []byte) []byte
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func written(content []byte, open func(io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	w := open(&b)
	must(w.Write(content))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func packZip(method uint16, comment string) func(testing.TB, string, []byte) []byte {
	return func(_ testing.TB, name string, content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if err := z.SetComment(comment); err != nil {
			panic(err)
		}
		must(must(z.CreateHeader(&zip.FileHeader{Name: "first", Method: zip.Store})).Write([]byte("PK, and no more")))
		must(must(z.CreateHeader(&zip.FileHeader{Name: name, Method: method})).Write(content))
		must(must(z.Create("last/file")).Write([]byte("nothing here")))
		if err := z.Close(); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
}

// packZipBy packs by a method that Go's own writer lacks.
func packZipBy(method uint16, open func(io.Writer) io.WriteCloser) func(testing.TB, string, []byte) []byte {
	return func(_ testing.TB, name string, content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		z.RegisterCompressor(method, func(w io.Writer) (io.WriteCloser, error) { return open(w), nil })
		must(must(z.CreateHeader(&zip.FileHeader{Name: name, Method: method})).Write(content))
		must(must(z.Create("last/file")).Write([]byte("nothing here")))
		if err := z.Close(); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
}

func writeZstd(w io.Writer) io.WriteCloser { return must(zstd.NewWriter(w)) }
func writeLZMA(w io.Writer) io.WriteCloser { return must(lzma.NewWriter(w)) }
func writeLZ4(w io.Writer) io.WriteCloser  { return lz4.NewWriter(w) }

// writeXZ begins to write when something is to be written: the writer writes its
// header at once, and a zip file's comes before it.
func writeXZ(w io.Writer) io.WriteCloser { return &lateXZ{w: w} }

type lateXZ struct {
	w io.Writer
	z *xz.Writer
}

func (l *lateXZ) Write(b []byte) (int, error) {
	if l.z == nil {
		l.z = must(xz.NewWriter(l.w))
	}
	return l.z.Write(b)
}

func (l *lateXZ) Close() error { return l.z.Close() }

func writeOldLZ4(w io.Writer) io.WriteCloser {
	z := lz4.NewWriter(w)
	if err := z.Apply(lz4.LegacyOption(true)); err != nil {
		panic(err)
	}
	return z
}

func packBy(open func(io.Writer) io.WriteCloser) func(testing.TB, string, []byte) []byte {
	return func(_ testing.TB, _ string, content []byte) []byte { return written(content, open) }
}

func packTar(format tar.Format) func(testing.TB, string, []byte) []byte {
	return func(_ testing.TB, name string, content []byte) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, f := range []struct{ name, text string }{{"first", "a file"}, {name, string(content)}, {"last", "another"}} {
			if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.text)), Format: format}); err != nil {
				panic(err)
			}
			must(io.WriteString(w, f.text))
		}
		if err := w.Close(); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
}

func packCRX(t testing.TB, name string, content []byte) []byte {
	head := append([]byte("Cr24\x03\x00\x00\x00"), 7, 0, 0, 0)
	return slices.Concat(head, []byte("sealing"), packZip(zip.Deflate, "")(t, name, content))
}

// packBehind puts a zip file behind something else.
func packBehind(begin string, size int) func(testing.TB, string, []byte) []byte {
	return func(t testing.TB, name string, content []byte) []byte {
		return slices.Concat([]byte(begin), noise(size), packZip(zip.Deflate, "")(t, name, content))
	}
}

func packAr(_ testing.TB, name string, content []byte) []byte {
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	entry := func(name string, content []byte) {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, 0, 0, 0, 0o644, len(content))
		b.Write(content)
		b.WriteString(strings.Repeat("\n", len(content)%2))
	}
	entry("//", []byte("unused/\n"+name+"/\n"))
	entry("odd/", []byte("odd"))
	entry("/8", content)
	return b.Bytes()
}

func packCpio(_ testing.TB, name string, content []byte) []byte {
	var b bytes.Buffer
	pad := func() { b.Write(make([]byte, (4-b.Len()%4)%4)) }
	entry := func(name string, content []byte) {
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			1, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
		b.WriteString(name + "\x00")
		pad()
		b.Write(content)
		pad()
	}
	entry("first", []byte("one"))
	entry(name, content)
	entry("TRAILER!!!", nil)
	return b.Bytes()
}

func packOldCpio(_ testing.TB, name string, content []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s\x00", 1, 1, 0o100644, 0, 0, 1, 0, 0, len(name)+1, len(content), name)
	b.Write(content)
	fmt.Fprintf(&b, "070707%070o%s\x00", 11<<33, "TRAILER!!!")
	return b.Bytes()
}

func packRPM(t testing.TB, name string, content []byte) []byte {
	lead := append([]byte("\xed\xab\xee\xdb"), make([]byte, 92)...)
	header := func(entries, size int) []byte {
		h := append([]byte("\x8e\xad\xe8\x01"), make([]byte, 4)...)
		h = binary.BigEndian.AppendUint32(h, uint32(entries))
		h = binary.BigEndian.AppendUint32(h, uint32(size))
		return append(h, make([]byte, 16*entries+size)...)
	}
	signature := append(header(2, 5), 0, 0, 0)
	return slices.Concat(lead, signature, header(3, 7), packGzip(t, "", packCpio(t, name, content)))
}

func packGzip(_ testing.TB, _ string, content []byte) []byte {
	return written(content, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func packAsar(_ testing.TB, name string, content []byte) []byte {
	var node any = map[string]any{"offset": "6", "size": len(content)}
	parts := strings.Split(name, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		files := map[string]any{parts[i]: node}
		if i == 0 {
			files["first"] = map[string]any{"offset": "0", "size": 6}
		}
		node = map[string]any{"files": files}
	}
	listing := must(json.Marshal(node))
	padded := (len(listing) + 3) / 4 * 4
	var b []byte
	for _, n := range []int{4, 8 + padded, 4 + padded, len(listing)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	b = append(append(b, listing...), make([]byte, padded-len(listing))...)
	return slices.Concat(b, []byte("first!"), content)
}

// packBlob puts a compressed file into what begins like a database or a binary property
// list, behind what begins like one and is none.
func packBlob(magic string, pack func(testing.TB, string, []byte) []byte) func(testing.TB, string, []byte) []byte {
	return func(t testing.TB, _ string, content []byte) []byte {
		packed := pack(t, "", content)
		return slices.Concat([]byte(magic), []byte(strings.Repeat("x^x\x01\x1f\x8b", 40))[:200-len(magic)], packed, []byte("and more\x00"))
	}
}

// packPNG puts it into a picture's comment.
func packPNG(t testing.TB, _ string, content []byte) []byte {
	text := append([]byte("Comment\x00\x00"), packZlib(t, "", content)...)
	out := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(text)))
	return slices.Concat(out, []byte("zTXt"), text, []byte("crc.\x00\x00\x00\x00IENDcrc."))
}

func packPDF(t testing.TB, _ string, content []byte) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n1 0 obj\n<< /Length 3 >>\nstream\r\nx\x9c!\r\nendstream\nendobj\n")
	b.WriteString("2 0 obj\n<< /Filter /FlateDecode >>\nstream\n")
	b.Write(packZlib(t, "", content))
	b.WriteString("\nendstream\nendobj\ntrailer\n%%EOF\n")
	return b.Bytes()
}

// packPDF85 is what ReportLab writes.
func packPDF85(t testing.TB, _ string, content []byte) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n1 0 obj\n<<\n/Filter [ /ASCII85Decode /FlateDecode ]\n>>\nstream\n")
	b.Write(written(packZlib(t, "", content), ascii85.NewEncoder))
	b.WriteString("~>endstream\nendobj\ntrailer\n%%EOF\n")
	return b.Bytes()
}

// packPDFRows is packPDF with a predictor: rows of some bytes, each filtered in
// another way.
func packPDFRows(t testing.TB, _ string, content []byte) []byte {
	const columns, pixel = 6, 2
	var rows []byte
	above := make([]byte, columns)
	for n := 0; n < len(content); n += columns {
		row := content[n:min(n+columns, len(content))]
		filter := n / columns % 5
		rows = append(rows, byte(filter))
		for i, c := range row {
			var left, corner int
			if i >= pixel {
				left, corner = int(row[i-pixel]), int(above[i-pixel])
			}
			nearest := slices.MinFunc([]int{left, int(above[i]), corner}, func(a, b int) int {
				p := left + int(above[i]) - corner
				return max(a-p, p-a) - max(b-p, p-b)
			})
			rows = append(rows, c-byte([]int{0, left, int(above[i]), (left + int(above[i])) / 2, nearest}[filter]))
		}
		above = row
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 2 /Columns 3 >> >>\nstream\n")
	b.Write(packZlib(t, "", rows))
	b.WriteString("\nendstream\nendobj\ntrailer\n%%EOF\n")
	return b.Bytes()
}

func packZlib(_ testing.TB, _ string, content []byte) []byte {
	return written(content, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
}

// packPYZ is an archive of Python's modules, with its list as marshal writes it.
func packPYZ(t testing.TB, name string, content []byte) []byte {
	body, list := []byte("PYZ\x00\xa7\r\r\n"+strings.Repeat("\x00", 9)), []byte("[\x03\x00\x00\x00")
	for i, f := range []struct{ name, text string }{{"first", "a module"}, {name, string(content)}, {"last", "another"}} {
		packed := packZlib(t, "", []byte(f.text))
		list = append(append(append(list, "\xa9\x02\xf5"...), binary.LittleEndian.AppendUint32(nil, uint32(len(f.name)))...), f.name...)
		kind := "\xe9\x00\x00\x00\x00"
		if i > 0 {
			kind = "r\x02\x00\x00\x00" // the same number as before
		}
		list = append(append(list, "\xa9\x03"...), kind...)
		for _, n := range []int{len(body), len(packed)} {
			list = binary.LittleEndian.AppendUint32(append(list, 'i'), uint32(n))
		}
		body = append(body, packed...)
	}
	binary.BigEndian.PutUint32(body[8:], uint32(len(body)))
	return append(body, list...)
}

// packPyInstaller is a program with an archive behind it, and behind that what a signature or
// headers of sections may be.
func packPyInstaller(begin string, behind, cookie int) func(testing.TB, string, []byte) []byte {
	return func(t testing.TB, name string, content []byte) []byte {
		var body, list []byte
		for _, f := range []struct {
			name, text string
			packed     byte
		}{{"pyi-option", "", 0}, {"first", "a file", 0}, {name, string(content), 1}, {"last", "another", 0}} {
			data := []byte(f.text)
			if f.packed != 0 {
				data = packZlib(t, "", data)
			}
			padded := append([]byte(f.name), make([]byte, 16-(len(f.name)+2)%16)...)
			for _, n := range []int{18 + len(padded), len(body), len(data), len(f.text)} {
				list = binary.BigEndian.AppendUint32(list, uint32(n))
			}
			list = append(append(list, f.packed, 'x'), padded...)
			body = append(body, data...)
		}
		end := []byte("MEI\x0c\x0b\x0a\x0b\x0e")
		for _, n := range []int{len(body) + len(list) + cookie, len(body), len(list), 311} {
			end = binary.BigEndian.AppendUint32(end, uint32(n))
		}
		end = append(end, make([]byte, cookie-len(end))...)
		return slices.Concat([]byte(begin), noise(3000), body, list, end, noise(behind))
	}
}

// ourPackings are those that Go's own writers make, and those whose format has no
// writer at hand.
var ourPackings = []packing{
	{[]string{"gzip"}, ".gz", false, "", false, packGzip},
	{[]string{"gzip"}, ".gz", false, "", false, func(t testing.TB, _ string, content []byte) []byte { // two members
		at := len(content) / 2
		return append(packGzip(t, "", content[:at]), packGzip(t, "", content[at:])...)
	}},
	{[]string{"zlib"}, "", false, "", false, packZlib},
	{[]string{"zstd"}, ".zst", false, "", false, packBy(writeZstd)},
	{[]string{"zstd"}, ".zst", false, "", false, func(_ testing.TB, _ string, content []byte) []byte { // as pzstd begins
		return append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00size"), written(content, writeZstd)...)
	}},
	{[]string{"lz4"}, ".lz4", false, "", false, packBy(writeLZ4)},
	{[]string{"lz4"}, ".lz4", false, "", false, packBy(writeOldLZ4)},
	{[]string{"lz4"}, ".lz4", false, "", true, func(_ testing.TB, _ string, content []byte) []byte { // two frames, the first's checksum wrong
		at := len(content) / 2
		first := written(content[:at], writeLZ4)
		first[len(first)-1] ^= 1
		return append(first, written(content[at:], writeLZ4)...)
	}},
	{[]string{"lzma"}, ".lzma", false, "", false, packBy(writeLZMA)},
	{[]string{"lzma"}, ".lzma", false, "", false, func(_ testing.TB, _ string, content []byte) []byte { // of a known size, other properties
		return written(content, func(w io.Writer) io.WriteCloser {
			c := lzma.WriterConfig{SizeInHeader: true, Size: int64(len(content)), Properties: &lzma.Properties{LC: 0, LP: 2, PB: 0}}
			return must(c.NewWriter(w))
		})
	}},
	{[]string{"brotli"}, ".br", false, "", false, func(_ testing.TB, _ string, content []byte) []byte {
		return written(content, func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) })
	}},
	{[]string{"zip"}, "", true, "", false, packZip(zip.Deflate, "")},
	{[]string{"zip"}, "", true, "", false, packZip(zip.Store, "a comment")},
	{[]string{"zip"}, "", true, "", false, func(t testing.TB, name string, content []byte) []byte {
		return append([]byte("#!/usr/bin/env python3\n"), packZip(zip.Deflate, "")(t, name, content)...)
	}},
	{[]string{"zip"}, "", true, "", true, func(t testing.TB, name string, content []byte) []byte { // no directory
		data := packZip(zip.Deflate, "")(t, name, content)
		const end, at = 22, 16 // the directory's end, and where that tells the beginning
		return data[:binary.LittleEndian.Uint32(data[len(data)-end+at:])]
	}},
	{[]string{"zip"}, "", true, "", false, packBehind("MZ\x90\x00 a program ", 3000)},
	{[]string{"zip"}, "", true, "", false, packBehind("\x7fELF\x02\x01\x01 a program ", 100)},
	{[]string{"zip"}, "", true, "", false, packBehind("\x89PNG\r\n\x1a\n a picture ", 1000)},
	{[]string{"zip"}, "", true, "", false, packBehind("#!/bin/bash\n# a long script ", 2000)},
	{[]string{"gzip"}, "", false, "", false, func(t testing.TB, _ string, content []byte) []byte { // as makeself writes it
		return append([]byte("#!/bin/sh\ntail -n +4 \"$0\" | gzip -d\nexit\n"), packGzip(t, "", content)...)
	}},
	{[]string{"crx", "zip"}, "", true, "", false, packCRX},
	{[]string{"tar"}, "", true, "", false, packTar(tar.FormatUSTAR)},
	{[]string{"tar"}, "", true, "", false, packTar(tar.FormatPAX)},
	{[]string{"tar"}, "", true, "", false, packTar(tar.FormatGNU)},
	{[]string{"ar"}, "", true, "", false, packAr},
	{[]string{"cpio"}, "", true, "", false, packCpio},
	{[]string{"cpio"}, "", true, "", false, packOldCpio},
	{[]string{"rpm", "gzip", "cpio"}, "", true, "", false, packRPM},
	{[]string{"asar"}, "", true, "", false, packAsar},
	{[]string{"pyz"}, "", true, "", false, packPYZ},
	{[]string{"pyinstaller"}, "", true, "", false, packPyInstaller("MZ\x90\x00 a program ", 9000, 88)},
	{[]string{"pyinstaller"}, "", true, "", false, packPyInstaller("\x7fELF\x02\x01\x01 a program ", 700, 88)},
	{[]string{"pyinstaller"}, "", true, "", false, packPyInstaller("\xcf\xfa\xed\xfe a program ", 20000, 24)},
	{[]string{"pyinstaller"}, "", true, "", false, packPyInstaller("\xca\xfe\xba\xbe\x00\x00\x00\x02 a program ", 5000, 88)},
	{[]string{"pdf", "zlib"}, "", true, "stream 2", false, packPDF},
	{[]string{"pdf", "zlib"}, "", true, "stream 1", false, packPDFRows},
	{[]string{"sqlite", "gzip"}, "", true, "blob at 200", false, packBlob("SQLite format 3\x00", packGzip)},
	{[]string{"bplist", "zlib"}, "", true, "blob at 200", false, packBlob("bplist00", packZlib)},
	{[]string{"gzip"}, "", true, "gzip at 200", false, packBlob("\x7fELF\x02\x01\x01\x00", packGzip)},
	{[]string{"gzip"}, "", true, "gzip at 200", false, packBlob("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", packGzip)},
	{[]string{"png", "zlib"}, "", true, "text at 8", false, packPNG},
	{[]string{"pdf", "ascii85", "zlib"}, "", true, "stream 1", false, packPDF85},
}

// rarePackings are not nested in one another: each takes a window of its own.
var rarePackings = []packing{
	{[]string{"zip"}, "", true, "", false, packZipBy(93, writeZstd)},
	{[]string{"zip"}, "", true, "", false, packZipBy(95, writeXZ)},
}

// A nest is a key in containers.
type nest struct {
	data   []byte
	name   string
	member string // archive.Unnamed if there are only compressed files
	layers []string
	broken bool
}

// pack puts a nest into one more container.
func (n nest) pack(t testing.TB, p packing, dirs []string) nest {
	name := n.name
	if p.named {
		name = dirs[rand.IntN(len(dirs))] + n.name
	}
	if p.layers[0] == "asar" { // its directories have no "."
		name = path.Clean(name)
	}
	out := nest{data: p.pack(t, name, n.data), name: "f" + p.ending, member: n.member, layers: slices.Concat(p.layers, n.layers), broken: n.broken || p.broken}
	if !p.named {
		out.name = n.name + p.ending
		if out.member == "" {
			out.member = archive.Unnamed
		}
		return out
	}
	if p.file != "" {
		name = p.file
	}
	out.member = name
	if n.member != "" && n.member != archive.Unnamed {
		out.member += archive.Separator + n.member
	}
	return out
}

// A planted key stands in a text of its own.
type planted struct {
	secret       string
	text         []byte
	line, column int
}

func plant() planted {
	secret := factsKey(rand.Int())
	line := rand.IntN(40)
	before := strings.Repeat("some line of a file, with é in it\n", line) + strings.Repeat("é", rand.IntN(5))
	text := before + secret + "\n" + strings.Repeat("the rest\n", rand.IntN(20))
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return planted{secret, []byte(text), line + 1, column}
}

func testArchives(t testing.TB) *archives {
	return newArchives(t.Context(), Options{Progress: new(Progress)})
}

// check searches a nest, which must give its key and nothing else.
func (n nest) check(t *testing.T, a *archives, p planted) {
	t.Helper()
	found, err := search{path: n.name, archives: a}.whole(n.data)
	if (err != nil) != n.broken || len(found) != 1 {
		t.Errorf("%v, %d bytes: %d found, %v", n.layers, len(n.data), len(found), err)
		return
	}
	f := found[0]
	if f.match.Secret != key.NewSecret(p.secret) || f.place.Member != n.member || !slices.Equal(f.place.Encoding, n.layers) ||
		f.place.Span.Line != p.line || f.place.Span.Column != p.column || f.place.Confidence != key.High {
		t.Errorf("%v: found %v in %q, %v, line %d column %d, %v; want it in %q, line %d column %d", n.layers,
			f.match.Secret, f.place.Member, f.place.Encoding, f.place.Span.Line, f.place.Span.Column, f.place.Confidence,
			n.member, p.line, p.column)
	}
}

// TestCorpus plants keys in every container, and in random nestings of them.
func TestCorpus(t *testing.T) {
	a := testArchives(t)
	dirs := []string{"", "config/", "./", "a/very/long/path/to/" + strings.Repeat("directory/", 12)}
	for _, packing := range slices.Concat(ourPackings, rarePackings) {
		p := plant()
		nest{data: p.text, name: "app.conf"}.pack(t, packing, dirs[:3]).check(t, a, p)
	}
	for range 120 {
		p := plant()
		n := nest{data: p.text, name: "app.conf"}
		for depth := 1 + rand.IntN(5); depth > 0; depth-- {
			next := ourPackings[rand.IntN(len(ourPackings))]
			if (next.file != "" || !next.named && next.ending == "") && (strings.Contains(n.name, ".br") || strings.Contains(n.name, ".lzma")) {
				continue // whose name would not tell it any more
			}
			if next.layers[0] == "zstd" && strings.Count(strings.Join(n.layers, " "), "zstd") == 2 {
				continue // three take all the memory there is
			}
			if len(n.layers)+len(next.layers) <= archive.DefaultLimits().Depth {
				n = n.pack(t, next, dirs[:3])
			}
		}
		n.check(t, a, p)
	}
	p := plant() // a name that only extensions of tar can hold
	nest{data: p.text, name: strings.Repeat("n", 200)}.pack(t, packing{[]string{"tar"}, "", true, "", false, packTar(tar.FormatPAX)}, dirs[3:]).check(t, a, p)
}

// A tool makes a container by a program that others wrote.
type tool struct {
	program string
	layers  []string
	member  string
	out     string
	args    []string // run where the file "in/.env" is
}

const pythonTar = "import tarfile,sys; t=tarfile.open(sys.argv[1],sys.argv[2]); t.add('in')"

var tools = []tool{
	{"python3", []string{"zip"}, "in/.env", "o.whl", []string{"-m", "zipfile", "-c", "o.whl", "in"}},
	{"python3", []string{"zip"}, "in/.env", "o.zip", []string{"-c", "import zipfile; z=zipfile.ZipFile('o.zip','w',zipfile.ZIP_BZIP2); z.write('in/.env')"}},
	{"python3", []string{"zip"}, "in/.env", "o.zip", []string{"-c", "import zipfile; z=zipfile.ZipFile('o.zip','w',zipfile.ZIP_LZMA); z.write('in/.env'); z.writestr('empty','')"}},
	{"python3", []string{"lzma"}, archive.Unnamed, "o", []string{"-c", "import lzma; open('o','wb').write(lzma.compress(open('in/.env','rb').read(),format=lzma.FORMAT_ALONE))"}},
	{"python3", []string{"zip"}, "__main__.py", "o.pyz", []string{"-c", "import shutil,zipapp; shutil.copytree('in','p'); shutil.copy('p/.env','p/__main__.py'); open('p/.env','w').close(); zipapp.create_archive('p','o.pyz','/usr/bin/python3')"}},
	{"python3", []string{"gzip", "tar"}, "in/.env", "o.tgz", []string{"-c", pythonTar, "o.tgz", "w:gz"}},
	{"python3", []string{"bzip2", "tar"}, "in/.env", "o.tar", []string{"-c", pythonTar, "o.tar", "w:bz2"}},
	{"python3", []string{"xz", "tar"}, "in/.env", "o.tar", []string{"-c", pythonTar, "o.tar", "w:xz"}},
	{"jar", []string{"zip"}, "in/.env", "o.jar", []string{"cf", "o.jar", "in"}},
	{"node", []string{"brotli"}, archive.Unnamed, "o.js.br", []string{"-e", "const f=require('fs'),z=require('zlib');f.writeFileSync('o.js.br',z.brotliCompressSync(f.readFileSync('in/.env')))"}},
	{"node", []string{"gzip"}, archive.Unnamed, "o", []string{"-e", "const f=require('fs'),z=require('zlib');f.writeFileSync('o',z.gzipSync(f.readFileSync('in/.env')))"}},
	{"zip", []string{"zip"}, "in/.env", "o.zip", []string{"-q", "-r", "o.zip", "in"}},
	{"tar", []string{"tar"}, "in/.env", "o.tar", []string{"--format=v7", "-cf", "o.tar", "in"}},
	{"tar", []string{"zstd", "tar"}, "in/.env", "o.tar", []string{"--zstd", "-cf", "o.tar", "in"}},
	{"xz", []string{"xz"}, archive.Unnamed, "in/.env.xz", []string{"-9", "in/.env"}},
	{"xz", []string{"lzma"}, archive.Unnamed, "in/.env.lzma", []string{"-9", "--format=lzma", "in/.env"}},
	{"lz4", []string{"lz4"}, archive.Unnamed, "o", []string{"-q", "-BD", "in/.env", "o"}},
	{"lz4", []string{"lz4"}, archive.Unnamed, "o", []string{"-q", "-l", "in/.env", "o"}},
	{"zstd", []string{"zstd"}, archive.Unnamed, "o", []string{"-q", "-19", "in/.env", "-o", "o"}},
	{"lzip", []string{"lzip"}, archive.Unnamed, "in/.env.lz", []string{"in/.env"}},
	{"lzip", []string{"lzip"}, archive.Unnamed, "in/.env.lz", []string{"-b", "100KiB", "in/.env"}},
	{"bzip2", []string{"bzip2"}, archive.Unnamed, "in/.env.bz2", []string{"in/.env"}},
	{"ar", []string{"ar"}, ".env", "o.a", []string{"rc", "o.a", "in/.env"}},
	{"cpio", []string{"cpio"}, "in/.env", "o.cpio", []string{"-o", "-H", "newc", "-F", "o.cpio"}},
	{"7z", []string{"zip"}, "in/.env", "o.zip", []string{"a", "-tzip", "o.zip", "in"}},
	{"7z", []string{"zip"}, "in/.env", "o.zip", []string{"a", "-tzip", "-mm=LZMA", "o.zip", "in"}},
	{"7z", []string{"zip"}, "in/.env", "o.zip", []string{"a", "-tzip", "-mm=BZip2", "o.zip", "in"}},
	{"7z", []string{"zip"}, "in/.env", "o.zip", []string{"a", "-tzip", "-mm=Deflate64", "o.zip", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-m0=Deflate64", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-m0=LZMA", "-ms=off", "-mhc=off", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-m0=BZip2", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-m0=Deflate", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-m0=Copy", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-mf=BCJ2", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-mf=BCJ", "o.7z", "in"}},
	{"7z", []string{"7z"}, "in/.env", "o.7z", []string{"a", "-mf=Delta:4", "o.7z", "in"}},
	{"dpkg-deb", []string{"ar", "xz", "tar"}, "data.tar.xz!/./.env", "o.deb", []string{"-Zxz", "-b", "in", "o.deb"}},
}

// TestToolsCorpus reads what other writers make.
func TestToolsCorpus(t *testing.T) {
	a := testArchives(t)
	for _, tool := range tools {
		t.Run(tool.program+" "+strings.Join(tool.layers, "-"), func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(tool.program); err != nil {
				t.Skipf("%s is not on this machine", tool.program)
			}
			dir, p := t.TempDir(), plant()
			if err := os.Mkdir(filepath.Join(dir, "in"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "in", ".env"), p.text, 0o644); err != nil {
				t.Fatal(err)
			}
			if tool.program == "dpkg-deb" {
				control := "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.com>\nDescription: x\n"
				if err := errorsOf(os.Mkdir(filepath.Join(dir, "in", "DEBIAN"), 0o755),
					os.WriteFile(filepath.Join(dir, "in", "DEBIAN", "control"), []byte(control), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(tool.program, tool.args...)
			cmd.Dir, cmd.Stdin = dir, strings.NewReader("in/.env\n")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			data, err := os.ReadFile(filepath.Join(dir, tool.out))
			if err != nil {
				t.Fatal(err)
			}
			nest{data, tool.out, tool.member, tool.layers, false}.check(t, a, p)
		})
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
