// Package key knows what an Inspecto API key looks like, and nothing of where
// it lies.
//
// Find searches a buffer and yields a Match for every key, placeholder or
// near miss. A prefilter (prefilter.go) runs over the bytes at the speed of
// memory and stops at each literal that every form of a key must contain; only
// there the slow judgement (form.go) is made. A Secret holds the key's text in
// a way that no printing verb, encoder or logger can reach; only package
// verify asks for it.
//
// The facts are the vendor's: a production key is "insp_" and 64 lower-case
// hexadecimal digits, a sandbox key "insp_test_" and 64 of them.
package key

// Environment says which of the vendor's two systems a key opens.
type Environment uint8

// The vendor keeps production and sandbox keys apart.
const (
	Production Environment = iota + 1
	Sandbox
)

// String returns "production" or "sandbox".
func (e Environment) String() string {
	switch e {
	case Production:
		return "production"
	case Sandbox:
		return "sandbox"
	}
	return "unknown"
}

// Confidence says how sure it is that a match is a key: the form decides it.
type Confidence uint8

// The zero Confidence is no judgement; the others compare with <.
const (
	Low Confidence = iota + 1
	Medium
	High
)

// String returns "low", "medium" or "high".
func (c Confidence) String() string {
	switch c {
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	}
	return "unknown"
}

// ParseConfidence reads what String writes; ok is false for anything else.
func ParseConfidence(name string) (c Confidence, ok bool) {
	for c := Low; c <= High; c++ {
		if c.String() == name {
			return c, true
		}
	}
	return 0, false
}

// A Match is one place in a buffer that holds a key.
type Match struct {
	Start, End  int // the bytes [Start, End) hold the key, encoded as it stands there
	Secret      Secret
	Confidence  Confidence
	Placeholder bool     // a body that no random generator made: counted, not reported
	Encoding    []string // layers from the outside in; empty for plain text
	Run         bool     // more hexadecimal digits follow the body: see Settle

	packed  expansion // it is no key but a Packed
	guessed bool      // see there
	gzip    bool      // it is neither, but the mark of a gzip file
}
