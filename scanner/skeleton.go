package scanner

import (
	"context"
	"hash/maphash"
	"iter"
	"sync"

	"github.com/inspecto/insplint/internal/gitpack"
)

// A skeleton is which tree holds which, and which hits, over all trees of a
// database. One pass reads it, however deep the hits lie, and going up from a
// hit then costs no more than what is found.
//
// Trees come in the order of their deltas, so that each is much like the one
// before it: on a strand of trees an entry is kept once, with the stretch of
// the strand in which it stands. Ids are kept as keyed hashes of 64 bits, which
// nobody can make collide on purpose.
type skeleton struct {
	seed     maphash.Seed
	hashSize int
	hits     *idSet

	mu      sync.Mutex
	strands []*strand
	free    []*strand
	names   map[string]int32
	name    []string

	edges   []edge // all, by bucket
	buckets []int  // where each bucket begins, and the end
}

// An idSum is the hash of an object's id.
type idSum uint64

// An edge is a directory, or a hit, that the trees [from, to) of a strand hold.
type edge struct {
	child    idSum
	name     int32
	strand   int32
	from, to int32
}

func newSkeleton(blobs []gitpack.ID, hashSize int) *skeleton {
	return &skeleton{
		seed: maphash.MakeSeed(), hashSize: hashSize,
		hits: newIDSet(blobs), names: map[string]int32{},
		buckets: make([]int, numBuckets+1),
	}
}

// read reads all trees, but for those of packs whose shape is known.
func (s *skeleton) read(ctx context.Context, store *gitpack.Store, known shapes, workers int) ([]gitpack.Problem, error) {
	var failed []gitpack.Problem
	_, problems, err := store.Walk(ctx, gitpack.Walk{
		Kinds:     gitpack.Kinds(gitpack.Tree),
		Always:    gitpack.Kinds(gitpack.Tree),
		Candidate: func([]byte) bool { return false },
		Known:     known.known(),
		Workers:   workers,
		Visit: func(o gitpack.Object) {
			data, err := wholeObject(o)
			if err != nil {
				s.mu.Lock()
				defer s.mu.Unlock()
				failed = append(failed, gitpack.Problem{Object: o.ID, Message: err.Error()})
				return
			}
			t := s.take(data)
			t.add(s.sum(o.ID.Bytes()), data)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.free = append(s.free, t)
		},
	})
	s.gather()
	return append(problems, failed...), err
}

func (s *skeleton) sum(id []byte) idSum { return idSum(maphash.Bytes(s.seed, id)) }

const (
	// maxLookedAt bounds how many strands are compared for the best, and
	// lookedAt how many bytes of each.
	maxLookedAt = 8
	lookedAt    = 256
)

// take gives a strand that no other goroutine has, whose last tree begins most
// like the one to come.
func (s *skeleton) take(tree []byte) *strand {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		t := &strand{skeleton: s, number: int32(len(s.strands))}
		s.strands = append(s.strands, t)
		return t
	}
	begin := tree[:min(len(tree), lookedAt)]
	best, most := 0, -1
	for i := len(s.free) - 1; i >= max(0, len(s.free)-maxLookedAt); i-- {
		if n := commonPrefix(s.free[i].last, begin); n > most {
			best, most = i, n
		}
	}
	t := s.free[best]
	s.free[best] = s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return t
}

// intern numbers a name.
func (s *skeleton) intern(name []byte) int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.names[string(name)]
	if !ok {
		n = int32(len(s.name))
		s.name = append(s.name, string(name))
		s.names[s.name[n]] = n
	}
	return n
}

// bucketBits is how many bits of a child's sum choose its bucket: few edges
// share one, and no sort is as fast as two passes.
const (
	bucketBits = 16
	numBuckets = 1 << bucketBits
)

func bucketOf(child idSum) int { return int(child >> (64 - bucketBits)) }

// gather puts the edges of all strands into buckets.
func (s *skeleton) gather() {
	total := 0
	for _, t := range s.strands {
		t.close(t.open, int32(len(t.trees)))
		total += len(t.closed)
		for _, e := range t.closed {
			s.buckets[bucketOf(e.child)+1]++
		}
	}
	for i := range numBuckets {
		s.buckets[i+1] += s.buckets[i]
	}
	s.edges = make([]edge, total)
	next := append([]int(nil), s.buckets...)
	for _, t := range s.strands {
		for _, e := range t.closed {
			bucket := bucketOf(e.child)
			s.edges[next[bucket]] = e
			next[bucket]++
		}
		t.open, t.closed, t.last, t.starts = nil, nil, nil, nil
	}
}

// holders yields the trees that hold an object, and under which name.
func (s *skeleton) holders(child idSum) iter.Seq2[int32, idSum] {
	return func(yield func(int32, idSum) bool) {
		bucket := bucketOf(child)
		for _, e := range s.edges[s.buckets[bucket]:s.buckets[bucket+1]] {
			if e.child != child {
				continue
			}
			for _, tree := range s.strands[e.strand].trees[e.from:e.to] {
				if !yield(e.name, tree) {
					return
				}
			}
		}
	}
}
