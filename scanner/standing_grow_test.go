package scanner

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A treeGrower makes a random working tree, with repositories in it. Every
// file holds the same key.
type treeGrower struct {
	*gitRepo
	random           *rand.Rand
	text             string
	files            []string
	repos            []string            // tops of all repositories, "" the outer one
	adds             map[string][]string // files to be tracked, by top, from there
	hidden           int                 // ignore files that only the index has
	recased, adopted int                 // files whose case differs from the index; that an outer repository tracks in an inner one
}

var (
	growDirs    = []string{"src", "build2", "logs", "node_modules", "vendor", "d e", "tmp"}
	growFiles   = []string{"a", "b.log", ".env", "c.txt", "keep.log", "x.o"}
	growIgnores = []string{
		"*.log", "!keep.log", "/build2/", "node_modules", "logs/*", "!logs/src", "c.txt", "/src/a", "*.o", "tmp/",
		"vendor/**/b.log", "!*.txt", "d\\ e/a", ".env", "a", "!a", "# c.txt", "src/**", "?.txt", "[a-c]",
	}
)

func (g *treeGrower) pick(from []string) string { return from[g.random.IntN(len(from))] }

// ignores writes a file of ignore rules.
func (g *treeGrower) ignores(name string) {
	var lines []string
	for range 1 + g.random.IntN(4) {
		lines = append(lines, g.pick(growIgnores))
	}
	g.write(name, strings.Join(lines, "\n")+"\n")
}

// grow makes a directory with what is in it; top is its repository.
func (g *treeGrower) grow(top, dir string, depth int) {
	g.Helper()
	if g.random.IntN(3) == 0 {
		g.ignores(joinPath(dir, ".gitignore"))
		if g.random.IntN(2) == 0 {
			g.adds[top] = append(g.adds[top], strings.TrimPrefix(joinPath(dir, ".gitignore")[len(top):], "/"))
		}
	}
	for _, name := range growFiles {
		path := joinPath(dir, name)
		if g.random.IntN(2) == 0 {
			continue
		}
		g.write(path, g.text)
		g.files = append(g.files, path)
		if g.random.IntN(3) == 0 {
			g.adds[top] = append(g.adds[top], strings.TrimPrefix(path[len(top):], "/"))
		}
	}
	for range min(depth, 3) {
		sub := joinPath(dir, g.pick(growDirs))
		if exists(filepath.Join(g.dir, sub)) {
			continue
		}
		if err := os.MkdirAll(filepath.Join(g.dir, sub), 0o755); err != nil {
			g.Fatal(err)
		}
		below := top
		if g.random.IntN(6) == 0 {
			g.init(sub)
			below = sub
			g.repos = append(g.repos, sub)
		}
		g.grow(below, sub, depth-1)
	}
}

// add has git track what is to be tracked, ignored or not.
func (g *treeGrower) add() {
	g.Helper()
	for top, paths := range g.adds {
		g.gitInput(strings.Join(paths, "\x00"), "-C", filepath.Join(g.dir, top), "--literal-pathspecs", "add", "-f", "--pathspec-from-file=-", "--pathspec-file-nul")
	}
	clear(g.adds)
}

// link makes submodules of some repositories: the one around each tracks its
// commit.
func (g *treeGrower) link() (linked int) {
	g.Helper()
	for i, top := range g.repos[1:] {
		if g.random.IntN(2) == 0 {
			continue
		}
		around := ""
		for _, outer := range g.repos[1 : i+1] {
			if strings.HasPrefix(top, outer+"/") {
				around = outer
			}
		}
		g.git("-C", filepath.Join(g.dir, top), "commit", "-qm", "module", "--allow-empty")
		rel, _ := relativeTo(top, around)
		g.git("-C", filepath.Join(g.dir, around), "add", "-f", rel)
		linked++
	}
	return linked
}

// thin leaves a part of the outer repository's files out of the working tree,
// by directories (and then out of the index, too) or by patterns.
func (g *treeGrower) thin(cone bool) (left int) {
	g.Helper()
	g.git("commit", "-qm", "all", "--allow-empty")
	if cone {
		g.git("sparse-checkout", "set", "--cone", "--sparse-index", "src", "logs")
	} else {
		g.git("sparse-checkout", "set", "--no-cone", "/*", "!a", "!src/", "*.log")
	}
	all := len(g.files)
	gone := func(path string) bool { return !exists(filepath.Join(g.dir, path)) }
	g.files, g.repos = slices.DeleteFunc(g.files, gone), slices.DeleteFunc(g.repos, gone)
	return all - len(g.files)
}

