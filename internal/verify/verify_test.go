package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

const (
	body401 = `{"errors":[{"code":"UNAUTHORIZED","message":"Invalid or missing API key"}]}`
	body403 = `{"errors":[{"code":"FORBIDDEN","message":"Insufficient permissions",` +
		`"details":{"required":["vehicles:write"],"available":["vehicles:read"]}}]}`
)

// randomKey makes a key that no one holds.
func randomKey(prefix string) key.Secret {
	var body [32]byte
	_, _ = rand.Read(body[:])
	return key.NewSecret(prefix + hex.EncodeToString(body[:]))
}

// A vendor is a TLS server that remembers what it was asked.
type vendor struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func newVendor(t *testing.T, handler http.HandlerFunc) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		v.requests = append(v.requests, r)
		v.mu.Unlock()
		handler(w, r)
	}))
	v.Config.ErrorLog = log.New(io.Discard, "", 0)
	v.StartTLS()
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) seen() []*http.Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.requests)
}

// tokens lists the keys that the vendor was asked about, in order.
func (v *vendor) tokens() []string {
	var all []string
	for _, r := range v.seen() {
		all = append(all, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	return all
}

// A clock stands still but for the sleeps, which it remembers.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	c.now = c.now.Add(d)
	return ctx.Err()
}

func pool(servers ...*vendor) *x509.CertPool {
	p := x509.NewCertPool()
	for _, s := range servers {
		p.AddCert(s.Certificate())
	}
	return p
}

// newClient asks production for production keys and, for sandbox keys, a
// place where nobody listens unless o names one.
func newClient(t *testing.T, production *vendor, o Options) (*Client, *clock) {
	t.Helper()
	ticks := newClock()
	o.Production = cmp.Or(o.Production, production.URL+"/api/third-party/v1")
	o.Sandbox = cmp.Or(o.Sandbox, "https://127.0.0.1:1/sandbox")
	if o.RootCAs == nil {
		o.RootCAs = pool(production)
	}
	o.Now, o.Sleep = ticks.Now, ticks.Sleep
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, ticks
}

// verifyOne asks about a key that was handed over by hand.
func verifyOne(t *testing.T, c *Client, secret key.Secret) rules.Verification {
	t.Helper()
	k := &rules.Key{Secret: secret}
	if err := c.All(t.Context(), []*rules.Key{k}); err != nil {
		t.Fatal(err)
	}
	return *k.Verification
}

// mustNotTell fails if any rendering of a value holds the key, its body, or
// the base64 that a header dump might show.
func mustNotTell(t *testing.T, secret key.Secret, values ...any) {
	t.Helper()
	text := secret.Reveal()
	body := text[strings.LastIndexByte(text, '_')+1:]
	for _, v := range values {
		asJSON, _ := json.Marshal(v)
		shown := fmt.Sprintf("%v %+v %#v %s", v, v, v, asJSON)
		for _, leak := range []string{text, body, base64.StdEncoding.EncodeToString([]byte(text))} {
			if strings.Contains(shown, leak) {
				t.Errorf("the key is in %s", strings.ReplaceAll(shown, leak, "KEY"))
			}
		}
	}
}

// TestMain searches everything that the tests made the process log.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(m.Run())
	}
	var logged bytes.Buffer
	log.SetOutput(&logged)
	status := m.Run()
	if bytes.Contains(logged.Bytes(), []byte(key.Prefix)) {
		fmt.Fprintln(os.Stderr, "a key was logged")
		status = 1
	}
	os.Exit(status)
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string // KEY stands for the key that was sent
		want   rules.Status
		scopes []string
		detail string // a part of it
	}{
		{"vehicles", 200, `{"vehicles":[{"id":1}]}`, rules.Active, nil, "does not list its scopes"},
		{"list", 200, `[]`, rules.Active, nil, "does not list"},
		{"empty", 200, ``, rules.Active, nil, "does not list"},
		{"block page", 200, `<html><title>Blocked by policy</title>`, rules.Unknown, nil, "proxy or portal"},
		{"plain text", 200, `Access denied`, rules.Unknown, nil, "proxy or portal"},
		{"JSON text", 200, `"denied"`, rules.Unknown, nil, "proxy or portal"},
		{"broken JSON", 200, `{"vehicles":[`, rules.Unknown, nil, "proxy or portal"},
		{"refused", 401, body401, rules.Inactive, nil, "expired, revoked or never valid"},
		{"refused, more fields", 401, `{"requestId":"7",` + body401[1:], rules.Inactive, nil, "refuses"},
		{"captive portal", 401, `<html>sign in`, rules.Unknown, nil, "HTTP 401 without the documented body"},
		{"empty 401", 401, ``, rules.Unknown, nil, "HTTP 401"},
		{"other message", 401, `{"errors":[{"code":"UNAUTHORIZED","message":"Log in to the proxy"}]}`, rules.Unknown, nil, ""},
		{"other code", 401, `{"errors":[{"code":"LOCKED","message":"Invalid or missing API key"}]}`, rules.Unknown, nil, ""},
		{"other shape", 401, `{"errors":"UNAUTHORIZED"}`, rules.Unknown, nil, ""},
		{"two documents", 401, body401 + body401, rules.Unknown, nil, ""},
		{"401's body with 400", 400, body401, rules.Unknown, nil, "HTTP 400: not a documented answer"},
		{"401's body with 403", 403, body401, rules.Unknown, nil, "HTTP 403 without"},
		{"forbidden", 403, body403, rules.Active, []string{"vehicles:read"}, "lacks the required vehicles:write"},
		{"forbidden, nothing required", 403, `{"errors":[{"code":"FORBIDDEN","details":{"available":["b:read","a:write","b:read"]}}]}`,
			rules.Active, []string{"a:write", "b:read"}, "may not read vehicles"},
		{"forbidden, no scope", 403, `{"errors":[{"code":"FORBIDDEN","details":{"required":[],"available":[]}}]}`, rules.Active, nil, ""},
		{"forbidden, no details", 403, `{"errors":[{"code":"FORBIDDEN","message":"Insufficient permissions"}]}`, rules.Unknown, nil, ""},
		{"firewall", 403, `<h1>Forbidden</h1>`, rules.Unknown, nil, "HTTP 403 without"},
		{"echo in scopes", 403, `{"errors":[{"code":"FORBIDDEN","details":{"required":["KEY","x\u001b[2J"],"available":["KEY","ok:read","BODY",""]}}]}`,
			rules.Active, []string{"ok:read"}, "may not read vehicles"},
		{"echo in 401", 401, `{"errors":[{"code":"UNAUTHORIZED","message":"KEY"}]}`, rules.Unknown, nil, ""},
		{"echo in 500", 500, `no such key: KEY`, rules.Unknown, nil, "HTTP 500: the server failed (3 attempts)"},
		{"created", 201, `{}`, rules.Unknown, nil, "HTTP 201"},
		{"no content", 204, ``, rules.Unknown, nil, "HTTP 204"},
		{"not found", 404, `{}`, rules.Unknown, nil, "HTTP 404"},
		{"proxy", 407, body401, rules.Unknown, nil, "HTTP 407: a proxy wants credentials"},
		{"too many", 429, ``, rules.Unknown, nil, "HTTP 429: too many requests (3 attempts)"},
		{"unavailable", 503, ``, rules.Unknown, nil, "HTTP 503"},
		{"odd status", 999, ``, rules.Unknown, nil, "HTTP 999: not a documented answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			secret := randomKey(key.Prefix)
			echo := strings.NewReplacer("KEY", secret.Reveal(), "BODY", strings.TrimPrefix(secret.Reveal(), key.Prefix))
			server := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Echo", secret.Reveal())
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, echo.Replace(tt.body))
			})
			c, _ := newClient(t, server, Options{})
			got := verifyOne(t, c, secret)
			if got.Status != tt.want || got.HTTPStatus != tt.status || !strings.Contains(got.Detail, tt.detail) {
				t.Errorf("got %+v, want %s, HTTP %d, detail with %q", got, tt.want, tt.status, tt.detail)
			}
			if got.Scopes == nil || !slices.Equal(got.Scopes, tt.scopes) {
				t.Errorf("scopes are %#v, want %q and never nil", got.Scopes, tt.scopes)
			}
			mustNotTell(t, secret, got)
		})
	}
}

