package scanner

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/gitpack"
)

// limited are options that leave commits out of sets of random commits.
var limited = []string{
	"-n 5 HEAD", "-3 HEAD", "-n3 HEAD c7", "--max-count=0 HEAD", "--max-count 4 --skip=2 HEAD", "--skip 30 HEAD", "--skip=1000 HEAD", "-n -1 HEAD", "--max-count=-5 HEAD c3",
	"-n 4 --all", "-n 4 --branches=c1*", "-n 6 --all --not c9", "-n 7 c30 c31 c29 --not c5", "-n 5 c20...c30", "-n 1 c12 c13 c14 c15 c16",
	"--first-parent HEAD", "--first-parent -n 5 --all", "--first-parent c10..HEAD", "--first-parent c39 ^c30^@", "--first-parent c25...c33",
	"--merges HEAD", "--no-merges HEAD", "--merges -n 2 HEAD", "--no-merges --skip=3 -n 4 c5..HEAD", "--merges --first-parent HEAD", "--merges --no-merges HEAD",
	"--since=1700002000 HEAD", "--until=1700002000 HEAD", "--since=1700001000 --until=1700002500 --all", "--after 1700002000 --before=1700003000 HEAD", "--since=@1700002000 -n 3 --no-merges HEAD",
	"--since=1700002000 c10..HEAD", "--until=1700002000 c10..HEAD", "--since=1700002500 --first-parent c3..HEAD", "--since=1700002500 --first-parent HEAD", "--since=2023-11-14T22:50:00Z HEAD", "--since=yesterday HEAD", "--since=1.year.ago --until=now --all", "--before=1.week.ago -n 3 HEAD",
}

// randomCommits makes commits c0, c1, ... with merges of every shape, many of one
// second, and, unless the clocks are true, some older than their parents.
func (r *gitRepo) randomCommits(random *rand.Rand, commits int, trueClocks bool) {
	r.Helper()
	var stream strings.Builder
	for i := range commits {
		when := 1_700_000_000 + i/3*300
		if !trueClocks && random.IntN(4) == 0 {
			when = 1_700_000_000 + random.IntN(commits*100)
		}
		fmt.Fprintf(&stream, "commit refs/heads/c%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata <<E\nc%d\nE\n", i, i+1, when, i)
		parents := map[int]bool{}
		for range min(i, 1+random.IntN(3)) {
			if parent := i - 1 - random.IntN(min(i, 6)); !parents[parent] {
				fmt.Fprintf(&stream, "%s :%d\n", map[bool]string{true: "merge", false: "from"}[len(parents) > 0], parent+1)
				parents[parent] = true
			}
		}
		stream.WriteByte('\n')
	}
	r.gitInput(stream.String(), "fast-import", "--quiet")
	r.git("symbolic-ref", "HEAD", fmt.Sprintf("refs/heads/c%d", commits-1))
}

// TestRangeLimits holds the commits of a range with limits against git rev-list.
// Where clocks are wrong git itself goes astray if commits are to be left out.
func TestRangeLimits(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 1))
	for _, trueClocks := range []bool{true, false} {
		r := newGitRepo(t)
		r.randomCommits(random, 40, trueClocks)
		h := r.history(Options{Workers: 1})
		if err := h.readCommits(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		g := h.graph()
		left := 0
		for _, line := range limited {
			args := strings.Fields(line)
			excludes := strings.ContainsAny(line, "^.") || strings.Contains(line, "--not")
			if !trueClocks && excludes {
				continue
			}
			want := r.lines(append(append([]string{"rev-list"}, args...), "--")...)
			set, err := h.repo.ParseRange(h.store, args...)
			if err != nil {
				t.Errorf("%s: %v", line, err)
				continue
			}
			walk := commitWalk{graph: g, limits: set.Limits}
			list := walk.rangeOf(g.numbers(set.Include), g.numbers(set.Exclude))
			got := make([]string, 0, len(list))
			for _, n := range list {
				got = append(got, g.commits[n].id.String())
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("clocks true %t: %q has %d commits, git says %d:\n%v\n%v", trueClocks, line, len(got), len(want), got, want)
			}
			if len(want) > 0 && len(want) < len(g.commits) {
				left++
			}
		}
		if left < 15 {
			t.Errorf("only %d sets have some of the commits: the test shows too little", left)
		}
	}
}

// numbers looks commits up that are there.
func (g *graph) numbers(ids []gitpack.ID) (numbers []int32) {
	for _, id := range ids {
		numbers = append(numbers, g.number[id])
	}
	return numbers
}
