package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/ulikunitz/xz/lzma"
)

// What a 7z archive begins with; then come the packed streams.
const (
	sevenMagic = "7z\xbc\xaf\x27\x1c"
	sevenStart = 32
)

// sevenZip reads an archive by its list of files, which is the last thing in it and
// says how all else is packed. So the archive must be held.
func (w *walk) sevenZip(p place, s *source) error {
	release, err := w.holdAll(s, "7z archive")
	if err != nil {
		return err
	}
	defer release()
	data := s.data
	if len(data) < sevenStart {
		return &notOne{errEndMissing}
	}
	whole := crc32.ChecksumIEEE(data[12:sevenStart]) == binary.LittleEndian.Uint32(data[8:])
	at, size := binary.LittleEndian.Uint64(data[12:]), binary.LittleEndian.Uint64(data[20:])
	rest := uint64(len(data) - sevenStart)
	switch {
	case at <= rest && size <= rest-at:
	case !whole:
		return &notOne{errListing}
	default:
		return cutOff("its list of files is missing, without which it was only searched as it stands")
	}
	if size == 0 {
		return nil
	}
	header := data[sevenStart+at:][:size]
	streams, files, err := w.sevenListing(data, header)
	if err != nil {
		return err
	}
	w.sevenFiles(p, data, streams, files)
	if crc32.ChecksumIEEE(header) != binary.LittleEndian.Uint32(data[28:]) {
		return fmt.Errorf("its list of files is damaged: %w", errSum)
	}
	return nil
}

// sevenListing reads the list of files. It may be packed itself, and so may be
// what that unpacks to.
func (w *walk) sevenListing(data, header []byte) (sevenStreams, []sevenFile, error) {
	for range 4 {
		r := &sevenReader{b: header, entries: w.limits.Entries}
		switch r.byte() {
		case sevenHeader:
			return r.listing()
		case sevenEncoded:
			s := r.streams()
			if r.bad || len(s.folders) != 1 {
				return s, nil, errListing
			}
			var err error
			if header, err = w.sevenUnpacked(data, s); err != nil {
				return s, nil, err
			}
		default:
			return sevenStreams{}, nil, errListing
		}
	}
	return sevenStreams{}, nil, errListing
}

// listing reads a list of files. Each part of it stands there once: to read one again and
// again takes long.
func (r *sevenReader) listing() (s sevenStreams, files []sevenFile, err error) {
	had := map[byte]bool{}
	for !r.bad {
		part := r.byte()
		if had[part] {
			break
		}
		had[part] = true
		switch part {
		case sevenMainStreams:
			s = r.streams()
		case sevenFiles:
			files = r.filesInfo()
		case sevenProperties:
			for r.byte() != sevenEnd {
				r.bytes(r.number())
			}
		case sevenEnd:
			if !r.bad {
				return s, files, nil
			}
		default:
			r.fail()
		}
	}
	return s, nil, errListing
}

// sevenUnpacked unpacks a list of files.
func (w *walk) sevenUnpacked(data []byte, s sevenStreams) (header []byte, err error) {
	unpack := &sevenUnpack{w, data, s.packs, &s.folders[0]}
	err = unpack.output(s.folders[0].main, 0, func(r io.Reader) (err error) {
		header, err = io.ReadAll(io.LimitReader(&spending{walk: w, from: r}, sevenMaxListing+1))
		return err
	})
	switch {
	case errors.Is(err, errEncrypted):
		return nil, errors.New("its list of files is encrypted")
	case err != nil:
		return nil, fmt.Errorf("its list of files cannot be read: %v", err)
	case len(header) > sevenMaxListing:
		return nil, errListing
	}
	return header, nil
}

// sevenFiles searches the files folder by folder.
func (w *walk) sevenFiles(p place, data []byte, s sevenStreams, files []sevenFile) {
	var full []sevenFile // those that have content
	for _, f := range files {
		if !w.entry() {
			return
		}
		w.heading(p.at(f.name), f.name)
		if !f.empty {
			full = append(full, f)
		}
	}
	for i := range s.folders {
		f := &s.folders[i]
		n := min(len(f.files), len(full))
		w.sevenFolder(p, &sevenUnpack{w, data, s.packs, f}, full[:n])
		full = full[n:]
		if w.meter.over != nil {
			return
		}
	}
}

// sevenFolder searches the files of a folder. What keeps one from being unpacked
// does the same for all behind it.
func (w *walk) sevenFolder(p place, u *sevenUnpack, files []sevenFile) {
	read := 0
	err := u.output(u.folder.main, 0, func(r io.Reader) error {
		out := &spending{walk: w, from: r}
		for _, f := range files {
			sum := crc32.NewIEEE()
			body := &exact{out, int64(min(u.folder.files[read], 1<<62))}
			all := io.TeeReader(body, sum)
			w.content(p.at(f.name), all)
			if w.drain(all); body.left > 0 {
				return cmp.Or(judge(out, 0, proven), errSevenShort)
			}
			if told := u.folder.sums[read]; told.known && told.sum != sum.Sum32() && !u.folder.filtered() {
				w.fail(p.at(f.name), fmt.Errorf("is damaged: %w", errSum))
			}
			read++
		}
		return nil
	})
	for _, f := range files[read:] {
		if err == nil || w.meter.over != nil {
			break
		}
		w.fail(p.at(f.name), err)
	}
}

var (
	errSevenShort  = errors.New("is damaged: it unpacks to less than its size")
	errSevenCoders = errors.New("is damaged: how it is packed makes no sense")
)

