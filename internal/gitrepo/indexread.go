package gitrepo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
)

// rawIndex is one index file as it stands; a split index is two of them.
type rawIndex struct {
	version  uint32
	entries  []Entry
	checksum gitpack.ID // what the file ends with
	link     *splitLink // the shared index that this one changes, if any
	nameless bool       // some entry has no path: allowed in a split index only
}

// Sizes in an index file (gitformat-index).
const (
	indexHeader    = 12 // signature, version, number of entries
	entryStat      = 40 // ten numbers before the object id
	entryAlignment = 8  // of entries before version 4
	nameLengthMask = 0xfff
	extensionHead  = 8 // signature, length
)

// Bits of an entry's flags, and of the second word of version 3.
const (
	flagAssumeValid  = 0x8000
	flagExtended     = 0x4000
	flagStageShift   = 12
	flagSkipWorktree = 0x4000
	flagIntentToAdd  = 0x2000
)

// maxIndexPath and maxPathGrowth bound version 4, where a path repeats the start
// of the one before it in no space: longer paths than any system opens, or more
// text than the longest paths could make of the file, are an attack.
const (
	maxIndexPath  = 16 << 10
	maxPathGrowth = 64
)

var errIndexCut = errors.New("it is cut short or corrupt")

// parseIndex reads one index file. Its checksum is not looked at: git fsck alone
// does, and git commits what it reads without. For same, which may be nil, see
// Repo.IndexExcept.
func parseIndex(data []byte, hashSize int, same func(dir string, tree gitpack.ID) bool) (*rawIndex, error) {
	if len(data) < indexHeader+hashSize || string(data[:4]) != "DIRC" {
		return nil, errors.New("it is not an index")
	}
	body, trailer := data[:len(data)-hashSize], data[len(data)-hashSize:]
	raw, err := parseIndexBody(body, hashSize, same)
	if err != nil {
		return nil, err
	}
	raw.checksum = gitpack.NewID(trailer)
	return raw, nil
}

func parseIndexBody(body []byte, hashSize int, same func(dir string, tree gitpack.ID) bool) (*rawIndex, error) {
	raw := &rawIndex{version: binary.BigEndian.Uint32(body[4:])}
	if raw.version < 2 || raw.version > 4 {
		return nil, fmt.Errorf("unknown index version %d", raw.version)
	}
	r := entryReader{
		body: body, pos: indexHeader, hashSize: hashSize, version: raw.version,
		budget: maxPathGrowth * len(body),
	}
	count := binary.BigEndian.Uint32(body[8:])
	smallest := entryStat + hashSize + 3 // flags and the end of an empty path
	if uint64(count)*uint64(smallest) > uint64(len(body)-indexHeader) {
		return nil, errIndexCut
	}
	if same != nil {
		if done, err := raw.readRest(&r, count, same); done || err != nil {
			if err == nil {
				err = raw.readExtensions(body[r.pos:], hashSize)
			}
			return raw, err
		}
	}
	raw.entries = make([]Entry, 0, count)
	for range count {
		if err := raw.readOne(&r); err != nil {
			return nil, err
		}
	}
	return raw, raw.readExtensions(body[r.pos:], hashSize)
}

// readOne reads the entry that r stands before.
func (raw *rawIndex) readOne(r *entryReader) error {
	var e Entry
	if err := r.read(&e); err != nil {
		return fmt.Errorf("entry %d: %w", len(raw.entries)+1, err)
	}
	raw.nameless = raw.nameless || e.Path == ""
	raw.entries = append(raw.entries, e)
	return nil
}

// entryReader reads the entries one after the other. Paths are cut out of long
// strings, which is a few allocations instead of a hundred thousand.
type entryReader struct {
	body     []byte
	pos      int
	hashSize int
	version  uint32
	paths    strings.Builder
	last     string // path of the entry before
	budget   int    // bytes that paths may still take
}

func (r *entryReader) read(e *Entry) error {
	fixed := entryStat + r.hashSize + 2
	if len(r.body)-r.pos < fixed {
		return errIndexCut
	}
	b := r.body[r.pos : r.pos+fixed]
	readStat(e, b)
	e.ID = gitpack.NewID(b[entryStat : fixed-2])
	flags := binary.BigEndian.Uint16(b[fixed-2:])
	e.AssumeValid = flags&flagAssumeValid != 0
	e.Stage = uint8(flags >> flagStageShift & 3)
	start := r.pos
	r.pos += fixed
	if flags&flagExtended != 0 {
		if err := r.readExtended(e); err != nil {
			return err
		}
	}
	if r.version == 4 {
		return r.readCompressedPath(e, int(flags&nameLengthMask))
	}
	return r.readPath(e, start, int(flags&nameLengthMask))
}

