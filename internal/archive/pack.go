package archive

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
)

// Packs and bundles of git that lie about as files, no part of a database that is
// read as one.
const (
	gitPack   = "git-pack"
	gitBundle = "git-bundle"
)

// OfObjects reports whether a part is an object of git, or in one: the same text
// lies in many of them.
func (p Part) OfObjects() bool {
	for _, layer := range p.Layers {
		if layer == gitPack || layer == gitBundle {
			return true
		}
	}
	return false
}

// An object of up to packObject bytes is built whole; of those that others are
// deltas of, packHeld bytes are held. With the object at hand and its delta that
// is a window.
const (
	packObject = 16 << 20
	packHeld   = windowMax - 2*packObject
)

func isBundle(h []byte) bool {
	return hasMagic(h, "# v2 git bundle\n") || hasMagic(h, "# v3 git bundle\n")
}

// pack searches the objects of a pack, in which an object may be told by what
// others have. So the pack must be held.
func (w *walk) pack(p place, s *source) error {
	release, err := w.holdAll(s, "git pack")
	if err != nil {
		return err
	}
	defer release()
	return w.packObjects(p, s.data, 0)
}

// bundle reads a bundle: lines that name refs and commits, which begin with what
// the objects are like, an empty line, and a pack (gitformat-bundle(5)).
func (w *walk) bundle(p place, s *source) error {
	release, err := w.holdAll(s, "git bundle")
	if err != nil {
		return err
	}
	defer release()
	head, pack, ok := strings.Cut(string(s.data[:min(len(s.data), maxListing)]), "\n\n")
	w.heading(p, head)
	if !ok || len(pack) < 12 {
		return unlessFirst(!namesRef(head), errEndMissing)
	}
	hashSize := 20
	if strings.Contains(head, "\n@object-format=sha256\n") {
		hashSize = 32
	}
	data := s.data[len(head)+2:]
	if !gitpack.IsStray(data) {
		return unlessFirst(!namesRef(head), errors.New("is damaged: no pack follows its header"))
	}
	return w.packObjects(p, data, hashSize)
}

// namesRef reports whether a line of a bundle's header names a ref or a commit by its
// id.
func namesRef(head string) bool {
	for line := range strings.Lines(head) {
		id, _, _ := strings.Cut(strings.TrimPrefix(line, "-"), " ")
		if _, err := hex.DecodeString(id); err == nil && len(id) >= 40 {
			return true
		}
	}
	return false
}

func (w *walk) packObjects(p place, data []byte, hashSize int) error {
	release, err := w.window(windowMax)
	if err != nil {
		return err
	}
	defer release()
	any := false
	errs := gitpack.Stray{
		Data: data, HashSize: hashSize, Limit: packObject, Held: packHeld,
		Entry: w.entry,
		Spend: func(n int64) bool { return w.spend(int(n), int(n)) == nil },
		Show: func(o gitpack.StrayObject) {
			any = true
			in := p.at(o.ID.String())
			if o.ID == (gitpack.ID{}) {
				in = p.at(fmt.Sprintf("delta at %d", o.Offset))
			}
			w.content(in, o.Content)
		},
	}.Read()
	// Junk that begins like a pack counts more objects than it has bytes.
	first := !any && gitpack.StrayCount(data) > len(data)
	for _, err := range errs {
		switch {
		case errors.Is(err, gitpack.ErrStrayCut):
			return unlessFirst(first, cutOff(err.Error()))
		case first:
			return &notOne{err}
		default:
			w.fail(p, err)
		}
	}
	return nil
}
