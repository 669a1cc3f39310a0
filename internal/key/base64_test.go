package key

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestDecodeGroups: what is decoded in blocks is what the groups are one by one, in any mix of
// the two alphabets.
func TestDecodeGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range cases(20_000) {
		in := make([]byte, 4*r.IntN(40))
		for i := range in {
			in[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"[r.IntN(66)]
		}
		if r.IntN(2) == 0 { // as texts are
			base64.URLEncoding.Encode(in, bytes.Repeat([]byte("~?\x00"), len(in)/4))
		}
		v := view{bare: r.IntN(8) > 0}
		v.data = append(v.data, "before"...)
		if end := v.addGroups(in, 0, len(in)); end != len(in) {
			t.Fatalf("%d of %d characters of %q are decoded", end, len(in), in)
		}
		want, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(string(in)))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(v.data); got != "before"+string(want) {
			t.Fatalf("%q is %q, want %q", in, got, want)
		}
		text := len(in)
		for i := len(want) - 1; i >= 0; i-- {
			if want[i] >= 0x80 {
				text = i / 3 * 4
			}
		}
		s := &runSearch{buf: in}
		for to := 0; to <= len(in); to++ {
			if got := s.base64Text(0, to); got != (to/4*4 <= text) {
				t.Fatalf("%q is text up to %d: %v", in, to, got)
			}
		}
	}
}

// TestWaysAt: the ways in which a probe is text are those that group by group it is.
func TestWaysAt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	readable := 0
	for range cases(40_000) {
		text := make([]byte, probeLength)
		for i := range text {
			text[i] = "AZaz09 \t\n\r_\x00\x1b~\x7f\x08\x0e\x1a\x1c\x1f\x80\xff"[r.IntN([]int{10, 13, 22}[r.IntN(3)])]
		}
		if r.IntN(2) == 0 { // as what is wide
			for i := range text {
				if i%(2<<r.IntN(2)) != 0 {
					text[i] = 0
				}
			}
		}
		encoding := []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding}[r.IntN(2)]
		run := encoding.EncodeToString(text)
		at := r.IntN(base64Ways)
		buf := []byte(run[:at+probeLength] + strings.Repeat("?", r.IntN(16)))
		want := textWays(buf[at : at+probeLength])
		if got := waysAt(buf, at); got != want {
			t.Fatalf("%q is text in the ways %04b, want %04b", buf[at:], got, want)
		}
		readable += want
	}
	if readable == 0 {
		t.Error("no probe is text")
	}
}
