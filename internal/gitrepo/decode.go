package gitrepo

import (
	"bytes"
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

// PersonSeconds is the time at the end of a person's line, in seconds since
// 1970; 0 if it cannot be read. For those who want it of every commit.
func PersonSeconds(line []byte) int64 {
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
