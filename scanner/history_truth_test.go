package scanner

import (
	"cmp"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A story is what history tells of one key at one path.
type story struct {
	introduced, removed string // commit ids; removed is empty for a key that is there
	// removedAlone is the same without merges that only took the side that lacks
	// the key, and among reachable commits.
	removedAlone       string
	reachable, current bool
	formerly           []string // by git's own telling of renames
	refs, branches     []string // that lead to it, and at whose tips it is
}

// A past is all that git says of a repository, gathered without any cleverness:
// every object is read through git, and the definitions are applied word by
// word.
type past struct {
	*gitRepo
	keys      []string
	kind      map[string]string   // of every object
	has       map[string][]string // keys in blobs, commits and tags
	trees     map[string][]namedObject
	tops      map[string]string // trees of commits
	parents   map[string][]string
	order     []string        // commits, parents first, the older first where ancestry does not say
	reachable map[string]bool // objects that a ref leads to
	head      map[string]bool // commits that HEAD leads to
	pairs     map[string]map[pair]string
	renamed   map[string]map[string]string // by commit: old paths by new ones
	now       map[pair]string              // what HEAD or the index has
	refs      map[string]map[string]bool   // of each ref, and HEAD: the commits that it leads to
	tips      map[string]string            // of branches
	stashes   map[string]bool              // commits that git stash made
}

type namedObject struct {
	name, id string
	isTree   bool
}

func readPast(r *gitRepo, keys []string) *past {
	r.Helper()
	p := &past{
		gitRepo: r, keys: keys, kind: map[string]string{}, has: map[string][]string{}, parents: map[string][]string{},
		trees: map[string][]namedObject{}, tops: map[string]string{}, renamed: map[string]map[string]string{},
		reachable: map[string]bool{}, head: map[string]bool{}, pairs: map[string]map[pair]string{},
		refs: map[string]map[string]bool{}, tips: map[string]string{}, stashes: map[string]bool{},
	}
	p.readObjects()
	for _, line := range r.lines("rev-list", "--objects", "--all", "HEAD") {
		id, _, _ := strings.Cut(line, " ")
		p.reachable[id] = true
	}
	for _, id := range r.lines("rev-list", "HEAD") {
		p.head[id] = true
	}
	for id, kind := range p.kind {
		if kind == "commit" {
			p.order = append(p.order, id)
			p.pairs[id] = p.pairsIn(p.tops[id])
		}
	}
	p.readRenames()
	p.now = p.pairsNow()
	p.readRefs()
	p.order = r.lines(append([]string{"rev-list", "--date-order", "--reverse"}, p.order...)...)
	return p
}

func (p *past) readObjects() {
	p.Helper()
	out := p.git("cat-file", "--batch", "--batch-all-objects") + "\n"
	for out != "" {
		var header, text string
		header, out, _ = strings.Cut(out, "\n")
		fields := strings.Fields(header)
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			p.Fatalf("git cat-file: %q", header)
		}
		text, out = out[:size], out[size+1:]
		id, kind := fields[0], fields[1]
		p.kind[id] = kind
		for _, k := range p.keys {
			if kind != "tree" && holdsKey(text, k) {
				p.has[id] = append(p.has[id], k)
			}
		}
		switch kind {
		case "commit":
			p.readCommit(id, text)
		case "tree":
			p.readTree(id, text)
		}
	}
}

// readRenames has git tell which commits rename which files.
func (p *past) readRenames() {
	p.Helper()
	out := p.gitInput(strings.Join(p.order, "\n")+"\n", "diff-tree", "--stdin", "-r", "-M", "-z", "--diff-filter=CR", "--name-status")
	commit, fields := "", strings.Split(out, "\x00")
	for len(fields) > 0 && fields[0] != "" {
		if !strings.ContainsRune("RC", rune(fields[0][0])) || len(fields[0]) > 4 {
			commit, fields = strings.TrimSpace(fields[0]), fields[1:]
			p.renamed[commit] = map[string]string{}
			continue
		}
		p.renamed[commit][fields[2]] = fields[1]
		fields = fields[3:]
	}
}

func (p *past) readRefs() {
	p.Helper()
	for _, line := range p.lines("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/remotes") {
		name, id, _ := strings.Cut(line, " ")
		p.tips[name] = id
	}
	for _, name := range append(p.lines("for-each-ref", "--format=%(refname)"), "HEAD") {
		p.refs[name] = map[string]bool{}
		if p.gitFails("rev-parse", "-q", "--verify", name+"^{commit}") {
			continue // a tag of a blob
		}
		for _, id := range p.lines("rev-list", name) {
			p.refs[name][id] = true
		}
	}
}

