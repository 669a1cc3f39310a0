package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Limits on includes: git's own depth, and a number of files, because ten
// levels of files that each include ten others are ten thousand million.
const (
	maxIncludeDepth = 10
	maxConfigFiles  = 1000
)

// A configLoader reads configuration files in order, with their includes.
type configLoader struct {
	repo    *Repo
	env     environment
	entries []configEntry
	errs    []error
	files   int

	// A condition on the remotes' URLs can only be decided when they are all
	// known, so the files are read a second time where one was met.
	urls       []string
	urlsKnown  bool
	urlsWanted bool
}

func newConfigLoader(r *Repo) *configLoader { return &configLoader{repo: r, env: r.env} }

func (l *configLoader) load() ([]configEntry, error) {
	l.loadAll()
	if l.urlsWanted {
		l.urlsKnown = true
		for _, entry := range l.entries {
			if isRemoteURL(entry.key) {
				l.urls = append(l.urls, entry.value)
			}
		}
		l.entries, l.errs, l.files = nil, nil, 0
		l.loadAll()
	}
	return l.entries, errors.Join(l.errs...)
}

func isRemoteURL(key string) bool {
	return strings.HasPrefix(key, "remote.") && strings.HasSuffix(key, ".url")
}

func (l *configLoader) loadAll() {
	for _, path := range l.sharedFiles() {
		l.file(path, 0)
	}
	l.file(filepath.Join(l.repo.CommonDir, "config"), 0)
	if l.repo.format.worktreeConfig {
		l.file(filepath.Join(l.repo.GitDir, "config.worktree"), 0)
	}
	l.environment()
}

// sharedFiles are the system's file and the user's (git-config, FILES).
func (l *configLoader) sharedFiles() []string {
	var paths []string
	if off, err := parseBool(l.env.getenv("GIT_CONFIG_NOSYSTEM")); err != nil || !off {
		paths = append(paths, l.systemFile())
	}
	if global, ok := l.named("GIT_CONFIG_GLOBAL"); ok {
		return append(paths, global)
	}
	paths = append(paths, l.env.xdg("git", "config"))
	if home, err := l.env.home(""); err == nil {
		paths = append(paths, filepath.Join(home, ".gitconfig"))
	}
	return paths
}

// systemFile is in /etc for a git that is installed below /usr, and in the etc
// of the installation for any other (git's own rule for building it), unless the
// environment names it.
func (l *configLoader) systemFile() string {
	if path, ok := l.named("GIT_CONFIG_SYSTEM"); ok {
		return path
	}
	return l.env.etc("gitconfig")
}

// named is the file that a variable names: none, if it is set and empty.
func (l *configLoader) named(variable string) (path string, ok bool) {
	if path = l.env.getenv(variable); path != "" {
		return l.env.abs(path), true
	}
	value, ok := os.LookupEnv(variable) // only the process tells that from one that is not set
	return "", ok && value == ""
}

// etc is a file that holds for all users.
func (e environment) etc(name string) string {
	prefix := e.installPrefix()
	if prefix == filepath.FromSlash("/usr") || prefix == filepath.Dir(prefix) {
		prefix = filepath.FromSlash("/")
	}
	return filepath.Join(prefix, "etc", name)
}

func (l *configLoader) fail(path string, err error) {
	l.report(fmt.Errorf("config file %q: %w", path, err))
}

// report keeps an error once; of very many, which only an attack brings about,
// the first few.
func (l *configLoader) report(err error) {
	known := slices.ContainsFunc(l.errs, func(e error) bool { return e.Error() == err.Error() })
	if !known && len(l.errs) < maxLineErrors {
		l.errs = append(l.errs, err)
	}
}

// file reads one file, if it exists. Of one that is bad the entries before the
// bad line are kept.
func (l *configLoader) file(path string, depth int) {
	if path == "" || path == os.DevNull {
		return
	}
	if l.files++; l.files > maxConfigFiles {
		if l.files == maxConfigFiles+1 {
			l.fail(path, fmt.Errorf("more than %d files are included", maxConfigFiles))
		}
		return
	}
	data, err := readFile(path, maxConfigFile)
	if errors.Is(err, os.ErrNotExist) || isNotDir(err) {
		return
	}
	if err != nil {
		l.report(err)
		return
	}
	for entry, err := range parseConfig(data) {
		if err != nil {
			l.fail(path, err)
			return
		}
		entry.file = path
		l.take(entry, depth)
	}
}

