package scanner

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// ArchiveLimits bound what a compressed file or an archive may cost.
type ArchiveLimits = archive.Limits

// DefaultArchiveLimits are those of a scan that is told none.
func DefaultArchiveLimits() ArchiveLimits { return archive.DefaultLimits() }

// archives opens compressed files and archives for all that searches bytes. A nil
// one opens none.
type archives struct {
	opener  *archive.Opener
	limits  ArchiveLimits
	readers sync.Pool // of *fileReader
}

func newArchives(ctx context.Context, opts Options) *archives {
	limits := DefaultArchiveLimits()
	if opts.Archives != nil {
		limits = *opts.Archives
	}
	a := &archives{
		opener: archive.New(limits, func() bool { return ctx.Err() != nil }),
		limits: limits,
	}
	a.readers.New = func() any { return newFileReader() }
	return a
}

// holds reports whether a file with this beginning is to be opened.
func (a *archives) holds(head []byte, name string) bool {
	return a != nil && a.opener.Holds(head[:min(len(head), archive.HeadSize)], name)
}

// holdsWhole is holds for a file that is held whole, and has a gzip file in the middle maybe.
func (a *archives) holdsWhole(data []byte, name string) bool {
	return a.holdsBehind(data, name) || a.holdsWithin(data)
}

// holdsBehind is holdsWhole but for such a file. Package key tells whether there may be one,
// at no cost.
func (a *archives) holdsBehind(data []byte, name string) bool {
	return a != nil && a.opener.HoldsWhole(data, name)
}

func (a *archives) holdsWithin(data []byte) bool { return a != nil && a.opener.Within(data) >= 0 }

// holdsMapped reports whether something is to be opened that stands in a file that is
// not held behind something else.
func (a *archives) holdsMapped(data []byte, mapped archive.Mapping) bool {
	return a != nil && a.opener.HoldsMapped(data, mapped)
}

// head is what a walk over a database asks of the beginnings of blobs, which have
// no names there.
func (a *archives) head(head []byte) bool { return a.holds(head, "") }

// behind is which of them it builds so that whole can be asked.
func (a *archives) behind(head, news []byte) bool { return a != nil && archive.Behind(head, news) }

// whole is what it asks of blobs that it holds whole. Gzip files in the middle make them
// candidates.
func (a *archives) whole(data []byte) bool { return a.holdsBehind(data, "") }

// isInside reports whether an error is about something in an archive, and not
// about the reading of the archive.
func isInside(err error) bool {
	var inside *archive.Error
	return errors.As(err, &inside)
}

// isDoubt reports whether an error only says why something without a name is no archive.
func isDoubt(err error) bool {
	var doubt *archive.Doubt
	return errors.As(err, &doubt)
}

// withoutDoubt is joined errors but for such a one, which stands there once at most.
func withoutDoubt(err error) (others, doubt error) {
	if !isDoubt(err) {
		return err, nil
	}
	all := slices.Clone(separate(err))
	i := slices.IndexFunc(all, isDoubt)
	doubt = all[i]
	return errors.Join(slices.Delete(all, i, i+1)...), doubt
}

// separate takes joined errors apart, so that each is a problem of its own.
func separate(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// An unpacking is the search of one container. What its parts hold comes first;
// the container as it stands shows only keys that no part had: in a comment, in
// front of the first entry, between two.
type unpacking struct {
	search
	files *fileReader
	seen  map[key.Secret]bool
	found []sighting
	// late are the keys that were found in what was put together: those are told that are
	// nowhere whole.
	late    []sighting
	whole   map[key.Secret]bool
	dropped int // matches over the limit
}

// unpack searches a container that is held, with all that it holds.
func (s search) unpack(data []byte) ([]sighting, error) {
	u := s.unpacking()
	defer s.archives.readers.Put(u.files)
	errs := s.archives.opener.Open(s.fileName(), data, nil, u.part)
	plain := s.plain(u.unseen)
	plain.packed = s.packedBeside(data)
	raw, _ := plain.buffer(data)
	u.found = append(u.found, raw...)
	return u.end(errs)
}

// unpackStream searches a container of which only the beginning is held. The same
// bytes go to the search of the container as it stands, so that they need to be
// read only once.
func (s search) unpackStream(data []byte, rest io.Reader) ([]sighting, int64, error) {
	u := s.unpacking()
	defer s.archives.readers.Put(u.files)
	out, in := io.Pipe()
	type outcome struct {
		found []sighting
		size  int64
		err   error
	}
	raw := make(chan outcome)
	go func() {
		plain := s.plain(nil)
		plain.packed = s.packedBeside(data)
		found, size, err := plain.stream(io.MultiReader(bytes.NewReader(data), out), make([]byte, wholeMax), contextBytes)
		_, _ = io.Copy(io.Discard, out)
		raw <- outcome{found, size, err}
	}()
	both := io.TeeReader(&sticky{from: rest}, in)
	errs := s.archives.opener.OpenMapped(s.fileName(), data, both, s.mapped, u.part)
	_, err := io.Copy(io.Discard, both)
	_ = in.CloseWithError(err) // the search of the container's own bytes then ends with it
	whole := <-raw
	if whole.err != nil {
		errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(whole.err, err) })
		errs = append([]error{whole.err}, errs...)
	}
	for _, found := range whole.found {
		if u.unseen(found.match) {
			u.found = append(u.found, found)
		}
	}
	found, err := u.end(errs)
	return found, whole.size, err
}

// packedBeside is the search of what is packed in the text of a file that is no container
// itself, but has one behind it or in it; nil if it is one.
func (s search) packedBeside(data []byte) *packedSearch {
	if s.archives.holds(data, s.ending()) {
		return nil
	}
	return s.packing()
}

