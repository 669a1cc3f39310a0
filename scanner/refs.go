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
	stashLog      bool           // the stash has a reflog, as it should
	stashes       map[int32]bool // the commits that git stash made, of which a name is left
	commits       []int32        // of the tips, each once
	leading       map[string]refList
}

// A tip is a ref, or an entry of a reflog, at a commit.
type tip struct {
	name   string
	shown  string // the name, masked
	commit int32
	log    bool // only a reflog remembers it
}

// readTips resolves every ref to a commit.
func (h *history) readTips(g *graph) refTips {
	r := refTips{head: -1, byObject: map[gitpack.ID][]string{}, stashes: map[int32]bool{}, leading: map[string]refList{}}
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
	for i, t := range r.tips {
		r.tips[i].shown = key.Mask(t.name)
		r.commits = append(r.commits, t.commit)
		if isStash(t.name) {
			r.stashes[t.commit] = true
			r.stashLog = r.stashLog || strings.HasPrefix(t.name, "stash@{")
		}
	}
	slices.Sort(r.commits)
	r.commits = slices.Compact(r.commits)
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

// branches lists the branches, and what is checked out. Tags and stashes keep
// what was.
func (r *refTips) branches() (branches []tip) {
	for _, t := range r.tips {
		name, _ := withoutWorktree(t.name)
		if !t.log && (name == "HEAD" || gitrepo.IsBranch(name)) {
			branches = append(branches, t)
		}
	}
	return branches
}

// direct lists the refs that point at an object itself.
func (r *refTips) direct(id gitpack.ID) (names []string, reachable bool) {
	for _, name := range r.byObject[id] {
		reachable = reachable || isRef(name)
		names = append(names, key.Mask(name))
	}
	return names, reachable
}

// leadingTo lists what leads to some commit, the most telling first: refs, of
// another worktree only where none of this one does, or where there are none,
// entries of reflogs. The stash is a reflog, so that its older entries stand beside the
// newest. below tells which tips do.
func (r *refTips) leadingTo(reachable bool, below func(int32) bool) refList {
	which := r.which(reachable, below)
	list, known := r.leading[which]
	if !known {
		list = r.list(reachable, below)
		if len(r.leading)*len(which) < maxRefLists {
			r.leading[which] = list
		}
	}
	return list
}

// maxRefLists bounds what tells apart the lists that leadingTo keeps, in bytes: most keys
// of a repository with many refs have the same few.
const maxRefLists = 16 << 20

// which tells apart what leadingTo is asked for: a bit for each of the tips' commits.
func (r *refTips) which(reachable bool, below func(int32) bool) string {
	set := make([]byte, 1+len(r.commits)/8+1)
	if reachable {
		set[0] = 1
	}
	for i, n := range r.commits {
		if below(n) {
			set[1+i/8] |= 1 << (i % 8)
		}
	}
	return string(set)
}

func (r *refTips) list(reachable bool, below func(int32) bool) refList {
	var refs, stashes, logs []string
	for _, t := range r.tips {
		switch {
		case !below(t.commit):
		case !t.log:
			refs = append(refs, t.shown)
		case isStash(t.name):
			stashes = append(stashes, t.shown)
		default:
			logs = append(logs, t.shown)
		}
	}
	if !reachable {
		return newRefList(slices.Concat(logs, stashes)) // all have to let go of it
	}
	if refs = ownRefs(refs); !slices.ContainsFunc(refs, func(name string) bool { return name != stashRef }) {
		newest := func(name string) bool { return name == stashRef+"@{0}" || name == "stash@{0}" }
		refs = append(refs, slices.DeleteFunc(stashes, newest)...)
	}
	return newRefList(refs)
}

// ownRefs leaves out other worktrees' refs, unless there are no others.
func ownRefs(names []string) []string {
	isOther := func(name string) bool {
		_, other := withoutWorktree(name)
		return other
	}
	if own := slices.DeleteFunc(slices.Clone(names), isOther); len(own) > 0 {
		return own
	}
	return names
}

const stashRef = "refs/stash"

// isStash tells the stash, and what else git makes such commits for, by a name
// of a ref or of an entry of a reflog.
func isStash(name string) bool {
	name, _ = withoutWorktree(name)
	return name == stashRef || strings.HasPrefix(name, "stash@{") || strings.HasSuffix(name, "/autostash") || name == "MERGE_AUTOSTASH"
}

// A refList is some refs, of which a finding lists the first.
type refList struct {
	names []string // never nil once there are some; the most telling first
	count int
}

// newRefList makes a list of names, which may be there more than once.
func newRefList(names []string) refList {
	names = append([]string{}, names...)
	slices.SortFunc(names, compareRefs)
	names = slices.Compact(names)
	l := refList{names, len(names)}
	l.cut()
	return l
}

// cut keeps the most telling, of every reflog an entry, and HEAD.
func (l *refList) cut() {
	if len(l.names) <= maxRefs {
		return
	}
	head := slices.Contains(l.names, "HEAD")
	logs := map[string]bool{}
	var first, more []string
	for _, name := range l.names {
		log, _, isEntry := strings.Cut(name, "@{")
		if isEntry && !isStash(name) && logs[log] {
			more = append(more, name)
			continue
		}
		if isEntry {
			logs[log] = true
		}
		if first = append(first, name); len(first) == maxRefs {
			break
		}
	}
	first = append(first, more...)
	if l.names = first[:maxRefs]; head {
		l.names[maxRefs-1] = "HEAD"
	}
}

// join adds the refs of a list that has no name in common.
func (l refList) join(more refList) refList {
	joined := newRefList(slices.Concat(l.names, more.names))
	joined.count = l.count + more.count
	return joined
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
