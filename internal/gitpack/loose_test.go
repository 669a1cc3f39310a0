package gitpack

import (
	"strings"
	"testing"
)

// TestLooseHeaderSaysNothing reads damaged headers, which may be content: no error
// repeats any of it.
func TestLooseHeaderSaysNothing(t *testing.T) {
	const content = "insp_0123456789abcdef012345"
	for _, head := range []string{content, "blob " + content, "blob 12" + content + "\x00", content + "\x00", "blob " + content + "\x00"} {
		_, _, _, err := parseLooseHeader([]byte(head))
		if err == nil || strings.Contains(err.Error(), "0123") {
			t.Errorf("header %q: %v", head, err)
		}
	}
}
