package scanner

import (
	"strings"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A refName is a text beside the object database that holds keys: the name of
// a ref, or the identity and message of an entry in its log.
type refName struct {
	of      string // as rules.Past has it
	ref     string // as git names the ref or the entry
	text    string // what holds the keys
	id      gitpack.ID
	secrets []key.Secret
}

// searchRefs searches the names of refs and what their logs say.
func (h *history) searchRefs() {
	if h.opts.NoMetadata {
		return
	}
	add := func(n refName) {
		if n.secrets, _ = bufferSecrets([]byte(n.text)); len(n.secrets) > 0 {
			h.opts.Progress.Findings.Add(1)
			h.refNames = append(h.refNames, n)
		}
	}
	for _, ref := range h.refs {
		add(refName{of: "ref", ref: ref.Name, text: ref.Name, id: ref.ID})
	}
	for e, err := range h.repo.Reflogs() {
		if err != nil {
			h.collector.problem(h.repo.GitDir, "", err.Error())
			continue
		}
		id := e.New
		if id.IsZero() {
			id = e.Old
		}
		add(refName{of: "reflog", ref: logName(e), text: e.Who + " " + e.Message, id: id})
	}
}

// tellRefNames makes the occurrences of keys in the names of refs, and in what
// reflogs say. A reflog repeats the subjects and authors of commits: of a key
// that the commit itself has, the commit's finding tells. Of one log, one entry
// is told.
func (a *attribution) tellRefNames() {
	told := map[pair]bool{}
	for _, n := range a.refNames {
		home := n.of + " " + key.Mask(n.ref)
		if n.of == "reflog" {
			home, _, _ = strings.Cut(home, "@{")
		}
		for _, secret := range n.secrets {
			if at := (pair{secret, home}); !told[at] && !a.book.has(a.hits[n.id].keys(), secret) {
				told[at] = true
				a.tellRefName(n, home, secret)
			}
		}
	}
}

func (a *attribution) tellRefName(n refName, home string, secret key.Secret) {
	kind := gitpack.Commit
	if o, err := a.store.Object(n.id); err == nil {
		kind = o.Kind
	} else if n.of == "ref" {
		a.collector.problem("", n.id.String(), "read what a ref names: "+err.Error())
	}
	o := inName(secret, n.text)
	o.Home, o.Standing = home, rules.History
	o.Past = &rules.Past{
		Object: n.id.String(), Kind: kind.String(), Of: n.of,
		Reachable: n.of == "ref" && isRef(n.ref), Refs: []string{key.Mask(n.ref)},
	}
	a.add(pair{secret, ""}, o, time.Time{})
}
