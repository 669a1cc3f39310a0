package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A Commit is what a reader wants to know of a commit.
type Commit struct {
	Author, Email string
	Date          time.Time // the author's, in the author's time zone; zero if the commit tells none
	Subject       string    // the first line of the message
}

var errNoAuthor = errors.New("it names no author")

// DecodeCommit reads a commit object. Bytes that are not UTF-8 are kept as
// they are, whatever encoding the commit names. With an error, what else the
// commit tells is there. go-git, which is the judge of this in the tests, brings
// so much along (OpenPGP, a differ, all of git's transports' addresses) that
// each start of insplint took a tenth longer.
func DecodeCommit(id gitpack.ID, data []byte) (Commit, error) {
	var c Commit
	header, message, _ := bytes.Cut(data, []byte("\n\n"))
	subject, _, _ := bytes.Cut(bytes.TrimLeft(message, "\n"), []byte("\n"))
	c.Subject = string(subject)
	for line := range bytes.SplitSeq(header, []byte("\n")) {
		if person, ok := bytes.CutPrefix(line, []byte("author ")); ok && c.sign(string(person)) {
			return c, nil
		}
	}
	return c, fmt.Errorf("decode commit %s: %w", id, errNoAuthor)
}

// sign reads "Name <address> seconds +hhmm" and reports whether that names
// anybody. As git does, it takes the last angle brackets of the line.
func (c *Commit) sign(person string) bool {
	open, end := strings.LastIndexByte(person, '<'), strings.LastIndexByte(person, '>')
	if open < 0 || end < open {
		return false
	}
	c.Author, c.Email = strings.Trim(person[:open], " "), person[open+1:end]
	seconds, zone, _ := strings.Cut(strings.TrimSpace(person[end+1:]), " ")
	if since, err := strconv.ParseInt(seconds, 10, 64); err == nil {
		c.Date = time.Unix(since, 0).In(parseZone(zone))
	}
	return true
}

// parseZone reads a time zone as git writes it, "+0530"; UTC if it is none.
func parseZone(zone string) *time.Location {
	number, err := strconv.ParseInt(zone, 10, 16)
	if err != nil || len(zone) != len("+0000") || zone[0] != '+' && zone[0] != '-' {
		return time.UTC
	}
	return time.FixedZone("", int(number/100*60+number%100)*60)
}