// TestRequest pins every header, so that nothing is ever sent along.
func TestRequest(t *testing.T) {
	server := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		_, _ = io.WriteString(w, `{}`)
	})
	c, _ := newClient(t, server, Options{Production: server.URL + "/api/third-party/v1/", UserAgent: "insplint/1.2.3"})
	secret := randomKey(key.Prefix)
	for range 2 {
		if got := verifyOne(t, c, secret); got.Status != rules.Active {
			t.Fatalf("got %+v", got)
		}
	}
	for _, r := range server.seen() {
		want := http.Header{
			"Authorization": {"Bearer " + secret.Reveal()},
			"Accept":        {"application/json"},
			"User-Agent":    {"insplint/1.2.3"},
			"Connection":    {"close"},
		}
		if fmt.Sprint(r.Header) != fmt.Sprint(want) {
			t.Errorf("headers are %q", slices.Sorted(maps.Keys(r.Header)))
		}
		if r.Method != "GET" || r.RequestURI != "/api/third-party/v1/vehicles" || r.Proto != "HTTP/1.1" {
			t.Errorf("asked %s %s %s", r.Method, r.RequestURI, r.Proto)
		}
		if body, _ := io.ReadAll(r.Body); len(body) > 0 {
			t.Errorf("sent a body of %d bytes", len(body))
		}
		mustNotTell(t, secret, r.URL.String(), r.Host, r.RequestURI)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		elsewhere := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) })
		server := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v1/vehicles" {
				t.Errorf("a second request came to %s", r.URL.Path)
			}
			for _, to := range []string{elsewhere.URL + "/vehicles", "/v1/other"} {
				w.Header().Add("Location", to)
			}
			w.Header().Set("Refresh", "0; url="+elsewhere.URL)
			w.WriteHeader(status)
		})
		c, _ := newClient(t, server, Options{Production: server.URL + "/v1", RootCAs: pool(server, elsewhere)})
		secret := randomKey(key.Prefix)
		got := verifyOne(t, c, secret)
		if got.Status != rules.Unknown || got.HTTPStatus != status || !strings.Contains(got.Detail, "never followed") {
			t.Errorf("HTTP %d: got %+v", status, got)
		}
		if n := len(server.seen()); n != 1 {
			t.Errorf("HTTP %d: the host saw %d requests", status, n)
		}
		if n := len(elsewhere.seen()); n != 0 {
			t.Errorf("HTTP %d: the other host saw %d requests", status, n)
		}
		mustNotTell(t, secret, got)
	}
}

