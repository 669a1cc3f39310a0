//go:build !amd64 || purego

package gitpack

// words leaves everything to fastSymbols.
func (z *inflater) words(*tables) (ended bool, err error) { return false, nil }
