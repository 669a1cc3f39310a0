package scanner

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"slices"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
)

// A graph is every commit of a database, reachable or not, with its parents.
// Commits are numbered in an order in which parents come before children and
// older before younger where ancestry does not say.
type graph struct {
	commits []commitNode
	number  map[gitpack.ID]int32
	tags    map[gitpack.ID]gitpack.ID // what each tag object points at
}

type commitNode struct {
	id, tree gitpack.ID
	parents  []int32
	missing  int   // parents that are not in the database
	when     int64 // committer's time, in Unix seconds
}

// A rawCommit is a commit before its parents are numbered.
type rawCommit struct {
	id, tree gitpack.ID
	parents  []gitpack.ID
	when     int64 // committer's time, in Unix seconds
}

// A commitList is commits in pieces: a slice that grows to hundreds of thousands
// is copied over and over, to memory that is new each time.
type commitList struct {
	pieces [][]rawCommit
	count  int
}

func (l *commitList) add(c rawCommit) {
	const piece = 1 << 10
	last := len(l.pieces) - 1
	if last < 0 || len(l.pieces[last]) == piece {
		l.pieces = append(l.pieces, make([]rawCommit, 0, piece))
		last++
	}
	l.pieces[last] = append(l.pieces[last], c)
	l.count++
}

// join adds the commits of another list, which is not used any more.
func (l *commitList) join(more commitList) {
	l.pieces = append(more.pieces, l.pieces...)
	l.count += more.count
}

// all yields the commits.
func (l *commitList) all(yield func(*rawCommit) bool) {
	for _, piece := range l.pieces {
		for i := range piece {
			if !yield(&piece[i]) {
				return
			}
		}
	}
}

func (l *commitList) list() []*rawCommit {
	return slices.AppendSeq(make([]*rawCommit, 0, l.count), l.all)
}

// readCommits reads the commits and tags of a database, but for packs whose shape
// is known.
func (h *history) readCommits(ctx context.Context, known shapes) error {
	for _, s := range known {
		h.commits.join(s.commits)
		maps.Copy(h.tags, s.tags)
	}
	_, problems, err := h.store.Walk(ctx, gitpack.Walk{
		Kinds:     gitpack.Kinds(gitpack.Commit, gitpack.Tag),
		Always:    gitpack.Kinds(gitpack.Commit, gitpack.Tag),
		Candidate: func([]byte) bool { return false },
		Known:     known.known(),
		Workers:   h.opts.Workers,
		Visit: func(o gitpack.Object) {
			err := h.visitHeader(o)
			if err != nil && !errors.Is(err, gitrepo.ErrBogus) { // who needs such a commit says so
				h.collector.problem("", o.ID.String(), err.Error())
			}
		},
	})
	h.report(problems)
	return err
}

// graph is that of the commits that were read.
func (h *history) graph() *graph { return newGraph(h.commits.list(), h.tags) }

// parseCommit reads what a graph needs of a commit. Of one that git refuses it is
// what could be read, with an error that is gitrepo.ErrBogus.
func parseCommit(id gitpack.ID, data []byte) (rawCommit, error) {
	c, err := gitrepo.ParseCommit(id, data)
	return rawCommit{id: id, tree: c.Tree, parents: c.Parents, when: c.When}, err
}

// parseID reads an id in hexadecimal; zero if it is none.
func parseID(digits []byte) gitpack.ID {
	var raw [32]byte
	if len(digits) > 2*len(raw) {
		return gitpack.ID{}
	}
	n, err := hex.Decode(raw[:], digits)
	if err != nil {
		return gitpack.ID{}
	}
	return gitpack.NewID(raw[:n])
}

// tagTarget is the object that a tag object stands for.
func tagTarget(data []byte) gitpack.ID {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	digits, ok := bytes.CutPrefix(line, []byte("object "))
	if !ok {
		return gitpack.ID{}
	}
	return parseID(digits)
}

// newGraph numbers the commits: of those whose parents are all numbered, the
// oldest comes next. A parent that is not in the database counts as none.
func newGraph(raw []*rawCommit, tags map[gitpack.ID]gitpack.ID) *graph {
	slices.SortFunc(raw, compareCommits)
	raw = slices.CompactFunc(raw, func(a, b *rawCommit) bool { return a.id == b.id }) // gc can move one while it is read
	number := make(map[gitpack.ID]int32, len(raw))
	for i, c := range raw {
		number[c.id] = int32(i)
	}
	g := &graph{commits: make([]commitNode, len(raw)), number: number, tags: tags}
	inOrder := true
	for i, c := range raw {
		node := commitNode{id: c.id, tree: c.tree, when: c.when}
		for _, parent := range c.parents {
			p, ok := number[parent]
			if !ok {
				node.missing++
				continue
			}
			node.parents = append(node.parents, p)
			inOrder = inOrder && int(p) < i
		}
		g.commits[i] = node
	}
	if !inOrder {
		g.reorder()
	}
	return g
}

