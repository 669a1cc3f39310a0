package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// maxModules bounds the git directories of submodules that one repository is
// looked through for, and maxModuleDepth how many directories a submodule's
// name can make; the largest projects have some hundred submodules.
const (
	maxModules     = 1 << 16
	maxModuleDepth = 128
)

// Modules lists the git directories of submodules that the repository keeps in
// its own (gitrepository-layout, "modules"), checked out or not. Linked
// worktrees keep their own; submodules of submodules are in the lists of those.
// A directory that looks like one and that git would not take for one is an
// error.
func (r *Repo) Modules() (dirs []string, errs []error) {
	places, err := r.places()
	if err != nil {
		errs = append(errs, fmt.Errorf("list submodules: %w", err))
	}
	m := &moduleWalk{errs: errs}
	for _, place := range places {
		m.walk(filepath.Join(place.dir, "modules"), 0)
	}
	return m.dirs, m.errs
}

// SubmodulePath is where the worktree has the submodule of that name, by its
// .gitmodules, from the top; the name itself, which git makes of the path unless
// told otherwise, where that does not say.
func (r *Repo) SubmodulePath(name string) string {
	file := filepath.Join(r.WorkTree, ".gitmodules")
	info, err := os.Lstat(file) // git refuses a link, too
	if r.WorkTree == "" || err != nil || !info.Mode().IsRegular() {
		return name
	}
	data, err := readFile(file, maxConfigFile)
	if err != nil {
		return name
	}
	place := name
	for entry, err := range parseConfig(data) {
		if err == nil && entry.key == "submodule."+name+".path" && filepath.IsLocal(filepath.FromSlash(entry.value)) {
			place = path.Clean(entry.value)
		}
	}
	return place
}

// A moduleWalk looks for git directories: a submodule's name may have slashes.
type moduleWalk struct {
	dirs []string
	errs []error
	seen int
}

func (m *moduleWalk) walk(dir string, depth int) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !isNotDir(err) {
		m.errs = append(m.errs, fmt.Errorf("list submodules: %w", err))
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		if m.seen++; m.seen > maxModules || depth > maxModuleDepth {
			m.errs = append(m.errs, fmt.Errorf("list submodules: %q and others are too many, or nested too deep", path))
			return
		}
		// Of another repository's environment nothing holds for these.
		ok, err := isGitDir(path, ambient())
		switch {
		case err != nil:
			m.errs = append(m.errs, fmt.Errorf("open the submodule's git directory %q: %w", path, err))
		case ok:
			m.dirs = append(m.dirs, path)
		case exists(filepath.Join(path, "objects")):
			m.errs = append(m.errs, fmt.Errorf("open the submodule's git directory %q: %w", path, ErrNotRepository))
		default:
			m.walk(path, depth+1)
		}
	}
}
