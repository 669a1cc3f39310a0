package gitrepo

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// names lists refs as "NAME ID" and fails on errors that nobody expects.
func (j *judge) names(r *Repo) []string {
	j.t.Helper()
	refs, errs := r.Refs()
	for _, err := range errs {
		j.t.Error(err)
	}
	var names []string
	for _, ref := range refs {
		names = append(names, ref.Name+" "+ref.ID.String())
	}
	return names
}

func (j *judge) mustHave(names []string, want ...string) {
	j.t.Helper()
	for _, name := range want {
		if !slices.Contains(names, name) {
			j.t.Errorf("no ref %q in\n%s", name, strings.Join(names, "\n"))
		}
	}
}

func TestOtherWorktreesRefs(t *testing.T) {
	for _, format := range []string{"files", "reftable"} {
		t.Run(format, func(t *testing.T) {
			j := newJudge(t)
			args := []string{}
			if format == "reftable" {
				j.needs(2, 45)
				args = append(args, "--ref-format="+format)
			}
			dir := j.repo("r", args...)
			j.git(dir, "worktree", "add", "-q", "../one", "side")
			j.git(dir, "worktree", "add", "-q", "--detach", "../two", "HEAD~1")
			one, two := filepath.Join(j.top, "one"), filepath.Join(j.top, "two")
			head, old := j.git(dir, "rev-parse", "HEAD"), j.git(dir, "rev-parse", "HEAD~1")
			j.git(one, "update-ref", "refs/bisect/bad", head)
			j.git(dir, "update-ref", "refs/worktree/main", old)
			j.git(two, "update-ref", "ORIG_HEAD", head)
			j.git(two, "symbolic-ref", "refs/worktree/link", "refs/heads/side")

			j.mustHave(j.names(j.open(dir)), "HEAD "+head, "refs/worktree/main "+old,
				"worktrees/one/HEAD "+old, "worktrees/one/refs/bisect/bad "+head,
				"worktrees/two/HEAD "+old, "worktrees/two/ORIG_HEAD "+head, "worktrees/two/refs/worktree/link "+old)
			r := j.open(one)
			j.mustHave(j.names(r), "HEAD "+old, "refs/bisect/bad "+head,
				"main-worktree/HEAD "+head, "main-worktree/refs/worktree/main "+old, "worktrees/two/HEAD "+old)
			for _, name := range []string{"main-worktree/HEAD", "worktrees/two/HEAD", "worktrees/two/refs/worktree/link", "refs/bisect/bad", "worktrees/two/ORIG_HEAD"} {
				ref, err := r.Ref(name)
				if want := j.git(one, "rev-parse", name); err != nil || ref.ID.String() != want {
					t.Errorf("%s: %v, %v; want %s", name, ref, err, want)
				}
			}
		})
	}
}

func TestStateRefs(t *testing.T) {
	j := newJudge(t)
	upstream := j.repo("upstream")
	dir := j.repo("r")
	j.git(dir, "fetch", "-q", upstream, "main", "side")
	j.git(dir, "checkout", "-q", "side")
	j.write(filepath.Join(dir, "a"), "conflicting\n")
	j.git(dir, "commit", "-q", "-a", "-m", "third")
	j.write(filepath.Join(dir, "z"), "stashed by the rebase\n")
	if _, err := j.try(dir, "rebase", "--autostash", "main"); err == nil {
		t.Fatal("no conflict")
	}
	refs := j.names(j.open(dir))
	fetched := j.git(upstream, "rev-parse", "main")
	autostash := j.git(dir, "rev-parse", strings.TrimSpace(j.read(filepath.Join(dir, ".git", "rebase-merge", "autostash"))))
	j.mustHave(refs, "FETCH_HEAD "+fetched, "FETCH_HEAD "+j.git(upstream, "rev-parse", "side"),
		"ORIG_HEAD "+j.git(dir, "rev-parse", "ORIG_HEAD"), "rebase-merge/autostash "+autostash, "REBASE_HEAD "+j.git(dir, "rev-parse", "REBASE_HEAD"))
}

func (j *judge) read(path string) string {
	j.t.Helper()
	data, err := os.ReadFile(path)
	j.must(err)
	return string(data)
}

