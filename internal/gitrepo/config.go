package gitrepo

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Config is the merged configuration of a repository. Where a key is set more
// than once, the last value wins. Keys are written as git writes them
// ("core.excludesFile", "remote.origin.url"); section and name are compared
// without regard to case.
type Config struct {
	entries []configEntry
	byKey   map[string][]int // positions in entries
	env     environment
	dir     string // from which git takes relative names
}

// Config reads the configuration that git would use: the system's, the user's
// (XDG, then home), the repository's, the worktree's where
// extensions.worktreeConfig is set, and the environment's. It is read once. With
// an error the Config still holds all that could be read, so it is never nil.
func (r *Repo) Config() (*Config, error) { return r.config() }

func (r *Repo) loadConfig() (*Config, error) {
	l := newConfigLoader(r)
	entries, err := l.load()
	c := &Config{entries: entries, byKey: map[string][]int{}, env: r.env, dir: cmp.Or(r.WorkTree, r.GitDir)}
	for i, entry := range entries {
		c.byKey[entry.key] = append(c.byKey[entry.key], i)
	}
	if err != nil {
		return c, fmt.Errorf("read configuration of %q: %w", r.GitDir, err)
	}
	return c, nil
}

// canonicalKey lowers section and name; it leaves a subsection alone.
func canonicalKey(key string) string {
	first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
	if first < 0 {
		return strings.ToLower(key)
	}
	return strings.ToLower(key[:first]) + key[first:last] + strings.ToLower(key[last:])
}

func (c *Config) last(key string) (configEntry, bool) {
	positions := c.byKey[canonicalKey(key)]
	if len(positions) == 0 {
		return configEntry{}, false
	}
	return c.entries[positions[len(positions)-1]], true
}

// All yields every assignment in the order of reading, as canonical key and
// value: later ones win.
func (c *Config) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, entry := range c.entries {
			if !yield(entry.key, entry.value) {
				return
			}
		}
	}
}

// Get returns the last value of key, and whether it is set at all.
func (c *Config) Get(key string) (value string, ok bool) {
	entry, ok := c.last(key)
	return entry.value, ok
}

// Bool returns the last value of key as git reads a boolean: true, yes, on,
// false, no, off in any case, a number, nothing after the "=" (false), or no
// "=" at all (true).
func (c *Config) Bool(key string) (value, ok bool, err error) {
	entry, ok := c.last(key)
	if !ok {
		return false, false, nil
	}
	if value, err = entry.bool(); err != nil {
		return false, true, fmt.Errorf("config key %q: %w", key, err)
	}
	return value, true, nil
}

// Int returns the last value of key as a number, which may end in k, m or g
// (of 1024).
func (c *Config) Int(key string) (value int64, ok bool, err error) {
	entry, ok := c.last(key)
	if !ok {
		return 0, false, nil
	}
	if value, err = parseInt(entry.value); err != nil {
		return 0, true, fmt.Errorf("config key %q: %w", key, err)
	}
	return value, true, nil
}

// Path returns the last value of key as a file name: "~/" and "~user/" stand for
// a home directory, "%(prefix)/" for the directory that git is installed in, and
// ":(optional)" before a name unsets the key where there is no such file. A
// relative name is returned as it is. An empty value is an empty name.
func (c *Config) Path(key string) (path string, ok bool, err error) {
	entry, ok := c.last(key)
	if !ok {
		return "", false, nil
	}
	name, optional := strings.CutPrefix(entry.value, ":(optional)")
	if path, err = c.env.expandPath(name); err != nil {
		return "", true, fmt.Errorf("config key %q: %w", key, err)
	}
	from := path
	if !filepath.IsAbs(path) {
		from = filepath.Join(c.dir, path)
	}
	if optional && !exists(from) {
		return "", false, nil
	}
	return path, true, nil
}

var errNotBool = errors.New("not a boolean")

// boolWords are the words that git takes as a boolean, in any case.
var boolWords = map[string]bool{"true": true, "yes": true, "on": true, "false": false, "no": false, "off": false, "": false}

func parseBool(value string) (bool, error) {
	if on, ok := boolWords[strings.ToLower(value)]; ok {
		return on, nil
	}
	n, err := parseInt(value)
	if err != nil {
		return false, errNotBool
	}
	return n != 0, nil
}

var errNotNumber = errors.New("not a number")

// units are the suffixes of a number as powers of two.
var units = map[byte]uint{'k': 10, 'm': 20, 'g': 30}

func parseInt(value string) (int64, error) {
	value = strings.TrimLeft(value, asciiSpace)
	var shift uint
	if n := len(value); n > 0 && units[lowerByte(value[n-1])] != 0 {
		shift = units[lowerByte(value[n-1])]
		value = value[:n-1]
	}
	if strings.Contains(value, "_") {
		return 0, errNotNumber // Go allows it between digits, C does not
	}
	n, err := strconv.ParseInt(value, 0, 64)
	if err != nil || n > math.MaxInt64>>shift || n < math.MinInt64>>shift {
		return 0, errNotNumber
	}
	return n << shift, nil
}

