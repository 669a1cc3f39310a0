// Package archive opens what holds other files: compressed files, archives, and
// any nesting of them.
//
// An Opener tells a container by its first bytes (kinds.go) and hands over, one
// after the other, the parts that lie in it: the content of every entry, and the
// names. A part that is a container itself is opened in its turn (walk.go), so
// that whoever asks sees only content that holds nothing else. Each format has a
// file: compressed streams (stream.go, lzma.go, lzip.go, deflate64.go), zip with its
// directory (zip.go) and without (zip_local.go), 7z (sevenzip.go), git packs and
// bundles (pack.go), tar, cpio, ar, rpm, asar, dumps of PostgreSQL (pgdump.go) and PDF
// (pdf.go; its pages' text in pdf_text.go, with its fonts in pdf_fonts.go). What stands behind a program or
// a script (behind.go, pyinstaller.go), in the middle of a file (within.go, png.go) or in a database
// (blobs.go, sqlite.go, rdb.go) is looked for.
// Everything streams; nothing is written to disk. Containers of at most 8 MiB are
// held, which gives zip its directory and lets the bytes be searched as they stand
// too; larger ones are read from front to back, zip by the headers before its
// entries. 7z, which cannot be read without its end, packs, in which objects are
// told by others, and databases are held up to 64 MiB, or mapped where they are files.
//
// Nothing is trusted. Limits bound how deep containers are opened, how many
// entries and how many bytes one file may unfold to, and what decoders may
// allocate (budget.go). A container that an enclosing one repeats byte by byte
// (a quine) is not opened again: it holds nothing new.
//
// What was not read to its end is an Error with the member's path, and the rest is
// still read (damage.go): what is cut off, has a wrong checksum or size, or cannot
// be decoded. These are no errors:
//
//   - a file that begins like a container but of which next to nothing can be
//     decoded, unless its name claims that it is one. It is read as it stands.
//   - a tar archive without the zeros at its end, which many are.
//   - what follows a container: it is searched with the container as it stands.
//   - a wrong checksum in a PDF file. No reader of these looks at it.
//
// Named and not opened are RAR archives, SquashFS images and encrypted Office documents
// (unread.go). Not opened are 7z archives behind a program, zip files and archives of PyInstaller
// behind one of more than 8 MiB that is no file but lies in history, in an archive or on standard
// input (behind.go), brotli without its name ending (it has no mark).
package archive

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// Version grows with every change to what an Opener finds in the same bytes.
// Whoever keeps what was found keeps it under this number.
const Version = 13

// Separator stands between the name of an archive and a path in it, in Member.
// It is that of JAR URLs, so that a member's last name is what follows the last
// "/".
const Separator = "!/"

// Unnamed is the Member of what a compressed file holds: it has no name in there.
// Whoever knows the file's own name puts Unpacked of it in the place.
const Unnamed = "!"

// Limits bound what one file may cost.
type Limits struct {
	Depth   int   // containers in one another; 0: none is opened
	Size    int64 // bytes that are unpacked from one file
	Ratio   int64 // of those to the file's own bytes, once they are more than 256 MiB; what repeats one byte counts a sixteenth
	Entries int   // in all archives of one file
}

// DefaultLimits are enough for an image of some gigabytes with archives in its
// layers.
func DefaultLimits() Limits {
	return Limits{Depth: 8, Size: 8 << 30, Ratio: 100, Entries: 1 << 20}
}

// A Part is something to search.
type Part struct {
	Member  string   // its path inside the file, names of nested archives before Separator, as far as any system has such long ones; or Unnamed
	Name    string   // the path in its own archive, without the ending that a compressed file has; empty if it has none
	Within  []string // names of the archives inside the file that it lies in, from the outside in
	Layers  []string // the kinds of containers around it, from the outside in
	Heading bool     // it is no content but an entry's name and what else is written about it
	Joined  bool     // it is put together from pieces of the container: what is whole in a piece is in the container as it stands
	Raw     bool     // it is a container as it stands, or a part in another way, and what is in it was handed over before
}

// A Visitor searches one part. It reads as much as it wants; an error from the
// reader ends the part, and is the Opener's to report. What the Visitor returns
// is reported too, joined errors each for itself.
type Visitor func(p Part, r io.Reader) error

// An Error says what of a file could not be read.
type Error struct {
	Member string // empty: the file itself, or what it unpacks to
	Cause  error
}

// Error names the member as it stands: whoever shows it escapes and masks it.
func (e *Error) Error() string {
	if e.Member == "" || e.Member == Unnamed {
		return e.Cause.Error()
	}
	return fmt.Sprintf("member %s: %v", e.Member, e.Cause)
}

func (e *Error) Unwrap() error { return e.Cause }

// A Doubt is why a file without a name was taken for none of the containers that it begins
// like. Of a file whose name claims that it is one, that is an Error.
type Doubt struct {
	kind  *kind
	Cause error
}

