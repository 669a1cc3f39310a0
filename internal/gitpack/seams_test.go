package gitpack

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const treeNeedle = "needle_in_a_name"

// A directory is random changes of one directory, as a stream for git
// fast-import.
type directory struct {
	*rand.Rand
	stream  bytes.Buffer
	names   []string
	commits int
}

func newDirectory(seed uint64, size, commits int) *directory {
	d := &directory{Rand: rand.New(rand.NewPCG(seed, 2))}
	for range commits {
		d.commits++
		fmt.Fprintf(&d.stream, "commit refs/heads/main\nmark :%d\ncommitter A <a@example.com> %d +0000\ndata 0\n", d.commits, d.commits)
		if d.commits > 1 {
			fmt.Fprintf(&d.stream, "from :%d\n", d.commits-1)
		}
		edits := 1 + d.IntN(4)
		if d.commits == 1 {
			edits = size
		}
		for range edits {
			d.edit(d.commits == 1)
		}
	}
	return d
}

// edit adds, changes, removes or renames an entry.
func (d *directory) edit(first bool) {
	if first || len(d.names) < 2 || d.IntN(4) == 0 {
		d.names = append(d.names, d.name())
		d.put(d.names[len(d.names)-1])
		return
	}
	i := d.IntN(len(d.names))
	switch d.IntN(4) {
	case 0:
		fmt.Fprintf(&d.stream, "D %s\n", d.names[i])
		d.names = slices.Delete(d.names, i, i+1)
	case 1:
		to := d.name()
		if strings.Contains(d.names[i], treeNeedle) { // what is left of it is joined by a seam alone
			to = strings.Replace(d.names[i], treeNeedle, strings.Replace(treeNeedle, "_", "_XX_", 1), 1)
		} else if whole := strings.Replace(d.names[i], "_XX_", "_", 1); whole != d.names[i] {
			to = whole
		}
		fmt.Fprintf(&d.stream, "R %s %s\n", d.names[i], to)
		d.names[i] = to
	default:
		d.put(d.names[i])
	}
}

// put gives an entry new content; some are a submodule's commit.
func (d *directory) put(name string) {
	if strings.HasPrefix(name, "module") {
		fmt.Fprintf(&d.stream, "M 160000 %x %s\n", sha1.Sum(fmt.Append(nil, d.Uint64())), name)
		return
	}
	content := fmt.Sprint(d.Uint64())
	fmt.Fprintf(&d.stream, "M 100644 inline %s\ndata %d\n%s\n", name, len(content), content)
}

// name makes one that no entry has: short ones, long ones, some in a directory
// below, some with the needle.
func (d *directory) name() string {
	n := d.Uint32()
	switch d.IntN(8) {
	case 0:
		return fmt.Sprintf("module%d", n)
	case 1:
		return fmt.Sprintf("%d_%s", n, strings.Repeat("long", 1+d.IntN(55)))
	case 2:
		return fmt.Sprintf("%d_%s", n, strings.Repeat("x", d.IntN(150))+treeNeedle)
	case 3, 4:
		return fmt.Sprintf("below%d/%d", n%5, n)
	}
	return fmt.Sprintf("f%d", n)
}

// TestTreeSeams drops some objects of a history, and compares what a walk
// misses, and in which trees it sees a needle, with a plain reading of the trees.
func TestTreeSeams(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			d := newDirectory(seed, 20+int(seed)*60, 120)
			r.importHistory(&history{stream: d.stream})
			all := r.contents()
			kept := map[ID]bool{}
			var lines strings.Builder
			for _, id := range slices.SortedFunc(maps.Keys(all), ID.compare) {
				if all[id].kind == Commit || d.IntN(25) > 0 {
					kept[id] = true
					fmt.Fprintln(&lines, id)
				}
			}
			objects := filepath.Join(t.TempDir(), "objects")
			writeFile(t, filepath.Join(objects, "pack", "x"), nil)
			r.gitIn([]byte(lines.String()), "pack-objects", "-q", "--window=20", "--depth=40", filepath.Join(objects, "pack", "pack"))
			compareSeams(t, objects, all, kept)
		})
	}
}

// compareSeams compares a walk with a plain reading of all trees and commits, of
// which some were kept.
func compareSeams(t *testing.T, objects string, all map[ID]content, kept map[ID]bool) {
	s, err := Open([]string{objects}, sha1.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v := walk(t, s, Walk{Links: true, Reach: 400, Candidate: func(b []byte) bool {
		return bytes.Contains(b, []byte(treeNeedle))
	}})
	missed, want, needles := map[ID]bool{}, map[ID]bool{}, 0
	for _, p := range v.problems {
		missed[p.Object] = true
	}
	for id, o := range all {
		if !kept[id] || o.kind == Blob {
			continue
		}
		names, named := entriesOf(t, o)
		for _, id := range named {
			if !kept[id] {
				want[id] = true
			}
		}
		hasNeedle := strings.Contains(names, treeNeedle)
		if _, shown := v.shown[id]; shown != hasNeedle {
			t.Errorf("%s %s is shown: %t; has a needle: %t", o.kind, id, shown, hasNeedle)
		}
		if hasNeedle {
			needles++
		}
	}
	if !maps.Equal(missed, want) {
		t.Errorf("missed %v, want %v", missed, want)
	}
	if len(want) == 0 || needles == 0 {
		t.Errorf("%d objects are missed and %d trees have a needle: nothing is tested", len(want), needles)
	}
}

// entriesOf lists a tree's names, and what a tree or a commit needs.
func entriesOf(t *testing.T, o content) (names string, ids []ID) {
	if o.kind == Commit {
		root, err := ParseID(o.data[len("tree "):][:2*sha1.Size])
		if err != nil {
			t.Fatal(err)
		}
		return "", []ID{root}
	}
	for data := o.data; data != ""; {
		name, rest, _ := strings.Cut(data, "\x00")
		if names += name + "\n"; !strings.HasPrefix(name, "160000 ") {
			ids = append(ids, NewID([]byte(rest[:sha1.Size])))
		}
		data = rest[sha1.Size:]
	}
	return names, ids
}
