package scanner

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/rules"
)

// A commit that renames a file takes a key from one path and brings it to
// another. What git would show as a rename (`git log -M`) is told as one story:
// the finding at the new path has the beginning of the one at the old path,
// which is told no more. That is so only where the old path is history: if any
// branch has the key there still, or a file lies there, both are told.

const (
	// maxRenameLookups bounds the paths that are looked up in trees, and
	// maxRenameBytes the text that is compared. Beyond these, renames are two
	// stories.
	maxRenameLookups = 1 << 16
	maxRenameBytes   = 256 << 20
	// maxCompareds is how many pairs of files one commit may have compared.
	maxCompareds = 1 << 14
	// maxSimilar is the largest file that is compared; a larger one was renamed
	// only if it was not changed.
	maxSimilar = 4 << 20
)

// renames finds where the files of some tellings came from.
type renames struct {
	*attribution
	trees   treeCache
	told    map[pair]*telling
	changes map[int32]*changedFiles // by commit
	before  map[*telling][]*telling // what the file was, under other names
	merged  map[*telling]bool       // what is told as the beginning of another
	tops    []gitpack.ID            // trees of the branches
	lookups int
	bytes   int64
}

// changedFiles is what a commit does to files with keys: from which paths it
// takes some, and to which it brings some.
type changedFiles struct {
	lost, brought []string
	matched       bool
	sources       map[string]string // of the files in brought that were renamed
}

// followRenames gives each telling whose file was renamed the beginning of what
// it was before, and returns those that are left.
func (a *attribution) followRenames(all []*telling) []*telling {
	r := a.newRenames(all, false)
	if len(r.changes) == 0 {
		return all
	}
	// What a file was before comes before it, and has its own beginning by then.
	slices.SortFunc(all, func(x, y *telling) int {
		return cmp.Or(cmp.Compare(x.commit, y.commit), strings.Compare(x.path, y.path))
	})
	r.follow(all)
	var apart []*telling
	for _, t := range all {
		if r.merged[t] {
			continue
		}
		if len(r.before[t]) > 0 {
			a.tellStops(t, r.stops(t))
		}
		apart = append(apart, t)
	}
	return apart
}

// follow notes what each telling was before the commits that brought it to its
// path.
func (r *renames) follow(all []*telling) {
	for _, t := range all {
		for _, n := range t.origins {
			if before := r.source(t, n); before != nil && !slices.Contains(r.before[t], before) {
				r.before[t] = append(r.before[t], before)
				r.merged[before] = true
			}
		}
	}
}

// A stop is a path to which a commit brought the file of a telling.
type stop struct {
	arrival
	path string
}

// stops lists where the file of a telling came to, in order.
func (r *renames) stops(t *telling) (stops []stop) {
	todo := []*telling{t}
	for i := 0; i < len(todo); i++ {
		for _, before := range r.before[todo[i]] {
			if !slices.Contains(todo, before) {
				todo = append(todo, before)
			}
		}
		for _, arrival := range todo[i].arrivals {
			stops = append(stops, stop{arrival, todo[i].path})
		}
	}
	slices.SortFunc(stops, func(x, y stop) int {
		return cmp.Or(cmp.Compare(x.commit, y.commit), strings.Compare(x.path, y.path))
	})
	return stops
}

// tellStops has a telling begin where the file was first.
func (a *attribution) tellStops(t *telling, stops []stop) {
	var arrivals []arrival
	for _, s := range stops {
		arrivals = append(arrivals, s.arrival)
		if last := len(t.formerly) - 1; last < 0 || t.formerly[last] != s.path {
			t.formerly = append(t.formerly, s.path)
		}
	}
	t.commit, t.origins = a.first(arrivals).commit, commitsOf(arrivals)
	slices.Reverse(t.formerly)
	if t.formerly[0] == t.path {
		t.formerly = t.formerly[1:]
	}
}

