package scanner

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
)

// simpleEntry is one entry of a tree with ids of 20 bytes, after git's
// documentation.
var simpleEntry = regexp.MustCompile(`(?s)^([^ \x00]*) ([^\x00]*)\x00(.{20})`)

// FuzzTree: the entries of a tree are those that a regular expression finds, one
// behind the other, up to the first that is broken.
func FuzzTree(f *testing.F) {
	id := strings.Repeat("\x01\xff", 10)
	f.Add("100644 a.txt\x00" + id + "40000 dir\x00" + id + "160000 sub\x00" + id + "120000 link\x00" + id)
	f.Add("040000 old\x00" + id + "100644 \x00" + id + "10064412 long\x00" + id)
	f.Add("100644 cut\x00" + id[:19])
	f.Fuzz(func(t *testing.T, text string) {
		latin := func(s string) string { // a regular expression reads code points
			runes := make([]rune, len(s))
			for i := range len(s) {
				runes[i] = rune(s[i])
			}
			return string(runes)
		}
		rest := latin(text)
		for e := range treeEntries([]byte(text), 20) {
			m := simpleEntry.FindStringSubmatch(rest)
			if m == nil || latin(string(e.mode)) != m[1] || latin(string(e.name)) != m[2] || latin(string(e.child)) != m[3] {
				t.Fatalf("%q %q %x, simply read: %q", e.mode, e.name, e.child, m)
			}
			rest = rest[len(m[0]):]
		}
		if m := simpleEntry.FindStringSubmatch(rest); m != nil {
			t.Fatalf("%q is left out", m)
		}
	})
}

// FuzzCommit: what a graph knows of a commit, written down again, is read alike,
// whatever stands behind the header.
func FuzzCommit(f *testing.F) {
	id := strings.Repeat("ab", 20)
	own := gitpack.NewID(bytes.Repeat([]byte{1}, 20))
	f.Add([]byte("tree " + id + "\nparent " + id + "\nauthor A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1700000000 +0200\n\nparent " + id))
	f.Add([]byte("tree " + id[1:] + "\nparent x\ncommitter > 9223372036854775808\n"))
	f.Add([]byte("tree " + id + "\nauthor A <a@example.com> 1 +0000\ntree " + id[2:] + "ff\nparent " + id + "\ncommitter A <a@example.com> 1 +0000\n\n"))
	f.Add([]byte("parent " + id + id[:24] + "\ngpgsig x\n y\ntree " + id))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseCommit(own, data)
		if len(c.parents) > len(data)/48 {
			t.Fatalf("%d parents in %d bytes", len(c.parents), len(data))
		}
		if err != nil {
			return
		}
		var again bytes.Buffer
		fmt.Fprintf(&again, "tree %s\n", c.tree)
		for _, p := range c.parents {
			fmt.Fprintf(&again, "parent %s\n", p)
		}
		fmt.Fprintf(&again, "author\ncommitter <> %d +0000\n\nparent %s\n", c.when, id)
		same, err := parseCommit(own, again.Bytes())
		if err != nil || same.tree != c.tree || !slices.Equal(same.parents, c.parents) || same.when != c.when {
			t.Fatalf("%+v is read again as %+v, %v", c, same, err)
		}
	})
}
