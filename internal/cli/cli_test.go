package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inspecto/insplint/rules"
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
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // one handshake is to fail
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
	if got, want := progressLine(p), "reading : 0 files"; got != want {
		t.Errorf("before anything: %q, want %q", got, want)
	}
	p.Phase.Store("files")
	p.Files.Add(3)
	if got, want := progressLine(p), "reading files: 3 files"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Phase.Store("history")
	p.Objects.Total.Add(200)
	p.Objects.Done.Add(50)
	p.Findings.Add(2)
	want := "reading history: 3 files, 50 of 200 objects (25%), 2 places with keys"
	if got := progressLine(p); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Objects.Done.Add(1000) // an object may be counted again, in another pass
	if got := progressLine(p); !strings.Contains(got, "200 of 200 objects (100%)") {
		t.Errorf("%q", got)
	}
	for width, want := range map[int]string{0: "reading", 8: "reading", 7: "readin", 2: "r", 1: ""} {
		if got := fitting("reading", width); got != want {
			t.Errorf("on %d columns: %q, want %q", width, got, want)
		}
	}
}

// TestProgressAppearsAndGoes: nothing is shown of a short scan; the line of a
// long one is redrawn, and taken away at the end.
func TestProgressAppearsAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(scanner.Progress)
		p.Phase.Store("files")
		for _, test := range []struct {
			lasts time.Duration
			draws int
		}{
			{progressAfter - time.Millisecond, 0},
			{progressAfter + 3*progressEvery + time.Millisecond, 4},
		} {
			var w strings.Builder
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				showProgress(&w, p, stop)
			}()
			time.Sleep(test.lasts)
			close(stop)
			<-done
			if got := strings.Count(w.String(), "reading files"); got != test.draws {
				t.Errorf("after %v: drawn %d times, want %d", test.lasts, got, test.draws)
			}
			if test.draws > 0 && !strings.HasSuffix(w.String(), clearLine) {
				t.Errorf("the line stays: %q", w.String())
			}
		}
	})
}

// TestOnlyActiveFailsClosed: a key about which the vendor gives no answer may
// be live, so leaving it out is not a clean scan.
func TestOnlyActiveFailsClosed(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	dir := t.TempDir()
	roots := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	writeTestFile(t, roots, string(block))
	writeTestFile(t, filepath.Join(dir, "a.txt"), cliKey("insp_"))
	env := map[string]string{productionVariable: server.URL, rootsVariable: roots}
	status, out, errs := run("", env, "scan", "--verify", "--only-active", dir)
	if status != statusIncomplete || !strings.Contains(out, "gave no answer") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	status, out, _ = run("", env, "scan", "--verify", dir)
	if status != statusFindings || !strings.Contains(out, "unknown") {
		t.Errorf("without --only-active: status %d\n%s", status, out)
	}
}

// TestExplainEveryRule: each listed rule has a text of its own, by id and by
// name, which names every part that a reader needs.
func TestExplainEveryRule(t *testing.T) {
	_, index, _ := run("", nil, "explain")
	texts := map[string]string{}
	for _, rule := range rules.All() {
		if !strings.Contains(index, rule.ID) {
			t.Errorf("%s is not in the list", rule.ID)
		}
		for _, name := range []string{rule.ID, rule.Name, strings.ToLower(rule.ID)} {
			status, text, errs := run("", nil, "explain", name)
			if status != statusClean || errs != "" || !strings.Contains(text, rule.ID) || strings.Count(text, "### ") < 3 {
				t.Errorf("explain %s: status %d, %q\n%s", name, status, errs, text)
			}
			if other, ok := texts[text]; ok && other != rule.ID {
				t.Errorf("%s and %s have one text", rule.ID, other)
			}
			texts[text] = rule.ID
		}
	}
	if len(texts) < 7 {
		t.Errorf("%d rules", len(texts))
	}
}
