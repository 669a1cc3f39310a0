package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Discover opens the repository that contains path, a file or a directory: the
// first one going up that has a ".git" (directory, file, or symbolic link to
// either) or is a git directory itself. A path that is a symbolic link to a
// directory stands for that directory; any other link belongs to the directory
// it lies in. GIT_CEILING_DIRECTORIES stops the way up.
func Discover(path string) (*Repo, error) {
	return discover(path, ambient())
}

func discover(path string, env environment) (*Repo, error) {
	dir, err := startDir(path)
	if err != nil {
		return nil, fmt.Errorf("discover the repository of %q: %w", path, err)
	}
	for ceiling := findCeiling(dir, env); ; dir = filepath.Dir(dir) {
		repo, err := openDir(dir, env)
		if !errors.Is(err, ErrNotRepository) {
			return repo, err
		}
		if parent := filepath.Dir(dir); parent == dir || parent == ceiling {
			return nil, fmt.Errorf("discover the repository of %q: %w (nor any parent)", path, ErrNotRepository)
		}
	}
}

// startDir is the physical directory in which git would be started.
func startDir(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		// A file, or a name that is not there any more (a deleted file of
		// the index): the nearest parent that exists decides.
		for abs = filepath.Dir(abs); ; abs = filepath.Dir(abs) {
			if _, err := os.Stat(abs); err == nil || abs == filepath.Dir(abs) {
				break
			}
		}
	}
	return filepath.EvalSymlinks(abs)
}

// findCeiling is the deepest directory of GIT_CEILING_DIRECTORIES above dir; it
// is not looked into. After an empty element git takes the rest as written.
func findCeiling(dir string, env environment) string {
	deepest, literal := "", false
	for _, ceiling := range filepath.SplitList(env.getenv("GIT_CEILING_DIRECTORIES")) {
		if ceiling == "" {
			literal = true
			continue
		}
		if !filepath.IsAbs(ceiling) {
			continue
		}
		ceiling = filepath.Clean(ceiling)
		if !literal {
			ceiling = realPath(ceiling)
		}
		if rel, ok := beneath(ceiling, dir); ok && rel != "" && len(ceiling) > len(deepest) {
			deepest = ceiling
		}
	}
	return deepest
}

// Open opens the repository whose worktree has its top at dir, or dir itself
// as a bare repository or git directory. Anything else is ErrNotRepository; a
// ".git" file that leads nowhere, or a format that is not known, is another
// error. It reads a few small files.
func Open(dir string) (*Repo, error) {
	return openDir(realPath(dir), ambient())
}

func openDir(dir string, env environment) (*Repo, error) {
	gitDir, err := dotGit(dir, env)
	if err != nil {
		return nil, err
	}
	if gitDir != "" {
		return newRepo(gitDir, dir, env)
	}
	ok, err := isGitDir(dir, env)
	switch {
	case err != nil && looksBare(dir):
		return nil, fmt.Errorf("open repository %q: %w", dir, err)
	case ok:
		return newRepo(dir, "", env)
	}
	return nil, fmt.Errorf("open %q: %w", dir, ErrNotRepository)
}

// dotGit is the git directory that dir/.git is or names; empty where there is
// none. Going on past a .git file that leads nowhere would hand its files to
// an outer repository that does not track them, so that is an error, as in git.
func dotGit(dir string, env environment) (string, error) {
	path := filepath.Join(dir, ".git")
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", nil
	case info.IsDir():
		ok, err := isGitDir(path, env)
		switch {
		case err != nil:
			return "", fmt.Errorf("open repository %q: %w", path, err)
		case ok:
			return path, nil
		}
		return "", nil
	case info.Mode().IsRegular():
		return gitFile(path, env)
	}
	return "", nil
}

// A StrayError is a ".git" file that leads to no git directory. Git refuses to
// work there; to a repository around it, it is a directory like any other.
type StrayError struct{ File, Reason string }

func (e *StrayError) Error() string { return fmt.Sprintf("follow git file %q: %s", e.File, e.Reason) }

// gitFile follows a file that says "gitdir: PATH" (gitrepository-layout).
func gitFile(path string, env environment) (string, error) {
	data, err := readFile(path, maxLinkFile)
	if err != nil {
		return "", fmt.Errorf("follow git file: %w", err)
	}
	target, ok := strings.CutPrefix(string(data), "gitdir: ")
	target = strings.TrimRight(target, "\r\n")
	if !ok || target == "" {
		return "", &StrayError{path, "no line \"gitdir: PATH\""}
	}
	target = filepath.FromSlash(target)
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	if ok, err := isGitDir(target, env); err != nil {
		return "", fmt.Errorf("follow git file %q: open repository %q: %w", path, target, err)
	} else if !ok {
		return "", &StrayError{path, fmt.Sprintf("%q is not a git directory", target)}
	}
	return target, nil
}

