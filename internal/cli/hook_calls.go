package cli

import (
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
)

// Whether somebody's own hook runs insplint is told by its text. Only a shell knows what
// a script does; so a line counts if it does so at first sight, and what only mentions
// insplint, or may not come to it, does not: a hook that is taken for one that runs it
// lets keys through.

// hookCall matches a command that runs a hook of insplint's, whose name follows.
var hookCall = lazy.Regexp(`^(?:\w+=(?:'[^']*'|"[^"]*"|\S)* )*(exec |command )?["']?(?:[^\s"'|&;]*/)?insplint["']? hook ([\w-]+)(?: |$)`)

// A script is a hook of a shell's.
type script struct {
	commands []shellCommand
	hook     string
	stops    bool // a command that fails ends it
	drained  bool // a command has read what it is told on standard input
}

// shells matches the first line of a script for a shell.
var shells = lazy.Regexp(`^#!.*[/ ](?:a|ba|da|k|z)?sh\b`)

// scriptRuns reports whether a script runs a hook of insplint's, and fails if that does.
// stops tells that the first command that fails ends it, as whoever runs it has it.
func scriptRuns(text, hook string, stops bool) bool {
	first := firstLine(text)
	if strings.HasPrefix(first, "#!") && !shells.Get().MatchString(first) {
		return false
	}
	commands, ok := shellCommands(text)
	s := script{commands: commands, hook: hook, stops: stops || stopsByItself(first)}
	for i, c := range commands {
		switch {
		case !ok:
			return false
		case s.calls(i):
			return true
		case c.ends():
			return false
		}
		s.drained = s.drained || c.reads()
		s.stops = c.setsStop(s.stops)
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

// setsStop reports whether a script ends with the first command that fails, from a
// command on.
func (c shellCommand) setsStop(stops bool) bool {
	words := strings.Fields(c.text)
	if words[0] != "set" {
		return stops
	}
	for i, word := range words[1:] {
		sign := errorFlag(word)
		if word == "errexit" {
			sign = strings.TrimSuffix(words[i], "o")
		}
		switch sign {
		case "-":
			stops = stops || c.depth == 0
		case "+":
			stops = false
		}
	}
	return stops
}

// isFirst reports whether a command does not depend on another one in its list.
func (c shellCommand) isFirst() bool { return c.before == "" || c.before == ";" }

// redirections match what exec is given where it runs nothing.
var redirections = lazy.Regexp(`^exec(?: \d*[<>]| <<|$)`)

// ends reports whether a script never goes on behind a command, or has it decide at the
// end what comes of all.
func (c shellCommand) ends() bool {
	switch word, _, _ := strings.Cut(c.text, " "); word {
	case "exit":
		return c.depth == 0 && c.isFirst()
	case "exec":
		return c.depth == 0 && c.isFirst() && !redirections.Get().MatchString(c.text)
	case "trap":
		return strings.Contains(c.text, "exit")
	}
	return false
}

// calls reports whether a command that no block encloses runs the hook, and what comes of
// it decides: it is the last, or the script ends if it fails.
func (s *script) calls(i int) bool {
	c, rest := s.commands[i], s.commands[i+1:]
	m := hookCall.Get().FindStringSubmatch(c.text)
	if m == nil || m[2] != s.hook || c.depth > 0 || s.drained && s.isTold() && !c.isFed() || namesFiles(c.text, m[2]) {
		return false
	}
	start := s.pipeline(i)
	switch {
	case start.before == "||" || start.depth > 0:
		return false
	case c.after == "||":
		return len(rest) > 0 && rest[0].isExit()
	case c.after != ";" && c.after != "":
		return false
	case len(rest) == 0:
		return true
	}
	return start.isFirst() && (s.stops || c.isFirst() && m[1] == "exec ")
}

// namesFiles reports whether a command searches but some files: arguments of hook pre-commit
// that are not put in when it runs.
func namesFiles(text, hook string) bool {
	_, arguments, _ := strings.Cut(text, " hook "+hook)
	return hook == "pre-commit" && slices.ContainsFunc(strings.Fields(arguments), func(word string) bool {
		return !strings.ContainsAny(word, "${`<>")
	})
}

// isTold reports whether git tells the hook something on standard input.
func (s *script) isTold() bool {
	return slices.ContainsFunc(installables(), func(h installable) bool { return h.runs == s.hook && h.stdin })
}

// isFed reports whether a command reads something else than a script's standard input.
func (c shellCommand) isFed() bool { return c.before == "|" || strings.Contains(c.text, "<") }

// reads reports whether a command reads a script's standard input, so that nothing is left
// there for others.
func (c shellCommand) reads() bool {
	return !c.isFed() && readers.Get().MatchString(c.text) || innerReaders.Get().MatchString(c.text)
}

var (
	readers      = lazy.Regexp(`^(?:\w+=(?:'[^']*'|"[^"]*"|\S)* |! |command |exec )*(?:(?:read|mapfile|readarray|tee|xargs)(?: |$)|git[ -]lfs pre-push|cat(?: -\S*| ?>.*)*$)`)
	innerReaders = lazy.Regexp("(?:[$][(]|`) *cat(?: -)? *[)`;]|/dev/stdin|^exec 0?<")
)

// lineFor is the line that a script of others needs to run a hook, with its end, and where
// there. What others read on standard input is to be a copy of what the hook reads.
func lineFor(h installable, script, end string) string {
	call := "insplint hook " + h.runs + h.args + end
	if !h.stdin {
		return "`" + call + "`"
	}
	commands, _ := shellCommands(script)
	if !slices.ContainsFunc(commands, shellCommand.reads) {
		return "`" + call + "`, before any line that reads standard input,"
	}
	const copied = `printf '%s\n' "$input" | `
	return "`input=\"$(cat)\"; " + copied + call + "`, before any line that reads standard input (put `" + copied + "` before what does),"
}

// pipeline is the first command of the pipeline that a command is in.
func (s *script) pipeline(i int) shellCommand {
	for i > 0 && s.commands[i].before == "|" {
		i--
	}
	return s.commands[i]
}

// isExit reports whether a command ends the script, and has it fail.
func (c shellCommand) isExit() bool {
	return c.depth == 0 && (c.after == ";" || c.after == "") && isExitCommand.Get().MatchString(c.text)
}

var isExitCommand = lazy.Regexp(`^exit(?: (?:[1-9]\d*|"?\$\?"?))?$`)
