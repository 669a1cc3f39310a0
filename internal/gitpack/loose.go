package gitpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// A looseFile is one object in a file of its own.
type looseFile struct {
	id   ID
	path string
}

// looseFiles lists the loose objects that no pack has, each once.
func (s *Store) looseFiles(packs []*pack) (files []looseFile, problems []Problem) {
	seen := map[ID]bool{}
	for _, dir := range s.dirs {
		if _, err := os.ReadDir(dir); err != nil {
			problems = append(problems, Problem{Path: dir, Message: fmt.Sprintf("list loose objects: %v", err)})
			continue
		}
		for fan := range 256 {
			name := filepath.Join(dir, hex.EncodeToString([]byte{byte(fan)}))
			entries, err := os.ReadDir(name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				problems = append(problems, Problem{Path: name, Message: fmt.Sprintf("list loose objects: %v", err)})
			}
			for _, entry := range entries {
				id, err := ParseID(filepath.Base(name) + entry.Name())
				if err != nil || id.Size() != s.hashSize || seen[id] || inPacks(packs, id) {
					continue
				}
				seen[id] = true
				files = append(files, looseFile{id, filepath.Join(name, entry.Name())})
			}
		}
	}
	return files, problems
}

// loosePath is where a directory would keep an object.
func loosePath(dir string, id ID) string {
	digits := id.String()
	return filepath.Join(dir, digits[:2], digits[2:])
}

// loose reads a loose object for a walk. If its file does not yield it, it may
// be elsewhere by now, or in another directory: git packs objects while they
// are read, and also deletes those that nothing needs.
func (w *walker) loose(file looseFile) {
	err := w.looseFile(file)
	if err == nil || w.ctx.Err() != nil {
		return
	}
	w.part.spoil()
	o, missing := w.store.Object(file.id)
	if missing == nil {
		err = w.showObject(o)
	} else if errors.Is(missing, ErrNotFound) && isGone(file.path) {
		err = nil
	}
	if err != nil {
		w.report(Problem{Object: file.id, Path: file.path, Message: fmt.Sprintf("loose object %v", err)})
	}
}

// isGone tells a file that was deleted from a symbolic link to nowhere.
func isGone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (w *walker) looseFile(file looseFile) error {
	o, err := w.looseReader.read(file.path, w.Kinds, w.store.limits.stream)
	w.part.Loose[w.looseAt].Kind, w.part.Loose[w.looseAt].Size = o.kind, o.size
	if err != nil || !w.Kinds.Has(o.kind) {
		return err
	}
	if o.data == nil {
		return w.showObject(w.store.looseStream(file, o))
	}
	return w.showObject(Object{ID: file.id, Kind: o.kind, Size: o.size, Data: o.data})
}

// showObject counts an object that is no entry of the pack at hand, and shows
// it if it is wanted.
func (w *walker) showObject(o Object) error {
	if o.Open != nil {
		return w.showStream(o, false)
	}
	if !w.Kinds.Has(o.Kind) {
		return nil
	}
	o.Part = w.part
	w.stats.Add(o.Kind, uint64(o.Size))
	w.named = false
	w.links(o.ID, o.Kind, o.Data, stretches{})
	o.Cold = !w.Candidate(o.Data)
	if !o.Cold || w.isNamed(o.Kind, o.Data) || w.Always.Has(o.Kind) || w.opens(o.Kind, o.Data) {
		w.Visit(o)
	}
	return nil
}

// A looseReader reads loose objects, one after the other.
type looseReader struct {
	inflater inflater
	packed   []byte
	whole    []byte // of the last object, header and all
}

// A looseObject is what one file holds.
type looseObject struct {
	kind Kind
	size int64
	data []byte // nil if the object is not wanted, or too large
}

// read reads the loose object at path. Its data, which the next read
// overwrites, is read only for an object that is of one of kinds and of at
// most limit bytes.
func (r *looseReader) read(path string, kinds KindSet, limit int64) (o looseObject, err error) {
	f, err := openRegular(path)
	if err != nil {
		return o, fmt.Errorf("cannot be opened: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return o, fmt.Errorf("cannot be read: %w", err)
	}
	r.packed = scratch(r.packed, int(min(info.Size(), max(limit, enoughForHeader))))
	if _, err := io.ReadFull(f, r.packed); err != nil {
		return o, fmt.Errorf("cannot be read: %w", err)
	}
	var length int
	if o.kind, o.size, length, err = looseHeader(&r.inflater, r.packed); err != nil {
		return o, err
	}
	if !kinds.Has(o.kind) || o.size > limit || info.Size() > int64(len(r.packed)) {
		return o, nil
	}
	o.data, err = r.body(length, o.size)
	return o, err
}

// body inflates r.packed, of which the header with the given length and the
// object's size are known.
func (r *looseReader) body(length int, size int64) ([]byte, error) {
	if size > int64(len(r.packed))*deflateRatio {
		return nil, fmt.Errorf("claims %d bytes, more than %d compressed ones can hold", size, len(r.packed))
	}
	r.whole = scratch(r.whole, length+int(size))
	n, err := r.inflater.inflate(r.whole, r.packed)
	if err != nil {
		return nil, fmt.Errorf("is corrupt: %w", err)
	}
	if n < len(r.packed) {
		return nil, fmt.Errorf("is corrupt: %d bytes follow it", len(r.packed)-n)
	}
	return r.whole[length:], nil
}

// shrink lets go of the buffers if they are large.
func (r *looseReader) shrink() {
	r.packed, r.whole = scratch(r.packed, 0), scratch(r.whole, 0)
}

// enoughForHeader bytes hold the header of any object: a block of DEFLATE
// spends at most some 300 bytes on its codes.
const enoughForHeader = 4 << 10

// maxLooseHeader bounds "commit 12345\0".
const maxLooseHeader = 32

// looseHeader reads the kind and size that begin an inflated loose object.
func looseHeader(z *inflater, packed []byte) (kind Kind, size int64, length int, err error) {
	var head [maxLooseHeader]byte
	n, err := z.prefix(head[:], packed)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("is corrupt: %w", err)
	}
	return parseLooseHeader(head[:n])
}

var errLooseHeader = errors.New("has no valid header")

// parseLooseHeader reads "blob 123\0", as strictly as git does.
func parseLooseHeader(head []byte) (kind Kind, size int64, length int, err error) {
	end := bytes.IndexByte(head, 0)
	name, digits, _ := bytes.Cut(head[:max(end, 0)], []byte(" "))
	kind = ParseKind(string(name))
	size, err = strconv.ParseInt(string(digits), 10, 63)
	if err != nil || kind == 0 || strconv.FormatInt(size, 10) != string(digits) || size < 0 {
		return 0, 0, 0, errLooseHeader // what is there instead may be content
	}
	return kind, size, end + 1, nil
}
