package rules

import (
	"cmp"
	_ "embed"
	"strings"
)

//go:embed help/key_in_history.md
var keyInHistoryHelp string

var keyInHistory = &Rule{
	ID:         "INSP004",
	Name:       "key-in-history",
	Summary:    "The object database holds the key, and no tracked file at that path does now",
	Production: Error,
	Sandbox:    Warning,
	Next:       "once the key is revoked, rewriting history is optional: accept the finding with `--write-baseline`, or see `insplint explain INSP004`",
	Help:       keyInHistoryHelp,
	Check:      checkKeyInHistory,
}

func checkKeyInHistory(p *Pass) {
	for i, o := range p.Occurrences {
		if o.Standing != History {
			continue
		}
		past := o.Past
		if past != nil && past.Object == "" && past.Kind == "commit" {
			p.Report(i, p.what(o)+" in the commit message, which becomes part of history with the commit", "take the key out of the message, and commit again")
			continue
		}
		if past == nil {
			past = &Past{Reachable: true} // nothing is known: claim nothing, advise the most
		}
		p.Report(i, pastMessage(p, o), historyFix(past))
	}
}

// pastMessage says where the key is, which commits brought it and took it, and
// what still leads there, as far as that is known.
func pastMessage(p *Pass, o *Occurrence) string {
	if o.Past == nil {
		return p.what(o) + " in history, in " + pastPlace(o, &Past{})
	}
	parts := []string{p.what(o) + " in history, in " + pastPlace(o, o.Past)}
	if o.Past.Introduced != nil {
		parts = append(parts, "brought in by "+o.Past.Introduced.named()+o.firstPlace())
	}
	if objectKinds[placeKind(o.Past)].removable && o.Past.Introduced != nil {
		parts = append(parts, removal(o.Past))
	}
	if still := reach(o.Past); still != "" {
		parts = append(parts, still)
	}
	return strings.Join(parts, ", ")
}

// firstPlace is where a file was when the key came in, if that is not where it is
// now.
func (o *Occurrence) firstPlace() string {
	past := o.Past
	if len(past.Formerly) == 0 || past.Formerly[len(past.Formerly)-1].Home == homeOf(o) {
		return ""
	}
	return " as " + printable(past.Formerly[len(past.Formerly)-1].Path)
}

// An objectKind is how a message speaks of a place in the object database, and
// which option of git filter-repo rewrites it.
type objectKind struct {
	place, rewrite string
	removable      bool // a later commit can take the key out of the tree
}

// objectKinds go by placeKind; a blob has a path and needs no place.
var objectKinds = map[string]objectKind{
	"blob":   {"", "--replace-text FILE", true},
	"commit": {"the message of commit ", "--replace-message FILE", false},
	"tag":    {"the message of tag object ", "--replace-message FILE", false},
	// What replaces text in messages leaves these alone.
	"commit person": {"the author or the committer of commit ", "--name-callback CODE --email-callback CODE", false},
	"tag person":    {"the tagger of tag object ", "--name-callback CODE --email-callback CODE", false},
	// These are dropped, or written anew, by whatever rewrites the commit.
	"commit header": {"a header of commit ", "--replace-message FILE", false},
	"tag header":    {"a header of tag object ", "--replace-message FILE", false},
	"tree":          {"a file name in tree ", "--path-rename OLD:NEW", true},
	"tree bytes":    {"the bytes of the malformed tree ", "", true},
	"ref":           {"the name of a ref to ", "", false},
	"reflog":        {"the log of a ref, where it names ", "", false},
}

// placeKind is the kind of place that holds the key.
func placeKind(past *Past) string {
	switch past.Of {
	case "":
		if past.Malformed {
			return past.Kind + " bytes"
		}
	case "person", "header":
		return past.Kind + " " + past.Of
	}
	return cmp.Or(past.Of, past.Kind)
}

// pastPlace names the file, or the object where there is no file.
func pastPlace(o *Occurrence, past *Past) string {
	place := objectKinds[placeKind(past)].place
	switch {
	case place != "":
		return place + shortID(past.Object) + within(past)
	case o.Path == "" && past.Object == "":
		return "the object database"
	case o.Path == "":
		return "object " + shortID(past.Object) + within(past) + ", for which no path is known"
	case o.Member != "":
		return printable(o.Path) + " (member " + printable(o.Member) + ")"
	}
	return printable(o.Path)
}

// within names the repository of what has no path that would tell it.
func within(past *Past) string {
	if past.Within == "" {
		return ""
	}
	return " of the repository " + printable(past.Within)
}

func removal(past *Past) string {
	if past.Removed == nil {
		return "taken out by no commit"
	}
	return "taken out by " + past.Removed.named()
}
