package key

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"unique"
)

// Prefixes of the two kinds of key.
const (
	Prefix        = "insp_"
	SandboxPrefix = "insp_test_"
)

// A Secret holds the text of a key. It compares with == and may be a map key,
// but nothing prints it: its methods give the masked form, and where fmt
// cannot call methods (an unexported field of some other struct) it finds only
// a pointer, because the text sits behind a unique.Handle. Only Reveal gives
// the text back.
type Secret struct {
	text unique.Handle[string]
}

// NewSecret wraps the text of a key, prefix and body.
func NewSecret(text string) Secret { return Secret{unique.Make(text)} }

// Reveal returns the key itself. Only package verify may call it, to put it
// into a request's header; a test holds the callers to that.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.text.Value()
}

// Environment tells the key's system from its prefix.
func (s Secret) Environment() Environment {
	if strings.HasPrefix(s.Reveal(), SandboxPrefix) {
		return Sandbox
	}
	return Production
}

// Placeholder reports whether no random generator made the body: the text
// stands for a key and is none.
func (s Secret) Placeholder() bool {
	text := s.Reveal()
	return text == Prefix+docPlaceholder || isPlaceholder([]byte(body(text)))
}

// Digest is the SHA-256 over the whole key, which is what the vendor stores.
func (s Secret) Digest() [sha256.Size]byte { return sha256.Sum256([]byte(s.Reveal())) }

// Fingerprint is the first 8 hexadecimal digits of Digest, as the vendor's
// logs and admin panel show it.
func (s Secret) Fingerprint() string {
	sum := s.Digest()
	return hex.EncodeToString(sum[:4])
}

// Masked is what may be shown in the key's place: "insp_…[3f2a91bc]".
func (s Secret) Masked() string {
	prefix := Prefix
	if s.Environment() == Sandbox {
		prefix = SandboxPrefix
	}
	return prefix + "…[" + s.Fingerprint() + "]"
}

// String returns the masked form.
func (s Secret) String() string { return s.Masked() }

// Format writes the masked form whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.Masked()) }

// MarshalText returns the masked form, for encoding/json and its like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.Masked()), nil }

// LogValue returns the masked form, for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Masked()) }
