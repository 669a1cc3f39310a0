// Package lazy has what is made when it is first used. Most runs of insplint are
// hooks that find nothing: they start, look at a few files and end, and would
// spend more time on compiling the expressions that judge or print a finding than
// on the files. Regexp stands where regexp.MustCompile would in a variable of a
// package; a test forbids the latter there.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp is From for a regular expression. One that does not compile panics when
// it is first used, so that each needs a test that reaches it.
func Regexp(expr string) func() *regexp.Regexp { return From(expr, regexp.MustCompile) }

// From returns a function that makes a value from source the first time it is
// called and gives the same one to every caller after that. It may be called from
// many goroutines. There are a hundred such variables, and to set them up takes
// half of what sync.OnceValue would.
func From[S, T any](source S, make func(S) T) func() T {
	return (&value[S, T]{source: source, make: make}).get
}

type value[S, T any] struct {
	source S
	make   func(S) T
	once   sync.Once
	made   T
}

func (v *value[S, T]) get() T {
	v.once.Do(func() { v.made = v.make(v.source) })
	return v.made
}
