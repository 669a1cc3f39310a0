//go:build !unix

package scanner

const openFlags = 0

func openError(err error) error { return err }