func (d *Doubt) Error() string { return d.Cause.Error() }
func (d *Doubt) Unwrap() error { return d.Cause }

// ClaimedBy reports whether a name claims that a file is such a container.
func (d *Doubt) ClaimedBy(name string) bool { return d.kind.claimedBy(name) }

// ErrStopped is what ends a walk when the Opener's Stop says so.
var ErrStopped = errors.New("stopped")

// An Opener opens containers; goroutines may share it.
type Opener struct {
	limits Limits
	free   int64 // freeUnpacked, or less in a test
	stop   func() bool
	kinds  []kind
	// byFirst tells which of them a file may be of by its first byte; see kindsByFirst.
	byFirst [256]uint64
	// Those that are looked for in a file that is searched as it stands too.
	zipBehind, script, python, sqlite, bplist, redis, png, office, within kind

	pool sync.Pool // of *tools
}

// New makes an Opener. stop, which may be nil, is asked now and then whether to
// give up.
func New(limits Limits, stop func() bool) *Opener {
	if stop == nil {
		stop = func() bool { return false }
	}
	o := &Opener{limits: limits, free: freeUnpacked, stop: stop, kinds: kinds()}
	o.byFirst = kindsByFirst(o.kinds)
	o.zipBehind = kind{name: "zip", open: (*walk).openZipBehind}
	o.script = kind{name: "script", open: (*walk).openScript}
	o.python = kind{name: "pyinstaller", open: (*walk).pyProgram}
	o.sqlite = kind{name: "sqlite", open: (*walk).database}
	o.bplist = kind{name: "bplist", open: (*walk).database}
	o.redis = kind{name: "rdb", open: (*walk).database}
	o.png = kind{name: "png", open: (*walk).png}
	o.office = kind{name: "ole", open: (*walk).encryptedOffice}
	o.within = kind{name: "within", open: (*walk).openWithin}
	o.pool.New = func() any { return newTools() }
	return o
}

// HeadSize is how many bytes of a file Holds looks at: a tar header's.
const HeadSize = 512

// Holds reports whether a file that begins with head, its first HeadSize bytes or
// all of it, looks like a container. name may be empty.
func (o *Opener) Holds(head []byte, name string) bool {
	return o.limits.Depth > 0 && o.kindOf(head, name) != nil
}

// Open hands the parts of a container to visit, which one goroutine calls. data
// is all of it, or as much of its beginning as is held already, and rest what
// follows that; nil if nothing does. The container's own bytes are not handed
// over, unless it turns out to be none and rest follows. An error of rest itself
// comes first and as it is; all others are Errors, but for a Doubt where there is no name.
func (o *Opener) Open(name string, data []byte, rest io.Reader, visit Visitor) []error {
	w := &walk{meter: &meter{input: int64(len(data))}, visitor: visit}
	return o.open(w, name, &source{data: data}, rest)
}

// A Mapping gives all of a file as a map of it in memory, until release is called. The
// bytes fault where the file was cut off meanwhile: the Opener takes that for damage.
type Mapping func() (data []byte, release func(), err error)

// OpenMapped is Open for a file that can be mapped too, if its kind is read in no other
// way and it is too large to be held.
func (o *Opener) OpenMapped(name string, data []byte, rest io.Reader, mapped Mapping, visit Visitor) []error {
	w := &walk{meter: &meter{input: int64(len(data))}, visitor: visit}
	return o.open(w, name, &source{data: data, mapped: mapped}, rest)
}

func (o *Opener) open(w *walk, name string, s *source, rest io.Reader) []error {
	data := s.data
	k := o.kindOf(data[:min(len(data), HeadSize)], name)
	switch {
	case k != nil:
	case rest != nil:
		k = o.behindMapped(data, s.mapped)
	default:
		k = o.inside(data)
	}
	return o.openAs(k, w, name, s, rest)
}

// openAs opens a container of a kind; nil: there is none.
func (o *Opener) openAs(k *kind, w *walk, name string, s *source, rest io.Reader) []error {
	if k == nil || o.limits.Depth <= 0 {
		return nil
	}
	t := o.pool.Get().(*tools)
	defer o.pool.Put(t)
	w.Opener, w.tools = o, t
	p := place{Part: Part{Name: name}}
	errs := w.top(k, p, s, rest)
	if w.doubt != nil {
		errs = append(errs, w.doubt)
	}
	return errs
}

// A Budget is what the containers that stand in one file, encoded as text, may
// unpack to together. One goroutine uses it.
type Budget struct{ meter meter }

// Grow says that more of the file was read.
func (b *Budget) Grow(bytes int) { b.meter.input += int64(bytes) }

// OpenText is Open for such a container. Once the budget is spent, and that is
// told, it opens none.
func (o *Opener) OpenText(b *Budget, data []byte, visit Visitor) []error {
	if b.meter.over != nil {
		return nil
	}
	return o.open(&walk{meter: &b.meter, visitor: visit, text: true}, "", &source{data: data}, nil)
}