// newRenames lists the commits that take keys from somewhere and bring keys
// elsewhere: most do not do both, and need no more work. git compares a merge
// with none of its parents unless it is told to, so neither is it here. names tells
// that keys in names count.
func (a *attribution) newRenames(all []*telling, names bool) *renames {
	r := &renames{
		attribution: a, trees: treeCache{store: a.store, known: map[gitpack.ID][]byte{}},
		told: map[pair]*telling{}, changes: map[int32]*changedFiles{},
		before: map[*telling][]*telling{}, merged: map[*telling]bool{},
	}
	for _, t := range all {
		r.told[t.pair] = t
		for _, n := range t.removed {
			if len(a.graph.commits[n].parents) == 1 {
				c := r.at(n)
				c.lost = append(c.lost, t.path)
			}
		}
	}
	for _, t := range all {
		for _, arrival := range t.arrivals {
			if c := r.changes[arrival.commit]; c != nil && (arrival.hit.kind == gitpack.Blob || names) {
				c.brought = append(c.brought, t.path)
			}
		}
	}
	maps.DeleteFunc(r.changes, func(_ int32, c *changedFiles) bool { return len(c.brought) == 0 })
	if len(r.changes) > 0 {
		r.tops = a.branchTops()
	}
	return r
}

func (r *renames) at(n int32) *changedFiles {
	if r.changes[n] == nil {
		r.changes[n] = &changedFiles{}
	}
	return r.changes[n]
}

// branchTops lists the trees of the branches, each once.
func (a *attribution) branchTops() (tops []gitpack.ID) {
	seen := map[gitpack.ID]bool{}
	for _, t := range a.refs.branches() {
		if tree := a.graph.commits[t.commit].tree; !seen[tree] {
			seen[tree] = true
			tops = append(tops, tree)
		}
	}
	return tops
}

// source is what the key of a telling was before the commit that brought it to
// its path; nil if that is not a rename, or what it was is not over.
func (r *renames) source(t *telling, commit int32) *telling {
	c := r.changes[commit]
	if c == nil {
		return nil
	}
	if !c.matched {
		r.match(c, commit)
	}
	from, renamed := c.sources[t.path]
	before := r.told[pair{t.secret, from}]
	if !renamed || before == nil || !slices.Contains(before.removed, commit) || !r.over(before, commit) {
		return nil
	}
	return before
}

// A renamedFile is a file that a commit has in place of another.
type renamedFile struct {
	from, to string
	score    int
}

// match pairs the files that a commit took away with those that it brought, as
// git does: first those that are the same, then the most alike.
func (r *renames) match(c *changedFiles, commit int32) {
	node := r.graph.commits[commit]
	before, after := r.graph.commits[node.parents[0]].tree, node.tree
	from := r.only(c.lost, before, after)
	to := r.only(c.brought, after, before)
	c.matched, c.sources = true, map[string]string{}
	used := map[string]bool{}
	pair := func(files []renamedFile) {
		slices.SortStableFunc(files, func(x, y renamedFile) int { return cmp.Compare(y.score, x.score) })
		for _, f := range files {
			if c.sources[f.to] == "" && (!used[f.from] || f.score >= sameFile) {
				c.sources[f.to], used[f.from] = f.from, true
			}
		}
	}
	var same, alike []renamedFile
	for _, x := range slices.Sorted(maps.Keys(from)) {
		for _, y := range slices.Sorted(maps.Keys(to)) {
			if from[x] == to[y] {
				same = append(same, renamedFile{x, y, sameFile + kept(x, y)})
			}
		}
	}
	pair(same)
	if len(from)*len(to) > maxCompareds {
		return
	}
	for _, x := range slices.Sorted(maps.Keys(from)) {
		for _, y := range slices.Sorted(maps.Keys(to)) {
			if c.sources[y] != "" || used[x] {
				continue
			}
			if score := r.score(from[x], to[y]); score > 0 {
				alike = append(alike, renamedFile{x, y, 2*score + kept(x, y)})
			}
		}
	}
	pair(alike)
}

