package gitrepo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A table is one file of the reftable format (git's technical documentation,
// "reftable"): sorted records in blocks, first those of refs, at last those of
// reflogs. It is read from front to back; the indexes for single look-ups are
// passed over.
type table struct {
	data      []byte // without the footer
	header    int    // length of the file's header, which the first block includes
	blockSize int    // blocks of refs are padded to it; 0: they are not
	hashSize  int
	logs      uint64 // position of the first block of logs; 0: none, or the first block is one
	budget    *int   // bytes that names, messages and inflated blocks may still take
}

// Types of a block, as they stand in the file.
const (
	refBlock = 'r'
	logBlock = 'g'
)

// maxTableKey bounds a record's key. A key repeats the start of the one before
// it in no space, so that a small file could otherwise ask for endless names.
const maxTableKey = 16 << 10

// maxTableOutput bounds what all tables of a repository may expand to.
const maxTableOutput = 1 << 30

var (
	errTable       = errors.New("not a valid reftable")
	errTableTooBig = fmt.Errorf("reftables expand to more than %d bytes", maxTableOutput)
)

// tableVersions are the sizes that depend on the version.
var tableVersions = map[byte]struct{ header, footer int }{
	1: {header: 24, footer: 68},
	2: {header: 28, footer: 72},
}

// tableHashes are the object formats as version 2 names them.
var tableHashes = map[string]int{"sha1": 20, "s256": 32}

// parseTable checks header and footer.
func parseTable(data []byte, budget *int) (*table, error) {
	if len(data) < 5 || string(data[:4]) != "REFT" {
		return nil, errTable
	}
	sizes, ok := tableVersions[data[4]]
	if !ok {
		return nil, fmt.Errorf("unknown reftable version %d", data[4])
	}
	if len(data) < sizes.header+sizes.footer {
		return nil, errTable
	}
	t := &table{data: data[:len(data)-sizes.footer], header: sizes.header, hashSize: 20, budget: budget}
	footer := data[len(t.data):]
	sum := len(footer) - 4
	if !bytes.Equal(footer[:t.header], data[:t.header]) || crc32.ChecksumIEEE(footer[:sum]) != binary.BigEndian.Uint32(footer[sum:]) {
		return nil, errTable
	}
	if data[4] == 2 {
		if t.hashSize, ok = tableHashes[string(data[24:28])]; !ok {
			return nil, errTable
		}
	}
	t.blockSize = be24(data[5:])
	// After the header: positions of the ref index, objects, object index, logs.
	t.logs = binary.BigEndian.Uint64(footer[t.header+24:])
	return t, nil
}

func be24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

func (t *table) spend(n int) error {
	if *t.budget -= n; *t.budget < 0 {
		return errTableTooBig
	}
	return nil
}

// blockAt gives type, start of the block's own header, and its length as the
// header says, counted from off; ok is false where no block is left.
func (t *table) blockAt(off int) (kind byte, start, length int, ok bool) {
	start = off
	if off == 0 {
		start = t.header
	}
	if len(t.data)-start < 4 {
		return 0, 0, 0, false
	}
	return t.data[start], start, be24(t.data[start+1:]), true
}

// eachRef yields the refs of the table; a deleted one has neither ID nor Target.
func (t *table) eachRef(yield func(Ref)) error {
	for off := 0; ; {
		kind, start, length, ok := t.blockAt(off)
		if !ok || kind != refBlock {
			return nil
		}
		if length > len(t.data)-off || length < start-off+6 {
			return errTable
		}
		err := t.records(t.data[off:off+length], start-off+4, func(key string, kind uint64, c *tableCursor) {
			if ref, ok := t.refRecord(key, kind, c); ok {
				yield(ref)
			}
		})
		if err != nil {
			return err
		}
		off += t.padded(off, length)
	}
}

// padded is the length with padding: zeros up to the block size, unless the
// next block follows at once.
func (t *table) padded(off, length int) int {
	next := off + length
	if length >= t.blockSize || next < len(t.data) && t.data[next] != 0 {
		return length
	}
	return t.blockSize
}

// records decodes the records of a block, which begin at start; what follows
// them are the offsets of restarts and their number.
func (t *table) records(block []byte, start int, record func(key string, kind uint64, c *tableCursor)) error {
	end := len(block) - 2
	end -= 3 * int(binary.BigEndian.Uint16(block[end:]))
	if end < start {
		return errTable
	}
	c := &tableCursor{rest: block[start:end]}
	var key []byte
	for len(c.rest) > 0 {
		shared, suffix := c.varint(), c.varint()
		if c.bad || shared > uint64(len(key)) || shared+suffix>>3 > maxTableKey {
			return errTable
		}
		key = append(key[:shared], c.take(suffix>>3)...)
		if err := t.spend(len(key)); err != nil {
			return err
		}
		record(string(key), suffix&7, c)
		if c.bad {
			return errTable
		}
	}
	return nil
}

// Kinds of a ref's record.
const (
	refDeleted = iota
	refID
	refPeeled
	refSymbolic
)

func (t *table) refRecord(name string, kind uint64, c *tableCursor) (Ref, bool) {
	ref := Ref{Name: name}
	c.varint() // the update that wrote it
	switch kind {
	case refDeleted:
	case refID:
		ref.ID = gitpack.NewID(c.take(uint64(t.hashSize)))
	case refPeeled:
		ref.ID = gitpack.NewID(c.take(uint64(t.hashSize)))
		ref.Peeled = gitpack.NewID(c.take(uint64(t.hashSize)))
	case refSymbolic:
		ref.Target = c.text()
	default:
		c.bad = true
	}
	return ref, !c.bad
}

// A tableLog is a reflog's record with its key.
type tableLog struct {
	update  uint64
	deleted bool
	entry   ReflogEntry
}

// eachLog yields the records of reflogs.
func (t *table) eachLog(yield func(tableLog)) error {
	if t.logs >= uint64(len(t.data)) {
		return errTable
	}
	for off := int(t.logs); ; {
		kind, start, length, ok := t.blockAt(off)
		if !ok || kind != logBlock {
			return nil
		}
		block, used, err := t.inflate(start+4, length-(start-off+4))
		if err != nil {
			return err
		}
		err = t.records(block, 0, func(key string, kind uint64, c *tableCursor) {
			if log, ok := t.logRecord(key, kind, c); ok {
				yield(log)
			}
		})
		if err != nil {
			return err
		}
		off = start + 4 + used
	}
}

// inflate expands a block of logs, of which size is the exact length, and says
// how many bytes it took in the file.
func (t *table) inflate(from, size int) (block []byte, used int, err error) {
	if size < 2 {
		return nil, 0, errTable
	}
	if err := t.spend(size); err != nil {
		return nil, 0, err
	}
	source := bytes.NewReader(t.data[from:])
	z, err := zlib.NewReader(source)
	if err != nil {
		return nil, 0, errTable
	}
	defer z.Close()
	block = make([]byte, size)
	if _, err := io.ReadFull(z, block); err != nil {
		return nil, 0, errTable
	}
	if _, err := z.Read(make([]byte, 1)); err != io.EOF {
		return nil, 0, errTable
	}
	return block, len(t.data) - from - source.Len(), nil
}

// logRecord decodes a record whose key is the ref's name, a zero byte, and the
// number of the update counted down, so that the newest comes first.
func (t *table) logRecord(key string, kind uint64, c *tableCursor) (tableLog, bool) {
	cut := len(key) - 9
	if cut <= 0 || key[cut] != 0 || kind > 1 {
		c.bad = true
		return tableLog{}, false
	}
	log := tableLog{update: math.MaxUint64 - binary.BigEndian.Uint64([]byte(key[cut+1:])), deleted: kind == 0}
	log.entry.Ref = key[:cut]
	if log.deleted {
		return log, true
	}
	log.entry.Old = gitpack.NewID(c.take(uint64(t.hashSize)))
	log.entry.New = gitpack.NewID(c.take(uint64(t.hashSize)))
	log.entry.Who = c.text() + " <" + c.text() + ">"
	seconds := c.varint()
	if zone := c.take(2); len(zone) == 2 {
		log.entry.When = inZone(int64(seconds), int(int16(binary.BigEndian.Uint16(zone))))
	}
	log.entry.Message = string(bytes.TrimRight([]byte(c.text()), "\n"))
	return log, !c.bad
}

// A tableCursor reads values off the front; bad is set by the first that does
// not fit, and all after it are empty.
type tableCursor struct {
	rest []byte
	bad  bool
}

func (c *tableCursor) take(n uint64) []byte {
	if c.bad || n > uint64(len(c.rest)) {
		c.bad = true
		return nil
	}
	taken := c.rest[:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *tableCursor) text() string { return string(c.take(c.varint())) }

func (c *tableCursor) varint() uint64 {
	value, n := offsetVarint(c.rest)
	if n == 0 {
		c.bad = true
		return 0
	}
	c.rest = c.rest[n:]
	return value
}

// offsetVarint reads git's big-endian variable-length number, in which each
// continuation adds one; n is 0 where it is cut short or too large. The index's
// version 4 uses it, too.
func offsetVarint(data []byte) (value uint64, n int) {
	for n < len(data) {
		b := data[n]
		n++
		value |= uint64(b & 0x7f)
		if b < 0x80 {
			return value, n
		}
		if value++; value > math.MaxUint64>>7 {
			return 0, 0
		}
		value <<= 7
	}
	return 0, 0
}
