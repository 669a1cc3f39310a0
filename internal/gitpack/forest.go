package gitpack

import (
	"cmp"
	"errors"
	"slices"
	"sync"
)

// A forest is how a pack's entries build on each other: every delta is a child
// of its base, and an entry is a root if it is no delta, if its base lies
// outside the pack, or if it cannot be built. Every entry is below one root,
// and every number is an entry's.
type forest struct {
	kind   []Kind          // of the entries that are no delta; 0 for the others
	base   []int32         // noEntry for roots
	first  []int32         // the child with the most below it, or noEntry
	next   []int32         // the next child of the same base, or noEntry
	roots  []int32         // the heaviest first
	extern map[int32]ID    // roots that are deltas of an object outside the pack
	broken map[int32]error // roots that cannot be built
}

var errCycle = errors.New("is a delta in a circle of deltas that build on each other")

// A layout is a forest in the making.
type layout struct {
	*forest
	pack   *pack
	weight []int64 // bytes to inflate for the entry and all below it
	order  []int32 // the entries, each behind its base; nil: as they are numbered
	mu     sync.Mutex
}

// forest lays out the pack's deltas, once. firstCopy tells which of the entries
// of a circle of deltas can be read from somewhere else: it is opened there. An
// error of it ends the work, which is then for the next to do.
func (p *pack) forest(workers int, firstCopy func(circle []int32) (int, error)) (*forest, error) {
	p.layOut.Lock()
	defer p.layOut.Unlock()
	if p.laid != nil {
		return p.laid, nil
	}
	n := p.sorted(workers).count()
	l := &layout{pack: p, weight: make([]int64, n)}
	l.forest = &forest{
		kind:   make([]Kind, n),
		base:   make([]int32, n),
		first:  make([]int32, n),
		next:   make([]int32, n),
		extern: map[int32]ID{},
		broken: map[int32]error{},
	}
	l.readHeaders(workers)
	l.link()
	if err := l.openCircles(firstCopy); err != nil {
		return nil, err
	}
	l.weigh()
	l.orderRoots()
	p.laid = l.forest
	return p.laid, nil
}

// headersPart is how many entries' headers a goroutine reads at a time: few
// enough that none is left with much to do when the others are done.
const headersPart = 1 << 13

// readHeaders reads every entry's header, in parts side by side.
func (l *layout) readHeaders(workers int) {
	n := l.pack.count()
	_ = sideBySide(workers, (n+headersPart-1)/headersPart, func(i int) { // which notes what fails
		l.readPart(i*headersPart, min((i+1)*headersPart, n))
	})
}

