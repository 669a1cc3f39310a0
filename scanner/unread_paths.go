package scanner

import (
	"slices"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
)

// What cannot be read of a blob is named by the blob's id, which tells nobody
// anything. Where a ref's own tree has it, the path is told too; older versions
// are not looked for, since that would read trees that a scan without a hit never
// reads.

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
	for object, home := range s.found {
		h.placed[object] = key.Mask(h.shown(home))
	}
	h.collector.place(h.placed)
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
			id = parseCommit(data).tree
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
