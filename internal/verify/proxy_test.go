package verify

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// childVariable makes the test binary the child of TestThroughProxy:
// net/http reads the proxy's address once in a process.
const childVariable = "INSPLINT_TEST_PROXY_CHILD"

// A tunnel is an HTTP proxy that knows CONNECT and keeps what it was told.
type tunnel struct {
	net.Listener
	to     string // where every tunnel ends
	answer string // instead of a tunnel, if not empty
	mu     sync.Mutex
	told   strings.Builder
}

func newTunnel(t *testing.T, to, answer string) *tunnel {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tunnel{Listener: listener, to: to, answer: answer}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *tunnel) serve(conn net.Conn) {
	defer conn.Close()
	from := bufio.NewReader(conn)
	req, err := http.ReadRequest(from)
	if err != nil {
		return
	}
	p.mu.Lock()
	_ = req.Write(&p.told)
	p.mu.Unlock()
	if p.answer != "" {
		_, _ = io.WriteString(conn, p.answer)
		return
	}
	target, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer target.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(target, from) }()
	_, _ = io.Copy(conn, target)
}

// TestThroughProxy runs a client in a process of its own with HTTPS_PROXY set.
// The vendor is known by a name that only the proxy can reach.
func TestThroughProxy(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		askAsChild(t)
		return
	}
	server := newVendor(t, refuse)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(roots, block, 0o600); err != nil {
		t.Fatal(err)
	}
	const password = "hunter2"
	address := server.Listener.Addr().String()
	open := newTunnel(t, address, "")
	closed := newTunnel(t, address, "HTTP/1.1 407 "+password+"\r\nContent-Length: 0\r\n\r\n")
	portal := newTunnel(t, address, "HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n")
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	tests := []struct {
		name, proxy string
		want        rules.Status
		detail      string
	}{
		{"open", "http://me:" + password + "@" + open.Addr().String(), rules.Inactive, "refuses the key"},
		{"wants credentials", "http://" + closed.Addr().String(), rules.Unknown, "the proxy refused the connection (HTTP 407)"},
		{"portal", "http://" + portal.Addr().String(), rules.Unknown, "the proxy refused the connection (HTTP 302)"},
		{"dead", "http://me:" + password + "@" + dead.Addr().String(), rules.Unknown, "no connection to the proxy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(server.seen())
			got, output := runChild(t, tt.proxy, roots)
			if got.Status != tt.want || !strings.Contains(got.Detail, tt.detail) {
				t.Errorf("got %+v, want %q", got, tt.detail)
			}
			if strings.Contains(output, password) {
				t.Error("the output holds the proxy's password")
			}
			if reached := len(server.seen()) > before; reached != (tt.want == rules.Inactive) {
				t.Errorf("the vendor was reached: %v", reached)
			}
		})
	}
	for _, p := range []*tunnel{open, closed, portal} {
		p.mu.Lock()
		if told := p.told.String(); !strings.Contains(told, "CONNECT example.com:443") || strings.Contains(told, key.Prefix) {
			t.Errorf("the proxy was told %q", told)
		}
		p.mu.Unlock()
	}
}

func runChild(t *testing.T, proxy, roots string) (v rules.Verification, output string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestThroughProxy$")
	result := filepath.Join(t.TempDir(), "result.json")
	cmd.Env = append(os.Environ(), childVariable+"="+result, "INSPLINT_TEST_ROOTS="+roots,
		"HTTPS_PROXY="+proxy, "https_proxy="+proxy, "NO_PROXY=", "no_proxy=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	data, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v, string(out) + string(data)
}

func askAsChild(t *testing.T) {
	roots, err := os.ReadFile(os.Getenv("INSPLINT_TEST_ROOTS"))
	if err != nil {
		t.Fatal(err)
	}
	certificates := x509.NewCertPool()
	certificates.AppendCertsFromPEM(roots)
	ticks := newClock()
	c, err := New(Options{Production: "https://example.com", RootCAs: certificates, Now: ticks.Now, Sleep: ticks.Sleep})
	if err != nil {
		t.Fatal(err)
	}
	secret := randomKey(key.Prefix)
	got := verifyOne(t, c, secret)
	mustNotTell(t, secret, got)
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv(childVariable), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
