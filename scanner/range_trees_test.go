package scanner

import (
	"compress/zlib"
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// looseObject writes an object as git would, only faster, and returns its id.
func (r *gitRepo) looseObject(kind, data string) gitpack.ID {
	r.Helper()
	return r.looseAs(gitpack.NewID(sha1Sum(fmt.Sprintf("%s %d\x00%s", kind, len(data), data))), kind, data)
}

// looseAs is looseObject under an id that need not be the object's own.
func (r *gitRepo) looseAs(id gitpack.ID, kind, data string) gitpack.ID {
	r.Helper()
	content := fmt.Sprintf("%s %d\x00%s", kind, len(data), data)
	path := filepath.Join(r.dir, ".git", "objects", id.String()[:2], id.String()[2:])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		r.Fatal(err)
	}
	defer f.Close()
	w := zlib.NewWriter(f)
	if _, err := w.Write([]byte(content)); err != nil {
		r.Fatal(err)
	}
	if err := w.Close(); err != nil {
		r.Fatal(err)
	}
	return id
}

func sha1Sum(text string) []byte {
	sum := sha1.Sum([]byte(text))
	return sum[:]
}

// rangeLimited searches the range that ends at a tree's commit, and looks at
// no more than limit entries of it, nested no deeper than depth.
func (r *gitRepo) rangeLimited(tree gitpack.ID, limit, depth int) *Result {
	r.Helper()
	commit := r.looseObject("commit", "tree "+tree.String()+"\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nm\n")
	return r.setLimited(gitrepo.Range{Include: []gitpack.ID{commit}}, limit, depth)
}

// setLimited is rangeLimited for any commits.
func (r *gitRepo) setLimited(set gitrepo.Range, limit, depth int) *Result {
	r.Helper()
	r.Chdir(r.dir)
	result, err := inStage(r.Context(), Options{Workers: 1, Getenv: os.Getenv}, "commits", wholeIndex, func(s *stage) error {
		scan := newRangeScan(s)
		scan.limit, scan.depth = limit, depth
		if err := scan.read(r.Context(), set); err != nil {
			return err
		}
		scan.tell()
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	return result
}

// TestRangeForgedTree: neither a tree that names 10^10 paths nor one that is
// nested without end keeps a range from ending, and it says what it left out.
func TestRangeForgedTree(t *testing.T) {
	r := newGitRepo(t)
	blob := r.looseObject("blob", factsKey(1)+"\n")
	wide := blob
	for level := range 10 {
		mode := "40000"
		if level == 0 {
			mode = "100644"
		}
		var tree strings.Builder
		for i := range 10 {
			fmt.Fprintf(&tree, "%s n%d\x00%s", mode, i, wide.Bytes())
		}
		wide = r.looseObject("tree", tree.String())
	}
	deep := r.looseObject("tree", "100644 k\x00"+string(blob.Bytes()))
	for range 51 {
		deep = r.looseObject("tree", "40000 d\x00"+string(deep.Bytes()))
	}
	for name, test := range map[string]struct {
		tree         gitpack.ID
		limit, depth int
		want         string
	}{
		"wide": {wide, 1000, 50, "more than 1000 entries"},
		"deep": {deep, 1000, 50, "more than 50 deep"},
	} {
		result := r.rangeLimited(test.tree, test.limit, test.depth)
		if result.Scanned.Complete || len(result.Problems) != 1 || !strings.Contains(result.Problems[0].Message, test.want) {
			t.Errorf("%s: complete %t, %v", name, result.Scanned.Complete, result.Problems)
		}
		if places := occurrencesIn(result); places > test.limit {
			t.Errorf("%s: %d places", name, places)
		}
	}
	shallow := r.looseObject("tree", "40000 d\x00"+string(r.looseObject("tree", "100644 k\x00"+string(blob.Bytes())).Bytes()))
	if result := r.rangeLimited(shallow, 2, 1); !result.Scanned.Complete || occurrencesIn(result) != 1 {
		t.Errorf("within the limits: complete %t, %d places", result.Scanned.Complete, occurrencesIn(result))
	}
}

// TestRangeManyParents: a commit that names one parent many times takes no more memory
// than if it named it once, and many parents count for the limit.
func TestRangeManyParents(t *testing.T) {
	r := newGitRepo(t)
	blob, person := string(r.looseObject("blob", "x\n").Bytes()), "author a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nm\n"
	var files strings.Builder
	for i := range 500 {
		fmt.Fprintf(&files, "100644 a%03d\x00%s", i, blob)
	}
	var parents [200]string
	var known []gitpack.ID
	for i := range parents {
		tree := r.looseObject("tree", fmt.Sprintf("%s100644 b%d\x00%s", files.String(), i, blob))
		known = append(known, r.looseObject("commit", fmt.Sprintf("tree %s\n%s", tree, person)))
		parents[i] = fmt.Sprintf("parent %s\n", known[i])
	}
	tree := r.looseObject("tree", files.String()+"100644 k\x00"+string(r.looseObject("blob", factsKey(1)+"\n").Bytes()))
	for name, test := range map[string]struct {
		parents string
		want    int // problems
	}{
		"one, a thousand times": {strings.Repeat(parents[0], 1000), 0},
		"many":                  {strings.Join(parents[:], ""), 1},
	} {
		head := r.looseObject("commit", fmt.Sprintf("tree %s\n%s%s", tree, test.parents, person))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		result := r.setLimited(gitrepo.Range{Include: []gitpack.ID{head}, Exclude: known}, 1000, 10)
		runtime.ReadMemStats(&after)
		if len(result.Problems) != test.want || test.want == 0 && occurrencesIn(result) != 1 {
			t.Errorf("%s: %d places, %v", name, occurrencesIn(result), result.Problems)
		}
		if taken := (after.TotalAlloc - before.TotalAlloc) >> 20; taken > 32 {
			t.Errorf("%s: %d MiB were taken", name, taken)
		}
	}
}

// TestRangeCircle: what is asked for and is in no graph is named.
func TestRangeCircle(t *testing.T) {
	r := newGitRepo(t)
	tree := r.looseObject("tree", "100644 k\x00"+string(r.looseObject("blob", factsKey(1)+"\n").Bytes()))
	ids := [2]gitpack.ID{gitpack.NewID(sha1Sum("a")), gitpack.NewID(sha1Sum("b"))}
	for i, id := range ids {
		r.looseAs(id, "commit", fmt.Sprintf("tree %s\nparent %s\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nm\n", tree, ids[1-i]))
	}
	r.Chdir(r.dir)
	result, err := Push(t.Context(), Commits{Include: []string{ids[0].String()}}, Options{Workers: 1, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	if result.Scanned.Complete || len(result.Problems) != 1 || !strings.Contains(result.Problems[0].Message, "leads back to itself") {
		t.Errorf("complete %t, %v", result.Scanned.Complete, result.Problems)
	}
}

func occurrencesIn(result *Result) (n int) {
	for _, k := range result.Keys {
		n += len(k.Occurrences)
	}
	return n
}
