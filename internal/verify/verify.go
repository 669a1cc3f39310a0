// Package verify asks the vendor whether a key is live. It is the only package
// with a network and the only one that reveals a key.
//
// A Client sends GET {base}/vehicles, the one documented read endpoint, with
// the key in the Authorization header: a production key to the production
// host, a sandbox key to the sandbox host, and nothing anywhere else. All fills
// in the keys of a scan. Each attempt waits its turn (client.go), is sent and
// read within bounds (request.go), and its answer is judged against the
// documented ones (answer.go). What is not documented tells nothing: a captive
// portal, a filtering proxy or a broken network makes a key Unknown, never
// Inactive, because an inactive key lowers its findings.
//
// Details are made of fixed phrases, status codes, durations and words that
// passed a grammar. No error text, header or body is ever quoted, because a
// server may put into them whatever it was sent, and a proxy's address may hold
// a password.
//
// Limits: the vendor answers 401 to an expired, a revoked and a never valid
// key alike, and lists a key's scopes only when it refuses one.
package verify

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"github.com/inspecto/insplint/internal/key"
)

// The vendor's documented base URLs.
const (
	ProductionBase = "https://api.inspecto.com/api/third-party/v1"
	SandboxBase    = "https://sandbox.inspecto.com/api/third-party/v1"
)

// What a zero Options field means.
const (
	DefaultTimeout = 5 * time.Second
	DefaultRate    = 5 // requests per second
	DefaultMaxKeys = 50
)

const defaultUserAgent = "insplint"

// Options sets up a Client. The zero Options asks the vendor itself.
type Options struct {
	// Production and Sandbox replace the vendor's base URLs, for tests and for
	// gateways of one's own. They must come from the person who runs the
	// program, never from a scanned tree: whoever sets them receives the keys.
	Production, Sandbox string

	RootCAs   *x509.CertPool // nil: the system's
	Timeout   time.Duration  // of one attempt, from dialling to the last byte read
	Rate      float64        // requests per second over both hosts, retries included
	MaxKeys   int            // distinct keys that one call of All sends
	UserAgent string

	// Now and Sleep replace the clock between attempts. Sleep returns early,
	// with the context's error, when the context ends.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// A Client asks the vendor about keys. It may be used by several goroutines
// at once; they share its rate.
type Client struct {
	transport *http.Transport
	endpoints map[key.Environment]*url.URL
	userAgent string
	timeout   time.Duration
	maxKeys   int
	limiter   *rate.Limiter
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
}

// New checks the options and builds a Client; it opens no connection. A base
// URL that is not plain https, a negative number and a user agent that cannot
// stand in a header are errors. The errors do not quote a base URL, which may
// hold a password.
func New(o Options) (*Client, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	production, err := endpoint("production", o.Production)
	if err != nil {
		return nil, err
	}
	sandbox, err := endpoint("sandbox", o.Sandbox)
	if err != nil {
		return nil, err
	}
	return &Client{
		transport: newTransport(o.RootCAs, o.Timeout),
		endpoints: map[key.Environment]*url.URL{key.Production: production, key.Sandbox: sandbox},
		userAgent: o.UserAgent,
		timeout:   o.Timeout,
		maxKeys:   o.MaxKeys,
		// A burst of one spreads requests evenly instead of sending a
		// second's worth at once.
		limiter: rate.NewLimiter(rate.Limit(o.Rate), 1),
		now:     o.Now,
		sleep:   o.Sleep,
	}, nil
}

// complete puts the defaults in and refuses what no default can mend.
func (o *Options) complete() error {
	if o.Timeout < 0 || o.MaxKeys < 0 || !(o.Rate >= 0) || math.IsInf(o.Rate, 1) {
		return fmt.Errorf("verification limits: timeout %v, rate %v, keys %d: want numbers of at least 0", o.Timeout, o.Rate, o.MaxKeys)
	}
	o.Production = cmp.Or(o.Production, ProductionBase)
	o.Sandbox = cmp.Or(o.Sandbox, SandboxBase)
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.Rate = cmp.Or(o.Rate, DefaultRate)
	o.MaxKeys = cmp.Or(o.MaxKeys, DefaultMaxKeys)
	o.UserAgent = cmp.Or(o.UserAgent, defaultUserAgent)
	if !printable(o.UserAgent) {
		return fmt.Errorf("user agent %q: want printable ASCII", o.UserAgent)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return nil
}

// endpoint is the address that tells about keys under a base URL.
func endpoint(name, base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("read %s base URL: %w", name, errNotURL)
	}
	if u.Scheme != "https" {
		return nil, fmt.Errorf("%s base URL: scheme %q, want \"https\": a key is never sent in the clear", name, u.Scheme)
	}
	if u.Hostname() == "" || u.Opaque != "" {
		return nil, fmt.Errorf("%s base URL: names no host", name)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("%s base URL: want only host and path, no user, query or fragment", name)
	}
	// Without its slash, an empty path would stay relative when joined.
	u.Path = cmp.Or(u.Path, "/")
	return u.JoinPath("vehicles"), nil
}

// errNotURL stands for url.Parse's own error, which quotes the text.
var errNotURL = errors.New("not a URL")

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// sleep waits for d or the end of ctx, whichever is first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
