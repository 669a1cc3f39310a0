package gitrepo

import "strings"

// A foldedIndex finds entries by paths in which ASCII letters are in lower case.
type foldedIndex struct {
	paths map[string]string // as the index has them
	dirs  map[string]bool   // with a "/" behind
}

func newFoldedIndex(entries []Entry) *foldedIndex {
	f := &foldedIndex{paths: make(map[string]string, len(entries)), dirs: map[string]bool{}}
	for i := range entries {
		path := entries[i].Path
		folded := foldCase(path)
		if _, known := f.paths[folded]; !known {
			f.paths[folded] = path
		}
		for end := strings.LastIndexByte(folded, '/'); end >= 0 && !f.dirs[folded[:end+1]]; end = strings.LastIndexByte(folded[:end], '/') {
			f.dirs[folded[:end+1]] = true
		}
	}
	return f
}

func foldCase(path string) string { return string(appendLower(nil, path)) }

func (x *Index) folds() *foldedIndex {
	x.foldOnce.Do(func() { x.folded = newFoldedIndex(x.entries) })
	return x.folded
}

// FindFold finds an entry as git does under core.ignoreCase, and gives its path
// as the index has it: ASCII letters of the path may differ in case. Of several
// it takes the first.
func (x *Index) FindFold(path string) (entry string, ok bool) {
	entry, ok = x.folds().paths[foldCase(path)]
	return entry, ok
}

// HasPrefixFold reports whether the index holds anything below a directory, in
// the same way. An entry that stands for a directory holds nothing: the index
// must be expanded.
func (x *Index) HasPrefixFold(dir string) bool { return x.folds().dirs[foldCase(dir)+"/"] }
