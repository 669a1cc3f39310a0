//go:build !amd64 || purego

package key

// passLooks passes over nothing: each look is made one by one on this processor.
func passLooks(_ []byte, p lookStep, _ *passTables) lookStep { return p }
