package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// reach tells what still leads to the object, which decides whether a clone
// or a push carries it.
func reach(past *Past) string {
	switch {
	case past.Incoming:
		return "" // no repository is to keep it
	case past.Of == "reflog":
		return "in " + entry(past) + ", which neither a clone nor a push carries"
	case !past.Reachable && len(past.Refs) == 0 && past.Borrowed != "":
		return "reachable by no ref and no reflog here, but in the object database that this repository borrows from, " + printable(past.Borrowed)
	case !past.Reachable && len(past.Refs) == 0 && past.Keep != "":
		return "reachable by no ref and no reflog, but in a pack that git keeps because of " + printable(past.Keep)
	case !past.Reachable && len(past.Refs) == 0:
		return "reachable by no ref and no reflog: it stays until git prunes it"
	case !past.Reachable:
		return "reachable by no ref, but by " + entry(past)
	case len(past.Branches) > 0:
		return "still in the tree of " + firstOf(past.Branches, past.BranchCount)
	case len(past.Refs) == 0:
		return "still reachable by a ref"
	}
	return "still reachable by " + firstOf(past.Refs, past.RefCount)
}

// firstOf names the first of some refs, and says how many more there are. The
// count is at least what is listed.
func firstOf(refs []string, count int) string {
	if more := max(count, len(refs)) - 1; more > 0 {
		return fmt.Sprintf("%s and %d more", printable(refs[0]), more)
	}
	return printable(refs[0])
}

// entry names what remembers an object that no ref reaches: an older stash, an
// entry of another reflog, or a file such as ORIG_HEAD.
func entry(past *Past) string {
	name := firstOf(past.Refs, past.RefCount)
	worktree, rest := worktreeOf(past.Refs[0])
	switch {
	case worktree != "" && rest == "index":
		return "the index of " + worktree + strings.TrimPrefix(name, printable(past.Refs[0]))
	case isStash(past.Refs[0]):
		name = "the stash entry " + name
	case strings.Contains(past.Refs[0], "@{"):
		name = "the reflog entry " + name
	}
	return name
}

func isStash(ref string) bool { return ref == "refs/stash" || strings.HasPrefix(ref, "stash@{") }

// historyFix puts rotation first: it alone helps once anybody has cloned.
func historyFix(past *Past) string {
	local := len(past.Refs) > 0 && !slices.ContainsFunc(past.Refs, func(ref string) bool { return !isLocal(ref) })
	switch {
	case past.Incoming:
		return Rework(past) + "; " + rotate + " if anybody else has had it"
	case past.Of == "ref":
		return rotate + "; rename or delete the ref, here and on every remote"
	case past.Of == "reflog":
		return rotate + "; " + code("git reflog delete --rewrite "+shellQuote(past.Refs[0])) + " takes the entry out"
	case local && past.Reachable:
		return rotate + "; " + letGo(past)
	case !past.Reachable:
		return rotate + " if the commit was ever pushed; " + letGo(past)
	}
	if past.Malformed {
		return rotate + "; git cannot read this tree, nor rewrite it: drop the commits and tags that lead to it, and then " + prune + " drops the object"
	}
	rewrite := cmp.Or(objectKinds[placeKind(past)].rewrite, objectKinds["blob"].rewrite)
	return fmt.Sprintf("%s; to take it out of every commit too, run `git filter-repo %s` as `insplint explain INSP004` shows",
		rotate, rewrite)
}

// Rework says how what is about to be pushed is made anew without the key.
func Rework(past *Past) string {
	switch {
	case past.Of == "ref":
		return "rename the branch or tag that is named after the key, and push that"
	case past.Kind == "tag":
		return "make the tag anew without the key, with `git tag -f -a`, and push again"
	case past.Kind != "commit" && past.Introduced == nil:
		return "no commit holds it, but a tag or another ref leads there: delete that, or let it name something else, and push again"
	case past.Of == "person":
		return "have user.name and user.email without the key, make the commit that brings it in anew with `git commit --amend --reset-author`, in `git rebase -i` if it is not the last, and push again"
	case len(past.Refs) > 0 && strings.HasPrefix(past.Refs[0], "refs/notes/") && past.Introduced != nil:
		return reworkNotes(past.Refs[0], past.Introduced.ID)
	}
	return "take the key out of the commit that brings it in, with `git commit --amend` or `git rebase -i`, and push again"
}

