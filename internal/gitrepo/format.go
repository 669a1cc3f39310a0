package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tristate is a setting that may be absent.
type tristate uint8

const (
	unset tristate = iota
	no
	yes
)

func tristateOf(on bool) tristate {
	if on {
		return yes
	}
	return no
}

// format is what a repository's own config file says of how the repository is
// laid out (git's repository-version documentation).
type format struct {
	version        int64 // -1: the file says nothing, as before format versions
	hashSize       int
	reftable       bool
	worktreeConfig bool
	partialClone   string
	bare           tristate
	workTree       string
	unknown        []string // extensions nobody here knows
	onlyV1         []string // extensions that version 0 must not have
}

// maxFormatVersion is the highest core.repositoryformatversion there is.
const maxFormatVersion = 1

// An extension is one that this package knows how to read by, or that does not
// concern a reader.
type extension struct {
	v0  bool // git honours it in a repository of version 0, too
	set func(*format, configEntry) error
}

// extensions are those of git 2.55. Names are lower case, as keys compare.
var extensions = map[string]extension{
	"noop":                {v0: true, set: ignoreExtension},
	"preciousobjects":     {v0: true, set: ignoreExtension},
	"partialclone":        {v0: true, set: func(f *format, e configEntry) error { f.partialClone = e.value; return nil }},
	"worktreeconfig":      {v0: true, set: setWorktreeConfig},
	"noop-v1":             {set: ignoreExtension},
	"objectformat":        {set: setObjectFormat},
	"compatobjectformat":  {set: ignoreExtension},
	"refstorage":          {set: setRefStorage},
	"relativeworktrees":   {set: ignoreExtension},
	"submodulepathconfig": {set: ignoreExtension},
}

func ignoreExtension(*format, configEntry) error { return nil }

func setWorktreeConfig(f *format, e configEntry) (err error) {
	f.worktreeConfig, err = e.bool()
	return err
}

// hashSizes are the object formats by name.
var hashSizes = map[string]int{"sha1": 20, "sha256": 32}

func setObjectFormat(f *format, e configEntry) error {
	size, ok := hashSizes[e.value]
	if !ok {
		return fmt.Errorf("unknown object format %q", e.value)
	}
	f.hashSize = size
	return nil
}

func setRefStorage(f *format, e configEntry) error {
	switch e.value {
	case "files":
		f.reftable = false
	case "reftable":
		f.reftable = true
	default:
		return fmt.Errorf("unknown ref storage %q", e.value)
	}
	return nil
}

// readFormat reads the format without includes, as git does, and refuses what
// is not known. linked says that gitDir has a common directory elsewhere, whose
// core.bare and core.worktree then are the main worktree's own affair.
func readFormat(common, gitDir string, linked bool) (format, error) {
	f := format{version: -1, hashSize: hashSizes["sha1"]}
	if err := f.read(filepath.Join(common, "config"), f.take); err != nil {
		return f, err
	}
	if f.version < 0 {
		f = format{version: -1, hashSize: hashSizes["sha1"]} // git, too, then believes nothing else in it
	}
	if err := f.verify(); err != nil {
		return f, err
	}
	if f.worktreeConfig {
		return f, f.read(filepath.Join(gitDir, "config.worktree"), f.takeWorktree)
	}
	if linked {
		f.bare, f.workTree = unset, ""
	}
	return f, nil
}

func (f *format) read(path string, take func(configEntry) error) error {
	data, err := readFile(path, maxConfigFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for entry, err := range parseConfig(data) {
		if err == nil {
			err = take(entry)
		}
		if err != nil {
			return fmt.Errorf("config file %q: %w", path, err)
		}
	}
	return nil
}

func (f *format) take(e configEntry) (err error) {
	if e.key == "core.repositoryformatversion" {
		f.version, err = parseInt(e.value)
		return err
	}
	name, ok := strings.CutPrefix(e.key, "extensions.")
	if !ok {
		return f.takeWorktree(e)
	}
	known, ok := extensions[name]
	if !ok {
		f.unknown = append(f.unknown, name)
		return nil
	}
	if !known.v0 {
		f.onlyV1 = append(f.onlyV1, name)
	}
	if err := known.set(f, e); err != nil {
		return fmt.Errorf("extension %q: %w", name, err)
	}
	return nil
}

// takeWorktree reads the two settings that a config.worktree may change.
func (f *format) takeWorktree(e configEntry) error {
	switch e.key {
	case "core.bare":
		on, err := e.bool()
		if err != nil {
			return fmt.Errorf("core.bare: %w", err)
		}
		f.bare = tristateOf(on)
	case "core.worktree":
		f.workTree = filepath.FromSlash(e.value)
	}
	return nil
}

func (f *format) verify() error {
	switch {
	case f.version > maxFormatVersion:
		return fmt.Errorf("unknown core.repositoryformatversion %d", f.version)
	case f.version == maxFormatVersion && len(f.unknown) > 0:
		return fmt.Errorf("unknown repository extension: %s", quoteList(f.unknown))
	case f.version == 0 && len(f.onlyV1) > 0:
		return fmt.Errorf("repository of version 0 has extensions of version 1: %s", quoteList(f.onlyV1))
	}
	return nil
}

func quoteList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	slices.Sort(quoted)
	return strings.Join(slices.Compact(quoted), ", ")
}
