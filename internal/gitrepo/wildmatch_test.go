package gitrepo

import (
	"fmt"
	"strings"
	"testing"
)

// wildcase tells what git's matcher makes of one pattern: which texts match and which do not.
type wildcase struct {
	pattern string
	yes, no []string
}

// pathCases are matched against whole paths. What they say was read off git's documentation and its own table of wildmatch tests,
// and TestIgnoreTablesAgainstGit asks the installed git.
var pathCases = map[string][]wildcase{
	"plain": {
		{"foo/bar", []string{"foo/bar"}, []string{"foo", "foo/barx", "xfoo/bar", "foo/bar/x"}},
		{"@x/y", []string{"@x/y"}, []string{"x/y"}},
	},
	"question mark": {
		{"a?c/d", []string{"abc/d", "a.c/d", "a\xffc/d"}, []string{"ac/d", "abbc/d", "aéc/d"}},
		{"foo?bar", nil, []string{"foo/bar"}},
	},
	"star": {
		{"foo/*", []string{"foo/a", "foo/.x"}, []string{"foo", "foo/a/b"}},
		{"*/foo", []string{"a/foo"}, []string{"foo", "a/b/foo"}},
		{"*/*/*", []string{"a/b/c"}, []string{"a", "a/b", "a/b/c/d"}},
		{"*x*/i", []string{"x/i", "axb/i", "xx/i"}, []string{"a/x/i", "x/j/i"}},
		{"a*b/c*d", []string{"ab/cd", "axb/cxd", "abb/cdd"}, []string{"a/b/cd", "ab/c/d"}},
		{"-*-*-12-*-m-*", []string{"-a-b-12-c-m-d"}, []string{"-a-b-12-c-x-d", "-a-b-12-/-m-d"}},
		{"*[al]?", []string{"ball", "xxlx"}, []string{"b", "bull/"}},
	},
	"two stars": {
		{"**/foo", []string{"foo", "a/foo", "a/b/foo"}, []string{"xfoo", "a/xfoo", "foo/a"}},
		{"foo/**", []string{"foo/a", "foo/a/b"}, []string{"foo", "xfoo/a"}},
		{"a/**/b", []string{"a/b", "a/x/b", "a/x/y/b"}, []string{"ab", "a/xb", "a/b/c"}},
		{"a/**/**/b", []string{"a/b", "a/x/b", "a/x/y/b"}, []string{"a/xb"}},
		{"a/***/b", []string{"a/b", "a/x/y/b"}, []string{"ab"}},
		{"a/****", []string{"a/x/y"}, []string{"a"}},
		{"**/**/**", []string{"a", "a/b", "a/b/c/d"}, nil},
		{"**/b*/**/c", []string{"b/c", "x/bb/y/z/c", "b/b/c"}, []string{"c", "xb/c"}},
		{"**/*a*b*g*n*t", []string{"abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txt"}, []string{"abcd/abcdefghijklmnop.txtz"}},
		{"**/b/*/*", []string{"a/b/c/d", "b/b/b/b"}, []string{"a/b/c", "a/b/c/d/e"}},
	},
	"two stars that are one": {
		{"x/a**b", []string{"x/ab", "x/axb"}, []string{"x/a/b", "x/ax/b"}},
		{"*/**b", []string{"x/b", "x/ab"}, []string{"x/a/b"}},
		{"?a**/b", []string{"xa/b", "xac/b"}, []string{"xab", "xa/c/b"}},
		{"**a/b", []string{"a/b", "xa/b"}, []string{"x/a/b"}},
	},
	// Git before 2.52 takes the text before the first wildcard off both sides, so these stars are the start of what its matcher sees.
	"two stars after plain text": {
		{"a**/b", []string{"ab", "a/b", "ax/b", "a/x/b", "ax/y/b"}, []string{"axb", "xa/b"}},
		{"x/a**", []string{"x/a", "x/ab", "x/a/b", "x/ab/c"}, []string{"x", "a"}},
		{"a**/**/b", []string{"ab", "ax/b", "a/x/y/b"}, []string{"axb"}},
		{`a**\/b`, []string{"a/b", "ax/b", "ax/y/b"}, []string{"ab"}},
		{`\a**/b`, []string{"a/b", "ax/b"}, []string{"a/x/b", "ab"}},
	},
	"two stars before an escaped slash": {
		{`**\/b`, []string{"a/b", "a/c/b"}, []string{"b"}},
		{`a/**\/b`, []string{"a/x/b", "a/x/y/b"}, []string{"a/b"}},
		{`**\/*`, []string{"a/b", "a/b/c"}, []string{"a"}},
		{`**\a/b`, []string{"a/b", "xa/b"}, []string{"x/a/b"}},
	},
	"a bracket never matches a slash": {
		{"foo[/]bar", nil, []string{"foo/bar"}},
		{"foo[^a-z]bar", []string{"foo-bar"}, []string{"foo/bar"}},
		{"f[^eiu][^eiu][^eiu]r", []string{"f-bar"}, []string{"fo/br"}},
		{"[.-0]/x", []string{"./x", "0/x"}, []string{"//x"}},
	},
}

