package scanner

import (
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// The name of a file, a directory, a symbolic link or a submodule can be a key.
// History finds such names in trees (visitTree), a range in what its commits
// change (range_trees.go); here are those of the index and of the working tree.

// shortestName is the length of the shortest name that can hold a key: that of
// "insp_test_" with the fewest letters that may follow. Most names are shorter.
const shortestName = len("insp_test_") + 16

// nameSecrets lists the keys in a name, each once.
func nameSecrets(name string) []key.Secret {
	if len(name) < shortestName {
		return nil
	}
	secrets, _ := bufferSecrets([]byte(name))
	return secrets
}

// nameSightings are the keys in the last part of a path, as history tells of
// them; exists knows the files of the path's repository.
func nameSightings(shown, home string, standing rules.Standing, exists func(string) bool) (found []sighting) {
	_, name := splitPath(home)
	for _, secret := range nameSecrets(name) {
		place := inName(secret, home)
		place.EnvFile = isEnvFile(home)
		if standing == rules.Tracked {
			place.Client = clientOutput(home, exists)
		}
		found = append(found, sighting{match: key.Match{Secret: secret}, place: place})
	}
	return placed(found, shown, home, standing)
}

// names searches the names on the way to staged files: of each path that has
// not been looked at, and that known does not know already.
func (s *stage) names(entries []gitrepo.Entry, known func(home string) bool) {
	seen := map[string]bool{}
	for _, e := range entries {
		if len(e.Path) < shortestName || !key.Candidate([]byte(e.Path)) {
			continue
		}
		for path := strings.TrimSuffix(e.Path, "/"); path != "" && !seen[path]; path, _ = splitPath(path) {
			seen[path] = true
			if known(path) {
				continue
			}
			found := nameSightings(path, path, rules.Tracked, s.checkout.files.has)
			for i := range found {
				found[i].place.Staged = !s.checkout.head().has(path)
			}
			s.collector.add(found, owner{s.checkout.name, path})
		}
	}
}

// name searches the name of an entry of a directory.
func (w *treeWalk) name(d *directory, e listed) {
	if len(nameSecrets(e.name)) == 0 {
		return
	}
	home, standing := joinPath(d.home, e.name), d.nameStanding(e)
	var owners []owner
	if standing == rules.Tracked {
		owners = []owner{{d.checkout.name, home}}
	}
	found := nameSightings(d.shownFile(e.name), home, standing, d.files.has)
	d.patterns(e.name).note(found, false)
	w.collector.add(found, owners...)
}

// nameStanding is how git sees an entry of a directory by its name.
func (d *directory) nameStanding(e listed) rules.Standing {
	switch {
	case d.checkout == nil:
		return rules.Outside
	case d.tracked.has(e.name), e.kind == listedDir && len(d.tracked.dir(e.name)) > 0, d.checkout.head().has(joinPath(d.home, e.name)):
		return rules.Tracked
	case d.ignore == nil, d.ignore.Match(e.name, e.kind == listedDir).Ignored:
		return rules.Ignored
	}
	return rules.Untracked
}

// looseNames lists the keys in the bytes of a malformed tree that are not in the
// names of its entries.
func looseNames(data []byte, hashSize int) []key.Secret {
	named := map[key.Secret]bool{}
	for e := range treeEntries(data, hashSize) {
		for _, secret := range nameSecrets(string(e.name)) {
			named[secret] = true
		}
	}
	secrets, _ := bufferSecrets(data)
	var loose []key.Secret
	for _, secret := range secrets {
		if !named[secret] {
			loose = append(loose, secret)
		}
	}
	return loose
}

// nameHit is a hit in a name of a tree; nil if the name holds no key, or names
// are left out.
func (r *rangeScan) nameHit(tree gitpack.ID, name string) *hit {
	secrets := nameSecrets(name)
	if len(secrets) == 0 || r.opts.NoMetadata {
		return nil
	}
	return &hit{object: tree, kind: gitpack.Tree, secrets: r.attribution.book.set(secrets)}
}
