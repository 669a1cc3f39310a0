package scanner

import (
	"archive/zip"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inspecto/insplint/internal/key"
)

// TestPackedPatch finds keys in what git itself writes of binary files, in both directions.
func TestPackedPatch(t *testing.T) {
	t.Parallel()
	r := newGitRepo(t)
	r.git("config", "user.email", "a@example.com")
	rng := rand.New(rand.NewPCG(81, 82))
	binary := func(size int) string { return string(noise(size)) }
	for n, c := range []struct {
		what          string
		before, after func(text string) string // nil: there is no file
		member        string
		layers        string
	}{
		{"a new program", nil, func(text string) string { return binary(3000) + "\x00" + text + "\x00" + binary(5000) }, "", "zlib"},
		{"a changed program", func(string) string { return binary(5000) }, func(text string) string { return binary(5000)[:2500] + text + binary(5000)[2500:] }, "", "zlib"},
		{"a large change", func(string) string { return binary(9000) }, func(text string) string {
			return binary(9000)[:4000] + string(noise(5000)[4100:4400]) + text + "\x00" + string(noise(6000)[5000:]) + binary(9000)[4100:]
		}, "", "zlib"},
		{"text in UTF-16", func(string) string { return string(wideText(strings.Repeat("line\r\n", 900))) }, func(text string) string {
			return string(wideText(strings.Repeat("line\r\n", 300) + text + "\r\n" + strings.Repeat("line\r\n", 600)))
		}, "", "zlib utf-16le"},
		{"a new text in UTF-16", nil, func(text string) string { return string(wideText(text)) }, "", "zlib utf-16le"},
		{"gzip", nil, func(text string) string { return string(packGzip(t, "", []byte(text))) }, "", "zlib gzip"},
		{"changed gzip", func(string) string { return string(packGzip(t, "", noise(400))) }, func(text string) string {
			return string(packGzip(t, "", append(noise(400), text...)))
		}, "", "zlib gzip"},
		{"zip", nil, func(text string) string { return string(packZip(zip.Deflate, "")(t, "conf/.env", []byte(text))) }, "conf/.env", "zlib zip"},
		{"what was no zip", func(string) string { return binary(300) }, func(text string) string {
			return string(packZip(zip.Deflate, "")(t, "conf/.env", append(noise(300), text...)))
		}, "conf/.env", "zlib zip"},
		{"a program that is no more", func(text string) string { return binary(400) + text + "\x00" + binary(800) }, nil, "", "zlib"},
		{"what was cut out", func(text string) string { return binary(5000)[:2500] + text + binary(5000)[2500:] }, func(string) string { return binary(5000) }, "", "zlib"},
	} {
		for variant := range 4 {
			secret := factsKey(n*10 + variant)
			text := fmt.Sprintf("%sKEY=%s\n", strings.Repeat("x", rng.IntN(200)), secret)
			for i, content := range []func(string) string{c.before, c.after} {
				r.git("rm", "-qf", "--ignore-unmatch", "a.bin")
				if content != nil {
					r.write("a.bin", content(text))
				}
				r.git("add", "-A")
				r.git("commit", "-qm", fmt.Sprint(c.what, i), "--allow-empty")
			}
			command := [][]string{
				{"diff", "--binary", "HEAD~", "HEAD"}, {"diff", "--binary", "--full-index", "-R", "HEAD~", "HEAD"},
				{"format-patch", "-1", "--stdout"}, {"show", "--binary", "--format=email"},
			}[variant]
			patch := r.git(command...)
			what := fmt.Sprintf("%s, git %s", c.what, strings.Join(command, " "))
			if !strings.Contains(patch, "GIT binary patch") {
				t.Fatalf("%s: it is no binary patch: %s", what, patch)
			}
			for _, before := range []string{"", "> ", "    "} {
				checkPackedPatch(t, what, quotedBy(patch, before), secret, c.member, c.layers)
			}
		}
	}
}

func quotedBy(text, before string) string {
	return before + strings.ReplaceAll(text, "\n", "\n"+before)
}

func checkPackedPatch(t *testing.T, what, patch, secret, member, layers string) {
	t.Helper()
	found, err := search{path: "a.patch", archives: testArchives(t)}.whole([]byte(patch))
	if err != nil || len(found) != 1 || found[0].match.Secret != key.NewSecret(secret) {
		t.Errorf("%s: %d found, %v in %s", what, len(found), err, patch)
		return
	}
	o := found[0].place
	if lines := strings.Split(patch, "\n"); member == "" {
		title, line := lines[o.Span.Line-2], lines[o.Span.Line-1]
		if !strings.Contains(title, "literal ") && !strings.Contains(title, "delta ") || len(line) < o.Span.Column || strings.Trim(line[:o.Span.Column-1], "> ") != "" || line[o.Span.Column-1] == ' ' {
			t.Errorf("%s: at line %d, column %d, behind %q", what, o.Span.Line, o.Span.Column, title)
		}
	}
	want := append([]string{"git-base85"}, strings.Fields(layers)...)
	if !slices.Equal(o.Encoding, want) || o.Member != member {
		t.Errorf("%s: encoding %q in member %q, want %q in %q", what, o.Encoding, o.Member, want, member)
	}
	if snippet := fmt.Sprint(o.Snippet); strings.Contains(snippet, secret[5:20]) {
		t.Errorf("%s: snippet %q", what, snippet)
	}
}
