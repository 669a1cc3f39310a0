package key

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// prefixLiterals are the encodings of the vendor's prefix, as many as a
// prefilter may ever be built with here.
func prefixLiterals() [][]byte {
	texts := []string{
		Prefix,
		"i\x00n\x00s\x00p\x00_\x00", "\x00i\x00n\x00s\x00p\x00_",
		"aW5zcF", "luc3Bf", "pbnNwX",
		"aQBuAHMAcABf", "kAbgBzAHAAXw", "pAG4AcwBwAF8",
		"696e73705f", "696E73705F",
		"%69%6e%73", "%69%6E%73", "insp%5f", "insp%5F",
		`u0069\u006e`, `u0069\u006E`, `insp\u005f`, `insp\u005F`,
		"insp=5F", "insp=5f",
	}
	literals := make([][]byte, len(texts))
	for i, text := range texts {
		literals[i] = []byte(text)
	}
	return literals
}

// literalSets are the sets that every test of exactness runs over.
func literalSets() map[string][][]byte {
	sets := map[string][][]byte{
		"prefix":      {[]byte(Prefix)},
		"encodings":   prefixLiterals(),
		"nested":      {[]byte("abcde"), []byte("abc"), []byte("bcdef"), []byte("abcdefgh"), []byte("abc")},
		"periodic":    {[]byte("aaaaaa"), []byte("aaa"), []byte("ababab"), []byte("babab")},
		"zeros":       {[]byte("\x00\x00\x00\x00\x00"), []byte("\x00\x00\x01")},
		"high bytes":  {[]byte("\xff\xfe\x80\x81"), []byte("\x80\x80\x80\x80"), []byte("\xf0\x9f\x94\x91")},
		"rare at end": {[]byte("eeeeeeeee~|^"), []byte("eeee@"), []byte("#eeeeee")},
	}
	var many [][]byte
	for i := range maxLiterals {
		many = append(many, fmt.Appendf(nil, "k%02d=%x", i*7%maxLiterals, i*i))
	}
	sets["as many as fit"] = many
	return sets
}

// twins are prefilters over the same literals, one for each engine of this
// processor.
func twins(literals [][]byte) map[string]*prefilter {
	set := newLiteralSet(literals)
	best := newPrefilter(literals)
	twins := map[string]*prefilter{"sampler": {set: set, engine: newSampler(set)}}
	if _, same := best.engine.(*sampler); !same {
		twins["vector"] = best
	}
	return twins
}

// An occurrence is one literal at one place.
type occurrence struct{ at, literal int }

func naive(buf []byte, literals [][]byte) (found []occurrence) {
	for i, literal := range literals {
		for from := 0; ; {
			at := bytes.Index(buf[from:], literal)
			if at < 0 {
				break
			}
			found = append(found, occurrence{from + at, i})
			from += at + 1
		}
	}
	slices.SortFunc(found, func(a, b occurrence) int { return cmp.Or(a.at-b.at, a.literal-b.literal) })
	return found
}

func everything(p *prefilter, buf []byte) (found []occurrence) {
	for at, literal := p.next(buf, 0); at >= 0; at, literal = after(p, buf, at, literal) {
		found = append(found, occurrence{at, literal})
	}
	return found
}

// after returns what follows an answer of next or after: a literal with a larger index at the
// same position, else what next finds from at+1.
func after(p *prefilter, buf []byte, at, literal int) (int, int) {
	if here := p.set.at(buf, at) >> (literal + 1) << (literal + 1); here != 0 {
		return at, bits.TrailingZeros64(here)
	}
	return p.next(buf, at+1)
}

// firstOfEach drops all but the first of the occurrences at one position, which
// is what a loop over next sees.
func firstOfEach(found []occurrence) []occurrence {
	return slices.CompactFunc(slices.Clone(found), func(a, b occurrence) bool { return a.at == b.at })
}

func positions(p *prefilter, buf []byte) (found []occurrence) {
	for at, literal := p.next(buf, 0); at >= 0; at, literal = p.next(buf, at+1) {
		found = append(found, occurrence{at, literal})
	}
	return found
}

// checkExact fails unless each twin finds in buf what the naive search finds.
func checkExact(t *testing.T, twins map[string]*prefilter, literals [][]byte, buf []byte) {
	t.Helper()
	want := naive(buf, literals)
	for engine, p := range twins {
		if got := everything(p, buf); !slices.Equal(got, want) {
			t.Fatalf("%s: after over %q: got %v, want %v", engine, buf, got, want)
		}
		if got, want := positions(p, buf), firstOfEach(want); !slices.Equal(got, want) {
			t.Fatalf("%s: next over %q: got %v, want %v", engine, buf, got, want)
		}
	}
}

