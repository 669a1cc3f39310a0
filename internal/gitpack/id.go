package gitpack

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// An ID names an object: its SHA-1 (20 bytes) or, in a repository of the
// SHA-256 object format, its SHA-256 (32 bytes). IDs compare with ==; the zero
// ID names nothing.
type ID struct {
	raw  [32]byte
	size uint8
}

// NewID makes an ID of 20 or 32 raw bytes; any other length gives the zero ID.
func NewID(raw []byte) ID {
	var id ID
	if len(raw) != 20 && len(raw) != 32 {
		return id
	}
	copy(id.raw[:], raw)
	id.size = uint8(len(raw))
	return id
}

// ParseID reads 40 or 64 hexadecimal digits.
func ParseID(digits string) (ID, error) {
	raw, err := hex.DecodeString(digits)
	if err != nil || (len(raw) != 20 && len(raw) != 32) {
		return ID{}, fmt.Errorf("parse object id %.80q: want 40 or 64 hexadecimal digits", digits)
	}
	return NewID(raw), nil
}

// Bytes returns the raw hash; it shares no memory with the ID.
func (id ID) Bytes() []byte { return append([]byte(nil), id.raw[:id.size]...) }

// Size is the length of the raw hash in bytes: 20, 32, or 0 for the zero ID.
func (id ID) Size() int { return int(id.size) }

// String returns the hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id.raw[:id.size]) }

// compare orders ids as git does, by their bytes.
func (id ID) compare(other ID) int { return bytes.Compare(id.raw[:], other.raw[:]) }

// IsZero reports whether id names nothing: the zero ID, or a null object id as
// git writes it for a ref that does not exist.
func (id ID) IsZero() bool { return id.raw == [32]byte{} }
