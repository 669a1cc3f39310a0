package verify

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// TestHugeBody answers with up to a gigabyte and counts what got through.
func TestHugeBody(t *testing.T) {
	const limit = 1 << 30
	tests := []struct {
		name         string
		status       int
		begin, chunk string
		want         rules.Status
	}{
		{"list", 200, `[`, `{"id":"a vehicle","n":[1,2,3],"ok":true},` + "\n", rules.Active},
		{"page", 200, `<html>`, `<p>no</p>`, rules.Unknown},
		{"text in a list", 200, `[`, `not JSON`, rules.Unknown},
		{"white space", 200, ` `, ` `, rules.Unknown},
		{"refusal", 401, body401, ` `, rules.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var written atomic.Int64
			server := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(limit))
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.begin)
				block := []byte(strings.Repeat(tt.chunk, 1<<16/len(tt.chunk)))
				for written.Load() < limit {
					n, err := w.Write(block)
					written.Add(int64(n))
					if err != nil {
						return
					}
				}
			})
			c, _ := newClient(t, server, Options{})
			got := verifyOne(t, c, randomKey(key.Prefix))
			if got.Status != tt.want || got.HTTPStatus != tt.status {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
			server.Close()
			if n := written.Load(); n > 64<<20 {
				t.Errorf("the server could send %d bytes", n)
			}
		})
	}
}

// TestCompressionIsNotAskedFor sends a gzip header nobody asked for: it must
// not be unpacked.
func TestCompressionIsNotAskedFor(t *testing.T) {
	server := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, body401)
	})
	c, _ := newClient(t, server, Options{})
	if got := verifyOne(t, c, randomKey(key.Prefix)); got.Status != rules.Inactive {
		t.Errorf("got %+v", got)
	}
}

// TestSlowServer drips its header, or its body, for ever.
func TestSlowServer(t *testing.T) {
	for _, begin := range []string{
		"HTTP/1.1 200 OK\r\nX-Slow: ",
		"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: slow\r\n\r\n",
		"",
	} {
		stop := make(chan struct{})
		server := newVendor(t, hijack(func(conn net.Conn) {
			_, _ = io.WriteString(conn, begin)
			for {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					if _, err := io.WriteString(conn, "1"); begin != "" && err != nil {
						return
					}
				}
			}
		}))
		c, ticks := newClient(t, server, Options{Timeout: 300 * time.Millisecond})
		start := time.Now()
		secret := randomKey(key.Prefix)
		got := verifyOne(t, c, secret)
		if took := time.Since(start); got.Status != rules.Unknown || took > 5*time.Second {
			t.Errorf("%q: got %+v after %v", begin, got, took)
		}
		if got.HTTPStatus != 101 && (!strings.Contains(got.Detail, "no answer in time (300ms) (3 attempts)") || len(server.seen()) == 0) {
			t.Errorf("%q: got %+v after %d requests and %v", begin, got, len(server.seen()), ticks.slept)
		}
		mustNotTell(t, secret, got)
		close(stop)
	}
}

// hijack hands a handler the bare connection.
func hijack(talk func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		talk(conn)
	}
}

func TestBrokenAnswers(t *testing.T) {
	secret := randomKey(key.Prefix)
	tests := []struct {
		name     string
		talk     func(net.Conn)
		detail   string
		requests int
	}{
		{"reset", func(c net.Conn) {
			raw := c.(*tls.Conn).NetConn().(*net.TCPConn)
			_ = raw.SetLinger(0)
			_ = raw.Close()
		}, "connection", 3},
		{"closed", func(net.Conn) {}, "the connection ended", 3},
		{"body cut", say("HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n" + body401), "the connection ended", 3},
		{"chunk cut", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,"), "the connection ended", 3},
		{"not HTTP", say("SSH-2.0-" + secret.Reveal() + "\r\n"), "no usable HTTP answer", 1},
		{"key for a status", say("HTTP/1.1 " + secret.Reveal() + "\r\n\r\n"), "no usable HTTP answer", 1},
		{"key in a bad header", say("HTTP/1.1 200 OK\r\n" + secret.Reveal() + "\r\n\r\n"), "no usable HTTP answer", 1},
		{"key for a length", say("HTTP/1.1 200 OK\r\nContent-Length: " + secret.Reveal() + "\r\n\r\n"), "no usable HTTP answer", 1},
		{"huge header", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Big: "+strings.Repeat("x", 1<<20)+"\r\n\r\n")
		}, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newVendor(t, hijack(tt.talk))
			c, _ := newClient(t, server, Options{})
			got := verifyOne(t, c, secret)
			if got.Status != rules.Unknown || !strings.Contains(got.Detail, tt.detail) {
				t.Errorf("got %+v, want %q", got, tt.detail)
			}
			if n := len(server.seen()); n != tt.requests {
				t.Errorf("%d requests, want %d; %+v", n, tt.requests, got)
			}
			mustNotTell(t, secret, got)
		})
	}
}

