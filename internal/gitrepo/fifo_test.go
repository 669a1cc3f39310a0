//go:build unix

package gitrepo

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Opening a FIFO to read waits for a writer for ever: each file of a repository
// is replaced by one in turn, and what needs it must say so at once.
func TestFIFOs(t *testing.T) {
	read := map[string]func(*Repo) []error{
		"config":          func(r *Repo) []error { _, err := r.Config(); return []error{err} },
		"index":           func(r *Repo) []error { _, err := r.Index(); return []error{err} },
		"shallow":         func(r *Repo) []error { _, err := r.Shallow(); return []error{err} },
		"packed-refs":     func(r *Repo) []error { _, errs := r.Refs(); return errs },
		"refs/heads/side": func(r *Repo) []error { _, errs := r.Refs(); return errs },
		"FETCH_HEAD":      func(r *Repo) []error { _, errs := r.Refs(); return errs },
		"logs/HEAD": func(r *Repo) (errs []error) {
			for _, err := range r.Reflogs() {
				errs = appendError(errs, err)
			}
			return errs
		},
	}
	for name, use := range read {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			r := j.open(j.repo("r"))
			path := filepath.Join(r.GitDir, filepath.FromSlash(name))
			_ = os.Remove(path)
			if err := syscall.Mkfifo(path, 0o644); err != nil {
				t.Skipf("no FIFO here: %v", err)
			}
			errs := use(r)
			if len(errs) != 1 || errs[0] == nil || !strings.Contains(errs[0].Error(), "not a regular file") {
				t.Errorf("errors %q", errs)
			}
		})
	}
	for _, name := range []string{"HEAD", "commondir"} {
		j := newJudge(t)
		dir := j.repo("r")
		path := filepath.Join(dir, ".git", name)
		_ = os.Remove(path)
		if err := syscall.Mkfifo(path, 0o644); err != nil {
			t.Skipf("no FIFO here: %v", err)
		}
		if _, err := Open(dir); err == nil {
			t.Errorf("%s is a FIFO and the repository opens", name)
		}
	}
}
