package scanner

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/key"
)

// What is packed may stand in a text, as base64 or hex: a release of Helm's in a
// Secret, an attachment of a mail. Package key tells where, and what it decodes to
// is opened like a file. A key in what was only compressed is a match at the place
// of the encoded text, so that the facts around it are found like those of any
// other; one in an archive is where its member says.

const (
	// maxPackedDepth is how many such texts are opened in one another.
	maxPackedDepth = 3
	// decodeRatio bounds what is decoded of one buffer, in times its size: files
	// may be told to begin within others.
	decodeRatio = 32
)

var (
	errPackedMany = errors.New("more compressed files stand in it, encoded as text, than are opened")
	errPackedCut  = errors.New("a compressed file that stands in it, encoded as text, goes on beyond what is held: the rest was not read")
)

// A packedSearch opens what is packed in the texts of one file.
type packedSearch struct {
	archives *archives
	budget   *archive.Budget
	depth    int
}

// packing is the search of what is packed in a file's text; nil if nothing is to
// be opened.
func (s search) packing() *packedSearch {
	switch {
	case s.packed != nil && s.packed.depth >= maxPackedDepth:
		return nil
	case s.packed != nil || s.archives == nil:
		return s.packed
	}
	return &packedSearch{archives: s.archives, budget: new(archive.Budget)}
}

// deeper is the search of what is packed in a part of it.
func (p *packedSearch) deeper() *packedSearch {
	if p == nil {
		return nil
	}
	return &packedSearch{p.archives, p.budget, p.depth + 1}
}

// A stretch is the part of a buffer in which what is to be described begins.
type stretch struct {
	from, limit int
	last        bool // nothing follows the buffer
}

func wholeOf(data []byte) stretch { return stretch{0, len(data), true} }

// matches lists the matches in data, of which all is what package key found there, and what
// is in files with names of their own that are packed there and begin in the stretch.
func (s search) matches(data []byte, all []key.Match, packed []key.Packed, in stretch) (_ []key.Match, inner []sighting, err error) {
	if len(packed) == 0 {
		return all, nil, nil
	}
	p := s.packing()
	if p == nil {
		return all, nil, nil
	}
	p.budget.Grow(len(data))
	plain := all
	var errs []error
	work := 0
	for _, file := range packed {
		if file.Start < in.from || file.Start >= in.limit {
			continue
		}
		if work > decodeRatio*len(data) {
			errs = append(errs, &archive.Error{Cause: errPackedMany})
			break
		}
		content, end := file.Decode()
		work += end - file.Start
		found, failed := p.open(content)
		if file.Guessed {
			failed = nil
		}
		errs = append(errs, failed...)
		if !in.last && end == len(data) && len(failed)+len(found) > 0 {
			errs = append(errs, &archive.Error{Cause: errPackedCut})
		}
		seen := map[key.Secret]bool{}
		for _, f := range found {
			m := f.match
			m.Start, m.End = file.Start, end
			m.Encoding, m.Confidence, m.Run = slices.Concat(file.Encoding, f.place.Encoding), f.place.Confidence, false
			switch {
			case hasKey(plain, m):
			case f.place.Member != archive.Unnamed:
				f.match, f.place.Encoding = m, m.Encoding
				inner = append(inner, f)
			case !seen[m.Secret]:
				seen[m.Secret] = true
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b key.Match) int { return cmp.Compare(a.Start, b.Start) })
	return all, inner, errors.Join(errs...)
}

// hasKey reports whether matches hold a key in the stretch of m.
func hasKey(matches []key.Match, m key.Match) bool {
	return slices.ContainsFunc(matches, func(o key.Match) bool { return o.Secret == m.Secret && o.Start >= m.Start && o.End <= m.End })
}

// open searches a packed file.
func (p *packedSearch) open(content []byte) (found []sighting, errs []error) {
	s := search{archives: p.archives, packed: p}
	u := s.unpacking()
	defer p.archives.readers.Put(u.files)
	errs = p.archives.opener.OpenText(p.budget, content, u.part)
	for i, err := range errs {
		errs[i] = fmt.Errorf("what stands in it, encoded as text: %w", err)
	}
	u.settleLate()
	if u.dropped > 0 {
		errs = append(errs, tooMany(u.limit(), u.dropped))
	}
	return u.found, errs
}
