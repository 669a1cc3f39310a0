package scanner

import (
	"slices"

	"github.com/inspecto/insplint/internal/archive"
	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
)

// maxTipLooks bounds how many paths are looked up in the trees of branches.
const maxTipLooks = 1 << 18

// A tipLook looks up what the tips of branches have at the paths of keys that a range
// brought in. The scan of a whole database knows where all keys are; here the paths
// are few.
type tipLook struct {
	*rangeScan
	secrets map[searchedAs][]key.Secret
}

// markBranches notes the pairs of the range that the tips of branches have and HEAD's
// tree has not.
func (r *rangeScan) markBranches() {
	tips := map[gitpack.ID][]string{} // by tree
	for _, t := range r.attribution.refs.branches() {
		tree := r.attribution.graph.commits[t.commit].tree
		tips[tree] = append(tips[tree], key.Mask(t.name))
	}
	lists := map[gitpack.ID]refList{}
	for tree, names := range tips {
		lists[tree] = newRefList(ownRefs(names))
	}
	look := tipLook{rangeScan: r, secrets: map[searchedAs][]key.Secret{}}
	looks := 0
	for p, l := range r.attribution.lives.pairs {
		if len(l.arrivals) == 0 || l.current {
			continue
		}
		for tree, list := range lists {
			if looks++; looks > maxTipLooks {
				return
			}
			if look.holds(r.trees.find(tree, p.path), p) {
				l.branches = l.branches.join(list)
			}
		}
	}
}

// holds reports whether an entry at a pair's path has its key.
func (l *tipLook) holds(e treeEntry, p pair) bool {
	if e.child.IsZero() {
		return false
	}
	_, name := splitPath(p.path)
	return slices.Contains(nameSecrets(name), p.secret) || slices.Contains(l.secretsOf(e.file(), p.path), p.secret)
}

// secretsOf lists the keys of a blob that the range may not have: it counts for
// nothing there, and what cannot be read of it neither.
func (l *tipLook) secretsOf(id gitpack.ID, path string) []key.Secret {
	name := ""
	if archive.Claimed(path) {
		name = path
	}
	object := searchedAs{id, name != ""}
	secrets, known := l.secrets[object]
	if known || id.IsZero() {
		return secrets
	}
	if found, searched := l.objects[object]; searched {
		secrets = slices.Collect(l.attribution.book.all(found.keys()))
	} else if o, err := l.store.Object(id); err == nil {
		secrets, _, _ = objectSecrets(o, name, l.opts)
	}
	l.secrets[object] = secrets
	return secrets
}

// isCurrent reports whether HEAD or the index still has a key at its path.
func (r *rangeScan) isCurrent(p pair) bool {
	head := r.checkout.head() // not before: a partial clone may lack it
	_, name := splitPath(p.path)
	if slices.Contains(nameSecrets(name), p.secret) && (r.checkout.index.holds(p.path) || head.has(p.path)) {
		return true
	}
	var ids []gitpack.ID
	for _, e := range r.checkout.index.all(p.path) {
		if hasContent(e) {
			ids = append(ids, e.ID)
		}
	}
	if e, ok := head.find(p.path); ok {
		ids = append(ids, e.file())
	}
	return slices.ContainsFunc(ids, func(id gitpack.ID) bool {
		return r.attribution.book.has(r.keysAround(id, p.path), p.secret)
	})
}
