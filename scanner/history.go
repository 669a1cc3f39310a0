package scanner

import (
	"context"
	"slices"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A hit is an object of the database that holds keys: a blob, a message, or
// one entry of a tree whose name is a key.
type hit struct {
	object  gitpack.ID
	kind    gitpack.Kind
	secrets []key.Secret // each once
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

	mu      sync.Mutex
	commits []rawCommit
	tags    map[gitpack.ID]gitpack.ID // what each tag object points at
	hits    map[gitpack.ID]*hit
	// named holds, by tree, the entries whose names hold a key.
	named map[gitpack.ID][]namedEntry
}

// A namedEntry is an entry of a tree that is named after a key.
type namedEntry struct {
	name    string
	secrets []key.Secret
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
	if len(h.hits)+len(h.named) == 0 {
		return nil
	}
	return h.attribute(ctx)
}

func newHistory(repo *gitrepo.Repo, store *gitpack.Store, opts Options, c *collector) *history {
	return &history{
		repo: repo, store: store, collector: c, opts: opts,
		shown: func(home string) string { return home },
		tags:  map[gitpack.ID]gitpack.ID{},
		hits:  map[gitpack.ID]*hit{},
		named: map[gitpack.ID][]namedEntry{},
	}
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

// reportMissing names the commits that others lead to and that are not here; in
// a shallow or partial clone that is as it should be, and said already.
func (h *history) reportMissing() {
	if shallow, _ := h.repo.Shallow(); len(shallow) > 0 || h.repo.Promisor() {
		return
	}
	known := make(map[gitpack.ID]bool, len(h.commits))
	for _, c := range h.commits {
		known[c.id] = true
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

// search reads every object once and notes those that hold keys.
func (h *history) search(ctx context.Context) error {
	h.opts.Progress.phase("history")
	kinds := gitpack.Kinds(gitpack.Blob, gitpack.Tree, gitpack.Commit, gitpack.Tag)
	if h.opts.NoMetadata {
		kinds = gitpack.Kinds(gitpack.Blob, gitpack.Commit, gitpack.Tag)
	}
	stats, problems, err := h.store.Walk(ctx, gitpack.Walk{
		Kinds:     kinds,
		Always:    gitpack.Kinds(gitpack.Commit, gitpack.Tag),
		Reach:     key.Reach,
		Candidate: key.Candidate,
		Visit:     h.visit,
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

// visit notes every commit and tag, and of the other objects those in which
// there is something; goroutines call it.
func (h *history) visit(o gitpack.Object) {
	switch o.Kind {
	case gitpack.Tree:
		h.visitTree(o)
		return
	case gitpack.Commit, gitpack.Tag:
		h.link(o)
		if h.opts.NoMetadata {
			return
		}
	}
	secrets, placeholders, err := objectSecrets(o)
	if err != nil {
		h.collector.problem("", o.ID.String(), err.Error())
	}
	h.collector.addPlaceholders(placeholders)
	if len(secrets) == 0 {
		return
	}
	h.opts.Progress.Findings.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hits[o.ID] = &hit{o.ID, o.Kind, secrets}
}

// link notes what a commit or tag leads to.
func (h *history) link(o gitpack.Object) {
	if o.Kind == gitpack.Tag {
		target := headerID(o.Data, "object ")
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tags[o.ID] = target
		return
	}
	c := parseCommit(o.ID, o.Data)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commits = append(h.commits, c)
}

// visitTree notes the entries of a tree that are named after a key.
func (h *history) visitTree(o gitpack.Object) {
	var found []namedEntry
	for e := range treeEntries(o.Data, o.ID.Size()) {
		if secrets, _ := bufferSecrets(e.name); len(secrets) > 0 {
			found = append(found, namedEntry{string(e.name), secrets})
		}
	}
	if len(found) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.named[o.ID] = found
}

// objectSecrets lists the keys in an object.
func objectSecrets(o gitpack.Object) (secrets []key.Secret, placeholders int, err error) {
	if o.Open == nil {
		secrets, placeholders = bufferSecrets(o.Data)
		return secrets, placeholders, nil
	}
	found, err := objectSightings(o, "", nil)
	for _, s := range found {
		secrets, placeholders = countSecret(s.match, secrets, placeholders)
	}
	return secrets, placeholders, err
}

func bufferSecrets(data []byte) (secrets []key.Secret, placeholders int) {
	seen := map[key.Secret]bool{}
	for m := range key.Find(data) {
		if m.Placeholder {
			placeholders++
		} else if !seen[m.Secret] {
			seen[m.Secret] = true
			secrets = append(secrets, m.Secret)
		}
	}
	return secrets, placeholders
}

func countSecret(m key.Match, secrets []key.Secret, placeholders int) ([]key.Secret, int) {
	switch {
	case m.Placeholder:
		return secrets, placeholders + 1
	case slices.Contains(secrets, m.Secret):
		return secrets, placeholders
	}
	return append(secrets, m.Secret), placeholders
}

// objectSightings searches an object for keys with the facts around them. path
// and exists are as in searchBuffer; the path is empty where it is not known.
func objectSightings(o gitpack.Object, path string, exists func(string) bool) ([]sighting, error) {
	if o.Open == nil {
		return searchBuffer(path, o.Data, exists), nil
	}
	r, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	found, _, err := searchStream(path, r, make([]byte, wholeMax), exists)
	return found, err
}

// places reads an object again for the facts of the place where each of its
// keys stands first.
func (h *history) places(id gitpack.ID) map[key.Secret]rules.Occurrence {
	places := map[key.Secret]rules.Occurrence{}
	o, err := h.store.Object(id)
	if err == nil {
		var found []sighting
		found, err = objectSightings(o, "", nil)
		for _, s := range found {
			if _, ok := places[s.match.Secret]; !ok {
				places[s.match.Secret] = s.place
			}
		}
	}
	if err != nil {
		h.collector.problem("", id.String(), err.Error())
	}
	return places
}
