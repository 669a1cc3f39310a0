package gitpack

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"slices"
	"sync"
)

const packHeaderSize = 12

// A pack is one pack file with its index. Its entries are numbered in the
// order of their offsets, which is the order in which git wrote them.
type pack struct {
	path   string // of the .pack file
	data   *mapping
	idx    *mapping // what index reads
	stamp  Stamp
	index  *index
	doubts []string // what is wrong with the files as a whole

	sorting sync.Once   // makes what follows, which a pack that nothing is read of does without
	entries []packEntry // and the end of the last
	// starts holds, for every stretch of 1<<shift bytes, the first entry in it
	// or behind: offsets are looked up a few hundred thousand times.
	starts []uint32
	shift  int

	layOut sync.Mutex // guards laid
	laid   *forest
}

// A packEntry is what the index says of an entry, side by side: looked up in three tables
// it costs as many waits for memory.
type packEntry struct {
	offset uint64
	number uint32 // in the index
	crc    uint32 // 0 where the index has none
}

// openPack maps base.pack and base.idx. It fails if nothing can be read of the
// pack; else what is wrong with it as a whole is among its doubts. Both files
// are read only below a guard.
func openPack(base string, hashSize int) (*pack, error) {
	p := &pack{path: base + ".pack"}
	if err := p.open(base, hashSize); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *pack) open(base string, hashSize int) (err error) {
	if p.idx, _, err = mapFile(base + ".idx"); err != nil {
		return fmt.Errorf("open pack index: %w", err)
	}
	err = guard(func() error {
		p.index, err = parseIndex(p.idx.bytes, hashSize)
		return err
	})
	if err != nil {
		return err
	}
	if p.data, p.stamp, err = mapFile(p.path); err != nil {
		return fmt.Errorf("open pack: %w", err)
	}
	return guard(p.check)
}

// close unmaps the files.
func (p *pack) close() error {
	var errs []error
	for _, m := range []*mapping{p.data, p.idx} {
		if m != nil {
			errs = append(errs, m.close())
		}
	}
	return errors.Join(errs...)
}

// check compares the pack's frame with its index. A pack that was cut off or
// written to is still worth reading: each entry has a checksum of its own.
func (p *pack) check() error {
	data, x := p.data.bytes, p.index
	if len(data) < packHeaderSize+x.hashSize || string(data[:4]) != "PACK" {
		return errors.New("pack has no header")
	}
	if version := binary.BigEndian.Uint32(data[4:]); version != 2 && version != 3 {
		return fmt.Errorf("pack has version %d; versions 2 and 3 are known", version)
	}
	if n := binary.BigEndian.Uint32(data[8:]); int(n) != x.count {
		p.doubts = append(p.doubts, fmt.Sprintf("pack holds %d objects, its index %d", n, x.count))
	}
	switch {
	case !bytes.Equal(data[len(data)-x.hashSize:], x.packSum):
		p.doubts = append(p.doubts, "pack and index do not belong together: their checksums differ, or the pack is cut off")
	case x.v1 && !endsWithSum(data, x.hashSize):
		// with no checksum for each entry, the whole pack's has to do
		p.doubts = append(p.doubts, "pack is corrupt: its checksum is wrong")
	}
	return nil
}

// sorted makes the tables by entry, if that is not done.
func (p *pack) sorted(workers int) *pack {
	p.sorting.Do(func() {
		var unsorted error
		err := sideBySide(workers, 2, func(table int) {
			if table == 0 {
				p.index.divide()
			} else {
				unsorted = p.sortEntries(workers)
			}
		})
		if err != nil || unsorted != nil {
			p.withoutEntries()
		}
	})
	return p
}

// sortEntries numbers the entries by offset. One that the index puts outside
// the pack comes last and has no bytes. The entries are dealt into stretches
// of the pack with about four each, because sorting them all at once takes
// four times as long; each of a few workers deals and sorts for stretches of its
// own.
func (p *pack) sortEntries(workers int) error {
	n := p.index.count
	end := uint64(len(p.data.bytes) - p.index.hashSize)
	p.shift = bits.Len64(end / uint64(n/4+1))
	p.starts = make([]uint32, end>>p.shift+2)
	for i := range n {
		p.starts[p.offset(i, end)>>p.shift+1]++
	}
	for i := 1; i < len(p.starts); i++ {
		p.starts[i] += p.starts[i-1]
	}
	p.entries = make([]packEntry, n+1)
	p.entries[n].offset = end
	next := slices.Clone(p.starts)
	workers = min(workers, 4) // each looks at all offsets
	return sideBySide(workers, workers, func(i int) {
		all := len(p.starts) - 1
		p.sortStretches(next, all*i/workers, all*(i+1)/workers, end)
	})
}