// TestOnlyKeysAreSent hands over what is no key, which stays here, and
// doubtful keys, which are sent but whose refusal proves nothing.
func TestOnlyKeysAreSent(t *testing.T) {
	body := strings.TrimPrefix(randomKey(key.Prefix).Reveal(), key.Prefix)
	loose := key.SandboxPrefix + "q7" + body[:10] + "Xw3zK9pT2v"
	tests := []struct {
		name, text string
		sent       bool
		want       rules.Status
	}{
		{"a key", key.Prefix + body, true, rules.Inactive},
		{"a sandbox key", key.SandboxPrefix + body, true, rules.Inactive},
		{"upper case", key.Prefix + strings.ToUpper(body[:63]) + "F", true, rules.Unknown},
		{"loose sandbox key", loose, true, rules.Unknown},
		{"somebody else's", "ghp_" + body[:36], false, rules.Unknown},
		{"nothing", "", false, rules.Unknown},
		{"prefix", key.Prefix, false, rules.Unknown},
		{"short", key.Prefix + body[:40], false, rules.Unknown},
		{"header injection", key.Prefix + body + "\r\nX-More: 1", false, rules.Unknown},
		{"two keys", key.Prefix + body + key.Prefix + body, false, rules.Unknown},
		{"surrounded", " " + key.Prefix + body, false, rules.Unknown},
		{"placeholder", key.Prefix + strings.Repeat("ab", 32), false, rules.Unknown},
		{"vendor's placeholder", key.Prefix + "your_api_key_here", false, rules.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newVendor(t, refuse)
			c, _ := newClient(t, server, Options{Sandbox: server.URL})
			got := verifyOne(t, c, key.NewSecret(tt.text))
			if sent := len(server.seen()) > 0; sent != tt.sent || got.Status != tt.want {
				t.Errorf("sent %v, got %+v", sent, got)
			}
			if strings.Contains(fmt.Sprint(got), body[:10]) {
				t.Error("the detail tells of the key")
			}
		})
	}
}