// reorder puts parents before children where clocks did not.
func (g *graph) reorder() {
	waiting := make([]int32, len(g.commits))
	children := g.children()
	ready := &numberHeap{}
	for i, c := range g.commits {
		waiting[i] = int32(len(c.parents))
		if waiting[i] == 0 {
			*ready = append(*ready, int32(i))
		}
	}
	heap.Init(ready)
	place, placed := make([]int32, len(g.commits)), int32(0)
	for ; ready.Len() > 0; placed++ {
		i := heap.Pop(ready).(int32)
		place[i] = placed
		for _, child := range children[i] {
			if waiting[child]--; waiting[child] == 0 {
				heap.Push(ready, child)
			}
		}
	}
	last := placed
	for i, c := range g.commits {
		if waiting[i] > 0 { // a forged index can make commits their own ancestors
			delete(g.number, c.id)
			place[i], last = last, last+1
			continue
		}
		g.number[c.id] = place[i]
		for j, p := range c.parents {
			c.parents[j] = place[p]
		}
	}
	g.move(place)
	g.commits = g.commits[:placed]
}

// move moves every commit to its place, of which place loses count. Copies of
// hundreds of thousands of commits cost more than the moves.
func (g *graph) move(place []int32) {
	for i := range g.commits {
		for to := place[i]; to != int32(i); to = place[i] {
			g.commits[i], g.commits[to] = g.commits[to], g.commits[i]
			place[i], place[to] = place[to], to
		}
	}
}

// children lists the children of every commit: one is listed as often as it names
// the commit for its parent.
func (g *graph) children() [][]int32 {
	number := make([]int32, len(g.commits))
	total := 0
	for _, c := range g.commits {
		total += len(c.parents)
		for _, p := range c.parents {
			number[p]++
		}
	}
	children, room := make([][]int32, len(g.commits)), make([]int32, total)
	for i, n := range number {
		children[i], room = room[:0:n], room[n:]
	}
	for i, c := range g.commits {
		for _, p := range c.parents {
			children[p] = append(children[p], int32(i))
		}
	}
	return children
}

// compareCommits orders commits by time, and those of one second by id.
func compareCommits(a, b *rawCommit) int {
	if a.when != b.when {
		return cmp.Compare(a.when, b.when)
	}
	return bytes.Compare(a.id.Bytes(), b.id.Bytes())
}

// peel lists an object and what it stands for, if it is a tag: of a tag of a
// tag, all three.
func (g *graph) peel(id gitpack.ID) []gitpack.ID {
	chain := []gitpack.ID{id}
	for len(chain) <= len(g.tags) {
		target, ok := g.tags[id]
		if !ok {
			break
		}
		chain = append(chain, target)
		id = target
	}
	return chain
}

// ancestors marks tips and all that they lead back to.
func (g *graph) ancestors(tips []int32) []bool {
	seen := make([]bool, len(g.commits))
	for _, n := range tips {
		seen[n] = true
	}
	for n := len(g.commits) - 1; n >= 0; n-- {
		if seen[n] {
			for _, p := range g.commits[n].parents {
				seen[p] = true
			}
		}
	}
	return seen
}

// maxFamilies is how many sets of commits descendants takes at once.
const maxFamilies = 64

// descendants tells of every commit which of some given sets lead to it, or have
// it in them: bit i stands for from[i].
func (g *graph) descendants(from [][]int32) []uint64 {
	families := make([]uint64, len(g.commits))
	first := int32(len(g.commits))
	for i, set := range from {
		for _, n := range set {
			families[n] |= 1 << i
			first = min(first, n)
		}
	}
	for n := first; int(n) < len(g.commits); n++ {
		for _, p := range g.commits[n].parents {
			families[n] |= families[p]
		}
	}
	return families
}

// A numberHeap gives the smallest number first, for container/heap.
type numberHeap []int32

func (h numberHeap) Len() int           { return len(h) }
func (h numberHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h numberHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is for container/heap.
func (h *numberHeap) Push(x any) { *h = append(*h, x.(int32)) }

// Pop is for container/heap.
func (h *numberHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
