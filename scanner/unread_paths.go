package scanner

import (
	"errors"
	"slices"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
)

// What cannot be read of a blob is named by the blob's id, which tells nobody
// anything, and by its path. A ref's own tree is asked first; what only older
// versions have is looked for as keys are, in one pass over all trees.

// maxPlaceTrees bounds the trees that are read to find paths.
const maxPlaceTrees = 1 << 12

// A placeSearch looks for some blobs in the trees of refs.
type placeSearch struct {
	store *gitpack.Store
	left  map[gitpack.ID]bool
	found map[string]string // paths by object
	seen  map[gitpack.ID]bool
}

// noteUnread notes an object of which something could not be read.
func (h *history) noteUnread(id gitpack.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unplaced[id] = true
}

// noteDoubt notes a blob that may be an archive by its name, as an error of reading it
// says, and returns the other errors.
func (h *history) noteDoubt(o gitpack.Object, err error) error {
	others, doubt := withoutDoubt(err)
	if doubt == nil {
		return err
	}
	h.noteUnread(o.ID)
	h.note(o, func(n *partNotes) { n.again(o) })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doubted[o.ID.String()] = doubt
	return others
}

// placeUnread tells the paths of what could not be read.
func (h *history) placeUnread() {
	if len(h.unplaced) == 0 {
		return
	}
	s := &placeSearch{store: h.store, left: h.unplaced, found: map[string]string{}, seen: map[gitpack.ID]bool{}}
	refs := slices.Clone(h.refs)
	slices.SortStableFunc(refs, func(a, b gitrepo.Ref) int {
		return -compareBools(a.Name == "HEAD", b.Name == "HEAD")
	})
	for _, ref := range refs {
		s.ref(ref.ID)
	}
	h.placed = map[string]string{}
	h.place(s.found)
}

// place tells the paths of objects, from the repository's top.
func (h *history) place(homes map[string]string) {
	for object, home := range homes {
		h.placed[object] = key.Mask(h.shown(home))
		var doubt *archive.Doubt
		if errors.As(h.doubted[object], &doubt) && doubt.ClaimedBy(home) {
			h.collector.unread("", object, "read blob", &archive.Error{Cause: doubt.Cause})
		}
	}
	h.collector.place(h.placed)
}

// seekUnread has the blobs that no ref's tree has looked for like hits, which they
// are not: they hold no key.
func (h *history) seekUnread() {
	for id := range h.unplaced {
		if o, err := h.store.Object(id); h.hits[id] == nil && err == nil && o.Kind == gitpack.Blob {
			h.hits[id] = &hit{object: id, kind: gitpack.Blob}
		}
	}
}

// placeOld tells the paths of those that some commit has, as the last one has it.
func (a *attribution) placeOld(c *comparison) {
	homes := map[string]string{}
	seen := make([]bool, len(c.nodes))
	var walk func(at int32, path string)
	walk = func(at int32, path string) {
		if seen[at] {
			return
		}
		seen[at] = true
		for _, e := range c.nodes[at] {
			home := joinPath(path, c.skeleton.name[e.name])
			if e.hit == nil {
				walk(e.sub, home)
			} else if a.unplaced[e.hit.object] {
				delete(a.unplaced, e.hit.object)
				homes[e.hit.object.String()] = home
			}
		}
	}
	for _, top := range slices.Backward(c.atCommit) {
		if len(a.unplaced) == 0 {
			break
		}
		walk(top, "")
	}
	a.place(homes)
}

// ref searches the tree that an object leads to.
func (s *placeSearch) ref(id gitpack.ID) {
	for range maxTagDepth {
		if len(s.left) == 0 || len(s.seen) > maxPlaceTrees || s.seen[id] {
			return
		}
		kind, data, err := s.store.Read(id)
		if err != nil {
			return // a pass over all objects named it
		}
		switch kind {
		case gitpack.Tag:
			id = tagTarget(data)
		case gitpack.Commit:
			c, _ := parseCommit(id, data) // what is wrong with it was named, too
			id = c.tree
		case gitpack.Tree:
			s.tree(id, "", 0)
			return
		default:
			return
		}
	}
}

// maxTagDepth is how many tags of tags are followed to what they stand for.
const maxTagDepth = 16

func (s *placeSearch) tree(id gitpack.ID, path string, depth int) {
	if len(s.left) == 0 || len(s.seen) > maxPlaceTrees || s.seen[id] || depth > maxTreeDepth {
		return
	}
	s.seen[id] = true
	kind, data, err := s.store.Read(id)
	if err != nil || kind != gitpack.Tree {
		return
	}
	for e := range treeEntries(data, id.Size()) {
		entry := e.entry()
		name := joinPath(path, string(e.name))
		if entry.kind == dirEntry {
			s.tree(entry.child, name, depth+1)
		} else if s.left[entry.child] {
			delete(s.left, entry.child)
			s.found[entry.child.String()] = name
		}
	}
}