func say(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// TestUntrustedServers has every server that must not get as far as a request.
func TestUntrustedServers(t *testing.T) {
	accept := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }
	old := &vendor{Server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("a request came over TLS 1.1")
		accept(w, r)
	}))}
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	t.Cleanup(old.Close)

	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came in the clear") }))
	plain.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(plain.Close)

	good := newVendor(t, accept)
	port := good.URL[strings.LastIndexByte(good.URL, ':'):]
	closed := httptest.NewServer(nil)
	closed.Close()

	tests := []struct {
		name   string
		o      Options
		detail string
	}{
		{"unknown authority", Options{Production: good.URL, RootCAs: pool()}, "an authority that is not trusted"},
		{"other host's certificate", Options{Production: "https://localhost" + port}, "the certificate is for another host"},
		{"TLS 1.1", Options{Production: old.URL, RootCAs: pool(old)}, "TLS"},
		{"no TLS", Options{Production: strings.Replace(plain.URL, "http:", "https:", 1)}, "the host does not speak TLS"},
		{"nobody listens", Options{Production: strings.Replace(closed.URL, "http:", "https:", 1)}, "no connection"},
		{"no such name", Options{Production: "https://vendor.invalid"}, "host name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Timeout = 2 * time.Second
			c, _ := newClient(t, good, tt.o)
			secret := randomKey(key.Prefix)
			got := verifyOne(t, c, secret)
			if got.Status != rules.Unknown || got.HTTPStatus != 0 {
				t.Errorf("got %+v", got)
			}
			// A sandboxed machine may have no resolver and let names time out.
			if !strings.Contains(got.Detail, tt.detail) && !strings.Contains(got.Detail, "in time") {
				t.Errorf("detail %q, want %q", got.Detail, tt.detail)
			}
			mustNotTell(t, secret, got)
		})
	}
	if n := len(good.seen()); n != 0 {
		t.Errorf("%d requests were sent over connections that are not trusted", n)
	}
}

// TestExpiredCertificate looks at a good certificate from after its end.
func TestExpiredCertificate(t *testing.T) {
	server := newVendor(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	c, _ := newClient(t, server, Options{})
	c.transport.TLSClientConfig.Time = func() time.Time { return server.Certificate().NotAfter.Add(time.Hour) }
	if got := verifyOne(t, c, randomKey(key.Prefix)); got.Status != rules.Unknown || !strings.Contains(got.Detail, "expired") {
		t.Errorf("got %+v", got)
	}
}

// TestNoConnectionStaysOpen counts the server's open connections afterwards.
func TestNoConnectionStaysOpen(t *testing.T) {
	var open, opened atomic.Int64
	server := &vendor{Server: httptest.NewUnstartedServer(http.HandlerFunc(refuse))}
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
			opened.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	c, _ := newClient(t, server, Options{})
	for range 3 {
		verifyOne(t, c, randomKey(key.Prefix))
	}
	for range 200 {
		if open.Load() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if open.Load() != 0 || opened.Load() != 3 {
		t.Errorf("%d of %d connections are open", open.Load(), opened.Load())
	}
}

// TestServerThatSpeaksFirst sends an answer before it was asked, as a broken
// proxy may; whatever becomes of it, TestMain sees that no key is logged.
func TestServerThatSpeaksFirst(t *testing.T) {
	secret := randomKey(key.Prefix)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	certificate := newVendor(t, refuse)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			secure := tls.Server(conn, &tls.Config{Certificates: certificate.TLS.Certificates})
			_, _ = io.WriteString(secure, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nX-Echo: "+strings.Repeat("z", 64)+"\r\n\r\n")
			_, _ = io.Copy(io.Discard, secure)
			_ = secure.Close()
		}
	}()
	c, _ := newClient(t, certificate, Options{Production: "https://" + listener.Addr().String(), Timeout: time.Second})
	got := verifyOne(t, c, secret)
	if got.Status != rules.Unknown {
		t.Errorf("got %+v", got)
	}
	mustNotTell(t, secret, got)
}

// TestCancelStopsAtOnce cancels in the middle of an answer, and in the middle
// of a pause.
func TestCancelStopsAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler func(w http.ResponseWriter, r *http.Request)
	}{
		{"answer", func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // to return would be to answer, which may arrive before the client stops
		}},
		{"pause", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "25")
			w.WriteHeader(http.StatusTooManyRequests)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
				time.AfterFunc(50*time.Millisecond, cancel)
				tt.handler(w, r)
			})
			c, err := New(Options{Production: server.URL, RootCAs: pool(server)})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			got, _ := c.ask(ctx, randomKey(key.Prefix))
			if took := time.Since(start); took > 2*time.Second || got.Status != rules.Unknown || got.Detail != detailStopped {
				t.Errorf("got %+v after %v", got, took)
			}
			if n := len(server.seen()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
