package scanner

import (
	"sync"
	"sync/atomic"
)

// sideBySide has workers do jobs, each the next that is left.
func sideBySide[T any](workers int, jobs []T, do func(T)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, len(jobs)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(jobs); i = next.Add(1) - 1 {
				do(jobs[i])
			}
		})
	}
	wg.Wait()
}
