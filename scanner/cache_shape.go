package scanner

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/inspecto/insplint/internal/cache"
	"github.com/inspecto/insplint/internal/gitpack"
)

// A packShape is what it takes to tell where the keys of a pack lie: its commits
// and tags, and which of its trees lead to blobs with keys. What a pack's objects
// lead to never changes, whatever comes to the database later, so that the trees
// and commits of a known pack need not be read again because of an old key.
type packShape struct {
	byName  map[gitpack.ID]bool // the hits of the database that were opened for a name
	commits commitList
	tags    map[gitpack.ID]gitpack.ID
	holds   []shapeHold
}

// A shapeHold is an entry of a tree that is a blob with keys, or a tree that leads
// to one.
type shapeHold struct {
	tree, child gitpack.ID
	name        string
}

// shapes is the shapes of known packs, by the ids of their parts.
type shapes map[[sha256.Size]byte]*packShape

// known has a walk pass over the packs whose shape is known; nil if there is none.
func (s shapes) known() func(*gitpack.Part) *gitpack.Known {
	if len(s) == 0 {
		return nil
	}
	return func(p *gitpack.Part) *gitpack.Known {
		if s[p.ID] == nil {
			return nil
		}
		return new(gitpack.Known)
	}
}

// A shapeRecord is a packShape as the cache keeps it. No name in it holds a key.
type shapeRecord struct {
	Commits, Tags, Holds []byte
	Names                [][]byte // a string in JSON is UTF-8
	ByName               []byte   // ids, one after the other
}

// maxShapeHolds bounds the entries that are kept of one pack.
const maxShapeHolds = 1 << 19

// shapes loads the shapes of the packs that the first pass went over. A tree of
// today may give an old blob a name for which it is opened: a shape that was made
// when it was no hit is not taken.
func (c *historyCache) shapes(hits map[gitpack.ID]*hit) shapes {
	if !c.used() {
		return nil
	}
	byName := hitsByName(hits)
	found := shapes{}
	for _, p := range c.parts {
		if p.Loose != nil {
			continue
		}
		if s := c.loadShape(p); s != nil && s.knows(byName) {
			found[p.ID] = s
		}
	}
	return found
}

// hitsByName lists the hits that were opened for their names.
func hitsByName(hits map[gitpack.ID]*hit) map[gitpack.ID]bool {
	byName := map[gitpack.ID]bool{}
	for id, h := range hits {
		if h.name != "" {
			byName[id] = true
		}
	}
	return byName
}

func (s *packShape) knows(byName map[gitpack.ID]bool) bool {
	for id := range byName {
		if !s.byName[id] {
			return false
		}
	}
	return true
}

// shapeKey binds a shape to the pack's content: the record beside it says that
// this is as it was.
func (c *historyCache) shapeKey(p *gitpack.Part, r *partRecord) cache.Key {
	return sha256.Sum256(fmt.Appendf(nil, "shape\n%s\n%x\n%x", c.options, p.ID, r.Sum))
}

func (c *historyCache) loadShape(p *gitpack.Part) *packShape {
	data, ok := c.dir.Get(c.shapeKey(p, c.asked[p]))
	r := new(shapeRecord)
	if !ok || json.Unmarshal(data, r) != nil {
		return nil
	}
	s := r.shape()
	if s != nil {
		s.byName = map[gitpack.ID]bool{}
		for _, id := range c.ids(r.ByName) {
			s.byName[id] = true
		}
	}
	return s
}

// saveShapes keeps the shapes of the packs that were read for l, if the records
// of these packs are kept.
func (c *historyCache) saveShapes(l *locator, have shapes) {
	inPack := map[*gitpack.Part][]gitpack.ID{}
	ids := map[idSum]gitpack.ID{}
	for _, s := range have {
		for _, hold := range s.holds {
			ids[l.skeleton.sum(hold.tree.Bytes())] = hold.tree
		}
	}
	for _, p := range c.all {
		if have[p.ID] != nil {
			continue
		}
		err := p.Each(func(id gitpack.ID) {
			sum := l.skeleton.sum(id.Bytes())
			if _, ok := l.hot[sum]; ok {
				ids[sum] = id
				inPack[p] = append(inPack[p], id)
			}
		})
		if err != nil {
			return
		}
	}
	for _, p := range c.all {
		r := c.asked[p]
		if !p.Known() {
			r = c.pending[p]
		}
		if p.Loose != nil || have[p.ID] != nil || r == nil || r.Sum == ([sha256.Size]byte{}) {
			continue
		}
		if shape, ok := l.record(p, inPack[p], ids); ok {
			if data, err := json.Marshal(shape); err == nil {
				_ = c.dir.Put(c.shapeKey(p, r), data)
			}
		}
	}
	c.dir.Trim()
}

