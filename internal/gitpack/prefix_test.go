package gitpack

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// prefixGit runs git in dir, away from the user's configuration.
func prefixGit(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_DIR="+filepath.Join(dir, ".git"),
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// TestWithPrefix asks for every abbreviation of every object, some packed,
// some loose, and takes git's list of all objects as the truth.
func TestWithPrefix(t *testing.T) {
	for format, size := range map[string]int{"sha1": 20, "sha256": 32} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			prefixGit(t, dir, "", "init", "-q", "--object-format="+format)
			var stream strings.Builder
			for i := range 1500 {
				text := "blob " + strconv.Itoa(i)
				stream.WriteString("blob\ndata " + strconv.Itoa(len(text)) + "\n" + text + "\n")
			}
			prefixGit(t, dir, stream.String(), "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
			for i := range 20 { // git writes the first ten no second time: the pack has them
				prefixGit(t, dir, "blob "+strconv.Itoa(1490+i), "hash-object", "-w", "--stdin")
			}
			all := strings.Fields(prefixGit(t, dir, "", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)"))
			if len(all) != 1510 {
				t.Fatalf("git made %d objects", len(all))
			}
			store, err := Open([]string{filepath.Join(dir, ".git", "objects")}, size)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			checkPrefixes(t, store, all)
		})
	}
}

func checkPrefixes(t *testing.T, store *Store, all []string) {
	shared := 0
	for _, id := range all {
		for _, n := range []int{4, 5, 6, 7, len(id) - 1, len(id)} {
			var want, got []string
			for _, other := range all {
				if strings.HasPrefix(other, id[:n]) {
					want = append(want, other)
				}
			}
			for _, id := range store.WithPrefix(strings.ToUpper(id[:n])) {
				got = append(got, id.String())
			}
			if !slices.Equal(got, want) {
				t.Fatalf("WithPrefix(%q) = %v, want %v", id[:n], got, want)
			}
			if len(want) > 1 {
				shared++
			}
		}
	}
	if shared == 0 {
		t.Error("no abbreviation stands for two objects: the test shows too little")
	}
	for _, none := range []string{"", "123", "ghij", all[0] + "0", "../..", all[0][:6] + "/"} {
		if got := store.WithPrefix(none); len(got) != 0 {
			t.Errorf("WithPrefix(%q) = %v", none, got)
		}
	}
}

// TestWithPrefixWhileOpening looks ids up while a pack that came since is opened;
// the race detector judges.
func TestWithPrefixWhileOpening(t *testing.T) {
	dir := t.TempDir()
	prefixGit(t, dir, "", "init", "-q")
	id := prefixGit(t, dir, "content", "hash-object", "-w", "--stdin")
	store, err := Open([]string{filepath.Join(dir, ".git", "objects")}, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	prefixGit(t, dir, id, "pack-objects", "-q", filepath.Join(dir, ".git", "objects", "pack", "pack"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _, _ = store.Read(NewID(make([]byte, 20))) // which is nowhere, so that new packs are looked for
	}()
	for range 100 {
		if got := store.WithPrefix(id[:8]); len(got) != 1 || got[0].String() != id {
			t.Errorf("WithPrefix(%q) = %v, want %s", id[:8], got, id)
		}
	}
	<-done
	if len(store.open()) != 1 {
		t.Errorf("%d packs are open, want the new one", len(store.open()))
	}
}
