package gitpack

import (
	"fmt"
	"runtime/debug"
)

// guard calls f, and turns a fault while it reads a memory map (someone cut
// the file off, or the disk failed) into an error. Other panics go on: they
// are bugs, and only a fault at a true address has an Addr.
func guard(f func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case interface {
			error
			Addr() uintptr
		}:
			err = fmt.Errorf("cannot be read: the file changed meanwhile, or the disk failed: %w", cause)
		default:
			panic(cause)
		}
	}()
	return f()
}
