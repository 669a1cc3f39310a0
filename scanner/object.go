package scanner

import (
	"fmt"
	"io"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
)

// maxStructure bounds the trees, commits and tags that are taken apart, in
// bytes. The largest directory that anybody works in has some megabytes.
const maxStructure = 256 << 20

// wholeObject is the content of a tree, commit or tag.
func wholeObject(o gitpack.Object) ([]byte, error) {
	if o.Open == nil {
		return o.Data, nil
	}
	if o.Size > maxStructure {
		return nil, fmt.Errorf("the %s has %d bytes; at most %d are read", o.Kind, o.Size, maxStructure)
	}
	r, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// objectSecrets lists the keys in an object, each once, and in what it holds.
// name is that of a file that is opened for its name; else empty, and what only a name
// tells to be an archive is a doubt among the errors.
func objectSecrets(o gitpack.Object, name string, opts Options) (secrets []key.Secret, placeholders int, err error) {
	list := secretList{all: opts.Placeholders}
	a := opts.archives
	if o.Kind != gitpack.Blob {
		a = nil
	}
	if o.Open == nil && !a.holdsWhole(o.Data, name) {
		if o.Cold {
			return nil, 0, nil
		}
		keys, packed, _ := key.FindAll(o.Data)
		matches, inner, err := search{archives: a}.matches(o.Data, keys, packed, wholeOf(o.Data))
		for _, m := range matches {
			list.add(m)
		}
		for _, f := range inner {
			list.add(f.match)
		}
		return list.secrets, list.placeholders, err
	}
	_, err = searchObject(o, search{archives: a, name: name, doubts: true, want: func(m key.Match) bool {
		list.add(m)
		return false
	}})
	return list.secrets, list.placeholders, err
}

func bufferSecrets(data []byte) (secrets []key.Secret, placeholders int) {
	list := secretList{}
	for m := range key.Find(data) {
		list.add(m)
	}
	return list.secrets, list.placeholders
}

// A secretList gathers keys, each once.
type secretList struct {
	all          bool // placeholders are keys, too
	seen         map[key.Secret]bool
	secrets      []key.Secret
	placeholders int
}

func (l *secretList) add(m key.Match) {
	switch {
	case m.Placeholder && !l.all:
		l.placeholders++
	case !l.seen[m.Secret]:
		if l.seen == nil {
			l.seen = map[key.Secret]bool{}
		}
		l.seen[m.Secret] = true
		l.secrets = append(l.secrets, m.Secret)
	}
}

// searchObject searches an object for keys with the facts around them.
func searchObject(o gitpack.Object, s search) ([]sighting, error) {
	if o.Open == nil {
		return s.whole(o.Data)
	}
	r, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	found, _, err := s.stream(r, make([]byte, wholeMax), contextBytes)
	return found, err
}