func forEachSet(t *testing.T, test func(t *testing.T, literals [][]byte, twins map[string]*prefilter)) {
	for name, literals := range literalSets() {
		t.Run(name, func(t *testing.T) { test(t, literals, twins(literals)) })
	}
}

// TestPrefilterAlignments plants each literal at every place of buffers of every
// length around the block size, so that it lies across every border.
func TestPrefilterAlignments(t *testing.T) {
	forEachSet(t, func(t *testing.T, literals [][]byte, twins map[string]*prefilter) {
		for _, size := range []int{65, 66, 67, 131, 200} {
			for _, literal := range literals {
				for at := range size - len(literal) + 1 {
					buf := bytes.Repeat([]byte{'.'}, size)
					copy(buf[at:], literal)
					checkExact(t, twins, literals, buf)
				}
			}
		}
	})
}

// TestPrefilterLengths searches buffers of all lengths that are made of whole and
// broken literals and of random bytes, from every start.
func TestPrefilterLengths(t *testing.T) {
	forEachSet(t, func(t *testing.T, literals [][]byte, twins map[string]*prefilter) {
		rng := rand.New(rand.NewPCG(1, 2))
		for size := range 201 {
			buf := patchwork(rng, literals, size)
			checkExact(t, twins, literals, buf)
			found := firstOfEach(naive(buf, literals))
			for engine, p := range twins {
				for _, from := range starts(size) {
					at, literal := p.next(buf, from)
					want := occurrence{-1, -1}
					if i := slices.IndexFunc(found, func(o occurrence) bool { return o.at >= from }); i >= 0 {
						want = found[i]
					}
					if got := (occurrence{at, literal}); got != want {
						t.Fatalf("%s: next(%q, %d) = %v, want %v", engine, buf, from, got, want)
					}
				}
			}
		}
	})
}

// starts are the places to start a search of size bytes from: all of them, and
// some outside.
func starts(size int) []int {
	starts := []int{math.MinInt, -1, size + 1, math.MaxInt}
	for from := range size + 1 {
		starts = append(starts, from)
	}
	return starts
}

// patchwork joins whole literals, pieces of them and random bytes.
func patchwork(rng *rand.Rand, literals [][]byte, size int) []byte {
	var buf []byte
	for len(buf) < size {
		literal := literals[rng.IntN(len(literals))]
		switch rng.IntN(4) {
		case 0:
			buf = append(buf, literal...)
		case 1:
			from := rng.IntN(len(literal))
			buf = append(buf, literal[from:from+1+rng.IntN(len(literal)-from)]...)
		case 2:
			buf = append(buf, byte(rng.Uint32()))
		case 3:
			buf = append(buf, literal[:len(literal)-1]...)
			buf = append(buf, literal[len(literal)-1]^byte(1<<rng.IntN(8)))
		}
	}
	return buf[:size]
}

func TestPrefilterLongBuffers(t *testing.T) {
	forEachSet(t, func(t *testing.T, literals [][]byte, twins map[string]*prefilter) {
		rng := rand.New(rand.NewPCG(3, 4))
		buf := make([]byte, 100_000)
		for i := range buf {
			buf[i] = byte(rng.Uint32())
		}
		for range 200 {
			copy(buf[rng.IntN(len(buf)):], patchwork(rng, literals, 40))
		}
		checkExact(t, twins, literals, buf)
	})
}

// TestPrefilterKeepsItsLiterals: what a caller does to its list afterwards must
// not change a prefilter that goroutines share.
func TestPrefilterKeepsItsLiterals(t *testing.T) {
	literals := [][]byte{[]byte(Prefix)}
	for engine, p := range twins(literals) {
		literals[0][0] = 'X'
		if at, _ := p.next([]byte("..insp_"), 0); at != 2 {
			t.Errorf("%s: changed with its caller's list: found at %d, want 2", engine, at)
		}
		literals[0][0] = 'i'
	}
}

func TestPrefilterRefuses(t *testing.T) {
	for name, literals := range map[string][][]byte{
		"no literal":   nil,
		"too many":     slices.Repeat([][]byte{[]byte("abcde")}, maxLiterals+1),
		"short":        {[]byte("abcde"), []byte("ab")},
		"empty string": {{}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("newPrefilter(%q) did not panic", literals)
				}
			}()
			newPrefilter(literals)
		})
	}
}