// expandPath expands what git expands at the start of a path.
func (e environment) expandPath(path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "%(prefix)/"); ok {
		return filepath.Join(e.installPrefix(), filepath.FromSlash(rest)), nil
	}
	if !strings.HasPrefix(path, "~") {
		return filepath.FromSlash(path), nil
	}
	name, rest, _ := strings.Cut(path[1:], "/")
	home, err := e.home(name)
	if err != nil {
		return "", err
	}
	return filepath.Join(home, filepath.FromSlash(rest)), nil
}

// home is the home directory of a user, of this one if name is empty. Other
// users' are looked up without cgo, in /etc/passwd, where there is one.
func (e environment) home(name string) (string, error) {
	if name == "" {
		for _, variable := range []string{"HOME", "USERPROFILE"} {
			if home := e.getenv(variable); home != "" {
				return home, nil
			}
		}
		return "", errors.New("expand \"~/\": HOME is not set")
	}
	return lookupHome(name)
}

// installPrefix is the directory under which git is installed: the parent of
// the one where it lies on PATH. It is looked for, never run.
func (e environment) installPrefix() string {
	for _, dir := range filepath.SplitList(e.getenv("PATH")) {
		for _, name := range []string{"git", "git.exe"} {
			if filepath.IsAbs(dir) && exists(filepath.Join(dir, name)) {
				return filepath.Dir(filepath.Clean(dir))
			}
		}
	}
	return filepath.FromSlash("/usr")
}

// OuterRules says where the ignore rules lie that are not in the tree.
type OuterRules struct {
	// User is the file of core.excludesFile or its default, Info the
	// repository's own info/exclude. A file named here may not exist; User is
	// empty where there is no home directory, or core.excludesFile is empty.
	User, Info string
	// IgnoreCase is core.ignoreCase: names match without regard to case.
	IgnoreCase bool
}

// OuterRules finds the ignore rules outside the tree. The error tells of a
// configuration that could not be read or holds a value that makes no sense;
// the rest of the answer stands.
func (r *Repo) OuterRules() (OuterRules, error) {
	config, err := r.Config()
	ignore := OuterRules{Info: filepath.Join(r.CommonDir, "info", "exclude")}
	user, ok, pathErr := config.Path("core.excludesFile")
	switch {
	case !ok:
		ignore.User = r.env.xdg("git", "ignore")
	case user != "" && !filepath.IsAbs(user):
		ignore.User = filepath.Join(cmp.Or(r.WorkTree, r.GitDir), user)
	default:
		ignore.User = user
	}
	var caseErr error
	ignore.IgnoreCase, _, caseErr = config.Bool("core.ignoreCase")
	return ignore, errors.Join(err, pathErr, caseErr)
}

// OuterAttributes is what decides about attributes and lies outside the working
// tree.
type OuterAttributes struct {
	// Files of attributes: the system's, the user's and info/attributes. They
	// need not exist.
	Files []string
	// Drivers: some filter is configured, other than that of Git LFS, which
	// most installations have and few repositories use; or attributes are
	// taken from a tree.
	Drivers bool
}

// OuterAttributes finds the attributes outside the working tree. The error tells
// of a configuration that could not be read.
func (r *Repo) OuterAttributes() (OuterAttributes, error) {
	config, err := r.Config()
	user, ok, pathErr := config.Path("core.attributesFile")
	switch {
	case !ok:
		user = r.env.xdg("git", "attributes")
	case user != "" && !filepath.IsAbs(user):
		user = filepath.Join(cmp.Or(r.WorkTree, r.GitDir), user)
	}
	a := OuterAttributes{Files: []string{
		r.env.etc("gitattributes"),
		filepath.Join(r.CommonDir, "info", "attributes"),
	}}
	if user != "" {
		a.Files = append(a.Files, user)
	}
	a.Drivers = r.env.getenv("GIT_ATTR_SOURCE") != ""
	for key := range config.All() {
		a.Drivers = a.Drivers || key == "attr.tree" ||
			strings.HasPrefix(key, "filter.") && !strings.HasPrefix(key, "filter.lfs.")
	}
	return a, errors.Join(err, pathErr)
}

// xdg is a file below the user's configuration directory; empty if there is no
// home directory.
func (e environment) xdg(parts ...string) string {
	base := e.getenv("XDG_CONFIG_HOME")
	if base == "" {
		home, err := e.home("")
		if err != nil {
			return ""
		}
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(slices.Insert(parts, 0, base)...)
}

// lookupHome reads a user's home directory out of /etc/passwd. With cgo, os/user
// would find more, but would also ask the network's directory services.
func lookupHome(name string) (string, error) {
	data, err := readFile("/etc/passwd", maxConfigFile)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		for _, line := range lines(data) {
			if fields := strings.Split(line, ":"); len(fields) >= 6 && fields[0] == name {
				return fields[5], nil
			}
		}
	}
	return "", fmt.Errorf("expand a path: the home directory of user %q is not known", name)
}
