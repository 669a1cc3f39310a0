package scanner

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/gitpack"
)

// Brotli has no mark: only its name tells that a file is compressed so. A walk
// over a database sees blobs without names and names without blobs; so it is shown
// the trees that hold such names, and the blobs that these give them to are opened
// when it is over.

// byNameEndings are how names end that alone tell an archive, by the last byte: there are
// few such names, and many others.
var byNameEndings = sync.OnceValue(func() *[256][][]byte {
	var byLast [256][][]byte
	for _, ending := range archive.ByNameEndings() {
		last := ending[len(ending)-1]
		byLast[last] = append(byLast[last], []byte(ending))
	}
	return &byLast
})

// wantsName reports whether a tree is to be shown for the name that an entry has.
func (h *history) wantsName(entry []byte) bool {
	if h.opts.archives == nil || len(entry) == 0 {
		return false
	}
	for _, ending := range byNameEndings()[entry[len(entry)-1]] {
		if bytes.HasSuffix(entry, ending) {
			return true
		}
	}
	return false
}

// noteByName notes the blobs that a tree gives such names to.
func (h *history) noteByName(o gitpack.Object, tree []byte) {
	for e := range treeEntries(tree, o.ID.Size()) {
		if e.kind() != fileEntry || !h.wantsName(e.name) {
			continue
		}
		id, name := gitpack.NewID(e.child), string(e.name)
		h.note(o, func(n *partNotes) {
			if !n.byName[id] {
				n.byName[id] = true
				n.again(o)
			}
		})
		h.mu.Lock()
		if known, ok := h.byName[id]; !ok || name < known {
			h.byName[id] = name
		}
		h.mu.Unlock()
	}
}

// readByName opens those blobs.
func (h *history) readByName(ctx context.Context) {
	sideBySide(h.opts.Workers, slices.Collect(maps.Keys(h.byName)), func(id gitpack.ID) {
		if ctx.Err() == nil {
			h.openByName(id, h.byName[id])
		}
	})
}

// openByName notes the keys in what a blob of that name holds.
func (h *history) openByName(id gitpack.ID, name string) {
	h.mu.Lock()
	seen := h.hits[id] != nil || h.told[id]
	h.mu.Unlock()
	o, err := h.store.Object(id)
	if seen || err != nil || o.Kind != gitpack.Blob {
		return // the walk told what there is to tell
	}
	o.Cold = true // as it stands it was searched
	secrets, placeholders, err := objectSecrets(o, name, h.opts)
	h.collector.addPlaceholders(placeholders)
	problems := 0
	if err != nil {
		h.noteUnread(id)
		problems = h.collector.unread("", id.String(), "read blob", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unread += problems
	if len(secrets) > 0 {
		h.opts.Progress.Findings.Add(1)
		h.hits[id] = &hit{object: id, kind: gitpack.Blob, secrets: h.book.set(secrets), name: name}
	}
}
