package report

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestHTMLIsOnePage parses the page as a browser does: nothing of a hostile
// repository may become an element, and nothing may be loaded from anywhere.
func TestHTMLIsOnePage(t *testing.T) {
	o := testOptions()
	o.ShowSuppressed = true
	r := canonical(o)
	r.Findings[0].Message = `</p><script>alert(1)</script><img src=x onerror=alert(1)>`
	r.Findings[0].Snippet.Text = `</pre><iframe src="https://example.com">`
	r.Findings[0].Snippet.Width = 0
	page := render(t, "html", r, o)
	allowed := strings.Fields("html head meta title style body h1 p div strong ul li section h2 span h3 pre mark ol small")
	tokens := html.NewTokenizer(bytes.NewReader(page))
	elements := 0
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if tokens.Err() != io.EOF {
				t.Fatal(tokens.Err())
			}
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		elements++
		token := tokens.Token()
		if !slices.Contains(allowed, token.Data) {
			t.Errorf("the page has an element %q", token.Data)
		}
		for _, a := range token.Attr {
			if !slices.Contains([]string{"class", "charset", "http-equiv", "content", "name", "lang"}, a.Key) {
				t.Errorf("<%s> has an attribute %s=%q", token.Data, a.Key, a.Val)
			}
		}
	}
	if elements < 50 {
		t.Errorf("%d elements", elements)
	}
	for _, want := range []string{"config/prod.env:3:19", "insp_…[0a1b2c3d]"[:6], "Next:", "INCOMPLETE", "revoked in 2025", "&lt;script&gt;"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, line := range bytes.Split(page, []byte("\n")) {
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("::")) || bytes.Contains(line, []byte("##[")) {
			t.Errorf("a runner acts on %q", line)
		}
	}
}
