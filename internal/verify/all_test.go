package verify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// newKey is a key that a scan found with the given confidences.
func newKey(secret key.Secret, found ...key.Confidence) *rules.Key {
	k := &rules.Key{Secret: secret}
	for _, c := range found {
		k.Occurrences = append(k.Occurrences, rules.Occurrence{Confidence: c})
	}
	return k
}

func fresh(prefix string) *rules.Key { return newKey(randomKey(prefix), key.High) }

func texts(keys ...*rules.Key) []string {
	var all []string
	for _, k := range keys {
		all = append(all, k.Secret.Reveal())
	}
	return all
}

// TestEnvironmentsStayApart has two hosts that must each see its own kind
// only, each key once, in a fixed order.
func TestEnvironmentsStayApart(t *testing.T) {
	production := newVendor(t, refuse)
	sandbox := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, body403)
	})
	c, _ := newClient(t, production, Options{Sandbox: sandbox.URL, RootCAs: pool(production, sandbox)})
	p1, p2, s1, s2 := fresh(key.Prefix), fresh(key.Prefix), fresh(key.SandboxPrefix), fresh(key.SandboxPrefix)
	again := newKey(p1.Secret, key.Low)
	keys := []*rules.Key{s1, p1, s2, p2, again, s1}
	if err := c.All(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	if got := production.tokens(); !slices.Equal(got, texts(p1, p2)) {
		t.Errorf("the production host saw %d keys, or another order", len(got))
	}
	if got := sandbox.tokens(); !slices.Equal(got, texts(s1, s2)) {
		t.Errorf("the sandbox host saw %d keys, or another order", len(got))
	}
	for _, k := range []*rules.Key{p1, p2, again} {
		if k.Verification.Status != rules.Inactive {
			t.Errorf("production key: %+v", k.Verification)
		}
	}
	for _, k := range []*rules.Key{s1, s2} {
		if k.Verification.Status != rules.Active || !slices.Equal(k.Verification.Scopes, []string{"vehicles:read"}) {
			t.Errorf("sandbox key: %+v", k.Verification)
		}
	}
	if p1.Verification == again.Verification {
		t.Error("two keys share one Verification")
	}
	s3 := newKey(s1.Secret)
	if err := c.All(t.Context(), []*rules.Key{s1, s3}); err != nil {
		t.Fatal(err)
	}
	s1.Verification.Scopes[0] = "changed"
	if s3.Verification.Scopes[0] != "vehicles:read" {
		t.Error("two keys share one list of scopes")
	}
}