func (p *past) readCommit(id, text string) {
	if subject := text[strings.Index(text, "\n\n")+2:]; strings.HasPrefix(subject, "WIP on ") {
		p.stashes[id] = true
	}
	text, _, _ = strings.Cut(text, "\n\n")
	for line := range strings.SplitSeq(text, "\n") {
		if parent, ok := strings.CutPrefix(line, "parent "); ok {
			p.parents[id] = append(p.parents[id], parent)
		}
		if tree, ok := strings.CutPrefix(line, "tree "); ok {
			p.tops[id] = tree
		}
	}
}

func (p *past) readTree(id, text string) {
	for text != "" {
		head, rest, _ := strings.Cut(text, "\x00")
		mode, name, _ := strings.Cut(head, " ")
		size := len(id) / 2
		p.trees[id] = append(p.trees[id], namedObject{name, hex.EncodeToString([]byte(rest[:size])), mode == "40000"})
		text = rest[size:]
	}
}

// pairsIn is the pairs in a tree, with their blobs.
func (p *past) pairsIn(tree string) map[pair]string {
	pairs := map[pair]string{}
	var walk func(tree, dir string)
	walk = func(tree, dir string) {
		for _, entry := range p.trees[tree] {
			path := dir + entry.name
			if entry.isTree {
				walk(entry.id, path+"/")
			}
			for _, k := range p.has[entry.id] {
				pairs[pair{key.NewSecret(k), path}] = entry.id
			}
		}
	}
	walk(tree, "")
	return pairs
}

// below is the descendants of a commit, itself among them.
func (p *past) below(commit string) map[string]bool {
	below := map[string]bool{commit: true}
	for _, id := range p.order {
		if slices.ContainsFunc(p.parents[id], func(parent string) bool { return below[parent] }) {
			below[id] = true
		}
	}
	return below
}

// stories applies the definitions to every pair that some commit has.
func (p *past) stories() map[pair]story {
	all := map[pair]string{}
	for _, pairs := range p.pairs {
		maps.Copy(all, pairs)
	}
	rank := map[string]int{}
	for i, id := range p.order {
		rank[id] = i
	}
	stories := map[pair]story{}
	merged := map[pair]bool{} // those that are the beginning of another
	for at := range all {
		in, _, _ := p.changes(at)
		first := p.first(in, rank)
		s := story{refs: p.leading(in)}
		_, s.current = p.now[at]
		if befores := p.befores(at, rank); len(befores) > 0 {
			type arrival struct{ commit, path string }
			var arrivals []arrival
			var commits []string
			group := append([]pair{at}, befores...)
			for i := 0; i < len(group); i++ {
				if i > 0 {
					merged[group[i]] = true
				}
				in, _, _ := p.changes(group[i])
				commits = append(commits, in...)
				for _, id := range in {
					arrivals = append(arrivals, arrival{id, group[i].path})
				}
				for _, more := range p.befores(group[i], rank) {
					if !slices.Contains(group, more) {
						group = append(group, more)
					}
				}
			}
			slices.SortFunc(arrivals, func(a, b arrival) int {
				return cmp.Or(rank[b.commit]-rank[a.commit], strings.Compare(b.path, a.path))
			})
			for _, a := range arrivals {
				s.formerly = append(s.formerly, a.path)
			}
			if s.formerly = slices.Compact(s.formerly); s.formerly[0] == at.path {
				s.formerly = s.formerly[1:]
			}
			first, s.refs = p.first(commits, rank), p.leading(commits)
		}
		s.introduced, s.reachable = first, len(s.refs) > 0
		if !s.current {
			p.end(&s, at, rank)
		}
		stories[at] = s
	}
	maps.DeleteFunc(stories, func(at pair, _ story) bool { return merged[at] })
	return stories
}

// first is the commit to name of those that brought a key in.
func (p *past) first(in []string, rank map[string]int) string {
	return slices.MinFunc(in, func(a, b string) int {
		return cmp.Or(-compareBools(p.head[a], p.head[b]), -compareBools(p.reachable[a], p.reachable[b]), rank[a]-rank[b])
	})
}

// leading lists the refs that lead to one of some commits.
func (p *past) leading(commits []string) (refs []string) {
	for name, leads := range p.refs {
		if slices.ContainsFunc(commits, func(id string) bool { return leads[id] }) {
			refs = append(refs, name)
		}
	}
	slices.Sort(refs)
	return refs
}

