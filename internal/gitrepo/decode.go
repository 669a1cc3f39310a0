package gitrepo

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A Commit is what a reader wants to know of a commit.
type Commit struct {
	Author  Person
	Subject string // the first line of the message
}

// A Person is an author, a committer or a tagger.
type Person struct {
	Name, Email string
	When        time.Time // in the person's time zone; zero if it cannot be read
}

// DecodeCommit reads a commit object. Bytes that are not UTF-8 are kept as
// they are, whatever encoding the commit names. A commit without an author is
// an error; of what follows the word as much is taken as is there.
func DecodeCommit(id gitpack.ID, data []byte) (Commit, error) {
	header, message, _ := bytes.Cut(data, []byte("\n\n"))
	author, ok := headerLine(header, "author")
	if !ok {
		return Commit{}, fmt.Errorf("decode commit %s: it has no author", id)
	}
	subject, _, _ := strings.Cut(strings.TrimLeft(string(message), "\n"), "\n")
	return Commit{Author: parsePerson(string(author)), Subject: subject}, nil
}

// headerLine is what a commit's header says behind a word.
func headerLine(header []byte, word string) (value []byte, ok bool) {
	_, rest, ok := bytes.Cut(header, []byte("\n"+word+" "))
	value, _, _ = bytes.Cut(rest, []byte("\n"))
	return value, ok
}

// parsePerson reads "NAME <ADDRESS> SECONDS ZONE", as far as it is that. As in
// git the address ends at the first sign that closes it, and the time begins
// behind the last.
func parsePerson(line string) Person {
	name, rest, _ := strings.Cut(line, "<")
	email, _, _ := strings.Cut(rest, ">")
	p := Person{Name: strings.TrimSpace(name), Email: email}
	if end := strings.LastIndexByte(line, '>'); end >= 0 {
		p.When = parseWhen(strings.TrimSpace(line[end+1:]))
	}
	return p
}

// ErrBogus is why ParseCommit refuses a commit.
var ErrBogus = errors.New("bogus commit")

// A CommitHeader is what a walk through history needs of a commit.
type CommitHeader struct {
	Tree    gitpack.ID
	Parents []gitpack.ID
	When    int64 // the committer's, in seconds since 1970; 0 if it cannot be read
	// Rest is what follows the parents: other headers and the message.
	Rest []byte
}

// ParseCommit reads of a commit what git goes by: the tree is its first line, the
// parents are the lines directly behind that, and the author's and the committer's
// are next. Lines of these names further down mean nothing to git, and must not
// hide here what git checks out. Of one that git refuses, the header has what was
// read before the error.
func ParseCommit(id gitpack.ID, data []byte) (c CommitHeader, err error) {
	var ok bool
	c.Tree, c.Rest, ok = cutHeaderID(data, "tree ", id.Size())
	if !ok || len(c.Rest) == 0 || c.Tree.IsZero() {
		return c, fmt.Errorf("%w %s: it does not begin with a tree", ErrBogus, id)
	}
	for bytes.HasPrefix(c.Rest, []byte("parent ")) {
		parent, rest, ok := cutHeaderID(c.Rest, "parent ", id.Size())
		if !ok {
			return c, fmt.Errorf("%w %s: it has a broken parent", ErrBogus, id)
		}
		c.Parents, c.Rest = append(c.Parents, parent), rest
	}
	c.When = committerSeconds(c.Rest)
	return c, nil
}

// cutHeaderID reads "NAME ID\n" off the front of an object.
func cutHeaderID(data []byte, name string, hashSize int) (id gitpack.ID, rest []byte, ok bool) {
	after, ok := bytes.CutPrefix(data, []byte(name))
	end := 2 * hashSize
	if !ok || len(after) <= end || after[end] != '\n' {
		return id, data, false
	}
	var raw [32]byte // on the stack: this is done for every commit there is
	n, err := hex.Decode(raw[:], after[:end])
	if err != nil {
		return id, data, false
	}
	return gitpack.NewID(raw[:n]), after[end+1:], true
}

// committerSeconds reads the time of a commit off the headers behind its parents.
func committerSeconds(rest []byte) int64 {
	author, rest, _ := bytes.Cut(rest, []byte("\n"))
	committer, _, _ := bytes.Cut(rest, []byte("\n"))
	if !bytes.HasPrefix(author, []byte("author")) || !bytes.HasPrefix(committer, []byte("committer")) {
		return 0
	}
	return personSeconds(committer)
}

// personSeconds is the time at the end of a person's line, in seconds since
// 1970; 0 if it cannot be read. For those who want it of every commit.
func personSeconds(line []byte) int64 {
	fields := bytes.Fields(line[bytes.LastIndexByte(line, '>')+1:])
	if len(fields) == 0 {
		return 0
	}
	seconds, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return seconds
}

// IsBranch says whether a ref is a branch, here or of a remote.
func IsBranch(ref string) bool {
	name := plumbing.ReferenceName(ref)
	return name.IsBranch() || name.IsRemote()
}
