//go:build !amd64 || purego

package key

// passLooks passes over nothing: each look is made one by one on this processor.
func passLooks(_ []byte, at, turn int, _ *passTables) (int, int) { return at, turn }