// end finds what took a key out, and where it is still.
func (p *past) end(s *story, at pair, rank map[string]int) {
	_, out, dropped := p.changes(at)
	below := p.below(s.introduced)
	clean := func(id string) bool { return slices.Contains(out, id) }
	all := slices.DeleteFunc(slices.Concat(out, dropped), func(id string) bool {
		return !below[id] || p.stashes[id] || s.reachable && !p.reachable[id]
	})
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(compareBools(p.head[a], p.head[b]), compareBools(p.reachable[a], p.reachable[b]),
			compareBools(clean(a), clean(b)), rank[a]-rank[b])
	})
	if len(all) > 0 {
		s.removed = all[len(all)-1]
	}
	all = slices.DeleteFunc(all, func(id string) bool { return !clean(id) || !p.reachable[id] })
	if len(all) > 0 {
		s.removedAlone = all[len(all)-1]
	}
	for name, tip := range p.tips {
		if _, there := p.pairs[tip][at]; there {
			s.branches = append(s.branches, name)
		}
	}
	slices.Sort(s.branches)
}

// befores lists what a pair was before the commits that brought it to its path,
// if git calls those renames, and nothing has the key at the old path now or got
// it there later.
func (p *past) befores(at pair, rank map[string]int) (befores []pair) {
	in, _, _ := p.changes(at)
	for _, commit := range in {
		old, renamed := p.renamed[commit][at.path]
		from := pair{at.secret, old}
		if !renamed || exists(filepath.Join(p.dir, old)) {
			continue
		}
		if _, there := p.pairs[p.parents[commit][0]][from]; !there {
			continue // the key came with the rename
		}
		if _, current := p.now[from]; current {
			continue
		}
		again := func(id string) bool {
			if p.reachable[id] != p.reachable[commit] {
				return p.reachable[id]
			}
			return rank[id] >= rank[commit]
		}
		had, _, _ := p.changes(from)
		held := func(tip string) bool { _, there := p.pairs[tip][from]; return there }
		if slices.ContainsFunc(had, again) || slices.ContainsFunc(slices.Collect(maps.Values(p.tips)), held) {
			continue
		}
		if !slices.Contains(befores, from) {
			befores = append(befores, from)
		}
	}
	return befores
}

// changes lists the commits that have a pair and none of whose parents has it,
// those that lack it and all of whose parents have it, and those that lack it
// and only some of whose parents have it.
func (p *past) changes(at pair) (in, out, dropped []string) {
	for _, id := range p.order {
		had := 0
		for _, parent := range p.parents[id] {
			if _, ok := p.pairs[parent][at]; ok {
				had++
			}
		}
		switch _, has := p.pairs[id][at]; {
		case has && had == 0:
			in = append(in, id)
		case !has && had > 0 && had == len(p.parents[id]):
			out = append(out, id)
		case !has && had > 0:
			dropped = append(dropped, id)
		}
	}
	return in, out, dropped
}

// pairsNow is what HEAD or the index has.
func (p *past) pairsNow() map[pair]string {
	p.Helper()
	pairs := p.pairsIn(p.tops[p.git("rev-parse", "HEAD")])
	for _, line := range p.lines("ls-files", "-s") {
		meta, path, _ := strings.Cut(line, "\t")
		blob := strings.Fields(meta)[1]
		for _, k := range p.has[blob] {
			pairs[pair{key.NewSecret(k), path}] = blob
		}
	}
	return pairs
}

// check holds the occurrences of a scan to what git says.
func (p *past) check(got []*rules.Key) {
	p.Helper()
	stories := p.stories()
	told := map[string]map[string]rules.Occurrence{} // by key, then object: those outside of commits
	_, held := p.looseTrees()
	seen, found := map[pair]bool{}, map[pair]bool{}
	for _, k := range got {
		told[k.Secret.Fingerprint()] = map[string]rules.Occurrence{}
		for _, o := range k.Occurrences {
			at := pair{k.Secret, o.Path}
			found[at] = true
			if s, ok := stories[at]; ok && o.Past != nil && o.Past.Introduced != nil && o.Path != "" {
				if seen[at] {
					p.Errorf("%s: two findings of history", o.Path)
				}
				seen[at] = true
				p.checkStory(o, s, held[at])
				continue
			}
			if _, staged := p.now[at]; o.Past == nil || o.Path != "" && staged && o.Standing != rules.Tracked {
				p.Errorf("%s: %s, and the past %v", o.Path, o.Standing, o.Past)
				continue
			}
			if o.Path != "" && told[k.Secret.Fingerprint()][o.Past.Object].Past != nil {
				p.Errorf("%s: two findings for one key", o.Path)
			}
			told[k.Secret.Fingerprint()][o.Past.Object] = o
		}
	}
	for at, s := range stories {
		if !seen[at] {
			p.Errorf("%s: missed a key that commit %.7s brought in", at.path, s.introduced)
		}
	}
	p.checkAlone(told, found)
}

