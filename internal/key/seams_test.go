package key

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSeams: history's reader hands Candidate what is around the seams of a
// delta, Reach bytes on either side and NUL bytes between. Wherever the seam is
// in a key, in whatever form, that is enough.
func TestSeams(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	texts := map[string]string{
		"plain":              anyKey(r),
		"a variable":         "P=insp_\n" + filler(r, 300) + "\nK=${P}" + body64(r.IntN(1<<30)),
		"a variable before":  "B=" + body64(r.IntN(1<<30)) + "\n" + filler(r, 300) + "\nK=insp_${B}",
		"a variable behind":  "K=insp_${B}\n" + filler(r, 300) + "\nB=" + body64(r.IntN(1<<30)) + "\n",
		"two variables used": "B=" + body64(r.IntN(1<<30)) + "\n" + filler(r, 200) + "\nP=insp_\n" + filler(r, 200) + "\nK=$P$B\n",
	}
	for name, c := range inOrder(codings()) {
		texts[name] = c.write("user:" + anyKey(r) + ";")
		texts["base64 of "+name] = wraps["mail"](base64.StdEncoding.EncodeToString([]byte("user:"+c.write(anyKey(r)))), r)
		texts["hex of "+name] = hex.EncodeToString([]byte(c.write(anyKey(r))))
		if c.dense {
			for wrapping, wrap := range inOrder(wraps) {
				texts[name+", "+wrapping] = wrap(c.write("name="+anyKey(r)+"\n"), r)
			}
		}
	}
	for name, c := range inOrder(escapes()) {
		texts[name] = c.write(anyKey(r))
		if !strings.Contains(name, "as ") {
			texts[name+" of base64"] = c.write(base64.StdEncoding.EncodeToString([]byte("user:" + anyKey(r))))
		}
	}
	beside := map[string]bool{} // there is other text on either side of the key
	for name, c := range inOrder(spreads()) {
		texts[name] = c.write("user:" + anyKey(r) + ";\n")
		if beside[name] = c.names[0] != "byte-list"; beside[name] {
			texts[name] = c.write(filler(r, 150) + anyKey(r) + filler(r, 150))
		}
	}
	for name, form := range texts {
		for range cases(12) {
			before, after := filler(r, Reach+r.IntN(500)), filler(r, Reach+r.IntN(500))
			text := before + "=" + form + ";" + after
			margin := 0
			if beside[name] {
				margin = len(form) * 150 / (150 + 75 + 150)
			}
			seam := len(before) + 1 + margin + r.IntN(len(form)-2*margin)
			condensed := "\x00" + text[seam-min(seam, Reach):min(len(text), seam+Reach)] + "\x00"
			if !Candidate([]byte(condensed)) {
				t.Errorf("%s: not a candidate with a seam at %d in %q", name, seam-len(before)-1, form)
			}
		}
	}
}
