package gitrepo

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzPackedRefs: what is read of any file, written down again, is read alike
// and without an error; and no name leads out of the directory of refs.
func FuzzPackedRefs(f *testing.F) {
	one, two := strings.Repeat("1a", 20), strings.Repeat("0f", 20)
	f.Add("# pack-refs with: peeled fully-peeled sorted\n" + one + " refs/heads/main\n" + two + " refs/tags/v1\n^" + one + "\n")
	f.Add(one + " refs/heads/a b\n" + one + "\trefs/x\r\n^" + two + "\n" + one + "\n\n")
	f.Add(one + " ../../x\n^" + two + "\n" + strings.Repeat("0", 40) + " refs/heads/none\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := &Repo{HashSize: 20}
		refs, errs := r.parsePackedRefs("packed-refs", []byte(text))
		if len(errs) > maxLineErrors {
			t.Errorf("%d errors", len(errs))
		}
		var again strings.Builder
		for name, ref := range refs {
			if name != ref.Name || !filepath.IsLocal(filepath.FromSlash(name)) {
				t.Errorf("%q names %q", name, ref.Name)
			}
			fmt.Fprintf(&again, "%s %s\n", ref.ID, name)
			if ref.Peeled.Size() > 0 {
				fmt.Fprintf(&again, "^%s\n", ref.Peeled)
			}
		}
		if same, errs := r.parsePackedRefs("again", []byte(again.String())); len(errs) > 0 || !maps.Equal(refs, same) {
			t.Errorf("%v is read again as %v, errors %v", refs, same, errs)
		}
	})
}