// Each broken file is one error that names it, and all other refs are there.
func TestBrokenRefs(t *testing.T) {
	tests := map[string]struct{ file, text string }{
		"empty":               {"refs/heads/broken", ""},
		"garbage":             {"refs/heads/broken", "no id at all, and insp_" + strings.Repeat("0f", 32)},
		"short id":            {"refs/heads/broken", "0123456789\n"},
		"id of another hash":  {"refs/heads/broken", strings.Repeat("ab", 32) + "\n"},
		"id with a tail":      {"refs/heads/broken", strings.Repeat("ab", 20) + "x\n"},
		"null id":             {"refs/heads/broken", strings.Repeat("00", 20) + "\n"},
		"binary":              {"refs/tags/broken", "\x00\xff\x00"},
		"symref out of refs":  {"refs/heads/broken", "ref: ../../../etc/passwd\n"},
		"symref to itself":    {"refs/heads/broken", "ref: refs/heads/broken\n"},
		"symref to nothing":   {"refs/heads/broken", "ref: \n"},
		"packed garbage":      {"packed-refs", "# pack-refs with: peeled\nbroken line\n"},
		"packed, bad name":    {"packed-refs", strings.Repeat("ab", 20) + " refs/heads/a..broken\n"},
		"packed, lone peeled": {"packed-refs", "^" + strings.Repeat("ab", 20) + "\n"},
		"fetch head":          {"FETCH_HEAD", "broken\n"},
		"other worktree":      {"worktrees/broken/HEAD", "broken\n"},
		"merge head":          {"MERGE_HEAD", "broken\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t)
			dir := j.repo("r")
			want := j.names(j.open(dir))
			j.write(filepath.Join(dir, ".git", filepath.FromSlash(test.file)), test.text)
			refs, errs := j.open(dir).Refs()
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), "broken") && !strings.Contains(errs[0].Error(), test.file) {
				t.Errorf("errors %q do not name %s", errs, test.file)
			}
			for _, err := range errs {
				if strings.Contains(err.Error(), "insp_") {
					t.Errorf("error shows what the file says: %v", err)
				}
			}
			var got []string
			for _, ref := range refs {
				got = append(got, ref.Name+" "+ref.ID.String())
			}
			if !slices.Equal(got, want) {
				t.Errorf("refs %q, want %q", got, want)
			}
		})
	}
}

// TestRefsPackedMeanwhile has git pack refs after packed-refs were read: a look-up
// that finds no loose ref looks there anew.
func TestRefsPackedMeanwhile(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	for _, packedBefore := range []bool{false, true} {
		if packedBefore {
			j.git(dir, "pack-refs", "--all")
		}
		r := j.open(dir)
		for _, name := range []string{"refs/heads/none", "refs/heads/side"} { // which reads what there is
			if _, err := r.Ref(name); (err == nil) != (name == "refs/heads/side") {
				t.Fatalf("%s: %v", name, err)
			}
		}
		j.git(dir, "update-ref", "refs/heads/side", "HEAD")
		j.git(dir, "update-ref", "refs/heads/new", "HEAD")
		j.git(dir, "pack-refs", "--all", "--prune")
		want := j.git(dir, "rev-parse", "HEAD")
		for _, name := range []string{"refs/heads/side", "refs/heads/new", "refs/heads/main"} {
			if ref, err := r.Ref(name); err != nil || ref.ID.String() != want {
				t.Errorf("%s: %s, %v; want %s", name, ref.ID, err, want)
			}
		}
		j.git(dir, "update-ref", "-d", "refs/heads/new")
		j.git(dir, "update-ref", "refs/heads/side", "HEAD~1")
	}
	j.write(filepath.Join(dir, ".git", "packed-refs"), "broken\n")
	r := j.open(dir)
	if _, err := r.Ref("refs/heads/lost"); err == nil || !strings.Contains(err.Error(), "packed-refs") {
		t.Errorf("a ref that broken packed-refs may have: %v", err)
	}
}

func TestSymbolicRefs(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	head := j.git(dir, "rev-parse", "HEAD")
	refs := filepath.Join(dir, ".git", "refs", "heads")
	j.write(filepath.Join(refs, "loop1"), "ref: refs/heads/loop2\n")
	j.write(filepath.Join(refs, "loop2"), "ref: refs/heads/loop1\n")
	for from, to := range map[string]string{"s1": "main", "s2": "s1", "s3": "s2", "s4": "s3", "s5": "s4"} {
		j.write(filepath.Join(refs, from), "ref: refs/heads/"+to)
	}
	j.link("refs/heads/main", filepath.Join(refs, "old-style"))
	j.link("../../../outside", filepath.Join(refs, "away"))
	r := j.open(dir)
	for name, ok := range map[string]bool{"s1": true, "s4": true, "s5": false, "loop1": false, "old-style": true} {
		ref, err := r.Ref("refs/heads/" + name)
		if (err == nil) != ok || ok && ref.ID.String() != head {
			t.Errorf("%s: %v, %v", name, ref, err)
		}
		if said, err := j.try(dir, "rev-parse", "--verify", "-q", "refs/heads/"+name); (err == nil) != ok {
			t.Errorf("%s: git says %q, %v", name, said, err)
		}
	}
	found, errs := r.Refs()
	if len(errs) != 4 { // two loops, one too deep, one link to nothing
		t.Errorf("errors: %q", errs)
	}
	if !slices.ContainsFunc(found, func(ref Ref) bool { return ref.Name == "refs/heads/s4" && ref.ID.String() == head }) {
		t.Errorf("refs: %v", found)
	}
}

// A directory below refs that is a link could lead anywhere; refs itself may be
// one, as in a work directory that shares it.
func TestLinkedRefDirectories(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	want := j.names(j.open(dir))
	refs := filepath.Join(dir, ".git", "refs")
	j.must(os.Rename(refs, filepath.Join(j.top, "refs")))
	j.link(filepath.Join(j.top, "refs"), refs)
	if got := j.names(j.open(dir)); !slices.Equal(got, want) {
		t.Errorf("refs %q, want %q", got, want)
	}
	j.link("..", filepath.Join(refs, "heads", "up"))
	got, errs := j.open(dir).Refs()
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "symbolic link") || len(got) != len(want) {
		t.Errorf("%d refs, errors %q", len(got), errs)
	}
}

