package gitpack

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
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

// Guard calls f, which reads what Map gave: a fault meanwhile is its error.
func Guard(f func() error) error { return guard(f) }

// sideBySide has workers do jobs by their numbers, each the next that is left. It
// fails as guard does.
func sideBySide(workers, jobs int, do func(job int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, min(workers, jobs))
	for w := range errs {
		wg.Go(func() {
			errs[w] = guard(func() error {
				for job := int(next.Add(1)) - 1; job < jobs; job = int(next.Add(1)) - 1 {
					do(job)
				}
				return nil
			})
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
