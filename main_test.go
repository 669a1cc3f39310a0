package main

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/inspecto/insplint/internal/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what commands print into the scripts that compare it")

// unhurried is the race detector's setting for the commands that tests start.
// It would sleep for a second at the end of each of them, in case a goroutine
// that is still running has a race to report.
const unhurried = "atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	bin, err := os.MkdirTemp("", "insplint-test-")
	if err == nil {
		err = errors.Join(buildInto(bin), os.Setenv("GORACE", unhurried),
			os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")))
	}
	status := 2
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		status = m.Run()
	}
	_ = os.RemoveAll(bin)
	os.Exit(status)
}

// buildInto builds insplint for all tests, with the race detector where they
// have it. The test's own binary could stand in for it, but takes half as long
// again to start, and scripts start it a thousand times.
func buildInto(dir string) error {
	args := []string{"build", "-buildvcs=false", "-o", dir + string(os.PathSeparator)}
	race := debug.BuildSetting{Key: "-race", Value: "true"}
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, race) {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// TestScripts runs testdata/script/*.txtar: each makes a tree or a repository
// and drives the real command on it.
//
// A script names test keys, which exist only while it runs: "${KEY1}" to
// "${KEY9}" are production keys, "${SANDBOX1}" to "${SANDBOX9}" sandbox keys,
// and "${FP_KEY1}" is the fingerprint of KEY1. All that a program run by
// "status" wrote is searched for the keys. The commands, beside testscript's:
//
//	keys FILE...            replace these names in files of the archive
//	put FILE LINE...        write a file; see putFile
//	encode HOW... FILE      write a file again in encodings; see encodeFile
//	commit SUBJECT          git add everything, and commit it
//	status N PROGRAM ARG... run a program, which must exit with N
//	clean FILE...           fail if a file holds a key
//	findings WANT...        compare the JSON on standard output; see wantFindings
//	problems REGEXP...      compare its errors, one regular expression each
//	valid json|jsonl|sarif FILE   check a report against its schema
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"keys":     replaceKeys,
			"put":      putFile,
			"encode":   encodeFile,
			"commit":   commitAll,
			"status":   runForStatus,
			"clean":    noKeysIn,
			"findings": wantFindings,
			"problems": wantProblems,
			"valid":    validReport,
		},
	})
}

// condition knows "root": permissions do not keep that user from anything.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// setupScript gives a script its keys, and git a configuration of its own.
func setupScript(env *testscript.Env) error {
	env.Setenv("PLACEHOLDER", "insp_"+strings.Repeat("0", 64)) // no generator makes it
	for name, value := range testKeys() {
		env.Setenv(name, value)
	}
	home := filepath.Join(env.WorkDir, ".home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	config := "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n[core]\n\tautocrlf = false\n[advice]\n\tdetachedHead = false\n[maintenance]\n\tauto = false\n"
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o644); err != nil {
		return err
	}
	env.Setenv("HOME", home)
	env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	env.Setenv("GORACE", unhurried)
	// Commits of an hour ago break no rule about age; a script that wants old
	// ones says so.
	recent := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	env.Setenv("GIT_AUTHOR_DATE", recent)
	env.Setenv("GIT_COMMITTER_DATE", recent)
	return nil
}

// testKeys makes the keys of a script: the same ones every time, so that
// output can be compared, and none of them in any file.
func testKeys() map[string]string {
	vars := map[string]string{}
	for kind, prefix := range map[string]string{"KEY": "insp_", "SANDBOX": "insp_" + "test_"} {
		for n := 1; n <= 9; n++ {
			name := fmt.Sprintf("%s%d", kind, n)
			body := sha256.Sum256([]byte("insplint test " + name))
			key := prefix + hex.EncodeToString(body[:])
			sum := sha256.Sum256([]byte(key))
			vars[name] = key
			vars["FP_"+name] = hex.EncodeToString(sum[:4])
		}
	}
	return vars
}

// keyName is how a file of an archive names a key, or a part of its body.
var keyName = regexp.MustCompile(`\$\{(KEY|SANDBOX|FP_KEY|FP_SANDBOX)[1-9](_HEAD|_TAIL|_BODY)?\}`)

func expandKeys(ts *testscript.TestScript, text string) string {
	return keyName.ReplaceAllStringFunc(text, func(v string) string {
		v = v[2 : len(v)-1]
		if name, ok := strings.CutSuffix(v, "_HEAD"); ok {
			return ts.Getenv(name)[:40]
		}
		if name, ok := strings.CutSuffix(v, "_TAIL"); ok {
			return ts.Getenv(name)[40:]
		}
		if name, ok := strings.CutSuffix(v, "_BODY"); ok {
			return ts.Getenv(name)[len("insp_"):]
		}
		return ts.Getenv(v)
	})
}

// replaceKeys is the command "keys FILE...".
func replaceKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: keys FILE...")
	}
	for _, name := range args {
		path := ts.MkAbs(name)
		text := ts.ReadFile(name)
		replaced := expandKeys(ts, text)
		if replaced == text {
			ts.Fatalf("%s names no key", name)
		}
		ts.Check(os.WriteFile(path, []byte(replaced), 0o644))
	}
}

