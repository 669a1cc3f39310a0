package scanner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A range tells what its commits bring in. A commit that only moves a file brings
// no key in: what the base has had under the old name was told when it came, and
// a baseline or the whole scan tells of it still. So a key that was there before
// the range, in a file that git would show as renamed, is left out, unless the
// new place is one that ships it to browsers or apps and the old one was not.

// leaveMoved leaves out the keys that the range only moves, and says how many
// these are.
func (r *rangeScan) leaveMoved() {
	a := r.attribution
	all := make([]*telling, 0, len(a.lives.pairs))
	for p, l := range a.lives.pairs {
		all = append(all, &telling{pair: p, life: l})
	}
	moves := a.newRenames(all, true)
	if len(moves.changes) == 0 {
		return
	}
	moved := 0
	for _, n := range slices.Sorted(maps.Keys(moves.changes)) { // parents first: a file may be moved again
		c := moves.changes[n]
		moves.match(c, n)
		moves.matchDirs(c, n)
		for _, t := range arriving(all, n) {
			from, renamed := c.sources[t.path]
			if before := a.lives.pairs[pair{t.secret, from}]; renamed && before != nil && r.wasThere(t, before, from, n) {
				t.arrivals = nil
				moved++
			}
		}
	}
	if moved > 0 {
		r.collector.note(fmt.Sprintf("keys that were there before the range, in files that it only moves: %d; they are not new, and \"insplint scan\" tells of them", moved))
	}
}

// matchDirs pairs the directories, of which some part of the name is a key, that a
// commit moved as they were.
func (r *renames) matchDirs(c *changedFiles, commit int32) {
	node := r.graph.commits[commit]
	before, after := r.graph.commits[node.parents[0]].tree, node.tree
	for _, to := range c.brought {
		dir := r.dir(after, to)
		if dir.IsZero() || c.sources[to] != "" || r.trees.find(before, to) != (treeEntry{}) {
			continue
		}
		for _, from := range c.lost {
			if r.dir(before, from) == dir && r.trees.find(after, from) == (treeEntry{}) {
				c.sources[to] = from
			}
		}
	}
}

// dir is the tree of a directory; zero if there is none, or no more is looked up.
func (r *renames) dir(tree gitpack.ID, path string) gitpack.ID {
	if r.lookups++; r.lookups > maxRenameLookups {
		return gitpack.ID{}
	}
	return r.trees.find(tree, path).dir()
}

// arriving lists the pairs that came with one commit alone.
func arriving(all []*telling, n int32) (came []*telling) {
	for _, t := range all {
		if len(t.arrivals) == 1 && t.arrivals[0].commit == n {
			came = append(came, t)
		}
	}
	slices.SortFunc(came, func(x, y *telling) int { return strings.Compare(x.path, y.path) })
	return came
}

// wasThere reports whether the range did not bring a pair in, but moved it in
// commit n from a path where it was before, and from where it is not exposed any
// less.
func (r *rangeScan) wasThere(t *telling, before *life, from string, n int32) bool {
	exists := r.attribution.files.has
	shipped, _ := judgeOutput(t.path, exists) // however sure that is
	wasShipped, _ := judgeOutput(from, exists)
	return len(before.arrivals) == 0 && slices.Contains(before.removed, n) && (shipped == "" || wasShipped != "")
}
