package rules

import (
	"cmp"
	"fmt"
	"slices"
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
	case !past.Reachable && len(past.Refs) == 0:
		return "reachable by no ref and no reflog: it stays until git prunes it"
	case !past.Reachable:
		return "reachable by no ref, but by " + entry(past)
	case len(past.Refs) == 0:
		return "still reachable by a ref"
	case len(past.Refs) == 1:
		return "still reachable by " + printable(past.Refs[0])
	}
	return fmt.Sprintf("still reachable by %s and %d more", printable(past.Refs[0]), len(past.Refs)-1)
}

// entry names what remembers an object that no ref reaches: an older stash, an
// entry of another reflog, or a file such as ORIG_HEAD.
func entry(past *Past) string {
	name := printable(past.Refs[0])
	switch {
	case isStash(past.Refs[0]):
		name = "the stash entry " + name
	case strings.Contains(past.Refs[0], "@{"):
		name = "the reflog entry " + name
	}
	if more := len(past.Refs) - 1; more > 0 {
		name += fmt.Sprintf(" and %d more", more)
	}
	return name
}

func isStash(ref string) bool { return ref == "refs/stash" || strings.HasPrefix(ref, "stash@{") }

// historyFix puts rotation first: it alone helps once anybody has cloned.
func historyFix(past *Past) string {
	only := func(which func(string) bool) bool {
		return len(past.Refs) > 0 && !slices.ContainsFunc(past.Refs, func(ref string) bool { return !which(ref) })
	}
	switch {
	case past.Incoming:
		return "take the key out of the commit that brings it in, with `git commit --amend` or `git rebase -i`, and push again; " + rotate + " if anybody else has had it"
	case past.Of == "ref":
		return rotate + "; rename or delete the ref, here and on every remote"
	case past.Of == "reflog":
		return rotate + "; " + code("git reflog delete --rewrite "+shellQuote(past.Refs[0])) + " takes the entry out"
	case only(isStash):
		return rotate + "; " + code("git stash drop "+shellQuote(cmp.Or(stashEntry(past), "stash@{0}"))) + " and " + prune + " take it off this machine"
	case !past.Reachable:
		return rotate + " if the commit was ever pushed; " + expiry(past) + prune + " drops the object"
	}
	rewrite := cmp.Or(objectKinds[past.Kind].rewrite, objectKinds["blob"].rewrite)
	return fmt.Sprintf("%s; to take it out of every commit too, run `git filter-repo %s` as `insplint explain INSP004` shows",
		rotate, rewrite)
}

const prune = "`git gc --prune=now`"

func code(command string) string { return backtick + command + backtick }

// stashEntry is the entry of the stash that holds an object; empty if only
// refs/stash itself, the newest, was named.
func stashEntry(past *Past) string {
	i := slices.IndexFunc(past.Refs, func(ref string) bool { return ref != "refs/stash" })
	if i < 0 {
		return ""
	}
	return past.Refs[i]
}

// expiry has the reflogs forget what no ref reaches, so that git can prune it.
// A stash lives in a reflog, so each log is named: never all of them.
func expiry(past *Past) string {
	var logs []string
	for _, ref := range past.Refs {
		if log, _, ok := strings.Cut(ref, "@{"); ok && !isStash(ref) && !slices.Contains(logs, shellQuote(log)) {
			logs = append(logs, shellQuote(log))
		}
	}
	if len(logs) == 0 {
		return ""
	}
	return code("git reflog expire --expire-unreachable=now "+strings.Join(logs, " ")) + " and then "
}