// reworkNotes is for what is in notes alone. Nobody amends these, and their next commit
// keeps the key in the last one.
func reworkNotes(ref, commit string) string {
	set := "git update-ref "
	return fmt.Sprintf("set the notes back to before the commit that brings it in, with %s, or %s if it is the first, add those that are gone without the key, and push again",
		code(fmt.Sprintf("%s%s %.12s^", set, shellQuote(ref), commit)), code(set+"-d "+shellQuote(ref)))
}

const prune = "`git gc --prune=now`"

func code(command string) string { return backtick + command + backtick }

// isLocal tells refs that no push and no clone carries: what they hold goes when
// they do.
func isLocal(ref string) bool {
	worktree, rest := worktreeOf(ref)
	private := slices.ContainsFunc(privateRefs[:], func(prefix string) bool { return strings.HasPrefix(rest, prefix) })
	return isStash(ref) || worktree != "" && rest == "HEAD" || private
}

// privateRefs are the refs that only one worktree, or only this clone, has.
var privateRefs = [...]string{"refs/worktree/", "refs/bisect/", "refs/rewritten/", "refs/replace/"}

// worktreeOf splits off a ref's name what tells that it is another worktree's.
func worktreeOf(ref string) (worktree, rest string) {
	if rest, ok := strings.CutPrefix(ref, "main-worktree/"); ok {
		return "the main worktree", rest
	}
	if name, ok := strings.CutPrefix(ref, "worktrees/"); ok {
		if name, rest, ok := strings.Cut(name, "/"); ok {
			return "the worktree " + printable(name), rest
		}
	}
	return "", ref
}

// letGo has all that holds an object on this machine let go of it, so that git
// can prune it.
func letGo(past *Past) string {
	steps := slices.Concat(dropStashes(past), dropRefs(past), expiries(past))
	switch {
	case past.Borrowed != "":
		return strings.Join(append(steps, "the object is in the object database "+printable(past.Borrowed)+" of another repository, which "+
			code("git gc")+" here leaves alone: scan that repository, and take it out there"), " and then ")
	case past.Keep != "":
		steps = append(steps, "delete "+printable(past.Keep)+", if nothing needs it")
	}
	return strings.Join(append(steps, prune+" drops the object"), " and then ")
}

// dropStashes drops the entries of the stash, the oldest first: git numbers
// them anew each time.
func dropStashes(past *Past) (steps []string) {
	var numbers []int
	for _, ref := range past.Refs {
		number, entry := strings.CutPrefix(ref, "stash@{")
		n, err := strconv.Atoi(strings.TrimSuffix(number, "}"))
		switch {
		case ref == "refs/stash" && past.StashLost:
			steps = append(steps, code("git update-ref -d refs/stash"))
		case ref == "refs/stash":
			numbers = append(numbers, 0)
		case entry && err == nil:
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, n := range slices.Backward(slices.Compact(numbers)) {
		steps = append(steps, code(fmt.Sprintf("git stash drop 'stash@{%d}'", n)))
	}
	return steps
}

// dropRefs says how to be rid of the refs that only this clone has.
func dropRefs(past *Past) (steps []string) {
	for _, ref := range past.Refs {
		worktree, rest := worktreeOf(ref)
		there := ""
		if worktree != "" {
			there = " in " + worktree
		}
		object, replaced := strings.CutPrefix(rest, "refs/replace/")
		switch {
		case worktree != "" && rest == "HEAD":
			steps = append(steps, "check out another commit"+there,
				code("git reflog expire --expire-unreachable=now "+shellQuote(ref))+" (or remove that worktree with "+code("git worktree remove")+")")
		case worktree != "" && rest == "index":
			steps = append(steps, "take the file out of the index"+there+" ("+code("git rm --cached")+" there)")
		case replaced:
			steps = append(steps, code("git replace -d "+shellQuote(object)))
		case isLocal(ref) && !isStash(ref):
			steps = append(steps, code("git update-ref -d "+shellQuote(rest))+there)
		}
	}
	return steps
}

// expiries has the reflogs forget what no ref reaches. A stash lives in a reflog,
// so each log is named: never all of them.
func expiries(past *Past) []string {
	var logs []string
	for _, ref := range past.Refs {
		if log, _, ok := strings.Cut(ref, "@{"); ok && !isStash(ref) && !slices.Contains(logs, shellQuote(log)) {
			logs = append(logs, shellQuote(log))
		}
	}
	if len(logs) == 0 {
		return nil
	}
	return []string{code("git reflog expire --expire-unreachable=now " + strings.Join(logs, " "))}
}
