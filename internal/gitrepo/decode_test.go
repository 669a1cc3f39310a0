package gitrepo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/inspecto/insplint/internal/gitpack"
)

// persons are lines of authors, from what git writes itself to what tools of
// other times left in old histories.
var persons = []string{
	"Ada Lovelace <ada@example.com> 1700000000 +0000",
	"Ada Lovelace <ada@example.com> 1700000000 -0330",
	"Ada <ada@example.com> 0 +1400",
	" <> 1700000000 +0100",
	"<ada@example.com> 1700000000 +0100",
	"Ada <> 1700000000 +0100",
	"Ada (at <work) <ada@example.com> 1700000000 +0100",
	"Ada <ada@example.com>> 1700000000 +0100",
	"Ada <ada@example.com> yesterday",
	"Ada <ada@example.com>",
	"Ada \xe9 <\xe9@example.com> 1700000000 +0200",
	"Ada <a da@example.com> 12345678901 +0000",
}

func commitText(author, message string) string {
	const tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	return "tree " + tree + "\nauthor " + author + "\ncommitter C <c@example.com> 1700000001 +0000\n\n" + message
}

// TestDecodeCommitAsGit holds authors against git's own reading of them.
func TestDecodeCommitAsGit(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("persons")
	for _, author := range persons {
		text := commitText(author, "one\n")
		id := strings.TrimSpace(j.gitInput(dir, text, "hash-object", "-t", "commit", "-w", "--literally", "--stdin"))
		want := strings.TrimRight(j.git(dir, "log", "-1", "--encoding=none", "--date=raw", "--format=%an|%ae|%ad", id), "\n")
		c, err := DecodeCommit(gitpack.ID{}, []byte(text))
		j.must(err)
		raw := ""
		if !c.Author.When.IsZero() {
			raw = fmt.Sprintf("%d %s", c.Author.When.Unix(), c.Author.When.Format("-0700"))
		}
		j.equal(author, c.Author.Name+"|"+c.Author.Email+"|"+raw, want)
	}
}

// TestDecodeCommitAsGoGit holds whole commits against go-git's decoder.
func TestDecodeCommitAsGoGit(t *testing.T) {
	for _, message := range []string{"one\n", "one", "\n\none\n\ntwo\n", "", "\n", "one\r\ntwo\n", "author X <x> 1 +0000\n"} {
		text := commitText(persons[1], message)
		var encoded plumbing.MemoryObject
		encoded.SetType(plumbing.CommitObject)
		encoded.Write([]byte(text))
		var want object.Commit
		if err := want.Decode(&encoded); err != nil {
			t.Fatal(err)
		}
		got, err := DecodeCommit(gitpack.ID{}, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		subject, _, _ := strings.Cut(strings.TrimLeft(want.Message, "\n"), "\n")
		if got.Subject != subject || got.Author.Name != want.Author.Name || got.Author.Email != want.Author.Email || !got.Author.When.Equal(want.Author.When) {
			t.Errorf("%q: got %+v, want %v %q", message, got, want.Author, subject)
		}
	}
}

// TestDecodeCommitWithoutZone: git shows no time then, but seconds are one.
func TestDecodeCommitWithoutZone(t *testing.T) {
	c, err := DecodeCommit(gitpack.ID{}, []byte(commitText("Ada <ada@example.com> 1700000000", "one")))
	if err != nil || c.Author.When.Unix() != 1700000000 {
		t.Errorf("got %v, %v", c.Author, err)
	}
}

func TestDecodeCommitWithoutAuthor(t *testing.T) {
	if _, err := DecodeCommit(gitpack.ID{}, []byte("tree 0\ncommitter C <c> 1 +0000\n\nauthor\n")); err == nil {
		t.Error("a commit without an author was taken")
	}
}

// TestParseCommitAsGit holds what a walk goes by against git, in commits with lines
// where git writes none.
func TestParseCommitAsGit(t *testing.T) {
	j := newJudge(t)
	dir := j.repo("forged")
	head := strings.TrimSpace(j.git(dir, "rev-parse", "HEAD"))
	before := strings.TrimSpace(j.git(dir, "rev-parse", "HEAD~1"))
	tree, parent := "tree "+strings.TrimSpace(j.git(dir, "rev-parse", "HEAD^{tree}"))+"\n", "parent "+head+"\n"
	tree2, parent2 := "tree "+strings.TrimSpace(j.git(dir, "rev-parse", "HEAD~1^{tree}"))+"\n", "parent "+before+"\n"
	author, committer := "author A <a@example.com> 1700000000 +0000\n", "committer C <c@example.com> 1700000001 +0000\n"
	persons, refused := author+committer+"\nm\n", 0
	for _, text := range []string{
		tree + persons, tree + parent + persons, tree + parent + parent2 + persons, tree + parent + parent + persons,
		tree + author + tree2 + committer + "\nm\n", tree + parent + author + tree2 + parent2 + committer + "\nm\n",
		tree + tree2 + persons, tree + tree2 + parent + persons, tree + author + parent + committer + "\nm\n", tree + "x y\n" + parent + persons,
		tree + committer + author + "\nm\n", tree + committer + "\nm\n", tree + "author\ncommitter > 5\n\n", tree + author + "\n" + committer,
		author + tree + committer + "\nm\n", parent + tree + persons, "x y\n" + tree + persons, "\n" + tree + persons, persons, tree,
		"tree  " + tree[5:] + persons, tree[:44] + "\n" + persons, tree[:45] + "0\n" + persons, tree[:45] + " \n" + persons, tree[:45] + "\r\n" + persons,
		strings.ToUpper(tree) + persons, "tree " + strings.ToUpper(tree[5:]) + parent + persons, "tree " + strings.Repeat("g", 40) + "\n" + persons,
		tree + parent[:46] + "\n" + persons, tree + parent[:47] + "0\n" + persons, tree + "parent x\n" + persons, tree + "parent\n" + persons, tree + " " + parent + persons,
		tree + "parent " + strings.Repeat("0", 40) + "\n" + persons, tree + parent + "parent \n" + parent2 + persons,
	} {
		id := strings.TrimSpace(j.gitInput(dir, text, "hash-object", "-t", "commit", "-w", "--literally", "--stdin"))
		want, refusal := j.try(dir, "rev-list", "--no-walk", "--timestamp", "--parents", id)
		if refusal == nil {
			want += j.git(dir, "rev-parse", id+"^{tree}")
		} else {
			refused++
		}
		own, err := gitpack.ParseID(id)
		j.must(err)
		c, err := ParseCommit(own, []byte(text))
		if (err == nil) != (refusal == nil) {
			t.Errorf("%q: %v, and git says %v", text, err, refusal)
		}
		if err != nil || refusal != nil {
			continue
		}
		got := fmt.Sprint(c.When, " ", id)
		for _, p := range c.Parents {
			got += " " + p.String()
		}
		j.equal(text, got+"\n"+c.Tree.String(), want)
	}
	if refused < 10 {
		t.Errorf("git refuses %d commits: the test shows too little", refused)
	}
}
