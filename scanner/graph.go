package scanner

import (
	"bytes"
	"container/heap"
	"context"
	"strconv"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A graph is every commit of a database, reachable or not, with its parents.
// Commits are numbered in an order in which parents come before children and
// older before younger where ancestry does not say.
type graph struct {
	commits  []commitNode
	number   map[gitpack.ID]int32
	children [][]int32
	tags     map[gitpack.ID]gitpack.ID // what each tag object points at
}

type commitNode struct {
	id, tree gitpack.ID
	parents  []int32
	when     int64 // committer's time, in Unix seconds
	missing  int   // parents that are not in the database
}

// A rawCommit is a commit before its parents are numbered.
type rawCommit struct {
	id, tree gitpack.ID
	parents  []gitpack.ID
	when     int64
}

// readGraph reads the commits and tags of a database.
func readGraph(ctx context.Context, h *history) (*graph, error) {
	_, problems, err := h.store.Walk(ctx, gitpack.Walk{
		Kinds:     gitpack.Kinds(gitpack.Commit, gitpack.Tag),
		Always:    gitpack.Kinds(gitpack.Commit, gitpack.Tag),
		Candidate: func([]byte) bool { return false },
		Workers:   h.opts.Workers,
		Visit:     h.link,
	})
	h.report(problems)
	return newGraph(h.commits, h.tags), err
}

// parseCommit reads the header lines that a graph needs; a broken one leaves
// its field empty.
func parseCommit(id gitpack.ID, data []byte) rawCommit {
	c := rawCommit{id: id}
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		name, value, ok := bytes.Cut(line, []byte(" "))
		if !ok {
			break
		}
		switch string(name) {
		case "tree":
			c.tree, _ = gitpack.ParseID(string(value))
		case "parent":
			if parent, err := gitpack.ParseID(string(value)); err == nil {
				c.parents = append(c.parents, parent)
			}
		case "committer":
			c.when = personTime(value)
			return c
		}
	}
	return c
}

// personTime is the time at the end of an author or committer line.
func personTime(line []byte) int64 {
	fields := bytes.Fields(line[bytes.LastIndexByte(line, '>')+1:])
	if len(fields) == 0 {
		return 0
	}
	seconds, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return seconds
}

// headerID is the id on the header line that begins with name.
func headerID(data []byte, name string) gitpack.ID {
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte(name)); ok {
			id, _ := gitpack.ParseID(string(rest))
			return id
		}
		if len(line) <= 1 {
			break
		}
	}
	return gitpack.ID{}
}

// newGraph numbers the commits: of those whose parents are all numbered, the
// oldest comes next. A parent that is not in the database counts as none.
func newGraph(raw []rawCommit, tags map[gitpack.ID]gitpack.ID) *graph {
	index := make(map[gitpack.ID]int32, len(raw))
	for i, c := range raw {
		index[c.id] = int32(i)
	}
	waiting := make([]int32, len(raw))
	children := make([][]int32, len(raw))
	ready := &commitHeap{raw: raw}
	for i, c := range raw {
		for _, parent := range c.parents {
			if p, ok := index[parent]; ok {
				waiting[i]++
				children[p] = append(children[p], int32(i))
			}
		}
		if waiting[i] == 0 {
			ready.items = append(ready.items, int32(i))
		}
	}
	heap.Init(ready)
	g := &graph{number: make(map[gitpack.ID]int32, len(raw)), tags: tags}
	for ready.Len() > 0 {
		i := heap.Pop(ready).(int32)
		g.append(raw[i])
		for _, child := range children[i] {
			if waiting[child]--; waiting[child] == 0 {
				heap.Push(ready, child)
			}
		}
	}
	g.link()
	return g
}

// append numbers a commit whose parents are numbered.
func (g *graph) append(c rawCommit) {
	n := int32(len(g.commits))
	g.number[c.id] = n
	node := commitNode{id: c.id, tree: c.tree, when: c.when}
	for _, parent := range c.parents {
		if p, ok := g.number[parent]; ok {
			node.parents = append(node.parents, p)
		} else {
			node.missing++
		}
	}
	g.commits = append(g.commits, node)
}

func (g *graph) link() {
	g.children = make([][]int32, len(g.commits))
	for n, c := range g.commits {
		for _, p := range c.parents {
			g.children[p] = append(g.children[p], int32(n))
		}
	}
}

// peel follows tags to the object they stand for.
func (g *graph) peel(id gitpack.ID) gitpack.ID {
	for range len(g.tags) + 1 {
		target, ok := g.tags[id]
		if !ok {
			return id
		}
		id = target
	}
	return id
}

// ancestors marks tips and all that they lead back to.
func (g *graph) ancestors(tips []int32) []bool {
	seen := make([]bool, len(g.commits))
	g.mark(seen, tips, func(n int32) []int32 { return g.commits[n].parents })
	return seen
}

// descendants marks a commit and all that lead back to it.
func (g *graph) descendants(n int32) []bool {
	seen := make([]bool, len(g.commits))
	g.mark(seen, []int32{n}, func(n int32) []int32 { return g.children[n] })
	return seen
}

func (g *graph) mark(seen []bool, todo []int32, next func(int32) []int32) {
	todo = append([]int32(nil), todo...)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[n] {
			seen[n] = true
			todo = append(todo, next(n)...)
		}
	}
}

// A commitHeap orders commits by time, then by id, for container/heap.
type commitHeap struct {
	raw   []rawCommit
	items []int32
}

func (h *commitHeap) Len() int { return len(h.items) }

func (h *commitHeap) Less(i, j int) bool {
	a, b := &h.raw[h.items[i]], &h.raw[h.items[j]]
	if a.when != b.when {
		return a.when < b.when
	}
	return a.id.String() < b.id.String()
}

func (h *commitHeap) Swap(i, j int) { h.items[i], h.items[j] = h.items[j], h.items[i] }

func (h *commitHeap) Push(x any) { h.items = append(h.items, x.(int32)) }

func (h *commitHeap) Pop() any {
	last := h.items[len(h.items)-1]
	h.items = h.items[:len(h.items)-1]
	return last
}
