package key

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestVersion knows what Find finds in a few hundred buffers. If it fails
// because Find finds more, or less, on purpose, then raise Version too: what
// scans of history kept under the old one tells nothing about the new one.
func TestVersion(t *testing.T) {
	const known = "19 6fb4b17b95284422"
	h := sha256.New()
	for _, buf := range versionCorpus() {
		for m := range Find([]byte(buf)) {
			_, _ = fmt.Fprintln(h, m.Start, m.End, m.Secret.Fingerprint(), m.Confidence, m.Placeholder, m.Encoding, m.Run)
		}
		_, _ = fmt.Fprintln(h)
	}
	if got := fmt.Sprintf("%d %x", Version, h.Sum(nil)[:8]); got != known {
		t.Errorf("Version and the digest of what Find finds are %q, the test knows %q", got, known)
	}
}

// versionCorpus is keys in the forms that a scanner may know, now or later.
func versionCorpus() (corpus []string) {
	for i := range 8 {
		body := sha256.Sum256(fmt.Append(nil, "version ", i))
		digits := hex.EncodeToString(body[:])
		for _, text := range []string{Prefix + digits, SandboxPrefix + digits, SandboxPrefix + digits[:20], Prefix + strings.ToUpper(digits), Prefix + digits + "00", Prefix + strings.Repeat(digits[:i+1], 64)[:64]} {
			for _, write := range versionForms() {
				corpus = append(corpus, "before "+write(text)+" after", "\x00"+write(text)+"\x00")
			}
		}
	}
	return corpus
}

func versionForms() []func(string) string {
	escape := func(format string) func(string) string {
		return func(text string) string {
			var b strings.Builder
			for i := range len(text) {
				_, _ = fmt.Fprintf(&b, format, text[i])
			}
			return b.String()
		}
	}
	return []func(string) string{
		func(text string) string { return text },
		func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) },
		func(text string) string { return base64.StdEncoding.EncodeToString([]byte("k=" + text)) },
		func(text string) string {
			return base64.URLEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("{" + text))))
		},
		func(text string) string {
			twice := base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("k=" + text))))
			return fold(twice, 36, "\n  ")
		},
		func(text string) string { return hex.EncodeToString([]byte(text)) },
		func(text string) string {
			var b strings.Builder
			for _, unit := range utf16.Encode([]rune(text)) {
				_, _ = b.Write([]byte{byte(unit), byte(unit >> 8)})
			}
			return b.String()
		},
		func(text string) string { return base32.StdEncoding.EncodeToString([]byte("k=" + text)) },
		escape("%c\x00\x00\x00"), escape("%c\u200b"), escape(`\%03o`),
		func(text string) string { return text[:2] + "&shy;" + text[2:] },
		func(text string) string { return text[:5] + `${"` + text[5:] + `"}` },
		escape("0x%02x, "), escape("&amp;#%d;"), escape(`"1":%d,`),
		func(text string) string {
			return escape("%02x ")(base64.StdEncoding.EncodeToString([]byte("k=" + text)))
		},
		func(text string) string { return escape("%c%%00")("k=" + text) },
		func(text string) string { return "\n" + hex.Dump([]byte("k="+text)) },
		func(text string) string { return "\n" + uuencode("k="+text+text, '`') },
		func(text string) string { return quotedPrintable(escape(`\u%04x`)(text)) },
		escape("%%%02x"), escape(`\u%04x`), escape("=%02X"), escape("\x00%c"),
		func(text string) string {
			return escape(`\x%02x`)(base64.StdEncoding.EncodeToString([]byte("k=" + text)))
		},
		func(text string) string { return text[:20] + `" + "` + text[20:] },
		func(text string) string { return `Sprintf("insp_%s", "` + text[5:] + `")` },
		func(text string) string { return "\n// \"insp_\" +\n//   \"" + text[5:] + `"` },
		func(text string) string { return `&quot;` + text[:20] + `&quot; + &quot;` + text[20:] + `&quot;` },
		func(text string) string {
			return "\n+" + fold(base64.StdEncoding.EncodeToString([]byte("k="+text)), 64, "\n+") + "\n"
		},
		func(text string) string { return list(text, "%d", "", ",\r\n            ", 1) },
		func(text string) string { return "!Join\n  - ''\n  - - insp_\n    - " + text[5:] + "\n" },
		func(text string) string { return text[:20] + "\\\n" + text[20:] },
		func(text string) string { return text[:20] + "=\r\n" + text[20:] },
	}
}
