package scanner

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/cache"
	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
)

// recordVersion grows with every change to what of an object is searched, and to
// what a record says. What is found in the same bytes depends on key.Version and
// archive.Version besides.
const recordVersion = 6

// A partRecord is what is kept of a part of a database: what a walk would tell
// of it, and which of its objects hold keys or placeholders. Those are read again;
// of the keys themselves nothing is kept.
type partRecord struct {
	Stamp   gitpack.Stamp // of a pack; zero if it cannot be told by it
	Sum     [sha256.Size]byte
	Stats   gitpack.Stats // without the objects to show
	Show    []byte        // ids of the objects to show again, one after the other
	Links   []byte        // ids of what the objects name outside of their pack
	Parents []byte        // likewise, of commits' parents and tags' targets
	Unread  []unreadRecord
	Loose   []looseRecord
}

// An unreadRecord is an archive without keys of which not all could be read: to
// find that out again, most of a bomb would have to be unpacked.
type unreadRecord struct {
	ID       []byte
	Messages [][]byte // as collector.inside takes them; a string in JSON is UTF-8
}

// A looseRecord is a loose object that need not be shown again.
type looseRecord struct {
	ID    []byte
	Stamp gitpack.Stamp
	Kind  gitpack.Kind
	Size  int64

	Messages [][]byte // as of an unreadRecord
}

// partNotes is what a walk sees in one part.
type partNotes struct {
	show    map[gitpack.ID]bool
	shown   gitpack.Stats // of those
	parents map[gitpack.ID]bool
	unread  map[gitpack.ID][][]byte
	byName  map[gitpack.ID]bool // blobs that are opened for a name that some tree to show gives them
}

func newPartNotes() *partNotes {
	return &partNotes{
		show: map[gitpack.ID]bool{}, parents: map[gitpack.ID]bool{},
		unread: map[gitpack.ID][][]byte{}, byName: map[gitpack.ID]bool{},
	}
}

// again notes an object that every scan must read: it holds keys or placeholders,
// or cannot be read for a reason that may pass.
func (n *partNotes) again(o gitpack.Object) {
	if !n.show[o.ID] {
		n.show[o.ID] = true
		n.shown.Add(o.Kind, uint64(o.Size))
	}
}

// A historyCache knows the parts of a database that an earlier scan read. What
// it says is used only while the database itself reads without a problem: a scan
// that meets one begins anew without it. So a cache changes what a scan costs,
// and never what it tells.
type historyCache struct {
	dir     *cache.Dir
	dirs    []string // of the database
	options string   // what the results depend on, beside the part
	whole   bool     // commits' parents are expected to be there
	start   time.Time
	workers int
	size    int // of an id

	asked   map[*gitpack.Part]*partRecord // what Known answered with
	skipped map[gitpack.ID]looseRecord    // loose objects that it passed over
	all     []*gitpack.Part               // of the database
	parts   []*gitpack.Part               // that were passed over
	pending map[*gitpack.Part]*partRecord // to be written
}

// maxRemembered bounds the messages that are kept of one object.
const maxRemembered = 16

// failed notes an object of which not all could be read. What an archive in
// memory says of itself it will say each time; all else may change, as may what a
// message with a key in it must not be kept for.
func (n *partNotes) failed(o gitpack.Object, attempt string, err error) {
	var messages [][]byte
	for _, err := range separate(err) {
		message := []byte(attempt + ": " + cause(err))
		secrets, placeholders := bufferSecrets(message)
		if !isInside(err) || len(secrets)+placeholders > 0 {
			n.again(o)
			return
		}
		messages = append(messages, message)
	}
	if o.Open != nil || len(messages) > maxRemembered {
		n.again(o)
	} else if !n.show[o.ID] {
		n.unread[o.ID] = messages
	}
}