func readStat(e *Entry, b []byte) {
	be := binary.BigEndian
	e.CTime = IndexTime{be.Uint32(b), be.Uint32(b[4:])}
	e.MTime = IndexTime{be.Uint32(b[8:]), be.Uint32(b[12:])}
	e.Dev, e.Ino = be.Uint32(b[16:]), be.Uint32(b[20:])
	e.Mode = be.Uint32(b[24:])
	e.UID, e.GID = be.Uint32(b[28:]), be.Uint32(b[32:])
	e.Size = be.Uint32(b[36:])
}

func (r *entryReader) readExtended(e *Entry) error {
	if len(r.body)-r.pos < 2 {
		return errIndexCut
	}
	more := binary.BigEndian.Uint16(r.body[r.pos:])
	r.pos += 2
	if more&^(flagSkipWorktree|flagIntentToAdd) != 0 {
		return fmt.Errorf("unknown flags %#04x", more)
	}
	e.SkipWorktree = more&flagSkipWorktree != 0
	e.IntentToAdd = more&flagIntentToAdd != 0
	return nil
}

// readPath reads a path up to its zero byte; the entry, which began at start,
// is filled up with more of them.
func (r *entryReader) readPath(e *Entry, start, length int) error {
	rest := r.body[r.pos:]
	if length == nameLengthMask {
		length = bytes.IndexByte(rest, 0) // longer than the flags can say
	}
	if length < 0 || length >= len(rest) || rest[length] != 0 || length > maxIndexPath {
		return errIndexCut
	}
	name := rest[:length]
	if bytes.IndexByte(name, 0) >= 0 {
		return errIndexCut
	}
	used := r.pos - start + length
	r.pos = start + (used+entryAlignment)&^(entryAlignment-1)
	if r.pos > len(r.body) {
		return errIndexCut
	}
	e.Path = r.keep("", name)
	return nil
}

// readCompressedPath reads how many bytes fall off the end of the path before,
// and what comes in their place, up to a zero byte.
func (r *entryReader) readCompressedPath(e *Entry, want int) error {
	drop, n := offsetVarint(r.body[r.pos:])
	if n == 0 || drop > uint64(len(r.last)) {
		return errIndexCut
	}
	r.pos += n
	length := bytes.IndexByte(r.body[r.pos:], 0)
	shared := r.last[:len(r.last)-int(drop)]
	if length < 0 || len(shared)+length > maxIndexPath || min(len(shared)+length, nameLengthMask) != want {
		return errIndexCut
	}
	if r.budget -= len(shared) + length; r.budget < 0 {
		return errIndexCut
	}
	e.Path = r.keep(shared, r.body[r.pos:r.pos+length])
	r.last = e.Path
	r.pos += length + 1
	return nil
}

// pathChunk is the length of the strings that paths are cut out of.
const pathChunk = 1 << 20

// keep stores a path.
func (r *entryReader) keep(shared string, rest []byte) string {
	size := len(shared) + len(rest)
	if r.paths.Cap()-r.paths.Len() < size {
		r.paths = strings.Builder{}
		r.paths.Grow(max(size, min(pathChunk, len(r.body))))
	}
	from := r.paths.Len()
	r.paths.WriteString(shared)
	r.paths.Write(rest)
	return r.paths.String()[from:]
}

// readExtensions passes over what follows the entries, except for the link of a
// split index. A signature that begins with a capital letter is an optional one;
// any other changes what the entries mean.
//
// One that the file ends within or before is none to git, but if it is required.
func (raw *rawIndex) readExtensions(rest []byte, hashSize int) error {
	for len(rest) >= extensionHead {
		name, size := string(rest[:4]), binary.BigEndian.Uint32(rest[4:])
		rest = rest[extensionHead:]
		whole := uint64(size) <= uint64(len(rest))
		content := rest[:min(uint64(size), uint64(len(rest)))]
		rest = rest[len(content):]
		switch {
		case name == "link" && !whole:
			return errIndexCut
		case name == "link":
			link, err := parseLink(content, hashSize)
			if err != nil {
				return fmt.Errorf("extension %q: %w", name, err)
			}
			raw.link = link
		case name == "sdir": // directories are told by their mode
		case name[0] < 'A' || name[0] > 'Z':
			return fmt.Errorf("unknown required extension %q", name)
		}
	}
	return nil
}