// A sevenUnpack unpacks a folder of the archive data.
type sevenUnpack struct {
	walk   *walk
	data   []byte
	packs  []stretch
	folder *sevenFolder
}

// The methods that are read (Methods.txt of the LZMA SDK).
const (
	sevenCopy      = 0x00
	sevenDelta     = 0x03
	sevenX86       = 0x04 // and sevenBCJ, its older number
	sevenLZMA2     = 0x21
	sevenLZMA      = 0x030101
	sevenBCJ       = 0x03030103
	sevenBCJ2      = 0x0303011b
	sevenDeflate   = 0x040108
	sevenDeflate64 = 0x040109
	sevenBzip2     = 0x040202
	sevenZstd      = 0x04f71101
	sevenAES       = 0x06f10701
)

// sevenBranches are filters of other processors than Intel's, which change nothing
// but the operands of instructions. They are not undone: each instruction has a
// byte that no text has.
var sevenBranches = []uint64{5, 6, 7, 8, 9, 10, 11, 0x03030205, 0x03030401, 0x03030501, 0x03030701, 0x03030805}

// sevenFilters give about as much as they are given, which is counted.
var sevenFilters = append([]uint64{sevenCopy, sevenDelta, sevenX86, sevenBCJ, sevenBCJ2}, sevenBranches...)

// filtered reports whether what the folder unpacks to is not what was packed.
func (f *sevenFolder) filtered() bool {
	return slices.ContainsFunc(f.coders, func(c sevenCoder) bool { return slices.Contains(sevenBranches, c.method) })
}

// output hands what a coder unpacks to read.
func (u *sevenUnpack) output(coder, depth int, read func(io.Reader) error) error {
	if depth > len(u.folder.coders) {
		return errSevenCoders // they go round in a circle
	}
	c := &u.folder.coders[coder]
	return u.inputs(c, depth, nil, func(in []io.Reader) error {
		sized := func(r io.Reader) error {
			return read(io.LimitReader(r, int64(min(u.folder.sizes[coder], 1<<62))))
		}
		if c.method == sevenBCJ2 && len(in) == 4 {
			return sized(newBCJ2(in))
		}
		if len(in) != 1 {
			return errSevenCoders
		}
		return u.decode(c, u.folder.sizes[coder], in[0], sized)
	})
}

// inputs gathers a coder's inputs behind those that are there.
func (u *sevenUnpack) inputs(c *sevenCoder, depth int, have []io.Reader, read func([]io.Reader) error) error {
	if len(have) == c.inputs {
		return read(have)
	}
	input := c.first + len(have)
	next := func(r io.Reader) error { return u.inputs(c, depth, append(have, r), read) }
	if coder, ok := u.folder.source(input); ok {
		return u.output(coder, depth+1, func(r io.Reader) error {
			if !slices.Contains(sevenFilters, c.method) {
				r = &spending{walk: u.walk, from: r} // of which any amount may unpack to nothing
			}
			return next(r)
		})
	}
	for i, packed := range u.folder.packed {
		if at := u.folder.first + i; packed == input && at < len(u.packs) && u.packs[at].end <= len(u.data) {
			return next(bytes.NewReader(u.data[u.packs[at].start:u.packs[at].end]))
		}
	}
	return errSevenCoders
}

// decode hands what a coder with one input unpacks, size bytes, to read.
func (u *sevenUnpack) decode(c *sevenCoder, size uint64, in io.Reader, read func(io.Reader) error) error {
	w := u.walk
	br := w.buffer(in)
	defer w.giveBack(br)
	switch c.method {
	case sevenCopy:
		return read(br)
	case sevenLZMA:
		if len(c.properties) != 5 {
			return fmt.Errorf("cannot be unpacked: %w", errProperties)
		}
		return w.rawLZMA(c.properties, size, br, read)
	case sevenLZMA2:
		return w.rawLZMA2(c.properties, size, br, read)
	case sevenDeflate:
		return w.deflated(br, read)
	case sevenDeflate64:
		return read(&deflate64{from: br})
	case sevenBzip2:
		return w.bzip2Stream(br, int64(min(size, 1<<62)), read)
	case sevenZstd:
		return w.zstdStream(br, read)
	case sevenDelta:
		return read(newDelta(c.properties, br))
	case sevenX86, sevenBCJ:
		return read(&x86{from: br})
	case sevenAES:
		return errEncrypted
	}
	if slices.Contains(sevenBranches, c.method) {
		return read(br)
	}
	return fmt.Errorf("is compressed by a method that is not read (%x)", c.method)
}

// rawLZMA2 hands an LZMA2 stream to read, whose dictionary the one byte of its
// properties tells.
func (w *walk) rawLZMA2(properties []byte, size uint64, r io.Reader, read func(io.Reader) error) error {
	if len(properties) != 1 {
		return fmt.Errorf("cannot be unpacked: %w", errProperties)
	}
	window, err := lzma.DecodeDictCap(properties[0])
	if err != nil {
		return fmt.Errorf("cannot be unpacked: %w", errProperties)
	}
	window = max(lzma.MinDictCap, int64(min(uint64(window), size)))
	release, err := w.makeWindow(window)
	if err != nil {
		return err
	}
	defer release()
	z, err := lzma.Reader2Config{DictCap: int(window)}.NewReader2(r)
	if err != nil {
		return notIf(err)
	}
	return read(z)
}
