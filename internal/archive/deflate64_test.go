package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/bits"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/flate"
)

// A d64Writer writes one block with the fixed codes of RFC 1951, 3.2.6.
type d64Writer struct {
	out        []byte
	bits, have uint
}

func (w *d64Writer) put(value, n int) {
	w.bits |= uint(value) << w.have
	for w.have += uint(n); w.have >= 8; w.have -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// code writes a code, which begins with its highest bit.
func (w *d64Writer) code(value, n int) { w.put(int(bits.Reverse16(uint16(value))>>(16-n)), n) }

func (w *d64Writer) literal(c byte) {
	if c < 144 {
		w.code(0x30+int(c), 8)
	} else {
		w.code(0x190+int(c)-144, 9)
	}
}

// TestDeflate64 reads what DEFLATE does not have: the longest and furthest matches,
// each with its first and last value.
func TestDeflate64(t *testing.T) {
	for _, test := range []struct{ length, distance int }{{3, 32769}, {65538, 65536}, {65538, 1}, {258, 49152}, {4000, 49153}} {
		var w d64Writer
		w.put(1, 1)
		w.put(1, 2)
		want := make([]byte, 0, 200_000)
		r := rand.New(rand.NewPCG(1, 2))
		for range 65536 {
			c := byte(r.IntN(256))
			w.literal(c)
			want = append(want, c)
		}
		w.code(0xc0+285-280, 8)
		w.put(test.length-3, 16)
		symbol, base := 0, 1
		if test.distance > 1 {
			symbol, base = 30+(test.distance-32769)/16384, 32769+(test.distance-32769)/16384*16384
		}
		w.code(symbol, 5)
		if symbol > 0 {
			w.put(test.distance-base, 14)
		}
		for range test.length {
			want = append(want, want[len(want)-test.distance])
		}
		w.code(0, 7)
		w.put(0, 7)
		got, err := io.ReadAll(iotest.HalfReader(&deflate64{from: bufio.NewReader(bytes.NewReader(w.out))}))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes from %d: %d bytes, want %d, %v", test.length, test.distance, len(got), len(want), err)
		}
	}
}

// TestDeflate64Plain: without matches DEFLATE is the same; and what is cut is told
// from what is damaged.
func TestDeflate64Plain(t *testing.T) {
	want := bytes.Repeat([]byte(noise(4000)), 20)
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression} {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, level)
		_, _ = w.Write(want)
		_ = w.Close()
		from := bufio.NewReader(io.MultiReader(&b, bytes.NewReader([]byte("behind"))))
		packed := bytes.Clone(b.Bytes())
		got, err := io.ReadAll(&deflate64{from: from})
		behind, _ := io.ReadAll(from)
		if err != nil || !bytes.Equal(got, want) || string(behind) != "behind" {
			t.Errorf("level %d: %d bytes, %v, then %q", level, len(got), err, behind)
		}
		got, err = io.ReadAll(&deflate64{from: bufio.NewReader(bytes.NewReader(packed[:len(packed)/2]))})
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(want, got) || len(got) < len(want)/3 {
			t.Errorf("level %d, cut: %d bytes, %v", level, len(got), err)
		}
	}
	for _, broken := range []string{"\x07", "\x01\x01\x00\x00\x00", "\x03\x02\x01", "\x05\xe0\x93\x24\x49\x92\x24\x49\x92"} {
		if _, err := io.ReadAll(&deflate64{from: bufio.NewReader(bytes.NewReader([]byte(broken + "\x00\x00\x00\x00\x00\x00")))}); !errors.Is(err, errDeflate64) {
			t.Errorf("%q: %v", broken, err)
		}
	}
}

// FuzzDeflate64: whatever is read, it does not panic, and is no more than can be.
func FuzzDeflate64(f *testing.F) {
	f.Add([]byte("\x01\x03\x00\xfc\xffabc"))
	f.Add([]byte("\xed\xc0\x01\x0d\x00\x00"))
	f.Fuzz(func(t *testing.T, packed []byte) {
		got, err := io.ReadAll(io.LimitReader(&deflate64{from: bufio.NewReader(bytes.NewReader(packed))}, 1<<24))
		if err == nil && len(got) > 65538*8*(len(packed)+1) {
			t.Errorf("%d bytes from %d", len(got), len(packed))
		}
	})
}

// TestDeflate64Of7z reads large files as 7-Zip packs them.
func TestDeflate64Of7z(t *testing.T) {
	if _, err := exec.LookPath("7z"); err != nil {
		t.Skip("7z is not on this machine")
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	want := bytes.Repeat([]byte{'a'}, 100_000)
	for len(want) < 1<<20 {
		switch from := r.IntN(len(want)); r.IntN(3) {
		case 0:
			want = append(want, noise(r.IntN(3000))...)
		default:
			from = max(0, max(from, len(want)-70_000))
			want = append(want, want[from:min(len(want), from+r.IntN(70_000))]...)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "f"), want, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, level := range []string{"-mx=1", "-mx=9"} {
		cmd := exec.Command("7z", "a", "-tzip", "-mm=Deflate64", level, "o"+level+".zip", "f")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		z, err := zip.OpenReader(filepath.Join(dir, "o"+level+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := z.File[0].OpenRaw()
		if err != nil || z.File[0].Method != zipDeflate64 {
			t.Fatal(err, z.File[0].Method)
		}
		got, err := io.ReadAll(&deflate64{from: bufio.NewReader(raw)})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d, %v", level, len(got), len(want), err)
		}
		_ = z.Close()
	}
}
