package scanner

import (
	"context"
	"fmt"
	"io"
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
	number  int32 // among the hits that trees hold; see locator
}

// keys is the keys of an object that may hold none.
func (h *hit) keys() secretSet {
	if h == nil {
		return nil
	}
	return h.secrets
}

// A namedEntry is an entry of a tree that is named after a key.
type namedEntry struct {
	name string
	hit  *hit
}

// A history is the reading of one object database. Only its first pass reads
// everything; what follows runs only if that found a key.
type history struct {
	repo      *gitrepo.Repo
	store     *gitpack.Store
	collector *collector
	opts      Options
	// shown turns a path from the repository's top into the one to show.
	shown func(home string) string

	book secretBook
	refs []gitrepo.Ref

	mu      sync.Mutex
	hits    map[gitpack.ID]*hit         // blobs, commits and tags
	told    map[gitpack.ID]bool         // objects that hold placeholders
	named   map[gitpack.ID][]namedEntry // by tree
	commits []rawCommit
	tags    map[gitpack.ID]gitpack.ID // what each tag object points at
}

// scanHistory searches a repository's whole object database.
func scanHistory(ctx context.Context, repo *gitrepo.Repo, opts Options, c *collector, shown func(string) string) error {
	store, err := gitpack.Open(repo.ObjectDirs(), repo.HashSize)
	if err != nil {
		c.problem(repo.GitDir, "", err.Error())
		return nil
	}
	defer store.Close()
	h := newHistory(repo, store, opts, c)
	h.shown = shown
	h.report(store.Problems())
	h.reportGaps()
	if err := h.search(ctx); err != nil {
		return err
	}
	h.reportMissing()
	h.readUnread(ctx)
	if len(h.hits)+len(h.named)+len(h.namedRefs()) == 0 {
		return nil
	}
	return h.attribute(ctx)
}

func newHistory(repo *gitrepo.Repo, store *gitpack.Store, opts Options, c *collector) *history {
	h := &history{
		repo: repo, store: store, collector: c, opts: opts,
		shown: func(home string) string { return home },
		book:  secretBook{numbers: map[key.Secret]int32{}},
		hits:  map[gitpack.ID]*hit{},
		told:  map[gitpack.ID]bool{},
		named: map[gitpack.ID][]namedEntry{},
		tags:  map[gitpack.ID]gitpack.ID{},
	}
	h.listRefs()
	return h
}

// reportGaps names what the repository itself says is not there.
func (h *history) reportGaps() {
	if shallow, err := h.repo.Shallow(); err != nil {
		h.collector.problem(h.repo.GitDir, "", err.Error())
	} else if len(shallow) > 0 {
		h.collector.problem(h.repo.GitDir, "", "the clone is shallow: older history is not here; run \"git fetch --unshallow\" for a complete scan")
	}
	if h.repo.Promisor() {
		h.collector.problem(h.repo.GitDir, "", "the clone is partial: objects that it left out are not here; clone without --filter for a complete scan")
	}
}

// reportMissing names what refs and commits lead to and is not here; in a
// shallow or partial clone that is as it should be, and said already.
func (h *history) reportMissing() {
	known := make(map[gitpack.ID]bool, len(h.commits))
	for _, c := range h.commits {
		known[c.id] = true
	}
	for _, ref := range h.refs {
		if isRef(ref.Name) && !known[ref.ID] {
			known[ref.ID] = true
			if _, err := h.store.Object(ref.ID); err != nil {
				h.collector.problem(h.repo.GitDir, ref.ID.String(), "read what "+ref.Name+" names: "+err.Error())
			}
		}
	}
	if shallow, err := h.repo.Shallow(); err != nil || len(shallow) > 0 || h.repo.Promisor() {
		return
	}
	for tag, target := range h.tags {
		if !known[target] {
			if _, err := h.store.Object(target); err != nil {
				h.collector.problem("", target.String(), "read what tag "+tag.String()+" stands for: "+err.Error())
			}
		}
	}
	for _, c := range h.commits {
		for _, parent := range c.parents {
			if !known[parent] {
				known[parent] = true
				h.collector.problem("", parent.String(), "commit "+c.id.String()+" has a parent that is not in the database")
			}
		}
	}
}

func (h *history) listRefs() {
	refs, errs := h.repo.Refs()
	for _, err := range errs {
		h.collector.problem(h.repo.GitDir, "", err.Error())
	}
	h.refs = refs
}