// record makes the record of a pack with some trees that lead to hits; ids is
// those of all such trees. It fails if a name holds a key, or there is too much to
// keep.
func (l *locator) record(p *gitpack.Part, trees []gitpack.ID, ids map[idSum]gitpack.ID) (r *shapeRecord, ok bool) {
	r = &shapeRecord{ByName: joinIDs(hitsByName(l.history.hits))}
	for c := range l.history.commits.all {
		if p.Has(c.id) {
			r.Commits = appendCommit(r.Commits, c)
		}
	}
	for tag, target := range l.history.tags {
		if p.Has(tag) {
			r.Tags = appendID(appendID(r.Tags, tag), target)
		}
	}
	names, count := map[int32]uint64{}, 0
	for _, tree := range trees {
		for _, hold := range l.hot[l.skeleton.sum(tree.Bytes())] {
			child := ids[hold.child]
			if hold.hit != nil {
				child = hold.hit.object
			}
			if child == tree {
				continue // it is named after a key, and read again each time
			}
			name, known := names[hold.name]
			if !known {
				name = uint64(len(r.Names))
				names[hold.name] = name
				r.Names = append(r.Names, []byte(l.skeleton.name[hold.name]))
			}
			if count++; count > maxShapeHolds || child.IsZero() || !known && namesKey(r.Names[name]) {
				return nil, false
			}
			r.Holds = binary.AppendUvarint(appendID(appendID(r.Holds, tree), child), name)
		}
	}
	return r, true
}

func namesKey(text []byte) bool {
	secrets, placeholders := bufferSecrets(text)
	return len(secrets)+placeholders > 0
}

func appendID(b []byte, id gitpack.ID) []byte {
	raw := id.Bytes()
	return append(append(b, byte(len(raw))), raw...)
}

func appendCommit(b []byte, c *rawCommit) []byte {
	b = binary.AppendVarint(appendID(appendID(b, c.id), c.tree), c.when)
	b = binary.AppendUvarint(b, uint64(len(c.parents)))
	for _, parent := range c.parents {
		b = appendID(b, parent)
	}
	return b
}

// shape takes a record apart; nil if it is not one that record made.
func (r *shapeRecord) shape() *packShape {
	s := &packShape{tags: map[gitpack.ID]gitpack.ID{}}
	commits := shapeReader{rest: r.Commits}
	for commits.more() {
		c := rawCommit{id: commits.id(), tree: commits.id(), when: commits.signed()}
		for n := commits.unsigned(); n > 0 && !commits.broken; n-- {
			c.parents = append(c.parents, commits.id())
		}
		s.commits.add(c)
	}
	tags := shapeReader{rest: r.Tags}
	for tags.more() {
		tag := tags.id()
		s.tags[tag] = tags.id()
	}
	names := make([]string, len(r.Names))
	for i, name := range r.Names {
		names[i] = string(name)
	}
	holds := shapeReader{rest: r.Holds}
	for holds.more() {
		hold, name := shapeHold{tree: holds.id(), child: holds.id()}, holds.unsigned()
		if name >= uint64(len(names)) {
			return nil
		}
		hold.name = names[name]
		s.holds = append(s.holds, hold)
	}
	if commits.broken || tags.broken || holds.broken {
		return nil
	}
	return s
}

// A shapeReader reads what append functions wrote.
type shapeReader struct {
	rest   []byte
	broken bool
}

func (r *shapeReader) more() bool { return len(r.rest) > 0 && !r.broken }

func (r *shapeReader) id() gitpack.ID {
	if len(r.rest) == 0 || len(r.rest) <= int(r.rest[0]) {
		r.broken = true
		return gitpack.ID{}
	}
	end := 1 + int(r.rest[0])
	id := gitpack.NewID(r.rest[1:end])
	r.rest = r.rest[end:]
	return id
}

func (r *shapeReader) unsigned() uint64 {
	n, size := binary.Uvarint(r.rest)
	r.skip(size)
	return n
}

func (r *shapeReader) signed() int64 {
	n, size := binary.Varint(r.rest)
	r.skip(size)
	return n
}

func (r *shapeReader) skip(size int) {
	if r.broken = r.broken || size <= 0; !r.broken {
		r.rest = r.rest[size:]
	}
}
