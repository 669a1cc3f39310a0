package gitrepo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A Ref is a name and what it stands for.
type Ref struct {
	// Name is the full name: "HEAD", "refs/heads/main", "FETCH_HEAD". What
	// belongs to another worktree has git's own prefix for it,
	// "main-worktree/" or "worktrees/ID/".
	Name string
	// Target is the ref that a symbolic ref points at, empty for any other.
	Target string
	// ID is the object in the end; zero where Target does not exist.
	ID gitpack.ID
	// Peeled is the object that an annotated tag leads to, if the ref storage
	// says so; zero otherwise, which does not mean that ID is no tag.
	Peeled gitpack.ID
}

// Unborn reports whether the ref is symbolic and its target does not exist: a
// HEAD on a branch that has no commit yet.
func (ref Ref) Unborn() bool { return ref.Target != "" && ref.ID.IsZero() }

// ErrNoRef is what Ref and FindRef wrap where there is no such ref.
var ErrNoRef = errors.New("no such ref")

// maxSymrefDepth is git's own limit on symbolic refs that point at each other.
const maxSymrefDepth = 5

// refStore is one way of keeping refs. Both have read what they hold: a ref
// by name as it stands there, symbolic or not.
type refStore interface {
	// lookup gives the ref; ok is false if there is none of that name.
	lookup(name string) (ref Ref, ok bool, err error)
	// all gives every ref, and what could not be read.
	all() (map[string]Ref, []error)
}

func onceRefs(r *Repo) func() (refStore, []error) {
	return sync.OnceValues(func() (refStore, []error) {
		if r.format.reftable {
			return newReftableRefs(r)
		}
		return newFileRefs(r)
	})
}

// Refs lists every ref by name, those of all worktrees, and the ids in the
// files that git keeps of an operation under way (FETCH_HEAD with one Ref a
// line, MERGE_HEAD, rebase-merge/autostash, ...). Symbolic refs are resolved; one
// whose target does not exist holds nothing and is left out. Each error names
// one file or ref that could not be read; the list holds all the others.
func (r *Repo) Refs() ([]Ref, []error) {
	store, errs := r.refs()
	raw, more := store.all()
	errs = append(slices.Clone(errs), more...)
	var refs []Ref
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		ref, err := resolve(raw[name], func(name string) (Ref, bool, error) {
			found, ok := raw[name]
			return found, ok, nil
		})
		if err != nil {
			errs = append(errs, err)
		} else if !ref.ID.IsZero() {
			refs = append(refs, ref)
		}
	}
	state, more := r.stateRefs()
	refs = append(refs, state...)
	slices.SortStableFunc(refs, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	return refs, append(errs, more...)
}

// resolve follows a symbolic ref. The result keeps name and first target.
func resolve(ref Ref, lookup func(string) (Ref, bool, error)) (Ref, error) {
	prefix, _ := splitWorktree(ref.Name)
	at := ref
	for range maxSymrefDepth {
		if at.Target == "" {
			ref.ID, ref.Peeled = at.ID, at.Peeled
			return ref, nil
		}
		target := at.Target
		if !isShared(target) {
			target = prefix + target
		}
		next, ok, err := lookup(target)
		if err != nil {
			return ref, fmt.Errorf("resolve ref %q: %w", ref.Name, err)
		}
		if !ok {
			return ref, nil
		}
		at = next
	}
	return ref, fmt.Errorf("resolve ref %q: more than %d symbolic refs in a row", ref.Name, maxSymrefDepth)
}

// Ref reads one ref by its full name. A symbolic ref without a target is no
// error (see Ref.Unborn); a name that does not exist is ErrNoRef.
func (r *Repo) Ref(name string) (Ref, error) {
	store, errs := r.refs()
	ref, ok, err := store.lookup(name)
	if err != nil {
		return Ref{}, fmt.Errorf("read ref %q: %w", name, err)
	}
	if !ok {
		// What hid it may be a storage that could not be read.
		return Ref{}, errors.Join(fmt.Errorf("read ref %q: %w", name, ErrNoRef), errors.Join(errs...))
	}
	return resolve(ref, store.lookup)
}

// Head reads HEAD. On a branch without a commit Ref.Unborn is true; detached,
// Target is empty.
func (r *Repo) Head() (Ref, error) { return r.Ref("HEAD") }

// shortNameRules are the places in which git looks for a short name, in order
// (gitrevisions, "<refname>").
var shortNameRules = []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"}

// FindRef reads the ref that a name stands for, short ("main", "origin/main",
// "v1.2") or full, by git's order of precedence.
func (r *Repo) FindRef(name string) (Ref, error) {
	var broken error
	for _, rule := range shortNameRules {
		full := fmt.Sprintf(rule, name)
		if !validRefName(full) {
			continue
		}
		ref, err := r.Ref(full)
		if err == nil && !ref.ID.IsZero() {
			return ref, nil
		}
		if err != nil && !errors.Is(err, ErrNoRef) {
			broken = errors.Join(broken, err)
		}
	}
	return Ref{}, errors.Join(fmt.Errorf("find ref %q: %w", name, ErrNoRef), broken)
}

// privateRefs are the directories of refs that each worktree has for itself
// (gitglossary, "per-worktree ref").
var privateRefs = []string{"refs/bisect", "refs/worktree", "refs/rewritten"}

// isShared reports whether all worktrees have the ref in common.
func isShared(name string) bool {
	if !strings.HasPrefix(name, "refs/") {
		return false
	}
	return !slices.ContainsFunc(privateRefs, func(dir string) bool {
		return strings.HasPrefix(name, dir+"/")
	})
}

// rootRefs are the names directly in a git directory that are refs although
// they do not end in _HEAD (git's is_root_ref).
var rootRefs = map[string]bool{
	"HEAD": true, "AUTO_MERGE": true, "BISECT_EXPECTED_REV": true, "NOTES_MERGE_PARTIAL": true,
	"NOTES_MERGE_REF": true, "MERGE_AUTOSTASH": true,
}

// idLists are the files that look like refs and hold an id on each line, with
// text after it; in either ref storage they are files.
var idLists = map[string]bool{"FETCH_HEAD": true, "MERGE_HEAD": true}

func isRootRef(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return !idLists[name] && (rootRefs[name] || strings.HasSuffix(name, "_HEAD"))
}

// mainWorktree is the prefix of what belongs to the main worktree, as seen from
// a linked one.
const mainWorktree = "main-worktree/"

// splitWorktree splits "worktrees/ID/" or "main-worktree/" off a name.
func splitWorktree(name string) (prefix, rest string) {
	if rest, ok := strings.CutPrefix(name, mainWorktree); ok {
		return mainWorktree, rest
	}
	if rest, ok := strings.CutPrefix(name, "worktrees/"); ok {
		if slash := strings.IndexByte(rest, '/'); slash > 0 {
			cut := len("worktrees/") + slash + 1
			return name[:cut], name[cut:]
		}
	}
	return "", name
}

// validRefName is git-check-ref-format, with names of one part allowed. It is
// also what keeps a ref's name, which becomes a path, inside its directory.
func validRefName(name string) bool {
	if name == "@" || name == "" || strings.HasSuffix(name, ".") ||
		strings.Contains(name, "..") || strings.Contains(name, "@{") {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == 0x7f || strings.IndexByte(" ~^:?*[\\", c) >= 0 {
			return false
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}
