package gitrepo

import "container/heap"

// NewestFirst is a queue of commits in the order in which git walks: the newest by
// the committer's clock first, and of one second the one that was put in first. The
// zero value is empty.
type NewestFirst[C any] struct {
	heap dateHeap[C]
	puts int
}

// Len is how many commits wait.
func (q *NewestFirst[C]) Len() int { return len(q.heap) }

// Put adds a commit with its date, in seconds since 1970.
func (q *NewestFirst[C]) Put(commit C, date int64) {
	heap.Push(&q.heap, dated[C]{commit, date, q.puts})
	q.puts++
}

// Take removes the first commit; there must be one.
func (q *NewestFirst[C]) Take() C { return heap.Pop(&q.heap).(dated[C]).commit }

type dated[C any] struct {
	commit C
	date   int64
	order  int
}

// dateHeap is for container/heap.
type dateHeap[C any] []dated[C]

func (h dateHeap[C]) Len() int { return len(h) }
func (h dateHeap[C]) Less(i, j int) bool {
	return h[i].date > h[j].date || h[i].date == h[j].date && h[i].order < h[j].order
}
func (h dateHeap[C]) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dateHeap[C]) Push(x any)   { *h = append(*h, x.(dated[C])) }
func (h *dateHeap[C]) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
