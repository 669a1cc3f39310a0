package scanner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
)

// A hit is an object of the database that holds keys: a blob, a message, or a
// tree in which an entry's name is a key.
type hit struct {
	object  gitpack.ID
	kind    gitpack.Kind
	secrets secretSet
	number  int32  // among the hits that trees hold; see locator
	loose   bool   // in what of a malformed tree is no entry
	name    string // of a file that is opened for its name; else empty
}

// keys is the keys of an object that may hold none.
func (h *hit) keys() secretSet {
	if h == nil {
		return nil
	}
	return h.secrets
}

// A namedEntry is an entry of a tree that is named after a key. It has no name if
// the key is in what of a malformed tree is no entry.
type namedEntry struct {
	name string
	hit  *hit
}

// A parentLink is a commit and one of its parents.
type parentLink struct{ commit, parent gitpack.ID }

// A history is the reading of one object database. Only its first pass reads
// everything; what follows runs only if that found a key.
type history struct {
	repo      *gitrepo.Repo
	store     *gitpack.Store
	collector *collector
	opts      Options
	// shown turns a path from the repository's top into the one to show, and
	// within is the top of a repository in the scanned one.
	shown  func(home string) string
	within string

	refs      []gitrepo.Ref // once search has ended
	refErrors []error
	refNames  []refName     // those that hold keys
	cache     *historyCache // nil: everything is read

	// What the first pass saw.
	mu      sync.Mutex
	book    *secretBook
	notes   map[*gitpack.Part]*partNotes
	hits    map[gitpack.ID]*hit         // blobs, commits and tags
	told    map[gitpack.ID]bool         // objects that hold placeholders alone
	named   map[gitpack.ID][]namedEntry // by tree
	commits commitList
	// elsewhere is the parents that are not in the pack of their commit.
	elsewhere []parentLink
	tags      map[gitpack.ID]gitpack.ID // what each tag object points at
	bogus     map[gitpack.ID]error      // commits that git refuses
	byName    map[gitpack.ID]string     // blobs that are opened for their name, which this is
	unplaced  map[gitpack.ID]bool       // objects of which something could not be read
	doubted   map[string]error          // by the ids of blobs, which may be archives by their names
	placed    map[string]string         // paths of those, where a ref's tree tells them
	unread    int                       // problems that the next scan will meet, or be told, all the same
}

// scanHistory searches a repository's whole object database.
func scanHistory(ctx context.Context, repo *gitrepo.Repo, opts Options, c *collector, within string, shown func(string) string) error {
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
		return nil
	}
	defer store.Close()
	h := newHistory(repo, store, opts, c)
	h.shown, h.within = shown, key.Mask(within)
	h.report(store.Problems())
	h.reportGaps()
	if err := h.firstPass(ctx); err != nil {
		return err
	}
	h.reportRefs()
	h.placeUnread()
	h.readUnread(ctx)
	h.seekUnread()
	h.searchRefs()
	if len(h.hits)+len(h.named)+len(h.refNames) == 0 {
		return nil
	}
	return h.attribute(ctx)
}

func newHistory(repo *gitrepo.Repo, store *gitpack.Store, opts Options, c *collector) *history {
	h := &history{
		repo: repo, store: store, collector: c, opts: opts,
		shown: func(home string) string { return home },
	}
	h.forget()
	return h
}

// forget forgets what a pass saw.
func (h *history) forget() {
	h.book = &secretBook{numbers: map[key.Secret]int32{}}
	h.notes = map[*gitpack.Part]*partNotes{}
	h.hits = map[gitpack.ID]*hit{}
	h.told = map[gitpack.ID]bool{}
	h.named = map[gitpack.ID][]namedEntry{}
	h.commits, h.tags = commitList{}, map[gitpack.ID]gitpack.ID{}
	h.byName, h.bogus = map[gitpack.ID]string{}, map[gitpack.ID]error{}
	h.elsewhere, h.unread, h.unplaced, h.doubted = nil, 0, map[gitpack.ID]bool{}, map[string]error{}
}

// firstPass searches the database, but for what the cache knows of it. If that
// meets a problem, nothing that the cache said is believed; but what cannot be
// read of an object is said each time, by the object or by the cache.
func (h *history) firstPass(ctx context.Context) error {
	h.cache = h.newCache()
	before := h.collector.mark()
	listed := make(chan struct{})
	go func() {
		defer close(listed)
		h.listRefs()
	}()
	err := h.search(ctx)
	<-listed
	h.reportMissing()
	problems := h.collector.mark().problems > before.problems+h.unread
	switch {
	case err != nil || h.cache == nil:
		return err
	case !problems:
		h.cache.save()
		return nil
	case !h.cache.used():
		return nil
	}
	h.collector.rewind(before)
	h.forget()
	h.cache = nil
	err = h.search(ctx)
	h.reportMissing()
	return err
}

