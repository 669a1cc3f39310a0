package key

import (
	"regexp"
	"slices"
	"sync"
)

// The digits may be in a variable, of which only the use stands behind the prefix:
// KEY=insp_${BODY}, "insp_" + body, Sprintf("insp_%s", body). As with a prefix that a variable
// holds (variable.go), all of it must be near, and the key is where its digits are.

// heldReach is how far before and behind the prefix the variable may be given the digits, in
// bytes: with these, what puts the key together fits into Reach.
const heldReach = maxSpan - bodyLength - callReach

// heldUses are what may stand between the prefix and the name of the variable, and behind that;
// the group of each is the name.
var heldUses = sync.OnceValue(newHeldUses)

func newHeldUses() (all []*regexp.Regexp) {
	const (
		quote = "[\"'`]"
		name  = `[$@]?(?:\w{1,40}(?:\.|::|->))*([A-Za-z_]\w{0,60})`
	)
	for _, use := range []string{
		`\$` + name, // $B
		`(?:[$#]?\{|\\\(|\$\()` + name + `(?::-[^{}"'\n]{0,40})?[})]`, // ${B} #{B} {B} \(B) $(B)
		`\$?\{\{ ?` + name + ` ?\}\}`,                                 // {{ B }}
		`%` + name + `%`,                                              // %B%
		quote + `\)?\s*(?:\+|\.\.?|&|<>|<<|\|\||~|\^|//)\s*` + name,   // "insp_" + B
		quote + `\$\{?` + name,                                        // "insp_"$B
		quote + `[ \t]+([A-Z][A-Z0-9_]*)`,                             // of C's preprocessor
		`(?:%[sv@]|\{\w{0,40}\}|~[sp])` + quote + `\s*(?:,|%|\.\s*format\(|-f)\s*[(\[]?\s*(?:\w+\s*=\s*)?` + name, // "insp_%s", B
	} {
		all = append(all, regexp.MustCompile(`^(?:`+use+`)`))
	}
	return all
}

// judgeHeld judges a prefix, buf[at:start], behind which a variable is used.
func judgeHeld(buf []byte, at, start int) (Match, bool) {
	name := heldIn(buf[start:min(len(buf), start+callReach)])
	if name == "" {
		return Match{}, false
	}
	near := buf[:min(len(buf), start+heldReach)]
	digits := bodyInUse(near, max(0, at-heldReach), len(near), func(digits, _ int) bool {
		return slices.Contains(givenTo(near[max(0, digits-callReach):digits]), name)
	})
	if digits < 0 {
		return Match{}, false
	}
	end := digits + bodyLength
	return splitMatch(string(buf[at:start])+string(near[digits:end]), digits, end), true
}

// heldIn is the variable that is used at the beginning of b; "" if none is, or a part of it.
func heldIn(b []byte) string {
	for _, use := range heldUses() {
		if m := use.FindSubmatchIndex(b); m != nil && !isOther(b[m[3]:]) && !goesFurther().Match(b[m[1]:]) {
			return string(b[m[2]:m[3]])
		}
	}
	return ""
}

// goesFurther matches what may stand behind the use of a variable that makes no key: the
// variable is given something there, or the text that is put together goes on.
var goesFurther = sync.OnceValue(newGoesFurther)

func newGoesFurther() *regexp.Regexp {
	return regexp.MustCompile("^(?:\\w|\\s*(?::?=(?:[^=]|$)|:\\s*[\"'\\w])|\\s*(?:\\+|\\.\\.?|&|<>|\\|\\||~)\\s*[\"'`]\\w)")
}
