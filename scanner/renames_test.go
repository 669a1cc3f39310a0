package scanner

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/rules"
)

// A renamer makes a random history in which files with keys move about: changed
// and not, in directories and with the same names, on branches of which some
// are merged, some stay, and some are gone.
type renamer struct {
	*gitRepo
	random   *rand.Rand
	keys     []string
	stream   strings.Builder
	n        int
	branches map[string]*renamedBranch
	moved    [2]string // by the last rename: from, to
	returns  int       // renames that were taken back
}

type renamedBranch struct {
	mark  int // its last commit
	files map[string]string
}

func (g *renamer) path() string {
	return []string{"", "conf/", "old/conf/"}[g.random.IntN(3)] + []string{"a.env", "b.env", "c.yml", "k"}[g.random.IntN(4)]
}

func (g *renamer) lines(n int) (lines []string) {
	for range n {
		lines = append(lines, fmt.Sprintf("setting_%d = %x", g.random.IntN(1000), g.random.Uint64()))
	}
	return lines
}

func (g *renamer) text() string {
	lines := g.lines(3 + g.random.IntN(12))
	for _, k := range g.keys {
		if g.random.IntN(2) == 0 {
			lines = slices.Insert(lines, g.random.IntN(len(lines)), "token = "+k)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// edited replaces some lines, but none with a key.
func (g *renamer) edited(text string) string {
	lines := strings.Split(text, "\n")
	for range g.random.IntN(1 + len(lines)) {
		if i := g.random.IntN(len(lines)); !strings.Contains(lines[i], "token") {
			lines[i] = g.lines(1)[0]
		}
	}
	return strings.Join(lines, "\n")
}

// commit writes a commit that brings a branch to some files.
func (g *renamer) commit(name string, files map[string]string, merge int) {
	b := g.branches[name]
	g.n++
	fmt.Fprintf(&g.stream, "commit refs/heads/%s\nmark :%d\ncommitter T <t@example.com> %d +0000\ndata 1\nx\n", name, g.n, 1_700_000_000+g.n)
	if b.mark > 0 {
		fmt.Fprintf(&g.stream, "from :%d\n", b.mark)
	}
	if merge > 0 {
		fmt.Fprintf(&g.stream, "merge :%d\n", merge)
	}
	g.stream.WriteString("deleteall\n")
	for _, path := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&g.stream, "M 100644 inline %s\ndata %d\n%s\n", path, len(files[path]), files[path])
	}
	g.branches[name] = &renamedBranch{g.n, files}
}

func (g *renamer) step() {
	name := slices.Sorted(maps.Keys(g.branches))[g.random.IntN(len(g.branches))]
	b := g.branches[name]
	files := maps.Clone(b.files)
	paths := slices.Sorted(maps.Keys(files))
	_, back := files[g.moved[1]]
	if _, taken := files[g.moved[0]]; taken {
		back = false
	}
	switch kind := g.random.IntN(16); {
	case kind > 13 && back: // a rename is taken back
		files[g.moved[0]] = files[g.moved[1]]
		delete(files, g.moved[1])
		g.moved[0], g.moved[1] = g.moved[1], g.moved[0]
		g.returns++
	case kind < 7 && len(paths) > 0: // renames, at times two at once
		for range 1 + g.random.IntN(2) {
			from, to := paths[g.random.IntN(len(paths))], g.path()
			text, there := files[from]
			if _, taken := files[to]; taken || !there {
				continue
			}
			delete(files, from)
			files[to] = text
			g.moved = [2]string{from, to}
			if g.random.IntN(2) == 0 {
				files[to] = g.edited(text)
			}
		}
	case kind == 7 && len(paths) > 0:
		delete(files, paths[g.random.IntN(len(paths))])
	case kind == 8 && len(paths) > 0: // the same file twice
		files[g.path()] = files[paths[g.random.IntN(len(paths))]]
	case kind == 9 && len(g.branches) < 4:
		other := fmt.Sprint("b", g.n)
		g.branches[other] = &renamedBranch{b.mark, b.files}
		name = other
	case kind == 10 && len(g.branches) > 1: // a merge
		other := slices.Sorted(maps.Keys(g.branches))[g.random.IntN(len(g.branches))]
		if from := g.branches[other]; other != name {
			maps.Copy(files, from.files)
			g.commit(name, files, from.mark)
			if g.random.IntN(2) == 0 && other != "main" {
				delete(g.branches, other)
				fmt.Fprintf(&g.stream, "reset refs/heads/%s\nfrom %040d\n\n", other, 0)
			}
			return
		}
	case kind == 11 && len(paths) > 0:
		path := paths[g.random.IntN(len(paths))]
		files[path] = g.edited(files[path])
	default:
		files[g.path()] = g.text()
	}
	g.commit(name, files, 0)
}

// TestRenamesAgainstGit holds the stories of files that are renamed to what git
// says of renames (`git diff-tree -M`).
func TestRenamesAgainstGit(t *testing.T) {
	followed, chains, removed, apart, returns := 0, 0, 0, 0, 0
	for i := range uint64(12) {
		seed := firstSeed(t) + i
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := &renamer{gitRepo: newGitRepo(t), random: rand.New(rand.NewPCG(seed, 31)), keys: testSecrets(3), branches: map[string]*renamedBranch{}}
			g.branches["main"] = &renamedBranch{}
			g.commit("main", map[string]string{"start": "x\n", g.path(): g.text()}, 0)
			for range 40 {
				g.step()
			}
			g.gitInput(g.stream.String(), "fast-import", "--quiet")
			g.git("reset", "-q", "--hard")
			returns += g.returns
			p := readPast(g.gitRepo, g.keys)
			keys := g.scan(Options{})
			p.check(keys)
			for _, k := range keys {
				for _, o := range k.Occurrences {
					switch {
					case o.Past == nil:
					case len(o.Past.Formerly) == 0:
						apart++
					default:
						followed++
						chains += min(1, len(o.Past.Formerly)-1)
						if o.Standing == rules.History {
							removed++
						}
					}
				}
			}
		})
	}
	t.Logf("%d findings were elsewhere before, %d of them at several places, %d are gone; %d were not; %d renames were taken back", followed, chains, removed, apart, returns)
	if followed < 20 || chains == 0 || removed < 5 || apart < 20 || returns < 10 {
		t.Error("too little to tell")
	}
}