// namedRefs lists the refs that are named after a key.
func (h *history) namedRefs() []gitrepo.Ref {
	if h.opts.NoMetadata {
		return nil
	}
	var named []gitrepo.Ref
	for _, ref := range h.refs {
		if secrets, _ := bufferSecrets([]byte(ref.Name)); len(secrets) > 0 {
			named = append(named, ref)
		}
	}
	return named
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
	stats, problems, err := h.store.Walk(ctx, gitpack.Walk{
		Kinds:     kinds,
		Always:    gitpack.Kinds(gitpack.Commit, gitpack.Tag),
		Reach:     key.Reach,
		Candidate: key.Candidate,
		Visit:     h.visit,
		Links:     !h.repo.Promisor(), // a partial clone lacks objects by design, and is named
		Workers:   h.opts.Workers,
		Progress:  &h.opts.Progress.Objects,
	})
	h.report(problems)
	h.collector.mu.Lock()
	defer h.collector.mu.Unlock()
	h.collector.scanned.Blobs += stats.Blobs
	h.collector.scanned.Commits += stats.Commits
	h.collector.scanned.Bytes += stats.Bytes
	return err
}

// visit notes an object; goroutines call it.
func (h *history) visit(o gitpack.Object) {
	var err error
	switch o.Kind {
	case gitpack.Tree:
		if !h.opts.NoMetadata {
			err = h.visitTree(o)
		}
	case gitpack.Blob:
		err = h.visitText(o)
	default:
		err = h.visitHeader(o)
		if !h.opts.NoMetadata && err == nil {
			err = h.visitText(o)
		}
	}
	if err != nil {
		h.collector.problem("", o.ID.String(), err.Error())
	}
}

// visitText notes the keys in a blob or message.
func (h *history) visitText(o gitpack.Object) error {
	secrets, placeholders, err := objectSecrets(o)
	if placeholders > 0 {
		h.collector.addPlaceholders(placeholders)
		h.mu.Lock()
		h.told[o.ID] = true
		h.mu.Unlock()
	}
	if len(secrets) == 0 {
		return err
	}
	h.opts.Progress.Findings.Add(1)
	found := &hit{object: o.ID, kind: o.Kind, secrets: h.book.set(secrets)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hits[o.ID] = found
	return err
}

// visitHeader notes what a commit or a tag leads to.
func (h *history) visitHeader(o gitpack.Object) error {
	data, err := wholeObject(o)
	if err != nil {
		return err
	}
	if o.Kind == gitpack.Tag {
		target := tagTarget(data)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tags[o.ID] = target
		return nil
	}
	c := parseCommit(data)
	c.id = o.ID
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commits = append(h.commits, c)
	return nil
}

// visitTree notes the entries of a tree that are named after a key.
func (h *history) visitTree(o gitpack.Object) error {
	data, err := wholeObject(o)
	if err != nil {
		return err
	}
	var found []namedEntry
	for e := range treeEntries(data, o.ID.Size()) {
		if secrets, _ := bufferSecrets(e.name); len(secrets) > 0 {
			found = append(found, namedEntry{string(e.name), &hit{object: o.ID, kind: gitpack.Tree, secrets: h.book.set(secrets)}})
		}
	}
	if len(found) == 0 {
		return nil
	}
	h.opts.Progress.Findings.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.named[o.ID] = found
	return nil
}

// maxStructure bounds the trees, commits and tags that are taken apart, in
// bytes. The largest directory that anybody works in has some megabytes.
const maxStructure = 256 << 20

// wholeObject is the content of a tree, commit or tag.
func wholeObject(o gitpack.Object) ([]byte, error) {
	if o.Open == nil {
		return o.Data, nil
	}
	if o.Size > maxStructure {
		return nil, fmt.Errorf("the %s has %d bytes; at most %d are read", o.Kind, o.Size, maxStructure)
	}
	r, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// objectSecrets lists the keys in an object, each once.
func objectSecrets(o gitpack.Object) (secrets []key.Secret, placeholders int, err error) {
	if o.Open == nil {
		secrets, placeholders = bufferSecrets(o.Data)
		return secrets, placeholders, nil
	}
	list := secretList{}
	_, err = searchObject(o, search{want: func(m key.Match) bool {
		list.add(m)
		return false
	}})
	return list.secrets, list.placeholders, err
}

func bufferSecrets(data []byte) (secrets []key.Secret, placeholders int) {
	list := secretList{}
	for m := range key.Find(data) {
		list.add(m)
	}
	return list.secrets, list.placeholders
}

// A secretList gathers keys, each once.
type secretList struct {
	seen         map[key.Secret]bool
	secrets      []key.Secret
	placeholders int
}

func (l *secretList) add(m key.Match) {
	switch {
	case m.Placeholder:
		l.placeholders++
	case !l.seen[m.Secret]:
		if l.seen == nil {
			l.seen = map[key.Secret]bool{}
		}
		l.seen[m.Secret] = true
		l.secrets = append(l.secrets, m.Secret)
	}
}

// searchObject searches an object for keys with the facts around them.
func searchObject(o gitpack.Object, s search) ([]sighting, error) {
	if o.Open == nil {
		return s.buffer(o.Data), nil
	}
	r, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	found, _, err := s.stream(r, make([]byte, wholeMax), contextBytes)
	return found, err
}