// regrow makes files where a sparse checkout left directories out, which are
// then judged by ignore files that only the index has.
func (g *treeGrower) regrow() {
	g.Helper()
	for line := range strings.SplitSeq(g.git("ls-files", "-z"), "\x00") {
		dir, name := splitPath(line)
		if path := joinPath(dir, g.pick(growFiles)+"2"); name == ".gitignore" && !exists(filepath.Join(g.dir, line)) && !exists(filepath.Join(g.dir, path)) {
			g.hidden++
			for _, path := range []string{path, joinPath(dir, "z.log"), joinPath(dir, "z.txt")} {
				g.write(path, g.text)
				g.files = append(g.files, path)
			}
		}
	}
}

// hide leaves some ignore files to the index.
func (g *treeGrower) hide() {
	g.Helper()
	var hidden strings.Builder
	for line := range strings.SplitSeq(g.git("ls-files", "-s", "-z"), "\x00") {
		meta, path, _ := strings.Cut(line, "\t")
		if strings.HasSuffix(path, ".gitignore") && strings.HasSuffix(meta, " 0") && g.random.IntN(2) == 0 && os.Remove(filepath.Join(g.dir, path)) == nil {
			g.hidden++
			hidden.WriteString(path + "\x00")
		}
	}
	g.gitInput(hidden.String(), "update-index", "-z", "--skip-worktree", "--stdin")
}

// unsettle brings the index of the outer repository into the states that it can
// have: staged and taken out again, in conflict, intended, not to be checked out.
func (g *treeGrower) unsettle() {
	g.Helper()
	var info, skip, trust strings.Builder
	intend := []string{"add", "-f", "-N", "--"}
	for line := range strings.SplitSeq(g.git("ls-files", "-s", "-z"), "\x00") {
		meta, path, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(meta, "160000") || !exists(filepath.Join(g.dir, path)) {
			continue // a submodule, or not checked out
		}
		id := strings.Fields(meta)[1]
		out := "0 " + strings.Repeat("0", 40) + "\t" + path + "\n"
		switch g.random.IntN(8) {
		case 0:
			info.WriteString(out)
		case 1:
			info.WriteString(out)
			intend = append(intend, path)
		case 2:
			info.WriteString(out + "100644 " + id + " 1\t" + path + "\n100644 " + id + " 3\t" + path + "\n")
		case 3:
			skip.WriteString(path + "\x00")
		case 4:
			trust.WriteString(path + "\x00")
		}
	}
	g.gitInput(skip.String(), "update-index", "-z", "--skip-worktree", "--stdin")
	g.gitInput(trust.String(), "update-index", "-z", "--assume-unchanged", "--stdin")
	g.gitInput(info.String(), "update-index", "--index-info")
	if len(intend) > 4 {
		g.git(intend...)
	}
}

// recase makes the outer repository one for a file system that does not tell
// upper case from lower, and renames files and directories in that alone.
func (g *treeGrower) recase() {
	g.Helper()
	g.git("config", "core.ignoreCase", "true")
	rename := func(from, to string) {
		if exists(filepath.Join(g.dir, to)) {
			return
		}
		if err := os.Rename(filepath.Join(g.dir, from), filepath.Join(g.dir, to)); err != nil {
			g.Fatal(err)
		}
		for i, path := range g.files {
			if rest, ok := strings.CutPrefix(path, from); ok && (rest == "" || rest[0] == '/') {
				g.files[i] = to + rest
			}
		}
		g.recased++
	}
	for _, path := range slices.Clone(g.files) {
		if dir, name := splitPath(path); g.random.IntN(3) == 0 && exists(filepath.Join(g.dir, path)) {
			rename(path, joinPath(dir, strings.ToUpper(name)))
		}
	}
	for _, dir := range growDirs {
		inner := func(top string) bool { return top == dir || strings.HasPrefix(top, dir+"/") }
		if g.random.IntN(2) == 0 && exists(filepath.Join(g.dir, dir)) && !slices.ContainsFunc(g.repos, inner) {
			rename(dir, strings.ToUpper(dir))
		}
	}
}

// otherwise lists the files that the outer repository's index has by names that
// differ in case, as git sees it.
func (g *treeGrower) otherwise(staged []string) (paths []string) {
	known := map[string]bool{}
	for _, path := range staged {
		known[strings.ToLower(path)] = true
	}
	for _, path := range g.files {
		if known[strings.ToLower(path)] {
			paths = append(paths, path)
		}
	}
	return paths
}

// inner reports whether a file lies in a repository inside the outer one.
func (g *treeGrower) inner(path string) bool {
	return slices.ContainsFunc(g.repos, func(top string) bool { return top != "" && strings.HasPrefix(path, top+"/") })
}

// adopt has the outer repository track files in the inner ones, as it may have
// before these were made.
func (g *treeGrower) adopt() {
	g.Helper()
	var info strings.Builder
	id := g.gitInput(g.text, "hash-object", "-w", "--stdin")
	for _, path := range g.files {
		if g.inner(path) && g.random.IntN(3) == 0 {
			info.WriteString("100644 " + id + "\t" + path + "\n")
			g.adopted++
		}
	}
	g.gitInput(info.String(), "update-index", "--add", "--replace", "--index-info") // a submodule is none then
}
