package gitpack

import (
	"bytes"
	"sync"
)

// git makes chains of at most some fifty deltas, but a pack may have one of all its
// objects. Whoever reads these one by one would build the whole chain each time.

const (
	// basesApart is how many deltas lie between two bases that are kept, so that
	// none is in most packs.
	basesApart = 64
	// maxBases bounds the bytes of the bases that are kept.
	maxBases = 16 << 20
)

// A baseOf names an entry.
type baseOf struct {
	pack  *pack
	entry int
}

// A baseCache is some of the objects on long chains that were built before.
type baseCache struct {
	mu    sync.Mutex
	known map[baseOf]builtBase
	size  int
}

type builtBase struct {
	kind Kind
	data []byte
}

// find gives a copy of the object of entry e.
func (c *baseCache) find(p *pack, e int) (Kind, []byte, bool) {
	c.mu.Lock()
	b, ok := c.known[baseOf{p, e}]
	c.mu.Unlock()
	return b.kind, bytes.Clone(b.data), ok
}

// keep keeps a copy of the object of entry e.
func (c *baseCache) keep(p *pack, e int, kind Kind, data []byte) {
	if len(data) > maxBases/4 {
		return
	}
	at := baseOf{p, e}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[at]; ok {
		return
	}
	if c.size += len(data); c.known == nil || c.size > maxBases {
		c.known, c.size = map[baseOf]builtBase{}, len(data)
	}
	c.known[at] = builtBase{kind, bytes.Clone(data)}
}
