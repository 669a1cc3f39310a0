//go:build !linux

package gitpack

// hugePages does nothing: other systems have no such advice, or need none.
func hugePages(int) {}