func (p *past) checkStory(o rules.Occurrence, s story, held bool) {
	p.Helper()
	removed := ""
	if o.Past.Removed != nil {
		removed = o.Past.Removed.ID
	}
	if id := o.Past.Introduced.ID; id != s.introduced || removed != s.removed {
		p.Errorf("%s: from %.7s to %.7s, git says from %.7s to %.7s", o.Path, id, removed, s.introduced, s.removed)
	}
	if held = held || s.reachable || p.reachable[o.Past.Object]; o.Past.Reachable != held {
		p.Errorf("%s: reachable %t, git says %t", o.Path, o.Past.Reachable, held)
	}
	var formerly []string
	for _, former := range o.Past.Formerly {
		formerly = append(formerly, former.Home)
	}
	if !slices.Equal(formerly, s.formerly) {
		p.Errorf("%s: formerly %q, git says %q", o.Path, formerly, s.formerly)
	}
	if s.reachable {
		p.checkRefs(o.Path, "refs", s.refs, o.Past.Refs, o.Past.RefCount)
	}
	p.checkRefs(o.Path, "branches", s.branches, o.Past.Branches, o.Past.BranchCount)
	if s.current != (o.Standing == rules.Tracked) {
		p.Errorf("%s: standing %s, in HEAD or the index: %t", o.Path, o.Standing, s.current)
	}
	if o.Past.Reachable && len(o.Past.Refs) == 0 {
		p.Errorf("%s: reachable, and no ref named", o.Path)
	}
}

func (p *past) checkRefs(path, what string, want, got []string, count int) {
	p.Helper()
	got = slices.DeleteFunc(slices.Clone(got), func(name string) bool {
		older := strings.HasPrefix(name, "stash@{")
		if older {
			count--
		}
		return older
	})
	for _, name := range got {
		if !slices.Contains(want, name) {
			p.Errorf("%s: %s has %s, git says %q", path, what, name, want)
		}
	}
	if count != len(want) || len(got) < min(len(want), maxRefs) {
		p.Errorf("%s: %d %s, of which %q are listed, git says %q", path, count, what, got, want)
	}
}

// checkAlone holds the findings in messages, and in objects that no commit's
// tree has, to git's. found is all pairs that there are findings for.
func (p *past) checkAlone(told map[string]map[string]rules.Occurrence, found map[pair]bool) {
	p.Helper()
	inCommits := map[string]bool{}
	for _, pairs := range p.pairs {
		for _, blob := range pairs {
			inCommits[blob] = true
		}
	}
	loose, _ := p.looseTrees()
	for id, keys := range p.has {
		for _, k := range keys {
			secret := key.NewSecret(k)
			o, ok := told[secret.Fingerprint()][id]
			delete(told[secret.Fingerprint()], id)
			switch {
			case inCommits[id] && !ok:
			case inCommits[id]:
				p.Errorf("%s %.7s: a finding at %q besides that of its path", p.kind[id], id, o.Path)
			case !ok:
				elsewhere := func(at pair) bool { return at.secret == secret && found[at] }
				if !slices.ContainsFunc(loose[id], elsewhere) {
					p.Errorf("%s %.7s: missed", p.kind[id], id)
				}
			case o.Past.Kind != p.kind[id] || o.Standing != rules.Tracked && o.Past.Reachable != p.reachable[id]:
				p.Errorf("%s %.7s: kind %s, reachable %t, git says %t", p.kind[id], id, o.Past.Kind, o.Past.Reachable, p.reachable[id])
			case o.Span.Line == 0 || !strings.Contains(o.Snippet.Text, secret.Masked()):
				p.Errorf("%s %.7s: no place: %v %q", p.kind[id], id, o.Span, o.Snippet.Text)
			case o.Path == "" && len(loose[id]) > 0:
				p.Errorf("%s %.7s: no path, git has %v", p.kind[id], id, loose[id][0].path)
			}
		}
	}
	for _, objects := range told {
		for id, o := range objects {
			p.Errorf("%s %.7s: a finding at %q that git knows nothing of", o.Past.Kind, id, o.Path)
		}
	}
}

// looseTrees lists, by blob, the pairs in the index and in the trees that no
// other tree holds; held is those in trees that a ref leads to.
func (p *past) looseTrees() (pairs map[string][]pair, held map[pair]bool) {
	p.Helper()
	pairs, held = map[string][]pair{}, map[pair]bool{}
	for at, blob := range p.now {
		pairs[blob] = append(pairs[blob], at)
	}
	inner := map[string]bool{}
	for _, entries := range p.trees {
		for _, entry := range entries {
			inner[entry.id] = true
		}
	}
	for id, kind := range p.kind {
		if kind == "tree" && !inner[id] {
			for at, blob := range p.pairsIn(id) {
				pairs[blob] = append(pairs[blob], at)
				held[at] = held[at] || p.reachable[id]
			}
		}
	}
	return pairs, held
}

// holdsKey tells whether a text of a grower holds a key in some form.
func holdsKey(text, k string) bool {
	return strings.Contains(text, k) || slices.ContainsFunc(formsOf(k), func(form string) bool {
		return strings.Contains(text, form)
	})
}
