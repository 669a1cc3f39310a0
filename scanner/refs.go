package scanner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
)

// maxRefs bounds how many of the refs that reach a key are listed: a key in an
// old release is reached by every tag since.
const maxRefs = 10

// refTips is what the refs of a repository point at.
type refTips struct {
	tips          []tip
	byObject      map[gitpack.ID][]string // of what a ref names, and of what that stands for
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

// readTips resolves every ref to a commit.
func (h *history) readTips(g *graph) refTips {
	r := refTips{head: -1, byObject: map[gitpack.ID][]string{}}
	var tips []int32
	for _, ref := range h.refs {
		chain := g.peel(ref.ID)
		for _, id := range chain {
			r.byObject[id] = append(r.byObject[id], ref.Name)
		}
		n, ok := g.number[chain[len(chain)-1]]
		if !ok {
			continue
		}
		r.tips = append(r.tips, tip{name: ref.Name, commit: n, log: !isRef(ref.Name)})
		if isRef(ref.Name) {
			tips = append(tips, n)
		}
		if ref.Name == "HEAD" {
			r.head = n
		}
	}
	h.addReflogs(&r, g)
	r.reached = g.ancestors(tips)
	r.reachedByHead = make([]bool, len(g.commits))
	if r.head >= 0 {
		r.reachedByHead = g.ancestors([]int32{r.head})
	}
	return r
}

// isRef tells refs, which keep objects and are cloned, from the likes of
// ORIG_HEAD. What belongs to another worktree keeps objects as well.
func isRef(name string) bool {
	name, _ = withoutWorktree(name)
	return name == "HEAD" || strings.HasPrefix(name, "refs/")
}

// withoutWorktree cuts off what says that a ref belongs to another worktree.
func withoutWorktree(name string) (rest string, other bool) {
	if rest, ok := strings.CutPrefix(name, "main-worktree/"); ok {
		return rest, true
	}
	if rest, ok := strings.CutPrefix(name, "worktrees/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		return rest, true
	}
	return name, false
}

// addReflogs adds what only a reflog remembers, older stashes among it.
func (h *history) addReflogs(r *refTips, g *graph) {
	for e, err := range h.repo.Reflogs() {
		if err != nil {
			h.collector.problem(h.repo.GitDir, "", err.Error())
			continue
		}
		if n, ok := g.number[e.New]; ok {
			r.tips = append(r.tips, tip{name: logName(e), commit: n, log: true})
		}
	}
}

// logName is what git calls an entry of a reflog.
func logName(e gitrepo.ReflogEntry) string {
	return fmt.Sprintf("%s@{%d}", strings.TrimPrefix(strings.TrimPrefix(e.Ref, "refs/heads/"), "refs/"), e.Index)
}

// direct lists the refs that point at an object itself.
func (r *refTips) direct(id gitpack.ID) (names []string, reachable bool) {
	for _, name := range r.byObject[id] {
		reachable = reachable || isRef(name)
		names = append(names, key.Mask(name))
	}
	return names, reachable
}

// leadingTo lists the refs that lead to a commit, the most telling first;
// another worktree's only where none of this one does, and reflog entries only
// where no ref does. below tells which commits do.
func (r *refTips) leadingTo(commit int32, below func(int32) bool) []string {
	var names []string
	for _, t := range r.tips {
		if t.log != r.reached[commit] && below(t.commit) {
			names = append(names, key.Mask(t.name))
		}
	}
	isOther := func(name string) bool {
		_, other := withoutWorktree(name)
		return other
	}
	if own := slices.DeleteFunc(slices.Clone(names), isOther); len(own) > 0 {
		names = own
	}
	return firstRefs(names)
}

// firstRefs lists the most telling of some refs; it is never nil.
func firstRefs(names []string) []string {
	names = append([]string{}, names...)
	slices.SortFunc(names, compareRefs)
	names = slices.Compact(names)
	return names[:min(len(names), maxRefs)]
}

// rank tells how much it means that a commit took a key out.
func (r *refTips) rank(commit int32) int {
	switch {
	case r.reachedByHead[commit]:
		return 2
	case r.reached[commit]:
		return 1
	}
	return 0
}

// refOrder is the beginnings of refs' names, by what they tell a reader.
var refOrder = [...]string{"refs/heads/", "refs/stash", "stash@", "refs/notes/", "refs/remotes/", "refs/tags/", "refs/", "HEAD"}

func compareRefs(a, b string) int {
	rank := func(name string) int {
		n := slices.IndexFunc(refOrder[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if n < 0 {
			return len(refOrder)
		}
		return n
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}
