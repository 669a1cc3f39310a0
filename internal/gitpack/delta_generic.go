//go:build !amd64 || purego

package gitpack

// fast carries out nothing: each instruction is read by itself on this processor.
func (r *runs) fast() {}
