package scanner

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/inspecto/insplint/internal/gitpack"
	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// tellMessages makes the occurrences of keys in commits and tags themselves.
func (a *attribution) tellMessages() {
	var all []*telling
	for id, h := range a.hits {
		if h.kind == gitpack.Blob {
			continue
		}
		if commit, known := a.graph.number[id]; known {
			all = append(all, &telling{arrival: arrival{commit, h}, origins: []int32{commit}, life: &life{current: true}})
			continue
		}
		past := &rules.Past{Object: id.String(), Kind: h.kind.String()}
		refs, reachable := a.refs.direct(id)
		past.Reachable = reachable
		setRefs(past, newRefList(refs))
		a.tellMessage(h, past, time.Time{})
	}
	slices.SortFunc(all, func(x, y *telling) int { return cmp.Compare(x.commit, y.commit) })
	for len(all) > 0 {
		var batch []*telling
		batch, all = a.family(all)
		for _, t := range batch {
			a.tellMessage(t.hit, t.past, a.commit(t.commit).Date)
		}
	}
}

func (a *attribution) tellMessage(h *hit, past *rules.Past, when time.Time) {
	_, data, _ := a.store.Read(h.object) // places says what is wrong with it
	for secret, o := range a.places(h, a.book.wanted(h.secrets)) {
		own := *past
		own.Of = partOf(data, o.Span.Line)
		o.Home = h.kind.String() + " " + h.object.String()
		o.Standing, o.Past = rules.History, &own
		a.add(pair{secret, ""}, o, when)
	}
}

// partOf tells what a line of a commit or tag is, by numbers from 1: "person"
// if it says who that is by, "header" if it is another header; empty in the
// message.
func partOf(data []byte, line int) string {
	for n := 1; line > 0; n++ {
		text, rest, more := bytes.Cut(data, []byte("\n"))
		field, _, _ := bytes.Cut(text, []byte(" "))
		switch {
		case len(text) == 0:
			return ""
		case n == line && slices.Contains(personHeaders, string(field)):
			return "person"
		case n == line || !more:
			return "header"
		}
		data = rest
	}
	return "" // the place is not known
}

// personHeaders are the headers with a name and an address.
var personHeaders = []string{"author", "committer", "tagger"}

// commit reads what a finding tells of a commit, once.
func (a *attribution) commit(n int32) *rules.Commit {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.told[n]
	if !ok {
		c = a.readCommit(a.graph.commits[n].id)
		a.told[n] = c
	}
	return c
}

func (h *history) readCommit(id gitpack.ID) *rules.Commit {
	_, data, err := h.store.Read(id)
	var c gitrepo.Commit
	if err == nil {
		c, err = gitrepo.DecodeCommit(id, data)
	}
	if err != nil {
		h.collector.problem("", id.String(), err.Error())
	}
	return &rules.Commit{
		ID:      id.String(),
		Author:  key.Mask(c.Author.Name),
		Email:   key.Mask(c.Author.Email),
		Subject: key.Mask(c.Subject),
		Date:    c.Author.When,
	}
}