// isGitDir tells by git's own signs: a HEAD that could be one, and the
// directories for objects and refs, in the common directory if there is one. The
// error says that there may be some, and nobody may look at them.
func isGitDir(dir string, env environment) (bool, error) {
	valid, err := validHead(filepath.Join(dir, "HEAD"))
	if !valid || err != nil {
		return false, err
	}
	common, _, err := commonDir(dir, env)
	if err != nil {
		return false, denied(err)
	}
	objects := filepath.Join(common, "objects")
	if name := env.getenv("GIT_OBJECT_DIRECTORY"); name != "" {
		objects = env.abs(name)
	}
	for _, path := range []string{objects, filepath.Join(common, "refs")} {
		if _, err := os.Stat(path); err != nil {
			return false, denied(err)
		}
	}
	return true, nil
}

// denied is an error that says that something may not be looked at; nil for any
// other, which says that it is not there.
func denied(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// looksBare tells a directory that was made to be a repository from one that
// happens to have a file named HEAD in it.
func looksBare(dir string) bool {
	return exists(filepath.Join(dir, "objects")) && exists(filepath.Join(dir, "refs"))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// validHead tells whether a file could be a HEAD: a reference below refs/, an
// object id of either length, or the old form, a symbolic link into refs/.
func validHead(path string) (bool, error) {
	if link, err := os.Readlink(path); err == nil {
		return strings.HasPrefix(link, "refs/"), nil
	}
	data, err := readFile(path, maxLinkFile)
	if err != nil {
		return false, denied(err)
	}
	text := string(data)
	if target, ok := strings.CutPrefix(text, "ref:"); ok {
		return strings.HasPrefix(strings.TrimLeft(target, asciiSpace), "refs/"), nil
	}
	digits := 0
	for digits < len(text) && isHex(text[digits]) {
		digits++
	}
	return digits >= 40, nil
}

// asciiSpace is what git's own isspace accepts.
const asciiSpace = " \t\n\r"

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// commonDir follows the "commondir" file of a linked worktree's git directory.
func commonDir(gitDir string, env environment) (dir string, linked bool, err error) {
	if name := env.getenv("GIT_COMMON_DIR"); name != "" {
		return realPath(env.abs(name)), true, nil
	}
	data, err := readFile(filepath.Join(gitDir, "commondir"), maxLinkFile)
	if errors.Is(err, os.ErrNotExist) {
		return realPath(gitDir), false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("find the common directory of %q: %w", gitDir, err)
	}
	target := filepath.FromSlash(strings.TrimRight(string(data), "\r\n"))
	if target == "" || strings.ContainsRune(target, 0) {
		return "", false, fmt.Errorf("find the common directory of %q: its commondir file names none", gitDir)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(gitDir, target)
	}
	return realPath(target), true, nil
}

// FromEnv opens the repository that git would use in cwd with these variables:
// the one that GIT_DIR names, else the one that contains cwd. GIT_WORK_TREE,
// GIT_INDEX_FILE, GIT_COMMON_DIR, GIT_OBJECT_DIRECTORY and
// GIT_ALTERNATE_OBJECT_DIRECTORIES are honoured, which is how a hook learns of
// the index of `git commit FILE` and of the quarantine of a push.
func FromEnv(getenv func(string) string, cwd string) (*Repo, error) {
	cwd, err := filepath.Abs(cwd)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	env := environment{getenv: getenv, cwd: cwd}
	if objects := getenv("GIT_OBJECT_DIRECTORY"); objects != "" {
		if _, err := os.Stat(env.abs(objects)); err != nil { // no repository has objects then
			return nil, fmt.Errorf("open the directory of objects that GIT_OBJECT_DIRECTORY names: %w", err)
		}
	}
	name := getenv("GIT_DIR")
	if name == "" {
		return discover(cwd, env)
	}
	gitDir := env.abs(name)
	if info, err := os.Stat(gitDir); err == nil && info.Mode().IsRegular() {
		if gitDir, err = gitFile(gitDir, env); err != nil {
			return nil, err
		}
	}
	if ok, err := isGitDir(gitDir, env); err != nil {
		return nil, fmt.Errorf("open repository %q, named by GIT_DIR: %w", gitDir, err)
	} else if !ok {
		return nil, fmt.Errorf("open %q, named by GIT_DIR: %w", gitDir, ErrNotRepository)
	}
	top := cwd
	if implicit, err := parseBool(getenv("GIT_IMPLICIT_WORK_TREE")); err == nil && !implicit && getenv("GIT_IMPLICIT_WORK_TREE") != "" {
		top = ""
	}
	return newRepo(gitDir, top, env)
}
