package scanner

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inspecto/insplint/rules"
)

// settle makes the index later than all files, as it is when they were checked
// out a while ago.
func (r *gitRepo) settle() {
	r.Helper()
	later := time.Now().Add(2 * time.Second)
	if err := os.Chtimes(filepath.Join(r.dir, ".git", "index"), later, later); err != nil {
		r.Fatal(err)
	}
}

// touch changes every file's times, so that the index proves nothing.
func (r *gitRepo) touch() {
	r.Helper()
	for _, name := range strings.FieldsFunc(r.git("ls-files", "-z"), func(c rune) bool { return c == 0 }) {
		path := filepath.Join(r.dir, name)
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
			r.Fatal(err)
		}
	}
}

// report scans with history and tells all that was found, and how many bytes of
// files were read for it.
func (r *gitRepo) report() (report string, read int64) {
	r.Helper()
	progress := new(Progress)
	result, err := Scan(r.Context(), Options{Paths: []string{r.dir}, Workers: 2, Progress: progress})
	if err != nil {
		r.Fatal(err)
	}
	var text strings.Builder
	for _, k := range result.Keys {
		for _, o := range k.Occurrences {
			told, err := json.Marshal(o)
			if err != nil {
				r.Fatal(err)
			}
			fmt.Fprintf(&text, "%s %s\n", k.Secret.Fingerprint(), told)
		}
	}
	fmt.Fprintf(&text, "%d files, %d placeholders, problems %v\n", result.Scanned.Files, result.Scanned.Placeholders, result.Problems)
	return text.String(), progress.Bytes.Load()
}

// TestUnreadFiles compares, on random trees, a scan that takes the index's word
// for what a file holds with one that cannot.
func TestUnreadFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the index proves nothing there")
	}
	var read, all int64
	for seed := range uint64(4) {
		g := &treeGrower{gitRepo: newGitRepo(t), random: rand.New(rand.NewPCG(seed, 17)), text: strings.Repeat("nothing ", 99) + "\n", repos: []string{""}, adds: map[string][]string{}}
		g.grow("", "", 3)
		g.add()
		for _, path := range g.files {
			switch g.random.IntN(8) {
			case 0:
				g.write(path, "x\nk = "+factsKey(3000+g.random.IntN(3))+"\n")
			case 1:
				g.write(path, "insp_"+strings.Repeat("0", 64)+"\n")
			}
		}
		var own []string
		for _, path := range g.files {
			if !slices.ContainsFunc(g.repos[1:], func(top string) bool { return strings.HasPrefix(path, top+"/") }) {
				own = append(own, path)
			}
		}
		g.git(append([]string{"add", "-f"}, own...)...)
		g.git("commit", "-qm", "all", "--allow-empty")
		for _, path := range g.files { // what is on disk now is in no commit
			switch g.random.IntN(12) {
			case 0:
				g.write(path, "k = "+factsKey(3000+g.random.IntN(5))+"\n")
			case 1:
				g.write(path, "nothing\n")
			}
		}
		g.settle()
		quick, n := g.report()
		read += n
		g.touch()
		slow, n := g.report()
		all += n
		if quick != slow {
			t.Errorf("seed %d: with files set apart:\n%swith all read:\n%s", seed, quick, slow)
		}
	}
	if read >= all*3/4 {
		t.Errorf("%d of %d bytes were read: too few files were set apart", read, all)
	}
}

// TestUnreadFilesDiffer has files that are not what their blobs are, though git
// calls them unchanged.
func TestUnreadFilesDiffer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the index proves nothing there")
	}
	secret := factsKey(3100)
	swapped := strings.NewReplacer("i", "v", "v", "i").Replace
	hide := func(r *gitRepo) { // of one size, so that the index cannot tell either
		r.git("config", "filter.swap.clean", "tr iv vi")
		r.git("config", "filter.swap.smudge", "tr iv vi")
	}
	for name, make := range map[string]func(*gitRepo){
		"attributes in the tree": func(r *gitRepo) {
			hide(r)
			r.write(".gitattributes", "a.txt filter=swap\n")
		},
		"attributes of the repository": func(r *gitRepo) {
			hide(r)
			r.write(".git/info/attributes", "a.txt filter=swap\n")
		},
		"attributes of the user": func(r *gitRepo) {
			hide(r)
			r.write(".config/git/attributes", "a.txt filter=swap\n")
			r.git("config", "core.attributesFile", filepath.Join(r.dir, ".config/git/attributes"))
			r.write(".git/info/exclude", ".config\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newGitRepo(t)
			make(r)
			r.write("a.txt", "k = "+secret+"\n")
			r.git("add", ".")
			r.git("commit", "-qm", "hidden")
			if blob := r.git("cat-file", "-p", "HEAD:a.txt"); blob != swapped("k = "+secret) {
				t.Fatalf("the filter did not run: %s", blob)
			}
			r.settle()
			r.wantScanned(name, Options{}, map[string]string{"a.txt": string(rules.Tracked)})
			// The attribute goes, the file stays as it is.
			os.Remove(filepath.Join(r.dir, ".gitattributes"))
			os.Remove(filepath.Join(r.dir, ".git/info/attributes"))
			r.settle()
			r.wantScanned(name+" before", Options{}, map[string]string{"a.txt": string(rules.Tracked)})
			// So does the driver: the attributes alone must do.
			r.write(".gitattributes", "a.txt filter=swap\n")
			r.git("config", "--remove-section", "filter.swap")
			r.settle()
			r.wantScanned(name+" alone", Options{}, map[string]string{"a.txt": string(rules.Tracked)})
		})
	}
	t.Run("replaced blob", func(t *testing.T) {
		r := newGitRepo(t)
		r.write("a.txt", "clean\n")
		r.git("add", ".")
		r.git("commit", "-qm", "clean")
		blob := r.git("rev-parse", "HEAD:a.txt")
		other := r.gitInput("k = "+secret+"\n", "hash-object", "-w", "--stdin")
		r.git("replace", blob, other)
		os.Remove(filepath.Join(r.dir, "a.txt"))
		r.git("checkout", "-q", "--", "a.txt")
		r.settle()
		if got := r.scanned(Options{})["a.txt"]; !strings.HasPrefix(got, string(rules.Tracked)) {
			t.Errorf("a.txt is %q", got)
		}
	})
	t.Run("lost blob", func(t *testing.T) {
		r := newGitRepo(t)
		r.write("a.txt", "k = "+secret+"\n")
		r.git("add", ".")
		id := r.git("hash-object", "a.txt")
		if err := os.Remove(filepath.Join(r.dir, ".git/objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
		r.settle()
		r.wantScanned("lost", Options{}, map[string]string{"a.txt": string(rules.Tracked)})
	})
}
