//go:build !amd64 || purego

package key

// newEngine returns the portable engine, the only one for this processor.
func newEngine(set *literalSet) engine { return newSampler(set) }