func (l *layout) readPart(e, end int) {
	for ; e < end; e++ {
		err := guard(func() error {
			for ; e < end; e++ {
				if err := l.readHeader(e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			l.base[e] = noEntry
			l.mu.Lock()
			l.broken[int32(e)] = err
			l.mu.Unlock()
		}
	}
}

func (l *layout) readHeader(e int) error {
	l.first[e], l.next[e], l.weight[e] = noEntry, noEntry, 1
	h, err := l.pack.header(e)
	if err != nil {
		return err
	}
	b, err := l.pack.base(h)
	if err != nil {
		return err
	}
	// an entry costs something even where there is little to inflate
	const perEntry = 64
	l.weight[e] = int64(h.size) + perEntry
	l.base[e] = b.entry
	if !h.isDelta() {
		l.kind[e] = h.kind
	} else if b.entry == noEntry {
		l.mu.Lock()
		l.extern[int32(e)] = b.id
		l.mu.Unlock()
	}
	return nil
}

// link makes the lists of children. It goes down from the roots, too, if a base
// lies behind its delta, which only a delta that names it by its id can have.
func (l *layout) link() {
	isOrdered := true
	for e := int32(len(l.base)) - 1; e >= 0; e-- {
		if b := l.base[e]; b == noEntry {
			l.roots = append(l.roots, e)
		} else {
			l.next[e], l.first[b] = l.first[b], e
			isOrdered = isOrdered && b < e
		}
	}
	if !isOrdered {
		l.order = make([]int32, 0, len(l.base))
		l.descend(l.roots...)
	}
}

// descend adds roots and all below them to the order.
func (l *layout) descend(roots ...int32) {
	from := len(l.order)
	l.order = append(l.order, roots...)
	for i := from; i < len(l.order); i++ {
		for c := l.first[l.order[i]]; c != noEntry; c = l.next[c] {
			l.order = append(l.order, c)
		}
	}
}

// openCircles makes a root in every circle of deltas, so that what can be
// built of the circle once that root was read from elsewhere is built.
func (l *layout) openCircles(firstCopy func(circle []int32) (int, error)) error {
	if l.order == nil || len(l.order) == len(l.base) {
		return nil
	}
	seen := newBitmap(len(l.base))
	for _, e := range l.order {
		seen.set(int(e))
	}
	for e := range int32(len(l.base)) {
		if seen.has(int(e)) {
			continue
		}
		circle := l.circle(e)
		i, err := firstCopy(circle)
		if err != nil {
			return err
		}
		root := circle[i]
		l.unlink(root)
		l.broken[root] = errCycle
		l.roots = append(l.roots, root)
		from := len(l.order)
		l.descend(root)
		for _, below := range l.order[from:] {
			seen.set(int(below))
		}
	}
	return nil
}

// circle lists the circle that the bases of e, which no root is above, lead to.
func (l *layout) circle(e int32) (circle []int32) {
	// one pointer at twice the other's speed meets it on the circle, wherever e
	// began
	slow, fast := l.base[e], l.base[l.base[e]]
	for slow != fast {
		slow, fast = l.base[slow], l.base[l.base[fast]]
	}
	for start := slow; ; {
		circle = append(circle, slow)
		if slow = l.base[slow]; slow == start {
			return circle
		}
	}
}

// unlink takes e out of the list of its base's children.
func (l *layout) unlink(e int32) {
	at := &l.first[l.base[e]]
	for *at != e {
		at = &l.next[*at]
	}
	*at, l.next[e], l.base[e] = l.next[e], noEntry, noEntry
}

// weigh adds up the weights and moves each entry's heaviest child to the front
// of its list.
func (l *layout) weigh() {
	for i := len(l.base) - 1; i >= 0; i-- {
		e := int32(i)
		if l.order != nil {
			e = l.order[i]
		}
		if b := l.base[e]; b != noEntry {
			l.weight[b] += l.weight[e]
		}
		l.moveHeaviest(e)
	}
}

func (l *layout) moveHeaviest(e int32) {
	heaviest, before := l.first[e], noEntry
	if heaviest == noEntry {
		return
	}
	for c := heaviest; l.next[c] != noEntry; c = l.next[c] {
		if l.weight[l.next[c]] > l.weight[heaviest] {
			heaviest, before = l.next[c], c
		}
	}
	if before != noEntry {
		l.next[before] = l.next[heaviest]
		l.next[heaviest], l.first[e] = l.first[e], heaviest
	}
}

// orderRoots puts the few heaviest trees first, so that no worker is left with
// one of them at the end, and the rest in the order of the file.
func (l *layout) orderRoots() {
	var total int64
	for _, r := range l.roots {
		total += l.weight[r]
	}
	slices.Sort(l.roots)
	var heavy []int32
	rest := make([]int32, 0, len(l.roots))
	for _, r := range l.roots {
		if l.weight[r] > total/256 {
			heavy = append(heavy, r)
		} else {
			rest = append(rest, r)
		}
	}
	slices.SortStableFunc(heavy, func(a, b int32) int { return cmp.Compare(l.weight[b], l.weight[a]) })
	l.roots = append(heavy, rest...)
}

// below counts the entries that build on e, directly or not.
func (f *forest) below(e int32) int {
	n := -1
	for todo := []int32{e}; len(todo) > 0; n++ {
		e, todo = todo[len(todo)-1], todo[:len(todo)-1]
		for c := f.first[e]; c != noEntry; c = f.next[c] {
			todo = append(todo, c)
		}
	}
	return n
}

// needed marks the entries that are not in passed, and all that those build
// on.
func (f *forest) needed(passed func(entry int) bool) bitmap {
	needed := newBitmap(len(f.base))
	for e := range f.base {
		if passed(e) {
			continue
		}
		for up := int32(e); up != noEntry && !needed.has(int(up)); up = f.base[up] {
			needed.set(int(up))
		}
	}
	return needed
}
