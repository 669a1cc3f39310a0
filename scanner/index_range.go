package scanner

import (
	"slices"
	"sort"

	"github.com/inspecto/insplint/internal/gitrepo"
)

// An indexRange is the index entries below one directory. The index is ordered
// by path, so they stand together.
type indexRange struct {
	entries []gitrepo.Entry
	prefix  string         // of their paths, with the "/"
	source  *gitrepo.Index // nil where it could not be read
	repo    string         // whose index it is, as repoName has it
}

// leavesOut reports whether git leaves some of the index's files out of the
// working tree.
func (r indexRange) leavesOut() bool { return r.source != nil && r.source.LeavesOut() }

// dir narrows the range to a directory in it.
func (r indexRange) dir(name string) indexRange {
	sub := indexRange{prefix: r.prefix + name + "/", source: r.source, repo: r.repo}
	low := r.search(name + "/")
	rest := indexRange{entries: r.entries[low:], prefix: r.prefix}
	sub.entries = rest.entries[:rest.search(name+"0")] // "0" follows "/"
	return sub
}

// search finds the first entry whose path below the prefix is not before name.
func (r indexRange) search(name string) int {
	return sort.Search(len(r.entries), func(i int) bool { return r.entries[i].Path[len(r.prefix):] >= name })
}

// all lists the entries of a path, one for each stage of a conflict.
func (r indexRange) all(name string) []gitrepo.Entry {
	low := r.search(name)
	high := low
	for high < len(r.entries) && r.entries[high].Path[len(r.prefix):] == name {
		high++
	}
	return r.entries[low:high]
}

// holds reports whether there is an entry at a path or below it.
func (r indexRange) holds(name string) bool {
	return len(r.all(name))+len(r.dir(name).entries) > 0
}

// A trackedSet is what the indexes hold below one directory: that of its own
// checkout, and those of the checkouts around it, which can track files in a
// directory that became a repository of its own later. Empty ranges are left
// out.
type trackedSet []indexRange

// dir narrows the set to a directory in it.
func (t trackedSet) dir(name string) trackedSet {
	var sub trackedSet
	for _, r := range t {
		if below := r.dir(name); len(below.entries) > 0 {
			sub = append(sub, below)
		}
	}
	return sub
}

// with adds an index whose top the directory is.
func (t trackedSet) with(index indexRange) trackedSet {
	if len(index.entries) == 0 {
		return t
	}
	return append(slices.Clip(t), index)
}

// has reports whether some index tracks the file of that name in the directory.
func (t trackedSet) has(name string) bool {
	return slices.ContainsFunc(t, func(r indexRange) bool { return len(r.all(name)) > 0 })
}

// of is the part of the set that is from one index.
func (t trackedSet) of(index *gitrepo.Index) indexRange {
	for _, r := range t {
		if r.source == index {
			return r
		}
	}
	return indexRange{}
}

// An owner is a repository that tracks a file.
type owner struct {
	repo string // as repoName has it
	home string // of the file, from the repository's top, as its index has it
}

// owners lists whose indexes track the file of that name in the directory, the
// innermost repository last.
func (t trackedSet) owners(name string) (owners []owner) {
	for _, r := range t {
		if len(r.all(name)) > 0 {
			owners = append(owners, owner{r.repo, r.prefix + name})
		}
	}
	return owners
}
