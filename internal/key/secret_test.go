package key

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// holder has a Secret wherever a struct can have one.
type holder struct {
	Exported Secret
	hidden   Secret
	Pointer  *Secret
	pointer  *Secret
	Slice    []Secret
	list     [1]Secret
	Any      any
	Map      map[Secret]Secret
	match    Match
}

func newHolder(s Secret) *holder {
	return &holder{
		Exported: s, hidden: s, Pointer: &s, pointer: &s, Slice: []Secret{s}, list: [1]Secret{s}, Any: s,
		Map: map[Secret]Secret{s: s}, match: Match{Secret: s},
	}
}

// TestSecretNeverPrints prints a key in every way that fmt, encoding/json and
// log/slog have, from everywhere that a value can hold it.
func TestSecretPlaceholder(t *testing.T) {
	sum := sha256.Sum256([]byte("placeholder"))
	for text, want := range map[string]bool{
		Prefix + hex.EncodeToString(sum[:]):               false,
		SandboxPrefix + hex.EncodeToString(sum[:]):        false,
		Prefix + strings.Repeat("0", 64):                  true,
		SandboxPrefix + strings.Repeat("ab", 32):          true,
		Prefix + (strings.Repeat("a1b2c3d4e5f6", 6))[:64]: true,
		Prefix + docPlaceholder:                           true,
	} {
		if got := NewSecret(text).Placeholder(); got != want {
			t.Errorf("%s: %t, want %t", NewSecret(text), got, want)
		}
		for m := range Find([]byte(text)) {
			if m.Placeholder != want {
				t.Errorf("%s: a match says %t, want %t", NewSecret(text), m.Placeholder, want)
			}
		}
	}
}

func TestSecretNeverPrints(t *testing.T) {
	body := body64(100)
	secret := NewSecret(Prefix + body)
	var log bytes.Buffer
	check := func(how, printed string) {
		t.Helper()
		for _, form := range []string{body[:12], hex.EncodeToString([]byte(body[:12])), strings.ToUpper(body[:12])} {
			if strings.Contains(printed, form) {
				t.Errorf("%s prints the key", how)
			}
		}
	}
	h := newHolder(secret)
	for _, value := range []any{secret, &secret, h, *h, []any{h}, fmt.Errorf("wrap %v", secret)} {
		for _, verb := range strings.Split("v +v #v s q x X d t c o b e U p T", " ") {
			check(fmt.Sprintf("%%%s of %T", verb, value), fmt.Sprintf("%"+verb, value))
		}
		if text, err := json.Marshal(value); err == nil {
			check(fmt.Sprintf("JSON of %T", value), string(text))
		}
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(handler).Info("x", "value", value)
		}
	}
	check("slog", log.String())
	if !strings.Contains(log.String(), secret.Fingerprint()) {
		t.Error("slog does not show the masked form")
	}
	if secret.Reveal() != Prefix+body {
		t.Error("Reveal does not give the key back")
	}
}

func TestSecretFacts(t *testing.T) {
	text := SandboxPrefix + body64(101)
	secret := NewSecret(text)
	sum := sha256.Sum256([]byte(text))
	if want := hex.EncodeToString(sum[:])[:8]; secret.Fingerprint() != want {
		t.Errorf("fingerprint %s, want %s", secret.Fingerprint(), want)
	}
	if want := "insp_test_…[" + secret.Fingerprint() + "]"; secret.Masked() != want || secret.String() != want {
		t.Errorf("masked as %s, want %s", secret.Masked(), want)
	}
	if secret.Environment() != Sandbox || NewSecret(Prefix+body64(101)).Environment() != Production {
		t.Error("the prefix decides the environment")
	}
	if secret != NewSecret(text) || secret == NewSecret(text[:len(text)-1]) {
		t.Error("secrets of one text are equal, others are not")
	}
	if (Secret{}).Reveal() != "" {
		t.Error("the zero Secret holds a key")
	}
}

func TestMask(t *testing.T) {
	one, two := Prefix+body64(102), SandboxPrefix+body64(103)
	placeholder := Prefix + strings.Repeat("0", 64)
	got := Mask("a" + one + "/" + two + placeholder)
	want := "a" + NewSecret(one).Masked() + "/" + NewSecret(two).Masked() + placeholder
	if got != want {
		t.Errorf("masked as %q", got)
	}
	if plain := "src/insp_total.go"; Mask(plain) != plain {
		t.Errorf("%q was changed", plain)
	}
}

func TestNames(t *testing.T) {
	for c := Low; c <= High; c++ {
		if got, ok := ParseConfidence(c.String()); !ok || got != c {
			t.Errorf("confidence %s does not read back", c)
		}
	}
	if _, ok := ParseConfidence("unknown"); ok {
		t.Error("the word for no confidence reads as one")
	}
}
