package gitpack

import (
	"fmt"
	"strings"
	"testing"
)

// TestEntryMode holds the modes of entries against git's own reading of them. A type
// that is none is a submodule's to git.
func TestEntryMode(t *testing.T) {
	r := newRepo(t)
	blob := string(mustID(t, r.gitIn([]byte("x"), "hash-object", "-w", "--stdin")).Bytes())
	for _, digits := range []string{
		"40000", "040000", "40755", "40777", "47777", "0000000040000", "1040000", "7777777740000", "37777740000",
		"100644", "0100644", "100664", "100600", "100755", "100700", "100100", "100011", "107777", "120000", "120777", "120644", "0120000", "160000", "160755", "167777",
		"0", "1", "777", "644", "10000", "20000", "60000", "140000", "170000", "30000", "50000", "70000", "110644",
		"", "8", "100648", "a0000", "-40000", "+40000", "4_0000", "0o40000", "40000\n", "\t40000", " 40000",
	} {
		tree := r.gitIn([]byte(digits+" name\x00"+blob), "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
		said, refusal := tryGit(nil, "--git-dir", r.dir, "ls-tree", tree)
		mode, ok := EntryMode([]byte(digits))
		if ok != (refusal == nil) {
			t.Errorf("%q: ok %t, and git says %v", digits, ok, refusal)
		}
		if !ok || refusal != nil {
			continue
		}
		want, _, _ := strings.Cut(string(said), " ")
		if got := fmt.Sprintf("%06o", mode); got != want && !(want == "160000" && mode&ModeType == 0o100000) {
			t.Errorf("%q is %s, git says %s", digits, got, want)
		}
	}
}
