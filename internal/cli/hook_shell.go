package cli

import (
	"slices"
	"strings"
)

// A shellCommand is a simple command of a script.
type shellCommand struct {
	text          string // its words as they stand, one blank between them
	before, after string // what parts it from its neighbours: an operator, or ";" for a line's end; "" at the script's
	depth         int    // how many blocks are around it
}

// shellOperators part commands, the longer ones first.
var shellOperators = []string{"&&", "||", "|&", ";;", "&", "|", ";"}

// A shellBlock is a word that opens a block, and what closes that.
type shellBlock struct {
	opener, closer string
	headed         bool // what follows the opener is no command
}

var shellBlocks = []shellBlock{
	{"if", "fi", false},
	{"while", "done", false},
	{"until", "done", false},
	{"for", "done", true},
	{"select", "done", true},
	{"case", "esac", true},
	{"{", "}", false},
}

// shellParts are the words behind which a block goes on with a command.
var shellParts = []string{"then", "else", "elif", "do"}

// A shellReader parts a script into commands. It knows no more of the grammar than tells
// where a command stands; broken is set where it does not understand that.
type shellReader struct {
	text     string
	at       int
	words    []string
	before   string
	open     []string // what closes the blocks that are open
	ends     []string // of the here-documents that follow the line
	commands []shellCommand
	broken   bool
}

// shellCommands lists the commands of a script, those in substitutions excepted; ok is
// false if what encloses which cannot be told.
func shellCommands(text string) (commands []shellCommand, ok bool) {
	r := &shellReader{text: text}
	for r.at < len(text) && !r.broken {
		r.next()
	}
	r.end("", 0)
	return r.commands, !r.broken && len(r.open) == 0
}

// next reads a word, or what stands between words.
func (r *shellReader) next() {
	rest := r.text[r.at:]
	switch {
	case rest[0] == ' ' || rest[0] == '\t':
		r.at++
	case strings.HasPrefix(rest, "\\\n"):
		r.at += 2
	case rest[0] == '#':
		r.at += len(firstLine(rest))
	case rest[0] == '\n':
		r.end(";", 1)
		r.skipDocuments()
	case rest[0] == '(':
		r.end("", 1)
		r.open = append(r.open, ")")
	case rest[0] == ')':
		r.end("", 1)
		r.closeParenthesis()
	case strings.HasPrefix(rest, "<<") && !strings.HasPrefix(rest, "<<<"):
		r.document()
	default:
		r.operatorOrWord(rest)
	}
}

func (r *shellReader) operatorOrWord(rest string) {
	for _, operator := range shellOperators {
		if strings.HasPrefix(rest, operator) && !strings.HasPrefix(rest, "&>") {
			r.end(operator, len(operator))
			return
		}
	}
	r.addWord(r.word())
}

// end ends a command at an operator. A line may end behind one.
func (r *shellReader) end(operator string, length int) {
	r.at += length
	if len(r.words) > 0 {
		r.commands = append(r.commands, shellCommand{strings.Join(r.words, " "), r.before, operator, len(r.open)})
		r.words = nil
	} else if operator == ";" && (r.before == "&&" || r.before == "||" || r.before == "|") {
		return
	}
	r.before = operator
}

// closeParenthesis closes what one has opened; in a case it ends a pattern.
func (r *shellReader) closeParenthesis() {
	if r.top() != "esac" {
		r.pop(")")
	}
}

func (r *shellReader) top() string {
	if len(r.open) == 0 {
		return ""
	}
	return r.open[len(r.open)-1]
}

func (r *shellReader) pop(closer string) {
	if r.top() != closer {
		r.broken = true
		return
	}
	r.open = r.open[:len(r.open)-1]
}