// sortStretches deals the entries of the stretches in [low, high) into the tables,
// where next says, and sorts each stretch.
func (p *pack) sortStretches(next []uint32, low, high int, end uint64) {
	for i := range p.count() {
		offset := p.offset(i, end)
		if s := int(offset >> p.shift); s >= low && s < high {
			crc, _ := p.index.crc(i)
			p.entries[next[s]] = packEntry{offset, uint32(i), crc}
			next[s]++
		}
	}
	for s := low; s < high; s++ {
		sortStretch(p.entries[p.starts[s]:p.starts[s+1]])
	}
}

// withoutEntries makes tables in which no entry has bytes, for an index that can
// no more be read.
func (p *pack) withoutEntries() {
	n, end := p.index.count, uint64(len(p.data.bytes)-p.index.hashSize)
	p.shift, p.starts = bits.Len64(end), make([]uint32, 2)
	p.entries = make([]packEntry, n+1)
	for i := range p.entries {
		p.entries[i] = packEntry{offset: end, number: uint32(i)}
	}
}

// offset is where an entry starts, by its number in the index; end stands for
// anywhere outside of the pack.
func (p *pack) offset(number int, end uint64) uint64 {
	if offset := p.index.offset(number); offset >= packHeaderSize {
		return min(offset, end)
	}
	return end
}

// sortStretch sorts the few entries of a stretch by offset, and those with the
// same one by number, as which they come. Only a forged index has many.
func sortStretch(entries []packEntry) {
	const few = 64
	if len(entries) > few {
		slices.SortStableFunc(entries, func(a, b packEntry) int { return cmp.Compare(a.offset, b.offset) })
		return
	}
	for i := 1; i < len(entries); i++ {
		for j := i; j > 0 && entries[j].offset < entries[j-1].offset; j-- {
			entries[j], entries[j-1] = entries[j-1], entries[j]
		}
	}
}

func (p *pack) count() int { return p.index.count }

func (p *pack) id(entry int) ID { return p.index.id(p.number(entry)) }

// number is an entry's number in the index.
func (p *pack) number(entry int) int { return int(p.entries[entry].number) }

// entryAt finds the entry that starts at offset. Where the index puts several
// there, all but the last have no bytes.
func (p *pack) entryAt(offset uint64) (entry int, ok bool) {
	if p.sorted(1); offset >= p.entries[p.count()].offset {
		return 0, false
	}
	low, high := int(p.starts[offset>>p.shift]), int(p.starts[offset>>p.shift+1])
	for low < high {
		if mid := int(uint(low+high) >> 1); p.entries[mid].offset <= offset {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1, low > 0 && p.entries[low-1].offset == offset
}

// entryOf finds the entry of the object that has a number in the index.
func (p *pack) entryOf(number int) (entry int, ok bool) {
	entry, ok = p.entryAt(p.index.offset(number))
	return entry, ok && p.number(entry) == number
}

// raw is an entry's bytes, header and all.
func (p *pack) raw(entry int) []byte {
	return p.data.bytes[p.entries[entry].offset:p.entries[entry+1].offset]
}

// checkCRC compares an entry with the checksum that its index keeps; without
// one the inflater's own checksum has to do.
func (p *pack) checkCRC(entry int) (checked bool, err error) {
	if p.index.v1 {
		return false, nil
	}
	want := p.entries[entry].crc
	if got := crc32.ChecksumIEEE(p.raw(entry)); got != want {
		return true, fmt.Errorf("is corrupt: its bytes have CRC-32 %08x, the index says %08x", got, want)
	}
	return true, nil
}

// inflateEntry checks an entry's bytes and inflates it into dst, whose length
// is the size that h claims.
func (p *pack) inflateEntry(z *inflater, dst []byte, entry int, h header) error {
	checked, err := p.checkCRC(entry)
	if err != nil {
		return err
	}
	z.skipAdler = checked
	_, err = z.inflate(dst, p.raw(entry)[h.length:])
	z.skipAdler = false
	if err != nil {
		return fmt.Errorf("is corrupt: %w", err)
	}
	return nil
}
