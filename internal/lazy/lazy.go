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
func Regexp(expr string) *Value[string, *regexp.Regexp] { return From(expr, regexp.MustCompile) }

// From makes a value from source the first time it is asked for. There are a
// hundred variables that are such values. From is so small that the compiler lays
// out those whose source is a string with the binary: no code runs for them at the
// start (TestStaticVariables).
func From[S, T any](source S, make func(S) T) *Value[S, T] {
	return &Value[S, T]{source: source, make: make}
}

// A Value may be used by many goroutines.
type Value[S, T any] struct {
	source S
	make   func(S) T
	once   sync.Once
	made   T
}

// Get returns the same value to every caller.
func (v *Value[S, T]) Get() T {
	v.once.Do(func() { v.made = v.make(v.source) })
	return v.made
}