// reportGaps names what the repository itself says is not there.
func (h *history) reportGaps() {
	if shallow, err := h.repo.Shallow(); err != nil {
		h.collector.problem(h.repo.GitDir, "", err.Error())
	} else if len(shallow) > 0 {
		h.collector.problem(h.repo.GitDir, "", "the clone is shallow: older history is not here; run \"git fetch --unshallow\" for a complete scan")
	}
}

// reportAbsent says how many objects a partial clone lacks, which nothing here
// fetches.
func (h *history) reportAbsent(stats gitpack.Stats) {
	var absent []string
	if n := stats.AbsentBlobs; n > 0 {
		absent = append(absent, counted(n, "blob (content of a file)", "blobs (contents of files)"))
	}
	if n := stats.AbsentTrees; n > 0 {
		absent = append(absent, counted(n, "tree (directory)", "trees (directories)"))
	}
	if len(absent) == 0 {
		return
	}
	verb := "are"
	if stats.AbsentBlobs+stats.AbsentTrees == 1 {
		verb = "is"
	}
	message := fmt.Sprintf("the clone is partial: %s that it names %s not here", strings.Join(absent, " and "), verb)
	if stats.AbsentTrees > 0 {
		message += ", and what trees hold that are not here is not even counted"
	}
	h.collector.problem(h.repo.GitDir, "", message+"; clone without --filter for a complete scan")
}

