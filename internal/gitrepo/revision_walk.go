package gitrepo

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A historyCommit is what a walk through history needs of a commit.
type historyCommit struct {
	tree    gitpack.ID
	parents []gitpack.ID
	date    int64 // the committer's, in seconds since 1970; 0 if it cannot be read
	message []byte
}

// read reads an object; one that is not there is ErrMissing.
func (s *resolver) read(id gitpack.ID) (gitpack.Kind, []byte, error) {
	kind, data, err := s.store.Read(id)
	switch {
	case errors.Is(err, gitpack.ErrNotFound) && len(s.shallow) > 0:
		return 0, nil, fmt.Errorf("%w: %s (the clone is shallow)", ErrMissing, id)
	case errors.Is(err, gitpack.ErrNotFound):
		return 0, nil, fmt.Errorf("%w: %s", ErrMissing, id)
	case err != nil:
		return 0, nil, fmt.Errorf("bad object: %w", err)
	}
	return kind, data, nil
}

// maxTagDepth bounds tags of tags: a database whose ids are not true may hold
// a circle of them.
const maxTagDepth = 1024

// peelTag follows tags to what is none.
func (s *resolver) peelTag(id gitpack.ID) (gitpack.ID, error) {
	last, err := s.peel(id, 0)
	return last.id, err
}

// exists returns an id whose object is there.
func (s *resolver) exists(id gitpack.ID) (gitpack.ID, error) {
	_, _, err := s.read(id)
	return id, err
}

// A peeled object is what tags lead to, and those tags.
type peeled struct {
	tags []gitpack.ID
	id   gitpack.ID
	kind gitpack.Kind
	data []byte
}

// peel follows tags to an object of the kind, or to the first that is no tag.
func (s *resolver) peel(id gitpack.ID, want gitpack.Kind) (p peeled, err error) {
	for p.id = id; len(p.tags) < maxTagDepth; {
		p.kind, p.data, err = s.read(p.id)
		if err != nil || p.kind != gitpack.Tag || p.kind == want {
			return p, err
		}
		target, _, ok := cutHeaderID(p.data, "object ", s.repo.HashSize)
		if !ok {
			return p, fmt.Errorf("bad object: tag %s names no object", p.id)
		}
		p.tags, p.id = append(p.tags, p.id), target
	}
	return p, fmt.Errorf("bad object: more than %d tags in a row", maxTagDepth)
}

// peelTo follows tags, and a commit to its tree, until the kind is reached.
func (s *resolver) peelTo(id gitpack.ID, want gitpack.Kind) (gitpack.ID, error) {
	last, err := s.peel(id, want)
	switch {
	case err != nil:
		return gitpack.ID{}, err
	case last.kind == want:
		return last.id, nil
	case last.kind == gitpack.Commit && want == gitpack.Tree:
		c, err := s.parse(last.id, last.data)
		return c.tree, err
	case want == gitpack.Commit:
		return gitpack.ID{}, fmt.Errorf("%w: %s is a %s", errNotCommit, last.id, last.kind)
	}
	return gitpack.ID{}, fmt.Errorf("%s is a %s, not a %s", last.id, last.kind, want)
}

// commitAt reads a commit. One at which a shallow clone was cut has no parents,
// even if they happen to be there: git does not go on either.
func (s *resolver) commitAt(id gitpack.ID) (historyCommit, error) {
	kind, data, err := s.read(id)
	if err != nil {
		return historyCommit{}, err
	}
	if kind != gitpack.Commit {
		return historyCommit{}, fmt.Errorf("%w: %s is a %s", errNotCommit, id, kind)
	}
	return s.parse(id, data)
}

func (s *resolver) parse(id gitpack.ID, data []byte) (c historyCommit, err error) {
	header, err := ParseCommit(id, data)
	if err != nil {
		return c, fmt.Errorf("bad object: %w", err)
	}
	_, message, _ := bytes.Cut(header.Rest, []byte("\n\n"))
	c = historyCommit{header.Tree, header.Parents, header.When, message}
	if s.shallow[id] {
		c.parents = nil
	}
	return c, s.shallowErr
}

// parents lists the parents of a commit that are to be found here.
func (s *resolver) parents(id gitpack.ID) ([]gitpack.ID, error) {
	c, err := s.commitAt(id)
	if err == nil && s.shallow[id] {
		err = s.cut(id)
	}
	return c.parents, err
}

func (s *resolver) cut(id gitpack.ID) error {
	return fmt.Errorf("%w: the clone is shallow, and was cut at commit %s", ErrMissing, id)
}

// parent is the n-th parent of a commit; the 0th is the commit itself.
func (s *resolver) parent(id gitpack.ID, n int) (gitpack.ID, error) {
	id, err := s.peelTo(id, gitpack.Commit)
	if err != nil || n == 0 {
		return id, err
	}
	parents, err := s.parents(id)
	if err != nil {
		return gitpack.ID{}, err
	}
	if n > len(parents) {
		return gitpack.ID{}, fmt.Errorf("commit %s has %d parents: %w", id, len(parents), errUnknown)
	}
	return parents[n-1], nil
}

// ancestor goes back n generations of first parents.
func (s *resolver) ancestor(id gitpack.ID, n int) (gitpack.ID, error) {
	id, err := s.peelTo(id, gitpack.Commit)
	seen := map[gitpack.ID]bool{}
	for i := 0; i < n && err == nil; i++ {
		if seen[id] {
			return gitpack.ID{}, fmt.Errorf("bad object: commit %s is its own ancestor", id)
		}
		seen[id] = true
		id, err = s.parent(id, 1)
	}
	return id, err
}

// searchRefs finds the newest commit that HEAD or a ref reaches and whose message matches: ":/text".
func (s *resolver) searchRefs(pattern string) (gitpack.ID, error) {
	matches, err := messageMatcher(pattern)
	if err != nil {
		return gitpack.ID{}, err
	}
	if pattern == "" {
		return gitpack.ID{}, fmt.Errorf("an empty search: %w", errUnknown)
	}
	all := &rangeParser{resolver: s}
	if err := all.refs("refs/", "", false); err != nil {
		return gitpack.ID{}, err
	}
	// A detached HEAD counts, but not the HEAD of another worktree.
	head, _, err := s.commit("HEAD")
	if err == nil {
		all.include.add(head)
	} else if !errors.Is(err, errUnborn) {
		return gitpack.ID{}, err
	}
	return s.search(all.include.list, matches)
}

// search finds the newest commit that starts reach and whose message matches.
func (s *resolver) search(starts []gitpack.ID, matches func([]byte) bool) (gitpack.ID, error) {
	commits := map[gitpack.ID]historyCommit{}
	var queue NewestFirst[gitpack.ID]
	push := func(ids []gitpack.ID) error {
		for _, id := range ids {
			if _, ok := commits[id]; ok {
				continue
			}
			c, err := s.commitAt(id)
			if err != nil {
				return err
			}
			commits[id] = c
			queue.Put(id, c.date)
		}
		return nil
	}
	err := push(starts)
	for err == nil && queue.Len() > 0 {
		id := queue.Take()
		if matches(commits[id].message) {
			return id, nil
		}
		parents := commits[id].parents
		commits[id] = historyCommit{} // the message is needed no longer
		err = push(parents)
	}
	if err == nil {
		err = fmt.Errorf("no commit has such a message: %w", errUnknown)
	}
	return gitpack.ID{}, err
}
