package key

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCompiled finds keys that stand in a program in steps, of which the last takes in the
// end of the one before, or is a number in an instruction.
func TestCompiled(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		key := anyKey(r)
		for !isLowerHex(body(key)) {
			key = anyKey(r)
		}
		n := len(key)
		for _, test := range []struct {
			what, text string
			found      int
		}{
			{"a number that begins with three digits twice", key[:n-5] + "\x00\x00code\x48\xb9" + key[n-8:] + "\x48\x89", 1},
			{"a number that ends with a NUL", key[:n-5] + "\x00code\x49\xba" + key[n-7:] + "\x00\x48\x89", 1},
			{"the same number twice", key[:n-5] + "\x00\x48\xb9" + key[n-8:] + "\x00\x48\xb8" + key[n-8:] + "\x00", 1},
			{"two such numbers", key[:n-5] + "\x00\x48\xb9" + key[n-8:n-5] + "00000\x00\x48\xb8" + key[n-8:n-5] + "fffff\x00", 0},
			{"too many places to look at", key[:n-5] + "\x00" + strings.Repeat(key[n-8:n-5]+"\x00", mostTails) + "\x48\xb9" + key[n-8:] + "\x00", 0},
			{"no instruction", key[:n-5] + "\x00\x00code\x48\x89" + key[n-8:] + "\x48\x89", 0},
			{"no program", key[:n-5] + "  \x48\xb9" + key[n-8:] + " ", 0},
			{"a step that takes in five digits", "\x00" + key[:n-11] + key[n-16:] + "\r\n\x00", 2},
		} {
			buf := []byte(test.text)
			found := slices.DeleteFunc(slices.Collect(Find(buf)), func(m Match) bool { return m.Confidence < Medium })
			right := slices.ContainsFunc(found, func(m Match) bool { return m.Secret == NewSecret(key) })
			if len(found) != test.found || right != (test.found > 0) {
				t.Fatalf("%s: found %d in %q", test.what, len(found), buf)
			}
		}
	}
}

// TestCompiledByGCC holds that to what a compiler makes.
func TestCompiledByGCC(t *testing.T) {
	if out, err := exec.Command("gcc", "-dumpmachine").Output(); err != nil || !strings.HasPrefix(string(out), "x86_64-") {
		t.Skip("no gcc for x86-64 is installed")
	}
	dir := t.TempDir()
	key := Prefix + body64(7) // no two steps of it are alike
	source := "#include <stdio.h>\nint main(void) { char b[] = \"" + key + "\"; puts(b); return 0; }\n"
	if err := os.WriteFile(filepath.Join(dir, "x.c"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, level := range []string{"-O2", "-O3", "-Os"} {
		program := filepath.Join(dir, "x"+level)
		if out, err := exec.Command("gcc", level, "-c", "-o", program, filepath.Join(dir, "x.c")).CombinedOutput(); err != nil {
			t.Skipf("%v: %s", err, out)
		}
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(slices.Collect(Find(data)), func(m Match) bool { return m.Secret == NewSecret(key) }) {
			t.Errorf("gcc %s: the key is not found", level)
		}
	}
}
