package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Bounds on what a server can make us hold.
const (
	maxBody   = 64 << 10
	maxHeader = 64 << 10
)

// newTransport builds the one way out. A transport used without an http.Client
// follows no redirect and keeps no cookie, so neither can be switched on by
// mistake.
func newTransport(roots *x509.CertPool, timeout time.Duration) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		// A dial outlives the request that asked for it, so it needs bounds
		// of its own to end.
		DialContext:         (&net.Dialer{Timeout: timeout}).DialContext,
		TLSHandshakeTimeout: timeout,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		Protocols:           protocols,
		// One connection per request: nothing is left open at the end, and the
		// transport does not repeat a request of its own accord when a kept
		// connection turns out to be closed.
		DisableKeepAlives: true,
		// A small compressed body may inflate to any size.
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		OnProxyConnectResponse: checkTunnel,
	}
}

// A tunnelError is the status with which a proxy refused to open a tunnel.
type tunnelError int

func (e tunnelError) Error() string { return fmt.Sprintf("proxy answered HTTP %d", int(e)) }

// checkTunnel takes the status out of a proxy's refusal, which the transport
// would otherwise report in the proxy's own words.
func checkTunnel(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode != http.StatusOK {
		return tunnelError(res.StatusCode)
	}
	return nil
}

// A reply is what was read of an answer.
type reply struct {
	status     int // 0: no answer came
	retryAfter string
	body       []byte // only where the status is one whose body is judged
	cut        bool   // the body went on after maxBody
}

// get sends one request. With an error, the reply still has the status if the
// answer broke off after it.
func (c *Client) get(ctx context.Context, to *url.URL, text string) (reply, error) {
	req := &http.Request{
		Method: http.MethodGet,
		URL:    to,
		Host:   to.Host,
		Header: http.Header{
			"Authorization": {"Bearer " + text},
			"Accept":        {"application/json"},
			"User-Agent":    {c.userAgent},
		},
	}
	res, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	r := reply{status: res.StatusCode, retryAfter: res.Header.Get("Retry-After")}
	if !slices.ContainsFunc(answers, func(a answer) bool { return a.status == r.status }) {
		return r, nil
	}
	r.body, err = io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if len(r.body) > maxBody {
		r.body, r.cut = r.body[:maxBody], true
	}
	return r, err
}