// nameCases are matched against one name.
var nameCases = map[string][]wildcase{
	"stars": {
		{"*", []string{"a", ".", "é"}, nil},
		{"**", []string{"a", "abc"}, nil},
		{"f*", []string{"f", "foo"}, []string{"of"}},
		{"*f", []string{"f", "of"}, []string{"fo"}},
		{"*ob*a*r*", []string{"foobar"}, []string{"foobr"}},
		{"*ab", []string{"aaaaaaabababab", "ab"}, []string{"aba"}},
		{"*ba*", []string{"ba", "aba"}, []string{"aab"}},
		{"a**b", []string{"ab", "axxb"}, []string{"abx"}},
		{"b*a", []string{"ba", "bxa"}, []string{"aaabbb"}},
	},
	"escapes": {
		{`foo\*`, []string{"foo*"}, []string{"foobar", `foo\*`}},
		{`f\\oo`, []string{`f\oo`}, []string{"foo"}},
		{`\a\b\c`, []string{"abc"}, []string{`\a\b\c`}},
		{`\??\?b`, []string{"?a?b"}, []string{"xa?b"}},
		{`\[ab]`, []string{"[ab]"}, []string{"a"}},
		{`a\`, nil, []string{"a", `a\`}},
		{`\`, nil, []string{`\`, ""}},
	},
	"brackets": {
		{"t[a-g]n", []string{"ten"}, []string{"ton", "tn", "tEn"}},
		{"t[!a-g]n", []string{"ton"}, []string{"ten"}},
		{"t[^a-g]n", []string{"ton"}, []string{"ten"}},
		{"a[]]b", []string{"a]b"}, []string{"ab", "a[b"}},
		{"a[]-]b", []string{"a-b", "a]b"}, []string{"aab"}},
		{"a[]a-]b", []string{"aab", "a-b", "a]b"}, []string{"abb"}},
		{"[!]a-]", []string{"b"}, []string{"]", "a", "-"}},
		{"[]-a]", []string{"^", "]", "a"}, []string{"[", "b"}},
		{"[!]-a]", []string{"[", "b"}, []string{"^"}},
		{"[a^!]", []string{"a", "^", "!"}, []string{"b"}},
		{"[a-]b]", []string{"ab]", "-b]"}, []string{"bb]", "a"}},
		{"[---]", []string{"-"}, []string{"a"}},
		{"[ --]", []string{" ", "$", "-"}, []string{"0"}},
		{"[--A]", []string{"-", "5", "A"}, []string{"B"}},
		{"[a-e-n]", []string{"a", "e", "-", "n"}, []string{"j", "m"}},
		{"[z-a]", []string{"z"}, []string{"a", "m", "-"}},
		{"[-z]", []string{"-", "z"}, []string{"a"}},
		{"[é]", []string{"\xc3", "\xa9"}, []string{"é"}},
		{"[\x80-\xff]", []string{"\x80", "\xe9", "\xff"}, []string{"\x7f"}},
	},
	"escapes in brackets": {
		{`[\]]`, []string{"]"}, []string{`\`, `\]`}},
		{`[\\]`, []string{`\`}, []string{"]"}},
		{`[!\\]`, []string{"a"}, []string{`\`}},
		{`[\-_]`, []string{"-", "_"}, []string{"]", `\`}},
		{`[\\-^]`, []string{`\`, "]", "^"}, []string{"["}},
		{`[A-\\]`, []string{"G", `\`, "["}, []string{"]"}},
		{`[\1-\3]`, []string{"1", "2", "3"}, []string{"4", `\`}},
		{`[[-\]]`, []string{"[", `\`, "]"}, []string{"-"}},
		{`[\[:]x]`, []string{"[x]", ":x]"}, []string{"x"}},
	},
	"brackets without an end": {
		{"a[b", nil, []string{"ab", "a[b"}},
		{"[", nil, []string{"["}},
		{"[!", nil, []string{"a", "[!"}},
		{"[]", nil, []string{"]", "[]"}},
		{"[a-", nil, []string{"a", "-"}},
		{`[a\`, nil, []string{"a", `\`}},
		{`[a-\`, nil, []string{"a"}},
		{"[[:alpha:]", nil, []string{"a"}},
		{"[[:alpha", nil, []string{"a"}},
		{"]", []string{"]"}, []string{"["}},
	},
	"classes": {
		{"[[:alpha:]][[:digit:]][[:upper:]]", []string{"a1B"}, []string{"11B", "aaB", "a1b"}},
		{"[[:digit:][:upper:][:space:]]", []string{"1", "A", " "}, []string{"a", "."}},
		{"[[:xdigit:]]", []string{"5", "f", "D"}, []string{"g", "G"}},
		{"[a-c[:digit:]x-z]", []string{"5", "b", "y"}, []string{"q", "-"}},
		{"[![:alnum:]]", []string{".", "\xe9"}, []string{"a", "0"}},
		{"[[:space:]]", []string{" ", "\t", "\n", "\r"}, []string{"\v", "\f"}},
		{"[[:punct:]]", []string{"!", "[", "~", "$", "+"}, []string{"a", " ", "\x7f"}},
		{"[[:alpha:]-z]", []string{"a", "-", "z"}, []string{"0"}},
		{"[[:spaci:]a]", nil, []string{"a", "s"}},
		{"[[::]ab]", nil, []string{"[ab]", "a"}},
		{"[[:digit]ab]", []string{"[ab]", "dab]", ":ab]"}, []string{"1", "a"}},
		{"[[:]ab]", []string{"[ab]", ":ab]"}, []string{"a"}},
	},
}

// foldCases are names under core.ignoreCase.
var foldCases = map[string][]wildcase{
	"letters": {
		{"Foo*", []string{"foo", "FOOx"}, []string{"fo"}},
		{"AZaz@{", []string{"azAZ@{", "AZaz@{"}, []string{"azAZ`{", "azAZ@["}}, // the letters at the ends, and what is beside them
		{"*.LOG", []string{"a.log", "a.LoG"}, []string{"a.lo"}},
		{"É", []string{"É"}, []string{"é"}},
		{"[[:alpha:]]x", []string{"aX", "Ax"}, []string{"1x"}},
	},
	"brackets": {
		{"[A-C]", []string{"a", "B"}, []string{"d", "D"}},
		{"[a-c]", []string{"a", "B"}, []string{"D"}},
		{"[Z-y]", []string{"z", "Z", "^", "a"}, []string{"Y-"}},
		{"[[:upper:]]", []string{"a", "A"}, []string{"1"}},
		{"[[:lower:]]", []string{"a", "A"}, []string{"1"}},
		{"[!a]", []string{"b"}, []string{"a", "A"}},
	},
	// Git lowers the text, and of a pattern the bytes that stand alone: neither these can be met by a lowered text.
	"capitals that match nothing": {
		{`\Ab`, nil, []string{"Ab", "ab"}},
		{"[A]b", nil, []string{"Ab", "ab"}},
		{"[!A]b", []string{"Ab", "ab"}, nil},
	},
}

func matchOnce(pattern, text string, path, fold bool) bool {
	c := compiler{fold: fold}
	g, ok := c.compile(pattern, path, true)
	subject := []byte(text)
	if fold {
		subject = appendLower(nil, text)
	}
	if !ok || len(text) == 0 || !g.could(subject) {
		return false
	}
	m := wildmatch{code: c.code, sets: c.sets, text: subject}
	return m.match()
}

// TestTwoStarsAfterPlainText has what git 2.52 and later make of it: one star.
func TestTwoStarsAfterPlainText(t *testing.T) {
	for _, c := range []wildcase{
		{"a**/b", []string{"a/b", "ax/b"}, []string{"ab", "a/x/b", "ax/y/b"}},
		{"x/a**", []string{"x/a", "x/ab"}, []string{"x/a/b", "x/ab/c"}},
		{"a**/**/b", []string{"a/b", "ax/b", "a/x/y/b"}, []string{"ab"}},
		{`a**\/b`, []string{"a/b", "ax/b"}, []string{"ax/y/b"}},
		{"a/**/b", []string{"a/b", "a/x/y/b"}, []string{"ab"}},
		{"a/**", []string{"a/b", "a/x/y/b"}, []string{"a"}},
	} {
		comp := compiler{}
		g, ok := comp.compile(c.pattern, true, false)
		if !ok {
			t.Fatal(c.pattern)
		}
		for want, texts := range map[bool][]string{true: c.yes, false: c.no} {
			for _, text := range texts {
				m := wildmatch{code: comp.code[g.from:g.to], sets: comp.sets, text: []byte(text)}
				if got := g.could([]byte(text)) && m.match(); got != want {
					t.Errorf("%q and %q: %v", c.pattern, text, got)
				}
			}
		}
	}
}

func TestWildmatch(t *testing.T) {
	for _, table := range []struct {
		name       string
		groups     map[string][]wildcase
		path, fold bool
	}{
		{"path", pathCases, true, false},
		{"name", nameCases, false, false},
		{"fold", foldCases, false, true},
	} {
		for group, cases := range table.groups {
			t.Run(table.name+"/"+group, func(t *testing.T) {
				for _, c := range cases {
					for _, text := range c.yes {
						if !matchOnce(c.pattern, text, table.path, table.fold) {
							t.Errorf("%q does not match %q", c.pattern, text)
						}
					}
					for _, text := range c.no {
						if matchOnce(c.pattern, text, table.path, table.fold) {
							t.Errorf("%q matches %q", c.pattern, text)
						}
					}
				}
			})
		}
	}
}

// TestWildmatchShortcuts keeps what a pattern is told apart by from ever refusing a text that it matches.
func TestWildmatchShortcuts(t *testing.T) {
	for _, cases := range pathCases {
		for _, c := range cases {
			comp := compiler{}
			g, ok := comp.compile(c.pattern, true, true)
			for _, text := range c.yes {
				if !ok || !g.could([]byte(text)) {
					t.Errorf("%q refuses %q, which it matches", c.pattern, text)
				}
			}
		}
	}
}

// stepBound is what the comment on wildmatch promises, with room for a constant.
func stepBound(code, text int) int { return 4 * (code + 1) * (text + 1) }

func TestWildmatchHostile(t *testing.T) {
	a := strings.Repeat("a", 4000)
	dirs := strings.Repeat("a/", 2000)
	for _, c := range []struct{ name, pattern, text string }{
		{"stars", strings.Repeat("*a", 1000) + "*b", a},
		{"stars and question marks", strings.Repeat("*?", 1000) + "*b", a},
		{"stars and brackets", strings.Repeat("*[a-z]", 1000) + "*[!a]", a},
		{"two stars", strings.Repeat("**/a/", 800) + "b", dirs + "a"},
		{"two stars, with stars between", strings.Repeat("**/*a*a/", 500) + "b", dirs + "a"},
		{"two stars, escaped", strings.Repeat(`**\/a/`, 500) + "b", dirs + "a"},
		{"one deep star over many components", "**/" + strings.Repeat("*a/", 1000) + "b", dirs + "a"},
		{"one deep star over wide components", "**/" + strings.Repeat("*a*a*a*b/", 20) + "c", strings.Repeat(a[:200]+"/", 20) + "a"},
		{"nothing but stars", strings.Repeat("**/", 5000) + "b", dirs + "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			comp := compiler{}
			if _, ok := comp.compile(c.pattern, true, true); !ok {
				t.Fatal("not compiled")
			}
			m := wildmatch{code: comp.code, text: []byte(c.text), sets: comp.sets}
			if m.match() {
				t.Error("matches")
			}
			if bound := stepBound(len(comp.code), len(c.text)); m.steps > bound {
				t.Errorf("%d steps for %d symbols and %d bytes, more than %d", m.steps, len(comp.code), len(c.text), bound)
			}
		})
	}
}

func TestWildmatchTooLongForAnyPath(t *testing.T) {
	c := compiler{}
	for _, pattern := range []string{strings.Repeat("a", maxMatchLength+1), strings.Repeat("[ab]?", maxMatchLength)} {
		if _, ok := c.compile(pattern, false, true); ok || len(c.code) != 0 {
			t.Errorf("a pattern of %d bytes is kept", len(pattern))
		}
	}
	if _, ok := c.compile("*"+strings.Repeat("a", maxMatchLength), false, true); !ok {
		t.Error("a pattern that a path can be long enough for is not kept")
	}
}

// reference decides by trying every way there is, straight from the pattern's text. It shares nothing with the compiled matcher.
type reference struct {
	pattern, text string
	path, fold    bool
	known         map[[2]int]bool
}

func (r *reference) match() bool {
	plain := strings.IndexAny(r.pattern+"*", `*?[\`)
	if plain > len(r.text) || !r.sameText(r.pattern[:plain], r.text[:plain]) {
		return false
	}
	r.pattern, r.text = r.pattern[plain:], r.text[plain:]
	return r.at(0, 0)
}

func (r *reference) sameText(a, b string) bool {
	return r.folded(a) == r.folded(b)
}

func (r *reference) folded(s string) string {
	if !r.fold {
		return s
	}
	return string(appendLower(nil, s))
}

// at reports whether the pattern from p on matches the text from i on.
func (r *reference) at(p, i int) bool {
	if r.known == nil {
		r.known = make(map[[2]int]bool)
	}
	place := [2]int{p, i}
	if answer, ok := r.known[place]; ok {
		return answer
	}
	answer := r.decide(p, i)
	r.known[place] = answer
	return answer
}

func (r *reference) decide(p, i int) bool {
	if p == len(r.pattern) {
		return i == len(r.text)
	}
	if r.pattern[p] == '*' {
		return r.stars(p, i)
	}
	if i == len(r.text) {
		return false
	}
	ch := r.folded(r.text[i : i+1])[0]
	switch r.pattern[p] {
	case '?':
		return ch != '/' && r.at(p+1, i+1)
	case '[':
		in, end := r.bracket(p+1, ch)
		return end > 0 && in && ch != '/' && r.at(end, i+1)
	case '\\':
		return p+1 < len(r.pattern) && r.pattern[p+1] == ch && r.at(p+2, i+1)
	}
	return r.folded(r.pattern[p : p+1])[0] == ch && r.at(p+1, i+1)
}

func (r *reference) stars(p, i int) bool {
	next := p + len(r.pattern[p:]) - len(strings.TrimLeft(r.pattern[p:], "*"))
	rest := r.pattern[next:]
	whole := r.path && next-p > 1 && (p == 0 || r.pattern[p-1] == '/') &&
		(rest == "" || rest[0] == '/' || strings.HasPrefix(rest, `\/`))
	if whole && rest != "" && rest[0] == '/' && r.at(next+1, i) {
		return true
	}
	for ; ; i++ {
		if r.at(next, i) {
			return true
		}
		if i == len(r.text) || r.text[i] == '/' && !whole {
			return false
		}
	}
}

// bracket reports whether ch is in the bracket expression whose first byte after the "[" is at p, and where that ends; 0 if nowhere.
func (r *reference) bracket(p int, ch byte) (in bool, end int) {
	pat := r.pattern + "\x00"
	upper := ch
	if r.fold && 'a' <= ch && ch <= 'z' {
		upper = ch - 'a' + 'A'
	}
	negated := pat[p] == '!' || pat[p] == '^'
	if negated {
		p++
	}
	low := byte(0)
	for start := p; pat[p] != ']' || p == start; {
		one := pat[p]
		switch {
		case one == 0:
			return false, 0
		case one == '-' && low != 0 && pat[p+1] != 0 && pat[p+1] != ']':
			p++
			if pat[p] == '\\' {
				p++
			}
			if pat[p] == 0 {
				return false, 0
			}
			in = in || low <= ch && ch <= pat[p] || low <= upper && upper <= pat[p]
			low = 0
			p++
			continue
		case one == '[' && pat[p+1] == ':':
			stop := strings.IndexByte(pat[p+2:], ']')
			if stop < 0 {
				return false, 0
			}
			if name, ok := strings.CutSuffix(pat[p+2:p+2+stop], ":"); ok {
				accepts, known := referenceClasses[name]
				if !known {
					return false, 0
				}
				in = in || accepts(ch) || accepts(upper)
				low = 0
				p += 2 + stop + 1
				continue
			}
		case one == '\\':
			p++
			if one = pat[p]; one == 0 {
				return false, 0
			}
		}
		in = in || one == ch
		low = one
		p++
	}
	return in != negated, p + 1
}

var referenceClasses = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return isAlpha(c) || isDigit(c) },
	"alpha":  isAlpha,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < 32 || c == 127 },
	"digit":  isDigit,
	"graph":  isGraph,
	"lower":  func(c byte) bool { return c >= 'a' && c <= 'z' },
	"print":  func(c byte) bool { return c >= 32 && c < 127 },
	"punct":  func(c byte) bool { return isGraph(c) && !isAlpha(c) && !isDigit(c) },
	"space":  func(c byte) bool { return strings.IndexByte(" \t\r\n", c) >= 0 },
	"upper":  func(c byte) bool { return c >= 'A' && c <= 'Z' },
	"xdigit": func(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 },
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isGraph(c byte) bool { return c > 32 && c < 127 }

// FuzzWildmatch holds the matcher to two properties: it agrees with reference, and its steps are bounded.
func FuzzWildmatch(f *testing.F) {
	for _, groups := range []map[string][]wildcase{pathCases, nameCases, foldCases} {
		for _, cases := range groups {
			for _, c := range cases {
				for _, text := range append(append([]string{"a/b"}, c.yes...), c.no...) {
					f.Add(c.pattern, text, uint8(1))
				}
			}
		}
	}
	f.Add("**/a*[!b-d[:upper:]]*/**\\/?", "x/aQz/y/z", uint8(3))
	f.Fuzz(func(t *testing.T, pattern, text string, mode uint8) {
		path, fold := mode&1 != 0, mode&2 != 0
		if !path {
			pattern, text = strings.ReplaceAll(pattern, "/", "."), strings.ReplaceAll(text, "/", ".")
		}
		// Neither holds a NUL: it ends a line of an ignore file, and no path has one.
		pattern, text = strings.ReplaceAll(pattern, "\x00", "0"), strings.ReplaceAll(text, "\x00", "0")
		if text == "" || len(pattern)*len(text) > 1<<16 {
			return
		}
		ref := reference{pattern: pattern, text: text, path: path, fold: fold}
		got, want := matchOnce(pattern, text, path, fold), ref.match()
		if got != want {
			t.Fatalf("pattern %q, text %q, path %v, fold %v: got %v, want %v", pattern, text, path, fold, got, want)
		}
		c := compiler{fold: fold}
		if _, ok := c.compile(pattern, path, true); ok {
			m := wildmatch{code: c.code, sets: c.sets, text: appendLower(nil, text)}
			m.match()
			if bound := stepBound(len(c.code), len(text)); m.steps > bound {
				t.Fatalf("pattern %q, text %q: %d steps, more than %d", pattern, text, m.steps, bound)
			}
		}
	})
}

func BenchmarkWildmatch(b *testing.B) {
	for _, c := range []struct{ pattern, text string }{
		{"**/node_modules/*/dist/**/*.map", "packages/app/node_modules/react/dist/cjs/index.js"},
		{"docs/*.[ch]", "docs/wildmatch.h"},
		{strings.Repeat("*a", 20) + "*b", strings.Repeat("a", 200)},
	} {
		b.Run(fmt.Sprintf("%.20s", c.pattern), func(b *testing.B) {
			comp := compiler{}
			comp.compile(c.pattern, true, true)
			text := []byte(c.text)
			for b.Loop() {
				m := wildmatch{code: comp.code, sets: comp.sets, text: text}
				m.match()
			}
		})
	}
}