func TestHeadStates(t *testing.T) {
	j := newJudge(t)
	j.git(j.top, "init", "-q", "empty")
	empty := j.open(filepath.Join(j.top, "empty"))
	if head, err := empty.Head(); err != nil || !head.Unborn() || head.Target != "refs/heads/main" {
		t.Errorf("empty repository: %+v, %v", head, err)
	}
	if refs, errs := empty.Refs(); len(refs)+len(errs) > 0 {
		t.Errorf("empty repository: %v, %v", refs, errs)
	}
	dir := j.repo("r")
	if head, err := j.open(dir).Head(); err != nil || head.Unborn() || head.Target != "refs/heads/main" {
		t.Errorf("on a branch: %+v, %v", head, err)
	}
	j.git(dir, "checkout", "-q", "--detach")
	if head, err := j.open(dir).Head(); err != nil || head.Unborn() || head.Target != "" {
		t.Errorf("detached: %+v, %v", head, err)
	}
	j.git(dir, "checkout", "-q", "--orphan", "fresh")
	if head, err := j.open(dir).Head(); err != nil || !head.Unborn() || head.Target != "refs/heads/fresh" {
		t.Errorf("orphan: %+v, %v", head, err)
	}
}

func TestFindRef(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	j.git(dir, "update-ref", "refs/tags/both", "HEAD")
	j.git(dir, "update-ref", "refs/heads/both", "HEAD~1")
	j.git(dir, "update-ref", "refs/remotes/origin/main", "HEAD~1")
	j.git(dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	j.git(dir, "pack-refs", "--all")
	r := j.open(dir)
	for _, name := range []string{"main", "heads/main", "refs/heads/main", "both", "heavy", "light", "origin", "origin/main", "HEAD", "ORIG_HEAD", "nothing", "../config", "a b", "@", ""} {
		want, wantErr := j.try(dir, "-c", "core.warnAmbiguousRefs=false", "rev-parse", "-q", "--verify", name)
		if name == "@" { // an expression, not a name
			wantErr = errors.New("none")
		}
		got, err := r.FindRef(name)
		if (err == nil) != (wantErr == nil) || err == nil && got.ID.String() != strings.TrimSpace(want) {
			t.Errorf("FindRef(%q) = %v, %v; git says %s", name, got, err, want)
		}
		if err != nil && !errors.Is(err, ErrNoRef) {
			t.Errorf("FindRef(%q): %v", name, err)
		}
	}
}

func TestValidRefName(t *testing.T) {
	j := newJudge(t)
	for _, name := range []string{
		"refs/heads/a", "refs/heads/a.b", "refs/heads/.a", "refs/heads/a.", "refs/heads/a..b", "refs/heads/a.lock", "refs/a.lock/b",
		"refs//a", "/refs/a", "refs/a/", "refs/a b", "refs/a~1", "refs/a^", "refs/a:b", "refs/a?", "refs/a*", "refs/a[", `refs/a\b`,
		"refs/a@{b", "refs/@", "@", "refs/a\x7f", "refs/a\x01", "refs/ü", "HEAD", "", "refs/a@b", "refs/{", "refs/a./b",
	} {
		_, err := j.try(j.top, "check-ref-format", "--allow-onelevel", name)
		if got := validRefName(name); got != (err == nil) {
			t.Errorf("validRefName(%q) = %v, git says %v", name, got, err == nil)
		}
	}
}

func TestBrokenReflog(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	path := filepath.Join(dir, ".git", "logs", "refs", "heads", "main")
	whole := j.read(path)
	id := strings.Repeat("ab", 20)
	j.write(path, whole+"broken line\n"+id+" "+id+"\n"+id+" "+id+" Name <mail> x y\tlast")
	var entries []ReflogEntry
	var errs []error
	for entry, err := range j.open(dir).Reflogs() {
		switch {
		case err != nil:
			errs = append(errs, err)
		case entry.Ref == "refs/heads/main":
			entries = append(entries, entry)
		}
	}
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "line 3") {
		t.Errorf("errors: %v", errs)
	}
	if len(entries) != 4 || entries[3].Message != "last" || entries[3].Who != "Name <mail>" || entries[3].Index != 0 || entries[0].Index != 4 {
		t.Errorf("entries: %+v", entries)
	}
}

// Stopping early must stop; the loop below would otherwise panic.
func TestReflogsStop(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("r")
	j.must(os.WriteFile(filepath.Join(dir, ".git", "logs", "refs", "heads", "main"), []byte("broken\nbroken\n"), 0o644))
	for range j.open(dir).Reflogs() {
		break
	}
	for range 4 {
		n := 0
		for range j.open(dir).Reflogs() {
			if n++; n == 2 {
				break
			}
		}
	}
}
