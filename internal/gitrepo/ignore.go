package gitrepo

import (
	"fmt"
	"slices"
	"strings"
)

// MaxIgnoreSize is the size in bytes of the largest ignore file that is read. Git's own limit is 100 MiB (dir.c; older versions
// have none); this one is lower because a parsed file takes up to 18 times its size, and a hostile repository can have one in
// every directory. What a file over the limit would ignore is not ignored, so a scan sees more, never less.
const MaxIgnoreSize = 8 << 20

// maxIgnoreChain is the sum of sizes, in bytes, of the ignore files that apply to one directory.
const maxIgnoreChain = 3 * MaxIgnoreSize

// An IgnoreSource says where an ignore file comes from and how it is to be read.
type IgnoreSource struct {
	Name    string // what a Verdict shows for it: "sub/.gitignore", ".git/info/exclude", the path of core.excludesFile
	Fold    bool   // core.ignoreCase: ASCII letters match in either case
	Outside bool   // the file is no part of the repository: the user's core.excludesFile, or info/exclude
	Older   bool   // read it as git did before 2.52; without, a pattern matches as little as in any version
}

// An IgnoreList is one parsed ignore file. It does not change, so any number of goroutines may use it.
//
// Most lines of real ignore files are a plain name or "*" and an ending; those are looked up, and only what is left is tried line by
// line. The line that decides is the last one that matches, so each way of looking gives the number of its last match, and the
// largest number wins. A number is an index in rules plus 1; 0 stands for none.
type IgnoreList struct {
	from     IgnoreSource
	size     int // of the file, in bytes
	rules    []rule
	compiler compiler
	torn     bool // git's versions differ about some pattern

	// Patterns without a "/" before their last byte, which are matched against the name alone.
	names    map[string]deciders
	suffixes map[byte][]suffix // by last byte, last line first
	any      deciders          // "*"
	globs    []nameGlob        // last line first

	// Patterns with one, which are matched against the path from the directory of the file.
	paths     map[string]deciders
	pathDirs  map[string]bool // the directories in which an entry of paths lies, with a "/" behind; "" for the file's own
	pathGlobs []pathGlob      // last line first
}

// A rule is one line that can match something.
type rule struct {
	pattern string // as git shows it: without line end, trailing spaces and what follows a NUL
	line    int32  // from 1
}

func (r *rule) negated() bool { return r.pattern[0] == '!' }
func (r *rule) dirOnly() bool { return r.pattern[len(r.pattern)-1] == '/' }

// deciders are the numbers of the last rules that match a thing if it is a directory, and if it is not.
type deciders struct{ dir, file int32 }

func (d *deciders) set(number int32, dirOnly bool) {
	d.dir = number
	if !dirOnly {
		d.file = number
	}
}

func (d deciders) of(isDir bool) int32 {
	if isDir {
		return d.dir
	}
	return d.file
}

type suffix struct {
	text    string
	number  int32
	dirOnly bool
}

type nameGlob struct {
	glob
	number  int32
	dirOnly bool
}

type pathGlob struct {
	nameGlob
	prefix string // the plain text that it begins with
	depth  int    // how many "/" its matches have; -1 if that varies
}

// ParseIgnore reads an ignore file. Every line is either a pattern or nothing, so the one error is a file that is too large.
func ParseIgnore(data []byte, from IgnoreSource) (*IgnoreList, error) {
	if from.Older {
		return parseIgnore(data, from, func(bool) bool { return true })
	}
	return parseIgnore(data, from, negatedOnly)
}

// A looseness tells of which patterns the asterisks in "a**/b" pass a "/": see compile.
type looseness func(negated bool) bool

// negatedOnly takes a file for ignored only if every version of git does: a pattern matches as little as it does in any of them,
// and what brings a file back as much.
func negatedOnly(negated bool) bool { return negated }

