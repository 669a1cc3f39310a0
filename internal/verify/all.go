package verify

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// patience is how many keys in a row one host may leave without an answer
// before the rest of its keys are not asked: a network that swallows packets
// would otherwise cost every key its time-outs, and a portal be sent them all.
const patience = 2

// All asks about every key and fills in its Verification, never leaving it
// nil. Keys go one at a time, each distinct one once, production keys before
// sandbox keys and otherwise in the order given.
//
// Not sent, and Unknown with the reason: keys beyond MaxKeys; keys of a host
// that two keys in a row got no answer from, or that said 429 to the end; and
// keys all of whose occurrences are of low confidence. A doubtful string may
// be somebody else's secret, and the vendor's refusal of it would prove
// nothing. A key without occurrences was handed over by hand and is sent.
//
// The error is that of a context that ended before all were answered.
func (c *Client) All(ctx context.Context, keys []*rules.Key) error {
	groups := group(keys)
	r := run{client: c, unheard: map[key.Environment]int{}}
	for _, g := range groups {
		fill(g, r.verify(ctx, g))
	}
	if r.stopped > 0 {
		return fmt.Errorf("verify keys: stopped before %d of %d were answered: %w", r.stopped, len(groups), ctx.Err())
	}
	return nil
}

// group puts keys of one secret together, in the order of asking.
func group(keys []*rules.Key) [][]*rules.Key {
	var groups [][]*rules.Key
	at := map[key.Secret]int{}
	for _, k := range keys {
		i, ok := at[k.Secret]
		if !ok {
			i = len(groups)
			at[k.Secret] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], k)
	}
	slices.SortStableFunc(groups, func(a, b []*rules.Key) int {
		return cmp.Compare(a[0].Secret.Environment(), b[0].Secret.Environment())
	})
	return groups
}

// fill gives every key a copy of its own.
func fill(group []*rules.Key, v rules.Verification) {
	for _, k := range group {
		own := v
		own.Scopes = slices.Clone(v.Scopes)
		k.Verification = &own
	}
}

// A run is one call of All.
type run struct {
	client  *Client
	sent    int
	stopped int                     // keys that the end of the context left unanswered
	unheard map[key.Environment]int // keys in a row that a host left without an answer
}

func (r *run) verify(ctx context.Context, group []*rules.Key) rules.Verification {
	secret := group[0].Secret
	host := secret.Environment()
	detail, _ := judgeForm(secret.Reveal())
	switch {
	case ctx.Err() != nil:
		r.stopped++
		return unknown(0, detailStopped)
	case detail != "":
		return unknown(0, detail)
	case !slices.ContainsFunc(group, certain):
		return unknown(0, "not sent: every occurrence is of low confidence")
	case r.sent >= r.client.maxKeys:
		return unknown(0, fmt.Sprintf("not sent: the limit of %d keys a run was reached", r.client.maxKeys))
	case r.unheard[host] >= patience:
		return unknown(0, fmt.Sprintf("not sent: the %v host gave no answer about earlier keys", host))
	}
	r.sent++
	v, heard := r.client.ask(ctx, secret)
	switch {
	case heard:
		r.unheard[host] = 0
	case ctx.Err() != nil:
		r.stopped++
	case v.HTTPStatus == http.StatusTooManyRequests:
		r.unheard[host] = patience
	default:
		r.unheard[host]++
	}
	return v
}

// certain reports whether a key was handed over by hand, or stands somewhere
// in a form that leaves little doubt.
func certain(k *rules.Key) bool {
	return len(k.Occurrences) == 0 || slices.ContainsFunc(k.Occurrences, func(o rules.Occurrence) bool {
		return o.Confidence > key.Low
	})
}
