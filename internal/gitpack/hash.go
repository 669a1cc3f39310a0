package gitpack

import (
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
)

// newHash is the hash that a database's ids and checksums are made with, by its
// size in bytes.
func newHash(size int) hash.Hash {
	if size == sha256.Size {
		return sha256.New()
	}
	return sha1.New()
}

// newObjectHash is the hash that is an object's id, before its content.
func newObjectHash(kind Kind, size uint64, hashSize int) hash.Hash {
	h := newHash(hashSize)
	_, _ = fmt.Fprintf(h, "%s %d\x00", kind, size)
	return h
}

// hashObject is an object's id by what it holds.
func hashObject(kind Kind, content []byte, hashSize int) ID {
	h := newObjectHash(kind, uint64(len(content)), hashSize)
	_, _ = h.Write(content)
	return NewID(h.Sum(nil))
}
