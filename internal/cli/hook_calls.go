package cli

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/inspecto/insplint/internal/lazy"
)

// Whether somebody's own hook runs insplint is told by its text. Only a shell knows what
// a script does; so a statement counts if it does so at first sight, and what only mentions
// insplint, or may not come to it, does not: a hook that is taken for one that runs it
// lets keys through.

// A script is a hook of a shell's.
type script struct {
	text       string
	statements []*syntax.Stmt
	read       syntax.Node // what first reads standard input, so that nothing is left there for others; nil if nothing does
	hook       string
	stops      bool // a command that fails ends it
}

// maxScript is how long a script may be: for each byte that opens something its parser
// takes up to 4 KiB of stack, and a program that comes to Go's limit of 1 GB is ended.
const maxScript = 32 << 10

// parseScript parses a script; ok is false for what no shell would run, and for what a
// shell reads otherwise than the parser, to which a carriage return is a blank.
func parseScript(text string) (s script, ok bool) {
	if len(text) > maxScript || strings.ContainsAny(text, "\r\x00") {
		return s, false
	}
	text = strings.ToValidUTF8(text, "?") // the parser takes no comment in another encoding
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return s, false
	}
	s = script{text: text, statements: file.Stmts}
	s.read = s.firstRead(file)
	return s, true
}

// shells matches the first line of a script for a shell.
var shells = lazy.Regexp(`^#!.*[/ ](?:a|ba|da|k|z)?sh\b`)

// scriptRuns reports whether a script runs a hook of insplint's, and fails if that does.
// stops tells that the first command that fails ends it, as whoever runs it has it.
func scriptRuns(text, hook string, stops bool) bool {
	line, _, _ := strings.Cut(text, "\n")
	s, ok := parseScript(text)
	if !ok || strings.HasPrefix(line, "#!") && !shells.Get().MatchString(line) {
		return false
	}
	s.hook, s.stops = hook, stops || stopsByItself(line)
	for i, stmt := range s.statements {
		switch {
		case s.ends(stmt):
			return false
		case s.calls(stmt, i == len(s.statements)-1):
			return true
		}
		s.follow(stmt)
	}
	return false
}

// stopsByItself reports whether a script's first line makes it end with the first command
// that fails.
func stopsByItself(line string) bool {
	words := strings.Fields(line)
	return len(words) > 1 && strings.HasPrefix(line, "#!") && errorFlag(words[len(words)-1]) == "-"
}

// errorFlag is the sign before options of a shell's, if the one to stop is among them.
func errorFlag(word string) string {
	if m := errorFlags.Get().FindStringSubmatch(word); m != nil {
		return m[1]
	}
	return ""
}

var errorFlags = lazy.Regexp(`^([-+])[a-zA-Z]*e`)

// follow notes whether a script ends with the first command that fails, from a statement on.
func (s *script) follow(stmt *syntax.Stmt) {
	for _, c := range allCommands(stmt) {
		if words := s.words(c); len(words) > 0 && words[0] == "set" {
			s.set(words, c == firstCommand(stmt) && !stmt.Background)
		}
	}
}

// set notes what a command sets. What may not be come to sets nothing, and may take it back.
func (s *script) set(words []string, always bool) {
	for i, word := range words[1:] {
		if word == "--" {
			return
		}
		sign := errorFlag(word)
		if word == "errexit" {
			sign = strings.TrimSuffix(words[i], "o")
		}
		switch sign {
		case "-":
			s.stops = s.stops || always
		case "+":
			s.stops = false
		}
	}
}

// ends reports whether a script never goes on behind a statement, or has it decide at the
// end what comes of all.
func (s *script) ends(stmt *syntax.Stmt) bool {
	words := s.words(firstCommand(stmt))
	if len(words) > 0 && words[0] == "exit" || len(words) > 1 && words[0] == "exec" && !s.isCall(words) {
		return true
	}
	return slices.ContainsFunc(allCommands(stmt), func(c *syntax.Stmt) bool {
		words := s.words(c)
		return len(words) > 0 && words[0] == "trap" && strings.Contains(strings.Join(words, " "), "exit")
	})
}

// calls reports whether a statement runs the hook, and what comes of it decides: it is the
// last, or the script ends if it fails.
func (s *script) calls(stmt *syntax.Stmt, last bool) bool {
	list, isList := stmt.Cmd.(*syntax.BinaryCmd)
	switch {
	case isList && list.Op == syntax.OrStmt:
		return !isBackground(stmt) && s.fails(list.X, false) && s.isExit(list.Y)
	case !s.fails(stmt, false):
		return false
	case isList && list.Op == syntax.AndStmt:
		return last
	}
	return last || s.stops || !isList && s.words(stmt)[0] == "exec"
}

// fails reports whether a statement runs the hook, and fails if that does. piped tells that
// it reads what another one writes.
func (s *script) fails(stmt *syntax.Stmt, piped bool) bool {
	if stmt.Negated || isBackground(stmt) {
		return false
	}
	if list, ok := stmt.Cmd.(*syntax.BinaryCmd); ok {
		return list.Op != syntax.OrStmt && s.fails(list.Y, isPipe(list))
	}
	drained := s.read != nil && stmt.End().After(s.read.Pos()) && !piped && !s.isFed(stmt)
	return s.isCall(s.words(stmt)) && !(drained && s.isTold())
}