// FuzzPrefilter: over any buffer and any set of literals, each engine finds what
// the naive search finds, and next and after agree. The first argument holds the
// literals, parted by newlines.
func FuzzPrefilter(f *testing.F) {
	for _, literals := range literalSets() {
		joined := bytes.Join(literals, []byte("\n"))
		f.Add(joined, bytes.Repeat(joined, 3))
	}
	f.Add([]byte("aab\naaab\nabab"), []byte(strings.Repeat("aaabab", 40)))
	f.Fuzz(func(t *testing.T, joined, buf []byte) {
		var literals [][]byte
		for literal := range bytes.SplitSeq(joined, []byte("\n")) {
			if len(literal) >= shortestLiteral && len(literals) < maxLiterals {
				literals = append(literals, literal)
			}
		}
		if len(literals) == 0 || len(buf) > 1<<14 {
			t.Skip("no literals, or too long for the naive search")
		}
		checkExact(t, twins(literals), literals, buf)
	})
}

// benchmarkTexts are what the benchmarks search: 4 MiB each, too much for a
// second-level cache.
func benchmarkTexts() map[string][]byte {
	const size = 4 << 20
	rng := rand.New(rand.NewPCG(5, 6))
	random := make([]byte, size)
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	texts := map[string][]byte{
		"source": sourceText(rng, size),
		"random": random,
		"near":   bytes.Repeat([]byte("insp-_p_sp.nsp_ ins_ _isp_ bits_per_sp 696e73 aW5z "), size/50)[:size],
		"base64": []byte(base64.StdEncoding.EncodeToString(random))[:size],
		"hex":    []byte(hex.EncodeToString(random))[:size],
		"zeros":  make([]byte, size),
		"match":  bytes.Repeat([]byte(Prefix), size/len(Prefix)),
		"window": bytes.Repeat([]byte("sp_"), size/3),
	}
	utf16 := make([]byte, size)
	for i, c := range texts["source"][:size/2] {
		utf16[2*i] = c
	}
	texts["utf16"] = utf16
	// Real data, for a measurement by hand: PREFILTER_DATA=file go test -bench …
	if path := os.Getenv("PREFILTER_DATA"); path != "" {
		for _, path := range strings.Split(path, ",") {
			data, err := os.ReadFile(path)
			if err != nil {
				panic(err)
			}
			texts[path[strings.LastIndexByte(path, '/')+1:]] = data
		}
	}
	return texts
}

// sourceText makes lines like those of a program, of words in which the prefix's
// letters meet as they do in English and in identifiers.
func sourceText(rng *rand.Rand, size int) []byte {
	words := strings.Fields(`if for return func int string err nil len range type struct inspect
		inspector_ insp instance is_print transport response_time display_name namespace
		_path _p dispatch unsigned_pages rsp_buf nsp list_insert snprintf input_sp print
		const static void u0069 == != := <- // /* */ { } ( ) [ ] "%s" '\\n' 0x5f 100 -1`)
	var text []byte
	for len(text) < size {
		text = append(text, strings.Repeat("\t", rng.IntN(4))...)
		for range 2 + rng.IntN(8) {
			text = append(text, words[rng.IntN(len(words))]...)
			text = append(text, " .,(_;"[rng.IntN(6)])
		}
		text = append(text, '\n')
	}
	return text[:size]
}

func BenchmarkPrefilter(b *testing.B) {
	sets := map[string][][]byte{"1": {[]byte(Prefix)}, "all": prefixLiterals()}
	for name, text := range benchmarkTexts() {
		for count, literals := range sets {
			for engine, p := range twins(literals) {
				b.Run(name+"/"+engine+"/"+count, func(b *testing.B) {
					b.SetBytes(int64(len(text)))
					for b.Loop() {
						for at, _ := p.next(text, 0); at >= 0; at, _ = p.next(text, at+1) {
						}
					}
				})
			}
		}
		b.Run(name+"/bytes.Index/1", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				countIndex(text, func(rest []byte) int { return bytes.Index(rest, []byte(Prefix)) })
			}
		})
		b.Run(name+"/bytes.IndexByte/1", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				countIndex(text, func(rest []byte) int { return bytes.IndexByte(rest, '_') })
			}
		})
	}
}

func countIndex(text []byte, index func([]byte) int) (count int) {
	for at := index(text); at >= 0; at = index(text) {
		text = text[at+1:]
		count++
	}
	return count
}

// BenchmarkPrefilterShort is the search of what a delta adds: a few dozen bytes.
func BenchmarkPrefilterShort(b *testing.B) {
	text := benchmarkTexts()["source"]
	for _, size := range []int{16, 60, 100, 200, 1000} {
		for engine, p := range twins(prefixLiterals()) {
			b.Run(fmt.Sprintf("%d/%s", size, engine), func(b *testing.B) {
				b.SetBytes(int64(size))
				at := 0
				for b.Loop() {
					p.next(text[at:at+size], 0)
					at = (at + size) & (1<<20 - 1)
				}
			})
		}
	}
}

func BenchmarkNewPrefilter(b *testing.B) {
	literals := prefixLiterals()
	for b.Loop() {
		newPrefilter(literals)
	}
}
