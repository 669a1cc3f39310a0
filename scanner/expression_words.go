package scanner

import (
	"bytes"
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"

	"github.com/inspecto/insplint/internal/lazy"
)

// The engine of regexp takes some ten nanoseconds a byte for each expression that
// begins with a choice, and a bundle is judged by thirty. But each of them needs
// one of a few words. Where no word is there is no match, and to look for words is
// a hundred times as fast.

// A wordExpression is an expression whose matches have one of some words in them,
// and are not longer than wordReach on either side of it.
type wordExpression struct {
	*lazy.Value[string, *compiledWords]
}

const (
	wordReach    = 2 << 10
	maxWords     = 64 // alternatives that are looked for, each by itself
	shortestWord = 3
)

type compiledWords struct {
	*regexp.Regexp
	// needs are sets of words; a match has one word of each. The first is the one
	// that is looked for.
	needs [][][]byte
}

func newWordExpression(expr string) wordExpression {
	return wordExpression{lazy.From(expr, compileWords)}
}

func compileWords(expr string) *compiledWords {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err) // as MustCompile does
	}
	c := &compiledWords{Regexp: regexp.MustCompile(expr)}
	for _, set := range wordSets(parsed) {
		if len(set) <= maxWords && shortest(set) >= shortestWord {
			c.needs = append(c.needs, bytesOf(set))
		}
	}
	slices.SortStableFunc(c.needs, func(a, b [][]byte) int { return cmp.Compare(wordRank(b), wordRank(a)) })
	return c
}

func (p wordExpression) match(text []byte) bool { return len(p.find(text, 1)) > 0 }

// all lists the matches, as FindAllIndex of regexp does.
func (p wordExpression) all(text []byte) [][]int { return p.find(text, -1) }

func (p wordExpression) find(text []byte, most int) (found [][]int) {
	c := p.Get()
	if len(c.needs) == 0 {
		return c.FindAllIndex(text, most)
	}
	for from := 0; from < len(text) && (most < 0 || len(found) < most); {
		at := indexAny(text[from:], c.needs[0])
		if at < 0 {
			break
		}
		at += from
		from = at + 2*wordReach // the words before it are in reach of this stretch
		start := wordStart(text, at)
		window := text[start:min(len(text), from+wordReach)]
		if !c.possible(window) {
			continue
		}
		for _, m := range c.FindAllIndex(window, most) {
			m[0], m[1] = start+m[0], start+m[1]
			if len(found) == 0 || found[len(found)-1][1] <= m[0] {
				found = append(found, m)
			}
		}
	}
	return found
}

// wordStart is where a stretch begins that ends behind a word: at the beginning of
// a line if one is near, so that an expression finds there what it finds in the
// whole text.
func wordStart(text []byte, at int) int {
	start := max(0, at-wordReach)
	if start == 0 {
		return 0
	}
	if n := bytes.IndexByte(text[start:at], '\n'); n >= 0 {
		return start + n + 1
	}
	return start
}

// possible reports whether a stretch has a word of each set.
func (c *compiledWords) possible(window []byte) bool {
	return !slices.ContainsFunc(c.needs[1:], func(set [][]byte) bool { return indexAny(window, set) < 0 })
}

func indexAny(text []byte, words [][]byte) int {
	first := -1
	for _, word := range words {
		if at := bytes.Index(text, word); at >= 0 {
			first, text = at, text[:min(len(text), at+len(word)-1)]
		}
	}
	return first
}

// wordSets lists what every match of an expression has: one word of each set.
func wordSets(re *syntax.Regexp) (sets [][]string) {
	if exact := exactWords(re); exact != nil {
		return [][]string{exact}
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return wordSets(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return wordSets(re.Sub[0])
		}
	case syntax.OpConcat:
		return concatWords(re.Sub)
	case syntax.OpAlternate:
		return alternateWords(re.Sub)
	}
	return nil
}

// concatWords joins neighbours that are words.
func concatWords(parts []*syntax.Regexp) (sets [][]string) {
	var run []string
	for _, part := range parts {
		exact := exactWords(part)
		if product := joinWords(run, exact); product != nil {
			run = product
			continue
		}
		if run != nil {
			sets = append(sets, run)
		}
		run = exact
		if exact == nil {
			sets = append(sets, wordSets(part)...)
		}
	}
	if run != nil {
		sets = append(sets, run)
	}
	return sets
}

// alternateWords takes the best set of each choice together: a match has one of
// one of them.
func alternateWords(choices []*syntax.Regexp) [][]string {
	var all []string
	for _, choice := range choices {
		sets := wordSets(choice)
		if len(sets) == 0 {
			return nil
		}
		all = append(all, slices.MaxFunc(sets, func(a, b []string) int { return cmp.Compare(wordRank(bytesOf(a)), wordRank(bytesOf(b))) })...)
	}
	return [][]string{all}
}

// exactWords lists all that an expression matches; nil if that is not a few words,
// beside places between them.
func exactWords(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpWordBoundary:
		return []string{""}
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []string{string(re.Rune)}
		}
	case syntax.OpCapture:
		return exactWords(re.Sub[0])
	case syntax.OpConcat:
		all := []string{""}
		for _, part := range re.Sub {
			if all = joinWords(all, exactWords(part)); all == nil {
				return nil
			}
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, choice := range re.Sub {
			exact := exactWords(choice)
			if exact == nil {
				return nil
			}
			all = append(all, exact...)
		}
		return all
	}
	return nil
}

// joinWords puts each word before each other; nil if that is too many, or if either
// is not known.
func joinWords(before, behind []string) (all []string) {
	if before == nil || behind == nil || len(before)*len(behind) > maxWords {
		return nil
	}
	for _, a := range before {
		for _, b := range behind {
			all = append(all, a+b)
		}
	}
	return all
}

func shortest(words []string) int {
	return len(slices.MinFunc(words, func(a, b string) int { return cmp.Compare(len(a), len(b)) }))
}

func bytesOf(words []string) [][]byte {
	all := make([][]byte, len(words))
	for i, word := range words {
		all[i] = []byte(word)
	}
	return all
}

// commonWords are in all code.
var commonWords = []string{"import", "from", "export", "function", "return", "const", "require("}

// wordRank orders sets of words by how rare they are in code.
func wordRank(words [][]byte) int {
	rank := 1 << 10
	for _, word := range words {
		r := len(word)
		if slices.Contains(commonWords, string(bytes.TrimSpace(word))) {
			r = 1
		}
		rank = min(rank, r)
	}
	return rank
}