// addWord adds a word to the command that is read, unless it is one that opens, parts or
// closes a block.
func (r *shellReader) addWord(word string) {
	named := len(r.words) == 2 && r.words[0] == "function" && word == "{"
	if len(r.words) > 0 && !named {
		r.words = append(r.words, word)
		return
	}
	opens := slices.IndexFunc(shellBlocks, func(b shellBlock) bool { return b.opener == word })
	closes := slices.ContainsFunc(shellBlocks, func(b shellBlock) bool { return b.closer == word })
	switch {
	case opens >= 0:
		r.openBlock(shellBlocks[opens])
	case closes:
		r.pop(word)
	case !slices.Contains(shellParts, word):
		r.words = append(r.words, word)
	}
}

func (r *shellReader) openBlock(b shellBlock) {
	r.open = append(r.open, b.closer)
	r.words = nil
	if b.headed {
		r.words = []string{b.opener}
	}
}

// word reads a word as it stands, without the lines' ends that are no part of it. A
// redirection is one, with the "&" in it.
func (r *shellReader) word() string {
	from := r.at
	for r.at < len(r.text) && !strings.ContainsRune(" \t\n;&|()", rune(r.text[r.at])) || r.isRedirected(from) {
		r.at = pieceEnd(r.text, r.at)
	}
	r.broken = r.broken || r.at > len(r.text)
	return strings.ReplaceAll(r.text[from:min(r.at, len(r.text))], "\\\n", "")
}

// isRedirected reports whether what would end a word is a part of a redirection.
func (r *shellReader) isRedirected(from int) bool {
	if r.at >= len(r.text) {
		return false
	}
	rest := r.text[r.at:]
	behind := r.at > from && strings.IndexByte("<>", r.text[r.at-1]) >= 0
	return strings.HasPrefix(rest, "&>") || behind && (rest[0] == '&' || rest[0] == '|')
}

// pieceEnd is where a quoted text, a substitution, an escape or else a byte ends; beyond
// the end of the text if that comes first.
func pieceEnd(text string, at int) int {
	var open []byte
	for at < len(text) {
		c, top := text[at], byte(0)
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		closer, length := opened(text[at:], top)
		switch {
		case c == '\\':
			at++
		case top != 0 && c == top:
			open = open[:len(open)-1]
		case closer == '\'':
			to := strings.IndexByte(text[at+1:], '\'')
			if to < 0 {
				return len(text) + 1
			}
			at += to + 1
		case closer != 0:
			open = append(open, closer)
			at += length - 1
		}
		if at++; len(open) == 0 {
			return at
		}
	}
	return len(text) + 1
}

// opened is what closes the quoted text or substitution that begins here, inside of
// another one or of none; 0 if none does.
func opened(rest string, inside byte) (closer byte, length int) {
	switch {
	case strings.HasPrefix(rest, "$("):
		return ')', 2
	case strings.HasPrefix(rest, "${"):
		return '}', 2
	case rest[0] == '`':
		return '`', 1
	case inside == '"':
	case rest[0] == '"', rest[0] == '\'':
		return rest[0], 1
	case rest[0] == '(' && inside == ')':
		return ')', 1
	}
	return 0, 0
}

// document notes the end of a here-document.
func (r *shellReader) document() {
	r.at += len("<<")
	rest := strings.TrimPrefix(r.text[r.at:], "-")
	r.at = len(r.text) - len(strings.TrimLeft(rest, " \t"))
	r.ends = append(r.ends, strings.NewReplacer(`"`, "", "'", "", `\`, "").Replace(r.word()))
	if len(r.words) > 0 {
		r.words = append(r.words, "<<")
	}
}

// skipDocuments passes over the here-documents that begin behind a line.
func (r *shellReader) skipDocuments() {
	for _, end := range r.ends {
		for found := false; !found && r.at < len(r.text); {
			line := firstLine(r.text[r.at:])
			r.at = min(r.at+len(line)+1, len(r.text))
			found = strings.TrimLeft(line, "\t") == end
		}
	}
	r.ends = nil
}

// firstLine is a text's first line, without its end.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
