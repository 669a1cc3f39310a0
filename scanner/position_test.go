package scanner

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

func TestSpanOf(t *testing.T) {
	for _, test := range []struct {
		name   string
		before string
		key    string
		want   rules.Span
	}{
		{"at the top", "", "KEY", rules.Span{Line: 1, Column: 1, EndLine: 1, EndColumn: 4}},
		{"on a line", "a\nb=", "KEY", rules.Span{Line: 2, Column: 3, EndLine: 2, EndColumn: 6}},
		{"carriage return is part of its line", "a\r\nb\r", "KEY", rules.Span{Line: 2, Column: 3, EndLine: 2, EndColumn: 6}},
		{"code points, not bytes", "é€😀=", "KEY", rules.Span{Line: 1, Column: 5, EndLine: 1, EndColumn: 8}},
		{"each bad byte counts one", "\xe2\x82\xff=", "KEY", rules.Span{Line: 1, Column: 5, EndLine: 1, EndColumn: 8}},
		{"no mark of the byte order", "\ufeffa=", "KEY", rules.Span{Line: 1, Column: 3, EndLine: 1, EndColumn: 6}},
		{"a second mark is a code point", "\ufeff\ufeff", "KEY", rules.Span{Line: 1, Column: 2, EndLine: 1, EndColumn: 5}},
		{"a mark on another line too", "\ufeff\n\ufeff", "KEY", rules.Span{Line: 2, Column: 2, EndLine: 2, EndColumn: 5}},
		{"binary", "\x00\x00\n\x00", "KEY", rules.Span{Line: 2, Column: 2, EndLine: 2, EndColumn: 5}},
		{"over lines", "x\n=", "KE\nY", rules.Span{Line: 2, Column: 2, EndLine: 3, EndColumn: 2}},
		{"up to a line's end", "", "KEY\n", rules.Span{Line: 1, Column: 1, EndLine: 2, EndColumn: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			buf := []byte(test.before + test.key + "tail\n")
			got := spanOf(buf, len(test.before), len(test.before)+len(test.key))
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// naivePosition is the definition that the positioner must agree with.
func naivePosition(before []byte) (line, column int) {
	before = bytes.TrimPrefix(before, []byte(utf8Mark))
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[start:])
}

// FuzzPositioner: however a buffer is cut into pieces, the position after each
// is that of the definition.
func FuzzPositioner(f *testing.F) {
	f.Add([]byte("a\r\né€😀\xf0\x9f\n\xe2\x82"), byte(1))
	f.Add([]byte("\xf0\x90\x80\xf0\xf0\x90\xe2\x82\xac\xed\xa0\x80\xc0\xaf"), byte(2))
	f.Add(bytes.Repeat([]byte("\xf4\x90\x80\x80\x80"), 3), byte(3))
	f.Add([]byte("\ufeff\ufeffa\n\ufeff"), byte(0))
	f.Fuzz(func(t *testing.T, buf []byte, size byte) {
		buf = buf[:min(len(buf), 1<<10)] // the definition counts from the top each time
		p, done := newPositioner(), 0
		for done < len(buf) {
			n := min(len(buf)-done, 1+(int(size)+done)%(5+int(size)/4))
			p.advance(buf[done : done+n])
			done += n
			line, column := p.at()
			if wantLine, wantColumn := naivePosition(buf[:done]); line != wantLine || column != wantColumn {
				t.Fatalf("%q: got %d:%d, want %d:%d", buf[:done], line, column, wantLine, wantColumn)
			}
		}
	})
}

// TestWideLines: a byte of a character is no line break in UTF-16 and UTF-32, and what is
// appended to a file of ASCII is on its own line.
func TestWideLines(t *testing.T) {
	wide := func(text string, unit int, big bool) (b []byte) {
		for _, r := range utf16.Encode([]rune(text)) {
			cell := make([]byte, unit)
			if big {
				binary.BigEndian.PutUint16(cell[unit-2:], r)
			} else {
				binary.LittleEndian.PutUint16(cell, r)
			}
			b = append(b, cell...)
		}
		return b
	}
	const text = "first\n\u4e0a\u200a\u010a\u0a05\nthird\nKEY="
	for _, unit := range []int{2, 4} {
		for _, big := range []bool{false, true} {
			buf := append(wide(text, unit, big), wide(factsKey(1), unit, big)...)
			found := slices.Collect(key.Find(buf))
			if len(found) != 1 {
				t.Fatalf("%d bytes, big-endian %v: found %d", unit, big, len(found))
			}
			if got := spanOfMatch(buf, found[0]); got.Line != 4 || got.EndLine != 4 || got.Column != 5 {
				t.Errorf("%d bytes, big-endian %v: %+v", unit, big, got)
			}
		}
	}
	mixed := append([]byte("one\ntwo\n"), wide("three\nKEY="+factsKey(1), 2, false)...)
	if found := slices.Collect(key.Find(mixed)); len(found) != 1 || spanOfMatch(mixed, found[0]).Line != 4 {
		t.Errorf("appended to ASCII: %v", found)
	}
}

func spanOfMatch(buf []byte, m key.Match) rules.Span { return spansOf(buf, []key.Match{m})[0] }

func TestSpansOfTakesMatchesInAnyOrder(t *testing.T) {
	buf := []byte("one two\nthree €four\nfive")
	matches := []key.Match{{Start: 21, End: 25}, {Start: 4, End: 23}, {Start: 4, End: 7}}
	for i, got := range spansOf(buf, matches) {
		if want := spanOf(buf, matches[i].Start, matches[i].End); got != want {
			t.Errorf("match %d: got %+v, want %+v", i, got, want)
		}
	}
}

func TestPlaceMovesAWindowsSpan(t *testing.T) {
	before := []byte("first\nsecond é ")
	for _, text := range []string{"KEY", "x\ny KEY", "KE\nY"} {
		at := strings.Index(text, "K")
		window := []byte(text)
		p := newPositioner()
		p.advance(before)
		got := p.place(spanOf(window, at, len(window)))
		whole := append(bytes.Clone(before), window...)
		if want := spanOf(whole, len(before)+at, len(whole)); got != want {
			t.Errorf("%q: got %+v, want %+v", text, got, want)
		}
	}
}

// BenchmarkSpans shows that many keys on one line cost what one costs.
func BenchmarkSpans(b *testing.B) {
	buf := bytes.Repeat([]byte("0123456789"), 10<<20)
	for _, count := range []int{1, 100, 10_000} {
		matches := make([]key.Match, count)
		for i := range matches {
			at := len(buf) - 100 - i*(len(buf)-100)/count
			matches[i] = key.Match{Start: at, End: at + 69}
		}
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			b.SetBytes(int64(len(buf)))
			for b.Loop() {
				spansOf(buf, matches)
			}
		})
	}
}
