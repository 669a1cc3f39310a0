package scanner

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/inspecto/insplint/internal/gitpack"
)

// maxTreeDepth is how deep directories are followed; git's own limit
// (core.maxTreeDepth) is 2048.
const maxTreeDepth = 4096

// A locator tells what a tree holds: at which paths below it are which hits.
// What it holds is told by a number, of a node: trees that hold the same hits
// at the same paths share it, so that the tens of thousands of versions of a
// tree that a long-lived key lies in cost one comparison each.
type locator struct {
	history  *history
	skeleton *skeleton
	hot      map[idSum][]treeHolds // the trees that lead to a hit
	inner    map[idSum]bool        // those of them that another tree holds
	memo     map[idSum]int32
	nodes    []node // number 0 holds nothing
	byKey    map[string]int32
	hits     int32 // number of the last hit
	tooDeep  bool
}

// treeHolds is an entry of a tree that leads to a hit, or is one.
type treeHolds struct {
	name  int32
	child idSum // if hit is nil
	hit   *hit
}

// A node is the entries that lead to hits, by name.
type node []nodeEntry

// A nodeEntry is a hit, or a directory that holds some.
type nodeEntry struct {
	name int32
	sub  int32
	hit  *hit
}

func (e nodeEntry) hitNumber() int32 {
	if e.hit == nil {
		return 0
	}
	return e.hit.number
}

func compareEntries(a, b nodeEntry) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.sub, b.sub), cmp.Compare(a.hitNumber(), b.hitNumber()))
}

// named lists the entries of that name: rarely more than one.
func (n node) named(name int32) []nodeEntry {
	low, _ := slices.BinarySearchFunc(n, name, func(e nodeEntry, name int32) int { return cmp.Compare(e.name, name) })
	high := low
	for high < len(n) && n[high].name == name {
		high++
	}
	return n[low:high]
}

// locate finds the trees that lead to hits. It reads those of no pack whose shape
// is known.
func (h *history) locate(ctx context.Context, known shapes) (*locator, error) {
	l := &locator{
		history: h,
		hot:     map[idSum][]treeHolds{},
		inner:   map[idSum]bool{},
		memo:    map[idSum]int32{},
		nodes:   []node{nil},
		byKey:   map[string]int32{"": 0},
	}
	var blobs []gitpack.ID
	for id, hit := range h.hits {
		if hit.kind == gitpack.Blob {
			l.number(hit)
			blobs = append(blobs, id)
		}
	}
	if len(blobs)+len(h.named) == 0 {
		l.skeleton = newSkeleton(nil, h.repo.HashSize)
		return l, nil
	}
	l.skeleton = newSkeleton(blobs, h.repo.HashSize)
	problems, err := l.skeleton.read(ctx, h.store, known, h.opts.Workers)
	h.report(problems)
	if err != nil {
		return nil, err
	}
	l.spread(known)
	return l, nil
}

func (l *locator) number(h *hit) {
	l.hits++
	h.number = l.hits
}

// spread goes up from the trees that hold a hit themselves to all that lead to
// one: those of known packs are known.
func (l *locator) spread(known shapes) {
	var todo []idSum
	add := func(tree idSum, holds treeHolds) {
		if _, known := l.hot[tree]; !known {
			todo = append(todo, tree)
		}
		l.hot[tree] = append(l.hot[tree], holds)
	}
	for id, hit := range l.history.hits {
		if hit.kind != gitpack.Blob {
			continue
		}
		for name, tree := range l.skeleton.holders(l.skeleton.sum(id.Bytes())) {
			add(tree, treeHolds{name: name, hit: hit})
		}
	}
	for id, entries := range l.history.named {
		for _, e := range entries {
			l.number(e.hit)
			add(l.skeleton.sum(id.Bytes()), treeHolds{name: l.skeleton.intern([]byte(e.name)), hit: e.hit})
		}
	}
	for _, s := range known {
		for _, hold := range s.holds {
			add(l.skeleton.sum(hold.tree.Bytes()), l.holdOf(hold))
		}
	}
	for len(todo) > 0 {
		child := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for name, tree := range l.skeleton.holders(child) {
			l.inner[child] = true
			add(tree, treeHolds{name: name, child: child})
		}
	}
}

// holdOf tells what an entry of a known pack's tree leads to.
func (l *locator) holdOf(hold shapeHold) treeHolds {
	name := l.skeleton.intern([]byte(hold.name))
	if hit := l.history.hits[hold.child]; hit != nil {
		return treeHolds{name: name, hit: hit}
	}
	child := l.skeleton.sum(hold.child.Bytes())
	l.inner[child] = true
	return treeHolds{name: name, child: child}
}

// node is the number of what a tree holds.
func (l *locator) node(tree gitpack.ID) int32 { return l.nodeOf(l.skeleton.sum(tree.Bytes()), 0) }

func (l *locator) nodeOf(tree idSum, depth int) int32 {
	if n, ok := l.memo[tree]; ok {
		return n
	}
	holds, ok := l.hot[tree]
	if !ok {
		return 0
	}
	if depth > maxTreeDepth {
		if !l.tooDeep {
			l.history.collector.problem(l.history.repo.GitDir, "", "directories are nested more than "+
				strconv.Itoa(maxTreeDepth)+" deep: the paths of what they hold are not told")
		}
		l.tooDeep = true
		return 0
	}
	l.memo[tree] = 0 // a tree cannot hold itself; a forged one ends here
	var n node
	for _, h := range holds {
		e := nodeEntry{name: h.name, hit: h.hit}
		if h.hit == nil {
			if e.sub = l.nodeOf(h.child, depth+1); e.sub == 0 {
				continue
			}
		}
		n = append(n, e)
	}
	slices.SortFunc(n, compareEntries)
	number := l.share(slices.Compact(n))
	l.memo[tree] = number
	return number
}

// share gives equal nodes one number.
func (l *locator) share(n node) int32 {
	var sum []byte
	for _, e := range n {
		sum = binary.LittleEndian.AppendUint32(sum, uint32(e.name))
		sum = binary.LittleEndian.AppendUint32(sum, uint32(e.sub))
		sum = binary.LittleEndian.AppendUint32(sum, uint32(e.hitNumber()))
	}
	number, ok := l.byKey[string(sum)]
	if !ok {
		number = int32(len(l.nodes))
		l.nodes = append(l.nodes, n)
		l.byKey[string(sum)] = number
	}
	return number
}
