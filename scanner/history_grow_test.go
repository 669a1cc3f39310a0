package scanner

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
)

// A grower makes a random history of files that hold keys.
type grower struct {
	*gitRepo
	random   *rand.Rand
	keys     []string
	branches []string
	n        int  // the step
	known    bool // git knows all files
}

var growPaths = []string{"a.txt", "b.txt", "d/a.txt", "d/e/f.txt", "d/e/ü g.txt"}

func (g *grower) path() string   { return growPaths[g.random.IntN(len(growPaths))] }
func (g *grower) branch() string { return g.branches[g.random.IntN(len(g.branches))] }
func (g *grower) name(kind string) string {
	return fmt.Sprint(kind, g.n)
}

// formsOf are lines that hold a key: plainly, encoded, and cut. They are always
// the same, so that a text tells whether it has one of them.
func formsOf(k string) []string {
	return []string{
		fmt.Sprintf("token = %q\n", k),
		"data: " + base64.StdEncoding.EncodeToString([]byte("user:"+k)) + "\n",
		"auth: " + base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(k)))) + "\n",
		"dump: " + hex.EncodeToString([]byte(k)) + "\n",
		"cut = \"" + k[:30] + "\" +\n  \"" + k[30:] + "\"\n",
	}
}

// text is a file with some of the keys, or none.
func (g *grower) text() string {
	var b strings.Builder
	for range g.random.IntN(4) {
		b.WriteString("line\n")
	}
	for _, k := range g.keys {
		if g.random.IntN(4) == 0 {
			forms := formsOf(k)
			b.WriteString(forms[g.random.IntN(len(forms))])
		}
	}
	return b.String() + fmt.Sprint(g.random.IntN(20))
}

// message is a commit's or tag's, and seldom holds a key.
func (g *grower) message(what string) string {
	if g.random.IntN(12) == 0 {
		return what + "\n\nthe key is " + g.keys[g.random.IntN(len(g.keys))] + "."
	}
	return fmt.Sprint(what, " ", g.n)
}

func (g *grower) write(name, text string) {
	g.known = g.known && exists(filepath.Join(g.dir, name))
	g.gitRepo.write(name, text)
}

func (g *grower) commit(what string, flags ...string) {
	if !g.known {
		g.git("add", "-A", ".")
		g.known = true
	}
	g.git(append([]string{"commit", "-qa", "--allow-empty", "-m", g.message(what)}, flags...)...)
}

// blob stores an object that no tree holds.
func (g *grower) blob() string {
	g.write("../"+filepath.Base(g.dir)+"-blob", g.text())
	return g.git("hash-object", "-w", "../"+filepath.Base(g.dir)+"-blob")
}

// steps are what can happen to a history.
var steps = []func(g *grower){
	func(g *grower) {
		g.git("checkout", "-q", "-b", g.name("side"))
		g.branches = append(g.branches, g.name("side"))
	},
	func(g *grower) { g.git("checkout", "-q", g.branch()) },
	func(g *grower) { // a merge with content of its own
		g.git("merge", "-q", "-s", "ours", "--no-commit", "--no-ff", "--allow-unrelated-histories", g.branch())
		g.write(g.path(), g.text())
		g.commit("merge")
	},
	func(g *grower) {
		if g.gitFails("merge", "-q", "-m", g.name("merge"), g.branch()) {
			g.git("reset", "-q", "--hard")
		}
	},
	func(g *grower) {
		g.write(g.path(), g.text())
		g.git("stash", "-q", "-u")
	},
	func(g *grower) { // a stash of what is staged, which the working file then lacks
		path := g.path()
		g.write(path, g.text())
		g.git("add", ".")
		g.write(path, "changed")
		g.git("stash", "-q")
		if g.random.IntN(2) == 0 {
			g.git("stash", "drop", "-q")
		}
	},
	func(g *grower) {
		g.write(g.path(), g.text())
		g.commit("amended", "--amend")
	},
	func(g *grower) {
		if path := g.path(); exists(filepath.Join(g.dir, path)) {
			g.git("rm", "-q", path)
			g.commit("remove")
		}
	},
	func(g *grower) {
		from, to := g.path(), g.path()
		if exists(filepath.Join(g.dir, from)) && from != to {
			g.write("d/e/x", "") // so that the directories are there
			g.git("mv", "-f", from, to)
			g.commit("rename")
		}
	},
	func(g *grower) {
		if g.gitFails("revert", "--no-edit", "HEAD") {
			g.git("reset", "-q", "--hard")
		}
	},
	func(g *grower) {
		if g.gitFails("cherry-pick", "--allow-empty", g.branch()) {
			g.git("reset", "-q", "--hard")
		}
	},
	func(g *grower) { g.git("notes", "add", "-f", "-m", g.text(), "HEAD") },
	func(g *grower) { g.git("tag", "-a", "-m", g.message("tag"), g.name("tag")) },
	func(g *grower) {
		g.git("tag", "-a", "-m", g.message("tag of a tag"), g.name("outer"), g.git("rev-parse", "HEAD^{commit}"))
		g.git("tag", "-f", "-a", "-m", "nested", g.name("outer"), g.name("outer"))
	},
	func(g *grower) { g.git("tag", g.name("blob"), g.blob()) },
	func(g *grower) { g.blob() },
	func(g *grower) { g.git("tag", "-a", "-m", "tree", g.name("tree"), "HEAD^{tree}") },
	func(g *grower) { // a tree that no commit has
		g.write(g.path(), g.text())
		g.git("add", "-A", ".")
		tree := g.git("write-tree")
		if g.random.IntN(2) == 0 {
			g.git("tag", g.name("tree"), tree)
		}
		g.git("reset", "-q", "--hard")
	},
	func(g *grower) { // a commit that only its reflog remembers
		g.write(g.path(), g.text())
		g.commit("lost")
		g.git("reset", "-q", "--hard", "HEAD^")
	},
}

// grow makes some steps, every second of which is a plain commit.
func (r *gitRepo) grow(random *rand.Rand, keys []string, n int) {
	r.Helper()
	g := &grower{gitRepo: r, random: random, keys: keys, branches: []string{"main"}}
	r.git("config", "core.quotePath", "false")
	r.write("start", "here")
	g.commit("start")
	for g.n = range n {
		if random.IntN(2) == 0 {
			steps[random.IntN(len(steps))](g)
			continue
		}
		g.write(g.path(), g.text())
		g.commit("edit")
	}
}