// counted is a number with its noun.
func counted[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// reportMissing names what refs and commits lead to and is not here; in a
// shallow clone that is as it should be, and said already.
func (h *history) reportMissing() {
	known := h.knownCommits()
	for _, ref := range h.refs {
		if isRef(ref.Name) && !known[ref.ID] && !h.cache.has(ref.ID) {
			known[ref.ID] = true
			if _, err := h.store.Object(ref.ID); err != nil {
				h.collector.problem(h.repo.GitDir, ref.ID.String(), "read what "+ref.Name+" names: "+err.Error())
			}
		}
	}
	if shallow, err := h.repo.Shallow(); err != nil || len(shallow) > 0 {
		return
	}
	for tag, target := range h.tags {
		switch {
		case target.IsZero():
			h.collector.problem("", tag.String(), "tag is malformed: it names no object")
		case !known[target] && !h.cache.has(target):
			if _, err := h.store.Object(target); err != nil {
				h.collector.problem("", target.String(), "read what tag "+tag.String()+" stands for: "+err.Error())
			}
		}
	}
	for _, l := range h.elsewhere {
		if !known[l.parent] && !h.cache.has(l.parent) {
			known[l.parent] = true
			h.collector.problem("", l.parent.String(), "commit "+l.commit.String()+" has a parent that is not in the database")
		}
	}
}

// knownCommits tells which of the objects that refs, tags and commits of other
// parts name are commits that the first pass saw. Of the many others nobody asks.
func (h *history) knownCommits() map[gitpack.ID]bool {
	known := map[gitpack.ID]bool{}
	for _, ref := range h.refs {
		known[ref.ID] = false
	}
	for _, target := range h.tags {
		known[target] = false
	}
	for _, l := range h.elsewhere {
		known[l.parent] = false
	}
	for c := range h.commits.all {
		if _, asked := known[c.id]; asked {
			known[c.id] = true
		}
	}
	return known
}

func (h *history) listRefs() { h.refs, h.refErrors = h.repo.Refs() }

func (h *history) reportRefs() {
	for _, err := range h.refErrors {
		h.collector.problem(h.repo.GitDir, "", err.Error())
	}
}

func (h *history) report(problems []gitpack.Problem) {
	for _, p := range problems {
		h.collector.problem(p.Path, idText(p.Object), p.Message)
	}
}

func idText(id gitpack.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// search reads every object once, notes those that hold keys, and of every
// commit what a graph needs: that costs next to nothing here, and as much as a
// quarter of a scan if commits had to be read once more.
func (h *history) search(ctx context.Context) error {
	h.opts.Progress.phase("history")
	kinds := gitpack.Kinds(gitpack.Blob, gitpack.Tree, gitpack.Commit, gitpack.Tag)
	walk := gitpack.Walk{
		Kinds:     kinds,
		Always:    gitpack.Kinds(gitpack.Commit, gitpack.Tag),
		Reach:     key.Reach,
		Candidate: key.Candidate,
		ShortName: shortestName, // an entry has a mode, too
		Name:      h.wantsName,
		Head:      h.opts.archives.head,
		Build:     h.opts.archives.behind,
		Whole:     h.opts.archives.whole,
		Visit:     h.visit,
		Links:     true,
		Promised:  h.repo.Promisor(), // a partial clone lacks objects by design
		Workers:   h.opts.Workers,
		Progress:  &h.opts.Progress.Objects,
	}
	if h.cache != nil {
		walk.Known = h.cache.known
		again := retelling{h.collector.addRead, func(object gitpack.ID, message string) {
			h.noteUnread(object)
			h.unread += h.collector.inside("", object.String(), message)
		}}
		walk.Over = func(p *gitpack.Part) { h.cache.over(p, h.notes[p], again) }
	}
	stats, problems, err := h.store.Walk(ctx, walk)
	h.report(problems)
	h.reportAbsent(stats)
	h.collector.addRead(stats)
	h.readByName(ctx)
	return err
}

// visit notes an object; goroutines call it.
func (h *history) visit(o gitpack.Object) {
	var err error
	switch o.Kind {
	case gitpack.Tree:
		err = h.visitTree(o)
	case gitpack.Blob:
		err = h.visitText(o)
	default:
		err = h.visitHeader(o)
		if !h.opts.NoMetadata && (err == nil || errors.Is(err, gitrepo.ErrBogus)) {
			err = errors.Join(err, h.visitText(o))
		}
	}
	if err != nil {
		attempt := "read " + o.Kind.String()
		h.note(o, func(n *partNotes) { n.failed(o, attempt, err) })
		h.noteUnread(o.ID)
		problems := h.collector.unread("", o.ID.String(), attempt, err)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.unread += problems
	}
}

// note notes something of the part that an object was read from, for the cache.
func (h *history) note(o gitpack.Object, note func(*partNotes)) {
	if h.cache == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.notes[o.Part] == nil {
		h.notes[o.Part] = newPartNotes()
	}
	note(h.notes[o.Part])
}

// visitText notes the keys in a blob or message.
func (h *history) visitText(o gitpack.Object) error {
	secrets, placeholders, err := objectSecrets(o, "", h.opts)
	err = h.noteDoubt(o, err)
	if len(secrets)+placeholders == 0 {
		return err
	}
	h.note(o, func(n *partNotes) { n.again(o) })
	h.collector.addPlaceholders(placeholders)
	if len(secrets) == 0 {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.told[o.ID] = true
		return err
	}
	h.opts.Progress.Findings.Add(1)
	found := &hit{object: o.ID, kind: o.Kind, secrets: h.book.set(secrets)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hits[o.ID] = found
	return err
}

// visitHeader notes what a commit or a tag leads to; of a commit that git refuses,
// what could be read of it.
func (h *history) visitHeader(o gitpack.Object) error {
	data, err := wholeObject(o)
	if err != nil {
		return err
	}
	if o.Kind == gitpack.Tag {
		target := tagTarget(data)
		h.noteParents(o, target)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tags[o.ID] = target
		return nil
	}
	c, bogus := parseCommit(o.ID, data)
	elsewhere := h.noteParents(o, c.parents...)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commits.add(c)
	for _, parent := range elsewhere {
		h.elsewhere = append(h.elsewhere, parentLink{c.id, parent})
	}
	if bogus != nil {
		h.bogus[o.ID] = bogus
	}
	return bogus
}

// noteParents lists, and notes, what of a commit's parents, or a tag's target,
// is not in its pack, or is loose as it is.
func (h *history) noteParents(o gitpack.Object, ids ...gitpack.ID) (elsewhere []gitpack.ID) {
	for _, id := range ids {
		if o.Part == nil || o.Part.Loose != nil || !o.Part.Has(id) {
			elsewhere = append(elsewhere, id)
			h.note(o, func(n *partNotes) { n.parents[id] = true })
		}
	}
	return elsewhere
}

// visitTree notes the entries of a tree that are named after a key, and the keys
// in what of a malformed tree is no entry.
func (h *history) visitTree(o gitpack.Object) error {
	data, err := wholeObject(o)
	if err != nil {
		return err
	}
	h.noteByName(o, data)
	if h.opts.NoMetadata || o.Cold {
		return nil
	}
	var found []namedEntry
	hitOf := func(secrets []key.Secret, loose bool) *hit {
		return &hit{object: o.ID, kind: gitpack.Tree, secrets: h.book.set(secrets), loose: loose}
	}
	for e := range treeEntries(data, o.ID.Size()) {
		if secrets := nameSecrets(string(e.name)); len(secrets) > 0 {
			found = append(found, namedEntry{string(e.name), hitOf(secrets, false)})
		}
	}
	if !wellFormed(data, o.ID.Size()) { // the walk names it
		if secrets := looseNames(data, o.ID.Size()); len(secrets) > 0 {
			found = append(found, namedEntry{"", hitOf(secrets, true)})
		}
	}
	if len(found) == 0 {
		return nil
	}
	h.note(o, func(n *partNotes) { n.again(o) })
	h.opts.Progress.Findings.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.named[o.ID] = found
	return nil
}