// plain is a search of a container as it stands.
func (s search) plain(want func(key.Match) bool) search {
	s.archives, s.packed, s.want, s.again, s.mapped = nil, nil, want, false, nil
	return s
}

func (s search) unpacking() *unpacking {
	s.mapped = nil // what is in the file is not the file
	return &unpacking{search: s, files: s.archives.readers.Get().(*fileReader), seen: map[key.Secret]bool{}, whole: map[key.Secret]bool{}}
}

func (u *unpacking) end(errs []error) ([]sighting, error) {
	u.settleLate()
	if !u.doubts {
		errs = slices.DeleteFunc(errs, isDoubt)
	}
	if u.dropped > 0 {
		errs = append(errs, tooMany(u.limit(), u.dropped))
	}
	return u.found, errors.Join(errs...)
}

// settleLate adds the keys that were nowhere found whole.
func (u *unpacking) settleLate() {
	for _, f := range u.late {
		if !u.whole[f.match.Secret] && u.first(f.match) {
			u.found = append(u.found, f)
		}
	}
	u.late = nil
}

// member is what a part's search wants.
func (u *unpacking) member(m key.Match) bool {
	u.seen[m.Secret] = true
	return u.wanted(m)
}

// unseen is what the search of a container as it stands wants, behind its parts.
func (u *unpacking) unseen(m key.Match) bool {
	if u.seen[m.Secret] {
		return false
	}
	u.whole[m.Secret] = true
	return u.wanted(m)
}

// first is what the search of one of git's objects wants: a key is in each version
// of a file that holds it, and told of one.
func (u *unpacking) first(m key.Match) bool { return !u.seen[m.Secret] && u.member(m) }

func (u *unpacking) wanted(m key.Match) bool {
	if u.want != nil && !u.want(m) {
		return false
	}
	if len(u.found) >= u.limit() {
		u.dropped++
		return false
	}
	return true
}

// part searches what a container holds.
func (u *unpacking) part(p archive.Part, r io.Reader) error {
	s := search{path: p.Name, want: u.member, bundle: u.bundle, most: u.most, many: u.many}
	if p.Member == archive.Unnamed {
		s = u.plain(u.member)
		s.dir, s.path = "", archive.Unpacked(u.file())
	}
	switch {
	case p.Raw:
		s.want = u.unseen
	case p.Joined:
		s.want = nil
	case p.OfObjects():
		s.want = u.first
	}
	if !p.Raw && !p.Heading {
		s.packed = u.packing().deeper()
	}
	found, err := u.files.searchPart(s, r)
	if len(found) == 0 {
		return err
	}
	client := u.shippedIn(p)
	for _, f := range found {
		place := &f.place
		place.Member, place.Encoding = memberOf(key.Mask(p.Member), place.Member), slices.Concat(p.Layers, place.Encoding)
		place.Client = cmp.Or(client, place.Client)
		if p.Heading {
			place.Span = rules.Span{} // a name has no lines
		}
		switch {
		case !p.Joined:
			u.found = append(u.found, f)
		case len(u.late) < u.limit():
			u.late = append(u.late, f)
		default:
			u.dropped++
		}
	}
	return err
}

// memberOf is the member of a member.
func memberOf(outer, inner string) string {
	switch {
	case inner == "":
		return outer
	case outer == archive.Unnamed:
		return inner
	}
	return outer + archive.Separator + inner
}

// packages are the kinds of archives that are apps whatever their names.
var packages = []struct{ layer, what string }{
	{"asar", "Electron app archive"},
	{"crx", "browser extension package"},
}

// shippedIn says by which archive a part reaches browsers or apps; empty if by
// none.
func (u *unpacking) shippedIn(p archive.Part) string {
	for _, row := range packages {
		if slices.Contains(p.Layers, row.layer) {
			return row.what
		}
	}
	for _, name := range p.Within {
		if what := shippedFile(name); what != "" {
			return what
		}
	}
	if p.Member == archive.Unnamed || u.path == "" {
		return ""
	}
	return clientOutput(u.file(), u.exists)
}

// searchPart searches what an opener gives. How reading it ends is the opener's to
// judge.
func (r *fileReader) searchPart(s search, part io.Reader) ([]sighting, error) {
	part = quiet{part}
	data, err := r.whole(part, 0)
	if err == nil && len(data) > wholeMax {
		found, _, err := s.stream(io.MultiReader(bytes.NewReader(data), part), make([]byte, wholeMax), contextBytes)
		return found, err
	}
	found, failed := s.buffer(data)
	return found, cmp.Or(err, failed)
}

// quiet ends like a file, however it ends.
type quiet struct{ io.Reader }

func (q quiet) Read(b []byte) (int, error) {
	n, err := q.Reader.Read(b)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// failing gives an error, if it has one, before what follows is read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// sticky keeps to the error that it had.
type sticky struct {
	from io.Reader
	err  error
}

func (s *sticky) Read(b []byte) (n int, err error) {
	if s.err == nil {
		n, s.err = s.from.Read(b)
	}
	return n, s.err
}

func tooMany(limit, dropped int) error {
	return fmt.Errorf("it holds more than %d keys: %d of them are not listed", limit, dropped)
}

// setPath gives an occurrence its paths, which are masked, and what a compressed
// file holds the name that it unpacks to.
func setPath(o *rules.Occurrence, shown, home string) {
	o.Path, o.Home = key.Mask(shown), key.Mask(home)
	if o.Member != archive.Unnamed {
		return
	}
	o.Member = ""
	if shown != "" {
		name := archive.Unpacked(shown)
		o.Member = key.Mask(name[strings.LastIndexByte(name, '/')+1:])
	}
}
