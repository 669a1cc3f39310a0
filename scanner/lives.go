package scanner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/inspecto/insplint/internal/key"
)

// A pair is one key at one path, of which history makes at most one finding.
type pair struct {
	secret key.Secret
	path   string
}

// A life is what the commits tell of a pair.
type life struct {
	arrivals []arrival // commits that have it and none of whose parents has it
	removed  []int32   // commits that lack it and all of whose parents have it
	dropped  []int32   // merges that lack it and some of whose parents have it
	current  bool      // HEAD's tree or the index has it
	branches refList   // at whose tips it is, where HEAD's tree has it not
}

// An arrival is a commit that brings a pair in, with the object that has it.
type arrival struct {
	commit int32
	hit    *hit
}

// maxPairs bounds the pairs that are told of, and maxCompared the entries that
// are compared to find them. A forged tree can hold one blob at more paths than
// there are atoms.
const (
	maxPairs    = 1 << 20
	maxCompared = 1 << 28
)

// lives is the lives of all pairs.
type lives struct {
	history *history
	pairs   map[pair]*life
	limit   int
	full    bool
}

func newLives(h *history) *lives { return &lives{history: h, pairs: map[pair]*life{}, limit: maxPairs} }

// each calls change with the life of each of some keys at a path.
func (v *lives) each(secrets secretSet, path string, change func(*life)) {
	for secret := range v.history.book.all(secrets) {
		p := pair{secret, path}
		l := v.pairs[p]
		if l == nil {
			if len(v.pairs) >= v.limit {
				v.overflow()
				return
			}
			l = &life{}
			v.pairs[p] = l
		}
		change(l)
	}
}

func (v *lives) arrive(secrets secretSet, path string, n int32, h *hit) {
	v.each(secrets, path, func(l *life) { l.arrivals = append(l.arrivals, arrival{n, h}) })
}

// leave notes what a commit lacks: gone from all of its parents, or dropped by
// taking the side of one that lacks it too.
func (v *lives) leave(gone, dropped secretSet, path string, n int32) {
	v.each(gone, path, func(l *life) { l.removed = appendOnce(l.removed, n) })
	v.each(dropped, path, func(l *life) { l.dropped = appendOnce(l.dropped, n) })
}

func appendOnce(list []int32, n int32) []int32 {
	if len(list) > 0 && list[len(list)-1] == n {
		return list
	}
	return append(list, n)
}

func (v *lives) overflow() {
	if !v.full {
		v.history.collector.problem(v.history.repo.GitDir, "", "commits hold keys at too many paths: "+
			strconv.Itoa(len(v.pairs))+" are told of, others may be missing")
	}
	v.full = true
}

// A comparison goes through the commits of a database and notes where pairs
// appear and disappear.
type comparison struct {
	*locator
	lives    *lives
	graph    *graph
	atCommit []int32 // what each commit's tree holds
	compared int
}

// compare goes through the commits, parents first.
func (l *locator) compare(g *graph, v *lives) *comparison {
	c := &comparison{locator: l, lives: v, graph: g, atCommit: make([]int32, len(g.commits))}
	for i, commit := range g.commits {
		c.atCommit[i] = l.node(commit.tree)
		c.commit(int32(i))
	}
	return c
}

// commit notes the pairs that commit n brings in or takes out.
func (c *comparison) commit(n int32) {
	own := c.atCommit[n]
	var parents []int32
	for _, p := range c.graph.commits[n].parents {
		if node := c.atCommit[p]; !slices.Contains(parents, node) {
			parents = append(parents, node)
		}
	}
	if !slices.Contains(parents, own) {
		c.missing("", own, parents, func(path string, h *hit, rest secretSet) { c.lives.arrive(rest, path, n, h) })
	}
	for i, parent := range parents {
		others := slices.Delete(slices.Clone(parents), i, i+1)
		if parent == own {
			continue
		}
		c.missing("", parent, []int32{own}, func(path string, _ *hit, lost secretSet) {
			gone := lost // from all other parents too
			for _, other := range others {
				gone = gone.minus(gone.minus(c.secretsAt(other, path)))
			}
			c.lives.leave(gone, lost.minus(gone), path, n)
		})
	}
}

// holders tells of each hit in a commit's tree the first commit that has it. which
// tells the commits that count; nil is all of them.
func (c *comparison) holders(which []bool) map[*hit]int32 {
	found := map[*hit]int32{}
	seen := make([]bool, len(c.nodes))
	for n, top := range c.atCommit {
		if which != nil && !which[n] {
			continue
		}
		for todo := []int32{top}; len(todo) > 0; {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[at] {
				continue
			}
			seen[at] = true
			for _, e := range c.nodes[at] {
				if e.hit == nil {
					todo = append(todo, e.sub)
				} else if _, known := found[e.hit]; !known {
					found[e.hit] = int32(n)
				}
			}
		}
	}
	return found
}

// missing goes through the pairs below node x that none of the nodes ys has, by
// the hits that have them.
func (c *comparison) missing(path string, x int32, ys []int32, found func(path string, h *hit, rest secretSet)) {
	for _, e := range c.nodes[x] {
		if c.compared++; c.compared > maxCompared || c.lives.full {
			c.lives.overflow()
			return
		}
		if e.hit != nil {
			if rest := c.secretsMissing(e, ys); len(rest) > 0 {
				found(joinPath(path, c.skeleton.name[e.name]), e.hit, rest)
			}
			continue
		}
		var subs []int32
		for _, y := range ys {
			for _, other := range c.nodes[y].named(e.name) {
				if other.hit == nil {
					subs = append(subs, other.sub)
				}
			}
		}
		if !slices.Contains(subs, e.sub) {
			c.missing(joinPath(path, c.skeleton.name[e.name]), e.sub, subs, found)
		}
	}
}

// secretsMissing is what the hit at an entry has and the same place in none of
// the nodes ys.
func (c *comparison) secretsMissing(e nodeEntry, ys []int32) secretSet {
	rest := e.hit.secrets
	for _, y := range ys {
		for _, other := range c.nodes[y].named(e.name) {
			if other.hit == e.hit {
				return nil
			}
			if other.hit != nil {
				rest = rest.minus(other.hit.secrets)
			}
		}
	}
	return rest
}

// secretsAt is the keys at a path below a node.
func (c *comparison) secretsAt(n int32, path string) secretSet {
	at := []nodeEntry{{sub: n}}
	for more := true; more; {
		var part string
		part, path, more = strings.Cut(path, "/")
		name, known := c.skeleton.names[part]
		if !known {
			return nil
		}
		var next []nodeEntry
		for _, e := range at {
			if e.hit == nil {
				next = append(next, c.nodes[e.sub].named(name)...)
			}
		}
		at = next
	}
	var secrets secretSet
	for _, e := range at {
		if e.hit != nil {
			secrets = secrets.plus(e.hit.secrets)
		}
	}
	return secrets
}
