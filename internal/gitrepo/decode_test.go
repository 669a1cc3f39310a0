package gitrepo

import (
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/inspecto/insplint/internal/gitpack"
)

const commitHeader = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"

// TestDecodeCommit has go-git as the judge, which reads what people and their
// tools write.
func TestDecodeCommit(t *testing.T) {
	parent := "parent " + strings.Repeat("ab", 20) + "\n"
	committer := "committer C <c@example.com> 1700000001 +0000\n"
	signed := "gpgsig -----BEGIN PGP SIGNATURE-----\n \n author Evil <e@example.com> 1 +0000\n -----END PGP SIGNATURE-----\n"
	for _, commit := range []string{
		commitHeader + "author A B <a@example.com> 1700000000 +0530\n" + committer + "\nsubject\n\nbody\n",
		commitHeader + parent + parent + "author A <a@example.com> 1700000000 -0800\n" + committer + signed + "\nsubject",
		commitHeader + "author  <> 0 +0000\n" + committer + "\n\n\nlate subject\nmore",
		commitHeader + "author A <b> C <a@example.com> 1700000000 +1400\n" + committer + "encoding ISO-8859-1\n\ncaf\xe9\n",
		commitHeader + "author A <a@example.com>\n" + committer + "\nno date\n",
		commitHeader + "author A <a@example.com> 1700000000\n" + committer + "\nno zone\n",
		commitHeader + "author A <a@example.com> soon +0000\n" + committer + "\nauthor B <b@example.com> 1 +0000\n",
		commitHeader + "author A <a@example.com> -86400 +0100\n" + committer + "\nbefore 1970\n",
		commitHeader + "author A <a@example.com> 1700000000 zone!\n" + committer + "\n",
		commitHeader + "author A <a@example.com> 1700000000 +0000\n" + committer,
	} {
		var encoded plumbing.MemoryObject
		encoded.SetType(plumbing.CommitObject)
		_, _ = encoded.Write([]byte(commit))
		var judge object.Commit
		if err := judge.Decode(&encoded); err != nil {
			t.Fatalf("go-git does not read %q: %v", commit, err)
		}
		subject, _, _ := strings.Cut(strings.TrimLeft(judge.Message, "\n"), "\n")
		want := Commit{judge.Author.Name, judge.Author.Email, judge.Author.When, subject}
		got, err := DecodeCommit(gitpack.ID{}, []byte(commit))
		if err != nil {
			t.Error(err)
		}
		if got.Date.Format(time.RFC3339) != want.Date.Format(time.RFC3339) {
			t.Errorf("%q is of %v, go-git says %v", commit, got.Date, want.Date)
		}
		got.Date = want.Date
		if got != want {
			t.Errorf("%q: got %+v, go-git says %+v", commit, got, want)
		}
	}
}

// TestDecodeCommitAlone has what go-git gets wrong, or refuses.
func TestDecodeCommitAlone(t *testing.T) {
	got, err := DecodeCommit(gitpack.ID{}, []byte(commitHeader+"author A <a@example.com> 1700000000 -0030\n\nhalf an hour\n"))
	if want := "2023-11-14T21:43:20-00:30"; err != nil || got.Date.Format(time.RFC3339) != want {
		t.Errorf("a zone of -0030: got %v, %v, want %s", got.Date, err, want)
	}
	ids := "tree " + strings.Repeat("ab", 32) + "\nparent " + strings.Repeat("cd", 32) + "\n"
	if got, err = DecodeCommit(gitpack.ID{}, []byte(ids+"author A <a@example.com> 0 +0000\n\nSHA-256\n")); err != nil || got.Author != "A" || got.Subject != "SHA-256" {
		t.Errorf("SHA-256: got %+v, %v", got, err)
	}
	for _, commit := range []string{"", "\n\n", commitHeader, commitHeader + "author nobody\n\nsubject\n", "author\n\nauthor A <a> 0 +0000"} {
		if got, err := DecodeCommit(gitpack.ID{}, []byte(commit)); err == nil {
			t.Errorf("%q is by %+v", commit, got)
		}
	}
}