// TestBasePaths pins where a base URL's requests go, with and without a path.
func TestBasePaths(t *testing.T) {
	for base, want := range map[string]string{
		"": "/vehicles", "/": "/vehicles", "/v1": "/v1/vehicles", "/v1/": "/v1/vehicles", "/a%2Fb": "/a%2Fb/vehicles",
	} {
		server := newVendor(t, refuse)
		c, _ := newClient(t, server, Options{Production: server.URL + base})
		verifyOne(t, c, randomKey(key.Prefix))
		if seen := server.seen(); len(seen) != 1 || seen[0].RequestURI != want {
			t.Errorf("base path %q: %d requests, want one of %s", base, len(seen), want)
		}
	}
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, body401)
}

func TestNewRefuses(t *testing.T) {
	const password = "hunter2"
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"clear text", Options{Production: "http://api.inspecto.com"}, `scheme "http", want "https"`},
		{"clear text sandbox", Options{Sandbox: "http://127.0.0.1:8080"}, "sandbox base URL"},
		{"no scheme", Options{Production: "api.inspecto.com/v1"}, "scheme"},
		{"no host", Options{Production: "https:///v1"}, "no host"},
		{"opaque", Options{Production: "https:api.inspecto.com"}, "no host"},
		{"user", Options{Production: "https://me:" + password + "@proxy.example"}, "no user"},
		{"query", Options{Production: "https://proxy.example/?to=" + password}, "query"},
		{"empty query", Options{Production: "https://proxy.example/?"}, "query"},
		{"fragment", Options{Production: "https://proxy.example/#" + password}, "fragment"},
		{"garbage", Options{Production: "https://" + password + "@%zz:x/"}, "not a URL"},
		{"time-out", Options{Timeout: -1}, "verification limits"},
		{"rate", Options{Rate: -1}, "verification limits"},
		{"keys", Options{MaxKeys: -1}, "verification limits"},
		{"user agent", Options{UserAgent: "a\r\nX-More: 1"}, "user agent"},
	}
	for _, tt := range tests {
		_, err := New(tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want %q in it", tt.name, err, tt.want)
		} else if strings.Contains(err.Error(), password) {
			t.Errorf("%s: the error quotes the URL: %v", tt.name, err)
		}
	}
}

// TestDefaults pins the addresses that keys go to.
func TestDefaults(t *testing.T) {
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for environment, want := range map[key.Environment]string{
		key.Production: "https://api.inspecto.com/api/third-party/v1/vehicles",
		key.Sandbox:    "https://sandbox.inspecto.com/api/third-party/v1/vehicles",
	} {
		if got := c.endpoints[environment].String(); got != want {
			t.Errorf("%v keys go to %s, want %s", environment, got, want)
		}
	}
	if c.timeout != 5*time.Second || c.limiter.Limit() > 5 || c.limiter.Burst() != 1 || c.maxKeys != 50 {
		t.Errorf("time-out %v, rate %v, burst %d, keys %d", c.timeout, c.limiter.Limit(), c.limiter.Burst(), c.maxKeys)
	}
	if c.transport.TLSClientConfig.InsecureSkipVerify || c.transport.TLSClientConfig.RootCAs != nil {
		t.Error("certificates are not checked against the system's authorities")
	}
}
