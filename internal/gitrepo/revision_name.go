package gitrepo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/lazy"
)

// name resolves what stands before all steps, in git's order: a whole id, a
// ref, the output of git-describe, the beginning of an id.
func (s *resolver) name(name string, wants gitpack.Kind) (gitpack.ID, error) {
	if id, err := s.repo.parseID(name); err == nil {
		return id, nil
	}
	if strings.HasSuffix(name, "}") && strings.Contains(name, "@{") {
		return s.braced(name)
	}
	if name == "@" {
		name = "HEAD"
	}
	ref, refErr := s.repo.FindRef(name)
	if refErr == nil {
		return ref.ID, nil
	}
	if digits, ok := abbreviation(name); ok {
		id, err := s.abbreviated(digits, wants)
		if !errors.Is(err, errUnknown) {
			return id, err
		}
	}
	return gitpack.ID{}, s.unknown(name, refErr)
}

// unknown says why a name is not known, as far as that can be told.
func (s *resolver) unknown(name string, refErr error) error {
	if head, err := s.repo.Head(); name == "HEAD" && err == nil && head.Unborn() {
		return errUnborn
	}
	if joined, ok := refErr.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 1 {
		return fmt.Errorf("%w: %w", errUnknown, refErr) // a ref of that name may be there, and broken
	}
	if len(s.shallow) > 0 {
		return fmt.Errorf("%w (the clone is shallow)", errUnknown)
	}
	return errUnknown
}

// described is what git-describe writes: a tag, a count of commits, an id.
var described = lazy.Regexp(`-g([0-9a-fA-F]+)$`)

// abbreviation finds the digits of an id in a name.
func abbreviation(name string) (digits string, ok bool) {
	if match := described.Get().FindStringSubmatchIndex(name); match != nil && match[0] > 0 {
		return name[match[2]:], true
	}
	return name, strings.Trim(name, "0123456789abcdefABCDEF") == ""
}

// abbreviated resolves the beginning of an id. Where several objects share it
// the kind that is wanted decides, as it does for git.
func (s *resolver) abbreviated(digits string, wants gitpack.Kind) (gitpack.ID, error) {
	ids := s.store.WithPrefix(digits)
	if len(ids) == 0 {
		return gitpack.ID{}, errUnknown
	}
	if len(ids) == 1 {
		return ids[0], nil
	}
	fit := slices.DeleteFunc(slices.Clone(ids), func(id gitpack.ID) bool {
		_, err := s.peelTo(id, wants)
		return err != nil
	})
	if len(fit) == 1 {
		return fit[0], nil
	}
	return gitpack.ID{}, fmt.Errorf("%.64q is ambiguous: the ids of %d objects begin with it", digits, len(ids))
}

// marks are the words in "branch@{...}" that stand for another ref.
var marks = map[string]func(*resolver, string) (string, error){
	"upstream": (*resolver).upstream,
	"u":        (*resolver).upstream,
	"push":     (*resolver).push,
}

// braced resolves a name with "@{...}": [HEAD] [@{mark}] [@{N}], where HEAD may
// be empty, "@" or "@{-N}".
func (s *resolver) braced(name string) (gitpack.ID, error) {
	rest, inner := cutBraces(name)
	if marks[strings.ToLower(inner)] != nil || rest == "" && strings.HasPrefix(inner, "-") {
		ref, err := s.interpret(name)
		if err != nil {
			return gitpack.ID{}, err
		}
		if id, err := s.repo.parseID(ref); err == nil {
			return id, nil // what was checked out then was no branch
		}
		return s.found(ref)
	}
	if n, err := strconv.ParseUint(inner, 10, 31); err == nil && n < maxLogIndex {
		return s.logged(rest, int(n))
	}
	date, err := parseDate(inner, s.now())
	if err != nil {
		return gitpack.ID{}, fmt.Errorf("\"@{...}\" has neither the number of a reflog's entry nor a date: %w", err)
	}
	id, beginning, err := s.loggedAt(rest, date)
	if !beginning.IsZero() {
		s.short = append(s.short, fmt.Errorf("%.200q: the reflog only goes back to %s", name, beginning.Format(time.RFC3339)))
	}
	return id, err
}

// maxLogIndex is greater than every number of an entry: from there on it is seconds
// since 1970.
const maxLogIndex = 100_000_000

// found is the id of a ref by any name.
func (s *resolver) found(name string) (gitpack.ID, error) {
	ref, err := s.repo.FindRef(name)
	if err != nil {
		return gitpack.ID{}, fmt.Errorf("%w: it leads to %w", errUnknown, err)
	}
	return ref.ID, nil
}

// cutBraces splits "name@{inner}"; rest is name as it was if there are none.
func cutBraces(name string) (rest, inner string) {
	at := strings.LastIndex(name, "@{")
	if at < 0 || !strings.HasSuffix(name, "}") {
		return name, ""
	}
	return name[:at], name[at+len("@{") : len(name)-1]
}

// interpret gives the ref that a name with at most one mark stands for.
func (s *resolver) interpret(name string) (string, error) {
	rest, inner := cutBraces(name)
	if mark := marks[strings.ToLower(inner)]; mark != nil {
		branch, err := s.branch(rest)
		if err != nil {
			return "", err
		}
		return mark(s, branch)
	}
	return s.plain(name)
}

