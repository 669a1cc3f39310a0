package verify

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// TestRetries plays a list of answers, the last one for ever, and looks at the
// pauses between the requests.
func TestRetries(t *testing.T) {
	type step struct {
		status     int
		retryAfter string
	}
	soon := newClock().Now().Add(7 * time.Second).Format(http.TimeFormat)
	late := newClock().Now().Add(time.Hour).Format(http.TimeFormat)
	past := newClock().Now().Add(-time.Hour).Format(http.TimeFormat)
	second := time.Second
	tests := []struct {
		name   string
		steps  []step
		want   rules.Status
		slept  []time.Duration
		detail string
	}{
		{"no retry", []step{{200, "3"}}, rules.Active, nil, ""},
		{"seconds", []step{{429, "3"}, {200, ""}}, rules.Active, []time.Duration{3 * second}, ""},
		{"date", []step{{429, soon}, {200, ""}}, rules.Active, []time.Duration{7 * second}, ""},
		{"past date", []step{{429, past}, {200, ""}}, rules.Active, []time.Duration{second}, ""},
		{"zero", []step{{429, "0"}, {200, ""}}, rules.Active, []time.Duration{second}, ""},
		{"negative", []step{{429, "-5"}, {200, ""}}, rules.Active, []time.Duration{second}, ""},
		{"nonsense", []step{{429, "soon"}, {200, ""}}, rules.Active, []time.Duration{second}, ""},
		{"longest", []step{{429, "30"}, {200, ""}}, rules.Active, []time.Duration{30 * second}, ""},
		{"too long", []step{{429, "31"}, {200, ""}}, rules.Unknown, nil, "longer pause than the 30s"},
		{"far date", []step{{503, late}, {200, ""}}, rules.Unknown, nil, "HTTP 503"},
		{"overflow", []step{{429, "99999999999999999999"}, {200, ""}}, rules.Unknown, nil, "longer pause"},
		{"doubling", []step{{503, ""}, {502, ""}, {200, ""}}, rules.Active, []time.Duration{second, 2 * second}, ""},
		{"gives up", []step{{500, ""}}, rules.Unknown, []time.Duration{second, 2 * second}, "HTTP 500: the server failed (3 attempts)"},
		{"429 to the end", []step{{429, "2"}}, rules.Unknown, []time.Duration{2 * second, 2 * second}, "(3 attempts)"},
		{"not for 404", []step{{404, "1"}}, rules.Unknown, nil, "HTTP 404"},
		{"not for 302", []step{{302, "1"}}, rules.Unknown, nil, "redirect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			next := 0
			server := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				now := tt.steps[min(next, len(tt.steps)-1)]
				next++
				w.Header().Set("Retry-After", now.retryAfter)
				w.WriteHeader(now.status)
			})
			c, ticks := newClient(t, server, Options{})
			got := verifyOne(t, c, randomKey(key.Prefix))
			if got.Status != tt.want || !strings.Contains(got.Detail, tt.detail) || !slices.Equal(ticks.slept, tt.slept) {
				t.Errorf("got %+v after pauses %v, want %s after %v", got, ticks.slept, tt.want, tt.slept)
			}
			if n := len(server.seen()); n != len(tt.slept)+1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestRate asks at once and sees the requests spread, retries and both hosts
// counted together.
func TestRate(t *testing.T) {
	answer := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[]`) }
	production, sandbox := newVendor(t, answer), newVendor(t, answer)
	c, ticks := newClient(t, production, Options{Sandbox: sandbox.URL, RootCAs: pool(production, sandbox), Rate: 4})
	start := ticks.Now()
	for i := range 9 {
		prefix := key.Prefix
		if i%2 == 1 {
			prefix = key.SandboxPrefix
		}
		if got := verifyOne(t, c, randomKey(prefix)); got.Status != rules.Active {
			t.Fatalf("got %+v", got)
		}
	}
	if took := ticks.Now().Sub(start); took != 2*time.Second {
		t.Errorf("9 requests at 4 a second took %v, want 2s", took)
	}
}

// TestOneClientManyGoroutines is for the race detector, and sees that
// goroutines share one rate.
func TestOneClientManyGoroutines(t *testing.T) {
	server := newVendor(t, refuse)
	c, _ := newClient(t, server, Options{})
	c.now, c.sleep = time.Now, sleep
	c.limiter.SetLimit(100)
	start := time.Now()
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if got := verifyOne(t, c, randomKey(key.Prefix)); got.Status != rules.Inactive {
				t.Errorf("got %+v", got)
			}
		})
	}
	wait.Wait()
	if took := time.Since(start); took < 180*time.Millisecond || len(server.seen()) != 20 {
		t.Errorf("%d requests in %v", len(server.seen()), took)
	}
}

// FuzzAnswer judges any answer: only the documented refusal makes a key
// inactive, nothing of the server's but words for scopes comes out, and the
// key that it may echo never does.
func FuzzAnswer(f *testing.F) {
	f.Add(200, []byte(`{"vehicles":[]}`), "")
	f.Add(401, []byte(body401), "3")
	f.Add(403, []byte(body403), "Sun, 01 Mar 2026 12:00:05 GMT")
	f.Add(403, []byte(`{"errors":[{"code":"FORBIDDEN","details":{"required":["KEY"],"available":["KEY"]}}]}`), "9999999999")
	f.Add(429, []byte{}, "Sun, 01 Mar 2020 12:00:05 GMT")
	secret := randomKey(key.Prefix)
	f.Fuzz(func(t *testing.T, status int, body []byte, after string) {
		text := strings.ReplaceAll(string(body), "KEY", secret.Reveal())
		for _, cut := range []bool{false, true} {
			v, heard := judge(reply{status: status, body: []byte(text), cut: cut})
			mustNotTell(t, secret, v)
			if heard != (v.Status != rules.Unknown) || v.Scopes == nil || v.HTTPStatus != status {
				t.Errorf("%v, %+v", heard, v)
			}
			if v.Status == rules.Inactive && (status != 401 || !strings.Contains(strings.ToLower(text), "errors")) {
				t.Errorf("%q makes a key inactive", text)
			}
			if v.Status == rules.Active && status != 200 && status != 403 {
				t.Errorf("HTTP %d makes a key active", status)
			}
			for _, s := range v.Scopes {
				if !isScope(s) {
					t.Errorf("scope %q", s)
				}
			}
		}
		if d := retryAfter(after, newClock().Now()); d < 0 {
			t.Errorf("Retry-After %q is %v", after, d)
		}
	})
}