// isNotDir reports whether a part of the path is a file, so that nothing lies there.
func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// take keeps an entry and, if it is an include that applies, reads that file
// at once: its place decides what it overrides.
func (l *configLoader) take(entry configEntry, depth int) {
	l.entries = append(l.entries, entry)
	if entry.key == "include.path" || l.conditionHolds(entry) {
		l.include(entry, depth)
	}
}

func (l *configLoader) include(entry configEntry, depth int) {
	path, err := l.env.expandPath(entry.value)
	if entry.value == "" {
		err = errors.New("empty path")
	}
	if err != nil {
		l.fail(entry.file, fmt.Errorf("%s: %w", entry.key, err))
		return
	}
	if !filepath.IsAbs(path) {
		if entry.file == "" {
			l.report(fmt.Errorf("config from the environment: %s: relative path", entry.key))
			return
		}
		path = filepath.Join(filepath.Dir(entry.file), path)
	}
	if depth >= maxIncludeDepth {
		l.fail(entry.file, fmt.Errorf("includes are nested more than %d deep", maxIncludeDepth))
		return
	}
	l.file(path, depth+1)
}

// conditions are the keywords of includeIf (git-config, CONDITIONAL INCLUDES).
var conditions = []struct {
	keyword string
	holds   func(l *configLoader, pattern, file string) bool
}{
	{"gitdir:", func(l *configLoader, pattern, file string) bool { return l.gitDirMatches(pattern, file, false) }},
	{"gitdir/i:", func(l *configLoader, pattern, file string) bool { return l.gitDirMatches(pattern, file, true) }},
	{"onbranch:", (*configLoader).branchMatches},
	{"hasconfig:remote.*.url:", (*configLoader).urlMatches},
}

// conditionHolds reports whether entry is includeIf.CONDITION.path of a
// condition that is known and holds; git skips one that it does not know.
func (l *configLoader) conditionHolds(entry configEntry) bool {
	condition, ok := strings.CutPrefix(entry.key, "includeif.")
	if !ok {
		return false
	}
	condition, ok = strings.CutSuffix(condition, ".path")
	if !ok {
		return false
	}
	for _, known := range conditions {
		if pattern, ok := strings.CutPrefix(condition, known.keyword); ok {
			return known.holds(l, pattern, entry.file)
		}
	}
	return false
}

// gitDirMatches compares the git directory with a pattern, which is anchored by
// "/", "~/" or "./" (the including file's directory) and floats otherwise.
func (l *configLoader) gitDirMatches(pattern, file string, fold bool) bool {
	dir := filepath.ToSlash(l.repo.GitDir)
	switch {
	case strings.HasPrefix(pattern, "~/"):
		home, err := l.env.home("")
		if err != nil {
			return false
		}
		pattern = filepath.ToSlash(realPath(home)) + pattern[1:]
	case strings.HasPrefix(pattern, "./") && file != "":
		// The file's directory stands for itself: it is no pattern.
		base := filepath.ToSlash(filepath.Dir(realPath(file))) + "/"
		if len(dir) < len(base) || !sameText(dir[:len(base)], base, fold) {
			return false
		}
		dir, pattern = dir[len(base):], trailingStars(pattern)[2:]
	case !filepath.IsAbs(filepath.FromSlash(pattern)):
		pattern = "**/" + pattern
	}
	return matchCondition(trailingStars(pattern), dir, fold)
}

func sameText(a, b string, fold bool) bool {
	return a == b || fold && strings.EqualFold(a, b)
}

// trailingStars makes a pattern that ends in "/" match all below.
func trailingStars(pattern string) string {
	if strings.HasSuffix(pattern, "/") {
		return pattern + "**"
	}
	return pattern
}

func (l *configLoader) branchMatches(pattern, _ string) bool {
	head, err := l.repo.Head()
	branch, ok := strings.CutPrefix(head.Target, "refs/heads/")
	return err == nil && ok && matchCondition(trailingStars(pattern), branch, false)
}

func (l *configLoader) urlMatches(pattern, _ string) bool {
	l.urlsWanted = true
	for _, url := range l.urls {
		if l.urlsKnown && matchCondition(pattern, url, false) {
			return true
		}
	}
	return false
}

// matchCondition matches a whole text against a condition's pattern, in which
// "**" passes a "/". Unlike an ignore rule, the pattern is compiled in one piece
// (see compiler.compile).
func matchCondition(pattern, text string, fold bool) bool {
	c := compiler{fold: fold}
	if len(pattern) > maxMatchLength || !c.compileRest(pattern, true, true) {
		return false
	}
	subject := []byte(text)
	if fold {
		subject = appendLower(nil, text)
	}
	m := wildmatch{code: c.code, sets: c.sets, text: subject}
	return m.match()
}
