package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inspecto/insplint/scanner"
)

// run calls the command as main does.
func run(stdin string, env map[string]string, args ...string) (status int, stdout, stderr string) {
	var out, errs strings.Builder
	c := Command{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Getenv: func(name string) string { return env[name] },
	}
	status = c.Main(context.Background(), args)
	return status, out.String(), errs.String()
}

// cliKey makes a key for a test.
func cliKey(prefix string) string {
	body := sha256.Sum256([]byte("insplint cli test " + prefix))
	return prefix + hex.EncodeToString(body[:])
}

// TestVerifyCommand asks a server over real TLS.
func TestVerifyCommand(t *testing.T) {
	production, sandbox := cliKey("insp_"), cliKey("insp_"+"test_")
	answers := map[string]int{production: http.StatusForbidden, sandbox: http.StatusUnauthorized}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("Content-Type", "application/json")
		if answers[key] == http.StatusForbidden {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"errors":[{"code":"FORBIDDEN","message":"Insufficient permissions","details":{"required":["vehicles:write"],"available":["vehicles:read"]}}]}`))
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"Invalid or missing API key"}]}`))
	}))
	defer server.Close()
	roots := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(roots, block, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{productionVariable: server.URL, sandboxVariable: server.URL, rootsVariable: roots}

	status, out, errs := run(production+"\n"+sandbox+"\n", env, "verify")
	if status != statusFindings || !strings.Contains(out, "active  scopes: vehicles:read") || !strings.Contains(out, "inactive") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if strings.Contains(out+errs, production[10:30]) {
		t.Error("the output holds a key")
	}
	env[keyVariable] = sandbox
	if status, out, _ := run("", env, "verify"); status != statusClean || !strings.Contains(out, "inactive") {
		t.Errorf("a dead key from the environment: status %d, %s", status, out)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte(sandbox+"\n"+production), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs = run("", env, "scan", "--verify", "--only-active", "--format", "json", dir)
	if status != statusFindings || strings.Count(out, `"rule":`) != 1 || !strings.Contains(out, `"status": "active"`) {
		t.Errorf("only active: status %d\n%s%s", status, out, errs)
	}
	delete(env, rootsVariable)
	if status, out, _ := run(production, env, "verify"); status != statusIncomplete || !strings.Contains(out, "unknown") {
		t.Errorf("a server that nobody vouches for: status %d, %s", status, out)
	}
}

func TestColored(t *testing.T) {
	for _, test := range []struct {
		choice string
		env    map[string]string
		want   bool
	}{
		{"auto", nil, false},
		{"always", map[string]string{"NO_COLOR": "1"}, true},
		{"never", map[string]string{"FORCE_COLOR": "1"}, false},
		{"auto", map[string]string{"FORCE_COLOR": "1"}, true},
		{"auto", map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{"auto", map[string]string{"NO_COLOR": "1", "FORCE_COLOR": "1"}, false},
		{"auto", map[string]string{"NO_COLOR": "", "CLICOLOR_FORCE": "1"}, true},
	} {
		c := Command{Getenv: func(name string) string { return test.env[name] }}
		if got := c.colored(&strings.Builder{}, test.choice); got != test.want {
			t.Errorf("--color %s with %v: %t", test.choice, test.env, got)
		}
	}
}

func TestProgressLine(t *testing.T) {
	p := new(scanner.Progress)
	p.Phase.Store("history")
	p.Files.Add(3)
	p.Objects.Total.Add(200)
	p.Objects.Done.Add(50)
	p.Findings.Add(2)
	if got, want := progressLine(p), "reading history: 3 files, 50 of 200 objects (25%), 2 places with keys"; !strings.HasPrefix(got, want[:20]) || !strings.Contains(got, "25%") || !strings.Contains(got, "2") {
		t.Errorf("%q, want %q", got, want)
	}
}