// putFile is the command "put FILE LINE...": it writes the lines to a file,
// whose directory it makes. A word that begins with a double quote is a string
// of Go, in which keys may be named, and stands for its bytes alone, without a
// line's end.
func putFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: put FILE LINE...")
	}
	path := ts.MkAbs(strings.TrimSuffix(unquoteWord(ts, args[0]), "\n"))
	var text strings.Builder
	for _, line := range args[1:] {
		text.WriteString(unquoteWord(ts, line))
	}
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	ts.Check(os.WriteFile(path, []byte(text.String()), 0o644))
}

// encoders are the encodings that "encode" knows.
var encoders = map[string]func([]byte) []byte{
	"base64":  func(b []byte) []byte { return base64.StdEncoding.AppendEncode(nil, b) },
	"base32":  func(b []byte) []byte { return base32.StdEncoding.AppendEncode(nil, b) },
	"hex":     func(b []byte) []byte { return hex.AppendEncode(nil, b) },
	"utf16":   func(b []byte) []byte { return wideText(b, "\ufeff", binary.LittleEndian) },
	"utf16be": func(b []byte) []byte { return wideText(b, "\ufeff", binary.BigEndian) },
	"utf32": func(b []byte) []byte {
		var out []byte
		for _, r := range "\ufeff" + string(b) {
			out = binary.LittleEndian.AppendUint32(out, uint32(r))
		}
		return out
	},
	"octal": func(b []byte) []byte { // as printf reads it
		var out []byte
		for _, c := range bytes.TrimSuffix(b, []byte("\n")) {
			out = fmt.Appendf(out, `\%03o`, c)
		}
		return append(out, '\n')
	},
	"dump": func(b []byte) []byte { return []byte(hex.Dump(b)) }, // as hexdump -C
	"list": func(b []byte) []byte { return fmt.Appendf(nil, "% x", b) },
	"groups": func(b []byte) []byte { // as a property list has them
		out := []byte("data = <")
		for group := range slices.Chunk(b, 4) {
			out = fmt.Appendf(out, "%x ", group)
		}
		return append(bytes.TrimSuffix(out, []byte(" ")), ">;\n"...)
	},
	"url": func(b []byte) []byte { return []byte(url.QueryEscape(string(b))) },
	"deflate": func(b []byte) []byte {
		var out bytes.Buffer
		w, _ := flate.NewWriter(&out, flate.BestCompression)
		_, _ = w.Write(b)
		_ = w.Close()
		return out.Bytes()
	},
	"mail": func(b []byte) []byte { // quoted-printable
		var out bytes.Buffer
		w := quotedprintable.NewWriter(&out)
		_, _ = w.Write(b)
		_ = w.Close()
		return out.Bytes()
	},
	"fold": func(b []byte) []byte { // as MIME wraps base64
		var out []byte
		for line := range slices.Chunk(b, 76) {
			out = append(append(out, line...), '\n')
		}
		return out
	},
}

func wideText(b []byte, mark string, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(mark + string(b))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// encodeFile is the command "encode HOW... FILE": it writes a file again, with
// encodings around it, the first of them outermost.
func encodeFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: encode HOW... FILE")
	}
	name := args[len(args)-1]
	content := []byte(ts.ReadFile(name))
	for _, how := range slices.Backward(args[:len(args)-1]) {
		encode, ok := encoders[how]
		if !ok {
			ts.Fatalf("unknown encoding %q", how)
		}
		content = encode(content)
	}
	ts.Check(os.WriteFile(ts.MkAbs(name), content, 0o644))
}

func unquoteWord(ts *testscript.TestScript, word string) string {
	if !strings.HasPrefix(word, `"`) {
		return word + "\n"
	}
	text, err := strconv.Unquote(word)
	ts.Check(err)
	return expandKeys(ts, text)
}

// commitAll is the command "commit SUBJECT".
func commitAll(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: commit SUBJECT")
	}
	ts.Check(ts.Exec("git", "add", "--all"))
	ts.Check(ts.Exec("git", "commit", "--quiet", "--allow-empty", "--message", args[0]))
}

// runForStatus is the command "status N PROGRAM ARG...": it runs the program,
// which must exit with N and must not write a key, and leaves its output to
// stdout and stderr.
func runForStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	noKeys(ts, "standard output", ts.ReadFile("stdout"))
	noKeys(ts, "standard error", ts.ReadFile("stderr"))
	if strings.Contains(ts.ReadFile("stderr"), "goroutine ") {
		ts.Fatalf("%s panicked", strings.Join(args[1:], " "))
	}
	if got != args[0] {
		ts.Fatalf("%s: exit status %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// noKeysIn is the command "clean FILE...": no file that insplint wrote may
// hold a key.
func noKeysIn(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		noKeys(ts, name, ts.ReadFile(name))
	}
}

// noKeys fails if a text holds a good part of a key, from its beginning, its
// middle or its end.
func noKeys(ts *testscript.TestScript, what, text string) {
	text = strings.ToLower(text)
	for name, key := range testKeys() {
		if strings.HasPrefix(name, "FP_") {
			continue
		}
		body := key[strings.LastIndexByte(key, '_')+1:]
		for _, part := range []string{body[:16], body[24:40], body[48:]} {
			if strings.Contains(text, part) {
				ts.Fatalf("%s holds a part of %s", what, name)
			}
		}
	}
}

// TestCommandIsReentrant runs the command twice in one process: nothing may be
// left over from the first.
func TestCommandIsReentrant(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		var out, errs strings.Builder
		c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
		if status := c.Main(context.Background(), []string{"scan", dir}); status != 0 || errs.Len() > 0 {
			t.Fatalf("status %d, %s", status, errs.String())
		}
	}
}
