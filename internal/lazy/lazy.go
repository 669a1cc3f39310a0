// Package lazy has what is made when it is first used. Most runs of insplint are
// hooks that find nothing: they start, look at a few files and end, and would
// spend more time on compiling the expressions that judge or print a finding than
// on the files. Its one function stands where regexp.MustCompile would in a
// variable of a package; a test forbids the latter there.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that compiles expr the first time it is called and
// gives the same result to every caller after that. It may be called from many
// goroutines. An expression that does not compile panics at that first call,
// so that each one needs a test that reaches it.
func Regexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
