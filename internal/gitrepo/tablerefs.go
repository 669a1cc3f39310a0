package gitrepo

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tableRefs is the reftable storage: a stack of tables for what is shared and
// the main worktree's own, and one for each linked worktree's own.
type tableRefs struct{ refs map[string]Ref }

func (s tableRefs) lookup(name string) (Ref, bool, error) {
	ref, ok := s.refs[name]
	return ref, ok, nil
}

func (s tableRefs) all() (map[string]Ref, []error) { return s.refs, nil }

func newReftableRefs(r *Repo) (refStore, []error) {
	store := tableRefs{refs: map[string]Ref{}}
	errs := r.eachTable(func(p place, t *table) error {
		return t.eachRef(func(ref Ref) { r.keep(store.refs, p, ref) })
	})
	for name, ref := range store.refs {
		if bad := ref.check(r.HashSize); bad != nil {
			errs = append(errs, fmt.Errorf("read ref %q from reftable: %w", name, bad))
			delete(store.refs, name)
		}
	}
	return store, errs
}

// keep enters one record over those of older tables. A private ref of another
// worktree gets that worktree's prefix.
func (r *Repo) keep(refs map[string]Ref, p place, ref Ref) {
	ref.Name = p.qualify(ref.Name)
	if ref.Target == "" && ref.ID.Size() == 0 {
		delete(refs, ref.Name)
		return
	}
	refs[ref.Name] = ref
}

func (p place) qualify(name string) string {
	if isShared(name) {
		return name
	}
	return p.prefix + name
}

func (ref Ref) check(hashSize int) error {
	switch {
	case ref.Target != "" && !validRefName(ref.Target):
		return errors.New("symbolic ref to a name that is not allowed")
	case ref.Target == "" && (ref.ID.IsZero() || ref.ID.Size() != hashSize):
		return errBrokenRef
	}
	return nil
}

// eachTable reads every table, each stack from the oldest, which later ones
// override.
func (r *Repo) eachTable(use func(place, *table) error) (errs []error) {
	places, err := r.places()
	if err != nil {
		errs = append(errs, fmt.Errorf("list refs: %w", err))
	}
	budget := maxTableOutput
	for _, p := range places {
		dir := filepath.Join(p.dir, "reftable")
		tables, err := readStack(dir, &budget)
		errs = append(errs, err...)
		for _, t := range tables {
			if err := use(p, t.table); err != nil {
				errs = append(errs, fmt.Errorf("read reftable %q: %w", t.path, err))
			}
		}
	}
	return errs
}

// stackAttempts is how often a stack is read anew whose tables vanish between
// its list and them, as they do when git compacts it at that moment.
const stackAttempts = 3

type stackTable struct {
	path  string
	table *table
}

// readStack reads the tables that tables.list names. A worktree without a stack
// of its own has no refs of its own.
func readStack(dir string, budget *int) (tables []stackTable, errs []error) {
	for range stackAttempts {
		tables, errs = nil, nil
		data, err := readFile(filepath.Join(dir, "tables.list"), maxLinkFile)
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, []error{fmt.Errorf("read reftable stack: %w", err)}
		}
		for _, name := range lines(data) {
			path := filepath.Join(dir, name)
			t, err := readTable(path, name, budget)
			if err != nil {
				errs = append(errs, fmt.Errorf("read reftable %q: %w", path, err))
				continue
			}
			tables = append(tables, stackTable{path, t})
		}
		if !slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, os.ErrNotExist) }) {
			break
		}
	}
	return tables, errs
}

func readTable(path, name string, budget *int) (*table, error) {
	if name == "" || strings.ContainsAny(name, `/\:`) || !filepath.IsLocal(name) {
		return nil, errors.New("the stack names a file elsewhere")
	}
	data, err := readFile(path, maxRefsFile)
	if err != nil {
		return nil, err
	}
	return parseTable(data, budget)
}

// logKey tells a reflog's record from all others of a stack.
type logKey struct {
	ref    string
	update uint64
}

// tableReflogs is Reflogs for the reftable storage.
func (r *Repo) tableReflogs(yield func(ReflogEntry, error) bool) {
	logs := map[logKey]ReflogEntry{}
	errs := r.eachTable(func(p place, t *table) error {
		return t.eachLog(func(log tableLog) {
			log.entry.Ref = p.qualify(log.entry.Ref)
			key := logKey{log.entry.Ref, log.update}
			// Two null ids only say that the ref has a reflog.
			if log.deleted || log.entry.Old.IsZero() && log.entry.New.IsZero() {
				delete(logs, key)
				return
			}
			logs[key] = log.entry
		})
	})
	for _, err := range errs {
		if !yield(ReflogEntry{}, err) {
			return
		}
	}
	yieldLogs(logs, yield)
}

func yieldLogs(logs map[logKey]ReflogEntry, yield func(ReflogEntry, error) bool) {
	keys := slices.SortedFunc(maps.Keys(logs), func(a, b logKey) int {
		if order := strings.Compare(a.ref, b.ref); order != 0 {
			return order
		}
		if a.update < b.update {
			return -1
		}
		return 1
	})
	last := map[string]int{}
	for i, key := range keys {
		last[key.ref] = i
	}
	for i, key := range keys {
		entry := logs[key]
		entry.Index = last[key.ref] - i
		if !yield(entry, nil) {
			return
		}
	}
}