// plain gives the ref that a name without a mark stands for.
func (s *resolver) plain(name string) (string, error) {
	rest, inner := cutBraces(name)
	if back, ok := strings.CutPrefix(inner, "-"); ok && rest == "" {
		return s.checkedOut(back)
	}
	if name == "@" {
		return "HEAD", nil
	}
	return name, nil
}

// branch is the short name of the branch that a mark is about.
func (s *resolver) branch(name string) (string, error) {
	name, err := s.plain(name)
	if err != nil || name != "" && name != "HEAD" {
		return name, err
	}
	head, err := s.repo.Head()
	if err != nil {
		return "", fmt.Errorf("%w: %w", errUnknown, err)
	}
	short, ok := strings.CutPrefix(head.Target, "refs/heads/")
	if !ok {
		return "", fmt.Errorf("HEAD is not on a branch: %w", errUnknown)
	}
	return short, nil
}

// checkedOut is the name of the branch, or the id, that was left by the N-th
// last checkout: "@{-N}".
func (s *resolver) checkedOut(back string) (string, error) {
	n, err := strconv.ParseUint(back, 10, 31)
	if err != nil || n == 0 || back[0] == '+' {
		return "", fmt.Errorf("\"@{-%.20s}\" is no number of a checkout: %w", back, errUnknown)
	}
	log, _, err := s.reflog("HEAD")
	if err != nil {
		return "", err
	}
	for _, entry := range slices.Backward(log) {
		from, ok := strings.CutPrefix(entry.Message, "checkout: moving from ")
		if !ok {
			continue
		}
		if from, _, ok = strings.Cut(from, " to "); !ok {
			continue
		}
		if n--; n == 0 {
			return from, nil
		}
	}
	return "", fmt.Errorf("HEAD's reflog has not so many checkouts: %w", errUnknown)
}

// reflog lists the entries of one ref's log, the oldest first. A log may be
// there and empty, once all its entries have expired.
func (s *resolver) reflog(name string) (entries []ReflogEntry, exists bool, err error) {
	take := func(entry ReflogEntry, bad error) bool {
		if bad != nil {
			err = errors.Join(err, bad)
		} else if entry.Ref == name {
			entries = append(entries, entry)
		}
		return true
	}
	if s.repo.format.reftable {
		s.repo.tableReflogs(take)
	} else {
		files, _ := s.repo.reflogFiles()
		for _, file := range files {
			if file.name == name {
				exists = true
				s.repo.readReflog(file, take)
			}
		}
	}
	return entries, exists || len(entries) > 0, err
}

// entries lists the log of a name's ref, the oldest first; an empty name is the
// current branch.
func (s *resolver) entries(name string) (ref Ref, entries []ReflogEntry, err error) {
	name, err = s.interpret(name)
	if err != nil {
		return Ref{}, nil, err
	}
	ref, err = s.logOwner(name, func(log string) (exists bool, err error) {
		entries, exists, err = s.reflog(log)
		return exists, err
	})
	return ref, entries, err
}

// logged resolves "name@{n}".
func (s *resolver) logged(name string, n int) (gitpack.ID, error) {
	ref, entries, err := s.entries(name)
	if err != nil {
		return gitpack.ID{}, err
	}
	if n == 0 {
		if len(entries) == 0 {
			return ref.ID, nil
		}
		return entries[len(entries)-1].New, nil
	}
	// The value before the n-th last change; where that change made the ref
	// anew there is none, and git goes on to the change before.
	for i := len(entries) - n; i >= 0; i-- {
		if !entries[i].Old.IsZero() {
			return entries[i].Old, nil
		}
	}
	return gitpack.ID{}, fmt.Errorf("the reflog has only %d entries: %w", len(entries), errUnknown)
}

// loggedAt resolves "name@{date}": what the last change before or at that time made
// of the ref. Where the log has a later beginning it is what the ref was before its
// first change, or after it if that made the ref; git warns of that.
func (s *resolver) loggedAt(name string, date time.Time) (id gitpack.ID, beginning time.Time, err error) {
	_, entries, err := s.entries(name)
	if err != nil {
		return id, beginning, err
	}
	if len(entries) == 0 {
		return id, beginning, fmt.Errorf("the reflog is empty: %w", errUnknown)
	}
	for _, entry := range slices.Backward(entries) {
		if entry.When.Unix() <= date.Unix() {
			return entry.New, beginning, nil
		}
	}
	if first := entries[0]; first.Old.IsZero() {
		return first.New, first.When, nil
	}
	return entries[0].Old, entries[0].When, nil
}

// logOwner finds the ref whose log a short name means: the first by git's
// order that has one, or the branch that it points at.
func (s *resolver) logOwner(name string, hasLog func(string) (bool, error)) (Ref, error) {
	if name == "" {
		head, err := s.repo.Head()
		if err != nil || head.Target == "" {
			_, logErr := hasLog("HEAD")
			return head, errors.Join(err, logErr)
		}
		_, err = hasLog(head.Target)
		return head, err
	}
	for _, rule := range shortNameRules {
		ref, err := s.repo.Ref(fmt.Sprintf(rule, name))
		if err != nil || ref.ID.IsZero() {
			continue
		}
		for _, log := range []string{ref.Name, ref.Target} {
			if ok, err := hasLog(log); ok || err != nil {
				return ref, err
			}
		}
	}
	return Ref{}, fmt.Errorf("no ref of this name has a reflog: %w", errUnknown)
}