// newCache opens the cache for a history; nil without a directory.
func (h *history) newCache() *historyCache {
	if h.opts.CacheDir == "" {
		return nil
	}
	shallow, err := h.repo.Shallow()
	return &historyCache{
		dir: cache.At(h.opts.CacheDir), dirs: h.store.Dirs(),
		options: fmt.Sprint(recordVersion, key.Version, archive.Version, h.opts.archives.limits, h.repo.HashSize,
			h.opts.NoMetadata, h.opts.Placeholders, h.repo.Promisor()),
		whole: err == nil && len(shallow) == 0 && !h.repo.Promisor(),
		start: time.Now(), workers: h.opts.Workers, size: h.repo.HashSize,
		asked: map[*gitpack.Part]*partRecord{}, skipped: map[gitpack.ID]looseRecord{},
		pending: map[*gitpack.Part]*partRecord{},
	}
}

// used reports whether anything was passed over.
func (c *historyCache) used() bool { return c != nil && len(c.parts) > 0 }

// has reports whether an object was passed over, and so is known to be intact.
func (c *historyCache) has(id gitpack.ID) bool {
	return c != nil && slices.ContainsFunc(c.parts, func(p *gitpack.Part) bool { return p.Has(id) })
}

// key names the record of a pack, or of the loose objects of a database: what
// they are is told by their ids and stamps, and where they lie only keeps the
// records of several databases apart.
func (c *historyCache) key(p *gitpack.Part) cache.Key {
	if p.Loose != nil {
		return sha256.Sum256(fmt.Appendf(nil, "loose\n%s\n%q", c.options, c.dirs))
	}
	return sha256.Sum256(fmt.Appendf(nil, "pack\n%s\n%x", c.options, p.ID))
}

// known is what an earlier scan knew of a part.
func (c *historyCache) known(p *gitpack.Part) *gitpack.Known {
	r := c.load(c.key(p))
	if r == nil || p.Loose == nil && !c.isSame(p, r) {
		return nil
	}
	known := &gitpack.Known{Show: c.ids(r.Show), Links: c.ids(r.Links)}
	if c.whole {
		known.Links = append(known.Links, c.ids(r.Parents)...)
	}
	if p.Loose != nil {
		known.Loose = c.knownLoose(p, r)
	}
	c.asked[p] = r
	return known
}

func (c *historyCache) load(k cache.Key) *partRecord {
	data, ok := c.dir.Get(k)
	r := new(partRecord)
	if !ok || json.Unmarshal(data, r) != nil {
		return nil
	}
	return r
}

// isSame reports whether a pack is the one that a record was made of: the file
// system says that nobody wrote to it since, or else its bytes are compared.
func (c *historyCache) isSame(p *gitpack.Part, r *partRecord) bool {
	if r.Stamp == p.Stamp && r.Stamp != (gitpack.Stamp{}) {
		return true
	}
	sum, err := p.Sum(c.workers)
	if err != nil || sum != r.Sum {
		return false
	}
	r.Stamp = gitpack.Stamp{} // to be renewed
	return true
}

// knownLoose tells which loose objects have the stamp that they were read with.
func (c *historyCache) knownLoose(p *gitpack.Part, r *partRecord) func(gitpack.ID) bool {
	stamps := make(map[gitpack.ID]gitpack.Stamp, len(p.Loose))
	for _, o := range p.Loose {
		stamps[o.ID] = o.Stamp
	}
	for _, l := range r.Loose {
		id := gitpack.NewID(l.ID)
		if stamp, ok := stamps[id]; ok && stamp == l.Stamp {
			c.skipped[id] = l
		}
	}
	return func(id gitpack.ID) bool {
		_, ok := c.skipped[id]
		return ok
	}
}

// A retelling takes what an earlier scan saw and this one passed over.
type retelling struct {
	read   func(gitpack.Stats)
	unread func(object gitpack.ID, message string) // as collector.inside
}

func (t retelling) messages(id []byte, messages [][]byte) {
	for _, message := range messages {
		t.unread(gitpack.NewID(id), string(message))
	}
}