func parseIgnore(data []byte, from IgnoreSource, loose looseness) (*IgnoreList, error) {
	if len(data) > MaxIgnoreSize {
		return nil, fmt.Errorf("read ignore file %q: %d bytes are more than the limit of %d", from.Name, len(data), MaxIgnoreSize)
	}
	list := &IgnoreList{from: from, size: len(data), compiler: compiler{fold: from.Fold}}
	text := strings.TrimPrefix(string(data), "\ufeff")
	for line := int32(1); text != ""; line++ {
		var pattern string
		pattern, text, _ = strings.Cut(text, "\n")
		if pattern = cleanLine(pattern); pattern != "" {
			list.add(rule{pattern, line}, loose)
		}
	}
	slices.Reverse(list.globs)
	slices.Reverse(list.pathGlobs)
	for _, sameEnd := range list.suffixes {
		slices.Reverse(sameEnd)
	}
	list.compiler.numbers = nil
	return list, nil
}

// cleanLine returns the pattern of a line, "" for a comment. Git's lines are C strings, so a NUL ends one, and a carriage return
// counts as part of the line end only where it is the very last byte.
func cleanLine(line string) string {
	if strings.HasPrefix(line, "#") {
		return ""
	}
	line = strings.TrimSuffix(line, "\r")
	line, _, _ = strings.Cut(line, "\x00")
	return trimSpaces(line)
}

