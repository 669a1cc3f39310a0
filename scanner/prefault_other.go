//go:build !linux

package scanner

// prefault does nothing: other systems have no such call.
func prefault([]byte) {}