// over takes what a walk tells of a part: what is known of it is told again, and
// what is new is kept for save.
func (c *historyCache) over(p *gitpack.Part, notes *partNotes, again retelling) {
	c.all = append(c.all, p)
	r := c.asked[p]
	if !p.Known() {
		r = nil
	}
	if notes == nil {
		notes = newPartNotes()
	}
	switch {
	case p.Loose != nil:
		c.overLoose(p, notes, r, again)
	case r != nil:
		again.read(r.Stats)
		for _, u := range r.Unread {
			again.messages(u.ID, u.Messages)
		}
		c.parts = append(c.parts, p)
		if r.Stamp == (gitpack.Stamp{}) && p.Stamp.Settled(c.start) {
			r.Stamp = p.Stamp
			c.pending[p] = r
		}
	case p.Clean:
		c.pending[p] = c.packRecord(p, notes)
	}
}

func (c *historyCache) packRecord(p *gitpack.Part, notes *partNotes) *partRecord {
	r := &partRecord{
		Stats: p.Stats.Minus(notes.shown),
		Show:  joinIDs(notes.show), Links: joinIDList(p.Links), Parents: joinIDs(notes.parents),
	}
	for id, messages := range notes.unread {
		r.Unread = append(r.Unread, unreadRecord{id.Bytes(), messages})
	}
	if p.Stamp.Settled(c.start) {
		r.Stamp = p.Stamp
	}
	return r
}

// overLoose does the same for the loose objects, of which most may be known and
// some new.
func (c *historyCache) overLoose(p *gitpack.Part, notes *partNotes, known *partRecord, again retelling) {
	r := &partRecord{Links: joinIDList(p.Links), Parents: joinIDs(notes.parents)}
	if known == nil {
		clear(c.skipped)
	} else if len(c.skipped) > 0 {
		c.parts = append(c.parts, p)
		r.Links = mergeIDs(r.Links, known.Links, c.size)
		r.Parents = mergeIDs(r.Parents, known.Parents, c.size)
	}
	for _, o := range p.Loose {
		l, ok := c.skipped[o.ID]
		if ok {
			var stats gitpack.Stats
			stats.Add(l.Kind, uint64(l.Size))
			again.read(stats)
			again.messages(l.ID, l.Messages)
		} else if l = (looseRecord{o.ID.Bytes(), o.Stamp, o.Kind, o.Size, notes.unread[o.ID]}); o.Kind == 0 || notes.show[o.ID] || !o.Stamp.Settled(c.start) {
			continue
		}
		r.Loose = append(r.Loose, l)
	}
	isNew := len(r.Loose) != len(c.skipped) || known != nil && len(known.Loose) != len(r.Loose)
	if p.Clean && isNew {
		c.pending[p] = r
	}
}

// save writes what is new. A cache that cannot be written is none.
func (c *historyCache) save() {
	for p, r := range c.pending {
		if p.Loose == nil && r.Sum == ([sha256.Size]byte{}) {
			var err error
			if r.Sum, err = p.Sum(c.workers); err != nil {
				continue
			}
		}
		if data, err := json.Marshal(r); err == nil {
			_ = c.dir.Put(c.key(p), data)
		}
	}
	if len(c.pending) > 0 {
		c.dir.Trim()
	}
}

// ids takes apart what joinIDs made.
func (c *historyCache) ids(joined []byte) []gitpack.ID {
	ids := make([]gitpack.ID, 0, len(joined)/c.size)
	for raw := range slices.Chunk(joined, c.size) {
		ids = append(ids, gitpack.NewID(raw))
	}
	return ids
}

func joinIDs(set map[gitpack.ID]bool) []byte {
	ids := make([]gitpack.ID, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	return joinIDList(ids)
}

func joinIDList(ids []gitpack.ID) []byte {
	var b bytes.Buffer
	for _, id := range ids {
		_, _ = b.Write(id.Bytes())
	}
	return b.Bytes()
}

// mergeIDs joins two lists of ids, each id once.
func mergeIDs(a, b []byte, size int) []byte {
	seen := map[string]bool{}
	var all []byte
	for _, list := range [][]byte{a, b} {
		for raw := range slices.Chunk(list, size) {
			if !seen[string(raw)] {
				seen[string(raw)] = true
				all = append(all, raw...)
			}
		}
	}
	return all
}
