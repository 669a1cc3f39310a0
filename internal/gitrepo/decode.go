package gitrepo

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A Commit is what a reader wants to know of a commit.
type Commit struct {
	Author, Email string
	Date          time.Time // the author's, in the author's time zone
	Subject       string    // the first line of the message
}

// DecodeCommit reads a commit object. Bytes that are not UTF-8 are kept as
// they are, whatever encoding the commit names.
func DecodeCommit(id gitpack.ID, data []byte) (Commit, error) {
	var encoded plumbing.MemoryObject
	encoded.SetType(plumbing.CommitObject)
	if _, err := encoded.Write(shortNames(data, id.Size())); err != nil {
		return Commit{}, fmt.Errorf("decode commit %s: %w", id, err)
	}
	var c object.Commit
	if err := c.Decode(&encoded); err != nil {
		return Commit{}, fmt.Errorf("decode commit %s: %w", id, err)
	}
	subject, _, _ := strings.Cut(strings.TrimLeft(c.Message, "\n"), "\n")
	return Commit{Author: c.Author.Name, Email: c.Author.Email, Date: c.Author.When, Subject: subject}, nil
}

// shortNames cuts the object names in a commit's header to the length that
// go-git reads, which is SHA-1's; nothing here is taken from them.
func shortNames(commit []byte, hashSize int) []byte {
	const sha1Size = 20
	if hashSize == sha1Size {
		return commit
	}
	var short []byte
	rest := commit
	for {
		line, after, more := bytes.Cut(rest, []byte("\n"))
		name, value, _ := bytes.Cut(line, []byte(" "))
		if !more || len(value) != 2*hashSize || string(name) != "tree" && string(name) != "parent" {
			return append(short, rest...)
		}
		short = append(append(short, line[:len(line)-2*(hashSize-sha1Size)]...), '\n')
		rest = after
	}
}