// isCall reports whether a command is the hook, of all files.
func (s *script) isCall(words []string) bool {
	if len(words) > 0 && (words[0] == "exec" || words[0] == "command") {
		words = words[1:]
	}
	if len(words) < 3 || path.Base(words[0]) != "insplint" || words[1] != "hook" || words[2] != s.hook {
		return false
	}
	return s.hook != "pre-commit" || !slices.ContainsFunc(words[3:], namesFile)
}

// namesFile reports whether an argument is but some files: it is not put in when the hook runs,
// or a command lists them.
func namesFile(word string) bool {
	return !strings.ContainsAny(word, "${") || strings.ContainsAny(word, "(`")
}

// isTold reports whether git tells the hook something on standard input.
func (s *script) isTold() bool {
	return slices.ContainsFunc(installables(), func(h installable) bool { return h.runs == s.hook && h.stdin })
}

// isExit reports whether a statement ends the script, and has it fail.
func (s *script) isExit(stmt *syntax.Stmt) bool {
	return !isBackground(stmt) && isExitCommand.Get().MatchString(strings.Join(s.words(stmt), " "))
}

var isExitCommand = lazy.Regexp(`^exit(?: (?:[1-9]\d*|\$\?))?$`)

// firstRead is what first reads a script's standard input.
func (s *script) firstRead(file *syntax.File) (found syntax.Node) {
	piped := map[*syntax.Stmt]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		reads := false
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			piped[n.Y] = isPipe(n)
		case *syntax.Lit:
			reads = strings.Contains(n.Value, "/dev/stdin")
		case *syntax.Stmt:
			_, isSimple := n.Cmd.(*syntax.CallExpr) // whose words are made before it is fed
			if piped[n] || s.isFed(n) && !isSimple {
				return false
			}
			command := strings.Join(s.words(n), " ")
			reads = s.isFed(n) && command == "exec" || !s.isFed(n) && readers.Get().MatchString(command)
		}
		if reads && found == nil {
			found = n
		}
		return found == nil
	})
	return found
}

var readers = lazy.Regexp(`^(?:command |exec )*(?:(?:read|mapfile|readarray|tee|xargs)(?: |$)|git[ -]lfs pre-push|cat(?: -\S*)*$)`)

// isFed reports whether a statement reads something else than a script's standard input.
func (s *script) isFed(stmt *syntax.Stmt) bool {
	return slices.ContainsFunc(stmt.Redirs, func(r *syntax.Redirect) bool {
		return strings.HasPrefix(r.Op.String(), "<") && (r.N == nil || r.N.Value == "0") && s.source(r.Word) != "/dev/stdin"
	})
}

// lineFor is the line that a script of others needs to run a hook, with its end, and where
// there. What others read on standard input is to be a copy of what the hook reads.
func lineFor(h installable, script, end string) string {
	call := "insplint hook " + h.runs + h.args + end
	if !h.stdin {
		return "`" + call + "`"
	}
	if s, _ := parseScript(script); s.read == nil {
		return "`" + call + "`, before any line that reads standard input,"
	}
	const copied = `printf '%s\n' "$input" | `
	return "`input=\"$(cat)\"; " + copied + call + "`, before any line that reads standard input (put `" + copied + "` before what does),"
}

// firstCommand is the command that a statement runs in any case.
func firstCommand(stmt *syntax.Stmt) *syntax.Stmt {
	for {
		list, ok := stmt.Cmd.(*syntax.BinaryCmd)
		if !ok || isPipe(list) {
			return stmt
		}
		stmt = list.X
	}
}

// allCommands are a statement and those in it, but for those in words.
func allCommands(stmt *syntax.Stmt) (found []*syntax.Stmt) {
	syntax.Walk(stmt, func(n syntax.Node) bool {
		if stmt, ok := n.(*syntax.Stmt); ok {
			found = append(found, stmt)
		}
		_, isWord := n.(*syntax.Word)
		return !isWord
	})
	return found
}

// isBackground reports whether a script may not wait for a statement: "&>" is "&" and ">" to
// many a sh.
func isBackground(stmt *syntax.Stmt) bool {
	return stmt.Background || slices.ContainsFunc(stmt.Redirs, func(r *syntax.Redirect) bool {
		return strings.HasPrefix(r.Op.String(), "&")
	})
}

func isPipe(list *syntax.BinaryCmd) bool {
	return list.Op == syntax.Pipe || list.Op == syntax.PipeAll
}

// words are those of a simple command, without what it assigns and redirects; nil for
// other statements.
func (s *script) words(stmt *syntax.Stmt) (words []string) {
	if call, ok := stmt.Cmd.(*syntax.CallExpr); ok {
		for _, word := range call.Args {
			words = append(words, s.source(word))
		}
	}
	return words
}

// source is a word as it stands, without quotes and the lines' ends that are no part of it.
func (s *script) source(word *syntax.Word) string {
	text := s.text[word.Pos().Offset():word.End().Offset()]
	return strings.NewReplacer(`"`, "", "'", "", "\\\n", "").Replace(text)
}
