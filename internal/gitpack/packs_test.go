package gitpack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPackBetweenTwoSteps: git takes a pack away before its index, or after, and
// may be kept waiting in between. That is nothing that was not read; an index
// which stays without a pack is.
func TestPackBetweenTwoSteps(t *testing.T) {
	for name, stays := range map[string]bool{"goes": false, "stays": true} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			id := r.gitIn([]byte("text\n"), "hash-object", "-w", "--stdin")
			r.gitIn([]byte(id+"\n"), "pack-objects", "-q", filepath.Join(r.objects(), "pack", "pack"))
			pack := r.packs()[0]
			if err := os.Remove(pack); err != nil {
				t.Fatal(err)
			}
			if !stays {
				time.AfterFunc(settleTime, func() { _ = os.Remove(strings.TrimSuffix(pack, ".pack") + ".idx") })
			}
			s, err := Open([]string{r.objects()}, r.hashSize)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			named := slices.ContainsFunc(s.Problems(), func(p Problem) bool { return p.Path == pack })
			if named != stays {
				t.Errorf("its index %s: %v", name, s.Problems())
			}
		})
	}
}
