package gitpack

import (
	"bytes"
	stdflate "compress/flate"
	stdzlib "compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"
)

const fuzzLimit = 1 << 20

type stdResult struct {
	plain []byte // up to fuzzLimit bytes, before an error too
	end   int    // where the checksum should be
	err   error
}

// readStd inflates with compress/zlib's header and compress/flate, so that the
// checksum, nearly always wrong in a damaged stream, hides no other error.
func readStd(stream []byte) (res stdResult) {
	if _, err := stdzlib.NewReader(bytes.NewReader(stream)); err != nil {
		return stdResult{err: err}
	}
	r := bytes.NewReader(stream[zlibHeaderSize:])
	res.plain, res.err = io.ReadAll(io.LimitReader(stdflate.NewReader(r), fuzzLimit))
	res.end = len(stream) - r.Len()
	return res
}

// checkLikeStd compares an inflater with the standard library on any bytes:
// both fail, or both read the same bytes from the same input. For whole streams
// compress/flate and zlib accept the same. They differ in when they notice an
// error: zlib refuses at once a block without a code for its end, or with a
// single code of the code lengths; compress/flate fails later, as such a block
// cannot end.
func checkLikeStd(t *testing.T, z *inflater, stream []byte) {
	t.Helper()
	std := readStd(stream)
	if len(std.plain) == fuzzLimit {
		t.Skip("too long to compare")
	}
	if std.err == nil {
		whole := binary.BigEndian.AppendUint32(slices.Clone(stream[:std.end]), adler32.Checksum(std.plain))
		checkStream(t, z, whole, string(std.plain))
		return
	}
	z.skipAdler = true
	defer func() { z.skipAdler = false }()
	for _, size := range []int{0, len(std.plain), len(std.plain) + 1, len(std.plain) + 300} {
		if _, _, err := inflateGuarded(t, z, size, stream); err == nil {
			t.Fatalf("read %d bytes; the standard library: %v", size, std.err)
		}
	}
}

func FuzzInflate(f *testing.F) {
	for _, tt := range handStreams {
		var w bitWriter
		tt.write(&w)
		f.Add(zlibStream(w.b, tt.plain))
	}
	for level := -2; level <= 9; level++ {
		f.Add(deflate(f, sourceText(700), level))
		f.Add(deflateOther(f, sourceText(9000), level))
	}
	var z inflater
	f.Fuzz(func(t *testing.T, stream []byte) { checkLikeStd(t, &z, stream) })
}

// FuzzInflateDamaged changes bits of streams that an encoder made, which reaches
// deeper than bytes made up.
func FuzzInflateDamaged(f *testing.F) {
	for level := range 10 {
		f.Add([]byte(sourceText(2000)), level, 40*level, uint32(1<<(3*level)))
	}
	var z inflater
	f.Fuzz(func(t *testing.T, plain []byte, level, at int, flip uint32) {
		stream := deflate(t, string(plain), (level%12+12)%12-2)
		checkStream(t, &z, stream, string(plain))
		at = (at%len(stream) + len(stream)) % len(stream)
		for i := 0; i < 4 && at+i < len(stream); i++ {
			stream[at+i] ^= byte(flip >> (8 * i))
		}
		checkLikeStd(t, &z, stream)
	})
}

// deflate compresses with compress/zlib.
func deflate(t testing.TB, plain string, level int) []byte {
	t.Helper()
	return deflater(t, level)(t, plain)
}

// An encode compresses one text after the other.
type encode func(t testing.TB, plain string) []byte

// deflater is deflate for many texts: its tables take longer to make than most
// texts to compress.
func deflater(t testing.TB, level int) encode {
	t.Helper()
	w, err := stdzlib.NewWriterLevel(nil, level)
	if err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB, plain string) []byte {
		t.Helper()
		var b bytes.Buffer
		w.Reset(&b)
		if _, err := io.WriteString(w, plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
}

// deflateOther compresses with klauspost's encoder, which chooses other blocks
// and codes, in pieces with an empty block behind each.
func deflateOther(t testing.TB, plain string, level int) []byte {
	t.Helper()
	return otherDeflater(t, level)(t, plain)
}

func otherDeflater(t testing.TB, level int) encode {
	t.Helper()
	w, err := zlib.NewWriterLevel(nil, level)
	if err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB, plain string) []byte {
		t.Helper()
		var b bytes.Buffer
		w.Reset(&b)
		for piece := range slices.Chunk([]byte(plain), 5000) {
			w.Write(piece)
			w.Flush()
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
}

// sourceText is about n bytes that compress as source code does.
func sourceText(n int) string {
	words := strings.Fields("if err != nil { return } func the static int struct const char * object for ( i = 0 ; size_t git buf len while strbuf_addf commit die _( ) NULL -> oid repo case break ;")
	r := rand.New(rand.NewPCG(uint64(n), 1))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(strings.Repeat("\t", r.IntN(4)))
		for range 1 + r.IntN(9) {
			b.WriteString(words[min(r.IntN(len(words)), r.IntN(len(words)))] + " ")
		}
		if r.IntN(6) == 0 {
			fmt.Fprintf(&b, "name_%x", r.IntN(1<<20))
		}
		b.WriteByte('\n')
	}
	return b.String()[:n]
}

func randomBytes(n int) string {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(b)
	return string(b)
}

// BenchmarkInflate compares inflaters on streams like a pack's: small, of known size.
func BenchmarkInflate(b *testing.B) {
	for _, bench := range []struct {
		name  string
		size  int
		level int
	}{{"100B", 100, 6}, {"1K", 1000, 6}, {"8K", 8000, 1}, {"8K-best", 8000, 9}, {"200K", 200_000, 6}} {
		plain := sourceText(bench.size)
		stream, dst := deflate(b, plain, bench.level), make([]byte, len(plain))
		run := func(name string, inflate func() error) {
			b.Run(bench.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(plain)))
				for b.Loop() {
					if err := inflate(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		var z inflater
		run("own", func() error { _, err := z.inflate(dst, stream); return err })
		z.skipAdler = true
		run("own-noadler", func() error { _, err := z.inflate(dst, stream); return err })
		run("klauspost", reading(b, zlib.NewReader, stream, dst))
		run("std", reading(b, stdzlib.NewReader, stream, dst))
	}
}

// reading inflates by a library's reader, used again for each stream.
func reading(b *testing.B, open func(io.Reader) (io.ReadCloser, error), stream, dst []byte) func() error {
	src := bytes.NewReader(stream)
	z, err := open(src)
	if err != nil {
		b.Fatal(err)
	}
	return func() error {
		src.Reset(stream)
		if err := z.(stdzlib.Resetter).Reset(src, nil); err != nil {
			return err
		}
		if _, err := io.ReadFull(z, dst); err != nil {
			return err
		}
		if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			return io.ErrShortBuffer
		}
		return nil
	}
}
