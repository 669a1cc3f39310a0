package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// stateFiles are files in which a rebase, an am or a sequence of picks keeps
// object ids that no ref may hold: git itself counts some of them as reachable.
var stateFiles = []string{
	"rebase-merge/onto", "rebase-merge/orig-head", "rebase-merge/autostash", "rebase-merge/squash-onto", "rebase-merge/amend",
	"rebase-apply/onto", "rebase-apply/orig-head", "rebase-apply/autostash", "rebase-apply/abort-safety", "rebase-apply/original-commit",
	"sequencer/head", "sequencer/abort-safety",
}

// stateRefs reads the files that hold object ids beside the ref storage, of
// every worktree.
func (r *Repo) stateRefs() (refs []Ref, errs []error) {
	places, err := r.places()
	if err != nil && r.format.reftable {
		errs = append(errs, err) // the other storage has reported it
	}
	for _, place := range places {
		for name := range idLists {
			found, err := r.idList(place, name, true)
			refs, errs = append(refs, found...), appendError(errs, err)
		}
		for _, name := range stateFiles {
			found, err := r.idList(place, name, false)
			refs, errs = append(refs, found...), appendError(errs, err)
		}
	}
	return refs, errs
}

func appendError(errs []error, err error) []error {
	if err == nil {
		return errs
	}
	return append(errs, err)
}

// idList reads the id at the start of each line. Only in a strict file is a
// line without one worth an error: the others hold abbreviations at times.
func (r *Repo) idList(p place, name string, strict bool) (refs []Ref, err error) {
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	data, err := readFile(path, maxRefsFile)
	if errors.Is(err, os.ErrNotExist) || isNotDir(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ref %q: %w", p.prefix+name, err)
	}
	for number, line := range lines(data) {
		id, ok := r.leadingID(line)
		if ok && !id.IsZero() {
			refs = append(refs, Ref{Name: p.prefix + name, ID: id})
		} else if strict && err == nil {
			err = fmt.Errorf("read ref %q, file %q, line %d: no object id", p.prefix+name, path, number)
		}
	}
	return refs, err
}