// kept is 1 for a file that kept its name in another directory, which git
// prefers.
func kept(from, to string) int {
	if path.Base(from) == path.Base(to) {
		return 1
	}
	return 0
}

// only is those of some files that one tree has and the other has not.
func (r *renames) only(files []string, has, lacks gitpack.ID) map[string]gitpack.ID {
	found := map[string]gitpack.ID{}
	for _, file := range files {
		if id := r.find(has, file); !id.IsZero() && r.find(lacks, file).IsZero() {
			found[file] = id
		}
	}
	return found
}

// over reports whether nothing has the key at the path of a telling now, or got
// it there after a commit. What nothing reaches does not end what refs still
// hold, nor bring it back.
func (r *renames) over(before *telling, commit int32) bool {
	reached := r.refs.reached
	again := func(n int32) bool {
		return n >= commit && (reached[n] || !reached[commit]) || reached[n] && !reached[commit]
	}
	if before.current || slices.ContainsFunc(before.origins, again) || r.repo.WorkTree != "" && r.files.has(before.path) {
		return false
	}
	for _, top := range r.tops {
		if r.lookups > maxRenameLookups || r.book.has(r.keysOf(r.find(top, before.path)), before.secret) {
			return false
		}
	}
	return true
}

// find is the blob of a file below a tree; zero if there is no file, or no more
// is looked up.
func (r *renames) find(tree gitpack.ID, file string) gitpack.ID {
	if r.lookups++; r.lookups > maxRenameLookups {
		return gitpack.ID{}
	}
	return r.trees.find(tree, file).file()
}

// sameFile is the score of a file that was not changed: above all that similar
// ones reach.
const sameFile = 1000

// score is how much of the larger of two files the other has too, in percent; 0
// below the half, where git sees no rename.
func (r *renames) score(x, y gitpack.ID) int {
	a, b := r.text(x), r.text(y)
	larger := max(len(a), len(b))
	common := commonBytes(a, b)
	if larger == 0 || 2*common < larger {
		return 0
	}
	return 100 * common / larger
}

// text is the content of a file that is small enough to be compared.
func (r *renames) text(id gitpack.ID) []byte {
	o, err := r.store.Object(id)
	if err != nil || o.Open != nil || o.Size > maxSimilar || r.bytes > maxRenameBytes {
		return nil
	}
	r.bytes += o.Size
	return o.Data
}

// commonBytes counts the bytes of the lines that two texts share, wherever they
// are. As in git, a line is at most 64 bytes long, and a carriage return at its
// end is no part of it.
func commonBytes(a, b []byte) (common int) {
	seed := maphash.MakeSeed()
	lines := map[uint64]int{}
	for line := range chunks(a) {
		lines[maphash.Bytes(seed, line)] += len(line)
	}
	for line := range chunks(b) {
		h := maphash.Bytes(seed, line)
		n := min(lines[h], len(line))
		lines[h] -= n
		common += n
	}
	return common
}

func chunks(data []byte) func(yield func([]byte) bool) {
	const most = 64
	return func(yield func([]byte) bool) {
		for len(data) > 0 {
			n := min(most, len(data))
			if end := bytes.IndexByte(data[:n], '\n'); end >= 0 {
				n = end + 1
			}
			line := data[:n]
			if bytes.HasSuffix(line, []byte("\r\n")) {
				line = append(slices.Clone(line[:n-2]), '\n')
			}
			if !yield(line) {
				return
			}
			data = data[n:]
		}
	}
}

// former lists the earlier places of a file as a finding tells them.
func (a *attribution) former(paths []string) (formerly []rules.Former) {
	for _, home := range paths {
		formerly = append(formerly, rules.Former{Path: a.shown(home), Home: home})
	}
	return formerly
}
