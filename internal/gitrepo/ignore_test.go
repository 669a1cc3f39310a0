package gitrepo

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	excludePath = ".git/info/exclude"
	usersPath   = ".git/users-excludes" // core.excludesFile may be anywhere; here the clean-up between rounds leaves it
)

// ignoreTree is a working tree as far as ignoring goes.
type ignoreTree struct {
	files map[string]string // path of an ignore file → its text; excludePath and usersPath included
	dirs  []string
	paths []string // what is asked: directories and paths where nothing is, which git takes for files
	fold  bool
	loose looseness // nil: what ParseIgnore takes
}

func (tree *ignoreTree) isDir(path string) bool { return slices.Contains(tree.dirs, path) }

// parse parses every ignore file, by path.
func (tree *ignoreTree) parse(t testing.TB) map[string]*IgnoreList {
	lists := make(map[string]*IgnoreList)
	for name, text := range tree.files {
		outside := name == excludePath || name == usersPath
		loose := tree.loose
		if loose == nil {
			loose = negatedOnly
		}
		list, err := parseIgnore([]byte(text), IgnoreSource{Name: name, Fold: tree.fold, Outside: outside}, loose)
		if err != nil {
			t.Fatal(err)
		}
		lists[name] = list
	}
	return lists
}

// torn reports whether some list says that git's versions may differ.
func (tree *ignoreTree) torn(t testing.TB) bool {
	for _, list := range tree.parse(t) {
		if NewIgnore(list).Torn() {
			return true
		}
	}
	return false
}

// answer asks our own rules about every path.
func (tree *ignoreTree) answer(t testing.TB) []Verdict {
	lists := tree.parse(t)
	top := NewIgnore(lists[usersPath], lists[excludePath], lists[".gitignore"])
	load := func(dir string) *IgnoreList { return lists[dir+"/.gitignore"] }
	dirs := make(map[string]bool)
	for _, dir := range tree.dirs {
		dirs[dir] = true
	}
	verdicts := make([]Verdict, len(tree.paths))
	for i, path := range tree.paths {
		verdicts[i] = matchPath(top, path, dirs[path], load)
	}
	return verdicts
}

func (tree *ignoreTree) show() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(tree.files)) {
		fmt.Fprintf(&b, "%q: %q\n", name, tree.files[name])
	}
	return b.String()
}

// ignoreCase is a tree and what becomes of its paths. A path that ends in "/" is a directory.
type ignoreCase struct {
	files         map[string]string
	ignored, kept []string
	fold          bool
}

func topIgnore(text string) map[string]string { return map[string]string{".gitignore": text} }

