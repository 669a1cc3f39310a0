package scanner

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// minified is code as minifiers write it, of a size in bytes.
func minified(size int) string {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("function(e,t){ return this.props. var window. document. import export from require( null!== void Object.defineProperty( => &&")
	var text strings.Builder
	for text.Len() < size {
		switch n := r.IntN(10); {
		case n < 5:
			text.WriteByte(byte('a' + r.IntN(26)))
			text.WriteByte("(){}[];,.=:?"[r.IntN(12)])
		case n < 8:
			text.WriteString(words[r.IntN(len(words))])
		default:
			text.WriteString(`"` + strings.Repeat("a-b c/", 1+r.IntN(5)) + `",`)
		}
	}
	return text.String()[:size]
}

// BenchmarkExpose judges a minified bundle of 5 MB that holds a hundred keys.
func BenchmarkExpose(b *testing.B) {
	code := minified(5 << 20)
	found := make([]sighting, 100)
	for i := range found {
		found[i].at = int64(i * len(code) / len(found))
		found[i].place.Variable = "e"
	}
	for _, test := range []struct{ name, path, others string }{
		{"source", "lib/a.js", ""}, {"module", "lib/a.js", "package.json"}, {"script", "dist/a.js", "package.json"}, {"output", "dist/a.js", "package.json vite.config.js"},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := search{path: test.path, exists: existsAmong(test.others)}
			for b.Loop() {
				s.tellClients(found, heldBody([]byte(code)))
			}
		})
	}
}