// trimSpaces cuts spaces at the end, except one with a backslash before it that is not itself escaped. Tabs stay.
func trimSpaces(line string) string {
	trimmed := strings.TrimRight(line, " ")
	if len(trimmed) == len(line) {
		return line
	}
	backslashes := len(trimmed) - len(strings.TrimRight(trimmed, `\`))
	return line[:len(trimmed)+backslashes%2]
}

// add files a rule where match will look for it.
func (l *IgnoreList) add(r rule, loose looseness) {
	pattern := strings.TrimPrefix(r.pattern, "!")
	pattern = strings.TrimSuffix(pattern, "/")
	path := strings.Contains(pattern, "/")
	pattern = strings.TrimPrefix(pattern, "/")
	g, ok := l.compiler.compile(pattern, path, loose(r.pattern[0] == '!'))
	if !ok {
		return
	}
	l.torn = l.torn || path && isTorn(pattern)
	l.rules = append(l.rules, r)
	found := nameGlob{glob: g, number: int32(len(l.rules)), dirOnly: r.dirOnly()}
	if path {
		l.addPath(found)
	} else {
		l.addName(found)
	}
}

func (l *IgnoreList) addName(g nameGlob) {
	code := l.code(g.glob)
	switch plain := plainText(code); {
	case len(plain) == len(code):
		l.names = setDeciders(l.names, plain, g)
	case len(code) == 1 && code[0] == symStar:
		l.any.set(g.number, g.dirOnly)
	case code[0] == symStar && len(plainText(code[1:])) == len(code)-1:
		if l.suffixes == nil {
			l.suffixes = make(map[byte][]suffix)
		}
		end := byte(g.last)
		l.suffixes[end] = append(l.suffixes[end], suffix{plainText(code[1:]), g.number, g.dirOnly})
	default:
		l.globs = append(l.globs, g)
		return
	}
	l.dropCode(g.glob)
}

func (l *IgnoreList) addPath(g nameGlob) {
	code := l.code(g.glob)
	plain := plainText(code)
	if len(plain) < len(code) {
		l.pathGlobs = append(l.pathGlobs, pathGlob{g, plain, depth(code)})
		return
	}
	l.paths = setDeciders(l.paths, plain, g)
	if l.pathDirs == nil {
		l.pathDirs = make(map[string]bool)
	}
	l.pathDirs[plain[:strings.LastIndexByte(plain, '/')+1]] = true
	l.dropCode(g.glob)
}

func setDeciders(in map[string]deciders, text string, g nameGlob) map[string]deciders {
	if in == nil {
		in = make(map[string]deciders)
	}
	d := in[text]
	d.set(g.number, g.dirOnly)
	in[text] = d
	return in
}

func (l *IgnoreList) code(g glob) []symbol { return l.compiler.code[g.from:g.to] }

// dropCode forgets the symbols of the pattern compiled last, once a table holds its text.
func (l *IgnoreList) dropCode(g glob) { l.compiler.code = l.compiler.code[:g.from] }

// plainText returns the bytes that code begins with.
func plainText(code []symbol) string {
	n := slices.IndexFunc(code, func(sym symbol) bool { return sym >= symAny })
	if n < 0 {
		n = len(code)
	}
	text := make([]byte, n)
	for i := range text {
		text[i] = byte(code[i])
	}
	return string(text)
}

func depth(code []symbol) int {
	n := 0
	for _, sym := range code {
		switch sym {
		case symDeep, symAll:
			return -1
		case '/':
			n++
		}
	}
	return n
}

// lastByName returns the number of the last rule without a "/" that matches an entry of any directory.
func (l *IgnoreList) lastByName(name []byte, isDir bool) int32 {
	best := l.any.of(isDir)
	if l.names != nil {
		best = max(best, l.names[string(name)].of(isDir))
	}
	if l.suffixes != nil {
		best = max(best, l.lastBySuffix(name, isDir, best))
	}
	for i := range l.globs {
		g := &l.globs[i]
		if g.number <= best {
			break
		}
		if g.couldBe(name, isDir) && l.matches(&g.glob, name) {
			return g.number
		}
	}
	return best
}

func (l *IgnoreList) lastBySuffix(name []byte, isDir bool, best int32) int32 {
	for _, s := range l.suffixes[name[len(name)-1]] {
		if s.number <= best {
			return best
		}
		if (isDir || !s.dirOnly) && len(s.text) <= len(name) && string(name[len(name)-len(s.text):]) == s.text {
			return s.number
		}
	}
	return best
}

func (g *nameGlob) couldBe(text []byte, isDir bool) bool {
	return (isDir || !g.dirOnly) && g.could(text)
}

func (l *IgnoreList) matches(g *glob, text []byte) bool {
	m := wildmatch{code: l.code(*g), sets: l.compiler.sets, text: text}
	return m.match()
}

// A Verdict says what the ignore files make of one entry, and which line decided. The zero Verdict is that no line matches.
type Verdict struct {
	Ignored bool
	Source  string // the file that the line is in: the Name of its IgnoreSource
	Line    int    // from 1
	Pattern string // the line, without its trailing spaces; of a negation, which leaves Ignored false, too
	Outside bool   // the file is no part of the repository
}

func (l *IgnoreList) verdict(number int32) Verdict {
	r := &l.rules[number-1]
	return Verdict{!r.negated(), l.from.Name, int(r.line), r.pattern, l.from.Outside}
}

// An Ignore answers for the entries of one directory by git's rules (gitignore(5), and where that is silent git's own behaviour).
// It does not change, so any number of goroutines may walk with it at once.
//
// Descending is what makes an answer cheap: of the patterns with a "/", a directory keeps only those that its entries, or something
// below it, can match.
type Ignore struct {
	levels []level // lowest precedence first
	fold   bool    // some list folds case
	torn   bool    // git's versions differ about a pattern of some list
	size   int     // of all lists, in bytes
}

// A level is one list as one directory sees it.
type level struct {
	list  *IgnoreList
	dir   string      // the path of the directory from that of the list, with a "/" behind; "" if they are the same
	plain bool        // list.paths has something in this directory
	here  []*pathGlob // what entries of this directory can match, last line first
	below []*pathGlob // what they or anything below them can match
}

// NewIgnore returns the Ignore of the top directory. The lists go from lowest to highest precedence, which is git's order
// core.excludesFile, info/exclude, the top's .gitignore; nil stands for a file that is not there.
func NewIgnore(lists ...*IgnoreList) *Ignore {
	ig := &Ignore{}
	for _, list := range lists {
		ig.push(list)
	}
	return ig
}

// push adds the list of the directory that ig is for.
func (ig *Ignore) push(list *IgnoreList) {
	if list == nil || len(list.rules) == 0 {
		return
	}
	lv := level{list: list, plain: list.pathDirs[""]}
	for i := range list.pathGlobs {
		lv.below = append(lv.below, &list.pathGlobs[i])
	}
	lv.here = atDepth(lv.below, 0)
	ig.levels = append(ig.levels, lv)
	ig.fold = ig.fold || list.from.Fold
	ig.torn = ig.torn || list.torn
	ig.size += list.size
}

func atDepth(globs []*pathGlob, depth int) []*pathGlob {
	var at []*pathGlob
	for _, g := range globs {
		if g.depth < 0 || g.depth == depth {
			at = append(at, g)
		}
	}
	return at
}

// Dir returns the Ignore of the subdirectory called name; list is that directory's .gitignore, nil if it has none. The directory
// must not be ignored itself: git does not look into one, and what lies below it cannot be included again.
func (ig *Ignore) Dir(name string, list *IgnoreList) *Ignore {
	sub := &Ignore{levels: make([]level, len(ig.levels), len(ig.levels)+1), fold: ig.fold, torn: ig.torn, size: ig.size}
	for i := range ig.levels {
		sub.levels[i] = ig.levels[i].descend(name)
	}
	sub.push(list)
	return sub
}

// With returns the Ignore of the same directory with its .gitignore added, for a walk that learns only by listing a directory whether
// it has one: Dir(name, nil).With(list) is Dir(name, list).
func (ig *Ignore) With(list *IgnoreList) *Ignore {
	own := *ig
	own.levels = slices.Clip(ig.levels)
	own.push(list)
	return &own
}

// Torn reports whether a list holds a pattern that git's versions read
// differently: with IgnoreSource.Older other files may be ignored.
func (ig *Ignore) Torn() bool { return ig.torn }

// Room returns how many bytes the ignore file of a subdirectory may have: MaxIgnoreSize, or less where those above are large.
// Whoever reads it must read no more, and should say so of a file that is larger.
func (ig *Ignore) Room() int {
	return min(MaxIgnoreSize, max(0, maxIgnoreChain-ig.size))
}

func (lv *level) descend(name string) level {
	list := lv.list
	if len(lv.below) == 0 && list.paths == nil {
		return level{list: list}
	}
	if list.from.Fold {
		name = string(appendLower(nil, name))
	}
	sub := level{list: list, dir: lv.dir + name + "/"}
	sub.plain = list.pathDirs[sub.dir]
	depth := strings.Count(sub.dir, "/")
	for _, g := range lv.below {
		n := min(len(g.prefix), len(sub.dir))
		if g.prefix[:n] == sub.dir[:n] && (g.depth < 0 || g.depth >= depth) {
			sub.below = append(sub.below, g)
		}
	}
	sub.here = atDepth(sub.below, depth)
	return sub
}

func appendLower(to []byte, text string) []byte {
	for i := range len(text) {
		to = append(to, lowerByte(text[i]))
	}
	return to
}

// Match answers for one entry of the directory; isDir tells whether it is a directory itself: a symbolic link to one is not.
func (ig *Ignore) Match(name string, isDir bool) Verdict {
	if name == "" || len(ig.levels) == 0 {
		return Verdict{}
	}
	var plainBuf, foldBuf [128]byte
	plain, folded := append(plainBuf[:0], name...), foldBuf[:0]
	if ig.fold {
		folded = appendLower(folded, name)
	}
	for i := len(ig.levels) - 1; i >= 0; i-- {
		lv, text := &ig.levels[i], plain
		if lv.list.from.Fold {
			text = folded
		}
		if number := lv.last(text, isDir); number > 0 {
			return lv.list.verdict(number)
		}
	}
	return Verdict{}
}

// last returns the number of the last rule that matches.
func (lv *level) last(name []byte, isDir bool) int32 {
	best := lv.list.lastByName(name, isDir)
	if lv.plain || len(lv.here) > 0 {
		best = max(best, lv.lastByPath(name, isDir, best))
	}
	return best
}

func (lv *level) lastByPath(name []byte, isDir bool, best int32) int32 {
	var buf [256]byte
	path := append(append(buf[:0], lv.dir...), name...)
	if lv.plain {
		best = max(best, lv.list.paths[string(path)].of(isDir))
	}
	for _, g := range lv.here {
		if g.number <= best {
			break
		}
		if g.couldBe(path, isDir) && lv.list.matches(&g.glob, path) {
			return g.number
		}
	}
	return best
}
