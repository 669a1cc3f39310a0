package scanner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// refTips is what the refs of a repository point at.
type refTips struct {
	tips          []tip
	byObject      map[gitpack.ID][]string // refs that are no commit: tags of blobs and trees, tag objects
	head          int32                   // HEAD's commit, or -1
	reached       []bool                  // by commit: some ref leads to it
	reachedByHead []bool
}

// A tip is a ref, or an entry of a reflog, at a commit.
type tip struct {
	name   string
	commit int32
	log    bool // only a reflog remembers it
}

// readRefs resolves every ref to a commit.
func (h *history) readRefs(g *graph) refTips {
	r := refTips{head: -1, byObject: map[gitpack.ID][]string{}}
	refs, errs := h.repo.Refs()
	for _, err := range errs {
		h.collector.problem(h.repo.GitDir, "", err.Error())
	}
	var tips []int32
	for _, ref := range refs {
		target := g.peel(ref.ID)
		r.byObject[ref.ID] = append(r.byObject[ref.ID], ref.Name)
		if target != ref.ID {
			r.byObject[target] = append(r.byObject[target], ref.Name)
		}
		n, ok := g.number[target]
		if !ok {
			continue
		}
		if isRef(ref.Name) {
			tips = append(tips, n)
			r.tips = append(r.tips, tip{name: ref.Name, commit: n})
		} else {
			r.tips = append(r.tips, tip{name: ref.Name, commit: n, log: true})
		}
		if ref.Name == "HEAD" {
			r.head = n
		}
	}
	r.addReflogs(h.repo, g)
	r.reached = g.ancestors(tips)
	r.reachedByHead = make([]bool, len(g.commits))
	if r.head >= 0 {
		r.reachedByHead = g.ancestors([]int32{r.head})
	}
	return r
}

// isRef tells refs, which keep objects and are cloned, from the likes of
// ORIG_HEAD.
func isRef(name string) bool { return name == "HEAD" || strings.HasPrefix(name, "refs/") }

// addReflogs adds what only a reflog remembers, older stashes among it.
func (r *refTips) addReflogs(repo *gitrepo.Repo, g *graph) {
	for e, err := range repo.Reflogs() {
		if err != nil {
			continue // a log that cannot be read hides a name, no key
		}
		if n, ok := g.number[e.New]; ok {
			name := fmt.Sprintf("%s@{%d}", strings.TrimPrefix(strings.TrimPrefix(e.Ref, "refs/heads/"), "refs/"), e.Index)
			r.tips = append(r.tips, tip{name: name, commit: n, log: true})
		}
	}
}

// direct lists the refs that point at an object itself.
func (r *refTips) direct(id gitpack.ID) (names []string, reachable bool) {
	names = []string{}
	for _, name := range r.byObject[id] {
		reachable = reachable || isRef(name)
		names = append(names, key.Mask(name))
	}
	return names, reachable
}

// refsTo lists the refs that lead to a commit, the most telling first; reflog
// entries only where no ref does.
func (a *attribution) refsTo(commit int32) []string {
	below := a.descendants(commit)
	var found []tip
	for _, t := range a.refs.tips {
		if below[t.commit] && t.log != a.refs.reached[commit] {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(x, y tip) int {
		return cmp.Or(cmp.Compare(refRank(x.name), refRank(y.name)), cmp.Compare(x.name, y.name))
	})
	names := []string{}
	for _, t := range found {
		if name := key.Mask(t.name); len(names) < maxRefs && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// refRank orders refs by what they tell a reader.
func refRank(name string) int {
	for rank, prefix := range []string{"refs/heads/", "refs/stash", "stash@", "refs/notes/", "refs/remotes/", "refs/tags/", "refs/", "HEAD"} {
		if strings.HasPrefix(name, prefix) {
			return rank
		}
	}
	return 99
}

// descendants is graph.descendants, remembered.
func (a *attribution) descendants(commit int32) []bool {
	if a.lastBelow == nil || a.lastCommit != commit {
		a.lastCommit, a.lastBelow = commit, a.graph.descendants(commit)
	}
	return a.lastBelow
}

// commit reads what a finding tells of a commit.
func (a *attribution) commit(n int32) *rules.Commit {
	id := a.graph.commits[n].id
	if c, ok := a.commits[id]; ok {
		return c
	}
	_, data, err := a.store.Read(id)
	if err != nil {
		a.collector.problem("", id.String(), err.Error())
		return &rules.Commit{ID: id.String()}
	}
	c, err := gitrepo.DecodeCommit(id, data)
	if err != nil {
		a.collector.problem("", id.String(), err.Error())
	}
	told := &rules.Commit{
		ID:      id.String(),
		Author:  key.Mask(c.Author),
		Email:   key.Mask(c.Email),
		Subject: key.Mask(c.Subject),
		Date:    c.Date,
	}
	a.commits[id] = told
	return told
}

func (a *attribution) commitTime(n int32) time.Time { return a.commit(n).Date }