func TestLimitOfKeys(t *testing.T) {
	server := newVendor(t, refuse)
	c, _ := newClient(t, server, Options{MaxKeys: 2, Sandbox: server.URL})
	sandbox, first, second, third := fresh(key.SandboxPrefix), fresh(key.Prefix), fresh(key.Prefix), fresh(key.Prefix)
	keys := []*rules.Key{
		sandbox, newKey(key.NewSecret("no key")), newKey(randomKey(key.Prefix), key.Low), first, first, second, third,
	}
	if err := c.All(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	if got := server.tokens(); !slices.Equal(got, texts(first, second)) {
		t.Errorf("%d keys were sent, want the first two production keys", len(got))
	}
	for _, k := range []*rules.Key{third, sandbox} {
		if v := k.Verification; v.Status != rules.Unknown || v.HTTPStatus != 0 || !strings.Contains(v.Detail, "the limit of 2 keys") {
			t.Errorf("beyond the limit: %+v", v)
		}
	}
	// The limit is of one run.
	if err := c.All(t.Context(), []*rules.Key{third}); err != nil || third.Verification.Status != rules.Inactive {
		t.Errorf("next run: %+v, %v", third.Verification, err)
	}
}

func TestDoubtfulKeysAreNotSent(t *testing.T) {
	for _, tt := range []struct {
		name  string
		found []key.Confidence
		want  rules.Status
	}{
		{"low only", []key.Confidence{key.Low, key.Low}, rules.Unknown},
		{"low and medium", []key.Confidence{key.Low, key.Medium}, rules.Inactive},
		{"high", []key.Confidence{key.High}, rules.Inactive},
		{"by hand", nil, rules.Inactive},
	} {
		server := newVendor(t, refuse)
		c, _ := newClient(t, server, Options{})
		k := newKey(randomKey(key.Prefix), tt.found...)
		if err := c.All(t.Context(), []*rules.Key{k}); err != nil {
			t.Fatal(err)
		}
		sent := len(server.seen()) > 0
		if k.Verification.Status != tt.want || sent != (tt.want == rules.Inactive) {
			t.Errorf("%s: sent %v, %+v", tt.name, sent, k.Verification)
		}
	}
}

// TestDeadHostIsLeftAlone gives each host a list of statuses, 0 for a closed
// connection, and counts the keys that reach it.
func TestDeadHostIsLeftAlone(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status []int // one a key; the last goes on
		sent   int
	}{
		{"answers", []int{401}, 6},
		{"portal", []int{302}, 2},
		{"dead", []int{0}, 2},
		{"limited", []int{401, 429}, 2},
		{"one fault", []int{404, 401, 404, 401}, 6},
		{"two faults", []int{401, 404, 404, 401}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen []string
			server := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
				token := r.Header.Get("Authorization")
				if !slices.Contains(seen, token) {
					seen = append(seen, token)
				}
				switch status := tt.status[min(len(seen), len(tt.status))-1]; status {
				case 0:
					panic(http.ErrAbortHandler)
				case 401:
					refuse(w, r)
				default:
					w.WriteHeader(status)
				}
			})
			healthy := newVendor(t, refuse)
			c, _ := newClient(t, server, Options{Sandbox: healthy.URL, RootCAs: pool(server, healthy)})
			var keys []*rules.Key
			for range 6 {
				keys = append(keys, fresh(key.Prefix))
			}
			other := fresh(key.SandboxPrefix)
			if err := c.All(t.Context(), append(keys, other)); err != nil {
				t.Fatal(err)
			}
			if len(seen) != tt.sent {
				t.Errorf("%d keys were sent, want %d", len(seen), tt.sent)
			}
			for i, k := range keys {
				asked := !strings.Contains(k.Verification.Detail, "the production host gave no answer")
				if asked != (i < tt.sent) {
					t.Errorf("key %d: %+v", i, k.Verification)
				}
				mustNotTell(t, k.Secret, *k.Verification)
			}
			if other.Verification.Status != rules.Inactive {
				t.Errorf("the other host's key: %+v", other.Verification)
			}
		})
	}
}

func TestAllIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := newVendor(t, refuse)
	c, ticks := newClient(t, server, Options{})
	c.sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ticks.Sleep(ctx, 0)
	}
	keys := []*rules.Key{fresh(key.Prefix), fresh(key.Prefix), fresh(key.Prefix)}
	err := c.All(ctx, keys)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped before 2 of 3") {
		t.Errorf("error is %v", err)
	}
	if n := len(server.seen()); n != 1 {
		t.Errorf("%d keys were sent after the end", n-1)
	}
	for i, k := range keys {
		mustNotTell(t, k.Secret, err, *k.Verification)
		if want := []rules.Status{rules.Inactive, rules.Unknown, rules.Unknown}[i]; k.Verification.Status != want {
			t.Errorf("key %d: %+v", i, k.Verification)
		}
	}
}

// TestCancelledAtTheLastKey must not pass for a whole run.
func TestCancelledAtTheLastKey(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := newVendor(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // to return would be to answer, which may arrive before the client stops
	})
	c, _ := newClient(t, server, Options{})
	k := fresh(key.Prefix)
	err := c.All(ctx, []*rules.Key{k})
	if !errors.Is(err, context.Canceled) || k.Verification.Detail != detailStopped {
		t.Errorf("error is %v, verification %+v", err, k.Verification)
	}
}

func TestNothingToAsk(t *testing.T) {
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.All(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