var ignoreCases = map[string][]ignoreCase{
	"nothing": {
		{files: topIgnore(""), kept: []string{"a", "b/"}},
		{files: topIgnore("\n\n#a\n \n"), kept: []string{"a", "#a"}},
		{files: topIgnore("/\n"), kept: []string{"a", "b/"}},
		{files: topIgnore("!\n!/\n//\n///\n"), kept: []string{"a", "b/"}},
	},
	"names": {
		{files: topIgnore("foo\n*.log\nx*\n"), ignored: []string{"foo", "a/foo", "a.log", "a/b/.log", "x", "xy/"}, kept: []string{"food", "a.logs", "ax"}},
		{files: topIgnore("*~\n*.sw?\n.#*\n"), ignored: []string{"a~", "~", ".a.swp", ".#b"}, kept: []string{"~a", "a.sw"}},
		{files: topIgnore("*+\n"), ignored: []string{"a+", "+"}, kept: []string{"a", "wildmatch.c"}},
		{files: topIgnore("c++/\n(a).txt\na$\n^b\nx|y\n{c}\n"), ignored: []string{"c++/", "(a).txt", "a$", "^b", "x|y", "{c}"}, kept: []string{"c", "ccc/", "a.txt", "a", "b", "x", "y"}},
		{files: topIgnore(".env\n.env.*\n!.env.example\n"), ignored: []string{".env", "svc/.env", ".env.local"}, kept: []string{".env.example", "env", ".envrc"}},
	},
	"anchors": {
		{files: topIgnore("/foo\nbar/baz\n"), ignored: []string{"foo", "foo/x", "bar/baz", "bar/baz/x"}, kept: []string{"a/foo", "a/bar/baz", "bar/"}},
		{files: topIgnore("/*.c\n"), ignored: []string{"cat.c"}, kept: []string{"a/cat.c"}},
		{files: topIgnore("a/b*\n"), ignored: []string{"a/b", "a/bc", "a/bc/d"}, kept: []string{"x/a/b", "a/c", "a/"}},
		{files: topIgnore("*/foo\n"), ignored: []string{"a/foo"}, kept: []string{"foo", "a/b/foo"}},
		{files: topIgnore("foo[/]bar\n"), kept: []string{"foo/bar", "a/foo/bar"}},
		{files: topIgnore(`foo\/bar` + "\n"), ignored: []string{"foo/bar"}, kept: []string{"a/foo/bar"}},
	},
	"directories": {
		{files: topIgnore("build/\n"), ignored: []string{"build/", "build/x", "a/build/", "a/build/b/c"}, kept: []string{"c/build"}},
		{files: topIgnore("*/\n"), ignored: []string{"a/", "a/b"}, kept: []string{"b"}},
		{files: topIgnore("/a/b/\n"), ignored: []string{"a/b/"}, kept: []string{"b/", "a/"}},
		{files: topIgnore(`foo\/` + "\n"), kept: []string{"foo/", "foo/a"}},
		{files: topIgnore("a//\n"), kept: []string{"a/"}},
	},
	"two stars": {
		{files: topIgnore("**/logs\n"), ignored: []string{"logs", "a/logs/", "a/b/logs"}, kept: []string{"xlogs"}},
		{files: topIgnore("**/logs/*.log\n"), ignored: []string{"logs/a.log", "x/logs/a.log"}, kept: []string{"logs/x/a.log", "logs/"}},
		{files: topIgnore("abc/**\n"), ignored: []string{"abc/x", "abc/x/y"}, kept: []string{"abc/", "x/abc/y"}},
		{files: topIgnore("abc/**/\n"), ignored: []string{"abc/x/", "abc/x/y"}, kept: []string{"abc/", "abc/z"}},
		{files: topIgnore("a/**/b\n"), ignored: []string{"a/b", "a/x/b", "a/x/y/b"}, kept: []string{"a/", "x/a/b"}},
		{files: topIgnore("/**\n"), ignored: []string{"a", "b/", "b/c"}},
		{files: topIgnore("a/***/b\n"), ignored: []string{"a/b", "a/x/y/b"}},
		{files: topIgnore("dir/**\n!dir/keep\n"), ignored: []string{"dir/x", "dir/y/z"}, kept: []string{"dir/", "dir/keep"}},
	},
	// git has changed its mind about these: what any version of it does not ignore is not ignored.
	"two stars after plain text": {
		{files: topIgnore("a**/b\n"), ignored: []string{"a/b", "ax/b"}, kept: []string{"ab", "a/x/b", "axb", "x/ab"}},
		{files: topIgnore("b\nc\n!a**/b\n"), ignored: []string{"a/x/c", "b", "x/b"}, kept: []string{"ab", "a/b", "ax/b", "a/x/b"}},
	},
	"negation": {
		{files: topIgnore("*\n!*/\n!*.go\n"), ignored: []string{"a.c", "d/b.c"}, kept: []string{"a.go", "d/", "d/e/", "d/e/f.go"}},
		{files: topIgnore("*.log\n!keep.log\n"), ignored: []string{"a.log"}, kept: []string{"keep.log", "a/keep.log"}},
		{files: topIgnore("!a\na\n"), ignored: []string{"a"}},
		{files: topIgnore("*\n!!a\n"), ignored: []string{"a"}, kept: []string{"!a"}},
		{files: topIgnore("dir/\n!dir/keep\n"), ignored: []string{"dir/", "dir/keep"}},
		{files: topIgnore("/*\n!/a/\n/a/*\n!/a/b/\n"), ignored: []string{"x", "a/x"}, kept: []string{"a/", "a/b/", "a/b/y"}},
		{files: topIgnore("core\n!core/\n"), ignored: []string{"core"}, kept: []string{"a/core/"}},
		{files: topIgnore("core/\n!core\n"), kept: []string{"a/core/"}},
		{files: topIgnore("a\n!/a\n"), ignored: []string{"b/a"}, kept: []string{"a"}},
	},
	"nesting": {
		{files: map[string]string{".gitignore": "*.log\n", "sub/.gitignore": "!keep.log\n"}, ignored: []string{"keep.log", "sub/a.log"}, kept: []string{"sub/keep.log", "sub/x/keep.log"}},
		{files: map[string]string{"sub/.gitignore": "/foo\nx/bar\n"}, ignored: []string{"sub/foo", "sub/x/bar"}, kept: []string{"foo", "sub/a/foo", "x/bar", "sub/a/x/bar"}},
		{files: map[string]string{".gitignore": "sub/\n", "sub/.gitignore": "!keep\n"}, ignored: []string{"sub/keep", "sub/"}},
		{files: map[string]string{".gitignore": "a/b/*.txt\n", "a/.gitignore": "!b/k.txt\n"}, ignored: []string{"a/b/x.txt"}, kept: []string{"a/b/k.txt"}},
		{files: map[string]string{".gitignore": "*.x\n", "a/.gitignore": "!*.x\n", "a/b/.gitignore": "*.x\n", "a/b/c/.gitignore": "!k.x\n"}, ignored: []string{"1.x", "a/b/1.x", "a/b/c/1.x"}, kept: []string{"a/1.x", "a/b/c/k.x"}},
		{files: map[string]string{"a/b/.gitignore": "**/z\n/c/*/d\n"}, ignored: []string{"a/b/z", "a/b/c/x/d", "a/b/q/z"}, kept: []string{"a/z", "a/b/q/c/x/d"}},
	},
	"sources": {
		{files: map[string]string{usersPath: "*.a\n*.b\n", excludePath: "!x.a\n*.c\n", ".gitignore": "!x.b\n!x.c\n"}, ignored: []string{"y.a", "y.b", "y.c"}, kept: []string{"x.a", "x.b", "x.c"}},
		{files: map[string]string{usersPath: "/d/*.a\n", "d/.gitignore": "!k.a\n"}, ignored: []string{"d/x.a"}, kept: []string{"d/k.a", "x.a"}},
	},
	"escapes": {
		{files: topIgnore(`\#a` + "\n" + `\!b` + "\n"), ignored: []string{"#a", "!b"}, kept: []string{"a", "b"}},
		{files: topIgnore(`foo\bar` + "\n" + `q\?` + "\n" + `w\*` + "\n" + `e\[f]` + "\n"), ignored: []string{"foobar", "q?", "w*", "e[f]"}, kept: []string{`foo\bar`, "qq", "ww", "ef"}},
		{files: topIgnore(`a\\b` + "\n" + `c\` + "\n"), ignored: []string{`a\b`}, kept: []string{"ab", `c\`, "c"}},
		{files: topIgnore("a #b\n#c\n"), ignored: []string{"a #b"}, kept: []string{"a", "#c"}},
		{files: topIgnore("a/!b\na/#c\n"), ignored: []string{"a/!b", "a/#c"}},
	},
	"spaces": {
		{files: topIgnore("foo  \n"), ignored: []string{"foo"}, kept: []string{"foo ", "foo  "}},
		{files: topIgnore(`foo\ ` + "\n"), ignored: []string{"foo "}, kept: []string{"foo", `foo\`}},
		{files: topIgnore(`foo\   ` + "\n"), ignored: []string{"foo "}, kept: []string{"foo", "foo  "}},
		{files: topIgnore(`foo \ ` + "\n"), ignored: []string{"foo  "}, kept: []string{"foo"}},
		{files: topIgnore(`foo\\ ` + "\n"), ignored: []string{`foo\`}, kept: []string{"foo", `foo\ `}},
		{files: topIgnore(" foo\n"), ignored: []string{" foo"}, kept: []string{"foo"}},
		{files: topIgnore("foo\t\n"), ignored: []string{"foo\t"}, kept: []string{"foo"}},
		{files: topIgnore(" #x\n !y\n"), ignored: []string{" #x", " !y"}, kept: []string{"#x", "y"}},
		{files: topIgnore("dir/ \n"), ignored: []string{"dir/"}, kept: []string{"a/dir"}},
	},
	"line ends": {
		{files: topIgnore("foo\r\n*.log\r\n\r\nbar/\r\n"), ignored: []string{"foo", "a.log", "bar/"}, kept: []string{"foo\r", "\r"}},
		{files: topIgnore("foo \r\nbar\\ \r\n"), ignored: []string{"foo", "bar "}, kept: []string{"foo ", "bar"}},
		{files: topIgnore("foo\r\r\n"), ignored: []string{"foo\r"}, kept: []string{"foo"}},
		{files: topIgnore("a\rb\n"), ignored: []string{"a\rb"}, kept: []string{"a", "b"}},
		{files: topIgnore("foo"), ignored: []string{"foo"}},
		{files: topIgnore("foo\r"), ignored: []string{"foo"}},
		{files: topIgnore("#\r\n\r\nfoo \r"), ignored: []string{"foo"}},
		{files: topIgnore("a\x00b\nc \x00\nd\x00\r\n\x00e\n#\x00\n"), ignored: []string{"a", "c", "d"}, kept: []string{"b", "e"}},
		{files: topIgnore("\ufefffoo\nbar\n"), ignored: []string{"foo", "bar"}, kept: []string{"\ufefffoo"}},
		{files: topIgnore("\ufeff#foo\n\ufeffbar\n"), ignored: []string{"\ufeffbar"}, kept: []string{"#foo", "foo", "bar"}},
		{files: topIgnore("\ufeff\ufefffoo\n"), ignored: []string{"\ufefffoo"}, kept: []string{"foo"}},
		{files: topIgnore("\xff\xfef\x00o\x00\n\x00"), kept: []string{"fo"}},
	},
	"bytes": {
		{files: topIgnore("?.txt\n[\xc3]x\n"), ignored: []string{"a.txt", "\xff.txt", "\xc3x"}, kept: []string{"é.txt", "éx"}},
		{files: topIgnore("??\n"), ignored: []string{"é", "ab"}, kept: []string{"a", "€"}},
		{files: topIgnore("*.\xe9\n"), ignored: []string{"x.\xe9"}, kept: []string{"x.é"}},
	},
	"case": {
		{files: topIgnore("*.LOG\n[A-C]x\nBuild/\nDocs/A?\nSRC/Main\n"), fold: true, ignored: []string{"a.log", "ax", "Bx", "build/", "docs/aZ", "src/main"}, kept: []string{"dx", "docs/b", "docs/"}},
		{files: topIgnore("*.LOG\nBuild/\nDocs/A?\n"), ignored: []string{"a.LOG"}, kept: []string{"a.log", "build/", "docs/aZ"}},
		{files: map[string]string{".gitignore": "a/B/c*\n", "X/.gitignore": "Y/*.Z\n"}, fold: true, ignored: []string{"A/b/CD", "X/y/a.z"}, kept: []string{"X/y/a"}},
		{files: topIgnore("\\Ab\n[A]c\nÉ\n"), fold: true, kept: []string{"Ab", "ab", "Ac", "ac", "é"}},
	},
}

// tree lays a case out. Every directory on the way to a path is one, and so is every path that ends in "/".
func (c *ignoreCase) tree() *ignoreTree {
	tree := &ignoreTree{files: c.files, fold: c.fold}
	for name := range c.files {
		if dir, nested := strings.CutSuffix(name, "/.gitignore"); nested {
			tree.dirs = append(tree.dirs, dir)
		}
	}
	for _, path := range append(slices.Clone(c.ignored), c.kept...) {
		clean := strings.TrimSuffix(path, "/")
		if clean != path {
			tree.dirs = append(tree.dirs, clean)
		}
		tree.paths = append(tree.paths, clean)
	}
	return tree
}

func TestIgnoreTables(t *testing.T) {
	for group, cases := range ignoreCases {
		t.Run(group, func(t *testing.T) {
			for _, c := range cases {
				tree := c.tree()
				for i, v := range tree.answer(t) {
					if v.Ignored != (i < len(c.ignored)) {
						t.Errorf("%q: %+v\n%s", tree.paths[i], v, tree.show())
					}
				}
			}
		})
	}
}

func TestIgnoreVerdict(t *testing.T) {
	tree := &ignoreTree{
		files: map[string]string{
			usersPath:        "*.u\n",
			excludePath:      "\n*.e\n",
			".gitignore":     "# all\n*.log \n!keep.log\r\nout/\n",
			"a/.gitignore":   "/x/*\n!/x/y\n",
			"out/.gitignore": "!in\n",
		},
		dirs:  []string{"a/x", "out"},
		paths: []string{"n.u", "a/n.e", "n.log", "a/keep.log", "out", "out/in", "a/x/z", "a/x/y", "none"},
	}
	want := []Verdict{
		{true, usersPath, 1, "*.u", true},
		{true, excludePath, 2, "*.e", true},
		{true, ".gitignore", 2, "*.log", false},
		{false, ".gitignore", 3, "!keep.log", false},
		{true, ".gitignore", 4, "out/", false},
		{true, ".gitignore", 4, "out/", false},
		{true, "a/.gitignore", 1, "/x/*", false},
		{false, "a/.gitignore", 2, "!/x/y", false},
		{},
	}
	for i, got := range tree.answer(t) {
		if got != want[i] {
			t.Errorf("%q: got %+v, want %+v", tree.paths[i], got, want[i])
		}
	}
}

// TestIgnoreShared has many goroutines use one Ignore, for the race detector.
func TestIgnoreShared(t *testing.T) {
	list, err := ParseIgnore([]byte("*.log\na/**/b*\n/x/y\n[a-c]?\n!keep.log\n"), IgnoreSource{Name: ".gitignore", Fold: true})
	if err != nil {
		t.Fatal(err)
	}
	top := NewIgnore(list)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				sub := top.Dir("a", list).Dir("C", nil)
				if !sub.Match("Bx.LOG", false).Ignored || sub.Match("KEEP.log", false).Ignored {
					t.Error("wrong answer")
				}
			}
		})
	}
	wg.Wait()
}

func TestIgnoreTooLarge(t *testing.T) {
	list, err := ParseIgnore(make([]byte, MaxIgnoreSize+1), IgnoreSource{Name: "deep/.gitignore"})
	if list != nil || err == nil || !strings.Contains(err.Error(), `"deep/.gitignore"`) {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestIgnoreRoom(t *testing.T) {
	list, err := ParseIgnore([]byte("a\n"+strings.Repeat("#", MaxIgnoreSize-2)), IgnoreSource{Name: ".gitignore"})
	if err != nil {
		t.Fatal(err)
	}
	ig := NewIgnore(list)
	for range maxIgnoreChain/MaxIgnoreSize - 1 {
		if ig.Room() != MaxIgnoreSize {
			t.Fatalf("room for %d bytes while there is more", ig.Room())
		}
		ig = ig.Dir("d", list)
	}
	if ig.Room() != 0 {
		t.Errorf("room for %d bytes, want none", ig.Room())
	}
}

// TestIgnoreManyLines keeps an ignore file that lists a hundred thousand paths, as generated ones do, from costing every path a
// look at every line.
func TestIgnoreManyLines(t *testing.T) {
	const lines = 100_000
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "/d%d/e/f%d\ng%d\n*.h%d\n", i%100, i, i, i)
	}
	list, err := ParseIgnore([]byte(b.String()), IgnoreSource{Name: ".gitignore"})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.globs)+len(list.pathGlobs)+len(list.compiler.code) > 0 {
		t.Error("plain lines are kept as patterns to try one by one")
	}
	sub := NewIgnore(list).Dir("d7", nil).Dir("e", nil)
	for name, line := range map[string]int{"f107": 107*3 + 1, "g99": 99*3 + 2, "x.h5": 5*3 + 3, "f108": 0} {
		if v := sub.Match(name, false); v.Line != line {
			t.Errorf("%q: line %d, want %d", name, v.Line, line)
		}
	}
}

// TestIgnoreWith gives one directory two different ignore files: neither Ignore may see the other's.
func TestIgnoreWith(t *testing.T) {
	parse := func(text string) *IgnoreList {
		list, err := ParseIgnore([]byte(text), IgnoreSource{Name: text})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	dir := NewIgnore(parse("*.a")).Dir("d", nil)
	b, c := dir.With(parse("*.b")), dir.With(parse("*.c"))
	for _, test := range []struct {
		ig   *Ignore
		name string
		want bool
	}{{b, "x.b", true}, {b, "x.c", false}, {c, "x.b", false}, {c, "x.c", true}, {dir, "x.b", false}, {b, "x.a", true}, {c, "x.a", true}} {
		if got := test.ig.Match(test.name, false).Ignored; got != test.want {
			t.Errorf("%q: ignored is %v, want %v", test.name, got, test.want)
		}
	}
}

// TestIgnoreDescendDrops keeps a directory from trying patterns that nothing in it can match.
func TestIgnoreDescendDrops(t *testing.T) {
	list, err := ParseIgnore([]byte("/docs/*.md\n/docs/**/x\n*/y?\n*/*/z?\n"), IgnoreSource{Name: ".gitignore"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dirs        []string
		here, below int
	}{{nil, 1, 4}, {[]string{"docs"}, 3, 4}, {[]string{"src"}, 1, 2}, {[]string{"src", "a"}, 1, 1}, {[]string{"docs", "a", "b"}, 1, 1}, {[]string{"src", "a", "b"}, 0, 0}} {
		ig := NewIgnore(list)
		for _, dir := range test.dirs {
			ig = ig.Dir(dir, nil)
		}
		if lv := ig.levels[0]; len(lv.here) != test.here || len(lv.below) != test.below {
			t.Errorf("in %q, %d patterns are tried and %d kept; want %d and %d", test.dirs, len(lv.here), len(lv.below), test.here, test.below)
		}
	}
}

// FuzzParseIgnore holds any file to not panicking, and to a decision that comes from a line of it.
func FuzzParseIgnore(f *testing.F) {
	for _, cases := range ignoreCases {
		for _, c := range cases {
			for _, text := range c.files {
				f.Add([]byte(text), strings.Join(append(c.ignored, c.kept...), "/"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		list, err := ParseIgnore(data, IgnoreSource{Name: "f"})
		if err != nil {
			t.Fatal(err)
		}
		v := matchPath(NewIgnore(list), path, false, func(string) *IgnoreList { return list })
		if v == (Verdict{}) {
			return
		}
		lines := bytes.Split(data, []byte("\n"))
		if v.Line < 1 || v.Line > len(lines) || !bytes.Contains(lines[v.Line-1], []byte(v.Pattern)) || v.Source != "f" {
			t.Fatalf("%+v is not from the file", v)
		}
		if v.Ignored == strings.HasPrefix(v.Pattern, "!") {
			t.Fatalf("%+v contradicts its pattern", v)
		}
	})
}

// usualIgnore is an ignore file of the kind that a large repository has.
const usualIgnore = `# build
/build/
/dist
*.o
*.a
*.so
*.py[cod]
*~
.env
.env.*
!.env.example
node_modules/
bower_components
.vscode/*
!.vscode/settings.json
**/target/debug
/docs/**/*.html
coverage
*.log
npm-debug.log*
.DS_Store
Thumbs.db
/vendor/github.com/*/testdata
tmp/
*.swp
.#*
__pycache__
*.class
.idea
/config/local.yml
`

func BenchmarkIgnoreMatch(b *testing.B) {
	for _, fold := range []bool{false, true} {
		list, err := ParseIgnore([]byte(usualIgnore), IgnoreSource{Name: ".gitignore", Fold: fold})
		if err != nil {
			b.Fatal(err)
		}
		top := NewIgnore(list)
		for _, c := range []struct {
			name string
			ig   *Ignore
		}{{"top", top}, {"deep", top.Dir("src", nil).Dir("internal", nil).Dir("gitrepo", nil)}, {"docs", top.Dir("docs", nil).Dir("api", nil)}} {
			b.Run(fmt.Sprintf("%s,fold=%v", c.name, fold), func(b *testing.B) {
				b.ReportAllocs()
				names := []string{"main.go", "README.md", "wildmatch_test.go", "index.html", "a.o", "package-lock.json", "keep", "Makefile"}
				for i := 0; b.Loop(); i++ {
					c.ig.Match(names[i%len(names)], false)
				}
			})
		}
	}
}

// BenchmarkIgnoreWalk decides all 80,000 files of a tree, directories and their Dir included.
func BenchmarkIgnoreWalk(b *testing.B) {
	list, err := ParseIgnore([]byte(usualIgnore), IgnoreSource{Name: ".gitignore"})
	if err != nil {
		b.Fatal(err)
	}
	top := NewIgnore(list)
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprintf("name-%d.ts", i)
	}
	b.ReportAllocs()
	paths := 0
	for b.Loop() {
		for _, a := range names[:20] {
			first := top.Dir(a, nil)
			for _, c := range names[:40] {
				second := first.Dir(c, nil)
				for _, name := range names {
					second.Match(name, false)
					paths++
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(paths), "ns/path")
}

// BenchmarkIgnoreHostile is the largest file that is read, full of lines that each have to be tried.
func BenchmarkIgnoreHostile(b *testing.B) {
	data := []byte(strings.Repeat("*a?\n", MaxIgnoreSize/4))
	b.ReportAllocs()
	for b.Loop() {
		list, err := ParseIgnore(data, IgnoreSource{Name: ".gitignore"})
		if err != nil {
			b.Fatal(err)
		}
		NewIgnore(list).Match("bbb", false)
	}
}
